"""Which items does a list page show, each with its day? (cms.md 3)

A row is what stands around one title link and no other. Rows below the same path of tags and classes are one group; the
group with most dated rows outside head, menu and foot is the page's list. What a script would have to bring is said,
never guessed.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.columns import is_article
from crawler.extract.dates import (
    Found,
    carry_years,
    date_in_url,
    find_dates,
    label_before,
    normal,
    read_date,
    read_found,
    settle_year,
    weekday_behind,
)
from crawler.extract.page import Element, Link, Page
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import absolute, folder_of, is_document, is_trap, same_host
from db.records import Row

_CJK = re.compile(r"[\u3400-\u9fff]")
_ROW_TAGS = frozenset(("li", "tr", "dl", "dt", "dd"))
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_WALLS = frozenset(("ul", "ol", "table", "tbody", "body", "html", "form", "section", "main", "article"))
_SILENT = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option"))
_WORD = re.compile(r"[a-z]+")
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE_COMMENT = re.compile(r"<!--.*?-->|/\*.*?\*/|(?<![:\w\"'\\])//[^\n]*", re.DOTALL)
_RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</record>", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_DATE_LIKE = re.compile(r"[\d年今昨前刚]")
_CELL = re.compile(r"[\d\s./:年月日\[\]()（）-]+")
_ARRAY = re.compile(r"\[\s*\{\s*\"")
_SPLIT = tuple(
    (re.compile(form), parts)
    for form, parts in (
        (r"(\d{1,2})[日号]?\s(20\d{2})[-/.年]\s?(\d{1,2})月?", (1, 2, 0)),
        (r"(20\d{2})[-/.年]\s?(\d{1,2})月?[-/.]?\s(\d{1,2})[日号]?", (0, 1, 2)),
        (r"(20\d{2})年?[-/.]?\s(\d{1,2})[-/.月]\s?(\d{1,2})[日号]?", (0, 1, 2)),
        (r"(\d{1,2})[-/.月]\s?(\d{1,2})[日号]?\s(20\d{2})年?", (2, 0, 1)),
        (r"(\d{1,2})[日号]?\s(\d{1,2})月\s?(20\d{2})年?", (2, 1, 0)),
        (r"(20\d{2})年?\s(\d{1,2})月?\s(\d{1,2})[日号]?", (0, 1, 2)),
        (r"(\d{1,2})[月/-]?\s(\d{1,2})[日号]?", (-1, 0, 1)),
        (r"(\d{1,2})[日号]?\s(\d{1,2})月", (-1, 1, 0)),
    )
)
_DATE_AT_END = re.compile(
    r"[\[(【〔\s/|]*(?:20\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|(?<=[\[(【〔\s])(?:\d{1,2}[-/]\d{1,2}|\d{1,2}月\d{1,2}日)|(?<=[^\d\-/.])\d{2}-\d{2})[\])】〕\s]*$"
)
_DATE_AT_START = re.compile(
    r"^[·•\s]*(?:[\[(【〔]\s*(?:20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/]\d{1,2}|\d{1,2}月\d{1,2}日)\s*[\])】〕]"
    r"|20\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?=[\s\u3400-\u9fff])|\d{2}-\d{2}(?=\s))\s*"
)
_LABELLED_TITLE = re.compile(
    r"^\s*(?:文章)?标\s*题\s*[:：]\s*(.*?)\s*(?:(?:作\s*者|点\s*击|浏\s*览|发表时间|发布时间|更新时间).*)?$", re.DOTALL
)
_LONG_PIECE = 40  # characters; a longer text is a summary, its dates are about something
_MANY = "*"
_WEIGHT = {"row": 1.0, "file": 0.6, "url": 0.4}
_MAX_PAGES = 20
_ENOUGH_TITLE = 6  # Chinese characters of an item that shows no date
_PUBLICATION_HEADS = ("发布日期", "发布时间", "发表时间", "公开日期", "公开时间", "发布", "日期", "时间")


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


@dataclass(slots=True)
class _Item:
    """One row: its title link, the element around it, and what was read there."""

    link: Link
    row: Element
    group: str
    title: str
    found: Found | None
    by: str | None
    frame: str  # hard, soft, side or ""
    pinned: bool

    @property
    def key(self) -> str:
        return self.link.url or f"{id(self.row)}"


def read_listing(page: Page, *, today: date, template: frozenset[str] = frozenset()) -> Listing:
    """The page's own list.

    template  addresses that belong to the frame of the site (menus, boxes on every page): a group made only of them is
              no list, unless the page shows the same items in two dated groups
    """
    items = [i for i in _items(page, today) if i.frame != "hard"]
    items += _jpage(page, today)
    rows = _rows(_main(items, page, template)) or _json_rows(page, today)
    pages, total = _pager(page)
    records = _records(page) if total is None else 0
    if records and rows:
        total = -(-records // len(rows))
    unseen = None if rows else _unseen(page, bool(records) or (total or 0) > 1)
    return Listing(tuple(rows), tuple(pages), unseen, total)


def home_rows(page: Page, *, today: date) -> tuple[Row, ...]:
    """Dated rows of all lists of a home page, hidden tabs too, each address once; banners, calendars and foot left out.

    Rows dated by their address only count where no menu stands.
    """
    groups: dict[str, list[_Item]] = {}
    for item in [*_items(page, today), *_jpage(page, today)]:
        if item.found and (item.by == "row" or not item.frame) and item.frame != "hard":
            groups.setdefault(item.group, []).append(item)
    rows: dict[str, Row] = {}
    for group in groups.values():
        for row in _rows(group) if _is_list(group) else ():
            kept = rows.get(row.url or row.title)
            if kept is None or (kept.dated_by != "row" and row.dated_by == "row"):
                rows[row.url or row.title] = row
    for row in _json_rows(page, today):
        rows.setdefault(row.url or row.title, row)
    return tuple(rows.values())


# Rows


def _items(page: Page, today: date) -> list[_Item]:
    """Each row of the page with its title and day."""
    links = [link for link in page.links if _may_be_title(link)]
    marks = _marks(links)
    frames: dict[Element, str] = {}
    paths: dict[Element, str] = {}
    heads: dict[Element, tuple[int | None, frozenset[int]]] = {}
    found: dict[Element, _Item] = {}
    for link in links:
        row = _row_of(link, marks)
        if row is None:
            continue
        before = found.get(row)
        if before is not None and len(before.title) >= len(link.text):
            continue
        frame = _frame(row if row.tag not in _ROW_TAGS else row.getparent(), frames)
        if frame == "hard":
            continue
        outside, inside = _pieces_of(row, link, marks)
        if len(link.text) < _ENOUGH_TITLE and not outside and (not link.url or not _NUMBER.search(link.url)):
            found[row] = _Item(link, row, _path(row, frame, paths), link.text, None, None, frame, False)
            continue
        title, glued = _title(link, inside, today)
        day, by = _day_of(row, link, outside, inside, glued, heads, today)
        pinned = _is_pinned(row, outside, title)
        found[row] = _Item(link, row, _path(row, frame, paths), title, day, by, frame, pinned)
    for item in _unlinked_titles(page, marks, frames, paths, today):
        found.setdefault(item.row, item)
    return list(found.values())


def _unlinked_titles(
    page: Page, marks: dict[Element, str], frames: dict[Element, str], paths: dict[Element, str], today: date
) -> Iterator[_Item]:
    """Rows whose title is plain text and whose link only says 查看, 详情 or 下载."""
    for link in page.links:
        if not link.url or not _rules().act.match(link.text):
            continue
        row = next((e for e in link.element.iterancestors() if e.tag in ("li", "tr")), None)
        if row is None or row in marks or _frame(row.getparent(), frames) == "hard":
            continue
        outside: list[str] = []
        _collect(row, link.element, outside, [])
        title = max(outside, key=lambda text: len(_CJK.findall(text)), default="")
        if len(_CJK.findall(title)) >= _ENOUGH_TITLE and (found := _shown([t for t in outside if t != title], today)):
            path = _path(row, frames[row.getparent()], paths)
            pinned = _is_pinned(row, outside, title)
            yield _Item(link, row, path, tidy(title, 200), settle_year(found, link.url, today=today), "row", "", pinned)


def _may_be_title(link: Link) -> bool:
    text = link.text
    if not text or _rules().no_title.match(text) or _rules().no_item.search(_said_before(link.element)):
        return False
    chinese = len(_CJK.findall(text))
    if link.url is None:
        return chinese >= _ENOUGH_TITLE and link.href.lower().startswith("javascript")
    return chinese >= 2 or is_document(link.url) or len(text) > 12


def _said_before(element: Element) -> str:
    """The text right before a link and its first characters, where 上一篇： or 来源： says that it is no item."""
    before = element.getprevious()
    parent = element.getparent()
    text = before.tail if before is not None else parent.text if parent is not None else ""
    return f"{(text or '').strip()[-8:]}\n{(element.text or '').strip()[:8]}"


def _marks(links: Iterable[Link]) -> dict[Element, str]:
    """For every element around a title link: the address below it, or `*` when there are several."""
    marks: dict[Element, str] = {}
    for link in links:
        key = link.url or link.text
        node: Element | None = link.element
        while node is not None:
            there = marks.get(node)
            if there is None:
                marks[node] = key
            elif there == _MANY:
                break
            elif there != key:
                marks[node] = _MANY
            node = node.getparent()
    return marks


def _row_of(link: Link, marks: dict[Element, str]) -> Element | None:
    """The largest element around the link that holds no other title; None for a lesser link in another title's row."""
    row = link.element
    for parent in link.element.iterancestors():
        if marks.get(parent) == _MANY:
            holder = next((e for e in (row, *row.iterancestors()) if e.tag in ("li", "tr", "dl")), None)
            if holder is not None and marks.get(holder) == _MANY and (main := _main_link(holder)) is not None:
                return holder if main is link.element else None
            return row
        if parent.tag in _WALLS:
            return row
        row = parent
        if row.tag in ("li", "tr"):
            return row
    return row


def _main_link(holder: Element) -> Element | None:
    """The title among several links of one row: all others are short (a department, [要闻]) or attachments."""
    if next(holder.iterdescendants("li", "tr", "dl", "dt"), None) is not None:
        return None
    links = [(len(_CJK.findall(squeeze(a.text_content()))), a) for a in holder.iter("a")]
    if len(links) > 6:
        return None
    length, main = max(links, key=lambda pair: pair[0])
    address = main.get("href")
    others = [n for n, a in links if a.get("href") != address and not is_document(a.get("href") or "")]
    return main if length >= _ENOUGH_TITLE and all(n <= max(4, length // 3) for n in others) else None


def _pieces_of(row: Element, link: Link, marks: dict[Element, str]) -> tuple[list[str], list[tuple[str, Element]]]:
    """Pieces of text of the row beside the link (neighbours included where the row is only a part), and inside it."""
    inside: list[tuple[str, Element]] = []
    outside: list[str] = []
    _collect(row, link.element, outside, inside)
    if row.tag in ("li", "tr", "dl"):
        return outside, inside
    if row.tag in ("dt", "dd"):
        return [*_beside(row, marks, back=row.tag == "dd"), *outside, *_beside(row, marks)], inside
    if not any(_NUMBER.search(piece) for piece in outside):
        parent = row.getparent()
        if parent is not None and marks.get(parent) == _MANY:
            outside += _beside(row, marks, back=_dates_lead(parent, marks))
    return outside, inside


def _collect(node: Element, link: Element, outside: list[str], inside: list[tuple[str, Element]]) -> None:
    if node.tag in _SILENT:
        return
    if node is link:
        for element in node.iter():
            if element.tag not in _SILENT and element.text and element.text.strip():
                inside.append((element.text, element))
            if element is not node and element.tail and element.tail.strip():
                inside.append((element.tail, element.getparent()))
        return
    if node.text and not node.text.isspace():
        outside.append(node.text)
    for child in node:
        _collect(child, link, outside, inside)
        if child.tail and not child.tail.isspace():
            outside.append(child.tail)


def _beside(row: Element, marks: dict[Element, str], *, back: bool = False) -> list[str]:
    """Text between this part of a flat list and the next (or, going back, the last) title."""
    pieces: list[str] = []
    if back:
        node = row.getprevious()
        while node is not None and node not in marks:
            pieces = [*_texts(node), *([node.tail] if node.tail else []), *pieces]
            node = node.getprevious()
        if node is not None and node.tail:
            pieces.insert(0, node.tail)
        elif node is None and (parent := row.getparent()) is not None and parent.text:
            pieces.insert(0, parent.text)
        return pieces
    if row.tail:
        pieces.append(row.tail)
    node = row.getnext()
    while node is not None and node not in marks and len(pieces) < 12:
        pieces += _texts(node)
        if node.tail:
            pieces.append(node.tail)
        node = node.getnext()
    return pieces


def _texts(node: Element) -> list[str]:
    return [] if node.tag in _SILENT else [text for text in node.itertext() if text.strip()]


def _dates_lead(parent: Element, marks: dict[Element, str]) -> bool:
    """Whether a date stands before the first title of a flat list: then each date belongs to the title after it."""
    before = parent.text or ""
    for child in parent:
        if child in marks:
            break
        before += " " + " ".join(_texts(child)) + " " + (child.tail or "")
    return re.search(r"\d{1,4}[-/.年月]\d{1,2}", normal(before[-40:])) is not None


# Title and day


def _title(link: Link, inside: list[tuple[str, Element]], today: date) -> tuple[str, str]:
    """The title without a date glued to it, and that date's text ("" when there is none)."""
    element = link.element
    said = tidy(_LABELLED_TITLE.sub(r"\1", element.get("title") or ""))
    if not len(element):
        shown = tidy(element.text)
    elif (heading := next((e for e in element.iter(*_HEADINGS) if squeeze(e.text_content())), None)) is not None:
        shown = tidy(heading.text_content())
    else:
        blocks = [tidy(e.text_content()) for e in element if e.tag in ("p", "div", "dt", "li")]
        titles = [b for b in blocks if len(_CJK.findall(b)) >= 2]
        shown = titles[0] if titles and len(blocks) > 1 else _without_day([text for text, _ in inside], today)
    shown = shown or link.text
    glued = ""
    for form, part in ((_DATE_AT_END, shown[-28:]), (_DATE_AT_START, shown[:28])):
        if _NUMBER.search(part) and (m := form.search(part)) and _CJK.search(rest := shown.replace(m[0], "", 1)):
            shown, glued = rest.strip(), glued or m[0]
    if len(squeeze(said)) > len(squeeze(shown).rstrip(".…")):
        shown = _DATE_AT_END.sub("", said) if glued else said
    return tidy(shown.lstrip("·•◆■▪★☆>» "), 200), glued


def _without_day(pieces: list[str], today: date) -> str:
    """Text of a link without the cells before and behind its words, if these show a day (10 | 2026-07 | title)."""
    first = next((n for n, text in enumerate(pieces) if not _CELL.fullmatch(text)), 0)
    last = next((n for n in range(len(pieces), first, -1) if not _CELL.fullmatch(pieces[n - 1])), len(pieces))
    cells = [*pieces[:first], *pieces[last:]]
    return tidy("".join(pieces[first:last] if cells and _shown(cells, today) else pieces))


def _day_of(
    row: Element,
    link: Link,
    outside: list[str],
    inside: list[tuple[str, Element]],
    glued: str,
    heads: dict[Element, tuple[int | None, frozenset[int]]],
    today: date,
) -> tuple[Found | None, str | None]:
    """The day shown in the row beside the title, else in a part of the link, else glued to the title, else in the
    address; with where it was read."""
    found = _by_head(row, heads, today) if row.tag == "tr" else None
    if found is None:
        found = _shown(outside, today)
    if found is None and len(inside) > 1:
        found = _shown([t for t, e in inside if e is not link.element or len(t.strip()) <= 20], today)
    if found is None and glued:
        found = read_found(glued, today=today)
    if found is not None:
        return (settle_year(found, link.url, today=today) if link.url else found), "row"
    if link.url and (day := date_in_url(link.url, today=today)):
        return Found(day), "file" if is_document(link.url) else "url"
    return None, None


def _shown(pieces: list[str], today: date) -> Found | None:
    """The day that the pieces of text of a row show: a labelled one, else the latest not after today."""
    if not any(map(_DATE_LIKE.search, pieces)):
        return None
    plain = [piece for p in pieces if (piece := " ".join(normal(p).split()))]
    text, where = "", []
    for piece in plain:
        where.append((len(text), len(text) + len(piece)))
        text += piece + " "
    labelled: list[Found] = []
    bare: list[Found] = []
    for found in find_dates(text, today=today):
        kind = label_before(text[: found.start])
        if kind == "other" or weekday_behind(text, found.end):
            continue
        if kind in ("publication", "bare") and found.year_known:
            labelled.append(found)
        elif kind or _stands_alone(found, where, text):
            bare.append(found)
    full = labelled or [f for f in bare if f.year_known]
    if full:
        return max((f for f in full if f.day <= today), key=lambda f: f.day, default=full[0])
    return _split(plain, today) or next(iter(bare), None) or _relative(plain, today)


def _stands_alone(found: Found, where: list[tuple[int, int]], text: str) -> bool:
    """Whether the date is a cell of its own or stands at the edge of a text, not in the middle of a summary."""
    start, end = next((s, e) for s, e in where if s <= found.start < e)
    if found.end > end:
        return False
    around = len(squeeze(text[start : found.start])), len(squeeze(text[found.end : end]))
    if not found.year_known:
        return sum(around) <= 8
    return end - start <= _LONG_PIECE or min(around) <= 2


def _split(plain: list[str], today: date) -> Found | None:
    """A date over several cells: <b>10</b><span>2026-07</span>, <em>07</em>/<i>10</i>."""
    cells = [c for p in plain if (c := p.strip("[]()【】|·,; ")) and not re.fullmatch(r"[-/.年月日号]", c)]
    for size in (3, 2, 1):
        for n in range(len(cells) - size + 1):
            window = " ".join(cells[n : n + size])
            if len(window) > 16 or not window[:1].isdigit():
                continue
            for form, (y, m, d) in _SPLIT:
                if not (match := form.fullmatch(window)):
                    continue
                month, day = match[m + 1], match[d + 1]
                if y < 0 and int(month) > 12:
                    month, day = day, month
                written = f"{match[y + 1]}-{month}-{day}" if y >= 0 else f"{month}-{day}"
                if found := read_found(written, today=today):
                    return found
    return None


def _relative(plain: list[str], today: date) -> Found | None:
    short = (p for p in plain if len(p) <= 16 and not find_dates(p, today=today))
    return next((f for p in short if (f := read_found(p, today=today))), None)


def _by_head(row: Element, heads: dict[Element, tuple[int | None, frozenset[int]]], today: date) -> Found | None:
    """The day in the cell of a table row that stands under the head 发布日期 (or 日期, 时间)."""
    table = row.getparent()
    while table is not None and table.tag != "table":
        table = table.getparent()
    if table is None:
        return None
    if table not in heads:
        heads[table] = _head(table)
    column, other = heads[table]
    cells = [c for c in row if c.tag in ("td", "th")]
    if column is not None and column < len(cells):
        return read_found(" ".join(_texts(cells[column])), today=today)
    if other:
        left = [text for n, c in enumerate(cells) if n not in other for text in _texts(c)]
        return _shown(left, today)
    return None


def _head(table: Element) -> tuple[int | None, frozenset[int]]:
    """Which column of a table holds the day of publication, and which hold other days (成文日期, 截止时间)."""
    first = next(iter(table.iter("tr")), None)
    if first is None or (next(first.iter("a"), None) is not None and next(first.iter("th"), None) is None):
        return None, frozenset()
    names = [normal(squeeze(c.text_content())) for c in first if c.tag in ("td", "th")]
    other = frozenset(n for n, name in enumerate(names) if len(name) <= 10 and label_before(name) == "other")
    for word in _PUBLICATION_HEADS:
        for n, name in enumerate(names):
            if n not in other and word in name and len(name) <= 8 and label_before(name):
                return n, other
    only = [n for n in other if re.match("成文|生成|印发|发文|制发", names[n])]
    return (only[0], other) if only and len(other) == 1 else (None, other)


def _is_pinned(row: Element, outside: list[str], title: str) -> bool:
    pinned = _rules().pinned
    if pinned.search(" ".join(outside)) or title.startswith(("[置顶]", "【置顶】", "(置顶)")):
        return True
    return any(pinned.search(f"{i.get('src') or ''} {i.get('alt') or ''}") for i in row.iter("img"))


# Groups


def _path(row: Element, frame: str, paths: dict[Element, str]) -> str:
    """Tags from the nearest element that has a class down to the row, so that the lists of several tabs are one group.

    Numbers and states (on, first, odd) in classes do not count.
    """
    parent = row.getparent()
    return f"{frame}:{_path_to(parent, paths)}>{row.tag}" if parent is not None else str(row.tag)


def _path_to(node: Element, paths: dict[Element, str]) -> str:
    if node in paths:
        return paths[node]
    parent = node.getparent()
    states = _rules().states
    words = dict.fromkeys(w for w in _WORD.findall((node.get("class") or "").lower()) if w not in states)
    name = ".".join([str(node.tag), *words])
    paths[node] = name if words or parent is None else f"{_path_to(parent, paths)}>{name}"
    return paths[node]


def _frame(node: Element, frames: dict[Element, str]) -> str:
    """Where the element stands: in a foot or calendar (hard), a head or menu (soft), a side box (side), or none."""
    if node in frames:
        return frames[node]
    parent = node.getparent()
    above = _frame(parent, frames) if parent is not None else ""
    own = ""
    if node.tag in ("header", "footer", "nav", "aside"):
        own = {"footer": "hard", "aside": "side"}.get(node.tag, "soft")
    elif node.tag not in ("body", "html", "a") and node.attrib:
        words = _WORD.findall(f"{node.get('class') or ''} {node.get('id') or ''}".lower())
        own = next((kind for kind, names in _rules().frame.items() if not names.isdisjoint(words)), "") if words else ""
    order = ("hard", "soft", "side", "")
    frames[node] = min(above, own, key=order.index)
    return frames[node]


def _main(items: list[_Item], page: Page, template: frozenset[str]) -> list[_Item]:
    """The items of the page's own list: the heaviest dated group, with other dated items of the same column."""
    folder = folder_of(page.url)
    boxes: dict[Element | None, list[_Item]] = {}
    for item in items:
        boxes.setdefault(item.row.getparent(), []).append(item)
    own = [box for box in boxes.values() if any(i.link.url not in template for i in box)]
    times = Counter(key for box in boxes.values() for key in {i.key for i in box if i.by == "row"})
    twice = [box for box in boxes.values() if any(times[i.key] > 1 for i in box)]

    def inner(item: _Item) -> bool:
        url = item.link.url
        return bool(url and folder != "/" and same_host(url, page.url) and urlsplit(url).path.startswith(folder))

    def weight(group: list[_Item]) -> float:
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
            ids = {id(i) for i in chosen}
            return [i for i in items if id(i) in ids]
    return _undated(_groups(own), inner)


def _undated(groups: Iterable[list[_Item]], inner: Callable[[_Item], bool]) -> list[_Item]:
    """The group with most items that show no date, outside menus; menus are told by their short names."""
    undated = [g for g in groups if not g[0].frame and sum(map(_item_like, g)) * 2 > len(g)]
    best = max(undated, key=lambda g: (sum(map(_item_like, g)), sum(map(inner, g))), default=[])
    return [i for i in best if _item_like(i)]


def _groups(boxes: Iterable[list[_Item]]) -> list[list[_Item]]:
    """Boxes with the same path of tags and classes together, in page order."""
    groups: dict[str, list[_Item]] = {}
    for item in (i for box in boxes for i in box):
        groups.setdefault(item.group, []).append(item)
    return list(groups.values())


def _is_list(group: list[_Item]) -> bool:
    """Whether dated items make a list: shown days outside menus; a lone item only where the markup says list."""
    shown = [i for i in group if i.by == "row"]
    if group[0].frame == "soft":
        return len(shown) >= 2
    if shown:
        return len(group) > 1 or group[0].row.tag in _ROW_TAGS or len(_CJK.findall(group[0].title)) >= 8
    return sum(1 for i in group if i.by) * 2 >= len(group)


def _item_like(item: _Item) -> bool:
    """Whether an undated link is an item rather than a menu entry: a document, a headline on an article's address."""
    url = item.link.url
    if url and is_document(url):
        return True
    chinese = len(_CJK.findall(item.title))
    return chinese >= 2 * _ENOUGH_TITLE or (chinese >= _ENOUGH_TITLE and bool(url and is_article(url)))


def _rows(items: list[_Item]) -> list[Row]:
    """Rows of one list, each address once, years carried down where rows show none."""
    kept: dict[str, _Item] = {}
    for item in items:
        before = kept.get(item.key)
        if before is None or (before.by != "row" and item.by == "row"):
            kept[item.key] = item
    rows = list(kept.values())
    shown = [i.found if i.by == "row" else None for i in rows]
    days = carry_years(shown, aside=[n for n, i in enumerate(rows) if i.pinned])
    return [
        Row(i.title, i.link.url, day or (i.found.day if i.found else None), i.by, i.pinned)
        for i, day in zip(rows, days, strict=True)
    ]


# Rows that wait in scripts


def _jpage(page: Page, today: date) -> list[_Item]:
    """Items of Hanweb record sets (<script type="text/xml"><datastore>…<record><![CDATA[…]]>), cms.md 2."""
    if "<record" not in page.text:
        return []
    records = _RECORD.findall(page.text)
    inner = Page(page.url, f"<html><body><ul>{''.join(records)}</ul></body></html>")
    items = _items(inner, today)
    for item in items:
        item.group = f"jpage>{item.group}"
    return items


def _json_rows(page: Page, today: date) -> list[Row]:
    """Items of JSON arrays in inline scripts: objects with a title, an address and a date."""
    rows: dict[str, Row] = {}
    decoder = json.JSONDecoder()
    for script in page.scripts:
        for n, m in enumerate(_ARRAY.finditer(script)):
            if n == 8:
                break
            try:
                data, _ = decoder.raw_decode(script, m.start())
            except (ValueError, RecursionError):
                continue
            for row in _objects(data, page, today):
                rows.setdefault(row.url or row.title, row)
    return list(rows.values())


def _objects(data: Any, page: Page, today: date) -> Iterator[Row]:
    for entry in data if isinstance(data, list) else ():
        if not isinstance(entry, dict):
            continue
        low = {str(key).lower(): value for key, value in entry.items()}
        title = next((v for k in ("title", "doctitle", "name") if isinstance(v := low.get(k), str)), "")
        href = next(
            (v for k in ("url", "docpuburl", "href", "link", "linkurl") if isinstance(v := low.get(k), str)), ""
        )
        days = [
            read_date(str(v), today=today, compact=True) for k, v in low.items() if re.search("date|time|rq|sj$", k)
        ]
        day = next((d for d in days if d), None)
        url = absolute(page.base, href) if href else None
        if len(_CJK.findall(title)) >= 4 and url and day:
            yield Row(tidy(re.sub(r"<[^>]+>", "", title), 200), url, day, "row")


# Pages


def _pager(page: Page) -> tuple[list[str], int | None]:
    """Addresses of the following pages and how many pages there are."""
    code = [c for s in page.scripts if "page" in s.lower() and (c := _CODE_COMMENT.sub("", s))]
    found, total = _scripted_pages(page, code)
    linked: list[str] = []
    numbered: dict[int, str] = {}
    for link in page.links:
        text = link.text
        if len(text) > 8 or not link.url or link.url == page.url:
            continue
        number = int(text) if text.isdecimal() and len(text) <= 3 else 0
        if not number and not _rules().next.match(text):
            continue
        if not same_host(link.url, page.url) or is_trap(link.url) or not _same_list(link.url, page.url):
            continue
        if number:
            numbered.setdefault(number, link.url)
        elif link.url not in linked:
            linked.append(link.url)
    if total is None and (m := _rules().of_pages.search(normal(" ".join(_pager_text(page))))):
        total = int(next(g for g in m.groups() if g))
    if not found:
        found = [*linked, *(u for n, u in sorted(numbered.items()) if n > 1 and u not in linked)]
        found += _extrapolated(numbered, total)
    unique = [u for u in dict.fromkeys(found) if u and u != page.url]
    return unique[:_MAX_PAGES], total


def _scripted_pages(page: Page, code: list[str]) -> tuple[list[str], int | None]:
    """Pages that a TRS script writes: after createPageHTML(4, 0, "index", "html") index_1.html is page two of four."""
    rules = _rules()
    own = urlsplit(page.url).path.rsplit("/", 1)[-1]
    for script in code:
        if m := rules.create.search(script):
            total, current, stem, suffix = int(m[1]), int(m[2]), m[3], m[4]
            first = current == 1 and own in ("", f"{stem}.{suffix}")  # some count from one: index_2 is the second
            numbers = range(2, total + 1) if first else range(current + 1, total)
            return [absolute(page.base, f"{stem}_{n}.{suffix}") or "" for n in numbers[:_MAX_PAGES]], total
    for script in code:
        if (m := rules.count.search(script)) and re.search(r"_|index|document\.write", script):
            total = int(m[1])
            suffix_match = rules.suffix.search(script, m.start())
            stem, _, suffix = own.rpartition(".")
            current = int(n[1]) if (n := re.search(r"_(\d{1,4})$", stem)) else 0
            stem = re.sub(r"_\d{1,4}$", "", stem) or "index"
            if not suffix:
                suffix = (suffix_match[1] or suffix_match[2]) if suffix_match else "html"
            numbers = range(current + 1, total)
            return [absolute(page.base, f"{stem}_{n}.{suffix}") or "" for n in numbers[:_MAX_PAGES]], total
    return [], None


def _records(page: Page) -> int:
    """How many items the whole list has, as a script of the page says (recordCount, totalrecord); 0 when none does."""
    found = (m for s in page.scripts if (m := _rules().records.search(_CODE_COMMENT.sub("", s))))
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


# What was not seen


def _unseen(page: Page, promised: bool) -> str | None:
    """Why a page without rows may have a list that a script brings; None when it is plainly static.

    promised  the pager or a script names a number of items or pages that are not there
    """
    rules, frames = _rules(), dict[Element, str]()
    markup = _HTML_COMMENT.sub("", page.text)

    def inside(element: Element) -> bool:
        return _frame(element, frames) in ("", "side")

    for element in page.root.iter("script"):
        if rules.template.match((element.get("type") or "").strip()) and re.search(r"<(li|tr|a)\b", element.text or ""):
            return "script template"
    hinted = any(mark in markup for mark in (*rules.directives, "{{", "<%", "${", "{$"))
    if hinted and (found := _directive(page, inside)):
        return found
    empty: list[Element] = []
    for element in page.root.iter("ul", "ol", "tbody", "div", "dl", "table"):
        if not len(element) and not squeeze(element.text) and inside(element):
            empty.append(element)
            if element.get("id") in rules.roots:
                return "application root"
    if any(mark in markup for mark in rules.jpage) and not rules.nothing.search(markup):
        return "jpage without records"
    code = [(e, c) for e in page.root.iter("script") if e.text and (c := _CODE_COMMENT.sub("", e.text))]
    named = any(e.tag != "div" or rules.holder.search(f"{e.get('id') or ''} {e.get('class') or ''}") for e in empty)
    if any(_calls(script) and (named or rules.inserts.search(script)) for _, script in code):
        return "ajax list"
    if promised:
        return "pager without rows"
    if any("document.write" in script and rules.write.search(script) and inside(e) for e, script in code):
        return "document.write"
    own = [urlsplit(u).path for u in page.script_urls if same_host(u, page.url)]
    if any(rules.holder.search(e.get("id") or "") for e in empty) and any(map(rules.filler.search, own)):
        return "empty list filled by an own script"
    return None


def _directive(page: Page, inside: Callable[[Element], bool]) -> str | None:
    """A directive or placeholder of a client-side template that was left as it is, outside head, menu and foot."""
    rules = _rules()
    for element in page.root.iter():
        if element.tag in _SILENT or not isinstance(element.tag, str):
            continue
        for name in element.attrib:
            if str(name).lower() in rules.directives and inside(element):
                return f"template directive {name}"
        own = f"{element.text or ''} {element.get('href') or ''} {element.tail or ''}"
        if ("{" in own or "<%" in own) and rules.placeholder.search(own) and inside(element):
            return "template placeholders"
    return None


def _calls(script: str) -> bool:
    """Whether a script asks the server for something other than counters, weather, sign-in."""
    rules = _rules()
    return any(not rules.counter.search(script[m.start() : m.start() + 200]) for m in rules.call.finditer(script))


@dataclass(frozen=True, slots=True)
class _Rules:
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
def _rules() -> _Rules:
    data = tomllib.loads((Path(__file__).parent / "listing.toml").read_text("utf-8"))

    def form(part: str, name: str) -> re.Pattern[str]:
        return re.compile(data[part][name], re.IGNORECASE | re.DOTALL)

    return _Rules(
        frame={kind: frozenset(data["frame"][kind].split()) for kind in ("hard", "soft", "side")},
        states=frozenset(data["frame"]["states"].split()),
        roots=frozenset(data["script"]["root"].split()),
        jpage=tuple(data["script"]["jpage"].split()),
        directives=frozenset(data["script"]["directive"].split()),
        **{name: form("link", name) for name in ("no_title", "no_item", "act", "pinned")},
        **{name: form("pager", name) for name in ("create", "count", "records", "suffix", "of_pages", "next")},
        **{name: form("script", name) for name in data["script"] if name not in ("root", "directive", "jpage")},
    )
