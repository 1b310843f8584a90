"""Feeds as collectors write them, and every answer that only looks like a silent account."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from crawler.extract.text import squeeze
from crawler.platforms.feed import read_feed
from db.records import SHANGHAI, Account, Evidence, Snapshot

NOW = datetime(2023, 8, 3, 14, 0, tzinfo=SHANGHAI)
NOON = datetime(2023, 8, 3, 12, 0, tzinfo=SHANGHAI)
SOURCE = "http://rss.example.cn/weibo/user/9000000001"
ACCOUNT = Account("忻阳市", "feed", "忻阳发布", SOURCE, SOURCE)


def read(body: str | bytes, kind: str | None = "application/xml; charset=utf-8", status: int = 200) -> Snapshot:
    data = body.encode() if isinstance(body, str) else body
    seen = Evidence(SOURCE, NOW, status, "0" * 64)
    snapshot = read_feed(data, kind, status, account=ACCOUNT, run=7, at=NOW, evidence=seen)
    assert snapshot.status in Snapshot.STATUSES
    assert snapshot.complete is False
    assert (snapshot.gone is not None) == (snapshot.status == "account_gone")
    assert snapshot.evidence is not None
    assert snapshot.evidence.sha256 == "0" * 64
    assert (snapshot.unit, snapshot.source, snapshot.run, snapshot.at) == ("忻阳市", SOURCE, 7, NOW)
    return snapshot


def item(title: str, date: str = "", more: str = "") -> str:
    shown = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>{title}</title><link>https://weibo.com/1/{title}</link>{shown}{more}</item>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>', built: str = "") -> str:
    return (
        f'{head}<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>忻阳发布</title>'
        f"<lastBuildDate>{built or format_datetime(NOW)}</lastBuildDate>{''.join(items)}</channel></rss>"
    )


def page(words: str, title: str = "微信公众平台") -> str:
    return (
        f"<html><head><title>{title}</title><script>var t='此帐号已自主注销，内容无法查看';</script></head>"
        f"<body><div class='weui-msg'>{words}</div></body></html>"
    )


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("Thu, 03 Aug 2023 04:00:00 GMT", NOON),
        ("Thu, 03 Aug 2023 12:00:00 +0800", NOON),
        ("Thu, 03 Aug 2023 12:00:00 ", NOON),
        ("2023-08-03 12:00:00", NOON),
        ("2023年8月3日", NOON.replace(hour=0)),
        ("昨天 12:00", NOON - timedelta(days=1)),
        ("1691035200", NOON),
        ("1691035200000", NOON),
        ("Thu Aug 03 12:00:00 +0800 2023", NOON),
        ("08-01", datetime(2023, 8, 1, tzinfo=SHANGHAI)),
        ("Invalid Date", None),
        ("", None),
    ],
)
def test_dates_are_read_from_the_raw_text(written, instant):
    snapshot = read(rss(item("今日天气", written)))
    assert snapshot.status == "ok"
    assert [post.published for post in snapshot.posts] == [instant]
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><updated>2023-08-03T06:00:00Z</updated><entry><title>今日天气</title><published>{written}</published></entry></feed>"
    assert [post.published for post in read(atom).posts] == [instant]
    items = [{"id": "1", "title": "今日天气", "date_published": written}]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    assert [post.published for post in read(json.dumps(feed), "application/feed+json").posts] == [instant]


def test_the_date_of_the_feed_itself_never_counts():
    snapshot = read(rss(item("无日期"), item("坏日期", "Invalid Date")))
    assert [post.published for post in snapshot.posts] == [None, None]
    assert snapshot.detail == "2 条没有可识别的日期"


def test_the_sample_of_rsshub_json():
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "忻阳发布的微博",
        "home_page_url": "https://weibo.com/9000000001/",
        "items": [
            {
                "id": "https://weibo.com/9000000001/NcBBBBBB2",
                "url": "https://weibo.com/9000000001/NcBBBBBB2",
                "title": "今日天气",
                "content_html": "今日天气",
                "date_published": "2023-08-03T04:00:00.000Z",
            },
            {
                "id": "https://weibo.com/9000000001/NcBBBBBB1",
                "url": "https://weibo.com/9000000001/NcBBBBBB1",
                "title": "转发微博 - 转发 @[原微博不可访问]: …",
                "content_html": "转发微博<br><blockquote> - 转发 …</blockquote>",
                "date_published": "2023-08-01T01:20:00.000Z",
            },
        ],
    }
    snapshot = read("\ufeff" + json.dumps(feed, ensure_ascii=False), "application/feed+json")
    assert snapshot.status == "ok"
    first, second = snapshot.posts
    assert (first.title, first.url) == ("今日天气", "https://weibo.com/9000000001/NcBBBBBB2")
    assert (first.published, first.repost, first.pinned) == (NOON.astimezone(UTC), None, False)
    assert second.repost is True


def test_the_sample_of_we_mp_rss():
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>岚水县发布</title>'
        "<link>https://example.invalid</link><description>d</description><generator>Mp-We-Rss</generator>\n"
        "<lastBuildDate>Thu, 03 Aug 2023 14:00:00 </lastBuildDate>\n<item><id>2247483650_1</id><title>防汛提示</title>"
        "<link>https://mp.weixin.qq.com/s/EXAMPLE0001</link><guid>https://mp.weixin.qq.com/s/EXAMPLE0001</guid>"
        "<pubDate>Tue, 18 Jul 2023 09:05:00 </pubDate></item></channel></rss>"
    )
    (post,) = read(text).posts
    assert post.published == datetime(2023, 7, 18, 9, 5, tzinfo=SHANGHAI)
    assert post.url == "https://mp.weixin.qq.com/s/EXAMPLE0001"


def test_atom_with_updated_only_and_with_both():
    entries = (
        "<entry><title>甲</title><updated>2023-08-03T12:00:00+08:00</updated><link href='/a'/></entry>"
        "<entry><title>乙</title><published>2023-01-01T00:00:00Z</published><updated>2023-08-03T12:00:00Z</updated></entry>"
    )
    snapshot = read(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><updated>2023-08-03T06:00:00Z</updated>{entries}</feed>'
    )
    assert [post.published for post in snapshot.posts] == [NOON, datetime(2023, 1, 1, tzinfo=UTC)]  # an edit is no news
    assert snapshot.posts[0].url == "http://rss.example.cn/a"


def test_rdf_with_dublin_core_dates():
    text = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><dc:date>2023-08-03</dc:date></channel>'
        "<item><title>甲</title><dc:date>2023-08-01T00:00:00+08:00</dc:date></item></rdf:RDF>"
    )
    assert [post.published for post in read(text).posts] == [datetime(2023, 8, 1, tzinfo=SHANGHAI)]


@pytest.mark.parametrize(
    ("title", "more", "pinned"),
    [
        ("置顶：服务指南", "", True),
        ("[置顶] 服务指南", "", True),
        ("【置顶】服务指南", "", True),
        ("置顶 服务指南", "", True),
        ("服务指南", "<category>置顶</category>", True),
        ("置顶功能使用说明", "", False),
        ("如何取消置顶", "", False),
    ],
)
def test_pinned_posts_are_marked(title, more, pinned):
    posts = read(rss(item(title, "2020-01-01", more), item("今日天气", "2023-08-03"))).posts
    assert [post.pinned for post in posts] == [pinned, False]


def test_future_posts_are_kept_and_posts_twice_are_not():
    twice = item("通知", "2023-08-01", "<guid>1</guid>")
    snapshot = read(
        rss(item("预告", "2024-09-06", "<guid>1</guid>"), twice, twice, item("旧闻", "2023-07-01", "<guid>1</guid>"))
    )
    assert [post.title for post in snapshot.posts] == ["预告", "通知", "旧闻"]  # though all bear one guid
    assert snapshot.posts[0].published == datetime(2024, 9, 6, tzinfo=SHANGHAI)


def test_titles_are_text_and_comments_are_counted():
    more = "<slash:comments>3</slash:comments>"
    described = "<item><description>&lt;p&gt;只有&lt;b&gt;正文&lt;/b&gt;&lt;/p&gt;</description></item>"
    posts = read(rss(item("今日&lt;b&gt;天气&lt;/b&gt; &amp;amp; 出行", "2023-08-03", more), described)).posts
    assert [(p.title, p.comments) for p in posts] == [("今日 天气 & 出行", 3), ("只有 正文", None)]


@pytest.mark.parametrize(
    ("encoding", "declared", "kind"),
    [
        ("utf-8", "utf-8", "application/xml"),
        ("gb18030", "utf-8", "application/xml; charset=utf-8"),  # says UTF-8, is GBK
        ("gb18030", "gb2312", "application/xml"),
        ("gb18030", "utf-8", None),
        ("utf-8", "gb2312", "text/xml; charset=gb2312"),  # says GBK, is UTF-8
        ("utf-8", "iso-8859-1", "text/html; charset=iso-8859-1"),
        ("utf-8-sig", "utf-8", "text/plain"),
        ("utf-16", "utf-16", "application/xml"),
        ("big5", "big5", "application/xml; charset=big5"),
        ("utf-8", "base64", "application/xml; charset=base64"),
    ],
)
def test_characters_whatever_is_declared(encoding, declared, kind):
    text = rss(item("防汛提示", "2023-08-03"), head=f'<?xml version="1.0" encoding="{declared}"?>')
    assert [post.title for post in read(text.replace("忻阳发布", "公告").encode(encoding), kind).posts] == ["防汛提示"]


def test_stray_control_characters_and_undeclared_entities_do_no_harm():
    posts = read(rss(item("今日\x08天气&nbsp;好", "2023-08-03"))).posts
    assert [(p.title, p.published) for p in posts] == [("今日天气 好", NOON.replace(hour=0))]


def dated(*days: int) -> str:
    return rss(*(item(f"第{d}条", format_datetime(NOW - timedelta(days=d))) for d in days))


@pytest.mark.parametrize("cut", [8, 30, 60, 75, 90, 101])
def test_a_truncated_feed_that_runs_from_new_to_old_keeps_its_whole_entries(cut):
    snapshot = read(dated(2, 5, 9).encode()[:-cut])
    assert snapshot.status == "ok"
    assert [p.title for p in snapshot.posts][:2] == ["第2条", "第5条"]
    assert all(p.published for p in snapshot.posts)
    assert snapshot.detail == "订阅内容不完整（中途截断）"


def test_a_truncated_feed_in_any_other_order_proves_nothing():
    whole = dated(40, 41, 1).encode()
    assert read(whole).status == "ok"
    assert read(dated(40, 30, 1).encode()[:-60]).status == "parse_error"  # the newest may be what is lost
    assert [p.title for p in read(dated(40, 30, 1).encode()[:-60]).posts] == ["第40条", "第30条"]
    assert read(dated(40).encode()[:-8]).status == "parse_error"
    assert read(dated().encode()[:-8]).status == "parse_error"
    assert (
        read(json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": 1}]})[:-3]).status
        == "parse_error"
    )


def test_a_whole_feed_without_entries_is_empty():
    assert read(rss()).status == "empty_ok"
    assert read('{"version": "https://jsonfeed.org/version/1", "items": []}').status == "empty_ok"


GONE_WORDS = ("account_gone", "words")
CLOSED = ("account_gone", "closed")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        # new-media.md 3.4, both spellings
        ("此帐号已被屏蔽, 内容无法查看", GONE_WORDS),
        ("此账号已被屏蔽，内容无法查看", GONE_WORDS),
        ("此帐号已自主注销，内容无法查看", GONE_WORDS),
        ("此账号已自主注销，内容无法查看", GONE_WORDS),
        ("该公众号已被封禁", GONE_WORDS),
        ("该账号因违反相关规定已被关停", GONE_WORDS),
        ("抱歉，您访问的用户不存在", GONE_WORDS),
        ("用户不存在 (20003)", GONE_WORDS),
        # one article or a link, not the account
        ("该内容已被发布者删除", ("parse_error", None)),
        ("此内容因违规无法查看", ("parse_error", None)),
        ("此内容发送失败无法查看", ("parse_error", None)),
        ("此帐号处于帐号迁移流程中", ("parse_error", None)),
        ("链接已过期", ("parse_error", None)),
        ("参数错误", ("parse_error", None)),
        # a move, a lawful closing
        ("该公众号已迁移", CLOSED),
        ("该公众号已迁移至新的帐号，原帐号已回收", CLOSED),
        ("因机构改革和工作调整，经市政府办公室批准并备案，“澄州水利”政务微博已依规停止更新并关停注销", CLOSED),
        ("公告：即日起“岚水旅游”抖音号停止更新，相关信息请关注“岚水县发布”", CLOSED),
        # challenges are never gone
        ("环境异常 当前环境异常，完成验证后即可继续访问。 去验证", ("challenge", None)),
        ("环境异常，此帐号已被屏蔽", ("challenge", None)),
        ("验证码中间页", ("challenge", None)),
        ("Empty html. The request may be filtered by WAF.", ("challenge", None)),
        ("访问过于频繁，请稍后再试", ("rate_limited", None)),
        ("请先登录", ("needs_login", None)),
        # our own login, or something else again
        ("您的账号已被封禁，请联系客服", ("parse_error", None)),
        ("用户不存在或密码错误，请登录", ("parse_error", None)),
        ("该用户已关闭评论功能", ("parse_error", None)),
        ("Looks like something went wrong Error: 请求失败", ("parse_error", None)),
        ("系统维护公告：根据要求今晚升级，暂时关闭", ("parse_error", None)),
        ("", ("parse_error", None)),
    ],
)
def test_what_a_page_says_instead_of_a_feed(words, meant):
    snapshot = read(page(words), "text/html; charset=utf-8")
    assert (snapshot.status, snapshot.gone) == meant
    if snapshot.gone:
        assert snapshot.evidence is not None
        assert snapshot.detail
        assert squeeze(words[:6]) in squeeze(snapshot.evidence.excerpt)


def test_words_of_a_long_page_or_of_its_scripts_decide_nothing():
    assert read(page("欢迎"), "text/html").status == "parse_error"  # the script holds every message
    hidden = "<p style='display:none'>此帐号已自主注销，内容无法查看</p><template>环境异常</template>欢迎"
    assert read(page(hidden), "text/html").status == "parse_error"
    assert (
        read(page("此帐号已自主注销，内容无法查看。" + "市政府召开常务会议，研究部署工作。" * 80), "text/html").status
        == "parse_error"
    )


HTML_ERROR = "<html><head><title>Welcome to RSSHub!</title></head><body><h1>Looks like something went wrong</h1><p>{}</p></body></html>"


@pytest.mark.parametrize(
    ("status", "words", "meant"),
    [
        (503, "Error Message: this route is empty, please check the original site", ("empty_ok", None)),
        (503, "Error: request in progress", ("network_error", None)),
        (503, "Error: Cookies expired", ("needs_login", None)),
        (503, "Cooling down before new visitor Cookies may be requested", ("rate_limited", None)),
        (503, "FetchError: [GET] https://m.weibo.cn/api: 432", ("challenge", None)),
        (503, "Error: 此帐号已自主注销，内容无法查看", GONE_WORDS),
        (500, "", ("network_error", None)),
        (502, "Bad Gateway", ("network_error", None)),
        (403, "Authentication failed. Access denied.", ("needs_login", None)),
        (403, "", ("needs_login", None)),
        (403, "无法获取用户信息", ("needs_login", None)),
        (401, "", ("needs_login", None)),
        (404, "", ("account_gone", "status")),
        (404, "Not Found", ("account_gone", "status")),
        (410, "Gone", ("account_gone", "status")),
        (404, "暂未发表作品", ("empty_ok", None)),  # toutiao without posts
        (404, "NotFoundError: wrong path?", ("parse_error", None)),  # a route that our collector lacks
        (429, "", ("rate_limited", None)),
        (432, "", ("challenge", None)),
        (412, "请求被拦截", ("challenge", None)),
        (400, "", ("network_error", None)),
        (304, "", ("parse_error", None)),
    ],
)
@pytest.mark.parametrize("form", [HTML_ERROR, "{}"])
def test_what_a_status_means(form, status, words, meant):
    snapshot = read(form.format(words), "text/html", status)
    assert (snapshot.status, snapshot.gone) == meant
    assert snapshot.detail


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ({"ok": -100, "msg": "请先登录", "url": "https://passport.weibo.com/x"}, "needs_login"),
        ({"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}, "parse_error"),
        ({"code": -352, "message": "风控校验失败"}, "challenge"),
        ({"version": 3, "items": "x"}, "parse_error"),
        ([1, 2], "parse_error"),
    ],
)
def test_json_that_is_no_feed(body: Any, meant: str):
    assert read(json.dumps(body), "application/json").status == meant  # escaped, as servers send it


def test_an_error_page_with_the_type_of_a_feed_is_none():
    assert read("<html><body>此帐号已自主注销</body></html>", "application/rss+xml").status == "account_gone"
    assert read(rss(item("甲", "2023-08-03")), "text/html").status == "ok"
    assert read(rss(item("甲", "2023-08-03")), "application/xml", 503).status == "network_error"
    assert read(b"\x00\x01\xff\xfe\x80" * 20, "image/png").status == "parse_error"


@pytest.mark.parametrize(
    ("title", "closed"),
    [
        ("关于“岚水旅游”微信公众号停止更新的公告", True),
        ("关于注销岚水县旅游局官方微博的通知", True),
        ("本公众号自8月1日起停止更新", True),
        ("告别：本号将迁移至“岚水县发布”", True),
        ("县网信办依法关停12个违规账号的通告", False),
        ("关于注销部分企业食品经营许可证的公告", False),
        ("抖音账号怎么注销", False),
        ("关于各单位政务新媒体账号关停注销的通知", False),
        ("关于停止供水的公告", False),
    ],
)
def test_the_newest_post_may_close_the_account(title, closed):
    snapshot = read(rss(item("旧闻", "2023-07-01"), item(title, "2023-07-20"), item("预告", "2024-01-01")))
    assert (snapshot.status, snapshot.gone) == (CLOSED if closed else ("ok", None))
    assert len(snapshot.posts) == 3
    assert read(rss(item(title, "2023-07-01"), item("今日天气", "2023-07-20"))).status == "ok"  # it went on
