"""A year over the demo city: sites and accounts die and revive, a platform falls, our network is cut; the alerts are those written down."""

import pytest

from db import facts
from tests.schedules import city_year as year


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    folder = tmp_path_factory.mktemp("year")
    seen = year.visited(folder, year.UNITS)
    db = facts.open_database(folder / "year.db")
    yield db, year.a_year(db, seen)
    db.close()


def test_the_alerts_are_those_written_down_in_advance(lived):
    assert year.scripted(year.history(lived[0])) == sorted(year.HISTORY)


def test_what_was_wrong_all_along_is_found_in_two_nights_and_told_once(lived):
    first = [step for step in year.history(lived[0]) if step[0] <= 1]
    suspected = {step[1:3] for step in first if step[3] == "suspected"}
    assert ("古渡县", "zombie_site") in suspected
    assert {step[1:3] for step in first if step[3] == "open"} == suspected
    assert {step[0] for step in first if step[3] == "open"} == {1}


def test_nothing_is_raised_on_the_nights_on_which_our_own_network_was_cut(lived):
    assert [n for n, run in enumerate(facts.runs_in(lived[0], "finished", "suspect")) if run.state == "suspect"] == [
        *year.CUT
    ]
    assert [step for step in year.history(lived[0]) if step[0] in year.CUT] == []


def test_ten_working_days_run_over_the_long_holidays(lived):
    assert lived[1] == year.DUE
