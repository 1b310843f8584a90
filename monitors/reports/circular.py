"""What does the draft of the yearly 通报 say? Figures in the text, problems under the circular's five headings, tables as annexes.

Every number in the text is a figure of `monitors.figures` and carries its source as a comment; the same list stands at the end of the
draft, to be taken out before it goes out. Measures and judgements are left to the writer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from monitors.figures import Figure
from monitors.reports.paper import Grid, Paper, chinese_day
from monitors.reports.text import paragraphs, pieces, source_rows
from monitors.sampling import Reliability, percent
from monitors.table import PARTS, Line, groups

TITLES = {"written": "书面考核", "online": "网上考核", "consultation": "征询考核"}
_NUMERALS = "一二三四五六七八九"
_SOURCES = "核稿附表"


@dataclass(frozen=True, slots=True)
class Circular:
    """What a draft is made of.

    on         the day it is made            city, office  whose circular it is, and who signs
    lines      the whole score table; empty: the parts are not known yet, and `online` is printed instead
    online     (unit, group, 网上考核, 备注) where there are no lines
    problems   (heading, figure name) of the list of units, in order
    digest     words that say by what the figures were sealed; "" where nothing is
    checked    what people found when they checked a draw by hand       pictures  (caption, PNG)
    """

    year: int
    on: date
    office: str
    figures: Mapping[str, Figure]
    city: str = "全市"
    lines: Sequence[Line] = ()
    online: Sequence[tuple[str, str, str, str]] = ()
    digest: str = ""
    checked: Sequence[Reliability] = ()
    pictures: Sequence[tuple[str, bytes]] = ()
    titles: Mapping[str, str] = field(default_factory=dict)


def as_docx(circular: Circular) -> bytes:
    """The draft as a Word file."""
    title = f"关于{circular.year}年度全市政务公开工作情况的通报"
    paper = Paper(f"{circular.office}{title}", circular.office)
    paper.letterhead(circular.office, "〔待填：发文字号〕")
    paper.title(circular.office, title)
    paper.to(_words()["to"])
    given = {"year": str(circular.year), "city": circular.city, "office": circular.office}
    paper.body(*pieces(_words()["opening"], given, circular.figures))
    for section in _words()["section"]:
        paper.level(section["level"], section["title"])
        for paragraph in paragraphs(section, given, circular.figures):
            paper.body(*paragraph)
    table = f"{_place(circular)}{circular.year}年度政务公开工作考核成绩汇总表"
    annexes = [table, "问题清单"] + ["数据图"] * bool(circular.pictures) + ["考核结论抽查情况"]
    paper.annexes(annexes)
    paper.signed(circular.office, f"〔待填：成文日期〕{circular.year + 1}年", "此件公开发布")
    _tables(paper, circular, table)
    paper.annex("附件2", "问题清单")
    _problems(paper, circular)
    if circular.pictures:
        paper.annex("附件3", "数据图")
        for caption, png in circular.pictures:
            paper.picture(png, caption)
    paper.annex(f"附件{len(annexes)}", "考核结论抽查情况")
    _checked(paper, circular)
    paper.at_foot()
    paper.imprint(_words()["copies"], circular.office, f"{circular.year + 1}年〔待填：日期〕")
    _sources(paper, circular)
    return paper.data()


def sections() -> list[dict[str, Any]]:
    """The sections of the text, from circular.toml."""
    found: list[dict[str, Any]] = _words()["section"]
    return found


def _place(circular: Circular) -> str:
    return "" if circular.city == "全市" else circular.city


def _tables(paper: Paper, circular: Circular, title: str) -> None:
    used = [g for g in groups().values() if _rows(circular, g.name)]
    if not used:
        paper.annex("附件1", title)
        paper.small("〔待填：成绩汇总表〕")
    for number, group in enumerate(used):
        numbered = f"{title}（{_NUMERALS[number]}）" if len(used) > 1 else title
        paper.annex("附件1" if number == 0 else "", numbered)
        paper.under(group.annex)
        heads = [f"{TITLES[part]}\n（{group.full[part]:f}分）" for part in PARTS]
        grid = Grid(
            ["单位", *heads, "综合\n加分", "总成绩", "名次", "备注"],
            _rows(circular, group.name),
            [25, 19, 19, 19, 11, 15, 10, 38],
            over=[("单位", 1), ("各分项考核结果", 3), ("综合\n加分", 1), ("总成绩", 1), ("名次", 1), ("备注", 1)],
            left=frozenset([7]),
        )
        paper.table(grid)
        for line in circular.lines:
            if line.parts.group == group.name:
                for decision in line.decisions:
                    paper.small(f"注：{line.parts.unit}与{decision.after}总成绩相同，排在其后：{decision.why}")
        if not circular.lines:
            paper.small(
                "〔待填：书面考核、征询考核、综合加分。用 wangkao table --template 导出各项得分表，填好后重新起草〕"
            )
        paper.small(circular.digest or "本表未经封存，数据不是正式结果。")


def _rows(circular: Circular, group: str) -> list[list[str]]:
    if circular.lines:
        mine = [line for line in circular.lines if line.parts.group == group]
        return [
            [
                line.parts.unit,
                *(_cell(part) for part in (line.parts.written, line.parts.online, line.parts.consultation)),
                _cell(line.parts.bonus),
                f"{line.total:f}",
                str(line.rank),
                line.parts.remark,
            ]
            for line in mine
        ]
    blank = "〔待填：分〕"
    return [
        [unit, blank, online, blank, "", blank, "", remark]
        for unit, of, online, remark in circular.online
        if of == group
    ]


def _cell(part: Decimal | str) -> str:
    return f"{part:f}" if isinstance(part, Decimal) else part


def _problems(paper: Paper, circular: Circular) -> None:
    """Each heading with every unit that its figures count."""
    rows = []
    for section in sections():
        for name in _deciders(section):
            figure = circular.figures[name]
            if section["level"] == 2 and figure.units and figure.value and section["title"] in problem_headings():
                rows.append(
                    [section["title"], figure.title, f"{figure.value}{figure.measure}", "、".join(figure.units)]
                )
    if rows:
        paper.table(Grid(["问题", "表现", "数量", "涉及单位"], rows, [32, 36, 16, 72], left=frozenset([0, 1, 3])))
    else:
        paper.body("没有发现上列各类问题。")


def problem_headings() -> list[str]:
    """The circular's five headings of problems."""
    found, within = [], False
    for section in sections():
        if section["level"] == 1:
            within = section["title"].startswith("二、")
        elif within:
            found.append(section["title"])
    return found


def _deciders(section: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(s["of"] for s in section["sentences"] if "of" in s))


def _checked(paper: Paper, circular: Circular) -> None:
    rows = reliability_rows(circular.checked, circular.titles)
    if not rows:
        paper.body("〔待填：抽查情况。尚未对考核结论进行人工抽查〕")
        return
    paper.small(
        "按规则、结论、类别分层随机抽取，由人工逐条核对。准确率：判为不合格的结论中确属不合格的比例；"
        "查出率：确有问题的对象中被判为不合格的比例。括号内为95%置信区间。"
    )
    heads = ["规则", "结论数", "抽取", "已核对", "准确率", "查出率"]
    paper.table(Grid(heads, rows, [40, 15, 10, 13, 39, 39], left=frozenset([0])))


def reliability_rows(checked: Sequence[Reliability], titles: Mapping[str, str]) -> list[list[str]]:
    """The lines of the table of what people checked; rules of which nothing was answered are left out."""
    return [
        [
            titles.get(r.rule, r.rule) if r.rule else "全部",
            str(r.population),
            str(r.drawn),
            str(r.answered),
            percent(r.precision).replace("（", "\n（"),
            percent(r.recall).replace("（", "\n（"),
        ]
        for r in checked
        if r.answered
    ]


def _sources(paper: Paper, circular: Circular) -> None:
    paper.annex(_SOURCES, "数字来源")
    paper.small(
        f"供核稿用，印发前删去本页和全部批注。制作日期：{chinese_day(circular.on)}。{circular.digest or '数据未经封存。'}"
    )
    paper.table(source_rows(circular.figures))


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "circular.toml").read_text("utf-8"))
