"""A year of nights: the alerts are those that were written down in advance, nothing piles up, and no night is missed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from db import facts, incidents
from schedules.settings import Settings
from schedules.timetable import TIMETABLE, missed, next_time, window_end
from tests.schedules import year

RUN = next(row for row in TIMETABLE if row.name == "run")


@pytest.fixture(scope="module")
def lived():
    db = facts.open_database(":memory:")
    sizes = year.a_year(db, year.units(), months=2)
    yield db, sizes
    db.close()


def test_the_alerts_are_those_written_down_in_advance(lived):
    assert year.history(lived[0]) == year.HISTORY


def test_nothing_came_of_the_nights_on_which_our_own_network_was_cut(lived):
    db, _ = lived
    states = [r.state for r in facts.runs_in(db, "finished", "suspect")]
    assert [n for n, state in enumerate(states) if state == "suspect"] == [*year.CUT, year.HALF]
    marks = ", ".join(str(n + 1) for n in year.CUT)
    steps = db.execute(f"SELECT DISTINCT after FROM alert_step WHERE run IN ({marks})").fetchall()
    assert {state for (state,) in steps} <= {"resolved"}, "nothing is raised, opened or reopened"
    cut, platform, half = incidents.incidents(db, closed=True)
    assert (cut.kind, cut.closed_at - cut.opened_at) == ("suspect_run", timedelta(days=20))
    assert (platform.kind, platform.subject) == ("platform_down", year.PLATFORM)
    assert all(f"{name}县" in platform.detail for name in year.SHARED)
    assert platform.closed_at - platform.opened_at == timedelta(days=4)
    assert half.kind == "suspect_run"
    assert "只完成 3 个" in half.detail


def test_what_nobody_needs_does_not_pile_up(lived):
    third, last = lived[1][2], lived[1][-1]
    assert last["finding"] < 1.2 * third["finding"]
    assert last["body"] < 1.2 * third["body"]
    assert last["visit"] > 3 * third["visit"], "facts stay"


def test_every_night_of_a_year_is_run_once_though_the_machine_is_off_at_times():
    """Off for hours or days at random; what was missed is made up once, at the next start, and never twice."""
    chance, settings = random.Random(7), Settings()
    now, last = datetime(2026, 1, 1, 0, 0, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
    end, ran = now + timedelta(days=365), list[datetime]()
    while now < end:
        off = now + timedelta(hours=chance.uniform(1, 200))
        if missed(RUN, settings, last=last, now=now) and window_end(settings, now) is not None:
            ran.append(now)
            last = now
        while (due := next_time(settings.at, max(now, last))) < off:
            ran.append(due)
            last = now = due
        now = off + timedelta(hours=chance.choice((0.1, 1, 9, 60)))
    days = [(at.astimezone(due.tzinfo) - timedelta(hours=22)).date() for at in ran]
    gaps = [b - a for a, b in pairwise(ran)]
    assert len(days) == len(set(days)), "never twice in one night"
    assert max(gaps) < timedelta(hours=24 + 60 + 24)
    assert len(ran) > 280


@pytest.mark.parametrize(
    ("clock", "makeup", "until"),
    [
        ("22:10", True, "06:30"),
        ("03:00", True, "06:30"),
        ("06:29", False, "06:30"),
        ("06:31", True, "21:10"),  # by day: an hour before the next night
        ("06:31", False, None),
        ("19:00", True, "21:10"),
        ("19:20", True, None),  # the next one is near
    ],
)
def test_until_when_a_night_may_last(clock, makeup, until):
    now = next_time(clock, datetime(2026, 11, 25, tzinfo=UTC))
    found = window_end(Settings(makeup=makeup), now)
    assert (None if found is None else f"{found:%H:%M}") == until
