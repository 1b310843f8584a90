"""A small real site on loopback for tests, and a download that needs no reactor."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http import Response


@dataclass
class Site:
    """Pages by path: body, or (status, headers, body). `asked` lists every path that was asked for, in order.

    validators  pages carry an ETag and are answered 304 when they are as they were; "lies": 304 to every such question
    """

    pages: dict[str, str | tuple[int, dict[str, str], bytes | str]]
    missing: tuple[int, dict[str, str], str] = (404, {}, "<h1>404</h1>")
    asked: list[str] = field(default_factory=list)
    url: str = ""
    validators: bool | str = False
    unchanged: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


@contextmanager
def served(site: Site, address: str = "127.0.0.1") -> Iterator[Site]:
    """Serve the site on a free port of a loopback address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            found = site.pages.get(self.path, site.missing)
            status, headers, body = (200, {}, found) if isinstance(found, str) else found
            data = body.encode() if isinstance(body, str) else body
            tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
            asked = self.headers.get("If-None-Match")
            if site.validators and status == 200:
                headers = headers | {"ETag": tag}
                if asked and (asked == tag or site.validators == "lies"):
                    site.unchanged.append(self.path)
                    self.send_response(304)
                    self.send_header("ETag", asked)
                    self.end_headers()
                    return
            self.send_response(status)
            for name, value in {"Content-Type": "text/html", **headers}.items():
                self.send_header(name, value.replace("{url}", site.url.rstrip("/")))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.url = f"http://{address}:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


async def download(request: Request) -> Response:
    """One request over real HTTP without following redirects; a refused connection raises as Scrapy does."""

    def get() -> Response:
        parts = urlsplit(request.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            headers = {k.decode(): v[0].decode() for k, v in request.headers.items()}
            connection.request(request.method, parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
            answer = connection.getresponse()
            return Response(request.url, answer.status, dict(answer.getheaders()), answer.read())
        except ConnectionError as error:
            raise DownloadConnectionRefusedError(str(error)) from error
        finally:
            connection.close()

    return await asyncio.to_thread(get)
