"""Does each site answer now? One question a site, spread over the round, and none while a run works on the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.decode import decode
from crawler.extract.urls import absolute, host_of, variants
from crawler.hosts import HostBook
from crawler.spiders.site import Shared, VisitingSpider
from crawler.visitor import NETWORK
from db import facts, lock, probes
from db.codec import plain
from db.records import Fetch, Hop, Outcome, Probe, Unit


class ProbeSpider(VisitingSpider):
    """Ask the home page of each unit once, in random order, evenly over `spread` seconds."""

    name = "probe"

    def __init__(
        self, units: Sequence[Unit], *, shared: Shared, database: Path, spread: float = 0.0, **named: Any
    ) -> None:
        super().__init__(**named)
        self.units, self.shared, self.database, self.spread = units, shared, database, spread

    async def start(self) -> AsyncIterator[Any]:
        """Yields nothing: what came of it is reported, `probe` for an answer or none, `passed` for what was not asked."""
        order = random.sample(self.units, len(self.units))
        step = self.spread / max(1, len(order))
        await asyncio.gather(*(self._one(unit, (n + random.random()) * step) for n, unit in enumerate(order)))
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item

    async def _one(self, unit: Unit, after: float) -> None:
        await asyncio.sleep(after)
        with lock.beside(self.database) as free:
            if not free:
                self.shared.report({"event": "passed", "unit": unit.name})
                return
            found, trail = await self._asked(unit)
        said = Probe(found.at, found.outcome, found.status, found.ms, found.detail)
        self.shared.report(
            {"event": "probe", "unit": unit.name, "url": unit.site, "probe": plain(said), "trail": plain(trail)}
        )

    async def _asked(self, unit: Unit) -> tuple[Fetch, list[Hop]]:
        """The answer at the registered address or, where none comes, at the first form of it that gives one.

        Every request made for it is in the trail; of each answer's head only the server's clock is kept.
        """
        home = absolute(str(unit.site), str(unit.site)) or str(unit.site)
        visitor = self.visitor(unit.name, home)
        asked = [(await visitor.fetch(home, "probe")).fetch]
        for url in variants(home):
            if asked[-1].outcome in NETWORK:
                asked.append((await visitor.fetch(url, "probe")).fetch)
        found = asked[0] if asked[-1].outcome in NETWORK else asked[-1]
        hops = [hop for fetch in visitor.take().fetches for hop in fetch.trail]
        return found, [Hop(h.url, h.at, h.status, _clock(h), method=h.method) for h in hops]


def _clock(hop: Hop) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in hop.headers if name.lower() == "date")


def recall_robots(book: HostBook, database: Path, units: Sequence[Unit], agent: str) -> None:
    """Give the book each host's robots.txt as it was last read: a question an hour needs no second one for its permission."""
    db = facts.open_database(database, create=False)
    try:
        for unit in units:
            parts = urlsplit(str(unit.site))
            last = probes.last_robots(db, f"{parts.scheme}://{parts.netloc}/robots.txt")
            if last is None:
                continue
            outcome, sha256, kind = last
            body = facts.body(db, sha256) if sha256 and outcome is Outcome.OK else b""
            if body is not None:  # kept no longer: it is asked for anew
                book.learn_robots(host_of(str(unit.site)), decode(body, kind)[0], agent)
    finally:
        db.close()
