"""得分: both tables as the circular prints them, with where the points went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from db.records import Score
from desk import wording
from desk.pages.frame import Here, needs, page
from schedules.runs import last_night

router = APIRouter(dependencies=[Depends(needs("viewer"))])
GROUPS = ("county", "department")
_LAST = (1, 0)  # where nothing is to be compared
SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "rank": ("名次", lambda r: (0, r.night.rank) if r.night.rank is not None else _LAST),
    "unit": ("单位", lambda r: r.position),
    "online": ("网上考核", lambda r: (0, -r.night.online) if r.night.online is not None else _LAST),
    "reviewed": ("复核后", lambda r: (0, -r.reviewed.online) if r.reviewed.online is not None else _LAST),
    "coverage": ("覆盖率", lambda r: r.night.coverage),
}


@dataclass(frozen=True)
class Row:
    """One line of a table: the night's score, the same without what was dismissed, and the lines that cost."""

    position: int
    night: Score
    reviewed: Score
    lost: tuple[str, ...]
    vetoes: tuple[tuple[str, bool], ...]  # what vetoes, and whether it was confirmed
    disputed: int  # findings against which the unit appeals


@router.get("/scores")
def scores(visit: Here) -> Response:
    """The tables, sorted by the parameter `sort`, the other way round with `down=1`."""
    night, sort = visit.night, visit.asked("sort")
    sort = sort if sort in SORTS else "rank"
    judged = visit.reviewed
    confirmed = {(f.unit, f.rule) for f in night.findings if f.id in judged.vetoes and judged.stands(f)}
    contested = Counter(night.by_id[n].unit for n in judged.disputed)
    position = {name: n for n, name in enumerate(night.units, 1)}
    rows = [
        Row(
            position.get(s.unit, 0),
            s,
            judged.scores.get(s.unit, s),
            tuple(_lost(line, night.title(line["rule"])) for line in s.deductions),
            tuple((night.title(rule), (s.unit, rule) in confirmed) for rule in s.veto),
            contested[s.unit],
        )
        for s in night.scores.values()
    ]
    rows.sort(key=SORTS[sort][1], reverse=visit.asked("down") == "1")
    run = last_night(visit.db, "finished", "suspect")
    return page(
        visit,
        "scores.html",
        menu="scores",
        night=night,
        run=run,
        needed=judged.needed,
        tables=[(group, [r for r in rows if r.night.group == group]) for group in GROUPS],
        sorts=SORTS,
        sort=sort,
        down=visit.asked("down") == "1",
    )


def _lost(line: dict[str, Any], title: str) -> str:
    kind = "否决：" if line.get("veto") else "其余：" if line.get("special") else ""
    return f"{kind}{title} {wording.points(line['points'])}"
