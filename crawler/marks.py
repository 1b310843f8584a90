"""Which smaller marks does a site carry, and what do its guide and its 依申请公开 say?

Search, 找错, 党政机关 icon and tags of the home page; ways to apply; fields of the guide; days of items that do not fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from crawler.column_map import ColumnMap
from crawler.extract import marks
from crawler.extract.marks import COLUMN_TAGS, Said, is_guide_title, leads_on
from crawler.extract.page import Page
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document, is_file, under
from crawler.opening import Opener, Seen
from crawler.own_text import own_lines, said
from db.records import Apply, Column, Content, Guide, ItemPage, Marks, Redated, Row, SiteVisit

_SCRIPTS = 3  # own scripts that are read before a mark is called missing
_BELOW = 2  # pages below 依申请公开 that are opened while it names no way
_UNDATED = 2  # columns without days of which one item is opened
_IN_PLACE = 1200  # characters of a part of the board's own page
_REDATED = 20  # items kept


class MarksRound:
    """The marks of one site: `look()` once, `result()` whenever they are asked for."""

    def __init__(self, opener: Opener, column_map: ColumnMap) -> None:
        self.opener, self.map = opener, column_map
        self.found: Marks | None = None
        self._below: dict[str, list[str]] = {}  # pages opened below a column
        self._items: dict[str, Row] = {}  # by the address of an undated column

    async def look(self, beside: Sequence[Page] = (), digests: Collection[str] = ()) -> None:
        """Read the home page and open the few pages that decide.

        beside  frames and scripts of the foot that were read before; digests: their hashes
        """
        home = self.map.home
        if home is None or not home.ok or not home.pages:
            return
        extra, hashes = [*(p.page for p in home.pages[1:]), *beside], [*(p.url for p in home.pages[1:]), *digests]
        first = home.pages[0]
        self.found = self.opener.read("marks", first.marks, extra, hashes)
        if self.found is not None and not (self.found.find_error and self.found.conac):
            known = {p.url for p in extra}
            sources = self.opener.read("mark_sources", lambda: first.mark_sources) or ()
            for url in [u for u in sources if u not in known][:_SCRIPTS]:
                answer = await self.opener.visitor.fetch(url, "entry")
                if answer.ok:
                    extra.append(Page(url, answer.text))
                    hashes.append(f"{url} {answer.fetch.sha256}")
            self.found = self.opener.read("marks", first.marks, extra, hashes) or self.found
        for column in self.map.of_role("request"):
            await self._below_request(column)
        for column in self.map.of_role("guide"):
            await self._the_guide(column)
        for column in (*self.map.of_role("news"), *self.map.of_role("notice")):
            if len(self._items) < _UNDATED:
                await self._an_item(column)

    def result(self, home_rows: Iterable[Row], before: SiteVisit | None) -> Marks | None:
        """The marks as they are known now; None when the home page was not read. `before` is the last visit."""
        if self.found is None:
            return None
        lists = [c for c in self.map.columns.values() if c.role in ("news", "notice", "other") and not c.outward]
        untagged = []
        for column in lists:
            seen = self._seen(column)
            if column.role != "other" and seen is not None and seen.pages:
                scan = self.opener.read("scan", lambda page=seen.pages[0]: page.scan)
                if scan is not None and not set(COLUMN_TAGS) <= set(scan.tags):
                    untagged.append(str(column.url))
        return replace(
            self.found,
            untagged=tuple(untagged),
            apply=self._apply(),
            guide=self._guide(),
            redated=tuple(self._redated(lists, list(home_rows), before)),
            items=tuple(self._item(url, row) for url, row in self._items.items()),
        )

    def _seen(self, column: Column) -> Seen | None:
        """The column's page when it was seen and is not the home page."""
        seen = self.opener.seen.get(column.url or "")
        return seen if seen is not None and seen.ok and seen is not self.map.home else None

    # 依申请公开

    async def _below_request(self, column: Column) -> None:
        seen = self._seen(column)
        if seen is None or column.url in self._below or self._read_apply(seen, ()).ways:
            return
        linked = {a.url for front in self.map.fronts for a in front.anchors}
        links = [a for p in seen.pages for a in p.anchors if a.url not in linked and leads_on(a.text)]
        todo = [a.url for a in links if self.opener.ours(a.url) and not is_file(a.url) and a.url != seen.url]
        self._below[str(column.url)] = list(dict.fromkeys(todo))[:_BELOW]
        for url in self._below[str(column.url)]:
            await self.opener.open(url)

    def _read_apply(self, seen: Seen, below: Sequence[Seen]) -> Apply:
        pages = [p for s in (seen, *below) for p in s.pages]
        unseen = next((s.incomplete or next(iter(s.gaps), None) for s in (seen, *below)), None)
        unseen = unseen or ("frame" if seen.foreign else None)
        unseen = unseen or next((x.unseen for x in self.opener.listings(seen) if x.unseen), None)
        own = self.opener.read("own_text", said, pages, self.map.fronts)
        if own is None:
            return Apply(unseen="reader_error")
        return marks.read_apply(own, unseen)

    def _apply(self) -> Apply | None:
        """The best of the pages that are called 依申请公开."""
        found: list[Apply] = []
        for column in self.map.of_role("request"):
            seen = self._seen(column)
            if seen is None:
                found += self._apply_in_place(column)
                continue
            if not seen.pages:  # a file: the form itself
                ways = ("download",) if is_document(str(column.url)) else ()
                found.append(Apply(ways, "attachment", evidence=seen.evidence(column.name)))
                continue
            urls = self._below.get(str(column.url), [])
            below = [s for u in urls if (s := self.opener.seen.get(u)) is not None]
            apply = self._read_apply(seen, [s for s in below if s.ok])
            unseen = apply.unseen or next((f"{s.url}: {s.outcome}" for s in below if not s.ok), None)
            found.append(
                replace(apply, unseen=unseen, evidence=seen.evidence(f"{column.name}：{'、'.join(apply.ways)}"))
            )
        return max(found, key=lambda a: (bool(a.ways), a.unseen is not None), default=None)

    def _apply_in_place(self, column: Column) -> list[Apply]:
        """An entry that opens a part of the board's own page: the text behind its name."""
        where, home = self.map.board or self.map.home, self.map.home
        if column.url is not None or column.content is not Content.TEXT or where is None or home is None:
            return []
        fronts = [] if where is home else home.pages
        lines = self.opener.read("own_lines", own_lines, where.pages, fronts) or []
        text = "".join(lines)
        part = text[text.rfind(squeeze(column.name)) :][:_IN_PLACE]
        return [replace(marks.read_apply([Said(part)], "in place"), evidence=where.evidence(column.name))]

    # 指南

    async def _the_guide(self, column: Column) -> None:
        """A guide that stands as an item in a list of its column."""
        seen = self._seen(column)
        if seen is None or column.url in self._below:
            return
        rows = [r for x in self.opener.listings(seen) for r in x.rows if r.url and is_guide_title(r.title)]
        own = [r for r in rows if self.opener.ours(str(r.url)) and not is_file(str(r.url))]
        newest = max(own, key=lambda r: (r.published is not None, r.published or self.opener.today), default=None)
        if newest is not None:
            self._below[str(column.url)] = [str(newest.url)]
            await self.opener.open(str(newest.url))

    def _guide(self) -> Guide | None:
        """The guide that says most."""
        found: list[Guide] = []
        for column in self.map.of_role("guide"):
            seen = self._seen(column)
            if seen is None:
                continue
            below = [s for u in self._below.get(str(column.url), []) if (s := self.opener.seen.get(u)) and s.ok]
            pages = [p for s in (seen, *below) for p in s.pages]
            if not pages:
                found.append(Guide(unseen="attachment", evidence=seen.evidence(column.name)))
                continue
            own = self.opener.read("own_text", said, pages, self.map.fronts)
            days = [self.opener.read("report_dates", lambda page=p: page.report_dates) or {} for p in reversed(pages)]
            shown = next((d["shown"] for d in days if d.get("shown")), None)
            if own is None:
                continue
            guide = marks.read_guide(own, shown, seen.incomplete, today=self.opener.today)
            found.append(replace(guide, evidence=(below[0] if below else seen).evidence(column.name)))
        return max(found, key=lambda g: (g.unseen is None, len(g.fields)), default=None)

    # days

    async def _an_item(self, column: Column) -> None:
        """Open the first item of a list that shows no days at all."""
        seen = self._seen(column)
        if seen is None or column.url in self._items:
            return
        rows = [row for x in self.opener.listings(seen) for row in x.rows]
        own = [r for r in rows if r.url and under(r.url, self.map.home_url) and not is_file(r.url)]
        if own and not any(r.published for r in rows):
            self._items[str(column.url)] = own[0]
            await self.opener.open(str(own[0].url))

    def _item(self, column: str, row: Row) -> ItemPage:
        seen = self.opener.seen.get(str(row.url))
        title = tidy(row.title, 80)
        if seen is None or not seen.ok or not seen.pages:
            return ItemPage(title, str(row.url), column)
        days = self.opener.read("report_dates", lambda: seen.pages[0].report_dates) or {}
        return ItemPage(title, str(row.url), column, days.get("shown") or days.get("meta"), seen.evidence(title))

    def _redated(
        self, lists: Sequence[Column], home_rows: Sequence[Row], before: SiteVisit | None
    ) -> Iterable[Redated]:
        earlier = [r for c in before.columns for r in c.rows] + list(before.home_rows) if before else []
        found: dict[str, Redated] = {}
        home = self.map.home.evidence() if self.map.home else None
        for rows, evidence in (*((c.rows, c.evidence) for c in lists), (home_rows, home)):
            for one in marks.redated(rows, earlier, today=self.opener.today):
                words = f"{one.title} 显示 {one.shown}，{'地址' if one.by == 'address' else '原先'} {one.first}"
                found.setdefault(one.url, replace(one, evidence=replace(evidence, excerpt=words) if evidence else None))
        return list(found.values())[:_REDATED]
