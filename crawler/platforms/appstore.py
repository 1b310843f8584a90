"""Does the App Store of this country still offer the unit's app? (移动客户端; new-media.md 6)"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from crawler.platforms.source import (
    Ask,
    Reply,
    Source,
    Steps,
    dicts,
    instant_of,
    listed,
    number_of,
    refused,
    worded,
    words_of,
)
from db.records import shanghai_day

_NUMBER = re.compile(r"/id(\d+)")
_COUNTRY = "cn"  # another country's store does not offer what is offered here


def opening(source: Source) -> Ask:
    """The look-up for a page of the store, always in the store of this country."""
    parts = urlsplit(source.account.address)
    if found := _NUMBER.search(parts.path):
        return Ask(f"https://itunes.apple.com/lookup?id={found[1]}&country={_COUNTRY}")
    query = [(k, v) for k, v in parse_qsl(parts.query) if k.lower() != "country"]
    return Ask(urlunsplit(parts._replace(query=urlencode([*query, ("country", _COUNTRY)]))))


def read(source: Source, first: Reply) -> Steps:
    """That the app is there; its contents cannot be seen, so no post is told and nothing of its freshness.

    `account_gone` by status (it counts on the second night) when this country's store has no such app.
    """
    data, blank = first.data, source.blank(first)
    count = number_of(data.get("resultCount")) if isinstance(data, dict) else None
    if count is None:
        return refused(blank, first, otherwise="不是应用商店的应答")
    if count == 0:
        return worded(blank, "account_gone", "应用商店（中国区）没有这个应用", gone="status")
    app = next(iter(dicts(data.get("results"))), {})
    released = instant_of(app.get("currentVersionReleaseDate"), first.at)
    version = f"版本 {words_of(app.get('version')) or '不明'}"
    seen = (
        f"{version}，{shanghai_day(released)} 发布；内容更新需人工核查"
        if released
        else f"{version}；内容更新需人工核查"
    )
    named = replace(blank, name=words_of(app.get("trackName")), verified_reason=words_of(app.get("sellerName")))
    return replace(listed(named, []), status="ok", detail=seen)
    yield  # a protocol is a generator
