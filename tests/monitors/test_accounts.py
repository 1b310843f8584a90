"""Rows of the registry that are one account, and what their sources say together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from db.posts import KnownPost
from db.records import Account, Entry, Post, Snapshot
from monitors.accounts import grouped, merged, proven
from tests.monitors.made import AT, a_snapshot


def row(platform: str, name: str = "岚水发布", source: str = "http://x.example/f", **named) -> Account:
    return Account("岚水县", platform, name, source, source, **named)


def names(*rows):
    return [[a.source for a in group] for group in grouped(rows)]


def test_rows_of_one_platform_and_name_are_one_account():
    assert names(row("weibo", source="a"), row("weibo", "岚水 发布", source="b")) == [["a", "b"]]
    assert names(row("weibo", source="a"), row("wechat", source="b")) == [["a"], ["b"]]
    assert names(row("weibo", source="a"), row("weibo", "岚水之声", source="b")) == [["a"], ["b"]]


def test_the_id_tells_better_than_the_name():
    assert names(row("weibo", source="a", account_id="1"), row("weibo", "旧名", source="b", account_id="1")) == [
        ["a", "b"]
    ]
    assert names(row("weibo", source="a", account_id="1"), row("weibo", source="b", account_id="2")) == [["a"], ["b"]]


def test_a_row_that_does_not_say_its_platform_joins_the_only_account_of_its_name():
    assert names(row("export", source="a"), row("weibo", source="b")) == [["a", "b"]]
    assert names(row("export", source="a"), row("weibo", source="b"), row("wechat", source="c")) == [
        ["a"],
        ["b"],
        ["c"],
    ]
    assert names(row("feed", source="http://r.example/weibo/user/1"), row("wechat", source="c")) == [
        ["http://r.example/weibo/user/1"],
        ["c"],
    ]
    assert names(row("feed", source="a", canary=True), row("feed", source="b")) == [["b"]]


def shot(*ages: float, status: str = "ok", source: str = "a", **named) -> Snapshot:
    posts = tuple(Post(f"{age}", None, AT - timedelta(days=age), id=str(age)) for age in ages)
    return a_snapshot(None, status, posts=posts, source=source, **named)


def days(snapshot: Snapshot) -> list[float]:
    return sorted((AT - p.published) / timedelta(days=1) for p in snapshot.posts)


def test_sources_are_merged_by_post():
    one, two = shot(40, 41, since=AT - timedelta(days=41)), shot(2, 40, source="b", since=AT - timedelta(days=40))
    both = merged([one, two])
    assert (both.status, both.source, days(both)) == ("ok", "a", [2, 40, 41])
    assert both.since == AT - timedelta(days=41)
    elsewhere = replace(two, evidence=replace(two.evidence, url="http://b.example/"))
    assert merged([one, elsewhere]).proofs == (elsewhere.evidence,)
    assert merged([one]) is one


def test_a_dated_telling_of_a_post_beats_an_undated_one():
    undated = replace(shot(), posts=(Post("甲", None, None, id="2"),))
    assert [p.published for p in merged([undated, shot(2, source="b")]).posts] == [AT - timedelta(days=2)]


def test_what_one_source_proves_the_other_need_not():
    album = shot(40, partial="只见合集", until=AT)
    whole = shot(50, source="b", looked=("menu",), entries=(Entry("talk", "menu", "信箱"),))
    both = merged([album, whole])
    assert (both.partial, both.until, both.looked, len(both.entries)) == (None, None, ("menu",), 1)
    assert merged([album, replace(album, source="b")]).partial == "只见合集"
    late = replace(whole, until=AT - timedelta(days=1))
    assert merged([late, album]).until == AT - timedelta(days=1)  # the album knows nothing of what was not filed there


def test_a_source_that_could_not_be_read_says_nothing_beside_one_that_could():
    refused = shot(status="challenge", detail="环境异常")
    both = merged([refused, shot(2, source="b")])
    assert (both.status, both.source, both.detail) == ("ok", "b", "环境异常")
    gone = shot(status="account_gone", gone="status"), shot(status="account_gone", gone="words", source="b")
    assert merged(gone).gone == "words"
    assert merged([refused, gone[0]]).status == "account_gone"
    assert merged([refused, replace(refused, status="needs_login")]).status == "challenge"


# what bears no date


def known(key: str, seen: float) -> KnownPost:
    at = AT - timedelta(days=seen)
    return KnownPost("岚水县", "a", "岚水发布", key, None, at, AT, "")


def undated(*ids: str) -> Snapshot:
    return replace(shot(), posts=tuple(Post("", None, None, id=i) for i in ids))


def nights(*ages: float):
    return [(AT - timedelta(days=age), None) for age in ages]


def ago(instant):
    return None if instant is None else (AT - instant) / timedelta(days=1)


def spans(snapshot, answers, *posts):
    return tuple(map(ago, proven(snapshot, answers, posts)))


def test_the_first_night_is_a_baseline():
    assert spans(undated("a", "b"), nights(0), known("a", 0), known("b", 0)) == (None, 0)


def test_a_new_id_above_a_known_one_is_an_update_since_the_night_before():
    assert spans(undated("n", "a"), nights(9, 3, 1, 0), known("n", 1), known("a", 9)) == (3, 1)


def test_an_id_below_a_known_one_may_have_come_into_view_again():
    assert spans(undated("a", "old"), nights(9, 3, 0), known("a", 9), known("old", 0)) == (None, 0)


def test_a_list_that_is_new_altogether_is_an_update():
    assert spans(undated("x", "y"), nights(9, 3, 0), known("x", 0), known("y", 0)) == (3, 0)


def test_nothing_new_for_three_weeks():
    assert spans(undated("a", "b"), nights(*range(20, -1, -1)), known("a", 20), known("b", 20)) == (None, 20)


def test_a_counter_that_rose_is_an_update_and_one_that_fell_is_none():
    told = [(AT - timedelta(days=age), total) for age, total in ((9, 40), (5, 41), (4, None), (1, 39), (0, 39))]
    assert spans(shot(30), told) == (9, 5)
    assert spans(shot(30), told[2:]) == (None, None)
