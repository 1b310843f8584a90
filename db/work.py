"""What was there to do, and what became of it?

A run is rows: one task for each site and each account, with its batch and its state. A task is done when what was seen is stored
whole, so a run that was killed can tell what is left. Jobs are the times at which the timetable started something.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from db.codec import instant_text

TABLES = (
    "ALTER TABLE run ADD COLUMN until TEXT",
    "ALTER TABLE run ADD COLUMN tidied INTEGER NOT NULL DEFAULT 0",  # what nobody needs of it was dropped
    """CREATE TABLE task (
        run INTEGER NOT NULL REFERENCES run(id), unit TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL,
        batch INTEGER NOT NULL, platform TEXT NOT NULL, state TEXT NOT NULL, why TEXT,
        PRIMARY KEY (run, unit, source, account)
    ) STRICT""",
    """CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
        state TEXT NOT NULL, note TEXT
    ) STRICT""",
    "CREATE INDEX job_of_name ON job (name, id)",
    "ALTER TABLE probe ADD COLUMN dropped TEXT",
    "ALTER TABLE probe ADD COLUMN trail TEXT",
    "CREATE INDEX probe_at ON probe (at)",
    "CREATE INDEX probe_dropped ON probe (run, unit) WHERE dropped IS NOT NULL",
    "CREATE INDEX fetch_robots ON fetch (url, at) WHERE purpose = 'robots'",
)
PLANNED, DONE, LEFT = "planned", "done", "left"
_TASK = "run, unit, source, account, batch, platform, state, why"
_SITE_SEEN = "SELECT 1 FROM visit v WHERE v.run = task.run AND v.unit = task.unit AND v.confirmed = 1"
_ACCOUNT_SEEN = (
    "SELECT 1 FROM snapshot s WHERE s.run = task.run AND s.unit = task.unit AND s.source = task.source"
    " AND s.account = task.account"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One site (`source` and `account` are "") or one account of one run.

    batch     number of the crawl process that has it
    platform  what it shares its pace with: the registered platform or the address of its host, "" for an account
    state     planned, done, left
    why       why it was left, in Chinese
    """

    run: int
    unit: str
    source: str = ""
    account: str = ""
    batch: int = 0
    platform: str = ""
    state: str = PLANNED
    why: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.unit, self.source, self.account

    @property
    def name(self) -> str:
        """Its Chinese name for messages."""
        return f"{self.unit}（账号 {self.account}）" if self.source else self.unit


@dataclass(frozen=True, slots=True)
class Job:
    """One time that a job of the timetable was started.

    state  running, done, failed, skipped (another run had the database), broken (the service ended first), or since: no run at
           all, but the moment from which the service knows the job
    """

    id: int
    name: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    note: str | None


# tasks


def plan(db: Database, tasks: Iterable[Task]) -> None:
    """Add tasks to their run; one that was done stays done. Within a transaction."""
    db.conn.executemany(
        f"INSERT INTO task ({_TASK}) VALUES (?, ?, ?, ?, ?, ?, 'planned', NULL)"
        " ON CONFLICT (run, unit, source, account) DO UPDATE SET batch = excluded.batch, platform = excluded.platform,"
        " state = iif(state = 'done', 'done', 'planned'), why = NULL",
        [(t.run, t.unit, t.source, t.account, t.batch, t.platform) for t in tasks],
    )


def settle(db: Database, run: int) -> None:
    """Mark as done what the run has stored whole. Within a transaction."""
    for where, seen in (("source = ''", _SITE_SEEN), ("source <> ''", _ACCOUNT_SEEN)):
        db.execute(
            f"UPDATE task SET state = 'done' WHERE run = ? AND state = 'planned' AND {where} AND EXISTS ({seen})",
            (run,),
        )


def leave(db: Database, run: int, why: str, *, units: Collection[str] | None = None) -> None:
    """What is still planned in that run is left, for that reason; with `units` only theirs. Within a transaction."""
    for task in tasks(db, run):
        if task.state == PLANNED and (units is None or task.unit in units):
            db.execute(
                "UPDATE task SET state = 'left', why = ? WHERE run = ? AND unit = ? AND source = ? AND account = ?",
                (why, run, *task.key),
            )


def tasks(db: Database, run: int) -> list[Task]:
    """All tasks of that run, by unit; empty for a run of an earlier version."""
    rows = db.execute(f"SELECT {_TASK} FROM task WHERE run = ? ORDER BY unit, source, account", (run,)).fetchall()
    return [Task(*row) for row in rows]


def cut_off(db: Database) -> list[int]:
    """The runs that did not come to their end, oldest first: still said to run, or with tasks that nobody will do."""
    rows = db.execute(
        "SELECT id FROM run WHERE state = 'running' UNION SELECT run FROM task WHERE state = 'planned' ORDER BY 1"
    )
    return [run for (run,) in rows.fetchall()]


# jobs


def begin_job(db: Database, name: str, *, at: datetime, state: str = "running") -> int:
    """A new row for the job, its number. Within a transaction."""
    made = db.execute("INSERT INTO job (name, started_at, state) VALUES (?, ?, ?)", (name, instant_text(at), state))
    return int(made.lastrowid or 0)


def end_job(db: Database, job: int, *, at: datetime, state: str, note: str | None = None) -> None:
    """Write down how it ended. Within a transaction."""
    db.execute("UPDATE job SET finished_at = ?, state = ?, note = ? WHERE id = ?", (instant_text(at), state, note, job))


def break_jobs(db: Database, *, at: datetime) -> None:
    """Jobs that still run when a service starts were cut off. Within a transaction."""
    db.execute("UPDATE job SET finished_at = ?, state = 'broken' WHERE state = 'running'", (instant_text(at),))


def last_jobs(db: Database) -> dict[str, Job]:
    """The newest row of each job, by name."""
    rows = db.execute(
        "SELECT id, name, started_at, finished_at, state, note FROM job"
        " WHERE id IN (SELECT max(id) FROM job GROUP BY name) ORDER BY name"
    ).fetchall()
    return {
        name: Job(
            id_,
            name,
            datetime.fromisoformat(started),
            datetime.fromisoformat(ended) if ended else None,
            state,
            note,
        )
        for id_, name, started, ended, state, note in rows
    }
