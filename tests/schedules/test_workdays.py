"""Working days as the State Council arranged them: holidays out, made-up Saturdays in, and weekdays where nothing is known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.workdays import FIRST_YEAR, LAST_YEAR, add_workdays, calendar_gap, is_workday, workdays_between

days = st.dates(date(2003, 1, 1), date(LAST_YEAR + 2, 12, 31))
numbers = st.integers(0, 40)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 14), True),  # a Saturday that is worked for 春节
        (date(2026, 2, 16), False),  # 除夕, a Monday
        (date(2026, 2, 23), False),  # the last day of the holiday, a Monday
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),  # a made-up Saturday again
        (date(2026, 3, 7), False),
        (date(2025, 9, 28), True),  # a Sunday worked for 国庆
        (date(2025, 10, 8), False),
        (date(LAST_YEAR + 1, 10, 1), date(LAST_YEAR + 1, 10, 1).weekday() < 5),  # nobody knows yet
    ],
)
def test_days(day, works):
    assert is_workday(day) is works


def test_a_term_over_the_spring_festival():
    assert add_workdays(date(2026, 2, 13), 5) == date(2026, 2, 27)  # 14, 24, 25, 26, 27
    assert add_workdays(date(2026, 2, 13), 6) == date(2026, 2, 28)
    assert workdays_between(date(2026, 2, 13), date(2026, 2, 28)) == 6


@given(days, numbers)
def test_adding_and_counting_are_one(day, number):
    end = add_workdays(day, number)
    assert workdays_between(day, end) == number
    assert number == 0 or is_workday(end)
    assert workdays_between(end, day) == -number


@given(days, numbers, numbers)
def test_adding_in_two_steps_is_adding_at_once(day, first, second):
    assert add_workdays(add_workdays(day, first), second) == add_workdays(day, first + second)


@given(days, st.integers(0, 60))
def test_no_more_working_days_than_days(day, span):
    end = day + timedelta(days=span)
    assert 0 <= workdays_between(day, end) <= span
    assert add_workdays(day, 1) > day


def test_a_negative_term_is_refused():
    with pytest.raises(ValueError, match="negative"):
        add_workdays(date(2026, 1, 1), -1)


def test_past_the_calendar_it_says_so():
    assert calendar_gap(date(LAST_YEAR, 12, 31), date(FIRST_YEAR, 1, 1)) is None
    words = calendar_gap(date(LAST_YEAR, 12, 31), date(LAST_YEAR + 1, 1, 4))
    assert str(LAST_YEAR + 1) in words
    assert "周一至周五" in words
    assert add_workdays(date(LAST_YEAR + 1, 1, 1), 5) > date(LAST_YEAR + 1, 1, 5)
