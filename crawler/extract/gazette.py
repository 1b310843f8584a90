"""Which issues of the 政府公报 does a page offer, of which day, as which files? (22号; 48号 一（二）)"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.article import title_of
from crawler.extract.columns import is_article
from crawler.extract.dates import find_dates
from crawler.extract.page import Element, Link, Page, visible_text
from crawler.extract.text import squeeze, tidy

_ROW = 200  # characters of a row that holds one issue
_SAID = 40  # characters of a link that says which file it brings
_PAGE = (".html", ".shtml", ".htm")
_ONES = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as a page offers it: (year, number) as its title says, its own page, and addresses of files by form."""

    title: str
    year: int | None
    number: int | None
    url: str | None = None
    published: date | None = None
    files: dict[str, str] = field(default_factory=dict)


def issues_of(page: Page, *, today: date) -> tuple[Issue, ...]:
    """The issues on a list page, or the one that the page itself is, newest first; empty when nothing names one."""
    found: dict[tuple[int | None, int | None], Issue] = {}
    own = _named(squeeze(title_of(page)) or squeeze(page.title))
    for link in page.links:
        if not link.url or link.url == page.url:
            continue
        form = form_of(link)
        row = _row_of(link.element)
        words = squeeze(visible_text(row)) if row is not None else link.text
        named = _named(squeeze(link.full_title)) or _named(words) or (own if form and _alone(row) else None)
        if named is None or not (form or is_article(link.url) or "期" in link.text or link.url.endswith("/")):
            continue
        days = (
            [d.day for d in find_dates(tidy(visible_text(row)), today=today) if d.year_known] if row is not None else []
        )
        day = next((d for d in days if d <= today), None)
        year, number = named
        if year is None and day is not None:
            year = day.year
        known = found.get((year, number)) or Issue(_title(link, year, number), year, number, published=day)
        files = known.files | ({form: link.url} if form and form not in known.files else {})
        url = known.url or (None if form else link.url)
        found[year, number] = Issue(known.title, year, number, url, known.published or day, files)
    return tuple(
        sorted(found.values(), key=lambda i: (i.published or date(i.year or 1, 1, 1), i.number or 0), reverse=True)
    )


def files_of(page: Page) -> dict[str, str]:
    """Addresses of the files that an issue's own page offers, the first of each form."""
    files: dict[str, str] = {}
    for link in page.links:
        if link.url and (form := form_of(link)):
            files.setdefault(form, link.url)
    return files


def form_of(link: Link) -> str | None:
    """pdf, word or None, by the address of a link, else by its words when the address is no page's."""
    url = link.url or ""
    if (form := form_of_address(url)) or not url or urlsplit(url).path.lower().endswith(_PAGE):
        return form
    said = squeeze(f"{link.text}{link.element.get('title') or ''}").lower()
    return next((f for f, p in _rules()["form"].items() if p.search(said)), None) if len(said) <= _SAID else None


def form_of_address(url: str) -> str | None:
    """pdf, word or None, by the ending of an address."""
    path = urlsplit(url).path.lower()
    return next((f for f, p in _rules()["ending"].items() if p.search(path)), None)


def _named(words: str) -> tuple[int | None, int | None] | None:
    """(year, number) of the issue that the words name; year None when only the number is said."""
    if m := _rules()["issue"].search(words):
        return int(m[1] or m[3]), _number(m[2] or m[4])
    m = _rules()["number"].search(words)
    return (None, _number(m[1])) if m else None


def _number(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.replace("零", "〇").rpartition("十")
    return (10 * max(1, _ONES.find(tens)) if ten else 0) + max(0, _ONES.find(ones) if ones else 0) or None


def _row_of(element: Element) -> Element | None:
    """The largest element around a link that is still one row: short, and about one issue."""
    row: Element | None = None
    for parent in element.iterancestors():
        if parent.tag in ("ul", "ol", "table", "tbody", "body", "html"):
            break
        words = squeeze(visible_text(parent))
        if len(words) > _ROW or len(set(_rules()["number"].findall(words))) > 1:
            break
        row = parent
        if parent.tag in ("li", "tr", "dl"):
            break
    return row


def _alone(row: Element | None) -> bool:
    """Whether the row names no issue itself: files on an issue's own page."""
    return row is None or _named(squeeze(visible_text(row))) is None


def _title(link: Link, year: int | None, number: int | None) -> str:
    full = tidy(link.full_title, 80)
    return full if _named(squeeze(full)) else f"{f'{year}年' if year else ''}第{number}期"


@cache
def _rules() -> dict[str, Any]:
    data = tomllib.loads((Path(__file__).parent / "gazette.toml").read_text("utf-8"))

    def compiled(value: Any) -> Any:
        return (
            {k: compiled(v) for k, v in value.items()} if isinstance(value, dict) else re.compile(value, re.IGNORECASE)
        )

    return {key: compiled(value) for key, value in data.items()}
