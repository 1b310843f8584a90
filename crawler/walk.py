"""What does one polite visitor look at on one site, in which order, and what did it see?

The walk knows addresses and names, no rules: the record it returns says what was there, never whether that is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler import front
from crawler.certificate import certificate_of
from crawler.column_map import ColumnMap
from crawler.contact import ContactRound
from crawler.extract.urls import absolute, variants
from crawler.links import LinkRound
from crawler.marks import MarksRound
from crawler.opening import Opener, Seen
from crawler.papers import PaperRound
from crawler.reports import ReportSearch
from crawler.safety import SafetyRound
from crawler.visitor import DEAD, NETWORK, Answer, Visitor
from db.records import Certificate, Content, ElderEntry, Footer, Outcome, Probe, Row, SiteVisit, Unit, shanghai_day

_OLD = 7  # days without a change after which a list is asked for in full before it counts as old
_SEARCH_AGAIN = timedelta(days=7)  # after which columns that were found by searching are searched again
_NAVIGATION_ONLY = 3  # dated items under which a home page is navigation only (19号-1-D3)


class SiteWalk:
    """The visit of one unit's site in one run: `walk()`, then `probe()`, then `confirm()` at the end of the run.

    before  brings the last visit of the site: columns that it found by searching are asked for straight away
    recall  brings back what `walk()` returned, once that is stored
    """

    def __init__(
        self,
        unit: Unit,
        visitor: Visitor,
        *,
        run: int,
        others: Collection[str] = (),
        city: str | None = None,
        before: Callable[[], SiteVisit | None] = lambda: None,
        recall: Callable[[], SiteVisit | None] = lambda: None,
        started_at: datetime | None = None,
    ) -> None:
        if not unit.site:
            raise ValueError(f"{unit.name} has no address to visit")
        self.unit, self.visitor, self.run, self.before, self.recall = unit, visitor, run, before, recall
        self.home_url: str = absolute(unit.site, unit.site) or unit.site
        self.started_at = started_at or datetime.now(UTC)
        self.opener = Opener(visitor, shanghai_day(self.started_at))
        self.home: Seen | None = None
        self.probes: list[Probe] = []
        self.variants: list[tuple[str, Outcome]] = []
        self.certificate: Certificate | None = None
        self.known: SiteVisit | None = None
        self.last: SiteVisit | None = None
        self.reports = ReportSearch(self.opener, unit, others, city)
        self._start(unit.board)
        self.footer = Footer()
        self.elder = ElderEntry()

    def _start(self, board: str | None) -> None:
        """The rounds of one walk, with nothing seen yet."""
        self.map = ColumnMap(self.opener, self.home_url, board)
        self.papers = PaperRound(self.opener, self.map, self.unit)
        self.contact = ContactRound(self.opener, self.map)
        self.marks = MarksRound(self.opener, self.map)
        self.safety = SafetyRound(self.opener, self.map)
        self.links = LinkRound(self.opener, self.run, self.safety)

    async def walk(self) -> SiteVisit:
        """Look at the whole site once."""
        self.last = self.last or self.before()
        self.known = self.map.before = learned(self.last, self.unit, self.started_at)
        self.papers.before = self.papers.before or self.last
        self.home = await self._front_door()
        self._probed(self.home.answer)
        self.certificate = await certificate_of(self.home_url, self.visitor.budget.timeout)
        await self._explore(self.home)
        return self.visit()

    async def _front_door(self) -> Seen:
        """The home page at its registered address, or, when nothing answers there, at the first form of it that does.

        Once a week every form is tried, so that a broken one is known.
        """
        home = await self.opener.open(self.home_url, "home")
        if home.outcome not in NETWORK and self.known is not None:
            return home
        for url in variants(self.home_url):
            other = await self.opener.open(url, "home")
            self.variants.append((url, other.outcome))
            if home.outcome in NETWORK and other.ok:
                self.home_url, home = url, other
        return home

    def settle(self) -> None:
        """Let go of everything that `confirm()` will not need; the visit itself is stored by now."""
        if not self.doubtful():
            self.forget()

    def forget(self) -> None:
        """Let go of everything that was seen."""
        self.opener.seen.clear()
        self.home = self.last = None
        self._start(None)
        self.reports.found.clear()

    async def probe(self) -> None:
        """Ask the home page once more, only whether it answers."""
        self._probed(await self.visitor.fetch(self.home_url, "probe"))

    async def confirm(self) -> SiteVisit:
        """The end of the run: a last probe, and a second look at everything that was not seen or not there.

        A home page that did not answer at first and answers now is walked as if it were the first time. A list that is
        old news and of which the server said only that it did not change is asked for in full.
        """
        await self.probe()
        self.visitor.failures = 0
        if not self.doubtful() and (visit := self.recall()) is not None:
            return replace(visit, finished_at=datetime.now(UTC), probes=tuple(self.probes))
        if self.home is None or (not self.home.ok and self.probes[-1].outcome is Outcome.OK):
            self.home = await self.opener.again(self.home_url)
            await self._explore(self.home)
        gone: set[str] | None = set()
        for seen in self._unseen() + self._old_news():
            if not self.visitor.spent():
                again = await self.opener.again(seen.url, whole=seen.ok)
                if seen is self.home:
                    self.home = self.map.home = again
                gone = gone | {seen.url} if gone is not None and not (seen.ok or again.ok) else None
        self.map.judge(gone)
        await self.links.confirm()
        if self.elder.found and self.elder.works is not True:
            self.elder = await front.entry_works(self.opener, self.elder, again=True)
        return self.visit()

    def doubtful(self) -> bool:
        """Whether something is still to be looked at a second time."""
        if self.home is not None and (not self.home.ok or self._unseen() or self._old_news()):
            return True
        return bool(self.links.doubtful()) or bool(self.elder.found and self.elder.works is not True)

    def _unseen(self) -> list[Seen]:
        found = self.opener.seen.items()
        return [s for url, s in found if s.outcome in DEAD | NETWORK and s.first is None and url != self.home_url]

    def _old_news(self) -> list[Seen]:
        """Home page and news or notice columns that are said not to have changed for a week or more."""
        lists = {c.url for role in ("news", "notice") for c in self.map.of_role(role)} | {self.home_url}
        return [
            s
            for url, s in self.opener.seen.items()
            if url in lists and s.first is None and s.answer.unchanged and self.visitor.unchanged_days(s.url) >= _OLD
        ]

    def visit(self) -> SiteVisit:
        """What was seen so far, as the record that is kept."""
        home = self.home
        rows = self._home_rows(home)
        dated = sum(1 for row in rows if row.published and row.dated_by == "row")
        leaks, injections, scanned = self.safety.result()
        unseen: str | None = None
        if home and home.ok and dated < _NAVIGATION_ONLY:
            unseen = next(iter([x.unseen for x in self.opener.listings(home) if x.unseen] + home.gaps), None)
        elif home and home.ok:
            unseen = home.incomplete
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
            variants=tuple(self.variants),
            certificate=self.certificate,
            links=tuple(self.links.checks.values()),
            links_total=self.links.total,
            footer=self.footer,
            elder=self.elder,
            reports=tuple(self.reports.found),
            reports_page=self.reports.gathered,
            reports_read=self.reports.read,
            cms=self.opener.read("family", lambda p: p.family, home.pages[0])
            if home and home.ok and home.pages
            else None,
            papers=self.papers.found,
            interaction=self.contact.judge(),
            marks=self.marks.result(rows, self.last),
            leaks=leaks,
            injections=injections,
            scanned=scanned,
            explored_at=self.known.explored_at if self.known else self.started_at,
            left_out=tuple(self.visitor.left_out),
            errors=tuple(dict.fromkeys(self.opener.errors)),
        )

    async def _explore(self, home: Seen) -> None:
        """Everything behind a home page that was seen."""
        if not home.ok or not home.pages:
            return
        await self.visitor.learn_missing()
        if sum(1 for row in self._home_rows(home) if row.published) < _NAVIGATION_ONLY:
            await self.opener.call_lists(home)
        if any(p.unread_menus for p in home.pages):
            await self.opener.show(home)
        await self.map.find(home)
        board = self.map.board.url if self.map.board else home.url
        in_place = (
            [board] if any(c.content is Content.TEXT for c in self.map.of_role("annual_report") if not c.url) else []
        )
        own = [c.url for c in self.map.of_role("annual_report") if c.url] or in_place
        await self.reports.look(own, home.pages)
        self.footer = await front.foot(self.opener, home)
        self.elder = await front.elder_entry(self.opener, home, self.last)
        for page in self.map.fronts:  # all that is still to be asked of them, so that their trees need not stay
            self.opener.read("digest", lambda p: (p.anchors, p.digest()), page)
        await self.contact.look()
        await self.marks.look()
        await self.safety.again(self.last)
        await self.map.open_rest()
        self.map.judge()
        await self.papers.look()
        await self.safety.attachments()
        await self.links.ask(self.map.fronts)

    def _home_rows(self, home: Seen | None) -> tuple[Row, ...]:
        rows: dict[tuple[str | None, str], Row] = {}
        for page in home.pages if home and home.ok else ():
            for row in self.opener.read("home_rows", lambda p: p.home_rows, page) or ():
                rows.setdefault((row.url, row.title), row)
        for row in home.called.rows if home and home.called else ():
            rows.setdefault((row.url, row.title), row)
        return tuple(rows.values())

    def _probed(self, answer: Answer) -> None:
        f = answer.fetch
        self.probes.append(Probe(f.at, f.outcome, f.status, f.ms, f.detail))


def learned(before: SiteVisit | None, unit: Unit, now: datetime) -> SiteVisit | None:
    """The last visit when its findings may lead tonight's walk: same address, searched in full within the week."""
    if before is None or before.url != unit.site or before.explored_at is None:
        return None
    return before if now - before.explored_at < _SEARCH_AGAIN else None
