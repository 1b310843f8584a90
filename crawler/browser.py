"""What does a page show after its scripts have run, and how does the browser get nowhere else meanwhile?

The optional tier (extra `browser`): scrapy-playwright drives an installed Chromium for requests that ask for it; all
others go Scrapy's own way. Without it a page made by script stays `needs_render`, which costs nobody a point.

What holds for every connection of a page, whatever opened it (document, redirect, script, frame, fetch, image,
websocket, worker, popup, preload, refresh): Chromium has no road but the `Gate` of the site, a SOCKS5 proxy of ours on
loopback that the site's context is bound to. Chromium resolves no name itself (its resolver is switched off) and sends
no UDP, so each new host and port, redirect hops included, comes to the gate as a request to connect. The gate lets
through the page's own site and hosts that the registry names, resolves the name once, refuses every private, loopback,
link-local or metadata address that the registry does not name, and connects to the very address it has checked. Routes
of Playwright, which are not asked about redirects, only save time and count requests; no safety rests on them.
"""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
import itertools
import os
import re
import shutil
import time
import tomllib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from tldextract import TLDExtract

from crawler.extract.urls import host_of, same_host
from crawler.hosts import Registered, addresses_of, is_public
from db.records import Outcome

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Dialog, Frame, Page, Playwright, Route
    from playwright.async_api import Request as Asked
    from playwright.async_api import Response as Answered
    from scrapy_playwright.handler import Config

Download = Callable[[Request], Awaitable[Response]]
Inspect = Callable[["Window"], Awaitable[None]]  # what is done in the open window once its page was read
WIDTH, HEIGHT = 1366, 900  # of the window, CSS pixels
_WEB = ("http", "https")
_HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
_CONNECT = 10.0  # seconds for one connection of the gate
_FRAMES = 4  # inner frames that are read
_numbers = itertools.count(1)
# The list that comes with the package, no download.
_domains = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may cost in the browser."""

    seconds: float = 30.0  # from the opened window to the closed one
    quiet: float = 0.8  # seconds without a request under way that count as the end of loading
    requests: int = 300
    bytes: int = 30_000_000  # received, as on the wire
    html: int = 5_000_000  # characters of the document after script
    height: int = 4000  # CSS pixels of a screenshot
    documents: int = 8  # in the main window: redirects by script, reloads after a check
    inspect: float = 30.0  # more seconds for what is done in the window afterwards


@dataclass(frozen=True, slots=True)
class Rendered:
    """One page as a browser showed it.

    status, headers  of the document shown last (names lower case); None and {} when no document came
    html        the document after script; "" when none came
    frames      (address, html) of inner frames of the same site
    hops        addresses of the main window after the first: redirects by server, refresh or script
    screenshot  PNG, `WIDTH` wide and at most `Limits.height` high; None when not asked for or not to be had
    blocked     hosts that were asked for and refused: foreign ones, and private ones that the registry does not name
    missing     addresses of scripts, styles, data and frames that were refused or did not come (counters left out)
    settled     the network grew quiet in time
    error       how it failed, None when the document was shown; TIMEOUT and TOO_LARGE come with the part that was seen
    detail      the words for that, Chinese
    at, ms      when the window was asked for; milliseconds in it
    requests, size  that were sent; bytes received through the gate
    """

    url: str
    final_url: str
    at: datetime
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    html: str = ""
    frames: tuple[tuple[str, str], ...] = ()
    hops: tuple[str, ...] = ()
    screenshot: bytes | None = None
    blocked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    settled: bool = False
    error: Outcome | None = None
    detail: str | None = None
    ms: int = 0
    requests: int = 0
    size: int = 0

    @property
    def whole(self) -> bool:
        """All that could carry content was there: what is not in `html` is not on the page."""
        return self.error is None and self.settled and not self.missing


def find_chromium(executable: str | None = None) -> str | None:
    """Path of the Chromium to use: the given one, else the first known name on PATH; None when there is none."""
    names = [executable] if executable else _data()["names"]
    return next((path for name in names if (path := shutil.which(name))), None)


def available(executable: str | None = None) -> str | None:
    """None when pages can be rendered here, else a Chinese sentence that says what is missing and what to do."""
    if any(importlib.util.find_spec(name) is None for name in ("scrapy_playwright", "playwright")):
        return "未安装浏览器组件：请运行 pip install 'wangkao[browser]'"
    if find_chromium(executable) is None:
        named = f"设置的浏览器 {executable} 不存在或不能执行" if executable else "没有找到 Chromium 浏览器"
        return f"{named}：请安装系统自带的 chromium 软件包，或在设置中写明其路径"
    return None


def browser_settings(
    executable: str | None, agent: str, timeout: float = 30.0, *, contexts: int = 64, sandbox: bool | None = None
) -> dict[str, Any]:
    """What to merge into Scrapy's settings; only requests with meta `playwright` go to the browser.

    timeout   seconds for a navigation
    contexts  must not be less than the sites walked at once: a site keeps its context, and others wait for a free one
    sandbox   of Chromium's own; None: on, except for root, for whom Chromium does not start with it
    Raises FileNotFoundError when there is no Chromium; ask `available` first.
    """
    path = find_chromium(executable)
    if path is None:
        raise FileNotFoundError(available(executable))
    return {
        "DOWNLOAD_HANDLERS": dict.fromkeys(_WEB, _HANDLER),
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_BROWSER_PROVIDER": "crawler.browser.SharedChromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": path,
            "headless": True,
            "chromium_sandbox": os.geteuid() != 0 if sandbox is None else sandbox,
            "args": [*_data()["args"], f"--user-agent={agent}"],
        },
        "PLAYWRIGHT_MAX_CONTEXTS": contexts,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 2,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": timeout * 1000,
        "PLAYWRIGHT_DOWNLOAD_TIMEOUT": 1000,  # downloads are refused; do not wait for one
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,  # the browser's own headers, with our user agent
    }


class SharedChromium:
    """The browser of this process for scrapy-playwright: one for http and https, started with the first page.

    By itself scrapy-playwright starts a driver for each scheme and spider when the crawl begins, whether or not a page
    is ever rendered, and asks again for pages that we closed because their time was over.
    """

    _browser: ClassVar[Browser | None] = None
    _driver: ClassVar[Playwright | None] = None
    _users: ClassVar[set[int]] = set()
    _lock: ClassVar[asyncio.Lock] = asyncio.Lock()

    def __init__(self, config: Config) -> None:
        config.target_closed_max_retries = 0
        self._options = config.launch_options

    async def start(self) -> None:
        """Nothing yet: most crawls render no page."""

    async def launch_browser(self) -> Browser:
        """The running browser, or a new one when there is none or the last one has crashed."""
        from playwright.async_api import async_playwright

        kind = SharedChromium
        async with kind._lock:
            if kind._driver is None:
                kind._driver = await async_playwright().start()
            if kind._browser is None or not kind._browser.is_connected():
                kind._browser = await kind._driver.chromium.launch(**self._options)
            kind._users.add(id(self))
            return kind._browser

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> BrowserContext:
        """Refused: every night begins with an empty profile."""
        raise ValueError("persistent browser profiles are not used")

    async def close(self) -> None:
        """End the driver with its last user."""
        kind = SharedChromium
        async with kind._lock:
            kind._users.discard(id(self))
            if not kind._users and kind._driver is not None:
                driver, kind._driver, kind._browser = kind._driver, None, None
                await driver.stop()


class Gate:
    """The only road out of one site's browser context: a SOCKS5 proxy (RFC 1928) on loopback.

    admit(host, port) says the addresses to try, or raises `Refused`. `refused` keeps the reason by host and port,
    `size` counts the bytes received since the last `reset`; past `bytes` all connections are cut.
    """

    def __init__(self, admit: Callable[[str, int], Awaitable[list[str]]], bytes_: int) -> None:
        self.admit, self.bytes = admit, bytes_
        self.refused: dict[str, Refused] = {}
        self.size = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def over(self) -> bool:
        """More was received than may be."""
        return self.size > self.bytes

    async def address(self) -> str:
        """`socks5://127.0.0.1:port`; listening from the first call on."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"socks5://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def reset(self) -> None:
        """Begin to count for the next page; connections left over from the last one are cut."""
        self.refused, self.size = {}, 0
        self.cut()

    def cut(self) -> None:
        """End every connection."""
        for writer in self._open:
            writer.close()

    async def close(self) -> None:
        """Stop listening and end every connection."""
        self.cut()
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            async with asyncio.timeout(_CONNECT * 3):
                host, port = await _asked_for(reader, writer)
                onward = await self._connect(host, port)
            if isinstance(onward, Refused):
                self.refused[_netloc(host, port)] = onward
                writer.write(bytes((5, onward.code, 0, 1, 0, 0, 0, 0, 0, 0)))
                await writer.drain()
                return
            far_reader, far_writer = onward
            self._open.add(far_writer)
            try:
                writer.write(bytes((5, 0, 0, 1, 0, 0, 0, 0, 0, 0)))
                await asyncio.gather(self._relay(reader, far_writer, False), self._relay(far_reader, writer, True))
            finally:
                far_writer.close()
                self._open.discard(far_writer)
        except (OSError, EOFError, TimeoutError, ValueError):
            pass  # either side went away, or it was no SOCKS: the browser sees a closed connection
        finally:
            writer.close()
            self._open.discard(writer)

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | Refused:
        if self.over:
            return Refused(Outcome.TOO_LARGE, "内容过大", 2)
        try:
            addresses = await self.admit(host, port)
        except Refused as refused:
            return refused
        trouble = Refused(Outcome.REFUSED, "连接被拒绝", 5)
        for address in addresses:
            try:
                async with asyncio.timeout(_CONNECT):
                    return await asyncio.open_connection(address, port)
            except TimeoutError:
                trouble = Refused(Outcome.TIMEOUT, f"连接 {_CONNECT:.0f} 秒没有应答", 4)
            except OSError:
                continue
        return trouble

    async def _relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, counted: bool) -> None:
        try:
            while data := await source.read(65536):
                if counted:
                    self.size += len(data)
                    if self.over:
                        self.cut()
                        return
                sink.write(data)
                await sink.drain()
        finally:
            with suppress(OSError, RuntimeError):
                sink.write_eof()


class Refused(Exception):
    """Why the gate does not connect: outcome and words for it, reply code of SOCKS5."""

    def __init__(self, outcome: Outcome, words: str, code: int) -> None:
        super().__init__(words)
        self.outcome, self.words, self.code = outcome, words, code


class Renderer:
    """Renders pages of one site, one at a time, in a context of its own (cookies, cache) that ends with `close`.

    download    the spider's, under `browser_settings`
    home        any address of the site; names its context and with `registered` says which hosts belong
    registered  hosts that the registry names: open to the page, and the only ones that may be private
    agent       the user agent, for servers and scripts alike
    turns       shared by the renderers of a process: how many windows are open at a time
    slot        the downloader's queue for an address, as the visitor's
    """

    def __init__(
        self,
        download: Download,
        home: str,
        registered: Registered,
        agent: str,
        *,
        limits: Limits | None = None,
        turns: asyncio.Semaphore | None = None,
        slot: Callable[[str], str] = host_of,
    ) -> None:
        self.download, self.home, self.registered, self.agent = download, home, registered, agent
        self.limits, self.slot = limits or Limits(), slot
        self._turns = turns or asyncio.Semaphore(1)
        self._one = asyncio.Lock()
        self._gate = Gate(self._admit, self.limits.bytes)
        self._page = home  # the page now being rendered
        self._contexts: set[BrowserContext] = set()  # one for http, one for https
        self.name = f"{host_of(home)} {next(_numbers)}"  # of the context

    async def render(self, url: str, *, screenshot: bool = False, inspect: Inspect | None = None) -> Rendered:
        """The page after its scripts have run; never raises for what the network, the server or the page does.

        Only http and https; whoever calls has asked robots.txt and the site's budget before. Waits for its turn, then
        takes at most `Limits.seconds`: until the network is quiet for a moment, or three quarters of that are over.

        A page that was shown is then handed to `inspect` in its window, for at most `Limits.inspect` seconds more; the
        gate and the other limits hold. What is done there changes nothing in the result but `requests`, `size`, `ms`.
        """
        at = datetime.now(UTC)
        if urlsplit(url).scheme.lower() not in _WEB or not host_of(url) or "@" in host_of(url):
            words = "浏览器只打开不带口令的 http 和 https 网址"
            return Rendered(url, url, at, error=Outcome.REDIRECTED_AWAY, detail=words)
        async with self._one, self._turns:
            self._page = url
            self._gate.reset()
            window = Window(self, url, screenshot, inspect)
            try:
                return await window.show(self._gate, await self._gate.address())
            finally:
                self._gate.cut()
                if window.context is not None:
                    self._contexts.add(window.context)
                if inspect is not None:
                    await self.close()  # what was done may have left cookies: the next page is opened as by a newcomer

    async def close(self) -> None:
        """End the site's context and its gate; a renderer that rendered nothing has none."""
        from playwright.async_api import Error

        for context in self._contexts:
            with suppress(Error):
                await context.close()
        self._contexts.clear()
        await self._gate.close()

    def belongs(self, url: str) -> bool:
        """Whether the host is the page's own, of the same registered domain, or named by the registry."""
        if same_host(url, self._page) or self.registered.names(url):
            return True
        mine, theirs = _domain(host_of(self._page)), _domain(host_of(url))
        return bool(mine) and mine == theirs

    async def _admit(self, host: str, port: int) -> list[str]:
        """The addresses the gate may connect to; raises `Refused` for foreign hosts and unregistered private ones."""
        url = f"http://{_netloc(host, port)}/"
        if not self.belongs(url):
            raise Refused(Outcome.REDIRECTED_AWAY, f"转到其他网站 {_netloc(host, port)}", 2)
        addresses = [host] if _is_literal(host) else await addresses_of(host)
        if not addresses:
            raise Refused(Outcome.DNS, "域名不能解析", 4)
        if not self.registered.names(url) and not all(map(is_public, addresses)):
            raise Refused(Outcome.REDIRECTED_AWAY, f"指向未登记的内部地址 {_netloc(host, port)}", 2)
        return addresses


class Window:
    """One page while it is open.

    Whoever inspects it uses `page` (Playwright's), `rest`, `status`, `missing` (of the document now shown), `blocked` (of
    all), and may say with `agrees` that questions of the page are answered with yes.
    """

    def __init__(self, renderer: Renderer, url: str, screenshot: bool, inspect: Inspect | None = None) -> None:
        self.renderer, self.url, self.screenshot, self.inspect = renderer, url, screenshot, inspect
        self.limits = renderer.limits
        self.page: Page | None = None
        self.context: BrowserContext | None = None
        self.document: Answered | None = None
        self.documents: list[str] = []
        self.going = url  # address last asked for in the main window
        self.pending: set[Asked] = set()
        self.moved = self.began = time.monotonic()
        self.requests = 0
        self.blocked: dict[str, None] = {}
        self.missing: dict[str, None] = {}
        self.trouble: tuple[Outcome, str] | None = None
        self.settled = False
        self.agrees = False
        self.html = ""
        self.frames: tuple[tuple[str, str], ...] = ()
        self.picture: bytes | None = None
        self._error_of_document: str | None = None
        self._rung = self._done = False
        self._alarm: asyncio.TimerHandle | None = None
        self._closing: asyncio.Future[None] | None = None

    async def show(self, gate: Gate, road: str) -> Rendered:
        """Open, wait, read and close."""
        from playwright.async_api import Error

        at, seen = datetime.now(UTC), None
        request = Request(
            self.url,
            dont_filter=True,
            meta={
                "download_slot": self.renderer.slot(self.url),
                "playwright": True,
                "playwright_include_page": True,
                "playwright_context": self.renderer.name,
                "playwright_context_kwargs": _context(self.renderer.agent, road),
                "playwright_page_init_callback": self._prepare,
                # Return with the first byte: what follows is waited for here, where it may fail without losing all.
                "playwright_page_goto_kwargs": {"wait_until": "commit", "timeout": self.limits.seconds * 1000},
            },
        )
        try:
            try:
                await asyncio.wait_for(self.renderer.download(request), self.limits.seconds * 4)
            except Error:
                if self.document is None or self.page is None or self.page.is_closed():
                    raise  # else scrapy-playwright looked at a document that was just being replaced
            await self._read()
            if self.inspect is not None and self.trouble is None and not gate.over:
                seen = self._seen(gate, at)  # what is done now may lead away from it
                await self._inspected(self.inspect)
        except (Error, TimeoutError) as error:
            self.trouble = self.trouble or self._why(gate, error)
        except Exception as error:  # of the download: whatever it is, the page was not seen
            self.trouble = self.trouble or meaning(f"{type(error).__name__}: {error}")
        finally:
            await self._close()
        if seen is not None:
            return replace(seen, ms=self._ms(), requests=self.requests, size=gate.size)
        if self.trouble is None and gate.over:
            self.trouble = Outcome.TOO_LARGE, f"超过 {self.limits.bytes} 字节"
        return self._seen(gate, at)

    @property
    def status(self) -> int | None:
        """Of the document now shown; None while there is none."""
        return self.document.status if self.document else None

    async def rest(self, seconds: float) -> bool:
        """After something was done: wait until the page is quiet again, at most so long; whether it was."""
        self.moved, self.settled = time.monotonic(), False
        assert self.page is not None
        return await self._settle(self.page, self.moved + seconds) and self.settled

    def _seen(self, gate: Gate, at: datetime) -> Rendered:
        """What has been seen up to now."""
        blocked = [*self.blocked, *(host for host, why in gate.refused.items() if why.code == 2)]
        return Rendered(
            self.url,
            self.documents[-1] if self.documents else self.url,
            at,
            status=self.status,
            headers=dict(self.document.headers) if self.document else {},
            html=self.html,
            frames=self.frames,
            hops=tuple(self.documents[1:]),
            screenshot=self.picture,
            blocked=tuple(dict.fromkeys(blocked)),
            missing=tuple(self.missing),
            settled=self.settled,
            error=self.trouble[0] if self.trouble else None,
            detail=self.trouble[1] if self.trouble else None,
            ms=self._ms(),
            requests=self.requests,
            size=gate.size,
        )

    def _ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)

    async def _inspected(self, inspect: Inspect) -> None:
        """Let the page be inspected in the time for it; a window that closes meanwhile ends it."""
        from playwright.async_api import Error

        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(self.limits.inspect, self._ring)
        with suppress(Error):
            await inspect(self)

    async def _prepare(self, page: Page, _: Request) -> None:
        """Called with the empty window: watch it, and set the clock at whose end it is closed."""
        if self._done:  # it waited so long in the downloader's queue that nobody wants it any more
            await page.close()
            return
        self.page, self.context = page, page.context
        self.moved = self.began = time.monotonic()
        self._alarm = asyncio.get_running_loop().call_later(self.limits.seconds, self._ring)
        page.on("request", self._asked)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("dialog", self._dialog)
        page.on("popup", _shut)
        page.on("crash", self._crashed)
        try:
            await page.route("**/*", self._route)
        except Exception:
            await page.close()  # scrapy-playwright would go on without our eyes
            raise

    async def _read(self) -> None:
        """Wait until the page is quiet, then take its document, frames and picture."""
        from playwright.async_api import Error

        page, end = self.page, self.began + self.limits.seconds * 0.75
        if page is None:
            self.trouble = Outcome.NEEDS_RENDER, "浏览器没有打开网页"
            return
        loaded = await self._settle(page, end)
        if self.trouble is None and urlsplit(page.url).scheme not in _WEB:
            raise Error(self._error_of_document or "ERR_ABORTED")
        if self.documents and page.url != self.documents[-1] and urlsplit(page.url).scheme in _WEB:
            self.documents.append(page.url)  # changed by script without a request
        self.html = await _content(page)
        if len(self.html) > self.limits.html:
            self.html = self.html[: self.limits.html]
            self.trouble = self.trouble or (Outcome.TOO_LARGE, f"网页超过 {self.limits.html} 字")
        if not loaded:
            self.trouble = self.trouble or (Outcome.TIMEOUT, f"{self.limits.seconds:.0f} 秒内没有装载完")
        inner = [f for f in page.frames[1:] if urlsplit(f.url).scheme in _WEB and self.renderer.belongs(f.url)]
        frames = []
        for frame in inner[:_FRAMES]:
            with suppress(Error):
                frames.append((frame.url, (await _content(frame))[: self.limits.html]))
        self.frames = tuple(frames)
        if self.screenshot:
            with suppress(Error):
                self.picture = await self._take(page)

    async def _settle(self, page: Page, end: float) -> bool:
        """Wait for a complete document and a quiet network, at most until `end`; whether the document is complete."""
        while time.monotonic() < end:
            await asyncio.sleep(0.05)
            if self.pending or time.monotonic() - self.moved < self.limits.quiet:
                continue
            if await _complete(page) and not self.pending:
                self.settled = True
                return True
        return await _complete(page)

    async def _take(self, page: Page) -> bytes:
        high = await page.evaluate("Math.max(document.documentElement.scrollHeight, document.body?.scrollHeight || 0)")
        high = int(high) if isinstance(high, int | float) and high > 0 else HEIGHT
        clip: Any = {"x": 0, "y": 0, "width": WIDTH, "height": max(min(high, self.limits.height), 1)}
        png: bytes = await page.screenshot(type="png", full_page=True, clip=clip, animations="disabled", timeout=5000)
        return png

    async def _route(self, route: Route) -> None:
        """Stop what the gate would refuse, and what is not needed or too much."""
        from playwright.async_api import Error

        asked = route.request
        reason = self._unwanted(asked) if urlsplit(asked.url).scheme in (*_WEB, "ws", "wss") else None
        if reason:
            self._ended(asked)  # no event tells of a navigation that was stopped
        with suppress(Error):  # the window may be closed by now
            await (route.abort(reason) if reason else route.continue_())

    def _unwanted(self, asked: Asked) -> str | None:
        """Why the request is not sent, in Chromium's words, or None. `aborted` leaves the old document on show."""
        main = self._is_main(asked)
        self.requests += 1
        if self.requests > self.limits.requests:
            self.trouble = self.trouble or (Outcome.TOO_LARGE, f"超过 {self.limits.requests} 个请求")
            return "blockedbyclient"
        if main and len(self.documents) > self.limits.documents:
            self.trouble = self.trouble or (Outcome.NEEDS_RENDER, "页面反复跳转")
            return "aborted"
        if not self.renderer.belongs(asked.url):
            self.blocked[host_of(asked.url)] = None
            self._miss(asked)
            return "aborted" if main else "blockedbyclient"
        if not self.screenshot and self.inspect is None and asked.resource_type in _data()["pictures"]:
            return "blockedbyclient"
        return None

    def _asked(self, asked: Asked) -> None:
        if asked.resource_type not in _data()["streams"]:
            self.pending.add(asked)
            self.moved = time.monotonic()
        if self._is_main(asked):
            self.going = asked.url
        if self._is_main(asked) and asked.url not in self.documents[-1:] and self.renderer.belongs(asked.url):
            self.documents.append(asked.url)

    def _ended(self, asked: Asked) -> None:
        if asked in self.pending:
            self.pending.discard(asked)
            self.moved = time.monotonic()

    def _failed(self, asked: Asked) -> None:
        self._ended(asked)
        if self._is_main(asked):
            self._error_of_document = asked.failure
        elif "ERR_ABORTED" not in (asked.failure or ""):  # a script's own change of mind, or a page left
            self._miss(asked)

    def _answered(self, answer: Answered) -> None:
        asked = answer.request
        if self._is_main(asked):
            if not 300 <= answer.status < 400:
                self.document = answer
                self.missing.clear()  # another document, another beginning
        elif answer.status >= 400 and not (answer.status in (404, 410) and asked.resource_type == "script"):
            self._miss(asked)

    def _miss(self, asked: Asked) -> None:
        host = urlsplit(asked.url).hostname or ""
        counter = any(host == name or host.endswith(f".{name}") for name in _data()["counters"])
        if asked.resource_type in _data()["content"] and not counter:
            self.missing[asked.url] = None

    def _is_main(self, asked: Asked) -> bool:
        """Whether it asks for the document of the window itself."""
        from playwright.async_api import Error

        try:
            return asked.is_navigation_request() and self.page is not None and asked.frame == self.page.main_frame
        except Error:  # its frame is gone
            return False

    async def _dialog(self, dialog: Dialog) -> None:
        """Questions of the page are answered with no, so that nothing goes on by itself."""
        from playwright.async_api import Error

        with suppress(Error):
            await (dialog.accept() if self.agrees else dialog.dismiss())

    def _crashed(self, _: Page) -> None:
        self.trouble = self.trouble or (Outcome.NEEDS_RENDER, "网页使浏览器崩溃")

    def _why(self, gate: Gate, error: Exception) -> tuple[Outcome, str]:
        """What an error of the browser means; the gate knows best why it did not connect."""
        if self._rung or isinstance(error, TimeoutError):
            return Outcome.TIMEOUT, f"超过 {self.limits.seconds:.0f} 秒"
        if gate.over:
            return Outcome.TOO_LARGE, f"超过 {self.limits.bytes} 字节"
        if refused := gate.refused.get(_place(self.going)):
            return refused.outcome, refused.words
        return meaning(str(error))

    def _ring(self) -> None:
        self._rung = True
        self._closing = asyncio.ensure_future(self._close())

    async def _close(self) -> None:
        self._done = True
        if self._alarm is not None:
            self._alarm.cancel()
        if self.page is not None:
            with suppress(Exception):  # closed, crashed or gone with its browser: closed it is
                await asyncio.wait_for(self.page.close(), 5)


def meaning(words: str) -> tuple[Outcome, str]:
    """The outcome that an error message of the browser stands for, and Chinese words with the message's first line."""
    for row in _data()["error"]:
        if re.search(row["pattern"], words):
            first = words.strip().splitlines()[0] if words.strip() else ""
            return Outcome(row["outcome"]), f"{row['words']}（{first[:160]}）"
    return Outcome.NEEDS_RENDER, words[:160]


async def _asked_for(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Host and port that a SOCKS5 client wants; ValueError for anything but CONNECT without a password."""
    version, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    if version != 5:
        raise ValueError("not SOCKS5")
    writer.write(b"\x05\x00")
    _, command, _, kind = await reader.readexactly(4)
    if kind == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii")
    elif kind in (1, 4):
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
    else:
        raise ValueError("no such kind of address")
    port = int.from_bytes(await reader.readexactly(2), "big")
    if command != 1:
        raise ValueError("not CONNECT")
    return host.lower(), port


def _context(agent: str, road: str) -> dict[str, Any]:
    """How a site's context is made: nothing remembered, nothing permitted, one road out."""
    return {
        "user_agent": agent,
        "proxy": {"server": road},
        "viewport": {"width": WIDTH, "height": HEIGHT},
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "service_workers": "block",
        "accept_downloads": False,
        "permissions": [],
        "ignore_https_errors": True,  # the state of the certificate is a fact of its own, see the visitor
        "reduced_motion": "reduce",
    }


async def _content(page: Page | Frame) -> str:
    """The document as it stands; asked again when it was just being replaced."""
    from playwright.async_api import Error

    for pause in (0.5, 0.5, 0.0):
        try:
            html: str = await page.content()
            return html
        except Error as error:
            if not pause or "navigating" not in error.message:
                raise
        await asyncio.sleep(pause)
    return ""


async def _complete(page: Page) -> bool:
    """Whether the document was read to its end; its own word, since no event tells it of a page that was stopped."""
    from playwright.async_api import Error

    try:
        return bool(await page.evaluate("document.readyState !== 'loading'"))
    except Error:
        if page.is_closed():
            raise
        return False  # between two documents


async def _shut(page: Page) -> None:
    from playwright.async_api import Error

    with suppress(Error):
        await page.close()


@lru_cache(maxsize=2048)
def _domain(host: str) -> str:
    """The registered domain of the host (xinzhou.gov.cn); "" for an address in figures or a bare name."""
    return str(_domains(host).top_domain_under_public_suffix)


def _place(url: str) -> str:
    """Host and port of an address, as the gate writes them."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return _netloc(str(ipaddress.ip_address(host)) if _is_literal(host) else host, parts.port or 80)


def _netloc(host: str, port: int) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port in (80, 443) else f"{host}:{port}"


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "browser.toml").read_text("utf-8"))
