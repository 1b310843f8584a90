"""What does m.weibo.cn show of an account? Its JSON lists (new-media.md 2.1 to 2.3), with an operator's cookie or without."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

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
    plain,
    refused,
    worded,
    words_of,
)
from db.records import Entry, Evidence, Post, Snapshot

_API = "https://m.weibo.cn/api/container/getIndex?type=uid&value="
_PERSON = re.compile(r"//(?:m\.|www\.)?weibo\.c(?:om|n)/(?:u/|profile/)?(\d{6,})/?(?:[?#]|$)")
_CONTAINER = re.compile(r"107603(\d{6,})")
_LIST = ("containerid", "page", "since_id")  # parameters that make a list of the profile's address
_EMPTY = "还没有内容"  # said of an account that is gone, of a wrong number, and of one that never posted
_OLD = timedelta(days=365)
_MOST_LOOKED_AT = 2  # posts whose comments are read for an official reply


def opening(source: Source) -> Ask:
    """The JSON of the profile for an address that a person would open, else the registered address itself."""
    person = _PERSON.search(source.account.address)
    return Ask(f"{_API}{person[1]}" if person else source.account.address)


def read(source: Source, first: Reply) -> Steps:
    """The posts of the account and the counters of its profile.

    A profile leads on to its list of posts. An empty list is told from an account that is gone by the profile alone: one
    without its user is gone (`status`: it counts on the second night). With a cookie, the comments of two posts that have some
    are looked through for a reply by the account itself.
    """
    blank, profile, reply = source.blank(first), None, first
    if (closed := _door(blank, first)) is not None:
        return closed
    if (user := dig(first.data, "data.userInfo")) and not _mblogs(first.data):
        profile = first.data
        if container := _container(profile):
            reply = yield Ask(_with(first.url, containerid=container))
            blank = replace(source.blank(reply), proofs=(first.evidence,))
            if (closed := _door(blank, reply)) is not None:
                return closed
    posts = tuple(_posts(reply.data, reply.at))
    if not posts and profile is None:
        told = first if _with(first.url) == first.url else (yield Ask(_with(first.url)))
        if (closed := _door(replace(blank, evidence=told.evidence), told)) is not None:
            return closed
        blank = replace(blank, proofs=(told.evidence,))
        if not (user := dig(told.data, "data.userInfo")):
            if not (_says_empty(reply.data) and _says_empty(told.data)):
                return replace(blank, detail="微博没有给出内容，也没有账号资料")
            return worded(blank, "account_gone", f"{words_of(dig(reply.data, 'msg'))}，且没有账号资料", gone="status")
    user = user or next((u for blog, _ in _mblogs(reply.data) if isinstance(u := blog.get("user"), dict)), {})
    uid = str(user.get("id") or user.get("idstr") or "")
    posts, proofs = yield from _replies(source, reply, posts, uid)
    bio = " ".join(filter(None, map(words_of, (user.get("description"), user.get("verified_reason")))))
    total = number_of(user.get("statuses_count"))
    return listed(
        replace(blank, proofs=blank.proofs + proofs),
        posts,
        name=words_of(user.get("screen_name")),
        verified=user.get("verified") if isinstance(user.get("verified"), bool) else None,
        verified_reason=words_of(user.get("verified_reason")),
        total=total,
        followers=number_of(user.get("followers_count")),
        complete=total == 0,
        entries=(Entry("bio", "bio", tidy(bio, TITLE)),) if "talk" in entry_kinds(bio) else (),
    )


def _door(blank: Snapshot, reply: Reply) -> Snapshot | None:
    """What the answer means when it lets us see nothing; None when it may be read."""
    data = reply.data
    if not isinstance(data, dict):
        return refused(blank, reply, otherwise="不是微博的 JSON")
    if data.get("ok") == -100 or (dig(data, "data") is None and data.get("ok") not in (0, 1)):
        return coded(blank, "weibo", data.get("ok"), data.get("msg"))
    if dig(data, "data.userInfo") or _mblogs(data):
        return None
    message = words_of(data.get("msg")) or ""
    if data.get("url"):
        return worded(blank, "challenge", f"要求验证 {message}".strip())
    if data.get("ok") == 0 and message and _EMPTY not in message:
        return refused(blank, reply, otherwise="微博没有给出内容")
    return None


def _says_empty(data: Any) -> bool:
    return _EMPTY in (words_of(dig(data, "msg")) or "") or isinstance(dig(data, "data.cards"), list)


def _container(profile: Any) -> str | None:
    """The list of posts as the profile names it: never built from the number of the account."""
    tabs = dig(profile, "data.tabsInfo.tabs")
    found = dicts(list(tabs.values()) if isinstance(tabs, dict) else tabs)
    return next((str(t["containerid"]) for t in found if t.get("tab_type") == "weibo" and t.get("containerid")), None)


def _with(url: str, **more: str) -> str:
    """The profile's address with these parameters added."""
    parts = urlsplit(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = [(k, v) for k, v in given if k not in _LIST]
    if "value" not in dict(given) and (list_ := _CONTAINER.fullmatch(dict(given).get("containerid", ""))):
        query += [("type", "uid"), ("value", list_[1])]
    return urlunsplit(parts._replace(query=urlencode([*query, *more.items()], safe="*")))


def _mblogs(data: Any) -> list[tuple[dict[str, Any], bool]]:
    """Every post of an answer with whether its card marks it as pinned; posts in a group (card_type 11) count."""
    found: list[tuple[dict[str, Any], bool]] = []
    for card in dicts(dig(data, "data.cards")):
        for inner in [card, *dicts(card.get("card_group"))]:
            if isinstance(blog := inner.get("mblog"), dict):
                kinds = (str(c.get("profile_type_id") or "") for c in (card, inner))
                found.append((blog, any(kind.startswith("proweibotop") for kind in kinds)))
    return found or [(blog, False) for blog in dicts(dig(data, "data.list"))]


def _posts(data: Any, at: datetime) -> Iterator[Post]:
    blogs = [(blog, top) for blog, top in _mblogs(data) if not _deleted(blog)]
    posts = [_post(blog, at, top or _is_pinned(blog)) for blog, top in blogs]
    for n, post in enumerate(posts):
        yield replace(post, pinned=True) if n < 2 and len(posts) > 2 and _older(post, posts[2]) else post


def _older(post: Post, other: Post) -> bool:
    """The marks of pinned posts change; one of the first two that is older than the third is pinned whatever it says."""
    return bool(post.published and other.published and post.published < other.published)


def _deleted(blog: dict[str, Any]) -> bool:
    return str(blog.get("deleted")) == "1" or blog.get("state") in (7, 8)


def _is_pinned(blog: dict[str, Any]) -> bool:
    return blog.get("isTop") == 1 or dig(blog, "title.text") == "置顶" or blog.get("mblogtype") == 2


def _post(blog: dict[str, Any], at: datetime, pinned: bool) -> Post:
    uid, bid = dig(blog, "user.id"), blog.get("bid") or blog.get("mblogid")
    allowed = dig(blog, "comment_manage_info.comment_permission_type")
    return Post(
        title=tidy(plain(str(blog.get("text_raw") or blog.get("text") or "")), TITLE),
        url=f"https://weibo.com/{uid}/{bid}" if uid and bid else None,
        published=instant_of(blog.get("created_at"), at),
        pinned=pinned,
        repost=isinstance(blog.get("retweeted_status"), dict),
        comments=number_of(blog.get("comments_count")),
        comments_open=True if allowed == -1 else None,
        id=str(blog.get("mid") or blog.get("id") or "") or None,
        edited=instant_of(blog.get("edit_at"), at),
    )


def _replies(
    source: Source, reply: Reply, posts: tuple[Post, ...], uid: str
) -> Generator[Ask, Reply, tuple[tuple[Post, ...], tuple[Evidence, ...]]]:
    """The posts with the official replies seen under them, and the answers that show them."""
    if "cookie" not in source.secrets or not uid:
        return posts, ()
    proofs: tuple[Evidence, ...] = ()
    parts = urlsplit(reply.url)
    asked = [p for p in posts if p.id and p.comments and p.published and reply.at - p.published < _OLD]
    for post in asked[:_MOST_LOOKED_AT]:
        told = yield Ask(f"{parts.scheme}://{parts.netloc}/comments/hotflow?id={post.id}&mid={post.id}&max_id_type=0")
        comments = dicts(dig(told.data, "data.data"))
        mine = [r for c in comments for r in dicts(c.get("comments")) if str(dig(r, "user.id")) == uid]
        when = [at for r in mine if (at := instant_of(r.get("created_at"), told.at))]
        if comments:
            found = replace(post, replies=len(mine), replied=max(when, default=None))
            posts = tuple(found if p is post else p for p in posts)
            proofs = (*proofs, told.evidence)
    return posts, proofs
