"""Every rule about an account: seen and well, seen and bad, not seen; and the edges of what a source can prove."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import SHANGHAI, Entry, Post, Snapshot
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.monitors.made import AT, ON, PAGE, a_case, a_snapshot, a_watched

RUBRIC = load_rubric()


def verdicts(rule, watched):
    return [(f.verdict, f.reason) for f in judge(a_case(accounts=[watched]), RUBRIC) if f.rule == rule]


def post(age: float, **more) -> Post:
    return Post(f"{age} 天前", None, AT - timedelta(days=age), **more)


def ok(*posts: Post, **named) -> Snapshot:
    return a_snapshot(None, "ok", posts=posts, **named)


def night(day: date) -> datetime:
    return datetime.combine(day, time(22, 10), SHANGHAI)


def begin(age: int) -> datetime:
    """The first moment of the day so many days ago."""
    return datetime.combine(ON - timedelta(days=age), time(), SHANGHAI)


GONE = a_snapshot(None, "account_gone", gone="words", detail="此帐号已自主注销")
LOST = a_snapshot(None, "account_gone", gone="status")
OTHER = "http://other.example/b.xml"
UNDATED = ok(Post("甲", None, None, id="a"), Post("乙", None, None, id="b"))
ALL = ("comments", "replies", "menu", "messages")
TALK = Entry("talk", "menu", "互动/信箱", "http://x.example/", True, PAGE)
REPOSTS = ok(post(3, repost=True), post(9, repost=True))

CASES = [
    ("media.exists", a_watched(ok(post(1))), "pass", None),
    ("media.exists", a_watched(GONE), "fail", "account_gone"),
    ("media.exists", a_watched(LOST), "unknown", "gone_once"),
    ("media.exists", a_watched(LOST, LOST), "fail", "account_gone"),
    ("media.exists", a_watched(LOST, ok(post(1))), "unknown", "gone_once"),
    ("media.exists", a_watched(GONE, state="closed"), "na", "closed"),
    ("media.exists", a_watched(a_snapshot(None, "source_stale")), "unknown", "source_stale"),
    ("media.exists", a_watched(ok(post(1)), parts=(ok(post(1)), GONE)), "unknown", "sources_disagree"),
    ("media.exists", a_watched(None), "unknown", "not_seen_tonight"),
    ("media.exists", a_watched(None, state="closed"), "na", "closed"),
    # fresh: the window, and whether it was seen
    ("media.fresh", a_watched(ok(post(14), post(20))), "pass", None),
    ("media.fresh", a_watched(ok(post(15), post(20))), "fail", "stale"),
    ("media.fresh", a_watched(ok(post(900, pinned=True), post(2))), "pass", None),
    ("media.fresh", a_watched(ok(post(900, pinned=True))), "unknown", "window_not_seen"),
    ("media.fresh", a_watched(ok(post(-2), post(30))), "fail", "stale"),
    ("media.fresh", a_watched(ok(post(-2))), "unknown", "only_future_dates"),
    ("media.fresh", a_watched(ok()), "unknown", "not_shown"),
    ("media.fresh", a_watched(ok(post(30), partial="只见合集")), "unknown", "window_not_seen"),
    ("media.fresh", a_watched(ok(post(3), partial="只见合集")), "pass", None),
    ("media.fresh", a_watched(ok(post(30, repost=True), post(40))), "fail", "stale"),
    ("media.fresh", a_watched(ok(post(30), Post("无日期", None, None))), "unknown", "no_dates"),
    ("media.fresh", a_watched(ok(post(30), Post("置顶", None, None, pinned=True))), "fail", "stale"),
    ("media.fresh", a_watched(ok(post(30)), state="closed"), "na", "closed"),
    ("media.fresh", a_watched(a_snapshot(None, "account_gone", gone="closed")), "na", "closing_notice"),
    ("media.fresh", a_watched(None), "unknown", "not_seen_tonight"),
    *(
        ("media.fresh", a_watched(a_snapshot(30, status)), "unknown", status)
        for status in Snapshot.STATUSES
        if status not in ("ok", "account_gone")
    ),
    ("media.fresh", a_watched(a_snapshot(2, "source_stale")), "unknown", "source_stale"),
    # coverage that the source proves without a post
    ("media.fresh", a_watched(ok(since=begin(30))), "fail", "stale"),
    ("media.fresh", a_watched(ok(since=begin(14))), "fail", "stale"),
    ("media.fresh", a_watched(ok(since=begin(13))), "unknown", "window_not_seen"),
    ("media.sleeping", a_watched(ok(since=begin(30))), "unknown", "window_not_seen"),
    ("media.sleeping", a_watched(ok(since=begin(92))), "fail", "stale"),
    ("media.sleeping", a_watched(ok(post(91))), "fail", "stale"),
    ("media.sleeping", a_watched(ok(post(90))), "pass", None),
    ("media.sleeping", a_watched(a_snapshot(None, "challenge")), "unknown", "challenge"),
    # a source that knows nothing of today, or of the last days
    ("media.fresh", a_watched(ok(post(16), since=begin(92), until=begin(0))), "fail", "stale"),
    ("media.fresh", a_watched(ok(post(15), since=begin(92), until=begin(0))), "unknown", "source_stale"),
    ("media.fresh", a_watched(ok(post(14), since=begin(92), until=begin(0))), "pass", None),
    ("media.fresh", a_watched(ok(post(40), until=night(ON - timedelta(days=2)))), "unknown", "source_stale"),
    ("media.fresh", a_watched(ok(post(40), until=AT)), "fail", "stale"),
    # what bears no date
    ("media.fresh", a_watched(UNDATED), "unknown", "no_dates"),
    ("media.fresh", a_watched(UNDATED, updated_by=night(ON)), "unknown", "no_dates"),
    ("media.fresh", a_watched(UNDATED, updated_after=begin(14), updated_by=night(ON)), "pass", None),
    ("media.fresh", a_watched(UNDATED, updated_after=begin(40), updated_by=begin(15)), "fail", "stale"),
    ("media.fresh", a_watched(ok(post(30)), updated_after=begin(2), updated_by=night(ON)), "pass", None),
    ("media.fresh", a_watched(ok(post(30)), updated_after=begin(40), updated_by=begin(2)), "unknown", "window_not_seen"),
    ("media.fresh", a_watched(ok(post(30)), updated_after=begin(40), updated_by=begin(20)), "fail", "stale"),
    # an earlier night knew better
    ("media.fresh", a_watched(ok(post(30)), recalled=begin(5)), "unknown", "sources_disagree"),
    ("media.fresh", a_watched(ok(post(30)), recalled=begin(20)), "fail", "stale"),
    # the ladder of interaction
    ("media.interaction", a_watched(ok(post(300, replies=1))), "pass", None),
    ("media.interaction", a_watched(ok(post(400, replies=1))), "unknown", "not_shown"),
    ("media.interaction", a_watched(ok(post(400, replies=1, replied=AT - timedelta(days=9)))), "pass", None),
    ("media.interaction", a_watched(ok(post(3), entries=(TALK,))), "pass", None),
    ("media.interaction", a_watched(ok(post(3, comments_open=True))), "pass", None),
    ("media.interaction", a_watched(ok(post(3, comments=0, replies=0))), "unknown", "not_shown"),
    ("media.interaction", a_watched(ok(post(3), entries=(replace(TALK, works=None),))), "unknown", "not_seen_tonight"),
    ("media.interaction", a_watched(ok(post(3), entries=(Entry("bio", "bio", "电话"),), looked=ALL)), "unknown", "contact_only"),
    ("media.interaction", a_watched(ok(post(3), looked=ALL)), "fail", "no_interaction"),
    ("media.interaction", a_watched(ok(post(3), looked=ALL, entries=(replace(TALK, works=False),))), "fail", "no_interaction"),
    ("media.interaction", a_watched(ok(post(3, comments_open=False, replies=0), looked=ALL[:3])), "unknown", "not_shown"),
    ("media.interaction", a_watched(a_snapshot(None, "needs_login", looked=ALL)), "unknown", "needs_login"),
    ("media.interaction", a_watched(ok(post(3), looked=ALL), state="closed"), "na", "closed"),
    # hints
    ("media.warn", a_watched(ok(post(10))), "pass", None),
    ("media.warn", a_watched(ok(post(11))), "fail", "stale"),
    ("media.warn", a_watched(ok(post(15))), "na", "explained_by:media.fresh"),
    ("media.warn", a_watched(a_snapshot(None, "challenge")), "unknown", "challenge"),
    ("media.original", a_watched(REPOSTS), "fail", "only_reposts"),
    ("media.original", a_watched(REPOSTS, known=(post(20, repost=False),)), "pass", None),
    ("media.original", a_watched(REPOSTS, known=(post(31, repost=False),)), "fail", "only_reposts"),
    ("media.original", a_watched(ok(post(3, repost=True), post(4))), "unknown", "not_shown"),
    ("media.original", a_watched(ok(post(31, repost=True))), "na", "no_posts"),
    ("media.menu", a_watched(ok(post(3), entries=(TALK,))), "pass", None),
    ("media.menu", a_watched(ok(post(3), entries=(TALK, replace(TALK, name="办事", works=False)))), "fail", "dead"),
    ("media.menu", a_watched(ok(post(3), entries=(replace(TALK, works=None),))), "unknown", "not_seen_tonight"),
    ("media.menu", a_watched(ok(post(3))), "na", "not_shown"),
    ("media.service", a_watched(ok(post(3), entries=(replace(TALK, kind="service"),))), "pass", None),
    ("media.service", a_watched(ok(post(3), entries=(TALK,), looked=("menu",))), "fail", "missing"),
    ("media.service", a_watched(ok(post(3), entries=(replace(TALK, kind="service", works=False),))), "fail", "dead"),
    ("media.service", a_watched(ok(post(3))), "unknown", "not_shown"),
    ("media.registry", a_watched(ok(post(3), name="岚水 发布")), "pass", None),
    ("media.registry", a_watched(ok(post(3), name="岚水发布 - 公众号")), "pass", None),
    ("media.registry", a_watched(ok(post(3), name="岚水融媒")), "fail", "renamed"),
    ("media.registry", a_watched(ok(post(3))), "unknown", "not_shown"),
    ("media.registry", a_watched(ok(post(3)), state="closed"), "fail", "still_publishing"),
    ("media.registry", a_watched(ok(post(3)), state="closed", closed_on=ON - timedelta(days=3)), "na", "closed"),
    ("media.registry", a_watched(ok(post(15)), state="closed", closed_on=ON - timedelta(days=90)), "na", "closed"),
    ("media.duplicate", a_watched(ok(post(3)), None, platform="weibo"), "unknown", "not_shown"),
    ("media.elder", a_watched(None, retrofit=True, self_assessment=True), "pass", None),
    ("media.elder", a_watched(None, retrofit=True, self_assessment=False), "fail", "not_done"),
    ("media.elder", a_watched(None), "unknown", "not_shown"),
    ("media.elder", a_watched(None, retrofit=False, state="closed"), "na", "closed"),
]  # fmt: skip
PLACED = replace(a_watched(ok(post(3))), platform="wechat")
CASES += [
    ("media.duplicate", PLACED, "pass", None),
    ("media.duplicate", replace(PLACED, others=("岚水之声",)), "fail", "duplicate"),
]


@pytest.mark.parametrize(("rule", "watched", "verdict", "reason"), CASES)
def test_rule(rule, watched, verdict, reason):
    assert verdicts(rule, watched) == [(verdict, reason)]


def test_every_rule_about_accounts_has_its_triplet():
    shown = {(rule, verdict) for rule, _, verdict, _ in CASES}
    rules = {line for line in RUBRIC.lines if line.startswith("media.")}
    assert shown >= {(rule, v) for rule in rules for v in ("pass", "fail", "unknown")}


def test_a_fail_says_when_where_and_by_what():
    (found,) = [f for f in judge(a_case(accounts=[a_watched(ok(post(40)))]), RUBRIC) if f.rule == "media.fresh"]
    assert found.evidence[0].excerpt == f"最近一条 {ON - timedelta(days=40)}"
    assert found.value == (ON - timedelta(days=40)).isoformat()
    late = ok(since=begin(92), until=begin(0))
    (found,) = [f for f in judge(a_case(accounts=[a_watched(late)]), RUBRIC) if f.rule == "media.fresh"]
    assert found.evidence[0].excerpt == f"自 {ON - timedelta(days=92)} 起没有发布（数据截至 {ON - timedelta(days=1)}）"


def test_hints_cost_nothing_and_interaction_costs():
    watched = a_watched(ok(post(11), name="别名", looked=ALL), retrofit=False)
    found = {f.rule: f for f in judge(a_case(accounts=[watched]), RUBRIC)}
    assert [found[r].points for r in ("media.warn", "media.registry", "media.elder")] == [0, 0, 0]
    assert found["media.interaction"].points > 0


def test_several_sources_are_one_finding_with_the_evidence_of_all():
    other = replace(a_snapshot(2, source=OTHER), evidence=replace(PAGE, url=OTHER))
    both = a_watched(ok(post(2), post(40)), parts=(ok(post(40)), other))
    (found,) = [f for f in judge(a_case(accounts=[both]), RUBRIC) if f.rule == "media.fresh"]
    assert (found.verdict, found.target) == ("pass", "http://feeds.example/a.xml")
    assert {e.url for e in found.evidence} == {"http://feeds.example/a.xml", OTHER}
    days = {
        "http://feeds.example/a.xml": (ON - timedelta(days=40)).isoformat(),
        OTHER: (ON - timedelta(days=2)).isoformat(),
    }
    assert found.value == {"newest": (ON - timedelta(days=2)).isoformat(), "sources": days}


def test_accounts_of_one_name_on_two_platforms_are_covered_apart():
    weibo = a_watched(GONE)
    wechat = a_watched(replace(ok(post(40)), source=OTHER))
    found = {(f.rule, f.target): f.reason for f in judge(a_case(accounts=[weibo, wechat]), RUBRIC)}
    assert found["media.fresh", "http://feeds.example/a.xml"] == "explained_by:media.exists"
    assert found["media.fresh", OTHER] == "stale"


ages = st.lists(st.integers(-5, 200), max_size=6)
snapshots = st.builds(
    lambda found, undated, partial, since, until: ok(
        *map(post, found),
        *[Post("无日期", None, None)] * undated,
        partial="只见一部分" if partial else None,
        since=begin(since) if since is not None else None,
        until=begin(until) if until is not None else None,
    ),
    ages,
    st.integers(0, 1),
    st.booleans(),
    st.none() | st.integers(0, 120),
    st.none() | st.integers(-1, 5),
)


@given(snapshots, st.integers(0, 13))
def test_one_more_recent_post_always_passes_and_never_fails(snapshot, age):
    more = replace(snapshot, posts=(*snapshot.posts, post(age)))
    assert verdicts("media.fresh", a_watched(more)) == [("pass", None)]
    assert verdicts("media.sleeping", a_watched(more)) == [("pass", None)]


@given(snapshots)
def test_who_sleeps_is_stale_too_and_a_fail_proves_the_window(snapshot):
    (fresh,), (sleeping,) = (verdicts(rule, a_watched(snapshot)) for rule in ("media.fresh", "media.sleeping"))
    if sleeping[0] == "fail":
        assert fresh[0] == "fail"
    if fresh[0] == "fail":
        dated = [p.published.astimezone(SHANGHAI).date() for p in snapshot.posts if p.published]
        assert not any(0 <= (ON - day).days <= 14 for day in dated)
        assert not snapshot.partial
        assert all(p.published for p in snapshot.posts)
        assert snapshot.since or dated


def test_naive_instants_are_never_kept():
    assert post(1).published.tzinfo is UTC
