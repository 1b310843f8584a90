"""Which posts does an exported table show? CSV, xls, xlsx, or HTML that calls itself xls (new-media.md 3.6).

What a file is, is told from its first bytes, never from its name. All sheets that have the header are read, so that a
sheet for each month makes one list. A file speaks only for the time before it was written.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import xlrd
from bs4 import BeautifulSoup
from bs4.element import Tag

from crawler.extract.decode import decode
from crawler.extract.instants import read_instant, read_serial
from crawler.extract.text import squeeze, tidy
from db.records import SHANGHAI, Account, Evidence, Post, Snapshot, shanghai_day
from db.registry import (
    Cell,
    Line,
    TableError,
    cell_text,
    csv_lines,
    decode_text,
    delimiters,
    find_header,
    squeezed,
    workbook_sheets,
)

_COUNT = re.compile(r"([\d,]+(?:\.\d+)?)([万亿]?)\+?")
_PROLOG = re.compile(r"^\s*(?:<\?.*?\?>\s*)+", re.DOTALL)
_DAY_NUMBER = re.compile(r"\d{5}(?:\.\d+)?")
_TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
_TITLE = 120  # characters kept of a title
_REQUIRED = "published"


def read_export(path: Path, *, account: Account, run: int, at: datetime) -> Snapshot:
    """The posts in an exported file, in its order, or the status that says why they cannot be told.

    at  when it is read (aware)

    `ok` with at least one post, `empty_ok` for a header without rows, `network_error` for a file that is not there,
    `parse_error` for one that is no such table, `source_stale` (posts kept) where the file was last written more than
    `stale_days` before `at`: what was posted since is not in it. Times without zone are Beijing time, bare numbers of
    the date column are day numbers of the spreadsheet. `complete` is always False; the evidence names the file (`source`)
    and its sha256, `url` is None.
    """
    blank = Snapshot(account.unit, account.account, account.platform, account.source, run, at, "parse_error")
    try:
        if not path.exists():
            return replace(blank, status="network_error", detail=f"导出文件不存在：{path.name}，请重新导出后放回原处")
        if path.stat().st_size > _data()["most_bytes"]:
            return replace(blank, detail=f"导出文件超过 {_data()['most_bytes'] // 1_000_000} MB：{path.name}")
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        data = path.read_bytes()
    except OSError as error:
        return replace(blank, status="network_error", detail=f"导出文件无法读取：{path.name}（{error.strerror}）")
    blank = replace(blank, evidence=Evidence(None, at, sha256=hashlib.sha256(data).hexdigest(), source=path.name))
    try:
        sheets = list(_posts(data, at))
    except TableError as error:
        return replace(blank, detail=f"{path.name}：{error}")
    posts = tuple(dict.fromkeys(post for sheet in sheets for post in sheet))
    if at - written > timedelta(days=_data()["stale_days"]):
        return replace(
            blank, status="source_stale", posts=posts, detail=f"导出文件写于 {shanghai_day(written)}，请重新导出"
        )
    if not posts:
        return replace(blank, status="empty_ok", detail="导出文件只有表头，没有任何条目")
    undated = sum(post.published is None for post in posts)
    return replace(blank, status="ok", posts=posts, detail=f"{undated} 条没有可识别的日期" if undated else None)


def read_count(text: str) -> int | None:
    """A number as platforms print it (1,234, 5.2万, 100万+), or None."""
    found = _COUNT.fullmatch(squeeze(text))
    if found is None:
        return None
    with suppress(InvalidOperation):
        return int(Decimal(found[1].replace(",", "")) * _TIMES[found[2]])
    return None


@dataclass(frozen=True, slots=True)
class _Sheet:
    lines: Sequence[Line]
    date1904: bool = False


def _posts(data: bytes, at: datetime) -> Iterator[list[Post]]:
    """The posts of each sheet that has the header; TableError when none has it."""
    columns = _data()["columns"]
    found = False
    heads = []
    for sheet in _sheets(data):
        header = find_header(sheet.lines, columns, [_REQUIRED], _data()["header_within"])
        if header is not None and len(header[1]) > 1:
            found = True
            yield list(_rows(sheet, *header, at))
        elif sheet.lines:
            heads.append("、".join(filter(None, map(cell_text, sheet.lines[0][1])))[:80])
    if not found:
        seen = f"第一行为 “{heads[0]}”" if heads else "文件是空的"
        raise TableError(f"没有找到表头（需有 标题、发布时间 等列），{seen}")


def _rows(sheet: _Sheet, header: int, columns: dict[str, int], at: datetime) -> Iterator[Post]:
    titles = sheet.lines[header][1]
    for _, cells in sheet.lines[header + 1 :]:
        row = {name: cells[n] if n < len(cells) else None for name, n in columns.items()}
        said = {name: cell_text(cell) for name, cell in row.items()}
        if all(said[name] == cell_text(titles[n]) for name, n in columns.items()):
            continue  # the header once more, where pages were joined
        if not any(said.get(name) for name in ("title", "published", "address")):
            continue
        if not said["published"] and squeezed(said.get("title", "")) in _words("total"):
            continue
        yield Post(
            title=tidy(said.get("title"), _TITLE),
            url=said.get("address") or None,
            published=_published(row["published"], sheet.date1904, at),
            pinned=bool(_yes_no(said.get("pinned", ""))),
            repost=_yes_no(said.get("repost", "")),
            comments=read_count(said.get("comments", "")),
            replies=read_count(said.get("replies", "")),
            comments_open=_yes_no(said.get("comments_open", "")),
        )


def _published(cell: Cell, date1904: bool, at: datetime) -> datetime | None:
    if isinstance(cell, datetime):
        cell = (cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)).isoformat()
    elif isinstance(cell, int | float):
        return read_serial(cell, now=at, date1904=date1904)
    text = cell_text(cell)
    if _DAY_NUMBER.fullmatch(text):  # a CSV saved with the date column formatted as a number
        return read_serial(float(text), now=at, date1904=date1904)
    return read_instant(text, now=at)


def _yes_no(text: str) -> bool | None:
    word = squeezed(text)
    return True if word in _words("yes") else False if word in _words("no") else None


# what the bytes are


def _sheets(data: bytes) -> Iterator[_Sheet]:
    """Every sheet or table in the file; raises TableError where it cannot be opened."""
    if not data.strip():
        raise TableError("文件是空的")
    if data.startswith(b"PK\x03\x04"):
        for date1904, lines in workbook_sheets(data):
            yield _Sheet(lines, date1904)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        yield from _xls(data)
    elif re.match(rb"\s*(\xef\xbb\xbf)?\s*<", data):
        yield from _html(decode(data)[0])
    else:
        yield from _delimited(decode_text(data)[0])


def _xls(data: bytes) -> Iterator[_Sheet]:
    try:
        book = xlrd.open_workbook(file_contents=data, on_demand=True)
        for sheet in book.sheets():
            rows = (sheet.row(n) for n in range(sheet.nrows))
            lines = [(n, [_xls_cell(cell, book.datemode) for cell in row]) for n, row in enumerate(rows, 1)]
            yield _Sheet([line for line in lines if any(map(cell_text, line[1]))], book.datemode == 1)
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


def _html(text: str) -> Iterator[_Sheet]:
    """Each table of a page; of nested tables the inner ones count too."""
    for table in BeautifulSoup(_PROLOG.sub("", text), "lxml").find_all(["table", "ss:table"]):
        rows = [row for row in table.find_all(["tr", "row", "ss:row"]) if row.find_parent(table.name) is table]
        lines: list[Line] = [(n, list(_html_cells(row))) for n, row in enumerate(rows, 1)]
        yield _Sheet([line for line in lines if any(map(cell_text, line[1]))])


def _html_cells(row: Tag) -> Iterator[Cell]:
    for cell in row.find_all(["td", "th", "cell", "ss:cell"], recursive=False):
        link = cell.find("a", href=True)
        text = cell.get_text(" ", strip=True)
        yield text or (str(link["href"]) if isinstance(link, Tag) else "")
        span = str(cell.get("colspan") or "1")
        yield from [None] * (min(int(span), 100) - 1 if span.isdecimal() else 0)


def _delimited(text: str) -> Iterator[_Sheet]:
    if "\0" in text:
        raise TableError("不是表格（内含二进制数据）")
    for mark in delimiters(text):
        lines = csv_lines(text, mark, strict=False)
        header = find_header(lines, _data()["columns"], [_REQUIRED], _data()["header_within"])
        if header is not None:
            yield _Sheet(lines)
            return
    yield _Sheet(csv_lines(text, ",", strict=False))


@cache
def _words(value: str) -> frozenset[str]:
    return frozenset(map(squeezed, _data()["values"][value]))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "headers.toml").read_text("utf-8"))
