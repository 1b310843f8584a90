"""Real receivers of notices on loopback: a webhook over HTTP and a mail server, both of which can be made to fail."""

from __future__ import annotations

import email
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """A webhook. `answers` are the statuses to come, 200 afterwards; `on_post` is called before it answers."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    on_post: Callable[[], None] = lambda: None
    url: str = ""


@contextmanager
def a_hook(path: str = "/hook-of-ours", **named: Any) -> Iterator[Hook]:
    hook = Hook(**named)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            hook.on_post()
            self.send_response(hook.answers.pop(0) if hook.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hook.url = f"json://127.0.0.1:{server.server_port}{path}"
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server that takes everything, or refuses every recipient."""

    mails: list[tuple[list[str], Message]] = field(default_factory=list)
    refuses: bool = False
    url: str = ""

    def texts(self) -> list[str]:
        parts = [p for _, mail in self.mails for p in mail.walk() if p.get_content_type() == "text/plain"]
        return [p.get_payload(decode=True).decode() for p in parts]


@contextmanager
def a_mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            to: list[str] = []
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "RCPT":
                    to.append(line.partition("<")[2].partition(">")[0])
                    self.say("550 no such person" if box.refuses else "250 ok")
                elif word == "DATA":
                    self.say("354 go on")
                    data = b""
                    while (row := self.rfile.readline()) != b".\r\n":
                        data += row
                    box.mails.append((to, email.message_from_bytes(data)))
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    box.url = f"mailto://127.0.0.1:{server.server_address[1]}?from=wangkao@example.cn"
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
