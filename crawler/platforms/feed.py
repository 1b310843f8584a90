"""What does an RSS, Atom or JSON Feed show of an account, and what does an answer mean that is none?

Only entries count: the dates of the feed itself are the time of the request. Structure is read by feedparser (JSON by
the standard library), characters and dates by us (new-media.md 0 and 5). A silent source proves nothing: whatever is
not a whole, dated list of posts gets a status other than `ok`.
"""

from __future__ import annotations

import codecs
import html
import io
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
from bs4 import BeautifulSoup

from crawler.extract.instants import read_instant
from crawler.extract.text import squeeze, tidy
from db.records import Account, Evidence, Post, Snapshot
from db.registry import decode_text

_TITLE = 120  # characters kept of a title
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML
_DECLARED = re.compile(r"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_ENDED = re.compile(r"</(?:\w+:)?(?:rss|feed|rdf)\s*>(?:\s|<!--.*?-->)*$", re.IGNORECASE | re.DOTALL)
_ITEM_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_JSON_FEED = "jsonfeed.org/version/"


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
    blank = Snapshot(
        account.unit, account.account, account.platform, account.source, run, at, "parse_error", evidence=evidence
    )
    text = _decoded(body, content_type)
    if status < 400 and (found := _read(text, account.address, at)):
        return _judged(blank, found)
    return _not_a_feed(blank, text, status)


@dataclass(frozen=True, slots=True)
class _Found:
    posts: tuple[Post, ...]
    cut: bool = False  # the feed ends in the middle


def _judged(blank: Snapshot, found: _Found) -> Snapshot:
    posts = found.posts
    if closing := _closing(posts, blank.at):
        return _worded(replace(blank, posts=posts), "account_gone", closing, gone="closed")
    if found.cut and not _newest_first(posts):
        return replace(blank, posts=posts, detail="订阅内容不完整（中途截断），无法确定最新一条")
    if not posts:
        return replace(blank, status="empty_ok", detail="订阅源正常，但没有任何条目")
    undated = sum(post.published is None for post in posts)
    notes = (f"{undated} 条没有可识别的日期" if undated else "", "订阅内容不完整（中途截断）" if found.cut else "")
    return replace(blank, status="ok", posts=posts, detail="；".join(filter(None, notes)) or None)


def _not_a_feed(blank: Snapshot, text: str, status: int) -> Snapshot:
    shown = _shown(text)
    words = squeeze(shown)
    if len(words) <= _data()["words"]["longest"]:
        for rule in _rules():
            if (decided := rule.pattern.search(words)) and not (rule.unless and rule.unless.search(words)):
                return _worded(blank, rule.status, decided[0], gone=rule.gone, page=shown)
    by_status = _data()["status"]
    meant = by_status.get(str(status)) or by_status.get(f"{status // 100}xx")
    if meant == "account_gone":
        return replace(blank, status=meant, gone="status", detail=f"HTTP {status}")
    if meant:
        return replace(blank, status=meant, detail=f"HTTP {status}：{tidy(shown, 80)}".rstrip("："))
    if not text.strip():
        return replace(blank, detail=f"HTTP {status}，应答是空白的")
    return replace(blank, detail=f"不是订阅源（RSS、Atom 或 JSON Feed）：{tidy(shown, 80)}")


def _worded(blank: Snapshot, status: str, words: str, *, gone: str | None, page: str | None = None) -> Snapshot:
    evidence = replace(blank.evidence, excerpt=tidy(page or words, 200)) if blank.evidence else None
    return replace(blank, status=status, gone=gone, detail=tidy(words, 120), evidence=evidence)


# reading


def _read(text: str, base: str, at: datetime) -> _Found | None:
    """The posts of a feed, or None where the text is no feed."""
    if text.lstrip().startswith(("{", "[")):
        return _read_json(text, base, at)
    return _read_xml(text, base, at)


def _read_json(text: str, base: str, at: datetime) -> _Found | None:
    try:
        feed = json.loads(text)
    except ValueError:
        return None
    if not isinstance(feed, dict) or _JSON_FEED not in str(feed.get("version")):
        return None
    items = feed.get("items")
    if not isinstance(items, list):
        return None
    return _Found(_distinct(_json_item(item, base, at) for item in items if isinstance(item, dict)))


def _json_item(item: dict[str, Any], base: str, at: datetime) -> tuple[str, Post]:
    content = str(item.get("content_text") or item.get("content_html") or "")
    dates = (item.get("date_published"), item.get("date_modified"))
    tags = item.get("tags")
    post = _post(
        title=str(item.get("title") or item.get("summary") or "") or content,
        content=content,
        url=item.get("url") or item.get("external_url"),
        dates=dates,
        tags=[str(tag) for tag in tags] if isinstance(tags, list) else [],
        base=base,
        at=at,
    )
    return str(item.get("id") or ""), post


def _read_xml(text: str, base: str, at: datetime) -> _Found | None:
    clean = _ILLEGAL.sub("", _PROLOG.sub("", text)).strip()
    parsed = feedparser.parse(
        io.BytesIO(clean.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": base},
        sanitize_html=False,
    )
    if not parsed.get("version"):
        return None
    cut = not _ENDED.search(clean)
    entries = parsed.entries[: len(_ITEM_END.findall(clean))] if cut else parsed.entries
    return _Found(_distinct(_xml_item(entry, base, at) for entry in entries), cut)


def _xml_item(entry: Any, base: str, at: datetime) -> tuple[str, Post]:
    content = entry.get("summary") or "".join(part.get("value") or "" for part in entry.get("content", ()))
    comments = str(entry.get("slash_comments") or "")
    post = _post(
        title=entry.get("title") or content,
        content=content,
        url=entry.get("link"),
        # dict.get: feedparser answers a missing `updated` with `published`
        dates=[dict.get(entry, key) for key in ("published", "created", "updated")],
        tags=[str(tag.get("term")) for tag in entry.get("tags", ())],
        base=base,
        at=at,
    )
    return str(entry.get("id") or ""), replace(post, comments=int(comments) if comments.isdecimal() else None)


def _post(
    *, title: str, content: str, url: Any, dates: Sequence[Any], tags: Sequence[str], base: str, at: datetime
) -> Post:
    """A post; its date is the first of `dates` that is there, readable or not: an edit is no news."""
    written = next((date for date in dates if date not in (None, "")), None)
    shown = tidy(_plain(title), _TITLE)
    marks = _data()["marks"]
    return Post(
        title=shown,
        url=urljoin(base, url) if isinstance(url, str) and url else None,
        published=read_instant(written, now=at) if isinstance(written, str | int | float) else None,
        pinned=bool(_pattern(marks["pinned"]).search(shown)) or "置顶" in tags,
        repost=True if _pattern(marks["repost"]).search(shown) or "<blockquote> - 转发" in content else None,
    )


def _distinct(posts: Iterable[tuple[str, Post]]) -> tuple[Post, ...]:
    """Each post once. The id alone does not tell posts apart: some feeds give all the same one."""
    seen: dict[tuple[str, Post], Post] = {}
    for name, post in posts:
        seen.setdefault((name or post.url or "", post), post)
    return tuple(seen.values())


def _newest_first(posts: Sequence[Post]) -> bool:
    """Whether the dated posts, pinned ones aside, run from new to old; two are needed to tell."""
    dates = [post.published for post in posts if post.published and not post.pinned]
    return len(dates) > 1 and dates == sorted(dates, reverse=True)


def _closing(posts: Sequence[Post], at: datetime) -> str | None:
    """The title of the newest post not after `at` where it announces that this account ends, else None."""
    dated = [(post.published, post) for post in posts if post.published and post.published <= at]
    newest = max(dated, key=lambda pair: pair[0])[1] if dated else None
    marks = _data()["marks"]
    if newest is None or _pattern(marks["closing_unless"]).search(newest.title):
        return None
    return newest.title if _pattern(marks["closing"]).search(newest.title) else None


# characters


def _decoded(body: bytes, content_type: str | None) -> str:
    """Text of an answer: bytes that obey UTF-8 are UTF-8, whatever they are declared as; a tail cut within a character
    is dropped. Else the declared charset where the bytes obey it, else the likelier of UTF-8 and GB18030."""
    marked = body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not marked:
        with suppress(UnicodeError):
            return codecs.getincrementaldecoder("utf-8")().decode(body)
        for charset in _charsets(body, content_type):
            with suppress(UnicodeError, LookupError):
                return body.decode(charset)
    return decode_text(body)[0]


def _charsets(body: bytes, content_type: str | None) -> Iterator[str]:
    head = body[:400].decode("latin-1")
    for found in (_DECLARED.search(head), _CHARSET.search(content_type or ""), _CHARSET.search(head)):
        if found and (name := found[1].lower()) not in ("iso-8859-1", "latin-1", "us-ascii"):
            yield "gb18030" if name.startswith(("gb", "x-gb", "cp936")) else name


def _shown(text: str) -> str:
    """What a person would read of an answer that is no feed: visible text of a page, strings of a JSON answer."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return " ".join(_strings(json.loads(text)))
        except ValueError:
            return text[:2000]
    return _plain(text)


def _plain(markup: str) -> str:
    if "<" not in markup:
        return html.unescape(markup)
    soup = BeautifulSoup(_PROLOG.sub("", markup[:200_000]), "lxml")
    for hidden in soup(["script", "style", "template", "noscript"]):
        hidden.decompose()
    for hidden in soup.select('[hidden], [style*="display:none"], [style*="display: none"]'):
        hidden.decompose()
    return soup.get_text(" ", strip=True)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


# data


@dataclass(frozen=True, slots=True)
class _Rule:
    status: str
    pattern: re.Pattern[str]
    gone: str | None
    unless: re.Pattern[str] | None


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "feed.toml").read_text("utf-8"))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


@cache
def _rules() -> tuple[_Rule, ...]:
    rows = _data()["words"]["rule"]
    if wrong := [row["status"] for row in rows if row["status"] not in Snapshot.STATUSES]:
        raise ValueError(f"feed.toml: no status {wrong[0]!r}; one of {', '.join(Snapshot.STATUSES)}")
    return tuple(
        _Rule(
            row["status"],
            _pattern(row["pattern"]),
            row.get("gone"),
            _pattern(row["unless"]) if "unless" in row else None,
        )
        for row in rows
    )
