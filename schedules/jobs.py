"""What is one night's job? Registry in, sites and accounts visited, facts judged, scores and alerts stored."""

from __future__ import annotations

import asyncio
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from crawler.hosts import Registered, registered_hosts
from crawler.memory import Memory
from crawler.replay import read_again, replay_visitor
from db import facts, findings
from db.records import Finding, Outcome, Run, Unit, shanghai_day
from db.registry import RegistryError, read_accounts, read_units, squeezed
from monitors import alerts, scoring
from monitors import run as monitor
from monitors.rubric import load_rubric
from monitors.run import Case
from schedules.crawl import CrawlFailed, Night, batches, crawl, merge_parts, picture, platform_groups

Progress = Callable[[dict[str, Any]], None]
DELAY = 1.5  # seconds between two requests to one host
_NETWORK = frozenset((Outcome.DNS, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.TLS))
_CONTROL = 15.0  # seconds in which the control address must answer
_SUSPECT_SITES, _SUSPECT_SHARE = 5, 0.3  # that many and that share of the sites that answered before fail together


class RunFailed(Exception):
    """The run could not finish; the message says why and what is stored, in Chinese."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run or a check: units registered, findings made, and whether the run is suspect (and why)."""

    run_id: int | None
    units: int
    judged: int
    suspect: bool = False
    note: str | None = None
    judging: int | None = None


def run(
    units_csv: Path,
    accounts_csv: Path | None,
    db_path: Path,
    *,
    delay: float | None = None,
    only: Sequence[str] = (),
    jobs: int | None = None,
    contact: str = "政务公开办",
    robots: Mapping[str, str] | None = None,
    until: datetime | None = None,
    budget: Mapping[str, float] | None = None,
    browser: Mapping[str, Any] | None = None,
    control: str | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Import the registry, visit every site and account (or those of the units in `only`), judge and score.

    robots  hosts whose robots.txt is overruled, each with the document that authorises it
    until   when no further site is begun (aware); the rest keeps what its last visit said
    browser {"executable": path or None, "challenges": hosts}; None: pages that a script makes stay unknown
    control an address that always answers: where it does not, the run is suspect
    budget  values of `crawler.settings.Budget` other than the default ones

    Raises RegistryError before anything is written when the registry or `only` is wrong, DatabaseProblem when the file
    cannot be used, RunFailed when the crawl broke off; KeyboardInterrupt passes through. In the last two cases the run
    row says `failed` and every site that was finished is stored.
    """
    units = read_units(units_csv)
    accounts = read_accounts(accounts_csv, units) if accounts_csv else []
    chosen = _chosen(units, only)
    db = facts.open_database(db_path)
    try:
        merge_parts(db_path)  # of a run that was killed
        facts.save_registry(db, units, accounts)
        night = facts.begin_run(db, at=datetime.now(UTC), kind="only" if only else "night")
        mine = [a for a in accounts if a.unit in {u.name for u in chosen}]
        try:
            groups = platform_groups(chosen)
            parts = batches(chosen, mine, jobs or os.cpu_count() or 1, groups)
            report = progress or (lambda event: None)
            report({"event": "plan", "sites": sum(len(part.units) for part in parts)})
            pace = DELAY if delay is None else delay
            told = Night(db_path, night.id, pace, contact, groups, robots or {}, until, budget or {}, browser)
            cut_off = unreachable(control)
            crawl(parts, told, progress=report)
            cut_off = cut_off or unreachable(control)
        except BaseException as error:
            why = "被中断" if isinstance(error, KeyboardInterrupt) else str(error)
            facts.end_run(db, night.id, at=datetime.now(UTC), state="failed", note=why)
            if isinstance(error, CrawlFailed):
                raise RunFailed(str(error)) from error
            raise
        note = cut_off or suspicion(db, night)
        facts.end_run(db, night.id, at=datetime.now(UTC), state="suspect" if note else "finished", note=note)
        result = judge(db, night=True)
        if browser is not None and not note and (pages := pages_that_cost(db, result.judging)):
            picture(parts, told, pages, progress=report)
        return result
    finally:
        db.close()


def check(db_path: Path) -> RunResult:
    """Judge and score again what is stored; opens no socket. Raises DatabaseProblem when there is no such database."""
    db = facts.open_database(db_path, create=False)
    try:
        return judge(db, night=False)
    finally:
        db.close()


def reread(db_path: Path, *, only: Sequence[str] = ()) -> tuple[int, int]:
    """Run today's readers over the last stored visit of each site (or of those in `only`), with no network.

    Returns how many visits were read and how many came out different. Judge anew with `check`. Raises DatabaseProblem,
    RegistryError for an unknown name in `only`.
    """
    db = facts.open_database(db_path, create=False)
    try:
        units = facts.units(db)
        city = next((u.name for u in units if u.group == "portal"), None)
        registered = Registered(registered_hosts(units, facts.accounts(db)))
        read = different = 0
        for unit in _chosen(units, only):
            visit = facts.last_visit(db, unit.name) if unit.site else None
            if visit is None or visit.url != unit.site:
                continue
            visitor = replay_visitor(unit, visit, facts.fetches(db, unit.name, run=visit.run), registered)
            visitor.memory = Memory(facts.known_pages(db, [unit.name]), body=partial(facts.body, db))
            others = [u.name for u in units if u is not unit]
            again = asyncio.run(read_again(unit, visit, visitor, others=others, city=city))
            facts.save_visit(db, again, (), {}, visitor.take().pages)
            read, different = read + 1, different + (again != visit)
        return read, different
    finally:
        db.close()


def unreachable(control: str | None) -> str | None:
    """Why the control address does not answer, in Chinese; None when it does, with whatever status, or none is set."""
    if control is None:
        return None
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(control, timeout=_CONTROL).close()
    except urllib.error.HTTPError:
        return None
    except (OSError, ValueError) as error:
        return (
            f"控制网址 {control} 无法访问（{getattr(error, 'reason', error)}），疑为本机网络故障，本次不据此判定不合格"
        )
    return None


def pages_that_cost(db: Database, judging: int | None) -> dict[str, list[str]]:
    """By unit the addresses of the pages that cost points in that judging and answered, each once, dearest first."""
    lost = [f for f in findings.findings_of(db, judging) if f.verdict == "fail" and f.points] if judging else []
    pages: dict[str, list[str]] = {}
    for finding in sorted(lost, key=lambda f: -f.points):
        shown = [e.url for e in finding.evidence if e.url and e.status is not None]
        mine = pages.setdefault(finding.unit, [])
        mine += [url for url in shown if url not in mine]
    return pages


def suspicion(db: Database, night: Run) -> str | None:
    """Why the fault of this night seems to be ours, in Chinese; None when it does not.

    At least five and at least 30 % of the sites that answered at their last visit before failed together tonight.
    """
    before = facts.answered_before(db, run=night.id)
    visits = [facts.visit_of_run(db, unit, run=night.id) for unit, answered in before.items() if answered]
    seen = [v for v in visits if v is not None]
    failed = [v for v in seen if v.outcome in _NETWORK]
    if len(failed) < _SUSPECT_SITES or len(failed) < _SUSPECT_SHARE * len(seen):
        return None
    return f"此前正常的 {len(seen)} 个网站中有 {len(failed)} 个同时无法访问，疑为本机网络或共用平台故障，本次不据此判定不合格"


def judge(db: Database, *, night: bool) -> RunResult:
    """Judge all registered units by what is stored: each by its last visit, marked carried when that was an earlier run.

    night  a run has just ended: alerts may move on. A check of stored facts is no night.
    """
    rubric, units = load_rubric(), facts.units(db)
    last = facts.latest_run(db)
    moment = last.started_at if last else datetime.now(UTC)
    made: list[Finding] = []
    for unit in units:
        made += monitor.judge(_case(db, unit, last, moment), rubric)
    table = scoring.scores(units, made, rubric)
    on = shanghai_day(moment)
    known = findings.alerts(db)
    told = alerts.step(known, made, on=on, at=moment, night=night and (last is None or last.state != "suspect"))
    with facts.writing(db):
        judging = findings.save_judging(
            db,
            run=last.id if last else None,
            as_of=moment,
            rubric=rubric.name,
            version=version("wangkao"),
            made_at=datetime.now(UTC),
            findings=made,
            scores=table,
        )
        findings.save_alerts(db, told)
    suspect = last is not None and last.state == "suspect"
    return RunResult(last.id if last else None, len(units), len(made), suspect, last.note if last else None, judging.id)


def _case(db: Database, unit: Unit, last: Run | None, moment: datetime) -> Case:
    """What is known of the unit: by its last visit, as of the run that made it."""
    visit = facts.last_visit(db, unit.name) if unit.site else None
    if visit is not None and visit.url != unit.site:
        visit = None  # the registry names another address since
    shots = facts.last_snapshots(db, unit.name)
    seen_in = visit.run if visit else max((s.run for s, _ in shots), default=None)
    made_by = facts.run_of(db, seen_in) if seen_in is not None else None
    start = made_by.started_at if made_by else moment
    return Case(
        unit=unit,
        on=shanghai_day(start),
        at=visit.finished_at if visit else max((s.at for s, _ in shots), default=moment),
        visit=visit,
        week=facts.probes_of_week(db, unit.name, until=visit.finished_at) if visit else (),
        snapshots=shots,
        carried=last is not None and seen_in is not None and seen_in != last.id,
        suspect=made_by is not None and made_by.state == "suspect",
    )


def _chosen(units: Sequence[Unit], only: Sequence[str]) -> list[Unit]:
    names = {squeezed(name) for name in only}
    unknown = names - {squeezed(u.name) for u in units}
    if unknown:
        raise RegistryError(f"--only：登记表里没有 {'、'.join(sorted(unknown))}。请核对单位名称。")
    return [u for u in units if not names or squeezed(u.name) in names]
