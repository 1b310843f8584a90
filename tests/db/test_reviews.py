"""What was decided is only added; an alert keeps its number, and what an earlier version wrote is read on."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from sqlite_utils import Database

from db import facts, findings, reviews
from db.codec import dump, instant_text
from db.findings import TABLES
from db.records import SYSTEM, Alert, Review
from monitors.alerts import step
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.monitors.made import AT, PAGE, SITE, a_case, a_snapshot, a_unit
from tests.monitors.test_alerts import a_night

BAD = load_rubric().off_trial(judge(a_case(None, a_snapshot(120)), load_rubric()))
REVIEW = Review("岚水县", SITE, "confirm", "张三", AT, "属实", "zombie_site", "site.zombie", 4, grounds=("a", "b"))


@pytest.fixture
def db():
    return facts.open_database(":memory:")


def test_alerts_keep_their_number(db):
    reviews.save_alerts(db, step([], BAD, a_night()), run=1)
    before = findings.alerts(db)
    reviews.save_alerts(db, step(before, BAD, a_night()), run=1)
    assert findings.alerts(db) == before
    assert a_unit().name == before[0].unit
    assert [s.after for s in reviews.steps(db, before[0].id)] == ["suspected"]
    assert reviews.steps(db, 10**6) == []


def test_what_stood_before_a_run_is_given_back_for_it_alone(db):
    reviews.save_alerts(db, step([], BAD, a_night()), run=1)
    first = findings.alerts(db)
    reviews.save_alerts(db, step(first, BAD, a_night(1)), run=2)
    assert [a.state for a in findings.alerts(db)] == ["open"]
    assert reviews.alerts_before(db, 2) == first
    assert reviews.alerts_before(db, 3) == findings.alerts(db)
    (unraised,) = reviews.alerts_before(facts_with(first), 1)
    assert (unraised.state, unraised.opened, unraised.days) == ("resolved", False, ())


def facts_with(alerts):
    db = facts.open_database(":memory:")
    reviews.save_alerts(db, [replace(a, id=0) for a in alerts], run=1)
    return db


def test_reviews_and_steps_read_back_equal_and_are_only_added(db):
    first = reviews.save_review(db, REVIEW)
    second = reviews.save_review(db, replace(REVIEW, unit="代县"))
    assert reviews.reviews(db) == [first, second]
    assert reviews.reviews(db, unit="代县") == [second]
    assert replace(first, id=0) == REVIEW
    reviews.save_case(db, first.id, '{"a":"文"}')
    assert reviews.cases(db) == ['{"a":"文"}']
    reviews.save_alerts(db, step([], BAD, a_night()), run=1)
    for table in ("review", "review_case", "alert_step"):
        column = "review" if table == "review_case" else "id"
        for statement in (f"UPDATE {table} SET {column} = 9", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                db.execute(statement)


def test_alerts_of_an_earlier_version_are_read_on():
    old = Database(memory=True)
    for statement in TABLES:
        old.execute(statement)
    rows = [
        (5, "岚水县", "zombie_site", SITE, "high", "open", "stale", '["2026-11-23","2026-11-24"]'),
        (9, "代县", "column_missing", f"{SITE}#board.guide", "medium", "suspected", None, '["2026-11-24"]'),
    ]
    for id_, unit, kind, target, severity, state, reason, days in rows:
        old.execute(
            "INSERT INTO alert (id, unit, kind, target, severity, state, opened_at, last_seen_at, reason, evidence, days)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (id_, unit, kind, target, severity, state, *[instant_text(AT)] * 2, reason, dump((PAGE,)), days),
        )
    for statement in reviews.TABLES:
        old.execute(statement)
    first, second = reviews.alerts(old)
    assert isinstance(first, Alert)
    assert (first.id, first.state, first.opened, first.evidence, len(first.days)) == (5, "open", True, (PAGE,), 2)
    assert (second.id, second.reason, second.opened) == (9, None, False)
    reviews.save_alerts(old, [replace(first, unit="繁峙县", moved_by=SYSTEM)], run=1)
    assert [a.id for a in reviews.alerts(old)] == [5, 9, 10]
