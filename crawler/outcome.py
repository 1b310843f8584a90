"""What did this answer really mean? The one place that maps answers to the closed set of outcomes.

A false `ok` costs a unit points for a page nobody saw, a false challenge hides a zombie: so a signature asks for
status, headers and words together, and words decide only on short pages without a normal menu.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.page import Page
from crawler.extract.text import squeeze, tidy
from db.records import Outcome

_HEAD = 20_000  # characters that are searched for signatures
_FEW_LINKS = 5
_MANY_LINKS = 40  # as written, comments included
_CHINESE = re.compile("[\u3400-\u9fff]+")
_FRONT_DOOR = re.compile(r"^/?$|^/(index|default|home|main)\.\w+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signature:
    """One way in which something other than the asked page answers; see outcome.toml."""

    name: str
    outcome: Outcome
    status: frozenset[int] | None
    header: re.Pattern[str] | None
    body: re.Pattern[str] | None
    title: re.Pattern[str] | None
    under: int | None
    links_at_most: int | None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How a host answers for a page that cannot exist (learned from one random address).

    landing  the address it was sent on to, when it was sent on
    title, digest  title and digest of the Chinese text of the answer when its status was 200, else ""
    """

    landing: str | None
    title: str
    digest: str

    def fits(self, url: str, final_url: str, looks: Callable[[], tuple[str, str, int]]) -> bool:
        """Whether this answer is the host's answer for missing pages: same landing page, or the very same words.

        looks  title, digest and number of the Chinese characters of the answer. Digits and Latin letters may differ
        (error pages print the address and the time). The site's own front door is never a missing page, whatever it
        looks like.
        """
        if _FRONT_DOOR.search(urlsplit(url).path):
            return False
        if self.landing and final_url == self.landing and url != final_url:
            return True
        return bool(self.digest) and looks()[:2] == (self.title, self.digest)


def chinese(words: str) -> str:
    """Only the Chinese characters of `words`."""
    return "".join(_CHINESE.findall(words))


def classify(status: int, headers: Mapping[str, str], page: Page, body: bytes) -> tuple[Outcome, str | None]:
    """The outcome of an answer that arrived, with the words that decided it (None for a plain page).

    headers  lower-case names; body  as received. Network errors never come here. A status of 400 or more that no
    signature explains is HTTP_ERROR; an empty 200 is EMPTY.
    """
    for signature in _signatures():
        if words := _match(signature, status, headers, page):
            return signature.outcome, f"{signature.name}: {words}"
    if status >= 400:
        return Outcome.HTTP_ERROR, f"HTTP {status}"
    if not body.strip():
        return Outcome.EMPTY, "空白应答"
    if words := soft_404_words(page):
        return Outcome.SOFT_404, words
    return Outcome.OK, None


def soft_404_words(page: Page) -> str | None:
    """The words that make a short 200 page an error page, or None."""
    rule = _soft_404()
    titled = rule["title"].search(page.title)
    if not titled and page.text.count("<a ") + page.text.count("<A ") > _MANY_LINKS:
        return None  # a whole page: its words need not be counted
    words = page.words
    if len(words) > rule["under"]:
        return None
    if titled:
        return tidy(page.title) or str(titled[0])
    if len(page.links) <= _FEW_LINKS and (found := rule["text"].search(words)):
        return str(found[0])
    return None


def _match(signature: Signature, status: int, headers: Mapping[str, str], page: Page) -> str | None:
    """The words that show the signature, or None when one of its conditions does not hold."""
    if signature.status is not None and status not in signature.status:
        return None
    if signature.under is not None and len(page.text) > signature.under:
        return None
    if signature.links_at_most is not None and len(page.links) > signature.links_at_most:
        return None
    shown = f"HTTP {status}"
    if signature.header is not None:
        lines = "\n".join(f"{k}: {v}" for k, v in headers.items())
        if (found := signature.header.search(lines)) is None:
            return None
        shown = found[0]
    if signature.title is not None:
        if (found := signature.title.search(page.title)) is None:
            return None
        shown = found[0]
    if signature.body is not None:
        head = page.text[:_HEAD]
        if (found := signature.body.search(head) or signature.body.search(squeeze(head))) is None:
            return None
        shown = found[0]
    return tidy(shown, 80)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "outcome.toml").read_text("utf-8"))


@cache
def _signatures() -> tuple[Signature, ...]:
    def pattern(row: dict[str, Any], key: str) -> re.Pattern[str] | None:
        return re.compile(row[key], re.IGNORECASE | re.DOTALL) if key in row else None

    return tuple(
        Signature(
            name=row["name"],
            outcome=Outcome(row["outcome"]),
            status=frozenset(row["status"]) if "status" in row else None,
            header=pattern(row, "header"),
            body=pattern(row, "body"),
            title=pattern(row, "title"),
            under=row.get("under"),
            links_at_most=1 if row.get("linkless") else _FEW_LINKS if row.get("fewlinks") else None,
        )
        for row in _data()["signature"]
    )


@cache
def _soft_404() -> dict[str, Any]:
    rule = _data()["soft_404"]
    return {
        "under": rule["under"],
        "title": re.compile(rule["title"], re.IGNORECASE),
        "text": re.compile(rule["text"], re.IGNORECASE),
    }
