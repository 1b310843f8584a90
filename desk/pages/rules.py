"""规则: what is judged, by which clause, what it costs, how often it was right, and what the last judging made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from desk import wording
from desk.pages.frame import Here, needs, page
from monitors import accuracy
from monitors.accuracy import Readings, Verdicts
from monitors.catalogue import STATES, THEMES
from monitors.rubric import Line
from monitors.sampling import Reliability, percent
from schedules.figures import checked

router = APIRouter(dependencies=[Depends(needs("unit"))])


@dataclass(frozen=True)
class RuleRow:
    """One rule. `counts`: findings of the last judging by verdict; `points`: by group, on its own scale; `checked`: by hand."""

    line: Line
    points: tuple[tuple[str, Decimal], ...]
    threshold: str
    measured: Verdicts | None
    readings: tuple[Readings, ...]
    counts: Counter[str]
    checked: Reliability | None


@router.get("/rules")
def rules(visit: Here) -> Response:
    """The catalogue; `theme` and `state` choose. A unit sees what became of its own findings."""
    night, theme, state = visit.night, visit.asked("theme"), visit.asked("state")
    found = night.findings if visit.unit is None else night.of_unit.get(visit.unit, ())
    counts: dict[str, Counter[str]] = {}
    for finding in found:
        counts.setdefault(finding.rule, Counter())[finding.verdict] += 1
    by_hand = {r.rule: r for r in checked(visit.db) if r.answered}
    measured, rubric = accuracy.verdicts(), night.rubric
    rows = [
        RuleRow(
            line,
            tuple((group, line.points * rubric.scale(group)) for group in rubric.full),
            wording.threshold(line.threshold),
            measured.get(line.rule),
            tuple(accuracy.readings(line.rule)),
            counts.get(line.rule, Counter()),
            by_hand.get(line.rule),
        )
        for line in rubric.lines.values()
        if theme in ("", line.theme) and state in ("", line.state)
    ]
    return page(
        visit,
        "rules.html",
        menu="rules",
        rows=rows,
        percent=percent,
        total=len(rubric.lines),
        night=night,
        themes=THEMES,
        rule_states=STATES,
        theme=theme,
        state=state,
    )
