"""How is one installation kept well? Its checks, its copies and its settings: commands of `wangkao`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from db import backup as copies
from db.records import SHANGHAI
from desk.shell import BROKEN, UNUSABLE, Db, app, database, emit, err, fail, out, settings, usable
from schedules import settings as known
from schedules.doctor import BAD, GOOD, NOTE, examine

_SIGNS = {GOOD: ("正常", "green"), NOTE: ("注意", "yellow"), BAD: ("问题", "red")}


@app.command()
def doctor(
    units: Annotated[Path | None, typer.Option("--units", help="单位登记表；默认取设置")] = None,
    accounts: Annotated[Path | None, typer.Option("--accounts", help="账号登记表；默认取设置")] = None,
    db: Db = None,
) -> None:
    """自检：设置、登记表、磁盘、时钟、数据库、浏览器、网络、备份，逐项说明怎么办；有问题时退出状态为 1。"""
    s = settings(units=units, accounts=accounts, db=db)
    found = usable(lambda: examine(s))
    for check in found:
        sign, colour = _SIGNS[check.state]
        out.print(f"[{colour}]{sign}[/]  ", end="")
        out.print(f"{check.name}：{check.said}", markup=False, soft_wrap=True)
    number = {state: sum(check.state == state for check in found) for state in _SIGNS}
    if number[BAD]:
        fail(BROKEN, f"{number[BAD]} 个问题需要处理，{number[NOTE]} 项请留意。")
    out.print(f"没有问题，{number[NOTE]} 项请留意。", markup=False)


@app.command()
def backup(
    out_: Annotated[Path | None, typer.Option("--out", help="备份到这个文件；可在服务运行时进行")] = None,
    check: Annotated[Path | None, typer.Option("--check", help="只检查这份备份是否完好")] = None,
    restore: Annotated[Path | None, typer.Option("--restore", help="用这份备份恢复数据库；请先停止服务")] = None,
    db: Db = None,
) -> None:
    """备份数据库、检查一份备份，或用它恢复；原有的数据库改名保留。"""
    if sum(given is not None for given in (out_, check, restore)) != 1:
        fail(UNUSABLE, "请写明一项：wangkao backup --out 文件、--check 文件 或 --restore 文件。")
    if check is not None:
        err.print(_told(usable(lambda: copies.checked(check)), "完好"), markup=False, soft_wrap=True)
        return
    path = database(db)
    if out_ is not None:
        err.print(_told(usable(lambda: copies.backup(path, out_)), "已备份并校验"), markup=False, soft_wrap=True)
        return
    assert restore is not None
    aside = usable(lambda: copies.restore(restore, path))
    kept = f"；原来的数据库改名为 {aside}" if aside else ""
    err.print(f"已用 {restore} 恢复 {path}{kept}", markup=False, soft_wrap=True)


def _told(copy: copies.Copy, word: str) -> str:
    ran = f"，最近一次任务 {copy.last_run.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if copy.last_run else "，还没有任务"
    return f"{word}：{copy.file}（{copy.size / 1e6:.1f} MB，{sum(copy.rows.values())} 行{ran}）"


@app.command("settings")
def settings_() -> None:
    """写出全部设置项、说明和现在的值，可存为 wangkao.toml 再修改。"""
    emit(usable(lambda: known.as_toml(known.load_settings())))
