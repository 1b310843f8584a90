"""What are the lines of a document: its paragraphs, the rows of its tables with their spans laid out, its pictures?

One shape for pages, Word files, workbooks and PDF text, so that one reader of headings and tables serves them all.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from crawler.extract.page import Element
from crawler.extract.text import squeeze, tidy

_SILENT = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option", "head"))
_BLOCK = frozenset(("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "section"))
_BLOCK |= frozenset(
    ("article", "main", "header", "footer", "nav", "aside", "center", "pre", "hr", "form", "blockquote")
)
_BLOCK |= frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "body", "html", "fieldset"))
_BLOCK |= frozenset(("figure", "figcaption"))
LONGEST_CELL = 200  # characters; what is longer is no label
_SMALL = 80  # pixels; a smaller picture is an icon
_ORNAMENT = re.compile(r"(logo|banner|icon|arrow|dot|blank|ewm|qrcode|conac|gongan|jiucuo|filetype)", re.IGNORECASE)
_WIDEST, _LONGEST = 60, 400  # columns and rows that one cell may span
_SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a row. `text` keeps line ends; `own` is False where a span that began elsewhere reaches."""

    text: str
    own: bool = True

    @property
    def words(self) -> str:
        """The text without any white space."""
        return squeeze(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph (one cell, `table` 0) or a row of the table with that number, spans laid out."""

    cells: tuple[Cell, ...]
    table: int = 0

    @property
    def alone(self) -> str:
        """The words of a line in which one cell holds something; "" for any other."""
        filled = [w for cell in self.cells if cell.own and (w := cell.words)]
        return filled[0] if len(filled) == 1 else ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of some size that is no ornament."""

    source: str


Block = Line | Picture


def paragraph(text: str) -> Line:
    """A line of running text."""
    return Line((Cell(tidy(text)),))


def laid_out(rows: Iterable[Sequence[tuple[str, int, int]]], table: int) -> Iterator[Line]:
    """Rows of cells (text, colspan, rowspan) as lines in which every place of the grid is filled."""
    above: dict[int, tuple[str, int]] = {}  # column: text of a cell that began above, rows that it reaches
    for row in rows:
        cells: list[Cell] = []
        below: dict[int, tuple[str, int]] = {}
        given = deque(row)
        while given or len(cells) in above:
            column = len(cells)
            if column in above:
                text, tall = above[column]
                cells.append(Cell(text, own=False))
                wide = 1
            else:
                text, wide, tall = given.popleft()
                wide, tall = min(wide, _WIDEST), min(tall, _LONGEST)
                cells += [Cell(text), *[Cell(text, own=False)] * (wide - 1)]
            if tall > 1:
                below |= dict.fromkeys(range(column, column + wide), (text, tall - 1))
        above = below
        yield Line(tuple(cells), table)


def page_lines(root: Element) -> list[Block]:
    """The blocks of a parsed page in page order; tables that hold tables are layout, and read as text."""
    return list(_Walk().blocks(root))


def cell_text(element: Element) -> str:
    """The text of one cell: inline pieces joined as they stand, blocks and line breaks on lines of their own."""
    lines = [b.cells[0].text for b in _Walk(inside=True).blocks(element) if isinstance(b, Line)]
    return "\n".join(lines)


class _Walk:
    def __init__(self, *, inside: bool = False) -> None:
        self.inside = inside  # of a cell: its tables are read as text
        self.piece: list[str] = []
        self.tables = 0

    def blocks(self, root: Element) -> Iterator[Block]:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "end":
                if tag in _BLOCK:
                    yield from self._flush()
                if element is not root and element.tail:
                    self.piece.append(element.tail)
                continue
            if not tag or tag in _SILENT:
                walk.skip_subtree()
                continue
            if tag in _BLOCK or tag == "br":
                yield from self._flush()
            if self.inside and tag in ("input", "img"):  # a cell whose figure is a form field or a picture is not empty
                self.piece.append(element.get("value") or "" if tag == "input" else "[图]")
            elif tag == "img" and (picture := _picture(element)):
                yield from self._flush()
                yield picture
            if tag == "table" and not self.inside and (rows := _data_rows(element)):
                self.tables += 1
                yield from laid_out(rows, self.tables)
                yield from (p for img in element.iter("img") if (p := _picture(img)))
                walk.skip_subtree()
            elif element.text:
                self.piece.append(element.text)
        yield from self._flush()

    def _flush(self) -> Iterator[Line]:
        text = _SPACES.sub(" ", "".join(self.piece)).strip()
        self.piece.clear()
        if text and (line := tidy(text)):
            yield Line((Cell(line),))


def _data_rows(table: Element) -> list[list[tuple[str, int, int]]]:
    """The rows of a table of figures; none when it is layout: it holds a table, or a cell as long as an article."""
    if table.find(".//table") is not None:
        return []
    rows = [_cells(row) for row in table.iter("tr")]
    return [] if any(len(text) > LONGEST_CELL for row in rows for text, _, _ in row) else rows


def _cells(row: Element) -> list[tuple[str, int, int]]:
    return [(cell_text(c), _span(c, "colspan"), _span(c, "rowspan")) for c in row if c.tag in ("td", "th")]


def _span(cell: Element, which: str) -> int:
    text = (cell.get(which) or "1").strip()
    if not text.isdecimal():
        return 1
    return int(text[:4]) or (_LONGEST if which == "rowspan" else 1)  # rowspan 0: to the end of the table


def _picture(image: Element) -> Picture | None:
    source = image.get("src") or image.get("data-src") or ""
    sizes = [(image.get(side) or "").strip().removesuffix("px") for side in ("width", "height")]
    if not source or _ORNAMENT.search(source) or any(s.isdigit() and int(s) < _SMALL for s in sizes):
        return None
    return Picture(source[:200])
