"""What does one polite visitor look at on one site, in which order, and what did it see?

The walk finds the columns by their names, opens them, and hands what it saw to the readers of `crawler/extract`. It knows
addresses and names, no rules: the record it returns says what was there, never whether that is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from crawler.extract import columns, content, elder, footer, listing, report
from crawler.extract.columns import BOARD_ROLES, Entry
from crawler.extract.page import Link, Page
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document, is_file, is_trap, same_host, under
from crawler.extract.ways import way_in
from crawler.visitor import NETWORK, Answer, Visitor
from db.records import (
    Column,
    Content,
    ElderEntry,
    Evidence,
    Footer,
    LinkCheck,
    Outcome,
    Probe,
    Report,
    Row,
    SiteVisit,
    Unit,
    shanghai_day,
)

T = TypeVar("T")
_FRAMES = 4  # inner frames read as part of one page
_LIST_PAGES = 6  # pages of one list that are turned for an annual report
_CHILDREN = 4  # sub-columns opened for a channel page without rows of its own
_LOOKED_INTO = 6  # pages two clicks away that are opened to find a board or a column that has no link on the home page
_SCRIPTS = 6  # own scripts read before an entry is called absent
_NAVIGATION_ONLY = 3  # dated items under which a home page is navigation only (19号-1-D3)
_DEAD = frozenset((Outcome.HTTP_ERROR, Outcome.SOFT_404))
_IDS = re.compile(r"""["'#]([\w-]{1,40})["')]|^#([\w-]{1,40})$""")


@dataclass(slots=True)
class Seen:
    """One address as opened tonight: its answer and its page with the inner frames, doors passed."""

    url: str
    answer: Answer
    pages: list[Page] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)  # frames that could not be read
    first: Outcome | None = None  # outcome of the first visit, once there was a second

    @property
    def ok(self) -> bool:
        return self.answer.ok

    def evidence(self, excerpt: str | None = None) -> Evidence:
        return self.answer.evidence(excerpt)


class SiteWalk:
    """The visit of one unit's site in one run: `walk()` first, `probe()` in between, `confirm()` at the end of the run."""

    def __init__(
        self, unit: Unit, visitor: Visitor, *, run: int, others: Collection[str] = (), city: str | None = None
    ) -> None:
        if not unit.site:
            raise ValueError(f"{unit.name} has no address to visit")
        self.unit, self.visitor, self.run = unit, visitor, run
        self.others, self.city = others, city
        self.home_url: str = unit.site
        self.started_at = datetime.now(UTC)
        self.today: date = shanghai_day(self.started_at)
        self.seen: dict[str, Seen] = {}
        self.probes: list[Probe] = []
        self.errors: list[str] = []
        self.home: Seen | None = None
        self.board: Seen | None = None
        self.columns: dict[tuple[str, str | None], Column] = {}
        self.nav_gaps: list[str] = []
        self.board_gaps: list[str] = []
        self.links: dict[str, LinkCheck] = {}
        self.links_total = 0
        self.footer = Footer()
        self.elder = ElderEntry()
        self.reports: list[Report] = []
        self.reports_page: Outcome | None = None
        self.reports_read = False
        self.further_rows: dict[str, tuple[Row, ...]] = {}  # of sub-columns and last pages, by column address

    # the three parts of a visit

    async def walk(self) -> SiteVisit:
        """Look at the whole site once."""
        self.home = await self.open(self.home_url, "home")
        self._probed(self.home.answer)
        if self.home.ok and self.home.pages:
            await self._explore()
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
        if self.home is None or not self.home.ok:
            if self.probes[-1].outcome is Outcome.OK:
                self.seen.pop(self.home_url, None)
                first = self.home.answer.fetch.outcome if self.home else None
                self.home = await self.open(self.home_url, "home")
                self.home.first = first
                if self.home.ok and self.home.pages:
                    await self._explore()
        for url, seen in list(self.seen.items()):
            if seen.ok or seen.first is not None or url == self.home_url:
                continue
            if seen.answer.fetch.outcome not in _DEAD | NETWORK or self.visitor.spent():
                continue
            del self.seen[url]
            again = await self.open(url, "confirm")
            again.first = seen.answer.fetch.outcome
        self._judge_columns()
        await self._confirm_links()
        await self._confirm_entry()
        return self.visit()

    def visit(self) -> SiteVisit:
        """What was seen so far, as the record that is kept."""
        home, answer = self.home, self.home.answer if self.home else None
        rows = self._home_rows()
        dated = [row for row in rows if row.published]
        unseen = None
        if home and home.ok and len(dated) < _NAVIGATION_ONLY:
            unseen = next((x.unseen for x in self._listings(home) if x.unseen), None)
        board = next((c for (role, _), c in self.columns.items() if role == "board"), None)
        left_out = list(self.visitor.left_out)
        return SiteVisit(
            unit=self.unit.name,
            run=self.run,
            url=self.home_url,
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            outcome=answer.fetch.outcome if answer else Outcome.TIMEOUT,
            status=answer.fetch.status if answer else None,
            home=home.evidence() if home else None,
            content=Content.ITEMS if rows else Content.LINKS if home and home.ok else Content.UNREAD,
            home_rows=tuple(rows),
            navigation_only=len(dated) < _NAVIGATION_ONLY,
            home_unseen=unseen or (home.gaps[0] if home and home.gaps and len(dated) < _NAVIGATION_ONLY else None),
            nav_gaps=tuple(dict.fromkeys(self.nav_gaps)),
            board=board,
            board_gaps=tuple(dict.fromkeys(self.board_gaps)),
            columns=tuple(c for (role, _), c in self.columns.items() if role != "board"),
            probes=tuple(self.probes),
            links=tuple(self.links.values()),
            links_total=self.links_total,
            footer=self.footer,
            elder=self.elder,
            reports=tuple(self.reports),
            reports_page=self.reports_page,
            reports_read=self.reports_read,
            left_out=tuple(left_out),
            errors=tuple(dict.fromkeys(self.errors)),
        )

    # opening pages

    async def open(self, url: str, purpose: str) -> Seen:
        """The address with its doors passed and its frames read; each address once a night."""
        if url in self.seen:
            return self.seen[url]
        if purpose not in ("home", "confirm") and (reason := self.visitor.spent()):
            self.visitor.left_out[reason] = None
            blank = Answer(replace(self.home.answer.fetch, url=url, final_url=url, outcome=Outcome.TIMEOUT, detail=reason)) if self.home else None
            if blank is not None:
                return Seen(url, blank)
        answer = await self.visitor.fetch(url, purpose)
        passed = {url, answer.fetch.final_url}
        for _ in range(self.visitor.budget.hops):
            if not answer.ok or answer.page is None:
                break
            target = self.read("way_in", way_in, answer.page, splash=purpose == "home")
            if not target or target in passed:
                break
            passed.add(target)
            onward = await self.visitor.fetch(target, purpose)
            hops = (*answer.fetch.hops, target, *onward.fetch.hops)
            answer = replace(onward, fetch=replace(onward.fetch, url=url, hops=hops))
        seen = Seen(url, answer)
        if answer.ok and answer.page is not None:
            seen.pages.append(answer.page)
            await self._frames(seen, answer.page)
            if purpose == "home" and self._hollow(seen):
                seen.answer = replace(answer, fetch=replace(answer.fetch, outcome=Outcome.NEEDS_RENDER, detail="页面由脚本生成"))
        self.seen[url] = seen
        return seen

    async def _frames(self, seen: Seen, page: Page) -> None:
        for url in page.frames[:_FRAMES]:
            if not same_host(url, page.url) and not same_host(url, self.home_url):
                continue
            if is_file(url):
                continue
            inner = await self.visitor.fetch(url, "page")
            if inner.ok and inner.page is not None:
                seen.pages.append(inner.page)
                if page.root.find(".//frameset") is not None and inner.page.frames:
                    await self._frames(seen, inner.page)
            else:
                seen.gaps.append(f"frame not read: {inner.fetch.outcome}")

    @staticmethod
    def _hollow(seen: Seen) -> bool:
        """A page whose body a script still has to make: scripts, hardly any words, hardly any links."""
        words = sum(len(p.words) - len(squeeze(p.title)) for p in seen.pages)
        links = sum(1 for p in seen.pages for link in p.links if link.url)
        scripts = sum(len(p.script_urls) + len(p.scripts) for p in seen.pages)
        return scripts > 0 and words < 60 and links < 3

    def _probed(self, answer: Answer) -> None:
        f = answer.fetch
        self.probes.append(Probe(f.at, f.outcome, f.status, f.ms, f.detail))

    def read(self, name: str, reader: Callable[..., T], *args: Any, **named: Any) -> T | None:
        """What the reader says, or None and a row of evidence when it raises: one bad page never costs a night."""
        try:
            return reader(*args, **named)
        except Exception as error:
            self.errors.append(f"reader_error: {name}: {type(error).__name__}: {tidy(str(error), 120)}")
            return None

    def _listings(self, seen: Seen, shared: frozenset[str] = frozenset()) -> list[listing.Listing]:
        found = (self.read("listing", listing.read_listing, p, today=self.today, template=shared) for p in seen.pages)
        return [x for x in found if x is not None]

    def _home_rows(self) -> list[Row]:
        rows: dict[tuple[str | None, str], Row] = {}
        for page in self.home.pages if self.home and self.home.ok else ():
            for row in self.read("home_rows", listing.home_rows, page, today=self.today) or ():
                rows.setdefault((row.url, row.title), row)
        return list(rows.values())

    # exploring

    async def _explore(self) -> None:
        assert self.home is not None
        await self.visitor.learn_missing()
        home_entries = [e for p in self.home.pages for e in columns.entries(p)]
        self.nav_gaps += [gap for p in self.home.pages for gap in columns.unread_menus(p)] + self.home.gaps
        await self._find_board(home_entries)
        board_entries = [e for p in self.board.pages for e in columns.entries(p, on_board=True)] if self.board and self.board.ok else []
        await self._board_columns(board_entries, home_entries)
        await self._list_columns([*home_entries, *board_entries])
        await self._annual_reports()
        await self._foot()
        await self._elder_entry()
        await self._other_columns([*home_entries, *board_entries])
        self._judge_columns()
        await self._check_links()

    def _note(self, role: str, entry: Entry, found_on: str, level: int = 1) -> None:
        """Remember a column; the first finding of a role and address stays."""
        outward = entry.url is not None and not under(entry.url, self.home_url) and not self._on_board_host(entry.url)
        self.columns.setdefault(
            (role, entry.url), Column(role, entry.name, entry.url, found_on, outward=outward, level=level)
        )

    def _on_board_host(self, url: str) -> bool:
        return self.board is not None and same_host(url, self.board.answer.fetch.final_url)

    async def _find_board(self, home_entries: list[Entry]) -> None:
        """The 政府信息公开 board: registered, or named on the home page, or one click behind 政务公开 or the site map."""
        if self.unit.board:
            await self._take_board(Entry("政府信息公开", self.unit.board, _no_link(self.unit.board), ("board",)), "registry")
            return
        for entry in _ranked(home_entries):
            await self._take_board(entry, "home")
            return
        carried = {r for e in home_entries for r in e.roles if r in BOARD_ROLES}
        doors = [e for e in home_entries if e.url and "openness" in e.roles]
        doors += [e for e in home_entries if e.url and "sitemap" in e.roles]
        doors += [e for e in home_entries if e.url and set(columns.slug_roles(e.url)) & {"board", "openness"}]
        doors += [e for e in home_entries if e.url and "公开" in e.name]
        for entry in list({e.url: e for e in doors}.values())[:_LOOKED_INTO]:
            seen = await self.open(str(entry.url), "page")
            if not seen.ok:
                self.nav_gaps.append(f"{entry.name}: {seen.answer.fetch.outcome}")
                continue
            self.nav_gaps += seen.gaps
            inner = [e for p in seen.pages for e in columns.entries(p)]
            own = [e for e in _ranked(inner) if e.url != entry.url]
            if own:
                await self._take_board(own[0], "sitemap" if "sitemap" in entry.roles else "page")
                return
            named = {r for p in seen.pages for r in columns.board_links(p, on_board=True)}
            if len(named & set(BOARD_ROLES)) >= 2 and "sitemap" not in entry.roles:
                await self._take_board(entry, "home")
                return
        if len(carried) >= 3:
            home = Entry("政府信息公开", self.home_url, _no_link(self.home_url), ("board",))
            await self._take_board(home, "position")

    async def _take_board(self, entry: Entry, found_on: str) -> None:
        if entry.url is None:
            self.columns[("board", None)] = Column("board", entry.name, None, found_on, note="no address")
            self.board_gaps.append("board link without an address")
            return
        self.board = await self.open(entry.url, "page")
        self._note("board", entry, found_on)
        if self.board.ok:
            if self.board is not self.home:
                self.board_gaps += [gap for p in self.board.pages for gap in columns.unread_menus(p)]
            self.board_gaps += self.board.gaps
        else:
            self.board_gaps.append(f"board: {self.board.answer.fetch.outcome}")

    async def _board_columns(self, board_entries: list[Entry], home_entries: list[Entry]) -> None:
        """The statutory columns by name: on the board, else on the home page, else on the pages of those found."""
        self._pick(board_entries, "board")
        self._pick(home_entries, "home")
        opened: set[str] = set()
        for depth in range(2):
            for (role, url), column in list(self.columns.items()):
                if role in BOARD_ROLES and url and url not in opened and not column.outward:
                    opened.add(url)
                    seen = await self.open(url, "page")
                    if depth == 0 and seen.ok and self._missing_roles():
                        inner = [e for p in seen.pages for e in columns.entries(p, on_board=True)]
                        self._pick(inner, "page", level=2)
            if not self._missing_roles():
                break
        if not self._missing_roles():
            return
        near = [e for e in [*board_entries, *home_entries] if e.url and under(e.url, self.home_url)]
        near = [
            e
            for e in near
            if set(e.roles) & {"openness", "sitemap"}
            or set(columns.slug_roles(str(e.url))) & {*self._missing_roles(), "openness"}
            or ("公开" in e.name and not e.roles)
        ]
        for entry in list({e.url: e for e in near}.values())[:_LOOKED_INTO]:
            seen = await self.open(str(entry.url), "page")
            if not seen.ok:
                self.board_gaps.append(f"{entry.name}: {seen.answer.fetch.outcome}")
                continue
            inner = [e for p in seen.pages for e in columns.entries(p, on_board="openness" in entry.roles)]
            self._pick(inner, "sitemap" if "sitemap" in entry.roles else "page", level=2)
            for role in columns.slug_roles(str(entry.url)):
                named = {r for p in seen.pages for r in columns.roles_of(_heading(p), on_board=True)}
                if role in named & set(self._missing_roles()):
                    self._note(role, entry, "position")
        for (role, url), column in list(self.columns.items()):
            if role in BOARD_ROLES and url and not column.outward:
                await self.open(url, "page")

    def _missing_roles(self) -> list[str]:
        have = {role for role, url in self.columns if url is not None}
        return [role for role in BOARD_ROLES if role not in have]

    def _pick(self, found: list[Entry], found_on: str, level: int = 1) -> None:
        """Take entries for the roles that have no column yet; a name without an address is settled where it stands."""
        have = {role for role, url in self.columns if url is not None}
        for entry in found:
            for role in entry.roles:
                if role not in BOARD_ROLES or role in have:
                    continue
                if entry.url is None:
                    self._settle_in_place(role, entry, found_on)
                else:
                    self._note(role, entry, found_on, level)

    def _settle_in_place(self, role: str, entry: Entry, found_on: str) -> None:
        """A menu entry that a script opens: an anchor of the same page, a sub-menu beneath it, or not to be told."""
        where = self.board if found_on == "board" and self.board else self.home
        if where is None:
            return
        ids = [a or b for a, b in _IDS.findall(" ".join([entry.link.href, *entry.link.element.attrib.values()]))]
        parent = entry.link.element.getparent()
        beneath = [a for a in parent.iter("a") if a is not entry.link.element] if parent is not None and parent.tag in ("li", "dt", "dd", "div") else []
        subs = [a for a in beneath if (a.get("href") or "").strip() and not (a.get("href") or "").startswith(("javascript", "#"))]
        holds = None
        if any(content.anchored(p, i) for p in where.pages for i in ids):
            holds = Content.TEXT
        elif subs and len(beneath) <= 60:
            holds = Content.LINKS
        column = Column(role, entry.name, None, found_on, note="由脚本打开" if holds is None else None)
        if holds is not None:
            column = replace(column, outcome=Outcome.OK, content=holds, evidence=where.evidence(entry.name))
        else:
            column = replace(column, content=Content.NEEDS_RENDER, evidence=where.evidence(entry.name))
        known = self.columns.get((role, None))
        if known is None or known.content is Content.NEEDS_RENDER:
            self.columns[(role, None)] = column

    async def _list_columns(self, found: list[Entry]) -> None:
        """News, notice and policy columns that home and board link to."""
        for entry in columns.inner_entries(found, self.home_url):
            for role in ("news", "notice"):
                if role in entry.roles and not set(entry.roles) & set(BOARD_ROLES):
                    self._note(role, entry, "home")
                    await self._look_further(await self.open(str(entry.url), "page"))
        if not {"news", "notice"} <= {role for role, _ in self.columns}:
            await self._name_by_meta(found)

    async def _look_further(self, seen: Seen) -> None:
        """Rows of a list column that its first page does not show: of sub-columns when it is a channel page, of the last
        page when the list runs from old to new."""
        if not seen.ok or seen.url in self.further_rows:
            return
        listings = self._listings(seen)
        dated = [row.published for x in listings for row in x.rows if row.published]
        further: list[str] = []
        if not dated and not any(x.unseen for x in listings):
            inner = [link.url for p in seen.pages for link in p.links if link.url and link.url != seen.url]
            below = [u for u in dict.fromkeys(inner) if under(u, seen.url) and not is_file(u) and not columns.is_article(u)]
            further = below[:_CHILDREN] if under(seen.url, self.home_url) and seen.url != self.home_url else []
        elif len(dated) > 2 and dated == sorted(dated) and dated[0] < dated[-1]:
            further = [x.next_pages[-1] for x in listings if x.next_pages][:1]
        rows: list[Row] = []
        for url in further:
            inner_seen = await self.open(url, "page")
            if inner_seen.ok:
                rows += [row for x in self._listings(inner_seen) for row in x.rows]
        self.further_rows[seen.url] = tuple(row for row in rows if row.published)

    async def _name_by_meta(self, found: list[Entry]) -> None:
        """A site whose menu has other words: the standard ColumnName tag or the page's own heading may say it."""
        for entry in columns.inner_entries(found, self.home_url)[:_LOOKED_INTO * 2]:
            if entry.roles:
                continue
            seen = await self.open(str(entry.url), "page")
            for page in seen.pages[:1] if seen.ok else ():
                named = page.metas.get("columnname") or ""
                for role in columns.roles_of(named):
                    if role in ("news", "notice") and role not in {r for r, _ in self.columns}:
                        self._note(role, entry, "meta")

    async def _other_columns(self, found: list[Entry]) -> None:
        """Every other inner entry of the menus, to see whether it is blank."""
        taken = {url for _, url in self.columns}
        for entry in columns.inner_entries(found, self.home_url):
            if entry.url in taken or set(entry.roles) & {"sitemap"}:
                continue
            if self.visitor.spent():
                self.visitor.left_out[str(self.visitor.spent())] = None
                break
            self._note("other", entry, "home")
            await self.open(str(entry.url), "page")

    # judging what the opened columns hold

    def _judge_columns(self) -> None:
        """Read every opened column again with the frame of the site known; called once more after confirming."""
        if self.home is None or not self.home.ok:
            return
        fronts = [*self.home.pages, *(self.board.pages if self.board and self.board.ok else ())]
        menu = {e.url for p in fronts for e in columns.entries(p) if e.url}
        frame = content.frame_of(fronts, [u for u in menu if u])
        opened = {url: self.seen[url] for _, url in self.columns if url and url in self.seen}
        for seen in opened.values():
            if seen.ok and seen is not self.home and seen is not self.board:
                for page in seen.pages:
                    self.read("frame", frame.add, page)
        shared = frame.shared_links()
        rows_of: dict[tuple[str, ...], str] = {}
        for key, column in list(self.columns.items()):
            seen = opened.get(column.url or "")
            if seen is None:
                continue
            column = self._judged(column, seen, frame, shared)
            if column.role in ("news", "notice") and column.rows:
                items = tuple(sorted(row.url or row.title for row in column.rows))
                first = rows_of.setdefault(items, str(column.url))
                column = replace(column, same_as=first if first != column.url else None)
            self.columns[key] = column

    def _judged(self, column: Column, seen: Seen, frame: content.Frame, shared: frozenset[str]) -> Column:
        f = seen.answer.fetch
        column = replace(column, outcome=f.outcome, status=f.status, first_outcome=seen.first, evidence=seen.evidence())
        if not seen.ok:
            return replace(column, content=Content.UNREAD, note=f.detail)
        if not seen.pages:  # a document, a picture, a film
            return replace(column, content=Content.TEXT)
        if seen is self.home or seen is self.board:
            return replace(column, content=Content.LINKS)
        before = len(self.errors)
        found = self._listings(seen, shared)
        result = self.read("content", content.content_of, seen.pages, found, frame, name=column.name)
        if len(self.errors) > before or result is None:
            return replace(column, content=Content.UNREAD, note=self.errors[-1])
        holds, words = result
        if holds is Content.BLANK and (seen.gaps or column.outward):
            holds, words = (Content.UNREAD, seen.gaps[0]) if seen.gaps else (Content.TEXT, None)
        rows = tuple(row for x in found for row in x.rows)
        rows = (*rows, *self.further_rows.get(seen.url, ()))
        evidence = seen.evidence(_excerpt(rows, words))
        return replace(column, content=holds, note=words, rows=rows, evidence=evidence)

    # annual reports

    async def _annual_reports(self) -> None:
        """Candidates for the annual report: own columns first, then the page where the city gathers all reports."""
        own = [c for (role, _), c in self.columns.items() if role == "annual_report" and c.url]
        read_all = bool(own)
        for column in own:
            whole = await self._report_list(str(column.url), "board")
            read_all = read_all and whole
        if self.unit.reports:
            seen = await self.open(self.unit.reports, "page")
            self.reports_page = seen.answer.fetch.outcome
            if seen.ok:
                if not await self._report_list(self.unit.reports, "reports"):
                    self.reports_page = Outcome.NEEDS_RENDER
        for page in self.home.pages if self.home else ():
            for link in page.links:
                if link.url and report.is_report_title(link.full_title):
                    self._candidate(Row(link.full_title, link.url), "site")
        self.reports_read = read_all
        wanted = {self.today.year - 1, self.today.year - 2}
        detailed = []
        for candidate in self.reports:
            if candidate.owner != "other" and candidate.year in wanted and candidate.url:
                candidate = await self._report_page(candidate)
            detailed.append(candidate)
        self.reports = detailed

    async def _report_list(self, url: str, source: str) -> bool:
        """Take the rows of a list of reports, page after page; whether the list was read to its end."""
        todo, done, whole, found_any = [url], set(), True, False
        while todo and len(done) < _LIST_PAGES:
            address = todo.pop(0)
            if address in done:
                continue
            done.add(address)
            seen = await self.open(address, "page")
            if not seen.ok:
                return False
            listings = self._listings(seen)
            for found in listings:
                if found.unseen and not found.rows:
                    whole = False
                for row in found.rows:
                    found_any = self._candidate(row, source) or found_any
                todo += [u for u in found.next_pages if u not in done and u not in todo and under(u, url)]
            if not any(found.rows for found in listings):
                for page in seen.pages:
                    titles = [page.metas.get("articletitle") or "", _heading(page), page.title]
                    title = next((t for t in titles if report.report_year(t)), None)
                    if title:
                        found_any = self._candidate(Row(title, address), source) or found_any
                    for link in page.links:
                        if link.url and report.is_report_title(link.full_title):
                            found_any = self._candidate(Row(link.full_title, link.url), source) or found_any
            if self._have_due():
                return True
        return whole and not todo

    def _have_due(self) -> bool:
        return any(r.owner == "own" and r.year == self.today.year - 1 for r in self.reports)

    def _candidate(self, row: Row, source: str) -> bool:
        """Keep the row when its title is one of an annual report; whether it was."""
        year = self.read("report_year", report.report_year, row.title)
        if year is None and not self.read("report_title", report.is_report_title, row.title):
            return False
        if any(r.url == row.url and r.title == row.title for r in self.reports):
            return True
        owner = self.read("report_owner", report.report_owner, row.title, self.unit, self.others, self.city) or "unclear"
        if year is None and row.published:
            year, owner = row.published.year - 1, "unclear" if owner == "own" else owner
        dates = {}
        if row.published:
            dates["url" if row.dated_by in ("url", "file") else "row"] = row.published
        self.reports.append(Report(tidy(row.title, 120), row.url, year, owner, source, dates))
        return True

    async def _report_page(self, candidate: Report) -> Report:
        """The candidate with the dates that its own page shows."""
        url = str(candidate.url)
        if is_document(url) or not (self._ours(url) or await self.visitor.registered.allows(url)):
            return candidate
        seen = await self.open(url, "report")
        candidate = replace(candidate, outcome=seen.answer.fetch.outcome, evidence=seen.evidence(candidate.title))
        dates = dict(candidate.dates)
        for page in seen.pages[:1] if seen.ok else ():
            facts = self.read("report", report.read_report_page, page, today=self.today) or {}
            dates.update({key: facts[key] for key in ("shown", "meta", "url") if facts.get(key)})
        return replace(candidate, dates=dates)

    def _ours(self, url: str) -> bool:
        return same_host(url, self.home_url) or self._on_board_host(url)

    # foot and entry of the home page

    async def _foot(self) -> None:
        if self.home is None:
            return
        page = self.home.pages[0]
        inner = self.home.pages[1:]
        extra = [*inner]
        for url in (self.read("footer_sources", footer.footer_sources, page) or [])[:3]:
            if any(p.url == url for p in inner):
                continue
            answer = await self.visitor.fetch(url, "page") if self._ours(url) else None
            if answer is not None and answer.ok:
                extra.append(answer.page or Page(url, answer.text))
        found = self.read("footer", footer.read_footer, page, extra=tuple(extra))
        self.footer = found or Footer(unseen="reader_error")

    async def _elder_entry(self) -> None:
        """The age-friendly entry of the home page, and whether it leads anywhere."""
        if self.home is None:
            return
        entry = ElderEntry(unseen="reader_error")
        for page in self.home.pages:
            entry = self.read("elder", elder.read_elder, page) or entry
            if entry.found:
                break
        if not entry.found:
            scripts = []
            for url in (self.read("elder_sources", elder.elder_sources, self.home.pages[0]) or [])[:_SCRIPTS]:
                if self._ours(url):
                    answer = await self.visitor.fetch(url, "entry")
                    scripts.append((url, answer.text if answer.ok else ""))
            entry = self.read("elder", elder.read_elder, self.home.pages[0], tuple(scripts)) or entry
        entry = replace(entry, evidence=self.home.evidence(entry.words or None))
        self.elder = await self._entry_works(entry) if entry.found else entry

    async def _entry_works(self, entry: ElderEntry) -> ElderEntry:
        """Whether the linked version or the tool's script answers. A foreign script that cannot be had proves nothing."""
        url = entry.url or entry.script
        if url is None:
            return replace(entry, works=None, why="needs_render")
        own = self._ours(url)
        if not own and not await self.visitor.registered.allows(url):
            return replace(entry, works=None, why="foreign_script")
        answer = await self.visitor.fetch(url, "entry")
        if entry.url and answer.ok:
            return replace(entry, works=True, evidence=answer.evidence(entry.words))
        if not entry.url and answer.ok:
            scriptish = answer.page is None or "<html" not in answer.text[:500].lower()
            return replace(entry, works=True if scriptish else None, why=None if scriptish else "not_a_script", evidence=answer.evidence(entry.words))
        gone = answer.fetch.outcome is Outcome.SOFT_404 or answer.fetch.status in (404, 410)
        if gone and own:
            return replace(entry, works=False, why="dead", evidence=answer.evidence(entry.words))
        return replace(entry, works=None, why=str(answer.fetch.outcome), evidence=answer.evidence(entry.words))

    async def _confirm_entry(self) -> None:
        if self.elder.found and self.elder.works is not True and (self.elder.url or self.elder.script):
            self.elder = await self._entry_works(self.elder)

    # links

    async def _check_links(self) -> None:
        """Ask each internal link of the home and board pages once, at most the budget's number, rotating from night to night."""
        fronts = [*(self.home.pages if self.home else ()), *(self.board.pages if self.board and self.board.ok else ())]
        found: dict[str, Link] = {}
        for page in fronts:
            for link in page.links:
                if link.url and under(link.url, self.home_url) and not is_trap(link.url) and link.url != self.home_url:
                    found.setdefault(link.url, link)
        self.links_total = len(found)
        items = list(found.items())
        limit = self.visitor.budget.links
        if len(items) > limit:
            known = [i for i in items if i[0] in self.seen]
            rest = [i for i in items if i[0] not in self.seen]
            start = (self.run * limit) % max(1, len(rest))
            items = [*known, *rest[start:], *rest[:start]][: max(limit, len(known))]
            self.visitor.left_out[f"首页和专栏共 {len(found)} 个站内链接，本次检查 {len(items)} 个，其余轮换"] = None
        for url, link in items:
            if url in self.seen:
                fetch = self.seen[url].answer.fetch
            elif self.visitor.failures >= self.visitor.budget.failures:
                break
            else:
                fetch = (await self._ask_link(url)).fetch
            where = next((p.url for p in fronts if any(x.url == url for x in p.links)), self.home_url)
            evidence = Evidence(fetch.final_url, fetch.at, fetch.status, fetch.sha256, f"{link.text[:60]}: {fetch.detail or fetch.outcome}")
            self.links[url] = LinkCheck(url, where, link.text[:60], fetch.outcome, fetch.status, evidence=evidence)

    async def _ask_link(self, url: str) -> Answer:
        if is_file(url):
            answer = await self.visitor.fetch(url, "link", method="HEAD")
            if answer.fetch.status not in (400, 403, 404, 405, 410, 500, 501):
                return answer
        return await self.visitor.fetch(url, "link")

    async def _confirm_links(self) -> None:
        for url, check in list(self.links.items()):
            if check.first not in _DEAD or check.second is not None:
                continue
            seen = self.seen.get(url)
            if seen is not None and seen.first is not None:
                fetch, first = seen.answer.fetch, seen.first
            elif self.visitor.failures >= self.visitor.budget.failures:
                continue
            else:
                fetch, first = (await self._ask_link(url)).fetch, check.first
            self.links[url] = replace(check, first=first, second=fetch.outcome, second_status=fetch.status)


def _ranked(entries: Iterable[Entry]) -> list[Entry]:
    """Entries that name the board, the best name first: 政府信息公开, then its other names, addresses before none."""
    named = [e for e in entries if "board" in e.roles]

    def rank(entry: Entry) -> tuple[bool, int, int]:
        exact = 0 if entry.name == "政府信息公开" else 1 if entry.name.startswith(("政府信息公开", "信息公开")) else 2
        return entry.url is None, exact, len(entry.name)

    return sorted(named, key=rank)


def _no_link(url: str) -> Link:
    page = Page(url, "<a></a>")
    return Link(url, "", url, page.root)


def _heading(page: Page) -> str:
    """The first heading of a page, tidy, or ""."""
    for element in page.root.iter("h1", "h2", "h3"):
        if text := tidy(element.text_content(), 80):
            return text
    return ""


def _excerpt(rows: tuple[Row, ...], words: str | None) -> str | None:
    dated = max((r for r in rows if r.published), key=lambda r: r.published or date.min, default=None)
    if dated is not None:
        return f"{dated.published} {tidy(dated.title, 80)}"
    return tidy(rows[0].title, 80) if rows else words
