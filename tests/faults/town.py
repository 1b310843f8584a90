"""What is a small, complete and healthy site of a unit, and how is it served on loopback?

A `Town` has a home page, news and notice columns with fresh rows, a board with its six columns, annual reports, a foot
with five marks and an age-friendly entry. A trait bends one thing of it. Pages are rendered when they are asked for, so
that a trait may change any part before the city opens. Nothing here knows the product.
"""

from __future__ import annotations

import html
import socket
import ssl
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

TODAY = (datetime.now(UTC) + timedelta(hours=8)).date()
FRESH = (1, 3, 6, 10, 20)  # days since the news rows
CALM = (8, 40, 75, 110)  # and the notice rows
BOARD = {  # path -> name of a board column
    "/gk/zn/": "政府信息公开指南",
    "/gk/zd/": "政府信息公开制度",
    "/gk/fd/": "法定主动公开内容",
    "/gk/ml/": "政府信息公开基本目录",
    "/gk/nb/": "政府信息公开年报",
    "/gk/sq/": "依申请公开",
}
CODE = "1488000{:03d}"
NUMERALS = [
    *"一二三四五六七八九十",
    *(f"十{n}" for n in "一二三四五六七八九"),
    "二十",
    *(f"二十{n}" for n in "一二三四五六七八九"),
]
TRS = "/{column}/{day:%Y%m}/t{day:%Y%m%d}_{n}.shtml"
PLAIN = "/{column}/show_{n}.html"  # tells no day


def ago(days: int) -> date:
    """The day so many days before today in Shanghai."""
    return TODAY - timedelta(days=days)


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    title: str
    path: str
    day: date


@dataclass
class Answer:
    """One HTTP answer. `stream` takes the place of `body`; `length` is the Content-Length that is claimed."""

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    length: int | None = None


@dataclass(frozen=True)
class Ask:
    """One request as it came in; `path` is unquoted and without the query, `form` holds query and posted fields."""

    method: str
    path: str
    query: str
    form: dict[str, str]


Inner = str | Callable[[], str]
Raw = Answer | Callable[[Ask], Answer]


def table_of(rows: Iterable[Row], form: str = "{:%Y-%m-%d}") -> str:
    """Rows as a TRS list: `form` is the shown day."""
    lines = "".join(
        f'<li><a href="{r.path}" title="{html.escape(r.title)}">{r.title}</a><span>{form.format(r.day)}</span></li>'
        for r in rows
    )
    return f'<ul class="list">{lines}</ul>'


class Town:
    """One unit's site. `name` bears the unit, `ip` is its loopback address; the port is known once it is served."""

    def __init__(self, key: str, name: str, number: int) -> None:
        self.key, self.name, self.number, self.ip = key, name, number, f"127.0.18.{number}"
        self.scheme, self.host, self.port = "http", self.ip, 0
        self.title = f"{name}人民政府"
        self.codec, self.type = "utf-8", "text/html; charset=utf-8"
        self.meta = '<meta charset="utf-8">'
        self.top, self.end = "", ""  # what stands above the menu of each page, and below its foot
        self.entry = '<a href="/zz/">长者模式</a>'
        self.menu = {"/": "首页", "/yw/": "工作动态", "/tz/": "通知公告", "/gk/": "政府信息公开", "/ld/": "领导之窗"}
        self.sections = dict(BOARD)
        self.code = CODE.format(number)
        self.foot = (
            f'<div class="foot">主办单位：{name}人民政府办公室　网站标识码：{self.code}　'
            f"晋ICP备{12000000 + number}号-1　晋公网安备 148800020{number:05d}号　联系电话：0350-3021234</div>"
        )
        self.pages: dict[str, tuple[str, Inner]] = {}  # path -> title and what stands between menu and foot
        self.raw: dict[str, Raw] = {}  # path (or path?query) -> answer as it is
        self.hook: Callable[[Ask], Answer | None] = lambda ask: None
        self.bent: Callable[[str, str], str] = lambda path, text: text  # last word on the markup of a page
        self.missing: Raw = Answer(b"<html><head><title>404 Not Found</title></head><h1>404 Not Found</h1></html>", 404)
        self.tls: ssl.SSLContext | None = None
        self.folder = Path()  # where files may be kept while it is served
        self.asked: list[str] = []
        self.sent: Counter[str] = Counter()  # bytes by path
        self.connections = 0
        self._lock = threading.Lock()
        self.news = self.rows("yw", "{}第{}次重点工作推进会召开", FRESH)
        self.notices = self.rows("tz", "{}关于第{}号事项的通告", CALM)
        self.reports = [self.report(year) for year in range(self.due, self.due - 3, -1)]
        self.notices_page: Inner = lambda: table_of(self.notices)
        self.news_page: Inner = lambda: table_of(self.news)
        self.reports_page: Inner = lambda: table_of(self.reports)
        self._columns()

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/"

    @property
    def due(self) -> int:
        """The year of the latest annual report of a county whose deadline (31 March) has passed."""
        return TODAY.year - (1 if date(TODAY.year, 3, 31) < TODAY else 2)

    def rows(self, column: str, title: str, days: Sequence[int], address: str = TRS) -> list[Row]:
        """Rows so many days old with an article behind each; `address` is formatted with column, day and n."""
        made = []
        for n, old in enumerate(days, 1):
            day, where = ago(old), self.number * 1000 + n
            row = Row(title.format(self.name, NUMERALS[n - 1]), address.format(column=column, day=day, n=where), day)
            made.append(self.article(row))
        return made

    def article(self, row: Row, text: str = "") -> Row:
        """The page behind a row: meta tags, a shown day, three paragraphs."""
        body = text or "".join(
            f"<p>　　{row.title}，会议强调要压实责任、细化措施，确保各项任务按期完成（{n}）。</p>" for n in "甲乙丙"
        )
        self.pages[row.path] = (
            row.title,
            f"<h1>{row.title}</h1><div class='info'>发布时间：{row.day} 09:30</div><div class='TRS_Editor'>{body}</div>",
        )
        return row

    def report(self, year: int) -> Row:
        """The annual report of that year, in time."""
        parts = ("总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "行政复议、行政诉讼情况")
        parts += ("存在的主要问题及改进情况", "其他需要报告的事项")
        text = "".join(
            f"<p>{n}、{p}</p><p>本节数据统计期限自{year}年1月1日起至{year}年12月31日止。</p>"
            for n, p in zip("一二三四五六", parts, strict=True)
        )
        day = date(year + 1, 1, 18)
        row = Row(
            f"{self.name}人民政府{year}年政府信息公开工作年度报告",
            f"/gk/nb/{day:%Y%m}/t{day:%Y%m%d}_{self.number * 1000 + 900 + year % 100}.shtml",
            day,
        )
        return self.article(row, text)

    def _columns(self) -> None:
        """The pages of the healthy site."""
        text = f"{self.name}人民政府依照《中华人民共和国政府信息公开条例》编制本页，受理机构为{self.name}人民政府办公室，办公时间上午八时至十二时。"
        put = self.pages
        put["/"] = (self.title, lambda: f"{table_of(self.news[:4])}{table_of(self.notices[:3])}")
        put["/yw/"] = ("工作动态", lambda: _made(self.news_page))
        put["/tz/"] = ("通知公告", lambda: _made(self.notices_page))
        put["/ld/"] = ("领导之窗", f"<p>县长：主持县政府全面工作，分管审计、编制。</p><p>{text}</p>")
        put["/zz/"] = (
            "长者模式",
            f"<h1>长者模式</h1><p>大字体、语音播报、简洁导航，为老年人提供方便的服务。</p><p>{text}</p>",
        )
        put["/gk/"] = (
            "政府信息公开",
            lambda: (
                "<ul class='left'>"
                + "".join(f"<li><a href='{p}'>{n}</a></li>" for p, n in self.sections.items())
                + "</ul>"
            ),
        )
        put["/gk/zn/"] = (
            BOARD["/gk/zn/"],
            f"<p>{text}</p><p>公开的主要内容、获取方式和依申请公开的办理程序如下所述。</p>",
        )
        rules = [
            Row(f"政府信息公开{n}制度", f"/gk/zd/202301/t20230110_{i}.shtml", date(2023, 1, 10))
            for i, n in enumerate(("保密审查", "责任追究", "社会评议"))
        ]
        for row in rules:
            self.article(row)
        put["/gk/zd/"] = (BOARD["/gk/zd/"], table_of(rules))
        put["/gk/fd/"] = (
            BOARD["/gk/fd/"],
            "".join(f"<h3>{n}</h3><p>{text}</p>" for n in ("机构职能", "规划计划", "财政预决算")),
        )
        put["/gk/ml/"] = (
            BOARD["/gk/ml/"],
            "<table><tr><th>一级事项</th><th>公开内容</th></tr>"
            + "".join(
                f"<tr><td>{n}</td><td>{n}的依据、程序和结果</td></tr>" for n in ("机构信息", "行政许可", "重大项目")
            )
            + "</table>",
        )
        put["/gk/nb/"] = (BOARD["/gk/nb/"], lambda: _made(self.reports_page))
        put["/gk/sq/"] = (
            BOARD["/gk/sq/"],
            f"<p>{text}</p><form action='/gk/sq/tj' method='post'>姓名 <input name='xm'> 所需信息 <textarea name='nr'></textarea><input type='submit' value='提交申请'></form>",
        )

    def frame(self, path: str, title: str, inner: str) -> str:
        """A whole page of the site."""
        shown = title if path == "/" else f"{title}-{self.title}"
        menu = "".join(f'<li><a href="{p}">{n}</a></li>' for p, n in self.menu.items())
        return (
            f"<!DOCTYPE html><html><head>{self.meta}<title>{shown}</title></head><body>"
            f'<div class="head">{self.entry}</div>{self.top}<div class="nav"><ul>{menu}</ul></div>'
            f'<div class="main">{inner}</div>{self.foot}{self.end}</body></html>'
        )

    def render(self, path: str) -> str:
        """The markup of a stored page, as the trait left it."""
        title, inner = self.pages[path]
        return self.bent(path, self.frame(path, title, _made(inner)))

    def page(self, path: str) -> Answer:
        """The answer for a stored page."""
        return Answer(self.render(path).encode(self.codec, "xmlcharrefreplace"), type=self.type)

    def answer(self, ask: Ask) -> Answer:
        """What the server says to one request."""
        if (found := self.hook(ask)) is not None:
            return found
        given = self.raw.get(f"{ask.path}?{ask.query}") if ask.query else None
        given = given or self.raw.get(ask.path)
        if given is None and ask.path in self.pages:
            return self.page(ask.path)
        given = given or self.missing
        return given if isinstance(given, Answer) else given(ask)

    def note(self, line: str) -> None:
        """Remember a request."""
        with self._lock:
            self.asked.append(line)

    def met(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1

    def times(self, part: str) -> int:
        """How often an address with this part was asked for."""
        return sum(part in line for line in self.asked)


def _made(inner: Inner) -> str:
    return inner if isinstance(inner, str) else inner()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Apache", ""
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        town, parts = self.server.town, urlsplit(self.path)
        posted = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        town.note(self.path)
        form = dict(parse_qsl(parts.query) + parse_qsl(posted))
        answer = town.answer(Ask(self.command, unquote(parts.path), parts.query, form))
        self.send_response(answer.status)
        headers = {"Content-Type": answer.type, **answer.headers}
        if answer.stream is None or answer.length is not None:
            headers["Content-Length"] = str(len(answer.body) if answer.length is None else answer.length)
        else:
            headers["Connection"] = "close"
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            for part in answer.stream or (answer.body,):
                self.wfile.write(part)
                town.sent[parts.path] += len(part)
        if answer.stream is not None or (answer.length or 0) > len(answer.body):
            self.close_connection = True

    do_POST = do_HEAD = do_GET

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):  # the client left, or the TLS handshake failed
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    town: Town

    def verify_request(self, request: object, client_address: object) -> bool:
        self.town.met()
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class _Server6(_Server):
    address_family = socket.AF_INET6


def listen(town: Town) -> _Server:
    """Serve the town on a free port of its address; raises OSError where the address cannot be bound."""
    server = (_Server6 if ":" in town.ip else _Server)((town.ip, 0), _Handler)
    server.town, town.port = town, server.server_port
    if town.tls is not None:
        server.socket = town.tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def shut(server: _Server) -> None:
    """Stop serving."""
    with suppress(OSError):
        server.shutdown()
        server.server_close()


def bomb(size: int) -> bytes:
    """`size` bytes of blanks in gzip, a thousandth of that long."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 1_000_000
    return b"".join([*(packer.compress(block) for _ in range(size // len(block))), packer.flush()])
