"""Which programs may read, and who changed the registry by hand? Tokens of the API, and the changes made in the desk.

A token belongs to a user and may read what he may; the database holds what it hashes to. It is never deleted, only ended. Changes of
the registry are only ever added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from db.codec import dump, instant_text, load

TABLES = (
    """CREATE TABLE token (
        id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL REFERENCES user(id), name TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE, made_at TEXT NOT NULL, made_by TEXT NOT NULL, expires_at TEXT NOT NULL, ended_at TEXT,
        ended_by TEXT, used_at TEXT
    ) STRICT""",
    "CREATE TRIGGER token_no_delete BEFORE DELETE ON token BEGIN SELECT RAISE(ABORT, 'token: only ended'); END",
    """CREATE TABLE registry_change (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL, kind TEXT NOT NULL,
        way TEXT NOT NULL, file TEXT NOT NULL, before TEXT, after TEXT NOT NULL, backup TEXT, cells TEXT NOT NULL
    ) STRICT""",
    *(
        f"CREATE TRIGGER registry_change_no_{what} BEFORE {what} ON registry_change"
        " BEGIN SELECT RAISE(ABORT, 'registry_change: only added'); END"
        for what in ("update", "delete")
    ),
    # what the desk asks of a year of nights
    "CREATE INDEX step_of_time ON alert_step (at)",
    "CREATE INDEX review_of_time ON review (at)",
    "CREATE INDEX judging_of_run ON judging (run)",
    "CREATE INDEX visit_of_run ON visit (run)",
    "CREATE INDEX fetch_of_time ON fetch (at) WHERE trail IS NOT NULL",
)
_TOKEN = "t.id, t.user, u.name, t.name, t.made_at, t.made_by, t.expires_at, t.ended_at, t.ended_by, t.used_at"
_CHANGE = "id, at, who, origin, kind, way, file, before, after, backup, cells"


@dataclass(frozen=True, slots=True)
class Token:
    """One token without its secret.

    user, owner  number and name of whose it is        name  what its owner calls it
    used_at      when it last opened something, to the hour
    """

    id: int
    user: int
    owner: str
    name: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    used_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether nobody has ended it, and its time is not over."""
        return self.ended_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell of a registry sheet that changed: of which row (its name), before and after. A row that came or went: column ""."""

    row: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """One time that a sheet of the registry was written by the desk.

    kind    units, accounts        way     edit, import
    before, after  sha256 of the file; None: there was none
    backup  name of the copy of the old file        cells   what changed, access keys starred
    """

    at: datetime
    who: str
    origin: str
    kind: str
    way: str
    file: str
    before: str | None
    after: str
    backup: str | None
    cells: tuple[CellChange, ...]
    id: int = 0


def digest_of(secret: str) -> str:
    """What is kept of a token's secret. The secret is 256 bits of chance, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def add_token(
    db: Database, user: int, name: str, secret: str, *, who: str, at: datetime, expires_at: datetime
) -> Token:
    """A new token of that user. Within a transaction."""
    made = db.execute(
        "INSERT INTO token (user, name, hash, made_at, made_by, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (user, name, digest_of(secret), instant_text(at), who, instant_text(expires_at)),
    )
    found = token_of(db, int(made.lastrowid or 0))
    assert found is not None
    return found


def end_token(db: Database, id_: int, *, who: str, at: datetime) -> None:
    """End it; one that was ended stays as it is. Within a transaction."""
    db.execute(
        "UPDATE token SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL", (instant_text(at), who, id_)
    )


def mark_used(db: Database, id_: int, *, at: datetime) -> None:
    """Write down that it opened something. Within a transaction."""
    db.execute("UPDATE token SET used_at = ? WHERE id = ?", (instant_text(at), id_))


def token_of(db: Database, id_: int) -> Token | None:
    """The token with that number, or None."""
    return next(iter(_tokens(db, "t.id = ?", id_)), None)


def token_with(db: Database, secret: str) -> Token | None:
    """The token with that secret, whether it still holds or not; None when there is none."""
    return next(iter(_tokens(db, "t.hash = ?", digest_of(secret))), None)


def tokens(db: Database, *, user: int | None = None) -> list[Token]:
    """All tokens, the newest first; with `user` his alone."""
    return _tokens(db, "? IS NULL OR t.user = ?", user, user)


def _tokens(db: Database, where: str, *given: int | str | None) -> list[Token]:
    rows = db.execute(
        f"SELECT {_TOKEN} FROM token t JOIN user u ON u.id = t.user WHERE {where} ORDER BY t.id DESC", given
    ).fetchall()
    return [
        Token(
            id_,
            user,
            owner,
            name,
            datetime.fromisoformat(made),
            by,
            datetime.fromisoformat(expires),
            _instant(ended),
            ended_by,
            _instant(used),
        )
        for id_, user, owner, name, made, by, expires, ended, ended_by, used in rows
    ]


def save_change(db: Database, change: RegistryChange) -> None:
    """Add what was changed. Within a transaction."""
    db.execute(
        f"INSERT INTO registry_change ({_CHANGE}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            instant_text(change.at),
            change.who,
            change.origin,
            change.kind,
            change.way,
            change.file,
            change.before,
            change.after,
            change.backup,
            dump(change.cells),
        ),
    )


def changes(db: Database, *, most: int = 20) -> Sequence[RegistryChange]:
    """The last changes of the registry, the newest first."""
    rows = db.execute(f"SELECT {_CHANGE} FROM registry_change ORDER BY id DESC LIMIT ?", (most,)).fetchall()
    names = _CHANGE.split(", ")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        RegistryChange(
            **{**row, "at": datetime.fromisoformat(row["at"]), "cells": load(tuple[CellChange, ...], row["cells"])}
        )
        for row in found
    ]


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
