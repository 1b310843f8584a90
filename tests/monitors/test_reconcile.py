"""What was filed against what there is: every kind of difference, and nothing where both agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from db.records import Account, Filing, Post, Snapshot
from monitors.reconcile import KINDS, Alive, proposed, reconcile, rows
from tests.monitors.made import AT, ON

FILED = Filing("岚水县", "岚水县人民政府办公室", "weibo", "岚水发布", "9000000001", state="open", row="f.xls:3")
WATCHED = Account(
    "岚水县",
    "weibo",
    "岚水发布",
    "http://r.example/weibo/user/9000000001",
    "http://r.example/weibo/user/9000000001",
    account_id="9000000001",
)
CLOSED = replace(FILED, state="closed", closed_on=ON - timedelta(days=30))


def shot(age: float | None, status: str = "ok", **named) -> dict:
    posts = () if age is None else (Post("一", None, AT - timedelta(days=age)),)
    made = Snapshot("岚水县", "岚水发布", "weibo", WATCHED.source, 1, AT, status, posts, **named)
    return {(WATCHED.source, WATCHED.account): made}


def found(filings, watched=(WATCHED,), shown=None, linked=()):
    return [
        (d.kind, d.account) for d in reconcile(filings, watched, shot(1) if shown is None else shown, linked, on=ON)
    ]


@pytest.mark.parametrize(
    ("filings", "watched", "shown", "linked", "kinds"),
    [
        ([FILED], (WATCHED,), shot(1, name="岚水 发布"), (), []),
        ([FILED], (WATCHED,), shot(None, "account_gone", gone="words"), (), ["registered_dead"]),
        ([FILED], (WATCHED,), shot(91), (), ["registered_asleep"]),
        ([FILED], (WATCHED,), shot(91, "challenge"), (), []),
        ([CLOSED], (WATCHED,), shot(1), (), ["closed_alive"]),
        ([CLOSED], (WATCHED,), shot(31), (), []),
        ([CLOSED], (WATCHED,), shot(None, "account_gone", gone="words"), (), []),
        ([CLOSED], (), {}, (), []),
        ([], (WATCHED,), shot(1), (), ["unregistered"]),
        ([], (replace(WATCHED, canary=True),), shot(1), (), []),
        ([FILED], (WATCHED,), shot(1), (Alive("岚水县", "douyin", "抖音", "MS4w", "http://www/"),), ["unregistered"]),
        ([FILED], (WATCHED,), shot(1), (Alive("岚水县", "weibo", "微博", "9000000001", "http://www/"),), []),
        ([replace(FILED, account_id="https://weibo.com/u/9000000001")], (), {}, (Alive("岚水县", "weibo", "微博", "9000000001"),), ["unwatched"]),
        ([FILED], (WATCHED,), shot(1, name="岚水融媒"), (), ["renamed"]),
        ([FILED], (replace(WATCHED, account="旧名"),), {}, (), ["renamed"]),
        ([FILED, replace(FILED, account="又名", row="f.xls:9")], (WATCHED,), shot(1), (), ["renamed", "duplicate", "duplicate"]),
        ([FILED], (), {}, (), ["unwatched"]),
        ([replace(FILED, account_id=None, spoilt_id="9E+09")], (WATCHED,), shot(1), (), ["spoilt_id"]),
    ],
)  # fmt: skip
def test_differences(filings, watched, shown, linked, kinds):
    assert [kind for kind, _ in found(filings, watched, shown, linked)] == kinds


def test_an_account_without_id_is_known_by_unit_platform_and_name():
    feed = replace(WATCHED, platform="feed", account_id=None, source="http://r.example/f", address="http://r.example/f")
    assert found([replace(FILED, account_id=None)], (feed,), {}) == []
    assert found([replace(FILED, account_id=None, unit="原平市")], (feed,), {}) == [
        ("unregistered", "岚水发布"),
        ("unwatched", "岚水发布"),
    ]
    assert found([replace(FILED, platform="wechat")], (WATCHED,), {})[0] == ("unregistered", "岚水发布")


def test_rows_for_a_table():
    (line,) = rows(reconcile([FILED], [], {}, on=ON))
    assert line == {
        "类型": KINDS["unwatched"],
        "单位": "岚水县",
        "平台": "微博",
        "账号": "岚水发布",
        "账号编号": "9000000001",
        "说明": "监测登记表里没有这个账号",
        "备案行": "f.xls:3",
    }


def test_lines_for_accounts_csv_keep_known_sources():
    second = replace(WATCHED, platform="export", source="posts.csv", address="/srv/posts.csv")
    lines = proposed(
        [replace(CLOSED, closed_on=date(2026, 1, 2)), replace(FILED, account="另一个", account_id="8")],
        [WATCHED, second],
    )
    assert [(line["账号"], line["数据源"], line["状态"], line["关停时间"]) for line in lines] == [
        ("岚水发布", WATCHED.source, "已关停", "2026-01-02"),
        ("岚水发布", "posts.csv", "已关停", "2026-01-02"),
        ("另一个", "", "正常运行", ""),
    ]
