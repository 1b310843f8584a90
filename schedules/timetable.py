"""What runs when? Asia/Shanghai; weekdays are written by name, because APScheduler counts Monday as 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timetable: its name, when it fires (by the settings' time and spread), what the service does."""

    name: str
    when: Callable[[str, int], Any]
    job: str  # a method of the service


def daily(at: str, spread: int = 0) -> CronTrigger:
    """Every day at HH:MM or HH:MM:SS, put off by a random time of at most `spread` minutes."""
    hour, minute, *second = (int(part) for part in at.split(":"))
    return CronTrigger(
        hour=hour, minute=minute, second=second[0] if second else 0, timezone=ZONE, jitter=spread * 60 or None
    )


def next_time(clock: str, now: datetime) -> datetime:
    """The next instant after `now` (aware) at which the clocks of Asia/Shanghai show HH:MM or HH:MM:SS."""
    hour, minute, *second = (int(part) for part in clock.split(":"))
    at = datetime.combine(now.astimezone(ZONE).date(), time(hour, minute, second[0] if second else 0), ZONE)
    return at if at > now else at + timedelta(days=1)


TIMETABLE = (Row("run", daily, "night"),)
