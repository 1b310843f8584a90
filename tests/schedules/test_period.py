"""A period from its opening to its seal: what counts, what keeps it open, and that nothing changes afterwards."""

import json
import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import appeals, facts, findings, periods, retention, reviews
from db.codec import dump
from db.periods import Check
from db.records import Review
from monitors import period as pure
from monitors.hand import by_hand
from monitors.rubric import FOLDER, RubricError, parse_rubric
from schedules import review, sealing
from schedules.period import PeriodProblem, assessed, online_parts
from tests.schedules.period_kit import (
    AFTER,
    FIRST,
    KEY,
    NIGHTS,
    RUBRIC,
    a_city,
    a_night,
    a_period,
    a_seal,
    day,
    judged,
    newest,
    units,
)

D = Decimal
LAST_RULE, SHARE_RULE, EPISODE_RULE, VETO_RULE = "board.guide", "site.news_fresh", "site.privacy", "site.home_fresh"
ONE = "岚水县"


def of(db, unit=ONE, name="2026"):
    return assessed(db, name).of(unit)


def a_review(db, rule, action, *, unit=ONE, night=NIGHTS, who="王芳", **named):
    run_day = FIRST + timedelta(days=night - 1, hours=6)
    given = {"rule": rule, "run": night} | named
    target = str(next(u.site for u in facts.units(db) if u.name == unit))
    with facts.writing(db):
        return reviews.save_review(db, Review(unit, target, action, who, run_day, "看过", **given))


def check(rule, verdict, *, unit=ONE, on=NIGHTS - 1, **named):
    return Check(unit, rule, verdict, "王芳", day(on), "截图1.png", **named)


# what counts


def test_a_period_of_good_nights_is_full_marks():
    db = a_city({})
    a_period(db)
    made = assessed(db, "2026")
    assert [(u.unit, u.online, u.rank, u.ledger) for u in made.units] == [
        ("岚水县", D("10.0"), 1, ()),
        ("云阳县", D("10.0"), 1, ()),
        ("市能源局", D("8.0"), 1, ()),
    ]
    assert (made.blockers, made.nights, made.digest) == ((), NIGHTS, None)


def test_lines_count_by_their_way_and_the_ledger_says_which():
    db = a_city(
        {(ONE, LAST_RULE): "pppppppppfff", (ONE, SHARE_RULE): "fffppppppppp", (ONE, EPISODE_RULE): "pffppppppppp"}
    )
    a_period(db)
    unit = of(db)
    cost = {e.rule: -e.points for e in unit.lost}
    assert cost == {SHARE_RULE: D("0.1"), LAST_RULE: D("0.4")}, "no person confirmed the leak"
    (share, last) = unit.lost
    assert (share.why, len(share.findings)) == ("核查 12 夜，其中 3 夜不合格：没有该内容", 3)
    assert last.why == f"期末（{day(11)}）不合格：没有该内容"
    assert last.evidence[0].sha256 == "ab" * 32
    assert unit.online == D("9.5")
    a_review(db, EPISODE_RULE, "confirm", night=3)
    assert {e.rule: -e.points for e in of(db).lost}[EPISODE_RULE] == D("0.2")


def test_a_dismissed_or_disputed_fault_counts_nowhere():
    db = a_city({(ONE, LAST_RULE): "ffffffffffff", (ONE, SHARE_RULE): "ffffffffffff"})
    a_period(db)
    assert of(db).online == D("9.2")
    found = newest(db, ONE, LAST_RULE)
    with facts.writing(db):
        appeals.file_appeal(db, found, who="县网管", text="页面正常", at=AFTER)
    assert {e.rule for e in of(db).lost} == {SHARE_RULE}
    assert assessed(db, "2026").disputed == 1
    grounds = ("board.guide missing", f"{found.target} {'ab' * 32}", f"{SHARE_RULE} missing")
    a_review(db, SHARE_RULE, "dismiss", expires=day(300), grounds=grounds, verdict="pass")
    assert of(db).online == D("10.0")


def test_a_dismissal_of_other_bytes_dismisses_nothing():
    db = a_city({(ONE, LAST_RULE): "ffffffffffff"})
    a_period(db)
    a_review(db, LAST_RULE, "dismiss", expires=day(300), grounds=("board.guide missing",), verdict="pass")
    assert of(db).online == D("9.6")


def test_confirmed_is_the_stretch_that_the_person_saw():
    story = {(ONE, EPISODE_RULE): "fppppppppffp"}
    db = a_city(story)
    a_period(db)
    a_review(db, EPISODE_RULE, "confirm", night=10)
    assert [e.findings for e in of(db).lost] == [(newest_of(db, EPISODE_RULE, 10), newest_of(db, EPISODE_RULE, 11))]
    a_review(db, EPISODE_RULE, "confirm", night=1)
    assert of(db).online == D("9.8"), "two episodes of one line cost no more than the line"
    a_review(db, EPISODE_RULE, "withdraw", night=11)
    assert of(db).online == D("10.0")


def newest_of(db, rule, run):
    return db.execute(
        "SELECT f.id FROM finding f JOIN judging j ON j.id = f.judging WHERE j.run = ? AND rule = ? AND unit = ?",
        (run, rule, ONE),
    ).fetchone()[0]


def test_only_confirmed_vetoes_cap_and_two_people_where_it_is_asked_for():
    db = a_city({(ONE, VETO_RULE): "ffffffffffff"})
    a_period(db)
    assert (of(db).online, of(db).veto) == (D("9.4"), ())
    a_review(db, VETO_RULE, "confirm")
    capped = of(db)
    assert (capped.online, capped.veto, capped.remark) == (D("6.0"), (VETO_RULE,), "首页更新单项否决")
    a_period(db, two=True)
    assert of(db).online == D("9.4")
    a_review(db, VETO_RULE, "confirm", who="王芳")
    assert of(db).online == D("9.4"), "the same person twice"
    a_review(db, VETO_RULE, "confirm", who="李复核")
    assert of(db).online == D("6.0")


def test_a_suspect_night_is_no_night_and_judging_again_no_second():
    db = a_city({(ONE, SHARE_RULE): "fff"}, nights=5)
    a_period(db, last=4)
    assert of(db).online == D("9.8")  # 0.4 * 3 / 5
    db.execute("UPDATE run SET state = 'suspect' WHERE id = 5")
    assert [-e.points for e in of(db).lost] == [D("0.3")]


def test_no_platform_is_nothing_and_what_nobody_saw_has_no_score():
    db = a_city({(ONE, rule): "u" * NIGHTS for rule in RUBRIC.lines})
    registered = facts.units(db)
    facts.save_registry(db, [registered[0], replace(registered[1], site=""), registered[2]], [])
    a_period(db)
    made = assessed(db, "2026")
    assert [(u.online, u.rank, u.special) for u in made.units] == [
        (None, None, "待人工核查"),
        (D("0.0"), 1, "无公开平台记0分"),
        (D("8.0"), 1, None),
    ]
    assert online_parts(made) == {"云阳县": ("无公开平台记0分", ""), "市能源局": (D("8.0"), "")}
    assert made.blockers[0].unit == ONE


def test_points_besides_the_rules():
    db = a_city({(ONE, LAST_RULE): "ffffffffffff"})
    known = a_period(db)
    given = {"who": "李主任", "why": "承担省考核任务", "proof": "忻政办〔2026〕1号"}
    sealing.adjust(db, known, ONE, D("0.25"), **given)
    unit = of(db)
    assert (unit.online, unit.remark) == (D("9.9"), "承担省考核任务加分")
    assert unit.adjustments[0].proof == "忻政办〔2026〕1号"
    sealing.adjust(db, known, ONE, D("3"), **given)
    assert of(db).online == D("10.0"), "not over full marks"
    for wrong in ({"points": D(0)}, {"points": D("11")}, {"points": D("0.123")}, {"unit": "无名县"}, {"why": " "}):
        call = {"unit": ONE, "points": D("0.1"), **given} | wrong
        with pytest.raises(PeriodProblem):
            sealing.adjust(db, known, call.pop("unit"), call.pop("points"), **call)


def test_an_appeal_is_decided_before_the_seal():
    """Else the last to appeal would win: what is disputed does not count."""
    db = a_city({(ONE, LAST_RULE): "ffffffffffff"})
    known = a_period(db)
    found = newest(db, ONE, LAST_RULE)
    with facts.writing(db):
        filed = appeals.file_appeal(db, found, who="县网管", text="页面正常", at=AFTER)
    with pytest.raises(sealing.Blocked, match="还有 1 处待人工核查或裁决") as stopped:
        a_seal(db, known)
    assert [(b.unit, b.kind, b.rule) for b in stopped.value.blockers] == [(ONE, "appealed", LAST_RULE)]
    assert sealing.wanted(db, known) == [], "a sheet of checks by hand closes no appeal"
    review.decide_appeal(db, filed.id, False, who="王芳", why="页面仍缺栏目", at=AFTER)
    assert (assessed(db, "2026").blockers, of(db).online) == ((), D("9.6"))
    assert a_seal(db, known).sealed


# by hand


def test_a_check_by_hand_closes_what_kept_the_period_open():
    db = a_city({(ONE, LAST_RULE): "ffffffffuuuu", ("云阳县", SHARE_RULE): "uuuuuuuuuuup"})
    known = a_period(db)
    blocked = assessed(db, "2026").blockers
    assert [(b.unit, b.kind, b.rule) for b in blocked] == [
        (ONE, "hidden", LAST_RULE),
        ("云阳县", "seldom", SHARE_RULE),
    ]
    with pytest.raises(sealing.Blocked, match="还有 2 处待人工核查") as stopped:
        a_seal(db, known)
    assert stopped.value.blockers == blocked
    assert [(w.unit, w.rule, w.since, w.reason) for w in sealing.wanted(db, known)] == [
        (ONE, LAST_RULE, day(8), "被防护设备拒绝访问"),
        ("云阳县", SHARE_RULE, None, "看到的夜数不足一半"),
    ]
    sealing.add_checks(db, known, [check(LAST_RULE, "fail"), check(SHARE_RULE, "pass", unit="云阳县")])
    assert assessed(db, "2026").blockers == ()
    (cost,) = of(db).lost
    assert (cost.why, cost.evidence[0].source) == (
        f"期末（{day(11)}）不合格：人工核查",
        f"截图1.png（王芳，{day(11)}）",
    )


def test_a_check_of_the_last_month_stands_although_the_nights_went_on_dark():
    db = a_city({(ONE, LAST_RULE): "fffuuuuuuuuu"})
    known = a_period(db)
    sealing.add_checks(db, known, [check(LAST_RULE, "pass", on=5)])
    assert (assessed(db, "2026").blockers, of(db).online) == ((), D("10.0"))


def test_a_check_before_something_was_seen_is_overtaken():
    db = a_city({(ONE, LAST_RULE): "uuuuuuffffff"})
    known = a_period(db)
    sealing.add_checks(db, known, [check(LAST_RULE, "pass", on=3)])
    assert of(db).online == D("9.6")


def test_a_unit_that_nobody_saw_is_asked_for_line_by_line():
    db = a_city({(ONE, rule): "u" * NIGHTS for rule in RUBRIC.lines})
    known = a_period(db)
    asked = [w.rule for w in sealing.wanted(db, known) if w.unit == ONE]
    counting = [r for r, line in RUBRIC.lines.items() if line.judged and not line.bonus and (line.points or line.veto)]
    assert set(asked) >= {r for r in counting if RUBRIC.lines[r].points}
    assert len(asked) == len(set(asked))
    sealing.add_checks(db, known, [check(rule, "fail" if rule == LAST_RULE else "pass") for rule in asked])
    assert (assessed(db, "2026").blockers, of(db).online) == ((), D("9.6"))


def test_a_unit_without_a_visit_for_a_month_is_looked_at_by_hand():
    story = {(ONE, rule): "p" * 20 + "-" * 80 for rule in RUBRIC.lines}
    db = a_city(story, nights=60)
    known = a_period(db, last=59)
    assert {b.kind for b in assessed(db, "2026").blockers} == {"not_visited"}
    asked = [w.rule for w in sealing.wanted(db, known)]
    sealing.add_checks(db, known, [check(rule, "pass", on=58) for rule in asked[1:]])
    assert [w.rule for w in sealing.wanted(db, known)] == asked[:1], "one look is no look at everything"
    sealing.add_checks(db, known, [check(asked[0], "pass", on=58)])
    assert assessed(db, "2026").blockers == ()


def test_a_check_of_one_column_of_several_costs_its_share():
    unit, rule = units(ONE)[0], SHARE_RULE
    found = [
        replace(f, target=target) for f in judged(unit, {(ONE, rule): "u"}, 0) if f.rule == rule for target in "ab"
    ]
    nights = [pure.Night(day(0), found)]
    one = Check(ONE, rule, "fail", "王芳", day(0), "x", "a")
    (made,) = by_hand(unit, [one], nights, RUBRIC)
    assert [(f.target, f.points) for f in made.findings] == [("a", D("0.2"))]
    (whole,) = by_hand(unit, [replace(one, target="")], nights, RUBRIC)
    assert [(f.target, f.points) for f in whole.findings] == [("a", D("0.2")), ("b", D("0.2"))]
    (last,) = by_hand(unit, [one, replace(one, verdict="pass")], nights, RUBRIC)
    assert [f.verdict for f in last.findings] == ["pass"], "what was said last counts"


# rubrics


def test_a_word_for_the_period_that_nobody_knows_is_refused():
    text = (FOLDER / f"{RUBRIC.name}.toml").read_text("utf-8")
    own = text.replace('title = "公开平台"\n', 'title = "公开平台"\nperiod = "share"\n')
    assert pure.modes(parse_rubric(own, "x"))["platform.exists"] == "share"
    with pytest.raises(
        RubricError, match=r'"platform.exists": period "shares" is none of last, share, episodes; did you mean "share"'
    ):
        parse_rubric(own.replace('period = "share"', 'period = "shares"'), "x")


def test_another_rubric_needs_its_backtest(tmp_path):
    db = a_city({})
    text = (FOLDER / f"{RUBRIC.name}.toml").read_text("utf-8")
    other = tmp_path / "other.toml"
    other.write_text(text.replace('name = "xinzhou-2022"', 'name = "other"'), "utf-8")
    with pytest.raises(PeriodProblem, match="backtest"):
        sealing.open_period(db, "2026", day(0), day(11), rubric=str(other), who="李主任")
    sha256 = periods.digest_text(other.read_text("utf-8"))
    with facts.writing(db):
        periods.save_backtest(db, at=AFTER, rubric="other", sha256=sha256, version="0.1.0", record={})
    assert sealing.open_period(db, "2026", day(0), day(11), rubric=str(other), who="李主任").rubric == "other"
    other.write_text(other.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(PeriodProblem, match="backtest"):
        sealing.open_period(db, "2026", day(0), day(11), rubric=str(other), who="李主任")


# the seal


@pytest.fixture
def sealed():
    db = a_city(
        {(ONE, LAST_RULE): "ppppppppffff", (ONE, SHARE_RULE): "fffppppppppp", ("市能源局", VETO_RULE): "ffffffffffff"}
    )
    known = a_period(db)
    a_review(db, VETO_RULE, "confirm", unit="市能源局")
    sealing.adjust(db, known, "云阳县", D("-0.3"), who="李主任", why="未报送", proof="记录3")
    before = assessed(db, known)
    yield db, a_seal(db, known), before
    db.close()


def test_what_was_sealed_is_what_was_assessed(sealed):
    db, known, before = sealed
    after = assessed(db, known)
    assert (after.units, after.nights) == (before.units, before.nights)
    assert [(u.unit, u.online) for u in after.units] == [(ONE, D("9.5")), ("云阳县", D("9.7")), ("市能源局", D("4.8"))]
    assert known.seal.digest in known.words
    assert sealing.verify(db, known, public_key=known.seal.public_key).ok


def test_later_nights_and_decisions_change_nothing(sealed):
    db, known, before = sealed
    a_review(db, LAST_RULE, "dismiss", expires=day(300), grounds=("board.guide missing",), verdict="pass")
    a_night(db, facts.units(db), {(ONE, LAST_RULE): "f" * 30}, NIGHTS)
    facts.save_registry(db, facts.units(db)[:1], [])
    assert assessed(db, known).units == before.units
    assert sealing.verify(db, known).ok


def test_a_sealed_period_refuses_change(sealed):
    db, known, _ = sealed
    for act in (
        lambda: a_period(db),
        lambda: sealing.adjust(db, known, ONE, D("0.1"), who="a", why="b", proof="c"),
        lambda: sealing.add_checks(db, known, [check(LAST_RULE, "pass")]),
        lambda: a_seal(db, known),
    ):
        with pytest.raises(PeriodProblem, match="已封存"):
            act()
    for statement in (
        "UPDATE period SET last = '2027-01-01'",
        "DELETE FROM period",
        "UPDATE period_frozen SET record = '{}'",
        "DELETE FROM period_frozen",
        f"INSERT INTO period_frozen VALUES ({known.id}, 'score', 99, NULL, '{{}}')",
        "UPDATE period_seal SET statement = '{}'",
        "DELETE FROM period_seal",
        f"INSERT INTO period_adjustment (period, unit, record, at) VALUES ({known.id}, 'x', '{{}}', '')",
        f"INSERT INTO period_check (period, unit, record, at) VALUES ({known.id}, 'x', '{{}}', '')",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)


def test_whoever_gets_round_the_database_is_found_out(sealed):
    db, known, _ = sealed
    for statement, said in (
        ("UPDATE period_frozen SET record = replace(record, '9.5', '9.9') WHERE part = 'score'", "摘要不符"),
        ("DELETE FROM period_frozen WHERE part = 'review'", "摘要不符"),
        ("UPDATE period_seal SET statement = replace(statement, '李主任', '王主任')", "签名无效"),
        ("UPDATE period SET last = '2026-06-01'", "last"),
        ("UPDATE finding SET points = '0' WHERE verdict = 'fail'", "结论"),
    ):
        db.execute("SAVEPOINT trial")
        for trigger in (
            "period_frozen_no_update",
            "period_frozen_no_delete",
            "period_seal_no_update",
            "period_no_update",
        ):
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(statement)
        found = sealing.verify(db, periods.period_named(db, "2026"))
        db.execute("ROLLBACK TO trial")
        db.execute("RELEASE trial")
        assert any(said in problem for problem in found.problems), (statement, found)
    other = sealing.public_text(Ed25519PrivateKey.generate().public_key())
    assert not sealing.verify(db, known, public_key=other).ok
    assert sealing.verify(db, known).ok


def test_corrections_hang_on_the_seal_and_each_other(sealed):
    db, known, before = sealed
    given = {"who": "李主任", "proof": "会议纪要2", "key": KEY}
    first = sealing.add_addendum(db, known, ONE, D("0.2"), why="复议", at=AFTER, **given)
    second = sealing.add_addendum(db, known, "", D(0), why="公开说明", at=AFTER, **given)
    assert (first.before, second.before, second.number) == (known.seal.digest, first.digest, 2)
    made = assessed(db, known)
    assert made.units == before.units
    assert (made.corrected().of(ONE).online, made.corrected().of(ONE).remark) == (D("9.7"), "更正第1号：复议")
    assert [u.rank for u in made.corrected().units] == [1, 1, 1]
    assert sealing.verify(db, known).ok
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM period_addendum")
    with pytest.raises(PeriodProblem, match="没有单位"):
        sealing.add_addendum(db, known, "无名县", D("0.2"), why="复议", **given)
    still = a_period(db, "半年", last=5)
    with pytest.raises(PeriodProblem, match="还没有封存"):
        sealing.add_addendum(db, still, ONE, D("0.2"), why="复议", **given)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"INSERT INTO period_addendum VALUES ({still.id}, 1, '{{}}', '', '')")


def test_the_same_city_gives_the_same_digest_whoever_seals_it():
    def digest(who, at):
        db = a_city({(ONE, LAST_RULE): "ppppppppffff"})
        known = a_period(db)
        return sealing.seal(db, known, who=who, key=Ed25519PrivateKey.generate(), at=at).seal.digest

    assert digest("甲", AFTER) == digest("乙", AFTER + timedelta(days=3))


def test_a_period_is_not_sealed_before_its_end():
    db = a_city({})
    known = a_period(db)
    with pytest.raises(PeriodProblem, match="才结束"):
        a_seal(db, known, at=FIRST + timedelta(days=NIGHTS - 1))


# what retention leaves


def test_nights_of_an_open_period_are_kept_and_a_sealed_one_keeps_what_it_rests_on():
    db = a_city({(ONE, LAST_RULE): "pppppppppfff", (ONE, SHARE_RULE): "ffffpppppppp"})
    known = a_period(db, last=NIGHTS - 1)
    before = assessed(db, known).units
    later = FIRST + timedelta(days=800)
    assert retention.retain(db, months=13, now=later).findings == 0
    assert assessed(db, known).units == before
    known = a_seal(db, known)
    assert retention.retain(db, months=13, now=later).findings > 0
    assert assessed(db, known).units == before
    assert sealing.verify(db, known).ok
    counting = {n for u in before for e in u.lost for n in e.findings}
    assert counting
    assert all(findings.finding_by_id(db, n) for n in counting)


# laws

RULES = [LAST_RULE, SHARE_RULE, EPISODE_RULE, VETO_RULE, "report.published", "site.dead_links"]
STORIES = st.dictionaries(st.sampled_from(RULES), st.text(st.sampled_from("pfu"), min_size=5, max_size=5), max_size=4)
SAID = st.lists(
    st.tuples(st.sampled_from(RULES), st.sampled_from(["confirm", "withdraw", "resolve"]), st.integers(1, 5)),
    max_size=3,
)
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lived(story, said):
    db = a_city({(ONE, rule): letters for rule, letters in story.items()}, (ONE,), nights=5)
    for rule, action, night in said:
        a_review(db, rule, action, night=night)
    return db, a_period(db, last=4)


@slow
@given(STORIES, SAID, st.sampled_from(RULES), st.integers(0, 4))
def test_one_more_confirmed_fault_never_raises_a_score(story, said, rule, at):
    db, _ = lived(story, said)
    before = of(db)
    letters = story.get(rule, "ppppp")
    db, _ = lived({**story, rule: letters[:at] + "f" + letters[at + 1 :]}, [*said, (rule, "confirm", at + 1)])
    assert of(db).online <= before.online


@slow
@given(STORIES, SAID, st.lists(st.decimals("-10", "10", places=2).filter(bool), max_size=3))
def test_scores_stay_within_their_marks_and_ledgers_add_up(story, said, points):
    db, known = lived(story, said)
    for given_ in points:
        sealing.adjust(db, known, ONE, given_, who="a", why="b", proof="c")
    unit = of(db)
    assert 0 <= unit.online <= unit.full
    assert unit.full + sum(e.points for e in unit.ledger) == unit.online
    assert -unit.online.as_tuple().exponent == 1
    assert dump(of(db)) == dump(unit), "asked again, the same bytes"
    with suppress(sealing.Blocked):
        sealed = a_seal(db, known)
        assert dump(assessed(db, sealed).units) == dump(assessed(db, known).units)
        assert json.loads(sealed.seal.statement)["digest"] == periods.digest_of(periods.frozen(db, sealed))
