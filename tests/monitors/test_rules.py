"""Every rule on a page that passes, one that fails and one that was not seen; and the edges of its window."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from db.records import Column, Content, ElderEntry, Footer, LinkCheck, Outcome, Probe, Row
from monitors.rubric import load_rubric
from monitors.rule import RULES
from monitors.rules.report import year_due
from monitors.rules.site import months_before
from monitors.run import judge
from tests.monitors.made import (
    AT,
    ON,
    PAGE,
    SITE,
    a_case,
    a_column,
    a_snapshot,
    a_unit,
    a_visit,
    a_watched,
    days_ago,
    with_column,
)

RUBRIC = load_rubric()


def verdicts(case, rule):
    return [(f.verdict, f.reason) for f in judge(case, RUBRIC) if f.rule == rule]


def probes(*outcomes):
    return tuple(Probe(AT, o, 503 if o is Outcome.HTTP_ERROR else None) for o in outcomes)


def columns(*added):
    return replace(a_visit(), columns=(*a_visit().columns, *added))


DEAD = {"outcome": Outcome.HTTP_ERROR, "first_outcome": Outcome.HTTP_ERROR, "status": 404, "content": Content.UNREAD}
SLOW = {"outcome": Outcome.TIMEOUT, "first_outcome": Outcome.TIMEOUT, "content": Content.UNREAD, "rows": ()}
NO_BOARD = replace(a_visit(), board=None, columns=tuple(c for c in a_visit().columns if c.role in ("news", "notice")))
STALE = [a_column("news", days_ago(40), url=f"{SITE}n{n}/") for n in range(5)]
BLANK = [a_column("other", content=Content.BLANK, url=f"{SITE}b{n}/") for n in range(2)]
GONE = LinkCheck(f"{SITE}x", SITE, "乙", Outcome.HTTP_ERROR, 404, Outcome.HTTP_ERROR, 404, PAGE)
REPORT = a_visit().reports[0]
DEPARTMENT = a_unit(group="department")

CASES = [
    ("platform.exists", a_case(), "pass", None),
    ("platform.exists", a_case(unit=a_unit(site="")), "fail", "missing"),
    ("platform.exists", a_case(unit=a_unit(site=None)), "unknown", "no_address"),
    ("site.available", a_case(), "pass", None),
    ("site.available", a_case(a_visit(probes=probes(*[Outcome.REFUSED] * 3), outcome=Outcome.REFUSED)), "fail", "refused"),
    ("site.available", a_case(a_visit(probes=probes(*[Outcome.HTTP_ERROR] * 3))), "fail", "http_error"),
    ("site.available", a_case(a_visit(probes=probes(Outcome.REFUSED, Outcome.OK, Outcome.OK))), "unknown", "too_few_probes"),
    ("site.available", a_case(a_visit(probes=probes(*[Outcome.REFUSED] * 2))), "unknown", "too_few_probes"),
    ("site.available", a_case(a_visit(probes=probes(*[Outcome.CHALLENGE] * 3))), "unknown", "challenge"),
    ("site.available", a_case(week=probes(*[Outcome.OK] * 95, *[Outcome.TIMEOUT] * 5)), "fail", "ok"),
    ("site.available", a_case(week=probes(*[Outcome.OK] * 96, *[Outcome.TIMEOUT] * 4)), "pass", None),
    ("site.home_fresh", a_case(), "pass", None),
    ("site.home_fresh", a_case(a_visit(home_rows=(Row("旧", None, days_ago(15)),))), "fail", "stale"),
    ("site.home_fresh", a_case(a_visit(home_rows=(Row("末日", None, days_ago(14)),))), "pass", None),
    ("site.home_fresh", a_case(a_visit(home_rows=(), navigation_only=True)), "pass", None),
    ("site.home_fresh", a_case(a_visit(home_rows=(), home_unseen="list brought by a script")), "unknown", "needs_render"),
    ("site.home_fresh", a_case(a_visit(home_rows=(Row("未来", None, days_ago(-9)),))), "unknown", "only_future_dates"),
    ("site.news_fresh", a_case(), "pass", None),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", rows=(Row("旧", None, days_ago(15)),))), "fail", "stale"),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", rows=(Row("末日", None, days_ago(14)),))), "pass", None),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", rows=(), content=Content.BLANK)), "fail", "blank"),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", rows=(Row("无日期"),))), "unknown", "no_dates"),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", rows=(Row("未来", None, days_ago(-1)),))), "unknown", "only_future_dates"),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", content=Content.NEEDS_RENDER, rows=())), "unknown", "needs_render"),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", **SLOW)), "unknown", "timeout"),
    ("site.news_fresh", a_case(with_column(a_visit(), "news", gone=True)), "unknown", "no_column"),
    ("site.notice_fresh", a_case(with_column(a_visit(), "notice", rows=(Row("末日", None, date(2026, 5, 24)),))), "pass", None),
    ("site.notice_fresh", a_case(with_column(a_visit(), "notice", rows=(Row("旧", None, date(2026, 5, 23)),))), "fail", "stale"),
    ("site.notice_fresh", a_case(with_column(a_visit(), "notice", content=Content.NEEDS_RENDER)), "unknown", "needs_render"),
    ("site.stale_columns", a_case(), "pass", None),
    ("site.stale_columns", a_case(columns(*STALE)), "fail", "stale"),
    ("site.stale_columns", a_case(columns(*STALE[:4], replace(STALE[4], **SLOW))), "unknown", "not_seen_tonight"),
    ("site.stale_columns", a_case(columns(*STALE[:3], replace(STALE[4], **SLOW))), "pass", None),
    ("site.blank_columns", a_case(), "pass", None),
    ("site.blank_columns", a_case(columns(*BLANK)), "fail", "blank"),
    ("site.blank_columns", a_case(columns(*(replace(c, **SLOW) for c in STALE), *(replace(BLANK[0], url=f"{SITE}u{n}", **SLOW) for n in range(5)))), "unknown", "not_seen_tonight"),
    ("site.dead_links", a_case(), "pass", None),
    ("site.dead_links", a_case(a_visit(links=(GONE,))), "fail", "dead"),
    ("site.dead_links", a_case(a_visit(links=(replace(GONE, second=Outcome.OK, second_status=200),))), "pass", None),
    ("site.dead_links", a_case(a_visit(links=(replace(GONE, second=None),))), "unknown", "not_seen_tonight"),
    ("site.dead_links", a_case(a_visit(links=(replace(GONE, first_status=403),))), "pass", None),
    ("site.dead_links", a_case(a_visit(links=(replace(GONE, url=f"{SITE}guide/"),))), "pass", None),
    ("site.zombie", a_case(), "pass", None),
    ("site.zombie", a_case(a_visit(home_rows=(Row("旧", None, days_ago(90)),), columns=(a_column("news", days_ago(90)),))), "fail", "stale"),
    ("site.zombie", a_case(a_visit(probes=probes(*[Outcome.REFUSED] * 3), outcome=Outcome.REFUSED)), "fail", "refused"),
    ("site.zombie", a_case(a_visit(home_rows=(Row("旧", None, days_ago(90)),), columns=(a_column("news", **SLOW),))), "unknown", "timeout"),
    ("site.zombie", a_case(a_visit(probes=probes(*[Outcome.CHALLENGE] * 3), outcome=Outcome.CHALLENGE)), "unknown", "challenge"),
    ("site.footer", a_case(), "pass", None),
    ("site.footer", a_case(a_visit(footer=Footer("1409000001", None, "晋公网安备1号", "主办", None))), "fail", "missing:icp,contact"),
    ("site.footer", a_case(a_visit(footer=Footer(unseen="foot.js"))), "unknown", "needs_render"),
    ("board.exists", a_case(), "pass", None),
    ("board.exists", a_case(NO_BOARD), "fail", "missing"),
    ("board.exists", a_case(replace(NO_BOARD, nav_gaps=("script menu",))), "unknown", "not_proven_missing"),
    ("board.exists", a_case(a_visit(board=a_column("board", **DEAD))), "fail", "dead"),
    ("board.exists", a_case(a_visit(board=a_column("board", **SLOW))), "unknown", "timeout"),
    *(
        (f"board.{role}", case, verdict, reason)
        for role in ("guide", "rules", "statutory", "catalogue", "annual_report", "request")
        for case, verdict, reason in (
            (a_case(), "pass", None),
            (a_case(with_column(a_visit(), role, **DEAD)), "fail", "dead"),
            (a_case(with_column(a_visit(), role, outcome=Outcome.SOFT_404, first_outcome=Outcome.SOFT_404)), "fail", "dead"),
            (a_case(with_column(a_visit(), role, content=Content.BLANK)), "fail", "blank"),
            (a_case(with_column(a_visit(), role, gone=True)), "fail", "missing"),
            (a_case(replace(with_column(a_visit(), role, gone=True), board_gaps=("3 unlabelled image links",))), "unknown", "not_proven_missing"),
            (a_case(with_column(a_visit(), role, **(DEAD | {"first_outcome": None}))), "unknown", "http_error"),
            (a_case(with_column(a_visit(), role, **(DEAD | {"status": 403}))), "unknown", "http_error"),
            (a_case(with_column(a_visit(), role, **SLOW)), "unknown", "timeout"),
            (a_case(with_column(a_visit(), role, content=Content.NEEDS_RENDER)), "unknown", "needs_render"),
            (a_case(columns(Column(role, role, None, "board", content=Content.NEEDS_RENDER))), "pass", None),
            (a_case(with_column(a_visit(), role, outcome=None, url=None, content=Content.NEEDS_RENDER)), "unknown", "needs_render"),
        )
    ),
    ("report.published", a_case(), "pass", None),
    ("report.published", a_case(a_visit(reports=())), "fail", "missing"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, year=2024),))), "fail", "missing"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, owner="other"),))), "fail", "missing"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, owner="unclear"),))), "unknown", "not_proven_missing"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, dates={"row": date(2026, 4, 1), "url": date(2026, 4, 2)}),))), "fail", "late"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, dates={"row": date(2026, 3, 31)}),))), "pass", None),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, dates={"row": date(2026, 3, 1), "meta": date(2026, 9, 1)}),))), "unknown", "dates_disagree"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, dates={"row": date(2026, 2, 1)}),)), unit=DEPARTMENT), "fail", "late"),
    ("report.published", a_case(a_visit(reports=(replace(REPORT, dates={}),))), "pass", None),
    ("report.published", a_case(with_column(a_visit(reports=()), "annual_report", gone=True), unit=DEPARTMENT), "unknown", "not_proven_missing"),
    ("report.published", a_case(with_column(a_visit(reports=(), reports_page=Outcome.OK), "annual_report", gone=True), unit=DEPARTMENT), "fail", "missing"),
    ("report.published", a_case(a_visit(reports=(), reports_page=Outcome.TIMEOUT)), "unknown", "timeout"),
    ("report.published", a_case(a_visit(reports=(), reports_read=False)), "unknown", "needs_render"),
    ("report.published", a_case(unit=a_unit(annual_report=False)), "na", "not_required"),
    ("elder.entry", a_case(), "pass", None),
    ("elder.entry", a_case(a_visit(elder=ElderEntry())), "fail", "missing"),
    ("elder.entry", a_case(a_visit(elder=ElderEntry(unseen="document.write"))), "unknown", "needs_render"),
    ("elder.works", a_case(), "pass", None),
    ("elder.works", a_case(a_visit(elder=ElderEntry("text", "长者", works=False, why="dead", evidence=PAGE))), "fail", "dead"),
    ("elder.works", a_case(a_visit(elder=ElderEntry("text", "长者", works=None, why="foreign_script"))), "unknown", "foreign_script"),
    ("elder.works", a_case(a_visit(elder=ElderEntry())), "na", "explained_by:elder.entry"),
    ("media.exists", a_case(), "pass", None),
    ("media.exists", a_case(None, a_snapshot(None, "account_gone", gone="words")), "fail", "account_gone"),
    ("media.exists", a_case(None, a_snapshot(None, "account_gone", gone="status")), "unknown", "gone_once"),
    ("media.exists", a_case(None, a_snapshot(None, "account_gone", gone="closed")), "na", "closing_notice"),
    ("media.exists", a_case(None, a_snapshot(None, "challenge")), "unknown", "challenge"),
    ("media.fresh", a_case(None, a_snapshot(14)), "pass", None),
    ("media.fresh", a_case(None, a_snapshot(15)), "fail", "stale"),
    ("media.fresh", a_case(None, a_snapshot(None, "empty_ok")), "unknown", "empty_ok"),
    ("media.fresh", a_case(None, a_snapshot(-3)), "unknown", "only_future_dates"),
    ("media.fresh", a_case(None, a_snapshot(None, "account_gone", gone="words")), "na", "explained_by:media.exists"),
    ("media.sleeping", a_case(None, a_snapshot(90)), "pass", None),
    ("media.sleeping", a_case(None, a_snapshot(91)), "fail", "stale"),
    ("media.sleeping", a_case(None, a_snapshot(None, "network_error")), "unknown", "network_error"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "case", "verdict", "reason"), CASES)
def test_rule(rule, case, verdict, reason):
    assert (verdict, reason) in verdicts(case, rule)


def test_a_bare_404_fails_on_the_second_night():
    shot = a_snapshot(None, "account_gone", gone="status")
    assert verdicts(a_case(accounts=[a_watched(shot, shot)]), "media.exists") == [("fail", "account_gone")]


@pytest.mark.parametrize(
    "outcome", [o for o in Outcome if o not in (Outcome.OK, Outcome.REFUSED, Outcome.DNS, Outcome.TIMEOUT, Outcome.TLS)]
)
def test_a_home_page_that_was_not_seen_costs_nothing(outcome):
    visit = a_visit(outcome=outcome, probes=probes(*[Outcome.CHALLENGE] * 3), columns=(), home_rows=(), board=None)
    found = [f for f in judge(a_case(visit), RUBRIC) if not f.rule.startswith("media.")]
    assert {f.verdict for f in found if f.rule != "platform.exists"} == {"unknown"}
    assert sum(f.points for f in found) == 0


def test_what_a_dead_site_hides_is_unknown_with_the_outcome_never_na():
    visit = a_visit(outcome=Outcome.DNS, probes=probes(*[Outcome.DNS] * 3), columns=(), home_rows=(), board=None)
    found = {f.rule: (f.verdict, f.reason) for f in judge(a_case(visit), RUBRIC)}
    assert found["site.available"] == found["site.zombie"] == ("fail", "dns")
    assert found["board.guide"] == found["elder.entry"] == found["site.news_fresh"] == ("unknown", "dns")


def test_a_unit_without_platform_is_explained_and_its_accounts_are_judged():
    found = {f.rule: f for f in judge(a_case(unit=a_unit(site=""), visit=None), RUBRIC)}
    assert found["platform.exists"].evidence[0].source == "units.csv:2"
    assert found["board.guide"].reason == "explained_by:platform.exists"
    assert found["media.fresh"].verdict == "pass"


def test_a_suspect_run_fails_nothing_born_on_the_network():
    visit = a_visit(outcome=Outcome.REFUSED, probes=probes(*[Outcome.REFUSED] * 3))
    found = {f.rule: f for f in judge(a_case(visit, suspect=True), RUBRIC)}
    assert (found["site.available"].verdict, found["site.available"].reason) == ("unknown", "suspect_run")
    assert found["site.zombie"].verdict == "unknown"


def test_every_fail_has_evidence_a_reason_and_a_clause():
    for _, case, verdict, _ in CASES:
        for finding in judge(case, RUBRIC) if verdict == "fail" else ():
            assert finding.cite
            assert finding.verdict != "fail" or (finding.reason and finding.evidence)
            assert finding.points >= 0
            assert finding.points == 0 or finding.verdict == "fail"


def test_a_rule_that_raises_is_one_unknown(monkeypatch):
    broken = replace(RULES["site.footer"], judge=lambda visit: 1 / 0)
    monkeypatch.setitem(RULES, "site.footer", broken)
    assert verdicts(a_case(), "site.footer") == [("unknown", "reader_error")]
    assert len(judge(a_case(), RUBRIC)) == len(RULES)


@pytest.mark.parametrize(
    ("day", "months", "since"),
    [
        (ON, 6, date(2026, 5, 24)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 1, 15), 6, date(2025, 7, 15)),
        (date(2026, 12, 31), 1, date(2026, 11, 30)),
    ],
)
def test_months_are_calendar_months(day, months, since):
    assert months_before(day, months) == since


@pytest.mark.parametrize(
    ("day", "deadline", "year"),
    [
        (date(2026, 11, 24), "01-31", 2025),
        (date(2026, 1, 31), "01-31", 2024),
        (date(2026, 2, 1), "01-31", 2025),
        (date(2026, 3, 31), "03-31", 2024),
    ],
)
def test_the_report_that_is_due(day, deadline, year):
    assert year_due(day, deadline) == year


def test_the_evidence_of_a_dead_site_tells_the_times_of_its_probes_in_shanghai():
    at = datetime(2026, 11, 24, 14, 10, tzinfo=UTC)
    asked = tuple(Probe(at + timedelta(minutes=n), Outcome.REFUSED) for n in range(3))
    made = judge(a_case(a_visit(outcome=Outcome.REFUSED, probes=asked)), RUBRIC)
    (found,) = [f for f in made if f.rule == "site.available"]
    assert found.evidence[0].excerpt == "22:10:00 refused；22:11:00 refused；22:12:00 refused"
