"""What is wrong with us, not with a unit? One row a fault of our own, open until a run shows that it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlite_utils import Database

from db.codec import instant_text
from db.records import Incident

TABLES = (
    """CREATE TABLE incident (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
        opened_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, closed_at TEXT, run INTEGER
    ) STRICT""",
    "CREATE UNIQUE INDEX incident_open ON incident (kind, subject) WHERE closed_at IS NULL",
)
_COLUMNS = "kind, subject, detail, opened_at, last_seen_at, closed_at, run, id"


def save_incidents(db: Database, seen: Iterable[Incident], *, looked_at: Collection[str], at: datetime) -> None:
    """Open what is new, confirm what is still so, and close what was looked at and is well again. Within a transaction.

    seen       the faults that this judging saw (of one kind and subject, the first)
    looked_at  subjects that it could tell of: an open incident of another subject stays as it is
    at         the moment of the run; judging the same facts again changes nothing
    """
    still = {(i.kind, i.subject): i for i in reversed(list(seen))}
    for open_ in incidents(db):
        found = still.pop((open_.kind, open_.subject), None)
        if found is not None:
            db.execute(
                "UPDATE incident SET detail = ?, last_seen_at = max(last_seen_at, ?), run = ? WHERE id = ?",
                (found.detail, instant_text(at), found.run, open_.id),
            )
        elif open_.subject in looked_at:
            db.execute("UPDATE incident SET closed_at = ? WHERE id = ?", (instant_text(at), open_.id))
    db.conn.executemany(
        "INSERT INTO incident (kind, subject, detail, opened_at, last_seen_at, run) VALUES (?, ?, ?, ?, ?, ?)",
        [(i.kind, i.subject, i.detail, instant_text(at), instant_text(at), i.run) for i in still.values()],
    )


def incidents(db: Database, *, closed: bool = False) -> list[Incident]:
    """The open incidents, oldest first; with `closed` those that are over as well."""
    where = "" if closed else " WHERE closed_at IS NULL"
    return [
        Incident(
            kind,
            subject,
            detail,
            datetime.fromisoformat(opened),
            datetime.fromisoformat(seen),
            datetime.fromisoformat(over) if over else None,
            run,
            id_,
        )
        for kind, subject, detail, opened, seen, over, run, id_ in db.execute(
            f"SELECT {_COLUMNS} FROM incident{where} ORDER BY id"
        ).fetchall()
    ]
