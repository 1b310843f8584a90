"""What does a file that a platform's back end exported show of an account? CSV, xls, xlsx, or HTML called xls."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import xlrd
from lxml import html
from openpyxl import load_workbook

from crawler.extract.decode import decode
from crawler.extract.instants import read_instant, read_serial
from crawler.extract.text import squeeze, tidy
from db.records import SHANGHAI, Account, Evidence, Post, Snapshot

_HEADER_ROWS = 15  # rows among which the header is looked for


def read_export(path: Path, *, account: Account, run: int, at: datetime) -> Snapshot:
    """The snapshot that the file gives; `network_error` when it is missing, `parse_error` when it cannot be understood.

    The header row is found by its names, wherever it stands. `empty_ok`: a header and no rows. Dates may be texts, day
    numbers of a spreadsheet or real dates; without a zone they are Beijing time.
    """

    def snapshot(status: str, posts: tuple[Post, ...] = (), detail: str | None = None, body: bytes = b"") -> Snapshot:
        sha256 = hashlib.sha256(body).hexdigest() if body else None
        evidence = Evidence(None, at, None, sha256, detail, source=account.source)
        return Snapshot(
            account.unit,
            account.account,
            account.platform,
            account.source,
            run,
            at,
            status,
            posts,
            detail=detail,
            evidence=evidence,
        )

    try:
        body = path.read_bytes()
    except OSError as error:
        return snapshot("network_error", detail=f"导出文件不能读取：{error.strerror}")
    try:
        rows = _rows(body, at)
    except Exception as error:  # three libraries, each with errors of its own
        return snapshot("parse_error", detail=f"导出文件不能解析：{type(error).__name__}", body=body)
    found = _header(rows)
    if found is None:
        return snapshot("parse_error", detail="导出文件里没有认得出的表头（需有发布时间列）", body=body)
    start, columns = found
    posts = tuple(post for row in rows[start + 1 :] if (post := _post(row, columns, at)))
    return snapshot("ok" if posts else "empty_ok", posts, None if posts else "导出文件没有内容行", body)


def _rows(body: bytes, now: datetime) -> list[list[Any]]:
    if body.startswith(b"PK\x03\x04"):
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        sheet = xlrd.open_workbook(file_contents=body).sheet_by_index(0)
        return [[_xls_cell(cell, now) for cell in sheet.row(n)] for n in range(sheet.nrows)]
    text, _ = decode(body)
    if re.search(r"<t(able|r|d)\b", text[:5000], re.IGNORECASE):
        page = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
        return [[cell.text_content().strip() for cell in row.iter("td", "th")] for row in page.iter("tr")]
    head = text.split("\n", 1)[0]
    return [
        list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=max((",", "\t", ";"), key=head.count))
    ]


def _xls_cell(cell: Any, now: datetime) -> Any:
    return read_serial(cell.value, now=now) or cell.value if cell.ctype == xlrd.XL_CELL_DATE else cell.value


def _header(rows: Iterable[list[Any]]) -> tuple[int, dict[str, int]] | None:
    """Which row is the header, and where each column stands; None when no row names the time of publication."""
    names = {squeeze(word).lower(): key for key, words in _names().items() for word in words}
    for n, row in enumerate(rows):
        if n >= _HEADER_ROWS:
            return None
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            if (key := names.get(squeeze(str(cell or "")).lower())) and key not in columns:
                columns[key] = place
        if "published" in columns and len(columns) > 1:
            return n, columns
    return None


def _post(row: list[Any], columns: dict[str, int], now: datetime) -> Post | None:
    """The post of one row; None for a row without title and date (totals, blank lines)."""

    def cell(key: str) -> Any:
        place = columns.get(key)
        return row[place] if place is not None and place < len(row) else None

    title, published = tidy(str(cell("title") or ""), 200), _instant(cell("published"), now)
    if not title and published is None:
        return None
    address = str(cell("address") or "").strip() or None
    opened = {"是": True, "否": False}.get(squeeze(str(cell("open") or "")))
    return Post(
        title,
        address,
        published,
        comments=_number(cell("comments")),
        replies=_number(cell("replies")),
        comments_open=opened,
    )


def _instant(value: Any, now: datetime) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return read_serial(float(value), now=now) or read_instant(int(value), now=now)
    text = str(value or "").strip()
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return read_serial(float(text), now=now)
    return read_instant(text, now=now)


def _number(value: Any) -> int | None:
    found = re.match(r"\d+", str(value or "").replace(",", ""))
    return int(found[0]) if found else None


@cache
def _names() -> dict[str, list[str]]:
    return tomllib.loads((Path(__file__).parent / "export.toml").read_text("utf-8"))
