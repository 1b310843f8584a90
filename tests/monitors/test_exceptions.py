"""A dismissed finding costs nothing in the reviewed score, and only that one finding, and only while it is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from db.records import Content, Evidence, Outcome, Probe, Review, Row
from monitors.exceptions import dismissal_of, grounds, reviewed, standing
from monitors.rubric import load_rubric
from monitors.run import judge
from monitors.scoring import scores
from tests.monitors.made import AT, ON, SITE, a_case, a_column, a_visit, days_ago, with_column
from tests.monitors.test_alerts import a_finding

RUBRIC = load_rubric()
LATER = ON + timedelta(days=30)
OLD = (Row("旧", None, date(2024, 1, 1), "row"),)


def a_dismissal(*found, **named) -> Review:
    first = found[0]
    given = {"rule": first.rule, "expires": LATER, "grounds": grounds(found), "verdict": "pass", "id": 12}
    return Review(first.unit, first.target, "dismiss", "张三", AT, "误判", **(given | named))


def of(findings, rule):
    return next(f for f in findings if f.rule == rule)


@pytest.mark.parametrize(
    ("found", "on", "holds"),
    [
        (a_finding(), ON, True),
        (a_finding(), LATER, True),
        (a_finding(), LATER + timedelta(days=1), False),
        (a_finding(sha="b"), ON, False),
        (a_finding(reason="dead"), ON, False),
        (a_finding("board.rules"), ON, False),
        (a_finding(target=f"{SITE}x/"), ON, False),
        (a_finding(unit="代县"), ON, False),
        (a_finding(verdict="pass", reason=None), ON, False),
    ],
)
def test_a_dismissal_is_of_one_unit_rule_target_page_and_time(found, on, holds):
    assert (dismissal_of(found, [a_dismissal(a_finding())], on) is not None) == holds


def test_a_front_page_changes_every_night_so_its_dismissal_holds_by_the_reason():
    foot = a_finding("site.footer", reason="missing:icp")
    assert dismissal_of(replace(foot, evidence=()), [a_dismissal(foot)], ON)
    assert dismissal_of(a_finding("site.footer", reason="missing:icp", sha="b"), [a_dismissal(foot)], ON)
    assert not dismissal_of(a_finding("site.footer", reason="missing:icp,police"), [a_dismissal(foot)], ON)


def test_one_more_page_with_a_leak_is_another_matter():
    one = a_finding("site.privacy", reason="leak:mobile")
    two = replace(one, evidence=(*one.evidence, Evidence(f"{SITE}other", AT, 200, "c" * 64)))
    assert not dismissal_of(two, [a_dismissal(one)], ON)
    assert dismissal_of(one, [a_dismissal(two)], ON), "fewer than were dismissed are none but these"


def test_what_was_withdrawn_stands_no_more():
    first = a_dismissal(a_finding())
    other = a_dismissal(a_finding("board.rules"))
    assert standing([first, other, replace(first, action="withdraw")]) == [other]
    assert standing([first, replace(first, action="withdraw"), first]) == [first]
    assert standing([replace(first, action="confirm")]) == []


def worse(visit):
    return with_column(with_column(visit, "guide", content=Content.BLANK), "rules", content=Content.BLANK)


def test_the_reviewed_score_is_without_the_dismissed_finding_and_the_night_s_own_is_not():
    case = a_case(worse(a_visit()))
    found = judge(case, RUBRIC)
    guide = of(found, "board.guide")
    again = reviewed(found, [a_dismissal(guide)], on=ON)
    assert of(again, "board.guide").verdict == "pass"
    assert of(again, "board.guide").reason == "dismissed:12"
    assert of(again, "board.guide").points == 0
    assert [f for f in again if f.rule != "board.guide"] == [f for f in found if f.rule != "board.guide"]
    (night,), (after,) = scores([case.unit], found, RUBRIC), scores([case.unit], again, RUBRIC)
    assert after.online - night.online == guide.points
    assert after.coverage == night.coverage
    assert reviewed(found, [], on=ON) == found
    assert reviewed(found, [a_dismissal(guide)], on=LATER + timedelta(days=9)) == found


def test_a_dismissal_may_say_unknown():
    found = judge(a_case(worse(a_visit())), RUBRIC)
    again = reviewed(found, [a_dismissal(of(found, "board.guide"), verdict="unknown")], on=ON)
    assert of(again, "board.guide").verdict == "unknown"


def test_what_a_dismissed_finding_had_explained_away_is_unknown_and_costs_nothing():
    down = replace(a_visit(), outcome=Outcome.REFUSED, home=None, columns=(), board=None)
    week = [Probe(AT - timedelta(hours=n), Outcome.REFUSED) for n in range(120)]
    case = a_case(down, week=week)
    found = judge(case, RUBRIC)
    available = of(found, "site.available")
    assert of(found, "board.guide").reason == "explained_by:site.available"
    again = reviewed(found, [a_dismissal(available)], on=ON)
    assert of(again, "board.guide").verdict == "unknown"
    (score,) = scores([case.unit], again, RUBRIC)
    assert score.special == "待人工核查", "nobody saw the site, so that there is no score"
    assert score.veto == ()


def stale(number):
    columns = tuple(a_column("news", days_ago(99), url=f"{SITE}n{n}/") for n in range(number))
    visit = a_visit()
    return replace(visit, columns=(*columns, *(c for c in visit.columns if c.role != "news")))


def test_five_stale_columns_of_which_one_is_dismissed_are_four():
    found = judge(a_case(stale(5)), RUBRIC)
    assert of(found, "site.stale_columns").verdict == "fail"
    column = next(f for f in found if f.rule == "site.news_fresh")
    again = reviewed(found, [a_dismissal(column)], on=ON)
    assert of(again, "site.stale_columns").verdict == "pass"
    (night,), (after,) = scores([a_case().unit], found, RUBRIC), scores([a_case().unit], again, RUBRIC)
    assert "site.stale_columns" in night.veto
    assert "site.stale_columns" not in after.veto
    six = judge(a_case(stale(6)), RUBRIC)
    one = next(f for f in six if f.rule == "site.news_fresh")
    assert of(reviewed(six, [a_dismissal(one)], on=ON), "site.stale_columns").verdict == "fail"


def test_an_unread_column_in_the_place_of_the_dismissed_one_leaves_the_number_open():
    visit = stale(5)
    unread = a_column("news", url=f"{SITE}u/", outcome=Outcome.TIMEOUT, content=Content.UNREAD)
    found = judge(a_case(replace(visit, columns=(unread, *visit.columns))), RUBRIC)
    column = next(f for f in found if f.rule == "site.news_fresh" and f.verdict == "fail")
    assert of(reviewed(found, [a_dismissal(column)], on=ON), "site.stale_columns").verdict == "unknown"


def test_a_dismissed_unknown_costs_what_it_did_before():
    found = judge(a_case(with_column(a_visit(), "news", rows=())), RUBRIC)
    column = of(found, "site.news_fresh")
    assert column.verdict == "unknown"
    assert reviewed(found, [a_dismissal(column, rule=None)], on=ON) == found
    assert column.points == Decimal(0)
