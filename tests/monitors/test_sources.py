"""A collector that froze is our fault, not its accounts'; accounts that fell asleep one by one are theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.records import Account, Post, Snapshot
from db.registry import collector
from monitors.sources import doubted, doubts
from tests.monitors.made import AT

HOST = "http://rss.example:1200"


def shown(
    name: str, newest: float | None, *, folder: str = "weibo/user", status: str = "ok", canary: bool = False, **named
):
    source = f"{HOST}/{folder}/{name}"
    account = Account("岚水县", "feed", name, source, source, canary=canary)
    posts = (
        ()
        if newest is None
        else (Post("一", None, AT - timedelta(days=newest)), Post("二", None, AT - timedelta(days=newest + 30)))
    )
    return account, Snapshot("岚水县", name, "feed", source, 1, AT, status, posts, **named)


def kinds(*rows):
    return {name: doubt.kind for name, doubt in doubts(rows).items()}


WEIBO = "rss.example:1200/weibo"


def test_a_collector_is_a_host_and_its_first_folder():
    assert collector("http://RSS.example:1200/weibo/user/1?key=x") == WEIBO
    assert collector("http://rss.example/a.xml") == "rss.example"
    assert collector("/srv/feeds/a.csv") == ""


@pytest.mark.parametrize(
    ("canary", "kind"),
    [
        (shown("canary", 1.9, canary=True), None),
        (shown("canary", 2.1, canary=True), "canary_stale"),
        (shown("canary", None, canary=True), "canary_stale"),
        (shown("canary", None, canary=True, status="challenge"), "canary_failed"),
        (shown("canary", None, canary=True, status="empty_ok"), "canary_failed"),
        (shown("canary", 40, canary=True, folder="douyin/user"), None),  # another route of the collector
    ],
)
def test_the_canary_decides(canary, kind):
    assert kinds(shown("a", 40), canary) == ({WEIBO: kind} if kind else {})


def test_a_canary_of_the_host_speaks_for_all_its_routes_and_one_live_canary_is_enough():
    host = shown("canary.xml", 40, canary=True, folder="")
    host = (replace(host[0], address=f"{HOST}/canary.xml"), host[1])
    assert kinds(shown("a", 40), shown("b", 50, folder="douyin/user"), host) == {
        WEIBO: "canary_stale",
        "rss.example:1200/douyin": "canary_stale",
    }
    assert kinds(shown("a", 40), host, shown("canary", 1, canary=True)) == {}


def test_most_accounts_that_ended_at_one_moment_are_a_frozen_collector():
    frozen = [shown(str(n), 40 + n * 0.5) for n in range(4)]
    assert kinds(*frozen) == {WEIBO: "frozen_together"}
    assert "4 个账号中有 4 个" in doubts(frozen)[WEIBO].detail
    assert kinds(*frozen[:2]) == {}  # two may fall asleep together
    assert kinds(*frozen, *(shown(f"f{n}", 1) for n in range(4))) == {WEIBO: "frozen_together"}
    assert kinds(*frozen, *(shown(f"f{n}", 1) for n in range(5))) == {}  # most of them go on
    assert kinds(*(shown(str(n), 40 + 3 * n) for n in range(6))) == {}  # one by one
    assert kinds(*(shown(str(n), 7) for n in range(6))) == {}  # a holiday
    assert kinds(*frozen, shown("canary", 1, canary=True)) == {}  # the canary lives: they sleep


def test_files_are_no_collector():
    rows = [(replace(a, address=f"/srv/{a.account}.csv"), s) for a, s in (shown(str(n), 40) for n in range(5))]
    assert kinds(*rows) == {}


def test_many_that_are_gone_without_a_word_or_refused_at_once():
    gone = [shown(str(n), None, status="account_gone", gone="status") for n in range(3)]
    assert kinds(*gone) == {WEIBO: "gone_together"}
    assert kinds(*gone, *(shown(f"f{n}", 1) for n in range(4))) == {}
    worded = [shown(str(n), None, status="account_gone", gone="words") for n in range(3)]
    assert kinds(*worded) == {}
    refused = doubts([shown(str(n), None, status="challenge") for n in range(3)])[WEIBO]
    assert (refused.kind, refused.silences) == ("refused_together", False)


def test_what_a_doubted_collector_shows_is_stale():
    rows = [shown(str(n), 40) for n in range(3)]
    known = doubts(rows)
    seen = doubted(*rows[0], known)
    assert (seen.status, seen.posts) == ("source_stale", rows[0][1].posts)
    assert seen.detail.startswith("数据源异常")
    worded = shown("gone", None, status="account_gone", gone="words")
    assert doubted(*worded, known).gone is None
    refused = shown("x", None, status="challenge")
    assert doubted(*refused, known) is refused[1]
    other = shown("x", 40, folder="douyin/user")
    assert doubted(*other, known) is other[1]
