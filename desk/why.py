"""Why is a score what it is, and what would other rules make of it? Commands of `wangkao`: explain, backtest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlite_utils import Database

from db.codec import plain
from desk.assess import print_ledger, shown
from desk.office import a_day, opened
from desk.shell import UNUSABLE, Db, app, database, emit, err, fail, out, settings, writing
from monitors.digest import reason_words
from monitors.explain import CAUSES, Part
from monitors.rubric import Rubric, load_rubric, rubric_text
from schedules.backtest import Backtest, backtest
from schedules.explained import Explained, explained, run_of, runs_before

_VERDICTS = {"pass": "合格", "fail": "不合格", "unknown": "未能核实", "na": "不适用", "absent": "无"}


@app.command("explain")
def explain_(
    unit: Annotated[str, typer.Argument(help="单位名称")],
    first: Annotated[
        str | None, typer.Option("--from", help="与哪一次比较：任务号或日期 YYYY-MM-DD；默认前一夜")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="看哪一次：任务号或日期；默认最近一次判定")] = None,
    form: Annotated[str, typer.Option("--format", help="table 或 json")] = "table",
    db: Db = None,
) -> None:
    """一个单位的得分：从满分起每一笔扣在哪里；与前一次相比为何变动；改好哪几处能得多少分。"""
    if form not in ("table", "json"):
        fail(UNUSABLE, f"不认识的格式「{form}」。可用 table 或 json。")
    two = settings(db=db).two_reviewers

    def work(db: Database) -> Explained:
        after = run_of(db, last) if last else None
        before = run_of(db, first) if first else runs_before(db, after)
        return explained(db, unit, after=after, before=before, two=two)

    made: Explained = opened(database(db), work)
    if form == "json":
        emit(json.dumps(plain(made), ensure_ascii=False) + "\n")
        return
    rubric = load_rubric(made.after.judging.rubric)
    out.print(f"{unit}  第 {made.after.judging.run} 次任务（{made.after.on}）", markup=False, soft_wrap=True)
    print_ledger(made.after.ledger.full, made.after.ledger.entries, made.after.online)
    if made.mended is not None:
        names = "、".join(dict.fromkeys(rubric.lines[f.rule].title for f in made.mended.findings))
        what = f"若改好“{names}”共 {len(made.mended.findings)} 处"
        out.print(f"{what}：{made.mended.now:f} → {made.mended.then:f}", markup=False, soft_wrap=True)
    if made.before is not None:
        _print_movement(made, rubric)


def _print_movement(made: Explained, rubric: Rubric) -> None:
    before = made.before
    assert before is not None
    was, now = (
        f"{p.online:f}" if p.online is not None else f"待人工核查（{shown(p.exact):f}）" for p in (before, made.after)
    )
    out.print(f"\n与第 {before.judging.run} 次任务（{before.on}）相比：{was} → {now}", markup=False, soft_wrap=True)
    if not made.parts:
        out.print("没有变动。")
        return
    table = Table(box=None, pad_edge=False)
    for head in ("原因", "分", "内容", "对象", "由", "到"):
        table.add_column(head, overflow="fold", justify="right" if head == "分" else "left")
    for part in made.parts:
        line = rubric.lines.get(part.rule)
        table.add_row(
            CAUSES[part.cause],
            f"{shown(part.points):+f}",
            line.title if line else "",
            part.account or part.target,
            *_words(part),
        )
    out.print(table)
    sums = "，".join(f"{CAUSES[cause]} {shown(points):+f}" for cause, points in made.by_cause.items())
    out.print(f"合计：{sums}", markup=False, soft_wrap=True)


def _words(part: Part) -> list[str]:
    return [
        "" if side is None else _VERDICTS[side[0]] + (f"：{reason_words(side[1])}" if side[1] else "")
        for side in (part.before, part.after)
    ]


@app.command("backtest")
def backtest_(
    rubric: Annotated[str | None, typer.Option("--rubric", help="细则名称或文件；默认为夜间判定所用的细则")] = None,
    first: Annotated[str | None, typer.Option("--from", help="起始日 YYYY-MM-DD；默认全部")] = None,
    last: Annotated[str | None, typer.Option("--to", help="截止日 YYYY-MM-DD")] = None,
    form: Annotated[str, typer.Option("--format", help="table 或 json")] = "table",
    out_: Annotated[Path | None, typer.Option("--out", help="把结果写入这个 .json 文件")] = None,
    db: Db = None,
) -> None:
    """用另一份细则（或现在的规则）重判已存的各夜：多少结论会变，其中多少与复核结论相反。新细则用于考核期之前必须做。"""
    if form not in ("table", "json"):
        fail(UNUSABLE, f"不认识的格式「{form}」。可用 table 或 json。")
    begin, end = a_day(first, "--from"), a_day(last, "--to")
    name = rubric or load_rubric().name

    def work(db: Database) -> Backtest:
        return backtest(db, rubric_text(name), Path(name).stem, first=begin, last=end)

    made: Backtest = opened(database(db), work)
    text = json.dumps(plain(made), ensure_ascii=False, indent=1) + "\n"
    if out_ is not None:
        with writing(out_):
            out_.write_text(text, "utf-8")
    if form == "json":
        emit(text)
        return
    out.print(made.words, markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for head in ("单位", "规则", "对象", "原为", "改为", "夜数", "复核"):
        table.add_column(head, overflow="fold", no_wrap=head == "单位")
    signs = {"against": "相反", "with": "一致", "": ""}
    for flip in made.flips[:40]:
        after = _VERDICTS[flip.after] + (f"：{reason_words(flip.reason)}" if flip.reason else "")
        target = flip.account or flip.target
        table.add_row(flip.unit, flip.rule, target, _VERDICTS[flip.before], after, str(flip.nights), signs[flip.label])
    if made.flips:
        out.print(table)
    err.print(f"已记录为第 {made.id} 次试判，细则 {made.rubric}（{made.sha256[:12]}）", markup=False, soft_wrap=True)
