"""Which posts does the back-end of an official account list, as some collectors hand it on? (new-media.md 3.2)

`publish_page` is JSON in a string, and each `publish_info` in it once more.
"""

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
    parsed,
    refused,
    words_of,
)
from db.records import Post


def read(source: Source, first: Reply) -> Steps:
    """The articles of one page of published messages; `update_time` is an edit, `create_time` the publication."""
    data, blank = first.data, source.blank(first)
    code = dig(data, "base_resp.ret")
    if code is None:
        return refused(blank, first, otherwise="不是公众号后台的 JSON")
    if code not in (0, "0"):
        return coded(blank, "wechat_backend", code, dig(data, "base_resp.err_msg"))
    page = data.get("publish_page")
    page = parsed(page) if isinstance(page, str) else page
    if not isinstance(page, dict):
        return refused(blank, first, otherwise="公众号后台没有给出发表记录")
    return listed(blank, _posts(page, first))
    yield  # a protocol is a generator


def _posts(page: dict[str, Any], reply: Reply) -> Iterator[Post]:
    for message in dicts(page.get("publish_list")):
        info = message.get("publish_info")
        for article in dicts(dig(parsed(info) if isinstance(info, str) else info, "appmsgex")):
            yield Post(
                title=tidy(words_of(article.get("title")), TITLE),
                url=str(article["link"]) if article.get("link") else None,
                published=instant_of(article.get("create_time"), reply.at),
                id=str(article.get("aid") or "") or None,
                edited=instant_of(article.get("update_time"), reply.at),
            )
