"""What stands in an annual report: its six sections, its three tables, and what of it could not be seen? (standards.md 3)

A report is a page, or a page that only links to a file, or a file. All are read as lines (`report_lines`), so a heading
is looked for outside the rows of tables, whose own labels begin with 一、二、三、四、 as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crawler.extract import report
from crawler.extract.content import substance_of
from crawler.extract.decode import decode
from crawler.extract.office import Unreadable, file_lines, kind_of
from crawler.extract.page import Page
from crawler.extract.report_lines import Block, Line, Picture, page_lines
from crawler.extract.report_tables import KINDS, read_loose, read_tables
from crawler.extract.urls import absolute, is_document
from db.records import ReportBody

NUMBERS = "一二三四五六"
_NUMBERED = re.compile(
    r"^(?:第([一二三四五六])(?:部分|章)?[、.,:·]?|([一二三四五六])([、.,:·)]?)|([1-6])[、.,:)]|\(([一二三四五六])\))"
)
_PROSE = 200  # characters of whole sentences that make a body of text, whatever it says
_SENTENCE = re.compile("[。；！？]|;$")
_KEPT = 2000  # characters kept of section five
_FILE_NAME = re.compile(r"\.(docx?|wps|pdf|xlsx?|et|ofd|zip|rar|7z)\s*$", re.IGNORECASE)
_BEST_FIRST = ("docx", "xlsx", "pdf", "doc", "wps", "xls", "et")
_ABOUT = re.compile("年度?报告|年报|信息公开|统计表|附[件表]")


@dataclass(frozen=True, slots=True)
class File:
    """A file that a report's page links to or shows: address and name."""

    url: str
    name: str


@dataclass(frozen=True, slots=True)
class _Heading:
    """A line that may be the heading of a section; `rank` is larger for surer ones."""

    at: int
    section: int
    title: str
    rank: int


def read_report_body(source: Page | bytes) -> ReportBody:
    """What stands in the report: a parsed page, or the bytes of a file of whatever kind they turn out to be.

    Never raises: what cannot be opened is a body without parts whose `unseen` says why.
    """
    if isinstance(source, Page):
        return _page_body(source)
    kind = kind_of(source)
    if kind == "html":
        return _page_body(Page("http://file.invalid/", decode(source)[0]))
    try:
        blocks = file_lines(source, kind)
    except Unreadable as error:
        return ReportBody(kind, unseen=str(error))
    return _body(blocks, kind, lambda: (kind,))


def report_files(page: Page) -> list[File]:
    """The files that the page links to, embeds or opens in a viewer, likeliest to be the report first.

    Files that bear no name of a report are left out when others do.
    """
    found: dict[str, str] = {}
    for link in page.links:
        if link.url and (is_document(link.url) or _FILE_NAME.search(link.text)):
            found.setdefault(link.url, link.full_title)
    shown = [*page.frames, *(e.get("src") or e.get("data") or "" for e in page.root.iter("embed", "object"))]
    for url in shown:
        for candidate in (url, *(value for _, value in parse_qsl(urlsplit(url).query))):
            if (target := absolute(page.base, candidate)) and is_document(target):
                found.setdefault(target, page.title)
    files = [File(url, name) for url, name in found.items()]
    named = [f for f in files if _ABOUT.search(f.name) or report.is_report_title(f.name)]
    return sorted(named or files, key=lambda f: _order(f.url))


def together(page: ReportBody, other: ReportBody) -> ReportBody:
    """What both say: the parts of the first, and what it lacks from the other.

    A page that only leads to the file says nothing of its own, nor does a file that is no report.
    """
    if not parts(page):
        return other if parts(other) or other.unseen else page
    if not parts(other):
        return replace(page, unseen=None if is_whole(page) else page.unseen or other.unseen)
    text, more = (other, page) if len(other.sections) > len(page.sections) else (page, other)
    best = {t.kind: t for t in (*more.tables, *text.tables)}
    for table in more.tables:
        if len(table.missing) < len(best[table.kind].missing):
            best[table.kind] = table
    made = replace(
        text,
        template=text.template or more.template,
        tables=tuple(best[kind] for kind in KINDS if kind in best),
        evidence=other.evidence or page.evidence,
    )
    return replace(made, unseen=None if is_whole(made) else page.unseen or other.unseen)


def parts(body: ReportBody) -> int:
    """How many sections and tables were found."""
    return len(body.sections) + len(body.tables)


def is_whole(body: ReportBody) -> bool:
    """Whether nothing is lacking: six sections and three tables with all their rows."""
    return (
        len(body.sections) == len(NUMBERS)
        and len(body.tables) == len(KINDS)
        and not any(t.missing for t in body.tables)
    )


def _page_body(page: Page) -> ReportBody:
    body = _body(page_lines(page.root), "html", lambda: substance_of(page).pictures)
    if is_whole(body):
        return body
    if any(link.url is None and _FILE_NAME.search(link.text) for link in page.links):
        return replace(body, unseen="needs_render")  # a file whose address only a script knows
    if not parts(body) and body.unseen == "parse_empty" and (page.scripts or page.script_urls):
        return replace(body, unseen="needs_render")
    return body


def _body(blocks: Sequence[Block], form: str, own: Callable[[], Collection[str]]) -> ReportBody:
    """own  brings the sources of the pictures that are no part of the frame around the report"""
    lines = [b for b in blocks if isinstance(b, Line)]
    tables = read_loose([line.cells[0].text for line in lines]) if form == "pdf" else read_tables(lines)
    chosen = sorted(_headings(blocks).values(), key=lambda h: h.at)
    text = {h.section: _text(blocks, h, chosen) for h in chosen}
    body = ReportBody(
        form,
        tables.template,
        tuple((NUMBERS[h.section], h.title) for h in chosen),
        tuple(tables.tables),
        length=len("".join(text.get(0, ()))),
        said=_said("".join(text.get(0, ()))),
        problems="".join(text.get(4, ()))[:_KEPT],
        fees=_fees("".join(text.get(5, ()))),
    )
    if is_whole(body):
        return body
    if len(body.tables) < len(KINDS) and _pictured(blocks, chosen, own) and (chosen or not _is_prose(blocks)):
        return replace(body, unseen="table_image")
    if tables.doubt or (not parts(body) and not _is_prose(blocks)):
        return replace(body, unseen="parse_empty")
    return body


def _pictured(blocks: Sequence[Block], chosen: Sequence[_Heading], own: Callable[[], Collection[str]]) -> bool:
    """Whether a picture may be a table: one between the headings, or one elsewhere that is no part of the frame."""
    pictures = [(at, b.source) for at, b in enumerate(blocks) if isinstance(b, Picture)]
    if not pictures:
        return False
    if chosen and any(chosen[0].at < at < chosen[-1].at for at, _ in pictures):
        return True
    begin = chosen[0].at if chosen else 0
    return any(at > begin and source in own() for at, source in pictures)


def _is_prose(blocks: Sequence[Block]) -> bool:
    """Whether so much running text is there that this is the report's own text and not only the frame of a page."""
    sentences = (b.alone for b in blocks if isinstance(b, Line) and _SENTENCE.search(b.alone))
    return sum(map(len, sentences)) >= _PROSE


# headings


def _headings(blocks: Sequence[Block]) -> dict[int, _Heading]:
    """The heading of each section found: those that stand in order, as many as can be; then the surest of the others."""
    found = [h for at, b in enumerate(blocks) if isinstance(b, Line) and (words := b.alone) for h in _at(words, at)]
    chosen = {h.section: h for h in _in_order(found)}
    for heading in sorted(found, key=lambda h: -h.rank):
        chosen.setdefault(heading.section, heading)
    return chosen


def _in_order(found: Sequence[_Heading]) -> list[_Heading]:
    """The longest run of headings whose sections rise; of equally long ones the surest, then the latest."""
    best: list[tuple[int, int, list[_Heading]]] = []
    for heading in found:
        before = [b for b in best if b[2][-1].section < heading.section]
        number, rank, run = max(reversed(before), key=lambda b: b[:2], default=(0, 0, []))
        best.append((number + 1, rank + heading.rank, [*run, heading]))
    return max(reversed(best), key=lambda b: b[:2], default=(0, 0, []))[2]


def _at(words: str, at: int) -> Iterator[_Heading]:
    """The headings that the words of a line may be: at its beginning, or a whole title in the middle of it."""
    if _rules().refuse.search(words):
        return
    if (found := _beginning(words)) is not None:
        section, rank = found
        yield _Heading(at, section, words[: _rules().longest], rank)
        return
    if len(words) > _rules().longest:
        for match in re.finditer(r"([一二三四五六])、", words):
            section = NUMBERS.index(match[1])
            if exact := _rules().exact[section].match(words, match.end()):
                yield _Heading(at, section, words[match.start() : exact.end()], 1)


def _beginning(words: str) -> tuple[int, int] | None:
    """Which section's heading the words are, and how sure that is."""
    rules = _rules()
    number = _NUMBERED.match(words)
    rest = words[number.end() :] if number else words
    said = _number(number) if number else None
    for section in rules.order:
        exact = rules.exact[section].match(rest)
        whole = exact is not None and exact.end() >= len(rest.rstrip(":。"))
        if (exact and said == section) or (whole and (number is None or number[2])):
            return section, 3 + 2 * (said == section)
    if number is None or not (number[1] or number[3]) or len(rest) > rules.longest or rest.endswith("。"):
        return None
    for section in rules.order:
        if rules.key[section].search(rest[: rules.within]):
            return section, 2 + 2 * (said == section)
    return None


def _number(found: re.Match[str]) -> int:
    digit = found[1] or found[2] or found[5]
    return NUMBERS.index(digit) if digit else int(found[4]) - 1


def _text(blocks: Sequence[Block], heading: _Heading, chosen: Sequence[_Heading]) -> list[str]:
    """The words below a heading, up to the next one, tables left out."""
    end = next((h.at for h in chosen if h.at > heading.at), len(blocks))
    first = blocks[heading.at]
    run_in = first.alone[len(heading.title) :] if isinstance(first, Line) else ""
    lines = (b.alone for b in blocks[heading.at + 1 : end] if isinstance(b, Line) and not b.table)
    return [run_in, *lines]


def _said(text: str) -> dict[str, int]:
    found = {key: p.search(text) for key, p in _rules().said.items() if key != "fees"}
    return {key: int(match[1]) for key, match in found.items() if match}


def _fees(text: str) -> str | None:
    found = _rules().said["fees"].search(text)
    return found[0] if found else None


def _order(url: str) -> int:
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    return _BEST_FIRST.index(ending) if ending in _BEST_FIRST else len(_BEST_FIRST)


@dataclass(frozen=True, slots=True)
class _Rules:
    order: tuple[int, ...]  # in which sections are tried
    key: dict[int, re.Pattern[str]]
    exact: dict[int, re.Pattern[str]]
    said: dict[str, re.Pattern[str]]
    refuse: re.Pattern[str]
    longest: int
    within: int


@cache
def _rules() -> _Rules:
    data: dict[str, Any] = tomllib.loads((Path(__file__).parent / "report_forms.toml").read_text("utf-8"))
    sections = {NUMBERS.index(row["number"]): row for row in data["section"]}
    heads = data["headings"]
    return _Rules(
        tuple(sections),
        {n: re.compile(row["key"]) for n, row in sections.items()},
        {n: re.compile(row["exact"]) for n, row in sections.items()},
        {key: re.compile(pattern) for key, pattern in data["said"].items()},
        re.compile(heads["refuse"]),
        heads["longest"],
        heads["within"],
    )
