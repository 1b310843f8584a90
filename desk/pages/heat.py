"""热力图: units × themes, or × the rules of a theme: where points are lost, at a look. Colour is never alone: each cell has a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from db.records import Finding
from desk.night import Night
from desk.pages.frame import Here, needs, page
from monitors.catalogue import THEMES

router = APIRouter(dependencies=[Depends(needs("viewer"))])
_WORST = ("fail", "unknown", "pass", "na")
_STEPS = (0.15, 0.35, 0.65)  # shares of a column's points above which the next colour begins
_ORDER = ("county", "department", "portal")


@dataclass(frozen=True)
class Cell:
    """One unit and one column: the worst verdict among its scored findings ("" for none), the points lost, how many findings.

    heat  0 to 4, by the share of the column's points that is lost; what cannot cost points is 2 when it fails
    """

    verdict: str
    lost: Decimal
    counts: Counter[str]
    heat: int


@dataclass(frozen=True)
class Column:
    """One theme or rule. `counts`: units by their worst verdict; `lost`: points of all units together."""

    key: str
    title: str
    counts: Counter[str]
    lost: Decimal


@router.get("/heat")
def heat(visit: Here) -> Response:
    """By theme; with `theme` by the rules of that theme, with `theme=all` by every rule."""
    night, theme = visit.night, visit.asked("theme")
    lines = [line for line in night.rubric.lines.values() if line.judged]
    scored = {line.theme for line in lines}
    lines = [line for line in lines if theme in ("", "all", line.theme)]
    keys = list(dict.fromkeys(line.rule if theme else line.theme for line in lines))
    column_of = {line.rule: line.rule if theme else line.theme for line in lines}
    most: dict[str, Decimal] = {}
    for line in lines:
        key = column_of[line.rule]
        most[key] = most.get(key, Decimal(0)) + line.points
    names = sorted(night.units.values(), key=lambda u: _ORDER.index(u.group) if u.group in _ORDER else len(_ORDER))
    grid = []
    for unit in names:
        found: dict[str, list[Finding]] = {}
        for finding in night.of_unit.get(unit.name, ()):
            if finding.rule in column_of:
                found.setdefault(column_of[finding.rule], []).append(finding)
        scale = night.rubric.scale(unit.group)
        grid.append((unit, [_cell(found.get(key, ()), most[key] * scale) for key in keys]))
    columns = [
        Column(
            key,
            night.title(key) if theme else THEMES[key],
            Counter(cells[n].verdict for _, cells in grid),
            sum((cells[n].lost for _, cells in grid), Decimal(0)),
        )
        for n, key in enumerate(keys)
    ]
    return page(
        visit,
        "heat.html",
        menu="heat",
        night=_judged(night),
        grid=grid,
        columns=columns,
        themes={key: name for key, name in THEMES.items() if key in scored},
        theme=theme,
    )


def _judged(night: Night) -> Night | None:
    return night if night.judging else None


def _cell(found: Sequence[Finding], most: Decimal) -> Cell:
    counts = Counter(f.verdict for f in found)
    worst = next((v for v in _WORST if counts[v]), "")
    lost = sum((f.points for f in found if f.verdict == "fail"), Decimal(0))
    share = float(lost / most) if most else 1.0  # what has no points of its own takes those of others
    heat = 0
    if worst == "fail":
        heat = 1 + sum(share > step for step in _STEPS) if lost else 2
    return Cell(worst, lost, counts, heat)
