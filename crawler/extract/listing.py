"""Which items does a list page show, each with its day? (cms.md 3)

Rows below the same path of tags and classes are one group; the group with most dated rows outside head, menu and foot is
the page's list. What a script would have to bring is said, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from crawler.extract.columns import is_article
from crawler.extract.dates import Found, carry_years
from crawler.extract.page import Page
from crawler.extract.pager import pager, records
from crawler.extract.rows import ENOUGH_TITLE, ROW_TAGS, Item, items_of
from crawler.extract.scripted import json_rows, unseen
from crawler.extract.urls import folder_of, is_document, same_host
from db.records import Row

_CJK = re.compile(r"[\u3400-\u9fff]")
_WEIGHT = {"row": 1.0, "file": 0.6, "url": 0.4}


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of a page.

    rows         in page order, each address once; undated ones have `published` None
    next_pages   addresses of the following pages in their order, at most twenty
    unseen       why the list is made by a script that was not run; None when rows were found or the page is static
    pages_total  number of pages the pager names (or that the number of records makes), None when it names none; more
                 than one without `next_pages` means that a script turns the pages
    """

    rows: tuple[Row, ...] = ()
    next_pages: tuple[str, ...] = ()
    unseen: str | None = None
    pages_total: int | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everything on a page that may belong to its list, before the frame of the site is known.

    items  rows of the markup; json: rows of JSON arrays in scripts
    named  pages that the pager names; records: number of items that a script names, when the pager names no pages
    unseen  what a script would still have to bring
    """

    url: str
    items: tuple[Item, ...] = ()
    json: tuple[Row, ...] = ()
    next_pages: tuple[str, ...] = ()
    named: int | None = None
    records: int = 0
    unseen: str | None = None


def read_candidates(page: Page, *, today: date) -> Candidates:
    """The candidates of a parsed page."""
    pages, total = pager(page)
    count = records(page) if total is None else 0
    return Candidates(
        page.url,
        tuple(items_of(page, today)),
        tuple(json_rows(page, today)),
        tuple(pages),
        total,
        count,
        unseen(page, bool(count) or (total or 0) > 1),
    )


def choose(found: Candidates, template: frozenset[str] = frozenset()) -> Listing:
    """The page's own list among the candidates.

    template  addresses that belong to the frame of the site (menus, boxes on every page): a group made only of them is
              no list, unless the page shows the same items in two dated groups
    """
    rows = _rows(_main(found.items, found.url, template)) or list(found.json)
    total = -(-found.records // len(rows)) if found.records and rows else found.named
    return Listing(tuple(rows), found.next_pages, None if rows else found.unseen, total)


def read_listing(page: Page, *, today: date, template: frozenset[str] = frozenset()) -> Listing:
    """The page's own list; see `choose`."""
    return choose(read_candidates(page, today=today), template)


def home_rows(found: Candidates) -> tuple[Row, ...]:
    """Dated rows of all lists of a home page, hidden tabs too, each address once; banners, calendars and foot left out.

    Rows dated by their address only count where no menu stands.
    """
    groups: dict[str, list[Item]] = {}
    for item in found.items:
        if item.day and (item.by == "row" or not item.frame):
            groups.setdefault(item.group, []).append(item)
    rows: dict[str, Row] = {}
    for group in groups.values():
        for row in _rows(group) if _is_list(group) else ():
            kept = rows.get(row.url or row.title)
            if kept is None or (kept.dated_by != "row" and row.dated_by == "row"):
                rows[row.url or row.title] = row
    for row in found.json:
        rows.setdefault(row.url or row.title, row)
    return tuple(rows.values())


def _main(items: Sequence[Item], page_url: str, template: frozenset[str]) -> list[Item]:
    """The items of the page's own list: the heaviest dated group, with other dated items of the same column."""
    folder = folder_of(page_url)
    boxes: dict[int, list[Item]] = {}
    for item in items:
        boxes.setdefault(item.box, []).append(item)
    own = [box for box in boxes.values() if any(i.url not in template for i in box)]
    times = Counter(key for box in boxes.values() for key in {i.key for i in box if i.by == "row"})
    twice = [box for box in boxes.values() if any(times[i.key] > 1 for i in box)]

    def inner(item: Item) -> bool:
        url = item.url
        return bool(url and folder != "/" and same_host(url, page_url) and urlsplit(url).path.startswith(folder))

    def weight(group: list[Item]) -> float:
        """Dated rows; those of the column's own folder twice, an address's date less than a shown one."""
        return sum(_WEIGHT[i.by] * (2 if inner(i) else 1) for i in group if i.by)

    for candidates in (own, twice):
        groups = _groups(candidates)
        lists = [g for g in groups if _is_list(g)]
        if lists:
            plain = [g for g in lists if not g[0].frame] or [g for g in lists if g[0].frame == "side"] or lists
            best = max(plain, key=weight)
            if not any(map(inner, best)) and (shy := _undated(groups, inner)) and sum(map(inner, shy)) > len(best):
                return shy  # the column's own items show no date, a dated box beside them belongs to others
            chosen = [i for i in best if i.by or _item_like(i)]
            chosen += [i for g in plain if g is not best for i in g if i.by == "row" and not i.frame and inner(i)]
            ids = set(map(id, chosen))
            return [i for i in items if id(i) in ids]
    return _undated(_groups(own), inner)


def _undated(groups: Iterable[list[Item]], inner: Callable[[Item], bool]) -> list[Item]:
    """The group with most items that show no date, outside menus; menus are told by their short names."""
    undated = [g for g in groups if not g[0].frame and sum(map(_item_like, g)) * 2 > len(g)]
    best = max(undated, key=lambda g: (sum(map(_item_like, g)), sum(map(inner, g))), default=[])
    return [i for i in best if _item_like(i)]


def _groups(boxes: Iterable[list[Item]]) -> list[list[Item]]:
    """Boxes with the same path of tags and classes together, in page order."""
    groups: dict[str, list[Item]] = {}
    for item in (i for box in boxes for i in box):
        groups.setdefault(item.group, []).append(item)
    return list(groups.values())


def _is_list(group: list[Item]) -> bool:
    """Whether dated items make a list: shown days outside menus; a lone item only where the markup says list."""
    shown = [i for i in group if i.by == "row"]
    if group[0].frame == "soft":
        return len(shown) >= 2
    if shown:
        return len(group) > 1 or group[0].tag in ROW_TAGS or len(_CJK.findall(group[0].title)) >= 8
    return sum(1 for i in group if i.by) * 2 >= len(group)


def _item_like(item: Item) -> bool:
    """Whether an undated link is an item rather than a menu entry: a document, a headline on an article's address."""
    url = item.url
    if url and is_document(url):
        return True
    chinese = len(_CJK.findall(item.title))
    return chinese >= 2 * ENOUGH_TITLE or (chinese >= ENOUGH_TITLE and bool(url and is_article(url)))


def _rows(items: list[Item]) -> list[Row]:
    """Rows of one list, each address once, years carried down where rows show none."""
    kept: dict[str, Item] = {}
    for item in items:
        before = kept.get(item.key)
        if before is None or (before.by != "row" and item.by == "row"):
            kept[item.key] = item
    rows = list(kept.values())
    shown = [Found(i.day, year_known=i.year_known) if i.day and i.by == "row" else None for i in rows]
    days = carry_years(shown, aside=[n for n, i in enumerate(rows) if i.pinned])
    return [Row(i.title, i.url, day or i.day, i.by, i.pinned) for i, day in zip(rows, days, strict=True)]
