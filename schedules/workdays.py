"""Which days are working days? Weekends and official holidays are none, made-up Saturdays and Sundays (调休上班) are.

The calendar is the State Council's yearly arrangement as chinese-calendar carries it. A year that it does not know yet is counted by
weekdays alone, and `calendar_gap` says so.
"""

from __future__ import annotations

from datetime import date, timedelta

from chinese_calendar import is_workday as arranged
from chinese_calendar.constants import holidays

FIRST_YEAR, LAST_YEAR = min(holidays).year, max(holidays).year
_DAY = timedelta(days=1)
_FRIDAY = 4


def is_workday(day: date) -> bool:
    """Whether people work on that day; by the weekday alone in a year without an arrangement."""
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return bool(arranged(day))
    return day.weekday() <= _FRIDAY


def add_workdays(day: date, number: int) -> date:
    """The `number`th working day after `day`, which itself does not count (期间开始之日不计); `day` for 0.

    Raises ValueError for a negative number.
    """
    if number < 0:
        raise ValueError(f"{number} working days: must not be negative")
    for _ in range(number):
        day += _DAY
        while not is_workday(day):
            day += _DAY
    return day


def workdays_between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and with `end`; negative when `end` is earlier."""
    if end < start:
        return -workdays_between(end, start)
    return sum(is_workday(start + n * _DAY) for n in range(1, (end - start).days + 1))


def calendar_gap(*days: date) -> str | None:
    """That one of the days lies in a year whose holidays are not known, as a sentence for the reader; None when none does."""
    if not (years := sorted({d.year for d in days if not FIRST_YEAR <= d.year <= LAST_YEAR})):
        return None
    return (
        f"{'、'.join(map(str, years))} 年的放假调休安排尚未收入本程序（收录到 {LAST_YEAR} 年），"
        "工作日暂按周一至周五计算。国务院办公厅通知发布后请升级 chinesecalendar 并核对期限"
    )
