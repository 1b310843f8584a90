"""People decide over a real database: acts, dismissals that become cases, and what a rejudging makes of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from db import facts, findings, reviews
from db.records import Content, shanghai_day
from desk import export
from monitors.alerts import NotAllowed
from monitors.cases import disagreement, read
from monitors.rubric import load_rubric
from schedules import jobs
from schedules.review import decide, decide_finding, reviewed_scores, withdraw_dismissal
from tests.monitors.made import AT, PAGE, a_unit, a_visit, with_column

WHO = {"who": "张三", "why": "误判：指南在附件里"}
MORNING = AT + timedelta(hours=11)


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    facts.save_registry(opened, [a_unit()], [])
    return opened


def a_night(db, day, *, blank=True, sha="ab"):
    run = facts.begin_run(db, at=AT + timedelta(days=day), kind="night")
    visit = a_visit(run=run.id, started_at=run.started_at, finished_at=run.started_at)
    if blank:
        visit = with_column(visit, "guide", content=Content.BLANK, evidence=replace(PAGE, sha256=sha * 32))
    visit = replace(
        visit, probes=tuple(replace(p, at=run.started_at + timedelta(seconds=n)) for n, p in enumerate(visit.probes))
    )
    facts.save_visit(db, visit, [], {})
    facts.end_run(db, run.id, at=run.started_at, state="finished")
    return jobs.judge(db)


def alert(db):
    (found,) = reviews.alerts(db)
    return found


def guide(db):
    found = findings.findings_of(db, findings.latest_judging(db).id)
    return next(f for f in found if f.rule == "board.guide")


def test_an_alert_is_confirmed_and_given_working_days(db):
    a_night(db, 0)
    a_night(db, 1)
    one = alert(db)
    assert one.state == "open"
    decide(db, one.id, "acknowledge", who="张三", why="看过了", at=MORNING)
    decide(db, one.id, "confirm", who="张三", why="属实", at=MORNING)
    moved = decide(db, one.id, "rectify", who="李四", why="发整改通知", workdays=5, at=MORNING)
    assert (moved.state, moved.due) == (
        "rectifying",
        date(2026, 12, 2),
    )  # five working days after Wednesday the 25th
    assert alert(db) == moved
    jobs.judge(db)
    assert alert(db) == moved, "judging again leaves what people did"
    a_night(db, 2)
    assert alert(db).state == "rectifying"
    a_night(db, 3, blank=False)
    assert [(s.after, s.who) for s in reviews.steps(db, one.id)] == [
        ("suspected", "系统"),
        ("open", "系统"),
        ("acknowledged", "张三"),
        ("confirmed", "张三"),
        ("rectifying", "李四"),
        ("resolved", "系统"),
    ]
    assert len(reviews.reviews(db)) == 3


def test_what_is_refused_leaves_nothing_behind(db):
    a_night(db, 0)
    one = alert(db)
    for given in (
        {"action": "rectify", "workdays": 5},  # not confirmed
        {"action": "dismiss"},  # no last day
        {"action": "dismiss", "expires": shanghai_day(MORNING)},
        {"action": "nothing"},
    ):
        with pytest.raises(NotAllowed):
            decide(db, one.id, at=MORNING, **WHO, **given)
    with pytest.raises(NotAllowed):
        decide(db, 10**6, "confirm", **WHO)
    assert reviews.reviews(db) == []
    assert alert(db) == one


def test_a_dismissal_is_a_scoped_exception_and_a_case_and_ends_when_the_page_changes(db):
    a_night(db, 0)
    before = export.rows_of(db, "scores")[0]["online"]
    moved = decide(db, alert(db).id, "dismiss", **WHO, expires=date(2027, 1, 31), at=MORNING)
    assert (moved.state, moved.expires) == ("dismissed", date(2027, 1, 31))
    assert export.rows_of(db, "alerts") == []
    assert export.rows_of(db, "scores")[0]["online"] == before, "the night's own score stays provisional"
    (score,) = reviewed_scores(db)
    assert float(score.online) == pytest.approx(before + float(guide(db).points))
    (text,) = reviews.cases(db)
    case = read(text)
    assert (case.rule, case.right, case.review) == ("board.guide", "pass", 1)
    assert "判为 fail" in disagreement(case, load_rubric())
    assert json.loads(text)["why"] == WHO["why"]
    a_night(db, 1)
    jobs.judge(db)
    assert alert(db).state == "dismissed"
    assert not any(d["rule"] == "board.guide" for d in reviewed_scores(db)[0].deductions)
    a_night(db, 2, sha="cd")
    assert alert(db).state == "reopened"
    assert any(d["rule"] == "board.guide" for d in reviewed_scores(db)[0].deductions)


def test_a_dismissal_that_expired_costs_again(db):
    a_night(db, 0)
    decide(db, alert(db).id, "dismiss", **WHO, expires=date(2026, 11, 26), at=MORNING)
    a_night(db, 2)
    assert alert(db).state == "dismissed"
    a_night(db, 3)
    assert alert(db).state == "reopened"
    assert any(d["rule"] == "board.guide" for d in reviewed_scores(db)[0].deductions)


def test_a_dismissal_is_withdrawn(db):
    a_night(db, 0)
    decide(db, alert(db).id, "dismiss", **WHO, expires=date(2027, 1, 31), at=MORNING)
    (given,) = reviews.reviews(db)
    withdraw_dismissal(db, given.id, who="李四", why="确实没有", at=MORNING)
    assert alert(db).state == "reopened"
    a_night(db, 1)
    assert alert(db).state == "reopened"
    assert any(d["rule"] == "board.guide" for d in reviewed_scores(db)[0].deductions)
    with pytest.raises(NotAllowed):
        withdraw_dismissal(db, given.id, who="李四", why="再撤", at=MORNING)


def test_a_finding_is_dismissed_with_its_alert(db):
    a_night(db, 0)
    review = decide_finding(db, guide(db).id, "dismiss", **WHO, expires=date(2027, 1, 31), at=MORNING)
    assert review.kind == "column_missing"
    assert alert(db).state == "dismissed"


def test_a_finding_that_raises_no_alert_is_dismissed_and_withdrawn_all_the_same(db):
    run = facts.begin_run(db, at=AT, kind="night")
    visit = a_visit(run=run.id, started_at=AT, finished_at=AT)
    facts.save_visit(db, replace(visit, footer=replace(visit.footer, icp=None)), [], {})
    facts.end_run(db, run.id, at=AT, state="finished")
    jobs.judge(db)
    foot = next(f for f in findings.findings_of(db, 1) if f.rule == "site.footer")
    assert foot.verdict == "fail"
    review = decide_finding(db, foot.id, "dismiss", **WHO, expires=date(2027, 1, 31), at=MORNING)
    assert (review.kind, review.rule) == (None, "site.footer")
    assert [d["rule"] for d in reviewed_scores(db)[0].deductions] == []
    assert len(reviews.cases(db)) == 1
    withdraw_dismissal(db, review.id, who="李四", why="确实没有", at=MORNING)
    assert [d["rule"] for d in reviewed_scores(db)[0].deductions] == ["site.footer"]
    confirmed = decide_finding(db, foot.id, "confirm", who="李四", why="属实", at=MORNING)
    assert confirmed.action == "confirm"


@pytest.mark.parametrize("wrong", ["old", "pass", "action", "expires"])
def test_a_finding_that_cannot_be_dismissed(db, wrong):
    a_night(db, 0)
    first = guide(db).id
    passing = next(f.id for f in findings.findings_of(db, 1) if f.verdict == "pass")
    if wrong == "old":
        jobs.judge(db)
    number = passing if wrong == "pass" else first
    action = "rectify" if wrong == "action" else "dismiss"
    expires = None if wrong == "expires" else date(2027, 1, 31)
    with pytest.raises(NotAllowed):
        decide_finding(db, number, action, **WHO, expires=expires, at=MORNING)
    assert reviews.reviews(db) == []


def test_nothing_is_reviewed_before_the_first_judging(db):
    assert [s.online for s in reviewed_scores(db)] == [None]
