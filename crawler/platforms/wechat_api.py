"""What does the official WeChat API say of an account that authorised us? (new-media.md 3.1)

Published articles by `getarticletotaldetail`, which knows mass-sent ones too, as of yesterday; then the menu, the automatic
replies and the comments, the only sources that can prove that there is no way of interaction. `freepublish/batchget` lists
only what was published without notice to followers, so that an empty list proves nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.text import tidy
from crawler.platforms.source import (
    TITLE,
    Ask,
    Reply,
    Source,
    Steps,
    coded,
    dicts,
    dig,
    entry_kinds,
    instant_of,
    listed,
    number_of,
    refused,
    tried,
    words_of,
)
from db.records import SHANGHAI, Entry, Evidence, Post, Snapshot, shanghai_day

_DETAIL, _SILENT = "/datacube/getarticletotaldetail", "/cgi-bin/freepublish/batchget"
_FIRST_DAY = date(2025, 11, 1)  # the interface knows nothing older
_SPANS = (92, 30, 7)  # days asked for; the next is tried when a span is refused
_BAD_SPAN = (61500, 61501)
_NO_COMMENTS = 88000  # the account has no right to open comments
_MOST_LOOKED_AT = 2  # articles whose comments are read
_PARTIAL = "只见未群发的发表记录，群发的看不到"
_CALL = re.compile(r"/(?:datacube|cgi-bin)(?:/|$)")
_MESSAGE = re.compile(r"(\d+)_(\d+)")


def opening(source: Source) -> Ask:
    """The call for the published articles, whatever call the registered address names; `batchget` where it names that."""
    address = source.account.address
    if _SILENT in address:
        return Ask(address, json.dumps({"offset": 0, "count": 20, "no_content": 1}))
    return _asked(_base(address) + _DETAIL, source, _SPANS[0])


def read(source: Source, first: Reply) -> Steps:
    """The articles of the last three months up to yesterday, and how the account can be talked to.

    `source_stale` while the figures are not final (`is_delay`); a spent quota or a wrong token is a code inside HTTP 200.
    """
    if _SILENT in source.account.address or isinstance(dig(first.data, "item"), list):
        return _silent(source, first)
    reply, span, dated = first, _SPANS[0], first.url == opening(source).url
    if reply.status in (404, 405, 501):  # a relay that wants the question put as a GET
        reply, dated = (yield Ask(source.account.address)), False
    for span in _SPANS:
        if dated and span != _SPANS[0]:
            reply = yield _asked(reply.url, source, span)
        if dig(reply.data, "errcode") not in _BAD_SPAN:
            break
    data, blank = reply.data, source.blank(reply)
    if (closed := _door(blank, reply, "list")) is not None:
        return closed
    articles = dicts(data["list"])
    posts = tuple(_post(article, reply) for article in articles)
    today = shanghai_day(source.at)
    until = datetime.combine(today, time(), SHANGHAI)
    begin = datetime.combine(max(today - timedelta(days=span), _FIRST_DAY), time(), SHANGHAI)
    since = begin if dated else None  # a relay may have asked for other days
    if data.get("is_delay") is not False:
        late = listed(blank, posts, since=since, until=until)
        return replace(late, status="source_stale", detail="微信的统计数据尚未出齐（is_delay）")
    base = _base(reply.url)
    entries, looked, proofs = yield from _entries(base)
    posts, closed_comments, seen = yield from _comments(base, posts)
    if closed_comments:
        looked = (*looked, "comments", "replies")
    return listed(replace(blank, proofs=proofs + seen), posts, since=since, until=until, entries=entries, looked=looked)


def _door(blank: Snapshot, reply: Reply, key: str) -> Snapshot | None:
    """What the answer means when it is no list under that key; None when it is."""
    data = reply.data
    if isinstance(data, dict) and data.get("errcode") not in (0, None):
        return coded(blank, "wechat_api", data["errcode"], words_of(data.get("errmsg")))
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        return refused(blank, reply, otherwise="不是公众号接口的 JSON", of_account=False)
    return None


def _silent(source: Source, first: Reply) -> Snapshot:
    blank = source.blank(first)
    if (closed := _door(blank, first, "item")) is not None:
        return closed
    return listed(blank, _silent_posts(first), partial=_PARTIAL)


def _silent_posts(reply: Reply) -> Iterator[Post]:
    for item in dicts(dig(reply.data, "item")):
        for article in dicts(dig(item, "content.news_item")):
            if article.get("is_deleted") is not True:
                url = words_of(article.get("url"))
                when = instant_of(item.get("update_time"), reply.at)
                yield Post(tidy(words_of(article.get("title")), TITLE), url, when, edited=when)


def _asked(url: str, source: Source, days: int) -> Ask:
    today = shanghai_day(source.at)
    begin, end = max(today - timedelta(days=days), _FIRST_DAY), today - timedelta(days=1)
    return Ask(url, json.dumps({"begin_date": begin.isoformat(), "end_date": end.isoformat()}))


def _base(address: str) -> str:
    """The address of the interface without the call."""
    parts = urlsplit(address)
    call = _CALL.search(parts.path)
    return f"{parts.scheme}://{parts.netloc}{parts.path[: call.start()] if call else ''}"


def _post(article: dict[str, Any], reply: Reply) -> Post:
    details = sorted(dicts(article.get("detail_list")), key=lambda d: str(d.get("stat_date")))
    return Post(
        title=tidy(words_of(article.get("title")), TITLE),
        url=words_of(article.get("content_url")),
        published=instant_of(article.get("ref_date"), reply.at),
        comments=number_of(details[-1].get("comment_count")) if details else None,
        id=str(article.get("msgid") or "") or None,
    )


def _entries(base: str) -> Generator[Ask, Reply, tuple[tuple[Entry, ...], tuple[str, ...], tuple[Evidence, ...]]]:
    """Menu and automatic replies, which of them could be looked at, and the answers that show them."""
    looked: tuple[str, ...] = ()
    menu = yield Ask(f"{base}/cgi-bin/get_current_selfmenu_info")
    found: tuple[Entry, ...] = ()
    if isinstance(dig(menu.data, "is_menu_open"), int):
        looked = ("menu",)
        if menu.data["is_menu_open"] == 1:
            found = yield from tried([replace(e, evidence=menu.evidence) for e in _menu(menu.data)])
    reply = yield Ask(f"{base}/cgi-bin/get_current_autoreply_info")
    opened = [dig(reply.data, mark) for mark in ("is_autoreply_open", "is_add_friend_reply_open")]
    if any(isinstance(mark, int) for mark in opened):
        looked = (*looked, "messages")
    if opened[0] == 1:  # greeting a new follower answers nobody
        found = (*found, Entry("talk", "reply", "消息自动回复", works=True, evidence=reply.evidence))
    return found, looked, (menu.evidence, reply.evidence)


def _menu(data: Any) -> Iterator[Entry]:
    for button in dicts(dig(data, "selfmenu_info.button")):
        head = words_of(button.get("name")) or ""
        for item in dicts(dig(button, "sub_button.list")) or [button]:
            name = words_of(item.get("name")) or ""
            url = words_of(item.get("url")) if item.get("type") == "view" else None
            shown = name if item is button else f"{head}/{name}"
            for kind in entry_kinds(shown) or ("other",):
                yield Entry(kind, "menu", shown, url, None if url else True)


def _comments(
    base: str, posts: tuple[Post, ...]
) -> Generator[Ask, Reply, tuple[tuple[Post, ...], bool, tuple[Evidence, ...]]]:
    """The posts with their official replies, whether comments are closed to the account, and the answers that show it.

    The newest articles that have comments are asked for, else the newest. A list without comments proves nothing.
    """
    proofs: tuple[Evidence, ...] = ()
    dated = sorted(
        (p for p in posts if p.published and p.id), key=lambda p: (bool(p.comments), p.published), reverse=True
    )
    for post in dated[:_MOST_LOOKED_AT]:
        message = _MESSAGE.fullmatch(post.id or "")
        if message is None:
            continue
        asked = {"msg_data_id": int(message[1]), "index": int(message[2]) - 1, "begin": 0, "count": 49, "type": 0}
        told = yield Ask(f"{base}/cgi-bin/comment/list", json.dumps(asked))
        if dig(told.data, "errcode") == _NO_COMMENTS:
            return tuple(replace(p, comments_open=False) for p in posts), True, (*proofs, told.evidence)
        if comments := dicts(dig(told.data, "comment")):
            replies = [r for c in comments if isinstance(r := c.get("reply"), dict) and r.get("content")]
            when = [at for r in replies if (at := instant_of(r.get("create_time"), told.at))]
            found = replace(post, replies=len(replies), replied=max(when, default=None), comments_open=True)
            posts = tuple(found if p is post else p for p in posts)
            proofs = (*proofs, told.evidence)
    return posts, False, proofs
