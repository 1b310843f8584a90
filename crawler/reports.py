"""Where is the unit's annual report (政府信息公开工作年度报告), which dates does it carry, and what stands in it?

Own column first, then the page where the city gathers the reports of all units, then links on the home page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import reduce

from crawler import office
from crawler.extract import report
from crawler.extract.office import kind_of
from crawler.extract.report_body import File, is_whole, read_report_body, together
from crawler.extract.text import tidy
from crawler.extract.urls import is_document, under
from crawler.opening import Opener, Seen
from crawler.reading import Attachment, Reading
from db.records import Outcome, Report, ReportBody, Row, Unit

_LIST_PAGES = 6  # pages of one list that are turned
_FILES = 2  # attachments of the newest report that are read while its page lacks something; of the one before, one


class ReportSearch:
    """The candidates for one unit's annual report, as found so far.

    found      candidates in the order of finding; those of the last two years carry the dates of their own page, the
               unit's own two newest what stands in them
    read       every own list was read to its end, or the newest report was found before
    gathered   outcome of the registered `reports` page; NEEDS_RENDER when its list is made by a script; None without one
    """

    def __init__(self, opener: Opener, unit: Unit, others: Collection[str], city: str | None) -> None:
        self.opener, self.unit, self.others, self.city = opener, unit, others, city
        self.found: list[Report] = []
        self.read = False
        self.gathered: Outcome | None = None

    async def look(self, own: Collection[str], home: Iterable[Reading]) -> None:
        """Search the lists at the addresses `own`, the registered gathered page, and the links of the home page."""
        self.read = bool(own)
        for address in own:
            self.read = await self._list(address, "board") and self.read
        if self.unit.reports:
            seen = await self.opener.open(self.unit.reports)
            self.gathered = seen.outcome
            if seen.ok and not await self._list(self.unit.reports, "reports"):
                self.gathered = Outcome.NEEDS_RENDER
        for page in home:
            self._links(page, "site")
        wanted = (self.opener.today.year - 1, self.opener.today.year - 2)
        self.found = [await self._dated(r) if r.owner != "other" and r.year in wanted else r for r in self.found]
        await self._read_bodies()

    async def _list(self, start: str, source: str) -> bool:
        """Take the rows of a list, page after page; whether it was read to its end or far enough."""
        todo, done, whole = [start], set[str](), True
        while todo and len(done) < _LIST_PAGES:
            address = todo.pop(0)
            done.add(address)
            seen = await self.opener.open(address)
            if not seen.ok:
                return False
            await self.opener.call_lists(seen)
            listings = self.opener.listings(seen)
            for found in listings:
                rows, left = (
                    found.rows,
                    (found.pages_total or 1) - 1 if address == start and not found.next_pages else 0,
                )
                if left > 0 and (more := await self.opener.call_page(seen, 2)) is not None:
                    rows, left = (*rows, *more.rows), left - 1
                whole = whole and left <= 0 and not (found.unseen and not found.rows) and not seen.incomplete
                for row in rows:
                    self._candidate(row, source)
                todo += [u for u in found.next_pages if u not in done and u not in todo and under(u, start)]
            for page in seen.pages:
                self._links(page, source)
            if not any(found.rows for found in listings):
                self._single(seen, source)
            if any(r.owner == "own" and r.year == self.opener.today.year - 1 for r in self.found):
                return True
        return whole and not todo

    def _single(self, seen: Seen, source: str) -> None:
        """A column that shows the newest report itself instead of a list."""
        for page in seen.pages:
            titles = (page.metas["articletitle"], page.heading, page.metas["title"])
            if title := next((t for t in titles if self._year(t)), None):
                self._candidate(Row(title, seen.url), source)

    def _links(self, page: Reading, source: str) -> None:
        for link in self.opener.read("report_links", lambda: page.report_links) or ():
            self._candidate(Row(link.text, link.url), source)

    def _year(self, title: str) -> int | None:
        return self.opener.read("report_year", report.report_year, title)

    def _candidate(self, row: Row, source: str) -> None:
        """Keep the row when its title is one of an annual report."""
        year, loose = self._year(row.title), None
        if year is None and not self.opener.read("report_title", report.is_report_title, row.title):
            loose = self.opener.read("loose_year", report.loose_year, row.title) if source == "board" else None
            if loose is None:
                return
        if any(r.url == row.url and (row.url or r.title == tidy(row.title, 120)) for r in self.found):
            return
        owner = self.opener.read("report_owner", report.report_owner, row.title, self.unit, self.others, self.city)
        if loose is not None:
            year, owner = loose, "unclear"
        elif year is None and row.published:  # a title without a year reports on the year before
            year, owner = row.published.year - 1, "unclear" if owner == "own" else owner
        dates = {}
        if row.published:
            dates["url" if row.dated_by in ("url", "file") else "row"] = row.published
        self.found.append(Report(tidy(row.title, 120), row.url, year, owner or "unclear", source, dates))

    async def _dated(self, candidate: Report) -> Report:
        """The candidate with the dates that its own page shows; attachments are not opened."""
        url = candidate.url
        if (
            url is None
            or is_document(url)
            or not (self.opener.ours(url) or await self.opener.visitor.registered.allows(url))
        ):
            return candidate
        seen = await self.opener.open(url, "report")
        candidate = replace(candidate, outcome=seen.outcome, evidence=seen.evidence(candidate.title))
        dates = dict(candidate.dates)
        for page in seen.pages[:1] if seen.ok else ():
            dates.update(self.opener.read("report", lambda p: p.report_dates, page) or {})
        return replace(candidate, dates=dates)

    async def _read_bodies(self) -> None:
        """Read the unit's own newest report and the one before it in the same place; which is due, the judge knows.

        Of several candidates for a year they are read until one is whole.
        """
        own = [r for r in self.found if r.owner == "own" and r.year and r.year < self.opener.today.year]
        newest = max((r.year for r in own if r.year), default=0)
        if newest < self.opener.today.year - 2:
            return
        sources = {r.source for r in own if r.year == newest}
        done = set[int]()
        for at, candidate in enumerate(self.found):
            if candidate not in own or candidate.year in done:
                continue
            if candidate.year == newest:
                self.found[at] = read = await self._with_body(candidate, _FILES)
                if read.body and is_whole(read.body):
                    done.add(newest)
            elif candidate.year == newest - 1 and candidate.source in sources:
                self.found[at] = await self._with_body(candidate, 1)
                done.add(newest - 1)

    async def _with_body(self, candidate: Report, files: int) -> Report:
        """The candidate with what stands in it, read from its page, then from up to `files` attachments."""
        url = candidate.url
        if url is None or not (self.opener.ours(url) or await self.opener.visitor.registered.allows(url)):
            return candidate
        seen = await self.opener.open(url, "report")
        if not seen.ok:
            return replace(candidate, outcome=seen.outcome)
        body = await self._body(seen)
        if body.unseen == "needs_render" and not seen.rendered:
            await self.opener.show(seen)
            body = await self._body(seen) if seen.rendered else body
        for file in self._files(seen)[:files]:
            if is_whole(body):
                break
            body = together(body, await self._body(await self.opener.open(file.url, "report")))
        return replace(candidate, outcome=seen.outcome, body=body)

    async def _body(self, seen: Seen) -> ReportBody:
        """What the page with its frames, or the file, says."""
        if not seen.ok:
            return ReportBody("", unseen=str(seen.outcome), evidence=seen.evidence())
        read = [self.opener.read("report_body", lambda p: p.report_body, page) for page in seen.pages]
        if seen.answer.file is not None:
            read.append(await self._file_body(seen.answer.file))
        bodies = [body or ReportBody("html", unseen="reader_error") for body in read]
        body = reduce(together, bodies or [ReportBody("", unseen="parse_empty")])
        if seen.gaps and not is_whole(body):
            body = replace(body, unseen=body.unseen or "incomplete")
        return replace(body, evidence=seen.evidence())

    async def _file_body(self, file: Attachment) -> ReportBody | None:
        """What the file says; what cannot be converted here is not kept, for another night may be able to."""
        if (known := file.known_body) is not None:
            return known
        data = file.data()
        kind = kind_of(data)
        try:
            if kind in office.CONVERTED:
                data = await asyncio.to_thread(office.as_docx, data, kind)
        except office.Unconverted as error:
            return ReportBody(kind, unseen=str(error))
        body = await asyncio.to_thread(self.opener.read, "report_body", read_report_body, data)
        if body is not None:
            file.keep_body(replace(body, form=kind or body.form))
        return file.known_body

    def _files(self, seen: Seen) -> list[File]:
        """The attachments of the page and its frames, likeliest first."""
        found = [f for p in seen.pages for f in self.opener.read("report_files", lambda p: p.report_files, p) or ()]
        return list({file.url: file for file in found}.values())
