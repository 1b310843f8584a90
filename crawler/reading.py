"""What do the readers say of one page, each asked once, tonight or on the night when these very bytes first came?

A reader that was asked on an earlier night is not asked again for an unchanged page: its answer is kept with the page, as
JSON, under the version of the readers. So the page is neither decoded nor parsed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from crawler.extract import cms, columns, content, elder, footer, interaction, listing, marks, report, report_body, ways
from crawler.extract.columns import Entry
from crawler.extract.content import Substance
from crawler.extract.interaction import Contact
from crawler.extract.list_call import ListCall
from crawler.extract.listing import Candidates, Listing
from crawler.extract.page import Page
from crawler.extract.privacy import lists_persons
from crawler.extract.report_body import File
from crawler.extract.scan import Scan, scan_file, scan_page
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document
from crawler.outcome import chinese
from db.codec import dump, revive
from db.records import ElderEntry, Footer, Marks, ReportBody, Row

T = TypeVar("T")


@cache
def readers_version() -> str:
    """Twelve hex digits that change with any reader, word list or pattern file."""
    here = Path(__file__).parent
    files = sorted([*here.glob("extract/*.py"), *here.glob("**/*.toml"), Path(__file__), here / "outcome.py"])
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the whole page looks like: title, digest of its Chinese words and their number, how much a script must bring.

    words is the number of visible characters without the title, links that of links with an address.
    """

    title: str
    digest: str
    chinese: int
    words: int
    links: int
    scripted: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link as the dead-link check needs it."""

    url: str
    text: str


_LATER = ("candidates", "substance", "scan", "person_files")  # what the end of a walk asks of every page

# What a browser that showed the whole page would have filled or replaced: while it stands there, nothing was made.
_UNMADE = ("application root", "template")


class Reading:
    """One page and everything that readers said of it. `day` is the readers' today: the day these bytes first came."""

    def __init__(self, page: Page, day: date, said: Callable[[], str | None] | None = None) -> None:
        self.page, self.day, self._said = page, day, said
        # Why the page may lack something (cut off, half rendered); "" when the browser showed the whole of it.
        self.incomplete: str | None = None
        self.stored: Callable[[], str] | None = None  # brings the text back where its bytes are kept
        self.fresh = False  # something was asked that is not yet kept
        self._asked: dict[str, tuple[Any, Any]] = {}

    @property
    def url(self) -> str:
        """The address that the page's own links start from."""
        return self.page.url

    def ask(self, name: str, kind: Any, reader: Callable[[], T]) -> T:
        """The kept answer under `name`, read back as `kind`, or else what the reader says now."""
        if name not in self._asked:
            if name in self._kept:
                self._asked[name] = (revive(kind, self._kept[name]), self._kept[name])
            else:
                self._asked[name] = (reader(), None)
                self.fresh = True
        answer: T = self._asked[name][0]
        return answer

    def facts(self) -> str:
        """Everything that was asked, as JSON text; of a page with personal numbers only the starred ones, no piece of its text."""
        asked = self._asked
        if "scan" in asked and asked["scan"][0].leaks:
            asked = {"scan": asked["scan"]}
        return dump({name: value if kept is None else kept for name, (value, kept) in asked.items()})

    def release(self, text: Callable[[], str], said: Callable[[], str | None]) -> None:
        """Let go of the tree and the answers: they are kept, and come back when somebody asks."""
        self.page, self._said = Page(self.page.url, text), said
        self._asked = {name: said for name, said in self._asked.items() if name == "scan"}  # small, asked of every page
        self.__dict__.pop("_kept", None)

    @cached_property
    def _kept(self) -> dict[str, Any]:
        text = self._said() if self._said else None
        kept: dict[str, Any] = json.loads(text) if text else {}
        return kept

    # the readers

    @property
    def shape(self) -> Shape:
        """The page as a whole."""
        return self.ask("shape", Shape, lambda: _shape(self.page))

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """All links with an address, each address once, in page order."""

        def read() -> tuple[Anchor, ...]:
            found: dict[str, str] = {}
            for link in self.page.links:
                if link.url:
                    found.setdefault(link.url, link.text[:60])
            return tuple(Anchor(url, text) for url, text in found.items())

        return self.ask("anchors", tuple[Anchor, ...], read)

    @property
    def person_files(self) -> tuple[Anchor, ...]:
        """Documents that by their name list persons (名单、补贴), in page order."""

        def read() -> tuple[Anchor, ...]:
            found: dict[str, str] = {}
            for link in self.page.links:
                if link.url and is_document(link.url):
                    found.setdefault(link.url, link.text[:60])
            return tuple(Anchor(url, text) for url, text in found.items() if lists_persons(text))

        return self.ask("person_files", tuple[Anchor, ...], read)

    def way_in(self, *, splash: bool) -> str | None:
        """See `ways.way_in`."""
        return self.ask(f"way_in {splash:d}", str | None, lambda: ways.way_in(self.page, splash=splash))

    @property
    def frames(self) -> tuple[str, ...]:
        """Addresses of frames and iframes in page order."""
        return self.ask("frames", tuple[str, ...], lambda: tuple(self.page.frames))

    @property
    def frameset(self) -> bool:
        """Whether the page is made of frames only."""
        return self.ask("frameset", bool, lambda: self.page.root.find(".//frameset") is not None)

    def digest(self) -> None:
        """Ask what the end of the walk will want to know, and let the tree go."""
        for name in _LATER:
            if name not in self._kept:  # what is kept need not be read back for it
                getattr(self, name)
        self.let_go()

    def let_go(self) -> None:
        """Drop the tree, and the text where its bytes are kept; a reader that asks for them has them made again."""
        self.page.forget(self.stored)

    def entries(self, *, on_board: bool = False) -> list[Entry]:
        """See `columns.entries`."""
        read = lambda: tuple(columns.entries(self.page, on_board=on_board))  # noqa: E731
        return list(self.ask(f"entries {on_board:d}", tuple[Entry, ...], read))

    def board_roles(self) -> set[str]:
        """Which board columns the page names, read as a board."""
        return set(columns.board_roles(self.entries(on_board=True)))

    @property
    def unread_menus(self) -> tuple[str, ...]:
        """See `columns.unread_menus`; a page that the browser showed in full has none."""
        if self.incomplete is not None:
            return (self.incomplete,) if self.incomplete else ()
        return self.ask("unread_menus", tuple[str, ...], lambda: tuple(columns.unread_menus(self.page)))

    @property
    def heading(self) -> str:
        """The first heading of the page, tidy, or ""."""

        def read() -> str:
            texts = (tidy(e.text_content(), 80) for e in self.page.root.iter("h1", "h2", "h3"))
            return next((text for text in texts if text), "")

        return self.ask("heading", str, read)

    @property
    def metas(self) -> dict[str, str]:
        """Title and the standard tags of the page: keys title, columnname, articletitle ("" when absent)."""

        def read() -> dict[str, str]:
            page = self.page
            return {"title": page.title} | {k: page.metas.get(k) or "" for k in ("columnname", "articletitle")}

        return self.ask("metas", dict[str, str], read)

    @property
    def candidates(self) -> Candidates:
        """See `listing.read_candidates`."""
        return self.ask("candidates", Candidates, lambda: listing.read_candidates(self.page, today=self.day))

    def listing(self, template: frozenset[str] = frozenset()) -> Listing:
        """See `listing.choose`; of `template` only the addresses that the page links to matter."""
        shared = template and template & {url for url, _ in self.substance.links}
        found: Listing = self.ask(
            f"listing {_digest(shared)}", Listing, lambda: listing.choose(self.candidates, shared)
        )
        if self.incomplete is None or found.rows or (found.unseen or "").startswith(_UNMADE):
            return found
        return replace(found, unseen=self.incomplete or None)

    @property
    def family(self) -> str | None:
        """See `cms.family_of`."""
        return self.ask("family", str | None, lambda: cms.family_of(self.page))

    @property
    def list_calls(self) -> tuple[ListCall, ...]:
        """See `cms.list_calls`."""
        return self.ask("list_calls", tuple[ListCall, ...], lambda: tuple(cms.list_calls(self.page)))

    @property
    def home_rows(self) -> tuple[Row, ...]:
        """See `listing.home_rows`."""
        return self.ask("home_rows", tuple[Row, ...], lambda: listing.home_rows(self.candidates))

    @property
    def substance(self) -> Substance:
        """See `content.substance_of`."""
        return self.ask("substance", Substance, lambda: content.substance_of(self.page))

    def anchored(self, anchor: str) -> bool:
        """See `content.anchored`."""
        return self.ask(f"anchored {anchor}", bool, lambda: content.anchored(self.page, anchor))

    @property
    def report_links(self) -> tuple[Anchor, ...]:
        """Links whose title is one of an annual report of a named year; the text is the whole title."""

        def read() -> tuple[Anchor, ...]:
            named = ((link.url, link.full_title) for link in self.page.links if link.url)
            return tuple(Anchor(url, title) for url, title in named if report.report_year(title))

        return self.ask("report_links", tuple[Anchor, ...], read)

    @property
    def report_dates(self) -> dict[str, date]:
        """The dates that a report's page shows of itself; keys shown, meta, url, absent ones left out."""

        def read() -> dict[str, date]:
            found = report.read_report_page(self.page, today=self.day)
            return {key: found[key] for key in ("shown", "meta", "url") if found.get(key)}

        return self.ask("report_dates", dict[str, date], read)

    @property
    def report_body(self) -> ReportBody:
        """See `report_body.read_report_body`; of a page that may lack something no part is proven absent."""
        found: ReportBody = self.ask("report_body", ReportBody, lambda: report_body.read_report_body(self.page))
        lacks = self.incomplete and not report_body.is_whole(found)
        return replace(found, unseen=found.unseen or "incomplete") if lacks else found

    @property
    def report_files(self) -> tuple[File, ...]:
        """See `report_body.report_files`."""
        return self.ask("report_files", tuple[File, ...], lambda: tuple(report_body.report_files(self.page)))

    @property
    def footer_sources(self) -> tuple[str, ...]:
        """See `footer.footer_sources`."""
        return self.ask("footer_sources", tuple[str, ...], lambda: tuple(footer.footer_sources(self.page)))

    def footer(self, extra: Sequence[Page], digests: Collection[str]) -> Footer:
        """See `footer.read_footer`; `digests` are the hashes of what `extra` holds."""
        return self.ask(f"footer {_digest(digests)}", Footer, lambda: footer.read_footer(self.page, extra=tuple(extra)))

    @property
    def elder_sources(self) -> tuple[str, ...]:
        """See `elder.elder_sources`."""
        return self.ask("elder_sources", tuple[str, ...], lambda: tuple(elder.elder_sources(self.page)))

    def elder(self, scripts: Sequence[tuple[str, str]] = ()) -> ElderEntry:
        """See `elder.read_elder`; `scripts` are (address, text)."""
        name = f"elder {_digest([address + text for address, text in scripts])}"
        return self.ask(name, ElderEntry, lambda: elder.read_elder(self.page, tuple(scripts)))

    @property
    def scan(self) -> Scan:
        """See `scan.scan_page`."""
        return self.ask("scan", Scan, lambda: scan_page(self.page, today=self.day))

    @property
    def contact(self) -> Contact:
        """See `interaction.read_contact`."""
        return self.ask("contact", Contact, lambda: interaction.read_contact(self.page, today=self.day))

    @property
    def mark_sources(self) -> tuple[str, ...]:
        """See `marks.mark_sources`."""
        return self.ask("mark_sources", tuple[str, ...], lambda: tuple(marks.mark_sources(self.page)))

    def marks(self, extra: Sequence[Page], digests: Collection[str]) -> Marks:
        """See `marks.read_marks`; `digests` are the hashes of what `extra` holds."""
        return self.ask(f"marks {_digest(digests)}", Marks, lambda: marks.read_marks(self.page, tuple(extra)))


class Attachment(Reading):
    """A file that is no page, and what readers said of it. `data` brings its bytes."""

    def __init__(
        self, url: str, day: date, data: Callable[[], bytes], said: Callable[[], str | None] | None = None
    ) -> None:
        super().__init__(Page(url, ""), day, said)
        self.data = data

    @property
    def known_body(self) -> ReportBody | None:
        """What was read in it as a report, tonight or on the night when these bytes first came; None: it was not read."""
        known = "report_body" in self._asked or "report_body" in self._kept
        return self.report_body if known else None

    def scan_named(self, title: str) -> Scan:
        """See `scan.scan_file`; `title` is the name under which a page links to it."""
        return self.ask("scan", Scan, lambda: scan_file(self.data(), url=self.page.url, title=title, today=self.day))

    def keep_body(self, body: ReportBody) -> None:
        """Keep what was read in it as a report."""
        self.ask("report_body", ReportBody, lambda: body)


def words_digest(words: str) -> str:
    """Digest of the Chinese characters of `words`."""
    return hashlib.sha256(chinese(words).encode()).hexdigest()[:16]


def _shape(page: Page) -> Shape:
    return Shape(
        page.title,
        words_digest(page.words),
        len(chinese(page.words)),
        len(page.words) - len(squeeze(page.title)),
        sum(1 for link in page.links if link.url),
        bool(page.script_urls or page.scripts),
    )


def _digest(values: Collection[str]) -> str:
    return hashlib.sha256("\n".join(sorted(values)).encode()).hexdigest()[:12] if values else "-"
