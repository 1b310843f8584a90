"""Who may use the desk, and who has signed in? A user is never deleted, because reviews name him; he is switched off.

Sign-ins are only ever added. The database holds what a password hashes to, never the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from db.codec import instant_text

TABLES = (
    """CREATE TABLE user (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password TEXT NOT NULL,
        active INTEGER NOT NULL, must_change INTEGER NOT NULL, made_at TEXT NOT NULL, changed_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE sign_in (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL,
        outcome TEXT NOT NULL, who TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX sign_in_of_name ON sign_in (name, at)",
    "CREATE INDEX sign_in_of_time ON sign_in (at)",
    *(
        f"CREATE TRIGGER sign_in_no_{what} BEFORE {what} ON sign_in BEGIN SELECT RAISE(ABORT, 'sign_in: only added'); END"
        for what in ("update", "delete")
    ),
)
UNITS = ("ALTER TABLE user ADD COLUMN unit TEXT NOT NULL DEFAULT ''",)
_USER = "id, name, role, password, active, must_change, made_at, changed_at, unit"


@dataclass(frozen=True, slots=True)
class User:
    """One person.

    role         a key of `desk.auth.ROLES`
    password     its argon2id hash
    must_change  somebody else knows the password: it opens nothing but the form to change it
    changed_at   when password, role or `active` were last changed: sessions begun before are over
    unit         the one that a user of the role `unit` belongs to, else ""
    """

    id: int
    name: str
    role: str
    password: str
    active: bool
    must_change: bool
    made_at: datetime
    changed_at: datetime
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One thing that happened to an account.

    name     as given (it may be nobody's)            origin  address that it came from, "" for the command line
    outcome  ok, wrong, throttled, out; added, reset, changed, role, off, on; token: one of the API that opens nothing
    who      who did it, "" where nobody was signed in
    """

    at: datetime
    name: str
    origin: str
    outcome: str
    who: str = ""
    id: int = 0


def users(db: Database) -> list[User]:
    """Everybody, in the order in which they were added."""
    return [_user(row) for row in db.execute(f"SELECT {_USER} FROM user ORDER BY id").fetchall()]


def user_of(db: Database, id_: int) -> User | None:
    """The user with that number, or None."""
    row = db.execute(f"SELECT {_USER} FROM user WHERE id = ?", (id_,)).fetchone()
    return _user(row) if row else None


def user_named(db: Database, name: str) -> User | None:
    """The user of that name, or None."""
    row = db.execute(f"SELECT {_USER} FROM user WHERE name = ?", (name,)).fetchone()
    return _user(row) if row else None


def add_user(
    db: Database, name: str, role: str, password: str, *, at: datetime, must_change: bool = False, unit: str = ""
) -> User | None:
    """A new active user; None when the name is taken. `password` is the hash. Within a transaction."""
    made = db.execute(
        "INSERT OR IGNORE INTO user (name, role, password, active, must_change, made_at, changed_at, unit)"
        " VALUES (?, ?, ?, 1, ?, ?, ?, ?)",
        (name, role, password, must_change, instant_text(at), instant_text(at), unit),
    )
    return user_named(db, name) if made.rowcount else None


def change_user(
    db: Database,
    id_: int,
    *,
    at: datetime,
    password: str | None = None,
    must_change: bool = False,
    role: str | None = None,
    active: bool | None = None,
) -> None:
    """Change what is given and end the user's sessions; `must_change` goes with a password. Within a transaction."""
    db.execute(
        "UPDATE user SET password = coalesce(?1, password), must_change = iif(?1 IS NULL, must_change, ?2),"
        " role = coalesce(?3, role), active = coalesce(?4, active), changed_at = ?5 WHERE id = ?6",
        (password, must_change, role, active, instant_text(at), id_),
    )


def save_sign_in(db: Database, sign_in: SignIn) -> None:
    """Add what happened. Within a transaction."""
    db.execute(
        "INSERT INTO sign_in (at, name, origin, outcome, who) VALUES (?, ?, ?, ?, ?)",
        (instant_text(sign_in.at), sign_in.name, sign_in.origin, sign_in.outcome, sign_in.who),
    )


def sign_ins(db: Database, *, most: int = 200) -> list[SignIn]:
    """What happened last, the newest first."""
    sql = "SELECT at, name, origin, outcome, who, id FROM sign_in ORDER BY id DESC LIMIT ?"
    return [SignIn(datetime.fromisoformat(at), *rest) for at, *rest in db.execute(sql, (most,)).fetchall()]


def failures(db: Database, *, since: datetime, name: str | None = None, origin: str | None = None) -> int:
    """How many wrong passwords were given since then for that name, from that address, or both; only what followed the last
    right one of both."""
    where, given = "outcome = 'wrong' AND at > ?", [instant_text(since)]
    for column, value in (("name", name), ("origin", origin)):
        if value is not None:
            where += f" AND {column} = ?"
            given.append(value)
    if name is not None and origin is not None:
        where += " AND id > (SELECT coalesce(max(id), 0) FROM sign_in WHERE outcome IN ('ok', 'reset') AND name = ?)"
        given.append(name)
    return int(db.execute(f"SELECT count(*) FROM sign_in WHERE {where}", given).fetchone()[0])


def events(db: Database, outcome: str, *, since: datetime, origin: str) -> int:
    """How many rows of that outcome came from that address since then."""
    sql = "SELECT count(*) FROM sign_in WHERE outcome = ? AND at > ? AND origin = ?"
    return int(db.execute(sql, (outcome, instant_text(since), origin)).fetchone()[0])


def _user(row: tuple[int, str, str, str, int, int, str, str, str]) -> User:
    id_, name, role, password, active, must_change, made, changed, unit = row
    moments = datetime.fromisoformat(made), datetime.fromisoformat(changed)
    return User(id_, name, role, password, bool(active), bool(must_change), *moments, unit)
