"""Every protocol on canned answers: alive, stale, empty, gone in words, a bare 404, refused, and not to be read at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.platforms import PROTOCOLS, steps
from crawler.platforms.source import Ask, Reply, Source
from db.codec import dump, load
from db.records import SHANGHAI, Account, Evidence, Outcome, Snapshot
from tests.crawler.platforms import shapes

NOW = datetime(2026, 11, 24, 22, 10, tzinfo=SHANGHAI)
Answer = str | tuple[int, str]
BASE = "http://127.0.0.40:8000"
SOURCES = {  # a registered address of each protocol, on a collector that hands the platform's answers on
    "wechat_api": ("wechat", f"{BASE}/datacube/getarticletotaldetail", shapes.detail),
    "wechat_album": ("wechat", f"{BASE}/mp/appmsgalbum?action=getalbum&album_id=1&f=json", shapes.album),
    "wechat_backend": ("wechat", f"{BASE}/backend/7.json", shapes.backend),
    "wechat_article": ("wechat", f"{BASE}/saved/article.html", lambda now, ages: shapes.article(now, *ages[:1])),
    "weibo": (
        "weibo",
        f"{BASE}/api/container/getIndex?type=uid&value={shapes.UID}&containerid=107603{shapes.UID}",
        shapes.weibo,
    ),
    "douyin": ("douyin", f"{BASE}/douyin.json", shapes.douyin),
    "kuaishou": ("kuaishou", f"{BASE}/ks.json", shapes.kuaishou),
    "toutiao": ("toutiao", f"{BASE}/tt.json", shapes.toutiao),
    "bilibili": ("bilibili", f"{BASE}/x/space?host_mid=1", shapes.bilibili),
}
LISTS = [name for name in SOURCES if name != "wechat_article"]


def read(
    platform: str,
    address: str,
    answers: Mapping[str, Answer] | Callable[[Ask], Answer] | Answer,
    *,
    at: datetime = NOW,
    secrets: frozenset[str] = frozenset(),
) -> Snapshot:
    """What the source shows when its requests are answered so (by a part of the address; 404 where none fits)."""
    reading = steps(Source(Account("忻阳市", platform, shapes.NAME, address, address), 7, at, secrets))
    asked: list[Ask] = []
    try:
        ask = next(reading)
        while True:
            asked.append(ask)
            ask = reading.send(_reply(ask, answers, at))
    except StopIteration as end:
        snapshot: Snapshot = end.value
    assert snapshot.status in Snapshot.STATUSES
    assert (snapshot.gone is not None) == (snapshot.status == "account_gone")
    assert (snapshot.unit, snapshot.run, snapshot.source) == ("忻阳市", 7, address)
    assert snapshot.evidence is not None
    read.asked = asked  # type: ignore[attr-defined]
    return snapshot


def _reply(ask: Ask, answers: Mapping[str, Answer] | Callable[[Ask], Answer] | Answer, at: datetime) -> Reply:
    if callable(answers):
        found = answers(ask)
    elif isinstance(answers, Mapping):
        found = next((answer for part, answer in answers.items() if part in ask.url), (404, "Not Found"))
    else:
        found = answers
    status, body = (200, found) if isinstance(found, str) else found
    outcome = Outcome.OK if status < 400 else Outcome.HTTP_ERROR
    return Reply(ask.url, at, status, body.encode(), None, outcome, Evidence(ask.url, at, status or None, "0" * 64))


def ages(snapshot: Snapshot, *, pinned: bool = False) -> list[int]:
    return [(NOW - p.published).days for p in snapshot.posts if p.published and p.pinned == pinned]


def test_every_row_of_the_table_is_tried():
    assert {p.name for p in PROTOCOLS} == {*SOURCES, "appstore"}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("old", [[1, 5, 9], [40, 41, 44]])
def test_lists_are_read_from_new_to_old(name, old):
    platform, address, made = SOURCES[name]
    snapshot = read(platform, address, made(NOW, old))
    assert snapshot.status == "ok", snapshot.detail
    assert ages(snapshot) == old
    assert all(p.title or name == "wechat_api" for p in snapshot.posts)
    assert len({p.id or p.url for p in snapshot.posts}) == len(snapshot.posts)


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_proves_nothing(name):
    platform, address, made = SOURCES[name]
    answers = {"containerid": made(NOW, []), "getIndex": shapes.weibo_profile()} if name == "weibo" else made(NOW, [])
    snapshot = read(platform, address, answers)
    if name == "wechat_api":  # the official API was asked for these days and knows of none
        assert (snapshot.status, snapshot.posts) == ("ok", ())
        assert snapshot.since == NOW.replace(hour=0, minute=0) - timedelta(days=92)
    else:
        assert (snapshot.status, snapshot.posts, snapshot.since) == ("empty_ok", (), None)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    ("answer", "status", "gone"),
    [
        (shapes.GONE_WORDS, "account_gone", "words"),
        ((404, "Not Found"), "account_gone", "status"),
        ((410, ""), "account_gone", "status"),
        (shapes.CHALLENGE, "challenge", None),
        ((412, "{}"), "challenge", None),
        ((429, ""), "rate_limited", None),
        ((432, ""), "challenge", None),
        ((503, "<h1>Bad gateway</h1>"), "network_error", None),
        ((401, ""), "needs_login", None),
        ('{"truncated": ', "parse_error", None),
        ("", "parse_error", None),
        ("[]", "parse_error", None),
        ("null", "parse_error", None),
        ('{"data": 5, "ok": "x", "list": 3, "message": []}', "parse_error", None),
        ((0, ""), "network_error", None),
    ],
)
def test_what_is_no_list(name, answer, status, gone):
    platform, address, _ = SOURCES[name]
    snapshot = read(platform, address, answer)
    if gone == "status" and name in ("wechat_api", "wechat_album"):  # no interface and no album is an account
        status, gone = "parse_error", None
    assert (snapshot.status, snapshot.gone) == (status, gone), snapshot.detail
    assert snapshot.posts == ()


def test_a_collector_may_hand_any_platform_on_under_any_address():
    for name, (platform, _, made) in SOURCES.items():
        if name != "wechat_api":
            assert read(platform, f"{BASE}/any/7", made(NOW, [2, 3])).status == "ok", name
            assert read(platform, f"{BASE}/weibo/user/1", shapes.rss(NOW, [2, 3])).posts[0].published, name
    assert read("feed", f"{BASE}/any/7", shapes.douyin(NOW, [2])).status == "ok"


def test_an_error_that_anybody_may_give_says_nothing_of_a_feed():
    for body in ('{"ok": false, "error": "x"}', '{"code": -404}', '{"errcode": 50002}', '{"message": "not found"}'):
        assert read("feed", f"{BASE}/f", body).status == "parse_error"
    assert read("weibo", f"{BASE}/f", '{"ok": false, "error": "x"}').status == "parse_error"


# Weibo


def weibo_posts(*blogs, at=NOW):
    cards = [shapes.card(b) for b in blogs]
    return read("weibo", SOURCES["weibo"][1], shapes.text({"ok": 1, "data": {"cards": cards}}), at=at).posts


def test_weibo_counters_name_and_coverage():
    snapshot = read("weibo", SOURCES["weibo"][1], shapes.weibo(NOW, [1, 5, 9]))
    assert (snapshot.name, snapshot.verified, snapshot.total, snapshot.followers) == (shapes.NAME, True, 2314, 52_000)
    assert snapshot.since == min(p.published for p in snapshot.posts if not p.pinned)
    assert [e.kind for e in snapshot.entries] == ["bio"]
    assert ages(snapshot, pinned=True) == [400]
    assert snapshot.posts[1].url == f"https://weibo.com/{shapes.UID}/NcBBBB10"


@pytest.mark.parametrize(
    "mark",
    [
        {"isTop": 1},
        {"title": {"text": "置顶"}},
        {"mblogtype": 2},
        {},  # older than the third
    ],
)
def test_weibo_pinned_posts_by_every_mark(mark):
    first, *rest = weibo_posts(
        shapes.mblog(1, "Mon Jan 09 09:00:00 +0800 2023", **mark), shapes.mblog(2, "11-24"), shapes.mblog(3, "11-20")
    )
    assert first.pinned
    assert not any(p.pinned for p in rest)


def test_weibo_a_pinned_card_and_two_pinned_posts():
    blogs = [shapes.mblog(n, when) for n, when in enumerate(["2023-01-01", "2023-02-01", "11-24", "11-20"])]
    cards = [shapes.card(blogs[0], "proweibotop_2"), *map(shapes.card, blogs[1:])]
    posts = read("weibo", SOURCES["weibo"][1], shapes.text({"ok": 1, "data": {"cards": cards}})).posts
    assert [p.pinned for p in posts] == [True, True, False, False]


@pytest.mark.parametrize(
    ("written", "at", "day"),
    [
        ("Tue Nov 24 12:00:00 +0800 2026", NOW, "2026-11-24"),
        ("刚刚", NOW, "2026-11-24"),
        ("59分钟前", NOW.replace(hour=0, minute=30), "2026-11-23"),
        ("3小时前", NOW, "2026-11-24"),
        ("昨天 23:59", NOW.replace(hour=0, minute=0), "2026-11-23"),
        ("昨天 12:00", NOW, "2026-11-23"),
        ("08-01", datetime(2026, 1, 3, tzinfo=SHANGHAI), "2025-08-01"),
        ("11-25", NOW, "2025-11-25"),
        ("2024-02-29", NOW, "2024-02-29"),
    ],
)
def test_weibo_every_form_of_a_date(written, at, day):
    (post,) = weibo_posts(shapes.mblog(1, written), at=at)
    assert post.published.astimezone(SHANGHAI).date().isoformat() == day


def test_weibo_reposts_deleted_posts_and_open_comments():
    posts = weibo_posts(
        shapes.mblog(1, "11-24", retweeted_status={"user": None, "text": "抱歉，作者已设置仅展示半年内微博"}),
        shapes.mblog(2, "11-23", deleted="1"),
        shapes.mblog(3, "11-22", state=8),
        shapes.mblog(4, "11-21", comment_manage_info={"comment_permission_type": -1}, comments_count="1.2万"),
    )
    assert [(p.repost, p.comments_open, p.comments) for p in posts] == [(True, None, 2), (False, True, 12_000)]


def test_weibo_the_other_shape():
    blog = shapes.mblog(1, "Tue Nov 24 12:00:00 +0800 2026", mblogid="Zz1", text_raw="公告", isTop=1)
    del blog["bid"]
    snapshot = read(
        "weibo", f"{BASE}/ajax/statuses/mymblog?uid=1", shapes.text({"ok": 1, "data": {"list": [blog], "total": 9}})
    )
    (post,) = snapshot.posts
    assert (post.title, post.pinned, post.url) == ("公告", True, f"https://weibo.com/{shapes.UID}/Zz1")


@pytest.mark.parametrize(
    ("body", "status"),
    [(shapes.WEIBO_LOGIN, "needs_login"), (shapes.WEIBO_CAPTCHA, "challenge"), ((432, ""), "challenge")],
)
def test_weibo_refusals(body, status):
    assert read("weibo", SOURCES["weibo"][1], body).status == status


def test_weibo_no_content_with_a_user_is_empty_and_without_one_is_gone_once():
    address = SOURCES["weibo"][1]
    lived = read("weibo", address, {"containerid": shapes.WEIBO_EMPTY, "getIndex": shapes.weibo_profile()})
    assert (lived.status, lived.total, lived.complete) == ("empty_ok", 2314, False)
    never = read(
        "weibo", address, {"containerid": shapes.WEIBO_EMPTY, "getIndex": shapes.weibo_profile(statuses_count=0)}
    )
    assert (never.status, never.complete) == ("empty_ok", True)
    gone = read("weibo", address, shapes.WEIBO_EMPTY)
    assert (gone.status, gone.gone) == ("account_gone", "status")
    assert "没有账号资料" in gone.detail
    for told, status in (((432, ""), "challenge"), (shapes.WEIBO_LOGIN, "needs_login"), ((500, ""), "network_error")):
        assert read("weibo", address, {"containerid": shapes.WEIBO_EMPTY, "getIndex": told}).status == status
    words = read("weibo", address, {"containerid": shapes.WEIBO_EMPTY, "getIndex": '{"ok": 0, "msg": "用户不存在"}'})
    assert (words.status, words.gone) == ("account_gone", "words")


def test_weibo_a_person_s_page_leads_to_the_profile_and_on_to_its_list():
    answers = {"107603": shapes.weibo(NOW, [3]), "m.weibo.cn": shapes.weibo_profile()}
    snapshot = read("weibo", f"https://weibo.com/u/{shapes.UID}?tabtype=home", answers)
    assert snapshot.status == "ok"
    assert [a.url.split("?")[1] for a in read.asked] == [
        f"type=uid&value={shapes.UID}",
        f"type=uid&value={shapes.UID}&containerid=107603{shapes.UID}",
    ]
    assert len(snapshot.proofs) == 1


def test_weibo_a_reply_by_the_account_itself_is_seen_with_a_cookie_only():
    def answer(user):
        reply = {"user": {"id": user}, "created_at": "11-23", "text": "您好"}
        return shapes.text({"ok": 1, "data": {"data": [{"user": {"id": 5}, "comments": [reply]}], "max_id": 0}})

    address = SOURCES["weibo"][1]
    for user, replies in ((shapes.UID, 1), (6, 0)):
        answers = {"hotflow": answer(user), "getIndex": shapes.weibo(NOW, [3])}
        seen = read("weibo", address, answers, secrets=frozenset(("cookie",)))
        assert max((p.replies or 0 for p in seen.posts), default=0) == replies
    assert len(read.asked) == 2
    assert not any(p.replies for p in read("weibo", address, answers).posts)
    assert len(read.asked) == 1


# the others


def test_douyin_withdrawn_and_pinned_videos_and_the_second_witness():
    snapshot = read("douyin", SOURCES["douyin"][1], shapes.douyin(NOW, [4]))
    assert ages(snapshot) == [4]
    assert ages(snapshot, pinned=True) == [300]
    assert (snapshot.total, snapshot.complete, snapshot.name) == (40, True, shapes.NAME)
    assert [p.comments_open for p in snapshot.posts] == [None, True]
    assert read("douyin", BASE, shapes.text({"status_code": 8, "status_msg": "用户未登录"})).status == "needs_login"


def test_kuaishou_refuses_in_its_result():
    body = shapes.text({"data": {"visionProfilePhotoList": {"result": 109, "feeds": []}}})
    assert read("kuaishou", SOURCES["kuaishou"][1], body).status == "needs_login"


def test_kuaishou_feed_has_ids_but_no_dates():
    snapshot = read("kuaishou", f"{BASE}/kuaishou/profile/3x", shapes.kuaishou_feed(["a", "b"]))
    assert (snapshot.status, [p.id for p in snapshot.posts], snapshot.name) == ("ok", ["a", "b"], shapes.NAME)
    assert snapshot.detail == "2 条没有可识别的日期"


def test_toutiao_takes_no_date_from_the_order_of_the_feed():
    snapshot = read("toutiao", SOURCES["toutiao"][1], shapes.toutiao(NOW, [33, 50]))
    assert ages(snapshot) == [33, 50]
    assert [p.repost for p in snapshot.posts] == [False, None]
    said = read("toutiao", f"{BASE}/toutiao/user/token/x", (404, "<p>Error Message: 暂未发表作品</p>"))
    assert said.status == "empty_ok"


@pytest.mark.parametrize(
    ("code", "status"),
    [(-352, "challenge"), (412, "challenge"), (-799, "rate_limited"), (-404, "account_gone"), (-9, "parse_error")],
)
def test_bilibili_codes(code, status):
    assert read("bilibili", SOURCES["bilibili"][1], shapes.text({"code": code, "message": "风控"})).status == status


def test_bilibili_pinned_and_forwarded():
    body = shapes.bilibili(NOW, [3]).replace(
        '"DYNAMIC_TYPE_AV", "modules": {"module_author": {"name": "忻阳发布", "pub_ts": ',
        '"DYNAMIC_TYPE_FORWARD", "orig": {}, "modules": {"module_author": {"name": "忻阳发布", "pub_ts": ',
    )
    snapshot = read("bilibili", SOURCES["bilibili"][1], body)
    assert [(p.pinned, p.repost) for p in snapshot.posts] == [(True, True), (False, True)]
    assert all(p.comments_open for p in snapshot.posts)


# WeChat


def test_album_with_one_article_or_asking_for_a_proof():
    one = read("wechat", SOURCES["wechat_album"][1], shapes.album(NOW, [2]))
    assert len(one.posts) == 1
    assert one.partial
    assert one.since is None
    body = shapes.text({"base_resp": {"ret": 0}, "verify_status": 1, "getalbum_resp": {}})
    assert read("wechat", SOURCES["wechat_album"][1], body).status == "challenge"
    html = f"<li data-link='https://mp.weixin.qq.com/s/x' data-title='甲'><i class='js_article_create_time'>{shapes.seconds(NOW, 2)}</i></li>"
    assert ages(read("wechat", f"{BASE}/album.html", html)) == [2]


def test_backend_codes_and_edits():
    assert read("wechat", SOURCES["wechat_backend"][1], '{"base_resp": {"ret": 200013}}').status == "rate_limited"
    assert read("wechat", SOURCES["wechat_backend"][1], '{"base_resp": {"ret": 200003}}').status == "needs_login"
    snapshot = read("wechat", SOURCES["wechat_backend"][1], shapes.backend(NOW, [40]))
    assert ages(snapshot) == [40]  # today's edit is no news
    assert (NOW - snapshot.posts[0].edited).days == 0


def test_single_articles_and_what_stands_in_their_place():
    address = "https://mp.weixin.qq.com/s?chksm=9&__biz=MzA&mid=1&idx=2&sn=ab&scene=27#wechat_redirect"
    snapshot = read("wechat", address, shapes.article(NOW, 3))
    assert (snapshot.status, snapshot.name, snapshot.posts[0].title) == ("ok", shapes.NAME, "防汛&提示")
    assert (ages(snapshot), snapshot.since, bool(snapshot.partial)) == ([3], None, True)
    assert read.asked[0].url == "https://mp.weixin.qq.com/s?__biz=MzA&mid=1&idx=2&sn=ab"
    for words, status, gone in (
        ("该内容已被发布者删除", "parse_error", None),
        ("此内容因违规无法查看", "parse_error", None),
        ("此内容发送失败无法查看", "parse_error", None),
        ("此帐号已被屏蔽, 内容无法查看", "account_gone", "words"),
        ("此账号已自主注销，内容无法查看", "account_gone", "words"),
        ("此帐号处于帐号迁移流程中", "parse_error", None),
        ("链接已过期", "parse_error", None),
        ("参数错误", "parse_error", None),
        ("环境异常 去验证 该内容已被发布者删除", "challenge", None),
    ):
        found = read("wechat", "https://mp.weixin.qq.com/s/short", f"<html><body><p>{words}</p></body></html>")
        assert (found.status, found.gone) == (status, gone), words


def test_an_account_that_moved_is_followed_to_its_new_name():
    answers = {
        "/s/new": shapes.article(NOW, 3, "忻阳融媒"),
        "/s/old": shapes.moved("https://mp.weixin.qq.com/s/new?a=1\\x26amp;b=2"),
    }
    snapshot = read("wechat", "https://mp.weixin.qq.com/s/old?from=timeline", answers)
    assert (snapshot.status, snapshot.name) == ("ok", "忻阳融媒")
    assert "已迁移" in snapshot.detail
    assert read.asked[1].url == "https://mp.weixin.qq.com/s/new?a=1&b=2"
    lost = read("wechat", "https://mp.weixin.qq.com/s/old", {"/s/old": shapes.moved("/s/lost")})
    assert (lost.status, lost.gone) == ("account_gone", "closed")


def official(**answers):
    parts = {"detail": "getarticletotaldetail", "menu": "selfmenu", "reply": "autoreply", "comments": "comment/list"}
    found = {parts.get(name, name): answer for name, answer in answers.items()}
    return read("wechat", "https://api.weixin.qq.com/datacube/getarticletotaldetail", found)


def test_official_api_asks_for_three_months_and_speaks_until_yesterday():
    later = datetime(2027, 6, 1, 22, tzinfo=SHANGHAI)
    address = "https://api.weixin.qq.com/datacube/getarticletotaldetail"
    snapshot = read("wechat", address, {"getarticletotaldetail": shapes.detail(later, [4])}, at=later)
    assert read.asked[0].body == '{"begin_date": "2027-03-01", "end_date": "2027-05-31"}'
    assert snapshot.until == datetime(2027, 6, 1, tzinfo=SHANGHAI)
    assert snapshot.since == datetime(2027, 3, 1, tzinfo=SHANGHAI)
    assert [p.comments for p in snapshot.posts] == [3]
    assert [p.id for p in snapshot.posts] == ["2247490000_1"]


def test_official_api_knows_nothing_before_its_first_day():
    early = datetime(2025, 11, 24, 22, tzinfo=SHANGHAI)
    snapshot = read("wechat", "https://api.weixin.qq.com/", shapes.detail(early, []), at=early)
    assert snapshot.since == datetime(2025, 11, 1, tzinfo=SHANGHAI)


def test_official_api_asks_for_fewer_days_when_the_span_is_refused():
    spans = []

    def answer(ask):
        spans.append(ask.body)
        return shapes.error(61501) if "getarticletotaldetail" in ask.url and len(spans) < 3 else shapes.detail(NOW, [])

    snapshot = read("wechat", "https://api.weixin.qq.com/", answer)
    assert (NOW - snapshot.since).days == 7
    assert len(set(spans[:3])) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (shapes.error(40001), "needs_login"), (shapes.error(42001), "needs_login"), (shapes.error(41001), "needs_login"),
        (shapes.error(45009), "rate_limited"), (shapes.error(48001), "needs_login"), (shapes.error(-1), "network_error"),
        (shapes.error(47009), "parse_error"),
        (shapes.detail(NOW, [1], is_delay=True), "source_stale"),
    ],
)  # fmt: skip
def test_official_api_errors_inside_http_200(body, status):
    assert official(detail=body).status == status


def test_official_api_menu_replies_and_comments():
    links = {"good.example/": "<p>信箱</p>", "dead.example/": (404, "")}
    made = shapes.menu(("领导信箱", "http://good.example/x"), ("办事大厅", "http://dead.example/"), ("网上预约", None))
    snapshot = official(
        detail=shapes.detail(NOW, [2, 9]), menu=made, reply=shapes.autoreply(1),
        comments=shapes.comments(reply_at=shapes.seconds(NOW, 1)), **links,
    )  # fmt: skip
    works = {(e.kind, e.name): e.works for e in snapshot.entries}
    assert works == {
        ("talk", "互动/领导信箱"): True,
        ("talk", "互动/办事大厅"): False, ("service", "互动/办事大厅"): False,
        ("talk", "互动/网上预约"): True, ("service", "互动/网上预约"): True,
        ("talk", "消息自动回复"): True,
    }  # fmt: skip
    assert {"menu", "messages"} <= set(snapshot.looked)
    assert [p.replies for p in snapshot.posts] == [1, 1]
    assert sum("dead.example" in a.url for a in read.asked) == 2  # a dead link is asked twice
    assert all(a.link for a in read.asked if "example" in a.url)
    assert len(snapshot.proofs) == 4


def test_official_api_that_finds_nothing_has_looked_at_everything():
    snapshot = official(
        detail=shapes.detail(NOW, [2]),
        menu=shapes.menu(is_open=0),
        reply=shapes.autoreply(),
        comments=shapes.error(88000),
    )
    assert set(snapshot.looked) == {"menu", "messages", "comments", "replies"}
    assert snapshot.entries == ()
    assert [p.comments_open for p in snapshot.posts] == [False]
    less = official(
        detail=shapes.detail(NOW, [2]), menu=shapes.error(48001), reply=shapes.error(48001), comments=shapes.comments()
    )
    assert less.looked == ()


def test_what_was_published_silently_never_proves_silence():
    address = "https://api.weixin.qq.com/cgi-bin/freepublish/batchget"
    assert read("wechat", address, shapes.silent(NOW, [])).status == "empty_ok"
    some = read("wechat", address, shapes.silent(NOW, [40]))
    assert (some.status, bool(some.partial), some.since) == ("ok", True, None)
    assert read.asked[0].body == '{"offset": 0, "count": 20, "no_content": 1}'


def test_a_relay_of_the_official_api_may_want_a_get():
    def answer(ask):
        return (501, "Unsupported method") if ask.body else shapes.detail(NOW, [3])

    snapshot = read("wechat", SOURCES["wechat_api"][1], answer)
    assert (snapshot.status, ages(snapshot)) == ("ok", [3])
    assert snapshot.since == snapshot.posts[0].published  # for which days the relay asked is not known


# apps


def test_app_store_always_in_this_country():
    for address in ("https://apps.apple.com/us/app/x/id123456", "https://itunes.apple.com/lookup?id=123456&country=us"):
        snapshot = read("app", address, shapes.app())
        assert (snapshot.status, snapshot.posts, snapshot.name) == ("ok", (), "忻阳通")
        assert read.asked[0].url == "https://itunes.apple.com/lookup?id=123456&country=cn"
    gone = read("app", address, shapes.app(0))
    assert (gone.status, gone.gone) == ("account_gone", "status")
    assert read("app", address, (503, "")).status == "network_error"


def test_the_newest_post_that_announces_the_end_is_a_lawful_closing_on_every_platform():
    body = shapes.toutiao(NOW, [30, 40]).replace("第0条", "关于“忻阳发布”头条号停止更新的公告")
    snapshot = read("toutiao", BASE, body)
    assert (snapshot.status, snapshot.gone) == ("account_gone", "closed")


def test_instants_are_utc():
    assert all(p.published.tzinfo is UTC for p in read("douyin", BASE, shapes.douyin(NOW, [1, 2])).posts)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def spoilt(value, draw):
    """The value with some part of it replaced by anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if isinstance(value, dict):
        return {key: spoilt(inner, draw) for key, inner in value.items()}
    return [spoilt(inner, draw) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_platform_that_changes_its_answers_breaks_nothing(name, data):
    platform, address, made = SOURCES[name]
    answer = shapes.text(spoilt(json.loads(made(NOW, [1, 5, 9])), data.draw))
    snapshot = read(platform, address, answer)
    assert load(Snapshot, dump(snapshot)) == snapshot
    assert snapshot.posts or snapshot.status != "ok" or snapshot.since is not None
