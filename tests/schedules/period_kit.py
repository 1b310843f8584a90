"""Nights that were judged, in a database: every scored rule passes but where a word of letters says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlite_utils import Database

from db import facts, findings
from db.periods import Period
from db.records import Evidence, Finding, Unit, shanghai_day
from monitors import scoring
from monitors.rubric import Rubric, load_rubric
from schedules import sealing
from tests.monitors.made import a_unit

RUBRIC = load_rubric()
FIRST = datetime(2026, 1, 1, 14, 10, tzinfo=UTC)  # 22:10 in Shanghai
NIGHTS = 12
AFTER = datetime(2026, 3, 1, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
WORDS = {"p": "pass", "f": "fail", "u": "unknown", "n": "na"}
Story = Mapping[tuple[str, str], str]  # by unit and rule a letter a night


def day(number: int) -> date:
    return shanghai_day(FIRST) + timedelta(days=number)


def units(*names: str) -> list[Unit]:
    return [
        a_unit(name=name, site=f"http://{n}.example/", group="department" if name.startswith("市") else "county")
        for n, name in enumerate(names)
    ]


def a_finding(unit: Unit, rule: str, letter: str, at: datetime, rubric: Rubric = RUBRIC) -> Finding:
    line, verdict = rubric.lines[rule], WORDS[letter]
    lost = line.points * rubric.scale(unit.group) if letter == "f" else Decimal(0)
    reason = {"f": "missing", "u": "blocked"}.get(letter)
    evidence = (Evidence(str(unit.site), at, 200, "ab" * 32, "首页"),)
    threshold = dict(line.threshold) or None
    return Finding(
        unit.name, unit.group, str(unit.site), rule, verdict, reason, None, threshold, lost, line.cite[0], at, evidence, faults=1
    )  # fmt: skip


def judged(unit: Unit, story: Story, number: int, rubric: Rubric = RUBRIC) -> list[Finding]:
    """What that night found of the unit."""
    at = FIRST + timedelta(days=number)
    rules = [line.rule for line in rubric.lines.values() if line.judged and not line.bonus]
    letters = {rule: story.get((unit.name, rule), "")[number : number + 1] or "p" for rule in rules}
    return [a_finding(unit, rule, letter, at, rubric) for rule, letter in letters.items() if letter != "-"]


def a_city(
    story: Story,
    names: Sequence[str] = ("岚水县", "云阳县", "市能源局"),
    *,
    nights: int = NIGHTS,
    path: Path | str = ":memory:",
) -> Database:
    """A database with so many nights, each judged once."""
    db = facts.open_database(path)
    registered = units(*names)
    facts.save_registry(db, registered, [])
    for number in range(nights):
        a_night(db, registered, story, number)
    return db


def a_night(db: Database, registered: Sequence[Unit], story: Story, number: int) -> int:
    """One night, finished and judged; the number of its run."""
    at = FIRST + timedelta(days=number)
    run = facts.begin_run(db, at=at, kind="night")
    facts.end_run(db, run.id, at=at + timedelta(hours=3), state="finished")
    made = [f for unit in registered for f in judged(unit, story, number)]
    with facts.writing(db):
        findings.save_judging(
            db,
            run=run.id,
            as_of=at,
            rubric=RUBRIC.name,
            version="0.1.0",
            made_at=at + timedelta(hours=4),
            findings=made,
            scores=scoring.scores(registered, made, RUBRIC),
        )
    return run.id


def a_period(db: Database, name: str = "2026", *, last: int = NIGHTS - 1, two: bool = False) -> Period:
    return sealing.open_period(db, name, day(0), day(last), who="李主任", two=two, at=FIRST)


def a_seal(db: Database, known: Period, *, at: datetime = AFTER) -> Period:
    return sealing.seal(db, known, who="李主任", key=KEY, at=at)


def newest(db: Database, unit: str, rule: str) -> Finding:
    """That unit's finding of the last judging."""
    last = findings.latest_judging(db)
    assert last is not None
    return next(f for f in findings.findings_of_unit(db, last.id, unit) if f.rule == rule)
