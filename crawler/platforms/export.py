"""Which posts does an exported table show? (new-media.md 3.6)

All sheets that have the header are read, so that a sheet for each month makes one list. A file speaks only for the time
before it was written.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.instants import read_instant, read_serial
from crawler.extract.text import tidy
from crawler.platforms.source import TITLE, listed, read_count
from crawler.platforms.tables import Sheet, sheets
from db.records import SHANGHAI, Account, Entry, Evidence, Post, Snapshot, shanghai_day
from db.registry import Cell, Line, TableError, cell_text, find_header, squeezed

__all__ = ["read_count", "read_export", "read_posts"]

_DAY_NUMBER = re.compile(r"\d{5}(?:\.\d+)?")
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
    return read_posts(data, replace(blank, evidence=file_evidence(path, data, at)), written)


def file_evidence(path: Path, data: bytes, at: datetime) -> Evidence:
    """A file that was handed in, as evidence: no address, its name and its bytes."""
    return Evidence(None, at, sha256=hashlib.sha256(data).hexdigest(), source=path.name)


def read_posts(data: bytes, blank: Snapshot, written: datetime) -> Snapshot:
    """As `read_export`, for bytes that were written at that time; `blank` says whose they are and when they are read."""
    name = blank.evidence.source if blank.evidence else ""
    try:
        found = list(_sheets(data, blank.at))
    except TableError as error:
        return replace(blank, detail=f"{name}：{error}")
    posts = tuple(dict.fromkeys(post for sheet in found for post in sheet.posts))
    offered = [said for sheet in found for said in sheet.entries]
    made = listed(
        blank,
        posts,
        until=min(written, blank.at),
        entries=(Entry("talk", "export", "互动入口", works=True),) if any(offered) else (),
        looked=_looked(posts, offered),
    )
    if made.status == "account_gone":
        return made
    if blank.at - written > timedelta(days=_data()["stale_days"]):
        return replace(made, status="source_stale", detail=f"导出文件写于 {shanghai_day(written)}，请重新导出")
    return replace(made, detail="导出文件只有表头，没有任何条目") if made.status == "empty_ok" else made


def _looked(posts: Sequence[Post], offered: Sequence[bool]) -> tuple[str, ...]:
    """Which ways of interaction the table tells of for every post."""
    told = {
        "comments": all(post.comments_open is not None for post in posts),
        "replies": all(post.replies is not None for post in posts),
        "menu": bool(offered),
        "messages": bool(offered),
    }
    return tuple(way for way, is_told in told.items() if is_told and posts)


class _Posts:
    """The posts of one sheet, and what its column of entries says, row by row."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.entries: list[bool] = []


def _sheets(data: bytes, at: datetime) -> Iterator[_Posts]:
    """The posts of each sheet that has the header; TableError when none has it."""
    found = False
    heads = []
    for sheet in sheets(data, lambda lines: _header(lines) is not None):
        header = _header(sheet.lines)
        if header is not None and len(header[1]) > 1:
            found = True
            yield _rows(sheet, *header, at)
        elif sheet.lines:
            heads.append("、".join(filter(None, map(cell_text, sheet.lines[0][1])))[:80])
    if not found:
        seen = f"第一行为 “{heads[0]}”" if heads else "文件是空的"
        raise TableError(f"没有找到表头（需有 标题、发布时间 等列），{seen}")


def _header(lines: Sequence[Line]) -> tuple[int, dict[str, int]] | None:
    return find_header(lines, _data()["columns"], [_REQUIRED], _data()["header_within"])


def _rows(sheet: Sheet, header: int, columns: dict[str, int], at: datetime) -> _Posts:
    found = _Posts()
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
        if (entry := yes_no(said.get("entry", ""))) is not None:
            found.entries.append(entry)
        found.posts.append(
            Post(
                title=tidy(said.get("title"), TITLE),
                url=said.get("address") or None,
                published=instant_of(row["published"], at, sheet.date1904),
                pinned=bool(yes_no(said.get("pinned", ""))),
                repost=yes_no(said.get("repost", "")),
                comments=read_count(said.get("comments", "")),
                replies=read_count(said.get("replies", "")),
                comments_open=yes_no(said.get("comments_open", "")),
            )
        )
    return found


def instant_of(cell: Cell, at: datetime, date1904: bool = False) -> datetime | None:
    """The instant in a cell of a date column; None when it says none."""
    if isinstance(cell, datetime):
        cell = (cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)).isoformat()
    elif isinstance(cell, int | float):
        return read_serial(cell, now=at, date1904=date1904)
    text = cell_text(cell)
    if _DAY_NUMBER.fullmatch(text):  # a CSV saved with the date column formatted as a number
        return read_serial(float(text), now=at, date1904=date1904)
    return read_instant(text, now=at)


def yes_no(text: str) -> bool | None:
    """What a cell says that means yes or no; None for anything else."""
    word = squeezed(text)
    return True if word in _words("yes") else False if word in _words("no") else None


@cache
def _words(value: str) -> frozenset[str]:
    return frozenset(map(squeezed, _data()["values"][value]))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "headers.toml").read_text("utf-8"))


def most_bytes() -> int:
    """The size beyond which no table is read."""
    return int(_data()["most_bytes"])
