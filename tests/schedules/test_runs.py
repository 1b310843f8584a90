"""Runs that end otherwise than they should: limits, lost sites, power cuts, full disks, wrong clocks; each with its words."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import facts, incidents, lock, work
from db.records import Outcome
from desk import export
from monitors import gate
from schedules import crawl, jobs, runs
from schedules.watch import Limits, memory_of
from tests.conftest import a_site
from tests.crawler.served import served
from tests.monitors.made import a_unit, a_visit

AT = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def town(tmp_path):
    """Two served counties; run it with `a_run`."""
    with ExitStack() as stack:
        sites = {
            f"{n}县": stack.enter_context(served(a_site(f"{n}县"), f"127.0.0.{95 + i}")) for i, n in enumerate("甲乙")
        }
        rows = "\n".join(f"{n},县市区,{s.url}" for n, s in sites.items())
        (tmp_path / "units.csv").write_text(f"单位,类别,网址\n{rows}\n", "utf-8")
        yield tmp_path, sites


def a_run(folder, **named):
    return jobs.run(folder / "units.csv", None, folder / "w.db", **({"delay": 0, "jobs": 1} | named))


def opened(folder):
    return facts.open_database(folder / "w.db", create=False)


def reasons(db, rule="board.guide"):
    return {
        f["unit"]: (f["verdict"], f["reason"], f.get("carried"))
        for f in export.rows_of(db, "findings")
        if f["rule"] == rule
    }


# limits


def test_a_limit_is_named():
    now, pid = datetime.now(UTC), os.getpid()
    limits, well = Limits(memory=5000, silent=600, until=now), {"ran": 90.0, "quiet": 1.0}
    assert limits.broken(pid, **well) is None
    assert "内存" in replace(limits, memory=1).broken(pid, **well)
    assert "10 分钟没有任何进展" in limits.broken(pid, ran=900, quiet=601)
    assert limits.broken(pid, **well, now=now + timedelta(minutes=29)) is None
    assert "到时" in limits.broken(pid, **well, now=now + timedelta(minutes=31))
    assert replace(limits, until=None).broken(pid, ran=80_000, quiet=1, now=now + DAY) is None
    assert "到时" in replace(limits, until=None).broken(pid, ran=90_000, quiet=1)
    assert 5 < memory_of(pid) < 5000
    assert memory_of(2**22 + 1) is None


def test_a_process_over_its_limit_is_ended_and_nothing_is_judged_of_it(town):
    folder, _ = town
    with pytest.raises(jobs.RunFailed, match="内存"):
        a_run(folder, limits=Limits(memory=20))
    db = opened(folder)
    assert facts.latest_run(db).state == "failed"
    assert db.execute("SELECT count(*) FROM visit").fetchone() == (0,)
    assert export.rows_of(db, "findings") == []


def test_a_site_that_kills_every_process_costs_no_other(town, monkeypatch):
    """The process that walks 乙县 is killed each time; 甲县 is seen whole, and what is missing is said."""
    folder, _ = town
    events, children = [], []
    start = crawl.crawl_process
    monkeypatch.setattr(crawl, "crawl_process", lambda *given: children.append(start(*given)) or children[-1])

    def kill(event):
        events.append(event)
        if event["event"] == "site_start" and event["unit"] == "乙县":
            for child in children:
                child.kill()

    result = a_run(folder, progress=kill)
    assert any(e["event"] == "restart" for e in events)
    assert result.suspect
    assert "采集进程退出" in result.note and "乙县" in result.note
    db = opened(folder)
    assert facts.finished_units(db, 1) == {"甲县"}
    assert {t.unit: t.state for t in work.tasks(db, 1)} == {"甲县": "done", "乙县": "left"}
    assert reasons(db)["甲县"][0] == "pass"
    assert reasons(db)["乙县"][:2] == ("unknown", "not_seen_tonight")
    assert [i.kind for i in incidents.incidents(db)] == ["suspect_run"]


# power cuts


def test_a_facts_file_that_cannot_be_read_is_set_aside_and_said(town):
    folder, _ = town
    a_run(folder)
    parts = folder / "w.db.parts"
    parts.mkdir()
    (parts / "run-1-0-7.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    (parts / "run-1-0-8.db").write_bytes(b"")  # killed before it wrote anything
    jobs.settle(folder / "w.db")
    db = opened(folder)
    assert [(i.kind, i.subject) for i in incidents.incidents(db)] == [("facts_broken", "parts")]
    assert sorted(p.name for p in parts.iterdir()) == ["run-1-0-7.broken"]
    (parts / "run-1-0-7.broken").unlink()
    jobs.settle(folder / "w.db")
    assert incidents.incidents(db) == []
    assert not parts.exists()


def test_half_a_visit_is_never_judged_and_never_replaces_a_whole_one(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    unit = a_unit()
    facts.save_registry(db, [unit], [])
    whole = facts.begin_run(db, at=AT, kind="night")
    facts.save_visit(db, a_visit(run=whole.id, started_at=AT, finished_at=AT), [], {})
    facts.end_run(db, whole.id, at=AT, state="finished")
    half = facts.begin_run(db, at=AT + DAY, kind="night")
    gone = a_visit(run=half.id, started_at=AT + DAY, finished_at=AT + DAY, board=None, columns=())
    facts.save_visit(db, gone, [], {}, last=False)
    facts.end_run(db, half.id, at=AT + DAY, state="finished")
    jobs.judge(db)
    assert reasons(db)[unit.name] == ("pass", None, True)
    part = facts.open_database(tmp_path / "part.db")
    facts.save_visit(part, replace(gone, run=whole.id, finished_at=AT + DAY), [], {}, last=False)
    part.close()
    facts.merge(db, tmp_path / "part.db")
    assert facts.last_visit(db, unit.name).board is not None


def test_a_night_whose_window_is_over_is_brought_to_its_end(town):
    """Cut off after one of two sites: the next start judges what was finished and opens no alert."""
    folder, sites = town
    db = facts.open_database(folder / "w.db")
    facts.save_registry(db, [a_unit(name=n, site=s.url) for n, s in sites.items()], [])
    run = facts.begin_run(db, at=datetime.now(UTC) - DAY, kind="night", until=datetime.now(UTC) - timedelta(hours=9))
    with facts.writing(db):
        work.plan(db, [work.Task(run.id, name) for name in sites])
    blank = a_visit(unit="甲县", run=run.id, url=sites["甲县"].url, board=None, columns=())
    facts.save_visit(db, blank, [], {})
    assert jobs.settle(folder / "w.db") is None
    last = facts.latest_run(db)
    assert (last.state, last.id) == ("suspect", run.id)
    assert "乙县" in last.note
    assert export.rows_of(db, "alerts") == []
    assert not sites["乙县"].asked, "nothing is asked when the window is over"
    assert jobs.settle(folder / "w.db") is None, "a second start finds nothing to do"
    assert db.execute("SELECT count(*) FROM judging").fetchone() == (1,)


def test_a_night_in_its_window_asks_only_for_what_is_missing(town):
    folder, sites = town
    until = datetime.now(UTC) + timedelta(hours=3)
    a_run(folder, until=until)
    db = opened(folder)
    with facts.writing(db):
        db.execute("UPDATE run SET state = 'running', finished_at = NULL")
        db.execute("UPDATE task SET state = 'planned' WHERE unit = '乙县'")
        db.execute("DELETE FROM visit WHERE unit = '乙县'")
        db.execute("DELETE FROM judging")
    assert "第 1 次" in jobs.settle(folder / "w.db")
    for site in sites.values():
        site.asked.clear()
    events = []
    result = a_run(folder, until=until, progress=events.append)
    assert (result.run_id, result.suspect) == (1, False)
    assert events[0] == {"event": "resume", "sites": 1}
    assert (sites["甲县"].asked, len(sites["乙县"].asked) > 20) == ([], True)
    assert a_run(folder, until=until).run_id == 2, "a night that is over is not gone on with"


def test_what_the_end_of_the_window_cuts_short_keeps_its_last_verdicts(town):
    folder, _ = town
    a_run(folder)
    result = a_run(folder, delay=0.5, until=datetime.now(UTC) + timedelta(seconds=5))
    assert result.suspect
    assert "夜间时段结束" in result.note
    db = opened(folder)
    assert facts.finished_units(db, 2) == set()
    assert {t.state for t in work.tasks(db, 2)} == {"left"}
    assert set(reasons(db).values()) == {("pass", None, True)}
    assert a_run(folder).suspect is False, "the next night sees them whole"
    assert set(reasons(db).values()) == {("pass", None, None)}


def test_a_long_night_asks_every_hour_whether_the_sites_answer(town, monkeypatch, tmp_path):
    """Here every second: the visits hold more probes than the three of a short night, and end all the same."""
    folder, _ = town
    fast = tmp_path / "sitecustomize.py"
    fast.write_text("import crawler.spiders.site as s\ns._HOURLY = 1.0\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    a_run(folder, delay=0.2)
    db = opened(folder)
    counts = dict(db.execute("SELECT unit, count(*) FROM probe GROUP BY unit").fetchall())
    assert min(counts.values()) > 4
    assert all(len(facts.last_visit(db, unit).probes) >= counts[unit] - 1 for unit in counts)


def test_the_accounts_alone(town):
    folder, sites = town
    (folder / "post.csv").write_text("标题,发布时间\n防汛提示,2026-11-20 09:00\n", "utf-8")
    (folder / "accounts.csv").write_text("单位,平台,账号,数据源\n甲县,导出,甲县发布,post.csv\n", "utf-8")
    given = {"delay": 0, "jobs": 1}
    jobs.run(folder / "units.csv", folder / "accounts.csv", folder / "w.db", **given)
    for site in sites.values():
        site.asked.clear()
    jobs.run(folder / "units.csv", folder / "accounts.csv", folder / "w.db", sites=False, **given)
    db = opened(folder)
    assert not any(site.asked for site in sites.values())
    assert db.execute("SELECT run FROM snapshot ORDER BY run").fetchall() == [(1,), (2,)]
    assert facts.latest_run(db).id == 1, "what is judged is the night"
    assert db.execute("SELECT count(*) FROM judging").fetchone() == (1,)


def test_a_judging_from_before_the_end_of_the_run_is_none_of_it(town):
    """`check` was run by hand while the night was under way; then the night was killed between its end and its judging."""
    folder, _ = town
    a_run(folder)
    db = opened(folder)
    assert not runs.unjudged(db)
    with facts.writing(db):
        db.execute("UPDATE judging SET made_at = '2020-01-01T00:00:00.000+00:00'")
    assert runs.unjudged(db)
    jobs.settle(folder / "w.db")
    assert not runs.unjudged(db)
    assert db.execute("SELECT count(*) FROM judging").fetchone() == (2,)


# the machine


def test_a_clock_that_was_set_back_forbids_a_run_and_writes_nothing(town):
    folder, _ = town
    db = facts.open_database(folder / "w.db")
    facts.begin_run(db, at=datetime.now(UTC) + DAY, kind="night")
    with pytest.raises(jobs.RunFailed, match="时钟可能被调回"):
        a_run(folder)
    assert [r.id for r in facts.runs_in(db, "running", "failed")] == [1]
    assert facts.units(db) == []


def test_a_full_disk_forbids_a_run(town, monkeypatch):
    folder, _ = town
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**10, 10**10, 50 * 10**6))
    with pytest.raises(jobs.RunFailed, match="只剩 50 MB"):
        a_run(folder)


@pytest.mark.parametrize("room", [400_000, 900_000], ids=["before the first site", "at a site"])
def test_a_disk_that_fills_up_during_the_run(town, room):
    """No file may grow beyond so many bytes: the run ends with 1 and its reason, and what was stored is whole."""
    folder, _ = town
    command = [
        sys.executable,
        "-m",
        "desk.cli",
        "run",
        "--units",
        "units.csv",
        "--db",
        "w.db",
        "--delay",
        "0",
        "--jobs",
        "1",
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert done.returncode == 1, done.stderr
    assert "磁盘空间" in done.stderr
    assert "Traceback" not in done.stderr
    db = opened(folder)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    assert not a_run(folder).suspect, "with room again, the next run is a run like any other"


def _as_another(path, said):
    """In a process that may not write: what `check` and `run` say."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    for work_ in (jobs.check, lambda db: jobs.run(db.with_name("units.csv"), None, db, delay=0)):
        try:
            work_(path)
        except facts.DatabaseProblem as error:
            said.send(str(error))
        else:
            said.send("nothing")


def test_a_database_that_may_not_be_written():
    place = Path(tempfile.mkdtemp())
    try:
        facts.open_database(place / "w.db").close()
        (place / "units.csv").write_text("单位,类别,网址\n岚水县,县市区,无\n", "utf-8")
        (place / "w.db").chmod(0o444)
        place.chmod(0o555)
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=_as_another, args=(place / "w.db", there))
        process.start()
        process.join(30)
        said = [here.recv() for _ in range(2) if here.poll(1)]
        assert [str(place / "w.db") in words and "请检查" in words for words in said] == [True, True], said
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "Asia/Shanghai"])
def test_the_time_zone_of_the_machine_changes_nothing(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        db = facts.open_database(":memory:")
        facts.save_registry(db, [a_unit()], [])
        run = facts.begin_run(db, at=AT.replace(hour=17), kind="night")  # 01:10 of the next day in Shanghai
        facts.save_visit(db, a_visit(run=run.id, started_at=run.started_at, finished_at=run.started_at), [], {})
        runs.end(db, None, run)
        jobs.judge(db)
        (checked,) = {f["checked_at"] for f in export.rows_of(db, "findings")}
        assert checked == "2026-11-21T01:10:00+08:00"
        assert "2026-11-21 01:10" in gate.wrong_clock(run.started_at, run.started_at + DAY, {})
        words = lock._message(Path("w.db"), {"pid": 1, "since": run.started_at.isoformat(), "what": "夜间任务"})
        assert "2026-11-21 01:10" in words
    finally:
        monkeypatch.undo()
        time.tzset()


# platforms


def test_a_shared_platform_that_is_down_is_one_incident_and_keeps_its_alerts_suspected():
    db = facts.open_database(":memory:")
    units = [a_unit(name=f"单位{n}", site=f"http://{n}.example/") for n in range(49)]
    facts.save_registry(db, units, [])
    for night in range(5):
        run = facts.begin_run(db, at=AT + night * DAY, kind="night")
        platform = {u.name: "集约化平台" if n < 34 else u.site for n, u in enumerate(units)}
        with facts.writing(db):
            work.plan(db, [work.Task(run.id, u.name, platform=platform[u.name]) for u in units])
        for number, unit in enumerate(units):
            visit = a_visit(
                unit=unit.name, run=run.id, url=unit.site, started_at=run.started_at, finished_at=run.started_at
            )
            probes = tuple(replace(p, at=run.started_at + timedelta(seconds=n)) for n, p in enumerate(visit.probes))
            if night in (1, 2, 3) and number < 34:
                probes = tuple(replace(p, outcome=Outcome.REFUSED, status=None) for p in probes)
                visit = replace(visit, outcome=Outcome.REFUSED, status=None, board=None, columns=(), home_rows=())
            facts.save_visit(db, replace(visit, probes=probes), [], {})
        assert runs.end(db, None, run) is None, "fifteen others answer: it is not us"
        jobs.judge(db)
        ours = incidents.incidents(db)
        states = {(a["kind"], a["state"]) for a in export.rows_of(db, "alerts") if a["kind"] == "site_unavailable"}
        if night in (1, 2, 3):
            assert [(i.kind, i.subject, "34 个" in i.detail) for i in ours] == [("platform_down", "集约化平台", True)]
            assert states == {("site_unavailable", "suspected")}
        else:
            assert (ours, states) == ([], set())
    assert facts.probes_of_week(db, "单位0", until=AT + 5 * DAY) != []
    assert all(p.outcome is Outcome.OK for p in facts.probes_of_week(db, "单位0", until=AT + 5 * DAY))


def test_a_site_left_over_is_said_though_the_night_counts():
    db = facts.open_database(":memory:")
    units = [a_unit(name=f"单位{n}", site=f"http://{n}.example/") for n in range(40)]
    facts.save_registry(db, units, [])
    run = facts.begin_run(db, at=AT, kind="night")
    with facts.writing(db):
        work.plan(db, [work.Task(run.id, u.name) for u in units])
    for unit in units[:39]:
        facts.save_visit(db, a_visit(unit=unit.name, run=run.id, url=unit.site), [], {})
    assert runs.end(db, None, run, lost={"单位39": "占用内存 2000 MB，超过上限 1500 MB"}) is None
    jobs.judge(db)
    (left,) = incidents.incidents(db)
    assert left.kind == "unfinished"
    assert "单位39" in left.detail and "2000 MB" in left.detail
