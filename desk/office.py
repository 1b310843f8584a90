"""What does the office do with what a night found: decide about alerts, send notices, keep cases? Commands of `wangkao`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlite_utils import Database

from db import facts, reviews, users
from db.records import Alert
from desk import auth
from desk.files import replacing
from desk.shell import UNUSABLE, Db, app, database, emit, err, fail, must_end, out, settings, usable, writing
from monitors import alerts
from monitors.reports import notice
from schedules import notices, review
from schedules.settings import channels_of, quiet_of


def opened(path: Path, work: Callable[[Database], Any]) -> Any:
    """What `work` makes of the database; errors end the command as `usable` says."""

    def within() -> Any:
        db = facts.open_database(path, create=False)
        try:
            return work(db)
        finally:
            db.close()

    return usable(within)


def write_whole(path: Path, data: bytes) -> None:
    """Write the file whole and say so; where it cannot be written, the command ends with 2."""
    with writing(path), replacing(path) as new:
        new.write_bytes(data)
    err.print(f"已写入 {path}", markup=False, soft_wrap=True)


def a_day(text: str | None, option: str) -> date | None:
    """The day written as YYYY-MM-DD, or None."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        fail(UNUSABLE, f"{option}：不认识的日期「{text}」。应为 YYYY-MM-DD，例如 2026-12-31。")


@app.command("alert")
def alert_(
    number: Annotated[int, typer.Argument(help="预警的编号，见 wangkao export alerts")],
    action: Annotated[str, typer.Argument(help="、".join(f"{a.name}（{a.title}）" for a in alerts.acts().values()))],
    who: Annotated[str, typer.Option("--who", help="处理人")],
    why: Annotated[str, typer.Option("--why", help="理由")] = "",
    workdays: Annotated[int | None, typer.Option("--workdays", min=1, help="限期整改：从今天起几个工作日")] = None,
    due: Annotated[str | None, typer.Option("--due", help="限期整改：到期日 YYYY-MM-DD")] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="排除：有效到哪一天 YYYY-MM-DD")] = None,
    db: Db = None,
) -> None:
    """处理一条预警；每一步都记下谁、何时、为何。"""
    if action not in alerts.acts():
        fail(UNUSABLE, f"不认识的处理「{action}」。可用 {'、'.join(alerts.acts())}。")
    until, last = a_day(due, "--due"), a_day(expires, "--expires")

    def work(db: Database) -> Alert:
        return review.decide(db, number, action, who=who, why=why, workdays=workdays, due=until, expires=last)

    done = opened(database(db), work)
    err.print(f"预警 {number}（{done.unit}）：{alerts.states()[done.state]}", markup=False, soft_wrap=True)


@app.command()
def cases(db: Db = None) -> None:
    """导出复核人员纠正过的结论（每行一例，含当时的记录），供程序测试重放。"""
    emit("".join(f"{line}\n" for line in opened(database(db), lambda db: list(reviews.cases(db)))))


@app.command()
def notify(
    dry: Annotated[bool, typer.Option("--dry-run", help="只显示将要发送的内容，不发送")] = False,
    db: Db = None,
) -> None:
    """发送今天的通知：每个收件人每天一份；已发过的不再发。"""
    s = settings(db=db)
    done = usable(lambda: notices.brief(s.db, channels_of(s), quiet=quiet_of(s), desk=s.desk, dry=dry))
    for one in done.notices if dry else ():
        out.print(f"—— {one.receiver} ——\n{one.subject}\n{one.body}\n", markup=False, soft_wrap=True)
    for receiver in done.unreachable:
        err.print(f"注意：{receiver} 没有可用的通知渠道。", style="yellow", markup=False, soft_wrap=True)
    number = len(done.notices) if dry else len(done.sent)
    err.print(f"{'将发送' if dry else '已发送'} {number} 份通知", markup=False)


@app.command("notice")
def notice_(
    unit: Annotated[str, typer.Option("--unit", help="单位名称")],
    out_: Annotated[Path, typer.Option("--out", help="写入的 .docx 或 .txt 文件")],
    office: Annotated[str, typer.Option("--office", help="落款")] = "政务公开办公室",
    due: Annotated[str | None, typer.Option("--due", help="整改到期日 YYYY-MM-DD")] = None,
    number: Annotated[str, typer.Option("--number", help="文号")] = "",
    only: Annotated[list[int] | None, typer.Option("--alert", help="只写这些编号的预警，可多次给出")] = None,
    db: Db = None,
) -> None:
    """打印给一个单位的整改通知：问题、依据、证据、期限。"""
    must_end(out_, ".docx", ".txt")
    until = a_day(due, "--due")

    def work(db: Database) -> notice.Rectification:
        return notices.rectification(db, unit, only or (), office=office, due=until, number=number)

    try:
        paper = opened(database(db), work)
    except ValueError as error:
        fail(UNUSABLE, error)
    data = notice.as_docx(paper) if out_.suffix.lower() == ".docx" else notice.as_text(paper).encode()
    write_whole(out_, data)


user_app = typer.Typer(no_args_is_help=True, help="工作台用户：添加、重置口令、停用、启用、列出")
app.add_typer(user_app, name="user")
Name = Annotated[str, typer.Argument(help="用户名")]


def _id(db: Database, name: str) -> int:
    found = users.user_named(db, name)
    if found is None:
        raise auth.Refused(f"没有用户「{name}」。")
    return found.id


@user_app.command("add")
def user_add(
    name: Name,
    role: Annotated[
        str, typer.Option("--role", help="、".join(f"{k}（{v}）" for k, v in auth.ROLES.items()))
    ] = "reviewer",
    unit: Annotated[str, typer.Option("--unit", help="角色为 unit 时：所属单位的名称")] = "",
    db: Db = None,
) -> None:
    """添加用户，显示一次初始口令。"""
    password = auth.made_password()
    opened(database(db), lambda d: auth.add(d, name, role, password, unit=unit, must_change=True))
    out.print(f"已添加 {name}，初始口令：{password}", markup=False)


@user_app.command("reset")
def user_reset(name: Name, db: Db = None) -> None:
    """重置口令，显示一次新口令。"""
    out.print(f"新口令：{opened(database(db), lambda d: auth.reset(d, _id(d, name)))[1]}", markup=False)


@user_app.command("off")
def user_off(name: Name, db: Db = None) -> None:
    """停用用户。"""
    opened(database(db), lambda d: auth.switch(d, _id(d, name), active=False))


@user_app.command("on")
def user_on(name: Name, db: Db = None) -> None:
    """启用用户。"""
    opened(database(db), lambda d: auth.switch(d, _id(d, name), active=True))


@user_app.command("list")
def user_list(db: Db = None) -> None:
    """列出用户。"""
    for user in opened(database(db), users.users):
        role = auth.ROLES[user.role] + (f"：{user.unit}" if user.unit else "")
        out.print(f"{user.name}  {role}  {'在用' if user.active else '已停用'}", markup=False)
