"""A column that is read and shows nothing two nights long is one incident of our own, and costs the unit nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db import facts, incidents
from db.records import Content, Outcome
from desk import export
from schedules import jobs
from tests.monitors.made import SITE, a_unit, a_visit, days_ago, with_column
from tests.monitors.test_health import MUTE
from tests.schedules.test_jobs import AT

COLUMN = next(c for c in a_visit().columns if c.role == "news")


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    facts.save_registry(opened, [a_unit()], [])
    return opened


def a_night(db, day, visit, kind="night"):
    run = facts.begin_run(db, at=AT + timedelta(days=day), kind=kind)
    probes = tuple(replace(p, at=run.started_at + timedelta(seconds=n)) for n, p in enumerate(visit.probes))
    facts.save_visit(
        db, replace(visit, run=run.id, probes=probes, started_at=run.started_at, finished_at=run.started_at), [], {}
    )
    facts.end_run(db, run.id, at=run.started_at, state="finished")
    jobs.judge(db)
    jobs.judge(db)  # judging again changes nothing
    return [(i.kind, i.subject) for i in incidents.incidents(db)]


FOUND = [("template_changed", SITE)]


def test_over_the_nights(db):
    assert a_night(db, 0, a_visit()) == []
    assert a_night(db, 1, MUTE) == []
    assert a_night(db, 2, MUTE) == FOUND
    assert a_night(db, 3, MUTE) == FOUND
    assert a_night(db, 4, MUTE) == FOUND  # three mute nights in a row: it is not over for that
    down = replace(a_visit(), outcome=Outcome.TIMEOUT, columns=(), board=None)
    assert a_night(db, 5, down) == FOUND  # nothing was read that could tell
    fails = [f for f in export.rows_of(db, "findings") if f["rule"] == "site.news_fresh" and f["verdict"] == "fail"]
    assert fails == []
    assert a_night(db, 6, with_column(MUTE, "news", rows=COLUMN.rows)) == []
    (one,) = incidents.incidents(db, closed=True)
    assert one.opened_at == AT + timedelta(days=2)
    assert one.closed_at == AT + timedelta(days=6)


def test_two_runs_of_one_evening_are_one_night(db):
    a_night(db, 0, a_visit())
    assert a_night(db, 1, MUTE) == []
    assert a_night(db, 1, MUTE, kind="only") == []
    assert a_night(db, 2, MUTE) == FOUND


def test_an_outage_between_is_no_night_of_the_three(db):
    a_night(db, 0, a_visit())
    a_night(db, 1, MUTE)
    a_night(db, 2, replace(a_visit(), outcome=Outcome.TIMEOUT, columns=(), board=None))
    assert a_night(db, 3, MUTE) == FOUND


def test_a_blank_column_is_the_unit_s_own(db):
    blank = with_column(a_visit(), "news", rows=(), content=Content.BLANK)
    for day, visit in enumerate((a_visit(), blank, blank)):
        assert a_night(db, day, visit) == []


def test_a_site_that_left_the_registry_takes_its_incident_with_it(db):
    for day, visit in enumerate((a_visit(), MUTE, MUTE)):
        a_night(db, day, visit)
    facts.save_registry(db, [a_unit(site="http://new.example/")], [])
    assert a_night(db, 3, replace(a_visit(), url="http://new.example/")) == []
    assert days_ago(1)
