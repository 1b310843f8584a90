"""A made-up year: 365 nights of a few counties, with no network and no clock but the one that is given.

What happens, and what comes of it, is written down here, before anything is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from db import facts, retention, work
from db.bodies import digest, pack
from db.records import Content, Evidence, Fetch, Outcome, Probe, Row, Run, SiteVisit, Unit, shanghai_day
from schedules import jobs, runs
from tests.monitors.made import a_column, a_unit, a_visit, with_column

FIRST = datetime(2026, 1, 1, 14, 10, tzinfo=UTC)  # 22:10 in Shanghai
DAY = timedelta(days=1)
ALONE, SHARED = "甲乙丙丁", "戊己庚辛"  # the second four stand on one platform
PLATFORM = "集约化平台"
CUT = range(200, 220)  # our own network was cut on these twenty nights
HALF = 320  # the machine lost power: three sites were seen, no more


@dataclass(frozen=True, slots=True)
class Trouble:
    """On these nights something is wrong with a unit: its site is down, or its guide column is blank."""

    unit: str
    what: str
    nights: range


TROUBLES = (
    Trouble("甲县", "blank", range(50, 61)),
    Trouble("乙县", "down", range(100, 104)),
    Trouble("丙县", "blank", range(150, 151)),  # one night is no proof
    Trouble("丁县", "blank", range(195, 225)),  # through the nights on which we saw nothing
    *(Trouble(f"{name}县", "down", range(250, 254)) for name in SHARED),
    Trouble("乙县", "down", range(300, 302)),
    Trouble("甲县", "down", range(HALF, HALF + 1)),  # seen on the night of which half is missing
)
KINDS = {"down": "site_unavailable", "blank": "column_missing"}
HISTORY = [  # (night, unit, kind, state), in this order
    (50, "甲县", "column_missing", "suspected"),
    (51, "甲县", "column_missing", "open"),
    (61, "甲县", "column_missing", "resolved"),
    (100, "乙县", "site_unavailable", "suspected"),
    (101, "乙县", "site_unavailable", "open"),
    (104, "乙县", "site_unavailable", "resolved"),
    (150, "丙县", "column_missing", "suspected"),
    (151, "丙县", "column_missing", "resolved"),
    (195, "丁县", "column_missing", "suspected"),
    (196, "丁县", "column_missing", "open"),
    (225, "丁县", "column_missing", "resolved"),
    *((250, f"{name}县", "site_unavailable", "suspected") for name in SHARED),
    *((254, f"{name}县", "site_unavailable", "resolved") for name in SHARED),
    (300, "乙县", "site_unavailable", "reopened"),
    (302, "乙县", "site_unavailable", "resolved"),
]


def units(number: int | None = None) -> list[Unit]:
    """The counties; with `number` so many nameless ones besides."""
    names = [f"{name}县" for name in ALONE + SHARED] + [f"县{n}" for n in range(number or 0)]
    return [a_unit(name=name, site=f"http://{n}.example/") for n, name in enumerate(names)]


def a_night(db: Database, number: int, registered: Sequence[Unit]) -> Run:
    """One night of the year, from its beginning to its judging."""
    at = FIRST + number * DAY
    run = facts.begin_run(db, at=at, kind="night")
    with facts.writing(db):
        work.plan(
            db,
            [work.Task(run.id, u.name, platform=PLATFORM if u.name[0] in SHARED else str(u.site)) for u in registered],
        )
    for unit in registered[:3] if number == HALF else registered:
        wrong = {t.what for t in TROUBLES if t.unit == unit.name and number in t.nights}
        visit, fetch, body = _seen(unit, run, "down" if number in CUT else "", *wrong)
        facts.save_visit(db, visit, [fetch], {fetch.sha256: body} if fetch.sha256 else {})
    runs.end(db, None, run)
    jobs.judge(db)
    return run


def _seen(unit: Unit, run: Run, *wrong: str) -> tuple[SiteVisit, Fetch, bytes]:
    at, url, day = run.started_at, str(unit.site), shanghai_day(run.started_at)
    html = f"<title>{unit.name}</title><p>{day}</p>".encode() * 40
    sha256 = digest(html)
    home = Evidence(url, at, 200, sha256, "首页")
    visit = a_visit(
        unit=unit.name,
        run=run.id,
        url=url,
        started_at=at,
        finished_at=at,
        home=home,
        home_rows=tuple(Row(f"要闻{n}", f"{url}{n}", day - timedelta(days=n), "row") for n in (1, 5, 9)),
        probes=tuple(Probe(at + timedelta(minutes=n), Outcome.OK, 200, 30) for n in range(3)),
        papers=None,
        reports=(),
        reports_read=False,
    )
    fresh = {"news": 2, "notice": 30}
    visit = replace(
        visit,
        columns=tuple(
            a_column(c.role, day - timedelta(days=fresh[c.role]), url=f"{url}{c.role}/") if c.role in fresh else c
            for c in visit.columns
        ),
    )
    if "blank" in wrong:
        visit = with_column(visit, "guide", content=Content.BLANK, evidence=home)
    if "down" not in wrong:
        return (
            visit,
            Fetch(unit.name, url, url, at, Outcome.OK, "home", 200, 30, len(html), sha256, "text/html"),
            pack(html),
        )
    dead = tuple(Probe(at + timedelta(minutes=n), Outcome.REFUSED) for n in range(3))
    visit = replace(
        visit, outcome=Outcome.REFUSED, status=None, home=None, probes=dead, columns=(), board=None, home_rows=()
    )
    return visit, Fetch(unit.name, url, url, at, Outcome.REFUSED, "home"), b""


def a_year(db: Database, registered: Sequence[Unit], *, nights: int = 365, months: int = 13) -> list[dict[str, int]]:
    """All nights, tidied every week; the number of rows of the tables after each month."""
    facts.save_registry(db, registered, [])
    sizes = []
    for number in range(nights):
        run = a_night(db, number, registered)
        if number % 7 == 6:
            retention.retain(db, months=months, now=run.started_at)
        if number % 30 == 29:
            tables = ("finding", "body", "fetch", "visit", "alert", "alert_step", "incident", "score")
            sizes.append({t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables})
    return sizes


def history(db: Database) -> list[tuple[int, str, str, str]]:
    """What became of the alerts about the troubles: (night, unit, kind, state)."""
    rows = db.execute(
        "SELECT s.run - 1, a.unit, a.kind, s.after FROM alert_step s JOIN alert a ON a.id = s.alert ORDER BY s.id"
    )
    return [row for row in rows.fetchall() if row[2] in KINDS.values()]


def sizes_of(path: Path) -> float:
    """Megabytes of the database file."""
    return path.stat().st_size / 1e6
