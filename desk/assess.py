"""How is an assessment made on the command line: its period, its checks by hand, its seal? Commands of `wangkao period`."""

from __future__ import annotations

import getpass
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlite_utils import Database

from db import facts, periods
from db.codec import plain
from db.keys import installation_key
from db.periods import Period
from db.records import shanghai_day
from desk.hand_sheet import read_checks, write_sheet
from desk.office import a_day, opened
from desk.shell import BROKEN, UNUSABLE, Db, app, database, emit, err, fail, out, say_verified, settings, writing
from monitors.explain import Entry
from monitors.period import Blocker, Standing
from monitors.rubric import parse_rubric
from schedules import sealing
from schedules.period import Assessment, UnitAssessment, assessed, named

period_app = typer.Typer(no_args_is_help=True, help="考核期：开始、查看、人工核查、加减分、封存、更正、核验")
app.add_typer(period_app, name="period")
Name = Annotated[str, typer.Argument(help="考核期名称，如 2026")]
Who = Annotated[str, typer.Option("--who", help="经办人")]
Why = Annotated[str, typer.Option("--why", help="理由")]
Proof = Annotated[str, typer.Option("--proof", help="凭据：文号、文件名或记录编号")]
Points = Annotated[str, typer.Option("--points", help="分数，加分如 0.5，扣分如 -0.5")]
_KINDS = {
    "not_visited": "期末一个月内没有访问到",
    "unscored": "待人工核查（看到的不足一半）",
    "unseen": "长期未能核实",
    "hidden": "不合格之后未能核实",
    "seldom": "看到的夜数不足一半",
    "appealed": "申诉尚未裁决",
}
_MODES = {"last": "期末状态", "share": "不合格夜数之比", "episodes": "经确认的次数"}
_GROUPS = {"county": "县（市、区）", "department": "市直部门"}


@period_app.command("open")
def open_(
    name: Name,
    first: Annotated[str, typer.Option("--from", help="起始日 YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", help="截止日 YYYY-MM-DD（含）")],
    rubric: Annotated[str | None, typer.Option("--rubric", help="细则名称或文件；默认为夜间判定所用的细则")] = None,
    who: Who = "",
    db: Db = None,
) -> None:
    """开始一个考核期，或改动一个尚未核查、封存的考核期。"""
    begin, end = a_day(first, "--from"), a_day(last, "--to")
    assert begin is not None and end is not None
    two = settings(db=db).two_reviewers

    def work(db: Database) -> Period:
        return sealing.open_period(db, name, begin, end, rubric=rubric, two=two, who=who or _user())

    made = opened(database(db), work)
    err.print(f"{made.words}，细则 {made.rubric}（{made.rubric_sha256[:12]}）", markup=False, soft_wrap=True)


@period_app.command("list")
def list_(db: Db = None) -> None:
    """列出全部考核期。"""
    found = opened(database(db), periods.periods)
    for known in found:
        out.print(f"{known.words}，细则 {known.rubric}", markup=False, soft_wrap=True)
    if not found:
        err.print("还没有考核期。用 wangkao period open 开始一个。", markup=False)


@period_app.command("show")
def show(
    name: Name,
    unit: Annotated[str | None, typer.Option("--unit", help="只看这个单位：从满分到得分的每一笔")] = None,
    form: Annotated[str, typer.Option("--format", help="table 或 jsonl")] = "table",
    db: Db = None,
) -> None:
    """一个考核期现在的样子：得分、扣分、尚未确认的、妨碍封存的（访问受阻的单位在前）。"""
    if form not in ("table", "jsonl"):
        fail(UNUSABLE, f"不认识的格式「{form}」。可用 table 或 jsonl。")
    made = opened(database(db), lambda d: assessed(d, name)).corrected()
    if unit is not None and made.of(unit) is None:
        fail(UNUSABLE, f"考核期 {name} 中没有单位「{unit}」。请核对单位名称。")
    chosen = [u for u in made.units if unit in (None, u.unit)]
    if form == "jsonl":
        emit("".join(json.dumps(_row(made, u), ensure_ascii=False) + "\n" for u in chosen))
        return
    out.print(made.period.words, markup=False, soft_wrap=True)
    said = f"{made.nights} 夜，细则 {made.rubric.name}"
    said += f"；{made.waiting} 条不合格未经确认，不计分" if made.waiting else ""
    said += f"；{made.disputed} 件申诉未决，所涉结论不计分" if made.disputed else ""
    out.print(said, markup=False, soft_wrap=True)
    blockers = [b for b in made.blockers if unit in (None, b.unit)]
    if blockers:
        print_blockers(blockers, made)
    if unit is not None:
        print_ledger(chosen[0].full, chosen[0].ledger, chosen[0].online)
        _print_lines(chosen[0].lines, made)
    else:
        _print_units(chosen)
    for addendum in made.addenda:
        of = f"{addendum.unit} {addendum.points:+f} 分：" if addendum.unit else ""
        given = f"{addendum.who}，{addendum.proof}，摘要 {addendum.digest}"
        out.print(f"更正第{addendum.number}号：{of}{addendum.why}（{given}）", markup=False, soft_wrap=True)


@period_app.command("sheet")
def sheet(
    name: Name,
    out_: Annotated[Path, typer.Option("--out", help="写入的文件，.xlsx 或 .csv")],
    db: Db = None,
) -> None:
    """导出人工核查表：妨碍封存的每一项一行，填结论、核查人、日期、凭据。"""

    def work(db: Database) -> int:
        known = named(db, name)
        lines = sealing.wanted(db, known)
        write_sheet(lines, known, out_)
        return len(lines)

    with writing(out_):
        number = opened(database(db), work)
    err.print(f"已写入 {out_}（{number} 项）", markup=False, soft_wrap=True)


@period_app.command("checked")
def checked(
    name: Name,
    sheet: Annotated[Path, typer.Option("--sheet", help="填好的人工核查表，.xlsx 或 .csv")],
    db: Db = None,
) -> None:
    """导入填好的人工核查表；有一行不对就一行也不导入。"""
    today = shanghai_day(datetime.now(UTC))

    def work(db: Database) -> tuple[int, int]:
        known = named(db, name)
        law = parse_rubric(known.rubric_text, known.rubric)
        found = read_checks(sheet, known, facts.units(db), facts.accounts(db), law, today=today)
        sealing.add_checks(db, known, found)
        return len(found), len(assessed(db, known).blockers)

    number, left = opened(database(db), work)
    err.print(f"已导入 {number} 项人工核查，还有 {left} 处妨碍封存", markup=False, soft_wrap=True)


@period_app.command("adjust")
def adjust(
    name: Name,
    unit: Annotated[str, typer.Option("--unit", help="单位名称")],
    points: Points,
    who: Who,
    why: Why,
    proof: Proof,
    db: Db = None,
) -> None:
    """在规则之外给一个单位加分或扣分；写明谁、为何、凭什么。"""

    def work(db: Database) -> None:
        sealing.adjust(db, named(db, name), unit, _points(points), who=who, why=why, proof=proof)

    opened(database(db), work)
    err.print(f"{unit}：{_points(points):+f} 分（{why}）", markup=False, soft_wrap=True)


@period_app.command("seal")
def seal(name: Name, who: Who, db: Db = None) -> None:
    """封存：冻结登记表、细则、结论、复核意见和得分，算出摘要并签名；还有待核查的就不封存，并逐项列出。"""
    path = database(db)

    def work(db: Database) -> tuple[Period, Assessment | None]:
        known = named(db, name)
        try:
            return sealing.seal(db, known, who=who, key=installation_key(path)), None
        except sealing.Blocked as error:
            err.print(str(error), style="red", markup=False, soft_wrap=True)
            return known, assessed(db, known)

    known, blocked = opened(path, work)
    if blocked is not None:
        print_blockers(blocked.blockers, blocked)
        sheet, given = "核查表.xlsx", f"wangkao period checked {name}"
        if all(b.kind == "appealed" for b in blocked.blockers):
            fail(BROKEN, "先在审核台“申诉”页裁决上列申诉。")
        fail(BROKEN, f"先导出核查表：wangkao period sheet {name} --out {sheet}；填好后 {given} --sheet {sheet}。")
    out.print(known.words, markup=False, soft_wrap=True)


@period_app.command("addendum")
def addendum(
    name: Name,
    who: Who,
    why: Why,
    proof: Proof,
    unit: Annotated[str, typer.Option("--unit", help="单位名称；不针对一个单位的不填")] = "",
    points: Points = "0",
    db: Db = None,
) -> None:
    """对已封存的考核期作签名更正；封存的内容不变。"""
    path = database(db)

    def work(db: Database) -> periods.Addendum:
        key = installation_key(path)
        return sealing.add_addendum(db, named(db, name), unit, _points(points), who=who, why=why, proof=proof, key=key)

    made = opened(path, work)
    out.print(f"更正第{made.number}号，摘要 {made.digest}", markup=False, soft_wrap=True)


@period_app.command("verify")
def verify(name: Name, db: Db = None) -> None:
    """重新计算已封存考核期的摘要，核对签名、更正和所依据的结论；有不符时退出状态为 1。"""
    path = database(db)

    def work(db: Database) -> sealing.Verified:
        key = sealing.public_text(installation_key(path).public_key())
        return sealing.verify(db, named(db, name), public_key=key)

    found = opened(path, work)
    say_verified(found.lines, found.problems)


def print_blockers(blockers: Sequence[Blocker], made: Assessment) -> None:
    """What keeps the period from being sealed, unit by unit, those that kept us out first."""
    of = Counter(b.unit for b in blockers)
    out.print(f"妨碍封存：{len(of)} 个单位 {len(blockers)} 处", markup=False)
    table = Table(box=None, pad_edge=False)
    for head in ("单位", "情形", "内容", "对象", "起", "原因"):
        table.add_column(head, overflow="fold", no_wrap=head == "单位")
    for b in blockers:
        line = made.rubric.lines.get(b.rule or "")
        table.add_row(
            b.unit,
            _KINDS[b.kind],
            line.title if line else "",
            b.target or "",
            str(b.since or ""),
            sealing.because(b, made.rubric),
        )
    out.print(table)


def print_ledger(full: Decimal, ledger: tuple[Entry, ...], online: Decimal | None) -> None:
    """From full marks to the score, line by line, with what is left after each."""
    table = Table(box=None, pad_edge=False)
    for head in ("项目", "分", "余", "说明", "证据"):
        table.add_column(head, overflow="fold", justify="right" if head in ("分", "余") else "left")
    left = full
    table.add_row("满分", f"{full:f}", f"{full:f}", "", "")
    for entry in ledger:
        left += entry.points
        why = "；".join(filter(None, (entry.why, entry.who, entry.proof)))
        seen = entry.evidence[0].url or entry.evidence[0].source or "" if entry.evidence else ""
        table.add_row(entry.title or entry.kind, f"{shown(entry.points):+f}", f"{shown(left):f}", why, seen)
    table.add_row("得分", "", "待人工核查" if online is None else f"{online:f}", "", "")
    out.print(table)


def _print_lines(lines: Sequence[Standing], made: Assessment) -> None:
    """How each scored line stands: what counts, and what waits for a person."""
    table = Table(box=None, pad_edge=False)
    for head in ("考核内容", "方式", "夜数", "看到", "不合格", "未经确认", "扣分"):
        table.add_column(head, overflow="fold", justify="left" if head in ("考核内容", "方式") else "right")
    for line in lines:
        numbers = (line.nights, line.seen, line.fault, line.waiting or "", shown(line.lost) or "")
        table.add_row(made.rubric.lines[line.rule].title, _MODES[line.mode], *map(str, numbers))
    out.print(table)


def _print_units(units: list[UnitAssessment]) -> None:
    for group, title in _GROUPS.items():
        mine = [u for u in units if u.group == group]
        if not mine:
            continue
        table = Table(
            title=f"网上考核（{title}，满分 {mine[0].full:f}）", title_justify="left", box=None, pad_edge=False
        )
        for head in ("名次", "单位", "得分", "覆盖", "扣分", "备注"):
            table.add_column(head, overflow="fold", no_wrap=head == "单位")
        for u in sorted(mine, key=lambda u: (u.rank is None, u.rank or 0)):
            mark = u.special or f"{u.online:f}"
            covered = "—" if u.coverage is None else f"{u.coverage:.0%}"
            lost = "，".join(f"{e.title} {shown(-e.points):f}" for e in u.lost)
            table.add_row(str(u.rank or "—"), u.unit, mark, covered, lost, u.remark)
        out.print(table)


def shown(points: Decimal) -> Decimal:
    """Points as a table shows them: at most four decimals, no trailing zeros."""
    short = points.normalize()
    return short.quantize(Decimal("0.0001")) if int(short.as_tuple().exponent) < -4 else short


def _row(made: Assessment, unit: UnitAssessment) -> dict[str, Any]:
    row: dict[str, Any] = plain(unit)
    return {"period": made.period.name, "digest": made.digest, **row}


def _points(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite():
        fail(UNUSABLE, f"--points：「{text}」不是分数。加分如 0.5，扣分如 -0.5。")
    return found


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "命令行"
