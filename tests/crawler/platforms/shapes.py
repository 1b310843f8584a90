"""Answers of every platform in the shape of new-media.md, made up: alive or stale by the ages of the posts, and every refusal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

NAME, UID = "忻阳发布", 9000000001
GONE_WORDS = "<html><head><title>微信公众平台</title></head><body><p>此帐号已自主注销，内容无法查看</p></body></html>"
CHALLENGE = "<html><body><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a></body></html>"


def text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def weibo_user(**more: Any) -> dict[str, Any]:
    return {
        "id": UID, "screen_name": NAME, "verified": True, "verified_reason": "忻阳市人民政府新闻办公室官方微博",
        "statuses_count": 2314, "followers_count": "5.2万", "description": "投诉请拨12345",
    } | more  # fmt: skip


def mblog(n: int, created_at: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"49300000000000{n:02}", "mid": f"49300000000000{n:02}", "bid": f"NcBBBB{n:02}", "created_at": created_at,
        "text": f"第{n}条 <span class=\"url-icon\"></span>", "mblogtype": 0, "reposts_count": "100万+", "comments_count": 2,
        "user": weibo_user(),
    } | more  # fmt: skip


def card(blog: dict[str, Any], kind: str = "proweibo_") -> dict[str, Any]:
    return {"card_type": 9, "profile_type_id": kind, "mblog": blog}


def weibo(now: datetime, ages: Sequence[int]) -> str:
    """Posts of those ages in days, a pinned one before them, the newest in a group (card_type 11)."""
    blogs = [mblog(n, f"{now - timedelta(days=age):%a %b %d %H:%M:%S +0800 %Y}") for n, age in enumerate(ages, 10)]
    pinned = mblog(
        1, f"{now - timedelta(days=400):%a %b %d %H:%M:%S +0800 %Y}", isTop=1, mblogtype=2, title={"text": "置顶"}
    )
    cards = [card(pinned, "proweibotop_")]
    if blogs:
        cards += [{"card_type": 11, "card_group": [card(blogs[0])]}, *map(card, blogs[1:])]
    return text({"ok": 1, "data": {"cardlistInfo": {"total": 2314}, "cards": cards if blogs else []}})


def weibo_profile(**more: Any) -> str:
    tabs = [{"tab_type": "profile", "containerid": "230283"}, {"tab_type": "weibo", "containerid": f"107603{UID}"}]
    return text({"ok": 1, "data": {"userInfo": weibo_user(**more), "tabsInfo": {"tabs": tabs}}})


WEIBO_EMPTY = text({"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}})
WEIBO_LOGIN = text({"ok": -100, "msg": "请先登录", "url": "https://passport.weibo.com/signin"})
WEIBO_CAPTCHA = text({"ok": 0, "url": "https://security.weibo.com/captcha/geetest", "data": {}})


def seconds(now: datetime, age: float) -> int:
    return int((now - timedelta(days=age)).timestamp())


def douyin(now: datetime, ages: Sequence[int]) -> str:
    """Videos of those ages, a pinned old one and one that was withdrawn among them."""

    def video(n: int, age: float, **more: Any) -> dict[str, Any]:
        author = {"nickname": NAME, "sec_uid": "MS4wLjABAAAAexample", "custom_verify": "官方账号", "aweme_count": 40}
        made = {"aweme_id": f"72000000000000000{n:02}", "desc": f"#便民 第{n}期", "create_time": seconds(now, age)}
        return made | {"is_top": 0, "statistics": {"comment_count": 2}, "author": author} | more

    videos = [video(n, age, aweme_control={"can_comment": True}) for n, age in enumerate(ages, 10)]
    top = [video(1, 300, is_top=1), video(2, 0, status={"is_delete": True})] if videos else []
    return text({"status_code": 0, "has_more": 0, "max_cursor": 0, "aweme_list": [*top, *videos]})


def kuaishou(now: datetime, ages: Sequence[int]) -> str:
    feeds = [
        {
            "type": 1,
            "author": {"id": "3xexample", "name": NAME},
            "photo": {
                "id": f"3xphoto{n}",
                "caption": "防汛提示",
                "timestamp": seconds(now, age) * 1000,
                "commentCount": 1,
            },
        }
        for n, age in enumerate(ages)
    ]
    return text({"data": {"visionProfilePhotoList": {"result": 1, "pcursor": "no_more", "feeds": feeds}}})


def toutiao(now: datetime, ages: Sequence[int]) -> str:
    user = {"name": NAME, "user_verified": True, "verified_content": "官方头条号"}
    items = [
        {"cell_type": 60, "id": f"726290000000000{n}", "title": f"第{n}条", "publish_time": seconds(now, age),
         "behot_time": seconds(now, 0), "is_original": n == 0, "comment_count": 0, "user_info": user}
        for n, age in enumerate(ages)
    ]  # fmt: skip
    return text({"message": "success", "has_more": False, "data": items})


def bilibili(now: datetime, ages: Sequence[int]) -> str:
    def item(n: int, age: float, **more: Any) -> dict[str, Any]:
        author = {"name": NAME, "pub_ts": seconds(now, age)}
        shown = {"major": {"archive": {"title": f"第{n}期"}}}
        made = {
            "module_author": author,
            "module_dynamic": shown,
            "module_stat": {"comment": {"count": 3, "forbidden": False}},
        }
        return {"id_str": f"80000000000000{n}", "type": "DYNAMIC_TYPE_AV", "modules": made | more}

    items = [item(n, age) for n, age in enumerate(ages)]
    pinned = [item(90, 500, module_tag={"text": "置顶"})] if items else []
    return text({"code": 0, "message": "0", "data": {"has_more": False, "items": [*pinned, *items]}})


def album(now: datetime, ages: Sequence[int]) -> str:
    """An album; a lone article comes as an object."""
    items = [
        {"msgid": str(2247490000 + n), "itemidx": "1", "title": f"第{n}篇", "create_time": str(seconds(now, age)),
         "url": f"https://mp.weixin.qq.com/s?__biz=MzA&mid={2247490000 + n}&idx=1&sn=ab"}
        for n, age in enumerate(ages)
    ]  # fmt: skip
    found = items[0] if len(items) == 1 else items
    return text({"base_resp": {"ret": 0}, "getalbum_resp": {"article_list": found, "continue_flag": "0"}})


def backend(now: datetime, ages: Sequence[int]) -> str:
    """JSON in strings in JSON; every article was edited today."""
    messages = [
        {"publish_info": text({"appmsgex": [
            {"aid": f"22474900{n}_1", "title": f"第{n}篇", "link": f"https://mp.weixin.qq.com/s/short{n}",
             "create_time": seconds(now, age), "update_time": seconds(now, 0)}]})}
        for n, age in enumerate(ages)
    ]  # fmt: skip
    return text({"base_resp": {"ret": 0}, "publish_page": text({"publish_list": messages})})


def detail(now: datetime, ages: Sequence[int], *, is_delay: bool = False) -> str:
    """getarticletotaldetail: dates of publication, comments of the last day counted."""
    days = [(now - timedelta(days=age)).date().isoformat() for age in ages]
    found = [
        {"ref_date": day, "msgid": f"22474900{n:02}_1", "publish_type": 0,
         "detail_list": [{"stat_date": "2026-11-23", "read_user": 318, "comment_count": 3},
                         {"stat_date": "2026-11-22", "read_user": 300, "comment_count": 1}]}
        for n, day in enumerate(days)
    ]  # fmt: skip
    return text({"list": found, "is_delay": is_delay})


def silent(now: datetime, ages: Sequence[int]) -> str:
    """freepublish/batchget: only what was published without notice to followers."""
    items = [
        {
            "article_id": f"a{n}",
            "update_time": seconds(now, age),
            "content": {"news_item": [{"title": f"第{n}篇", "url": ""}]},
        }
        for n, age in enumerate(ages)
    ]
    return text({"total_count": len(items), "item_count": len(items), "item": items})


def menu(*buttons: tuple[str, str | None], is_open: int = 1) -> str:
    made = [
        {"type": "view", "name": name, "url": url} if url else {"type": "click", "name": name} for name, url in buttons
    ]
    return text(
        {"is_menu_open": is_open, "selfmenu_info": {"button": [{"name": "互动", "sub_button": {"list": made}}]}}
    )


def autoreply(is_open: int = 0) -> str:
    return text({"is_add_friend_reply_open": 0, "is_autoreply_open": is_open})


def comments(*, reply_at: int | None = None) -> str:
    one: dict[str, Any] = {"create_time": 1, "content": "请问几点上班", "comment_type": 0}
    if reply_at:
        one["reply"] = {"content": "您好，八点半", "create_time": reply_at}
    return text({"errcode": 0, "comment": [one], "total": 1})


def error(code: int, words: str = "error") -> str:
    return text({"errcode": code, "errmsg": words})


def article(now: datetime, age: int, name: str = NAME) -> str:
    return (
        f'<html><head><meta property="og:title" content="防汛&amp;提示"/></head><body><a id="js_name"> {name} </a>'
        f'<div id="js_content">正文</div><script>var ct = "{seconds(now, age)}";</script></body></html>'
    )


def moved(target: str) -> str:
    return f"<html><body><p>该公众号已迁移</p><script>var transferTargetLink = '{target}';</script></body></html>"


def app(found: int = 1) -> str:
    results = [
        {
            "trackName": "忻阳通",
            "version": "3.2",
            "currentVersionReleaseDate": "2023-01-02T03:04:05Z",
            "sellerName": "忻阳市",
        }
    ]
    return text({"resultCount": found, "results": results[:found]})


def kuaishou_feed(names: Sequence[str]) -> str:
    """A collector's feed of Kuaishou: ids without dates, titles or links."""
    items = [{"id": name, "content_html": f"<video src='{name}'>"} for name in names]
    return text({"version": "https://jsonfeed.org/version/1.1", "title": f"{NAME} - 快手", "items": items})


def rss(now: datetime, ages: Sequence[float]) -> str:
    from email.utils import format_datetime

    items = "".join(
        f"<item><title>第{n}条</title><link>https://weibo.com/{UID}/Nc{n:06}</link>"
        f"<pubDate>{format_datetime(now - timedelta(days=age))}</pubDate></item>"
        for n, age in enumerate(ages)
    )
    return f"<rss version='2.0'><channel><title>{NAME}的微博</title><lastBuildDate>{format_datetime(now)}</lastBuildDate>{items}</channel></rss>"
