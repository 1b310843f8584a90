"""运行: how the nights and the other jobs went, what comes next, what was asked of each host, and what was wrong with us."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response
from sqlite_utils import Database

from db import nights
from db.incidents import incidents
from db.records import shanghai_day
from db.work import Job, last_jobs
from desk.pages.alerts import day_of
from desk.pages.frame import Here, Number, needs, page
from monitors.alerts import NotAllowed
from schedules.politeness import HostDay, of_day
from schedules.runs import KINDS
from schedules.settings import Settings
from schedules.timetable import TIMETABLE

router = APIRouter(prefix="/nights", dependencies=[Depends(needs("viewer"))])
_PAGE = 30
_INCIDENTS = 30
_JOBS = 20
JOBS = {row.name: row.title for row in TIMETABLE} | {"settle": "启动检查"}
STATES = {"running": "正在运行", "done": "完成", "failed": "未完成", "skipped": "略过", "broken": "中断"}


@dataclass(frozen=True)
class Due:
    """One row of the timetable: how it went last (None: never), and when it is due next, without its random delay."""

    name: str
    title: str
    last: Job | None
    next: datetime | None


class Hosts:
    """The politeness log of the days that were asked for last. A day that is over never changes; today does with each request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[tuple[str, date], tuple[object, list[HostDay]]] = {}

    def of(self, db: Database, file: str, day: date, today: date) -> list[HostDay]:
        """The log of that day, of the database in that file."""
        key, stamp = (file, day), nights.stamp(db) if day >= today else None
        with self._lock:
            if (kept := self._of.get(key)) is None or kept[0] != stamp:
                for old in list(self._of)[:-9]:
                    del self._of[old]
                kept = self._of[key] = (stamp, of_day(db, day))
            return kept[1]


HOSTS = Hosts()


@router.get("")
def overview(visit: Here) -> Response:
    """Runs, the newest first; `kind` chooses, `before` goes on."""
    kind = visit.asked("kind") if visit.asked("kind") in KINDS else ""
    before = visit.asked("before")
    at = int(before) if before.isdecimal() and len(before) < 12 else None
    lines = nights.runs(visit.db, most=_PAGE + 1, before=at, kind=kind)
    every = incidents(visit.db, closed=True)
    return page(
        visit,
        "nights.html",
        menu="nights",
        lines=lines[:_PAGE],
        more=lines[_PAGE - 1].run.id if len(lines) > _PAGE else None,
        first=at is None,
        kind=kind,
        kinds_of_runs=KINDS,
        timetable=timetable(visit.db, visit.desk.service.settings, visit.now),
        jobs=nights.jobs(visit.db, most=_JOBS),
        titles=JOBS,
        job_states=STATES,
        incidents=sorted(every, key=lambda i: (i.closed_at is not None, -i.id))[:_INCIDENTS],
        running=bool(visit.desk.service.health().get("running")),
    )


@router.get("/requests")
def requests(visit: Here) -> Response:
    """The politeness log of the day in the parameter `day`, today by default."""
    today = shanghai_day(visit.now)
    try:
        day = day_of(visit.asked("day"), "日期") or today
    except NotAllowed as error:
        raise HTTPException(422, str(error)) from error
    rows = HOSTS.of(visit.db, str(visit.desk.service.settings.db), day, today)
    return page(
        visit,
        "requests.html",
        menu="nights",
        day=day,
        rows=rows,
        total=sum(row.requests for row in rows),
        delay=visit.desk.service.settings.delay,
    )


@router.get("/{id_}")
def night(visit: Here, id_: Number) -> Response:
    """One run with its batches and its units."""
    line = nights.run_line(visit.db, id_)
    if line is None:
        raise HTTPException(404, f"没有编号为 {id_} 的运行。")
    return page(
        visit,
        "night.html",
        menu="nights",
        line=line,
        run=line.run,
        kinds_of_runs=KINDS,
        batches=nights.batches(visit.db, id_),
        units=nights.units_of(visit.db, id_),
        incidents=[i for i in incidents(visit.db, closed=True) if i.run == id_],
        day=shanghai_day(line.run.started_at),
    )


def timetable(db: Database, settings: Settings, now: datetime) -> list[Due]:
    """Every row of the timetable with its last and its next time."""
    last, rows = last_jobs(db), []
    for row in TIMETABLE:
        trigger = row.when(settings)
        trigger.jitter = None
        due = (
            None
            if row.name == "probe" and not settings.probes
            else trigger.get_next_fire_time(None, now.astimezone(UTC))
        )
        job = last.get(row.name)
        rows.append(Due(row.name, row.title, job if job and job.state != "since" else None, due))
    return rows
