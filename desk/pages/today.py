"""今日: what happened overnight, and what wants looking at first."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from db import appeals, reviews
from db.history import outcomes_of
from db.incidents import incidents
from db.records import shanghai_day
from desk.pages.alerts import urgent
from desk.pages.frame import Here, Visit, needs, onward, page
from monitors.alerts import OVER
from schedules.runs import last_night

router = APIRouter(dependencies=[Depends(needs("unit"))])
_MOST = 20  # new alerts and warnings that are listed; the rest is in the queue


@router.get("/")
def today(visit: Here) -> Response:
    """The morning's page; for a unit its own page."""
    if visit.unit is not None:
        return onward(f"/units/{quote(visit.unit)}")
    night, run = visit.night, last_night(visit.db)
    every = reviews.alerts(visit.db)
    alive = [a for a in every if a.state not in OVER]
    since = run.started_at if run else visit.now
    fresh = [
        a for a in alive if a.opened_at >= since or (a.state in ("open", "reopened") and (a.moved_at or since) >= since)
    ]
    rectifying = [a for a in alive if a.state == "rectifying"]
    outcomes = outcomes_of(visit.db, run.id) if run else {}
    sites = [u.name for u in night.units.values() if u.site]
    return page(
        visit,
        "today.html",
        menu="today",
        night=night,
        run=run,
        running=bool(visit.desk.service.health().get("running")),
        next_run=visit.desk.service.next_run(),
        fresh=urgent(visit, fresh)[:_MOST],
        fresh_total=len(fresh),
        counts={
            state: sum(a.state == state for a in alive) for state in ("suspected", "open", "acknowledged", "confirmed")
        }
        | {"rectifying": len(rectifying), "reopened": sum(a.state == "reopened" for a in alive)},
        overdue=urgent(visit, [a for a in rectifying if a.due and a.due < shanghai_day(visit.now)]),
        sites=sites,
        answered=[s for s in sites if outcomes.get(s) == "ok"],
        unseen_sites=[(s, outcomes.get(s)) for s in sites if outcomes.get(s) != "ok"],
        unseen=_unseen(visit),
        incidents=incidents(visit.db),
        contests=appeals.open_appeals(visit.db),
        warnings=night.warnings[:_MOST],
        warnings_total=len(night.warnings),
    )


def _unseen(visit: Visit) -> list[tuple[str, int, list[str]]]:
    """Why something that is scored could not be seen: the code, how many findings, which units; the most frequent first."""
    night = visit.night
    found: dict[str, list[str]] = defaultdict(list)
    for f in night.findings:
        if f.verdict == "unknown" and night.scored(f.rule):
            found[(f.reason or "").partition(":")[0]].append(f.unit)
    rows = [(code, len(units), list(dict.fromkeys(units))) for code, units in found.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))
