"""What does an RSS, Atom or JSON Feed show of an account?

Only entries count: the dates of the feed itself are the time of the request. Structure is read by feedparser (JSON by
the standard library), characters and dates by us (new-media.md 0 and 5).
"""

from __future__ import annotations

import io
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser

from crawler.extract.instants import read_instant
from crawler.extract.text import tidy
from crawler.platforms.source import TITLE, Reply, Source, Steps, listed, parsed, pattern, plain, refused
from db.records import Account, Evidence, Outcome, Post, Snapshot

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENDED = re.compile(r"</(?:\w+:)?(?:rss|feed|rdf)\s*>(?:\s|<!--.*?-->)*$", re.IGNORECASE | re.DOTALL)
_ITEM_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_JSON_FEED = "jsonfeed.org/version/"


def read(source: Source, first: Reply) -> Steps:
    """The feed at the registered address, or what its answer means instead; asks for nothing more."""
    return _snapshot(source.blank(first), first, source.account.address)
    yield  # a protocol is a generator


def read_feed(
    body: bytes,
    content_type: str | None,
    status: int,
    *,
    account: Account,
    run: int,
    at: datetime,
    evidence: Evidence,
) -> Snapshot:
    """The posts that a feed's body shows, in its order, or the status that the answer means instead.

    body, content_type, status  as received, any HTTP status; at  when (aware): 昨天 in a date counts from here
    evidence  of this answer; its excerpt is set to the words that decided, where words did

    `ok` has at least one post, each with its own date or None. `empty_ok` is a whole feed without entries, or a
    collector that says so. An XML feed cut off in the middle keeps its whole entries; it is `ok` only where these run
    from new to old, so that the newest was seen, else `parse_error`. `account_gone` says in `gone` how: words, status,
    or closed (a lawful closing, also where the newest post announces it). `complete` is always False: no feed says that
    nothing is older.
    """
    reply = Reply(account.address, at, status, body, content_type, Outcome.OK, evidence)
    return _snapshot(Source(account, run, at).blank(reply), reply, account.address)


def is_feed(text: str) -> bool:
    """Whether the text looks like a feed at all."""
    start = _PROLOG.sub("", text[:2000]).lstrip()
    if start.startswith("{"):
        return _JSON_FEED in text[:2000] or _JSON_FEED in str((parsed(text) or {}).get("version"))
    return (
        re.match(r"(?:<!--.*?-->\s*|<\?.*?\?>\s*)*<(?:rss|feed|rdf:RDF|\w+:feed)\b", start, re.IGNORECASE | re.DOTALL)
        is not None
    )


@dataclass(frozen=True, slots=True)
class _Found:
    posts: tuple[Post, ...]
    name: str | None = None
    cut: bool = False  # the feed ends in the middle


def _snapshot(blank: Snapshot, reply: Reply, base: str) -> Snapshot:
    found = _read(reply.text, base, reply.at) if reply.status and reply.status < 400 else None
    if found is None:
        return refused(blank, reply, otherwise="不是订阅源（RSS、Atom 或 JSON Feed）")
    cut = "订阅内容不完整（中途截断）"
    if found.cut and not _newest_first(found.posts):
        return listed(blank, found.posts, broken=f"{cut}，无法确定最新一条")
    made = listed(blank, found.posts, name=found.name)
    if found.cut and made.status == "ok":
        return replace(made, detail="；".join(filter(None, (made.detail, cut))))
    return made if made.posts or made.status != "empty_ok" else replace(made, detail="订阅源正常，但没有任何条目")


# reading


def _read(text: str, base: str, at: datetime) -> _Found | None:
    """The posts of a feed, or None where the text is no feed."""
    if text.lstrip().startswith(("{", "[")):
        return _read_json(text, base, at)
    return _read_xml(text, base, at)


def _read_json(text: str, base: str, at: datetime) -> _Found | None:
    feed = parsed(text)
    if not isinstance(feed, dict) or _JSON_FEED not in str(feed.get("version")):
        return None
    items = feed.get("items")
    if not isinstance(items, list):
        return None
    posts = _distinct(_json_item(item, base, at) for item in items if isinstance(item, dict))
    return _Found(posts, _name(feed.get("title")))


def _json_item(item: dict[str, Any], base: str, at: datetime) -> Post:
    content = str(item.get("content_text") or item.get("content_html") or "")
    dates = (item.get("date_published"), item.get("date_modified"))
    tags = item.get("tags")
    return _post(
        name=str(item.get("id") or ""),
        title=str(item.get("title") or item.get("summary") or "") or content,
        content=content,
        url=item.get("url") or item.get("external_url"),
        dates=dates,
        tags=[str(tag) for tag in tags] if isinstance(tags, list) else [],
        base=base,
        at=at,
    )


def _read_xml(text: str, base: str, at: datetime) -> _Found | None:
    clean = _ILLEGAL.sub("", _PROLOG.sub("", text)).strip()
    parsed_ = feedparser.parse(
        io.BytesIO(clean.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": base},
        sanitize_html=False,
    )
    if not parsed_.get("version"):
        return None
    cut = not _ENDED.search(clean)
    entries = parsed_.entries[: len(_ITEM_END.findall(clean))] if cut else parsed_.entries
    return _Found(_distinct(_xml_item(entry, base, at) for entry in entries), _name(parsed_.feed.get("title")), cut)


def _xml_item(entry: Any, base: str, at: datetime) -> Post:
    content = entry.get("summary") or "".join(part.get("value") or "" for part in entry.get("content", ()))
    comments = str(entry.get("slash_comments") or "")
    post = _post(
        name=str(entry.get("id") or ""),
        title=entry.get("title") or content,
        content=content,
        url=entry.get("link"),
        # dict.get: feedparser answers a missing `updated` with `published`
        dates=[dict.get(entry, key) for key in ("published", "created", "updated")],
        tags=[str(tag.get("term")) for tag in entry.get("tags", ())],
        base=base,
        at=at,
    )
    return replace(post, comments=int(comments) if comments.isdecimal() else None)


def _post(
    *, name: str, title: str, content: str, url: Any, dates: Sequence[Any], tags: Sequence[str], base: str, at: datetime
) -> Post:
    """A post; its date is the first of `dates` that is there, readable or not: an edit is no news."""
    written = next((date for date in dates if date not in (None, "")), None)
    shown = tidy(plain(title), TITLE)
    marks = _data()["marks"]
    return Post(
        title=shown,
        url=urljoin(base, url) if isinstance(url, str) and url else None,
        published=read_instant(written, now=at) if isinstance(written, str | int | float) else None,
        pinned=bool(pattern(marks["pinned"]).search(shown)) or "置顶" in tags,
        repost=True if pattern(marks["repost"]).search(shown) or "<blockquote> - 转发" in content else None,
        id=name or None,
    )


def _distinct(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Each post once. An id that several different posts bear, as some feeds give all the same one, is no id."""
    found = list(dict.fromkeys(posts))
    ids = Counter(post.id for post in found)
    return tuple(replace(post, id=None) if ids[post.id] > 1 else post for post in found)


def _name(title: Any) -> str | None:
    """The account's name as the title of its feed tells it."""
    return tidy(pattern(_data()["name_ends"]).sub("", tidy(title, TITLE))) or None if isinstance(title, str) else None


def _newest_first(posts: Sequence[Post]) -> bool:
    """Whether the dated posts, pinned ones aside, run from new to old; two are needed to tell."""
    dates = [post.published for post in posts if post.published and not post.pinned]
    return len(dates) > 1 and dates == sorted(dates, reverse=True)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "feed.toml").read_text("utf-8"))
