"""What do the papers of the office count? Named queries over a span of time, for schedules/figures.py and schedules/bulletins.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlite_utils import Database

from db.codec import instant_text, load
from db.facts import visit_in
from db.findings import Judging
from db.records import Alert, SiteVisit, Step


def visits_between(db: Database, unit: str, *, since: datetime, until: datetime) -> Iterator[SiteVisit]:
    """The confirmed visits of the unit's site that ended from `since` until before `until`, oldest first."""
    rows = db.execute(
        "SELECT zstd FROM visit WHERE unit = ? AND confirmed = 1 AND finished_at >= ? AND finished_at < ? ORDER BY run",
        (unit, instant_text(since), instant_text(until)),
    )
    for (packed,) in rows:
        yield visit_in(packed)


def last_night(db: Database, *, since: datetime | None = None, until: datetime) -> Judging | None:
    """The newest judging of a night that began from `since` until before `until`; None where there was none.

    A suspect run does not count, nor one that did not finish; a judging without a run does.
    """
    rows = db.execute(
        "SELECT j.id, j.run, j.as_of, j.rubric, j.version, j.made_at FROM judging j LEFT JOIN run r ON r.id = j.run"
        " WHERE j.as_of >= ? AND j.as_of < ? AND (r.state IS NULL OR r.state = 'finished')"
        " ORDER BY j.as_of DESC, j.id DESC LIMIT 1",
        (instant_text(since) if since else "", instant_text(until)),
    )
    for id_, run, as_of, rubric, version, made_at in rows:
        return Judging(id_, run, datetime.fromisoformat(as_of), rubric, version, datetime.fromisoformat(made_at))
    return None


def nights_between(db: Database, *, since: datetime, until: datetime) -> dict[str, int]:
    """How many night runs began in that time, by how they ended (done, suspect, ...)."""
    rows = db.execute(
        "SELECT state, count(*) FROM run WHERE kind = 'night' AND started_at >= ? AND started_at < ? GROUP BY state",
        (instant_text(since), instant_text(until)),
    )
    return dict(rows.fetchall())


def steps_before(db: Database, *, until: datetime) -> Iterator[Step]:
    """Every step of every alert before `until`, in the order in which they were made; what was corrected is left out."""
    rows = db.execute(
        "SELECT id, alert, at, before, after, who, why, run FROM alert_step WHERE at < ? AND corrected = 0 ORDER BY at, id",
        (instant_text(until),),
    )
    for id_, alert, at, before, after, who, why, run in rows:
        yield Step(alert, datetime.fromisoformat(at), before, after, who, why, run, id=id_)


def alert_records(db: Database) -> dict[int, Alert]:
    """Every alert as it is now, by its number."""
    rows = db.execute("SELECT id, record FROM alert ORDER BY id")
    return {id_: load(Alert, record) for id_, record in rows}


def days_in_fault(db: Database, *, since: datetime, until: datetime) -> dict[tuple[str, str, str, str | None], int]:
    """On how many days (Asia/Shanghai) of that time each thing was found in fault, by (unit, rule, target, account).

    What was carried from an earlier night is no new sight, and a suspect run sees nothing.
    """
    rows = db.execute(
        "SELECT f.unit, f.rule, f.target, f.account, count(DISTINCT date(j.as_of, '+8 hours')) FROM finding f"
        " JOIN judging j ON j.id = f.judging LEFT JOIN run r ON r.id = j.run WHERE f.verdict = 'fail' AND f.carried = 0"
        " AND j.as_of >= ? AND j.as_of < ? AND (r.state IS NULL OR r.state <> 'suspect')"
        " GROUP BY f.unit, f.rule, f.target, f.account",
        (instant_text(since), instant_text(until)),
    )
    return {(unit, rule, target, account): days for unit, rule, target, account, days in rows}
