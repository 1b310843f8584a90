"""Which findings were drawn to be checked by hand, and what did people see? Draws and answers are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlite_utils import Database

from db.codec import instant_text

_ONLY_ADDED = ("sample", "sample_stratum", "sample_item", "sample_answer")
TABLES = (
    """CREATE TABLE sample (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, judging INTEGER NOT NULL REFERENCES judging(id), period TEXT,
        seed TEXT NOT NULL, size INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE sample_stratum (
        sample INTEGER NOT NULL REFERENCES sample(id), rule TEXT NOT NULL, verdict TEXT NOT NULL, "group" TEXT NOT NULL,
        population INTEGER NOT NULL, drawn INTEGER NOT NULL, PRIMARY KEY (sample, rule, verdict, "group")
    ) STRICT""",
    """CREATE TABLE sample_item (
        sample INTEGER NOT NULL REFERENCES sample(id), n INTEGER NOT NULL, finding INTEGER NOT NULL, unit TEXT NOT NULL,
        "group" TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, account TEXT, verdict TEXT NOT NULL, address TEXT,
        PRIMARY KEY (sample, n)
    ) STRICT""",
    """CREATE TABLE sample_answer (
        id INTEGER PRIMARY KEY AUTOINCREMENT, sample INTEGER NOT NULL REFERENCES sample(id), n INTEGER NOT NULL,
        verdict TEXT NOT NULL, who TEXT NOT NULL, day TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX answer_of_sample ON sample_answer (sample, n)",
    *(
        f"CREATE TRIGGER {table}_no_{what} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table}: only added'); END"
        for table in _ONLY_ADDED
        for what in ("update", "delete")
    ),
)


@dataclass(frozen=True, slots=True)
class Stratum:
    """All findings of one rule, verdict and group of a judging, and how many of them were drawn."""

    rule: str
    verdict: str
    group: str
    population: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Item:
    """One finding that was drawn; `n` counts from 1 within the draw, `address` is the page to look at."""

    n: int
    finding: int
    unit: str
    group: str
    rule: str
    target: str
    account: str | None
    verdict: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person saw: pass, fail, or unknown where it cannot be told any more."""

    n: int
    verdict: str
    who: str
    day: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One draw over the findings of one judging; `period` is the name of the assessment period, None: none."""

    id: int
    at: datetime
    judging: int
    period: str | None
    seed: str
    size: int


def save_sample(
    db: Database,
    judging: int,
    strata: Iterable[Stratum],
    items: Sequence[Item],
    *,
    seed: str,
    size: int,
    at: datetime,
    period: str | None = None,
) -> Sample:
    """Add a draw. Within a transaction."""
    made = db.execute(
        "INSERT INTO sample (at, judging, period, seed, size) VALUES (?, ?, ?, ?, ?)",
        (instant_text(at), judging, period, seed, size),
    )
    id_ = int(made.lastrowid or 0)
    db.conn.executemany(
        "INSERT INTO sample_stratum VALUES (?, ?, ?, ?, ?, ?)",
        [(id_, s.rule, s.verdict, s.group, s.population, s.drawn) for s in strata],
    )
    db.conn.executemany(
        "INSERT INTO sample_item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(id_, i.n, i.finding, i.unit, i.group, i.rule, i.target, i.account, i.verdict, i.address) for i in items],
    )
    return Sample(id_, at, judging, period, seed, size)


def samples(db: Database) -> list[Sample]:
    """Every draw, oldest first."""
    rows = db.execute("SELECT id, at, judging, period, seed, size FROM sample ORDER BY id")
    return [Sample(id_, datetime.fromisoformat(at), *rest) for id_, at, *rest in rows]


def strata(db: Database, sample: int) -> list[Stratum]:
    """The strata of that draw, those of which nothing was drawn as well."""
    rows = db.execute(
        'SELECT rule, verdict, "group", population, drawn FROM sample_stratum WHERE sample = ? ORDER BY rowid',
        (sample,),
    )
    return [Stratum(*row) for row in rows]


def items(db: Database, sample: int) -> list[Item]:
    """What was drawn, in its order."""
    rows = db.execute(
        'SELECT n, finding, unit, "group", rule, target, account, verdict, address FROM sample_item WHERE sample = ? ORDER BY n',
        (sample,),
    )
    return [Item(*row) for row in rows]


def save_answers(db: Database, sample: int, answers: Iterable[Answer], *, at: datetime) -> None:
    """Add what people saw; of several answers about one item the last counts. Within a transaction."""
    db.conn.executemany(
        "INSERT INTO sample_answer (sample, n, verdict, who, day, note, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(sample, a.n, a.verdict, a.who, a.day.isoformat(), a.note, instant_text(at)) for a in answers],
    )


def answers(db: Database, sample: int) -> dict[int, Answer]:
    """The answer that counts about each item that has one, by its number."""
    rows = db.execute("SELECT n, verdict, who, day, note FROM sample_answer WHERE sample = ? ORDER BY id", (sample,))
    return {n: Answer(n, verdict, who, date.fromisoformat(day), note) for n, verdict, who, day, note in rows}
