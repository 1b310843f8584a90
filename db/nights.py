"""How did the runs and the other jobs go? One line each, with what was to be done and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from db.codec import instant_text
from db.facts import run_of
from db.records import Hop, Run
from db.work import Job


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run: its tasks by state, how many sites answered, units judged with their mean coverage (None: not judged)."""

    run: Run
    tasks: int
    done: int
    left: int
    sites: int
    answered: int
    units: int
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The tasks that one crawl process had in a run. `whys`: why tasks were left, each once."""

    batch: int
    tasks: int
    done: int
    left: int
    whys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit in a run: how its home page ended, pages fetched for it, when its visit was over."""

    unit: str
    outcome: str
    fetches: int
    finished_at: datetime


def runs(db: Database, *, most: int, before: int | None = None, kind: str = "") -> list[RunLine]:
    """The newest runs first, at most so many; of that kind, and older than that run, where they are given."""
    rows = db.execute(
        "SELECT id FROM run WHERE (?1 IS NULL OR id < ?1) AND (?2 = '' OR kind = ?2) ORDER BY id DESC LIMIT ?3",
        (before, kind, most),
    ).fetchall()
    return [line for (id_,) in rows if (line := run_line(db, id_)) is not None]


def run_line(db: Database, id_: int) -> RunLine | None:
    """The line of that run; None where there is none."""
    run = run_of(db, id_)
    if run is None:
        return None
    tasks, done, left = db.execute(
        "SELECT count(*), coalesce(sum(state = 'done'), 0), coalesce(sum(state = 'left'), 0) FROM task WHERE run = ?",
        (id_,),
    ).fetchone()
    sites, answered = db.execute(
        "SELECT count(*), coalesce(sum(outcome = 'ok'), 0) FROM visit WHERE run = ? AND confirmed = 1", (id_,)
    ).fetchone()
    units, coverage = db.execute(
        "SELECT count(*), avg(coverage) FROM score WHERE judging = (SELECT max(id) FROM judging WHERE run = ?)", (id_,)
    ).fetchone()
    return RunLine(run, tasks, done, left, sites, answered, units, coverage)


def batches(db: Database, run: int) -> list[Batch]:
    """The crawl processes of that run, in their order; empty for a run of an earlier version."""
    rows = db.execute(
        "SELECT batch, count(*), sum(state = 'done'), sum(state = 'left'), group_concat(DISTINCT why) FROM task"
        " WHERE run = ? GROUP BY batch ORDER BY batch",
        (run,),
    ).fetchall()
    return [Batch(n, tasks, done, left, tuple(whys.split(",")) if whys else ()) for n, tasks, done, left, whys in rows]


def units_of(db: Database, run: int) -> list[UnitLine]:
    """The units whose site was visited in that run, those that did not answer first."""
    rows = db.execute(
        "SELECT unit, outcome, fetches, finished_at FROM visit WHERE run = ? AND confirmed = 1"
        " ORDER BY outcome = 'ok', finished_at",
        (run,),
    ).fetchall()
    return [UnitLine(unit, outcome, fetches, datetime.fromisoformat(at)) for unit, outcome, fetches, at in rows]


def jobs(db: Database, *, most: int, before: int | None = None, name: str = "") -> Sequence[Job]:
    """The newest times that the timetable started something, at most so many; of that job where its name is given."""
    rows = db.execute(
        "SELECT id, name, started_at, finished_at, state, note FROM job WHERE state <> 'since' AND (?1 IS NULL OR id < ?1)"
        " AND (?2 = '' OR name = ?2) ORDER BY id DESC LIMIT ?3",
        (before, name, most),
    ).fetchall()
    return [
        Job(id_, job, datetime.fromisoformat(began), datetime.fromisoformat(over) if over else None, state, note)
        for id_, job, began, over, state, note in rows
    ]


def requests(db: Database, *, since: datetime, until: datetime) -> list[Hop]:
    """Every request that was made from `since` until before `until`, each once however many units cite it: address, moment and status
    alone, for a night has tens of thousands."""
    span = (instant_text(since), instant_text(until))
    where = "WHERE at >= ? AND at < ? AND trail IS NOT NULL"
    rows = db.execute(
        "SELECT DISTINCT json_extract(h.value, '$.url'), json_extract(h.value, '$.at'), json_extract(h.value, '$.status') FROM"
        f" (SELECT trail FROM fetch {where} UNION ALL SELECT trail FROM probe {where}) t, json_each(t.trail) h",
        span * 2,
    ).fetchall()
    return [Hop(url, datetime.fromisoformat(at), status) for url, at, status in rows]


def stamp(db: Database) -> tuple[int, int]:
    """What is another whenever something was fetched or probed since."""
    row = db.execute(
        "SELECT (SELECT coalesce(max(id), 0) FROM fetch), (SELECT coalesce(max(rowid), 0) FROM probe)"
    ).fetchone()
    return int(row[0]), int(row[1])
