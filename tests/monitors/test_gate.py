"""The gate of a run: whose fault is it that so much fails, was enough of it done, does it look as on other nights?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.work import Task
from monitors import gate

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
CITY = [f"单位{n}" for n in range(12)]
WELL = dict.fromkeys(CITY, True)


def fallen(bad, platforms=None, before=None):
    return gate.fallen(before or WELL, {u: u in bad for u in CITY}, platforms or {})


@pytest.mark.parametrize(("number", "ours"), [(0, False), (4, False), (5, True), (12, True)])
def test_five_sites_and_a_third_that_fall_together_are_our_own_fault(number, ours):
    assert (fallen(CITY[:number]).ours is not None) == ours


def test_a_share_is_asked_for_as_well():
    city = [f"单位{n}" for n in range(40)]
    assert gate.fallen(dict.fromkeys(city, True), {u: u in city[:11] for u in city}, {}).ours is None
    assert "12 个" in gate.fallen(dict.fromkeys(city, True), {u: u in city[:12] for u in city}, {}).ours


def test_what_did_not_answer_before_says_nothing():
    assert fallen(CITY[:6], before={u: u not in CITY[:2] for u in CITY}).ours is None


def test_a_shared_platform_that_is_down_is_no_fault_of_ours_while_others_answer():
    one = dict.fromkeys(CITY[:8], "平台")
    found = fallen(CITY[:8], one)
    assert (found.ours, found.platforms) == (None, {"平台": tuple(CITY[:8])})
    assert found.held == frozenset(CITY[:8])
    assert "平台" in gate.platform_words("平台", CITY[:8])
    assert fallen(CITY[:6], one).platforms == {}, "two of its sites answer: it is not the platform"
    assert fallen([*CITY[:8], *CITY[8:10]], one).ours, "nobody is left to bear witness"
    assert fallen(CITY, one).ours
    assert fallen(CITY[:2], dict.fromkeys(CITY[:2], "小平台")).platforms == {}, "two sites may fail by chance"


@given(st.sets(st.sampled_from(CITY)), st.sets(st.sampled_from(CITY)), st.lists(st.sampled_from("甲乙")))
def test_nobody_is_held_who_answers_or_did_not_answer_before(bad, before, platforms):
    of = dict(zip(CITY, platforms, strict=False))
    found = gate.fallen({u: u in before for u in CITY}, {u: u in bad for u in CITY}, of)
    assert found.held <= bad & before
    assert not (found.ours and found.platforms)


def test_ninety_five_of_a_hundred_is_enough():
    def tasks(left):
        return [
            Task(1, f"单位{n}", state="left" if n < left else "done", why="超时" if n else None) for n in range(100)
        ]

    assert gate.uncovered(tasks(5)) is None
    words = gate.uncovered(tasks(6))
    assert all(w in words for w in ("100", "94", "95%", "超时", "未完成：单位0"))
    assert gate.uncovered([]) is None
    assert "账号 岚水发布" in gate.uncovered([Task(1, "岚水县", "feed", "岚水发布", state="left")])


def test_a_way_to_fail_that_no_night_before_knew():
    usual = dict.fromkeys(CITY, "ok") | {CITY[0]: "blocked"}
    blocked = usual | dict.fromkeys(CITY[1:7], "blocked")
    assert "blocked" in gate.strange(blocked, [usual] * 7)
    assert gate.strange(blocked, [usual] * 2) is None, "too few nights to know what is usual"
    assert gate.strange(blocked, [usual] * 6 + [blocked]) is None, "said once"
    assert gate.strange(usual | dict.fromkeys(CITY[1:5], "blocked"), [usual] * 7) is None
    assert gate.strange(usual | dict.fromkeys(CITY, "refused"), [usual] * 7) is None, "that is asked by `fallen`"
    assert "reader_error" in gate.strange(usual | dict.fromkeys(CITY[1:7], "reader_error"), [usual] * 7)


@pytest.mark.parametrize(
    ("newest", "others", "word"),
    [
        (NOW - timedelta(hours=1), {}, None),
        (NOW + timedelta(minutes=9), {}, None),
        (NOW + timedelta(minutes=11), {}, "调回"),
        (None, {}, None),
        (None, {"a": timedelta(days=-3650), "b": timedelta(), "c": timedelta(minutes=5)}, None),  # one odd server
        (None, {"a": timedelta(hours=8), "b": timedelta(hours=8), "c": timedelta(hours=8)}, "相差约 8 小时"),
        (None, {"a": timedelta(hours=-9), "b": timedelta(hours=-9)}, None),  # two are too few to know
    ],
)
def test_a_clock_that_is_not_to_be_believed(newest, others, word):
    words = gate.wrong_clock(NOW, newest, others)
    assert (words is None) == (word is None)
    assert word is None or word in words


def test_a_disk_that_is_nearly_full():
    assert gate.disk_words("/srv", 5000.0) is None
    assert "/srv" in gate.disk_words("/srv", 420.0)
