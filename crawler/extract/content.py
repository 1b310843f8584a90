"""Does a column page hold anything, once the frame it shares with its neighbours is taken away? (standards 19号-1-D2)

A page is blank only when it was seen whole and holds neither a row, nor a link of its own, nor thirty characters of
text, nor a form, picture or embedded document. Anything a script still has to bring makes it NEEDS_RENDER.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
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
_FRAME_NAME = re.compile(
    r"(^|[-_\s])(header|head|top|topbar|footer|foot|bottom|nav|menu|navbar|crumbs?|breadcrumb|position|location|weizhi"
    r"|dqwz|copyright|calendar|rili|friendlink|yqlj|links|search|sidebar|pager?|pages|pagination|fenye)([-_\s\d]|$)",
    re.IGNORECASE,
)
_CRUMB = re.compile(r"^(您?(当前|现在|所在)?(的)?位置|当前页面?)[:：]?")
_BLOCKS = frozenset(
    [
        "div",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dd",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "table",
        "ul",
        "ol",
        "dl",
        "form",
        "center",
        "font",
        "span",
        "a",
    ]
)
_DOCUMENT = re.compile(r"\.(pdf|ofd|docx?|xlsx?|pptx?)\b", re.IGNORECASE)
_CELL = 40  # characters of a table cell that is a figure or a label
_WORDY = re.compile(r"[\W_]+")
_SENTENCE = 30  # characters; side boxes and bread-crumbs are shorter
_SMALL = 120  # pixels; a smaller picture is an icon
_EMBEDDED = ("embed", "object", "video", "audio")
_PICTURE = re.compile(r"(logo|banner|icon|arrow|dot|bg|blank|line|ewm|qrcode|conac|gongan|jiucuo)", re.IGNORECASE)


@dataclass(slots=True)
class Frame:
    """What the pages of one site share: lines of text and links that stand on several of its column pages."""

    pages: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    menu: frozenset[str] = frozenset()  # addresses of the menus of home and board
    menu_lines: frozenset[str] = frozenset()  # texts of home and board

    def add(self, page: Page) -> None:
        """Count one column page."""
        self.pages += 1
        self.lines.update(set(lines_of(page)))
        self.links.update({link.url for link in page.links if link.url})

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


def lines_of(page: Page) -> list[str]:
    """The pieces of visible text of a page, one per innermost block, white space removed."""
    return [line for _, line in _lines(page)]


def _lines(page: Page) -> list[tuple[Element, str]]:
    found = []
    for element in page.root.iter():
        if not isinstance(element.tag, str) or element.tag in ("script", "style", "noscript", "title", "option"):
            continue
        own = squeeze(element.text)
        if own:
            found.append((element, own))
        for child in element:
            if tail := squeeze(child.tail):
                found.append((element, tail))
    return found


def content_of(
    pages: Sequence[Page], listings: Iterable[Listing], frame: Frame, *, name: str
) -> tuple[Content, str | None]:
    """What the column's page (with its inner frames) holds, and the words or the reason that decided.

    name  the column's own name, which is no content
    """
    listings = list(listings)
    if any(listing.rows for listing in listings):
        return Content.ITEMS, None
    menu, shared = frame.menu, frame.shared_links()
    own_links = 0
    for page in pages:
        for link in page.links:
            if link.url and link.url != page.url and link.url not in menu and link.url not in shared:
                if is_document(link.url):
                    return Content.TEXT, None
                named = len(link.text) >= 2 and has_chinese(link.text)
                if (named or link.element.find(".//img") is not None) and not _in_frame(link.element):
                    own_links += 1
    rule, text = _blank(), []
    for page in pages:
        for element, line in _lines(page):
            if frame.shared_line(line) or _in_frame(element) or _CRUMB.match(line):
                continue
            if column_name(line) == column_name(name) or line == squeeze(page.title):
                continue
            if squeeze(line) in squeeze(page.title) and len(line) < 20:
                continue
            text.append(line)
    words = "".join(text)
    empty_words = rule["words"].search(words)
    substance = rule["junk"].sub("", rule["words"].sub("", words))
    if len(_WORDY.sub("", substance)) >= rule["enough"]:
        return Content.TEXT, None
    if any(_embedded(page, frame) or _has_data(page, frame) for page in pages):
        return Content.TEXT, None
    if own_links:
        return Content.LINKS, None
    if reason := next((listing.unseen for listing in listings if listing.unseen), None):
        return Content.NEEDS_RENDER, reason
    return Content.BLANK, empty_words[0] if empty_words else (substance[:60] or "页面主体无内容")


def _in_frame(element: Element) -> bool:
    """Whether the element stands in a head, foot, menu, bread-crumb or pager by tag or name."""
    node: Element | None = element
    while node is not None and node.tag not in ("body", "html"):
        if node.tag in _FRAME_TAGS:
            return True
        mark = f"{node.get('class') or ''} {node.get('id') or ''}"
        if mark.strip() and _FRAME_NAME.search(mark):
            return True
        node = node.getparent()
    return False


def _embedded(page: Page, frame: Frame) -> bool:
    """A form to fill in, an embedded document, a film or a picture that is content."""
    for form in page.root.iter("form"):
        if _in_frame(form):
            continue
        fields = [
            e
            for e in form.iter("textarea", "input", "select")
            if (e.get("type") or "text") not in ("hidden", "submit", "button", "image")
        ]
        if any(e.tag == "textarea" for e in fields) or len(fields) >= 3:
            return True
    if any(not _in_frame(e) for e in page.root.iter(*_EMBEDDED)):
        return True
    if any(_DOCUMENT.search(frame_.get("src") or "") for frame_ in page.root.iter("iframe")):
        return True
    return any(_is_content_picture(image, frame) for image in page.root.iter("img"))


def _has_data(page: Page, frame: Frame) -> bool:
    """A row of a table with figures in it, beside another filled cell."""
    for row in page.root.iter("tr"):
        cells = [squeeze(visible_text(cell)) for cell in row if cell.tag == "td"]
        filled = [c for c in cells if c and len(c) <= _CELL and not frame.shared_line(c)]
        if len(filled) >= 2 and any(any(map(str.isdigit, c)) for c in filled) and not _in_frame(row):
            return True
    return False


def _is_content_picture(image: Element, frame: Frame) -> bool:
    """A picture of some size that is no link, no ornament and no part of the frame."""
    source = image.get("src") or image.get("data-src") or ""
    sizes = [(image.get(side) or "").removesuffix("px") for side in ("width", "height")]
    small = any(size.isdigit() and int(size) < _SMALL for size in sizes)
    linked = any(a.tag == "a" for a in image.iterancestors())
    ornament = not source or _PICTURE.search(source) or f"img:{source}" in frame.menu_lines
    return not (small or linked or ornament or _in_frame(image))


def frame_of(pages: Iterable[Page], menu: Iterable[str], counted: Frame | None = None) -> Frame:
    """The frame as home and board show it: their texts and pictures, and the addresses of their menus.

    counted  an earlier frame of the same site, whose counts of column pages are kept
    """
    lines: set[str] = set()
    for page in pages:
        lines.update(lines_of(page))
        lines.update(f"img:{i.get('src')}" for i in page.root.iter("img") if i.get("src"))
    made = Frame(menu=frozenset(menu), menu_lines=frozenset(lines))
    if counted is not None:
        made.pages, made.lines, made.links = counted.pages, counted.lines, counted.links
    return made


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
