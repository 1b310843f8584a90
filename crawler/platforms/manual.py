"""What did a person see of an account that no machine can read? A form with who, when and proof (new-media.md 6)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.text import squeeze
from crawler.platforms.export import file_evidence, instant_of, yes_no
from crawler.platforms.source import listed
from crawler.platforms.tables import sheets
from db.records import SHANGHAI, Account, Entry, Evidence, Post, Snapshot, shanghai_day
from db.registry import Cell, Line, TableError, cell_text, find_header

_REQUIRED = ("checked_at", "checked_by")
_ALL = ("comments", "replies", "menu", "messages")


def is_form(data: bytes) -> bool:
    """Whether the bytes are a table with the columns of the form."""
    try:
        return any(_header(sheet.lines) for sheet in sheets(data, lambda lines: _header(lines) is not None))
    except TableError:
        return False


def read_form(
    data: bytes, path: Path, *, account: Account, run: int, at: datetime
) -> tuple[Snapshot, dict[str, bytes]]:
    """What the newest row about the account says, and the bytes of the proof by their sha256.

    The row bears the account's name or id; where the form has neither column, every row is about it. `ok` with the last
    update as the only post, seen back to it by a person; `source_stale` where the look is older than `stale_days`,
    `account_gone` where the form says that the account cannot be opened; `parse_error` where no row is about it, or one
    lacks who looked, when, or a proof that is really there beside the form.
    """
    own = file_evidence(path, data, at)
    blank = Snapshot(account.unit, account.account, account.platform, account.source, run, at, "parse_error")
    blank = replace(blank, evidence=own)
    try:
        rows = [row for row in _rows(data, at) if _about(row, account)]
    except TableError as error:
        return replace(blank, detail=f"{path.name}：{error}"), {}
    if not rows:
        return replace(blank, detail=f"{path.name}：没有账号“{account.account}”的核查记录"), {}
    row = max(rows, key=lambda row: (row.checked_at is not None, row.checked_at or at, row.line))
    who = f"{row.checked_by} {shanghai_day(row.checked_at) if row.checked_at else '日期不明'} 人工核查"
    blank = replace(blank, evidence=replace(own, source=f"{path.name}:{row.line}", excerpt=f"{who}；证明 {row.proof}"))
    lacking = [
        name
        for name, there in (("核查时间", row.checked_at), ("核查人", row.checked_by), ("证明文件", row.proof))
        if not there
    ]
    if lacking or row.checked_at is None:
        return replace(blank, detail=f"{path.name} 第 {row.line} 行缺 {'、'.join(lacking)}"), {}
    if row.checked_at > at:
        return replace(blank, detail=f"{path.name} 第 {row.line} 行的核查时间在将来"), {}
    proof = path.parent / row.proof.replace("\\", "/")
    picture = _proof(proof, path.parent)
    if picture is None:
        return replace(blank, detail=f"{path.name} 第 {row.line} 行的证明文件 {row.proof} 不在表格旁边，或过大"), {}
    shown = file_evidence(proof, picture, at)
    return _seen(replace(blank, proofs=(shown,)), row, shown, at), {str(shown.sha256): picture}


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    account: str
    account_id: str
    checked_at: datetime | None
    checked_by: str
    updated: datetime | None
    usable: bool | None
    interactive: bool | None
    proof: str


def _seen(blank: Snapshot, row: _Row, shown: Evidence, at: datetime) -> Snapshot:
    assert row.checked_at is not None
    day = shanghai_day(row.checked_at)
    if row.usable is False:
        made = replace(blank, status="account_gone", gone="words", detail=f"{row.checked_by} {day} 核查：不能正常使用")
    else:
        post = Post("人工核查所见最近更新", None, row.updated) if row.updated else None
        made = listed(
            blank,
            [post] if post else [],
            since=row.updated,
            until=row.checked_at + timedelta(days=1) if _is_day(row.checked_at) else row.checked_at,
            entries=(Entry("talk", "form", "互动功能", works=True, evidence=shown),) if row.interactive else (),
            looked=_ALL if row.interactive is not None else (),
        )
        if not post:
            made = replace(made, status="ok", detail="核查表没有写最近更新日期")
    if (shanghai_day(at) - day).days > _data()["stale_days"]:
        return replace(made, status="source_stale", gone=None, detail=f"上次人工核查在 {day}，应重新核查")
    return made


def _proof(file: Path, folder: Path) -> bytes | None:
    """The bytes of the proof; None when it is not there, too large, or lies outside the folder of the form."""
    try:
        if not file.resolve().is_relative_to(folder.resolve()) or file.stat().st_size > _data()["most_bytes"]:
            return None
        return file.read_bytes()
    except OSError:
        return None


def _is_day(instant: datetime) -> bool:
    """A date without a time: the look may have been at any hour of it."""
    local = instant.astimezone(SHANGHAI)
    return (local.hour, local.minute) == (0, 0)


def _about(row: _Row, account: Account) -> bool:
    if row.account_id and account.account_id:
        return squeeze(row.account_id).lower() == squeeze(account.account_id).lower()
    return not (row.account or row.account_id) or squeeze(row.account) == squeeze(account.account)


def _rows(data: bytes, at: datetime) -> Iterator[_Row]:
    found = False
    for sheet in sheets(data, lambda lines: _header(lines) is not None):
        header = _header(sheet.lines)
        if header is None:
            continue
        found = True
        for line, cells in sheet.lines[header[0] + 1 :]:
            row: dict[str, Cell] = {name: cells[n] if n < len(cells) else None for name, n in header[1].items()}
            said = {name: cell_text(cell) for name, cell in row.items()}
            if any(said.values()):
                yield _Row(
                    line,
                    said.get("account", ""),
                    said.get("account_id", ""),
                    instant_of(row["checked_at"], at, sheet.date1904),
                    said["checked_by"],
                    instant_of(row.get("updated"), at, sheet.date1904),
                    yes_no(said.get("usable", "")),
                    yes_no(said.get("interactive", "")),
                    said.get("proof", ""),
                )
    if not found:
        raise TableError("没有找到核查表的表头（需有 核查时间、核查人 等列）")


def _header(lines: Sequence[Line]) -> tuple[int, dict[str, int]] | None:
    return find_header(lines, _data()["columns"], _REQUIRED, _data()["header_within"])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "manual.toml").read_text("utf-8"))
