"""Who is told what this morning? Gathers what is known, queues one notice a receiver, and sends what is due."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlite_utils import Database

from db import facts, incidents, notices, reviews
from db.notices import Notice, Sending
from db.records import Outcome, shanghai_day
from monitors import digest, early
from monitors.digest import Morning, reason_words
from monitors.notify import Channels, Quiet, Receiver, deliver
from monitors.reports.notice import Rectification, of_alerts
from monitors.rubric import load_rubric
from monitors.run import Case
from schedules.jobs import cases_of_night
from schedules.workdays import calendar_gap

OFFICE = "政务公开办"  # who is told in a dry run where no receiver is set up


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a morning came to.

    notices      new ones, in the order of the receivers        sent  the attempts made now
    unreachable  units that have something to be told and no channel: no usable 联系人, none set up for them
    """

    notices: tuple[Notice, ...] = ()
    sent: tuple[Sending, ...] = ()
    unreachable: tuple[str, ...] = ()


def brief(
    db_path: Path,
    channels: Channels,
    *,
    quiet: Quiet | None = None,
    desk: str | None = None,
    dry: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Briefing:
    """Queue this morning's notices and send what is due. A receiver that had its notice today gets no second one.

    dry  only say what would be sent: nothing is written or sent. So it is as well where no channel is set up at all
    Raises DatabaseProblem, RubricError.
    """
    db = facts.open_database(db_path, create=False)
    try:
        receivers = channels.receivers(facts.units(db))
        dry = dry or not any(r.channels for r in receivers)
        if dry and not channels.office:
            receivers.insert(0, Receiver(OFFICE, {}))
        made = list(_compose(db, receivers, desk=desk, at=now()))
        reached = {r.name for r in receivers if r.channels}
        lost = tuple(n.receiver for n in made if n.receiver not in reached and n.receiver != OFFICE)
        if dry:
            return Briefing(tuple(made), (), lost)
        with facts.writing(db):
            queued = [saved for n in made if n.receiver in reached and (saved := notices.save_notice(db, n))]
        return Briefing(tuple(queued), tuple(deliver(db, receivers, quiet=quiet, now=now)), lost)
    finally:
        db.close()


def send_due(
    db_path: Path,
    channels: Channels,
    *,
    quiet: Quiet | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Sending]:
    """Send what failed or had to wait. Costs next to nothing where nothing is due: to be called every five minutes."""
    db = facts.open_database(db_path, create=False)
    try:
        return deliver(db, channels.receivers(facts.units(db)), quiet=quiet, now=now)
    finally:
        db.close()


def rectification(
    db: Database,
    unit: str,
    chosen: Collection[int] = (),
    *,
    office: str,
    due: date | None = None,
    number: str = "",
    at: datetime | None = None,
) -> Rectification:
    """The printable notice to a unit about its alerts in rectification, or about those numbered in `chosen`.

    due  the last day given; by default the latest of the alerts' own. Raises ValueError, in Chinese, where there is nothing to be
    told or no day.
    """
    mine = [a for a in reviews.alerts(db) if a.unit == unit and (a.id in chosen if chosen else a.state == "rectifying")]
    if not mine:
        raise ValueError(f"{unit} 没有{'这些编号的' if chosen else '整改中的'}预警。请先确认并限期整改。")
    day = due or max((a.due for a in mine if a.due), default=None)
    if day is None:
        raise ValueError("没有整改期限。请先限期整改，或写明期限。")
    on = shanghai_day(at or datetime.now(UTC))
    return Rectification(unit, office, on, day, of_alerts(mine, load_rubric()), number, calendar_gap(day))


def _compose(db: Database, receivers: Sequence[Receiver], *, desk: str | None, at: datetime) -> Iterator[Notice]:
    rubric = load_rubric()
    cases = list(cases_of_night(db))
    seen = _unseen(cases)
    morning = Morning(at, reviews.alerts(db), incidents.incidents(db, closed=True), *seen, desk=desk)
    by_unit = {case.unit.name: case for case in cases}
    for receiver in receivers:
        told = notices.told(db, receiver.name)
        if receiver.unit is None:
            notice = digest.for_office(receiver.name, morning, told, rubric)
        else:
            warned = early.warnings(by_unit[receiver.unit], rubric) if receiver.unit in by_unit else []
            notice = digest.for_unit(receiver.unit, morning, told, rubric, warned)
        if notice is not None:
            yield notice


def _unseen(cases: Sequence[Case]) -> tuple[int, dict[str, str]]:
    """How many sites there are, and which of them the last run did not see, with the reason in words."""
    sites = [case for case in cases if case.unit.site]
    unseen = {}
    for case in sites:
        if case.visit is None or case.carried:
            unseen[case.unit.name] = "本次未访问"
        elif case.visit.outcome is not Outcome.OK:
            unseen[case.unit.name] = reason_words(str(case.visit.outcome))
    return len(sites), unseen
