"""A fault of our own is one row from its first night to the night that shows it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from db import facts
from db.incidents import incidents, save_incidents
from db.records import Incident

AT = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)


def seen(db, night, *subjects, looked_at=("a", "b"), kind="frozen_together"):
    at = AT + timedelta(days=night)
    found = [Incident(kind, subject, f"第 {night} 夜", at, at, run=night) for subject in subjects]
    save_incidents(db, found, looked_at=set(looked_at), at=at)
    return {(i.kind, i.subject): i for i in incidents(db)}


def test_one_incident_is_opened_confirmed_and_closed():
    db = facts.open_database(":memory:")
    first = seen(db, 1, "a", "a")
    assert [i.opened_at for i in first.values()] == [AT + timedelta(days=1)]
    again = seen(db, 2, "a", "b")
    assert again["frozen_together", "a"].id == first["frozen_together", "a"].id
    assert again["frozen_together", "a"].last_seen_at == AT + timedelta(days=2)
    assert again["frozen_together", "a"].detail == "第 2 夜"
    assert seen(db, 3, looked_at=("b",)).keys() == {("frozen_together", "a")}  # a was not asked that night
    assert seen(db, 4) == {}
    assert [i.closed_at for i in incidents(db, closed=True)] == [AT + timedelta(days=4), AT + timedelta(days=3)]
    assert seen(db, 5, "a")["frozen_together", "a"].id > again["frozen_together", "b"].id


def test_judging_the_same_night_again_changes_nothing():
    db = facts.open_database(":memory:")
    assert seen(db, 1, "a") == seen(db, 1, "a")


def test_two_kinds_of_one_subject_are_two():
    db = facts.open_database(":memory:")
    seen(db, 1, "a")
    assert len(seen(db, 1, "a", kind="gone_together", looked_at=())) == 2
