"""A year over the demo city: it is visited once over HTTP, and what was seen then is lived through night by night.

Each night everything in the records is so many days later, but for what the script below holds back: a site that nobody fills any
more, an account that falls silent, a column that is emptied, a platform that falls over, our own network, the annual reports, a
deadline over the long holidays. What comes of it is written down here, before anything is judged.

    python -m tests.schedules.city_year            the whole city (42 units, some minutes); the suite takes UNITS alone
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from db import facts, reviews, work
from db.records import (
    Account,
    Content,
    Outcome,
    Post,
    Probe,
    Report,
    Row,
    SiteVisit,
    Snapshot,
    Unit,
    shanghai_day,
)
from demo.city import serving
from monitors.rules.report import year_due
from schedules import jobs, review, runs

UNITS = ("岚水县", "松溪县", "石坪县", "白沙县", "古渡县", "市财政局", "市教育局")
FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)
NIGHTS = 365
CUT = range(120, 140)  # our own network is cut for twenty nights
PLATFORM, SHARED = "集约化平台", ("松溪县", "石坪县", "白沙县")
FALLEN = range(60, 63)  # their platform is down
FORGOTTEN, SILENT, LATE, EMPTIED = "岚水县", "岚水县", "市财政局", "松溪县"
LEFT = 30  # 31 January: from this day on nobody fills the site of FORGOTTEN, nor its accounts
FOUND = 330  # and somebody does again
BLANK = (range(80, 91), range(100, 101))  # the guide of EMPTIED; one night is no proof
DECIDED = date(2026, 9, 28)  # ten working days from here run over the National Day holidays, and 10 October is worked
DUE = date(2026, 10, 16)
DEADLINES = {"department": "01-31", "county": "03-31", "portal": "03-31"}


def _night(month: int, day: int) -> int:
    return (date(2026, month, day) - date(2026, 1, 1)).days


HISTORY = [  # (night, unit, kind, state); in any order
    (_night(2, 1), LATE, "report_overdue", "suspected"),
    (_night(2, 2), LATE, "report_overdue", "open"),
    (
        _night(2, 11),
        LATE,
        "report_overdue",
        "resolved",
    ),  # it is not missing any more: another object, the report itself, is late
    (_night(2, 11), LATE, "report_overdue", "suspected"),
    (_night(2, 12), LATE, "report_overdue", "open"),
    (80, EMPTIED, "column_missing", "suspected"),
    (81, EMPTIED, "column_missing", "open"),
    (91, EMPTIED, "column_missing", "resolved"),
    (100, EMPTIED, "column_missing", "reopened"),
    (101, EMPTIED, "column_missing", "resolved"),
    *((60, name, kind, "suspected") for name in SHARED for kind in ("site_unavailable", "zombie_site")),
    *((63, name, kind, "resolved") for name in SHARED for kind in ("site_unavailable", "zombie_site")),
    # its newest post is of 30 and 29 January; 90 days later nothing is within 90 days, but then our network is cut
    *((140, SILENT, "sleeping_account", "suspected") for _ in range(2)),
    *((141, SILENT, "sleeping_account", "open") for _ in range(2)),
    (_night(8, 1), FORGOTTEN, "zombie_site", "suspected"),  # the newest notice is of 31 January: six months
    (_night(8, 2), FORGOTTEN, "zombie_site", "open"),
    (FOUND, FORGOTTEN, "zombie_site", "resolved"),
    *((FOUND, SILENT, "sleeping_account", "resolved") for _ in range(2)),
]


@dataclass(frozen=True, slots=True)
class Seen:
    """The city as it was seen in one real night."""

    at: datetime
    units: tuple[Unit, ...]
    accounts: tuple[Account, ...]
    visits: dict[str, SiteVisit]
    snapshots: tuple[Snapshot, ...]

    def night(self, number: int) -> datetime:
        """When that night of the year begins: at the hour at which the city was seen, so that all moves by whole days."""
        return self.at + (FIRST + number * DAY - shanghai_day(self.at))


def visited(folder: Path, names: Sequence[str] = ()) -> Seen:
    """Visit the demo city over HTTP; all of it, or the named units."""
    path = folder / "once.db"
    with serving(folder) as city:
        jobs.run(city.units_csv, city.accounts_csv, path, delay=0, only=names)
    db = facts.open_database(path)
    try:
        units = tuple(u for u in facts.units(db) if not names or u.name in names)
        mine = {u.name for u in units}
        accounts = tuple(a for a in facts.accounts(db) if a.unit in mine)
        visits = {u.name: v for u in units if (v := facts.last_visit(db, u.name))}
        shots = tuple(shot for a in accounts if (shot := facts.last_snapshots(db, a)[0]))
        run = facts.latest_run(db)
        assert run is not None and run.state == "finished", run
        return Seen(run.started_at, units, accounts, visits, shots)
    finally:
        db.close()


def a_year(db: Database, seen: Seen, *, nights: int = NIGHTS) -> date | None:
    """Live through it; on DECIDED a person gives FORGOTTEN ten working days: the last of them."""
    facts.save_registry(db, seen.units, seen.accounts)
    due = None
    for number in range(nights):
        _a_night(db, number, seen)
        if FIRST + number * DAY == DECIDED:
            alert = next(a for a in reviews.alerts(db) if (a.unit, a.kind) == (FORGOTTEN, "zombie_site"))
            told = {"who": "李复核", "at": seen.night(number)}  # whatever the hour, it is that day in Shanghai
            review.decide(db, alert.id, "confirm", why="已电话核实", **told)
            due = review.decide(db, alert.id, "rectify", why="限期恢复更新", workdays=10, **told).due
    return due


def history(db: Database) -> list[tuple[int, str, str, str]]:
    """Every step that no person took, as HISTORY writes them: (night, unit, kind, state)."""
    rows = db.execute(
        "SELECT s.run - 1, a.unit, a.kind, s.after FROM alert_step s JOIN alert a ON a.id = s.alert WHERE s.who <> ?",
        ("李复核",),
    )
    return sorted(rows.fetchall())


def scripted(lived: Sequence[tuple[int, str, str, str]]) -> list[tuple[int, str, str, str]]:
    """The steps after the first two nights, in which what was wrong with the city all along is found (see demo/truth).

    Without the one night on which a source that speaks of the days up to yesterday cannot tell whether SILENT posted today.
    """
    lagging = [
        (LEFT + 15, SILENT, "needs_manual_check", "suspected"),
        (LEFT + 16, SILENT, "needs_manual_check", "resolved"),
    ]
    return [step for step in lived if step[0] > 1 and step not in lagging]


def _a_night(db: Database, number: int, seen: Seen) -> None:
    at = seen.night(number)
    run = facts.begin_run(db, at=at, kind="night")
    with facts.writing(db):
        tasks = [work.Task(run.id, name, platform=PLATFORM if name in SHARED else name) for name in seen.visits]
        work.plan(db, tasks + [work.Task(run.id, s.unit, s.source, s.account) for s in seen.snapshots])
    for unit in seen.units:
        if unit.name in seen.visits:
            facts.save_visit(db, replace(_visit(seen, unit, number, at), run=run.id), [], {})
    for shot in seen.snapshots:
        facts.save_snapshot(db, replace(_snapshot(seen, shot, number, at), run=run.id), [], {})
    runs.end(db, None, run)
    jobs.judge(db)


def _visit(seen: Seen, unit: Unit, number: int, at: datetime) -> SiteVisit:
    now = seen.visits[unit.name]
    visit: SiteVisit = replace(_later(now, at - seen.at), reports=_reports(now, unit, at, seen.at))
    if unit.name == FORGOTTEN and LEFT <= number < FOUND:
        visit = _left(visit, FIRST + LEFT * DAY)
    if unit.name == EMPTIED and any(number in nights for nights in BLANK):
        columns = (replace(c, content=Content.BLANK, rows=()) if c.role == "guide" else c for c in visit.columns)
        visit = replace(visit, columns=tuple(columns))
    if number in CUT or (unit.name in SHARED and number in FALLEN):
        dead = tuple(Probe(at + timedelta(minutes=n), Outcome.REFUSED) for n in range(3))
        visit = SiteVisit(
            visit.unit, visit.run, visit.url, visit.started_at, visit.finished_at, Outcome.REFUSED, probes=dead
        )
    return visit


def _left(visit: SiteVisit, last: date) -> SiteVisit:
    """The site on which nothing is newer than that day."""
    columns = tuple(replace(c, rows=_ending(c.rows, last)) for c in visit.columns)
    return replace(visit, home_rows=_ending(visit.home_rows, last), columns=columns)


def _ending(rows: tuple[Row, ...], last: date) -> tuple[Row, ...]:
    """The rows, all so much earlier that the newest is of that day."""
    newest = max((r.published for r in rows if r.published), default=last)
    return tuple(replace(r, published=r.published - (newest - last)) if r.published else r for r in rows)


def _reports(visit: SiteVisit, unit: Unit, at: datetime, seen: datetime) -> tuple[Report, ...]:
    """Its annual reports as of that night: each year's comes ten days before its deadline, on the day of the year on which it came
    before; but LATE brings that of 2025 on 11 February, and who lacked the last one lacks the next.
    """
    deadline = DEADLINES[unit.group]
    on = shanghai_day(at) + (-10 if unit.name == LATE else 10) * DAY
    seen_for, first, now = (year_due(day, deadline) for day in (shanghai_day(seen), FIRST - 20 * DAY, on))
    late = date(2026, 2, 11) if unit.name == LATE else None
    newest = max((report.year for report in visit.reports if report.year), default=0)
    kept = [_of_year(report, first - seen_for) for report in visit.reports]
    new = [r for r in visit.reports if r.year == newest >= seen_for]
    return (*kept, *(_of_year(report, now - seen_for, late) for report in new if now > first))


def _of_year(report: Report, years: int, came: date | None = None) -> Report:
    """The report of so many years later, which came on the same day of the year, or on the day given."""
    dates = {where: came or day.replace(year=day.year + years) for where, day in report.dates.items()}
    return replace(report, year=report.year and report.year + years, dates=dates)


def _snapshot(seen: Seen, shot: Snapshot, number: int, at: datetime) -> Snapshot:
    now: Snapshot = _later(shot, at - seen.at)
    if number in CUT:
        return Snapshot(
            now.unit, now.account, now.platform, now.source, now.run, now.at, "network_error", detail="refused"
        )
    posts = now.posts
    if now.unit == SILENT and LEFT <= number < FOUND:
        newest = max(p.published for p in posts if p.published)
        past = newest - seen.night(LEFT)
        posts = tuple(replace(p, published=p.published - past) if p.published else p for p in posts)
        now = replace(now, total=None, since=now.since and now.since - past)  # as far back as its posts go
    return replace(now, posts=tuple(_known_as(p) for p in posts))


def _known_as(post: Post) -> Post:
    """A post of another day is another post."""
    day = post.published and shanghai_day(post.published)
    return replace(post, url=post.url and f"{post.url}?d={day}", id=post.id and f"{post.id}-{day}")


def _later(record: Any, by: timedelta) -> Any:
    """The record as one of so many days later."""
    if isinstance(record, date):  # a datetime is one
        return record + by
    return _walked(record, lambda held: _later(held, by))


def _walked(record: Any, change: Any) -> Any:
    if is_dataclass(record) and not isinstance(record, type):
        return replace(record, **{f.name: change(getattr(record, f.name)) for f in fields(record)})
    if isinstance(record, tuple):
        return tuple(map(change, record))
    if isinstance(record, dict):
        return {key: change(value) for key, value in record.items()}
    return record


def main() -> int:
    """Live the year of the whole city, and compare."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        seen = visited(folder)
        db = facts.open_database(folder / "year.db")
        due, lived = a_year(db, seen), history(db)
        db.close()
    wrong = [
        *(("+", step) for step in scripted(lived) if step not in HISTORY),
        *(("-", step) for step in HISTORY if step not in lived),
    ]
    print(
        f"{len(seen.units)} units, {len(seen.accounts)} accounts, {NIGHTS} nights: {len(lived)} steps, due {due}; differences: {wrong or 'none'}"
    )
    return 1 if wrong or due != DUE else 0


if __name__ == "__main__":
    sys.exit(main())
