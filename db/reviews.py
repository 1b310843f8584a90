"""What did people decide, and how did each alert come to the state it is in?

Reviews and steps are only ever added; the database itself refuses anything else. An alert is one row: as it is now, and as it
stood before the last run that moved it, so that the same night can be judged again from where it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from db.bodies import pack, unpack
from db.codec import dump, instant_text, load
from db.records import SYSTEM, Alert, Review, Step

_ONLY_ADDED = ("review", "review_case", "alert_step")
TABLES = (
    """CREATE TABLE review (
        id INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, action TEXT NOT NULL, who TEXT NOT NULL,
        at TEXT NOT NULL, run INTEGER NOT NULL, record TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX review_of_run ON review (run)",
    "CREATE TABLE review_case (review INTEGER PRIMARY KEY REFERENCES review(id), zstd BLOB NOT NULL) STRICT",
    """CREATE TABLE alert_step (
        id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL, at TEXT NOT NULL, before TEXT NOT NULL,
        after TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, run INTEGER NOT NULL, corrected INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX step_of_alert ON alert_step (alert)",
    *(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table}: only added'); END"
        for table in _ONLY_ADDED
        for what in ("update", "delete")
    ),
    """CREATE TABLE alert_record (
        id INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
        state TEXT NOT NULL, run INTEGER NOT NULL, record TEXT NOT NULL, before TEXT, UNIQUE (unit, kind, target)
    ) STRICT""",
    # what an earlier version kept of its alerts, in columns; its last run is not told
    """INSERT INTO alert_record (id, unit, kind, target, state, run, record)
        SELECT id, unit, kind, target, state, 0, json_object(
            'unit', unit, 'target', target, 'kind', kind, 'severity', severity, 'state', state, 'opened_at', opened_at,
            'last_seen_at', last_seen_at, 'reason', reason, 'evidence', json(evidence), 'days', json(days),
            'opened', json(iif(state IN ('suspected', 'resolved'), 'false', 'true')), 'moved_at', last_seen_at)
        FROM alert ORDER BY id""",
    "DROP TABLE alert",
    "ALTER TABLE alert_record RENAME TO alert",
)
_UNRAISED: dict[str, Any] = {"moved_by": SYSTEM, "moved_why": "同一夜重新判定后不再成立"}
_STEP = "id, alert, at, before, after, who, why, run, corrected"


@dataclass(frozen=True, slots=True)
class _Kept:
    id: int
    run: int
    record: str
    before: str | None

    def now(self) -> Alert:
        return replace(load(Alert, self.record), id=self.id)

    def before_run(self, run: int) -> Alert:
        if self.run != run:
            return self.now()
        if self.before is None:  # that run raised it first: before, there was no such cause
            return replace(self.now(), state="resolved", opened=False, days=(), due=None, expires=None, **_UNRAISED)
        return replace(load(Alert, self.before), id=self.id)


def alerts(db: Database) -> list[Alert]:
    """Every alert there is, in whatever state, by id; what an export leaves out is the export's decision."""
    return [row.now() for row in _kept(db).values()]


def alerts_before(db: Database, run: int) -> list[Alert]:
    """The alerts as they stood before that run, the newest one, was judged for the first time, by id.

    What the run raised first comes as resolved and never opened, so that its number stays its own.
    """
    return [row.before_run(run) for row in _kept(db).values()]


def save_alerts(db: Database, moved: Iterable[Alert], *, run: int, person: bool = False) -> None:
    """Insert new alerts and update known ones (an alert is one unit, kind and target), with a step for each change of state.

    run     the newest judged run (0: none), after which these are the alerts
    person  somebody acted; otherwise a second judging of one run leaves steps that say `corrected`
    Within a transaction. An alert that is as it was is not touched.
    """
    kept, steps = _kept(db), list[Step]()
    for alert in moved:
        key, record = (alert.unit, alert.kind, alert.target), dump(replace(alert, id=0))
        row = kept.get(key)
        if row is None:
            made = db.execute(
                "INSERT INTO alert (unit, kind, target, state, run, record) VALUES (?, ?, ?, ?, ?, ?)",
                (*key, alert.state, run, record),
            )
            steps.append(_step(alert, int(made.lastrowid or 0), "", run))
        elif record != row.record:
            again = row.run == run
            db.execute(
                "UPDATE alert SET state = ?, run = ?, record = ?, before = ? WHERE id = ?",
                (alert.state, run, record, row.before if again else row.record, row.id),
            )
            if (before := row.now().state) != alert.state:
                steps.append(replace(_step(alert, row.id, before, run), corrected=again and not person))
    db.conn.executemany(
        f"INSERT INTO alert_step ({_STEP}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(s.alert, instant_text(s.at), s.before, s.after, s.who, s.why, s.run, s.corrected) for s in steps],
    )


def steps(db: Database, alert: int) -> list[Step]:
    """How that alert came to its state, oldest first."""
    return [
        load(Step, dump(dict(zip(_STEP.split(", "), row, strict=True)) | {"corrected": bool(row[-1])}))
        for row in db.execute(f"SELECT {_STEP} FROM alert_step WHERE alert = ? ORDER BY id", (alert,))
    ]


def save_review(db: Database, review: Review) -> Review:
    """Add what a person decided; returned with its number. Within a transaction."""
    made = db.execute(
        "INSERT INTO review (unit, action, who, at, run, record) VALUES (?, ?, ?, ?, ?, ?)",
        (review.unit, review.action, review.who, instant_text(review.at), review.run, dump(replace(review, id=0))),
    )
    return replace(review, id=int(made.lastrowid or 0))


def reviews(db: Database, *, unit: str | None = None) -> list[Review]:
    """Everything that people decided, oldest first; with `unit` about that one alone."""
    rows = db.execute("SELECT id, record FROM review WHERE ? IS NULL OR unit = ? ORDER BY id", (unit, unit))
    return [replace(load(Review, record), id=id_) for id_, record in rows]


def save_case(db: Database, review: int, text: str) -> None:
    """Keep the records on which that review decided, one line of JSON. Within a transaction."""
    db.execute("INSERT INTO review_case VALUES (?, ?)", (review, pack(text.encode())))


def cases(db: Database) -> list[str]:
    """All saved cases, one line of JSON each, oldest first (see `monitors.cases`)."""
    return [unpack(data).decode() for (data,) in db.execute("SELECT zstd FROM review_case ORDER BY review")]


def _kept(db: Database) -> dict[tuple[str, str, str], _Kept]:
    rows = db.execute("SELECT unit, kind, target, id, run, record, before FROM alert ORDER BY id").fetchall()
    return {(unit, kind, target): _Kept(*rest) for unit, kind, target, *rest in rows}


def _step(alert: Alert, id_: int, before: str, run: int) -> Step:
    at = alert.moved_at or alert.opened_at
    return Step(id_, at, before, alert.state, alert.moved_by, alert.moved_why, run)
