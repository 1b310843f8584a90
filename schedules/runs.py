"""How does a run begin and end, whatever happened in between?"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from db import facts, findings, incidents, probes, work
from db.facts import Ending
from db.records import Incident, Run
from monitors import gate
from monitors.gate import Fallen
from monitors.rules.site import NETWORK

KINDS = {"night": "夜间任务", "only": "部分单位的任务", "accounts": "账号任务"}
_LATELY = timedelta(hours=3)
_STATES = ("running", "finished", "suspect", "failed")  # of a run
_COMPARED = 7  # nights that tell what is usual
_MEGA = 1e6


def unfit(db: Database, path: Path, *, now: datetime) -> str | None:
    """Why no run may begin on this machine now, in Chinese; None when one may: its clock is wrong or its disk is full."""
    free = shutil.disk_usage(path.resolve().parent).free / _MEGA
    if free < gate.NO_DISK:
        return gate.disk_words(str(path.resolve().parent), free)
    return gate.wrong_clock(now, facts.newest_instant(db), probes.clocks(db, since=now - _LATELY))


def taken_up(db: Database, kind: str, until: datetime | None, *, now: datetime) -> Run | None:
    """The newest run when it was cut off and its window still lasts: it is to be gone on with. Only a night has a window."""
    found = [run for id_ in work.cut_off(db) if (run := facts.run_of(db, id_))]
    last = found[-1] if found else None
    if until is None or kind != "night" or last is None or last.kind != kind:
        return None
    newest = facts.latest_run(db)
    return last if last.until and last.until > now and newest and newest.id == last.id else None


def last_night(db: Database, *states: str) -> Run | None:
    """The newest whole night, in one of these states or whatever state; where there was none, the newest run over sites.

    A recheck of one unit is a run too, and says nothing of what was looked at.
    """
    nights = [r for r in facts.runs_in(db, *(states or _STATES)) if r.kind == "night"]
    return nights[-1] if nights else facts.latest_run(db)


def unjudged(db: Database) -> bool:
    """Whether the last run came to its end and was not judged since."""
    last, judging = facts.latest_run(db), findings.latest_judging(db)
    if last is None or last.state not in ("finished", "suspect") or last.finished_at is None:
        return False
    return judging is None or judging.run != last.id or judging.made_at < last.finished_at


def fallen(db: Database, run: Run) -> Fallen:
    """Which sites that answered before fail in that run, and what that means."""
    seen = {unit: failed(ending) for unit, ending in facts.endings(db, run.id).items()}
    platforms = {t.unit: t.platform for t in work.tasks(db, run.id) if not t.source}
    return gate.fallen(facts.answered_before(db, run=run.id), seen, platforms)


def end(
    db: Database, path: Path | None, run: Run, *, cut_off: str | None = None, lost: Mapping[str, str] | None = None
) -> str | None:
    """Bring the run to its end: what was not done is left, and it is finished, or suspect for the reason that is returned.

    cut_off  why our own network is known to have failed        lost  why units' sites broke off, by unit
    """
    now = datetime.now(UTC)
    with facts.writing(db):
        work.settle(db, run.id)
        for unit, why in (lost or {}).items():
            work.leave(db, run.id, why, units={unit})
        over = run.until is not None and now >= run.until
        work.leave(db, run.id, "到夜间时段结束时尚未访问完" if over else "任务中途被强行结束")
        fell, tasks = fallen(db, run), work.tasks(db, run.id)
        reasons = [cut_off, fell.ours, gate.uncovered(tasks), _strange(db, run)]
        note = "；".join(filter(None, reasons)) or None
        facts.end_run(db, run.id, at=now, state="suspect" if note else "finished", note=note)
        if cut_off or fell.ours:
            probes.judge_run_probes(db, run.id, dropped=cut_off or fell.ours)
        for platform, units in fell.platforms.items():
            probes.judge_run_probes(db, run.id, dropped=gate.platform_words(platform, units), units=units)
        if path is not None:
            _save_disk(db, path, now)
    return note


def own_incidents(db: Database, run: Run) -> tuple[list[Incident], set[str]]:
    """What that run says of platforms and of what was left, and what it could tell of (see `incidents.save_incidents`)."""
    fell = fallen(db, run)
    left = [t for t in work.tasks(db, run.id) if t.state == work.LEFT]
    at = run.started_at
    seen = [
        Incident("platform_down", platform, gate.platform_words(platform, units), at, at, run=run.id)
        for platform, units in fell.platforms.items()
    ]
    if left and run.state == "finished":
        words = f"本次没有访问完：{gate.unfinished(left)}。这些单位沿用上次的结论"
        seen.append(Incident("unfinished", "tasks", words, at, at, run=run.id))
    if run.kind != "night":
        return seen, set()
    known = {i.subject for i in incidents.incidents(db) if i.kind == "platform_down"}
    return seen, {"tasks"} | (known if run.state == "finished" else set())


def failed(ending: Ending) -> bool:
    """Whether the site did not answer, or with a fault of its own."""
    return ending.outcome in NETWORK or (ending.status is not None and ending.status >= 500)


def _strange(db: Database, run: Run) -> str | None:
    if run.kind != "night":
        return None
    before = [r for r in facts.runs_in(db, "finished", "suspect") if r.kind == "night" and r.id < run.id][-_COMPARED:]
    return gate.strange(_said(db, run.id), [_said(db, r.id) for r in before])


def _said(db: Database, run: int) -> dict[str, str]:
    return {u: "reader_error" if e.broken else str(e.outcome) for u, e in facts.endings(db, run).items()}


def _save_disk(db: Database, path: Path, now: datetime) -> None:
    folder = str(path.resolve().parent)
    words = gate.disk_words(folder, shutil.disk_usage(folder).free / _MEGA)
    seen = [Incident("disk_low", "disk", words, now, now)] if words else []
    incidents.save_incidents(db, seen, looked_at={"disk"}, at=now)
