"""How is one account's source read over the network: gently, with its keys, and with all that was asked kept?"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from crawler.extract.urls import host_of
from crawler.platforms import steps
from crawler.platforms.source import Ask, Reply, Source
from crawler.secret import Keeper, Sections
from crawler.visitor import NETWORK, Answer, Taken, Visitor
from db.records import Account, Outcome, Snapshot
from db.registry import collector, masked

log = logging.getLogger(__name__)
_GAP = (5.0, 9.0)  # seconds between two requests to one platform, by chance
_CHALLENGES = 3  # after so many in a row a platform is left alone for the night
_MOST = 40  # requests for one account
_UNREAD = frozenset((*NETWORK, Outcome.REDIRECTED_AWAY, Outcome.TOO_LARGE))


@dataclass(slots=True)
class Platforms:
    """What one night knows of the platforms and collectors it asks: when last, and how often they asked for a proof."""

    polite: bool
    _next: dict[str, float] = field(default_factory=dict)
    _refused: Counter[str] = field(default_factory=Counter)

    async def turn(self, url: str) -> None:
        """Wait until the host may be asked again."""
        host = host_of(url)
        if not self.polite:
            return
        while (rest := self._next.get(host, 0) - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        self._next[host] = time.monotonic() + random.uniform(*_GAP)

    def saw(self, address: str, status: str) -> None:
        """Count what a source of that collector answered; one that lets us read again makes good for those before."""
        name = collector(address)
        self._refused[name] = self._refused[name] + 1 if status in ("challenge", "rate_limited") else 0

    def left_alone(self, address: str) -> str | None:
        """Why the collector is not asked any more tonight, in Chinese, or None."""
        asked = self._refused[collector(address)]
        return f"该平台本夜已连续 {asked} 次要求验证或限制访问，不再访问" if asked >= _CHALLENGES else None


async def read_source(
    account: Account, *, run: int, visit: Callable[[str], Visitor], sections: Sections, platforms: Platforms
) -> tuple[Snapshot, Taken]:
    """The snapshot of one source over the network, and what to store with it.

    visit  makes the visitor for an address; each one counts for itself
    """
    at = datetime.now(UTC)
    if why := platforms.left_alone(account.address):
        named = (account.unit, account.account, account.platform, account.source)
        return Snapshot(*named, run, at, "challenge", detail=why), Taken()
    keeper = Keeper(account, sections)
    visitor = visit(account.address)
    visitor.download = keeper.wrap(visitor.download)
    taken = Taken()
    plain = replace(account, address=masked(account.address))
    reading = steps(Source(plain, run, at, keeper.kinds))
    asked = 0
    try:
        ask = next(reading)
        keeper.first_asked(ask.url)
        while asked < _MOST:
            asked += 1
            ask = reading.send(await _reply(ask, visitor, visit, platforms, taken))
        raise RuntimeError(f"{_MOST} requests for one account")
    except StopIteration as end:
        snapshot: Snapshot = end.value
    except Exception as error:  # what was asked is kept, also where the reader stumbled
        log.exception("%s %s", account.unit, account.account)
        named = (account.unit, account.account, account.platform, account.source)
        snapshot = Snapshot(*named, run, at, "parse_error", detail=f"reader_error: {type(error).__name__}")
    finally:
        reading.close()
        _add(taken, visitor.take())
    platforms.saw(account.address, snapshot.status)
    return replace(snapshot, detail=keeper.hide(snapshot.detail) if snapshot.detail else None), taken


async def _reply(
    ask: Ask, visitor: Visitor, visit: Callable[[str], Visitor], platforms: Platforms, taken: Taken
) -> Reply:
    if ask.link:
        other = visit(ask.url)
        answer = await other.fetch(ask.url, "link", whole=True)
        _add(taken, other.take())
    else:
        await platforms.turn(ask.url)
        method, headers = ("POST", {"Content-Type": "application/json"}) if ask.body is not None else ("GET", {})
        answer = await visitor._fetch(ask.url, "feed", method, True, headers, ask.body)
    return _as_reply(ask.url, answer)


def _as_reply(url: str, answer: Answer) -> Reply:
    f = answer.fetch
    status = 0 if f.status is None or f.outcome in _UNREAD else f.status
    return Reply(url, f.at, status, answer.body, f.content_type, f.outcome, answer.evidence())


def _add(taken: Taken, more: Taken) -> None:
    taken.fetches += more.fetches
    taken.bodies |= more.bodies
    taken.pages += more.pages
