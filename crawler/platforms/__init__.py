"""Which kind of source is this, and what does it show of an account? One module a protocol, one table for all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.platforms import (
    appstore,
    bilibili,
    douyin,
    export,
    feed,
    kuaishou,
    manual,
    toutiao,
    wechat_album,
    wechat_api,
    wechat_article,
    wechat_backend,
    weibo,
)
from crawler.platforms.source import Ask, Reply, Source, Steps, dig, unanswered
from db.records import Account, Snapshot

_ANY = ("feed", "manual")  # accounts registered so do not say where they are


@dataclass(frozen=True, slots=True)
class Protocol:
    """One row of the table.

    platforms  accounts that may be read so; a `feed` may be anything
    address    a registered address of this form is one, whatever it answers
    marks      paths of which a JSON answer has at least one: nothing else has them
    errors     the same for its errors; anybody's might look so, so they tell only for an account on that platform
    page       whether a text that is no JSON is one
    opening    the first request, where it is not a GET of the registered address
    """

    name: str
    platforms: tuple[str, ...]
    read: Callable[[Source, Reply], Steps]
    address: str | None = None
    marks: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    page: Callable[[str], bool] | None = None
    opening: Callable[[Source], Ask] | None = None

    def may_be(self, account: Account) -> bool:
        """Whether an account on that platform may be read so."""
        return account.platform in (*self.platforms, *_ANY)

    def addressed(self, account: Account) -> bool:
        """Whether the address alone says so."""
        return bool(self.address and re.search(self.address, account.address, re.IGNORECASE))


# The order decides where two rows fit.
PROTOCOLS = (
    Protocol(
        "wechat_api",
        ("wechat",),
        wechat_api.read,
        address=r"//api\.weixin\.qq\.com|/datacube/getarticletotaldetail|/cgi-bin/freepublish/batchget",
        marks=("is_delay", "item_count"),
        errors=("errcode",),
        opening=wechat_api.opening,
    ),
    Protocol(
        "wechat_album",
        ("wechat",),
        wechat_album.read,
        address=r"/mp/appmsgalbum\b.*f=json",
        marks=("getalbum_resp",),
        errors=("verify_status",),
        page=wechat_album.is_album,
    ),
    Protocol("wechat_backend", ("wechat",), wechat_backend.read, marks=("publish_page",), errors=("base_resp",)),
    Protocol(
        "wechat_article",
        ("wechat",),
        wechat_article.read,
        address=r"//mp\.weixin\.qq\.com/s(?:[/?]|$)",
        page=wechat_article.is_article,
        opening=wechat_article.opening,
    ),
    Protocol(
        "weibo",
        ("weibo",),
        weibo.read,
        address=r"//m\.weibo\.cn/|//(?:www\.)?weibo\.com/(?:u/|profile/)?\d{6,}/?(?:$|[?#])|/api/container/getIndex|/ajax/statuses/mymblog",
        marks=("data.cards", "data.userInfo"),
        errors=("ok",),
        opening=weibo.opening,
    ),
    Protocol("douyin", ("douyin",), douyin.read, marks=("aweme_list",), errors=("status_code",)),
    Protocol("kuaishou", ("kuaishou",), kuaishou.read, marks=("data.visionProfilePhotoList",)),
    Protocol("toutiao", ("toutiao",), toutiao.read, errors=("message",)),
    Protocol(
        "bilibili",
        ("bilibili",),
        bilibili.read,
        address=r"//api\.bilibili\.com/",
        marks=("data.items",),
        errors=("code",),
    ),
    Protocol(
        "appstore",
        ("app",),
        appstore.read,
        address=r"//(?:apps|itunes)\.apple\.com/",
        marks=("resultCount",),
        opening=appstore.opening,
    ),
)
FEED = Protocol("feed", (), feed.read)  # RSS, Atom, JSON Feed; it also says what an answer means that nothing can read


def steps(source: Source) -> Steps:
    """Read one source over the network: yields requests, takes their answers, returns the snapshot.

    The address, the platform and at last the answer itself tell the protocol: a collector may hand on a platform's JSON
    under any address. A platform's own error answers are read by its protocol too.
    """
    named = next((p for p in PROTOCOLS if p.addressed(source.account)), None)
    first = yield (named.opening(source) if named and named.opening else Ask(source.account.address))
    if not first.status:
        return unanswered(source.blank(first), first)
    return (yield from (_by_answer(source.account, first) or named or FEED).read(source, first))


def _by_answer(account: Account, reply: Reply) -> Protocol | None:
    text = reply.text
    if feed.is_feed(text):
        return FEED
    data = reply.data
    if isinstance(data, dict):
        return next((p for p in PROTOCOLS if p.may_be(account) and _has(data, p.marks)), None) or next(
            (p for p in PROTOCOLS if account.platform in p.platforms and _has(data, p.errors)), None
        )
    return next((p for p in PROTOCOLS if p.page and p.may_be(account) and p.page(text)), None)


def _has(data: dict[str, Any], paths: tuple[str, ...]) -> bool:
    return any(dig(data, path) is not None for path in paths)


def read_file(account: Account, *, run: int, at: datetime) -> tuple[Snapshot, dict[str, bytes]]:
    """Read one source from disk: an exported table or a person's form, told apart by their headers. With the bytes of what a
    form attaches, by their sha256."""
    path = Path(account.address)
    try:
        data = path.read_bytes() if path.stat().st_size <= export.most_bytes() else b""
    except OSError:
        data = b""
    if data and manual.is_form(data):
        return manual.read_form(data, path, account=account, run=run, at=at)
    return export.read_export(path, account=account, run=run, at=at), {}
