"""How is one address asked for, politely and safely, and what came of it?

One visitor serves one site. It asks robots.txt once, follows redirects hop by hop (each one checked), keeps to the
site's budget, gives every answer its outcome, and remembers every request as a `Fetch` row and every body by its hash.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from crawler import lax_tls
from crawler.extract.decode import decode
from crawler.extract.list_call import ListCall
from crawler.extract.page import Page
from crawler.extract.urls import absolute, folder_of, host_of
from crawler.hosts import HostBook, Registered, beyond_us
from crawler.memory import Memory
from crawler.outcome import Fingerprint, classify
from crawler.reading import Attachment, Reading, readers_version
from crawler.settings import Budget
from db.bodies import digest, pack, unpack
from db.records import Evidence, Fetch, Hop, KnownPage, Outcome, shanghai_day

if TYPE_CHECKING:
    from crawler.browser import Inspect, Renderer

Download = Callable[[Request], Awaitable[Response]]
RENDER = "RENDER"  # the method of a hop that the browser made
WINDOW_OVER = "夜间时段已结束"  # what is left out for it makes half a visit, to be done again
CUT_OFF = "正文没有收完"  # the server ended the connection before the page's end
DEAD = frozenset((Outcome.HTTP_ERROR, Outcome.SOFT_404))  # to be confirmed by a second visit
NETWORK = frozenset((Outcome.REFUSED, Outcome.DNS, Outcome.TIMEOUT, Outcome.TLS))
_TEXT = ("text/", "html", "xml", "json", "javascript")
_PAGE = ("html", "xml", "text/plain")
_FILE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-")  # beginnings of files, whatever their type is said to be
_REDIRECT = (301, 302, 303, 307, 308)
_FRONT = ("home", "probe")  # must stay on the registered host: another site's home page is not this unit's
_INNER = ("page", "link", "list")  # may go on to a host that the registry names, such as a board of its own
_UNREAD = ("probe", "link")  # only whether the page answers is asked, its bytes are not kept when it does
_FORGOTTEN = ("robots", "soft404", "feed", "list")  # asked for anew each time
_ROBOTS_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address gave: its fetch row, the page when it is one, else its text, when it is text; a feed's body.

    file  what an address asked for as a report gave, when it is no page
    """

    fetch: Fetch
    page: Reading | None = None
    text: str = ""
    body: bytes = b""
    file: Attachment | None = None

    @property
    def ok(self) -> bool:
        """The asked page itself was seen."""
        return self.fetch.outcome is Outcome.OK

    @property
    def unchanged(self) -> bool:
        """The server said 304: the bytes themselves did not come."""
        return self.ok and self.fetch.status == 304

    def evidence(self, excerpt: str | None = None) -> Evidence:
        """This answer as evidence, with the words that decided."""
        f = self.fetch
        return Evidence(f.final_url, f.at, f.status, f.sha256, excerpt or f.detail)


@dataclass(slots=True)
class Taken:
    """What is new since the last time: fetch rows, bodies (zstandard, by sha256), pages to remember."""

    fetches: list[Fetch] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    pages: list[KnownPage] = field(default_factory=list)


@dataclass(slots=True)
class Visitor:
    """Fetches for one site and keeps count. `take()` hands over what is not yet stored."""

    unit: str
    home: str
    download: Download
    registered: Registered
    budget: Budget
    agent: str
    notice: Callable[[Fetch], None] = lambda fetch: None
    book: HostBook = field(default_factory=HostBook)
    memory: Memory = field(default_factory=Memory)
    renderer: Renderer | None = None
    until: datetime | None = None  # end of the night window
    challenges: frozenset[str] = frozenset()  # hosts whose bot check the operator lets the browser pass, once
    requests: int = 0  # of any kind that were sent
    pages: int = 0
    renders: int = 0
    received: int = 0
    unchanged: int = 0  # pages that were as an earlier night knew them
    reread: int = 0  # of these, how many a reader had to look at again
    failures: int = 0
    started: float = field(default_factory=time.monotonic)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    left_out: dict[str, None] = field(default_factory=dict)
    _new: Taken = field(default_factory=Taken)
    _known: dict[str, tuple[KnownPage, Reading]] = field(default_factory=dict)

    def spent(self) -> str | None:
        """Which budget is used up, in words, or None."""
        if self.pages >= self.budget.pages:
            return f"已达每站 {self.budget.pages} 页的上限"
        if self.received >= self.budget.site_bytes:
            return f"已达每站 {self.budget.site_bytes // 1_000_000} MB 的上限"
        if time.monotonic() - self.started > self.budget.seconds:
            return f"已达每站 {self.budget.seconds:.0f} 秒的上限"
        if self.failures >= self.budget.failures:
            return f"连续 {self.failures} 次网络失败，停止访问"
        if self.until and datetime.now(UTC) >= self.until:
            return WINDOW_OVER
        return self.book.left_alone(self.home)

    def take(self) -> Taken:
        """What is new since the last call."""
        taken, self._new = self._new, Taken()
        for url, (known, reading) in self._known.items():
            if known.since < self.began:
                self.unchanged += 1
                self.reread += reading.page.parsed
            if reading.fresh:
                known, reading.fresh = replace(known, readers=readers_version(), facts=reading.facts()), False
            taken.pages.append(known)
            known = self.memory.pages[url] = replace(known, facts=None)
            reading.release(self._stored(known), self._said(known))
        self._known = {}
        return taken

    async def fetch(self, url: str, purpose: str, *, method: str = "GET", whole: bool = False) -> Answer:
        """Ask for `url` and follow its redirects; never raises for what the network or the server does.

        A robots rule, a foreign or private target, a loop end the hops with their outcome and without a request. A page
        that an earlier night knows is asked for conditionally, unless `whole`. On a host that several units share a page
        is asked for once and the answer cited for each.
        """
        if host_of(url) not in self.book.shared or purpose not in ("home", "page", "report") or method != "GET":
            return await self._fetch(url, purpose, method, whole)
        first = self.book.answers.get(url)
        if first is None:
            mine: asyncio.Future[Answer] = asyncio.ensure_future(self._fetch(url, purpose, method, whole))
            self.book.answers[url] = mine
            return await mine
        answer: Answer = await asyncio.shield(first)
        if answer.fetch.unit == self.unit:
            return answer
        cited = replace(answer, fetch=replace(answer.fetch, unit=self.unit, purpose=purpose))
        self._new.fetches.append(cited.fetch)
        self.notice(cited.fetch)
        return cited

    async def call(self, call: ListCall, page_url: str) -> Answer:
        """Make the request that a script of the page would make for its list; the answer's `text` is what came back."""
        headers = {**dict(call.headers), "Referer": page_url}
        answer = await self._fetch(call.url, "list", call.method, True, headers, call.body)
        return replace(answer, text=answer.page.page.text) if answer.page else answer

    async def render(
        self, url: str, *, screenshot: bool = False, inspect: Inspect | None = None
    ) -> tuple[Answer, list[Reading]] | None:
        """The page as a browser shows it, and its inner frames; None without a browser or when enough was rendered.

        A rendered page that may lack something says so (`Reading.incomplete`): nothing may be concluded from what is not
        on it. With `screenshot` the picture is kept as a fetch of its own, purpose `screenshot`. `inspect` is given the open
        window once the page was read.
        """
        if self.renderer is None or self.renders >= self.budget.renders or not await self._permitted(url):
            return None
        self.renders += 1
        self.pages += 1
        shown = await self.renderer.render(url, screenshot=screenshot, inspect=inspect)
        self.received += shown.size
        body = shown.html.encode("utf-8", "replace")
        page = Page(shown.final_url, shown.html)
        outcome, detail = shown.error, shown.detail
        if outcome is None:
            outcome, detail = classify(shown.status or 200, shown.headers, page, body)
        if outcome is Outcome.OK and not self._ours(shown.final_url) and not self.registered.names(shown.final_url):
            outcome, detail = Outcome.REDIRECTED_AWAY, f"转到其他网站 {host_of(shown.final_url)}"
        sha256 = digest(body) if body else None
        self._keep(sha256, body)
        hop = Hop(url, shown.at, shown.status, tuple(shown.headers.items()), sha256, RENDER)
        row = Fetch(
            self.unit, url, shown.final_url, shown.at, outcome, "render", shown.status, shown.ms, len(body), sha256
        )
        kind, encoding = "text/html; charset=utf-8", "utf-8 (browser)"
        why = "" if shown.whole else f"render incomplete: {', '.join((*shown.missing, *shown.blocked))[:200]}"
        row = replace(row, content_type=kind, hops=shown.hops, detail=detail or why or None, encoding=encoding)
        self._new.fetches.append(replace(row, trail=(hop,)))
        self.notice(row)
        if shown.screenshot:
            picture = digest(shown.screenshot)
            self._keep(picture, shown.screenshot)
            shot = replace(
                row, purpose="screenshot", sha256=picture, size=len(shown.screenshot), content_type="image/png"
            )
            self._new.fetches.append(replace(shot, encoding=None, detail=None))
        pages = [Reading(p, shanghai_day(self.began)) for p in (page, *(Page(u, h) for u, h in shown.frames))]
        for reading in pages:
            reading.incomplete = why
        return Answer(row, page=pages[0]), pages[1:]

    async def _fetch(
        self,
        url: str,
        purpose: str,
        method: str,
        whole: bool,
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        hops: list[str] = []
        trail: tuple[Hop, ...] = ()
        asked = url
        while True:
            answer = await self._ask(asked, purpose, method, whole, headers or {}, body)
            trail += answer.fetch.trail
            if answer.fetch.status not in _REDIRECT:
                break
            target = absolute(asked, answer.text) if answer.text else None
            if target is None or len(hops) >= self.budget.redirects or target in hops or target == asked:
                detail = "重定向没有去处" if target is None else "重定向成环"
                answer = replace(answer, fetch=replace(answer.fetch, outcome=Outcome.HTTP_ERROR, detail=detail))
                break
            hops.append(target)
            if not self._ours(target) and (why := await self._refuses(target, purpose)):
                away = replace(answer.fetch, outcome=Outcome.REDIRECTED_AWAY, detail=why)
                answer = replace(answer, fetch=away)
                break
            asked = target
        final = replace(answer.fetch, url=url, hops=tuple(hops), trail=trail)
        if (
            final.outcome is Outcome.OK
            and answer.page is not None
            and purpose not in ("home", "probe", "robots", "soft404")
        ):
            print_ = self.book.missing.get(host_of(url))
            if print_ and print_.fits(url, final.final_url, lambda: _looks(answer.page)):
                final = replace(final, outcome=Outcome.SOFT_404, detail="与本站对不存在地址的应答相同")
                self._known.pop(final.final_url, None)
        self.failures = self.failures + 1 if final.outcome in NETWORK else 0
        self._new.fetches.append(final)
        self.notice(final)
        return replace(answer, fetch=final)

    def unchanged_days(self, url: str) -> int:
        """For how many days the page at the address has had the same bytes; 0 when it is not known."""
        known = self.memory.pages.get(url)
        return (datetime.now(UTC) - known.since).days if known else 0

    async def learn_missing(self) -> None:
        """Ask for one address that cannot exist and remember how this host answers (soft 404)."""
        url = absolute(self.home, f"{folder_of(self.home)}_probe_{secrets.token_hex(6)}.shtml")
        if url is None or host_of(url) in self.book.missing:
            return
        answer = await self.fetch(url, "soft404")
        if answer.fetch.outcome in (Outcome.OK, Outcome.SOFT_404) and answer.page is not None:
            landing = answer.fetch.final_url if answer.fetch.hops else None
            title, digest, length = _looks(answer.page)
            self.book.missing[host_of(url)] = Fingerprint(landing, title, "" if landing or length < 4 else digest)

    async def _refuses(self, target: str, purpose: str) -> str | None:
        """Why a redirect to another host is not followed, in Chinese, or None."""
        if not await self.registered.allows(target):
            return f"指向未登记的内部地址 {target}"
        if purpose in _FRONT or (purpose in _INNER and not self.registered.names(target)):
            return f"转到其他网站 {host_of(target)}"
        return None

    def _ours(self, url: str) -> bool:
        return host_of(url).removeprefix("www.") == host_of(self.home).removeprefix("www.")

    async def _ask(
        self, url: str, purpose: str, method: str, whole: bool, extra: dict[str, str], sent: str | None
    ) -> Answer:
        """One request without its redirects; a redirect's target is the answer's text."""
        at = datetime.now(UTC)
        blank = Fetch(self.unit, url, url, at, Outcome.OK, purpose)
        if not await self.registered.allows(url):
            return Answer(replace(blank, outcome=Outcome.REDIRECTED_AWAY, detail="未登记的内部地址，不访问"))
        if why := self.book.left_alone(url):
            return Answer(replace(blank, outcome=Outcome.BLOCKED, detail=why))
        if purpose not in ("robots", "feed") and not await self._permitted(url):
            return Answer(replace(blank, outcome=Outcome.ROBOTS, detail="robots.txt 不允许访问"))
        if purpose not in ("probe", "link", "robots"):
            self.pages += 1
        known, conditions = None, dict[str, str]()
        if method == "GET" and purpose not in _FORGOTTEN:
            known, conditions = self.memory.conditions(url, at, readable=purpose not in _UNREAD)
        request = Request(
            url,
            method=method,
            dont_filter=True,
            meta={"download_slot": self.book.slot(url)},
            headers={"Accept-Language": "zh-CN,zh"} | ({} if whole else conditions) | extra,
            body=sent or "",
        )
        await self.book.turn(url)
        try:
            async with self.book.gate(url):  # the queue of the site's platform is not the site's time
                blank = replace(blank, at=datetime.now(UTC))
                clock = time.monotonic()
                self.requests += 1
                response = await asyncio.wait_for(self.download(request), self.budget.timeout * 4)
        except Exception as error:
            outcome, detail = _failure(error)
            name = urlsplit(url).hostname or ""
            if outcome is Outcome.TLS and self.registered.names(url):
                second = await lax_tls.get(url, self.agent, self.budget.timeout, self.budget.bytes)
                if second:
                    headers = tuple(second.headers.items())
                    blank = replace(blank, ms=_ms(clock))
                    return self._read(blank, second.status, headers, second.body, method, None, "旧版 TLS")
            if outcome in NETWORK and outcome is not Outcome.DNS and await beyond_us(name):
                outcome, detail = Outcome.BLOCKED, "网站只有 IPv6 地址，本机没有 IPv6 网络"
            failed = replace(blank, outcome=outcome, detail=detail, ms=_ms(clock))
            return Answer(replace(failed, trail=(Hop(url, blank.at, method=method),)))
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        )
        self.received += len(response.body)
        if latency := request.meta.get("download_latency"):  # the rest was our own waiting for its turn
            blank = replace(blank, at=max(blank.at, datetime.now(UTC) - timedelta(seconds=latency)))
        blank = replace(blank, ms=round(latency * 1000) if latency else _ms(clock))
        lost = CUT_OFF if "dataloss" in response.flags and not _ended(response.body) else None
        return self._read(blank, response.status, headers, response.body, method, known, lost)

    def _read(
        self,
        blank: Fetch,
        status: int,
        head: tuple[tuple[str, str], ...],
        body: bytes,
        method: str,
        known: KnownPage | None,
        remark: str | None,
    ) -> Answer:
        """The answer that these bytes are; the body is kept by its hash."""
        headers: dict[str, str] = {}
        for name, value in head:
            low = name.lower()
            headers[low] = f"{headers[low]}, {value}" if low in headers else value
        self.book.asked_to_wait(blank.url, status, headers.get("retry-after"))
        kind = headers.get("content-type")
        sha256 = digest(body) if body else None
        same = known is not None and (status == 304 or (status == 200 and sha256 == known.sha256))
        if known is not None and same:
            sha256, kind = known.sha256, known.content_type or kind
        row = replace(blank, status=status, size=len(body), sha256=sha256, content_type=kind)
        row = replace(row, trail=(Hop(blank.url, blank.at, status, head, sha256, method),))
        if known is not None and same:
            return self._again(replace(row, encoding=known.encoding, detail=remark), known, headers)
        if status in _REDIRECT:
            self._keep(sha256, body)
            location = headers.get("location", "").encode("latin-1")
            return Answer(replace(row, outcome=Outcome.HTTP_ERROR), text=decode(location)[0])
        plain = (kind or "text/html").lower()
        if body.startswith(_FILE) or not any(word in plain for word in _TEXT):
            self._keep(sha256, body)
            outcome, detail = classify(status, headers, Page(blank.url, ""), body or b"-")
            row = replace(row, outcome=outcome, detail=detail or remark)
            if row.purpose != "report" or outcome is not Outcome.OK or sha256 is None:
                return Answer(row, body=body)
            file = Attachment(row.url, shanghai_day(self.began), self._bytes(sha256))
            if remark != CUT_OFF:
                self._remember(KnownPage(row.url, self.unit, sha256, row.at, row.at, row.at), row, headers, file)
            return Answer(row, file=file)
        text, encoding = decode(body, kind)
        is_page = any(word in plain for word in _PAGE)
        page = Page(blank.url, text)
        outcome, detail = classify(status, headers, page if is_page else Page(blank.url, ""), body)
        row = replace(row, outcome=outcome, detail=detail or remark, encoding=encoding)
        unread = row.purpose in _UNREAD and outcome is Outcome.OK
        if not unread:
            self._keep(sha256, body)
        if not is_page:
            return Answer(row, text=text, body=body)
        reading = Reading(page, shanghai_day(self.began))
        if remark == CUT_OFF:  # never remembered: a later 304 would confirm half a page
            reading.incomplete = remark
        elif outcome is Outcome.OK and sha256 and method == "GET" and row.purpose not in _FORGOTTEN:
            fresh = KnownPage(row.url, self.unit, sha256, row.at, row.at, row.at, stored=not unread)
            self._remember(fresh, row, headers, reading)
            # What is not kept is not read again either: opened later, the page is fetched in full.
            reading.stored = str if unread else self._stored(replace(fresh, content_type=kind))
        return Answer(row, page=reading, body=body if row.purpose == "feed" else b"")

    def _again(self, row: Fetch, known: KnownPage, headers: dict[str, str]) -> Answer:
        """The answer of a page that is as it was: what its readers said then still holds."""
        now_known = self._known.get(row.url)
        if now_known is not None and now_known[0].sha256 == known.sha256:
            reading = now_known[1]
        else:
            said = self._said(known) if known.readers == readers_version() else None
            day = shanghai_day(known.since)
            if known.encoding is None:  # only what is no text has none
                reading = Attachment(row.url, day, self._bytes(known.sha256), said)
            else:
                reading = Reading(Page(row.url, self._stored(known)), day, said)
        full = row.at if row.status != 304 else known.full_at
        self._remember(replace(known, unit=self.unit, full_at=full, seen_at=row.at), row, headers, reading)
        return Answer(row, file=reading) if isinstance(reading, Attachment) else Answer(row, page=reading)

    def _bytes(self, sha256: str) -> Callable[[], bytes]:
        def data() -> bytes:
            packed = self._new.bodies.get(sha256)
            return (unpack(packed) if packed else self.memory.body(sha256)) or b""

        return data

    def _stored(self, known: KnownPage) -> Callable[[], str]:
        body = self._bytes(known.sha256)
        return lambda: decode(body(), known.content_type)[0]

    def _said(self, known: KnownPage) -> Callable[[], str | None]:
        return lambda: self.memory.facts(known.url)

    def _remember(self, known: KnownPage, row: Fetch, headers: dict[str, str], reading: Reading) -> None:
        if (before := self.memory.pages.get(known.url)) and before.sha256 == known.sha256 and before.stored:
            known = replace(known, since=before.since, stored=True)
        elif before and before.sha256 == known.sha256:
            known = replace(known, since=before.since)
        etag, modified = headers.get("etag"), headers.get("last-modified")
        if row.status == 304:  # need not repeat them
            etag, modified = etag or known.etag, modified or known.modified
        known = replace(known, etag=etag, modified=modified, content_type=row.content_type, encoding=row.encoding)
        self._known[known.url] = (known, reading)
        self.memory.pages[known.url] = known

    def _keep(self, sha256: str | None, body: bytes) -> None:
        if sha256 and sha256 not in self._new.bodies:
            self._new.bodies[sha256] = pack(body)

    async def _permitted(self, url: str) -> bool:
        """Whether robots.txt of the host lets us ask."""
        host = host_of(url)
        if host not in self.book.robots:
            self.book.robots[host] = None
            parts = urlsplit(url)
            answer = await self.fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", "robots")
            text = answer.page.page.text if answer.page else answer.text
            self.book.learn_robots(host, text if answer.ok and answer.fetch.size <= _ROBOTS_BYTES else "", self.agent)
        return self.book.permits(url, self.agent)


def _looks(page: Reading | None) -> tuple[str, str, int]:
    """Title, digest and number of the Chinese words of a page."""
    return (page.shape.title, page.shape.digest, page.shape.chinese) if page else ("", "", 0)


def _ended(body: bytes) -> bool:
    """Whether the document came to its end, whatever length was promised."""
    return b"</html" in body[-2000:].lower()


def _ms(clock: float) -> int:
    return round((time.monotonic() - clock) * 1000)


def _failure(error: Exception) -> tuple[Outcome, str]:
    """The outcome of a request that brought no answer."""
    words = str(error) or type(error).__name__
    if isinstance(error, CannotResolveHostError):
        return Outcome.DNS, "域名不能解析"
    if isinstance(error, DownloadTimeoutError | TimeoutError):
        return Outcome.TIMEOUT, "超过 15 秒没有应答"
    if isinstance(error, DownloadCancelledError | IgnoreRequest):  # over the limit as sent, or once unpacked
        return Outcome.TOO_LARGE, "内容过大"
    lower = words.lower()
    if isinstance(error, DownloadFailedError) and any(
        mark in lower for mark in ("ssl", "tls", "certificate", "handshake")
    ):
        return Outcome.TLS, words[:200]
    if isinstance(error, DownloadConnectionRefusedError | DownloadFailedError | ResponseDataLossError | OSError):
        return Outcome.REFUSED, words[:200]
    return Outcome.REFUSED, f"{type(error).__name__}: {words}"[:200]
