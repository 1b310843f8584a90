"""What does a list of Kuaishou works show of an account? (快手; new-media.md 4.2)

A collector's feed of Kuaishou shows no dates; `feed` reads it, and the nights tell which of its ids are new.
"""

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
    worded,
    words_of,
)
from db.records import Post

_LIST = "data.visionProfilePhotoList"


def read(source: Source, first: Reply) -> Steps:
    """The works of one page; `pcursor` no_more says that there are no older ones."""
    data, blank = first.data, source.blank(first)
    found = dig(data, _LIST)
    if not isinstance(found, dict):
        return refused(blank, first, otherwise="不是快手的 JSON")
    if found.get("result") not in (1, None):
        return worded(blank, "needs_login", f"返回码 {found['result']}，需要登录或验证")
    works = [(work, photo) for work in dicts(found.get("feeds")) if isinstance(photo := work.get("photo"), dict)]
    return listed(
        blank,
        [_post(photo, first) for _, photo in works],
        complete=bool(works) and found.get("pcursor") == "no_more",
        name=words_of(dig(works[0][0], "author.name")) if works else None,
    )
    yield  # a protocol is a generator


def _post(photo: dict[str, Any], reply: Reply) -> Post:
    id_ = str(photo.get("id") or "") or None
    return Post(
        title=tidy(words_of(photo.get("caption")), TITLE),
        url=f"https://www.kuaishou.com/short-video/{id_}" if id_ else None,
        published=instant_of(photo.get("timestamp"), reply.at),
        pinned=photo.get("profileUserTopPhoto") is True,
        comments=number_of(photo.get("commentCount")),
        id=id_,
    )
