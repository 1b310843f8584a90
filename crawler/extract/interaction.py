"""Where on a page can people write to the unit, and which letters does it publish with their days? (19号-1-7, 19号-1-8)

Names tell the kind of an entry, by interaction.toml. Letters are read from tables and rows of cells with heads, from rows
that carry a state, and from pages of one letter or of questions with answers. A letter is open only when the page says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from crawler.extract.columns import column_name, is_article
from crawler.extract.dates import find_dates, normal
from crawler.extract.page import Element, Link, Page, visible_text
from crawler.extract.pieces import pieces_of
from crawler.extract.privacy import masked
from crawler.extract.text import has_chinese, squeeze, tidy
from crawler.extract.urls import absolute, is_file
from db.records import Letter

_GOES_TO = re.compile(r"""(?:location(?:\.href)?\s*=|window\.open\s*\()\s*["']([^"']+)["']""")
_DATE_NEAR = re.compile(r"\d{1,4}[-/.年]\d{1,2}")
_FRAME = re.compile(r"(^|[-_\s])(head|header|top|foot|footer|bottom|nav|menu|search)([-_\s\d]|$)", re.IGNORECASE)
_AT = re.compile(r"\w@\w")
_FIELDS = ("hidden", "submit", "button", "image", "reset", "checkbox", "radio")
_NEAR = 24  # characters behind a label in which its date stands
_BARE = 10  # characters of a label that a script may have made an entry
_TITLE = 80
_PARTS = 40  # elements of one row
_COLUMNS = 12  # cells of a row of letters at most
_PARTED = re.compile(r"[\s\[\]【】()（）<>《》|]+")


@dataclass(frozen=True, slots=True)
class Door:
    """An entry whose name says that one can write there, or see letters. `url` None: a script opens it, or it is a mailbox.

    kind  consult, letters, petition, survey, interview, hub, maybe, or slug (only the address lets hope)
    """

    name: str
    url: str | None
    kind: str
    mail: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """What one page offers.

    doors    entries in page order, each address once       labels  names of such entries that lead nowhere by themselves
    form     fields to write into                           online  entries 我要写信 and the like
    letters  published letters                              told    the page is laid out as a list of letters
    """

    doors: tuple[Door, ...] = ()
    labels: tuple[str, ...] = ()
    form: bool = False
    online: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    told: bool = False


def read_contact(page: Page, *, today: date) -> Contact:
    """What the page offers to people who want to write."""
    doors = list(_doors(page))
    letters, told = read_letters(page, today=today)
    online = [
        link.url
        for link in page.links
        if link.url and _rules().online.search(link.text) and len(link.text) <= _rules().longest
    ]
    labels = () if any(d.kind == "consult" for d in doors) else tuple(dict.fromkeys(_labels(page)))
    return Contact(tuple(doors), labels, has_form(page), tuple(dict.fromkeys(online)), tuple(letters), told)


def kind_of(name: str) -> str | None:
    """The kind of an entry of that name, or None."""
    for kind, found, refuse in _rules().kinds:
        if found.search(name) and not refuse.search(name):
            return kind
    return None


def names_mailbox(page: Page) -> bool:
    """Whether words of a mailbox stand in the source of the page: asked before anything is parsed."""
    return _rules().mailbox.search(page.text) is not None


def mail_in(text: str) -> str | None:
    """The first mail address in a text, or None."""
    found = _rules().mail.search(text)
    return found[0] if found else None


def has_form(page: Page) -> bool:
    """Whether the page has fields to write into: a text area, or a form of three fields or more, no search, no sign-in."""
    rules = _rules()
    for area in page.root.iter("textarea"):
        if not _framed(area) and "display:none" not in (area.get("style") or "").replace(" ", ""):
            return True
    for form in page.root.iter("form"):
        mark = f"{form.get('action') or ''} {form.get('id') or ''} {form.get('name') or ''} {form.get('class') or ''}"
        fields = [e for e in form.iter("input", "select") if (e.get("type") or "text").lower() not in _FIELDS]
        if len(fields) >= 3 and not rules.no_form.search(mark.lower()) and not _framed(form):
            return True
    return False


def read_letters(page: Page, *, today: date) -> tuple[list[Letter], bool]:
    """The letters of the page, newest first as they stand, and whether the page is laid out as a list of letters."""
    letters: dict[tuple[str | None, str], Letter] = {}
    told = False
    if not _rules().hint.search(page.text):
        return [], False
    for grid in _grids(page):
        found, known = _letters_of(grid, today)
        told = told or known
        for letter in found:
            letters.setdefault((letter.url, letter.title), letter)
    if not letters:
        for letter in _single(page, today):
            letters.setdefault((letter.url, letter.title), letter)
    return list(letters.values()), told


# the entries


def _doors(page: Page) -> Iterator[Door]:
    seen: set[tuple[str | None, str]] = set()
    for door in _all_doors(page):
        key = (door.url, "" if door.url else door.name)
        if key not in seen:
            seen.add(key)
            yield door


def _all_doors(page: Page) -> Iterator[Door]:
    rules, mailed = _rules(), False
    for link in page.links:
        name = column_name(link.text)
        if link.href.lower().startswith("mailto:"):
            around = link.element.getparent()
            said = squeeze(visible_text(around))[:40] if around is not None else name
            if kind_of(name) == "consult" or kind_of(said) == "consult":
                mailed = True
                yield Door(re.split(r"[:：]", said)[0][:20], None, "consult", mail=True)
            continue
        if not 2 <= len(name) <= rules.longest or not has_chinese(name):
            if link.url and not is_file(link.url) and _slug(link.url) and len(name) <= rules.longest:
                yield Door(name or "（无文字）", link.url, "slug")
            continue
        kind = kind_of(name)
        if link.url is None:
            if kind and (link.scripted or link.href.startswith("#")):
                yield Door(name, None, kind)
            continue
        if is_file(link.url) or _is_headline(link, name):
            continue
        if kind:
            yield Door(name, link.url, kind)
        elif _slug(link.url):
            yield Door(name, link.url, "slug")
    for element in page.root.xpath("//*[@onclick][not(self::a)][not(self::area)]"):
        name = column_name(Page.label(element))
        target = _GOES_TO.search(element.get("onclick") or "")
        if 2 <= len(name) <= rules.longest and (kind := kind_of(name)):
            yield Door(name, absolute(page.base, target[1]) if target else None, kind)
    for name in () if mailed else _mailboxes(page):
        yield Door(name, None, "consult", mail=True)


def _is_headline(link: Link, name: str) -> bool:
    """An article's title, not an entry: a date stands beside it, or a longer name on an article's address."""
    if link.url is None or not is_article(link.url):
        return False
    row = link.element.getparent()
    dated = row is not None and _DATE_NEAR.search(squeeze(visible_text(row))[:120]) is not None
    return dated or len(name) > _rules().headline


def _slug(url: str) -> bool:
    segments = [s.partition(".")[0].lower() for s in urlsplit(url).path.split("/") if s]
    return not is_article(url) and any(_rules().slug.fullmatch(s) for s in segments[-2:])


def _mailboxes(page: Page) -> Iterator[str]:
    """Names of mailboxes that stand as text with their address: 局长信箱：jz@x.gov.cn"""
    if not _AT.search(page.text):
        return
    for piece in pieces_of(page.root):
        text = squeeze(piece.text)
        found = _rules().mail.search(text)
        if found and kind_of(text[max(0, found.start() - 14) : found.start()]) == "consult":
            yield text[max(0, found.start() - 14) : found.start()].strip(":：")


def _labels(page: Page) -> Iterator[str]:
    """Short texts that name a consultation entry without being a link: a script may make them one."""
    for element in page.root.iter("div", "span", "li", "p", "button", "i", "b", "dt", "td", "input", "img"):
        text = (
            element.text if element.tag not in ("input", "img") else element.get("value") or element.get("alt")
        ) or ""
        name = column_name(text) if 2 <= len(text.strip()) <= _BARE else ""
        if len(name) < 2 or kind_of(name) != "consult" or element.find(".//a") is not None:
            continue
        if not any(a.tag in ("a", "title") for a in element.iterancestors()):
            yield name


def _framed(element: Element) -> bool:
    return any(_FRAME.search(f"{e.get('class') or ''} {e.get('id') or ''}") for e in element.iterancestors())


# the letters


class _Cell(NamedTuple):
    text: str
    url: str | None
    words: tuple[str, ...] = ()  # the same, parted at blanks and brackets


_Row = list[_Cell]


def _grids(page: Page) -> Iterator[list[_Row]]:
    """Rows of cells: tables, and lists whose items have two or more parts. A head that stands above a list goes with it."""
    links = {link.element: link.url for link in page.links}

    def cell(text: str, url: str | None) -> _Cell:
        return _Cell(squeeze(text), url, tuple(w for part in _PARTED.split(text) if (w := squeeze(part))))

    def of(element: Element) -> _Cell:
        near = [element, *element.iter("a"), *list(element.iterancestors())[:2]]
        return cell(visible_text(element) or Page.label(element), next((links[e] for e in near if links.get(e)), None))

    def row(element: Element) -> _Row:
        """The parts of an item; one child that wraps all of them is opened: <li><a><span/><span/></a></li>"""
        parts = [c for c in element if isinstance(c.tag, str)]
        while len(parts) == 1 and len(parts[0]) >= 2:
            element, parts = parts[0], [c for c in parts[0] if isinstance(c.tag, str)]
        loose = [t for t in (element.text, *(c.tail for c in parts)) if t and t.strip()]
        return [*map(of, parts), *(cell(t, None) for t in loose)]

    heads: list[_Row] = []
    for box in page.root.iter("table", "ul", "ol", "div", "dl"):
        if box.tag == "table":
            made = [[of(c) for c in r if c.tag in ("td", "th")] for r in box.iter("tr")]
        elif box.tag == "dl":
            made = [row(box)]
        else:
            made = [row(r) for r in box if r.tag in ("li", "div", "p") and _small(r)]
            if 2 <= len(box) <= _COLUMNS and _small(box) and _is_head(own := row(box)):
                heads.append(own)
        made = [r for r in made if 2 <= len(r) <= _COLUMNS]
        if made and not _is_head(made[0]):
            above = next((h for h in reversed(heads) if len(h) == len(made[0])), None)
            made = [above, *made] if above else made
        if made:
            yield made


def _small(element: Element) -> bool:
    """Whether the element may be one row: a layout box holds more parts."""
    return sum(1 for _ in islice(element.iter(), _PARTS)) < _PARTS


def _is_head(row: _Row) -> bool:
    rules = _rules()
    if len(row) < 2 or any(len(c.text) > _BARE + 2 for c in row):
        return False
    named = sum(bool(rules.title.search(c.text) or rules.asked.search(c.text)) for c in row)
    told = sum(bool(rules.state.search(c.text) or rules.answered.search(c.text)) for c in row)
    return named >= 1 and named + told >= 2


def _letters_of(grid: list[_Row], today: date) -> tuple[list[Letter], bool]:
    """The letters of rows of cells, and whether their heads or states say that they are letters."""
    rules = _rules()
    head = grid[0] if _is_head(grid[0]) else None
    rows = grid[1:] if head else grid
    if head is not None:
        names = [c.text for c in head]
        if not any(rules.about.search(n) for n in names):
            return [], False

        def place(rule: re.Pattern[str], *, but: Sequence[int | None] = ()) -> int | None:
            return next((n for n, name in enumerate(names) if rule.search(name) and n not in but), None)

        answered = place(rules.answered)
        asked = place(rules.asked, but=[answered])
        state = place(rules.state, but=[answered, asked])
        title = place(rules.title, but=[answered, asked, state])
        if answered is None and state is None and asked is None:
            return [], False
        days = answered is not None and any(len(r) > answered and _day(r[answered].text, today) for r in rows)
        made = [_from_columns(r, title, asked, answered, state, days, today) for r in rows]
        return [m for m in made if m is not None], True
    made = [_from_states(r, today) for r in rows]
    found = [m for m in made if m is not None]
    return found, bool(found)


def _from_columns(
    row: _Row,
    title: int | None,
    asked: int | None,
    answered: int | None,
    state: int | None,
    days: bool,
    today: date,
) -> Letter | None:
    def at(place: int | None) -> str:
        return row[place].text if place is not None and place < len(row) else ""

    name = at(title) or max((c.text for c in row), key=len)
    url = next((c.url for c in row if c.url), None)
    first, last = _day(at(asked), today), _day(at(answered), today)
    if not name or (first is None and last is None and not at(state)):
        return None
    is_open = bool(_rules().open.fullmatch(at(state))) or bool(_rules().open.fullmatch(at(answered)))
    empty = answered is not None and answered < len(row) and days and not re.sub(r"[\W_]", "", at(answered))
    if last is not None or _rules().closed.fullmatch(at(state)):
        said = "answered"
    else:
        said = "open" if is_open or (empty and not at(state)) else "unclear"
    return Letter(tidy(masked(name), _TITLE), url, first, last, said)


def _from_states(row: _Row, today: date) -> Letter | None:
    """A letter of a row without heads: one of its parts is a state and nothing else, another a day."""
    rules = _rules()
    name = max(row, key=lambda c: (c.url is not None, len(c.text)))
    rest = [c for c in row if c is not name]
    words = [w for c in rest for w in (c.text, *c.words) if len(w) > 1]
    is_open, closed = any(map(rules.open.fullmatch, words)), any(map(rules.closed.fullmatch, words))
    found = [d for c in rest for d in find_dates(" ".join(c.words), today=today)]
    if len(name.text) < 4 or not found or not (is_open or closed):
        return None
    days = [f.day for f in found]
    last = days[1] if closed and len(days) > 1 and days[1] >= days[0] else None
    return Letter(
        tidy(masked(name.text), _TITLE), name.url, days[0], last, "open" if is_open and not last else "answered"
    )


def _single(page: Page, today: date) -> Iterator[Letter]:
    """The letters of a page that tells them with labels: 来信时间：… 回复时间：…; one, or many with their answers."""
    rules = _rules()
    pieces = [squeeze(normal(p.text)) for p in pieces_of(page.root)]
    text = "\n".join(p for p in pieces if p)
    starts = [m for m in rules.asked_label.finditer(text) if _behind(text, m.end(), today)]
    if not starts or not rules.reply_near.search(text):
        return
    heading = next((tidy(e.text_content(), _TITLE) for e in page.root.iter("h1", "h2", "h3")), "") or page.title
    for n, m in enumerate(starts):
        end = starts[n + 1].start() if n + 1 < len(starts) else len(text)
        part = text[m.start() : end]
        last = next((d for a in rules.answered_label.finditer(part) if (d := _behind(part, a.end(), today))), None)
        said = "unclear"
        if last is not None or rules.replied.search(part):
            said = "answered"
        if rules.not_replied.search(part) and last is None:
            said = "open"
        name = _title_before(text, m.start(), starts[n - 1].end() if n else 0) if len(starts) > 1 else heading
        yield Letter(tidy(masked(name or heading), _TITLE), page.url, _behind(text, m.end(), today), last, said)


def _title_before(text: str, start: int, floor: int) -> str:
    lines = [line for line in text[floor:start].split("\n") if len(line) >= 6]
    return lines[-1] if lines else ""


def _behind(text: str, place: int, today: date) -> date | None:
    return _day(text[place : place + _NEAR], today)


def _day(text: str, today: date) -> date | None:
    """The first day in a cell that is not after `today`."""
    return next((f.day for f in find_dates(text, today=today) if f.day <= today), None)


def merged(letter: Letter, page: Iterable[Letter]) -> Letter:
    """The letter of a list with what its own page says of it; unchanged when that page tells of none or of many."""
    told = list(page)
    if len(told) != 1:
        return letter
    own = told[0]
    state = own.state if own.state != "unclear" else letter.state
    return replace(letter, asked=own.asked or letter.asked, answered=own.answered or letter.answered, state=state)


@dataclass(frozen=True, slots=True)
class _Rules:
    kinds: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]
    slug: re.Pattern[str]
    mailbox: re.Pattern[str]
    longest: int
    headline: int
    mail: re.Pattern[str]
    no_form: re.Pattern[str]
    online: re.Pattern[str]
    title: re.Pattern[str]
    asked: re.Pattern[str]
    answered: re.Pattern[str]
    state: re.Pattern[str]
    about: re.Pattern[str]
    hint: re.Pattern[str]
    open: re.Pattern[str]
    closed: re.Pattern[str]
    asked_label: re.Pattern[str]
    answered_label: re.Pattern[str]
    reply_near: re.Pattern[str]
    replied: re.Pattern[str]
    not_replied: re.Pattern[str]


@cache
def _rules() -> _Rules:
    data = tomllib.loads((Path(__file__).parent / "interaction.toml").read_text("utf-8"))
    words, form = data["letters"], data["form"]
    made: Callable[[str], re.Pattern[str]] = re.compile
    reply, opened = words["reply"], words["open"].removesuffix("|否")
    return _Rules(
        tuple((kind, made(row["name"]), made(row["not"])) for kind, row in data["kind"].items()),
        made(data["slug"]["likely"]),
        made(data["name"]["mailbox"]),
        data["name"]["longest"],
        data["name"]["headline"],
        made(form["mail"]),
        made(form["search"]),
        made(form["online"]),
        made(words["title"]),
        made(words["asked"]),
        made(words["answered"]),
        made(words["state"]),
        made(words["about"]),
        made(words["hint"]),
        made(words["open"]),
        made(words["closed"]),
        made(rf"{words['label']}[:：]?\n?"),
        made(rf"{words['answered']}[:：]?\n?"),
        made(rf"{reply}[:：\n]|{words['answered']}|(?m:^(?:{opened})$)"),
        made(rf"{reply}[:：]\n?(?!{opened})[^\n:：]{{4,}}|(?:状态|进度)[:：]?\n?(?:{words['closed']})(?m:$)"),
        made(rf"(?:{reply}|状态|进度)[:：]?\n?(?:{opened})(?m:$)|(?m:^(?:{opened})[。！]?$)"),
    )
