"""What does one polite visitor look at on one site, in which order, and what did it see?

The walk knows addresses and names, no rules: the record it returns says what was there, never whether that is enough.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from crawler import front
from crawler.column_map import ColumnMap
from crawler.extract.urls import absolute
from crawler.links import LinkRound
from crawler.opening import Opener, Seen
from crawler.reports import ReportSearch
from crawler.visitor import DEAD, NETWORK, Answer, Visitor
from db.records import Content, ElderEntry, Footer, Outcome, Probe, Row, SiteVisit, Unit, shanghai_day

_NAVIGATION_ONLY = 3  # dated items under which a home page is navigation only (19号-1-D3)


class SiteWalk:
    """The visit of one unit's site in one run: `walk()`, then `probe()`, then `confirm()` at the end of the run."""

    def __init__(
        self, unit: Unit, visitor: Visitor, *, run: int, others: Collection[str] = (), city: str | None = None
    ) -> None:
        if not unit.site:
            raise ValueError(f"{unit.name} has no address to visit")
        self.unit, self.visitor, self.run = unit, visitor, run
        self.home_url: str = absolute(unit.site, unit.site) or unit.site
        self.started_at = datetime.now(UTC)
        self.opener = Opener(visitor, shanghai_day(self.started_at))
        self.home: Seen | None = None
        self.probes: list[Probe] = []
        self.map = ColumnMap(self.opener, self.home_url, unit.board)
        self.reports = ReportSearch(self.opener, unit, others, city)
        self.links = LinkRound(self.opener, run)
        self.footer = Footer()
        self.elder = ElderEntry()

    async def walk(self) -> SiteVisit:
        """Look at the whole site once."""
        self.home = await self.opener.open(self.home_url, "home")
        self._probed(self.home.answer)
        await self._explore(self.home)
        return self.visit()

    async def probe(self) -> None:
        """Ask the home page once more, only whether it answers."""
        self._probed(await self.visitor.fetch(self.home_url, "probe"))

    async def confirm(self) -> SiteVisit:
        """The end of the run: a last probe, and a second look at everything that was not seen or not there.

        A home page that did not answer at first and answers now is walked as if it were the first time.
        """
        await self.probe()
        self.visitor.failures = 0
        if self.home is None or (not self.home.ok and self.probes[-1].outcome is Outcome.OK):
            self.home = await self.opener.again(self.home_url)
            await self._explore(self.home)
        for url, seen in list(self.opener.seen.items()):
            again = seen.outcome in DEAD | NETWORK and seen.first is None and url != self.home_url
            if again and not self.visitor.spent():
                await self.opener.again(url)
        self.map.judge()
        await self.links.confirm()
        if self.elder.found and self.elder.works is not True:
            self.elder = await front.entry_works(self.opener, self.elder, again=True)
        return self.visit()

    def visit(self) -> SiteVisit:
        """What was seen so far, as the record that is kept."""
        home = self.home
        rows = self._home_rows(home)
        dated = sum(1 for row in rows if row.published and row.dated_by == "row")
        unseen: str | None = None
        if home and home.ok and dated < _NAVIGATION_ONLY:
            unseen = next(iter([x.unseen for x in self.opener.listings(home) if x.unseen] + home.gaps), None)
        return SiteVisit(
            unit=self.unit.name,
            run=self.run,
            url=str(self.unit.site),
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            outcome=home.outcome if home else Outcome.TIMEOUT,
            status=home.answer.fetch.status if home else None,
            home=home.evidence() if home else None,
            content=Content.ITEMS if rows else Content.LINKS if home and home.ok else Content.UNREAD,
            home_rows=rows,
            navigation_only=dated < _NAVIGATION_ONLY,
            home_unseen=unseen,
            nav_gaps=tuple(dict.fromkeys(self.map.nav_gaps)),
            board=next(iter(self.map.of_role("board")), None),
            board_gaps=tuple(dict.fromkeys(self.map.board_gaps)),
            columns=tuple(c for (role, _), c in self.map.columns.items() if role != "board"),
            probes=tuple(self.probes),
            links=tuple(self.links.checks.values()),
            links_total=self.links.total,
            footer=self.footer,
            elder=self.elder,
            reports=tuple(self.reports.found),
            reports_page=self.reports.gathered,
            reports_read=self.reports.read,
            left_out=tuple(self.visitor.left_out),
            errors=tuple(dict.fromkeys(self.opener.errors)),
        )

    async def _explore(self, home: Seen) -> None:
        """Everything behind a home page that was seen."""
        if not home.ok or not home.pages:
            return
        await self.visitor.learn_missing()
        await self.map.find(home)
        board = self.map.board.url if self.map.board else home.url
        in_place = (
            [board] if any(c.content is Content.TEXT for c in self.map.of_role("annual_report") if not c.url) else []
        )
        own = [c.url for c in self.map.of_role("annual_report") if c.url] or in_place
        await self.reports.look(own, home.pages)
        self.footer = await front.foot(self.opener, home)
        self.elder = await front.elder_entry(self.opener, home)
        await self.map.open_rest()
        self.map.judge()
        await self.links.ask(self.map.fronts)

    def _home_rows(self, home: Seen | None) -> tuple[Row, ...]:
        rows: dict[tuple[str | None, str], Row] = {}
        for page in home.pages if home and home.ok else ():
            for row in self.opener.read("home_rows", lambda p: p.home_rows, page) or ():
                rows.setdefault((row.url, row.title), row)
        return tuple(rows.values())

    def _probed(self, answer: Answer) -> None:
        f = answer.fetch
        self.probes.append(Probe(f.at, f.outcome, f.status, f.ms, f.detail))
