"""What runs when? Asia/Shanghai; weekdays are written by name, because APScheduler counts Monday as 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timetable: its name, when it fires (made from the settings' time), and what the service does."""

    name: str
    when: Callable[[str], Any]
    job: str  # a method of the service


def daily(at: str) -> CronTrigger:
    """Every day at HH:MM or HH:MM:SS."""
    hour, minute, *second = (int(part) for part in at.split(":"))
    return CronTrigger(hour=hour, minute=minute, second=second[0] if second else 0, timezone=ZONE)


TIMETABLE = (Row("run", daily, "night"),)
