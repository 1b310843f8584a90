"""What papers does the office make of a year, a quarter, a month? The circular, bulletins, and the sheets that it fills in for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlite_utils import Database

from db import facts, sheets
from db.records import SHANGHAI, shanghai_day
from desk import office_sheets, score_table
from desk.office import opened, write_whole
from desk.sheets import SheetProblem
from desk.shell import UNUSABLE, Db, app, database, err, fail, must_end, out, settings, writing
from monitors.figures import Figure, figures
from monitors.reports import circular
from monitors.reports.charts import WIDE, bars
from monitors.reports.circular import Circular
from monitors.table import Line, ranked
from schedules import bulletins
from schedules import figures as gathered
from schedules.drawing import png
from schedules.period import Assessment, assessed, named


@app.command("circular")
def circular_(
    year: Annotated[int, typer.Option("--year", min=2000, max=2100, help="考核年度")],
    out_: Annotated[Path, typer.Option("--out", help="写入的 .docx 文件")],
    period: Annotated[str | None, typer.Option("--period", help="考核期的名称，见 wangkao period")] = None,
    parts: Annotated[Path | None, typer.Option("--parts", help="各项得分表，CSV 或 xlsx，见 wangkao table")] = None,
    decisions: Annotated[Path | None, typer.Option("--decisions", help="总成绩相同时的名次决定")] = None,
    office: Annotated[str | None, typer.Option("--office", help="发文机关；默认取设置")] = None,
    city: Annotated[str, typer.Option("--city", help="城市名称，如 忻州市")] = "全市",
    db: Db = None,
) -> None:
    """起草年度通报：数字有出处，问题列单位，措施留空；可编辑的 docx。"""
    must_end(out_, ".docx")
    s = settings(db=db)

    def work(db: Database) -> tuple[Circular, int]:
        assessment = assessed(db, named(db, period)) if period else None
        lines = (
            ranked(score_table.read_parts(parts), score_table.read_decisions(decisions) if decisions else ())
            if parts
            else []
        )
        if assessment and (wrong := score_table.differing(lines, assessment)):
            raise SheetProblem(wrong)
        made = draft(
            db, year, office=office or s.office, city=city, lines=lines, assessment=assessment, chromium=s.chromium
        )
        return made, sum(f.value is None for f in made.figures.values())

    made, blank = opened(s.db, work)
    write_whole(out_, circular.as_docx(made))
    if blank:
        err.print(
            f"有 {blank} 个数字尚不可知，文中标为〔待填〕。可用 wangkao sheet 填报。",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    if not made.pictures:
        err.print("没有可用的 Chromium，未附数据图。", style="yellow", markup=False)


def draft(
    db: Database,
    year: int,
    *,
    office: str,
    city: str = "全市",
    lines: list[Line] | None = None,
    assessment: Assessment | None = None,
    chromium: str | None = None,
    at: datetime | None = None,
    drawn: Callable[..., bytes | None] = png,
) -> Circular:
    """The circular of that year, as known now. `drawn` makes a picture of a drawing, None where it cannot."""
    known = gathered.known(db, year, assessment=assessment, now=at)
    made = figures(known)
    return Circular(
        year,
        shanghai_day(at or datetime.now(UTC)),
        office,
        made,
        city,
        lines or (),
        gathered.online(db, known, assessment),
        assessment.period.words if assessment else "",
        gathered.checked(db, period=assessment.period.name if assessment else None),
        _pictures(made, chromium, drawn),
        {rule: line.title for rule, line in known.rubric.lines.items()},
    )


def _pictures(
    made: Mapping[str, Figure], chromium: str | None, drawn: Callable[..., bytes | None]
) -> list[tuple[str, bytes]]:
    chosen = (
        "elder.undone",
        "platform.none",
        "site.dead",
        "site.stale",
        "board.missing",
        "media.asleep",
        "reports.bad",
        "openness.units",
    )
    rows = [
        (made[name].title.removesuffix("的单位"), [float(made[name].value or 0)]) for name in chosen if made[name].value
    ]
    by_unit = [
        (unit, [float(total)]) for unit, total in sorted(made["items.total"].parts, key=lambda part: -part[1])[:20]
    ]
    found: list[tuple[str, bytes]] = []
    for title, lines in (("各类问题涉及的单位数（家）", rows), ("政府网站主动公开信息条数（前20家）", by_unit)):
        if lines:
            svg, height = bars(title, lines)
            if picture := drawn(svg, WIDE, height, chromium=chromium):
                found.append((f"图{len(found) + 1}　{title}", picture))
    return found


@app.command("bulletin")
def bulletin_(
    out_: Annotated[Path, typer.Option("--out", help="写入的 .docx 文件")],
    month: Annotated[str | None, typer.Option("--month", help="月份，如 2026-10")] = None,
    quarter: Annotated[str | None, typer.Option("--quarter", help="季度，如 2026Q3")] = None,
    office: Annotated[str | None, typer.Option("--office", help="发文机关；默认取设置")] = None,
    db: Db = None,
) -> None:
    """月度或季度检查通报：数量、存在问题的单位、整改情况、与上期比较。"""
    must_end(out_, ".docx")
    span = month or quarter
    if span is None or (month and quarter) or ("Q" in span.upper()) != (span == quarter):
        fail(UNUSABLE, "请写明一个时段：--month 2026-10 或 --quarter 2026Q3。")
    s = settings(db=db)
    try:
        made = opened(s.db, lambda d: bulletins.bulletin(d, span, office=office or s.office, chromium=s.chromium))
    except ValueError as error:
        fail(UNUSABLE, error)
    write_whole(out_, bulletins.docx(made))


sheet_app = typer.Typer(
    no_args_is_help=True, help="人工填报表：监测看不到的数字。template 导出模板，import 导入，list 列出"
)
app.add_typer(sheet_app, name="sheet")
KindOf = Annotated[str, typer.Argument(help="、".join(f"{k.key}（{k.title}）" for k in office_sheets.kinds().values()))]


def _kind(name: str) -> office_sheets.Kind:
    found = office_sheets.kinds().get(name) or next(
        (k for k in office_sheets.kinds().values() if k.title == name), None
    )
    if found is None:
        fail(UNUSABLE, f"不认识的填报表「{name}」。可用 {'、'.join(office_sheets.kinds())}。")
    return found


@sheet_app.command("template")
def sheet_template(
    kind: KindOf, out_: Annotated[Path, typer.Option("--out", help="写入的 .xlsx 文件")], db: Db = None
) -> None:
    """导出待填的表。"""
    wanted = _kind(kind)
    must_end(out_, ".xlsx")
    units = opened(database(db), facts.units)
    with writing(out_):
        office_sheets.write_template(wanted, units, out_)
    err.print(f"已写入 {out_}", markup=False, soft_wrap=True)


@sheet_app.command("import")
def sheet_import(
    kind: KindOf,
    file: Annotated[Path, typer.Option("--file", help="填好的表，CSV、xlsx 或 xls")],
    year: Annotated[int, typer.Option("--year", min=2000, max=2100, help="年度")],
    who: Annotated[str, typer.Option("--who", help="填报人")],
    db: Db = None,
) -> None:
    """导入填好的表；同一年度的同一种表以最后一次导入的为准。"""
    wanted = _kind(kind)

    def work(db: Database) -> int:
        rows = office_sheets.read(wanted, file, facts.units(db))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        with facts.writing(db):
            sheets.save_sheet(
                db, wanted.key, year, rows, who=who.strip(), file=file.name, sha256=digest, at=datetime.now(UTC)
            )
        return len(rows)

    err.print(f"已导入 {wanted.title} {opened(database(db), work)} 行（{year}年）", markup=False, soft_wrap=True)


@sheet_app.command("list")
def sheet_list(db: Db = None) -> None:
    """列出已导入的表。"""
    for sheet in opened(database(db), sheets.sheets):
        at = sheet.at.astimezone(SHANGHAI)
        kind = office_sheets.kinds().get(sheet.kind)
        out.print(
            f"{sheet.year}年 {kind.title if kind else sheet.kind} {sheet.rows} 行  {at:%Y-%m-%d %H:%M} {sheet.who}  {sheet.file}",
            markup=False,
        )
