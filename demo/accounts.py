"""What do the city's account sources show? One kind a way in which a source can look, each with the verdicts it must lead to.

A collector on loopback hands on what the platforms answer, in their own shapes; exported tables and a person's form lie
beside accounts.csv.
"""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from demo.families import Page

RULES = ("media.exists", "media.fresh", "media.sleeping", "media.interaction")
_TITLES = ("防汛提示", "便民问答", "政策速递", "重点项目建设加快推进", "天气预警")
_GONE = "<html><head><title>微信公众平台</title></head><body><p>此帐号已自主注销，内容无法查看</p></body></html>"
_CAPTCHA = "<html><head><title>验证码中间页</title></head><body><p>请完成安全验证</p></body></html>"
_PNG = b64decode(  # a picture of one pixel, as proof of what a person saw
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGM4AQAAygDJmcpdfgAAAABJRU5ErkJggg=="
)
Pages = dict[str, Page]


@dataclass(frozen=True)
class Shown:
    """One account as its source is asked at `now`: its name and number, and how old its newest post is, in days.

    host  address of the collector, with its closing slash
    """

    name: str
    number: int
    newest: int
    now: datetime
    host: str

    @property
    def posts(self) -> list[tuple[str, datetime]]:
        """Title and instant of five posts, four days between them, newest first."""
        return [(title, self.now - timedelta(days=self.newest + 4 * n)) for n, title in enumerate(_TITLES)]

    @property
    def uid(self) -> int:
        """A number of an account that nobody has."""
        return 9_000_000_000 + self.number


@dataclass(frozen=True)
class Kind:
    """A way in which a source looks.

    platform  as in accounts.csv                 path    below the collector; for a file its name
    pages     what the collector answers by path, None for a file
    outcome   alive: newest post decides; gone, closed, unseen, empty: nothing else is asked; window: the newest post
              proves life, and old ones prove nothing
    talk      the verdict of media.interaction where the account is alive
    """

    platform: str
    path: Callable[[Shown], str]
    pages: Callable[[Shown], Pages] | None
    outcome: str = "alive"
    talk: str = "unknown"


def registered(
    row: dict[str, Any], number: int, folder: Path, now: datetime, host: str
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The account's line in accounts.csv and its truth; what is handed in as a file is written to the folder."""
    kind, shown = KINDS[row["kind"]], Shown(row["name"], number, row["newest"], now, host)
    path = kind.path(shown)
    source = f"{host}{path}" if kind.pages else path
    if not kind.pages:
        _TABLES[row["kind"]](folder / source, shown)
    line = {"unit": row["unit"], "platform": kind.platform, "account": row["name"], "source": source}
    truth = [
        {
            "unit": row["unit"],
            "target": source,
            "rule": rule,
            "verdict": (verdict := _verdict(kind, rule, row["newest"])),
            "accept": [verdict],
            "why": f"{row['kind']}, {row['newest']} days",
        }
        for rule in RULES
    ]
    return line, truth


def served(rows: list[dict[str, Any]], now: datetime, host: str) -> Pages:
    """Everything that the collector answers, by path."""
    pages: Pages = {}
    for number, row in enumerate(rows, 1):
        kind, shown = KINDS[row["kind"]], Shown(row["name"], number, row["newest"], now, host)
        if kind.pages:
            pages |= {f"/{path}": page for path, page in kind.pages(shown).items()}
    return pages


def _verdict(kind: Kind, rule: str, newest: int) -> str:
    exists = rule == "media.exists"
    if kind.outcome in ("gone", "closed"):
        return "fail" if exists and kind.outcome == "gone" else "na"
    if kind.outcome == "unseen" or (kind.outcome == "empty" and not exists):
        return "unknown"
    if exists:
        return "pass"
    if rule == "media.interaction":
        return kind.talk
    fresh = newest <= (14 if rule == "media.fresh" else 90)
    return "pass" if fresh else "unknown" if kind.outcome == "window" else "fail"


# feeds


def _feed(shown: Shown) -> str:
    return f"feeds/{shown.number}.xml"


def _rss(shown: Shown, *, first: str = "") -> Page:
    posts = shown.posts
    if first:
        posts = [(first, posts[0][1]), *posts[1:]]
    items = "".join(
        f"<item><title>{t}</title><link>http://example.invalid/{n}</link><pubDate>{format_datetime(d)}</pubDate></item>"
        for n, (t, d) in enumerate(posts)
    )
    channel = f"<title>{shown.name}</title><lastBuildDate>{format_datetime(shown.now)}</lastBuildDate>{items}"
    xml = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>{channel}</channel></rss>"
    return Page(xml.encode(), "application/rss+xml")


def _pinned_first(shown: Shown) -> Page:
    """As if the feed were new: an old post is pinned on top, and the feed's own date is today's."""
    page = _rss(shown)
    old = format_datetime(shown.now - timedelta(days=700))
    item = f"<item><title>[置顶] 信息公开指南</title><pubDate>{old}</pubDate></item>"
    return Page(page.body.replace(b"<item>", f"{item}<item>".encode(), 1), page.kind)


def _atom(shown: Shown) -> Page:
    entries = "".join(
        f"<entry><id>urn:{shown.number}:{n}</id><title>{t}</title><updated>{d.isoformat()}</updated></entry>"
        for n, (t, d) in enumerate(shown.posts)
    )
    return Page(
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{shown.name}</title>{entries}</feed>".encode(),
        "application/atom+xml",
    )


def _json_feed(shown: Shown) -> Page:
    items = [{"id": str(n), "title": t, "date_published": d.isoformat()} for n, (t, d) in enumerate(shown.posts)]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": shown.name, "items": items}
    return Page(json.dumps(feed, ensure_ascii=False).encode(), "application/feed+json")


# platforms


def _json(data: Any, status: int = 200) -> Page:
    return Page(json.dumps(data, ensure_ascii=False).encode(), "application/json", status)


def _html(text: str, status: int = 200) -> Page:
    return Page(f"<!DOCTYPE html>{text}".encode(), status=status)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _weibo_path(shown: Shown) -> str:
    return f"weibo/api/container/getIndex?type=uid&value={shown.uid}"


def _weibo(shown: Shown, *, comments_open: bool) -> Pages:
    """A profile, and the list of posts that it names: a pinned one first, the newest one in a group."""
    user: dict[str, Any] = {
        "id": shown.uid, "screen_name": shown.name, "verified": True, "verified_type": 1, "statuses_count": 2314,
        "verified_reason": f"{shown.name}官方微博", "followers_count": "5.2万", "description": "",
    }  # fmt: skip
    container = f"107603{shown.uid}"
    tabs = [{"tab_type": "profile", "containerid": "230283"}, {"tab_type": "weibo", "containerid": container}]

    def card(n: int, text: str, at: datetime, **more: Any) -> dict[str, Any]:
        created = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S %z %Y}"
        blog: dict[str, Any] = {
            "id": str(shown.uid * 1000 + n),
            "bid": f"Nc{shown.number:03}{n}",
            "created_at": created,
            "text": text,
        }
        blog |= {"user": user, "comments_count": 2, "attitudes_count": "100万+"}
        blog |= {"comment_manage_info": {"comment_permission_type": -1}} if comments_open else {}
        return {"card_type": 9, "profile_type_id": "proweibo_", "mblog": blog | more}

    cards = [card(n, title, at) for n, (title, at) in enumerate(shown.posts)]
    pinned = card(9, "政务公开指南", shown.now - timedelta(days=400), isTop=1, mblogtype=2, title={"text": "置顶"})
    pinned["profile_type_id"] = "proweibotop_"
    listed = [pinned, {"card_type": 11, "card_group": [cards[0]]}, *cards[1:]]
    profile = {"ok": 1, "data": {"userInfo": user, "tabsInfo": {"tabs": tabs}}}
    return {
        _weibo_path(shown): _json(profile),
        f"{_weibo_path(shown)}&containerid={container}": _json({"ok": 1, "data": {"cards": listed}}),
    }


def _wechat_path(shown: Shown) -> str:
    return f"wechat/{shown.number}/datacube/getarticletotaldetail"


def _wechat(shown: Shown, *, mute: bool = False, is_delay: bool = False) -> Pages:
    """The official interface: articles up to yesterday, menu, automatic replies, comments."""
    base = f"wechat/{shown.number}"
    articles = [
        {
            "ref_date": f"{at:%Y-%m-%d}", "msgid": f"22474{shown.number:03}{n:02}_1", "publish_type": 0, "title": title,
            "detail_list": [{"stat_date": f"{at:%Y-%m-%d}", "read_user": 318, "comment_count": 0}],
        }
        for n, (title, at) in enumerate(shown.posts)
    ]  # fmt: skip
    letterbox = {"type": "view", "name": "在线咨询", "url": f"{shown.host}{base}/zixun.html"}
    buttons = [
        {"name": "互动", "sub_button": {"list": [letterbox]}},
        {"type": "view", "name": "办事指南", "url": f"{shown.host}{base}/banshi.html"},
    ]
    menu = {"is_menu_open": 0} if mute else {"is_menu_open": 1, "selfmenu_info": {"button": buttons}}
    no_comments = {"errcode": 88000, "errmsg": "without comment privilege"}
    pages = {
        _wechat_path(shown): _json({"list": articles, "is_delay": is_delay}),
        f"{base}/cgi-bin/get_current_selfmenu_info": _json(menu),
        f"{base}/cgi-bin/get_current_autoreply_info": _json({"is_add_friend_reply_open": 0, "is_autoreply_open": 0}),
        f"{base}/cgi-bin/comment/list": _json(no_comments if mute else {"errcode": 0, "comment": [], "total": 0}),
    }
    for name, title in (("zixun", "在线咨询"), ("banshi", "办事指南")):
        text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{shown.name}为您服务。</p></body></html>"
        pages[f"{base}/{name}.html"] = _html(text)
    return pages


def _album_path(shown: Shown) -> str:
    return f"album/mp/appmsgalbum?action=getalbum&__biz=MzDemo{shown.number}&album_id=1&count=10&f=json"


def _album(shown: Shown) -> Page:
    """An album with one article, which the platform then shows as an object, not a list."""
    title, at = shown.posts[0]
    article = {
        "msgid": "2247490000",
        "itemidx": "1",
        "title": title,
        "create_time": str(_seconds(at)),
        "url": "http://mp.weixin.qq.com/s/demo",
    }
    album = {"article_list": article, "continue_flag": "0", "base_info": {"nickname": shown.name}}
    return _json({"base_resp": {"ret": 0}, "getalbum_resp": album})


def _backend(shown: Shown) -> Page:
    """What the back-end lists: JSON in strings in JSON, every article edited today."""
    messages = []
    for n, (title, at) in enumerate(shown.posts):
        article = {
            "aid": f"22474900{n}_1",
            "title": title,
            "create_time": _seconds(at),
            "update_time": _seconds(shown.now),
        }
        messages.append({"publish_info": json.dumps({"appmsgex": [article]}, ensure_ascii=False)})
    return _json({"base_resp": {"ret": 0}, "publish_page": json.dumps({"publish_list": messages}, ensure_ascii=False)})


def _douyin(shown: Shown) -> Page:
    """Videos, a pinned old one first."""
    author = {
        "nickname": shown.name,
        "sec_uid": f"MS4wLjABAAAAdemo{shown.number}",
        "custom_verify": f"{shown.name}官方账号",
    }

    def video(n: int, title: str, at: datetime, top: int = 0) -> dict[str, Any]:
        return {
            "aweme_id": f"72000000000{shown.number:03}{n:02}", "desc": f"#便民 {title}", "create_time": _seconds(at), "is_top": top,
            "statistics": {"comment_count": 2, "digg_count": 31}, "aweme_control": {"can_comment": True}, "author": author,
        }  # fmt: skip

    videos = [video(n, title, at) for n, (title, at) in enumerate(shown.posts)]
    first = video(99, "宣传片", shown.now - timedelta(days=600), top=1)
    return _json({"status_code": 0, "has_more": 0, "max_cursor": 0, "aweme_list": [first, *videos]})


def _kuaishou(shown: Shown, *, result: int = 1) -> Page:
    feeds = [
        {
            "type": 1, "author": {"id": f"3xdemo{shown.number}", "name": shown.name},
            "photo": {"id": f"3xp{shown.number}n{n}", "caption": title, "timestamp": _seconds(at) * 1000, "commentCount": 1},
        }
        for n, (title, at) in enumerate(shown.posts)
    ]  # fmt: skip
    listed = {"result": result, "pcursor": "no_more", "feeds": feeds if result == 1 else []}
    return _json({"data": {"visionProfilePhotoList": listed}})


def _toutiao(shown: Shown) -> Page:
    user = {"name": shown.name, "user_verified": True, "verified_content": f"{shown.name}官方头条号"}
    items = [
        {
            "cell_type": 60, "item_id": f"72629000000{shown.number:03}{n:02}", "title": title, "publish_time": _seconds(at),
            "behot_time": _seconds(shown.now), "is_original": True, "comment_count": 0, "ban_comment": False, "user_info": user,
        }
        for n, (title, at) in enumerate(shown.posts)
    ]  # fmt: skip
    return _json({"message": "success", "has_more": False, "data": items})


def _bilibili_path(shown: Shown) -> str:
    return f"bilibili/x/polymer/web-dynamic/v1/feed/space?host_mid={shown.uid}"


def _bilibili(shown: Shown) -> Page:
    items = [
        {
            "id_str": f"8000000000{shown.number:03}{n:02}", "type": "DYNAMIC_TYPE_AV",
            "modules": {
                "module_author": {"name": shown.name, "pub_ts": _seconds(at)},
                "module_dynamic": {"major": {"archive": {"title": title}}},
                "module_stat": {"comment": {"count": 3, "forbidden": False}},
            },
        }
        for n, (title, at) in enumerate(shown.posts)
    ]  # fmt: skip
    return _json({"code": 0, "message": "0", "data": {"has_more": False, "items": items}})


# files


def _plain_table(file: Path, shown: Shown) -> None:
    """What the back-end of an official account exports."""
    rows = [[title, f"{at:%Y-%m-%d %H:%M}", 100 + n, ""] for n, (title, at) in enumerate(shown.posts)]
    _write(file, ["内容标题", "发表时间", "总阅读人数", "内容url"], rows)


def _answering_table(file: Path, shown: Shown) -> None:
    """A table that tells of comments: open, and answered."""
    rows = [[title, f"{at:%Y-%m-%d %H:%M}", 6, 2, "是"] for title, at in shown.posts]
    _write(file, ["标题", "发布时间", "评论数", "回复数", "是否开放评论"], rows)


def _mute_table(file: Path, shown: Shown) -> None:
    """A table that tells of everything: comments closed, no reply, no entry."""
    rows = [[title, f"{at:%Y-%m-%d %H:%M}", 0, 0, "否", "无"] for title, at in shown.posts]
    _write(file, ["标题", "发布时间", "评论数", "回复数", "是否开放评论", "互动入口"], rows)


def _form(file: Path, shown: Shown) -> None:
    """What a person saw yesterday: it works, and nobody can talk to it."""
    proof, day = f"{file.stem}.png", shown.now.date() - timedelta(days=1)
    (file.parent / proof).write_bytes(_PNG)
    updated = shown.now.date() - timedelta(days=shown.newest)
    heads = ["账号名称", "核查时间", "核查人", "最近更新日期", "能否正常使用", "互动是否有效", "证明文件"]
    _write(file, heads, [[shown.name, day, "值班员", updated, "是", "否", proof]])


def _write(file: Path, heads: list[str], rows: list[list[Any]]) -> None:
    with file.open("w", encoding="gb18030", newline="") as out:
        table = csv.writer(out)
        table.writerow(heads)
        table.writerows(rows)


def _file(shown: Shown) -> str:
    return f"{shown.name}.csv"


_TABLES: dict[str, Callable[[Path, Shown], None]] = {
    "export": _plain_table,
    "export_answering": _answering_table,
    "export_mute": _mute_table,
    "form_mute": _form,
}


def _one(platform: str, path: Callable[[Shown], str], page: Callable[[Shown], Page], **more: Any) -> Kind:
    """A kind whose collector answers one request."""
    return Kind(platform, path, lambda shown: {path(shown): page(shown)}, **more)


def _named(folder: str) -> Callable[[Shown], str]:
    return lambda shown: f"{folder}/{shown.number}.json"


KINDS: dict[str, Kind] = {
    "rss": _one("feed", _feed, _rss),
    "atom": _one("feed", _feed, _atom),
    "json": _one("feed", _feed, _json_feed),
    "frozen": _one("feed", _feed, _pinned_first),
    "closing": _one("feed", _feed, lambda s: _rss(s, first=f"关于停止更新{s.name}公众号的公告"), outcome="closed"),
    "cancelled": _one("feed", _feed, lambda s: _html(_GONE), outcome="gone"),
    "closed_door": _one(
        "feed", _feed, lambda s: _html("<html><body>Cooling down before new visitor Cookies</body></html>", 503), outcome="unseen"
    ),
    "weibo": Kind("weibo", _weibo_path, lambda s: _weibo(s, comments_open=True), talk="pass"),
    "weibo_quiet": Kind("weibo", _weibo_path, lambda s: _weibo(s, comments_open=False)),
    "weibo_login": _one(
        "weibo", _weibo_path, lambda s: _json({"ok": -100, "msg": "请先登录", "url": "https://passport.weibo.com/"}), outcome="unseen"
    ),
    "weibo_lost": _one(
        "weibo", _weibo_path, lambda s: _json({"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}), outcome="unseen"
    ),
    "wechat": Kind("wechat", _wechat_path, _wechat, talk="pass"),
    "wechat_mute": Kind("wechat", _wechat_path, lambda s: _wechat(s, mute=True), talk="fail"),
    "wechat_delay": Kind("wechat", _wechat_path, lambda s: _wechat(s, is_delay=True), outcome="unseen"),
    "wechat_album": _one("wechat", _album_path, _album, outcome="window"),
    "wechat_backend": _one("wechat", _named("backend"), _backend),
    "wechat_cancelled": _one("wechat", _named("article"), lambda s: _html(_GONE), outcome="gone"),
    "douyin": _one("douyin", _named("douyin"), _douyin, talk="pass"),
    "douyin_captcha": _one("douyin", _named("douyin"), lambda s: _html(_CAPTCHA), outcome="unseen"),
    "kuaishou": _one("kuaishou", _named("kuaishou"), _kuaishou),
    "kuaishou_login": _one("kuaishou", _named("kuaishou"), lambda s: _kuaishou(s, result=2), outcome="unseen"),
    "toutiao": _one("toutiao", _named("toutiao"), _toutiao, talk="pass"),
    "toutiao_empty": _one(
        "toutiao", _named("toutiao"), lambda s: _html("<html><body><p>暂未发表作品</p></body></html>", 404), outcome="empty"
    ),
    "bilibili": _one("bilibili", _bilibili_path, _bilibili, talk="pass"),
    "bilibili_refused": _one(
        "bilibili", _bilibili_path, lambda s: _json({"code": -352, "message": "风控校验失败"}), outcome="unseen"
    ),
    "export": Kind("export", _file, None),
    "export_answering": Kind("export", _file, None, talk="pass"),
    "export_mute": Kind("export", _file, None, talk="fail"),
    "form_mute": Kind("channels", _file, None, talk="fail"),
}  # fmt: skip
