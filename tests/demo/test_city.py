"""The demo city: deterministic, big enough, honest about itself, and gone when its parent is."""

import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

import demo
from demo import accounts
from demo.city import build, hosts_of, serving
from demo.families import FAMILIES
from demo.faults import FAULTS, REGISTRY, RULES, TRIAL
from demo.site import year_due
from monitors.rubric import load_rubric

NOW = datetime(2026, 11, 24, 22, 10, tzinfo=timezone(timedelta(hours=8)))
NEVER_FAILS = "gazette.column"  # a bonus rule


def written(city):
    return [json.loads(line) for line in city.truth.read_text("utf-8").splitlines()]


def test_the_same_day_and_seed_give_the_same_city(tmp_path):
    one, two = build(tmp_path / "a", now=NOW, port=1), build(tmp_path / "b", now=NOW, port=1)
    for name in ("units.csv", "accounts.csv", "truth.jsonl", "truth_scores.jsonl"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()
    assert hosts_of(NOW, 1, 1) == hosts_of(NOW, 1, 1)


@pytest.mark.parametrize("day", ["2026-01-01", "2026-02-01", "2028-02-29", "2026-12-31"])
def test_any_day_will_do(tmp_path, day):
    build(tmp_path, now=datetime.fromisoformat(f"{day}T22:00:00+08:00"), port=1)


def test_every_living_site_has_thirty_pages_and_every_family_is_there():
    hosts = hosts_of(NOW, 1, 1)
    living = {
        address: pages for address, (how, pages) in hosts.items() if how == "site" and not address.endswith(".200")
    }
    assert len(living) >= 16
    for address, pages in living.items():
        assert sum(p.kind == "text/html" for p in pages.values()) >= 30, address
    assert len(FAMILIES) >= 4


def test_the_truth_speaks_of_every_unit_and_rule(tmp_path):
    truth = written(build(tmp_path, now=NOW, port=1))
    units = {t["unit"] for t in truth}
    assert len(units) >= 40
    site_rules = {(t["unit"], t["rule"]) for t in truth if not t["rule"].startswith("media.")}
    assert site_rules >= {(u, r) for u in units for r in RULES}
    assert {r for _, r in site_rules} == {*RULES, *TRIAL}
    assert all(t["verdict"] in ("pass", "fail", "unknown", "na") and t["accept"] == [t["verdict"]] for t in truth)
    assert set(FAULTS) >= set(REGISTRY)


def test_every_scored_rule_passes_and_fails_at_least_twice_and_is_unknown_somewhere(tmp_path):
    found = defaultdict(Counter)
    for t in written(build(tmp_path, now=NOW, port=1)):
        found[t["rule"]][t["verdict"]] += 1
    scored = {r for r, line in load_rubric().lines.items() if line.state == "scored"}
    assert {r for r in found if r not in TRIAL} == scored
    for rule in scored:
        assert found[rule]["pass"] >= 2, rule
        assert found[rule]["unknown"] >= 1, rule
        assert found[rule]["fail"] >= 2 or rule == NEVER_FAILS, rule
    assert found[NEVER_FAILS]["fail"] == 0


def test_every_fault_and_every_kind_of_source_is_there_and_some_units_have_none(tmp_path):
    data = tomllib.loads((Path(demo.__file__).parent / "units.toml").read_text("utf-8"))
    used = [name for unit in data["unit"] for name in unit["faults"]]
    assert set(used) == set(FAULTS)
    assert {row["kind"] for row in data["account"]} == set(accounts.KINDS)
    assert sum(not unit["faults"] for unit in data["unit"]) >= 2
    assert max(len(unit["faults"]) for unit in data["unit"]) >= 5, "some have many at once"


def test_the_accounts_cover_the_platforms_of_the_contract(tmp_path):
    with build(tmp_path, now=NOW, port=1).accounts_csv.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    platforms = {row["platform"] for row in rows}
    assert platforms >= {"weibo", "wechat", "douyin", "kuaishou", "toutiao", "bilibili", "feed", "export"}
    assert len(rows) >= 26
    assert len({(row["unit"], row["account"]) for row in rows}) == len({row["source"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("group", "today", "year"),
    [
        ("department", date(2026, 1, 31), 2024),
        ("department", date(2026, 2, 1), 2025),
        ("county", date(2026, 3, 31), 2024),
        ("county", date(2026, 4, 1), 2025),
    ],
)
def test_the_report_that_is_due_is_one_whose_deadline_has_passed(group, today, year):
    assert year_due(group, today) == year


def test_served_over_http_with_304_and_the_declared_charset(tmp_path):
    with serving(tmp_path, now=NOW) as city:
        url = f"http://127.0.1.2:{city.port}/"
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert "岚水县" in answer.read().decode("utf-8")
            tag = answer.headers["ETag"]
        with pytest.raises(urllib.error.HTTPError) as unchanged:
            urllib.request.urlopen(urllib.request.Request(url, headers={"If-None-Match": tag}), timeout=5)
        assert unchanged.value.code == 304
        with urllib.request.urlopen(f"http://127.0.1.4:{city.port}/", timeout=5) as answer:
            assert "今天是2026年11月24日" in answer.read().decode("gb18030")
        with pytest.raises(urllib.error.HTTPError) as check:
            urllib.request.urlopen(f"http://127.0.1.11:{city.port}/", timeout=5)
        assert check.value.code == 412
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"http://127.0.1.9:{city.port}/", timeout=5)


def test_a_question_that_is_posted_does_not_spoil_the_next_one(tmp_path):
    with serving(tmp_path, now=NOW) as city:
        line = next(t for t in written(city) if "getarticletotaldetail" in t["target"])
        connection = http.client.HTTPConnection("127.0.1.200", city.port, timeout=5)
        for _ in range(2):
            connection.request(
                "POST", line["target"].partition(str(city.port))[2], json.dumps({"begin_date": "岚" * 9000})
            )
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["is_delay"]) == (200, False)
        connection.close()


def test_the_city_dies_with_its_parent(tmp_path):
    program = (
        "import sys, time, pathlib\nfrom demo.city import serving\n"
        f"with serving(pathlib.Path({str(tmp_path)!r})) as city:\n    print(city.port, flush=True)\n    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    port = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.1.2:{port}/", timeout=1).close()
        except (urllib.error.URLError, OSError):
            return
        time.sleep(0.1)
    pytest.fail("the city outlived its parent")
