"""What is looked for on every page that is opened: personal numbers, injected links, the standard tags?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crawler.extract.injected import read_injections
from crawler.extract.interaction import names_mailbox
from crawler.extract.marks import tags_of
from crawler.extract.office import Unreadable, file_lines, kind_of
from crawler.extract.page import Page
from crawler.extract.privacy import read_leaks, text_leaks
from crawler.extract.report_lines import Line
from db.records import Injection, Leak


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found on one page; most pages have nothing but tags. No whole personal number is in it."""

    leaks: tuple[Leak, ...] = ()
    injections: tuple[Injection, ...] = ()
    tags: tuple[str, ...] = ()
    mailbox: bool = False  # words of a mailbox stand on the page

    @property
    def clean(self) -> bool:
        """Whether there is nothing that a person must see."""
        return not self.leaks and not self.injections


def scan_page(page: Page, *, today: date) -> Scan:
    """Look through one page. Cheap: a page without long numbers and without bad words is not parsed for it."""
    return Scan(read_leaks(page, today=today), read_injections(page), tags_of(page), names_mailbox(page))


def scan_file(data: bytes, *, url: str, title: str, today: date) -> Scan:
    """Look through the text of an attachment (docx, xlsx, xls, pdf); what cannot be read has nothing on it."""
    try:
        blocks = file_lines(data, kind_of(data))
    except Unreadable:
        return Scan()
    lines = ("\t".join(" ".join(cell.text.split()) for cell in b.cells) for b in blocks if isinstance(b, Line))
    return Scan(text_leaks("\n".join(lines), url=url, title=title, today=today))
