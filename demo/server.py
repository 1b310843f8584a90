"""How is the city served? One asyncio process, an address of its own for each site, pages made once; it ends with its parent."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from datetime import datetime
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

from demo.families import NOT_FOUND, Page

_REASONS = {
    200: "OK",
    304: "Not Modified",
    404: "Not Found",
    412: "Precondition Failed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_SCRIPT = "$_ts=window['$_ts']||{};$_ts.nsd=42;$_ts.cd='demo';"
_CHALLENGE = f"<html><head><meta content='x' r='m'><script r='m'>{_SCRIPT}</script></head><body></body></html>"
Host = tuple[str, dict[str, Page]]  # how it answers (site, challenge, broken), and its pages


def answer(host: Host, path: str, etag: str) -> tuple[Page, str]:
    """The page for a path, and its entity tag."""
    how, pages = host
    if how == "challenge":
        return Page(_CHALLENGE.encode(), status=412), ""
    if how == "broken":
        return Page(b"<h1>500 Internal Server Error</h1>", status=500), ""
    page = pages.get(path) or pages.get(urlsplit(path).path)
    if page is None:
        return Page(NOT_FOUND.encode(), status=404), ""
    tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
    return (Page(b"", page.kind, 304), tag) if etag == tag else (page, tag)


class Door(asyncio.Protocol):
    """One connection; keeps alive."""

    def __init__(self, host: Host, modified: str) -> None:
        self.host, self.modified, self.buffer = host, modified, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, path, *_ = lines[0].split(" ")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            posted = int(
                headers.get("content-length") or 0
            )  # what is posted is not looked at: the address tells the question
            if len(rest) < posted:
                return
            self.buffer = rest[posted:]
            page, tag = answer(self.host, path, headers.get("if-none-match", ""))
            self.send(page, tag, method == "HEAD")

    def send(self, page: Page, tag: str, bare: bool) -> None:
        lines = [
            f"HTTP/1.1 {page.status} {_REASONS[page.status]}",
            f"Content-Type: {page.kind}",
            f"Content-Length: {len(page.body)}",
        ]
        lines += [f"ETag: {tag}", f"Last-Modified: {self.modified}"] if tag else []
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if bare else page.body))


async def serve(hosts: dict[str, Host], port: int) -> None:
    """Serve every address until standard input closes; says on standard output when it is ready."""
    loop = asyncio.get_running_loop()
    modified = formatdate(datetime.now().timestamp(), usegmt=True)
    for address, host in hosts.items():
        await loop.create_server(lambda host=host: Door(host, modified), address, port, backlog=64)  # type: ignore[misc]
    print(json.dumps({"ready": True, "port": port}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main(folder: Path, seed: int, now: datetime, port: int) -> None:
    """Build the city and serve it; the child process of `demo.city.serving`."""
    from demo.city import hosts_of

    asyncio.run(serve(hosts_of(now, seed, port), port))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), int(sys.argv[4]))
