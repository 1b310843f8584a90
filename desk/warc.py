"""How do stored fetches become a WARC, the form that web archives read (ISO 28500:2017)?"""

from __future__ import annotations

import base64
import io
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from db.codec import instant_text
from db.records import Fetch, Hop

Body = Callable[[str], bytes | None]
_REVISIT = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_RENDER = "RENDER"  # method of a hop that the browser made: its body is the page after its scripts
_PACKED = ("transfer-encoding", "content-encoding", "content-length")
_SAFE = "/%:@!$&'()*+,;=~?"
_ABOUT = """software: wangkao/{version}\r
format: WARC File Format 1.1\r
conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r
description: Requests behind one finding, with those that led there. Payloads are the stored bytes, transfer and content\r
 encodings undone; where headers told otherwise they stand as X-Archive-Orig-*. The HTTP version, reason phrases and\r
 request headers other than Host were not kept and are filled in. A resource record is a page as the browser rendered it,\r
 or a stored body without its request. A metadata record says why a request had no answer.\r
"""


class _Head(StatusAndHeaders):  # type: ignore[misc]
    """Headers byte for byte as they came: warcio would percent-encode what is not ASCII."""

    def compute_headers_buffer(self, header_filter: Any = None) -> None:
        self.headers_buff = self.to_bytes(header_filter, "latin-1")


class _Writer(WARCWriter):  # type: ignore[misc]
    @staticmethod
    def _create_digester() -> Digester:
        return Digester("sha256")


class Pages:
    """A WARC in the making; `missing` names each sha256 whose bytes `body` does not have, with an address and instant.

    seed  the same one gives the same record ids, and so the same bytes
    """

    def __init__(self, body: Body, *, seed: str, at: datetime) -> None:
        self.missing: dict[str, tuple[str, datetime]] = {}
        self._out = io.BytesIO()
        self._writer = _Writer(self._out, gzip=True, warc_version="1.1")
        self._stored, self._seed, self._number = body, seed, 0
        self._brought: dict[str, tuple[str, str, str]] = {}  # id, address, date of the record that has these bytes
        self._record("warcinfo", "", at, _ABOUT.format(version=version("wangkao")).encode())

    def data(self) -> bytes:
        """The file, each record a gzip member of its own."""
        return self._out.getvalue()

    def add(self, rows: Iterable[Fetch]) -> None:
        """Every request of these fetches, once, in the order of time: redirects and doors before the page they led to."""
        asked: dict[tuple[str, datetime, str], tuple[Hop, Fetch]] = {}
        for row in rows:
            for hop in row.trail or (_only_hop(row),):
                asked.setdefault((hop.url, hop.at, hop.method), (hop, row))
        for hop, row in sorted(asked.values(), key=lambda pair: pair[0].at):
            if hop.method == _RENDER or hop.status == 304:
                self.keep(hop.url, hop.at, hop.sha256)
            if hop.method != _RENDER:
                self._pair(hop, row)

    def keep(self, url: str, at: datetime, sha256: str | None) -> None:
        """Stored bytes by themselves, when no record has them yet."""
        if sha256 and sha256 not in self._brought and (body := self._body(sha256, url, at)) is not None:
            self._brought[sha256] = (self._record("resource", url, at, body), url, _date(at))

    def _pair(self, hop: Hop, row: Fetch) -> None:
        parts = urlsplit(hop.url)
        target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
        head = _Head(f"{target} HTTP/1.1", [("Host", parts.netloc)], protocol=hop.method)
        more = {"WARC-Concurrent-To": self._record("request", hop.url, hop.at, head=head)}
        if hop.status is None:
            why = f"outcome: {row.outcome}\r\ndetail: {' '.join((row.detail or '').split())}\r\n"
            self._record("metadata", hop.url, hop.at, why.encode(), more=more)
        elif hop.status == 304:
            more["WARC-Profile"] = _REVISIT
            if hop.sha256 in self._brought:
                id_, url, date = self._brought[hop.sha256]
                more |= {"WARC-Refers-To": id_, "WARC-Refers-To-Target-URI": url, "WARC-Refers-To-Date": date}
            if hop.sha256:
                more["WARC-Payload-Digest"] = f"sha256:{base64.b32encode(bytes.fromhex(hop.sha256)).decode()}"
            self._record("revisit", hop.url, hop.at, head=_answer(hop, 304, b""), more=more)
        else:
            body = self._body(hop.sha256, hop.url, hop.at) if hop.sha256 else b""
            if body is None:
                more["WARC-Truncated"] = "unspecified"
            head = _answer(hop, hop.status, body or b"")
            id_ = self._record("response", hop.url, hop.at, body or b"", head, more)
            if hop.sha256 and body is not None:
                self._brought.setdefault(hop.sha256, (id_, hop.url, _date(hop.at)))

    def _body(self, sha256: str, url: str, at: datetime) -> bytes | None:
        body = self._stored(sha256)
        if body is None:
            self.missing.setdefault(sha256, (url, at))
        return body

    def _record(
        self,
        kind: str,
        url: str,
        at: datetime,
        payload: bytes = b"",
        head: _Head | None = None,
        more: Mapping[str, str] | None = None,
    ) -> str:
        self._number += 1
        id_ = f"<{uuid.uuid5(uuid.NAMESPACE_OID, f'{self._seed} {self._number}').urn}>"
        given = {"WARC-Record-ID": id_, "WARC-Date": _date(at), **(more or {})}
        stream = io.BytesIO(payload)
        record = self._writer.create_warc_record(
            url, kind, stream, len(payload), warc_headers_dict=given, http_headers=head
        )
        self._writer.write_record(record)
        return id_


def _answer(hop: Hop, status: int, body: bytes) -> _Head:
    """Status line and headers of an answer, made to fit a payload that is stored unpacked."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Unknown"
    size = str(len(body))
    bare = hop.method == "HEAD" or status == 304  # its headers speak of a body that did not come
    kept, told = [], bare
    for name, value in hop.headers:
        low, clean = name.lower(), " ".join(value.splitlines()).encode("latin-1", "replace").decode("latin-1")
        same = (low, clean) == ("content-length", size) and not told
        told |= same
        kept.append((name if bare or same or low not in _PACKED else f"X-Archive-Orig-{name}", clean))
    return _Head(f"{status} {phrase}", kept if told else [*kept, ("Content-Length", size)], protocol="HTTP/1.1")


def _only_hop(row: Fetch) -> Hop:
    """The request of a row that has none written down, as far as it is known."""
    kind = (("Content-Type", row.content_type),) if row.content_type else ()
    return Hop(row.final_url, row.at, row.status, kind, row.sha256)


def _date(at: datetime) -> str:
    return instant_text(at).replace("+00:00", "Z")
