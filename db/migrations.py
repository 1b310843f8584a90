"""How did the database come to look as it does? A released migration is never edited, only followed."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from db.appeals import TABLES as APPEAL_TABLES
from db.bodies import pack
from db.findings import TABLES as JUDGING_TABLES
from db.incidents import TABLES as INCIDENT_TABLES
from db.notices import TABLES as NOTICE_TABLES
from db.periods import TABLES as PERIOD_TABLES
from db.posts import TABLES as POST_TABLES
from db.reviews import TABLES as REVIEW_TABLES
from db.samples import TABLES as SAMPLE_TABLES
from db.sheets import TABLES as SHEET_TABLES
from db.tokens import TABLES as TOKEN_TABLES
from db.users import TABLES as USER_TABLES
from db.users import UNITS as USER_UNITS
from db.work import TABLES as WORK_TABLES

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


@schema()
def m0003_trails_and_known_pages(db: Database) -> None:
    """The requests behind each fetch, one row a fetch whatever file it came from, and the memory of pages."""
    for statement in _THIRD:
        db.execute(statement)


@schema()
def m0004_posts_incidents_counters(db: Database) -> None:
    """Every post that was seen, once; faults of our own; the counter of an account's profile beside each snapshot."""
    for statement in (*POST_TABLES, *INCIDENT_TABLES, "ALTER TABLE snapshot ADD COLUMN total INTEGER"):
        db.execute(statement)


@schema()
def m0005_reviews_steps_notices(db: Database) -> None:
    """What people decided and every step of every alert, which is one record now; the outbox of notices."""
    for statement in (*REVIEW_TABLES, *NOTICE_TABLES):
        db.execute(statement)


@schema()
def m0006_tasks_jobs_dropped_probes(db: Database) -> None:
    """What each run had to do and what was done, when the timetable started what, and probes that say nothing of a site."""
    for statement in WORK_TABLES:
        db.execute(statement)


@schema()
def m0007_users(db: Database) -> None:
    """Who may use the desk, and every sign-in."""
    for statement in USER_TABLES:
        db.execute(statement)


@schema()
def m0008_units_rechecks_appeals(db: Database) -> None:
    """The unit that a user belongs to; targeted rechecks; appeals with their steps and attachments."""
    for statement in (*USER_UNITS, *APPEAL_TABLES):
        db.execute(statement)


@schema()
def m0009_tokens_registry_changes(db: Database) -> None:
    """Tokens of the API; who changed the registry in the desk; indexes for the pages that look over a year."""
    for statement in TOKEN_TABLES:
        db.execute(statement)


@schema()
def m0010_periods(db: Database) -> None:
    """Assessment periods with checks by hand, adjustments, seals and corrections; backtests; the registry of each judging."""
    for statement in PERIOD_TABLES:
        db.execute(statement)


@schema()
def m0011_samples_hand_sheets(db: Database) -> None:
    """What was drawn to be checked by hand, with the answers; sheets that the office filled in for its circular."""
    for statement in (*SAMPLE_TABLES, *SHEET_TABLES):
        db.execute(statement)


@schema()
def m0012_visits_packed(db: Database) -> None:
    """Visits take a twelfth of the room; what SQL asks of them stands beside the packed record."""
    db.conn.create_function("packed", 1, lambda text: pack(text.encode()), deterministic=True)
    for statement in _TWELFTH:
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

_THIRD = (
    "ALTER TABLE fetch ADD COLUMN trail TEXT",
    "ALTER TABLE visit ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 1",
    "CREATE UNIQUE INDEX fetch_once ON fetch (run, unit, url, purpose, at)",
    "CREATE INDEX fetch_of_body ON fetch (sha256)",
    """CREATE TABLE page (
        url TEXT PRIMARY KEY, unit TEXT NOT NULL, sha256 TEXT NOT NULL, since TEXT NOT NULL, full_at TEXT NOT NULL,
        seen_at TEXT NOT NULL, etag TEXT, modified TEXT, content_type TEXT, encoding TEXT, readers TEXT, facts BLOB
    ) STRICT""",
    "CREATE INDEX page_of_unit ON page (unit)",
)

_TWELFTH = (
    """CREATE TABLE packed_visit (
        run INTEGER NOT NULL REFERENCES run(id), unit TEXT NOT NULL, finished_at TEXT NOT NULL, outcome TEXT NOT NULL,
        fetches INTEGER NOT NULL, confirmed INTEGER NOT NULL, status INTEGER, broken INTEGER NOT NULL, zstd BLOB NOT NULL,
        PRIMARY KEY (unit, run)
    ) STRICT""",
    "INSERT INTO packed_visit SELECT run, unit, finished_at, outcome, fetches, confirmed, json_extract(record, '$.status'),"
    " coalesce(json_array_length(record, '$.errors'), 0) > 0, packed(record) FROM visit",
    "DROP TABLE visit",
    "ALTER TABLE packed_visit RENAME TO visit",
)
