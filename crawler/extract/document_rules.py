"""Words and patterns of official documents, from document.toml."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def rules() -> dict[str, Any]:
    """The tables of the file by name, every text compiled as a pattern, numbers and lists as they are; labels left out."""

    def compiled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: compiled(inner) for key, inner in value.items()}
        return re.compile(value, re.IGNORECASE) if isinstance(value, str) else value

    return {key: compiled(value) for key, value in _data().items() if key != "label"}


@cache
def labels() -> re.Pattern[str]:
    """All labels of the metadata table, each in a group named after its field, white space allowed between characters."""
    words = [(word, key) for key, listed in _data()["label"].items() for word in listed]
    gap = r"\s*"
    parts = [
        f"(?P<{key}_{n}>{gap.join(word)})"
        for n, (word, key) in enumerate(sorted(words, key=lambda pair: len(pair[0]), reverse=True))
    ]
    first = "".join(sorted({word[0] for word, _ in words}))
    return re.compile(rf"[\[【]?\s*(?=[{first}])(?:{'|'.join(parts)})\s*(?:[\]】]\s*:?|:|(?![\u4e00-\u9fff]))")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "document.toml").read_text("utf-8"))
