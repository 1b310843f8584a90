"""Do the verdicts hold on a web full of faults? One run over a city with every row of cms.md 16, one test a row.

Rows that are not sites, and where they are tested:

| row | test |
| --- | --- |
| 30 % of sites failing together | tests/schedules/test_jobs.py: test_many_sites_that_fall_together_are_a_fault_of_our_own |
| AAAA-only name on a machine without IPv6 | below: test_a_host_out_of_reach_for_us_is_not_down |
| control-site failure | tests/schedules/test_jobs.py: test_where_the_control_address_does_not_answer_the_fault_is_ours |
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.browser import available
from tests.faults import city
from tests.faults.town import Town

ROOT = Path(__file__).parents[2]
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("expected.toml").read_text("utf-8"))
WHOLE = [
    "site.available",
    "site.home_fresh",
    "site.news_fresh",
    "site.notice_fresh",
    "site.stale_columns",
    "site.blank_columns",
    "site.dead_links",
    "site.zombie",
    "site.footer",
    "board.exists",
    "board.guide",
    "board.rules",
    "board.statutory",
    "board.catalogue",
    "board.annual_report",
    "board.request",
    "report.published",
    "elder.entry",
    "elder.works",
]
RULES = ["platform.exists", *WHOLE]
WORST_FIRST = ("fail", "unknown", "pass", "na")
ALARMING = {"zombie_site": "site.zombie", "site_unavailable": "site.available"}


@dataclass
class Night:
    """What one run over the city left behind."""

    city: city.City
    status: int
    said: str
    seconds: float
    peak: int  # bytes of the largest process
    findings: dict[str, dict[str, list[dict[str, Any]]]]  # by unit and rule
    alerts: dict[str, list[dict[str, Any]]]
    scores: dict[str, dict[str, Any]]

    def town(self, key: str) -> Town:
        """The site with that trait; skips the test where this machine cannot serve it."""
        if key in self.city.skipped:
            pytest.skip(f"{key}: {self.city.skipped[key]}")
        return self.city.towns[key]

    def verdict(self, key: str, rule: str) -> tuple[str, list[str]]:
        """The findings of a rule folded into the worst one, with its reasons."""
        found = self.findings[self.town(key).name][rule]
        worst = min((f["verdict"] for f in found), key=WORST_FIRST.index, default="none")
        return worst, [f["reason"] or "" for f in found if f["verdict"] == worst]


def wangkao(*words: str | Path) -> list[str]:
    """The command line of the product."""
    return [sys.executable, "-m", "desk.cli", *map(str, words)]


_APART = """
import pathlib, resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
pathlib.Path(sys.argv[1]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The city, visited once."""
    folder = tmp_path_factory.mktemp("faults")
    env = {k: v for k, v in os.environ.items() if not k.startswith("WANGKAO_")} | {"WANGKAO_BROWSER": "false"}
    with city.opened(folder) as made:
        made.register(folder / "units.csv")
        command = wangkao(
            "run", "--units", folder / "units.csv", "--db", folder / "x.db", "--delay", "0", "--jobs", "2"
        )
        with (folder / "said.txt").open("w+b") as said:
            began = time.monotonic()
            # through a small process: what is started counts the memory of who started it, and a worker of tests may be large
            apart = [sys.executable, "-c", _APART, str(folder / "peak"), *command]
            status = subprocess.call(apart, cwd=folder, env=env | {"PYTHONPATH": str(ROOT)}, stdout=said, stderr=said)
            seconds = time.monotonic() - began
            peak = int((folder / "peak").read_text()) * 1024
            said.seek(0)
            text = said.read().decode("utf-8", "replace")

        def export(what: str) -> list[dict[str, Any]]:
            asked = wangkao("export", what, "--db", folder / "x.db", "--format", "jsonl")
            done = subprocess.run(
                asked, cwd=folder, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
            )
            return [json.loads(line) for line in done.stdout.decode().splitlines()]

        found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for finding in export("findings"):
            found[finding["unit"]][finding["rule"]].append(finding)
        alerts = defaultdict(list)
        for alert in export("alerts"):
            alerts[alert["unit"]].append(alert)
        scores = {score["unit"]: score for score in export("scores")}
        yield Night(made, status, text, seconds, peak, found, alerts, scores)


def wanted(key: str, rule: str) -> str:
    """What the table says of a rule."""
    row = EXPECTED[key]
    return str(row.get(rule) or (row.get("*") if rule in WHOLE else None) or "pass")


def fits(given: tuple[str, list[str]], want: str) -> bool:
    """Whether a folded verdict is one of those wanted."""
    verdict, reasons = given
    for choice in want.split("|"):
        name, _, reason = choice.strip().partition(" ")
        if verdict == name and all(r.startswith(reason) for r in reasons):
            return True
    return False


def known(key: str) -> dict[str, str]:
    """The rules of a row that are wrong today."""
    return dict(EXPECTED[key].get("known", {}))


def test_each_trait_has_a_row_and_each_row_a_trait():
    assert list(EXPECTED) == list(city.TRAITS)
    for key, row in EXPECTED.items():
        assert row.keys() - {"row", "alerts", "known", "*"} <= set(RULES), key


def test_the_run_comes_to_its_end(night: Night):
    assert night.status == 0, night.said
    assert "Traceback" not in night.said
    assert "suspect" not in night.said
    assert set(night.findings) == {t.name for t in night.city.towns.values()}


@pytest.mark.parametrize("key", EXPECTED)
def test_verdicts(night: Night, key: str):
    """Every rule of the row, but those that are known to be wrong."""
    wrong = {
        rule: f"{given[0]} {sorted(set(given[1]))}, wanted {wanted(key, rule)}"
        for rule in RULES
        if rule not in known(key)
        if not fits(given := night.verdict(key, rule), wanted(key, rule))
    }
    assert wrong == {}, city.TRAITS[key].__doc__


KNOWN = [
    pytest.param(key, rule, marks=pytest.mark.xfail(strict=True, reason=why), id=f"{key}-{rule}")
    for key in EXPECTED
    for rule, why in known(key).items()
]


@pytest.mark.parametrize(("key", "rule"), KNOWN)
def test_known_to_be_wrong(night: Night, key: str, rule: str):
    given = night.verdict(key, rule)
    assert fits(given, wanted(key, rule)), given


@pytest.mark.parametrize("key", EXPECTED)
def test_no_alert_cries_wolf(night: Night, key: str):
    """Alerts that a clerk must see are there; none says that a site is dead, or a column gone, that is not."""
    kinds = {alert["kind"] for alert in night.alerts[night.town(key).name]}
    assert set(EXPECTED[key].get("alerts", ())) <= kinds
    assert not kinds & {"zombie_site", "report_overdue", "injected_content", "privacy_leak"}
    if "site.available" not in known(key):
        assert "site_unavailable" not in kinds
    lacking = any(
        wanted(key, rule).startswith("fail") or rule in known(key) for rule in RULES if rule.startswith("board.")
    )
    assert lacking or "column_missing" not in kinds


@pytest.mark.parametrize("key", [key for key, row in EXPECTED.items() if "unknown" in row.get("*", "").split()[:1]])
def test_what_was_not_seen_has_no_score(night: Night, key: str):
    score = night.scores[night.town(key).name]
    assert (score["special"], score["online"], score["rank"], score["deductions"]) == ("待人工核查", None, None, [])


def test_every_fail_has_its_evidence(night: Night):
    fails = [
        f for rules in night.findings.values() for found in rules.values() for f in found if f["verdict"] == "fail"
    ]
    assert fails
    for finding in fails:
        assert finding["reason"]
        assert any(e["url"] and e["fetched_at"] for e in finding["evidence"]), finding


@pytest.mark.skipif(available() is not None, reason=str(available()))
def test_a_browser_reads_what_scripts_make_and_concludes_nothing_from_what_they_do_not(night: Night, tmp_path: Path):
    """One list is drawn by its script. Of the other the scripts run and make nothing: that column is not blank."""
    drawn, town = night.town("drawn_column"), night.town("script_column")
    night.city.register(tmp_path / "units.csv")
    given = wangkao(
        "run", "--units", tmp_path / "units.csv", "--db", tmp_path / "x.db", "--delay", "0", "--only", town.name
    )
    given += ["--only", drawn.name]
    env = {k: v for k, v in os.environ.items() if not k.startswith("WANGKAO_")} | {"PYTHONPATH": str(ROOT)}
    subprocess.run(given, cwd=tmp_path, env=env, capture_output=True, check=True)
    asked = wangkao("export", "findings", "--db", tmp_path / "x.db")
    told = subprocess.run(asked, cwd=tmp_path, env=env, capture_output=True, check=True).stdout.decode()
    found = {(f["unit"], f["rule"]): f for f in map(json.loads, told.splitlines())}
    fresh = [found[t.name, "site.news_fresh"] for t in (drawn, town)]
    assert [(f["verdict"], f["reason"]) for f in fresh] == [("pass", None), ("unknown", "needs_render")]
    assert any(path.startswith("/static/js/app") for path in town.asked), "the browser ran"


# What the origin saw


def test_the_canary_was_not_touched(night: Night):
    town = night.town("to_the_canary")
    assert {path for path in ("/tz/", "/r1/", "/r2/", "/r3/", "/r4/", "/d1/", "/d2/", "/d3/") if town.times(path)} > {
        "/tz/",
        "/d1/",
    }
    assert city.CANARY.connections == 0, city.CANARY.asked


def test_no_site_is_asked_beyond_its_budget(night: Night):
    """120 pages, 100 links and as many second looks, robots.txt and the probes."""
    most = {key: len(town.asked) for key, town in night.city.towns.items() if len(town.asked) > 120 + 2 * 100 + 5}
    assert most == {}


def test_a_calendar_without_end_costs_little(night: Night):
    town = night.town("calendar")
    assert town.times("/rl/") <= 10
    assert len(town.asked) < 60


def test_a_session_in_the_address_is_no_new_page(night: Night):
    town = night.town("jsessionid")
    often = Counter(re.sub(r";.*", "", path) for path in town.asked)
    assert {path: n for path, n in often.items() if n > 2} == {"/": 3}
    assert town.times("jsessionid=") == 0


def test_a_wall_of_links_is_sampled(night: Night):
    town = night.town("thousands_of_links")
    assert 20 < town.times("/w/") <= 205


def test_a_loop_is_left(night: Night):
    assert night.town("redirect_loop").times("/yw/") <= 20


@pytest.mark.parametrize(
    ("key", "path", "megabytes"),
    [("huge_answers", "/tz/", 30), ("huge_answers", "/sp/", 30), ("gzip_bomb", "/yw/", 2)],
)
def test_a_flood_is_cut_off(night: Night, key: str, path: str, megabytes: int):
    """Bytes that the origin got rid of, those in the buffers between included."""
    assert 0 < night.town(key).sent[path] <= megabytes * city.MEGABYTE


def test_an_attachment_is_not_downloaded_for_a_look(night: Night):
    town = night.town("attachments")
    assert sum(n for path, n in town.sent.items() if path.endswith(".ofd")) <= 12 * city.MEGABYTE


def test_a_pager_in_a_comment_is_not_believed(night: Night):
    town = night.town("trs_pager")
    assert town.times("/gk/nb/index_1.shtml") >= 1
    assert town.times("/gk/nb/index_2.shtml") == town.times("/gk/nb/index_8.shtml") == 0


def test_one_process_stays_small(night: Night):
    """A bomb, two floods and a wall of links in the same processes."""
    assert night.peak < 400 * city.MEGABYTE
