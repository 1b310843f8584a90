"""What was judged? Judgings with their findings and scores.

Points are kept as decimal text, instants as UTC ISO text; `value`, `threshold`, `evidence` and `deductions` are JSON.
A finding's id comes from AUTOINCREMENT and is never used twice, so that a letter to a unit can quote it for good.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlite_utils import Database

from db.codec import dump, instant_text, load
from db.periods import registry_now
from db.records import Evidence, Finding, Score
from db.reviews import alerts as alerts  # read here by the exports

TABLES = (
    """CREATE TABLE judging (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER, as_of TEXT NOT NULL, rubric TEXT NOT NULL,
        version TEXT NOT NULL, made_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE finding (
        id INTEGER PRIMARY KEY AUTOINCREMENT, judging INTEGER NOT NULL REFERENCES judging(id), unit TEXT NOT NULL,
        "group" TEXT NOT NULL, target TEXT NOT NULL, account TEXT, rule TEXT NOT NULL, verdict TEXT NOT NULL,
        reason TEXT, value TEXT, threshold TEXT, points TEXT NOT NULL, cite TEXT NOT NULL, checked_at TEXT NOT NULL,
        evidence TEXT NOT NULL, faults INTEGER NOT NULL, carried INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX finding_of_judging ON finding (judging, unit)",
    """CREATE TABLE score (
        judging INTEGER NOT NULL REFERENCES judging(id), position INTEGER NOT NULL, unit TEXT NOT NULL,
        "group" TEXT NOT NULL, "full" TEXT NOT NULL, online TEXT, rank INTEGER, veto TEXT NOT NULL, special TEXT,
        coverage REAL NOT NULL, deductions TEXT NOT NULL,
        PRIMARY KEY (judging, unit)
    ) STRICT""",
    """CREATE TABLE alert (
        id INTEGER PRIMARY KEY AUTOINCREMENT, unit TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
        severity TEXT NOT NULL, state TEXT NOT NULL, opened_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, reason TEXT,
        evidence TEXT NOT NULL, days TEXT NOT NULL,
        UNIQUE (unit, kind, target)
    ) STRICT""",
)


@dataclass(frozen=True, slots=True)
class Judging:
    """One time that the rules were applied to stored facts.

    run      the run whose facts were judged, None where there was none yet
    as_of    the moment that counted as now (the run's start)
    rubric, version  name of the rubric and version of the code that judged
    """

    id: int
    run: int | None
    as_of: datetime
    rubric: str
    version: str
    made_at: datetime


def save_judging(
    db: Database,
    *,
    run: int | None,
    as_of: datetime,
    rubric: str,
    version: str,
    made_at: datetime,
    findings: Iterable[Finding],
    scores: Sequence[Score],
) -> Judging:
    """Store one judging whole, in one transaction; every finding gets a new id, carried ones as well."""
    with _writing(db):
        made = db.execute(
            "INSERT INTO judging (run, as_of, rubric, version, made_at, registry) VALUES (?, ?, ?, ?, ?, ?)",
            (run, instant_text(as_of), rubric, version, instant_text(made_at), registry_now(db)),
        )
        id_ = int(made.lastrowid or 0)
        db.conn.executemany(
            'INSERT INTO finding (judging, unit, "group", target, account, rule, verdict, reason, value, threshold,'
            " points, cite, checked_at, evidence, faults, carried) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    id_,
                    f.unit,
                    f.group,
                    f.target,
                    f.account,
                    f.rule,
                    f.verdict,
                    f.reason,
                    _json(f.value),
                    _json(f.threshold),
                    str(f.points),
                    f.cite,
                    instant_text(f.checked_at),
                    dump(f.evidence),
                    f.faults,
                    int(f.carried),
                )
                for f in findings
            ],
        )
        db.conn.executemany(
            "INSERT INTO score VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    id_,
                    n,
                    s.unit,
                    s.group,
                    str(s.full),
                    None if s.online is None else str(s.online),
                    s.rank,
                    dump(s.veto),
                    s.special,
                    s.coverage,
                    dump(s.deductions),
                )
                for n, s in enumerate(scores)
            ],
        )
    return Judging(id_, run, as_of, rubric, version, made_at)


def latest_judging(db: Database) -> Judging | None:
    """The newest judging, or None before the first."""
    return _judging(db, "ORDER BY id DESC LIMIT 1")


def judging_by_id(db: Database, id_: int) -> Judging | None:
    """The judging with that id, or None."""
    return _judging(db, "WHERE id = ?", id_)


def _judging(db: Database, where: str, *given: int) -> Judging | None:
    sql = f"SELECT id, run, as_of, rubric, version, made_at FROM judging {where}"
    for id_, run, as_of, rubric, version, made_at in db.execute(sql, given):
        return Judging(id_, run, _instant(as_of), rubric, version, _instant(made_at))
    return None


def findings_of(db: Database, judging: int) -> list[Finding]:
    """All findings of that judging, in the order in which they were made."""
    return list(_findings(db, "judging = ? ORDER BY id", judging))


def findings_of_unit(db: Database, judging: int, unit: str) -> list[Finding]:
    """The findings about that unit of that judging, in the order in which they were made."""
    return list(_findings(db, "judging = ? AND unit = ? ORDER BY id", judging, unit))


def last_judgings(db: Database, runs: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The last judging of each of these runs and the name of its rubric, by run; those that were never judged are left out."""
    rows = db.execute(
        "SELECT run, id, rubric FROM judging WHERE id IN (SELECT max(id) FROM judging WHERE run IN"
        " (SELECT value FROM json_each(?)) GROUP BY run)",
        (json.dumps(list(runs)),),
    )
    return {run: (id_, rubric) for run, id_, rubric in rows}


def tidied_runs(db: Database) -> set[int]:
    """The runs of whose judgings only what cost points is still kept (db/retention.py)."""
    return {run for (run,) in db.execute("SELECT id FROM run WHERE tidied = 1")}


def findings_of_nights(
    db: Database, unit: str, judgings: Iterable[int], rules: Iterable[str], *, evidence: bool = False
) -> Iterator[tuple[int, Finding]]:
    """What these judgings found of the unit by these rules, each with its judging, in the order in which they were made.

    Without what was carried. Values and thresholds come with what fails alone, evidence only when asked for: a year of nights is read
    in a second.
    """
    rows = db.execute(
        'SELECT judging, id, "group", target, account, rule, verdict, reason, value, threshold, points, cite, checked_at,'
        f" {'evidence' if evidence else 'NULL'}, faults FROM finding WHERE unit = ? AND carried = 0"
        " AND judging IN (SELECT value FROM json_each(?)) AND rule IN (SELECT value FROM json_each(?)) ORDER BY judging, id",
        (unit, json.dumps(list(judgings)), json.dumps(list(rules))),
    )
    nothing, instants = Decimal(0), dict[str, datetime]()
    for (
        judging,
        id_,
        group,
        target,
        account,
        rule,
        verdict,
        reason,
        value,
        threshold,
        points,
        cite,
        at,
        seen,
        n,
    ) in rows:
        if at not in instants:
            instants[at] = _instant(at)
        failed = verdict == "fail"
        yield (
            judging,
            Finding(
                unit,
                group,
                target,
                rule,
                verdict,
                reason,
                _unjson(value) if failed else None,
                _unjson(threshold) if failed else None,
                Decimal(points) if failed else nothing,
                cite,
                instants[at],
                load(tuple[Evidence, ...], seen) if seen else (),
                account,
                n,
                False,
                id_,
            ),
        )


def finding_by_id(db: Database, id_: int) -> Finding | None:
    """The finding with that id, of whatever judging; None when there is none."""
    return next(_findings(db, "id = ?", id_), None)


def scores_of(db: Database, judging: int) -> list[Score]:
    """The score lines of that judging, in the order in which they were given."""
    sql = (
        'SELECT unit, "group", "full", online, rank, veto, special, coverage, deductions FROM score'
        " WHERE judging = ? ORDER BY position"
    )
    return [
        Score(
            unit,
            group,
            Decimal(full),
            None if online is None else Decimal(online),
            rank,
            tuple(json.loads(veto)),
            special,
            coverage,
            tuple({**line, "points": Decimal(line["points"])} for line in json.loads(deductions)),
        )
        for unit, group, full, online, rank, veto, special, coverage, deductions in db.execute(sql, (judging,))
    ]


def _findings(db: Database, where: str, *given: int | str) -> Iterator[Finding]:
    sql = (
        'SELECT id, unit, "group", target, account, rule, verdict, reason, value, threshold, points, cite,'
        f" checked_at, evidence, faults, carried FROM finding WHERE {where}"
    )
    for row in db.execute(sql, given):
        (id_, unit, group, target, account, rule, verdict, reason) = row[:8]
        (value, threshold, points, cite, checked_at, evidence, faults, carried) = row[8:]
        yield replace(
            Finding(
                unit,
                group,
                target,
                rule,
                verdict,
                reason,
                _unjson(value),
                _unjson(threshold),
                Decimal(points),
                cite,
                _instant(checked_at),
                load(tuple[Evidence, ...], evidence),
            ),
            account=account,
            faults=faults,
            carried=bool(carried),
            id=id_,
        )


def _json(value: Any) -> str | None:
    return None if value is None else dump(value)


def _unjson(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def _writing(db: Database) -> Iterator[None]:
    """A write transaction from its first statement on; joins one that is open already."""
    if not db.conn.in_transaction:
        db.conn.execute("BEGIN IMMEDIATE")
        with db.conn:  # commits, or rolls back and raises
            yield
    else:
        with db.atomic():
            yield
