"""Which sites are visited in one crawl process, and in which order?

Three rounds: every site is walked, every site is asked once more whether it answers, and at the end of the run
everything that did not answer or was not there is asked a second time. Each round yields what it saw.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.http import Response

from crawler.hosts import HostBook, Registered
from crawler.memory import Memory
from crawler.settings import Budget
from crawler.visitor import WINDOW_OVER, Taken, Visitor
from crawler.walk import SiteWalk
from db.records import Fetch, SiteVisit, Snapshot, Unit

if TYPE_CHECKING:
    from crawler.browser import Renderer


_HOURLY = 3600.0  # seconds between two probes of a site while a long run lasts
_CONFIRMING = timedelta(minutes=30)  # at the end of the window, for the second look; a quarter of a shorter one


@dataclass(frozen=True, slots=True)
class Seen:
    """An item: one visit or snapshot (None: only what was fetched), with what is new since the last one."""

    record: SiteVisit | Snapshot | None
    taken: Taken
    last: bool  # nothing more will come of this site in this run


@dataclass(frozen=True, slots=True)
class Shared:
    """What all spiders of one process share.

    before      brings the last visit of a unit; recall: the stored visit of this run
    until       end of the night window: no site is begun after it, and walks under way leave the rest out
    browser     makes the renderer of one visitor; None without a browser
    challenges  hosts whose bot check the operator lets the browser pass
    """

    run: int
    registered: Registered
    budget: Budget
    report: Callable[[dict[str, Any]], None]
    book: HostBook = field(default_factory=HostBook)
    memory: Memory = field(default_factory=Memory)
    before: Callable[[str], SiteVisit | None] = lambda unit: None
    recall: Callable[[str], SiteVisit | None] = lambda unit: None
    until: datetime | None = None
    browser: Callable[[Visitor], Renderer] | None = None
    challenges: frozenset[str] = frozenset()


class VisitingSpider(Spider):
    """What site and media spiders share: a download through Scrapy's downloader, its pace and its middlewares."""

    shared: Shared

    async def download(self, request: Request) -> Response:
        """The raw answer to one request; raises Scrapy's download errors."""
        engine = self.crawler.engine
        assert engine is not None
        return await engine.download_async(request)

    def visitor(self, unit: str, home: str) -> Visitor:
        """A visitor for one site that reports each fetch as progress."""
        s = self.shared
        made = Visitor(unit, home, self.download, s.registered, s.budget, self.settings["USER_AGENT"])
        made.book, made.memory, made.challenges = s.book, s.memory, s.challenges
        made.until = s.until
        made.renderer = s.browser(made) if s.browser else None

        def notice(fetch: Fetch) -> None:
            s.report(
                {
                    "event": "page",
                    "unit": unit,
                    "pages": made.pages,
                    "budget": s.budget.pages,
                    "url": fetch.url,
                    "outcome": fetch.outcome,
                }
            )

        made.notice = notice
        return made


class SiteSpider(VisitingSpider):
    """Walk the given units' sites, many at once, one request at a time on each host.

    A site that the end of the window cut short, in its walk or before its second look, is stored as not confirmed.
    """

    name = "site"

    def __init__(
        self,
        units: Sequence[Unit],
        *,
        shared: Shared,
        everyone: Sequence[str],
        city: str | None,
        at_once: int,
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self.units, self.shared, self.everyone, self.city, self.at_once = units, shared, everyone, city, at_once

    async def start(self) -> AsyncIterator[Any]:
        """Yield a `Seen` for each site after its walk, and again after it was confirmed."""
        walks = [
            SiteWalk(
                unit,
                self.visitor(unit.name, str(unit.site)),
                run=self.shared.run,
                others=[n for n in self.everyone if n != unit.name],
                city=self.city,
                before=partial(self.shared.before, unit.name),
                recall=partial(self.shared.recall, unit.name),
            )
            for unit in self.units
        ]
        random.shuffle(walks)  # no site is always the first of the night
        open_ = list(walks)
        asking = asyncio.ensure_future(self._keep_asking(open_))
        try:
            async for item in self._rounds(walks, open_):
                yield item
        finally:
            asking.cancel()

    async def _rounds(self, walks: Sequence[SiteWalk], open_: list[SiteWalk]) -> AsyncIterator[Seen]:
        """The three rounds; what is finished is taken out of `open_`."""
        begun: list[SiteWalk] = []
        async for walk, visit in self._each(walks, SiteWalk.walk, until=self._begin_by()):
            if visit is None:
                self.shared.report({"event": "carried", "unit": walk.unit.name})
                continue
            begun.append(walk)
            visitor, taken = walk.visitor, walk.visitor.take()
            self.shared.report(
                {
                    "event": "site_done",
                    "unit": walk.unit.name,
                    "pages": visitor.pages,
                    "unchanged": visitor.unchanged,
                    "reread": visitor.reread,
                    "outcome": visit.outcome,
                }
            )
            yield Seen(visit, taken, last=False)
            walk.settle()
        self.shared.report({"event": "phase", "phase": "confirm"})
        async for _ in self._each(begun, SiteWalk.probe):
            pass
        async for walk, visit in self._each(begun, SiteWalk.confirm):
            open_.remove(walk)
            cut = walk.doubtful() or WINDOW_OVER in walk.visitor.left_out
            sure = not (cut and self._over(self.shared.until))
            seen = visit or (walk.recall() if sure else None)
            if seen is not None:
                yield Seen(seen, walk.visitor.take(), last=sure)
                walk.forget()

    async def _keep_asking(self, open_: list[SiteWalk]) -> None:
        """Ask every site that is not finished once an hour whether it answers: a long night leaves no gap among its probes."""
        while True:
            await asyncio.sleep(_HOURLY)
            for walk in list(open_):
                if walk in open_ and not self._over(self.shared.until):
                    await walk.probe()

    def _begin_by(self) -> datetime | None:
        """Until when a walk may begin, so that there is time for the second look."""
        if self.shared.until is None:
            return None
        left = max(self.shared.until - datetime.now(UTC), timedelta())
        return self.shared.until - min(_CONFIRMING, left / 4)

    def _over(self, until: datetime | None) -> bool:
        return until is not None and datetime.now(UTC) >= until

    async def _each(
        self,
        walks: Sequence[SiteWalk],
        part: Callable[[SiteWalk], Awaitable[Any]],
        *,
        until: datetime | None = None,
    ) -> AsyncIterator[tuple[SiteWalk, Any]]:
        """Run one part of every walk, so many at once; one that raises leaves what it has seen and an error row.

        What the end of the night window (or an earlier `until`) comes before is not begun: None.
        """
        gate = asyncio.Semaphore(self.at_once)

        async def one(walk: SiteWalk) -> tuple[SiteWalk, Any]:
            async with gate:
                if self._over(until or self.shared.until):
                    return walk, None
                if part is SiteWalk.walk:
                    self.shared.report(
                        {"event": "site_start", "unit": walk.unit.name, "pages": 0, "budget": self.shared.budget.pages}
                    )
                try:
                    return walk, await part(walk)
                except Exception as error:
                    self.logger.exception("%s", walk.unit.name)
                    walk.opener.errors.append(f"reader_error: {type(error).__name__}: {error}")
                    return walk, walk.visit()
                finally:
                    if walk.visitor.renderer is not None:
                        await walk.visitor.renderer.close()

        for task in asyncio.as_completed([asyncio.ensure_future(one(walk)) for walk in walks]):
            yield await task
