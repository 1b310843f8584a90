"""What does a unit contest, and what came of looking again?

An appeal and its steps are only ever added; where it stands is what its last step says. Attachments are kept by what their bytes hash
to. A recheck is one row: what was asked for, and how it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from db.bodies import digest
from db.codec import dump, instant_text, load
from db.records import Finding

_ONLY_ADDED = ("appeal", "appeal_step", "attachment", "attachment_body")
TABLES = (
    """CREATE TABLE recheck (
        id INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, asked_at TEXT NOT NULL, who TEXT NOT NULL, of TEXT NOT NULL,
        subject INTEGER NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, account TEXT, before TEXT, state TEXT NOT NULL,
        started_at TEXT, ended_at TEXT, run INTEGER, after TEXT, note TEXT
    ) STRICT""",
    "CREATE INDEX recheck_of_subject ON recheck (of, subject)",
    """CREATE TABLE appeal (
        id INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, account TEXT,
        finding INTEGER NOT NULL, filed_at TEXT NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX appeal_of_unit ON appeal (unit)",
    """CREATE TABLE appeal_step (
        id INTEGER PRIMARY KEY AUTOINCREMENT, appeal INTEGER NOT NULL REFERENCES appeal(id), at TEXT NOT NULL, who TEXT NOT NULL,
        action TEXT NOT NULL, why TEXT NOT NULL, review INTEGER NOT NULL, recheck INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX step_of_appeal ON appeal_step (appeal)",
    """CREATE TABLE attachment (
        appeal INTEGER NOT NULL REFERENCES appeal(id), n INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
        size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (appeal, n)
    ) STRICT""",
    "CREATE TABLE attachment_body (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
    *(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table}: only added'); END"
        for table in _ONLY_ADDED
        for what in ("update", "delete")
    ),
)
FILED, RECHECKED, WITHDRAWN, UPHELD, REJECTED = "filed", "rechecked", "withdrawn", "upheld", "rejected"
DECIDED = (WITHDRAWN, UPHELD, REJECTED)
WAITING, RUNNING = "waiting", "running"
_APPEAL = "a.id, a.unit, a.rule, a.target, a.account, a.finding, a.filed_at, a.who, a.text"
_STEP = "id, appeal, at, who, action, why, review, recheck"
_RECHECK = (
    "id, unit, asked_at, who, of, subject, rule, target, account, before, state, started_at, ended_at, run, after, note"
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """What a unit says against one finding.

    rule, target, account  what the finding is about, for its number changes from judging to judging
    finding                its number when the appeal was filed      who  of the unit filed it
    state                  open, withdrawn, upheld, rejected         ended_at  when it was decided or withdrawn
    """

    id: int
    unit: str
    rule: str
    target: str
    account: str | None
    finding: int
    filed_at: datetime
    who: str
    text: str
    state: str = "open"
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Nobody has decided it, and it was not withdrawn."""
        return self.state == "open"

    def about(self, finding: Finding) -> bool:
        """Whether it is about what that finding is about."""
        mine = (self.unit, self.rule, self.target, self.account)
        return mine == (finding.unit, finding.rule, finding.target, finding.account)


@dataclass(frozen=True, slots=True)
class AppealStep:
    """One thing that happened to an appeal.

    action   filed, rechecked, withdrawn, upheld, rejected
    review   number of the review that a decision is, 0: none      recheck  number of the recheck, 0: none
    """

    appeal: int
    at: datetime
    who: str
    action: str
    why: str = ""
    review: int = 0
    recheck: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that the unit handed in. `kind` is a key of desk/attachments.toml, told by its content."""

    appeal: int
    n: int
    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Recheck:
    """One targeted look at a unit's site and accounts, asked for by a person.

    of, subject  the alert, finding or appeal on whose page it was asked for, and its number
    before       the finding as it stood when it was asked for; None: there was none
    state        waiting, running; done, suspect (our own network), failed, night (left to the night that runs), busy (another job has
                 the database), broken (the service ended first)
    run          the run that was made        after  the finding of its judging; None: it says nothing of it
    note         how it ended, in Chinese
    """

    unit: str
    asked_at: datetime
    who: str
    of: str
    subject: int
    rule: str
    target: str
    account: str | None = None
    before: Finding | None = None
    state: str = WAITING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    run: int | None = None
    after: Finding | None = None
    note: str | None = None
    id: int = 0

    @property
    def over(self) -> bool:
        """It has ended, one way or another."""
        return self.state not in (WAITING, RUNNING)


# appeals


def file_appeal(db: Database, finding: Finding, *, who: str, text: str, at: datetime) -> Appeal:
    """A new appeal of the unit against that finding, with its first step. Within a transaction."""
    made = db.execute(
        "INSERT INTO appeal (unit, rule, target, account, finding, filed_at, who, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (finding.unit, finding.rule, finding.target, finding.account, finding.id, instant_text(at), who, text),
    )
    id_ = int(made.lastrowid or 0)
    add_step(db, AppealStep(id_, at, who, FILED, text))
    found = appeal_of(db, id_)
    assert found is not None
    return found


def add_step(db: Database, step: AppealStep) -> None:
    """Add what happened. Within a transaction."""
    db.execute(
        f"INSERT INTO appeal_step ({_STEP}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
        (step.appeal, instant_text(step.at), step.who, step.action, step.why, step.review, step.recheck),
    )


def appeals(db: Database, *, unit: str | None = None) -> list[Appeal]:
    """All appeals, the newest first; with `unit` those of that one alone."""
    return _appeals(db, "? IS NULL OR a.unit = ?", unit, unit)


def open_appeals(db: Database, *, until: int | None = None) -> list[Appeal]:
    """Those that wait for a decision, the newest first; with `until` those that waited when the run after that one began."""
    row = db.execute("SELECT min(started_at) FROM run WHERE id > ? AND kind <> 'accounts'", (until,)).fetchone()
    if row[0] is None:
        return [a for a in appeals(db) if a.open]
    then = datetime.fromisoformat(row[0])
    return [a for a in appeals(db) if a.filed_at < then and (a.ended_at is None or a.ended_at >= then)]


def appeal_of(db: Database, id_: int) -> Appeal | None:
    """The appeal with that number, or None."""
    return next(iter(_appeals(db, "a.id = ?", id_)), None)


def steps(db: Database, appeal: int | None = None) -> list[AppealStep]:
    """What happened to that appeal, oldest first; without a number to all of them."""
    rows = db.execute(f"SELECT {_STEP} FROM appeal_step WHERE ? IS NULL OR appeal = ? ORDER BY id", (appeal, appeal))
    return [
        AppealStep(appeal_, datetime.fromisoformat(at), who, action, why, review, recheck, id_)
        for id_, appeal_, at, who, action, why, review, recheck in rows.fetchall()
    ]


def _appeals(db: Database, where: str, *given: Any) -> list[Appeal]:
    last = f"SELECT appeal, action, at FROM appeal_step WHERE action IN {DECIDED}"
    rows = db.execute(
        f"SELECT {_APPEAL}, s.action, s.at FROM appeal a LEFT JOIN ({last}) s ON s.appeal = a.id WHERE {where} ORDER BY a.id DESC",
        given,
    ).fetchall()
    return [
        Appeal(
            id_,
            unit,
            rule,
            target,
            account,
            finding,
            datetime.fromisoformat(filed),
            who,
            text,
            state or "open",
            _instant(ended),
        )
        for id_, unit, rule, target, account, finding, filed, who, text, state, ended in rows
    ]


# attachments


def attach(db: Database, appeal: int, files: Iterable[tuple[str, str, bytes]]) -> None:
    """Keep these files (name, kind, bytes) with the appeal; equal bytes are kept once. Within a transaction."""
    for n, (name, kind, data) in enumerate(files):
        sha256 = digest(data)
        db.execute("INSERT OR IGNORE INTO attachment_body VALUES (?, ?)", (sha256, data))
        db.execute("INSERT INTO attachment VALUES (?, ?, ?, ?, ?, ?)", (appeal, n, name, kind, len(data), sha256))


def attachments(db: Database, appeal: int) -> list[Attachment]:
    """The files of that appeal, in the order in which they were given."""
    sql = "SELECT appeal, n, name, kind, size, sha256 FROM attachment WHERE appeal = ? ORDER BY n"
    return [Attachment(*row) for row in db.execute(sql, (appeal,)).fetchall()]


def attachment_data(db: Database, sha256: str) -> bytes | None:
    """The bytes of an attachment, or None."""
    row = db.execute("SELECT data FROM attachment_body WHERE sha256 = ?", (sha256,)).fetchone()
    return bytes(row[0]) if row else None


# rechecks


def ask_recheck(db: Database, asked: Recheck) -> Recheck:
    """A new recheck that waits; returned with its number. Within a transaction."""
    before = dump(asked.before) if asked.before else None
    made = db.execute(
        "INSERT INTO recheck (unit, asked_at, who, of, subject, rule, target, account, before, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            asked.unit,
            instant_text(asked.asked_at),
            asked.who,
            asked.of,
            asked.subject,
            asked.rule,
            asked.target,
            asked.account,
            before,
            WAITING,
        ),
    )
    found = recheck_of(db, int(made.lastrowid or 0))
    assert found is not None
    return found


def change_recheck(db: Database, id_: int, **given: Any) -> None:
    """Write down how it goes: any of state, started_at, ended_at, run, after, note. Within a transaction."""
    values = {
        k: instant_text(v) if isinstance(v, datetime) else dump(v) if k == "after" else v for k, v in given.items()
    }
    assert values.keys() <= {"state", "started_at", "ended_at", "run", "after", "note"}
    marks = ", ".join(f"{key} = ?" for key in values)
    db.execute(f"UPDATE recheck SET {marks} WHERE id = ?", (*values.values(), id_))


def recheck_of(db: Database, id_: int) -> Recheck | None:
    """The recheck with that number, or None."""
    return next(iter(_rechecks(db, "id = ?", id_)), None)


def rechecks_of(db: Database, of: str, subject: int) -> list[Recheck]:
    """Those that were asked for on that page, the newest first."""
    return _rechecks(db, "of = ? AND subject = ? ORDER BY id DESC", of, subject)


def rechecks_of_unit(db: Database, unit: str, *, most: int = 20) -> list[Recheck]:
    """The last rechecks of the unit, the newest first."""
    return _rechecks(db, "unit = ? ORDER BY id DESC LIMIT ?", unit, most)


def unended_rechecks(db: Database) -> list[Recheck]:
    """Those that wait or run, oldest first."""
    return _rechecks(db, f"state IN ('{WAITING}', '{RUNNING}') ORDER BY id")


def _rechecks(db: Database, where: str, *given: Any) -> list[Recheck]:
    names = _RECHECK.split(", ")
    rows = db.execute(f"SELECT {_RECHECK} FROM recheck WHERE {where}", given).fetchall()
    return [_recheck(dict(zip(names, row, strict=True))) for row in rows]


def _recheck(row: Mapping[str, Any]) -> Recheck:
    given = dict(row)
    for name in ("asked_at", "started_at", "ended_at"):
        given[name] = _instant(given[name])
    for name in ("before", "after"):
        given[name] = load(Finding, given[name]) if given[name] else None
    return Recheck(**given)


# what the nights say


def night_after(db: Database, at: datetime) -> int | None:
    """The last judging of the first whole night that began after that moment and came to its end; None while there is none."""
    row = db.execute(
        "SELECT max(id) FROM judging WHERE run = (SELECT min(id) FROM run WHERE kind = 'night' AND started_at > ?"
        " AND state IN ('finished', 'suspect'))",
        (instant_text(at),),
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None


def well_since(db: Database, finding: Finding, at: datetime, *, until: int | None = None) -> bool:
    """Whether a judging made after that moment found the demand of the finding met, or may have: what passed is not kept for good.

    until  a run: of the judgings up to that one; None: of all
    """
    met = db.execute(
        "SELECT 1 FROM judging j CROSS JOIN finding f ON f.judging = j.id AND f.unit = ? WHERE j.made_at > ? AND f.rule = ?"
        " AND f.target = ? AND f.account IS ? AND f.verdict = 'pass' AND (? IS NULL OR j.run <= ?) LIMIT 1",
        (finding.unit, instant_text(at), finding.rule, finding.target, finding.account, until, until),
    ).fetchone()
    tidied = db.execute(
        "SELECT 1 FROM run WHERE tidied = 1 AND started_at > ? AND (? IS NULL OR id <= ?) LIMIT 1",
        (instant_text(at), until, until),
    ).fetchone()
    return met is not None or tidied is not None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
