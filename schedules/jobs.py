"""What is one night's job? Registry in, sites and accounts visited, facts judged, scores and alerts stored."""

from __future__ import annotations

import asyncio
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from crawler.extract.urls import host_of
from crawler.hosts import Registered, registered_hosts
from crawler.memory import Memory
from db import facts, findings, incidents, lock, reviews, work
from db.records import Account, Finding, Incident, Run, SiteVisit, Unit, shanghai_day
from db.registry import RegistryError, read_accounts, read_units, squeezed
from monitors import alerts, health, scoring
from monitors import run as monitor
from monitors.rubric import load_rubric
from monitors.run import Case
from schedules import plan, runs
from schedules.accounts import Accounts
from schedules.cases import case_of
from schedules.crawl import Children, CrawlFailed, Engine, Night, crawl, merge_parts, picture
from schedules.plan import Batch
from schedules.watch import Limits

Progress = Callable[[dict[str, Any]], None]
DELAY = 1.5  # seconds between two requests to one host
_CONTROL = 15.0  # seconds in which the control address must answer


class RunFailed(Exception):
    """The run could not finish; the message says why and what is stored, in Chinese."""


class Occupied(RunFailed):
    """Another run works on the database."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run or a check: units registered, findings made, whether the run is suspect (and why), and what is
    wrong with us, one sentence an incident."""

    run_id: int | None
    units: int
    judged: int
    suspect: bool = False
    note: str | None = None
    judging: int | None = None
    incidents: tuple[str, ...] = ()


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
    secrets: Mapping[str, Mapping[str, str]] | None = None,
    sites: bool = True,
    limits: Limits | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Import the registry, visit every site and account (or those of the units in `only`), judge and score.

    A run that was cut off while its window still lasts is gone on with, when this one has a window too: what it had finished is
    not asked for again. Any other that was cut off is brought to its end first.

    robots  hosts whose robots.txt is overruled, each with the document that authorises it
    until   end of the window (aware): the rest keeps what its last visit said
    browser {"executable": path or None, "challenges": hosts}; None: pages that a script makes stay unknown
    control an address that always answers: where it does not, the run is suspect
    budget  values of `crawler.settings.Budget` other than the default ones
    secrets keys and cookies of account sources, as `settings.secrets_of` gives them
    sites   without them only the accounts are read, and nothing is judged
    limits  what each crawl process may take
    engine  what runs the batches; by default `jobs` crawl processes of this machine

    Raises RegistryError before anything is written when the registry or `only` is wrong, Occupied when another run works
    on the database, DatabaseProblem when the file cannot be used, RunFailed when the clock or the disk forbids a run or the crawl
    broke off; KeyboardInterrupt passes through. In the last two cases the run row says `failed` and every site that was
    finished is stored.
    """
    units = read_units(units_csv)
    accounts = read_accounts(accounts_csv, units) if accounts_csv else []
    chosen = _chosen(units, only)
    kind = "accounts" if not sites else "only" if only else "night"
    with alone(db_path, runs.KINDS[kind]) as hold:
        db = facts.open_database(db_path)
        try:
            if why := runs.unfit(db, db_path, now=datetime.now(UTC)):
                raise RunFailed(why)
            merge_parts(db_path)  # of a run that was killed
            again = runs.taken_up(db, kind, until, now=datetime.now(UTC))
            _finish_others(db, again)
            facts.save_registry(db, units, accounts)
            report = progress or (lambda event: None)
            mine = [a for a in accounts if a.canary or a.unit in {u.name for u in chosen}]
            groups = plan.platform_groups(chosen)
            engine = engine or Children(jobs or os.cpu_count() or 1)
            night, parts = _planned(db, again, kind, until, chosen if sites else [], mine, engine, groups)
            report({"event": "resume" if again else "plan", "sites": sum(len(part.units) for part in parts)})
            delay = DELAY if delay is None else delay
            _told_beforehand(db, night, parts, groups, engine, delay, report)
            told = Night(
                db_path,
                night.id,
                delay,
                contact,
                groups,
                robots or {},
                night.until,
                budget or {},
                browser,
                secrets or {},
                limits or Limits(until=night.until),
                hold,
            )
            try:
                cut_off = unreachable(control)
                lost = crawl(parts, told, progress=report, engine=engine)
                cut_off = cut_off or unreachable(control)
            except BaseException as error:
                why = "被中断" if isinstance(error, KeyboardInterrupt) else str(error)
                facts.end_run(db, night.id, at=datetime.now(UTC), state="failed", note=why)
                if isinstance(error, CrawlFailed):
                    raise RunFailed(str(error)) from error
                raise
            note = runs.end(db, db_path, night, cut_off=cut_off, lost=lost)
            if not sites:
                return RunResult(night.id, len(units), 0, note is not None, note)
            result = judge(db)
            if browser is not None and not note and (pages := pages_that_cost(db, result.judging)):
                picture(parts, told, pages, progress=report, engine=engine)
            return result
        finally:
            db.close()


def settle(db_path: Path) -> str | None:
    """Bring what a killed process left to its end, unless its window still lasts; what is to be gone on with, in Chinese.

    For the start of a service. Raises Occupied, DatabaseProblem.
    """
    with alone(db_path, "启动检查"):
        db = facts.open_database(db_path)
        try:
            merge_parts(db_path)
            now = datetime.now(UTC)
            again = runs.taken_up(db, "night", now, now=now)
            _finish_others(db, again)
            return f"上次的夜间任务（第 {again.id} 次）中途停止，时段未过" if again else None
        finally:
            db.close()


@contextmanager
def alone(path: Path, what: str) -> Iterator[int]:
    """Hold the database for one job; raises Occupied when another has it. See `db.lock.alone`."""
    try:
        with lock.alone(path, what) as hold:
            yield hold
    except lock.Busy as error:
        raise Occupied(str(error)) from error


def _finish_others(db: Database, again: Run | None) -> None:
    """Every run that was cut off comes to its end, and a night that was never judged is judged now; all but `again`."""
    for id_ in work.cut_off(db):
        run = facts.run_of(db, id_)
        if run is None or (again is not None and id_ == again.id):
            continue
        if run.state != "running":
            with facts.writing(db):
                work.leave(db, id_, run.note or "被中断")
        elif work.tasks(db, id_):
            runs.end(db, None, run)
        else:  # of an earlier version
            facts.end_run(db, id_, at=datetime.now(UTC), state="failed", note="任务中途被强行结束")
    if runs.unjudged(db):
        judge(db)


def _planned(
    db: Database,
    again: Run | None,
    kind: str,
    until: datetime | None,
    units: Sequence[Unit],
    accounts: Sequence[Account],
    engine: Engine,
    groups: Mapping[str, str],
) -> tuple[Run, list[Batch]]:
    """The run, new or gone on with, and the batches of what it has to do."""
    done = {t.key for t in work.tasks(db, again.id) if t.state == work.DONE} if again else set()
    parts = plan.batches(
        [u for u in units if (u.name, "", "") not in done],
        [a for a in accounts if (a.unit, a.source, a.account) not in done],
        engine.slots,
        groups,
        at_most=engine.at_most,
    )
    with facts.writing(db):
        night = again or facts.begin_run(db, at=datetime.now(UTC), kind=kind, until=until)
        if again is not None:
            facts.take_up_run(db, again.id)
        for number, part in enumerate(parts):
            work.plan(
                db,
                [
                    work.Task(night.id, u.name, batch=number, platform=groups.get(host_of(str(u.site)), ""))
                    for u in part.units
                ],
            )
            work.plan(
                db,
                [work.Task(night.id, a.unit, a.source, a.account, number) for a in part.accounts if a.address],
            )
    return night, parts


def _told_beforehand(
    db: Database,
    night: Run,
    parts: Sequence[Batch],
    groups: Mapping[str, str],
    engine: Engine,
    delay: float,
    report: Progress,
) -> None:
    """Say when the run will be done, which platform groups will not be, and where a person may watch it."""
    now, lines = datetime.now(UTC), list[str]()
    if delay:
        queues = plan.expected(parts, groups, facts.requests_last(db), delay=delay, slots=engine.slots, now=now)
        lines += plan.words(queues, night.until, now=now)
    if engine.note:
        lines.append(engine.note)
        facts.note_run(db, night.id, engine.note)
    for line in lines:
        report({"event": "said", "words": line})


def check(db_path: Path) -> RunResult:
    """Judge and score again what is stored; opens no socket. Raises DatabaseProblem when there is no such database."""
    db = facts.open_database(db_path, create=False)
    try:
        return judge(db)
    finally:
        db.close()


def reread(db_path: Path, *, only: Sequence[str] = ()) -> tuple[int, int]:
    """Run today's readers over the last stored visit of each site (or of those in `only`), with no network.

    Returns how many visits were read and how many came out different. Judge anew with `check`. Raises DatabaseProblem,
    RegistryError for an unknown name in `only`.
    """
    from crawler.replay import read_again, replay_visitor  # with all readers: a run leaves them to its children

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
    """Why the fault of this night seems to be ours, in Chinese; None when it does not (see `monitors.gate.fallen`)."""
    return runs.fallen(db, night).ours


def judge(db: Database) -> RunResult:
    """Judge all registered units by what is stored: each by its last visit, marked carried when that was an earlier run.

    The alerts are those of before the last run, moved on by what it saw, so that judging it again is no second night.
    """
    rubric, units, accounts = load_rubric(), facts.units(db), Accounts(db)
    last = facts.latest_run(db)
    moment = last.started_at if last else datetime.now(UTC)
    made: list[Finding] = []
    down: set[str] = set()
    read: list[SiteVisit] = []
    for unit in units:
        case = _case(db, unit, last, moment, accounts)
        made += monitor.judge(case, rubric)
        if alerts.down_for_hours(case.week):
            down.add(unit.name)
        if case.visit is not None and not case.carried and health.was_read(case.visit):
            read.append(case.visit if health.silent(case.visit) else replace(case.visit, columns=()))
    table = scoring.scores(units, made, rubric)
    night = alerts.Night(
        shanghai_day(moment),
        moment,
        counts=last is not None and last.state == "finished",
        held=runs.fallen(db, last).held if last else frozenset(),
        down=frozenset(down),
    )
    run_id = last.id if last else 0
    told = _told(rubric.off_trial(made), accounts)
    if last is not None and last.kind == "only":  # what the registry alone says of the others is no second look at them
        looked_at = {task.unit for task in work.tasks(db, last.id)}
        told = [f if f.unit in looked_at else replace(f, carried=True) for f in told]
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
        before, decided = reviews.alerts_before(db, run_id), reviews.reviews(db)  # the desk may have written meanwhile
        reviews.save_alerts(db, alerts.step(before, told, night, run=run_id, reviews=decided), run=run_id)
        if last is not None:
            _save_incidents(db, last, accounts, read)
    suspect = last is not None and last.state == "suspect"
    return RunResult(
        last.id if last else None,
        len(units),
        len(made),
        suspect,
        last.note if last else None,
        judging.id,
        tuple(i.detail for i in incidents.incidents(db)),
    )


def cases_of(db: Database, *, only: str | None = None) -> Iterator[Case]:
    """What the last judging knew of each registered unit, or of the one named, in the order of the registry."""
    last, accounts = facts.latest_run(db), Accounts(db)
    moment = last.started_at if last else datetime.now(UTC)
    for unit in facts.units(db):
        if only is None or unit.name == only:
            yield _case(db, unit, last, moment, accounts)


def cases_of_night(db: Database) -> Iterator[Case]:
    """The cases of the last judging, not carried where the last night saw them: a recheck of another unit since then makes none older."""
    night = runs.last_night(db, "finished", "suspect")
    for case in cases_of(db):
        seen = case.visit.run if case.visit else 0
        yield replace(case, carried=False) if case.carried and night and seen >= night.id else case


def _told(made: Sequence[Finding], accounts: Accounts) -> list[Finding]:
    """The findings as alerts are made of them: what a doubted collector says is unknown, and neither raises nor clears."""
    heard = set(map(id, accounts.untold(made)))
    return [f if id(f) in heard else replace(f, verdict="unknown", reason="source_doubted") for f in made]


def _save_incidents(db: Database, last: Run, accounts: Accounts, read: Sequence[SiteVisit]) -> None:
    """What is wrong with us as of that run: a suspect run, collectors that are not believed, sites that we no longer read.

    read  the visits of that run whose columns were read, each with its columns only where one shows nothing
    """
    seen = accounts.incidents(run=last.id, at=last.started_at)
    ours, told = runs.own_incidents(db, last)
    seen += ours
    looked_at = accounts.looked_at(run=last.id) | told | ({"run"} if last.kind == "night" else set())
    if last.state == "suspect":
        seen.append(Incident("suspect_run", "run", last.note or "", last.started_at, last.started_at, run=last.id))
    known = {i.subject: i.detail for i in incidents.incidents(db) if i.kind == health.TEMPLATE}
    looked_at |= known.keys() - {u.site for u in facts.units(db)}  # no longer registered
    for visit in read:
        looked_at.add(visit.url)
        nights = facts.visits_by_day(db, visit.unit, until=last.id, days=3) if visit.columns else ()
        if words := health.template_changed(nights, known.get(visit.url, "")):
            seen.append(Incident(health.TEMPLATE, visit.url, words, last.started_at, last.started_at, run=last.id))
    incidents.save_incidents(db, seen, looked_at=looked_at, at=last.started_at)


def _case(db: Database, unit: Unit, last: Run | None, moment: datetime, accounts: Accounts) -> Case:
    return case_of(
        unit,
        facts.last_visit(db, unit.name) if unit.site else None,
        accounts,
        run=last,
        moment=moment,
        run_of=partial(facts.run_of, db),
        week=lambda until: facts.probes_of_week(db, unit.name, until=until),
    )


def _chosen(units: Sequence[Unit], only: Sequence[str]) -> list[Unit]:
    names = {squeezed(name) for name in only}
    unknown = names - {squeezed(u.name) for u in units}
    if unknown:
        raise RegistryError(f"--only：登记表里没有 {'、'.join(sorted(unknown))}。请核对单位名称。")
    return [u for u in units if not names or squeezed(u.name) in names]
