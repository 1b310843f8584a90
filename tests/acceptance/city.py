"""Serve a city that the product has never seen, and write down what is true of it.

python -m tests.acceptance.city --folder D [--port P] [--seed N] [--now ISO]

Writes D/units.csv (GB18030, Chinese headers), D/accounts.csv, D/truth.jsonl and D/truth_scores.jsonl, prints one line
of JSON when it listens, and serves until standard input closes or SIGTERM comes. D/requests.log holds every request;
D/canary.log exists only when somebody touched the address that no registry names.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import pathlib
import signal
import sys
import threading
from collections import defaultdict
from datetime import datetime
from typing import cast

from tests.acceptance import accounts, counties, departments
from tests.acceptance.kit import (
    CANARY_IP,
    CST,
    MEDIA_RULES,
    UNIT_RULES,
    Canary,
    City,
    Handler,
    Server,
    Site,
    free_port,
    jsonl,
)

GROUPS = {"county": "县市区", "department": "市直部门", "portal": "门户"}
UNIT_HEADER = (
    "序号",
    "单位",
    "类别",
    "网址",
    "信息公开专栏",
    "年报汇集页",
    "网站标识码",
    "年报",
    "适老化改造",
    "联系人",
    "备注",
)


def plan(port: int, seed: int, now: datetime, folder: pathlib.Path) -> City:
    """Build all sites, units and accounts; nothing listens yet."""
    city = City(port, seed, now, folder)
    departments.build(city)
    counties.build(city)
    accounts.build(city)
    for site in city.sites:
        site.finish()
    return city


def write(city: City) -> None:
    """The registry and the truths."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(UNIT_HEADER)
    for i, u in enumerate(city.units, 1):
        out.writerow(
            [
                i,
                u.typed or u.name,
                u.group,
                u.site,
                u.board,
                u.reports,
                u.site_code,
                u.annual_report,
                u.retrofit,
                "李某" if i % 3 else "",
                "验收用，勿改" if i % 5 == 0 else "",
            ]
        )
    (city.folder / "units.csv").write_bytes(text.getvalue().encode("gb18030"))
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(("unit", "platform", "account", "source", "note"))
    for a in city.accounts:
        out.writerow((a.unit, a.platform, a.account, a.source, "x"))
    (city.folder / "accounts.csv").write_bytes(text.getvalue().encode("utf-8-sig"))
    rows: list[dict[str, object]] = [u.truth[rule] for u in city.units for rule in UNIT_RULES if rule in u.truth]
    if city.today.month <= 3:  # while a newer report is on its way, a reader may also wait for it
        for row in rows:
            if row["rule"] == "report.published":
                row["accept"] = list(dict.fromkeys([*cast(list[str], row["accept"]), "na", "unknown"]))
    for a in city.accounts:
        for rule, accept in zip(MEDIA_RULES, (a.exists, a.fresh, a.sleeping), strict=True):
            rows.append(
                {
                    "unit": a.unit,
                    "target": a.source,
                    "rule": rule,
                    "verdict": accept[0],
                    "accept": list(accept),
                    "why": f"{a.account}: {a.why}",
                }
            )
    jsonl(city.folder / "truth.jsonl", rows)
    jsonl(
        city.folder / "truth_scores.jsonl",
        (
            {
                "unit": "".join(u.name.split()),
                "group": u.group,
                "special": u.score.get("special"),
                "veto": u.score.get("veto", []),
                **({"coverage_below": u.score["coverage_below"]} if "coverage_below" in u.score else {}),
            }
            for u in city.units
            if u.group != "portal"
        ),
    )


def serve(city: City) -> list[Server]:
    """One listener for each address, and the canary."""
    table: dict[str, list[Site]] = defaultdict(list)
    for site in city.sites:
        table[site.ip].append(site)
    Handler.table = table
    Handler.journal = city.folder / "requests.log"
    Canary.log = city.folder / "canary.log"
    servers: list[Server] = []
    try:
        for ip in (*table, CANARY_IP):
            servers.append(Server((ip, city.port), Canary if ip == CANARY_IP else Handler))
    except OSError:
        for server in servers:
            server.server_close()
        raise
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    return servers


def opened(port: int, seed: int, now: datetime, folder: pathlib.Path) -> City:
    """A city that listens: on `port`, or where that is 0 on the first port free on all its addresses."""
    for last in (False,) * 9 + (True,):
        city = plan(port or free_port(), seed, now, folder)
        try:
            serve(city)
            return city
        except OSError:
            if port or last:
                raise
    raise AssertionError("unreachable")


def main() -> int:
    """Parse the command line, serve, wait."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--folder", required=True, type=pathlib.Path)
    ap.add_argument("--port", type=int, default=0)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--now", type=datetime.fromisoformat)
    a = ap.parse_args()
    now = a.now or datetime.now(CST)
    a.folder.mkdir(parents=True, exist_ok=True)
    for old in ("canary.log", "requests.log"):
        (a.folder / old).unlink(missing_ok=True)
    city = opened(a.port, a.seed, now if now.tzinfo else now.replace(tzinfo=CST), a.folder)
    write(city)
    (a.folder / "requests.log").touch()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(
        json.dumps(
            {
                "ready": True,
                "units": str(a.folder / "units.csv"),
                "accounts": str(a.folder / "accounts.csv"),
                "truth": str(a.folder / "truth.jsonl"),
                "truth_scores": str(a.folder / "truth_scores.jsonl"),
                "port": city.port,
            }
        ),
        flush=True,
    )
    sys.stdin.buffer.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
