"""How many pages has a list, and what are the addresses of the following ones? (cms.md 2)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler.extract.dates import normal
from crawler.extract.listing_rules import CODE_COMMENT, rules
from crawler.extract.page import Page
from crawler.extract.urls import absolute, is_trap, same_host

_NUMBER = re.compile(r"\d+")
_MAX_PAGES = 20


def pager(page: Page) -> tuple[list[str], int | None]:
    """Addresses of the following pages and how many pages there are."""
    code = [c for s in page.scripts if "page" in s.lower() and (c := CODE_COMMENT.sub("", s))]
    found, total = _scripted_pages(page, code)
    linked: list[str] = []
    numbered: dict[int, str] = {}
    for link in page.links:
        text = link.text
        if len(text) > 8 or not link.url or link.url == page.url:
            continue
        number = int(text) if text.isdecimal() and len(text) <= 3 else 0
        if not number and not rules().next.match(text):
            continue
        if not same_host(link.url, page.url) or is_trap(link.url) or not _same_list(link.url, page.url):
            continue
        if number:
            numbered.setdefault(number, link.url)
        elif link.url not in linked:
            linked.append(link.url)
    if total is None and (m := rules().of_pages.search(normal(" ".join(_pager_text(page))))):
        total = int(next(g for g in m.groups() if g))
    if not found:
        found = [*linked, *(u for n, u in sorted(numbered.items()) if n > 1 and u not in linked)]
        found += _extrapolated(numbered, total)
    unique = [u for u in dict.fromkeys(found) if u and u != page.url]
    return unique[:_MAX_PAGES], total


def _scripted_pages(page: Page, code: list[str]) -> tuple[list[str], int | None]:
    """Pages that a TRS script writes: after createPageHTML(4, 0, "index", "html") index_1.html is page two of four."""
    words = rules()
    own = urlsplit(page.url).path.rsplit("/", 1)[-1]
    for script in code:
        if m := words.create.search(script):
            total, current, stem, suffix = int(m[1]), int(m[2]), m[3], m[4]
            first = current == 1 and own in ("", f"{stem}.{suffix}")  # some count from one: index_2 is the second
            numbers = range(2, total + 1) if first else range(current + 1, total)
            return [absolute(page.base, f"{stem}_{n}.{suffix}") or "" for n in numbers[:_MAX_PAGES]], total
    for script in code:
        if (m := words.count.search(script)) and re.search(r"_|index|document\.write", script):
            total = int(m[1])
            suffix_match = words.suffix.search(script, m.start())
            stem, _, suffix = own.rpartition(".")
            current = int(n[1]) if (n := re.search(r"_(\d{1,4})$", stem)) else 0
            stem = re.sub(r"_\d{1,4}$", "", stem) or "index"
            if not suffix:
                suffix = (suffix_match[1] or suffix_match[2]) if suffix_match else "html"
            numbers = range(current + 1, total)
            return [absolute(page.base, f"{stem}_{n}.{suffix}") or "" for n in numbers[:_MAX_PAGES]], total
    return [], None


def records(page: Page) -> int:
    """How many items the whole list has, as a script of the page says (recordCount, totalrecord); 0 when none does."""
    found = (m for s in page.scripts if (m := rules().records.search(CODE_COMMENT.sub("", s))))
    return next((int(m[1]) for m in found), 0)


def _same_list(url: str, page_url: str) -> bool:
    """Whether a numbered link can be a page of this list: in the same folder, or just below (VSB: tzgg/11.htm)."""
    mine, theirs = urlsplit(page_url).path, urlsplit(url).path
    stem = re.sub(r"(_\d+)?(\.\w+)?$", "", mine.rpartition("/")[2])
    folder = mine.rpartition("/")[0] + "/"
    return theirs == mine or (theirs.startswith(folder) and theirs.count("/") <= mine.count("/") + (1 if stem else 0))


def _extrapolated(numbered: dict[int, str], total: int | None) -> list[str]:
    """Pages past the visible numbers, when pages two and three differ by one step in one number (also downwards)."""
    last = max(numbered, default=0)
    if not total or total <= last or not {2, 3} <= set(numbered):
        return []
    two, three = (list(_NUMBER.finditer(numbered[n])) for n in (2, 3))
    differing = [n for n, (a, b) in enumerate(zip(two, three, strict=False)) if a[0] != b[0]]
    if len(two) != len(three) or len(differing) != 1:
        return []
    a, b = two[differing[0]], three[differing[0]]
    step = int(b[0]) - int(a[0])
    if abs(step) != 1:
        return []
    found = []
    for n in range(4, min(total, _MAX_PAGES + 1) + 1):
        number = int(a[0]) + step * (n - 2)
        if n not in numbered and number > 0:
            found.append(numbered[2][: a.start()] + str(number) + numbered[2][a.end() :])
    return found


def _pager_text(page: Page) -> Iterator[str]:
    """Short texts that name a number of pages (第1/12页, 共12页)."""
    for element in page.root.iter("div", "span", "p", "td", "li", "a", "em", "b", "font", "strong", "ul"):
        for text in (element.text, element.tail):
            if text and len(text) < 60 and ("/" in text or "页" in text):
                whole = element.text_content() if element.tag in ("div", "p", "td", "li", "ul") else text
                yield whole if len(whole) < 120 else text
