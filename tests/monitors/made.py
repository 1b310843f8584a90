"""Records for tests of the judge: a healthy unit, and small helpers to worsen it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from crawler.extract.page import Page
from crawler.extract.report_body import read_report_body
from db.records import (
    Account,
    Channel,
    Column,
    Content,
    Document,
    ElderEntry,
    Evidence,
    Footer,
    GazetteIssue,
    Interaction,
    Interpretation,
    LinkCheck,
    Outcome,
    PaperColumn,
    Papers,
    Post,
    Probe,
    Report,
    Row,
    SiteVisit,
    Snapshot,
    Unit,
)
from monitors.run import Case
from monitors.watched import Watched
from tests.extract import made_reports

ON = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 14, 10, tzinfo=UTC)
SITE = "http://lanshui.example/"
PAGE = Evidence(SITE, AT, 200, "ab" * 32, "首页")
BODY = read_report_body(Page(f"{SITE}r", made_reports.page(made_reports.Figures())))  # six sections, zeros everywhere
BOARD = ("guide", "rules", "statutory", "catalogue", "annual_report", "request")


def days_ago(days: int) -> date:
    return ON - timedelta(days=days)


_TABLE = {
    "index": "014090012/2026-00012",
    "number": "岚政规〔2026〕12号",
    "written": "2026-09-01",
    "published": "2026-09-03",
    "publisher": "岚水县人民政府",
    "validity": "有效",
}
PAPERS = Papers(
    tuple(
        PaperColumn(
            group, group, f"{SITE}{group}/", Outcome.OK, 12, 12, 0, days_ago(20), days_ago(500), True, evidence=PAGE
        )
        for group in ("policy", "normative", "interpretation", "gazette", "topic")
    ),
    (
        Document(
            "岚水县第1类事项管理办法",
            f"{SITE}zc/1.html",
            "normative",
            f"{SITE}normative/",
            date(2026, 9, 3),
            _TABLE,
            "(此件公开发布)",
            links=(f"{SITE}jd/1.html",),
            explained_by=(f"{SITE}jd/1.html",),
            outcome=Outcome.OK,
            read_at=AT,
            evidence=Evidence(f"{SITE}zc/1.html", AT, 200, "ef" * 32, "文末"),
        ),
    ),
    (
        Interpretation(
            "图解：岚水县第1类事项管理办法",
            f"{SITE}jd/1.html",
            f"{SITE}interpretation/",
            date(2026, 9, 4),
            ("figure",),
            "岚水县第1类事项管理办法",
            documents=(f"{SITE}zc/1.html",),
            outcome=Outcome.OK,
            read_at=AT,
            evidence=PAGE,
        ),
    ),
    (
        GazetteIssue(
            "2026年第3期",
            2026,
            f"{SITE}gazette/3.html",
            days_ago(50),
            {"pdf": f"{SITE}3.pdf", "word": f"{SITE}3.doc"},
            {"pdf": True, "word": True},
            evidence=PAGE,
        ),
    ),
)


def a_column(role: str = "news", newest: date | None = None, **named: Any) -> Column:
    rows = (
        Row("置顶：旧闻", f"{SITE}{role}/0", date(2020, 1, 1), "row", True),
        Row("最新一条", f"{SITE}{role}/1", newest, "row"),
    )
    given = {
        "outcome": Outcome.OK,
        "status": 200,
        "content": Content.ITEMS,
        "rows": rows if newest else (),
        "evidence": PAGE,
    }
    return Column(role, role, named.pop("url", f"{SITE}{role}/"), "home", **(given | named))


def a_visit(**named: Any) -> SiteVisit:
    columns = [a_column(role, content=Content.TEXT, rows=()) for role in BOARD]
    columns += [
        a_column("news", days_ago(2)),
        a_column("notice", days_ago(30)),
        a_column("other", content=Content.TEXT, rows=()),
    ]
    given: dict[str, Any] = {
        "home": PAGE,
        "content": Content.ITEMS,
        "home_rows": tuple(Row(f"要闻{n}", f"{SITE}{n}", days_ago(n), "row") for n in (1, 5, 9)),
        "board": a_column("board", content=Content.LINKS, rows=()),
        "columns": tuple(columns),
        "probes": tuple(Probe(AT + timedelta(minutes=n), Outcome.OK, 200, 30) for n in range(3)),
        "links": (LinkCheck(f"{SITE}a", SITE, "甲", Outcome.OK, 200, evidence=PAGE),),
        "links_total": 1,
        "footer": Footer("1409000001", "晋ICP备1号", "晋公网安备1号", "主办单位：岚水县人民政府", "电话：0350-1"),
        "elder": ElderEntry("text", "长者模式", f"{SITE}elder/", works=True, evidence=PAGE),
        "reports": (
            Report(
                "岚水县2025年政府信息公开工作年度报告",
                f"{SITE}r",
                2025,
                "own",
                "board",
                {"row": date(2026, 1, 20)},
                evidence=PAGE,
                body=BODY,
            ),
        ),
        "reports_read": True,
        "papers": PAPERS,
        "interaction": Interaction((Channel("县长信箱", f"{SITE}xx/", "consult", "form", True, evidence=PAGE),)),
        "scanned": 9,
    }
    visit = SiteVisit("岚水县", 1, SITE, AT, AT + timedelta(minutes=5), Outcome.OK, 200)
    return replace(visit, **(given | named))


def with_column(visit: SiteVisit, role: str, **named: Any) -> SiteVisit:
    """The visit with its column of that role changed; `gone=True` takes it away."""
    if named.pop("gone", False):
        return replace(visit, columns=tuple(c for c in visit.columns if c.role != role))
    return replace(visit, columns=tuple(replace(c, **named) if c.role == role else c for c in visit.columns))


def a_unit(**named: Any) -> Unit:
    return Unit(**({"name": "岚水县", "group": "county", "site": SITE, "source": "units.csv:2"} | named))


def a_snapshot(newest: int | None = 1, status: str = "ok", **named: Any) -> Snapshot:
    posts = () if newest is None else (Post("一条", None, AT - timedelta(days=newest), comments_open=True),)
    given = {"posts": posts, "evidence": Evidence("http://feeds.example/a.xml", AT, 200, "cd" * 32)}
    return Snapshot(
        "岚水县",
        "岚水发布",
        "feed",
        named.pop("source", "http://feeds.example/a.xml"),
        1,
        AT,
        status,
        **(given | named),
    )


def a_watched(snapshot: Snapshot | None, previous: Snapshot | None = None, **named: Any) -> Watched:
    """One account with what its source showed; fields of the account and of `Watched` by name."""
    source = snapshot.source if snapshot else "http://feeds.example/a.xml"
    given = {"unit": "岚水县", "platform": "feed", "account": "岚水发布", "source": source, "address": source}
    account = given | {"row": "accounts.csv:2"} | {k: named.pop(k) for k in list(named) if k in Account.__slots__}
    return Watched(Account(**account), snapshot, previous, **named)


def a_case(visit: SiteVisit | None = None, *snapshots: Snapshot, **named: Any) -> Case:
    watched = [a_watched(s) for s in (snapshots or (a_snapshot(),))]
    given = {"unit": a_unit(), "on": ON, "at": AT, "visit": visit or a_visit(), "accounts": watched}
    return Case(**(given | named))
