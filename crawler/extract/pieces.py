"""Which blocks of text does a page show, and where in a table does each stand?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from crawler.extract.page import Element

_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt")
)
_BLOCKS |= frozenset(
    ("fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html")
)
_BLOCKS |= frozenset(
    ("li", "main", "nav", "ol", "option", "p", "pre", "section", "select", "table", "tbody", "td", "tfoot")
)
_BLOCKS |= frozenset(("th", "thead", "title", "tr", "ul"))
_SILENT = frozenset(("script", "style", "noscript", "template", "textarea"))
_CELLS = ("td", "th")


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of text. In a table: the number of the table, row and column it stands in, and the head of its column."""

    text: str
    table: int = -1
    row: int = -1
    column: int = -1
    head: str = ""


def pieces_of(root: Element) -> Iterator[Piece]:
    """The blocks of a tree in page order, text of inline elements joined without blanks, cells of tables with their place."""
    buffer: list[str] = []
    places: list[list[int]] = []  # table, row, column of the open tables, the innermost last
    tables = 0

    def flush() -> Iterator[Piece]:
        text = "".join(buffer)
        buffer.clear()
        if text.strip():
            table, row, column = places[-1] if places and places[-1][2] >= 0 else (-1, -1, -1)
            yield Piece(text, table, row, column)

    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag in _SILENT:
                walk.skip_subtree()
                continue
            if tag in _BLOCKS:
                yield from flush()
            if tag == "table":
                places.append([tables, -1, -1])
                tables += 1
            elif places and tag == "tr":
                places[-1][1:] = [places[-1][1] + 1, -1]
            elif places and tag in _CELLS:
                places[-1][2] += 1
            buffer.append(element.text or "")
            continue
        if tag in _BLOCKS:
            yield from flush()
        if places and tag in _CELLS:
            span = element.get("colspan") or "1"
            places[-1][2] += int(span) - 1 if span.isdecimal() and int(span) < 50 else 0
        if tag == "table":
            places.pop()
        buffer.append(element.tail or "")
    yield from flush()
