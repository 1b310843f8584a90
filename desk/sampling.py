"""How do people check a draw of findings by hand? Draw, sheet to fill in, answers read back, how right the verdicts are."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
import xlsxwriter
from rich.table import Table
from sqlite_utils import Database

from db import facts, findings, samples
from db import figures as queries
from db.records import SHANGHAI
from db.samples import Answer, Item, Sample
from desk.files import no_formula, replacing
from desk.office import opened
from desk.sheets import Row, SheetProblem, read_sheet
from desk.shell import Db, app, database, err, must_end, out, writing
from monitors.rubric import load_rubric
from monitors.sampling import draw, percent, reliability
from schedules.period import named

_WORDS = {"fail": "不合格", "pass": "合格", "unknown": "看不清"}
_SAID = {
    "fail": ("不合格", "fail", "有问题", "不合格（有问题）"),
    "pass": ("合格", "pass", "没有问题", "无问题"),
    "unknown": ("看不清", "unknown", "无法判断", "未知"),
}
HEADERS = {
    "sample": ("sample", "抽查号"),
    "n": ("n", "序号"),
    "finding": ("finding", "结论编号"),
    "unit": ("unit", "单位"),
    "rule": ("rule", "规则"),
    "title": ("title", "检查内容"),
    "target": ("target", "对象"),
    "account": ("account", "账号"),
    "ours": ("ours", "系统结论"),
    "address": ("address", "页面地址"),
    "true": ("true", "实际情况", "人工结论"),
    "who": ("who", "核对人"),
    "day": ("day", "核对日期"),
    "note": ("note", "说明", "备注"),
}
_FILLED = ("true", "who", "day", "note")

sample_app = typer.Typer(
    no_args_is_help=True, help="人工抽查：draw 抽取，sheet 再导出核对表，read 读回，report 算准确率"
)
app.add_typer(sample_app, name="sample")
Number = Annotated[int | None, typer.Option("--sample", help="抽查号，默认最近一次")]


@sample_app.command("draw")
def draw_(
    size: Annotated[int, typer.Option("--size", min=1, help="抽取多少条")],
    seed: Annotated[str, typer.Option("--seed", help="随机种子；同一种子、同一夜的结论，抽出的总是同一批")],
    out_: Annotated[Path, typer.Option("--out", help="写入的核对表，.xlsx 或 .csv")],
    period: Annotated[str | None, typer.Option("--period", help="考核期：从该期最后一夜的结论中抽取")] = None,
    db: Db = None,
) -> None:
    """从合格和不合格的结论中分层抽取，导出待填的核对表。"""
    must_end(out_, ".xlsx", ".csv")

    def work(db: Database) -> tuple[Sample, list[Item]]:
        until = datetime.now(UTC)
        if period is not None:
            last = named(db, period).last
            until = min(until, datetime.combine(last, datetime.max.time(), SHANGHAI))
        judging = queries.last_night(db, until=until)
        if judging is None:
            raise SheetProblem(["还没有可抽查的结论。请先用 wangkao run 或 wangkao check 判定。"])
        rubric = load_rubric()
        judged = [
            f
            for f in findings.findings_of(db, judging.id)
            if rubric.lines[f.rule].judged and not rubric.lines[f.rule].bonus
        ]
        strata, items = draw(judged, size=size, seed=seed)
        with facts.writing(db):
            made = samples.save_sample(
                db, judging.id, strata, items, seed=seed, size=size, at=datetime.now(UTC), period=period
            )
        return made, items

    made, items = opened(database(db), work)
    _write(made, items, out_)
    err.print(f"第 {made.id} 次抽查，{len(items)} 条，已写入 {out_}", markup=False, soft_wrap=True)


@sample_app.command("sheet")
def sheet_(
    out_: Annotated[Path, typer.Option("--out", help="写入的核对表，.xlsx 或 .csv")],
    number: Number = None,
    db: Db = None,
) -> None:
    """再次导出一次抽查的核对表。"""
    must_end(out_, ".xlsx", ".csv")
    made, items = opened(database(db), lambda d: (found := _sample(d, number), samples.items(d, found.id)))
    _write(made, items, out_)
    err.print(f"已写入 {out_}", markup=False, soft_wrap=True)


@sample_app.command("read")
def read_(
    file: Annotated[Path, typer.Option("--sheet", help="填好的核对表")],
    db: Db = None,
) -> None:
    """读回填好的核对表；没有填实际情况的行略过，同一条以最后一次为准。"""

    def work(db: Database) -> tuple[int, int]:
        sample, answers = read_answers(db, file)
        with facts.writing(db):
            samples.save_answers(db, sample.id, answers, at=datetime.now(UTC))
        return sample.id, len(answers)

    number, count = opened(database(db), work)
    err.print(f"第 {number} 次抽查，读入 {count} 条核对结果", markup=False)


@sample_app.command("report")
def report_(number: Number = None, db: Db = None) -> None:
    """每条规则的准确率和查出率，附 95% 置信区间。"""

    def work(db: Database) -> None:
        sample = _sample(db, number)
        rows = reliability(samples.strata(db, sample.id), samples.items(db, sample.id), samples.answers(db, sample.id))
        titles = {rule: line.title for rule, line in load_rubric().lines.items()}
        table = Table(
            title=f"第 {sample.id} 次抽查（种子 {sample.seed}，{sample.at.astimezone(SHANGHAI):%Y-%m-%d}）",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for head in ("规则", "结论", "抽取", "已核对", "看不清", "准确率", "查出率", "与人工不符"):
            table.add_column(head, overflow="fold")
        for r in rows:
            wrong = "、".join(map(str, r.wrong[:5])) + ("…" if len(r.wrong) > 5 else "")
            counts = (r.population, r.drawn, r.answered, r.unclear)
            name = titles.get(r.rule, r.rule) if r.rule else "全部"
            table.add_row(name, *map(str, counts), percent(r.precision), percent(r.recall), wrong)
        out.print(table)
        if uncovered := rows[0].uncovered:
            out.print(f"{uncovered} 条结论所在的层没有核对，比率不代表它们。", markup=False, soft_wrap=True)

    opened(database(db), work)


def read_answers(db: Database, file: Path) -> tuple[Sample, list[Answer]]:
    """The draw that the sheet belongs to, and its answers. Raises SheetProblem with every cell that is wrong."""
    sheet = read_sheet(file, HEADERS, ("sample", "n", "finding", "true", "who", "day"))
    known: dict[int, dict[int, Item]] = {s.id: {i.n: i for i in samples.items(db, s.id)} for s in samples.samples(db)}
    found: dict[int, Answer] = {}
    numbers: set[int] = set()
    for row in sheet.rows():
        said = row.text("true")
        if not said:
            continue
        number, n = _whole(row, "sample"), _whole(row, "n")
        item = known.get(number, {}).get(n)
        if item is None:
            row.refuse("n", "没有这一条抽查", "抽查号和序号请照导出的核对表，不要改动")
        elif _whole(row, "finding") != item.finding:
            row.refuse("finding", f"第 {n} 条应为 {item.finding}", "请照导出的核对表，不要改动")
        numbers.add(number)
        verdict = next((v for v, words in _SAID.items() if said.strip().lower() in words), None)
        if verdict is None:
            row.refuse("true", "看不出是哪一种", f"请填 {'、'.join(_WORDS.values())} 之一")
        who, day = row.text("who"), _day(row)
        if not who:
            row.refuse("who", "是空的", "请填核对人")
        if day is None:
            row.refuse("day", "不是日期", "请写成 2026-12-01")
        if n in found:
            row.refuse("n", "这一条出现了两次", "请删去其中一行")
        found[n] = Answer(n, verdict or "", who, day or date.min, row.text("note"))
    sheet.finish()
    if len(numbers) > 1:
        raise SheetProblem([f"{file}：含有几次抽查（{'、'.join(map(str, sorted(numbers)))}）。请一次抽查一个文件。"])
    if not found:
        raise SheetProblem([f"{file}：没有一行填了实际情况。请在“实际情况”列填写后再读入。"])
    chosen = numbers.pop()
    return next(s for s in samples.samples(db) if s.id == chosen), list(found.values())


def _whole(row: Row, column: str) -> int:
    text = row.text(column)
    return int(text) if text.isdigit() else 0


def _day(row: Row) -> date | None:
    cell = row.cell("day")
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        parts = row.text("day").replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "").split("-")
        return date(*map(int, parts))
    except (TypeError, ValueError):
        return None


def _sample(db: Database, number: int | None) -> Sample:
    found = samples.samples(db)
    if not found:
        raise SheetProblem(["还没有抽查过。请先用 wangkao sample draw 抽取。"])
    chosen = next((s for s in found if s.id == number), None) if number is not None else found[-1]
    if chosen is None:
        raise SheetProblem([f"没有第 {number} 次抽查。现有 {'、'.join(str(s.id) for s in found)}。"])
    return chosen


def rows(sample: Sample, items: list[Item]) -> list[list[str | int]]:
    """The lines of the sheet, in the order of HEADERS, what is to be filled in empty."""
    titles = {rule: line.title for rule, line in load_rubric().lines.items()}
    return [
        [
            sample.id,
            i.n,
            i.finding,
            i.unit,
            i.rule,
            titles.get(i.rule, i.rule),
            i.target,
            i.account or "",
            _WORDS[i.verdict],
            i.address or "",
            *[""] * len(_FILLED),
        ]
        for i in items
    ]


def _write(sample: Sample, items: list[Item], path: Path) -> None:
    with writing(path), replacing(path) as new:
        if path.suffix.lower() == ".csv":
            buffer = io.StringIO(newline="")
            table = csv.writer(buffer)
            table.writerow([forms[1] for forms in HEADERS.values()])
            table.writerows([no_formula(cell) for cell in line] for line in rows(sample, items))
            new.write_text(buffer.getvalue(), "utf-8-sig", newline="")
        else:
            _xlsx(sample, items, new)


def _xlsx(sample: Sample, items: list[Item], path: Path) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("核对表")
        head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
        fill = book.add_format({"bg_color": "#FFF8DC", "border": 1, "text_wrap": True})
        day = book.add_format({"bg_color": "#FFF8DC", "border": 1, "num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, [forms[1] for forms in HEADERS.values()], head)
        first = len(HEADERS) - len(_FILLED)
        for n, line in enumerate(rows(sample, items), 1):
            for column, cell in enumerate(line[:first]):
                sheet.write(n, column, cell)
            for column in range(first, len(HEADERS)):
                sheet.write_blank(n, column, None, day if column == first + 2 else fill)
        sheet.data_validation(
            1, first, max(1, len(items)), first, {"validate": "list", "source": list(_WORDS.values())}
        )
        for column, width in enumerate((8, 6, 10, 18, 20, 24, 36, 16, 10, 44, 12, 12, 14, 36)):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 4)
        sheet.autofilter(0, 0, max(1, len(items)), len(HEADERS) - 1)
