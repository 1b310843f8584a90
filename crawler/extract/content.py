"""Does a column page hold anything, once the frame it shares with its neighbours is taken away? (standards 19号-1-D2)

A page is blank only when it was seen whole and holds neither a row, nor a link of its own, nor thirty characters of
text, nor a form, picture or embedded document. Anything a script still has to bring makes it NEEDS_RENDER.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.columns import column_name
from crawler.extract.listing import Listing
from crawler.extract.page import Element, Page, visible_text
from crawler.extract.text import has_chinese, squeeze
from crawler.extract.urls import is_document
from db.records import Content

_FRAME_TAGS = frozenset(("header", "footer", "nav"))
_SILENT = frozenset(("script", "style", "noscript", "title", "option"))
_FRAME_NAME = re.compile(
    r"(^|[-_\s])(header|head|top|topbar|footer|foot|bottom|nav|menu|navbar|crumbs?|breadcrumb|position|location|weizhi"
    r"|dqwz|copyright|calendar|rili|friendlink|yqlj|links|search|sidebar|pager?|pages|pagination|fenye)([-_\s\d]|$)",
    re.IGNORECASE,
)
_CRUMB = re.compile(r"^(您?(当前|现在|所在)?(的)?位置|当前页面?)[:：]?")
_DOCUMENT = re.compile(r"\.(pdf|ofd|docx?|xlsx?|pptx?)\b", re.IGNORECASE)
_CELL = 40  # characters of a table cell that is a figure or a label
_WORDY = re.compile(r"[\W_]+")
_SENTENCE = 30  # characters; side boxes and bread-crumbs are shorter
_SAID = 15  # characters of a whole sentence, which nobody would call a blank column
_SMALL = 120  # pixels; a smaller picture is an icon
_EMBEDDED = ("embed", "object", "video", "audio")
_PICTURE = re.compile(r"(logo|banner|icon|arrow|dot|bg|blank|line|ewm|qrcode|conac|gongan|jiucuo)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Substance:
    """What one page may hold of its own, before the frame of its site is known.

    links     (address, kind): kind "d" for a document, "o" for a link with a name or picture outside head, foot and
              menu, "" for every other one
    lines     (text of an innermost block without white space, "f" when it stands in head, foot, menu or pager, else "")
    embedded  a form to fill in, a film, an embedded document
    pictures  sources of pictures that may be content; images: of all pictures
    rows      table rows with figures beside another filled cell
    """

    url: str
    title: str
    links: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    embedded: bool = False
    pictures: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def substance_of(page: Page) -> Substance:
    """The substance of a parsed page."""
    framed = _framed(page)
    links = []
    for link in page.links:
        if not link.url or link.url == page.url:
            continue
        kind = "d" if is_document(link.url) else ""
        if not kind and not framed[link.element]:
            named = len(link.text) >= 2 and has_chinese(link.text)
            kind = "o" if named or link.element.find(".//img") is not None else ""
        links.append((link.url, kind))
    return Substance(
        page.url,
        squeeze(page.title),
        tuple(dict.fromkeys(links)),
        tuple(_lines(page, framed)),
        _embedded(page, framed),
        tuple(image.get("src") or image.get("data-src") or "" for image in _pictures(page, framed)),
        tuple(dict.fromkeys(i.get("src") or "" for i in page.root.iter("img") if i.get("src"))),
        tuple(_data_rows(page, framed)),
    )


@dataclass(slots=True)
class Frame:
    """What the pages of one site share: lines of text and links that stand on several of its column pages."""

    pages: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    menu: frozenset[str] = frozenset()  # addresses of the menus of home and board
    menu_lines: frozenset[str] = frozenset()  # texts of home and board

    def add(self, page: Substance) -> None:
        """Count one column page."""
        self.pages += 1
        self.lines.update({line for line, _ in page.lines})
        self.links.update(url for url, _ in page.links)

    def shared_links(self) -> frozenset[str]:
        """Links that stand on a third of the column pages, three at least: side boxes that repeat everywhere."""
        enough = max(3, self.pages // 3)
        return frozenset(url for url, n in self.links.items() if n >= enough)

    def shared_line(self, line: str) -> bool:
        """Whether the text belongs to the frame: it stands on home or board, or, being short, on several columns.

        A long sentence that several columns share is boiler-plate, but it is content: nobody may lose a point for it.
        """
        if line in self.menu_lines:
            return True
        return len(line) < _SENTENCE and self.lines[line] >= max(2, self.pages // 3)


def content_of(
    pages: Sequence[Substance], listings: Iterable[Listing], frame: Frame, *, name: str
) -> tuple[Content, str | None]:
    """What the column's page (with its inner frames) holds, and the words or the reason that decided.

    name  the column's own name, which is no content
    """
    listings = list(listings)
    if any(listing.rows for listing in listings):
        return Content.ITEMS, None
    shared = frame.shared_links()
    own = [kind for p in pages for url, kind in p.links if url not in frame.menu and url not in shared]
    if "d" in own:
        return Content.TEXT, None
    rule, text = _blank(), []
    for page in pages:
        for line, where in page.lines:
            if where or frame.shared_line(line) or line == page.title or column_name(line) == column_name(name):
                continue
            if line in page.title and len(line) < 20:
                continue
            text.append(line)
    words = "".join(text)
    empty_words = rule["words"].search(words)
    substance = rule["junk"].sub("", rule["words"].sub("", words))
    if len(_WORDY.sub("", substance)) >= rule["enough"]:
        return Content.TEXT, None
    if not empty_words and "。" in substance and len(substance) >= _SAID:
        return Content.TEXT, None
    if any(page.embedded or _has_picture(page, frame) or _has_data(page, frame) for page in pages):
        return Content.TEXT, None
    if "o" in own:
        return Content.LINKS, None
    if reason := next((listing.unseen for listing in listings if listing.unseen), None):
        return Content.NEEDS_RENDER, reason
    return Content.BLANK, empty_words[0] if empty_words else (substance[:60] or "页面主体无内容")


def frame_of(pages: Iterable[Substance], menu: Iterable[str], counted: Frame | None = None) -> Frame:
    """The frame as home and board show it: their texts and pictures, and the addresses of their menus.

    counted  an earlier frame of the same site, whose counts of column pages are kept
    """
    lines: set[str] = set()
    for page in pages:
        lines.update(line for line, _ in page.lines)
        lines.update(f"img:{source}" for source in page.images)
    made = Frame(menu=frozenset(menu), menu_lines=frozenset(lines))
    if counted is not None:
        made.pages, made.lines, made.links = counted.pages, counted.lines, counted.links
    return made


def _has_picture(page: Substance, frame: Frame) -> bool:
    return any(f"img:{source}" not in frame.menu_lines for source in page.pictures)


def _has_data(page: Substance, frame: Frame) -> bool:
    """A row of a table with figures in it, beside another filled cell, once the cells of the frame are taken away."""
    for row in page.rows:
        filled = [cell for cell in row if not frame.shared_line(cell)]
        if len(filled) >= 2 and any(any(map(str.isdigit, cell)) for cell in filled):
            return True
    return False


def _framed(page: Page) -> dict[Element, bool]:
    """For each element, whether it stands in a head, foot, menu, bread-crumb or pager by tag or name."""
    found: dict[Element, bool] = {}
    for element in page.root.iter():
        parent = element.getparent()
        inside = found[parent] if parent is not None else False
        if not inside and isinstance(element.tag, str) and element.tag not in ("body", "html"):
            inside = element.tag in _FRAME_TAGS
            if not inside and (mark := f"{element.get('class') or ''} {element.get('id') or ''}") != " ":
                inside = _FRAME_NAME.search(mark) is not None
        found[element] = inside
    return found


def _lines(page: Page, framed: dict[Element, bool]) -> Iterator[tuple[str, str]]:
    """The pieces of visible text of a page, one per innermost block, white space removed."""
    for element in page.root.iter():
        if not isinstance(element.tag, str) or element.tag in _SILENT:
            continue
        for piece in (element.text, *(child.tail for child in element)):
            if line := squeeze(piece) if piece else "":
                yield line, "f" if framed[element] or _CRUMB.match(line) else ""


def _embedded(page: Page, framed: dict[Element, bool]) -> bool:
    """A form to fill in, an embedded document or a film."""
    for form in page.root.iter("form"):
        if framed[form]:
            continue
        fields = [
            e
            for e in form.iter("textarea", "input", "select")
            if (e.get("type") or "text") not in ("hidden", "submit", "button", "image")
        ]
        if any(e.tag == "textarea" for e in fields) or len(fields) >= 3:
            return True
    if any(not framed[e] for e in page.root.iter(*_EMBEDDED)):
        return True
    return any(_DOCUMENT.search(frame_.get("src") or "") for frame_ in page.root.iter("iframe"))


def _data_rows(page: Page, framed: dict[Element, bool]) -> Iterator[tuple[str, ...]]:
    for row in page.root.iter("tr"):
        if framed[row]:
            continue
        cells = [squeeze(visible_text(cell)) for cell in row if cell.tag == "td"]
        filled = tuple(c for c in cells if c and len(c) <= _CELL)
        if len(filled) >= 2 and any(any(map(str.isdigit, c)) for c in filled):
            yield filled


def _pictures(page: Page, framed: dict[Element, bool]) -> Iterator[Element]:
    """Pictures of some size that are no link, no ornament and no part of the frame."""
    for image in page.root.iter("img"):
        source = image.get("src") or image.get("data-src") or ""
        sizes = [(image.get(side) or "").removesuffix("px") for side in ("width", "height")]
        small = any(size.isdigit() and int(size) < _SMALL for size in sizes)
        linked = any(a.tag == "a" for a in image.iterancestors())
        if source and not (small or linked or framed[image] or _PICTURE.search(source)):
            yield image


def anchored(page: Page, anchor: str) -> bool:
    """Whether the element that `#anchor` points to on this page holds text or links."""
    target = page.root.xpath("//*[@id=$a or @name=$a]", a=anchor)
    if not target:
        return False
    element = target[0]
    words = squeeze(visible_text(element))
    if len(words) < 10 and element.getnext() is not None:
        words += squeeze(visible_text(element.getnext()))
    rule = _blank()
    return len(rule["words"].sub("", words)) >= 10


@cache
def _blank() -> dict[str, Any]:
    rule = tomllib.loads((Path(__file__).parents[1] / "words.toml").read_text("utf-8"))["blank"]
    patterns = {key: re.compile(rule[key], re.IGNORECASE) for key in ("words", "junk")}
    return patterns | {"enough": rule["enough"]}
