"""Does every site answer, hour by hour? One round of probes, and what of it counts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from crawler.extract.urls import host_of
from db import facts, lock, probes
from db.codec import revive
from db.records import Hop, Probe, Unit
from monitors import gate
from monitors.rules.site import probe_failed
from schedules.crawl import child_events, crawl_process, end_child
from schedules.jobs import unreachable
from schedules.plan import platform_groups

_APART = 12.0  # seconds between two sites of a round
_LONGEST = 45 * 60.0  # seconds over which a round is spread at most
_IN_A_ROW = 5  # sites that fail one after the other: our own line was gone for a moment
_PENDING = "本轮探测尚未结束"  # a round that is cut off says nothing


@dataclass(slots=True)
class Round:
    """What one round came to: probes by unit in the order in which they were made, units not asked, why what does not count."""

    began: datetime
    asked: dict[str, Probe] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """One Chinese sentence."""
        failed = sum(map(probe_failed, self.asked.values()))
        said = f"探测 {len(self.asked)} 个网站，{failed} 个未应答"
        if self.dropped:
            said += f"，{len(self.dropped)} 个不计入：{next(iter(self.dropped.values()))}"
        return said + (f"，{len(self.passed)} 个因任务正在运行而略过" if self.passed else "")


def probe_round(
    db_path: Path,
    *,
    delay: float,
    contact: str,
    robots: Mapping[str, str] | None = None,
    control: str | None = None,
    spread: float | None = None,
    started: Callable[[subprocess.Popen[str]], None] = lambda child: None,
) -> Round:
    """Ask each registered site once and store what came of it; nothing while a run works on the database.

    spread   seconds over which the round is spread; by default 12 a site, 45 minutes at most
    started  is told the child process, so that it can be ended
    Raises DatabaseProblem.
    """
    made = Round(datetime.now(UTC))
    with lock.beside(db_path) as free:
        db = facts.open_database(db_path)
        units = [u for u in facts.units(db) if u.site]
        if not free or not units:
            db.close()
            made.passed = [u.name for u in units]
            return made
    try:
        groups = platform_groups(units)
        cut_off = unreachable(control)
        job = {
            "db": str(db_path),
            "probe": min(_LONGEST, _APART * len(units)) if spread is None else spread,
            "delay": delay,
            "contact": contact,
            "robots": dict(robots or {}),
            "groups": groups,
            "units": [u.name for u in units],
        }
        child = crawl_process(job)
        started(child)
        try:
            for event in child_events(child):
                cut_off = _noted(db, made, event, cut_off, control)
        finally:
            end_child(child)
        judge_round(db, made, _platforms(units, groups), cut_off or unreachable(control))
    finally:
        db.close()
    return made


def judge_round(db: Database, made: Round, platforms: Mapping[str, str], cut_off: str | None) -> None:
    """Say of the probes of the round that they count, or why they do not."""
    made.dropped = dropped(made.asked, probes.answered_last(db, before=made.began), platforms, cut_off)
    with facts.writing(db):
        probes.judge_probes(db, made.asked.keys() - made.dropped.keys(), since=made.began, dropped=None)
        for unit, why in made.dropped.items():
            probes.judge_probes(db, [unit], since=made.began, dropped=why)


def dropped(
    asked: Mapping[str, Probe], before: Mapping[str, bool], platforms: Mapping[str, str], cut_off: str | None = None
) -> dict[str, str]:
    """Which probes of a round say nothing of their site, with the reason in Chinese.

    asked   in the order in which they were made       before   whether each site answered at its last probe that counts
    cut_off why our own network is known to have failed: nothing of the round counts then

    Nor does it when many sites fail together (`monitors.gate.fallen`); where a shared platform alone is down, what failed on it
    is left out, because we may have been shut out. So is what failed in a row of five sites of several platforms.
    """
    failed = {unit: probe_failed(probe) for unit, probe in asked.items()}
    fell = gate.fallen(before, failed, platforms)
    if cut_off or fell.ours:
        return dict.fromkeys(asked, cut_off or fell.ours or "")
    found = {
        unit: f"共用平台 {platform} 上的网站同时未应答" for platform, units in fell.platforms.items() for unit in units
    }
    for bad, row in groupby(asked, key=lambda unit: failed[unit]):
        units = list(row)
        stood = [unit for unit in units if before.get(unit)]
        if bad and len(stood) >= _IN_A_ROW and len({platforms.get(u) or u for u in stood}) > 1:
            found |= dict.fromkeys(units, f"连续 {len(units)} 个网站未应答，疑为本机网络中断")
    return found


def _noted(db: Database, made: Round, event: Mapping[str, Any], cut_off: str | None, control: str | None) -> str | None:
    """Store what one site answered, not to count before the round is over; asks the control address where it did not."""
    if event["event"] == "passed":
        made.passed.append(event["unit"])
    if event["event"] != "probe":
        return cut_off
    probe, trail = revive(Probe, event["probe"]), revive(tuple[Hop, ...], event["trail"])
    made.asked[event["unit"]] = probe
    probes.save_probe(db, event["unit"], event["url"], probe, trail, dropped=_PENDING)
    return cut_off or (unreachable(control) if probe_failed(probe) else None)


def _platforms(units: Sequence[Unit], groups: Mapping[str, str]) -> dict[str, str]:
    return {unit.name: groups.get(host_of(str(unit.site)), "") for unit in units}
