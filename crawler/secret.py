"""How does a source let us in without anybody reading with what? Keys and cookies exist on the wire and nowhere else.

The visitor asks for addresses without keys and sees answers without them, so that no row, body, log line or progress event
can hold one. Only the download beneath it knows the real request, and only for the host that a key belongs to.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from scrapy import Request
from scrapy.http import Response

from crawler.extract.urls import host_of
from db.records import Account
from db.registry import masked

Download = Callable[[Request], Awaitable[Response]]
Sections = Mapping[str, Mapping[str, str]]
# What a section of the secrets may hold: a cookie, an Authorization header, RSSHub's access key (sent as `key`, or as
# `code`, which is the digest of path and key and betrays it less), an access token of the official WeChat API.
KINDS = ("cookie", "authorization", "key", "code_key", "token")
_STARS = "***"
_SHORTEST = 6  # a shorter value is too common a text to be hidden wherever it stands
_COOKIE = re.compile(r"=[^;]*")


class Keeper:
    """The secrets of one account's source. `kinds` names those that are set.

    A section named after a host goes to that host; one named after the account (wechat/岚水发布) to the host that is asked
    first.
    """

    def __init__(self, account: Account, sections: Sections) -> None:
        self._own = dict(sections.get(f"{account.platform}/{account.account}", {}))
        self._hosts = {name: dict(section) for name, section in sections.items() if "/" not in name}
        self._home = host_of(account.address)
        self._given = dict(parse_qsl(urlsplit(account.address).query)) if "://" in account.address else {}
        hidden = masked(account.address)
        keys = [v for k, v in self._given.items() if dict(parse_qsl(urlsplit(hidden).query)).get(k) == _STARS]
        self._values = [*keys, *(v for section in sections.values() for v in section.values())]
        self.kinds = frozenset(self._own) | frozenset(self._hosts.get(self._home, {}))

    def first_asked(self, url: str) -> None:
        """The request that opens the source goes there; the account's own section is meant for that host."""
        self._home = host_of(url)
        self.kinds = frozenset(self._own) | frozenset(self._hosts.get(self._home, {}))

    def hide(self, text: str) -> str:
        """The text without any secret that is known here."""
        return hide(text, self._values)

    def wrap(self, download: Download) -> Download:
        """The download that lets us in, and hands back what came without the secrets."""

        async def fetch(request: Request) -> Response:
            real = request.replace(
                url=self._real(request.url), headers={**request.headers, **self._headers(request.url)}
            )
            try:
                response = await download(real)
            except Exception as error:
                error.args = tuple(self.hide(str(part)) for part in error.args)
                raise
            finally:
                if latency := real.meta.get("download_latency"):
                    request.meta["download_latency"] = latency
            return self._cleaned(response, request.url)

        return fetch

    def _for(self, url: str) -> dict[str, str]:
        host = host_of(url)
        return {**self._hosts.get(host, {}), **(self._own if host == self._home else {})}

    def _real(self, url: str) -> str:
        kept, parts = self._for(url), urlsplit(url)
        query = parts.query
        if parts.netloc.lower() == self._home and _STARS in query:
            pairs = parse_qsl(query, keep_blank_values=True)
            query = urlencode([(k, self._given.get(k, v) if v == _STARS else v) for k, v in pairs], safe="*")
        more = [("key", kept["key"])] if "key" in kept else []
        if "code_key" in kept:
            more += [("code", hashlib.md5(f"{parts.path}{kept['code_key']}".encode()).hexdigest())]
        if "token" in kept:
            more += [("access_token", kept["token"])]
        return urlunsplit(parts._replace(query="&".join(filter(None, (query, urlencode(more))))))

    def _headers(self, url: str) -> dict[str, str]:
        kept = self._for(url)
        names = {"cookie": "Cookie", "authorization": "Authorization"}
        return {header: kept[kind] for kind, header in names.items() if kind in kept}

    def _cleaned(self, response: Response, url: str) -> Response:
        headers = response.headers.copy()
        for name, values in response.headers.items():
            said = [masked(self.hide(value.decode("latin-1"))) for value in values]
            if name.lower() == b"set-cookie":
                said = [_COOKIE.sub(f"={_STARS}", value, count=1) for value in said]
            headers.setlist(name, [value.encode("latin-1") for value in said])
        body = response.body
        for value in _forms(self._values):
            body = body.replace(value.encode(), b"*" * len(value.encode()))
        return response.replace(url=url, headers=headers, body=body)


def hide(text: str, values: Iterable[str]) -> str:
    """The text with stars for each of the values, written plainly or as in an address."""
    for value in _forms(values):
        text = text.replace(value, _STARS)
    return text


def _forms(values: Iterable[str]) -> list[str]:
    long = [v for v in values if len(v) >= _SHORTEST]
    return sorted({form for v in long for form in (v, quote(v, safe=""))}, key=len, reverse=True)


class Hiding(logging.Filter):
    """Takes the secrets out of what is logged, whoever logs it."""

    def __init__(self, values: Iterable[str]) -> None:
        super().__init__()
        self.values = list(values)

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; the record's text is rewritten."""
        record.msg, record.args = hide(record.getMessage(), self.values), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = hide(record.exc_text, self.values) if record.exc_text else None
        return True


def values_of(accounts: Iterable[Account], sections: Sections) -> list[str]:
    """Every secret of these accounts and sections."""
    found = [value for section in sections.values() for value in section.values()]
    for account in accounts:
        given = parse_qsl(urlsplit(account.address).query) if "://" in account.address else []
        hidden = dict(parse_qsl(urlsplit(masked(account.address)).query)) if given else {}
        found += [value for name, value in given if hidden.get(name) == _STARS]
    return found
