"""How do nights run with nobody watching? A scheduler in this process, each job in a child process of its own.

The timetable lives in memory; what was started when stands in the database, so that what was missed is known at the next start.
"""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from crawler.secret import hide
from db import facts, incidents, work
from db.records import SHANGHAI, Incident
from db.registry import RegistryError, read_accounts, read_units
from schedules import runs
from schedules.child import DONE, OCCUPIED, run_job
from schedules.logs import opened_log, secret_values
from schedules.settings import Settings, SettingsError, channels_of, quiet_of
from schedules.timetable import TIMETABLE, ZONE, Row, missed, window_end
from schedules.watch import Limits

_GRACE = 900  # seconds after its time at which what is not made up is still done
_STOP = 30.0  # seconds a running job gets to end when the service stops
_ROUND = 75 * 60.0  # seconds after which a round of probes is ended
_STATES = {DONE: "done", OCCUPIED: "skipped"}
_ROWS = {row.name: row for row in TIMETABLE}
_SETTLE = Row("settle", "启动检查", lambda s: None, "settle")


class Service:
    """Starts the jobs of the timetable at their time; never one of them twice at once; says how it is."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings, self._told = settings, say
        self._scheduler = BackgroundScheduler(timezone=ZONE)
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._busy = {row.name: threading.Lock() for row in (*TIMETABLE, _SETTLE)}
        self._stopping = threading.Event()
        self._log: logging.Logger | None = None
        self._secrets: list[str] = []

    def say(self, words: str, *, job: str | None = None, bad: bool = False, log: bool = True) -> None:
        """Tell whoever watches, and the log; no key of a source is in it. What opens a door itself is told without `log`.

        job  the row of the timetable that it is about        bad  somebody should look at it
        """
        words = hide(words, self._secrets)
        self._told(words)
        if log and self._log is not None:
            self._log.log(logging.WARNING if bad else logging.INFO, words, extra={"job": job})

    def start(self) -> None:
        """Put the timetable into the scheduler and start it, with what was missed. Raises DatabaseProblem when the database
        cannot be used.

        A registry that cannot be read yet is said aloud, not refused: what is stored can be served, and it may be mended
        before the night.
        """
        self._log, self._secrets = opened_log(self.settings, self._told), secret_values(self.settings)
        due = self._due()
        try:
            units = read_units(self.settings.units)
            if self.settings.accounts:
                read_accounts(self.settings.accounts, units)
        except RegistryError as error:
            self.say(f"注意：登记表现在不能用，到时夜间任务将不能运行。\n{error}", bad=True)
        for row in TIMETABLE:
            self._scheduler.add_job(
                getattr(self, row.job),
                row.when(self.settings),
                id=row.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None if row.made_up else _GRACE,
            )
        for row in due:
            self.say(f"补做：{row.title}", job=row.name)
            self._scheduler.add_job(getattr(self, row.job), id=f"{row.name}-now", misfire_grace_time=None)
        self._scheduler.start()
        self.say(f"服务已启动，每夜 {self.settings.at} 运行，下次：{self.next_run()}")

    def stop(self) -> None:
        """Stop the scheduler; running jobs are asked to end and have stored every finished site."""
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        children = [child for child in list(self._children.values()) if child.poll() is None]
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(_STOP)
            except subprocess.TimeoutExpired:
                child.kill()
        if self._log is not None:
            for handler in self._log.handlers[:]:
                self._log.removeHandler(handler)
                handler.close()
            self._log = None

    def night(self) -> int:
        """Run the night's job now in a child process; its exit status, or -1 when one is running already."""
        return self._do(_ROWS["run"])

    def accounts(self) -> int:
        """Read the accounts once more."""
        return self._do(_ROWS["accounts"])

    def briefing(self) -> int:
        """Queue and send this morning's notices."""
        return self._do(_ROWS["briefing"])

    def report(self) -> int:
        """The report of the month that is over."""
        return self._do(_ROWS["report"])

    def backup(self) -> int:
        """The daily copy of the database."""
        return self._do(_ROWS["backup"])

    def retention(self) -> int:
        """Drop what nobody needs any more."""
        return self._do(_ROWS["retention"])

    def settle(self) -> int:
        """Bring to its end what a killed process left."""
        return self._do(_SETTLE)

    def probe(self) -> None:
        """One round of probes; none while a run works on the database."""
        from schedules.probing import probe_round

        if not self.settings.probes or not self._busy["probe"].acquire(blocking=False):
            return
        watch = threading.Timer(_ROUND, self._kill, ("probe",))
        try:
            s, job = self.settings, self._begun("probe")
            watch.start()
            try:
                made = probe_round(
                    s.db,
                    delay=s.delay,
                    contact=s.contact,
                    robots=s.robots,
                    control=s.control,
                    started=lambda child: self._children.update(probe=child),
                )
            except (facts.DatabaseProblem, sqlite3.Error, OSError) as error:
                self._ended("probe", job, "failed", str(error))
                self.say(f"可用性探测未能完成：{error}", job="probe", bad=True)
                return
            self._ended("probe", job, "skipped" if made.passed and not made.asked else "done", made.words)
        finally:
            watch.cancel()
            self._busy["probe"].release()

    def send(self) -> None:
        """Send the notices that had to wait, or failed; nothing when no channel is set up."""
        from schedules import notices

        try:
            if self.settings.channels is not None and self.settings.db.exists():
                notices.send_due(self.settings.db, channels_of(self.settings), quiet=quiet_of(self.settings))
        except (facts.DatabaseProblem, sqlite3.Error, SettingsError) as error:
            self.say(f"通知未能发送：{error}", job="send", bad=True)

    def next_run(self) -> str | None:
        """When the next night starts, ISO 8601 with +08:00; None before `start`."""
        job = self._scheduler.get_job("run")
        return job.next_run_time.isoformat() if job and job.next_run_time else None

    def health(self) -> dict[str, Any]:
        """The state of the service for /healthz: the last run with its state, whether one runs, when the next is due, how each
        job ended last, and what is wrong with us."""
        db = facts.open_database(self.settings.db)
        try:
            last, jobs = facts.latest_run(db), work.last_jobs(db)
            ours = [{"kind": i.kind, "subject": i.subject, "detail": i.detail} for i in incidents.incidents(db)]
        finally:
            db.close()
        shown = None
        if last is not None:
            shown = {
                "id": last.id,
                "state": last.state,
                "started_at": _shown(last.started_at),
                "finished_at": _shown(last.finished_at),
                "note": last.note,
            }
        return {
            "status": "ok",
            "running": self._busy["run"].locked(),
            "next_run": self.next_run(),
            "last_run": shown,
            "jobs": {
                name: {"state": job.state, "started_at": _shown(job.started_at), "note": job.note}
                for name, job in jobs.items()
                if name in _ROWS and job.state != "since"
            },
            "incidents": ours,
        }

    def _due(self) -> list[Row]:
        """What is to be done at once: what was missed, and what a killed process left. Jobs that are new are known from now on."""
        now, s = datetime.now(UTC), self.settings
        db = facts.open_database(s.db)
        try:
            with facts.writing(db):
                work.break_jobs(db, at=now)
                last = work.last_jobs(db)
                for row in TIMETABLE:
                    if row.made_up and row.name not in last:
                        work.end_job(db, work.begin_job(db, row.name, at=now), at=now, state="since")
            due = [
                row
                for row in TIMETABLE
                if row.made_up and row.name in last and missed(row, s, last=last[row.name].started_at, now=now)
            ]
            night, until = _ROWS["run"], window_end(s, now)
            if runs.taken_up(db, "night", until, now=now) and night not in due:
                due.insert(0, night)
            if until is None and night in due:
                due.remove(night)
            if night not in due and _is_left(db, s):
                due.insert(0, _SETTLE)
        finally:
            db.close()
        return due

    def _do(self, row: Row) -> int:
        """Do the job in a child process; its exit status, or -1 when it is being done already."""
        if not self._busy[row.name].acquire(blocking=False):
            self.say(f"{row.title}还在运行，本次略过", job=row.name)
            return -1
        try:
            job = self._begun(row.name)
            self.say(f"开始{row.title}（{datetime.now(SHANGHAI):%Y-%m-%d %H:%M:%S}）", job=row.name)
            status, said = self._child(row)
            state = "broken" if self._stopping.is_set() and status else _STATES.get(status, "failed")
            self._ended(row.name, job, state, said)
            self.say(f"{row.title}结束，退出状态 {status}：{said}", job=row.name, bad=state == "failed")
            return status
        finally:
            self._busy[row.name].release()

    def _child(self, row: Row) -> tuple[int, str]:
        """The exit status of the job's process and the last thing that it said."""
        return run_job(
            self.settings,
            row.name,
            limits=Limits(self.settings.memory, until=datetime.now(UTC) + timedelta(hours=row.hours)),
            started=lambda child: self._children.update({row.name: child}),
            heard=lambda line: self.say(f"{row.title}：{line}", job=row.name),
        )

    def _kill(self, name: str) -> None:
        if (child := self._children.get(name)) is not None and child.poll() is None:
            child.kill()

    def _begun(self, name: str) -> int | None:
        """The row of a job that begins now; None when the database cannot be written, which ends no job."""
        try:
            db = facts.open_database(self.settings.db)
            try:
                with facts.writing(db):
                    return work.begin_job(db, name, at=datetime.now(UTC))
            finally:
                db.close()
        except (facts.DatabaseProblem, sqlite3.Error) as error:
            self.say(f"不能记录任务的开始：{error}", job=name, bad=True)
            return None

    def _ended(self, name: str, job: int | None, state: str, said: str) -> None:
        now, subject = datetime.now(UTC), f"job:{name}"
        title = _ROWS[name].title if name in _ROWS else _SETTLE.title
        words = f"{title}未能完成：{said or '没有说明'}。请按提示处理，并查看服务日志"
        seen = [Incident("job_failed", subject, words, now, now)] if state == "failed" else []
        try:
            db = facts.open_database(self.settings.db)
            try:
                with facts.writing(db):
                    if job is not None:
                        work.end_job(db, job, at=now, state=state, note=said or None)
                    incidents.save_incidents(db, seen, looked_at={subject} if state == "done" else set(), at=now)
            finally:
                db.close()
        except (facts.DatabaseProblem, sqlite3.Error) as error:
            self.say(f"不能记录任务的结束：{error}", job=name, bad=True)


def _is_left(db: Any, settings: Settings) -> bool:
    """Whether a run was cut off, its facts files lie about, or it was never judged."""
    return runs.unjudged(db) or bool(work.cut_off(db)) or settings.db.with_name(f"{settings.db.name}.parts").exists()


def _shown(at: datetime | None) -> str | None:
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds") if at else None
