"""What does a Toutiao feed show of an account? (今日头条; new-media.md 4.3)"""

from __future__ import annotations

from typing import Any

from crawler.extract.text import tidy
from crawler.platforms.source import (
    TITLE,
    Reply,
    Source,
    Steps,
    dicts,
    dig,
    instant_of,
    listed,
    number_of,
    refused,
    words_of,
)
from db.records import Post


def read(source: Source, first: Reply) -> Steps:
    """The articles, micro-posts and videos of one page; `behot_time` is the order of the feed, never a date."""
    data, blank = first.data, source.blank(first)
    if not isinstance(data, dict) or data.get("message") != "success" or not isinstance(data.get("data"), list):
        return refused(blank, first, otherwise="不是头条的 JSON")
    items = dicts(data["data"])
    user = next((u for item in items if isinstance(u := item.get("user_info") or item.get("user"), dict)), {})
    return listed(
        blank,
        [_post(item, first) for item in items],
        complete=bool(items) and data.get("has_more") is False,
        name=words_of(user.get("name")),
        verified=user.get("user_verified") if isinstance(user.get("user_verified"), bool) else None,
        verified_reason=words_of(user.get("verified_content")),
    )
    yield  # a protocol is a generator


def _post(item: dict[str, Any], reply: Reply) -> Post:
    id_ = str(item.get("item_id") or item.get("id") or "") or None
    closed = item.get("ban_comment")
    title = words_of(item.get("title")) or (str(item.get("content") or "").strip().splitlines() or [""])[0]
    return Post(
        title=tidy(words_of(title), TITLE),
        url=f"https://www.toutiao.com/{'w' if item.get('cell_type') == 32 else 'article'}/{id_}/" if id_ else None,
        published=instant_of(item.get("publish_time"), reply.at),
        pinned=any(dig(item, mark) in (1, True) for mark in ("is_stick", "stick_style", "is_top")),
        repost=False
        if item.get("is_original") is True
        else None,  # what is not marked as original may still be the unit's own
        comments=number_of(item.get("comment_count")),
        comments_open=None if closed is None else closed not in (True, 1),
        id=id_,
    )
