"""Every movement has its causes and they add up; another rubric is tried on stored nights before it counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import facts, findings, periods, reviews
from db.codec import dump
from db.records import Content, Outcome, Review
from desk import export
from monitors import explain
from monitors import run as monitor
from monitors.explain import COLLECTOR, REGISTRY, REVIEW, ROUNDED, RULE, SITE
from monitors.rubric import FOLDER, parse_rubric
from monitors.rule import RULES, passed
from schedules import explained as why
from schedules import jobs, sealing
from schedules.again import Past, runs_between
from schedules.backtest import backtest
from schedules.explained import explained
from schedules.period import PeriodProblem, assessed
from schedules.review import reviewed_scores
from tests.monitors.made import ON, a_unit, a_visit, with_column
from tests.schedules.period_kit import RUBRIC, a_city, judged
from tests.schedules.period_kit import units as kit_units

D = Decimal
ONE = "岚水县"
AT = datetime(2026, 11, 24, 14, 10, tzinfo=UTC)
TEXT = (FOLDER / f"{RUBRIC.name}.toml").read_text("utf-8")


def a_night(db, number, *changes, unit=None):
    """One real judging of a unit whose guide is blank, gone, or well; whose page is blocked."""
    at = AT + timedelta(days=number)
    run = facts.begin_run(db, at=at, kind="night")
    visit = a_visit(run=run.id, started_at=at, finished_at=at, probes=())
    for change in changes:
        if change == "blank":
            visit = with_column(visit, "guide", content=Content.BLANK)
        elif change == "unread":
            visit = with_column(visit, "guide", outcome=Outcome.BLOCKED, content=Content.UNREAD)
        elif change == "stale":
            visit = with_column(
                visit, "news", rows=tuple(replace(r, published=ON - timedelta(days=200)) for r in visit.columns[6].rows)
            )
    facts.save_visit(db, visit, [], {})
    facts.end_run(db, run.id, at=at + timedelta(hours=1), state="finished")
    jobs.judge(db)
    return run.id


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    facts.save_registry(opened, [a_unit()], [])
    yield opened
    opened.close()


def causes(made):
    return {cause: points for cause, points in made.by_cause.items() if cause != ROUNDED}


def adds_up(made):
    moved = sum((p.points for p in made.parts), D(0))
    if made.before.online is not None and made.after.online is not None:
        assert moved == made.after.online - made.before.online
    else:
        assert moved == made.after.exact - made.before.exact
    return True


def a_review(db, action, rule="board.guide", **named):
    target = next(f.target for f in judging_of(db) if f.rule == rule)
    run = facts.latest_run(db).id
    with facts.writing(db):
        reviews.save_review(db, Review(ONE, target, action, "王芳", AT, "看过", rule=rule, run=run, **named))


def judging_of(db):
    return findings.findings_of(db, findings.latest_judging(db).id)


def test_a_site_that_changed_is_told_from_one_that_came_into_sight(db):
    runs = [a_night(db, n, *what) for n, what in enumerate([(), ("blank",), ("unread",), ("blank",), ()])]
    seen = [explained(db, ONE, after=b, before=a) for a, b in pairwise(runs)]
    assert [causes(made) for made in seen] == [
        {SITE: D("-0.4")},
        {COLLECTOR: D("0.4")},
        {COLLECTOR: D("-0.4")},
        {SITE: D("0.4")},
    ]
    assert all(map(adds_up, seen))
    (part,) = seen[0].parts
    assert (part.rule, part.before[0], part.after) == ("board.guide", "pass", ("fail", "blank"))


def test_a_decision_moves_the_reviewed_score_of_the_same_night(db):
    first, second = a_night(db, 0, "blank"), a_night(db, 1, "blank")
    assert explained(db, ONE, after=second, before=first).parts == ()
    found = next(f for f in judging_of(db) if f.rule == "board.guide")
    grounds = ("board.guide blank", *(f"{e.url} {e.sha256}" for e in found.evidence))
    a_review(db, "dismiss", expires=ON + timedelta(days=90), grounds=grounds, verdict="pass")
    made = explained(db, ONE, after=second, before=first)
    assert (causes(made), adds_up(made)) == ({REVIEW: D("0.4")}, True)
    assert made.after.online == reviewed_scores(db)[0].online
    (entry,) = [e for e in made.after.ledger.entries if e.kind == explain.REVIEWED]
    assert (entry.points, made.after.ledger.total) == (D("0.4"), made.after.online)


def test_a_rule_that_changed_is_told_from_the_site(db, monkeypatch):
    first = a_night(db, 0)
    stricter = TEXT.replace("threshold = { days = 14 }", "threshold = { days = 1 }", 2)
    law = parse_rubric(stricter, "x")
    monkeypatch.setattr(jobs, "load_rubric", lambda *_: law)
    monkeypatch.setattr(why, "load_rubric", lambda *_: law)
    second = a_night(db, 0)
    made = explained(db, ONE, after=second, before=first)
    assert (set(causes(made)), adds_up(made)) == ({RULE}, True), made.parts


def test_what_the_registry_says_otherwise_is_no_change_of_the_site(db):
    first = a_night(db, 0)
    facts.save_registry(db, [a_unit(site="")], [])
    second = a_night(db, 1)
    made = explained(db, ONE, after=second, before=first)
    assert (set(causes(made)), adds_up(made)) == ({REGISTRY}, True)
    assert made.after.online == 0


def test_what_it_would_be_with_the_dearest_three_mended(db):
    a_night(db, 0, "blank", "stale")
    made = explained(db, ONE)
    assert made.mended.now == made.after.online < made.mended.then
    assert {f.rule for f in made.mended.findings} >= {"board.guide", "site.news_fresh"}
    with pytest.raises(PeriodProblem, match="没有单位"):
        explained(db, "无名县")
    with pytest.raises(PeriodProblem, match="没有判定过"):
        explained(db, ONE, after=99)
    assert why.run_of(db, "2026-11-24") == why.run_of(db, "1") == 1


NIGHT = st.lists(st.sampled_from(["blank", "unread", "stale"]), max_size=3, unique=True)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(NIGHT, NIGHT, st.sampled_from(["", "confirm"]), st.booleans())
def test_every_movement_adds_up(one, other, decided, before_it):
    db = facts.open_database(":memory:")
    facts.save_registry(db, [a_unit()], [])
    first = a_night(db, 0, *one)
    if decided and before_it:
        a_review(db, decided, "site.home_fresh")
    second = a_night(db, 1, *other)
    if decided and not before_it:
        a_review(db, decided)
    assert adds_up(explained(db, ONE, after=second, before=first))


LETTERS = st.dictionaries(st.sampled_from(["board.guide", "site.home_fresh", "board.exists"]), st.sampled_from("pfun"))


@given(LETTERS, LETTERS, st.sets(st.sampled_from(["board.guide", "site.home_fresh"])))
def test_parts_of_any_two_nights_add_up(one, other, vetoing):
    unit = kit_units(ONE)[0]
    before, after = (judged(unit, {(ONE, r): v for r, v in story.items()}, 0) for story in (one, other))

    def value(found):
        return explain.exact(unit, found, RUBRIC, lambda f: f.rule in vetoing)

    found = explain.parts(before, after, value, lambda key, was, now: explain.fact_cause(was, now))
    assert sum((p.points for p in found), D(0)) == value(after) - value(before)
    assert all(p.points for p in found)


# nights judged again


def test_nights_judged_again_are_what_they_were(db):
    runs = [a_night(db, n, *what) for n, what in enumerate([(), ("blank",), ("stale",)])]
    past = Past(db, runs_between(db, ON, ON + timedelta(days=9)))
    for run, case in past.cases(a_unit()):
        stored = findings.findings_of(db, findings.last_judgings(db, [run.id])[run.id][0])
        assert dump(monitor.judge(case, RUBRIC)) == dump([replace(f, id=0) for f in stored])
    assert len(runs) == 3
    before = {what: export.rows_of(db, what) for what in ("findings", "scores", "alerts")}
    jobs.judge(db)
    after = {what: export.rows_of(db, what) for what in before}
    for rows in (*before.values(), *after.values()):
        for row in rows:
            row.pop("id", None)  # never used twice
    assert {w: export.text(rows, "jsonl", w) for w, rows in before.items()} == {
        w: export.text(rows, "jsonl", w) for w, rows in after.items()
    }


def test_another_rubric_is_tried_on_the_stored_nights(db):
    for n, what in enumerate([(), ("blank",), ("blank",), ()]):
        a_night(db, n, *what)
        if n == 1:
            a_review(db, "confirm")
    same = backtest(db, TEXT, "x")
    assert (same.nights, same.judged, same.findings, same.units, same.repriced) == (4, 4, 0, 0, 0)
    dearer = TEXT.replace('points = "0.5"', 'points = "0.6"', 1).replace('points = "0.4"', 'points = "0.3"', 1)
    assert (backtest(db, dearer, "x").findings, backtest(db, TEXT, "x").repriced) == (0, 0)
    strict = TEXT.replace("threshold = { days = 14 }", "threshold = { days = 0 }")
    made = backtest(db, strict, "x")
    assert (made.units, made.against, made.findings > 0) == (1, 0, True)
    assert {f.after for f in made.flips} == {"fail"}
    assert periods.backtest_of(db, periods.digest_text(strict))[0] == made.id
    assert f"{made.findings} 条结论改变" in made.words


def test_a_flip_against_a_label_is_told(db, monkeypatch):
    for n in range(3):
        a_night(db, n, "blank")
    a_review(db, "confirm")
    monkeypatch.setitem(RULES, "board.guide", replace(RULES["board.guide"], judge=lambda visit, **_: passed()))
    made = backtest(db, TEXT, "x")
    assert [(f.rule, f.before, f.after, f.nights, f.label) for f in made.flips] == [
        ("board.guide", "fail", "pass", 3, "against")
    ]
    assert made.against == 1


def test_a_tidied_night_is_compared_with_its_facts(db):
    a_night(db, 0, "blank")
    a_night(db, 1)
    db.execute("UPDATE run SET tidied = 1")
    db.execute("DELETE FROM finding WHERE verdict <> 'fail'")
    assert backtest(db, TEXT, "x").findings == 0


def test_a_city_without_stored_visits_is_tried_as_well():
    city = a_city({}, nights=2)
    made = backtest(city, TEXT, "x")
    assert made.nights == 2


DEARER = TEXT.replace('points = "0.4"', 'points = "0.3"', 1)  # site.available
DEARER = DEARER.replace('title = "政府信息公开指南"', 'title = "指南"')
DEARER = DEARER[: DEARER.index('title = "指南"')] + DEARER[DEARER.index('title = "指南"') :].replace(
    'points = "0.4"', 'points = "0.5"', 1
)


def test_a_period_by_another_rubric_judges_the_stored_nights_again(db, tmp_path):
    for n in range(4):
        a_night(db, n, "blank")
    other = tmp_path / "other.toml"
    other.write_text(DEARER, "utf-8")
    assert (made := backtest(db, DEARER, "x")).repriced == 1
    assert (made.findings, made.units) == (0, 0)
    sealing.open_period(db, "夜间", ON, ON + timedelta(days=3), who="李主任")
    sealing.open_period(db, "新细则", ON, ON + timedelta(days=3), rubric=str(other), who="李主任")
    (old,), (new,) = (assessed(db, name).of(ONE).lost for name in ("夜间", "新细则"))
    assert (old.points, new.points, new.rule) == (D("-0.4"), D("-0.5"), "board.guide")
    assert new.findings == old.findings == (judged_id(db),)
    assert new.evidence == old.evidence


def judged_id(db):
    return next(f.id for f in judging_of(db) if f.rule == "board.guide")


def test_scored_lines_alone_judge_the_same(db):
    a_night(db, 0, "blank", "stale")
    ((_, case),) = Past(db, runs_between(db, ON, ON)).cases(a_unit())
    whole = [f for f in monitor.judge(case, RUBRIC) if RUBRIC.lines[f.rule].judged]
    assert dump(monitor.judge(case, RUBRIC.scored())) == dump(whole)
    assert len(whole) < len(monitor.judge(case, RUBRIC))
