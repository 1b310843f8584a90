"""How did a unit come to its score, and what moved it between two judgings?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlite_utils import Database

from db import facts, findings, periods
from db.findings import Judging
from db.records import Account, Finding, Score, Unit, shanghai_day
from monitors import explain
from monitors import run as monitor
from monitors.explain import REGISTRY, REVIEW, ROUNDED, RULE, SITE, Entry, Ledger, Part
from monitors.rubric import Rubric, load_rubric
from schedules.again import Past
from schedules.period import PeriodProblem
from schedules.review import Reviewed, reviewed_judging

Cause = Callable[[explain.Subject, Sequence[Finding], Sequence[Finding]], str]


@dataclass(frozen=True, slots=True)
class Mended:
    """What a unit would have if some faults were gone: the findings, the printed score now and then."""

    findings: tuple[Finding, ...]
    now: Decimal
    then: Decimal


@dataclass(frozen=True, slots=True)
class Point:
    """One judging of one unit.

    score   as stored that night, 未复核        ledger  from full marks to it, and on to what people decided (复核后)
    exact   after review, before rounding        online  after review, as printed; None: 待人工核查
    """

    judging: Judging
    on: date
    score: Score
    ledger: Ledger
    exact: Decimal
    online: Decimal | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A unit's reviewed score at one judging and, where another is compared, what moved it there.

    parts   their points add up to exactly `after.online - before.online` (to the unrounded ones where one has no printed score)
    mended  the three dearest faults gone; None where there is none
    """

    unit: str
    after: Point
    before: Point | None = None
    parts: tuple[Part, ...] = ()
    mended: Mended | None = None

    @property
    def by_cause(self) -> Mapping[str, Decimal]:
        """The sum of each cause."""
        found: dict[str, Decimal] = {}
        for part in self.parts:
            found[part.cause] = found.get(part.cause, Decimal(0)) + part.points
        return found


def explained(
    db: Database, unit: str, *, after: int | None = None, before: int | None = None, two: bool = False
) -> Explained:
    """The unit at the judging of run `after` (None: the newest), against run `before` (None: no comparison).

    Raises PeriodProblem for a unit or a run that was not judged.
    """
    last = findings.latest_judging(db)
    if last is None:
        raise PeriodProblem("还没有判定过。请先运行 wangkao run。")
    now = _Side(db, unit, _judging(db, after) if after is not None else last, two)
    point = now.point()
    costly = explain.dearest(now.reviewed.findings, now.rubric)
    mended = None
    if costly and point.online is not None and not now.unit.no_platform:
        then = explain.if_mended(
            now.unit,
            now.reviewed.findings,
            [f.id for f in costly],
            now.rubric,
            vetoing=now.reviewed.stands,
            on=now.on,
        )
        mended = Mended(tuple(costly), point.online, then)
    if before is None:
        return Explained(unit, point, mended=mended)
    then_ = _Side(db, unit, _judging(db, before), two)
    was, moved = then_.point(), _moved(db, then_, now, two)
    if was.online is not None and point.online is not None:
        rounding = (point.online - point.exact) - (was.online - was.exact)
        moved += [Part(ROUNDED, rounding)] if rounding else []
    return Explained(unit, point, was, tuple(moved), mended)


def run_of(db: Database, said: str) -> int:
    """The run that a number or a day (YYYY-MM-DD, Asia/Shanghai) names: of a day the last one that was judged. Raises PeriodProblem."""
    if said.isdecimal():
        return int(said)
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise PeriodProblem(f"「{said}」不是日期也不是任务号。日期写作 YYYY-MM-DD。") from None
    runs = [r.id for r in facts.runs_in(db, "finished", "suspect") if shanghai_day(r.started_at) == day]
    judged = findings.last_judgings(db, runs)
    if not judged:
        raise PeriodProblem(f"{day} 没有判定过的任务。")
    return max(judged)


def runs_before(db: Database, run: int | None) -> int | None:
    """The night before that run (None: before the newest judging), or None."""
    last = findings.latest_judging(db)
    at = run if run is not None else (last.run if last else None)
    nights = [
        r.id for r in facts.runs_in(db, "finished", "suspect") if r.kind == "night" and at is not None and r.id < at
    ]
    judged = findings.last_judgings(db, nights)
    return max(judged, default=None)


def _judging(db: Database, run: int) -> Judging:
    known = findings.last_judgings(db, [run])
    if run not in known:
        raise PeriodProblem(f"第 {run} 次任务没有判定过。")
    found = findings.judging_by_id(db, known[run][0])
    assert found is not None
    return found


class _Side:
    """One judging of one unit: its findings raw and reviewed, the registry by which it was made."""

    def __init__(self, db: Database, unit: str, judging: Judging, two: bool) -> None:
        self.db, self.judging, self.two = db, judging, two
        self.on = shanghai_day(judging.as_of)
        self.run = judging.run or 0
        kept = periods.registry_of(db, judging.id)
        self.accounts: Sequence[Account] | None = kept[1] if kept else None
        units = kept[0] if kept else facts.units(db)
        row = next((u for u in units if u.name == unit), None)
        score = next((s for s in findings.scores_of(db, judging.id) if s.unit == unit), None)
        if row is None or score is None:
            raise PeriodProblem(f"第 {self.run} 次任务的成绩中没有单位「{unit}」。请核对单位名称；市政府门户不计分。")
        self.unit: Unit = row
        self.score = score
        self.rubric: Rubric = load_rubric(judging.rubric)
        self.found = findings.findings_of_unit(db, judging.id, unit)
        self.reviewed = self.review(self.found)

    def review(self, found: Sequence[Finding], *, until: int | None = None) -> Reviewed:
        """These findings with what was decided before the run after `until` began; without it, after this judging's own run,
        or up to now where it is the newest."""
        if until is None:
            newest = findings.latest_judging(self.db)
            until = self.run if newest is not None and newest.id != self.judging.id else None
        return reviewed_judging(self.db, found, [self.unit], self.rubric, on=self.on, two=self.two, until=until)

    def again(self, rubric: Rubric) -> list[Finding] | None:
        """The stored facts judged now, by that rubric; None where the run itself says nothing of the unit."""
        run = facts.run_of(self.db, self.run)
        if run is None:
            return None
        for _, case in Past(self.db, [run], accounts=self.accounts).cases(self.unit):
            made = monitor.judge(case, rubric)
            known = {(f.rule, f.target, f.account, f.verdict, f.points): f.id for f in self.found}
            return [
                replace(f, id=known.get((f.rule, f.target, f.account, f.verdict, f.points), -n))
                for n, f in enumerate(made, 1)
            ]
        return None

    def point(self) -> Point:
        exact = _State(self.unit, self.reviewed, self.rubric).exact
        made = self.reviewed.scores.get(self.unit.name)
        online = made.online if made else None
        ledger = explain.of_night(self.score, self.rubric, self.found)
        if ledger.online is not None and online is not None and online != ledger.online:
            entry = Entry(explain.REVIEWED, online - ledger.online, None, "复核决定", "排除、争议和否决项的确认")
            ledger = replace(ledger, entries=(*ledger.entries, entry), online=online)
        return Point(self.judging, self.on, self.score, ledger, exact, online, tuple(self.found))


@dataclass(frozen=True)
class _State:
    """What a reviewed score is made of."""

    unit: Unit
    reviewed: Reviewed
    rubric: Rubric

    @property
    def exact(self) -> Decimal:
        return explain.exact(self.unit, self.reviewed.findings, self.rubric, self.reviewed.stands)


def _moved(db: Database, before: _Side, after: _Side, two: bool) -> list[Part]:
    """What led from one reviewed score to the other: first rules, then the registry, then what was seen, then what people decided."""
    law = after.rubric
    state, found = _State(before.unit, before.reviewed, before.rubric), list[Part]()
    made = before.again(law)
    if made is not None and not _like(made, before.found) and _by_todays_rules(before, after):
        judged = reviewed_judging(db, made, [before.unit], law, on=before.on, two=two, until=before.run)
        found += _step(state, then := _State(before.unit, judged, law), RULE, lambda *_: RULE)
        state = then
    found += _step(state, then := _State(after.unit, state.reviewed, law), REGISTRY, lambda *_: REGISTRY)
    seen = after.review(after.found, until=before.run)
    found += _step(then, last := _State(after.unit, seen, law), SITE, _cause(before, after))
    found += _step(last, _State(after.unit, after.reviewed, law), REVIEW, lambda *_: REVIEW)
    return found


def _step(now: _State, then: _State, default: str, cause: Cause) -> list[Part]:
    """The parts that lead from one state to the next, adding up exactly; what no finding did has the default cause."""

    def value(found: Sequence[Finding]) -> Decimal:
        return explain.exact(then.unit, found, then.rubric, lambda f: now.reviewed.stands(f) or then.reviewed.stands(f))

    begin, end = value(now.reviewed.findings), value(then.reviewed.findings)
    found = explain.parts(now.reviewed.findings, then.reviewed.findings, value, cause)
    return [
        *([Part(default, begin - now.exact)] if begin != now.exact else []),
        *found,
        *([Part(default, then.exact - end)] if then.exact != end else []),
    ]


def _by_todays_rules(before: _Side, after: _Side) -> bool:
    """Whether the later judging is what today's rules make of its facts: only then can they be told from those of the earlier one."""
    if before.judging.rubric != after.judging.rubric:
        return True
    made = after.again(after.rubric)
    return made is not None and _like(made, after.found)


def _like(made: Sequence[Finding], stored: Sequence[Finding]) -> bool:
    """Whether they say the same of the same."""

    def said(found: Sequence[Finding]) -> set[tuple[object, ...]]:
        return {(f.rule, f.target, f.account, f.verdict, f.points) for f in found}

    return said(made) == said(stored)


def _cause(before: _Side, after: _Side) -> Cause:
    """Why a finding differs between two judgings by one set of rules."""
    gone = _changed_rows(before, after)
    accounts = [{(a.source, a.account) for a in side.accounts or ()} for side in (before, after)]
    known = before.accounts is not None and after.accounts is not None

    def cause(key: explain.Subject, was: Sequence[Finding], now: Sequence[Finding]) -> str:
        rule, target, account = key
        if account is not None:
            registered = [(target, account) in side for side in accounts]
            return REGISTRY if known and registered[0] != registered[1] else explain.fact_cause(was, now)
        return REGISTRY if any(rule.startswith(part) for part in gone) else explain.fact_cause(was, now)

    return cause


def _changed_rows(before: _Side, after: _Side) -> tuple[str, ...]:
    """The rules that judge what the registry says otherwise of the unit now, by how they begin."""
    one, other = before.unit, after.unit
    if (one.site, one.group) != (other.site, other.group):
        return ("",)
    found: list[str] = []
    if one.board != other.board:
        found.append("board.")
    if (one.reports, one.annual_report) != (other.reports, other.annual_report):
        found.append("report.")
    if (one.retrofit, one.self_assessment) != (other.retrofit, other.self_assessment):
        found.append("elder.")
    if one.site_code != other.site_code:
        found.append("site.footer")
    return tuple(found)
