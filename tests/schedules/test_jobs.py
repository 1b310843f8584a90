"""Nights that follow each other: alerts turn open, a fault of our own raises nothing, a moved site is seen anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db import facts, findings
from db.records import Outcome, Probe, Unit
from desk import export
from schedules import jobs
from schedules.plan import batches
from tests.conftest import a_site
from tests.crawler.served import Site, served
from tests.monitors.made import a_unit, a_visit

AT = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
UNITS = [a_unit(name=f"{n}县", site=f"http://{n}.example/") for n in "甲乙丙丁戊己庚辛壬癸"]


def a_night(db, number, down=()):
    """One night over ten counties, those in `down` refused."""
    run = facts.begin_run(db, at=AT + timedelta(days=number), kind="night")
    for unit in UNITS:
        visit = a_visit(
            unit=unit.name, run=run.id, url=unit.site, started_at=run.started_at, finished_at=run.started_at
        )
        visit = replace(
            visit,
            probes=tuple(replace(p, at=run.started_at + timedelta(seconds=n)) for n, p in enumerate(visit.probes)),
        )
        if unit.name in down:
            dead = tuple(Probe(run.started_at + timedelta(seconds=n), Outcome.REFUSED) for n in range(3))
            visit = replace(visit, outcome=Outcome.REFUSED, probes=dead, columns=(), board=None, home_rows=())
        facts.save_visit(db, visit, [], {})
    note = jobs.suspicion(db, run)
    facts.end_run(db, run.id, at=run.started_at, state="suspect" if note else "finished", note=note)
    return jobs.judge(db)


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    facts.save_registry(opened, UNITS, [])
    return opened


def failed(db, rule):
    return {
        f["unit"]: f["reason"] for f in export.rows_of(db, "findings") if f["rule"] == rule and f["verdict"] == "fail"
    }


def test_an_alert_opens_on_the_second_day_and_resolves_when_well(db):
    a_night(db, 0)
    a_night(db, 1, down={"甲县"})
    assert failed(db, "site.available") == {"甲县": "refused"}
    assert {(a["kind"], a["state"]) for a in export.rows_of(db, "alerts")} >= {
        ("site_unavailable", "suspected"),
        ("zombie_site", "suspected"),
    }
    jobs.judge(db)
    assert {a["state"] for a in export.rows_of(db, "alerts")} == {"suspected"}
    a_night(db, 2, down={"甲县"})
    assert {a["state"] for a in export.rows_of(db, "alerts") if a["kind"] == "site_unavailable"} == {"open"}
    a_night(db, 3)
    assert export.rows_of(db, "alerts") == []


def test_where_the_control_address_does_not_answer_the_fault_is_ours(city):
    """With it 404 or not: an answer is an answer. Without: the run is suspect, and a dead site costs nothing."""
    given = {"delay": 0, "jobs": 1, "only": ["云阳县"]}
    with served(Site({})) as there:
        well = jobs.run(city / "units.csv", None, city / "w.db", control=there.url, **given)
    assert not well.suspect
    ours = jobs.run(city / "units.csv", None, city / "w.db", control=there.url, **given)
    assert ours.suspect
    assert there.url in ours.note


def test_many_sites_that_fall_together_are_a_fault_of_our_own(db):
    a_night(db, 0)
    result = a_night(db, 1, down={u.name for u in UNITS[:5]})
    assert result.suspect
    assert "5 个" in result.note
    assert failed(db, "site.available") == {}
    reasons = {
        f["reason"]
        for f in export.rows_of(db, "findings")
        if f["rule"] == "site.available" and f["unit"] in ("甲县", "戊县")
    }
    assert reasons == {"suspect_run"}
    assert export.rows_of(db, "alerts") == []


def test_four_sites_or_a_first_night_are_no_such_fault(db):
    assert not a_night(db, 0, down={u.name for u in UNITS}).suspect
    a_night(db, 1)
    assert not a_night(db, 2, down={u.name for u in UNITS[:4]}).suspect


def test_a_site_that_moved_in_the_registry_is_not_judged_by_its_old_address(db):
    a_night(db, 0)
    facts.save_registry(db, [replace(UNITS[0], site="http://new.example/"), *UNITS[1:]], [])
    jobs.judge(db)
    found = {f["rule"]: f for f in export.rows_of(db, "findings") if f["unit"] == "甲县"}
    assert found["board.guide"]["reason"] == "not_seen_tonight"


def test_a_fresh_database_is_judged_without_any_run():
    db = facts.open_database(":memory:")
    facts.save_registry(db, UNITS[:1], [])
    assert jobs.judge(db).run_id is None
    assert {f.verdict for f in findings.findings_of(db, 1)} == {"pass", "unknown"}


def test_a_host_is_never_in_two_batches():
    units = [Unit(f"单位{n}", "department", f"http://127.0.0.{n % 4}/d{n}/") for n in range(12)]
    parts = batches(units, [], 3, at_most=50)
    hosts = [{u.site.split("/")[2] for u in part.units} for part in parts]
    assert sum(len(h) for h in hosts) == len(set.union(*hosts))
    assert sum(len(part.units) for part in parts) == 12
    assert batches([], [], 2, at_most=50) == []


def test_a_site_is_asked_one_request_at_a_time_and_pages_are_kept(tmp_path):
    with served(a_site("岚水县"), "127.0.0.35") as site:
        (tmp_path / "units.csv").write_text(f"unit,group,site\n岚水县,county,{site.url}\n")
        seen = []
        jobs.run(tmp_path / "units.csv", None, tmp_path / "w.db", delay=0, progress=seen.append)
    assert {"site_start", "page", "site_done", "phase"} <= {e["event"] for e in seen}
    pages = [p for p in site.asked if not p.startswith("/_probe_")]
    again = {p for p in pages if pages.count(p) > 1}
    assert again == {"/"}, "only the home page is asked again, by the probes"
    assert pages.count("/") == 3
    db = facts.open_database(tmp_path / "w.db")
    assert db["fetch"].count == len(site.asked)
    (sha256,) = db.execute("SELECT sha256 FROM fetch WHERE purpose = 'home'").fetchone()
    assert "岚水县".encode() in facts.body(db, sha256)
