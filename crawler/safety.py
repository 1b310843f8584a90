"""On which pages of a site were personal numbers or injected links seen?

Every page that is opened is looked through once (`Reading.scan`), and a few attachments that list persons. Pages that the
dead-link check only asks for are looked through as well; one with something on it is opened, so that its bytes are kept. What
the last night found is looked at again.
"""

from __future__ import annotations

from dataclasses import replace

from crawler.column_map import ColumnMap
from crawler.extract.scan import Scan
from crawler.extract.urls import is_document, same_host, under
from crawler.opening import Opener, Seen
from crawler.reading import Reading
from db.records import Evidence, Injection, Leak, Outcome, SiteVisit

_FILES = 3  # attachments that are looked through in one night, besides those on which the last one found something
_AGAIN = 10  # pages of the last visit that are looked at again


class SafetyRound:
    """What was found on the pages of one site; `beside` counts pages that were looked through without being opened."""

    def __init__(self, opener: Opener, column_map: ColumnMap) -> None:
        self.opener, self.map = opener, column_map
        self.beside: set[str] = set()
        self.files: dict[str, tuple[Scan, Evidence]] = {}

    async def again(self, before: SiteVisit | None) -> None:
        """Open the pages on which the last visit found something, so that a find does not vanish because no link leads there."""
        if before is not None:
            urls = [*(leak.url for leak in before.leaks), *(one.url for one in before.injections)]
            for url in list(dict.fromkeys(urls))[:_AGAIN]:
                await (self._file(url, "") if is_document(url) else self.opener.open(url))

    async def look(self, url: str, page: Reading | None) -> None:
        """Look through a page that was asked for and not opened."""
        if page is None or url in self.opener.seen or not self._own(url):
            return
        self.beside.add(url)
        scan = self.scan(page)
        if scan is not None and not scan.clean:
            await self.opener.open(url)

    async def attachments(self) -> None:
        """Look through files that by their name list persons (名单、补贴), the first on the pages that were opened."""
        named: dict[str, str] = {}
        for seen in list(self.opener.seen.values()):
            for page in seen.pages if seen.ok else ():
                named |= {a.url: a.text for a in page.person_files if a.url not in self.files and self._own(a.url)}
        for url in list(named)[:_FILES]:
            if not self.opener.visitor.spent():
                await self._file(url, named[url])

    async def _file(self, url: str, title: str) -> None:
        answer = await self.opener.visitor.fetch(url, "report")
        file = answer.file
        if file is not None and (found := self.opener.read("scan", lambda: file.scan_named(title))) is not None:
            self.files[url] = found, answer.evidence(title)

    def scan(self, page: Reading) -> Scan | None:
        """What was found on one page, kept with it; None when a reader broke on it."""
        return self.opener.read("scan", lambda: page.scan)

    def result(self) -> tuple[tuple[Leak, ...], tuple[Injection, ...], int]:
        """All leaks and injections with the evidence of their pages, each page once, and how many pages were looked through."""
        leaks: dict[tuple[str, str], Leak] = {}
        injections: dict[tuple[str, str], Injection] = {}
        looked: set[str] = set(self.beside)
        for url, seen in self.opener.seen.items():
            for page in _pages(seen):
                scan = self.scan(page) if self._own(page.url) else None
                if scan is None:
                    continue
                looked.add(url)
                for leak in scan.leaks:
                    leaks.setdefault((leak.kind, page.url), replace(leak, evidence=seen.evidence(_words(leak))))
                for one in scan.injections:
                    injections.setdefault(
                        (one.kind, page.url), replace(one, evidence=seen.evidence(one.markup or one.words))
                    )
        for url, (scan, evidence) in self.files.items():
            looked.add(url)
            for leak in scan.leaks:
                leaks.setdefault((leak.kind, url), replace(leak, evidence=replace(evidence, excerpt=_words(leak))))
        return tuple(leaks.values()), tuple(injections.values()), len(looked)

    def _own(self, url: str) -> bool:
        """Whether the page is the unit's: below its home address, or on the host of its board."""
        board = self.map.board
        return under(url, self.map.home_url) or (board is not None and same_host(url, board.answer.fetch.final_url))


def _words(leak: Leak) -> str:
    return f"{leak.where}：{'、'.join(leak.masked)}" + (f" 等 {leak.count} 个" if leak.count > 1 else "")


def _pages(seen: Seen) -> list[Reading]:
    """The pages of an address; a page whose very title was hijacked is looked at although it is not the asked one."""
    if seen.ok:
        return seen.pages
    return [seen.answer.page] if seen.outcome is Outcome.HIJACKED and seen.answer.page else []
