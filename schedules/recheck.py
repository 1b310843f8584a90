"""Is it still so? One unit is visited now, because a person asked: in a child process, one unit at a time.

What was asked for and how it ended is kept (`db.appeals.Recheck`). Where a job has the database nothing is visited: the night that runs
visits the unit anyway, and any other job is over soon.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlite_utils import Database

from db import appeals, facts, findings, lock
from db.appeals import RECHECKED, RUNNING, AppealStep, Recheck
from db.records import SYSTEM, Finding
from monitors.alerts import NotAllowed
from monitors.rule import RULES
from schedules import jobs, runs
from schedules.child import OCCUPIED, run_job
from schedules.settings import Settings, run_options
from schedules.watch import Limits

LONGEST = timedelta(minutes=30)  # that one recheck may take
_WAITING = 5  # units that may wait for their turn
_LOOK, _STOP = 0.2, 20.0  # seconds between two looks at a recheck that is waited for; that it gets to end when told to
_GRAVEST = ("fail", "unknown", "pass", "na")
BROKEN = "服务中途停止，没有查完，请再点一次“现在复查”"


class Rechecks:
    """The rechecks of one process: what is asked for waits its turn; one unit is visited at a time.

    say   where the service tells what it does
    done  called with a handle after each, so that the next page need not wait for the new judging to be read
    """

    def __init__(self, settings: Settings, say: Callable[..., None], *, done: Callable[[Database], Any]) -> None:
        self._settings, self._say, self._done = settings, say, done
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._child: subprocess.Popen[str] | None = None
        self._stopping = threading.Event()
        self._settled = False

    def ask(self, db: Database, asked: Recheck) -> Recheck:
        """Write it down and begin; one that was asked for on the same page and has not ended is returned instead.

        Raises NotAllowed when too many wait.
        """
        self.settle(db)
        with facts.writing(db):
            waiting = appeals.unended_rechecks(db)
            for one in waiting:
                if (one.of, one.subject) == (asked.of, asked.subject):
                    return one
            if len({w.unit for w in waiting} | {asked.unit}) > _WAITING:
                raise NotAllowed(f"已有 {_WAITING} 个单位在等候复查，请等它们查完再点。")
            made = appeals.ask_recheck(db, asked)
        self.begin()
        return made

    def begin(self) -> None:
        """Begin with what waits, unless that is being done."""
        with self._lock:
            if self._stopping.is_set() or (self._worker is not None and self._worker.is_alive()):
                return
            self._worker = threading.Thread(target=self._work, daemon=True, name="recheck")
            self._worker.start()

    def settle(self, db: Database) -> None:
        """Once: what an earlier process left unfinished is said to be so."""
        with self._lock:
            if self._settled:
                return
            self._settled = True
            now = datetime.now(UTC)
            with facts.writing(db):
                for left in appeals.unended_rechecks(db):
                    _end(db, left, at=now, state="broken", note=BROKEN)

    def wait(self, db: Database, id_: int, seconds: float) -> Recheck | None:
        """The recheck when it has ended, or as it is after so long."""
        last = time.monotonic() + seconds
        while True:
            found = appeals.recheck_of(db, id_)
            if found is None or found.over or time.monotonic() >= last or self._stopping.is_set():
                return found
            time.sleep(_LOOK)

    def stop(self) -> None:
        """End what is under way; it is said to be broken off."""
        self._stopping.set()
        with self._lock:
            child, worker = self._child, self._worker
        if child is not None and child.poll() is None:
            child.terminate()
        if worker is not None:
            worker.join(_STOP)

    def _work(self) -> None:
        while not self._stopping.is_set():
            with closing(facts.open_database(self._settings.db)) as db:
                with self._lock:  # what is written after this look begins a worker of its own
                    with facts.writing(db):
                        waiting = appeals.unended_rechecks(db)
                        mine = [w for w in waiting if w.unit == waiting[0].unit]
                        for one in mine:
                            appeals.change_recheck(db, one.id, state=RUNNING, started_at=datetime.now(UTC))
                    if not mine:
                        self._worker = None
                        return
                try:
                    ended = self._visited(db, mine[0].unit)
                except Exception as error:  # a person waits for an answer, whatever it was
                    ended = {"state": "failed", "note": f"复查没有完成：{error}"}
                self._say(f"复查 {mine[0].unit}：{ended['note']}")
                judging = ended.pop("judging", None)
                found = findings.findings_of(db, judging) if judging else []
                with facts.writing(db):
                    for one in mine:
                        _end(db, one, at=datetime.now(UTC), after=subject_of(found, one), **ended)
                if judging:
                    self._done(db)

    def _visited(self, db: Database, unit: str) -> dict[str, Any]:
        """How the visit ended: state, note, and where it was judged run and judging."""
        if self._stopping.is_set():
            return {"state": "broken", "note": BROKEN}
        if (holder := lock.running(self._settings.db)) is not None:
            return occupied(holder)
        status, said = self._run(unit)
        if status == OCCUPIED:
            return occupied(said)
        if status and self._stopping.is_set():
            return {"state": "broken", "note": BROKEN}
        try:
            told = json.loads(said)
        except ValueError:
            return {"state": "failed", "note": f"复查没有完成：{said or '没有说明'}"}
        if told["note"]:
            return {"state": "suspect", "run": told["run"], "judging": told["judging"], "note": told["note"]}
        return {"state": "done", "run": told["run"], "judging": told["judging"], "note": "已重新访问并判定"}

    def _run(self, unit: str) -> tuple[int, str]:
        """Exit status of the child process and the last thing that it said."""

        def started(child: subprocess.Popen[str]) -> None:
            with self._lock:
                self._child = child

        limits = Limits(self._settings.memory, until=datetime.now(UTC) + LONGEST)
        return run_job(self._settings, "recheck", unit, limits=limits, started=started)


def visit(settings: Settings, unit: str) -> str:
    """Visit and judge that unit now; what came of it as one line of JSON: run, judging, note (null: all is well).

    For the child process. Raises what `jobs.run` raises.
    """
    until = datetime.now(UTC) + LONGEST
    done = jobs.run(
        settings.units,
        settings.accounts,
        settings.db,
        only=(unit,),
        until=until,
        limits=Limits(memory=settings.memory, until=until),
        **run_options(settings),
    )
    return json.dumps({"run": done.run_id, "judging": done.judging, "note": done.note}, ensure_ascii=False)


def occupied(holder: str) -> dict[str, Any]:
    """What is said where another job has the database: a night comes to the unit by itself, all else is over soon."""
    if runs.KINDS["night"] in holder:
        words = "夜间任务正在运行，它会访问这个单位，因此没有另外复查；请等夜间任务结束后看本页的最近结论"
        return {"state": "night", "note": words}
    return {"state": "busy", "note": f"没有复查：{holder}。请等它结束后再点一次"}


def subject_of(found: Sequence[Finding], asked: Recheck) -> Finding | None:
    """The finding among these that says how it is now with what was asked about; the gravest of several; None: nothing does.

    The address of a rule of the whole site may be another one when it is well.
    """
    mine = [f for f in found if (f.unit, f.rule, f.account) == (asked.unit, asked.rule, asked.account)]
    there = [f for f in mine if f.target == asked.target]
    whole = asked.rule in RULES and RULES[asked.rule].per in ("site", "verdicts")
    pool = there or (mine if whole else [])
    return min(pool, key=lambda f: _GRAVEST.index(f.verdict), default=None)


def _end(db: Database, one: Recheck, *, at: datetime, state: str, note: str, **given: Any) -> None:
    """Write down how it ended, in the timeline of the appeal as well. Within a transaction."""
    kept = {k: v for k, v in given.items() if v is not None}
    appeals.change_recheck(db, one.id, ended_at=at, state=state, note=note, **kept)
    if one.of == "appeal":
        appeals.add_step(db, AppealStep(one.subject, at, SYSTEM, RECHECKED, note, recheck=one.id))


def asked_about(
    finding: Finding | None, *, unit: str, rule: str, target: str, of: str, subject: int, who: str, at: datetime
) -> Recheck:
    """The recheck to ask for, about that finding, or about what the alert names where nothing was found."""
    one = Recheck(unit, at, who, of, subject, rule, target, before=finding)
    return one if finding is None else replace(one, rule=finding.rule, target=finding.target, account=finding.account)
