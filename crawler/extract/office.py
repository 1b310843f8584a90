"""Which lines does a file hold: a Word document, a workbook, a PDF with text? (bytes in, lines out)

What a file is, is told from its first bytes, never from its name. Bytes come from strangers: what is encrypted, broken
or grows too large is `Unreadable` with a reason, and nothing else is ever raised.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lxml import etree

from crawler.extract.report_lines import LONGEST_CELL, Block, Cell, Line, Picture, laid_out, paragraph
from crawler.extract.text import squeeze
from db.registry import TableError, cell_text, workbook_sheets

if TYPE_CHECKING:  # each of them takes longer to load than most nights need it: on the first file of its kind
    import pypdf
    import xlrd

_UNPACKED = 60_000_000  # bytes that a packed file may grow to
_PAGES = 60  # of a PDF
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_GONE = frozenset((f"{_W}del", f"{_W}moveFrom", f"{_MC}Fallback"))  # deleted text; the second form of a drawing
_PICTURES = frozenset((f"{_W}drawing", f"{_W}pict", f"{_W}object"))
_ENTRIES = (("word/", "docx"), ("xl/", "xlsx"), ("OFD.xml", "ofd"))
_FEW = 20  # Chinese characters a page; under it a PDF with pictures is a scan


class Unreadable(Exception):
    """A file that cannot be read; the message is the reason, a code."""


def kind_of(data: bytes) -> str:
    """docx, xlsx, ofd, doc (Word 97), xls, rtf, pdf or html by the first bytes; zip or "" for anything else."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"PK\x03\x04"):
        try:
            names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        except (zipfile.BadZipFile, ValueError, OSError):
            return "zip"
        return next((kind for begin, kind in _ENTRIES if any(n.startswith(begin) for n in names)), "zip")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        workbook = any(f"{name}\0".encode("utf-16-le") in data for name in ("Workbook", "Book"))
        return "xls" if workbook and "WordDocument".encode("utf-16-le") not in data else "doc"
    if head.startswith(b"%PDF") or b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    return "html" if re.match(rb"<(!doctype|html|\?xml|head|body|meta|table|div|p)\b", head, re.IGNORECASE) else ""


def file_lines(data: bytes, kind: str) -> list[Block]:
    """The blocks of a docx, xlsx, xls or pdf. Raises Unreadable: encrypted, unreadable, too_large, table_image (a scan),
    no_converter (doc, rtf: to be converted first), or the kind itself for what nobody here reads (ofd, zip)."""
    reader = _READERS.get(kind)
    if reader is None:
        raise Unreadable({"doc": "no_converter", "rtf": "no_converter"}.get(kind, f"unread_file:{kind or 'unknown'}"))
    if kind in ("docx", "xlsx"):
        _not_too_large(data)
    try:
        return reader(data)
    except Unreadable:
        raise
    except Exception as error:  # the libraries raise whatever a broken file makes them stumble over
        raise Unreadable("unreadable") from error


def _not_too_large(data: bytes) -> None:
    if sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist()) > _UNPACKED:
        raise Unreadable("too_large")


# Word


def _docx(data: bytes) -> list[Block]:
    import docx

    return list(_Word().blocks(docx.Document(io.BytesIO(data)).element.body))


class _Word:
    def __init__(self) -> None:
        self.tables = 0

    def blocks(self, element: etree._Element) -> Iterator[Block]:
        for child in element:
            if child.tag == f"{_W}p":
                yield from _paragraph(child)
            elif child.tag == f"{_W}tbl":
                rows = list(_word_rows(child))
                if child.find(f".//{_W}tbl") is None and all(len(t) <= LONGEST_CELL for row in rows for t, _, _ in row):
                    self.tables += 1
                    yield from laid_out(rows, self.tables)
                    yield from (Picture("docx") for e in child.iter(*_PICTURES))
                else:
                    yield from self.blocks(child)
            elif child.tag not in _GONE:
                yield from self.blocks(child)


def _paragraph(element: etree._Element) -> Iterator[Block]:
    for text in _word_text(element).split("\n"):
        if squeeze(text):
            yield paragraph(text)
    yield from (Picture("docx") for e in element.iter(*_PICTURES))


def _word_text(element: etree._Element) -> str:
    """Text with line breaks; what tracked changes deleted is gone."""
    pieces: list[str] = []
    for child in element:
        if child.tag == f"{_W}t":
            pieces.append(child.text or "")
        elif child.tag in (f"{_W}br", f"{_W}cr"):
            pieces.append("\n")
        elif child.tag == f"{_W}tab":
            pieces.append(" ")
        elif isinstance(child.tag, str) and child.tag not in _GONE:
            text = _word_text(child)
            pieces.append(f"\n{text}\n" if child.tag == f"{_W}p" and text else text)
    return "".join(pieces)


def _word_rows(table: etree._Element) -> Iterator[list[tuple[str, int, int]]]:
    """Rows of (text, colspan, rowspan); a cell that continues the one above becomes part of its span."""
    rows: list[list[list[int | str]]] = []
    open_: dict[int, list[int | str]] = {}  # column: the cell that may go on below
    for row in table.iter(f"{_W}tr"):
        cells: list[list[int | str]] = []
        column = int(_value(row, f"{_W}trPr/{_W}gridBefore") or 0)
        if column:
            cells.append(["", column, 1])
        for cell in row.iter(f"{_W}tc"):
            wide = int(_value(cell, f"{_W}tcPr/{_W}gridSpan") or 1)
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            if merge is not None and merge.get(f"{_W}val") != "restart" and column in open_:
                open_[column][2] = int(open_[column][2]) + 1
            else:
                made: list[int | str] = ["\n".join(t for p in cell.iter(f"{_W}p") if (t := _word_text(p))), wide, 1]
                cells.append(made)
                open_[column] = made
            column += wide
        rows.append(cells)
    for cells in rows:
        yield [(str(text), int(wide), int(tall)) for text, wide, tall in cells]


def _value(element: etree._Element, path: str) -> str | None:
    found = element.find(path)
    return found.get(f"{_W}val") if found is not None else None


# workbooks


def _xlsx(data: bytes) -> list[Block]:
    try:
        return [
            line
            for n, (_, rows) in enumerate(workbook_sheets(data), 1)
            for line in _sheet(n, [list(map(cell_text, cells)) for _, cells in rows])
        ]
    except TableError as error:
        raise Unreadable("unreadable") from error


def _xls(data: bytes) -> list[Block]:
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data)
    except xlrd.XLRDError as error:
        raise Unreadable("encrypted" if "ncrypt" in str(error) else "unreadable") from error
    return [
        line
        for n, sheet in enumerate(book.sheets(), 1)
        for line in _sheet(n, [[_xls_text(c) for c in sheet.row(r)] for r in range(sheet.nrows)])
    ]


def _xls_text(cell: xlrd.sheet.Cell) -> str:
    import xlrd

    return "" if cell.ctype in (xlrd.XL_CELL_ERROR, xlrd.XL_CELL_EMPTY) else cell_text(cell.value)


def _sheet(number: int, rows: list[list[str]]) -> Iterator[Line]:
    """The rows of a sheet, all of one width; merged cells hold their text in the first place."""
    width = max(map(len, rows), default=0)
    for row in rows:
        yield Line(tuple(Cell(text) for text in [*row, *[""] * (width - len(row))]), number)


# PDF


def _pdf(data: bytes) -> list[Block]:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted")
    pages = reader.pages[:_PAGES]
    blocks: list[Block] = []
    for page in pages:
        text = page.extract_text(extraction_mode="layout")
        blocks += [Line((Cell(line.strip()),)) for line in text.split("\n") if line.strip()]
        blocks += [Picture("pdf")] * _pictures(page)
    chinese = sum(len(re.findall("[\u4e00-\u9fff]", b.cells[0].text)) for b in blocks if isinstance(b, Line))
    if chinese < _FEW * len(pages):
        raise Unreadable("table_image" if any(isinstance(b, Picture) for b in blocks) else "unreadable")
    return blocks


def _pictures(page: pypdf.PageObject) -> int:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources else None
    if objects is None:
        return 0
    named = objects.get_object()
    return sum(1 for name in named if named[name].get_object().get("/Subtype") == "/Image")


_READERS: dict[str, Callable[[bytes], list[Block]]] = {"docx": _docx, "xlsx": _xlsx, "xls": _xls, "pdf": _pdf}
