"""How did the database come to look as it does? A released migration is never edited, only followed."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from db.findings import TABLES as JUDGING_TABLES

schema = Migrations("wangkao")


@schema()
def m0001_registry_runs_facts(db: Database) -> None:
    """The registry as last imported, runs, what each fetch brought, bodies by hash, and the facts of each visit."""
    for statement in _FIRST:
        db.execute(statement)


@schema()
def m0002_judgings(db: Database) -> None:
    """Judgings with their findings and scores, and the alerts that come from them."""
    for statement in JUDGING_TABLES:
        db.execute(statement)


_FIRST = (
    """CREATE TABLE unit (
        name TEXT PRIMARY KEY, position INTEGER NOT NULL, record TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE account (
        unit TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL, position INTEGER NOT NULL,
        record TEXT NOT NULL, PRIMARY KEY (unit, source, account)
    ) STRICT""",
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT, started_at TEXT NOT NULL, finished_at TEXT,
        state TEXT NOT NULL, kind TEXT NOT NULL, note TEXT
    ) STRICT""",
    """CREATE TABLE fetch (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run(id), unit TEXT NOT NULL,
        url TEXT NOT NULL, final_url TEXT NOT NULL, at TEXT NOT NULL, purpose TEXT NOT NULL, outcome TEXT NOT NULL,
        status INTEGER, ms INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT, content_type TEXT, encoding TEXT,
        hops TEXT, detail TEXT
    ) STRICT""",
    "CREATE INDEX fetch_of_unit ON fetch (unit, run)",
    """CREATE TABLE body (
        sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, zstd BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE visit (
        run INTEGER NOT NULL REFERENCES run(id), unit TEXT NOT NULL, finished_at TEXT NOT NULL, outcome TEXT NOT NULL,
        fetches INTEGER NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (unit, run)
    ) STRICT""",
    """CREATE TABLE snapshot (
        run INTEGER NOT NULL REFERENCES run(id), unit TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL,
        at TEXT NOT NULL, status TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (unit, source, account, run)
    ) STRICT""",
    """CREATE TABLE probe (
        unit TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT NOT NULL, status INTEGER,
        ms INTEGER NOT NULL, detail TEXT, run INTEGER,
        PRIMARY KEY (unit, at)
    ) STRICT""",
)
