"""What was assessed, over which days, and how was it closed? Periods with their checks by hand, adjustments, seal and corrections.

Checks, adjustments and corrections are only ever added; once a period is sealed the database refuses everything but a correction. What
was sealed is rows of canonical JSON under one sha256, signed by the installation: whoever changes a row, triggers or not,
is found out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlite_utils import Database

from db.codec import dump, instant_text, load, plain, revive
from db.records import Account, Unit

_ADDED = ("period_check", "period_adjustment", "period_frozen", "period_seal", "period_addendum", "backtest")
_IS_SEALED = "SELECT 1 FROM period_seal s WHERE s.period = {}.period"
TABLES = (
    """CREATE TABLE period (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, first TEXT NOT NULL, last TEXT NOT NULL,
        rubric TEXT NOT NULL, rubric_text TEXT NOT NULL, two INTEGER NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE period_check (
        id INTEGER PRIMARY KEY AUTOINCREMENT, period INTEGER NOT NULL REFERENCES period(id), unit TEXT NOT NULL,
        record TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE period_adjustment (
        id INTEGER PRIMARY KEY AUTOINCREMENT, period INTEGER NOT NULL REFERENCES period(id), unit TEXT NOT NULL,
        record TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE period_frozen (
        period INTEGER NOT NULL REFERENCES period(id), part TEXT NOT NULL, position INTEGER NOT NULL,
        finding INTEGER, record TEXT NOT NULL, PRIMARY KEY (period, part, position)
    ) STRICT""",
    "CREATE INDEX frozen_finding ON period_frozen (finding) WHERE finding IS NOT NULL",
    """CREATE TABLE period_seal (
        period INTEGER PRIMARY KEY REFERENCES period(id), statement TEXT NOT NULL, signature TEXT NOT NULL,
        public_key TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE period_addendum (
        period INTEGER NOT NULL REFERENCES period(id), number INTEGER NOT NULL, statement TEXT NOT NULL,
        signature TEXT NOT NULL, public_key TEXT NOT NULL, PRIMARY KEY (period, number)
    ) STRICT""",
    """CREATE TABLE backtest (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, rubric TEXT NOT NULL, rubric_sha256 TEXT NOT NULL,
        version TEXT NOT NULL, record TEXT NOT NULL
    ) STRICT""",
    *(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table}: only added'); END"
        for table in _ADDED
        for what in ("update", "delete")
    ),
    *(
        f"CREATE TRIGGER {table}_sealed BEFORE INSERT ON {table} WHEN EXISTS ({_IS_SEALED.format('NEW')})"
        " BEGIN SELECT RAISE(ABORT, 'period: sealed'); END"
        for table in ("period_check", "period_adjustment", "period_frozen", "period_seal")
    ),
    f"CREATE TRIGGER addendum_unsealed BEFORE INSERT ON period_addendum WHEN NOT EXISTS ({_IS_SEALED.format('NEW')})"
    " BEGIN SELECT RAISE(ABORT, 'period: not sealed'); END",
    *(
        f"CREATE TRIGGER period_no_{what} BEFORE {what} ON period"
        " WHEN EXISTS (SELECT 1 FROM period_seal s WHERE s.period = OLD.id)"
        " BEGIN SELECT RAISE(ABORT, 'period: sealed'); END"
        for what in ("update", "delete")
    ),
    # which registry a judging was made by: the units and accounts as they stood, each version once
    "CREATE TABLE registry_version (sha256 TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT",
    "ALTER TABLE judging ADD COLUMN registry TEXT",
)


@dataclass(frozen=True, slots=True)
class Seal:
    """How a period was closed.

    digest      sha256 over the frozen rows, as `digest_of` takes it    at, who  when and by whom, aware
    version     of the code that scored                     statement  the text that is signed: all of this as JSON
    signature, public_key  Ed25519, base64
    """

    digest: str
    at: datetime
    who: str
    version: str
    statement: str
    signature: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Period:
    """One assessment period; days are Asia/Shanghai, both ends belong to it.

    rubric       name of the rubric; `rubric_text` is the file itself, as it was when the period was opened
    two          a veto wants two people's confirmation
    at, who      when and by whom it was opened
    seal         None: open
    """

    id: int
    name: str
    first: date
    last: date
    rubric: str
    rubric_text: str
    two: bool
    at: datetime
    who: str
    seal: Seal | None = None

    @property
    def sealed(self) -> bool:
        return self.seal is not None

    @property
    def rubric_sha256(self) -> str:
        return digest_text(self.rubric_text)

    @property
    def words(self) -> str:
        """What is printed on everything that is made of the period: its days, and the digest where it is sealed."""
        state = f"已封存，摘要 {self.seal.digest}" if self.seal else "未封存，非正式结果"
        return f"考核期 {self.name}（{self.first}至{self.last}，{state}）"


@dataclass(frozen=True, slots=True)
class Check:
    """What a person saw where we could not.

    rule, target, account  as in the findings that it is about; target "": the line's usual one
    verdict   pass, fail or na         faults  how many, for a line that counts them
    who, on, proof   who looked, on which day (Asia/Shanghai), and where that is written down or pictured
    """

    unit: str
    rule: str
    verdict: str
    who: str
    on: date
    proof: str
    target: str = ""
    account: str | None = None
    note: str = ""
    faults: int = 1
    id: int = 0


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points that the office gives or takes besides the rules; `points` is signed, on the unit's scale."""

    unit: str
    points: Decimal
    who: str
    why: str
    proof: str
    at: datetime
    id: int = 0


@dataclass(frozen=True, slots=True)
class Addendum:
    """A signed correction of a sealed period, which itself stays as it is.

    unit     "": of no one unit; points 0       points  signed, on the unit's scale
    before   digest of the correction before it, of the seal for the first       digest  sha256 of its statement
    """

    number: int
    unit: str
    points: Decimal
    who: str
    why: str
    proof: str
    at: datetime
    before: str
    digest: str
    statement: str
    signature: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """One sealed row: `part` says what it is, `record` is canonical JSON, `finding` the number of the finding it is about."""

    part: str
    position: int
    record: str
    finding: int | None = None


# periods


def periods(db: Database) -> list[Period]:
    """All periods, oldest first."""
    return _periods(db, "1 ORDER BY p.first, p.id")


def period_named(db: Database, name: str) -> Period | None:
    """The period of that name, or None."""
    return next(iter(_periods(db, "p.name = ?", name)), None)


def save_period(
    db: Database,
    name: str,
    first: date,
    last: date,
    *,
    rubric: str,
    rubric_text: str,
    two: bool,
    who: str,
    at: datetime,
) -> Period:
    """Open a period, or give an open one other days or another rubric. Within a transaction."""
    db.execute(
        "INSERT INTO period (name, first, last, rubric, rubric_text, two, at, who) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET first = excluded.first, last = excluded.last, rubric = excluded.rubric,"
        " rubric_text = excluded.rubric_text, two = excluded.two, at = excluded.at, who = excluded.who",
        (name, first.isoformat(), last.isoformat(), rubric, rubric_text, int(two), instant_text(at), who),
    )
    found = period_named(db, name)
    assert found is not None
    return found


def _periods(db: Database, where: str, *given: Any) -> list[Period]:
    rows = db.execute(
        "SELECT p.id, p.name, p.first, p.last, p.rubric, p.rubric_text, p.two, p.at, p.who, s.statement, s.signature,"
        f" s.public_key FROM period p LEFT JOIN period_seal s ON s.period = p.id WHERE {where}",
        given,
    ).fetchall()
    return [
        Period(
            id_,
            name,
            date.fromisoformat(first),
            date.fromisoformat(last),
            rubric,
            text,
            bool(two),
            datetime.fromisoformat(at),
            who,
            _seal(statement, signature, key) if statement else None,
        )
        for id_, name, first, last, rubric, text, two, at, who, statement, signature, key in rows
    ]


def _seal(statement: str, signature: str, key: str) -> Seal:
    said = json.loads(statement)
    return Seal(
        said["digest"],
        datetime.fromisoformat(said["at"]),
        said["who"],
        said["version"],
        statement,
        signature,
        key,
    )


# what people add


def save_checks(db: Database, period: Period, checks: Iterable[Check], *, at: datetime) -> None:
    """Add what people saw. Within a transaction."""
    db.conn.executemany(
        "INSERT INTO period_check (period, unit, record, at) VALUES (?, ?, ?, ?)",
        [(period.id, c.unit, dump(c), instant_text(at)) for c in checks],
    )


def checks(db: Database, period: Period) -> list[Check]:
    """What people saw, in the order in which it was added: of several about one thing on one day the last counts."""
    return _records(db, Check, "period_check", period)


def save_adjustment(db: Database, period: Period, adjustment: Adjustment) -> None:
    """Add points given or taken. Within a transaction."""
    db.execute(
        "INSERT INTO period_adjustment (period, unit, record, at) VALUES (?, ?, ?, ?)",
        (period.id, adjustment.unit, dump(adjustment), instant_text(adjustment.at)),
    )


def adjustments(db: Database, period: Period) -> list[Adjustment]:
    """Points given or taken besides the rules, in the order in which they were added."""
    return _records(db, Adjustment, "period_adjustment", period)


def _records(db: Database, kind: type[Any], table: str, period: Period) -> list[Any]:
    rows = db.execute(f"SELECT id, record FROM {table} WHERE period = ? ORDER BY id", (period.id,)).fetchall()
    return [revive(kind, {**json.loads(record), "id": id_}) for id_, record in rows]


# the seal


def digest_text(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """The one JSON text of a record: keys in order, no white space, instants and decimals as `db.codec` writes them."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(rows: Iterable[Frozen]) -> str:
    """The sha256 over the rows in the order of part and position: one line each, `part position record`, ending in \\n."""
    sha256 = hashlib.sha256()
    for row in sorted(rows, key=lambda row: (row.part, row.position)):
        sha256.update(f"{row.part} {row.position} {row.record}\n".encode())
    return sha256.hexdigest()


def save_seal(
    db: Database, period: Period, rows: Sequence[Frozen], *, statement: str, signature: str, public_key: str
) -> None:
    """Freeze these rows and close the period. Within a transaction; the database refuses every later change."""
    db.conn.executemany(
        "INSERT INTO period_frozen (period, part, position, finding, record) VALUES (?, ?, ?, ?, ?)",
        [(period.id, r.part, r.position, r.finding, r.record) for r in rows],
    )
    db.execute("INSERT INTO period_seal VALUES (?, ?, ?, ?)", (period.id, statement, signature, public_key))


def frozen(db: Database, period: Period, part: str | None = None) -> Iterator[Frozen]:
    """The sealed rows, or those of one part, in their order; none while the period is open."""
    rows = db.execute(
        "SELECT part, position, record, finding FROM period_frozen WHERE period = ? AND (? IS NULL OR part = ?)"
        " ORDER BY part, position",
        (period.id, part, part),
    ).fetchall()
    return (Frozen(*row) for row in rows)


def save_addendum(
    db: Database, period: Period, number: int, *, statement: str, signature: str, public_key: str
) -> None:
    """Add a correction. Within a transaction."""
    db.execute(
        "INSERT INTO period_addendum VALUES (?, ?, ?, ?, ?)", (period.id, number, statement, signature, public_key)
    )


def addenda(db: Database, period: Period) -> list[Addendum]:
    """The corrections of a sealed period, in their order."""
    rows = db.execute(
        "SELECT number, statement, signature, public_key FROM period_addendum WHERE period = ? ORDER BY number",
        (period.id,),
    ).fetchall()
    found = []
    for number, statement, signature, key in rows:
        said = json.loads(statement)
        found.append(
            Addendum(
                number,
                said["unit"],
                Decimal(said["points"]),
                said["who"],
                said["why"],
                said["proof"],
                datetime.fromisoformat(said["at"]),
                said["before"],
                hashlib.sha256(statement.encode()).hexdigest(),
                statement,
                signature,
                key,
            )
        )
    return found


# backtests and registries


def save_backtest(db: Database, *, at: datetime, rubric: str, sha256: str, version: str, record: Any) -> int:
    """Write down what a rubric would have changed; its number. Within a transaction."""
    made = db.execute(
        "INSERT INTO backtest (at, rubric, rubric_sha256, version, record) VALUES (?, ?, ?, ?, ?)",
        (instant_text(at), rubric, sha256, version, dump(record)),
    )
    return int(made.lastrowid or 0)


def backtest_of(db: Database, sha256: str) -> tuple[int, datetime, Any] | None:
    """Number, moment and result of the last backtest of exactly that rubric; None: there was none."""
    row = db.execute(
        "SELECT id, at, record FROM backtest WHERE rubric_sha256 = ? ORDER BY id DESC LIMIT 1", (sha256,)
    ).fetchone()
    return (row[0], datetime.fromisoformat(row[1]), json.loads(row[2])) if row else None


def registry_now(db: Database) -> str:
    """Keep the registry as it stands, once, and return its sha256. Within a transaction."""
    record = json.dumps(
        [
            [json.loads(text) for (text,) in db.execute(f"SELECT record FROM {table} ORDER BY position")]
            for table in ("unit", "account")
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    sha256 = hashlib.sha256(record.encode()).hexdigest()
    db.execute("INSERT OR IGNORE INTO registry_version VALUES (?, ?)", (sha256, record))
    return sha256


def registry_of(db: Database, judging: int) -> tuple[list[Unit], list[Account]] | None:
    """The registry by which that judging was made; None for one of a version that did not keep it."""
    row = db.execute(
        "SELECT v.record FROM judging j JOIN registry_version v ON v.sha256 = j.registry WHERE j.id = ?", (judging,)
    ).fetchone()
    if row is None:
        return None
    return load(tuple[list[Unit], list[Account]], row[0])
