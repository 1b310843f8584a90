"""How is one address asked for, politely and safely, and what came of it?

One visitor serves one site. It asks robots.txt once, follows redirects hop by hop (each one checked), keeps to the
site's budget, gives every answer its outcome, and remembers every request as a `Fetch` row and every body by its hash.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from crawler import lax_tls
from crawler.extract.decode import decode
from crawler.extract.page import Page
from crawler.extract.urls import absolute, folder_of, host_of
from crawler.outcome import Fingerprint, chinese, classify
from crawler.settings import Budget
from db.records import Evidence, Fetch, Outcome

Download = Callable[[Request], Awaitable[Response]]
DEAD = frozenset((Outcome.HTTP_ERROR, Outcome.SOFT_404))  # to be confirmed by a second visit
NETWORK = frozenset((Outcome.REFUSED, Outcome.DNS, Outcome.TIMEOUT, Outcome.TLS))
_TEXT = ("text/", "html", "xml", "json", "javascript")
_PAGE = ("html", "xml", "text/plain")
_FRONT = ("home", "probe")  # must stay on the registered host: another site's home page is not this unit's
_INNER = ("page", "link")  # may go on to a host that the registry names, such as a board of its own
_ROBOTS_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address gave: its fetch row, the page when it is one, the text when it is text, the body as received."""

    fetch: Fetch
    page: Page | None = None
    text: str = ""
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """The asked page itself was seen."""
        return self.fetch.outcome is Outcome.OK

    def evidence(self, excerpt: str | None = None) -> Evidence:
        """This answer as evidence, with the words that decided."""
        f = self.fetch
        return Evidence(f.final_url, f.at, f.status, f.sha256, excerpt or f.detail)


@dataclass(slots=True)
class Registered:
    """Hosts that the registry names: only these may have a private or loopback address."""

    hosts: frozenset[str]

    def names(self, url: str) -> bool:
        """Whether the registry names the host of the address, with or without `www.`."""
        host = host_of(url)
        return host in self.hosts or host.removeprefix("www.") in self.hosts or f"www.{host}" in self.hosts

    async def allows(self, url: str) -> bool:
        """Whether the address may be asked: its host is registered, or every address it resolves to is a public one."""
        if self.names(url):
            return True
        name, port = urlsplit(url).hostname or "", urlsplit(url).port
        try:
            addresses = {ipaddress.ip_address(name)}
        except ValueError:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(name, port or 80, type=socket.SOCK_STREAM)
            except OSError:
                return True  # it does not resolve: the download says so
            addresses = {ipaddress.ip_address(str(item[4][0]).partition("%")[0]) for item in found}
        return all(a.is_global and not a.is_multicast for a in addresses)


@dataclass(slots=True)
class Visitor:
    """Fetches for one site and keeps count. `take()` hands over the rows and bodies not yet stored."""

    unit: str
    home: str
    download: Download
    registered: Registered
    budget: Budget
    agent: str
    notice: Callable[[Fetch], None] = lambda fetch: None
    fetches: list[Fetch] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    pages: int = 0
    failures: int = 0
    started: float = field(default_factory=time.monotonic)
    left_out: dict[str, None] = field(default_factory=dict)
    _robots: dict[str, Protego | None] = field(default_factory=dict)
    _missing: dict[str, Fingerprint] = field(default_factory=dict)

    def spent(self) -> str | None:
        """Which budget is used up, in words, or None."""
        if self.pages >= self.budget.pages:
            return f"已达每站 {self.budget.pages} 页的上限"
        if time.monotonic() - self.started > self.budget.seconds:
            return f"已达每站 {self.budget.seconds:.0f} 秒的上限"
        if self.failures >= self.budget.failures:
            return f"连续 {self.failures} 次网络失败，停止访问"
        return None

    def take(self) -> tuple[list[Fetch], dict[str, bytes]]:
        """Rows and bodies since the last call."""
        taken = self.fetches, self.bodies
        self.fetches, self.bodies = [], {}
        return taken

    async def fetch(self, url: str, purpose: str, *, method: str = "GET") -> Answer:
        """Ask for `url` and follow its redirects; never raises for what the network or the server does.

        A robots rule, a foreign or private target, a loop end the hops with their outcome and without a request.
        """
        hops: list[str] = []
        answer = await self._ask(url, purpose, method)
        while answer.fetch.status in (301, 302, 303, 307, 308):
            location = answer.text
            target = absolute(hops[-1] if hops else url, location) if location else None
            if target is None or len(hops) >= self.budget.redirects or target in hops:
                detail = "重定向没有去处" if target is None else "重定向成环"
                answer = replace(answer, fetch=replace(answer.fetch, outcome=Outcome.HTTP_ERROR, detail=detail))
                break
            hops.append(target)
            if not self._ours(target) and not await self.registered.allows(target):
                refused = replace(
                    answer.fetch, outcome=Outcome.REDIRECTED_AWAY, detail=f"指向未登记的内部地址 {target}"
                )
                answer = replace(answer, fetch=refused)
                break
            if not self._ours(target) and (
                purpose in _FRONT or (purpose in _INNER and not self.registered.names(target))
            ):
                away = replace(answer.fetch, outcome=Outcome.REDIRECTED_AWAY, detail=f"转到其他网站 {host_of(target)}")
                answer = replace(answer, fetch=away)
                break
            answer = await self._ask(target, purpose, method)
        final = replace(answer.fetch, url=url, hops=tuple(hops))
        if (
            final.outcome is Outcome.OK
            and answer.page is not None
            and purpose not in ("home", "probe", "robots", "soft404")
        ):
            print_ = self._missing.get(host_of(url))
            if print_ and print_.fits(url, final.final_url, answer.page):
                final = replace(final, outcome=Outcome.SOFT_404, detail="与本站对不存在地址的应答相同")
        self.failures = self.failures + 1 if final.outcome in NETWORK else 0
        self.fetches.append(final)
        self.notice(final)
        return replace(answer, fetch=final)

    async def learn_missing(self) -> None:
        """Ask for one address that cannot exist and remember how this host answers (soft 404)."""
        url = absolute(self.home, f"{folder_of(self.home)}_probe_{secrets.token_hex(6)}.shtml")
        if url is None:
            return
        answer = await self.fetch(url, "soft404")
        if answer.fetch.outcome in (Outcome.OK, Outcome.SOFT_404) and answer.page is not None:
            landing = answer.fetch.final_url if answer.fetch.hops else None
            words = "" if landing else chinese(answer.page.words)
            self._missing[host_of(url)] = Fingerprint(landing, answer.page.title, words)

    def _ours(self, url: str) -> bool:
        return host_of(url).removeprefix("www.") == host_of(self.home).removeprefix("www.")

    async def _ask(self, url: str, purpose: str, method: str) -> Answer:
        """One request without its redirects; a redirect's target is the answer's text."""
        at = datetime.now(UTC)
        blank = Fetch(self.unit, url, url, at, Outcome.OK, purpose)
        if not await self.registered.allows(url):
            return Answer(replace(blank, outcome=Outcome.REDIRECTED_AWAY, detail="未登记的内部地址，不访问"))
        if purpose not in ("robots", "feed") and not await self._permitted(url):
            return Answer(replace(blank, outcome=Outcome.ROBOTS, detail="robots.txt 不允许访问"))
        if purpose not in ("probe", "link", "robots"):
            self.pages += 1
        request = Request(
            url,
            method=method,
            dont_filter=True,
            meta={"download_slot": host_of(url)},
            headers={"Accept-Language": "zh-CN,zh"},
        )
        clock = time.monotonic()
        try:
            response = await asyncio.wait_for(self.download(request), self.budget.timeout * 4)
        except Exception as error:
            outcome, detail = _failure(error)
            if outcome is Outcome.TLS and (
                second := await lax_tls.get(url, self.agent, self.budget.timeout, self.budget.bytes)
            ):
                return self._read(blank, second.status, second.headers, second.body, clock, "旧版 TLS")
            return Answer(replace(blank, outcome=outcome, detail=detail, ms=_ms(clock)))
        headers = {k.decode("latin-1").lower(): b", ".join(v).decode("latin-1") for k, v in response.headers.items()}
        return self._read(blank, response.status, headers, response.body, clock, None)

    def _read(
        self, blank: Fetch, status: int, headers: dict[str, str], body: bytes, clock: float, remark: str | None
    ) -> Answer:
        """The answer that these bytes are; the body is kept by its hash."""
        ms, kind = _ms(clock), headers.get("content-type")
        sha256 = hashlib.sha256(body).hexdigest() if body else None
        if sha256:
            self.bodies[sha256] = body
        known = replace(blank, status=status, ms=ms, size=len(body), sha256=sha256, content_type=kind)
        if status in (301, 302, 303, 307, 308):
            location = headers.get("location", "").encode("latin-1")
            return Answer(replace(known, outcome=Outcome.HTTP_ERROR), text=decode(location)[0])
        plain = (kind or "text/html").lower()
        if not any(word in plain for word in _TEXT):
            binary = Page(blank.url, "")
            outcome, detail = classify(status, headers, binary, body or b"-")
            return Answer(replace(known, outcome=outcome, detail=detail), body=body)
        text, encoding = decode(body, kind)
        page = Page(blank.url, text) if any(word in plain for word in _PAGE) else None
        outcome, detail = classify(status, headers, page or Page(blank.url, ""), body)
        known = replace(known, outcome=outcome, detail=detail or remark, encoding=encoding)
        return Answer(known, page=page, text=text, body=body)

    async def _permitted(self, url: str) -> bool:
        """Whether robots.txt of the host lets us ask; only plain text is a robots.txt, HTML answers mean no rules."""
        host = host_of(url)
        if host not in self._robots:
            self._robots[host] = None
            parts = urlsplit(url)
            answer = await self.fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", "robots")
            text = answer.text if answer.ok and answer.fetch.size <= _ROBOTS_BYTES else ""
            if "user-agent" in text.lower() and "<html" not in text.lower():
                self._robots[host] = Protego.parse(text)
        rules = self._robots[host]
        return rules is None or bool(rules.can_fetch(url, self.agent))


def _ms(clock: float) -> int:
    return round((time.monotonic() - clock) * 1000)


def _failure(error: Exception) -> tuple[Outcome, str]:
    """The outcome of a request that brought no answer."""
    words = str(error) or type(error).__name__
    if isinstance(error, CannotResolveHostError):
        return Outcome.DNS, "域名不能解析"
    if isinstance(error, DownloadTimeoutError | TimeoutError):
        return Outcome.TIMEOUT, "超过 15 秒没有应答"
    if isinstance(error, DownloadCancelledError):
        return Outcome.TOO_LARGE, "内容过大"
    lower = words.lower()
    if isinstance(error, DownloadFailedError) and any(
        mark in lower for mark in ("ssl", "tls", "certificate", "handshake")
    ):
        return Outcome.TLS, words[:200]
    if isinstance(error, DownloadConnectionRefusedError | DownloadFailedError | ResponseDataLossError | OSError):
        return Outcome.REFUSED, words[:200]
    return Outcome.REFUSED, f"{type(error).__name__}: {words}"[:200]
