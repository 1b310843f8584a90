"""The demo city: deterministic, big enough, honest about itself, and gone when its parent is."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from demo.city import build, hosts_of, serving
from demo.families import FAMILIES
from demo.faults import FAULTS, REGISTRY, RULES

NOW = datetime(2026, 11, 24, 22, 10, tzinfo=timezone(timedelta(hours=8)))


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
    city = build(tmp_path, now=NOW, port=1)
    truth = [json.loads(line) for line in city.truth.read_text("utf-8").splitlines()]
    units = {t["unit"] for t in truth}
    assert len(units) >= 16
    assert {(t["unit"], t["rule"]) for t in truth if not t["rule"].startswith("media.")} == {
        (u, r) for u in units for r in RULES
    }
    assert all(t["verdict"] in ("pass", "fail", "unknown", "na") and t["accept"] == [t["verdict"]] for t in truth)
    failing = {t["rule"] for t in truth if t["verdict"] == "fail"}
    assert failing == {t["rule"] for t in truth}, "every rule fails somewhere"
    assert set(FAULTS) >= set(REGISTRY)


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
