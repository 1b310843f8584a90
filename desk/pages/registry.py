"""登记: the units and accounts as the office registered them; change a row, take in a sheet, each looked at before it is stored."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from db import facts, tokens
from db.registry import RegistryError
from db.tokens import RegistryChange
from desk import registry_sheet as sheets
from desk.pages.frame import DOWNLOAD, Here, Number, Visit, needs, onward, page
from desk.registry_sheet import NotStored, Proposal, Sheet

router = APIRouter(prefix="/registry", dependencies=[Depends(needs("administrator"))])
Kind = Literal["units", "accounts"]
HELP = {  # what may stand in a column, beside its field
    "group": "县市区、市直部门、门户",
    "site": "首页网址；确无网站的填 无，不清楚的留空",
    "board": "专栏在另一个网站时填写其网址",
    "site_code": "10 位网站标识码",
    "annual_report": "是 或 否；留空为 是",
    "retrofit": "是、否，或留空",
    "self_assessment": "是、否，或留空",
    "platform": "微博、微信、抖音、快手、今日头条、哔哩哔哩、订阅源、导出文件等",
    "source": "订阅地址，或导出文件的路径（相对于登记表所在的文件夹）；显示为 *** 的密钥不改则保留",
    "closed_on": "关停日期，形如 2026-11-24",
    "canary": "是：用来判断数据源是否正常的对照账号",
}
_KEPT, _HOLDS = 20, timedelta(minutes=30)  # proposals that wait to be stored, and how long
_LARGEST = 5_000_000  # bytes of a sheet that is taken in


class Waiting:
    """What was looked at and not stored yet, by a word that only its page knows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, Proposal] = {}

    def keep(self, proposal: Proposal) -> str:
        """The word under which it waits."""
        word = secrets.token_urlsafe(16)
        with self._lock:
            self._of = {k: p for k, p in self._of.items() if proposal.at - p.at < _HOLDS}
            for old in list(self._of)[: max(0, len(self._of) - _KEPT + 1)]:
                del self._of[old]
            self._of[word] = proposal
        return word

    def take(self, word: str, who: str, at: datetime) -> Proposal | None:
        """What that person looked at, once; None when there is none or it waited too long."""
        with self._lock:
            found = self._of.get(word)
            if found is None or found.who != who:
                return None
            del self._of[word]
        return found if at - found.at < _HOLDS else None


WAITING = Waiting()


@router.get("")
def registry(visit: Here) -> Response:
    """The sheet that the parameter `sheet` names, the units by default."""
    return _registry(visit, "accounts" if visit.asked("sheet") == "accounts" else "units")


@router.get("/{kind}/file")
def file(visit: Here, kind: Kind) -> Response:
    """The sheet as a CSV for Excel, access keys starred; taken in again, what is starred stays as it was."""
    sheet, _ = _sheet(visit, kind)
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"', **DOWNLOAD}
    data = sheets.as_bytes(sheets.starred(sheet))
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/{kind}/rows/{line}")
def row(visit: Here, kind: Kind, line: Number) -> Response:
    """The form of one row; line 0 is a new one."""
    return _row(visit, kind, line)


@router.post("/{kind}/rows/{line}")
def change(visit: Here, kind: Kind, line: Number) -> Response:
    """What the change would do; the form again with what is wrong."""
    try:
        sheet, path = _sheet(visit, kind)
        new = sheets.edited(sheet, line, lambda n: _given(visit, n), remove=visit.given("remove") == "1" and line > 0)
        sheets.checked(kind, sheets.as_bytes(new), visit.desk.service.settings, name=f"{path.stem}.csv")
    except (NotStored, RegistryError) as error:
        return _row(visit, kind, line, str(error))
    return _preview(visit, Proposal(kind, "edit", new, sheets.changes(sheet, new), sheet.digest, *_who(visit)))


@router.post("/{kind}/import")
def take_in(visit: Here, kind: Kind) -> Response:
    """What the sheet that was handed in would change; the page again with what is wrong, row by row."""
    given = visit.form.get("file")
    try:
        if not isinstance(given, UploadFile) or not given.filename:
            raise NotStored("没有选择文件。")
        data = given.file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise NotStored(f"文件超过 {_LARGEST // 1_000_000} MB，不像是登记表。请核对文件。")
        old, _ = _sheet(visit, kind)
        new = sheets.parse_sheet(data, kind, given.filename)
        sheets.checked(kind, data, visit.desk.service.settings, name=given.filename)
        new = sheets.restored(old, new)
    except (NotStored, RegistryError) as error:
        return _registry(visit, kind, str(error))
    return _preview(visit, Proposal(kind, "import", new, sheets.changes(old, new), old.digest, *_who(visit)))


@router.post("/{kind}/store")
def store(visit: Here, kind: Kind) -> Response:
    """Write what was looked at."""
    found = WAITING.take(visit.given("word"), visit.who.name, visit.now)
    if found is None or found.kind != kind:
        return _registry(visit, kind, "预览已经过期，没有保存。请重新修改或导入。")
    path = sheets.file_of(visit.desk.service.settings, kind)
    assert path is not None  # or there had been no preview
    try:
        digest, backup = sheets.store(found, path, visit.now)
    except (NotStored, RegistryError) as error:
        return _registry(visit, kind, str(error))
    with facts.writing(visit.db):
        made = RegistryChange(
            visit.now,
            visit.who.name,
            visit.origin,
            kind,
            found.way,
            path.name,
            found.base,
            digest,
            backup,
            found.changes.record(),
        )
        tokens.save_change(visit.db, made)
    kept = f"，原表存为 {backup}" if backup else ""
    visit.note(f"已写入 {path.name}{kept}。下一次夜间任务开始时生效。")
    return onward(f"/registry?sheet={kind}")


def _who(visit: Visit) -> tuple[str, datetime]:
    return visit.who.name, visit.now


def _given(visit: Visit, place: int) -> str | None:
    value = visit.form.get(f"c{place}")
    return value if isinstance(value, str) else None


def _sheet(visit: Visit, kind: str) -> tuple[Sheet, Any]:
    """The sheet and its path. Raises HTTPException 404 where the settings name none."""
    path = sheets.file_of(visit.desk.service.settings, kind)
    if path is None:
        raise HTTPException(404, "设置中没有写明账号登记表（accounts），请先在 wangkao.toml 里写上它的路径。")
    return sheets.read_sheet(path, kind), path


def _registry(visit: Visit, kind: str, error: str = "") -> Response:
    path, faulty = sheets.file_of(visit.desk.service.settings, kind), ""
    sheet = sheets.empty(kind)
    if path is not None:
        try:
            sheet = sheets.read_sheet(path, kind)
        except RegistryError as problem:
            faulty = str(problem)
    shut = sheets.unwritable(path) if path is not None else None
    return page(
        visit,
        "registry.html",
        status=422 if error else 200,
        menu="registry",
        error=error,
        faulty=faulty,
        kind=kind,
        names=sheets.KINDS,
        sheet=sheet,
        path=path,
        shut=shut,
        there=path is not None and path.exists(),
        stored=_stored(visit, kind),
        changes=tokens.changes(visit.db),
    )


def _stored(visit: Visit, kind: str) -> int:
    return len(visit.night.units) if kind == "units" else len(facts.accounts(visit.db))


def _row(visit: Visit, kind: Kind, line: int, error: str = "") -> Response:
    try:
        sheet, path = _sheet(visit, kind)
    except RegistryError as problem:
        return _registry(visit, kind, str(problem))
    one = sheet.at(line)
    if line and one is None:
        raise HTTPException(404, "登记表里没有这一行。")
    before = sheet.shown(one) if one else tuple("" for _ in sheet.header)
    cells = [text if (sent := _given(visit, n)) is None else sent for n, text in enumerate(before)]
    return page(
        visit,
        "registry_row.html",
        status=422 if error else 200,
        menu="registry",
        error=error,
        kind=kind,
        names=sheets.KINDS,
        title=sheet.name_of(one) if one else "新增一行",
        line=line,
        fields=[
            (n, title or f"第{n + 1}列", cells[n], HELP.get(sheet.known(n) or "", ""), sheet.known(n) is None)
            for n, title in enumerate(sheet.header)
        ],
        required=[sheet.columns[name] for name in sheets.REQUIRED[kind] if name not in ("site", "source")],
        longest=sheets.LONGEST,
        shut=sheets.unwritable(path),
    )


def _preview(visit: Visit, proposal: Proposal) -> Response:
    word = "" if proposal.changes.none else WAITING.keep(proposal)
    return page(
        visit,
        "registry_preview.html",
        menu="registry",
        kind=proposal.kind,
        names=sheets.KINDS,
        proposal=proposal,
        changes=proposal.changes,
        rows=len(proposal.sheet.rows),
        word=word,
    )
