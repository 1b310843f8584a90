"""What city is it? Builds the registry and the truth of 云阳市, and serves its sites and feeds on loopback.

    with serving(Path("demo-city")) as city:      # units.csv, accounts.csv, truth.jsonl are in the folder
        ...

Everything follows from the day and the seed; dates are relative to now, Asia/Shanghai.
"""

from __future__ import annotations

import csv
import json
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from demo import accounts
from demo.families import FAMILIES, Page
from demo.faults import FAULTS, REGISTRY, Truth, faultless
from demo.server import Host
from demo.site import Site, made

SHANGHAI = timezone(timedelta(hours=8))
_NET = "127.0.1."
_COLLECTOR = f"{_NET}200"
_VETOES = {"home_stale", "zombie", "stale_columns", "blank_columns_five"}
_UNSEEN = {"no_address", "down", "broken", "challenge"}
_START = 30.0  # seconds the child gets to be ready


@dataclass(frozen=True)
class City:
    """Where the files of a built city lie, and the port it is served on."""

    folder: Path
    port: int

    @property
    def units_csv(self) -> Path:
        return self.folder / "units.csv"

    @property
    def accounts_csv(self) -> Path:
        return self.folder / "accounts.csv"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.jsonl"

    @property
    def truth_scores(self) -> Path:
        return self.folder / "truth_scores.jsonl"


@contextmanager
def serving(folder: Path, *, now: datetime | None = None, seed: int = 1) -> Iterator[City]:
    """Build the city in `folder` and serve it from a child process while the block runs.

    The child ends when its standard input closes, so also when this process is killed. Raises RuntimeError when it does
    not come up.
    """
    moment = now or datetime.now(SHANGHAI)
    port = _free_port()
    city = build(folder, now=moment, seed=seed, port=port)
    command = [sys.executable, "-m", "demo.server", str(folder), str(seed), moment.isoformat(), str(port)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        if "ready" not in child.stdout.readline():
            raise RuntimeError("演示城市没有启动：本机 127.0.1.0/24 的端口不可用")
        yield city
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait(_START)


def build(folder: Path, *, now: datetime, seed: int = 1, port: int) -> City:
    """Write the registry, the exported posts and the truth of the city to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    city, today = City(folder, port), now.astimezone(SHANGHAI).date()
    units, truth, scores = [], [], []
    for n, row in enumerate(_data()["unit"], 1):
        site, found = _faulty(row, n, today, seed)
        given: dict[str, Any] = {
            "unit": row["name"],
            "group": row["group"],
            "site": f"http://{_NET}{n}:{port}/",
            "site_code": site.code,
            "annual_report": "",
            "reports": "",
        }
        for name in row["faults"]:
            given |= REGISTRY.get(name, {})
        if given["reports"]:
            given["reports"] = f"http://{_NET}1:{port}/bmnb/"
        units.append(given)
        for rule, expected in found.items():
            line = {"unit": row["name"], "target": given["site"], "rule": rule, "verdict": expected.verdict}
            line |= {"accept": [expected.verdict], "why": expected.why}
            truth.append(line | ({"reasons": [expected.reason]} if expected.reason else {}))
        if row["group"] != "portal":
            scores.append(_score_truth(row))
    lines = []
    for n, row in enumerate(_data()["account"], 1):
        line, seen = accounts.registered(row, n, folder, now, f"http://{_COLLECTOR}:{port}/")
        lines.append(line)
        truth += seen
    _write_csv(city.units_csv, units)
    _write_csv(city.accounts_csv, lines)
    for path, rows in ((city.truth, truth), (city.truth_scores, scores)):
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return city


def hosts_of(now: datetime, seed: int, port: int) -> dict[str, Host]:
    """Every address that answers, with its pages."""
    today = now.astimezone(SHANGHAI).date()
    hosts: dict[str, Host] = {}
    for n, row in enumerate(_data()["unit"], 1):
        site, _ = _faulty(row, n, today, seed)
        if site.answer == "down":
            continue
        pages = FAMILIES[row["family"]](site, "/").pages()
        robots = (
            ("User-agent: *\nDisallow: /admin/\n", "text/plain")
            if n % 3
            else ("<html><body>404</body></html>", "text/html")
        )
        pages["/robots.txt"] = Page(robots[0].encode(), robots[1])
        hosts[f"{_NET}{n}"] = (site.answer, pages)
    hosts[_COLLECTOR] = ("site", accounts.served(_data()["account"], now, f"http://{_COLLECTOR}:{port}/"))
    return hosts


def _faulty(row: dict[str, Any], n: int, today: date, seed: int) -> tuple[Site, Truth]:
    """The unit's site with its faults, and its truth."""
    site, truth = made(row["name"], row["group"], f"1499{n:06d}", today, seed), faultless()
    for name in row["faults"]:
        FAULTS[name](site, truth)
    return site, truth


def _score_truth(row: dict[str, Any]) -> dict[str, Any]:
    faults = set(row["faults"])
    special = "无公开平台记0分" if "no_platform" in faults else "待人工核查" if faults & _UNSEEN else None
    found = {"unit": row["name"], "group": row["group"], "special": special, "veto": bool(faults & _VETOES)}
    return found | ({"coverage_below": 0.5} if special == "待人工核查" else {})


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "units.toml").read_text("utf-8"))
