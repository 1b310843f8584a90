"""A unit is told of what will be a fault in a few days, never of what is one, was not seen, or has time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from db.records import Content, Interaction, Letter, Outcome, Row
from monitors.early import warnings
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.monitors.made import AT, ON, PAGE, SITE, a_case, a_snapshot, a_visit, a_watched, days_ago, with_column

RUBRIC = load_rubric()


def news(days):
    return with_column(a_visit(), "news", rows=(Row("最新", f"{SITE}1", days_ago(days), "row"),))


def of(found, rule):
    return [w for w in found if w.rule == rule]


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (2, None),  # time enough
        (11, 3),  # the day is named on which it is met for the last time
        (13, 1),
        (14, 0),  # today is the last day
        (15, None),  # failed already: an alert's business
    ],
)
def test_a_news_column_before_it_is_stale(days, left):
    found = of(warnings(a_case(news(days)), RUBRIC), "site.news_fresh")
    assert [w.last for w in found] == ([] if left is None else [ON + timedelta(days=left)] if left < 3 else [])
    for warning in found:
        assert warning.value == days_ago(days).isoformat()
        assert warning.target == f"{SITE}news/"
        assert warning.cite


@pytest.mark.parametrize(
    "unseen",
    [
        {"outcome": Outcome.TIMEOUT, "content": Content.UNREAD},
        {"rows": (Row("无日期", None, None),)},
        {"content": Content.NEEDS_RENDER},
    ],
)
def test_what_was_not_seen_warns_of_nothing(unseen):
    assert of(warnings(a_case(with_column(news(13), "news", **unseen)), RUBRIC), "site.news_fresh") == []


def test_old_facts_and_a_suspect_run_warn_of_nothing():
    assert warnings(a_case(news(13)), RUBRIC)
    assert warnings(a_case(news(13), carried=True), RUBRIC) == []
    assert warnings(a_case(news(13), suspect=True), RUBRIC) == []


def test_a_notice_column_warns_two_weeks_ahead_and_an_account_by_name():
    day = date(2026, 6, 1)  # six months before 1 December
    column = with_column(a_visit(), "notice", rows=(Row("通知", f"{SITE}2", day, "row"),))
    found = warnings(a_case(column, a_snapshot(13)), RUBRIC)
    assert [(w.rule, w.last) for w in found] == [
        ("media.fresh", ON + timedelta(days=1)),
        ("site.notice_fresh", date(2026, 12, 1)),
    ]
    assert found[0].account == "岚水发布"
    assert found[0].target == "http://feeds.example/a.xml"


def test_a_report_is_due_a_month_ahead():
    """It passes in January by the year before last; on the day after the deadline it would be missing."""
    at = datetime(2027, 3, 10, 14, tzinfo=UTC)
    visit = a_visit(started_at=at, finished_at=at)
    fresh = replace(visit, home_rows=(Row("今", None, date(2027, 3, 10), "row"),))
    case = replace(a_case(fresh), on=date(2027, 3, 10), at=at)
    found = of(warnings(case, RUBRIC), "report.published")
    assert [w.last for w in found] == [date(2027, 3, 31)]
    assert of(warnings(replace(case, on=date(2027, 2, 1)), RUBRIC), "report.published") == []


def test_a_letter_that_waits_for_its_answer():
    letter = Letter("反映路灯不亮", f"{SITE}l", date(2026, 9, 1), state="open", evidence=PAGE)
    visit = a_visit()
    visit = replace(visit, interaction=Interaction(visit.interaction.channels, (letter,)))
    assert [w.last for w in of(warnings(a_case(visit), RUBRIC), "site.interaction")] == [date(2026, 12, 1)]


@pytest.mark.parametrize("days", range(8, 18))
def test_a_warning_is_a_promise(days):
    """Judged on the day named it passes still, on the next one it fails: for everything that is warned of."""
    case = a_case(news(days), a_snapshot(days))
    for warning in warnings(case, RUBRIC):
        for on, verdict in ((warning.last, "pass"), (warning.last + timedelta(days=1), "fail")):
            found = judge(replace(case, on=on), RUBRIC)
            assert verdict in {f.verdict for f in found if (f.rule, f.target) == (warning.rule, warning.target)}


def test_a_unit_without_a_visit_has_no_warnings():
    assert warnings(replace(a_case(), visit=None, accounts=[a_watched(None)]), RUBRIC) == []
    assert AT.tzinfo is UTC
