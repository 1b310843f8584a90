"""Which rows does a page show: what stands around one title link and no other? (cms.md 3)"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from crawler.extract.dates import Found, normal, settle_year
from crawler.extract.listing_rules import rules
from crawler.extract.page import Element, Link, Page
from crawler.extract.row_text import day_of, shown_day, texts_of, title_of
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document

_CJK = re.compile(r"[\u3400-\u9fff]")
ROW_TAGS = frozenset(("li", "tr", "dl", "dt", "dd"))
_WALLS = frozenset(("ul", "ol", "table", "tbody", "body", "html", "form", "section", "main", "article"))
_SILENT = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option"))
_WORD = re.compile(r"[a-z]+")
_RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</record>", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_MANY = "*"
ENOUGH_TITLE = 6  # Chinese characters of an item that shows no date


@dataclass(frozen=True, slots=True)
class Item:
    """One row: its title, where it leads, the day it shows, and where on the page it stands.

    box    number of the element that holds the row; group: path of tags and classes down to it
    day    None when it shows none; year_known False when the year was inferred; by: row, url or file
    frame  soft (head, menu), side (side box) or ""; rows of foot and calendar are no items
    tag    of the row's element; key: the address, else a number of its own
    """

    title: str
    url: str | None
    key: str
    tag: str
    box: int
    group: str
    day: date | None = None
    year_known: bool = True
    by: str | None = None
    frame: str = ""
    pinned: bool = False


def items_of(page: Page, today: date) -> list[Item]:
    """Each row of the page with its title and day, those of Hanweb record sets (cms.md 2) included."""
    links = [link for link in page.links if _may_be_title(link)]
    marks = _marks(links)
    frames: dict[Element, str] = {}
    paths: dict[Element, str] = {}
    heads: dict[Element, tuple[int | None, frozenset[int]]] = {}
    boxes: dict[Element | None, int] = {}
    found: dict[Element, tuple[Link, Item]] = {}

    def item(row: Element, link: Link, title: str, day: Found | None, by: str | None, frame: str, pinned: bool) -> Item:
        box = boxes.setdefault(row.getparent(), len(boxes))
        key = link.url or f"#{len(found)}"
        known = day.year_known if day else True
        group = _path(row, frame, paths)
        return Item(title, link.url, key, row.tag, box, group, day.day if day else None, known, by, frame, pinned)

    for link in links:
        row = _row_of(link, marks)
        if row is None:
            continue
        before = found.get(row)
        if before is not None and len(before[1].title) >= len(link.text):
            continue
        frame = stands_in(row if row.tag not in ROW_TAGS else row.getparent(), frames)
        if frame == "hard":
            continue
        outside, inside = _pieces_of(row, link, marks)
        if len(link.text) < ENOUGH_TITLE and not outside and (not link.url or not _NUMBER.search(link.url)):
            found[row] = link, item(row, link, link.text, None, None, frame, False)
            continue
        title, glued = title_of(link, inside, today)
        day, by = day_of(row, link, outside, inside, glued, heads, today)
        pinned = _is_pinned(row, outside, title)
        found[row] = link, item(row, link, title, day, by, frame, pinned)
    for row, link, title, day, pinned in _unlinked_titles(page, marks, frames, today):
        found.setdefault(row, (link, item(row, link, title, day, "row", "", pinned)))
    return [*(made for _, made in found.values()), *_jpage(page, today)]


def _unlinked_titles(
    page: Page, marks: dict[Element, str], frames: dict[Element, str], today: date
) -> Iterator[tuple[Element, Link, str, Found, bool]]:
    """Rows whose title is plain text and whose link only says 查看, 详情 or 下载."""
    for link in page.links:
        if not link.url or not rules().act.match(link.text):
            continue
        row = next((e for e in link.element.iterancestors() if e.tag in ("li", "tr")), None)
        if row is None or row in marks or stands_in(row.getparent(), frames) == "hard":
            continue
        outside: list[str] = []
        _collect(row, link.element, outside, [])
        title = max(outside, key=lambda text: len(_CJK.findall(text)), default="")
        if len(_CJK.findall(title)) >= ENOUGH_TITLE and (found := shown_day([t for t in outside if t != title], today)):
            day = settle_year(found, link.url, today=today)
            yield row, link, tidy(title, 200), day, _is_pinned(row, outside, title)


def _may_be_title(link: Link) -> bool:
    text = link.text
    if not text or rules().no_title.match(text) or rules().no_item.search(_said_before(link.element)):
        return False
    chinese = len(_CJK.findall(text))
    if link.url is None:
        return chinese >= ENOUGH_TITLE and link.href.lower().startswith("javascript")
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
    return main if length >= ENOUGH_TITLE and all(n <= max(4, length // 3) for n in others) else None


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
            pieces = [*texts_of(node), *([node.tail] if node.tail else []), *pieces]
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
        pieces += texts_of(node)
        if node.tail:
            pieces.append(node.tail)
        node = node.getnext()
    return pieces


def _dates_lead(parent: Element, marks: dict[Element, str]) -> bool:
    """Whether a date stands before the first title of a flat list: then each date belongs to the title after it."""
    before = parent.text or ""
    for child in parent:
        if child in marks:
            break
        before += " " + " ".join(texts_of(child)) + " " + (child.tail or "")
    return re.search(r"\d{1,4}[-/.年月]\d{1,2}", normal(before[-40:])) is not None


def _is_pinned(row: Element, outside: list[str], title: str) -> bool:
    pinned = rules().pinned
    if pinned.search(" ".join(outside)) or title.startswith(("[置顶]", "【置顶】", "(置顶)")):
        return True
    return any(pinned.search(f"{i.get('src') or ''} {i.get('alt') or ''}") for i in row.iter("img"))


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
    states = rules().states
    words = dict.fromkeys(w for w in _WORD.findall((node.get("class") or "").lower()) if w not in states)
    name = ".".join([str(node.tag), *words])
    paths[node] = name if words or parent is None else f"{_path_to(parent, paths)}>{name}"
    return paths[node]


def stands_in(node: Element, frames: dict[Element, str]) -> str:
    """Where the element stands: in a foot or calendar (hard), a head or menu (soft), a side box (side), or none."""
    if node in frames:
        return frames[node]
    parent = node.getparent()
    above = stands_in(parent, frames) if parent is not None else ""
    own = ""
    if node.tag in ("header", "footer", "nav", "aside"):
        own = {"footer": "hard", "aside": "side"}.get(node.tag, "soft")
    elif node.tag not in ("body", "html", "a") and node.attrib:
        words = _WORD.findall(f"{node.get('class') or ''} {node.get('id') or ''}".lower())
        own = next((kind for kind, names in rules().frame.items() if not names.isdisjoint(words)), "") if words else ""
    order = ("hard", "soft", "side", "")
    frames[node] = min(above, own, key=order.index)
    return frames[node]


def _jpage(page: Page, today: date) -> list[Item]:
    """Items of Hanweb record sets (<script type="text/xml"><datastore>…<record><![CDATA[…]]>), cms.md 2."""
    if "<record" not in page.text:
        return []
    records = _RECORD.findall(page.text)
    inner = Page(page.url, f"<html><body><ul>{''.join(records)}</ul></body></html>")
    return [replace(item, group=f"jpage>{item.group}", box=-1 - item.box) for item in items_of(inner, today)]
