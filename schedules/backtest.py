"""What would another rubric, or today's rules, have said of the nights that are stored?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version

from sqlite_utils import Database

from db import facts, findings, periods, reviews
from db.records import Finding, Review, Run, Unit, shanghai_day
from monitors import period
from monitors import run as monitor
from monitors.exceptions import dismissal_of, standing
from monitors.explain import Subject
from monitors.period import CONFIRMED, Fault, Night
from monitors.rubric import Rubric, RubricError, load_rubric, parse_rubric
from monitors.rule import RULES
from schedules.again import Past, runs_between

ABSENT = "absent"
_SHOWN = 200  # flips that are written down one by one


@dataclass(frozen=True, slots=True)
class Flip:
    """One finding that would have been judged otherwise: verdict and reason before and after, on how many nights, first on which day.

    label  against: a person decided as it was before; with: a person decided as it would be; "": nobody decided
    """

    unit: str
    rule: str
    target: str
    account: str | None
    before: str
    after: str
    reason: str | None
    nights: int
    first: date
    label: str = ""


@dataclass(slots=True)
class Backtest:
    """What would change. `findings` counts each subject (unit, rule, target, account) and way of changing once, however many nights.

    units     in how many units                       against, agreeing  how many of the findings against reviewed labels, and with
    repriced  findings with the same verdict that cost otherwise         flips  the first of them, dearest nights first
    """

    rubric: str
    sha256: str
    version: str
    first: date | None
    last: date | None
    nights: int
    judged: int = 0
    findings: int = 0
    units: int = 0
    against: int = 0
    agreeing: int = 0
    repriced: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    flips: list[Flip] = field(default_factory=list)
    id: int = 0

    @property
    def words(self) -> str:
        """One Chinese sentence."""
        span = f"{self.first} 至 {self.last}，" if self.first else ""
        return (
            f"{span}{self.nights} 夜 {self.judged} 次判定：{self.units} 个单位的 {self.findings} 条结论改变，"
            f"其中 {self.against} 条与复核结论相反、{self.agreeing} 条与复核结论一致；另有 {self.repriced} 条结论不变而扣分改变"
        )


def backtest(
    db: Database,
    text: str,
    name: str,
    *,
    first: date | None = None,
    last: date | None = None,
    at: datetime | None = None,
) -> Backtest:
    """Judge the stored nights from `first` to `last` by the rubric that is `text` and by today's rules, compare with what those nights
    said, and write the result down under the sha256 of the rubric: a rubric can be used for a period only after that.

    A night of which only what cost points is still kept is compared with its facts judged by its own rubric.
    Raises RubricError.
    """
    rubric = parse_rubric(text, name)
    period.modes(rubric)
    runs = runs_between(db, first or date.min, last or date(9998, 12, 31))
    stored = findings.last_judgings(db, [run.id for run in runs])
    runs = [run for run in runs if run.id in stored]
    days = {run.id: shanghai_day(run.started_at) for run in runs}
    made = Backtest(
        rubric.name,
        periods.digest_text(text),
        version("wangkao"),
        min(days.values(), default=None),
        max(days.values(), default=None),
        len(set(days.values())),
    )
    past, tidied = Past(db, runs), findings.tidied_runs(db)
    laws = {run.id: _law(stored[run.id][1]) for run in runs}
    flips: list[Flip] = []
    for unit in facts.units(db):
        mine = _of_unit(db, unit, past, rubric, stored, tidied, laws, days, made)
        flips += mine
        made.units += bool(mine)
    made.findings = len(flips)
    made.against = sum(f.label == "against" for f in flips)
    made.agreeing = sum(f.label == "with" for f in flips)
    for flip in flips:
        made.by_rule[flip.rule] = made.by_rule.get(flip.rule, 0) + 1
    flips.sort(key=lambda f: (f.label != "against", -f.nights, f.unit, f.rule, f.target))
    made.flips = flips[:_SHOWN]
    with facts.writing(db):
        made.id = periods.save_backtest(
            db,
            at=at or datetime.now(UTC),
            rubric=made.rubric,
            sha256=made.sha256,
            version=made.version,
            record=asdict(made),
        )
    return made


def _law(name: str) -> Rubric | None:
    try:
        return load_rubric(name)
    except RubricError:
        return None


def _of_unit(
    db: Database,
    unit: Unit,
    past: Past,
    rubric: Rubric,
    stored: Mapping[int, tuple[int, str]],
    tidied: set[int],
    laws: Mapping[int, Rubric | None],
    days: Mapping[int, date],
    made: Backtest,
) -> list[Flip]:
    given = reviews.reviews(db, unit=unit.name)
    kept: dict[int, list[Finding]] = defaultdict(list)
    wanted = [judging for run, (judging, _) in stored.items() if run not in tidied]
    for judging, finding in findings.findings_of_nights(db, unit.name, wanted, RULES, evidence=bool(given)):
        kept[judging].append(finding)
    nights: list[tuple[Run, Sequence[Finding], Sequence[Finding]]] = []
    for run, case in past.cases(unit):
        if case.carried:
            continue
        law = laws[run.id]
        old: Sequence[Finding] = kept[stored[run.id][0]]
        if run.id in tidied:
            old = monitor.judge(case, law) if law is not None else ()
        if old:
            nights.append((run, old, monitor.judge(case, rubric)))
    made.judged += len(nights)
    labels = _Labels(given, nights, days, rubric) if given else None
    seen: dict[tuple[Subject, str, str], list[tuple[date, str | None, str]]] = defaultdict(list)
    repriced: set[Subject] = set()
    for run, old, new in nights:
        before, after = _worst(old), _worst(new)
        for key in before.keys() | after.keys():
            one, other = before.get(key), after.get(key)
            was, now = (f.verdict if f else ABSENT for f in (one, other))
            if was != now:
                label = labels.of(days[run.id], one, other) if labels else ""
                seen[key, was, now].append((days[run.id], other.reason if other else None, label))
            elif one is not None and other is not None and one.points != other.points:
                repriced.add(key)
    made.repriced += len(repriced)
    return [
        Flip(
            unit.name,
            *key,
            was,
            now,
            there[-1][1],
            len({day for day, _, _ in there}),
            min(day for day, _, _ in there),
            next((label for _, _, label in there if label), ""),
        )
        for (key, was, now), there in seen.items()
    ]


class _Labels:
    """What people decided of one unit, asked of single findings."""

    def __init__(
        self,
        given: Sequence[Review],
        nights: Sequence[tuple[Run, Sequence[Finding], Sequence[Finding]]],
        days: Mapping[int, date],
        rubric: Rubric,
    ) -> None:
        self.dismissals = standing(given)
        old = [Night(days[run.id], found) for run, found, _ in nights]
        self.confirmed: list[Fault] = [
            f for f in period.faults(old, given, (), period.modes(rubric), days=days) if f.decision == CONFIRMED
        ]

    def of(self, on: date, was: Finding | None, now: Finding | None) -> str:
        """Whether the change goes against what a person said, or with it; "" where nobody did."""
        failed, fails = (f is not None and f.verdict == "fail" for f in (was, now))
        if failed and not fails and was is not None:
            if any(
                (f.rule, f.target, f.account) == (was.rule, was.target, was.account) and f.on(on)
                for f in self.confirmed
            ):
                return "against"
            return "with" if dismissal_of(was, self.dismissals, on) else ""
        if fails and not failed and now is not None:
            return "against" if dismissal_of(now, self.dismissals, on) else ""
        return ""


_ORDER = ("fail", "unknown", "pass", "na")


def _worst(found: Sequence[Finding]) -> dict[Subject, Finding]:
    """One finding a subject: the gravest where a page is judged twice."""
    kept: dict[Subject, Finding] = {}
    for f in found:
        key = f.rule, f.target, f.account
        if key not in kept or _ORDER.index(f.verdict) < _ORDER.index(kept[key].verdict):
            kept[key] = f
    return kept
