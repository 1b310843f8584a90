"""How long does the desk take over a year of data? python -m bench.desk [UNITS [NIGHTS [DATABASE]]]   (50 units and 365 nights by default)

Each page is asked for over HTTP from a real server on loopback, the median of some times, and as a ratio to a page of the same server that
shows nothing (one's own password). The year is made up (tests/schedules/year.py), the last night with as many fetches as a real
one; with DATABASE, a file that `bench.year` could have made, none is made and that one is copied. It prints Markdown.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
from sqlite_utils import Database

from db import facts, findings, reviews, tokens, users
from db.records import Fetch, Hop, Outcome
from db.users import SignIn
from desk import access, auth
from desk.pages.frame import Desk
from schedules.settings import Settings
from tests.desk.web_kit import Quiet, listening
from tests.schedules import year

_TIMES = 15
_FETCHES = 300  # of one unit in the last night
_LIMIT = 300.0  # milliseconds


def main(units: str = "50", nights: str = "365", made: str = "") -> int:
    """Make the year, open the desk over it, and print."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "year.db"
        if made:
            shutil.copy(made, path)
        with closing(facts.open_database(path)) as db:
            if not made:
                year.a_year(db, year.units(int(units) - 8), nights=int(nights))
            year.a_night(db, int(nights), facts.units(db))
            _fill(db)
            boss = auth.add(db, "王管理", "administrator", "bench desk 2026")
            secret, _ = access.make(db, boss, "bench")
            paths = _paths(db)
        shutil.copy(Path(__file__).parents[1] / "db" / "xinzhou" / "units.csv", Path(place) / "units.csv")
        desk = Desk(Quiet(Settings.model_validate({"db": path, "units": Path(place) / "units.csv"}), lambda line: None))
        with listening(desk) as address:
            browser = httpx.Client(base_url=address, timeout=120)
            browser.cookies.set("wangkao", desk.sessions.begin(boss, datetime.now(UTC)))
            began = time.perf_counter()
            browser.get("/units")
            first = (time.perf_counter() - began) * 1000
            empty, rows = _median(browser, "/password"), []
            for name, path_ in paths.items():
                headers = {"Authorization": f"Bearer {secret}"} if path_.startswith("/api/") else {}
                rows.append((name, path_.split("?")[0], *_measured(browser, path_, headers)))
    print(f"First page after a judging: {first:.0f} ms. An empty page: {empty:.1f} ms.\n")
    print("| page | address | median ms | × empty | worst ms | KB |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for name, path_, median, worst, size in rows:
        over = " **over**" if median > _LIMIT else ""
        print(f"| {name} | `{path_}` | {median:.0f}{over} | {median / empty:.1f} | {worst:.0f} | {size} |")
    print(f"\n{datetime.now(UTC):%Y-%m-%d}")
    return int(any(row[2] > _LIMIT for row in rows))


def _paths(db: Database) -> dict[str, str]:
    """Every page with an address that exists."""
    judging = findings.latest_judging(db)
    assert judging is not None
    found = findings.findings_of(db, judging.id)
    costly = next((f for f in found if f.verdict == "fail" and f.evidence), found[0])
    alert = reviews.alerts(db)[0]
    unit, day = quote("乙县"), judging.as_of.date()
    return {
        "今日": "/",
        "预警队列": "/alerts",
        "预警队列（全部）": "/alerts?state=all",
        "预警详情": f"/alerts/{alert.id}",
        "单位": "/units",
        "单位（一个）": f"/units/{unit}",
        "得分": "/scores",
        "结论": f"/findings/{costly.id}",
        "热力图": "/heat",
        "热力图（全部规则）": "/heat?theme=all",
        "申诉": "/appeals",
        "规则": "/rules",
        "台账": "/ledger",
        "台账（一个单位）": f"/ledger?unit={unit}",
        "运行": "/nights",
        "运行（一夜）": f"/nights/{judging.run}",
        "访问记录": f"/nights/requests?day={day}",
        "登记": "/registry",
        "人员": "/people",
        "令牌": "/tokens",
        "API 结论": "/api/v1/findings?limit=500",
        "API 预警": "/api/v1/alerts?state=all&limit=500",
        "API 得分": "/api/v1/scores",
        "API 复核后": "/api/v1/scores?reviewed=true",
        "API 台账": "/api/v1/ledger",
        "API 一年得分": f"/api/v1/units/{unit}/history?nights=366",
    }


def _median(browser: httpx.Client, path: str) -> float:
    return _measured(browser, path, {})[0]


def _measured(browser: httpx.Client, path: str, headers: dict[str, str]) -> tuple[float, float, int]:
    """Median and worst time in milliseconds, and the size in KB. Raises AssertionError for a page that is not there."""
    times, size = [], 0
    for _ in range(_TIMES):
        began = time.perf_counter()
        answer = browser.get(path, headers=headers)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-300:])
        size = len(answer.content) // 1024
    return statistics.median(times), max(times), size


def _fill(db: Database) -> None:
    """What a real last night has besides: many fetches a unit, a week of probes, sign-ins, changes of the registry."""
    run = facts.latest_run(db)
    assert run is not None
    at = run.started_at
    for unit in facts.units(db):
        urls = [f"{unit.site}c{n // 20}/{n}.html" for n in range(_FETCHES)]
        fetches = [
            Fetch(
                unit.name,
                url,
                url,
                at + timedelta(seconds=2 * n),
                Outcome.OK,
                "page",
                200,
                40,
                20_000,
                trail=(Hop(url, at + timedelta(seconds=2 * n), 200, (("content-type", "text/html"),) * 6),),
            )
            for n, url in enumerate(urls)
        ]
        with facts.writing(db):
            facts.save_fetches(db, run.id, fetches)
            db.conn.executemany(
                "INSERT OR IGNORE INTO probe (unit, url, at, outcome, status, ms) VALUES (?, ?, ?, 'ok', 200, 40)",
                [(unit.name, unit.site, (at - timedelta(hours=n)).isoformat()) for n in range(168)],
            )
    with facts.writing(db):
        for n in range(5000):
            users.save_sign_in(db, SignIn(at - timedelta(hours=n), "王管理", "127.0.0.1", "ok", "王管理"))
        for n in range(200):
            cells = (tokens.CellChange("乙县", "网址", f"http://{n}.example/", f"http://{n + 1}.example/"),)
            made = tokens.RegistryChange(
                at - timedelta(days=n), "王管理", "", "units", "edit", "units.csv", None, "", None, cells
            )
            tokens.save_change(db, made)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
