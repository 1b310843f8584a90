"""What is each unit's score for a period, what is it made of, and what must be done before it is sealed?

`assessed` answers for an open period from what is stored now, for a sealed one from what was sealed then. A night counts as it was
judged last; where that was by another rubric than the period's, its stored facts are judged again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlite_utils import Database

from db import appeals, facts, findings, periods, reviews
from db.codec import load
from db.periods import Addendum, Check, Frozen, Period
from db.records import Finding, Review, Run, Unit, shanghai_day
from monitors import explain, period
from monitors import run as monitor
from monitors.exceptions import reviewed, standing
from monitors.explain import Entry
from monitors.hand import by_hand
from monitors.period import Blocker, Dispute, Night, Standing
from monitors.rubric import Rubric, parse_rubric, rubric_text
from monitors.scoring import NO_PLATFORM
from monitors.table import Reason, remark
from schedules.again import Past, runs_between

ZERO = Decimal(0)
_LETTERS = {"pass": "p", "fail": "f", "unknown": "u", "na": "n"}


class PeriodProblem(ValueError):
    """It cannot be done with this period; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class UnitAssessment:
    """One ranked unit.

    full      full marks of 网上考核 in its group         online  the printed score; None: 待人工核查
    rank      dense, within the group                      special  无公开平台记0分, 待人工核查, or None
    veto      rules of the confirmed vetoes                coverage  share, by points, that reached a verdict; None: nothing applies
    ledger    from full marks to `online`: full + the points of all entries is exactly `online` (before rounding, where that is None).
              Entries of kind `line` name rule, points lost, why, numbers of the findings that count, and evidence
    lines     every scored line as it stands, also those that cost nothing
    remark    what the 备注 of the printed table says of the online part
    """

    unit: str
    group: str
    full: Decimal
    online: Decimal | None
    rank: int | None
    special: str | None
    veto: tuple[str, ...]
    coverage: float | None
    ledger: tuple[Entry, ...]
    lines: tuple[Standing, ...] = ()
    remark: str = ""

    @property
    def lost(self) -> tuple[Entry, ...]:
        """The entries of lines that cost points, in the order of the rubric."""
        return tuple(e for e in self.ledger if e.kind == explain.LINE)

    @property
    def adjustments(self) -> tuple[Entry, ...]:
        """What the office gave or took besides the rules."""
        return tuple(e for e in self.ledger if e.kind == explain.ADJUSTED)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A period as it stands, or as it was sealed.

    units     the ranked ones in the order of the registry (the portal is not ranked)
    blockers  what keeps it from being sealed, units that kept us out first; empty where it is sealed
    disputed  open appeals: their findings do not count      waiting  fails that do not count, unconfirmed or disputed
    nights    days of the period on which something was judged
    addenda   corrections after sealing; `units` is without them, see `corrected`
    """

    period: Period
    rubric: Rubric
    units: tuple[UnitAssessment, ...]
    blockers: tuple[Blocker, ...] = ()
    disputed: int = 0
    waiting: int = 0
    nights: int = 0
    addenda: tuple[Addendum, ...] = ()

    @property
    def digest(self) -> str | None:
        """The digest of the seal, to be printed on every output; None while open."""
        return self.period.seal.digest if self.period.seal else None

    def of(self, unit: str) -> UnitAssessment | None:
        """The unit of that name."""
        return next((u for u in self.units if u.unit == unit), None)

    def corrected(self) -> Assessment:
        """With the corrections applied: each an entry of its own, ranks anew. What a table printed after a correction shows."""
        by: dict[str, list[Addendum]] = defaultdict(list)
        for addendum in self.addenda:
            by[addendum.unit].append(addendum)
        units = [_corrected(u, by[u.unit]) if by[u.unit] else u for u in self.units]
        return replace(self, units=_ranked(units), addenda=self.addenda)


def named(db: Database, name: str) -> Period:
    """The period of that name. Raises PeriodProblem where there is none."""
    found = periods.period_named(db, name)
    if found is None:
        known = "、".join(p.name for p in periods.periods(db)) or "还没有考核期"
        raise PeriodProblem(f"没有名为「{name}」的考核期（{known}）。用 wangkao period open 开始一个。")
    return found


def assessed(db: Database, of: str | Period) -> Assessment:
    """The period of that name, as it stands or as it was sealed. Raises PeriodProblem where there is none."""
    known = of if isinstance(of, Period) else named(db, of)
    return _sealed(db, known) if known.sealed else Open(db, known).assessment()


class Open:
    """A period as what is stored now makes it."""

    def __init__(self, db: Database, known: Period, *, keep: bool = False) -> None:
        self.db, self.period, self.keep = db, known, keep
        self.rubric = parse_rubric(known.rubric_text, known.rubric)
        self.scored, self.how = self.rubric.scored(), period.modes(self.rubric)
        self.runs = runs_between(db, known.first, known.last)
        self.days = {run.id: shanghai_day(run.started_at) for run in self.runs}
        self.units = [u for u in facts.units(db) if u.group in self.rubric.full]
        self.stored, other = _judgings(db, self.runs, known)
        self.past = Past(db, other) if other else None
        self.disputed: dict[str, list[Dispute]] = defaultdict(list)
        for a in appeals.open_appeals(db):
            self.disputed[a.unit].append(Dispute(a.rule, a.target, a.account, a.finding, shanghai_day(a.filed_at)))
        self.checks: dict[str, list[Check]] = defaultdict(list)
        for check in periods.checks(db, known):
            self.checks[check.unit].append(check)
        self.adjusted: dict[str, list[Entry]] = defaultdict(list)
        for given in periods.adjustments(db, known):
            title = "加分" if given.points > 0 else "扣分"
            self.adjusted[given.unit].append(
                Entry(explain.ADJUSTED, given.points, None, title, given.why, (), (), given.who, given.proof)
            )
        self.seen_days: set[date] = set()
        self.kept: list[Frozen] = []  # with `keep`: what a seal freezes of the nights

    def assessment(self) -> Assessment:
        lines = {unit.name: self.lines(unit) for unit in self.units}
        made = [self.unit(unit, lines[unit.name]) for unit in self.units]
        return Assessment(
            self.period,
            self.rubric,
            _ranked(made),
            tuple(self.blockers(lines)),
            sum(map(len, self.disputed.values())),
            sum(line.waiting for mine in lines.values() for line in mine),
            len(self.seen_days),
        )

    def blockers(self, lines: Mapping[str, Sequence[Standing]]) -> list[Blocker]:
        """What keeps the period open; a unit without a platform has its 0 whatever else was not seen, or is disputed."""
        seen = {unit.name: lines[unit.name] for unit in self.units if not unit.no_platform}
        unseen = period.blockers(seen, self.rubric, first=self.period.first, last=self.period.last)
        return unseen + [
            Blocker(unit, "appealed", dispute.rule, dispute.target, dispute.on, account=dispute.account)
            for unit, mine in seen.items()
            for dispute in self.disputed.get(unit, ())
            if any(line.rule == dispute.rule and period.counts(line, self.rubric) for line in mine)
            and self.period.first <= self._day_of(dispute) <= self.period.last
        ]

    def _day_of(self, dispute: Dispute) -> date:
        """When what is disputed was seen."""
        found = findings.finding_by_id(self.db, dispute.finding)
        return shanghai_day(found.checked_at) if found else dispute.on

    def unit(self, unit: Unit, lines: Sequence[Standing]) -> UnitAssessment:
        covered = period.coverage(lines, self.rubric)
        ledger = explain.of_period(
            unit, lines, self.rubric, coverage=covered, adjusted=self.adjusted.get(unit.name, ())
        )
        vetoes = [f"{self.rubric.lines[rule].title}单项否决" for rule in ledger.veto]
        given = self.adjusted.get(unit.name, [])
        said = remark(
            [Reason(e.why) for e in given if e.points > 0], [Reason(e.why) for e in given if e.points < 0], vetoes
        )
        return UnitAssessment(
            unit.name,
            unit.group,
            ledger.full,
            ledger.online,
            None,
            ledger.special,
            ledger.veto,
            covered,
            ledger.entries,
            tuple(replace(line, shown=()) for line in lines),
            said,
        )

    def lines(self, unit: Unit) -> list[Standing]:
        """Every scored line of the unit, with evidence of what counts."""
        given = reviews.reviews(self.db, unit=unit.name)
        nights = list(self.nights(unit, standing(given)))
        self.seen_days |= {night.on for night in nights}
        faults = period.faults(
            nights, given, self.disputed.get(unit.name, ()), self.how, days=self.days, two=self.period.two
        )
        nights += by_hand(unit, self.checks.get(unit.name, ()), nights, self.rubric)
        found = period.standings(nights, faults, self.rubric, self.how)
        found = [replace(line, shown=tuple(self._whole(f) for f in line.shown)) for line in found]
        if self.keep:
            self._keep(unit, nights, found)
        return found

    def nights(self, unit: Unit, dismissals: Sequence[Review]) -> Iterator[Night]:
        """What each run made of the unit, without what people dismissed; oldest first."""
        again = {run.id: case for run, case in self.past.cases(unit) if not case.carried} if self.past else {}
        stored = _stored(self.db, unit.name, self.stored, self.rubric, evidence=bool(dismissals))
        for run in self.runs:
            found = stored.get(run.id, [])
            if run.id in again:
                found = _numbered(monitor.judge(again[run.id], self.scored), found)
            if found:
                on = self.days[run.id]
                yield Night(on, reviewed(found, dismissals, on=on) if dismissals else found)

    def _whole(self, finding: Finding) -> Finding:
        """The finding with its evidence, which is not read for nights that nobody asks about."""
        if finding.evidence or not finding.id:
            return finding
        found = findings.finding_by_id(self.db, finding.id)
        return found or finding

    def _keep(self, unit: Unit, nights: Sequence[Night], lines: Sequence[Standing]) -> None:
        """The nights of the unit as a seal freezes them: a letter a night for each subject, and what counts by its number."""
        counted = {number for line in lines for number in line.findings}
        days = sorted({night.on for night in nights if not night.by_hand})
        at = {day: n for n, day in enumerate(days)}
        seen: dict[tuple[str, str, str | None], dict[int, Finding]] = defaultdict(dict)
        for night in nights:
            for f in night.findings:
                if not night.by_hand and not f.carried:
                    seen[f.rule, f.target, f.account][at[night.on]] = f
        self.kept.append(Frozen("night", len(self.kept), periods.canonical({"unit": unit.name, "days": days})))
        for (rule, target, account), mine in seen.items():
            row = {
                "unit": unit.name,
                "rule": rule,
                "target": target,
                "account": account,
                "nights": "".join(_LETTERS[mine[n].verdict] if n in mine else "-" for n in range(len(days))),
                "counted": [[n, f.id, f.points] for n, f in sorted(mine.items()) if f.id in counted],
            }
            self.kept.append(Frozen("night", len(self.kept), periods.canonical(row)))
        for finding in dict.fromkeys(f.id for line in lines for f in line.shown if f.id):
            whole = next(f for line in lines for f in line.shown if f.id == finding)
            self.kept.append(Frozen("finding", len(self.kept), periods.canonical(whole), finding))


def _judgings(db: Database, runs: Sequence[Run], known: Period) -> tuple[dict[int, int], list[Run]]:
    """The last judging of each run; and the runs that were judged by another rubric than the period's."""
    same = known.rubric_text == _text(known.rubric)
    last = findings.last_judgings(db, [run.id for run in runs])
    other = [run for run in runs if run.id in last and not (same and last[run.id][1] == known.rubric)]
    return {run: judging for run, (judging, _) in last.items()}, other


def _text(rubric: str) -> str | None:
    try:
        return rubric_text(rubric)
    except ValueError:  # a file of the office's own, that only the period keeps
        return None


def _stored(
    db: Database, unit: str, judgings: Mapping[int, int], rubric: Rubric, *, evidence: bool
) -> dict[int, list[Finding]]:
    """What the nights found of the unit, by run, as judged last: of scored lines, without what was carried."""
    rules = [line.rule for line in rubric.lines.values() if line.judged]
    run_of = {judging: run for run, judging in judgings.items()}
    found: dict[int, list[Finding]] = defaultdict(list)
    for judging, finding in findings.findings_of_nights(db, unit, list(run_of), rules, evidence=evidence):
        found[run_of[judging]].append(finding)
    return found


def _numbered(made: Sequence[Finding], stored: Sequence[Finding]) -> list[Finding]:
    """Findings judged again, each with the number of the stored one that is about the same and has the same verdict."""
    known = {(f.rule, f.target, f.account, f.verdict): f.id for f in stored}
    return [replace(f, id=known.get((f.rule, f.target, f.account, f.verdict), 0)) for f in made]


def _ranked(units: Iterable[UnitAssessment]) -> tuple[UnitAssessment, ...]:
    made = list(units)
    place = explain.ranks({u.unit: (u.group, u.online) for u in made})
    return tuple(replace(u, rank=place[u.unit]) for u in made)


def _corrected(unit: UnitAssessment, addenda: Sequence[Addendum]) -> UnitAssessment:
    entries = [e for e in unit.ledger if e.kind != explain.ROUNDED]
    entries += [
        Entry(explain.CORRECTED, a.points, None, f"更正第{a.number}号", a.why, (), (), a.who, a.proof) for a in addenda
    ]
    left = unit.full + sum((e.points for e in entries), ZERO)
    within = min(max(left, ZERO), unit.full)
    online = within.quantize(explain.TENTH, ROUND_HALF_UP)
    entries += [
        Entry(kind, points, None, title)
        for kind, points, title in (
            (explain.LIMIT, within - left, "得分不低于 0、不超过满分"),
            (explain.ROUNDED, online - within, "四舍五入"),
        )
        if points
    ]
    said = "；".join(filter(None, [unit.remark, *(f"更正第{a.number}号：{a.why}" for a in addenda)]))
    return replace(unit, online=online, ledger=tuple(entries), remark=said)


def _sealed(db: Database, known: Period) -> Assessment:
    """What was sealed."""
    head = json.loads(next(periods.frozen(db, known, "period")).record)
    return Assessment(
        known,
        parse_rubric(known.rubric_text, known.rubric),
        tuple(load(UnitAssessment, row.record) for row in periods.frozen(db, known, "score")),
        nights=head["nights"],
        addenda=tuple(periods.addenda(db, known)),
    )


def online_parts(assessment: Assessment) -> dict[str, tuple[Decimal | str, str]]:
    """For the whole table: by unit the mark of 网上考核, or the reason why there is none, and the 备注.

    Units without a score are left out.
    """
    return {
        u.unit: (NO_PLATFORM if u.special == NO_PLATFORM and not u.online else u.online, u.remark)
        for u in assessment.corrected().units
        if u.online is not None
    }
