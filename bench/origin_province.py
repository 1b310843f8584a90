"""Thousands of made-up sites on loopback in one process: python -m bench.origin_province SITES PORT   (prints a line when it answers)

Site n is http://127.2.(n // 250).(n % 250 + 1):PORT/ with some 60 pages of about 40 KB; each shows one of eight contents under a name of
its own, so that no two sites share a body. It answers 304 to If-None-Match. `/__night?n=2` changes two pages of a hundred,
`/__seen` says how many requests and bytes there were; both on any of the addresses.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import resource
import sys
from datetime import date, timedelta

_CONTENTS, _COLUMNS, _ROWS = 8, 9, 6
_DAY = date(2026, 11, 24)
_WORDS = re.findall(
    "..", "公开公告政策动态财政预算决算许可处罚人事应急建议统计规划机构领导乡村生态食品教育医疗社保征地安全"
)
_NAMES = ["工作动态", "通知公告", "政策文件", "政策解读", "专题专栏"]
_NAMES += ["政府信息公开指南", "政府信息公开制度", "法定主动公开内容", "政府信息公开年报"]
_TEXT = "各乡镇人民政府和有关部门要按照职责分工抓好落实，进展情况及时报送，并接受社会监督。"
_HEAD = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}-{site}</title><meta name='SiteName' content='{site}'><style>"
    + "".join(f".c{n}{{float:left;width:{n}px;color:#{n:03x};background:url(/i/b{n}.png)}}" for n in range(160))
    + "</style></head><body><!--{version}-->"
)
_FOOT = (
    "<div class='foot'>主办单位：{site} 网站标识码：1409000001 京ICP备12000001号 京公网安备14090002000001号 联系电话：0350-3030303</div>"
    "<script>"
    + "".join(f"function f{n}(a,b){{return a<b?document.getElementById('d{n}'):b;}}\n" for n in range(160))
    + "</script></body></html>"
)


def address(site: int, port: int) -> str:
    """The home page of that site."""
    return f"http://127.2.{site // 250}.{site % 250 + 1}:{port}/"


def content(number: int) -> dict[str, str]:
    """The pages of one content, by path; {site} and {version} stand for what differs."""
    chance = random.Random(number)
    menu = "<ul class='nav'><li><a href='/'>首页</a></li>" + "".join(
        f"<li><a href='/c{n}/'>{name}</a></li>" for n, name in enumerate(_NAMES)
    ) + "<li><a href='/x/'>领导信箱</a></li><li><a href='/e/'>长者模式</a></li></ul>"  # fmt: skip

    def page(title: str, body: str) -> str:
        return _HEAD.replace("{title}", title) + menu + body + _FOOT

    def text() -> str:
        return "".join(
            f"<p style='text-indent:2em'>{chance.choice(_WORDS)}：{_TEXT * 4}</p>"
            for _ in range(chance.randint(10, 30))
        )

    pages, front = {}, ""
    for column, name in enumerate(_NAMES):
        rows = ""
        for row in range(_ROWS):
            title = f"关于{chance.choice(_WORDS)}{chance.choice(_WORDS)}工作第{row + 1}号事项的通知"
            path = f"/c{column}/{row}.html"
            rows += f"<li><a href='{path}'>{title}</a><span>{_DAY - timedelta(days=1 + 2 * row)}</span></li>"
            pages[path] = page(title, f"<h1>{title}</h1><p>发布时间：{_DAY}</p>{text()}")
        pages[f"/c{column}/"] = page(name, f"<h2>{name}</h2><ul class='list'>{rows}</ul>")
        front += f"<h3><a href='/c{column}/'>{name}</a></h3><ul>{rows}</ul>"
    pages |= {
        "/x/": page("领导信箱", "<form><input name='t'><textarea name='b'></textarea></form>"),
        "/e/": page("长者模式", text()),
    }
    return pages | {"/": page("首页", front)}


class Origin:
    """All sites. A page is put together when it is asked for: two replacements in a text that stands ready."""

    def __init__(self) -> None:
        self.night = 0
        self.seen = {"requests": 0, "unchanged": 0, "bytes": 0}
        self.pages = [{path: text.encode() for path, text in content(n).items()} for n in range(_CONTENTS)]

    def answer(self, site: int, head: bytes) -> bytes:
        """The whole answer to the head of a request."""
        path = head.split(b" ", 2)[1].decode("latin-1")
        if path.startswith("/__"):
            self.night = int(path.partition("=")[2] or self.night)
            return _answer(b"200 OK", json.dumps(self.seen).encode())
        self.seen["requests"] += 1
        page = self.pages[site % _CONTENTS].get(path)
        if page is None:
            robots = path == "/robots.txt"
            return _answer(
                b"200 OK" if robots else b"404 Not Found", b"User-agent: *\nDisallow:\n" if robots else b"404"
            )
        version = next((n for n in range(self.night, 0, -1) if _share(site, path, n) < 0.02), 0)
        tag = f'"{site}-{version}-{hashlib.md5(path.encode()).hexdigest()[:8]}"'.encode()
        if tag in head:
            self.seen["unchanged"] += 1
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n"
        body = page.replace(b"{site}", f"第{site}号县人民政府".encode()).replace(b"{version}", str(version).encode())
        self.seen["bytes"] += len(body)
        return _answer(b"200 OK", body, b"ETag: " + tag + b"\r\n")


def _share(site: int, path: str, night: int) -> float:
    return int.from_bytes(hashlib.blake2b(f"{site}|{path}|{night}".encode(), digest_size=4).digest()) / 2**32


def _answer(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: text/html\r\n%bContent-Length: %d\r\n\r\n" % (status, more, len(body)) + body


class _Connection(asyncio.Protocol):
    def __init__(self, origin: Origin) -> None:
        self.origin, self.head = origin, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        *_, third, fourth = transport.get_extra_info("sockname")[0].split(".")
        self.site = int(third) * 250 + int(fourth) - 1

    def data_received(self, data: bytes) -> None:
        *heads, self.head = (self.head + data).split(b"\r\n\r\n")
        for head in heads:
            self.transport.write(self.origin.answer(self.site, head))  # type: ignore[attr-defined]


async def main(sites: int, port: int) -> None:
    """Serve until the end."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    origin, loop = Origin(), asyncio.get_running_loop()
    for site in range(sites):
        await loop.create_server(lambda: _Connection(origin), address(site, port)[7:].split(":")[0], port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
