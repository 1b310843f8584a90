"""A post is known once, however many nights and files show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db import facts
from db.posts import address_key, keys, posts
from db.records import SHANGHAI, Account, Post, Snapshot, Unit

AT = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)
URL = "https://weibo.com/9000000001/NcBBBBBB2"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (URL, "NcBBBBBB2"),
        ("https://m.weibo.cn/detail/4930000000000011", "4930000000000011"),
        ("https://mp.weixin.qq.com/s/EXAMPLE-01?scene=27", "EXAMPLE-01"),
        ("http://mp.weixin.qq.com/s?__biz=MzA==&mid=2247490098&idx=1&sn=ab&chksm=9", "2247490098_1"),
        ("https://mp.weixin.qq.com/s?mid=2247490098&idx=3", "2247490098_3"),
        ("https://www.douyin.com/video/7262700000000000002", "7262700000000000002"),
        ("https://www.toutiao.com/article/7262900000000000001/", "7262900000000000001"),
        ("https://t.bilibili.com/800000000000001", "800000000000001"),
        ("https://example.invalid/a", None),
        ("", None),
        (None, None),
    ],
)
def test_the_address_names_the_post_whichever_source_gave_it(url, key):
    assert address_key(url) == key


def test_an_id_that_several_posts_bear_is_none():
    same = (Post("甲", "http://x/", AT, id="feed"), Post("乙", "http://x/", AT, id="feed"))
    assert len(set(keys(same))) == 2
    assert keys((Post("甲", "http://x/", AT, id="1"),)) == ["1"]
    assert keys((Post("甲", "http://x/", AT),)) == keys((Post("甲", "http://x/", AT),))


def test_nights_remember_when_a_post_was_first_and_last_seen(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    for day in (2, 0, 1):  # in any order
        save(
            db,
            AT + timedelta(days=day),
            Post("甲", URL, AT - timedelta(days=3 - day), repost=True if day == 1 else None),
        )
    (known,) = posts(db, unit="代县")
    assert (known.key, known.seen_at, known.last_at) == ("NcBBBBBB2", AT, AT + timedelta(days=2))
    assert known.published == AT - timedelta(days=3)  # an edit makes no new date
    assert known.repost is True


def test_parts_of_a_run_are_merged_in_any_order(tmp_path):
    parts = []
    for n in range(2):
        part = facts.open_database(tmp_path / f"{n}.db")
        save(part, AT + timedelta(days=n), Post("甲", URL, AT), run=n + 1)
        part.close()
        parts.append(tmp_path / f"{n}.db")
    found = []
    for order in (parts, parts[::-1], [*parts, *parts]):
        db = facts.open_database(tmp_path / f"w{len(found)}.db")
        db.execute("PRAGMA foreign_keys = OFF")
        for part in order:
            facts.merge(db, part)
        found.append(list(posts(db)))
    assert found[0] == found[1] == found[2]
    assert (found[0][0].seen_at, found[0][0].last_at) == (AT, AT + timedelta(days=1))


def test_posts_of_a_time(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    year = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    save(
        db,
        AT,
        Post("前", None, year - timedelta(seconds=1)),
        Post("后", None, year),
        Post("无日期", None, None, id="x"),
    )
    assert [p.title for p in posts(db, since=year)] == ["后", "无日期"]
    assert [p.title for p in posts(db, until=year)] == ["前"]
    assert [p.title for p in posts(db, unit="原平市")] == []


def save(db, at, *shown, run=None):
    number = run or facts.begin_run(db, at=at, kind="night").id
    if run:
        db.execute("INSERT OR IGNORE INTO run (id, started_at, state, kind) VALUES (?, '', 'running', 'night')", (run,))
    facts.save_snapshot(db, Snapshot("代县", "代县发布", "feed", "a.xml", number, at, "ok", shown), [], {})


def test_access_keys_of_an_address_are_not_stored(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    account = Account("代县", "feed", "代县发布", "http://r.example/f?key=***", "http://r.example/f?key=geheim&limit=9")
    facts.save_registry(db, [Unit("代县", "county", None)], [account])
    (stored,) = facts.accounts(db)
    assert stored.address == "http://r.example/f?key=***&limit=9"
    db.close()
    assert b"geheim" not in b"".join(p.read_bytes() for p in tmp_path.glob("w.db*"))
