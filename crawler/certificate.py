"""In which state is the certificate of an https site? A fact of its own, beside whether the site answers (cms.md 7)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from crawler.lax_tls import lax_context
from db.records import Certificate

# X509_V_ERR codes of OpenSSL that we tell apart; any other failure is "untrusted".
_STATES = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "self_signed",
    20: "incomplete_chain",  # browsers often mend it by fetching the missing link: a warning, no more
    21: "incomplete_chain",
    62: "wrong_host",
    64: "wrong_host",
}


async def certificate_of(url: str, timeout: float) -> Certificate | None:
    """The certificate that the host of an https address shows; None for http or when no handshake succeeds."""
    if urlsplit(url).scheme != "https":
        return None
    return await asyncio.to_thread(_look, url, timeout)


def _look(url: str, timeout: float) -> Certificate | None:
    parts = urlsplit(url)
    name, port = parts.hostname or "", parts.port or 443
    try:
        shown = _handshake(lax_context(), name, port, timeout)
    except (OSError, ValueError):
        return None
    if shown is None:
        return None
    found = x509.load_der_x509_certificate(shown)
    state, detail = "ok", None
    try:
        _handshake(ssl.create_default_context(), name, port, timeout)
    except ssl.SSLCertVerificationError as error:
        state, detail = _STATES.get(error.verify_code, "untrusted"), error.verify_message
    except (OSError, ValueError) as error:
        state, detail = "old_tls", str(error)[:200]
    return Certificate(state, found.not_valid_after_utc, datetime.now(UTC), detail)


def _handshake(context: ssl.SSLContext, name: str, port: int, timeout: float) -> bytes | None:
    with (
        socket.create_connection((name, port), timeout) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.getpeercert(binary_form=True)
