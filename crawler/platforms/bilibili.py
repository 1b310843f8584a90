"""What does the space of a Bilibili account show? (哔哩哔哩; new-media.md 4.4)"""

from __future__ import annotations

from collections.abc import Iterator
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

_TITLES = ("major.archive.title", "major.article.title", "major.opus.title", "major.opus.summary.text", "desc.text")


def read(source: Source, first: Reply) -> Steps:
    """The posts (动态) of one page, videos and articles among them; what forwards another's is a repost."""
    data, blank = first.data, source.blank(first)
    if not isinstance(data, dict) or not isinstance(data.get("code"), int):
        return refused(blank, first, otherwise="不是哔哩哔哩的 JSON")
    if data["code"] != 0:
        return coded(blank, "bilibili", data["code"], data.get("message"))
    items = dicts(dig(data, "data.items"))
    names = (words_of(dig(item, "modules.module_author.name")) for item in items if not item.get("orig"))
    return listed(
        blank,
        [_post(item, first) for item in items],
        complete=bool(items) and dig(data, "data.has_more") is False,
        name=next(filter(None, names), None),
    )
    yield  # a protocol is a generator


def _post(item: dict[str, Any], reply: Reply) -> Post:
    id_ = str(item.get("id_str") or "") or None
    forbidden = dig(item, "modules.module_stat.comment.forbidden")
    return Post(
        title=tidy(next(_titles(item), None), TITLE),
        url=f"https://t.bilibili.com/{id_}" if id_ else None,
        published=instant_of(dig(item, "modules.module_author.pub_ts"), reply.at),
        pinned=dig(item, "modules.module_tag.text") == "置顶",
        repost=bool(item.get("orig")) or item.get("type") == "DYNAMIC_TYPE_FORWARD",
        comments=number_of(dig(item, "modules.module_stat.comment.count")),
        comments_open=None if forbidden is None else not forbidden,
        id=id_,
    )


def _titles(item: dict[str, Any]) -> Iterator[str]:
    for path in _TITLES:
        if words := words_of(dig(item, f"modules.module_dynamic.{path}")):
            yield words
