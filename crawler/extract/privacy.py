"""Which personal numbers stand on a page for everybody to read? (条例-15, 19号-1-1; circulars: 个人信息泄露)

Resident identity numbers whose check digit is right, bank cards that Luhn and issuer confirm, mobile numbers beside the
name of a private person. A number leaves this module only with its middle starred. What is in doubt is no leak.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from crawler.extract.page import Page
from crawler.extract.pieces import Piece, pieces_of
from crawler.extract.text import squeeze, tidy
from db.records import Leak

_RUN = re.compile(rb"\d{11}[\dXx]*")
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)  # a long number is then a run of one byte, found in no time
_WIDE = "０１２３４５６７８９"
_SPLIT = re.compile("身份|证件号|卡号|账号|帐号|卡通")  # words before a number that blanks and inline tags may cut
_TAG, _BLANK = r"</?(?:span|font|b|strong|em|i|u|a|o:p)\b[^>]*>", r"(?:[ \xa0]|&nbsp;)"
_TAGS, _INLINE = re.compile(_TAG), re.compile(f"{_TAG}|{_BLANK}")
_EDGE, _END = r"(?<![\dA-Za-z_/.=%&?#-])", r"(?![\dA-Za-z_%*]|[-./=]\w)"
_IDENTITY = re.compile(rf"{_EDGE}([1-9]\d{{5}})[ ]?((?:19|20)\d{{6}})[ ]?(\d{{3}}[\dXx]){_END}")
_CARD = re.compile(rf"{_EDGE}(\d{{16,19}}|\d{{4}}(?:[ ]\d{{4}}){{3}}(?:[ ]\d{{1,3}})?){_END}")
_MOBILE = re.compile(rf"(?<![\dA-Za-z_/.=%&?#+-])1[3-9]\d{{9}}{_END}")
_ANY = re.compile(
    r"(?<![\dA-Za-z])(?:\d{14,18}[\dXx]|1[3-9]\d{9}"
    rf"|[1-9]\d{{5}}{_BLANK}(?:19|20)\d{{6}}{_BLANK}\d{{3}}[\dXx]"
    rf"|\d{{4}}(?:{_BLANK}\d{{4}}){{3}}(?:{_BLANK}\d{{1,3}})?)(?![\dA-Za-z])"
)
_LONG = re.compile(r"\d{11}|\d{4} \d{4} \d{4}|\d \d{8} \d{3}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_BEFORE = 18  # characters before a number in which its label stands
_SHOWN = 3
_LABEL = 16  # characters of the head of a column
_HEADINGS = ("h1", "h2", "h3", "caption")
_HEAD_ROWS = 4  # rows at the top of a table among which its head stands
_CJK = "\u4e00-\u9fff"


class _Found(NamedTuple):
    kind: str
    number: str
    where: str


_Hits = Iterator[tuple[int, int, _Found]]


def read_leaks(page: Page, *, today: date) -> tuple[Leak, ...]:
    """The leaks of a page, one a kind; hidden parts count, scripts and addresses do not.

    Cheap for the many pages without long numbers: they are not parsed for it.
    """
    if not _may_leak(page.text, today):
        return ()
    pieces = list(pieces_of(page.root))
    titles = [page.title, *(tidy(e.text_content(), 120) for e in page.root.iter(*_HEADINGS))]
    return leaks_in(pieces, url=page.url, title=" ".join(titles), today=today)


def _may_leak(text: str, today: date) -> bool:
    """Whether the source of a page holds a number that may be personal: asked before anything is parsed."""
    forms = [text]
    if _SPLIT.search(text):
        forms.append(_INLINE.sub("", text))
    for run in (run for form in forms for run in _long_numbers(form)):
        if len(run) == 11 and run[0] == "1" and run[1] in "3456789" and _rules().context.search(text):
            return True
        if len(run) >= 15 and (is_identity(run.upper(), today=today) or is_card(run)):
            return True
    return False


def _long_numbers(text: str) -> Iterator[str]:
    """The runs of eleven digits or more, with an X behind them; digits of full width are given as plain ones."""
    if any(digit in text for digit in _WIDE):
        text = unicodedata.normalize("NFKC", text)
    data = text.encode("utf-8", "surrogatepass")
    plain = data.translate(_ZEROS)
    at = plain.find(b"0" * 11)
    while at >= 0 and (m := _RUN.match(data, at)):
        yield m[0].decode()
        at = plain.find(b"0" * 11, m.end())


def text_leaks(text: str, *, url: str, title: str = "", today: date) -> tuple[Leak, ...]:
    """The leaks of plain text (an attachment): cells of a row are parted by tabs, rows by line feeds."""
    pieces = []
    for n, line in enumerate(text.splitlines()):
        cells = line.split("\t")
        alone = len(cells) == 1
        pieces += [Piece(c, -1 if alone else 0, n, -1 if alone else k) for k, c in enumerate(cells)]
    return leaks_in(pieces, url=url, title=title, today=today)


def leaks_in(pieces: Iterable[Piece], *, url: str, title: str, today: date) -> tuple[Leak, ...]:
    """The leaks of pieces of text, one a kind; `title` is what the page says it is about."""
    plain = [_normal(p) for p in pieces]
    found: dict[str, dict[str, str]] = {}
    for hit in _hits(_headed(plain), title, today):
        found.setdefault(hit.kind, {}).setdefault(hit.number, hit.where)
    return tuple(
        Leak(kind, url, tuple(masked(n) for n in list(numbers)[:_SHOWN]), len(numbers), next(iter(numbers.values())))
        for kind, numbers in sorted(found.items())
    )


def lists_persons(title: str) -> bool:
    """Whether an attachment of that name may be a list of persons."""
    return _files().search(squeeze(title)) is not None


def masked(text: str) -> str:
    """`text` with every long personal-looking number starred: 1409************12, 622848*********123, 138******78."""
    return _ANY.sub(lambda m: _starred(m[0]), text)


def masked_source(text: str) -> str:
    """The source of a page with every such number starred, also where inline tags cut it."""
    text = masked(text)  # what stands whole, lest two that touch be taken for one
    said: list[str] = []
    places: list[int] = []  # where each character of `said` stands in the source
    at = 0
    for m in (*_TAGS.finditer(text), None):
        end = m.start() if m else len(text)
        said.append(text[at:end])
        places += range(at, end)
        at = m.end() if m else end
    shown = list(text)
    for m in _ANY.finditer("".join(said)):
        for place, char in zip(places[m.start() : m.end()], _starred(m[0]), strict=True):
            shown[place] = char
    return "".join(shown)


def is_identity(number: str, *, today: date) -> bool:
    """Whether 18 characters are a resident identity number: province, date of birth, check digit (GB 11643)."""
    if len(number) != 18 or not number[:17].isdecimal() or int(number[:2]) not in _rules().provinces:
        return False
    if number[2:4] == "00" or number[4:6] == "00":
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return born <= today and _CHECKS[total % 11] == number[17].upper()


def is_card(number: str) -> bool:
    """Whether the digits are a bank card: an issuer's first digits with its length, and Luhn's sum."""
    if not _rules().issuer.fullmatch(number):
        return False
    digits = [int(d) for d in reversed(number)]
    return sum(d if n % 2 == 0 else sum(divmod(2 * d, 10)) for n, d in enumerate(digits)) % 10 == 0


def _normal(piece: Piece) -> Piece:
    text = piece.text if piece.text.isascii() else unicodedata.normalize("NFKC", piece.text)
    return Piece(" ".join(text.split()), piece.table, piece.row, piece.column)


def _headed(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with the heads of their columns: the first row of a table in which all cells are short and one is a label."""
    heads: dict[int, tuple[int, dict[int, str]]] = {}
    for (table, row), cells in groupby(pieces, key=lambda p: (p.table, p.row)):
        if table < 0 or table in heads or row >= _HEAD_ROWS:
            continue
        texts: dict[int, str] = {}
        for cell in cells:
            texts[cell.column] = texts.get(cell.column, "") + squeeze(cell.text)
        names = [t for t in texts.values() if t]
        if len(names) >= 2 and all(len(t) <= _LABEL for t in names) and any(map(_is_label, names)):
            heads[table] = row, texts
    made: list[Piece] = []
    for p in pieces:
        row, columns = heads.get(p.table, (-1, {}))
        head = columns.get(p.column, "") if 0 <= row < p.row else ""
        if not head and p.table >= 0 and made and (made[-1].table, made[-1].row) == (p.table, p.row):
            beside = squeeze(made[-1].text)  # a table of labels and values, row by row
            head = beside if len(beside) <= _LABEL and _is_label(beside) else ""
        made.append(Piece(p.text, p.table, p.row, p.column, head))
    return made


def _is_label(text: str) -> bool:
    """Whether a short text names what stands in a column; digits do not."""
    rules = _rules()
    return not re.search(r"\d{5}", text) and bool(rules.any_head.search(text) or rules.not_identity.search(text))


def _hits(pieces: Sequence[Piece], title: str, today: date) -> Iterator[_Found]:
    rows: dict[tuple[int, int], list[Piece]] = {}
    heads: dict[int, str] = {}
    for p in pieces:
        if p.table >= 0:
            rows.setdefault((p.table, p.row), []).append(p)
            if p.head and p.head not in heads.get(p.table, ""):
                heads[p.table] = f"{heads.get(p.table, '')} {p.head}"
    for p in pieces:
        if not _LONG.search(p.text):
            continue
        row = rows.get((p.table, p.row), [p])
        taken: list[tuple[int, int]] = []
        about = f"{title} {heads.get(p.table, '')}"
        for start, end, hit in (*_identities(p, today), *_cards(p, row), *_mobiles(p, row, about)):
            if not any(start < e and s < end for s, e in taken):
                taken.append((start, end))
                yield hit


def _identities(piece: Piece, today: date) -> _Hits:
    rules = _rules()
    for m in _IDENTITY.finditer(piece.text):
        number = "".join(m.groups()).upper()
        if not is_identity(number, today=today):
            continue
        before = piece.text[max(0, m.start() - _BEFORE) : m.start()]
        said = f"{piece.head} {before}"
        label, refuse = _last(rules.identity, said), _last(rules.not_identity, said)
        if refuse > label or rules.example.search(piece.text):
            continue
        yield m.start(), m.end(), _Found("identity", number, piece.head or _label(before))


def _cards(piece: Piece, row: Sequence[Piece]) -> _Hits:
    rules = _rules()
    for m in _CARD.finditer(piece.text):
        number = m[0].replace(" ", "")
        if not is_card(number):
            continue
        before = piece.text[max(0, m.start() - _BEFORE) : m.start()]
        around = " ".join(c.text for c in row) if piece.table >= 0 else piece.text
        if not rules.bank.search(f"{piece.head} {before}") or rules.not_bank.search(around):
            continue
        if _holder(row, piece) or (rules.person.search(around) and rules.name_inside.search(around)):
            yield m.start(), m.end(), _Found("bank", number, piece.head or _label(before))


def _mobiles(piece: Piece, row: Sequence[Piece], about: str) -> _Hits:
    rules = _rules()
    for m in _MOBILE.finditer(piece.text):
        if piece.table >= 0:
            around = " ".join(c.text for c in row)
            named = bool(_holder(row, piece)) and bool(rules.mobile.search(piece.head))
        else:
            around = piece.text
            named = bool(rules.name_before.search(piece.text[max(0, m.start() - rules.near) : m.start()]))
        if not named or rules.not_mobile.search(f"{about} {around}"):
            continue
        if rules.context.search(f"{about} {around}"):
            yield m.start(), m.end(), _Found("mobile", m[0], piece.head or "姓名旁")


def _holder(row: Sequence[Piece], piece: Piece) -> str | None:
    """The person that the row of a table is about: the cell below 姓名 or the like that holds a name."""
    rules = _rules()
    for cell in row:
        if cell is not piece and rules.holder.search(cell.head) and rules.name.fullmatch(squeeze(cell.text)):
            return cell.text
    return None


def _last(rule: re.Pattern[str], text: str) -> int:
    return max((m.end() for m in rule.finditer(text)), default=-1)


def _label(before: str) -> str:
    """The label right before a number; a name that stands there is none."""
    rules = _rules()
    m = re.search(rf"([{_CJK}]{{2,10}})[\s:]*$", before)
    return m[1] if m and (rules.identity.search(m[1]) or rules.bank.search(m[1])) else "正文"


def _starred(number: str) -> str:
    """The number with its middle starred; one in groups of four only where it is a card: four years stand so as well."""
    parts = re.split(f"({_BLANK})", number)
    plain = "".join(parts[::2])
    if len(parts) > 1 and len(parts[0]) == 4 and not is_card(plain):
        return number
    head, tail = (3, 2) if len(plain) == 11 else (4, 2) if len(plain) == 18 else (6, 3)
    digits = iter(plain[:head] + "*" * (len(plain) - head - tail) + plain[-tail:])
    return "".join(part if n % 2 else "".join(next(digits) for _ in part) for n, part in enumerate(parts))


@dataclass(frozen=True, slots=True)
class _Rules:
    provinces: frozenset[int]
    identity: re.Pattern[str]
    not_identity: re.Pattern[str]
    example: re.Pattern[str]
    issuer: re.Pattern[str]
    bank: re.Pattern[str]
    not_bank: re.Pattern[str]
    mobile: re.Pattern[str]
    context: re.Pattern[str]
    not_mobile: re.Pattern[str]
    near: int
    holder: re.Pattern[str]
    person: re.Pattern[str]
    any_head: re.Pattern[str]
    name: re.Pattern[str]
    name_inside: re.Pattern[str]
    name_before: re.Pattern[str]


@cache
def _files() -> re.Pattern[str]:
    data = tomllib.loads((Path(__file__).parent / "privacy.toml").read_text("utf-8"))
    return re.compile(data["files"]["named"])


@cache
def _rules() -> _Rules:
    data = tomllib.loads((Path(__file__).parent / "privacy.toml").read_text("utf-8"))
    mobile, table = data["mobile"], data["table"]
    name = rf"[{data['name']['surnames']}][{_CJK}某*×xX]{{1,3}}"
    return _Rules(
        frozenset(data["identity"]["provinces"]),
        re.compile(data["identity"]["label"]),
        re.compile(data["identity"]["refuse"]),
        re.compile(data["identity"]["example"]),
        re.compile(data["bank"]["issuer"]),
        re.compile(data["bank"]["label"]),
        re.compile(data["bank"]["refuse"]),
        re.compile(mobile["label"]),
        re.compile(mobile["context"]),
        re.compile(mobile["refuse"]),
        mobile["near"],
        re.compile(table["holder"]),
        re.compile(table["person"]),
        re.compile(
            rf"姓名|{table['holder']}|{data['identity']['label']}|{data['bank']['label']}|{mobile['label']}|序号"
        ),
        re.compile(name),
        re.compile(rf"(?<![{_CJK}]){name}(?![{_CJK}])"),
        re.compile(
            rf"(?<![{_CJK}]){name}[\s,，、:：(（;；]*(?:[男女][,，、\s]*)?(?:{mobile['label']}|[{_CJK}]{{0,2}}机)?(?:号码?)?[:：]?\s*[（(]?$"
        ),
    )
