"""What can be wrong with a unit, and which verdicts does it cost? Each fault changes the pages and the truth in one place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from demo.site import BOARD, MISNAMED, Column, Item, Site

RULES = [
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
BOARD_RULES = [f"board.{role}" for role in BOARD]
Truth = dict[str, tuple[str, str]]  # rule -> (verdict, why)
Fault = Callable[[Site, Truth], None]
FAULTS: dict[str, Fault] = {}
REGISTRY: dict[str, dict[str, Any]] = {
    "no_platform": {"site": "无"},
    "no_address": {"site": ""},
    "no_annual_report": {"annual_report": "no"},
    "report_gathered": {"reports": True},
}


def fault(work: Fault) -> Fault:
    """Register a fault under its function's name."""
    FAULTS[work.__name__] = work
    return work


def _aged(column: Column, days: int) -> None:
    for item in column.items:
        if item.day:
            item.day -= timedelta(days=days)


def _column_fault(role: str, state: str, verdict: str = "fail") -> Fault:
    def work(site: Site, truth: Truth) -> None:
        site.board[role].state = state
        site.board[role].items = []
        truth[f"board.{role}"] = (verdict, f"{BOARD[role]}: {state}")
        if role == "annual_report":
            truth["report.published"] = ("fail", "the column is blank, nothing elsewhere")

    return work


FAULTS["guide_dead"] = _column_fault("guide", "gone")
FAULTS["rules_blank"] = _column_fault("rules", "blank")
FAULTS["catalogue_soft_404"] = _column_fault("catalogue", "soft")
FAULTS["statutory_dead"] = _column_fault("statutory", "gone")
FAULTS["annual_report_blank"] = _column_fault("annual_report", "blank")
FAULTS["request_blank"] = _column_fault("request", "blank")


@fault
def misnamed(site: Site, truth: Truth) -> None:
    """All board columns under other usual names: they must pass."""
    for role, name in MISNAMED.items():
        site.board[role].name = name


@fault
def guide_missing(site: Site, truth: Truth) -> None:
    """No guide anywhere."""
    del site.board["guide"]
    truth["board.guide"] = ("fail", "no entry of that name")


@fault
def board_missing(site: Site, truth: Truth) -> None:
    """No board at all, so nothing of it either; a county without one has published no report."""
    site.has_board = False
    site.board.clear()
    truth["board.exists"] = ("fail", "no board")
    truth.update(dict.fromkeys(BOARD_RULES, ("na", "explained by the missing board")))
    truth["report.published"] = ("fail", "no board, no report")


@fault
def news_stale(site: Site, truth: Truth) -> None:
    """One news column older than two weeks."""
    _aged(site.columns["gzdt"], 24)
    truth["site.news_fresh"] = ("fail", "工作动态 over 14 days")


@fault
def notice_stale(site: Site, truth: Truth) -> None:
    """Notices older than six months."""
    _aged(site.columns["tzgg"], 220)
    truth["site.notice_fresh"] = ("fail", "通知公告 over 6 months")


@fault
def home_stale(site: Site, truth: Truth) -> None:
    """Every list that the home page shows is old; so its news columns are."""
    for column in site.lists():
        _aged(column, 30)
    truth["site.home_fresh"] = ("fail", "nothing within 14 days")
    truth["site.news_fresh"] = ("fail", "both news columns are old")


@fault
def zombie(site: Site, truth: Truth) -> None:
    """Nothing new for a year."""
    for column in site.lists():
        _aged(column, 365)
    for rule in ("site.home_fresh", "site.news_fresh", "site.notice_fresh", "site.zombie"):
        truth[rule] = ("fail", "nothing for a year")


@fault
def stale_columns(site: Site, truth: Truth) -> None:
    """Five stale news and notice columns, while the home page shows one fresh row."""
    for n, name in enumerate(("基层动态", "部门动态", "商务资讯")):
        rows = [
            Item(
                f"{site.unit}{name}第{k}期",
                site.today - timedelta(days=60 + k),
                7000 + 10 * n + k,
                site.columns["jgzn"].text,
            )
            for k in range(3)
        ]
        site.columns[f"dt{n}"] = Column(f"dt{n}", name, rows)
    _aged(site.columns["gzdt"], 24)
    _aged(site.columns["tzgg"], 220)
    truth["site.news_fresh"] = truth["site.notice_fresh"] = ("fail", "stale columns")
    truth["site.stale_columns"] = ("fail", "five of them")


@fault
def blank_columns(site: Site, truth: Truth) -> None:
    """Two columns without content."""
    for key, name in (("tjsj", "统计数据"), ("zsyz", "招商引资")):
        site.columns[key] = Column(key, name, state="blank")
    truth["site.blank_columns"] = ("fail", "two blank columns")


@fault
def dead_links(site: Site, truth: Truth) -> None:
    """Two links of the home page lead nowhere."""
    site.extra_links += ["/zhuanti/2019jc/", "/old/map.htm"]
    truth["site.dead_links"] = ("fail", "two links answer 404")


@fault
def foot_missing(site: Site, truth: Truth) -> None:
    """The foot lacks two marks."""
    site.marks = ("sponsor", "code", "icp")
    truth["site.footer"] = ("fail", "no police number, no contact")


@fault
def foot_by_script(site: Site, truth: Truth) -> None:
    """The foot is written by a script that fetches it."""
    site.foot_by_script = True
    truth["site.footer"] = ("unknown", "made by a script")


@fault
def elder_missing(site: Site, truth: Truth) -> None:
    """No age-friendly entry."""
    site.elder = "none"
    truth["elder.entry"] = ("fail", "no entry")
    truth["elder.works"] = ("na", "explained by the missing entry")


@fault
def elder_dead(site: Site, truth: Truth) -> None:
    """The entry leads to a 404."""
    site.elder = "dead"
    truth["elder.works"] = ("fail", "the linked page is gone")
    truth["site.dead_links"] = ("fail", "the entry is a dead link of the home page")


@fault
def news_by_script(site: Site, truth: Truth) -> None:
    """One news list is brought by a script."""
    site.columns["gzdt"].state = "script"
    truth["site.news_fresh"] = ("unknown", "list made by a script")


@fault
def notice_undated(site: Site, truth: Truth) -> None:
    """Notices without any date."""
    site.columns["tzgg"].dated = False
    for item in site.columns["tzgg"].items:
        item.day = None
    truth["site.notice_fresh"] = ("unknown", "no dates")


@fault
def news_future(site: Site, truth: Truth) -> None:
    """One news list shows future dates only."""
    for n, item in enumerate(site.columns["gzdt"].items):
        item.day = site.today + timedelta(days=200 + n)
    truth["site.news_fresh"] = ("unknown", "future dates prove nothing")


@fault
def report_late(site: Site, truth: Truth) -> None:
    """The report of the year that is due came in May."""
    site.board["annual_report"].items[0].day = date(site.today.year, 5, 6)
    truth["report.published"] = ("fail", "published in May")


@fault
def report_missing(site: Site, truth: Truth) -> None:
    """The newest report is the one of the year before."""
    del site.board["annual_report"].items[0]
    truth["report.published"] = ("fail", "last year's only")


@fault
def report_of_other(site: Site, truth: Truth) -> None:
    """Of the year that is due there is only a subordinate's report."""
    first = site.board["annual_report"].items[0]
    first.title = f"云阳市社会救助服务中心{site.today.year - 1}年政府信息公开工作年度报告"
    truth["report.published"] = ("fail", "a subordinate's only")


@fault
def report_gathered(site: Site, truth: Truth) -> None:
    """The due report stands on the city's gathered page only."""
    del site.board["annual_report"].items[0]


@fault
def gathers_reports(site: Site, truth: Truth) -> None:
    """The portal gathers the departments' reports."""
    year = site.today.year - 1
    names = ("财政局", "教育局", "司法局", "审计局")
    rows = [
        Item(
            f"云阳市{n}{year}年政府信息公开工作年度报告", date(year + 1, 1, 20 + k), 8000 + k, site.columns["jgzn"].text
        )
        for k, n in enumerate(names)
    ]
    site.columns["bmnb"] = Column("bmnb", "部门年报汇集", rows)


@fault
def no_annual_report(site: Site, truth: Truth) -> None:
    """The unit need not publish one."""
    truth["report.published"] = ("na", "not required")


def _unseen(truth: Truth, why: str) -> None:
    for rule in RULES:
        if rule != "platform.exists":
            truth[rule] = ("unknown", why)


@fault
def down(site: Site, truth: Truth) -> None:
    """Nothing listens."""
    site.answer = "down"
    _unseen(truth, "the site is down")
    truth["site.available"] = truth["site.zombie"] = ("fail", "refused")


@fault
def broken(site: Site, truth: Truth) -> None:
    """Every page answers 500."""
    site.answer = "broken"
    _unseen(truth, "the site answers 500")
    truth["site.available"] = truth["site.zombie"] = ("fail", "500")


@fault
def challenge(site: Site, truth: Truth) -> None:
    """A bot check answers for every page."""
    site.answer = "challenge"
    _unseen(truth, "a bot check answered")


@fault
def no_platform(site: Site, truth: Truth) -> None:
    """The registry says 无."""
    site.answer = "down"
    truth.update(dict.fromkeys(RULES, ("na", "no public platform")))
    truth["platform.exists"] = ("fail", "无 in the registry")


@fault
def no_address(site: Site, truth: Truth) -> None:
    """Nobody filled the cell in."""
    site.answer = "down"
    _unseen(truth, "no address registered")
    truth["platform.exists"] = ("unknown", "empty cell")
