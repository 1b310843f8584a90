"""Which official documents did this unit publish in the last year, who interprets them, do its gazette and topics live?

What an earlier night read well is carried: an older reading may pass. Only what is new, and what would cost a point, is
asked for tonight.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from crawler.column_map import ColumnMap
from crawler.extract import document, gazette, interpretation
from crawler.extract.document import DocumentPage
from crawler.extract.document_title import alike, core, kind_of, may_be
from crawler.extract.gazette import Issue
from crawler.extract.interpretation import InterpretationPage
from crawler.extract.text import squeeze
from crawler.extract.urls import is_document, is_file
from crawler.opening import Opener, Seen
from crawler.paper_columns import GROUPS, PAPER, Shelf, Shelves
from db.records import (
    Document,
    GazetteIssue,
    Interpretation,
    Outcome,
    Papers,
    Row,
    SiteVisit,
    Unit,
    shanghai_day,
)

_SAMPLE = 20  # newest documents looked at
_KNOWN = 40  # newest interpretations kept
_ISSUES = 6  # newest gazette issues kept
_ARTICLES, _DOCUMENTS = 12, 8  # articles read in one night, at most so many of them documents
_SHOWN = 2  # documents that the browser is asked for; more only when it showed more
_FAILURES = 2  # articles in a row that did not answer
_FURTHER = 4  # further list pages turned to prove that no interpretation exists
_HEADS = 4  # requests for the files of the newest gazette issue
_AGAIN = 7  # days after which what was read well is read again, plus up to three more, by its address
_DEMANDED = frozenset(("index", "number", "written", "published", "publisher"))
_IN_TEXT = frozenset(("number", "written"))  # may stand in an attachment
_NO_TEXT = ("script_made", "framed")  # pages of which nothing may be concluded
_DIVERSE = 0.9  # share of diversified interpretations from which the plain ones need not be read again
_GONE = (404, 410)


class PaperRound:
    """Documents, interpretations, gazette and topic columns of one site. Run once its columns were opened and judged.

    before  the last visit of the site, None on the first night
    found   what was seen; None before `look()`
    """

    def __init__(self, opener: Opener, column_map: ColumnMap, unit: Unit, before: SiteVisit | None = None) -> None:
        self.opener, self.map, self.unit, self.before = opener, column_map, unit, before
        self.found: Papers | None = None
        self.shelves = Shelves(opener, column_map)
        self._articles = self._failures = self._shown = 0
        self._by_script = False  # the browser showed more than the page's own text

    async def look(self) -> Papers:
        """See everything once."""
        known, today = self._known(), self.opener.today
        await self.shelves.open(g for g in GROUPS if g != "gazette" or self.unit.group != "department")
        told = self._interpretations(known)
        documents, left = await self._documents(known, told)
        if await self._further(_matched(documents, told)):
            told = self._interpretations(known)
        told = await self._read_interpretations(told)
        issues = await self._issues(known)
        self._topics(known)
        columns = tuple(shelf.record(today) for shelf in self.shelves.all)
        self.found = Papers(columns, tuple(_matched(documents, told)), tuple(told), tuple(issues), left)
        return self.found

    def _known(self) -> Papers:
        """What the last visit of the same site saw."""
        last = self.before
        return last.papers if last is not None and last.url == self.unit.site and last.papers else Papers()

    def _in_year(self, day: date | None) -> bool:
        """Whether a day lies in the year up to today; an undated row may."""
        return day is None or year_before(self.opener.today) <= day <= self.opener.today

    async def _article(self, url: str) -> Seen:
        """One article: neither its doors nor its frames (counters, weather) are asked."""
        if url in self.opener.seen or self.opener.visitor.spent():
            return await self.opener.open(url, "report")
        answer = await self.opener.visitor.fetch(url, "report")
        seen = Seen(url, answer, [answer.page] if answer.ok and answer.page is not None else [])
        self.opener.seen[url] = seen
        self._articles += 1
        self._failures = 0 if seen.ok else self._failures + 1
        return seen

    def _may_ask(self, most: int) -> bool:
        return self._articles < most and self._failures < _FAILURES

    def _due(self, paper: Document | Interpretation) -> bool:
        """Whether a page that was read well is to be read again: each on a day of its own."""
        if paper.read_at is None:
            return True
        days = int.from_bytes(hashlib.sha256(paper.url.encode()).digest()[:2], "big") % 4
        return self.opener.today - shanghai_day(paper.read_at) > timedelta(days=_AGAIN + days)

    # documents

    async def _documents(self, known: Papers, told: Sequence[Interpretation]) -> tuple[list[Document], int]:
        """The newest documents of the last year, carried where they were read well, and how many were not looked at."""
        earlier = {d.url: replace(d, carried=True) for d in _matched(known.documents, told) if _settled(d)}
        found: list[Document] = []
        candidates = self._candidates()
        for shelf, row in candidates:
            if sum(d.kind != "other" for d in found) >= _SAMPLE:
                break
            assert row.url is not None
            before = earlier.get(row.url)
            if is_document(row.url):
                found.append(self._bare(shelf, row, shelf.seen, "attachment_only"))
            elif (before is None or self._due(before)) and self._may_ask(_DOCUMENTS):
                read = await self._document(shelf, row, told)
                found.append(before if before and read.outcome is not Outcome.OK else read)
            elif before is not None:
                found.append(before)
        return found, len(candidates) - len(found)

    def _candidates(self) -> list[tuple[Shelf, Row]]:
        """Rows of the last year that may be documents, the newest first, undated ones last, each address once."""
        found: dict[str, tuple[Shelf, Row]] = {}
        for shelf in self.shelves.of(*PAPER, "notice"):
            for row in shelf.rows:
                known = row.url and row.url not in found and self.shelves.inside(row.url)
                if known and self._in_year(row.published) and may_be(row.title, shelf.group):
                    found[str(row.url)] = shelf, row
        return sorted(found.values(), key=lambda c: c[1].published or date.min, reverse=True)

    async def _document(self, shelf: Shelf, row: Row, told: Sequence[Interpretation]) -> Document:
        """The document as its own page shows it; one that would cost a point as a browser shows it, where there is one."""
        seen = await self._article(str(row.url))
        if not seen.ok or not seen.pages:
            return self._bare(shelf, row, seen, None if not seen.ok else "attachment_only")
        made = _matched([self._read(shelf, row, seen)], told)[0]
        if _settled(made) or made.outcome is None or self.opener.visitor.renderer is None:
            return made
        if self._by_script or self._shown < _SHOWN:
            self._shown += 1
            await self.opener.show(seen)
            if seen.rendered:
                shown = self._read(shelf, row, seen)
                more = len(shown.fields) > len(made.fields) or (shown.mark is not None and made.mark is None)
                self._by_script = self._by_script or more
                whole = replace(shown, fields=made.fields | shown.fields, mark=shown.mark or made.mark)
                return replace(whole, scripted=(*whole.scripted, "table")) if seen.incomplete else whole
        return replace(made, scripted=(*made.scripted, "table")) if self._by_script else made

    def _read(self, shelf: Shelf, row: Row, seen: Seen) -> Document:
        """What the readers say of an opened document."""
        reading = seen.pages[0]
        page = self.opener.read(
            "document",
            lambda: reading.ask(
                "document", DocumentPage, lambda: document.read_document(reading.page, today=reading.day)
            ),
        )
        reading.let_go()
        if page is None:
            return self._bare(shelf, row, seen, "reader_error")
        title = page.title if len(squeeze(page.title)) >= len(squeeze(row.title).rstrip(".…")) else row.title
        shown = page.fields.get("published")
        return replace(
            self._bare(shelf, row, seen, page.partial),
            title=title,
            kind=kind_of(title, shelf.group, page.fields.get("number"), self.unit, page.fields.get("publisher")),
            published=row.published or (date.fromisoformat(shown) if shown else None),
            fields=page.fields,
            mark=page.mark,
            scripted=page.scripted,
            files=page.files,
            tail=page.tail,
            links=tuple(url for url, _ in page.related),
            links_unseen=page.related_unseen,
            outcome=Outcome.OK,
            evidence=seen.evidence(f"文末：{page.tail[-60:]}" if page.tail else None),
        )

    def _bare(self, shelf: Shelf, row: Row, seen: Seen | None, partial: str | None) -> Document:
        """A document of which only its row is known, and how its page answered when it was no page to read."""
        return Document(
            row.title,
            str(row.url),
            kind_of(row.title, shelf.group, None, self.unit),
            shelf.url or "",
            row.published,
            partial=partial,
            outcome=seen.outcome if seen and not seen.ok else None,
            read_at=seen.answer.fetch.at if seen else None,
            evidence=seen.evidence(row.title) if seen else None,
        )

    # interpretations

    def _interpretations(self, known: Papers) -> list[Interpretation]:
        """Interpretations of the last year, newest first: those in the lists read tonight, and those of earlier nights."""
        earlier = {i.url: replace(i, carried=True) for i in known.interpretations if self._in_year(i.published)}
        found: dict[str, Interpretation] = {}
        for shelf in self.shelves.of("interpretation", *PAPER, "notice"):
            all_of_them = shelf.group == "interpretation" and "回应" not in shelf.name
            for row in shelf.rows:
                if row.url is None or not self._in_year(row.published) or row.url in found:
                    continue
                if not (all_of_them or interpretation.is_interpretation(row.title)):
                    continue
                before = earlier.pop(row.url, None)
                if before is not None and before.documents is not None:
                    found[row.url] = before
                    continue
                found[row.url] = Interpretation(
                    row.title,
                    row.url,
                    shelf.url or "",
                    row.published,
                    interpretation.forms_of(shelf.name, row.title),
                    interpretation.subject_of(row.title),
                    evidence=shelf.seen.evidence(row.title) if shelf.seen else None,
                )
        both = [*found.values(), *(i for i in earlier.values() if i.url not in found)]
        return sorted(both, key=lambda i: i.published or date.min, reverse=True)[:_KNOWN]

    async def _further(self, documents: Iterable[Document]) -> bool:
        """Turn the lists of interpretations down to the day of the oldest document that none explains; whether any was."""
        days = [d.published for d in documents if _wants(d) and d.published and not d.carried]
        turned = 0
        for shelf in self.shelves.of("interpretation") if days else ():
            while (
                shelf.following and not shelf.unseen and turned < _FURTHER and (shelf.since or min(days)) >= min(days)
            ):
                turned += 1
                await self.shelves.turn(shelf)
        return turned > 0

    async def _read_interpretations(self, told: list[Interpretation]) -> list[Interpretation]:
        """Read those whose page alone tells what they speak of and, where few are diversified, the plain ones."""
        plain = [i for i in told if not set(i.forms) - {"text"}]
        wanted = [i for i in told if i.documents is None and not i.subject]
        if len(told) - len(plain) < _DIVERSE * len(told):
            wanted += [i for i in plain if i not in wanted and (i.documents is None or i.carried)]
        wanted += [i for i in told if i not in wanted and i.documents is not None and self._due(i)]
        read: dict[str, Interpretation] = {}
        for paper in wanted:
            if self._may_ask(_ARTICLES) and self.shelves.inside(paper.url) and not is_file(paper.url):
                read[paper.url] = await self._interpretation(paper)
        return [read.get(i.url, i) for i in told]

    async def _interpretation(self, paper: Interpretation) -> Interpretation:
        """The interpretation as its own page shows it."""
        seen = await self._article(paper.url)
        if not seen.ok or not seen.pages:
            return paper if paper.carried else replace(paper, outcome=seen.outcome)
        reading = seen.pages[0]
        page = self.opener.read(
            "interpretation",
            lambda: reading.ask(
                "interpretation", InterpretationPage, lambda: interpretation.read_interpretation(reading.page)
            ),
        )
        reading.let_go()
        if page is None:
            return paper
        told = (f for f in paper.forms if f != "text")
        return replace(
            paper,
            forms=tuple(dict.fromkeys((*told, *interpretation.forms_of(page.title), *page.forms))) or ("text",),
            subject=paper.subject or next(iter(page.named), ""),
            names=page.named,
            documents=tuple(url for url, _ in page.documents),
            outcome=seen.outcome,
            read_at=seen.answer.fetch.at,
            carried=False,
            evidence=seen.evidence(paper.title),
        )

    # gazette and topics

    async def _issues(self, known: Papers) -> list[GazetteIssue]:
        """The issues of the gazette, newest first; of the newest its files and whether they answer."""
        shelf = next((s for s in self.shelves.of("gazette") if s.seen and s.seen.ok), None)
        if shelf is None or shelf.seen is None:
            return []
        days = {row.url: row.published for row in shelf.rows}
        found: dict[str, GazetteIssue] = {}
        for reading in shelf.seen.pages:
            issues = self.opener.read(
                "gazette",
                lambda r: r.ask("gazette", tuple[Issue, ...], lambda: gazette.issues_of(r.page, today=r.day)),
                reading,
            )
            reading.let_go()
            for i in issues or ():
                day = i.published or days.get(i.url)
                evidence = shelf.seen.evidence(i.title)
                found.setdefault(i.title, GazetteIssue(i.title, i.year, i.url, day, i.files, evidence=evidence))
        for row in () if found else shelf.rows:
            files = {form: row.url} if row.url and (form := gazette.form_of_address(row.url)) else {}
            found.setdefault(
                row.title,
                GazetteIssue(row.title, None, row.url, row.published, files, evidence=shelf.seen.evidence(row.title)),
            )
        newest = sorted(found.values(), key=lambda i: i.published or date(i.year or 1, 1, 1), reverse=True)[:_ISSUES]
        if newest:
            before = next((i for i in known.issues if (i.title, i.url) == (newest[0].title, newest[0].url)), None)
            reached = before is not None and all(before.reached.get(form) for form in ("pdf", "word"))
            newest[0] = replace(before, carried=True) if before and reached else await self._reached(newest[0])
        return newest

    async def _reached(self, issue: GazetteIssue) -> GazetteIssue:
        """The issue with the files of its own page, and whether they answer."""
        files, unseen = dict(issue.files), None
        if issue.url and not is_file(issue.url) and not {"pdf", "word"} <= files.keys():
            seen = await self._article(issue.url)
            if seen.ok and seen.pages:
                page = seen.pages[0]
                more = self.opener.read(
                    "gazette_files",
                    lambda: page.ask("gazette_files", dict[str, str], lambda: gazette.files_of(page.page)),
                )
                page.let_go()
                files = (more or {}) | files
                unseen = str(Outcome.NEEDS_RENDER) if not files and page.shape.scripted else None
            else:
                unseen = str(seen.outcome)
        reached, visitor, asked = dict[str, bool](), self.opener.visitor, 0
        for form, url in files.items():
            if asked >= _HEADS or visitor.spent():
                break
            answer, asked = await visitor.fetch(url, "link", method="HEAD"), asked + 1
            if not answer.ok and answer.fetch.status is not None and asked < _HEADS:
                answer, asked = await visitor.fetch(url, "link"), asked + 1  # not every server knows HEAD
            if answer.ok or answer.fetch.status in _GONE:
                reached[form] = answer.ok
        return replace(issue, files=files, reached=reached, unseen=unseen)

    def _topics(self, known: Papers) -> None:
        """Say of each topic column whether an item of the last year was seen there, tonight or on an earlier night."""
        since = year_before(self.opener.today)
        earlier = {c.url: c.newest for c in known.of_group("topic") if c.live and c.newest and c.newest >= since}
        for shelf in self.shelves.of("topic"):
            shelf.live = shelf.url in earlier or any(day >= since for day in shelf.days(self.opener.today))
            if not shelf.live and shelf.hidden:
                shelf.unseen = shelf.unseen or "not_seen_tonight"


def year_before(day: date) -> date:
    """The same day of the year before; of 29 February the 28th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _matched(documents: Iterable[Document], told: Iterable[Interpretation]) -> list[Document]:
    """The documents, each with the addresses of the interpretations that link to it or speak of it."""
    told = list(told)

    def explains(paper: Interpretation, wanted: Document, subject: str) -> bool:
        number = squeeze(wanted.fields.get("number")).replace("[", "〔").replace("]", "〕")
        cores = (paper.subject, *paper.names)
        linked = wanted.url in (paper.documents or ())
        return linked or number in paper.names or any(alike(subject, name) for name in cores)

    return [
        replace(d, explained_by=tuple(i.url for i in told if i.url != d.url and explains(i, d, core(d.title))))
        for d in documents
    ]


def _wants(paper: Document) -> bool:
    """A document that needs an interpretation and has none so far."""
    return paper.kind in ("normative", "policy") and not (paper.links or paper.explained_by or paper.links_unseen)


def _settled(paper: Document) -> bool:
    """A document that was read and that costs no point as it is."""
    if paper.outcome is not Outcome.OK or paper.kind == "other":
        return paper.outcome is Outcome.OK
    by_script = "table" in paper.scripted or paper.partial in _NO_TEXT
    lacking = _DEMANDED - paper.fields.keys() - set(paper.scripted) - (_IN_TEXT if paper.partial else frozenset())
    opened = paper.mark is not None or paper.partial is not None or "openness" in paper.scripted
    return (by_script or (opened and not lacking)) and not _wants(paper)


def carried(visit: SiteVisit) -> SiteVisit:
    """The visit with only those papers that its night took over from earlier ones: what a replay of that night knows."""
    papers = visit.papers
    if papers is None:
        return visit
    kept = replace(
        papers,
        documents=tuple(d for d in papers.documents if d.carried),
        interpretations=tuple(i for i in papers.interpretations if i.carried),
        issues=tuple(i for i in papers.issues if i.carried),
    )
    return replace(visit, papers=kept)
