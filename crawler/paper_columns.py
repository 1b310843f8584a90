"""Which columns hold documents, interpretations, gazettes and topics, what do they list, and how far back was it read?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from crawler.column_map import ColumnMap
from crawler.extract import columns, document_title
from crawler.extract.columns import Entry
from crawler.extract.text import tidy
from crawler.extract.urls import is_file, under
from crawler.opening import Opener, Seen
from db.records import Content, Outcome, PaperColumn, Row

GROUPS = ("normative", "policy", "interpretation", "gazette", "topic")
PAPER = ("normative", "policy")
_MOST = {"normative": 3, "policy": 4, "interpretation": 4, "gazette": 1, "topic": 4}  # columns opened
_CHILDREN = 3  # sub-columns opened for a channel page without rows of its own
_LAST = 3  # rows at the end of a list, the newest of which says how far back it goes
_DOOR = re.compile("公开|解读|文件|政策|政务")  # channel pages whose entries are looked through


def groups_of(label: str) -> tuple[str, ...]:
    """The groups (see GROUPS) that a column of that name belongs to; empty when it says nothing of the kind."""
    name = columns.column_name(label)
    return tuple(group for group, (wanted, no) in _patterns().items() if wanted.search(name) and not no.search(name))


@dataclass(slots=True)
class Shelf:
    """A column while it is being read; see `db.records.PaperColumn`.

    rows       in page order, page after page            following  addresses of list pages not yet taken
    hidden     further pages exist that only a script turns, or sub-columns that were not opened
    """

    group: str
    name: str
    url: str | None
    seen: Seen | None = None
    rows: list[Row] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    hidden: bool = False
    since: date | None = None
    unseen: str | None = None
    live: bool = False

    @property
    def whole(self) -> bool:
        """Every row of the column was read."""
        return self.seen is not None and self.seen.ok and not (self.unseen or self.following or self.hidden)

    def days(self, today: date) -> list[date]:
        """The days of its rows, those after `today` left out."""
        return [row.published for row in self.rows if row.published and row.published <= today]

    def record(self, today: date) -> PaperColumn:
        """What is kept of it."""
        newest = max((r for r in self.rows if r.published in self.days(today)), key=_day, default=None)
        words = f"{newest.published} {tidy(newest.title, 80)}" if newest else None
        return PaperColumn(
            self.group,
            self.name,
            self.url,
            self.seen.outcome if self.seen else None,
            len(self.rows),
            sum(1 for r in self.rows if document_title.may_be(r.title, self.group)),
            sum(1 for r in self.rows if document_title.is_news(r.title)),
            newest.published if newest else None,
            self.since,
            self.whole,
            self.unseen,
            self.live,
            self.seen.evidence(words) if self.seen else None,
        )


class Shelves:
    """The columns of one site by group, opened. Run once its menus were opened and judged."""

    def __init__(self, opener: Opener, column_map: ColumnMap) -> None:
        self.opener, self.map = opener, column_map
        self.all: list[Shelf] = []

    def of(self, *groups: str) -> list[Shelf]:
        """The columns of these groups in the order of finding."""
        return [s for s in self.all if s.group in groups]

    async def open(self, wanted: Iterable[str]) -> None:
        """Find and open the columns of these groups; without a column of documents those of notices stand in."""
        found = self._entries()
        for group in wanted:
            for place, entry in enumerate(found[group]):
                shelf = Shelf(group, entry.name, entry.url)
                self.all.append(shelf)
                if place >= _MOST[group]:
                    shelf.unseen = "not_seen_tonight"
                else:
                    await self._fill(shelf)
        if not self.of(*PAPER):
            for column in self.map.of_role("notice"):
                self.all.append(shelf := Shelf("notice", column.name, column.url))
                await self._fill(shelf)

    async def turn(self, shelf: Shelf) -> None:
        """Read the next page of the list."""
        before = shelf.since
        shelf.since = None
        await self._take(shelf, shelf.following.pop(0), first=False)
        shelf.since = shelf.since or before

    def inside(self, url: str | None) -> bool:
        """Whether the address is on the unit's site, its board's host, or another host that the registry names."""
        if url is None:
            return False
        if under(url, self.map.home_url) or (self.map.board is not None and under(url, self.map.board.url)):
            return True
        return not self.opener.ours(url) and self.opener.visitor.registered.names(url)

    def _entries(self) -> dict[str, list[Entry]]:
        """The entries of each group on home, board, statutory and channel pages, each address once; own and short names first.

        A name that only a script opens counts where no name of its group has an address.
        """
        pages = list(self.map.fronts)
        doors = [c.url for role in ("statutory", "catalogue") for c in self.map.of_role(role)]
        doors += [c.url for c in self.map.of_role("other") if c.content is Content.LINKS and _DOOR.search(c.name)]
        for url in dict.fromkeys(u for u in doors if u):
            if (seen := self.opener.seen.get(url)) is not None and seen.ok:
                pages += [p for p in seen.pages if p not in pages]
        found: dict[str, dict[str | None, Entry]] = {group: {} for group in GROUPS}
        fronts = {self.map.home_url, self.map.board.url if self.map.board else None} - {None}
        for page in pages:
            for entry in self.opener.read("entries", lambda p: p.entries(), page) or ():
                for group in groups_of(entry.name)[:1] if entry.url not in fronts else ():
                    found[group].setdefault(entry.url, entry)
        return {
            group: sorted(
                [e for url, e in by_url.items() if url is not None] or list(by_url.values()),
                key=lambda e: (not self.inside(e.url), len(e.name)),
            )
            for group, by_url in found.items()
        }

    async def _fill(self, shelf: Shelf) -> None:
        """Open a column and take its rows, those of its sub-columns when it shows no dated one itself."""
        if shelf.url is None:
            shelf.unseen = str(Outcome.NEEDS_RENDER)
        elif not self.inside(shelf.url):
            shelf.unseen = str(Outcome.REDIRECTED_AWAY)
        else:
            await self._take(shelf, shelf.url)
            if shelf.seen and shelf.seen.ok and not shelf.unseen and not any(r.published for r in shelf.rows):
                await self._take_children(shelf)

    async def _take(self, shelf: Shelf, url: str, *, first: bool = True) -> None:
        """The rows of one list page, and what says that there are more; `first` of its list."""
        shelf.taken.add(url)
        seen = await self.opener.open(url)
        shelf.seen = shelf.seen or seen
        if not seen.ok:
            shelf.unseen = str(seen.outcome) if url in self.opener.seen else "not_seen_tonight"
            return
        await self.opener.call_lists(seen)
        judged = next((c for c in self.map.columns.values() if c.url == url and c.rows), None)
        listings = self.opener.listings(seen)
        rows = list(judged.rows) if judged else [row for x in listings for row in x.rows]
        if not rows and (any(x.unseen for x in listings) or seen.incomplete or seen.gaps):
            shelf.unseen = str(Outcome.NEEDS_RENDER)
        held = {row.url or row.title for row in shelf.rows}
        shelf.rows += [row for row in rows if (row.url or row.title) not in held]
        last = [row.published for row in rows if row.published and not row.pinned][-_LAST:]
        shelf.since = max([*last, *([shelf.since] if shelf.since else [])], default=None)
        following = [u for x in listings for u in x.next_pages if u not in shelf.taken]
        shelf.following += [u for u in following if u not in shelf.following]
        by_script = any((x.pages_total or 1) > 1 and not x.next_pages for x in listings)
        shelf.hidden = shelf.hidden or (first and by_script)

    async def _take_children(self, shelf: Shelf) -> None:
        """A channel page: the rows of its sub-columns; of a topic column the topics that it leads to."""
        assert shelf.seen is not None
        pages, refused = shelf.seen.pages, _patterns()[shelf.group][1] if shelf.group in GROUPS else None
        if shelf.group == "topic":
            menu = {e.url for p in self.map.fronts for e in p.entries()}
            inner = {url: "" for p in pages for url, kind in p.substance.links if kind == "o" and url not in menu}
        else:
            entries = [e for p in pages for e in self.opener.read("entries", lambda p: p.entries(), p) or ()]
            inner = {e.url: e.name for e in entries if e.url and under(e.url, shelf.url or "") and e.url != shelf.url}
        below = [
            url
            for url, name in inner.items()
            if not (is_file(url) or columns.is_article(url) or (refused and refused.search(name))) and self.inside(url)
        ]
        for url in below[:_CHILDREN]:
            await self._take(shelf, url)
        shelf.hidden = shelf.hidden or len(below) > _CHILDREN
        if shelf.rows and shelf.unseen:
            shelf.unseen, shelf.hidden = None, True


def _day(row: Row) -> date:
    return row.published or date.min


@cache
def _patterns() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    data = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))["paper"]
    return {group: (re.compile(data[group]["name"]), re.compile(data[group]["not"])) for group in GROUPS}
