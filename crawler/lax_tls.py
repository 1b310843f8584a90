"""Does a server that our TLS refuses answer a visitor with an old browser? (cms.md 7)

A read-only second opinion by the standard library with old protocol versions and weak ciphers allowed: no cookies, no
credentials, one request. A site that answers here is up; that its TLS is old is a fact of its own.
"""

from __future__ import annotations

import asyncio
import http.client
import ssl
import warnings
from dataclasses import dataclass
from urllib.parse import urlsplit

_LEGACY_RENEGOTIATION = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, not named by the ssl module of 3.11


@dataclass(frozen=True, slots=True)
class LaxAnswer:
    """Status, lower-case headers and body as received."""

    status: int
    headers: dict[str, str]
    body: bytes


async def get(url: str, agent: str, timeout: float, limit: int) -> LaxAnswer | None:
    """The answer of an https address to a lax client, or None when it does not answer that one either."""
    if urlsplit(url).scheme != "https":
        return None
    return await asyncio.to_thread(_get, url, agent, timeout, limit)


def lax_context() -> ssl.SSLContext:
    """A context that takes any certificate, old protocol versions and weak ciphers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= _LEGACY_RENEGOTIATION
    return context


def _get(url: str, agent: str, timeout: float, limit: int) -> LaxAnswer | None:
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=lax_context())
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = agent.encode()  # it may name its contact in Chinese, which http.client would refuse as text
        connection.request("GET", path, headers={"User-Agent": named, "Accept-Language": "zh-CN,zh"})
        response = connection.getresponse()
        body = response.read(limit)
        return LaxAnswer(response.status, {k.lower(): v for k, v in response.getheaders()}, body)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
