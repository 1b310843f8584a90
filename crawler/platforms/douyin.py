"""What does a list of Douyin videos show of an account? (抖音; new-media.md 4.1)

A list may be old although the web page shows new videos: the counter of the profile is the second look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crawler.extract.text import tidy
from crawler.platforms.source import (
    TITLE,
    Reply,
    Source,
    Steps,
    coded,
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
    """The videos of one page and what they say of their author; withdrawn and private ones are left out.

    An empty list is `empty_ok` at most: a refused visitor gets one too.
    """
    data, blank = first.data, source.blank(first)
    if not isinstance(data, dict):
        return refused(blank, first, otherwise="不是抖音的 JSON")
    if data.get("status_code") not in (0, None):
        return coded(blank, "douyin", data["status_code"], data.get("status_msg"))
    videos = [v for v in dicts(data.get("aweme_list")) if not _withdrawn(v)]
    author = dig(videos[0], "author") if videos else data.get("user")
    who = author if isinstance(author, dict) else {}
    reason = words_of(who.get("enterprise_verify_reason")) or words_of(who.get("custom_verify"))
    return listed(
        replace(blank, verified=True if reason else None, verified_reason=reason),
        [_post(video, first) for video in videos],
        complete=bool(videos) and data.get("has_more") in (0, False),
        name=words_of(who.get("nickname")),
        total=number_of(who.get("aweme_count")),
        followers=number_of(who.get("follower_count")),
    )
    yield  # a protocol is a generator


def _withdrawn(video: dict[str, Any]) -> bool:
    return any(dig(video, f"status.{mark}") for mark in ("is_delete", "is_prohibited", "private_status"))


def _post(video: dict[str, Any], reply: Reply) -> Post:
    id_ = str(video.get("aweme_id") or "") or None
    allowed = dig(video, "aweme_control.can_comment")
    return Post(
        title=tidy(words_of(video.get("desc")), TITLE),
        url=f"https://www.douyin.com/video/{id_}" if id_ else None,
        published=instant_of(video.get("create_time"), reply.at),
        pinned=video.get("is_top") == 1,
        comments=number_of(dig(video, "statistics.comment_count")),
        comments_open=allowed if isinstance(allowed, bool) else None,
        id=id_,
    )
