"""A small town whose night is killed at a random moment, gone on with as a service does at its start, and compared."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db import cited, facts, findings, incidents, work
from db.records import Outcome
from schedules import jobs
from schedules.engines import engine_of
from schedules.settings import Settings
from tests.conftest import a_site
from tests.crawler.served import served

_LATER = timedelta(hours=8)
_START = multiprocessing.get_context("forkserver")
_START.set_forkserver_preload(["schedules.jobs"])


@contextmanager
def town(folder: Path, names: str = "甲乙", *, first: int = 71) -> Iterator[Path]:
    """A folder with the registry of so many served counties, one of them stale, and an exported account."""
    with ExitStack() as stack:
        rows = ["单位,类别,网址"]
        for number, name in enumerate(names):
            site = stack.enter_context(
                served(a_site(f"{name}县", stale=60 if number == 1 else 1), f"127.0.0.{first + number}")
            )
            rows.append(f"{name}县,县市区,{site.url}")
        (folder / "units.csv").write_text("\n".join([*rows, ""]), "utf-8")
        (folder / "post.csv").write_text("标题,发布时间\n防汛提示,2026-11-20 09:00\n", "utf-8")
        (folder / "accounts.csv").write_text("单位,平台,账号,数据源\n甲县,导出,甲县发布,post.csv\n", "utf-8")
        yield folder


def night(folder: Path, db: Path, number: int = 1, cluster: str | None = None) -> None:
    """What a service does at its start: bring what was cut off to its end, and go on with or begin a night."""
    again = jobs.settle(db) if db.exists() else "first"
    if again is not None or not _runs(db):
        with engine_of(Settings(cluster=cluster, jobs=number)) as engine:
            jobs.run(
                folder / "units.csv",
                folder / "accounts.csv",
                db,
                delay=0,
                jobs=number,
                until=datetime.now(UTC) + _LATER,
                engine=engine,
            )


def _runs(db: Path) -> bool:
    opened = facts.open_database(db)
    try:
        return facts.latest_run(opened) is not None
    finally:
        opened.close()


def killed_night(folder: Path, db: Path, seed: int, seconds: float, *, processes: int = 1) -> list[str]:
    """Run the night and kill something of it, once or twice, at a moment within so many seconds; then to the end. What was killed."""
    chance, said = random.Random(seed), []
    for _ in range(chance.choice((1, 1, 2))):
        process = _START.Process(target=night, args=(folder, db, processes))
        process.start()
        process.join(chance.uniform(0, seconds))
        if process.exitcode is not None:
            said.append("nothing")
            break
        what = chance.choice(("run", "crawl", "machine"))
        children = _children(process.pid)
        said.append(f"{what} of {len(children)}")
        if what != "crawl":
            process.kill()
        if what != "run":
            for child in children if what == "machine" else children[:1]:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        process.join(120)
        if process.exitcode == 0:
            break
    for _ in range(3):
        process = _START.Process(target=night, args=(folder, db, processes))
        process.start()
        process.join(120)
        if process.exitcode == 0:
            return said
    raise AssertionError(f"seed {seed}: the night never came to its end after {said}")


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def timed_night(folder: Path, db: Path, processes: int = 1) -> float:
    """An undisturbed night; the seconds it took."""
    process = _START.Process(target=night, args=(folder, db, processes))
    began = time.monotonic()
    process.start()
    process.join(300)
    assert process.exitcode == 0
    return time.monotonic() - began


def everything(path: Path) -> dict[str, object]:
    """What must be the same however often a night was killed."""
    db = facts.open_database(path, create=False)
    try:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert work.cut_off(db) == []
        last = findings.latest_judging(db)
        assert last is not None
        judged = findings.findings_of(db, last.id)
        for finding in judged:
            for evidence in finding.evidence:
                assert evidence.url is None or cited.fetches_behind(db, finding.unit, evidence), finding
        pages = (
            "SELECT DISTINCT unit, url, purpose, outcome, status FROM fetch WHERE purpose NOT IN ('soft404', 'robots')"
        )
        return {
            "runs": [(r.id, r.state, r.kind) for r in facts.runs_in(db, "running", "finished", "failed", "suspect")],
            "tasks": [(t.key, t.state) for t in work.tasks(db, 1)],
            "visits": db.execute("SELECT unit, run, outcome, confirmed FROM visit ORDER BY unit").fetchall(),
            "snapshots": db.execute("SELECT unit, account, run, status FROM snapshot").fetchall(),
            "posts": db.execute("SELECT unit, account, title, published FROM post").fetchall(),
            "pages": sorted(map(repr, db.execute(pages))),
            "known": db.execute("SELECT url, unit, sha256 FROM page ORDER BY url").fetchall(),
            "judgings": db.execute("SELECT run, count(*) FROM judging GROUP BY run").fetchall(),
            "findings": sorted((f.unit, f.rule, f.target, f.verdict, f.reason or "", f.carried) for f in judged),
            "scores": [(s.unit, s.online, s.rank, s.coverage) for s in findings.scores_of(db, last.id)],
            "alerts": db.execute("SELECT unit, kind, target, state FROM alert ORDER BY unit, kind, target").fetchall(),
            "steps": db.execute("SELECT count(*) FROM alert_step").fetchone(),
            "incidents": [(i.kind, i.subject) for i in incidents.incidents(db)],
            "parts": sorted(p.name for p in path.parent.glob("*.parts")),
            "answered": all(o == Outcome.OK for (o,) in db.execute("SELECT outcome FROM probe")),
        }
    finally:
        db.close()
