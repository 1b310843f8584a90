"""How do the parts of the assessment become totals and ranks, as the yearly circular prints them?"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from db.registry import squeezed

Part = Decimal | str  # marks; or the reason why there are none, printed as it stands and counted 0
PARTS = ("written", "online", "consultation")
ZERO, TENTH = Decimal(0), Decimal("0.1")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_HAN = re.compile(r"[\u4e00-\u9fff]")


class ScoreTableProblem(ValueError):
    """The parts make no table. The message is Chinese, for the user; `problems` are its lines one by one."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class NoMark(ValueError):
    """A cell is neither a mark nor a reason: what is wrong with it and what to do, both Chinese without a full stop."""

    def __init__(self, wrong: str, remedy: str) -> None:
        super().__init__(wrong)
        self.wrong, self.remedy = wrong, remedy


@dataclass(frozen=True, slots=True)
class Group:
    """Units that are ranked among each other; `full` holds the full marks of each part."""

    name: str
    sheet: str
    annex: str
    names: tuple[str, ...]
    full: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Parts:
    """What one unit got for each part; an empty bonus is "". `extra` holds the cells of columns we do not know."""

    unit: str
    group: str
    written: Part
    online: Part
    consultation: Part
    bonus: Part = ""
    remark: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The office ranks `unit` behind `after` although their totals are equal; `place` says where that is written."""

    unit: str
    after: str
    why: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a printed table; `decisions` are those that put the unit where it is."""

    parts: Parts
    total: Decimal
    rank: int
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a unit got or lost points, and how often (承担省考核任务, 3, 项)."""

    text: str
    count: int | None = None
    measure: str = "项"


def ranked(rows: Iterable[Parts], decisions: Sequence[Decision] = ()) -> list[Line]:
    """The lines of the tables: groups in the order of table.toml, within a group by rank.

    Ranks are dense in each group: equal totals share a rank unless a decision ranks one of them behind another, and the
    next total follows without a gap. Lines of one rank stand as in the circular, higher 书面考核 first, then higher bonus,
    so that the order of `rows` does not matter. Raises ScoreTableProblem with every decision that cannot be, and for a
    unit that comes twice or stands in no ranked group.
    """
    units = _by_name(rows)
    behind = _behind(units, decisions)
    lines: list[Line] = []
    for group in groups():
        tied: dict[Decimal, list[str]] = defaultdict(list)
        for key, row in units.items():
            if row.group == group:
                tied[total(row)].append(key)
        rank = 0
        for mark in sorted(tied, reverse=True):
            place = {key: _depth(key, behind) for key in tied[mark]}
            for key in sorted(tied[mark], key=lambda k: (place[k], _order(units[k]))):
                lines.append(
                    Line(units[key], _printed(mark), rank + 1 + place[key], tuple(behind.get(key, {}).values()))
                )
            rank += 1 + max(place.values())
    return lines


def total(row: Parts) -> Decimal:
    """The exact sum of the parts and the bonus; reasons count 0."""
    return sum((points(part) for part in (row.written, row.online, row.consultation, row.bonus)), ZERO)


def points(part: Part) -> Decimal:
    """What a part counts."""
    return part if isinstance(part, Decimal) else ZERO


def mark(text: str, full: Decimal | None = None, *, optional: bool = False) -> Part:
    """The mark or the reason in a cell.

    full      full marks of the part; None: no limit
    optional  the cell may be empty, or say that there is nothing (无, /)

    Raises NoMark for a number below 0, above `full` or with more decimals than a table shows, and for words that might
    be a mark or a missing decision (20分, 待人工核查) rather than a reason.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    if _NUMBER.fullmatch(said):
        value = Decimal(said)
        if said.startswith("-"):
            raise NoMark("是负数", "分数不能小于 0，扣分请在该项得分中扣除")
        if full is not None and value > full:
            raise NoMark(f"超过满分 {full} 分", "请核对分数和类别")
        if -int(value.normalize().as_tuple().exponent) > most_decimals():
            raise NoMark(
                f"小数超过 {most_decimals()} 位", "请先四舍五入（Excel 中用 =ROUND(数值,1)），名次才能从表中核对"
            )
        return value
    if optional and (not said or _says("nothing", said)):
        return text.strip()
    if not said:
        raise NoMark("是空的", "请填分数，或写明原因（如 未报资料记0分）")
    if _says("zero", said):
        return text.strip()
    if re.search(r"\d", said) or not _HAN.search(said):
        raise NoMark("看不出是分数还是原因", "分数请只填数字；没有分数请写明原因（如 未报资料记0分）")
    if _says("undecided", said):
        raise NoMark("不是分数，也没有说明按 0 分计", "请填分数；确按 0 分计的请写明原因（如 无公开平台记0分）")
    return text.strip()


def remark(bonus: Sequence[Reason] = (), deductions: Sequence[Reason] = (), notes: Sequence[str] = ()) -> str:
    """The 备注 of a unit in the words of the circular; "" when there is nothing to say.

    政务公开考核两年连续前三名、创办政府公报加分 · 承担省考核任务加分（3项） · 申请政府信息公开未答复引起行政复议（3件）被扣分
    """
    said = []
    if len(bonus) == 1:
        said.append(f"{bonus[0].text}加分{_counted(bonus[0])}")
    elif bonus:
        said.append("、".join(f"{reason.text}{_counted(reason)}" for reason in bonus) + "加分")
    if deductions:
        said.append("、".join(f"{reason.text}{_counted(reason)}" for reason in deductions) + "被扣分")
    if notes:
        said.append("，".join(notes))
    return "；".join(said)


def group_of(text: str) -> str | None:
    """The ranked group that these words name, "" for a group that stands in no table, None for anything else."""
    word = squeezed(text)
    for name, group in groups().items():
        if word in map(squeezed, group.names):
            return name
    return "" if word in map(squeezed, _data()["unranked"]["names"]) else None


@cache
def groups() -> Mapping[str, Group]:
    """The ranked groups by name, in the order of their tables."""
    return {
        name: Group(
            name,
            row["sheet"],
            row["annex"],
            tuple(row["names"]),
            {part: Decimal(row["full"][part]) for part in PARTS},
        )
        for name, row in _data()["groups"].items()
    }


def most_decimals() -> int:
    """How many decimals a mark may have."""
    return int(_data()["decimals"])


def _by_name(rows: Iterable[Parts]) -> dict[str, Parts]:
    units: dict[str, Parts] = {}
    problems = []
    for row in rows:
        if row.group not in groups():
            problems.append(f"“{row.unit}” 的类别 “{row.group}” 不参加排名。请核对类别。")
        if units.setdefault(squeezed(row.unit), row) is not row:
            problems.append(f"“{row.unit}” 有两行成绩。请删去其中一行。")
    if problems:
        raise ScoreTableProblem(problems)
    return units


def _behind(units: Mapping[str, Parts], decisions: Sequence[Decision]) -> dict[str, dict[str, Decision]]:
    """For each unit that is ranked behind others, the decisions by these others; raises for what cannot be."""
    behind: dict[str, dict[str, Decision]] = defaultdict(dict)
    problems = []
    for decision in decisions:
        unit, after = squeezed(decision.unit), squeezed(decision.after)
        wrong = _wrong(units, unit, after, decision)
        if not wrong and (before := behind[unit].setdefault(after, decision)) is not decision:
            wrong = f"与{before.place or '另一条'}重复。请删去其中一行。"
        if wrong:
            problems.append(f"{decision.place or '名次决定'}：{wrong}")
    for unit in behind:
        if ring := _ring(unit, behind):
            names = " → ".join(f"“{units[key].unit}”" for key in ring)
            place = behind[unit][ring[1]].place or "名次决定"
            problems.append(f"{place}：{names} 互相排在对方之后。请删去其中一行。")
            break
    if problems:
        raise ScoreTableProblem(problems)
    return behind


def _wrong(units: Mapping[str, Parts], unit: str, after: str, decision: Decision) -> str | None:
    """Why this decision cannot be, in Chinese; None when it can."""
    for key, name in ((unit, decision.unit), (after, decision.after)):
        if key not in units:
            near = difflib.get_close_matches(key, units, 1)
            hint = f"是否为 “{units[near[0]].unit}”？" if near else ""
            return f"成绩表中没有 “{name}”。{hint}请改成成绩表中的单位名称。"
    one, other = units[unit], units[after]
    if unit == after:
        return f"“{one.unit}” 不能排在自己之后。请删去这一行。"
    if one.group != other.group:
        which = "，".join(f"“{row.unit}” 属{groups()[row.group].sheet}" for row in (one, other))
        return f"{which}，两类单位分别排名。请删去这一行。"
    if total(one) != total(other):
        marks = "，".join(f"“{row.unit}” {_printed(total(row))} 分" for row in (one, other))
        return f"{marks}，总成绩不相同，名次由分数决定。只有总成绩相同的单位才能分先后，请删去这一行或核对分数。"
    return None


def _ring(unit: str, behind: Mapping[str, Mapping[str, Decision]]) -> list[str]:
    """A chain of decisions that comes back to `unit`, with it at both ends; empty when there is none."""
    way = {unit: [unit]}
    waiting = [unit]
    while waiting:
        at = waiting.pop()
        for after in behind.get(at, ()):
            if after == unit:
                return [*way[at], unit]
            if after not in way:
                way[after] = [*way[at], after]
                waiting.append(after)
    return []


def _depth(unit: str, behind: Mapping[str, Mapping[str, Decision]]) -> int:
    """How many ranks behind the best of its total."""
    return max((1 + _depth(after, behind) for after in behind.get(unit, ())), default=0)


def _order(row: Parts) -> tuple[Decimal, Decimal, str]:
    return -points(row.written), -points(row.bonus), row.unit


def _printed(value: Decimal) -> Decimal:
    """With one decimal, or with as many as it has."""
    short = value.normalize()
    return short if int(short.as_tuple().exponent) < -1 else value.quantize(TENTH)


def _counted(reason: Reason) -> str:
    return f"（{reason.count}{reason.measure}）" if reason.count is not None else ""


def _says(kind: str, text: str) -> bool:
    return any(re.search(pattern, text) for pattern in _data()["reasons"][kind])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "table.toml").read_text("utf-8"))
