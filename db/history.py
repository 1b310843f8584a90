"""How did it go from night to night? What the desk draws and lists over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlite_utils import Database

_RUNS = 30  # runs that an address is followed back


@dataclass(frozen=True, slots=True)
class Mark:
    """What one run made of a unit: as judged last. `online` is None where there was no score."""

    as_of: datetime
    online: Decimal | None
    full: Decimal
    rank: int | None
    coverage: float
    special: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One time that an address was asked for."""

    run: int
    at: datetime
    purpose: str
    outcome: str
    status: int | None
    ms: int
    size: int
    sha256: str | None
    detail: str | None


def marks_of(db: Database, unit: str, *, nights: int) -> list[Mark]:
    """The unit's marks of the last nights, oldest first; one that was judged several times counts as judged last.

    What was made of a single unit between two nights is no night.
    """
    rows = db.execute(
        'SELECT j.as_of, s.online, s."full", s.rank, s.coverage, s.special FROM'
        " (SELECT max(g.id) AS id FROM judging g JOIN run r ON r.id = g.run AND r.kind = 'night'"
        " GROUP BY g.run ORDER BY max(g.id) DESC LIMIT ?) last"
        " JOIN judging j ON j.id = last.id JOIN score s ON s.judging = j.id AND s.unit = ? ORDER BY j.as_of",
        (nights, unit),
    ).fetchall()
    return [
        Mark(
            datetime.fromisoformat(at),
            None if online is None else Decimal(online),
            Decimal(full),
            rank,
            coverage,
            special,
        )
        for at, online, full, rank, coverage, special in rows
    ]


def asked_for(db: Database, unit: str, url: str, *, most: int = 30) -> list[Asked]:
    """The last times that the address was asked for on the unit's behalf, the newest first."""
    rows = db.execute(
        "SELECT run, at, purpose, outcome, status, ms, size, sha256, detail FROM fetch"
        " WHERE unit = ? AND run > (SELECT coalesce(max(id), 0) FROM run) - ? AND ? IN (url, final_url)"
        " AND purpose <> 'screenshot' ORDER BY at DESC, id DESC LIMIT ?",
        (unit, _RUNS, url, most),
    ).fetchall()
    return [Asked(run, datetime.fromisoformat(at), *rest) for run, at, *rest in rows]


def kind_of(db: Database, sha256: str) -> str | None:
    """The content type with which these bytes once came, or None."""
    row = db.execute(
        "SELECT content_type FROM fetch WHERE sha256 = ? AND content_type IS NOT NULL LIMIT 1", (sha256,)
    ).fetchone()
    return row[0] if row else None


def outcomes_of(db: Database, run: int) -> dict[str, str]:
    """How the home page of each unit ended in that run, confirmed visits only."""
    rows = db.execute("SELECT unit, outcome FROM visit WHERE run = ? AND confirmed = 1", (run,))
    return dict(rows.fetchall())
