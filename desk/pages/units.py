"""单位: what is registered of it, what was seen of it, where each point went, and what mending would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from db import appeals, facts, reviews
from db.history import marks_of
from db.records import Column, Finding, Score, Unit, shanghai_day
from desk.charts import trend
from desk.night import Night
from desk.pages.alerts import veto_of, visible
from desk.pages.frame import Here, needs, page
from monitors import scoring
from monitors.alerts import OVER
from monitors.exceptions import costless
from monitors.explain import dearest
from monitors.scoring import is_veto

router = APIRouter(prefix="/units")
NIGHTS = 60  # that the trend goes back
_WORST = ("fail", "unknown", "pass", "na")
_FIXES = 3  # proposed where none are asked for


@dataclass(frozen=True)
class LineRow:
    """One line of the rubric for a unit: its most, what it lost, and the findings that say why."""

    rule: str
    title: str
    most: Decimal
    lost: Decimal
    state: str
    cite: str
    findings: tuple[Finding, ...]

    def count(self, verdict: str) -> int:
        """How many findings have that verdict."""
        return sum(f.verdict == verdict for f in self.findings)

    @property
    def worst(self) -> str:
        """The gravest verdict among its findings."""
        return next((v for v in _WORST if self.count(v)), "na")


@dataclass(frozen=True)
class Fix:
    """One thing that could be mended: what it costs by itself, and whether the reckoning below assumes it mended."""

    finding: Finding
    title: str
    cost: Decimal
    veto: bool
    chosen: bool


@dataclass(frozen=True)
class ColumnRow:
    """One column of the site with its newest day not after the night."""

    column: Column
    newest: date | None


@router.get("", dependencies=[Depends(needs("viewer"))])
def units(visit: Here) -> Response:
    """All units with their score and what is open about them."""
    night = visit.night
    open_ = [a for a in reviews.alerts(visit.db) if a.state not in OVER]
    rows = []
    for unit in night.units.values():
        mine = night.of_unit.get(unit.name, ())
        rows.append(
            {
                "unit": unit,
                "score": night.scores.get(unit.name),
                "alerts": sum(a.unit == unit.name for a in open_),
                "fails": sum(f.verdict == "fail" and bool(f.points) for f in mine),
                "unknowns": sum(f.verdict == "unknown" and night.scored(f.rule) for f in mine),
            }
        )
    return page(visit, "units.html", menu="units", rows=rows, night=night)


@router.get("/{name:path}", dependencies=[Depends(needs("unit"))])
def unit(visit: Here, name: str) -> Response:
    """One unit. `fix` (several): numbers of the findings that the what-if assumes mended."""
    visit.admit(name)
    night, unit = visit.night, visit.night.units.get(name)
    if unit is None:
        raise HTTPException(404, "登记表里没有这个单位。")
    mine, score, judged = night.of_unit.get(name, ()), night.scores.get(name), visit.reviewed
    seen = facts.last_visit(visit.db, name)
    day = shanghai_day(night.judging.as_of) if night.judging else shanghai_day(visit.now)
    asked = {int(n) for n in visit.request.query_params.getlist("fix") if n.isdecimal() and len(n) < 12}
    fixes = _fixes(unit, mine, score, night, asked)
    marks = marks_of(visit.db, name, nights=NIGHTS)
    accounts = []
    for account in (a for a in facts.accounts(visit.db) if a.unit == name):
        accounts.append((account, facts.last_snapshots(visit.db, account)[0]))
    return page(
        visit,
        "unit.html",
        menu="units",
        unit=unit,
        night=night,
        score=score,
        reviewed=judged.scores.get(name),
        judged=judged,
        vetoes={f.id: veto for f in mine if (veto := veto_of(visit, f))},
        contests=[a for a in appeals.appeals(visit.db, unit=name) if a.open],
        lines=_lines(unit, mine, night),
        extra=[line for line in (score.deductions if score else ()) if line.get("veto") or line.get("special")],
        fixes=fixes,
        asked=bool(asked),
        after=scoring.score(unit, costless(mine, {f.finding.id for f in fixes if f.chosen}, on=day), night.rubric)
        if score
        else None,
        seen=seen,
        names={c.url: c.name for c in (seen.columns if seen else ()) if c.url},
        columns=_columns(seen.columns, day) if seen else [],
        accounts=accounts,
        alerts=[a for a in visible(visit) if a.unit == name and a.state not in OVER],
        warnings=[w for w in night.warnings if w.unit == name],
        marks=list(reversed(marks)),
        chart=trend(marks, name),
    )


def _lines(unit: Unit, mine: Sequence[Finding], night: Night) -> list[LineRow]:
    scale = night.rubric.scale(unit.group)
    by: dict[str, list[Finding]] = {}
    for finding in mine:
        by.setdefault(finding.rule, []).append(finding)
    rows = []
    for rule, found in by.items():
        line = night.rubric.lines.get(rule)
        lost = sum((f.points for f in found if f.verdict == "fail"), Decimal(0))
        found.sort(key=lambda f: _WORST.index(f.verdict))
        rows.append(
            LineRow(
                rule,
                night.title(rule),
                line.points * scale if line else Decimal(0),
                lost,
                line.state if line else "planned",
                "；".join(line.cite) if line else found[0].cite,
                tuple(found),
            )
        )
    return sorted(rows, key=lambda r: (_WORST.index(r.worst), -r.lost))


def _fixes(unit: Unit, mine: Sequence[Finding], score: Score | None, night: Night, asked: set[int]) -> list[Fix]:
    """What costs points or vetoes, the dearest first; vetoes before all."""
    if score is None or unit.no_platform:
        return []
    costly = dearest(mine, night.rubric, most=None)
    chosen = asked or {f.id for f in costly[:_FIXES]}
    return [Fix(f, night.title(f.rule), f.points, is_veto(f, night.rubric), f.id in chosen) for f in costly]


def _columns(columns: Sequence[Column], day: date) -> list[ColumnRow]:
    order = ("board", "guide", "rules", "statutory", "catalogue", "annual_report", "request", "news", "notice", "other")
    rows = [
        ColumnRow(c, max((r.published for r in c.rows if r.published and r.published <= day), default=None))
        for c in columns
    ]
    return sorted(rows, key=lambda r: order.index(r.column.role) if r.column.role in order else len(order))
