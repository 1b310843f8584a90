"""What is known of a unit when it is judged? One way to put it together, for tonight and for every night that is judged again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from db.records import Probe, Run, SiteVisit, Unit, shanghai_day
from monitors.run import Case
from schedules.accounts import Accounts


def case_of(
    unit: Unit,
    visit: SiteVisit | None,
    accounts: Accounts,
    *,
    run: Run | None,
    moment: datetime,
    run_of: Callable[[int], Run | None],
    week: Callable[[datetime], Sequence[Probe]],
) -> Case:
    """The unit by its last visit, as of the run that made it.

    visit   the newest confirmed one; of another address than the registry names, it says nothing
    run     the run that is judged, None before the first        moment  when it began
    week    the probes of the seven days that end with an instant, oldest first
    """
    if visit is not None and visit.url != unit.site:
        visit = None
    seen_in = visit.run if visit else accounts.last_run(unit.name)
    made_by = run_of(seen_in) if seen_in is not None else None
    start = made_by.started_at if made_by else moment
    watched = accounts.of(unit.name, on=shanghai_day(start), run=seen_in or 0)
    return Case(
        unit=unit,
        on=shanghai_day(start),
        at=visit.finished_at if visit else max((w.snapshot.at for w in watched if w.snapshot), default=moment),
        visit=visit,
        week=week(visit.finished_at) if visit else (),
        accounts=watched,
        carried=run is not None and seen_in is not None and seen_in != run.id,
        suspect=made_by is not None and made_by.state == "suspect",
    )
