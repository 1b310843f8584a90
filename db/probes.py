"""Does each site answer, asked all day long? Probes outside the nights, and what of them counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlite_utils import Database

from db.codec import dump, instant_text, load
from db.facts import writing
from db.records import Hop, Outcome, Probe

_ANSWERED = (Outcome.OK, Outcome.NEEDS_RENDER)


def save_probe(
    db: Database, unit: str, url: str, probe: Probe, trail: Sequence[Hop] = (), *, dropped: str | None = None
) -> None:
    """Store one visit that only asked whether the site answers, outside a run, with the requests made for it.

    dropped  why it says nothing of the site, in Chinese; None: it counts
    """
    with writing(db):
        db.execute(
            "INSERT OR REPLACE INTO probe (unit, url, at, outcome, status, ms, detail, dropped, trail)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                unit,
                url,
                instant_text(probe.at),
                probe.outcome,
                probe.status,
                probe.ms,
                probe.detail,
                dropped,
                dump(trail) if trail else None,
            ),
        )


def judge_probes(db: Database, units: Iterable[str], *, since: datetime, dropped: str | None) -> None:
    """Say of the units' probes outside runs since then that they count (None), or why they do not. Within a transaction."""
    db.conn.executemany(
        "UPDATE probe SET dropped = ? WHERE unit = ? AND at >= ? AND run IS NULL",
        [(dropped, unit, instant_text(since)) for unit in units],
    )


def judge_run_probes(db: Database, run: int, *, dropped: str | None, units: Iterable[str] | None = None) -> None:
    """The same of the probes that a run made; with `units` of theirs alone. Within a transaction."""
    db.execute("UPDATE probe SET dropped = ? WHERE run = ? AND ? IS NULL", (dropped, run, None if units is None else 0))
    db.conn.executemany(
        "UPDATE probe SET dropped = ? WHERE run = ? AND unit = ?", [(dropped, run, unit) for unit in units or ()]
    )


def answered_last(db: Database, *, before: datetime) -> dict[str, bool]:
    """For each unit with a probe that counts before then: whether its site answered at the newest of them."""
    rows = db.execute(
        "SELECT unit, outcome FROM probe p WHERE at ="
        " (SELECT max(at) FROM probe q WHERE q.unit = p.unit AND q.at < ? AND q.dropped IS NULL)",
        (instant_text(before),),
    )
    return {unit: outcome in _ANSWERED for unit, outcome in rows}


def clocks(db: Database, *, since: datetime) -> dict[str, timedelta]:
    """By how much each host's clock was ahead of ours when it answered a probe since then; the newest answer of each."""
    found: dict[str, timedelta] = {}
    sql = "SELECT trail FROM probe WHERE at >= ? AND trail IS NOT NULL ORDER BY at"
    for (trail,) in db.execute(sql, (instant_text(since),)):
        for hop in load(tuple[Hop, ...], trail):
            said = next((value for name, value in hop.headers if name.lower() == "date"), None)
            if said and (theirs := _http_date(said)):
                found[hop.url.split("/")[2]] = theirs - hop.at
    return found


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def last_robots(db: Database, url: str) -> tuple[Outcome, str | None, str | None] | None:
    """What the robots.txt at that address was when it was last asked for: outcome, hash of its body, content type."""
    row = db.execute(
        "SELECT outcome, sha256, content_type FROM fetch WHERE purpose = 'robots' AND url = ? ORDER BY at DESC LIMIT 1",
        (url,),
    ).fetchone()
    return (Outcome(row[0]), row[1], row[2]) if row else None
