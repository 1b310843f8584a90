"""Which accounts does a page of a unit's site lead to?"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crawler.extract.page import Page


@dataclass(frozen=True, slots=True)
class Linked:
    """One account that a page links to; `words` are those of the link, "" for a picture without any."""

    platform: str
    account_id: str
    url: str
    words: str = ""


def account_links(page: Page) -> list[Linked]:
    """The accounts in the order of the page, each once. Links to share a page are none."""
    found: dict[tuple[str, str], Linked] = {}
    for link in page.links:
        for platform, forms in _forms().items():
            for form in forms:
                if link.url and (hit := form.search(link.url)):
                    found.setdefault((platform, hit[1].lower()), Linked(platform, hit[1], link.url, link.text))
    return list(found.values())


@cache
def _forms() -> dict[str, list[re.Pattern[str]]]:
    data = tomllib.loads((Path(__file__).parent / "links.toml").read_text("utf-8"))
    return {name: [re.compile(form, re.IGNORECASE) for form in forms] for name, forms in data["platforms"].items()}
