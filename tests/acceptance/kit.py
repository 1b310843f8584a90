"""What do the made-up sites of the acceptance city consist of, and how are they served?

A `Site` is a loopback address with pages; a `Unit` is a registry row with what the contract says about it.
Nothing here knows the product. All dates count back from the city's `now`, Asia/Shanghai.
"""

from __future__ import annotations

import hashlib
import html
import http.server
import json
import pathlib
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from http.cookies import SimpleCookie
from typing import ClassVar
from urllib.parse import unquote, urlsplit

CST = timezone(timedelta(hours=8))
CANARY_IP = "127.0.9.9"
VERDICTS = ("pass", "fail", "unknown", "na")
BOARD_RULES = (
    "board.exists",
    "board.guide",
    "board.rules",
    "board.statutory",
    "board.catalogue",
    "board.annual_report",
    "board.request",
)
SITE_RULES = (
    "site.available",
    "site.home_fresh",
    "site.news_fresh",
    "site.notice_fresh",
    "site.stale_columns",
    "site.blank_columns",
    "site.dead_links",
    "site.zombie",
    "site.footer",
)
UNIT_RULES = ("platform.exists", *SITE_RULES, *BOARD_RULES, "report.published", "elder.entry", "elder.works")
MEDIA_RULES = ("media.exists", "media.fresh", "media.sleeping")

NEWS = (
    "{u}召开2026年重点工作推进会",
    "{u}领导深入一线调研安全生产工作",
    "{u}组织开展“12·4”国家宪法日宣传活动",
    "{u}举行第三季度重点项目集中开工仪式",
    "我市代表团赴外地考察学习",
    "{u}扎实做好2020年以来遗留问题整改“回头看”",
    "{u}开展“我为群众办实事”主题活动",
    "{u}党组理论学习中心组举行集体学习",
    "{u}多措并举抓好秋冬季防火工作",
    "全面推进乡村振兴 {u}打出组合拳",
    "{u}与高校签订战略合作协议",
    "4月26日{u}领导接待来访群众纪实",
    "{u}为中小企业送政策送服务",
    "{u}强化值班值守确保平稳有序",
    "十四五规划纲要2021—2025年实施情况评估会在{u}召开",
    "{u}志愿服务队走进社区",
    "{u}谷子喜获丰收",
    "{u}深化改革激活发展动能",
)
NOTICES = (
    "关于印发《{u}2026年度工作要点》的通知",
    "{u}关于公开征求意见的公告",
    "{u}2026年公开招聘工作人员资格复审公告",
    "关于做好2025—2026年采暖季供热工作的通知",
    "{u}关于拟命名先进集体的公示",
    "{u}政府采购意向公告（第三批）",
    "关于开展行政规范性文件清理工作的通知",
    "{u}关于调整办公时间的通告",
    "关于转发省2019年第12号文件的通知",
    "{u}关于废止部分文件的公告",
    "{u}项目环境影响评价受理公示",
    "关于加强汛期安全管理工作的通知",
)
RULES = (
    "中华人民共和国政府信息公开条例",
    "国务院办公厅政府信息与政务公开办公室关于规范政府信息公开平台有关事项的通知",
    "政府信息公开工作考核办法",
    "政府信息公开保密审查制度",
    "政府信息主动公开制度",
    "政府信息公开社会评议制度",
)
STATUTORY = ("机构职能", "规划计划", "行政许可", "处罚强制", "预算决算", "收费项目", "政府采购", "重大项目", "应急管理")


@dataclass(frozen=True)
class Row:
    """One line of a list: what it is called, where it leads (path on the site) and its day."""

    title: str
    path: str
    day: date


@dataclass
class Page:
    """A stored answer. `turns`: statuses for the first visits, one each, before `status` holds."""

    body: bytes
    ctype: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    turns: tuple[int, ...] = ()
    make: Callable[[], str] | None = None


Hook = Callable[["Handler", str], bool]


class Site:
    """One address with pages. `shell(title, body, path)` wraps generated pages in the site's own frame."""

    def __init__(self, city: City, n: int, base: str = "") -> None:
        self.city, self.n, self.base = city, n, base
        self.ip = f"127.0.7.{n}"
        self.origin = f"http://{self.ip}:{city.port}"
        self.root = f"{self.origin}{base}/"
        self.pages: dict[str, Page] = {}
        self.hook: Hook | None = None
        self.cookies: list[str] = []
        self.missing: Page = Page(
            b"<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found"
            b"</h1></center><hr><center>nginx</center></body></html>",
            status=404,
        )
        self.encoding = "utf-8"
        self.ctype = "text/html; charset=utf-8"
        self.shell: Callable[[str, str, str], str] = plain_shell
        self._id = 1000 + n * 37

    def put(self, path: str, text: str, **more: object) -> str:
        """Store `text` as a page at `path` (an index path is stored with and without its file name)."""
        return self._keep(path, lambda: text, **more)

    def _keep(self, path: str, make: Callable[[], str], **more: object) -> str:
        page = Page(b"", make=make, **{"ctype": self.ctype, **more})  # type: ignore[arg-type]
        path = self.base + path
        self.pages[path] = page
        if path.endswith("/"):
            for name in ("index.html", "index.shtml"):
                self.pages[path + name] = page
        return path

    def finish(self) -> None:
        """Write all pages out, once every menu is complete."""
        for page in self.pages.values():
            if page.make and not page.body:
                page.body = page.make().encode(self.encoding, "xmlcharrefreplace")

    def file(self, path: str, body: bytes, ctype: str) -> str:
        """Store raw bytes at `path`."""
        self.pages[self.base + path] = Page(body, ctype=ctype)
        return self.base + path

    def wrap(self, path: str, title: str, body: str, **more: object) -> str:
        """Store a page in the site's frame (as it will be when the city opens) and return its path."""
        return self._keep(path, lambda: self.shell(title, body, self.base + path), **more)

    def rows(
        self, col: str, titles: Iterable[str], days: Sequence[int], style: str = "trs", article: bool = True
    ) -> list[Row]:
        """Rows of column `col`, one for each of `days` (days ago), with an article page behind each."""
        pool, out = list(titles), []
        for i, ago in enumerate(days):
            self._id += 7
            day = self.city.ago(ago)
            title = pool[i % len(pool)]
            path = url_of(style, col, day, self._id)
            out.append(Row(title, self.base + path, day))
            if article:
                self.article(path, title, day)
        return out

    def article(self, path: str, title: str, day: date, shown: date | None = None, body: str = "") -> None:
        """An article page with meta tags and a shown date."""
        shown = shown or day
        text = body or (
            "".join(
                f"<p>　　{title}。为进一步做好有关工作，现将有关情况说明如下，自2024年1月1日起施行的"
                f"有关规定继续执行，请结合实际抓好落实（{k}）。</p>"
                for k in "甲乙丙"
            )
        )
        head = (
            f'<meta name="ArticleTitle" content="{html.escape(title)}"><meta name="PubDate" '
            f'content="{shown} 09:30"><meta name="ContentSource" content="本站">'
        )
        inner = (
            f'<div class="article"><h1>{title}</h1><div class="info">发布时间：{shown} 09:30　来源：本站</div>'
            f'<div class="TRS_Editor" id="zoom">{text}</div></div>'
        )
        self._keep(path, lambda: self.shell(title, inner, self.base + path).replace("</head>", head + "</head>", 1))

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Answer `path` with a redirect to `to`."""
        self.pages[self.base + path] = Page(b"", status=status, headers={"Location": to})
        return self.base + path


def plain_shell(title: str, body: str, path: str) -> str:
    """The barest frame; real sites override it."""
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}</title></head><body>{body}</body></html>"


def url_of(style: str, col: str, day: date, n: int) -> str:
    """The article address in one of the families of `cms.md` section 2."""
    token = hashlib.md5(f"{col}{n}".encode()).hexdigest()
    return {
        "trs": f"/{col}/{day:%Y%m}/t{day:%Y%m%d}_{n}.shtml",
        "trshtml": f"/{col}/{day:%Y%m}/t{day:%Y%m%d}_{n}.html",
        "guangxi": f"/{col}/t{18000000 + n}.shtml",
        "hanweb": f"/art/{day.year}/{day.month}/{day.day}/art_{col.strip('/').split('/')[-1]}_{n}.html",
        "ucap": f"/{col}/{day:%Y%m}/{token}.shtml",
        "vsb": f"/info/{1000 + sum(map(ord, col)) % 90}/{n}.htm",
        "post": f"/{col}/content/post_{n}.html",
        "asp": f"/show.asp?id={n}",
    }[style]


@dataclass
class Unit:
    """A registry row and its truth: for each rule a verdict, what else is right, why, and reason codes."""

    name: str
    group: str
    site: str
    typed: str = ""
    board: str = ""
    reports: str = ""
    site_code: str = ""
    annual_report: str = ""
    retrofit: str = ""
    truth: dict[str, dict[str, object]] = field(default_factory=dict)
    score: dict[str, object] = field(default_factory=dict)

    def say(
        self,
        rules: str | Iterable[str],
        verdict: str,
        why: str,
        *,
        also: Iterable[str] = (),
        reasons: Iterable[str] = (),
    ) -> Unit:
        """Set the right verdict of one or more rules; `also` are verdicts a careful reader would accept too."""
        for rule in rules.split() if isinstance(rules, str) else rules:
            row: dict[str, object] = {
                "unit": "".join(self.name.split()),
                "target": self.site,
                "rule": rule,
                "verdict": verdict,
                "accept": [verdict, *(v for v in also if v != verdict)],
                "why": why,
            }
            if verdict == "fail" and reasons:
                row["reasons"] = list(reasons)
            self.truth[rule] = row
        return self

    def well(self, why: str = "nothing wrong here") -> Unit:
        """Every rule passes; the traps say otherwise afterwards."""
        return self.say(UNIT_RULES, "pass", why)

    def unseen(self, why: str, **more: object) -> Unit:
        """The site exists in the registry but nothing on it could be seen: unknown, never fail, never na."""
        self.say(UNIT_RULES, "unknown", why).say("platform.exists", "pass", "the registry names a site")
        self.score = {"special": "待人工核查", "coverage_below": 0.5}
        return self


@dataclass
class Account:
    """A row of accounts.csv and the verdicts of its three rules."""

    unit: str
    platform: str
    account: str
    source: str
    why: str
    exists: tuple[str, ...]
    fresh: tuple[str, ...]
    sleeping: tuple[str, ...]


class City:
    """The clock, the dice and the addresses that all parts of the city share."""

    name = "澄州市"

    def __init__(self, port: int, seed: int, now: datetime, folder: pathlib.Path) -> None:
        self.port, self.now, self.folder = port, now.astimezone(CST), folder
        self.today = self.now.date()
        self.dice = random.Random(seed)
        self.sites: list[Site] = []
        self.units: list[Unit] = []
        self.accounts: list[Account] = []
        self.canary = f"http://{CANARY_IP}:{port}"

    def ago(self, days: int) -> date:
        """The day `days` before today in Shanghai (negative: in the future)."""
        return self.today - timedelta(days=days)

    def site(self, n: int, base: str = "") -> Site:
        """A new site at 127.0.7.`n`, under `base` where several units share the host."""
        site = Site(self, n, base)
        self.sites.append(site)
        return site

    def unit(self, name: str, group: str, site: str, **more: str) -> Unit:
        """A new registry row."""
        unit = Unit(name, group, site, **more)  # type: ignore[arg-type]
        self.units.append(unit)
        return unit

    def titles(self, unit: str, kind: Sequence[str] = NEWS) -> list[str]:
        """Titles about `unit` in an order of their own."""
        pool = [t.format(u=unit) for t in kind]
        self.dice.shuffle(pool)
        return pool

    def due(self, group: str) -> int:
        """The year of the latest annual report whose deadline has passed (31 January or 31 March)."""
        month, day = (1, 31) if group == "department" else (3, 31)
        return self.today.year - (1 if self.today > date(self.today.year, month, day) else 2)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers for all sites; which one is told by the address the client connected to."""

    protocol_version = "HTTP/1.1"
    server_version = "Apache"
    sys_version = ""
    table: ClassVar[dict[str, list[Site]]] = {}
    visits: ClassVar[Counter[str]] = Counter()
    lock = threading.Lock()
    journal: pathlib.Path | None = None
    timeout = 60

    @property
    def here(self) -> str:
        """The address that the client connected to."""
        return str(self.connection.getsockname()[0])

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent; the journal is written by `answer`."""

    def do_GET(self) -> None:
        """Serve a page; a site's hook may take the request over."""
        ip = self.here
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        key = f"{ip}{path}" + (f"?{parts.query}" if parts.query else "")
        with self.lock:
            self.visits[key] += 1
            count = self.visits[key]
        if length := int(self.headers.get("Content-Length") or 0):
            self.rfile.read(length)
        sites = sorted((s for s in self.table[ip] if path.startswith(s.base)), key=lambda s: -len(s.base))
        if not sites:
            sites = self.table[ip]
        for site in sites:
            if site.hook and site.hook(self, path):
                return
            page = site.pages.get(path + (f"?{parts.query}" if parts.query else "")) or site.pages.get(path)
            if page is None and path == site.base and site.base:
                return self.answer(301, b"", "text/html", {"Location": site.base + "/"})
            if page:
                if page.slow:
                    time.sleep(page.slow)
                if count <= len(page.turns) and page.turns[count - 1] != page.status:
                    wrong = page.turns[count - 1]
                    return self.answer(
                        wrong,
                        f"<html><head><title>{wrong}</title></head><body>{wrong} error</body></html>".encode(),
                        "text/html",
                    )
                return self.answer(page.status, page.body, page.ctype, page.headers, site)
        self.answer(
            sites[0].missing.status, sites[0].missing.body, sites[0].missing.ctype, sites[0].missing.headers, sites[0]
        )

    do_POST = do_GET
    do_HEAD = do_GET

    def answer(
        self, status: int, body: bytes, ctype: str, headers: dict[str, str] | None = None, site: Site | None = None
    ) -> None:
        """Write one response and a line in the journal."""
        try:
            self.send_response(status)
            if ctype:
                self.send_header("Content-Type", ctype)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            for cookie in site.cookies if site else ():
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        note(self.journal, f"{self.here} {status} {self.command} {self.path}")

    def reset(self) -> None:
        """Break the connection with RST, as a crashed server or a firewall does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        note(self.journal, f"{self.here} RST {self.command} {self.path}")
        self.connection.close()

    def handle_one_request(self) -> None:
        """As the base class, but a connection that the site broke off is no traceback."""
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True


class Canary(Handler):
    """An address that no registry names: every request to it is a fault of the product."""

    log: pathlib.Path

    def do_GET(self) -> None:
        """Write the request down and answer as if nothing were special."""
        note(self.log, f"{self.command}:{self.path}")
        self.answer(200, "<html><title>内部系统</title><body>内部系统 政府信息公开</body></html>".encode(), "text/html")

    do_POST = do_GET
    do_HEAD = do_GET


_writing = threading.Lock()


def note(path: pathlib.Path | None, line: str) -> None:
    """Append a line; several handlers write at once."""
    if path is not None:
        with _writing, path.open("a", encoding="utf-8") as f:
            f.write(line + "\n")


class Server(http.server.ThreadingHTTPServer):
    """One listener a site; threads die with the process."""

    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news."""


def free_port() -> int:
    """A port that is free on loopback now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def cookie_value(handler: Handler, name: str) -> str | None:
    """The value of a cookie the client sent."""
    jar: SimpleCookie = SimpleCookie(handler.headers.get("Cookie") or "")
    return jar[name].value if name in jar else None


def jsonl(path: pathlib.Path, rows: Iterable[dict[str, object]]) -> None:
    """Write JSON lines, UTF-8."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
