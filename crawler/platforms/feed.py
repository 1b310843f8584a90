"""What does a feed show of an account? RSS, Atom and JSON Feed, from whatever collector wrote them.

The library is asked for the structure only; dates are read by our own reader from the raw text, and a feed-level date is never
taken, since collectors write the time of the request there. A page that is no feed says something else, by its words.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import feedparser

from crawler.extract.decode import decode
from crawler.extract.instants import read_instant
from crawler.extract.page import Page
from crawler.extract.text import squeeze, tidy
from db.records import Account, Evidence, Post, Snapshot

_PINNED = re.compile(r"^\W{0,2}置顶|\[置顶\]|【置顶】")
_REPOST = re.compile(r" - 转发|🔁|^转发微博")
_DECLARED = re.compile(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""", re.IGNORECASE)


def read_feed(
    body: bytes,
    content_type: str | None,
    status: int,
    *,
    account: Account,
    run: int,
    at: datetime,
    evidence: Evidence | None,
) -> Snapshot:
    """The snapshot that an HTTP answer gives of the account.

    status of the snapshot: `ok` with posts; `empty_ok` for a valid feed without any; else what words or HTTP status say,
    `network_error` for 5xx, `parse_error` for a page that says nothing. Posts keep page order, each address once.
    """
    text, _ = decode(body, content_type)

    def snapshot(state: str, posts: tuple[Post, ...] = (), **named: Any) -> Snapshot:
        return Snapshot(
            account.unit,
            account.account,
            account.platform,
            account.source,
            run,
            at,
            state,
            posts,
            evidence=evidence,
            **named,
        )

    entries = _json_entries(text, at) if text.lstrip().startswith("{") else _xml_entries(text, at)
    if status < 400 and entries is not None:
        posts = tuple({(p.url or p.title, p.published): p for p in entries}.values())
        return snapshot("ok", posts) if posts else snapshot("empty_ok", detail="订阅源没有条目")
    words = squeeze(Page("http://feed.invalid/", text).words) if "<" in text else squeeze(text)
    for rule in _rules()["words"]:
        if found := rule["pattern"].search(words[:5000]):
            return snapshot(rule["status"], gone=rule.get("gone"), detail=tidy(found[0], 80))
    if state := _rules()["http"].get(str(status)):
        return snapshot(state, gone="status" if state == "account_gone" else None, detail=f"HTTP {status}")
    if status >= 500:
        return snapshot("network_error", detail=f"HTTP {status}")
    return snapshot("parse_error", detail=tidy(words, 80) or "不是订阅源")


def _xml_entries(text: str, now: datetime) -> list[Post] | None:
    """Posts of an RSS or Atom text; None when it is neither."""
    parsed = feedparser.parse(
        _DECLARED.sub(r"\1", text).encode("utf-8"), response_headers={"content-type": "application/xml; charset=utf-8"}
    )
    if not parsed.version:
        return None
    posts = []
    for entry in parsed.entries:
        title = tidy(entry.get("title") or entry.get("summary") or "", 200)
        raw = entry.get("published") or entry.get("updated") or entry.get("created")
        posts.append(_post(title, entry.get("link"), read_instant(raw, now=now), entry.get("summary") or ""))
    return posts


def _json_entries(text: str, now: datetime) -> list[Post] | None:
    """Posts of a JSON Feed; None when it is none."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if (
        not isinstance(data, dict)
        or "jsonfeed.org" not in str(data.get("version"))
        or not isinstance(data.get("items"), list)
    ):
        return None
    posts = []
    for item in data["items"]:
        if isinstance(item, dict):
            raw = item.get("date_published") or item.get("date_modified")
            words = str(item.get("title") or item.get("content_text") or item.get("summary") or "")
            posts.append(
                _post(
                    tidy(words, 200), item.get("url"), read_instant(raw, now=now), str(item.get("content_html") or "")
                )
            )
    return posts


def _post(title: str, url: Any, published: datetime | None, content: str) -> Post:
    repost = bool(_REPOST.search(title)) or "- 转发" in content
    return Post(title, str(url) if url else None, published, _PINNED.search(title) is not None, repost)


@cache
def _rules() -> dict[str, Any]:
    data = tomllib.loads((Path(__file__).parent / "feed.toml").read_text("utf-8"))
    for row in data["words"]:
        row["pattern"] = re.compile(row["text"], re.IGNORECASE)
    return data
