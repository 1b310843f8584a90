"""Which marks tell a content management system, and which words a list call? `crawler/cms.toml`, compiled once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    at: str
    form: re.Pattern[str]
    least: int


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    sure: tuple[Mark, ...]
    weak: tuple[Mark, ...]
    call: re.Pattern[str] | None
    zero: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class CmsRules:
    families: tuple[Family, ...]
    callers: dict[str, re.Pattern[str]]
    types: re.Pattern[str]
    handler: re.Pattern[str]
    bound: re.Pattern[str]
    event: re.Pattern[str]
    roots: frozenset[str]
    never: frozenset[str]
    never_part: re.Pattern[str]
    spare: frozenset[str]
    action: re.Pattern[str]
    parameter: re.Pattern[str]
    read: re.Pattern[str]
    list: re.Pattern[str]
    insert: re.Pattern[str]
    search: re.Pattern[str]
    words: re.Pattern[str]
    where: re.Pattern[str]
    page: re.Pattern[str]
    first: re.Pattern[str]
    offset: re.Pattern[str]
    size: re.Pattern[str]
    noise: re.Pattern[str]
    rows: int
    most: int
    api: str
    proxy: str
    hanweb: dict[str, re.Pattern[str]]
    gkmlpt: dict[str, re.Pattern[str]]
    title: tuple[str, ...]
    title_like: re.Pattern[str]
    url: tuple[str, ...]
    url_like: re.Pattern[str]
    total: frozenset[str]
    pages: frozenset[str]
    lists: frozenset[str]
    fine: frozenset[str]
    wrapped: frozenset[str]
    top: re.Pattern[str]
    opaque: re.Pattern[str]
    nothing: re.Pattern[str]
    dates: dict[str, re.Pattern[str]]


@cache
def cms_rules() -> CmsRules:
    data = tomllib.loads((Path(__file__).parents[1] / "cms.toml").read_text("utf-8"))

    def form(written: str) -> re.Pattern[str]:
        return re.compile(written, re.IGNORECASE | re.DOTALL)

    def forms(part: str) -> dict[str, re.Pattern[str]]:
        return {name: form(written) for name, written in data[part].items()}

    def marks(written: list[dict[str, Any]]) -> tuple[Mark, ...]:
        return tuple(Mark(m["at"], form(m["form"]), m.get("least", 1)) for m in written)

    families = tuple(
        Family(
            f["name"],
            marks(f.get("sure", [])),
            marks(f.get("weak", [])),
            form(f["call"]) if "call" in f else None,
            f.get("zero", False),
            f.get("whole", False),
        )
        for f in data["family"]
    )
    asked, script, answer = data["request"], data["script"], data["answer"]
    plain = ("rows", "most", "api", "proxy")
    words = {"never": asked, "spare": asked, "roots": script} | dict.fromkeys(
        ("total", "pages", "lists", "fine", "wrapped"), answer
    )
    found: dict[str, Any] = {name: asked[name] for name in plain}
    found |= {name: frozenset(part[name].split()) for name, part in words.items()}
    found |= {name: tuple(answer[name].split()) for name in ("title", "url")}
    found |= {name: form(rf"(?:{script[name]})\s*\(") for name in ("handler", "bound")}
    for part in (asked, script, answer):
        found |= {name: form(written) for name, written in part.items() if name not in found}
    return CmsRules(
        families=families,
        callers={name: form(rf"(?:{written})\s*\(") for name, written in data["caller"].items()},
        hanweb=forms("hanweb"),
        gkmlpt=forms("gkmlpt"),
        dates=forms("date"),
        **found,
    )
