"""How do nights run with nobody watching? A scheduler in this process, each night in a child process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from db import facts
from db.records import SHANGHAI
from db.registry import RegistryError, read_accounts, read_units
from schedules.settings import Settings
from schedules.timetable import TIMETABLE, ZONE

_GRACE = 6 * 3600  # seconds after its time at which a missed night is still made up
_STOP = 30.0  # seconds a running night gets to end when the service stops


class Service:
    """Starts the jobs of the timetable at their time; never two nights at once; says how it is."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings, self.say = settings, say
        self._scheduler = BackgroundScheduler(timezone=ZONE)
        self._child: subprocess.Popen[bytes] | None = None
        self._night = threading.Lock()

    def start(self) -> None:
        """Put the timetable into the scheduler and start it. Raises DatabaseProblem when the database cannot be used.

        A registry that cannot be read yet is said aloud, not refused: what is stored can be served, and it may be mended
        before the night.
        """
        facts.open_database(self.settings.db).close()
        try:
            units = read_units(self.settings.units)
            if self.settings.accounts:
                read_accounts(self.settings.accounts, units)
        except RegistryError as error:
            self.say(f"注意：登记表现在不能用，到时夜间任务将不能运行。\n{error}")
        for row in TIMETABLE:
            self._scheduler.add_job(
                getattr(self, row.job),
                row.when(self.settings.at, self.settings.spread),
                id=row.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=_GRACE,
            )
        self._scheduler.start()
        self.say(f"服务已启动，每夜 {self.settings.at} 运行，下次：{self.next_run()}")

    def stop(self) -> None:
        """Stop the scheduler; a running night is asked to end and has stored every finished site."""
        self._scheduler.shutdown(wait=False)
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(_STOP)
            except subprocess.TimeoutExpired:
                self._child.kill()

    def night(self) -> int:
        """Run the night's job now in a child process; its exit status, or -1 when one is running already."""
        if not self._night.acquire(blocking=False):
            self.say("上一夜的任务还在运行，本次略过")
            return -1
        try:
            s = self.settings
            command = [
                sys.executable,
                "-m",
                "desk.cli",
                "run",
                "--units",
                str(s.units),
                "--db",
                str(s.db),
                "--delay",
                str(s.delay),
                "--until",
                s.end,
            ]
            command += ["--accounts", str(s.accounts)] if s.accounts else []
            command += ["--jobs", str(s.jobs)] if s.jobs else []
            self.say(f"开始夜间任务（{datetime.now(SHANGHAI):%Y-%m-%d %H:%M:%S}）")
            self._child = subprocess.Popen(command)
            status = self._child.wait()
            self.say(f"夜间任务结束，退出状态 {status}")
            return status
        finally:
            self._night.release()

    def next_run(self) -> str | None:
        """When the next night starts, ISO 8601 with +08:00; None before `start`."""
        job = self._scheduler.get_job("run")
        return job.next_run_time.isoformat() if job and job.next_run_time else None

    def health(self) -> dict[str, Any]:
        """The state of the service for /healthz: the last run with its state, whether one runs, and when the next is due."""
        db = facts.open_database(self.settings.db)
        try:
            last = facts.latest_run(db)
        finally:
            db.close()
        shown = None
        if last is not None:
            ended = last.finished_at.astimezone(SHANGHAI).isoformat(timespec="seconds") if last.finished_at else None
            started = last.started_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
            shown = {"id": last.id, "state": last.state, "started_at": started, "finished_at": ended, "note": last.note}
        return {"status": "ok", "running": self._night.locked(), "next_run": self.next_run(), "last_run": shown}
