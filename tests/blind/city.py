"""The blind city: sites and accounts with what the contract says of them. `python -m tests.blind.city FOLDER` serves it until stdin closes.

Every row of truth has the form that the scorer reads: unit, target, rule, verdict, accept, why.
"""

import contextlib
import csv
import json
import pathlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.blind.serve import Host, free_port, serving
from tests.blind.site import Site

BEIJING = ZoneInfo("Asia/Shanghai")
SITE_RULES = (
    "platform.exists",
    "site.available",
    "site.home_fresh",
    "site.news_fresh",
    "site.notice_fresh",
    "site.stale_columns",
    "site.blank_columns",
    "site.dead_links",
    "site.zombie",
    "site.footer",
    "site.interaction",
    "site.privacy",
    "site.injected",
    "board.exists",
    "board.guide",
    "board.rules",
    "board.statutory",
    "board.catalogue",
    "board.annual_report",
    "board.request",
    "report.published",
    "report.format",
    "report.tables",
    "report.arithmetic",
    "elder.entry",
    "elder.works",
    "document.openness",
    "document.metadata",
    "interpretation.rate",
    "interpretation.diverse",
    "topics.columns",
    "gazette.column",
)
SEEN = tuple(r for r in SITE_RULES if r not in {"platform.exists", "site.available", "site.zombie", "gazette.column"})


@dataclass
class Unit:
    """A row of the registry and what is true of it."""

    name: str
    group: str
    site: str
    row: dict[str, str] = field(default_factory=dict)
    truth: dict[str, dict[str, Any]] = field(default_factory=dict)
    special: str | None = None
    veto: bool = False
    coverage_below: float | None = None

    def say(self, rules: str, verdict: str, accept: str = "", why: str = "", reasons: str = "") -> "Unit":
        for rule in rules.split():
            t: dict[str, Any] = {
                "unit": self.name,
                "target": self.site,
                "rule": rule,
                "verdict": verdict,
                "accept": [verdict, *accept.split()],
                "why": why,
            }
            if reasons:
                t["reasons"] = reasons.split()
            self.truth[rule] = t
        return self


@dataclass
class City:
    """All units, hosts and accounts; `port` is shared by all hosts."""

    today: date
    port: int
    network: str
    hosts: list[Host] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    accounts: list[dict[str, str]] = field(default_factory=list)
    account_truth: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def host(self, **more: Any) -> Host:
        host = Host(f"{self.network}.{len(self.hosts) + 1}", **more)
        self.hosts.append(host)
        return host

    def clean(
        self, name: str, group: str, seed: int = 0, host: Host | None = None, prefix: str = "", **knobs: Any
    ) -> tuple[Site, Unit]:
        """A site without a fault and its row, all true of a clean one said; the maker spoils it before `build`."""
        host = host or self.host()
        site = Site(host, name, group, self.today, self.port, seed, prefix, **knobs)
        scheme = "https" if host.certificate else "http"
        unit = Unit(name, group, f"{scheme}://{host.ip}:{self.port}{prefix}/")
        unit.say(" ".join(SITE_RULES), "pass", why="clean")
        unit.say("gazette.column", "na", why="no gazette")
        self.units.append(unit)
        return site, unit

    def write(self, folder: pathlib.Path) -> None:
        """units.csv, accounts.csv, exported files and both truths."""
        folder.mkdir(parents=True, exist_ok=True)
        columns = ["unit", "group", "site", "board", "reports", "site_code", "annual_report"]
        with (folder / "units.csv").open("w", encoding="utf-8-sig", newline="") as f:
            w = csv.DictWriter(f, columns)
            w.writeheader()
            w.writerows({"unit": u.name, "group": u.group, "site": u.site, **u.row} for u in self.units)
        with (folder / "accounts.csv").open("w", encoding="utf-8", newline="") as f:
            w = csv.DictWriter(f, ["unit", "platform", "account", "source"])
            w.writeheader()
            w.writerows(self.accounts)
        for name, body in self.files.items():
            (folder / name).write_bytes(body)
        rows = [t for u in self.units for t in u.truth.values()] + self.account_truth
        (folder / "truth.jsonl").write_text("".join(json.dumps(t, ensure_ascii=False) + "\n" for t in rows), "utf-8")
        scores: list[dict[str, Any]] = []
        for u in self.units:
            if u.group != "portal":
                s: dict[str, Any] = {"unit": u.name, "group": u.group, "special": u.special, "veto": u.veto}
                scores.append(s | ({"coverage_below": u.coverage_below} if u.coverage_below else {}))
        (folder / "truth_scores.jsonl").write_text(
            "".join(json.dumps(s, ensure_ascii=False) + "\n" for s in scores), "utf-8"
        )


def today() -> date:
    return datetime.now(BEIJING).date()


def month_back(d: date, months: int) -> date:
    """The same day `months` months earlier, or the last day of that month."""
    y, m = divmod(d.year * 12 + d.month - 1 - months, 12)
    last = (date(y + (m == 11), (m + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(y, m + 1, min(d.day, last))


def clean_city(seed: int, network: str, sites: int = 5, *, wide: bool = False) -> City:
    """`sites` clean sites in flavours drawn from `seed`."""
    city = City(today(), free_port(f"{network}.{n}" for n in range(1, sites + 1)), network)
    names = (
        "河川县",
        "青崖区",
        "石堡市",
        "市统计局",
        "市人力资源和社会保障局",
        "市林业局",
        "东坪县",
        "市卫生健康委员会",
        "市自然资源和规划局",
    )
    for n in range(sites):
        name = names[(seed * 3 + n) % len(names)]
        store = (seed + n) % 5 == 0
        charset = ("utf-8", "utf-8", "gb2312", "utf-8", "gbk")[(seed * 7 + n) % 5]
        site, unit = city.clean(
            name,
            "department" if name.endswith(("局", "委员会")) else "county",
            seed * 100 + n,
            store=store,
            charset=charset,
            wide=wide,
            report=("html", "html", "attached", "docx")[(seed + n) % 4],
        )
        site.build()
        if wide:  # a name that is not understood is not seen: never a fail
            unit.say(" ".join(SEEN), "pass", "unknown na", "an unusual name")
    return city


@contextlib.contextmanager
def standing(city: City, folder: pathlib.Path) -> Iterator[City]:
    """The city written to `folder` and served."""
    city.write(folder)
    with serving(city.hosts, city.port):
        yield city


if __name__ == "__main__":
    from tests.blind.suburb import suburb
    from tests.blind.town import blind_city

    makers: dict[str, Callable[[], City]] = {"blind": blind_city, "suburb": suburb}
    what = sys.argv[2] if len(sys.argv) > 2 else "blind"
    with standing(
        makers[what]() if what in makers else clean_city(int(what.lstrip("w")), "127.0.75", wide=what.startswith("w")),
        pathlib.Path(sys.argv[1]),
    ):
        print("ready", flush=True)
        sys.stdin.read()
