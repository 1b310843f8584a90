"""How do we compare words that people laid out for the eye?"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060\ufeff\u00ad]+")
_CJK = re.compile(r"[\u3400-\u9fff]")


def squeeze(text: str | None) -> str:
    """`text` after NFKC with all white space and invisible characters removed: 代　县 and 代县 are one name."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)) if text else ""


def tidy(text: str | None, limit: int = 0) -> str:
    """`text` after NFKC on one line with single spaces, cut to `limit` characters when a limit is given."""
    line = " ".join(_INVISIBLE.sub(" ", unicodedata.normalize("NFKC", text)).split()) if text else ""
    return line if not limit or len(line) <= limit else line[: limit - 1] + "…"


def has_chinese(text: str) -> bool:
    """Whether at least one Chinese character stands in `text`."""
    return _CJK.search(text) is not None
