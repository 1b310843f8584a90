"""What can a person or a timer ask of wangkao on the command line? Messages are Chinese; exit status as in the contract."""

from __future__ import annotations

import json
import signal
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from db import facts, users
from db.codec import dump
from db.keys import installation_key
from db.records import shanghai_day
from desk import assess as _assess  # noqa: F401
from desk import auth, reports, score_table, tables
from desk import export as exports
from desk import office as _office  # noqa: F401  its commands join the others
from desk import papers as _papers  # noqa: F401
from desk import publish as _publish  # noqa: F401
from desk import sampling as _sampling  # noqa: F401
from desk import token_commands as _token_commands  # noqa: F401
from desk import upkeep as _upkeep  # noqa: F401
from desk import verify as bundles
from desk import why as _why  # noqa: F401
from desk.evidence import write_bundle
from desk.progress import watching
from desk.shell import (
    UNUSABLE,
    Db,
    app,
    database,
    emit,
    err,
    fail,
    must_end,
    out,
    say_verified,
    settings,
    usable,
    writing,
)
from monitors import catalogue
from monitors.rubric import load_rubric
from monitors.table import ranked
from schedules import jobs
from schedules.engines import engine_of
from schedules.period import assessed, online_parts
from schedules.politeness import HostDay, of_day
from schedules.settings import run_options
from schedules.timetable import next_time


@app.command()
def run(
    units: Annotated[Path, typer.Option("--units", help="单位登记表 units.csv")],
    accounts: Annotated[Path | None, typer.Option("--accounts", help="账号登记表 accounts.csv")] = None,
    db: Db = None,
    delay: Annotated[
        float | None, typer.Option("--delay", min=0, help="同一主机两次访问的间隔秒数；0 只用于本机测试")
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="只访问这些单位，可多次给出")] = None,
    jobs_: Annotated[int | None, typer.Option("--jobs", min=1, help="采集进程数，默认每核一个")] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="到这个时刻（HH:MM，北京时间）停止，未访问完的留到下次")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", help="多机采集：local，或 Dask 调度器的地址 tls://主机:端口；默认只用本机的采集进程"),
    ] = None,
) -> None:
    """夜间任务：导入登记表，访问全部网站和账号，判定并计分。"""
    s = settings(db=db, delay=delay, jobs=jobs_, cluster=cluster, **({"end": until} if until else {}))

    def work() -> jobs.RunResult:
        with watching(err) as progress, engine_of(s) as engine:
            return jobs.run(
                units,
                accounts,
                s.db,
                only=tuple(only or ()),
                until=next_time(s.end, datetime.now(UTC)) if until else None,
                engine=engine,
                progress=progress,
                **run_options(s),
            )

    result = usable(work)
    say_result(result, s.db)


@app.command()
def check(db: Db = None) -> None:
    """按已存数据重新判定和计分，不访问网络。"""
    path = database(db)
    say_result(usable(lambda: jobs.check(path)), path)


def say_result(result: jobs.RunResult, path: Path) -> None:
    """One line on what came of it, and a warning when the run is suspect."""
    if result.suspect:
        err.print(f"注意：{result.note}。", style="yellow", markup=False, soft_wrap=True)
    for incident in result.incidents:
        err.print(f"本系统的问题：{incident}", style="yellow", markup=False, soft_wrap=True)
    err.print(f"已判定 {result.units} 个单位、{result.judged} 条结论，存于 {path}", markup=False, soft_wrap=True)


@app.command("export")
def export_(
    what: Annotated[str, typer.Argument(help="findings（结论）、scores（得分）、alerts（预警）或 evidence（证据包）")],
    db: Db = None,
    form: Annotated[str, typer.Option("--format", help="jsonl、csv 或 xlsx")] = "jsonl",
    out_: Annotated[Path | None, typer.Option("--out", help="写入的文件；默认写到标准输出")] = None,
    finding: Annotated[int | None, typer.Option("--finding", help="证据包：结论的编号")] = None,
    unsealed: Annotated[bool, typer.Option("--unsealed", help="证据包：含个人信息的网页也放进去，仅供复核")] = False,
) -> None:
    """导出结论、得分或预警，供其他程序或表格软件使用；或把一条结论的全部证据打包签名。"""
    if what == "evidence":
        if finding is None or out_ is None:
            fail(UNUSABLE, "证据包要写明结论编号和文件：wangkao export evidence --finding 编号 --out 文件.zip")
        export_evidence(database(db), finding, out_, unsealed)
        return
    if what not in ("findings", "scores", "alerts"):
        fail(UNUSABLE, f"不认识的导出内容「{what}」。可用 findings、scores、alerts 或 evidence。")
    if finding is not None:
        fail(UNUSABLE, "--finding 只用于 export evidence。")
    if form not in exports.FORMATS:
        fail(UNUSABLE, f"不认识的格式「{form}」。可用 {'、'.join(exports.FORMATS)}。")
    if form == "xlsx" and out_ is None:
        fail(UNUSABLE, "xlsx 不能写到标准输出，请用 --out 指明文件。")
    path = database(db)

    def work() -> list[dict[str, Any]]:
        opened = facts.open_database(path, create=False)
        try:
            return exports.rows_of(opened, what)
        finally:
            opened.close()

    rows = usable(work)
    if out_ is None:
        emit(exports.text(rows, form, what))
        return
    with writing(out_):
        exports.write(rows, form, what, out_)
    err.print(f"已写入 {out_}（{len(rows)} 行）", markup=False, soft_wrap=True)


def export_evidence(path: Path, finding: int, out_: Path, unsealed: bool) -> None:
    """Write the signed bundle of one finding."""

    def work() -> tuple[str, ...]:
        opened = facts.open_database(path, create=False)
        try:
            return write_bundle(opened, finding, out_, key=installation_key(path), unsealed=unsealed)
        finally:
            opened.close()

    for lacking in usable(work):
        err.print(f"注意：{lacking}。", style="yellow", markup=False, soft_wrap=True)
    err.print(f"已写入 {out_}。核验：wangkao verify {out_}", markup=False, soft_wrap=True)


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="证据包 .zip")],
    key: Annotated[Path | None, typer.Option("--key", help="考核单位公布的公钥文件 .key.pub")] = None,
) -> None:
    """核验证据包：不用数据库，不用网络；有一个字节不同即报错。"""
    report = usable(lambda: bundles.verify(bundle, public_key=key))
    say_verified(report.lines, report.problems)


@app.command()
def rules(form: Annotated[str, typer.Option("--format", help="table 或 jsonl")] = "table") -> None:
    """列出全部规则：编号、名称、依据、标准、分值、状态。"""
    if form not in ("table", "jsonl"):
        fail(UNUSABLE, f"不认识的格式「{form}」。可用 table 或 jsonl。")
    rows = catalogue.rows(usable(load_rubric))
    if form == "jsonl":
        emit("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return
    table = Table(box=None, pad_edge=False)
    for head in ("规则", "名称", "分值", "状态", "依据"):
        table.add_column(head, overflow="fold", no_wrap=head in ("规则", "分值", "状态"))
    states = {"scored": "计分", "trial": "试行", "planned": "待实现"}
    for row in rows:
        table.add_row(row["id"], row["title"], f"{row['points']:g}", states[row["state"]], row["cite"][0])
    out.print(table)


@app.command()
def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="打印结果后结束，不启动服务")] = False,
    folder: Annotated[Path, typer.Option("--folder", help="演示数据所在文件夹")] = Path("demo-city"),
    db: Db = None,
) -> None:
    """演示：在本机架起一座虚构的城市，跑完一夜，打印得分表。不需要网络。"""
    from demo.city import serving

    folder.mkdir(parents=True, exist_ok=True)
    path = db or folder / "wangkao.db"
    if db is None:  # the made-up city moves to new addresses each time, so its old nights say nothing
        for old in folder.glob("wangkao.db*"):
            old.unlink()
    with serving(folder) as city:

        def work() -> jobs.RunResult:
            with watching(err) as progress:
                return jobs.run(city.units_csv, city.accounts_csv, path, delay=0, progress=progress)

        result = usable(work)
        opened = facts.open_database(path, create=False)
        try:
            tables.print_scores(out, exports.rows_of(opened, "scores"), load_rubric())
            tables.print_alerts(out, exports.rows_of(opened, "alerts"))
            tables.print_truth(out, city.truth, exports.rows_of(opened, "findings"))
        finally:
            opened.close()
        out.print(f"数据库：{path.resolve()}", markup=False, soft_wrap=True)
        out.print(
            "查看扣分依据：wangkao export findings --db 数据库文件 --format xlsx --out 结论.xlsx",
            markup=False,
            soft_wrap=True,
        )
        if result.suspect:
            err.print(result.note, style="yellow", markup=False)
        if not no_serve:
            for line in demo_people(path):
                out.print(line, markup=False, soft_wrap=True)
            serve(city.units_csv, city.accounts_csv, path, "127.0.0.1", 8020, None, 0.0)


_DEMO = (("演示", "administrator"), ("演示复核", "reviewer"), ("演示查看", "viewer"), ("演示单位", "unit"))


def demo_people(path: Path) -> list[str]:
    """Accounts to try the desk with, one in each role, each with a new password; what is to be shown of them."""
    opened = facts.open_database(path, create=False)
    try:
        lost = {row["unit"]: len(row["deductions"]) for row in exports.rows_of(opened, "scores")}
        lines = ["工作台的演示账号："]
        for name, role in _DEMO:
            unit = max(lost, key=lambda u: lost[u], default="") if role == "unit" else ""
            if role == "unit" and not unit:
                continue
            password, known = auth.made_password(), users.user_named(opened, name)
            if known is None:
                auth.add(opened, name, role, password, unit=unit)
            else:
                password = auth.reset(opened, known.id)[1]
            lines.append(f"  {name}（{auth.ROLES[role]}{f'：{unit}' if unit else ''}）  口令 {password}")
        return lines
    finally:
        opened.close()


@app.command()
def reread(
    only: Annotated[list[str] | None, typer.Option("--only", help="只重读这些单位，可多次给出")] = None,
    db: Db = None,
) -> None:
    """用现有的读取程序重读已存网页，不访问网络；之后用 check 重新判定。"""
    path = database(db)
    read, different = usable(lambda: jobs.reread(path, only=tuple(only or ())))
    err.print(
        f"已重读 {read} 个网站最近一次访问的存页，{different} 个有变化。用 wangkao check 重新判定。",
        markup=False,
        soft_wrap=True,
    )


@app.command("table")
def table_(
    parts: Annotated[Path | None, typer.Option("--parts", help="各项得分表，CSV 或 xlsx")] = None,
    out_: Annotated[Path | None, typer.Option("--out", help="写入的文件，.csv 或 .xlsx")] = None,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", help="总成绩相同时的名次决定：单位、排在其后、理由")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="xlsx 中表的标题")] = score_table.TITLE,
    template: Annotated[bool, typer.Option("--template", help="不计算，按登记的单位导出待填的各项得分表")] = False,
    period: Annotated[
        str | None,
        typer.Option("--period", help="导出待填的表时填好这个考核期的网上考核得分和备注；计算时核对并印上封存摘要"),
    ] = None,
    db: Db = None,
) -> None:
    """由各项得分算出总成绩和名次，做成通报附件的两张表；不用数据库。"""
    if out_ is None or (parts is None) != template or (template and decisions is not None):
        fail(
            UNUSABLE,
            "请写明得分表和输出文件：wangkao table --parts 得分.xlsx --out 成绩表.xlsx；"
            "导出待填的得分表：wangkao table --template --db 数据库 --out 得分.xlsx。",
        )
    if out_.resolve() in {given.resolve() for given in (parts, decisions) if given is not None}:
        fail(UNUSABLE, f"输出文件 {out_} 就是输入文件。请换一个文件名，以免覆盖。")

    def work() -> int:
        if parts is not None:
            lines = ranked(score_table.read_parts(parts), score_table.read_decisions(decisions) if decisions else ())
            note = score_table.sealed_note(database(db), period, lines) if period else ""
            score_table.write_table(lines, out_, title=title, note=note)
            return len(lines)
        opened = facts.open_database(database(db), create=False)
        try:
            made = assessed(opened, period) if period else None
            known = (online_parts(made), made.period.words) if made else ({}, "")
            return score_table.write_template(facts.units(opened), out_, *known)
        finally:
            opened.close()

    with writing(out_):
        units = usable(work)
    err.print(f"已写入 {out_}（{units} 个单位）", markup=False, soft_wrap=True)


@app.command()
def report(
    what: Annotated[str, typer.Argument(help="、".join(f"{name}（{r.title}）" for name, r in reports.REPORTS.items()))],
    year: Annotated[int | None, typer.Option("--year", help="统计年度，默认今年")] = None,
    filing: Annotated[Path | None, typer.Option("--filing", help="全国政务新媒体信息报送系统导出的文件")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="列出全部单位，不只是有问题的")] = False,
    db: Db = None,
    out_: Annotated[Path | None, typer.Option("--out", help="写入的 .csv 或 .xlsx 文件；默认显示在屏幕上")] = None,
) -> None:
    """打印一份清单：账号和网站的发布数、适老化改造、账号备案核对。"""
    wanted = reports.REPORTS.get(what)
    if wanted is None:
        fail(UNUSABLE, f"不认识的清单「{what}」。可用 {'、'.join(reports.REPORTS)}。")
    if wanted.needs_filing and filing is None:
        fail(UNUSABLE, f"「{what}」要用 --filing 指明报送系统导出的文件。")
    if out_ is not None:
        must_end(out_, ".csv", ".xlsx")
    path, today = database(db), shanghai_day(datetime.now(UTC))

    def work() -> reports.Lines:
        opened = facts.open_database(path, create=False)
        try:
            return wanted.make(opened, reports.Wanted(today, year or today.year, filing, everyone))
        finally:
            opened.close()

    lines = usable(work)
    if out_ is None:
        tables.print_lines(out, wanted.title, lines)
        return
    with writing(out_):
        reports.write(lines, wanted.title, out_)
    err.print(f"已写入 {out_}（{len(lines)} 行）", markup=False, soft_wrap=True)


_ACCOUNT_LISTS = {"reconcile": "reconcile", "import": "accounts", "count": "posts"}


@app.command("accounts")
def accounts_(
    action: Annotated[
        str, typer.Argument(help="reconcile（与备案核对）、import（由备案做成登记表）、count（年度发布数）")
    ],
    filing: Annotated[Path | None, typer.Option("--filing", help="全国政务新媒体信息报送系统导出的文件")] = None,
    year: Annotated[int | None, typer.Option("--year", help="统计年度，默认今年")] = None,
    db: Db = None,
    out_: Annotated[Path | None, typer.Option("--out", help="写入的 .csv 或 .xlsx 文件；默认显示在屏幕上")] = None,
) -> None:
    """账号：与备案核对、由备案导入、按年计数。"""
    if action not in _ACCOUNT_LISTS:
        fail(UNUSABLE, f"不认识的动作「{action}」。可用 {'、'.join(_ACCOUNT_LISTS)}。")
    report(_ACCOUNT_LISTS[action], year=year, filing=filing, everyone=False, db=db, out_=out_)


@app.command()
def politeness(
    day: Annotated[str | None, typer.Option("--day", help="日期 YYYY-MM-DD（北京时间），默认今天")] = None,
    db: Db = None,
    form: Annotated[str, typer.Option("--format", help="table 或 jsonl")] = "table",
) -> None:
    """某一天对每个主机访问了多少次、间隔多少秒。"""
    try:
        on = date.fromisoformat(day) if day else shanghai_day(datetime.now(UTC))
    except ValueError:
        fail(UNUSABLE, f"不认识的日期「{day}」。应为 YYYY-MM-DD，例如 2026-11-24。")
    if form not in ("table", "jsonl"):
        fail(UNUSABLE, f"不认识的格式「{form}」。可用 table 或 jsonl。")
    path = database(db)

    def work() -> list[HostDay]:
        opened = facts.open_database(path, create=False)
        try:
            return of_day(opened, on)
        finally:
            opened.close()

    rows = usable(work)
    if form == "jsonl":
        emit("".join(dump(row) + "\n" for row in rows))
        return
    tables.print_politeness(out, on, rows)


@app.command()
def serve(
    units: Annotated[Path | None, typer.Option("--units", help="单位登记表；默认取设置")] = None,
    accounts: Annotated[Path | None, typer.Option("--accounts", help="账号登记表；默认取设置")] = None,
    db: Db = None,
    host: Annotated[str, typer.Option("--host", help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="监听端口")] = 8020,
    at: Annotated[str | None, typer.Option("--at", help="每夜开始的时刻 HH:MM（北京时间），默认取设置")] = None,
    delay: Annotated[float | None, typer.Option("--delay", min=0, help="同一主机两次访问的间隔秒数")] = None,
) -> None:
    """启动服务：到时自动运行夜间任务，并打开工作台。"""
    from desk import web
    from schedules.service import Service

    def work() -> None:
        try:
            service = Service(s, lambda line: err.print(line, markup=False, soft_wrap=True))
            web.serve(service, host, port, certificate=s.certificate, key=s.key, proxy=s.proxy)
        except web.NoPort as error:
            fail(UNUSABLE, error)

    spread = None if at is None else 0  # who names the moment means it
    s = settings(units=units, accounts=accounts, db=db, at=at, delay=delay, spread=spread)
    usable(work)


def main() -> None:
    """The command `wangkao`. Being told to end (SIGTERM) is Ctrl-C: what is under way is closed in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
