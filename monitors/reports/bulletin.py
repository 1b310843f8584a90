"""What does the 检查通报 of a month or a quarter say? Counts, units in fault, how far they are with mending, and the span before."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from db.records import Alert
from monitors.alerts import kinds, states, subject
from monitors.bulletins import Span, by_title
from monitors.digest import reason_words
from monitors.figures import Figure
from monitors.reports.paper import Grid, Paper, chinese_day
from monitors.reports.text import paragraphs, pieces, source_rows
from monitors.rubric import Rubric

_CODES = re.compile(r"（[ -~]*）$")  # details that are no words: fields, ways, numbers of rows
_GRAVE = ("confirmed", "rectifying", "closing_proposed")  # what a person has said is so


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What it is made of; `alerts` are all by their number, `pictures` (caption, PNG)."""

    now: Span
    then: Span
    on: date
    office: str
    figures: Mapping[str, Figure]
    alerts: Mapping[int, Alert]
    rubric: Rubric
    pictures: Sequence[tuple[str, bytes]] = ()


def title_of(bulletin: Bulletin) -> tuple[str, str]:
    """The title in its two lines, without the office."""
    return f"关于{bulletin.now.label}", "全市政府网站与政务新媒体检查情况的通报"


def as_docx(bulletin: Bulletin) -> bytes:
    """The bulletin as a Word file."""
    given = {"span": bulletin.now.label, "before": bulletin.then.label, "office": bulletin.office}
    paper = Paper("".join((bulletin.office, *title_of(bulletin))), bulletin.office)
    paper.title(bulletin.office, *title_of(bulletin))
    paper.to(_words()["to"])
    paper.body(*pieces(_words()["opening"], given, bulletin.figures))
    for section in _words()["section"]:
        paper.level(section["level"], section["title"])
        for paragraph in paragraphs(section, given, bulletin.figures):
            paper.body(*paragraph)
    annexes = ["各类问题涉及的单位", "存在问题的单位", "整改情况"]
    paper.annexes(annexes)
    paper.signed(bulletin.office, chinese_day(bulletin.on))
    paper.annex("附件1", annexes[0])
    _themes(paper, bulletin)
    for caption, png in bulletin.pictures:
        paper.picture(png, caption)
    paper.annex("附件2", annexes[1])
    _units(paper, bulletin)
    paper.annex("附件3", annexes[2])
    _mending(paper, bulletin)
    paper.annex("核稿附表", "数字来源")
    paper.small(f"供核稿用，印发前删去本页和全部批注。制作日期：{chinese_day(bulletin.on)}。")
    paper.table(source_rows(bulletin.figures))
    return paper.data()


def _themes(paper: Paper, bulletin: Bulletin) -> None:
    now, then = by_title(bulletin.now, bulletin.rubric), by_title(bulletin.then, bulletin.rubric)
    rows = []
    for title in dict.fromkeys((*now, *then)):
        mine, old = now.get(title, []), then.get(title, [])
        known = bulletin.then.night is not None
        change = f"{len(mine) - len(old):+d}" if known and len(mine) != len(old) else "0" if known else "—"
        rows.append([title, str(len(mine)), str(len(old)) if known else "—", change, "、".join(mine)])
    if rows:
        heads = ["问题", f"{bulletin.now.label}\n（家）", f"{bulletin.then.label}\n（家）", "增减", "涉及单位"]
        paper.table(Grid(heads, rows, [42, 22, 22, 12, 58], left=frozenset([0, 4])))
    else:
        paper.body("没有发现经核实的问题。")


def _units(paper: Paper, bulletin: Bulletin) -> None:
    faults = bulletin.now.faults
    rows: list[list[str]] = []
    for unit in dict.fromkeys(f.unit for f in faults):
        said: dict[str, list[str]] = {}
        for f in faults:
            if f.unit == unit:
                words = _CODES.sub("", reason_words(f.reason))
                named = f"{f.account}：{words}" if f.account else words
                said.setdefault(bulletin.rubric.lines[f.rule].title, []).append(named)
        lines = [
            f"{title}（{'；'.join(dict.fromkeys(each))}）{f'×{len(each)}' if len(each) > 1 else ''}"
            for title, each in said.items()
        ]
        rows.append([str(len(rows) + 1), unit, str(sum(map(len, said.values()))), "\n".join(lines)])
    if rows:
        paper.table(Grid(["序号", "单位", "项数", "问题"], rows, [12, 36, 14, 94], left=frozenset([3])))
    else:
        paper.body("没有。")


def _mending(paper: Paper, bulletin: Bulletin) -> None:
    """Only what a person has confirmed goes by name: an alert nobody has looked at is no fault of anyone's yet."""
    rows: list[list[str]] = []
    for number, state in bulletin.now.standing.items():
        if state not in _GRAVE:
            continue
        alert = bulletin.alerts[number]
        due = str(alert.due) if state == "rectifying" and alert.due else ""
        rows.append([alert.unit, kinds()[alert.kind].title, subject(alert)[1], states()[state], due])
    for number in sorted(bulletin.now.resolved):
        alert = bulletin.alerts[number]
        rows.append([alert.unit, kinds()[alert.kind].title, subject(alert)[1], states()["resolved"], ""])
    rows.sort(key=lambda row: row[0])
    if rows:
        paper.table(Grid(["单位", "问题", "对象", "状态", "整改期限"], rows, [30, 30, 56, 16, 24], left=frozenset([2])))
    else:
        paper.body("没有经人工确认、尚未了结的问题。")


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "bulletin.toml").read_text("utf-8"))
