"""What runs when? Asia/Shanghai; weekdays are written by name, because APScheduler counts Monday as 0.

What a night holds (the second look, judging, alerts) has no row of its own. Nor has the weekly search for new columns: each site
is searched through again when a week has passed since its last time, so that no night has to search through all of them, and how a
site answers for missing pages is learned every night.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from schedules.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
_SOON = timedelta(hours=3)  # before the next night nothing is made up any more
_BETWEEN = timedelta(hours=1)  # a night by day ends so long before the next one
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timetable.

    title    its Chinese name             job    the method of the service that does it
    made_up  what was missed while the service did not run is done once at its start
    hours    after which it is ended
    """

    name: str
    title: str
    when: Callable[[Settings], Any]
    job: str
    made_up: bool = False
    hours: float = 2.0


def daily(at: str, spread: int = 0) -> CronTrigger:
    """Every day at HH:MM or HH:MM:SS, put off by a random time of at most `spread` minutes."""
    hour, minute, second = _clock(at)
    return CronTrigger(hour=hour, minute=minute, second=second, timezone=ZONE, jitter=spread * 60 or None)


def hourly(minute: int, spread: int) -> CronTrigger:
    """Every hour at that minute, put off by a random time of at most `spread` minutes."""
    return CronTrigger(minute=minute, timezone=ZONE, jitter=spread * 60)


def weekly(day: str, at: str) -> CronTrigger:
    """Every week on that day (`sun`) at HH:MM."""
    hour, minute, _ = _clock(at)
    return CronTrigger(day_of_week=day, hour=hour, minute=minute, timezone=ZONE)


def monthly(day: int, at: str) -> CronTrigger:
    """Every month on that day at HH:MM."""
    hour, minute, _ = _clock(at)
    return CronTrigger(day=day, hour=hour, minute=minute, timezone=ZONE)


def minutely(minutes: int) -> CronTrigger:
    """Every so many minutes."""
    return CronTrigger(minute=f"*/{minutes}", timezone=ZONE)


TIMETABLE = (
    Row("run", "夜间任务", lambda s: daily(s.at, s.spread), "night", made_up=True, hours=16),
    Row("probe", "可用性探测", lambda s: hourly(5, 40), "probe"),  # 24 a day at odd minutes; a round takes up to 10
    Row(
        "accounts", "账号任务", lambda s: daily("12:20", 20), "accounts", hours=4
    ),  # the second time a day: a night reads them too
    Row("briefing", "晨报", lambda s: daily(s.briefing), "briefing", made_up=True),
    Row("send", "通知发送", lambda s: minutely(5), "send"),
    Row("report", "月报", lambda s: monthly(1, "07:20"), "report", made_up=True),
    Row("backup", "每日备份", lambda s: daily("12:50"), "backup", made_up=True, hours=4),
    Row("retention", "每周清理", lambda s: weekly("sun", "13:30"), "retention", made_up=True, hours=4),
)


def next_time(clock: str, now: datetime) -> datetime:
    """The next instant after `now` (aware) at which the clocks of Asia/Shanghai show HH:MM or HH:MM:SS."""
    at = datetime.combine(now.astimezone(ZONE).date(), time(*_clock(clock)), ZONE)
    return at if at > now else at + timedelta(days=1)


def missed(row: Row, settings: Settings, *, last: datetime, now: datetime) -> bool:
    """Whether the row was due after its last start, and that is past; its random delay is no delay."""
    trigger = row.when(settings)
    trigger.jitter = None
    due = trigger.get_next_fire_time(None, last + _SECOND)
    return due is not None and due <= now


def window_end(settings: Settings, now: datetime) -> datetime | None:
    """Until when a night that begins now may last: the end of its window or, by day, an hour before the next one begins.

    None when a night may not begin: by day with `makeup` off, or less than three hours before the next.
    """
    end, begin = next_time(settings.end, now), next_time(settings.at, now)
    if end < begin:
        return end
    return begin - _BETWEEN if settings.makeup and begin - now >= _SOON else None


def _clock(text: str) -> tuple[int, int, int]:
    hour, minute, *second = (int(part) for part in text.split(":"))
    return hour, minute, second[0] if second else 0
