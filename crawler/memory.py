"""What do we know of a page from earlier nights, and may we ask for it conditionally?

A 304 or an unchanged body confirms tonight what was read before. Servers that answer 304 for pages that did change
exist, so the bytes themselves are asked for at least once a week, each page on a day of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from db.records import KnownPage

_FULL_AGAIN = 5  # days after which the bytes are asked for again, plus up to two more, by the page's address


class Memory:
    """The pages known when the run began. `facts` and `body` bring what was kept of one, when it is needed."""

    def __init__(
        self,
        pages: Mapping[str, KnownPage] | None = None,
        facts: Callable[[str], str | None] = lambda url: None,
        body: Callable[[str], bytes | None] = lambda sha256: None,
    ) -> None:
        self.pages = dict(pages or {})
        self.facts, self.body = facts, body

    def conditions(self, url: str, now: datetime, *, readable: bool) -> tuple[KnownPage | None, dict[str, str]]:
        """What is known of the address, and the headers that ask only for a change; no headers: ask for all of it.

        readable  the page will be read: its body must be stored
        """
        known = self.pages.get(url)
        if known is None or (readable and not known.stored):
            return None, {}
        day = int.from_bytes(hashlib.sha256(url.encode()).digest()[:2], "big") % 3
        if now - known.full_at > timedelta(days=_FULL_AGAIN + day):
            return known, {}
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        return known, {name: value for name, value in headers.items() if value}
