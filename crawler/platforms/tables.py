"""Which tables stand in these bytes? CSV, xls, xlsx, or HTML that calls itself xls (new-media.md 3.6).

What a file is, is told from its first bytes, never from its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlrd
from bs4 import BeautifulSoup
from bs4.element import Tag

from crawler.extract.decode import decode
from db.registry import Cell, Line, TableError, cell_text, csv_lines, decode_text, delimiters, workbook_sheets

_PROLOG = re.compile(r"^\s*(?:<\?.*?\?>\s*)+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet or table: its rows that hold something, and whether its day numbers count from 1904."""

    lines: Sequence[Line]
    date1904: bool = False


def sheets(data: bytes, headed: Callable[[Sequence[Line]], bool] = lambda lines: True) -> Iterator[Sheet]:
    """Every sheet or table in the file; raises TableError where it cannot be opened.

    headed  whether these rows have the wanted header: of several ways to cut a text into cells the first that has it counts
    """
    if not data.strip():
        raise TableError("文件是空的")
    if data.startswith(b"PK\x03\x04"):
        for date1904, lines in workbook_sheets(data):
            yield Sheet(lines, date1904)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        yield from _xls(data)
    elif re.match(rb"\s*(\xef\xbb\xbf)?\s*<", data):
        yield from _html(decode(data)[0])
    else:
        yield _delimited(decode_text(data)[0], headed)


def _xls(data: bytes) -> Iterator[Sheet]:
    try:
        book = xlrd.open_workbook(file_contents=data, on_demand=True)
        for sheet in book.sheets():
            rows = (sheet.row(n) for n in range(sheet.nrows))
            lines = [(n, [_xls_cell(cell, book.datemode) for cell in row]) for n, row in enumerate(rows, 1)]
            yield Sheet([line for line in lines if any(map(cell_text, line[1]))], book.datemode == 1)
    except Exception as error:  # xlrd raises whatever a broken file makes it stumble over
        raise TableError(f"不是能打开的 xls 工作簿，或已加密（{type(error).__name__}: {error}）") from error


def _xls_cell(cell: Any, datemode: int) -> Cell:
    if cell.ctype == xlrd.XL_CELL_DATE:
        with suppress(xlrd.xldate.XLDateError):
            found: datetime = xlrd.xldate_as_datetime(cell.value, datemode)
            return found
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "是" if cell.value else "否"
    if cell.ctype in (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        value: str | float = cell.value
        return value
    return None


def _html(text: str) -> Iterator[Sheet]:
    """Each table of a page; of nested tables the inner ones count too."""
    for table in BeautifulSoup(_PROLOG.sub("", text), "lxml").find_all(["table", "ss:table"]):
        rows = [row for row in table.find_all(["tr", "row", "ss:row"]) if row.find_parent(table.name) is table]
        lines: list[Line] = [(n, list(_html_cells(row))) for n, row in enumerate(rows, 1)]
        yield Sheet([line for line in lines if any(map(cell_text, line[1]))])


def _html_cells(row: Tag) -> Iterator[Cell]:
    for cell in row.find_all(["td", "th", "cell", "ss:cell"], recursive=False):
        link = cell.find("a", href=True)
        text = cell.get_text(" ", strip=True)
        yield text or (str(link["href"]) if isinstance(link, Tag) else "")
        span = str(cell.get("colspan") or "1")
        yield from [None] * (min(int(span), 100) - 1 if span.isdecimal() else 0)


def _delimited(text: str, headed: Callable[[Sequence[Line]], bool]) -> Sheet:
    if "\0" in text:
        raise TableError("不是表格（内含二进制数据）")
    cut = [csv_lines(text, mark, strict=False) for mark in delimiters(text)]
    return Sheet(next((lines for lines in cut if headed(lines)), csv_lines(text, ",", strict=False)))
