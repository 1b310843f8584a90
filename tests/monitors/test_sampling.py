"""The draw is reproducible, its strata add up, its weights stand for everything; intervals hold what they promise."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Finding
from db.samples import Answer
from monitors.sampling import allocation, draw, percent, reliability, wilson

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


def a_finding(n: int, rule: str = "board.guide", verdict: str = "pass", group: str = "county") -> Finding:
    return Finding(
        f"单位{n}", group, f"http://u{n}.example/", rule, verdict, None, None, None, Decimal(0), "", AT, id=n
    )


@st.composite
def judgings(pick):
    rows = pick(
        st.lists(
            st.tuples(
                st.sampled_from(["a.b", "a.c", "d.e"]),
                st.sampled_from(["pass", "fail", "unknown", "na"]),
                st.sampled_from(["county", "department"]),
            ),
            max_size=60,
        )
    )
    return [a_finding(n, *row) for n, row in enumerate(rows, 1)]


@given(judgings(), st.integers(1, 80), st.text(max_size=4), st.randoms())
def test_same_seed_same_draw_whatever_the_order_and_the_numbers(found, size, seed, shuffle):
    strata, items = draw(found, size=size, seed=seed)
    mixed = [replace(f, id=f.id + 1000) for f in found]
    shuffle.shuffle(mixed)
    again, drawn = draw(mixed, size=size, seed=seed)
    assert again == strata
    assert [replace(i, finding=i.finding - 1000) for i in drawn] == items


@given(judgings(), st.integers(1, 80), st.text(max_size=4))
def test_strata_add_up_and_weights_stand_for_all(found, size, seed):
    strata, items = draw(found, size=size, seed=seed)
    population = [f for f in found if f.verdict in ("pass", "fail")]
    assert sum(s.population for s in strata) == len(population)
    assert sum(s.drawn for s in strata) == len(items) == min(size, len(population))
    assert Counter((i.rule, i.verdict, i.group) for i in items) == {
        (s.rule, s.verdict, s.group): s.drawn for s in strata if s.drawn
    }
    assert all(0 <= s.drawn <= s.population for s in strata)
    assert len({i.finding for i in items}) == len(items)
    assert [i.n for i in items] == list(range(1, len(items) + 1))
    covered = [s for s in strata if s.drawn]
    weight = sum(
        s.population / s.drawn
        for s in covered
        for i in items
        if (i.rule, i.verdict, i.group) == (s.rule, s.verdict, s.group)
    )
    assert weight == pytest.approx(sum(s.population for s in covered))


@given(judgings(), st.integers(2, 80))
def test_another_seed_draws_the_same_numbers_of_each_verdict(found, size):
    (one, _), (other, _) = draw(found, size=size, seed="1"), draw(found, size=size, seed="2")
    by_verdict = [
        {v: sum(s.drawn for s in strata if s.verdict == v) for v in ("fail", "pass")} for strata in (one, other)
    ]
    assert by_verdict[0] == by_verdict[1]


def test_half_are_fails_and_rare_faults_are_looked_at():
    sizes = {
        ("a", "pass", "county"): 1000,
        ("a", "fail", "county"): 3,
        ("b", "pass", "county"): 10,
        ("b", "fail", "county"): 90,
    }
    given_ = allocation(sizes, size=40)
    assert sum(given_.values()) == 40
    assert given_["a", "fail", "county"] == 3 and given_["b", "fail", "county"] == 17
    assert given_["a", "pass", "county"] > given_["b", "pass", "county"] >= 1
    assert allocation(sizes, size=2000) == sizes, "no stratum gives more than it has"


def answered(items, truth):
    return {i.n: Answer(i.n, truth(i), "李四", date(2026, 12, 1)) for i in items}


def test_all_looked_at_gives_the_shares_themselves():
    found = [a_finding(n, verdict="fail") for n in range(10)] + [a_finding(n, verdict="pass") for n in range(10, 40)]
    strata, items = draw(found, size=40, seed="7")
    wrong = {f.id for f in found[:2]} | {found[12].id, found[13].id}  # two false fails, two missed
    flip = {"fail": "pass", "pass": "fail"}
    overall, rule = reliability(
        strata, items, answered(items, lambda i: flip[i.verdict] if i.finding in wrong else i.verdict)
    )
    assert (rule.rule, rule.answered, rule.uncovered, set(rule.wrong)) == ("board.guide", 40, 0, wrong)
    assert rule.precision.value == pytest.approx(0.8)
    assert rule.recall.value == pytest.approx(8 / 10)
    assert overall.precision.value == pytest.approx(rule.precision.value)
    assert rule.precision.low < 0.8 < rule.precision.high


def test_weights_count():
    """Of 90 passes of departments every one is right, of 10 of counties every one is wrong: a tenth is missed, not a half."""
    found = [a_finding(n, verdict="pass", group="county" if n < 10 else "department") for n in range(100)]
    found += [a_finding(n, verdict="fail") for n in range(100, 110)]
    strata, items = draw(found, size=20, seed="1")
    assert {s.group: s.drawn for s in strata if s.verdict == "pass"}["county"] < 10
    *_, rule = reliability(strata, items, answered(items, lambda i: "fail" if i.group == "county" else "pass"))
    assert rule.recall.value == pytest.approx(10 / 20)
    assert rule.precision.value == 1


def test_what_was_not_looked_at_is_not_told():
    found = [a_finding(n, verdict="fail") for n in range(5)] + [a_finding(n, verdict="pass") for n in range(5, 50)]
    strata, items = draw(found, size=10, seed="1")
    *_, rule = reliability(strata, items, {})
    assert (rule.precision, rule.recall, rule.answered, rule.uncovered) == (None, None, 0, 50)
    only_fails = answered([i for i in items if i.verdict == "fail"], lambda i: "fail")
    *_, rule = reliability(strata, items, only_fails)
    assert rule.precision.value == 1
    assert rule.recall is None, "without passes nothing says what was missed"
    unclear = answered(items, lambda i: "unknown")
    *_, rule = reliability(strata, items, unclear)
    assert (rule.answered, rule.unclear, rule.uncovered, rule.precision) == (10, 10, 50, None)


def test_few_passes_leave_much_room_for_what_was_missed():
    found = [a_finding(n, verdict="fail") for n in range(20)] + [a_finding(n, verdict="pass") for n in range(20, 1020)]
    strata, items = draw(found, size=40, seed="1")
    *_, rule = reliability(strata, items, answered(items, lambda i: i.verdict))
    assert (rule.recall.value, rule.recall.high) == (1, 1)
    assert rule.recall.low < 0.15, "20 of 1000 passes looked at say little"


@given(st.floats(0, 1), st.floats(0.5, 1000))
def test_wilson_holds_the_share_within_0_and_1(share, number):
    low, high = wilson(share, number)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_wilson_by_the_book():
    low, high = wilson(0.9, 100)  # Newcombe 1998: 0.8256 to 0.9448
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)


def test_intervals_hold_the_true_precision_nearly_always():
    """200 draws of 40 from a population of known precision 0.8: Wilson's interval holds it at least nine times in ten."""
    found = [a_finding(n, verdict="fail", group="county" if n % 3 else "department") for n in range(300)]
    truth = {f.id: "pass" if random.Random(f.id).random() < 0.2 else "fail" for f in found}
    real = sum(v == "fail" for v in truth.values()) / len(truth)
    held = 0
    for seed in range(200):
        strata, items = draw(found, size=40, seed=str(seed))
        *_, rule = reliability(strata, items, answered(items, lambda i: truth[i.finding]))
        held += rule.precision.low <= real <= rule.precision.high
    assert held >= 180


def test_words():
    assert percent(None) == "无法估计"
