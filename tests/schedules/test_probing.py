"""Probes all day long: what they store, what of them counts, and that they never meet a run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db import facts, lock, probes
from db.records import Hop, Outcome, Probe
from monitors.rules.site import available
from schedules import jobs
from schedules.politeness import of_day
from schedules.probing import Round, dropped, judge_round, probe_round
from tests.crawler.served import Site, served
from tests.monitors.made import a_unit, a_visit

AT = datetime(2026, 11, 25, 1, 5, tzinfo=UTC)
CITY = [f"单位{n}" for n in range(12)]
WELL = dict.fromkeys(CITY, True)
HOME = "<title>县政府</title>" + "<p>本县人民政府门户网站，主动公开政务信息，欢迎查阅。</p>" * 9


def asked(*bad, order=CITY):
    return {u: Probe(AT, Outcome.TIMEOUT if u in bad else Outcome.OK, None if u in bad else 200) for u in order}


def test_a_site_that_fails_alone_counts():
    assert dropped(asked(CITY[3]), WELL, {}) == {}


def test_nothing_of_a_round_counts_when_our_own_network_failed():
    assert dropped(asked(CITY[3]), WELL, {}, "断网") == dict.fromkeys(CITY, "断网")
    assert set(dropped(asked(*CITY[::2]), WELL, {})) == set(CITY), "six of twelve that answered before"


def test_long_dead_sites_are_no_outage_of_ours():
    before = WELL | dict.fromkeys(CITY[:6], False)
    assert dropped(asked(*CITY[:6]), before, {}) == {}


def test_of_a_platform_that_is_down_only_what_failed_is_left_out():
    platforms = dict.fromkeys(CITY[:5], "平台")
    found = dropped(asked(*CITY[:5]), WELL, platforms)
    assert set(found) == set(CITY[:5])
    assert all("平台" in why for why in found.values())


def test_a_gap_of_our_line_in_a_long_round():
    many = [f"单位{n}" for n in range(60)]
    gap = many[20:26]
    assert set(dropped(asked(*gap, order=many), dict.fromkeys(many, True), {})) == set(gap)
    assert dropped(asked(*gap[:4], order=many), dict.fromkeys(many, True), {}) == {}
    scattered = many[::10]
    assert dropped(asked(*scattered, order=many), dict.fromkeys(many, True), {}) == {}


@pytest.fixture
def town(tmp_path):
    with ExitStack() as stack:
        sites = {
            f"{n}县": stack.enter_context(served(Site({"/": HOME}), f"127.0.0.{91 + i}")) for i, n in enumerate("甲乙")
        }
        with served(Site({})) as gone:
            sites["丙县"] = gone
        db = facts.open_database(tmp_path / "w.db")
        facts.save_registry(db, [a_unit(name=name, site=site.url) for name, site in sites.items()], [])
        yield tmp_path / "w.db", db, sites
        db.close()


def test_a_round_asks_each_site_once_and_says_what_it_saw(town):
    path, db, sites = town
    made = probe_round(path, delay=0, contact="x", spread=0)
    assert {u: p.outcome for u, p in made.asked.items()} == {"甲县": "ok", "乙县": "ok", "丙县": "refused"}
    assert [s.asked.count("/") for s in sites.values()] == [1, 1, 0]
    week = probes.answered_last(db, before=datetime.now(UTC))
    assert week == {"甲县": True, "乙县": True, "丙县": False}
    assert len(facts.probes_of_week(db, "丙县", until=datetime.now(UTC))) == 1
    assert "3 个网站，1 个未应答" in made.words
    today = of_day(db, (datetime.now(UTC) + timedelta(hours=8)).date())
    assert {row.host for row in today} >= {s.host for s in sites.values()}, (
        "probes are told to whoever asks how gentle we are"
    )
    assert len(probes.clocks(db, since=made.began)) == 2


def test_robots_txt_is_remembered_from_the_night(town):
    path, _, sites = town
    sites["甲县"].pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, "User-agent: *\nDisallow: /\n")
    rows = "\n".join(f"{n},县市区,{s.url}" for n, s in sites.items() if n != "丙县")
    (path.parent / "units.csv").write_text(f"单位,类别,网址\n{rows}\n", "utf-8")
    jobs.run(path.parent / "units.csv", None, path, delay=0, jobs=1)
    for site in sites.values():
        site.asked.clear()
    made = probe_round(path, delay=0, contact="x", spread=0)
    assert made.asked["甲县"].outcome is Outcome.ROBOTS
    assert (sites["甲县"].asked, sites["乙县"].asked) == ([], ["/"])


def test_while_a_run_works_no_site_is_asked(town):
    path, _, sites = town
    with lock.alone(path, "夜间任务"):
        made = probe_round(path, delay=0, contact="x", spread=0)
    assert (made.asked, sorted(made.passed)) == ({}, sorted(sites))
    assert not any(s.asked for s in sites.values())
    assert "略过" in made.words


def test_where_the_control_address_fails_the_round_is_kept_and_counts_for_nothing(town):
    path, db, sites = town
    with served(Site({})) as control:
        pass
    made = probe_round(path, delay=0, contact="x", spread=0, control=control.url)
    assert set(made.dropped) == set(sites)
    assert facts.probes_of_week(db, "甲县", until=datetime.now(UTC)) == []
    (kept,) = db.execute("SELECT count(*) FROM probe WHERE dropped LIKE '%控制网址%'").fetchone()
    assert kept == 3
    well = probe_round(path, delay=0, contact="x", spread=0, control=sites["甲县"].url)
    assert well.dropped == {}


def test_a_round_that_was_cut_off_counts_for_nothing(town):
    _, db, _ = town
    made = Round(AT, asked("甲县", order=["甲县"]))
    probes.save_probe(db, "甲县", "u", made.asked["甲县"], (Hop("u", AT),), dropped="本轮探测尚未结束")
    assert facts.probes_of_week(db, "甲县", until=AT + timedelta(hours=1)) == []
    judge_round(db, made, {}, None)
    assert len(facts.probes_of_week(db, "甲县", until=AT + timedelta(hours=1))) == 1


def test_a_week_of_probes_decides_and_our_outages_leave_the_denominator():
    """168 hours: our own outage of a whole day, and sites that fail at 4 % or 6 % of the other hours."""
    db = facts.open_database(":memory:")
    units = [a_unit(name=name, site=f"http://{n}.example/") for n, name in enumerate(CITY)]
    facts.save_registry(db, units, [])
    for hour in range(168):
        at = AT + timedelta(hours=hour)
        down = set(CITY) if 50 <= hour < 74 else set()
        down |= {CITY[0]} if hour % 25 == 24 else set()  # 6 of 143 that count: the very first is a week old
        down |= {CITY[1]} if hour % 16 == 15 else set()  # 9 of 143
        made = Round(at, {u: replace(p, at=at) for u, p in asked(*down).items()})
        for unit, probe in made.asked.items():
            probes.save_probe(db, unit, "u", probe, dropped="本轮探测尚未结束")
        judge_round(db, made, {}, None)
    until = AT + timedelta(hours=168)
    said = {}
    for unit in CITY[:3]:
        week = facts.probes_of_week(db, unit, until=until)
        verdict = available(a_visit(unit=unit), week=week, share=0.05, probes=100)
        said[unit] = (verdict.verdict, verdict.value["probes"], verdict.value["failed"])
    assert said == {CITY[0]: ("pass", 143, 6), CITY[1]: ("fail", 143, 9), CITY[2]: ("pass", 143, 0)}
