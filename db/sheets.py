"""What did the office fill in by hand that no night can see? Sheets by kind and year; the newest of a kind and year counts.

A sheet is only ever added, whole; an earlier one of the same kind and year stays readable beneath it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from db.codec import dump, instant_text

_ONLY_ADDED = ("hand_sheet", "hand_row")
TABLES = (
    """CREATE TABLE hand_sheet (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, year INTEGER NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL,
        file TEXT NOT NULL, sha256 TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX hand_sheet_of_kind ON hand_sheet (kind, year)",
    """CREATE TABLE hand_row (
        sheet INTEGER NOT NULL REFERENCES hand_sheet(id), n INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (sheet, n)
    ) STRICT""",
    *(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table}: only added'); END"
        for table in _ONLY_ADDED
        for what in ("update", "delete")
    ),
)


@dataclass(frozen=True, slots=True)
class HandSheet:
    """One sheet that was taken over: by whom, when, from which file (its name, and its bytes' sha256), with how many rows."""

    id: int
    kind: str
    year: int
    at: datetime
    who: str
    file: str
    sha256: str
    rows: int


def save_sheet(
    db: Database,
    kind: str,
    year: int,
    rows: Sequence[Mapping[str, str]],
    *,
    who: str,
    file: str,
    sha256: str,
    at: datetime,
) -> int:
    """Add a sheet and return its number. Within a transaction."""
    made = db.execute(
        "INSERT INTO hand_sheet (kind, year, at, who, file, sha256) VALUES (?, ?, ?, ?, ?, ?)",
        (kind, year, instant_text(at), who, file, sha256),
    )
    id_ = int(made.lastrowid or 0)
    db.conn.executemany(
        "INSERT INTO hand_row VALUES (?, ?, ?)", [(id_, n, dump(dict(r))) for n, r in enumerate(rows, 1)]
    )
    return id_


def sheets(db: Database) -> list[HandSheet]:
    """Every sheet, oldest first."""
    rows = db.execute(
        "SELECT s.id, s.kind, s.year, s.at, s.who, s.file, s.sha256, (SELECT count(*) FROM hand_row r WHERE r.sheet = s.id)"
        " FROM hand_sheet s ORDER BY s.id"
    )
    return [
        HandSheet(id_, kind, year, datetime.fromisoformat(at), who, file, sha, n)
        for id_, kind, year, at, who, file, sha, n in rows
    ]


def rows(db: Database, year: int) -> dict[str, list[dict[str, str]]]:
    """The rows of the newest sheet of each kind for that year, by kind; a kind that was never filled in is not there."""
    newest = dict(
        db.execute(
            "SELECT kind, max(id) FROM hand_sheet WHERE year = ? GROUP BY kind ORDER BY kind", (year,)
        ).fetchall()
    )
    return {
        kind: [json.loads(r) for (r,) in db.execute("SELECT record FROM hand_row WHERE sheet = ? ORDER BY n", (id_,))]
        for kind, id_ in newest.items()
    }
