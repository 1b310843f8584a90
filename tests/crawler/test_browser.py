"""A real Chromium on loopback: what a page shows after its scripts, and that it gets nowhere else.

The crawl runs as in `crawler/__main__.py`: a child process with AsyncCrawlerProcess, one for all tests of this file.
Commands and answers are JSON lines on its standard input and output.
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.browser import Gate, Limits, Refused, Renderer, available, browser_settings, find_chromium, meaning
from crawler.hosts import Registered
from db.records import Outcome
from tests.crawler.served import Site, served

ROOT = Path(__file__).parents[2]
AGENT = "Mozilla/5.0 (compatible; wangkao/0.1; government site monitor; +tests)"
real = pytest.mark.skipif(available(None) is not None, reason=str(available(None)))


def a_site(pages: dict[str, str | tuple[int, dict[str, str], bytes | str]]) -> Site:
    """A site whose pages and scripts say that they are UTF-8."""
    made = Site({})
    for path, page in pages.items():
        kind = "text/javascript" if path.endswith(".js") else "text/html"
        status, headers, body = (200, {}, page) if isinstance(page, str) else page
        made.pages[path] = (status, {"Content-Type": f"{kind}; charset=utf-8", **headers}, body)
    return made


# The child process ----------------------------------------------------------------------------------------------------


def crawl() -> None:
    """Answer commands until standard input ends."""
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.http import Response

    from crawler.settings import Budget, scrapy_settings

    class Obeying(Spider):
        name = "obeying"

        async def download(self, request: Request) -> Response:
            return await self.crawler.engine.download_async(request)

        async def start(self) -> AsyncIterator[Any]:
            renderers: dict[str, Renderer] = {}
            while line := await asyncio.to_thread(sys.stdin.readline):
                order = json.loads(line)
                try:
                    orders = [self.obey(each, renderers) for each in order.get("together", [order])]
                    answers = await asyncio.gather(*orders)
                    answer = {"together": answers} if "together" in order else answers[0]
                except Exception as error:
                    answer = {"raised": f"{type(error).__name__}: {error}"}
                print(json.dumps(answer), flush=True)
            for renderer in renderers.values():
                await renderer.close()
            if False:
                yield

        async def obey(self, order: dict[str, Any], renderers: dict[str, Renderer]) -> dict[str, Any]:
            if order.get("plain"):
                response = await self.download(Request(order["url"], dont_filter=True))
                return {"status": response.status, "html": response.body.decode(), "flags": response.flags}
            key = order.get("site") or order["url"]
            if key not in renderers:
                hosts = frozenset(order["named"])
                limits = Limits(**order.get("limits", {}))
                renderers[key] = Renderer(self.download, key, Registered(hosts), AGENT, limits=limits)
            if order.get("close"):
                await renderers.pop(key).close()
                return {}
            seen = await renderers[key].render(order["url"], screenshot=order.get("screenshot", False))
            named = {name: getattr(seen, name) for name in seen.__slots__ if name != "at"}
            picture = base64.b64encode(seen.screenshot).decode() if seen.screenshot else None
            return {**named, "screenshot": picture, "whole": seen.whole}

    crawling = scrapy_settings(delay=0, sites_at_once=4, contact="tests", budget=Budget())
    crawling |= {"WANGKAO_REGISTERED": ["127.0.0.1"]}
    process = AsyncCrawlerProcess(crawling | browser_settings(None, AGENT))
    process.crawl(Obeying)
    process.start()


class Child:
    """The crawl process and one question at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crawler.test_browser"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        assert self.process.stderr is not None
        threading.Thread(target=self.said.extend, args=(self.process.stderr,), daemon=True).start()

    def ask(self, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        patience = threading.Timer(90, self.process.kill)
        patience.start()
        line = self.process.stdout.readline()
        patience.cancel()
        assert line, f"the crawl process has ended: {''.join(self.said)}"
        answer: dict[str, Any] = json.loads(line)
        assert "raised" not in answer, answer["raised"]
        return answer

    def render(self, site: Site, path: str = "", *others: Site, **order: Any) -> dict[str, Any]:
        named = [site.host, *(other.host for other in others)]
        return self.ask(**{"url": site.url + path, "site": site.url, "named": named, **order})

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    made = Child()
    yield made
    assert made.end() == 0
    assert made.said == [], "nothing goes wrong behind the scenes"


# What is seen ---------------------------------------------------------------------------------------------------------

LIST = "<title>通知公告</title><h1>通知公告</h1><ul id='list'></ul>"
FILL = "<script>fetch('/list.json').then(r => r.json()).then(rows => rows.forEach(r => { const li = document.createElement('li'); li.textContent = r; document.getElementById('list').append(li) }))</script>"
ROWS = json.dumps(["关于防汛工作的通知 2026-03-01", "关于春耕生产的通知 2026-02-11"], ensure_ascii=False)


@real
def test_a_list_that_a_script_fetches_is_in_the_document(child: Child):
    with served(a_site({"/": LIST + FILL, "/list.json": ROWS})) as site:
        plain = child.ask(url=site.url, plain=True)
        seen = child.render(site)
    assert plain["flags"] == []
    assert "防汛" not in plain["html"]
    assert "<li>关于防汛工作的通知 2026-03-01</li>" in seen["html"]
    assert (seen["status"], seen["error"], seen["final_url"]) == (200, None, site.url)
    assert seen["whole"]
    assert seen["size"] > 500


@real
def test_two_schemes_and_many_pages_share_one_browser(child: Child, tmp_path: Path):
    with served(a_site({"/": "<h1>甲</h1>", "/b": "<h1>乙</h1>"})) as site:
        assert "甲" in child.render(site)["html"]
        assert "乙" in child.render(site, "b")["html"]
        told: list[str] = []
        with listening("127.0.0.1", told, _answer("<h1>丙</h1>"), tls=a_certificate(tmp_path)) as port:
            safe = child.ask(url=f"https://127.0.0.1:{port}/", site=site.url, named=[])
            assert safe["error"] == Outcome.REDIRECTED_AWAY, "another host of another name"
            safe = child.ask(url=f"https://127.0.0.1:{port}/", named=[f"127.0.0.1:{port}"])
        assert (safe["error"], safe["status"], "丙" in safe["html"]) == (None, 200, True)
        assert child.ask(url=site.url, site=site.url, named=[], close=True) == {}
        assert "甲" in child.render(site)["html"]
    found = subprocess.run(["ps", "-o", "comm=", "--ppid", str(child.process.pid)], capture_output=True, text=True)
    assert found.stdout.count("node") == 1


def a_certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    path = folder / "site.pem"
    kind = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@real
def test_a_screenshot_is_a_png_of_the_whole_page_up_to_a_bound(child: Child):
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    pages = {
        "/": "<body style='margin:0'><img src='/p.png'><div style='height:1500px'>通知</div>",
        "/long": "<body style='margin:0'><div style='height:90000px'>通知</div>",
        "/p.png": (200, {"Content-Type": "image/png"}, picture),
    }
    with served(a_site(pages)) as site:
        assert child.render(site)["screenshot"] is None
        assert "/p.png" not in site.asked
        sizes = [_size(base64.b64decode(child.render(site, p, screenshot=True)["screenshot"])) for p in ("", "long")]
        assert "/p.png" in site.asked
    assert sizes[0][0] == sizes[1][0] == 1366
    assert 1500 <= sizes[0][1] < 1600
    assert sizes[1][1] == 4000


def _size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n")
    return struct.unpack(">II", png[16:24])


@real
def test_status_headers_and_hops_are_those_of_the_document_shown_last(child: Child):
    challenge = "<script>document.cookie = 'seen=1'; location.href = '/in/'</script>"
    pages = {
        "/": (412, {"X-Check": "yes"}, "<title>check</title><script>var $_ts = 1</script>"),
        "/door": (412, {}, challenge),
        "/in/": (200, {"X-Check": "passed"}, "<h1>首页</h1>"),
        "/302": (302, {"Location": "/refresh"}, ""),
        "/refresh": "<meta http-equiv='refresh' content='0;url=/in/'>",
    }
    with served(a_site(pages)) as site:
        stays, passes, goes = child.render(site), child.render(site, "door"), child.render(site, "302")
    assert (stays["status"], stays["headers"]["x-check"], stays["error"]) == (412, "yes", None)
    assert (passes["status"], passes["headers"]["x-check"], passes["final_url"]) == (200, "passed", f"{site.url}in/")
    assert passes["hops"] == [f"{site.url}in/"]
    assert goes["hops"] == [f"{site.url}refresh", f"{site.url}in/"]
    assert "首页" in goes["html"]


@real
def test_the_browser_says_who_it_is_to_servers_and_scripts(child: Child):
    page = "<p id='a'></p><script>document.getElementById('a').textContent = navigator.userAgent + '|' + navigator.language</script>"
    told: list[str] = []
    with listening("127.0.0.1", told, _answer("<p>x</p>")) as port:
        child.ask(url=f"http://127.0.0.1:{port}/", named=[f"127.0.0.1:{port}"])
    with served(a_site({"/": page})) as site:
        seen = child.render(site)
    assert f"User-Agent: {AGENT}\r\n" in told[0]
    assert f"{AGENT}|zh-CN" in seen["html"]


@real
def test_frames_of_the_site_are_read_too(child: Child):
    pages = {"/": "<iframe src='/inner'></iframe>", "/inner": f"{LIST}{FILL}", "/list.json": ROWS}
    with served(a_site(pages)) as site:
        seen = child.render(site)
    assert [url for url, _ in seen["frames"]] == [f"{site.url}inner"]
    assert "防汛" in seen["frames"][0][1]


# Nowhere else ---------------------------------------------------------------------------------------------------------


@contextmanager
def listening(
    address: str, heard: list[str], answer: bytes = b"", *, slow: float = 0, tls: Path | None = None
) -> Iterator[int]:
    """A port that writes down the first bytes of every TCP connection and UDP packet, and answers TCP ones."""
    tcp, udp = socket.create_server((address, 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = tcp.getsockname()[1]
    udp.bind((address, port))
    open_: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            if tls is not None:
                server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                server.load_cert_chain(tls)
                connection = server.wrap_socket(connection, server_side=True)
            heard.append(connection.recv(4000).decode("latin-1"))
            connection.sendall(answer)
            time.sleep(slow)
            connection.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = tcp.accept()
                open_.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def receive() -> None:
        with suppress(OSError):
            while (packet := udp.recvfrom(4000))[0]:
                heard.append(repr(packet))

    for work in (accept, receive):
        threading.Thread(target=work, daemon=True).start()
    try:
        yield port
    finally:
        for s in (tcp, udp, *open_):
            with suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()


def _answer(body: str, head: str = "200 OK") -> bytes:
    data = body.encode()
    return (
        f"HTTP/1.1 {head}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
        + data
    )


WAYS_OUT = {
    "image": "<img src='{o}i.png'>",
    "script": "<script src='{o}s.js'></script>",
    "style": "<link rel=stylesheet href='{o}s.css'><style>@import '{o}t.css'; p{{background:url({o}b.png)}}</style>",
    "frame": "<iframe src='{o}f'></iframe><object data='{o}o'></object><embed src='{o}e'>",
    "fetch": "<script>fetch('{o}x', {{mode: 'no-cors'}}); let x = new XMLHttpRequest(); x.open('GET', '{o}y'); x.send(); navigator.sendBeacon('{o}z', 'b')</script>",
    "hop of a script": "<script src='/away'></script>",
    "hop of a frame": "<iframe src='/away'></iframe>",
    "hop of a fetch": "<script>fetch('/away', {{mode: 'no-cors'}})</script>",
    "hop of an image": "<img src='/away'>",
    "meta refresh": "<meta http-equiv=refresh content='0;url={o}m'>",
    "location": "<script>location.href = '{o}l'</script>",
    "location of a frame": "<iframe src='/jump'></iframe>",
    "form": "<form action='{o}form' method=post id=f></form><script>document.getElementById('f').submit()</script>",
    "popup": "<script>window.open('{o}p'); window.open('/jump')</script><a id=a target=_blank href='{o}q'></a><script>document.getElementById('a').click()</script>",
    "websocket": "<script>new WebSocket('{w}ws')</script>",
    "event source": "<script>new EventSource('{o}es')</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('{o}w', {{mode: 'no-cors'}}); importScripts('{o}v')\"])))</script>",
    "shared worker": "<script>new SharedWorker('/worker.js')</script>",
    "service worker": "<script>navigator.serviceWorker && navigator.serviceWorker.register('/worker.js')</script>",
    "hints": "<link rel=preconnect href='{o}'><link rel=prefetch href='{o}pf'><link rel=preload as=script href='{o}pl'><link rel=modulepreload href='{o}mp'><link rel=dns-prefetch href='{o}'><link rel=icon href='{o}i'><link rel=manifest href='{o}mf'><link rel=prerender href='{o}pr'>",
    "speculation": '<script type=speculationrules>{{"prefetch": [{{"source": "list", "urls": ["{o}sp", "/away"], "eagerness": "immediate"}}], "prerender": [{{"source": "list", "urls": ["/jump"], "eagerness": "immediate"}}]}}</script>',
    "webrtc": "<script>let r = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{h}'}}, {{urls: 'turn:{h}?transport=tcp', username: 'a', credential: 'b'}}, {{urls: 'turn:{h}', username: 'a', credential: 'b'}}]}}); r.createDataChannel('d'); r.createOffer().then(o => r.setLocalDescription(o))</script>",
    "webtransport": "<script>new WebTransport('https://{h}/t')</script>",
    "media": "<video src='{o}v.mp4' autoplay muted></video><audio src='{o}a.mp3' autoplay></audio>",
    "download": "<a id=a download href='{o}d'></a><script>document.getElementById('a').click()</script>",
}


@real
@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_connection_reaches_a_foreign_private_host(child: Child, way: str):
    heard: list[str] = []
    with listening("127.0.0.9", heard, _answer("<h1>inside</h1>")) as port:
        origin = f"http://127.0.0.9:{port}/"
        body = WAYS_OUT[way].format(o=origin, h=f"127.0.0.9:{port}", w=origin.replace("http", "ws"))
        pages = {
            "/": f"<h1>门户</h1>{body}",
            "/away": (302, {"Location": f"{origin}hop"}, ""),
            "/jump": f"<script>location.href = '{origin}j'</script>",
            "/worker.js": (200, {"Content-Type": "text/javascript"}, f"fetch('{origin}k', {{mode: 'no-cors'}})"),
        }
        with served(a_site(pages)) as site:
            seen = child.render(site, screenshot=True, limits={"seconds": 4, "quiet": 0.4})
    assert heard == []
    assert "inside" not in seen["html"]
    assert "门户" in seen["html"], "the page itself stays on show"


@real
def test_the_way_out_is_real(child: Child):
    """The same canary is reached when the registry names it: what the tests above prove is not an accident."""
    heard: list[str] = []
    with listening("127.0.0.9", heard, _answer("<h1>inside</h1>")) as port:
        body = WAYS_OUT["frame"].format(o=f"http://127.0.0.9:{port}/")
        with served(a_site({"/": body})) as site:
            seen = child.ask(url=site.url, named=[site.host, f"127.0.0.9:{port}"])
    assert len(heard) >= 3
    assert seen["blocked"] == []


@real
def test_a_redirect_of_the_document_to_a_foreign_host_is_said(child: Child):
    heard: list[str] = []
    with listening("127.0.0.9", heard) as port:
        away = f"http://127.0.0.9:{port}/"
        with served(a_site({"/": (302, {"Location": away}, ""), "/two": (302, {"Location": "/"}, "")})) as site:
            seen, twice = child.render(site), child.render(site, "two")
    assert heard == []
    for one in (seen, twice):
        assert one["error"] == Outcome.REDIRECTED_AWAY
        assert one["blocked"] == [f"127.0.0.9:{port}"]
        assert (one["html"], one["whole"]) == ("", False)


@real
def test_a_page_of_an_unregistered_private_host_is_not_opened(child: Child):
    heard: list[str] = []
    with listening("127.0.0.9", heard) as port:
        urls = [f"http://127.0.0.9:{port}/", f"http://[::ffff:127.0.0.9]:{port}/", f"http://localhost:{port}/"]
        seen = [child.ask(url=url, named=["127.0.0.1"]) for url in urls]
        seen += [
            child.ask(url=url, named=[])
            for url in ("file:///etc/hostname", "data:text/html,x", "http://a:b@127.0.0.9/")
        ]
    assert [one["error"] for one in seen] == [Outcome.REDIRECTED_AWAY] * 6
    assert {one["html"] for one in seen} == {""}
    assert heard == []


@real
def test_what_was_kept_out_is_said_and_a_page_without_it_is_not_whole(child: Child):
    with served(a_site({"/": "<p>x</p><script src='http://203.0.113.9/app.js'></script>"})) as site:
        lacking = child.render(site)
    with served(
        a_site({"/": "<p>x</p><script src='http://hm.baidu.com/h.js'></script><img src='http://203.0.113.9/a.png'>"})
    ) as site:
        counted = child.render(site, screenshot=True)
    with served(a_site({"/": "<p>x</p><script>fetch('/data')</script>", "/data": (500, {}, "")})) as site:
        broken = child.render(site)
    assert (lacking["blocked"], lacking["missing"]) == (["203.0.113.9"], ["http://203.0.113.9/app.js"])
    assert not lacking["whole"]
    assert counted["blocked"] == ["hm.baidu.com", "203.0.113.9"]
    assert counted["whole"]
    assert broken["missing"] == [f"{site.url}data"]


@real
def test_two_sites_at_once_keep_apart(child: Child):
    """Each page asks for the other's script: the gate of a site opens no host of another one."""
    with served(a_site({"/b.js": "1"}), "127.0.0.8") as two, served(a_site({"/a.js": "1"})) as one:
        for mine, other, script in ((one, two, "b.js"), (two, one, "a.js")):
            body = f"<h1>{mine.url}</h1><script src='{other.url}{script}'></script><script src='/hop'></script>"
            mine.pages |= a_site({"/": body, "/hop": (302, {"Location": other.url + script}, "")}).pages
        orders = [{"url": s.url, "site": s.url, "named": [s.host]} for s in (one, two)]
        seen = child.ask(together=orders)["together"]
        assert "/b.js" not in two.asked
        assert "/a.js" not in one.asked
    assert [one.url in seen[0]["html"], two.url in seen[1]["html"]] == [True, True]
    assert [each["blocked"] for each in seen] == [[two.host], [one.host]]


def a_renderer(home: str, *named: str) -> Renderer:
    async def download(request: Any) -> Any:
        raise AssertionError(request)

    return Renderer(download, home, Registered(frozenset(named)), AGENT)


@pytest.mark.parametrize(
    ("home", "url", "belongs"),
    [
        ("http://www.dx.xinzhou.gov.cn/", "https://img.xinzhou.gov.cn/a.js", True),
        ("http://www.dx.xinzhou.gov.cn/", "http://dx.xinzhou.gov.cn/", True),
        ("http://www.xinzhou.gov.cn/", "http://www.shanxi.gov.cn/", False),  # gov.cn is everybody's
        ("http://www.xinzhou.gov.cn/", "http://xinzhou.gov.cn.example.com/", False),
        ("http://www.xinzhou.gov.cn/", "http://named.example.com/", True),
        ("http://192.0.2.7/", "http://192.0.2.7:8080/", False),
        ("http://192.0.2.7/", "http://1.0.2.7/", False),
    ],
)
def test_what_belongs_to_a_site(home: str, url: str, belongs: bool):
    assert a_renderer(home, "named.example.com").belongs(url) is belongs


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1", "fd00::1", "localhost"],
)  # fmt: skip
def test_the_gate_knows_private_addresses(host: str):
    """Also when it is the host of the page itself; the registry alone opens it, with its port."""

    async def through(*named: str) -> bytes:
        home = f"http://[{host}]:1/" if ":" in host else f"http://{host}:1/"
        gate = Gate(a_renderer(home, *named)._admit, 1000)
        road = await gate.address()
        reader, writer = await asyncio.open_connection("127.0.0.1", int(road.rpartition(":")[2]))
        writer.write(b"\x05\x01\x00\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + b"\x00\x01")
        answer = await reader.read(100)
        if len(answer) == 2:
            answer += await reader.read(100)
        writer.close()
        await gate.close()
        return answer[2:4]

    assert asyncio.run(through()) == b"\x05\x02", "not allowed"
    if host.startswith("127.") or host == "localhost":
        assert asyncio.run(through(f"{host}:1")) == b"\x05\x05", "allowed, and nobody listens there"


@given(st.binary(max_size=40))
@settings(max_examples=40, deadline=None)
def test_the_gate_survives_what_is_not_socks(noise: bytes):
    async def talk() -> bytes:
        async def admit(host: str, port: int) -> list[str]:
            raise Refused(Outcome.REDIRECTED_AWAY, host, 2)

        gate = Gate(admit, 1000)
        reader, writer = await asyncio.open_connection("127.0.0.1", int((await gate.address()).rpartition(":")[2]))
        writer.write(noise)
        writer.write_eof()
        answer = await reader.read(100)
        writer.close()
        await gate.close()
        return answer

    assert asyncio.run(talk())[2:4] in (b"", b"\x05\x02")


# Bounds ---------------------------------------------------------------------------------------------------------------


@real
def test_a_page_that_never_finishes_ends_in_time(child: Child):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 9000\r\n\r\n<h1>begun</h1>"
    told: list[str] = []
    for answer, error in ((head, Outcome.TIMEOUT), (b"", Outcome.TIMEOUT)):
        with listening("127.0.0.1", told, answer, slow=20) as port:
            clock = time.monotonic()
            seen = child.ask(url=f"http://127.0.0.1:{port}/", named=[f"127.0.0.1:{port}"], limits={"seconds": 4})
        assert seen["error"] == error
        assert ("begun" in seen["html"]) is bool(answer), "what came is kept, as a part"
        assert not seen["whole"]
        assert time.monotonic() - clock < 6
    loops = {"/": "<h1>x</h1><script>setTimeout(() => { while (true) {} }, 10)</script>"}
    with served(a_site(loops)) as site:
        clock = time.monotonic()
        assert child.render(site, limits={"seconds": 4})["error"] == Outcome.TIMEOUT
        assert time.monotonic() - clock < 10
    with served(a_site({"/": "<h1>after</h1>"})) as site:
        assert child.render(site)["whole"], "the next page is none the worse"


@real
def test_a_page_that_keeps_asking_is_read_but_not_settled(child: Child):
    with served(
        a_site({"/": "<h1>门户</h1><script>setInterval(() => fetch('/p' + Math.random()), 200)</script>"})
    ) as site:
        seen = child.render(site, limits={"seconds": 6})
    assert "门户" in seen["html"]
    assert seen["error"] is None
    assert not seen["settled"]
    assert not seen["whole"]


@real
def test_requests_documents_and_bytes_are_bounded(child: Child):
    many = "<script>for (let i = 0; i < 100; i++) fetch('/n' + i)</script>"
    with served(a_site({"/": many})) as site:
        seen = child.render(site, limits={"requests": 20})
        assert len(site.asked) <= 20
    assert seen["error"] == Outcome.TOO_LARGE
    with served(a_site({})) as site:
        site.missing = (200, {}, "<script>location.href = '/?' + Math.random()</script>")
        seen = child.render(site)
        assert len(site.asked) < 12
    assert seen["error"] == Outcome.NEEDS_RENDER
    with served(a_site({"/": "<h1>x</h1><script src=/big.js></script>", "/big.js": "/" * 9_000_000})) as site:
        seen = child.render(site, limits={"bytes": 1_000_000})
    assert seen["error"] == Outcome.TOO_LARGE
    assert seen["size"] < 1_500_000
    with served(a_site({"/": "<h1>x</h1><script>document.write('汉'.repeat(900000))</script>"})) as site:
        seen = child.render(site, limits={"html": 100_000})
    assert (seen["error"], len(seen["html"])) == (Outcome.TOO_LARGE, 100_000)


@real
def test_dialogs_popups_and_downloads_do_not_stop_the_page(child: Child):
    pages = {
        "/": "<h1>门户</h1><script>alert('a'); confirm('b'); window.open('/p'); document.querySelector('h1').textContent += '开放'</script>",
        "/p": "<p>popup</p>",
        "/file": (200, {"Content-Type": "application/zip", "Content-Disposition": "attachment"}, b"PK"),
        "/204": (204, {}, ""),
    }
    with served(a_site(pages)) as site:
        seen, file, nothing = child.render(site), child.render(site, "file"), child.render(site, "204")
    assert "门户开放" in seen["html"]
    assert seen["whole"]
    assert file["error"] == nothing["error"] == Outcome.NEEDS_RENDER


@real
def test_hosts_that_do_not_answer(child: Child):
    with served(a_site({})) as site:
        port = site.host.partition(":")[2]
    closed = child.ask(url=f"http://127.0.0.1:{port}/", named=[f"127.0.0.1:{port}"])
    nameless = child.ask(url="http://www.wangkao.invalid/", named=[])
    assert closed["error"] == Outcome.REFUSED
    assert nameless["error"] == Outcome.DNS


# Without a browser ----------------------------------------------------------------------------------------------------


def test_available_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "wangkao[browser]" in str(available())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "没有找到 Chromium" in str(available())
    assert str(tmp_path / "none") in str(available(str(tmp_path / "none")))
    with pytest.raises(FileNotFoundError, match="没有找到 Chromium"):
        browser_settings(None, AGENT)
    (tmp_path / "chromium-browser").write_text("#!/bin/sh\n")
    (tmp_path / "chromium-browser").chmod(0o755)
    assert available() is None
    assert find_chromium() == str(tmp_path / "chromium-browser")


def test_the_module_needs_no_browser_to_be_imported():
    """A crawl without the extra imports it too, to ask whether it is there."""
    code = "import sys; sys.modules['playwright'] = sys.modules['scrapy_playwright'] = None; import crawler.browser"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Page.goto: net::ERR_CERT_AUTHORITY_INVALID at https://x/", Outcome.TLS),
        ("Page.goto: net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH at https://x/", Outcome.TLS),
        ("Page.goto: Timeout 30000ms exceeded.", Outcome.TIMEOUT),
        ("Page.goto: net::ERR_CONNECTION_RESET at http://x/", Outcome.REFUSED),
        ("Page.goto: net::ERR_TOO_MANY_REDIRECTS at http://x/", Outcome.HTTP_ERROR),
        ("a word that nobody knows", Outcome.NEEDS_RENDER),
        ("", Outcome.NEEDS_RENDER),
    ],
)
def test_what_errors_mean(words: str, outcome: Outcome):
    assert meaning(words)[0] is outcome


if __name__ == "__main__":
    crawl()
