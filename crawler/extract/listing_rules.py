"""Which words and marks tell items, pagers and script-made lists apart? The patterns of listing.toml, compiled once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CODE_COMMENT = re.compile(r"<!--.*?-->|/\*.*?\*/|(?<![:\w\"'\\])//[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rules:
    """listing.toml, see there."""

    frame: dict[str, frozenset[str]]
    states: frozenset[str]
    no_title: re.Pattern[str]
    no_item: re.Pattern[str]
    act: re.Pattern[str]
    pinned: re.Pattern[str]
    create: re.Pattern[str]
    count: re.Pattern[str]
    records: re.Pattern[str]
    suffix: re.Pattern[str]
    of_pages: re.Pattern[str]
    next: re.Pattern[str]
    directives: frozenset[str]
    placeholder: re.Pattern[str]
    roots: frozenset[str]
    template: re.Pattern[str]
    call: re.Pattern[str]
    counter: re.Pattern[str]
    inserts: re.Pattern[str]
    holder: re.Pattern[str]
    filler: re.Pattern[str]
    jpage: tuple[str, ...]
    nothing: re.Pattern[str]
    write: re.Pattern[str]


@cache
def rules() -> Rules:
    """The compiled patterns."""
    data = tomllib.loads((Path(__file__).parent / "listing.toml").read_text("utf-8"))

    def form(part: str, name: str) -> re.Pattern[str]:
        return re.compile(data[part][name], re.IGNORECASE | re.DOTALL)

    return Rules(
        frame={kind: frozenset(data["frame"][kind].split()) for kind in ("hard", "soft", "side")},
        states=frozenset(data["frame"]["states"].split()),
        roots=frozenset(data["script"]["root"].split()),
        jpage=tuple(data["script"]["jpage"].split()),
        directives=frozenset(data["script"]["directive"].split()),
        **{name: form("link", name) for name in ("no_title", "no_item", "act", "pinned")},
        **{name: form("pager", name) for name in ("create", "count", "records", "suffix", "of_pages", "next")},
        **{name: form("script", name) for name in data["script"] if name not in ("root", "directive", "jpage")},
    )
