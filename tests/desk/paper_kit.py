"""A small city over two years whose figures a person can count: seven units, four nights, posts, sheets filled in by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from crawler.extract.page import Page
from crawler.extract.report_body import read_report_body
from db import facts, findings, sheets
from db.records import Account, Finding, Interpretation, Outcome, Post, Report, Row, Snapshot, Unit
from monitors.rubric import load_rubric
from monitors.run import Case, judge
from monitors.scoring import scores
from tests.extract import made_reports
from tests.monitors.made import BOARD, PAGE, a_column, a_visit

YEAR = 2026
NIGHTS = tuple(
    datetime(y, m, d, 14, tzinfo=UTC) for y, m, d in ((2025, 1, 10), (2025, 12, 30), (2026, 1, 5), (2026, 11, 24))
)
RUBRIC = load_rubric()
PRIVATE = {  # what must never come out of the database, by where it stands
    "contact": "张联系 13912345678", "person": "王复核", "identity": "140902199001011234", "card": "6222021234567890123",
    "mobile": "13812345678", "phone": "0350-3039999", "mail": "zhang.lx@example.cn", "session": "deadbeefsession",
    "password": "argon2-secret-hash", "key": "sk-verysecret", "body": "存页里的私人话",
}  # fmt: skip


def units() -> list[Unit]:
    """The portal, three counties and three departments; the last has no platform."""
    rows = [("云阳市", "portal"), ("甲县", "county"), ("乙县", "county"), ("丙区", "county")]
    rows += [("市财政局", "department"), ("市教育局", "department"), ("市人防办", "department")]
    made = [
        Unit(name, group, f"http://u{n}.example/", source=f"units.csv:{n + 2}", contact=PRIVATE["contact"])
        for n, (name, group) in enumerate(rows)
    ]
    made[1], made[2] = replace(made[1], retrofit=True, self_assessment=True), replace(made[2], retrofit=False)
    made[4] = replace(made[4], annual_report=False)
    made[6] = replace(made[6], site="")
    return made


def accounts() -> list[Account]:
    """Two of the portal, one of a county; the portal's Weibo comes from two sources."""
    rows = [
        ("云阳市", "weibo", "云阳发布", "s1"),
        ("云阳市", "weibo", "云阳发布", "s2"),
        ("云阳市", "wechat", "云阳发布", "s3"),
        ("甲县", "weibo", "甲县发布", "s4"),
    ]
    return [Account(u, p, a, f"http://feeds.example/{s}", f"http://feeds.example/{s}") for u, p, a, s in rows]


def make(path: Path | str = ":memory:") -> Database:
    """The database; every night was visited, stored and judged as in earnest."""
    db = facts.open_database(path)
    facts.save_registry(db, units(), accounts())
    for number, at in enumerate(NIGHTS):
        _night(db, number, at)
    with facts.writing(db):
        for kind, rows in HAND.items():
            sheets.save_sheet(db, kind, YEAR, rows, who=PRIVATE["person"], file="x.csv", sha256="0" * 64, at=NIGHTS[-1])
    return db


HAND = {
    "reconsiderations": [
        {"unit": "甲县", "number": "3", "unanswered": "yes", "note": ""},
        {"unit": "甲县", "number": "1", "unanswered": "no", "note": ""},
        {"unit": "乙县", "number": "4", "unanswered": "no", "note": ""},
    ],
    "replies": [
        {"unit": "乙县", "number": "9", "closed": "2", "note": ""},
        {"unit": "甲县", "number": "5", "closed": "0", "note": ""},
    ],
    "norms": [
        {"title": "办法", "number": "财规〔2026〕1号", "unit": "市财政局", "day": "2026-03-01", "printed": "no"},
        {"title": "细则", "number": "教规〔2026〕1号", "unit": "市教育局", "day": "2026-04-01", "printed": "yes"},
    ],
}


def _night(db: Database, number: int, at: datetime) -> None:
    run = facts.begin_run(db, at=at, kind="night")
    found: list[Finding] = []
    for n, unit in enumerate(units()):
        visit = None
        if unit.site:
            visit = _visit(n, unit, number, at, run.id)
            facts.save_visit(db, visit, [], {})
        day = (at + timedelta(hours=8)).date()
        found += judge(Case(unit, day, at, visit), RUBRIC)
    for n, account in enumerate(accounts()):
        facts.save_snapshot(db, _snapshot(n, account, at, run.id), [], {})
    found = [
        replace(f, verdict="fail", reason="late", points=1) if (f.unit, f.rule) == ("丙区", "report.published") else f
        for f in found
    ]
    facts.end_run(db, run.id, at=at + timedelta(hours=1), state="finished")
    with facts.writing(db):
        findings.save_judging(
            db,
            run=run.id,
            as_of=at,
            rubric=RUBRIC.name,
            version="0",
            made_at=at,
            findings=found,
            scores=scores(units(), found, RUBRIC),
        )


def _visit(n: int, unit: Unit, number: int, at: datetime, run: int):
    site, year = unit.site or "", at.year
    luck = random.Random(n)
    rows = [Row(f"事项{m}", f"{site}{year}/{m}", date(year, 1, 2), "row") for m in range(5 + n + 2 * (year == YEAR))]
    rows += [Row("重复", f"{site}{year}/0", date(year, 1, 2), "row"), Row("没有日期", f"{site}x")]
    rows += [Row("近日", f"{site}near/{number}", at.date() - timedelta(days=1), "row")]
    columns = [a_column(role, rows=()) for role in BOARD if (unit.name, role) != ("乙县", "guide")]
    columns += [a_column("news", rows=tuple(rows)), a_column("notice", at.date())]
    papers = a_visit().papers
    told = Interpretation(
        f"解读{number}", f"{site}jd/{number}", "", date(year, 1, 3), ("text",) if number % 2 else ("figure",)
    )
    papers = replace(papers, interpretations=(*(() if n else (told,)), *papers.interpretations))
    reports = tuple(
        Report(
            f"{y}年报",
            f"{site}r{y}",
            y,
            "own",
            "board",
            {"row": date(y + 1, 1, 20)},
            Outcome.OK,
            PAGE,
            _body(y * 10 + n),
        )
        for y in (2025, 2026)
        if (unit.name, y) != ("市教育局", 2025)
    )
    home = tuple(Row(f"要闻{m}", f"{site}home/{m}", at.date(), "row") for m in range(4 + luck.randint(0, 2)))
    return a_visit(
        unit=unit.name, run=run, url=site, started_at=at, finished_at=at + timedelta(minutes=5), columns=tuple(columns),
        papers=papers, reports=reports, home_rows=home,
    )  # fmt: skip


def _body(seed: int):
    return read_report_body(Page("http://r.example/", made_reports.page(made_reports.Figures(random.Random(seed)))))


def _snapshot(n: int, account: Account, at: datetime, run: int) -> Snapshot:
    shared = 1 if n < 2 else n  # the first two sources are one account and show the same posts
    posts = tuple(
        Post(
            f"帖{shared}-{m}",
            f"http://feeds.example/p/{shared}/{m}/{at.year}",
            datetime(at.year, 1, 1 + m, 4, tzinfo=UTC),
            id=f"{shared}-{m}-{at.year}",
        )
        for m in range(3 + shared)
    )
    return Snapshot(account.unit, account.account, account.platform, account.source, run, at, "ok", posts=posts)
