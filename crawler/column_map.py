"""Which columns does this site have, where do they lead, and what do they hold?

The 政府信息公开 board and its statutory columns, news and notice columns, every other entry of the menus.
Names decide (`words.toml`); an address only tells where to look. Why a name may have been missed is kept as gaps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from crawler.extract import columns, content
from crawler.extract.columns import BOARD_ROLES, Entry
from crawler.extract.text import tidy
from crawler.extract.urls import is_file, same_host, under
from crawler.opening import Opener, Seen
from crawler.reading import Reading
from db.records import Column, Content, Outcome, Row, SiteVisit

_CHILDREN = 4  # sub-columns opened for a channel page without rows of its own
_LOOKED_INTO = 6  # pages two clicks away that are opened to find what has no link on the home page
_SEARCHED = ("page", "sitemap", "position", "meta")  # found beyond the menus of home and board
_WRITTEN = ("script tree", "menu template")  # what a page holds instead of content that only a script shows
_NAMESAKES = 3  # entries of one name that are tried before the first is called dead


class ColumnMap:
    """The columns of one site, found from its opened home page.

    columns     by (role, address); an entry that only a script opens has the address None
    before      the last visit: what it found by searching beyond home and board is opened straight away, and searched
                again only when it is not there any more
    nav_gaps    why the menus of the home page are not read in full; empty: read in full
    board_gaps  the same for the board
    """

    def __init__(self, opener: Opener, home_url: str, registered_board: str | None) -> None:
        self.opener, self.home_url, self.registered_board = opener, home_url, registered_board
        self.before: SiteVisit | None = None
        self.home: Seen | None = None
        self.board: Seen | None = None
        self.columns: dict[tuple[str, str | None], Column] = {}
        self.nav_gaps: list[str] = []
        self.board_gaps: list[str] = []
        self.further_rows: dict[str, tuple[Row, ...]] = {}  # of sub-columns and last pages, by column address
        self._entries: list[Entry] = []
        self._framed: tuple[str, ...] = ()  # menus of the home page that were not read, which may stand on every page

    async def find(self, home: Seen) -> None:
        """Find and open the board, its columns, and the news and notice columns."""
        self.home = home
        entries = [e for p in home.pages for e in p.entries()]
        self._framed = tuple(dict.fromkeys(gap for p in home.pages for gap in p.unread_menus))
        self.nav_gaps += [*self._framed, *home.gaps]
        await self._find_board(entries)
        on_board = (
            [e for p in self.board.pages for e in p.entries(on_board=True)] if self.board and self.board.ok else []
        )
        self._entries = [*entries, *on_board]
        await self._board_columns(on_board, entries)
        await self._list_columns(self._entries)

    async def open_rest(self) -> None:
        """Open every other inner entry of the menus, as far as the budget goes."""
        await self._other_columns(self._entries)

    def of_role(self, role: str) -> list[Column]:
        """The columns of that role in the order of finding."""
        return [c for (r, _), c in self.columns.items() if r == role]

    @property
    def fronts(self) -> list[Reading]:
        """The pages of home and board, inner frames included."""
        board = self.board.pages if self.board and self.board.ok and self.board is not self.home else []
        return [*(self.home.pages if self.home else ()), *board]

    def _note(self, role: str, entry: Entry, found_on: str, level: int = 1) -> None:
        """Remember a column; the first finding of a role and address stays."""
        outward = entry.url is not None and not under(entry.url, self.home_url) and not self._on_board_host(entry.url)
        self.columns.setdefault(
            (role, entry.url), Column(role, entry.name, entry.url, found_on, outward=outward, level=level)
        )

    def _on_board_host(self, url: str) -> bool:
        return self.board is not None and same_host(url, self.board.answer.fetch.final_url)

    async def _find_board(self, home_entries: list[Entry]) -> None:
        """The 政府信息公开 board: registered, named on the home page, or one click behind 政务公开 or the site map."""
        if self.registered_board:
            await self._take_board(Entry("政府信息公开", self.registered_board, ("board",)), "registry")
            return
        if named_so := _ranked(home_entries):
            await self._take_board(await self._first_alive(named_so), "home")
            return
        for column in self._learned(["board"]):
            if column.url and (await self.opener.open(column.url)).ok:
                await self._take_board(Entry(column.name, column.url, ("board",)), column.found_on)
                return
        carried = {r for e in home_entries for r in e.roles if r in BOARD_ROLES}
        doors = [e for e in home_entries if e.url and "openness" in e.roles]
        doors += [e for e in home_entries if e.url and "sitemap" in e.roles]
        doors += [e for e in home_entries if e.url and set(columns.slug_roles(e.url)) & {"board", "openness"}]
        doors += [e for e in home_entries if e.url and "公开" in e.name]
        different = list({e.url: e for e in doors}.values())
        if len(different) > _LOOKED_INTO:
            self.nav_gaps.append(f"{len(different) - _LOOKED_INTO} pages not looked into")
        for entry in different[:_LOOKED_INTO]:
            seen = await self.opener.open(str(entry.url))
            if not seen.ok:
                self.nav_gaps.append(f"{entry.name}: {seen.answer.fetch.outcome}")
                continue
            self.nav_gaps += seen.gaps
            if "sitemap" not in entry.roles:
                self.nav_gaps += [gap for p in seen.pages for gap in p.unread_menus if gap not in self.nav_gaps]
            inner = [e for p in seen.pages for e in p.entries()]
            own = [e for e in _ranked(inner) if e.url != entry.url]
            if own:
                await self._take_board(own[0], "sitemap" if "sitemap" in entry.roles else "page")
                return
            named = {r for p in seen.pages for r in p.board_roles()}
            if len(named & set(BOARD_ROLES)) >= 2 and "sitemap" not in entry.roles:
                await self._take_board(entry, "home")
                return
        if len(carried) >= 3:
            home = Entry("政府信息公开", self.home_url, ("board",))
            await self._take_board(home, "position")

    async def _first_alive(self, named_so: list[Entry]) -> Entry:
        """The first of the named entries that answers, or the one below it that bears the full name; else the first."""
        for entry in named_so[:_NAMESAKES]:
            if entry.url is None:
                continue
            seen = await self.opener.open(entry.url)
            if not seen.ok:
                continue
            carried = {r for p in seen.pages for r in p.board_roles()}
            below = [e for p in seen.pages for e in _ranked(p.entries()) if e.url not in (None, entry.url)]
            if len(carried) < 2 and below and under(str(below[0].url), self.home_url):
                deeper = await self.opener.open(str(below[0].url))
                if deeper.ok and len({r for p in deeper.pages for r in p.board_roles()}) > len(carried):
                    return below[0]
            return entry
        return named_so[0]

    async def _take_board(self, entry: Entry, found_on: str) -> None:
        if entry.url is None:
            self.columns[("board", None)] = Column("board", entry.name, None, found_on, note="no address")
            self.board_gaps.append("board link without an address")
            return
        self.board = await self.opener.open(entry.url)
        self._note("board", entry, found_on)
        if self.board.ok:
            if any(p.unread_menus for p in self.board.pages):
                await self.opener.show(self.board)
            if self.board is not self.home:
                self.board_gaps += [gap for p in self.board.pages for gap in p.unread_menus]
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
                    seen = await self.opener.open(url)
                    if depth == 0 and seen.ok and self._missing_roles():
                        inner = [e for p in seen.pages for e in p.entries(on_board=True)]
                        self._pick(inner, "page", level=2)
            if not self._missing_roles():
                break
        for column in self._learned(self._missing_roles()):
            if column.url and (await self.opener.open(column.url)).ok:
                self.columns.setdefault((column.role, column.url), fresh(column))
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
        different = list({e.url: e for e in near}.values())
        if len(different) > _LOOKED_INTO:
            self.board_gaps.append(f"{len(different) - _LOOKED_INTO} pages not looked into")
        for entry in different[:_LOOKED_INTO]:
            seen = await self.opener.open(str(entry.url))
            if not seen.ok:
                self.board_gaps.append(f"{entry.name}: {seen.answer.fetch.outcome}")
                continue
            inner = [e for p in seen.pages for e in p.entries(on_board="openness" in entry.roles)]
            self._pick(inner, "sitemap" if "sitemap" in entry.roles else "page", level=2)
            for role in columns.slug_roles(str(entry.url)):
                named = {r for p in seen.pages for r in columns.roles_of(p.heading, on_board=True)}
                if role in named & set(self._missing_roles()):
                    self._note(role, entry, "position")
        missing = set(self._missing_roles())
        hinted = [e for e in near if missing.intersection(columns.hinted_roles(e))]
        self.board_gaps += dict.fromkeys(f"{e.name}: named otherwise than its address" for e in hinted)
        for (role, url), column in list(self.columns.items()):
            if role in BOARD_ROLES and url and not column.outward:
                await self.opener.open(url)

    def _learned(self, roles: Collection[str]) -> list[Column]:
        """Columns of these roles that the last visit found by searching beyond the menus of home and board."""
        if self.before is None:
            return []
        known = [c for c in (self.before.board, *self.before.columns) if c is not None and c.outcome is Outcome.OK]
        return [c for c in known if c.role in roles and c.found_on in _SEARCHED and c.url and not c.outward]

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
        holds = Content.NEEDS_RENDER
        if any(p.anchored(i) for p in where.pages for i in entry.opens):
            holds = Content.TEXT
        elif entry.submenu:
            holds = Content.LINKS
        seen = holds is not Content.NEEDS_RENDER
        column = Column(
            role,
            entry.name,
            None,
            found_on,
            outcome=Outcome.OK if seen else None,
            content=holds,
            note=None if seen else "由脚本打开",
            evidence=where.evidence(entry.name),
        )
        known = self.columns.get((role, None))
        if known is None or known.content is Content.NEEDS_RENDER:
            self.columns[(role, None)] = column

    async def _list_columns(self, found: list[Entry]) -> None:
        """News, notice and policy columns that home and board link to."""
        for entry in columns.inner_entries(found, self.home_url):
            for role in ("news", "notice"):
                if role in entry.roles and not set(entry.roles) & set(BOARD_ROLES):
                    self._note(role, entry, "home")
                    await self._look_further(await self.opener.open(str(entry.url)), entry.beneath)
        for column in self._learned([r for r in ("news", "notice") if not self.of_role(r)]):
            if column.url and (seen := await self.opener.open(column.url)).ok:
                self.columns.setdefault((column.role, column.url), fresh(column))
                await self._look_further(seen)
        if not {"news", "notice"} <= {role for role, _ in self.columns}:
            await self._name_by_meta(found)

    async def _look_further(self, seen: Seen, beneath: Collection[str] = ()) -> None:
        """Rows that the first page does not show: of sub-columns when it is a channel page, of the last page when the
        list runs from old to new."""
        if not seen.ok or seen.url in self.further_rows:
            return
        await self.opener.call_lists(seen)
        listings = self.opener.listings(seen)
        dated = [row.published for x in listings for row in x.rows if row.published]
        further: list[str] = []
        if not dated and not any(x.unseen for x in listings):
            inner = [a.url for p in seen.pages for a in p.anchors if a.url != seen.url]
            below = [
                u for u in dict.fromkeys(inner) if under(u, seen.url) and not is_file(u) and not columns.is_article(u)
            ]
            below = [u for u in dict.fromkeys((*beneath, *below)) if not is_file(u) and not columns.is_article(u)]
            further = below[:_CHILDREN] if under(seen.url, self.home_url) and seen.url != self.home_url else []
        elif len(dated) > 2 and dated == sorted(dated) and dated[0] < dated[-1]:
            further = [x.next_pages[-1] for x in listings if x.next_pages][:1]
        rows: list[Row] = []
        for url in further:
            inner_seen = await self.opener.open(url)
            if inner_seen.ok:
                rows += [row for x in self.opener.listings(inner_seen) for row in x.rows]
        self.further_rows[seen.url] = tuple(row for row in rows if row.published)

    async def _name_by_meta(self, found: list[Entry]) -> None:
        """A site whose menu has other words: the standard ColumnName tag or the page's own heading may say it."""
        for entry in columns.inner_entries(found, self.home_url)[: _LOOKED_INTO * 2]:
            if entry.roles:
                continue
            seen = await self.opener.open(str(entry.url))
            for page in seen.pages[:1] if seen.ok else ():
                for role in columns.roles_of(page.metas["columnname"]):
                    if role in ("news", "notice") and role not in {r for r, _ in self.columns}:
                        self._note(role, entry, "meta")

    async def _other_columns(self, found: list[Entry]) -> None:
        """Every other inner entry of the menus, to see whether it is blank."""
        taken = {url for _, url in self.columns}
        for entry in columns.inner_entries(found, self.home_url):
            if entry.url in taken or set(entry.roles) & {"sitemap"}:
                continue
            if self.opener.visitor.spent():
                self.opener.visitor.left_out[str(self.opener.visitor.spent())] = None
                break
            self._note("other", entry, "home")
            await self.opener.call_lists(await self.opener.open(str(entry.url)))

    def judge(self, gone: Collection[str] | None = None) -> None:
        """Read every opened column again with the frame of the site known; called once more after confirming.

        gone  the only pages that were asked again, none of which was there before or is now: nothing else can have changed
        """
        if self.home is None or not self.home.ok:
            return
        if gone is not None:
            for key, column in self.columns.items():
                if column.url in gone and (where := self.opener.seen.get(str(column.url))) is not None:
                    self.columns[key] = self._judged(column, where, content.Frame(), frozenset())
            return
        fronts = self.fronts
        menu = {e.url for p in fronts for e in p.entries() if e.url}
        frame = content.frame_of([p.substance for p in fronts], [u for u in menu if u])
        opened = {url: self.opener.seen[url] for _, url in self.columns if url and url in self.opener.seen}
        for seen in opened.values():
            if seen.ok and seen is not self.home and seen is not self.board:
                for page in seen.pages:
                    self.opener.read("frame", lambda p: frame.add(p.substance), page)
        shared = frame.shared_links()
        rows_of: dict[tuple[str, ...], str] = {}
        for key, column in list(self.columns.items()):
            where = opened.get(column.url or "")
            if where is None:
                continue
            own = {p.url for p in where.pages} & {p.url for p in fronts[1:]}
            others = [p.substance for p in fronts if p.url not in own]
            around = content.frame_of(others, frame.menu, frame) if own else frame
            column = self._judged(column, where, around, shared)
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
        before = len(self.opener.errors)
        found = self.opener.listings(seen, shared)
        result = self.opener.read(
            "content", lambda: content.content_of([p.substance for p in seen.pages], found, frame, name=column.name)
        )
        if len(self.opener.errors) > before or result is None:
            return replace(column, content=Content.UNREAD, note=self.opener.errors[-1])
        holds, words = result
        if holds is Content.BLANK and (unread := seen.gaps + seen.foreign + self._written(seen)):
            holds, words = Content.UNREAD, unread[0]
        elif holds is Content.BLANK and self.further_rows.get(seen.url):
            holds, words = Content.ITEMS, None  # a parent whose children hold items
        elif holds is Content.BLANK and column.outward:
            holds, words = Content.TEXT, None
        rows = tuple(row for x in found for row in x.rows)
        rows = (*rows, *self.further_rows.get(seen.url, ()))
        evidence = seen.evidence(_excerpt(rows, words))
        return replace(column, content=holds, note=words, rows=rows, evidence=evidence, partial=seen.incomplete)

    def _written(self, seen: Seen) -> list[str]:
        """What a script writes on this page and not on the home page."""
        gaps = [gap for p in seen.pages for gap in p.unread_menus if gap in _WRITTEN]
        return [gap for gap in gaps if gap not in self._framed]


def fresh(column: Column) -> Column:
    """The column as it was found, without what was seen there."""
    return Column(column.role, column.name, column.url, column.found_on, level=column.level)


def _ranked(entries: Iterable[Entry]) -> list[Entry]:
    """Entries that name the board, the best name first: 政府信息公开, then its other names, addresses before none."""
    named = [e for e in entries if "board" in e.roles]

    def rank(entry: Entry) -> tuple[bool, int, int]:
        exact = 0 if entry.name == "政府信息公开" else 1 if entry.name.startswith(("政府信息公开", "信息公开")) else 2
        return entry.url is None, exact, len(entry.name)

    return sorted(named, key=rank)


def _excerpt(rows: tuple[Row, ...], words: str | None) -> str | None:
    dated = max((r for r in rows if r.published), key=lambda r: r.published or date.min, default=None)
    if dated is not None:
        return f"{dated.published} {tidy(dated.title, 80)}"
    return tidy(rows[0].title, 80) if rows else words
