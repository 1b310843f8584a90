"""Loopback hosts: one thread a host, answers from a dictionary of paths.

`Host` holds what one address answers; `open_city` binds every host to one port and closes them again.
"""

import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@dataclass
class Answer:
    """What one address says; `headers` come beside the type."""

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Host:
    """One loopback address. `pages` by path (with the query where it matters); `behave` may answer for any path first."""

    ip: str
    pages: dict[str, Answer] = field(default_factory=dict)
    behave: Callable[[str, int], Answer | None] | None = None
    missing: Answer = field(
        default_factory=lambda: Answer(b"<html><title>404 Not Found</title>404 Not Found</html>", 404)
    )
    certificate: str | None = None
    listens: bool = True
    asked: Counter[str] = field(default_factory=Counter)
    _normal: dict[str, str] = field(default_factory=dict)

    def answer(self, path: str) -> Answer:
        self.asked[path] += 1
        if self.behave and (said := self.behave(path, self.asked[path])):
            return said
        if not self._normal:
            self._normal.update({_normal(key): key for key in self.pages})
        for form in (path, unquote(path), self._normal.get(_normal(path), ""), path.split("?")[0]):
            if form in self.pages:
                return self.pages[form]
        return self.missing


def _normal(path: str) -> str:
    """The address with its parameters in order: a script of the server does not mind their order."""
    base, _, query = path.partition("?")
    return base + "?" + "&".join(sorted(query.split("&"))) if query else base


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_GET(self) -> None:
            said = host.answer(self.path)
            self.send_response(said.status)
            for name, value in {
                "Content-Type": said.type,
                **said.headers,
                "Content-Length": str(len(said.body)),
            }.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:  # a client that hangs up is no news
        pass


def free_port(ips: Iterable[str]) -> int:
    """A port that is free on every one of `ips`."""
    wanted = list(ips)
    while True:
        with contextlib.ExitStack() as stack:
            probe = stack.enter_context(socket.socket())
            probe.bind((wanted[0], 0))
            port = int(probe.getsockname()[1])
            try:
                for ip in wanted[1:]:
                    stack.enter_context(socket.socket()).bind((ip, port))
            except OSError:
                continue
            return port


@contextlib.contextmanager
def serving(hosts: Iterable[Host], port: int) -> Iterator[None]:
    """Every host that listens, answering on `port` until the block ends."""
    servers = []
    for host in hosts:
        if not host.listens:
            continue
        server = _Server((host.ip, port), _handler(host))
        if host.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(host.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
