"""Which articles does a WeChat album (合集) show? (new-media.md 3.3)

An account need not file its posts there: a new one proves an update, the absence of one proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup

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
    refused,
    worded,
    words_of,
)
from db.records import Post

PARTIAL = "只见合集，未收入合集的文章看不到"


def read(source: Source, first: Reply) -> Steps:
    """The articles of one page of the album, JSON or HTML; in JSON a lone article comes as an object, not a list."""
    data, blank = first.data, source.blank(first)
    if first.status and first.status < 400 and is_album(first.text):
        return listed(blank, _items(first), partial=PARTIAL)
    if not isinstance(data, dict) or dig(data, "base_resp.ret") is None:
        return refused(blank, first, otherwise="不是合集的 JSON", of_account=False)
    album = data.get("getalbum_resp")
    asked = [dig(data, "verify_status"), dig(data, "base_resp.verify_status"), dig(album, "verify_status")]
    if any(str(status) not in ("0", "", "None") for status in asked):
        return worded(blank, "challenge", "微信要求验证（verify_status）")
    if dig(data, "base_resp.ret") not in (0, "0"):
        return coded(blank, "wechat_album", dig(data, "base_resp.ret"), dig(data, "base_resp.errmsg"))
    return listed(
        blank,
        [_post(item, first) for item in dicts(dig(album, "article_list"))],
        partial=PARTIAL,
        name=words_of(dig(album, "base_info.nickname")),
    )
    yield  # a protocol is a generator


def is_album(text: str) -> bool:
    """Whether the text is the page of an album."""
    return "js_article_create_time" in text and "data-link=" in text


def _items(reply: Reply) -> Iterator[Post]:
    for item in BeautifulSoup(reply.text, "lxml").select("li[data-link][data-title]"):
        when = item.select_one(".js_article_create_time")
        yield Post(
            title=tidy(str(item["data-title"]), TITLE),
            url=str(item["data-link"]),
            published=instant_of(when.get_text(strip=True), reply.at) if when else None,
        )


def _post(item: dict[str, Any], reply: Reply) -> Post:
    message = (str(item.get("msgid") or ""), str(item.get("itemidx") or ""))
    return Post(
        title=tidy(words_of(item.get("title")), TITLE),
        url=str(item["url"]) if item.get("url") else None,
        published=instant_of(item.get("create_time"), reply.at),
        id="_".join(message) if all(message) else None,
    )
