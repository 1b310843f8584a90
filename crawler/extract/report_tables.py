"""What do the three statistical tables of an annual report say, cell by cell? (30号, 60号: see report_forms.toml)

Rows are known by their labels and columns by their heads, never by position, so that a table split over pages, one with
a row left out or a workbook sheet that holds all three reads the same. Numbers that ran together are never split.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.report_lines import Cell, Line
from crawler.extract.text import squeeze, tidy
from db.records import ReportRow, ReportTable

KINDS = ("A", "B", "C")
_FORMS = ("30号", "60号")
_NUMBER = re.compile(r"[+-]?(?:[1-9]\d{0,2}(?:[, ]\d{3})+|\d+)(?:\.\d+)?")
_PLAIN = re.compile(r"[0-9]+")
_TEXT = 40  # characters kept of a cell
_FEES = frozenset(("收费金额", "总金额"))
_MOST_MISSING = 3  # a table that lacks more than one in so many of its rows was hardly understood


@dataclass(slots=True)
class Tables:
    """What was read: `template` is the form that the heads and rows are of; `doubt` says that something was not understood."""

    template: str | None = None
    tables: list[ReportTable] = field(default_factory=list)
    doubt: bool = False


@dataclass(frozen=True, slots=True)
class _Form:
    """A row of a form: its id, what its label says, its columns."""

    id: str
    label: re.Pattern[str]
    columns: tuple[str, ...]


_Loose = tuple[str, list[str]]  # the words of a line of text, and the figures at its end


def read_tables(lines: Sequence[Line]) -> Tables:
    """The tables in these lines, A before B before C; each kind at most once, the fullest where it stands twice."""
    rows = [line for line in lines if line.table]
    words = [w for line in rows for cell in line.cells if cell.own and (w := cell.words)]
    found = Tables(_template(words))
    form = found.template or _FORMS[0]
    for kind, read in (("A", _read_a), ("B", _read_b), ("C", _read_c)):
        parts = _Parts()
        read(rows, form, parts)
        _add(found, kind, _wanted(kind, form), parts, words)
    _unread(found, (w for line in lines for cell in line.cells if (w := cell.words)))
    return found


def read_loose(texts: Sequence[str]) -> Tables:
    """The tables in lines of text whose columns stand apart by white space, as a PDF gives them.

    Labels are broken over lines there, so rows are known by the number of their figures and their order, and what does
    not come out even is a doubt, never a missing row.
    """
    lines = [(squeeze(text), _trailing(text.split())) for text in texts]
    found = Tables(_template(words for words, _ in lines))
    form = found.template or _FORMS[0]
    for kind, read in (("A", _loose_a), ("B", _loose_b), ("C", _loose_c)):
        rows = read(lines, wanted := _wanted(kind, form))
        missing = [row.id for row in wanted if row.id not in {r.id for r in rows}]
        if len(missing) * _MOST_MISSING <= len(wanted):
            found.tables.append(ReportTable(kind, tuple(rows), tuple(missing)))
    _unread(found, (words for words, _ in lines))
    return found


def read_number(text: str, *, whole: bool = True) -> Decimal | None:
    """The number that a cell shows, with its unit or thousands marks taken off; None for anything else.

    whole  it is a count: 1.5 is not understood, 3.0 is 3. "2 1" may be 2 and 1, or 21 set wide: None.
    """
    words = tidy(text)
    if _cells()["zero"].fullmatch(words):
        return Decimal(0)
    words = _cells()["unit"].sub("", words).strip()
    if not _NUMBER.fullmatch(words):
        return None
    value = Decimal(words.replace(",", "").replace(" ", ""))
    if value == value.to_integral_value():
        return Decimal(int(value))
    return None if whole else value


def _add(found: Tables, kind: str, wanted: Sequence[_Form], parts: _Parts, words: Sequence[str]) -> None:
    found.doubt = found.doubt or parts.doubt
    best = max(parts.tables, key=len, default=None)
    if not best:
        return
    missing = [row for row in wanted if row.id not in best]
    heads = {column for row in wanted for column in row.columns}
    if len(missing) * _MOST_MISSING > len(wanted) or any(
        row.label.search(w) for row in missing for w in words if w not in heads
    ):
        found.doubt = True
    rows = tuple(best[row.id] for row in wanted if row.id in best)
    lost = dict.fromkeys(c for row in wanted if row.id in best for c in row.columns if c not in best[row.id].cells)
    found.tables.append(ReportTable(kind, rows, (*(row.id for row in missing), *lost)))


def _unread(found: Tables, words: Iterable[str]) -> None:
    """A table that was not read although its words are there: something was not understood."""
    patterns = [p for kind, p in _words().items() if all(t.kind != kind for t in found.tables)]
    found.doubt = found.doubt or any(p.search(w) for w in words for p in patterns)


class _Parts:
    """The rows of one kind of table as they come; a label that comes again begins the table anew."""

    def __init__(self) -> None:
        self.tables: list[dict[str, ReportRow]] = [{}]
        self.doubt = False

    def add(self, row: ReportRow) -> None:
        if row.id in self.tables[-1]:
            self.tables.append({})
        self.tables[-1][row.id] = row


def _read_a(rows: Sequence[Line], form: str, parts: _Parts) -> None:
    wanted, titled = _wanted("A", form), re.compile(_data()["A"]["head"])
    head: dict[int, str] = {}
    width = 0
    for line in rows:
        if len(titles := {n: c.words for n, c in enumerate(line.cells) if c.own and titled.search(c.words)}) > 1:
            head, width = titles, len(line.cells)
            continue
        own = [(n, c) for n, c in enumerate(line.cells) if c.own]
        at, row = next(((i, r) for i, (_, c) in enumerate(own) for r in wanted if r.label.search(c.words)), (0, None))
        if row is None or at + 1 == len(own):
            continue
        after = [c for _, c in own[at + 1 :]]
        if any(r.label.search(after[0].words) for r in wanted):
            continue  # names side by side: a menu
        if all(_wordy(c.text) for c in after[: len(row.columns)]):
            continue  # no figure: a menu that stands in a table
        if len(row.columns) == 1:
            parts.add(_row(row, [next((c for c in after if c.words), after[0])]))
            continue
        known = head if width == len(line.cells) and head and min(head) > own[at][0] else {}
        there = [column for column in row.columns if any(column in title for title in known.values())]
        if len(known) == len(row.columns):
            parts.add(_row(row, [line.cells[n] for n in sorted(known)]))
        elif len(after) >= len(row.columns):
            parts.add(_row(row, after))
        elif there and len(there) == len(known) == len(after):  # a column is not there: the others are known by name
            parts.add(_row(row, after, there))
        else:
            parts.doubt = True


def _read_b(rows: Sequence[Line], form: str, parts: _Parts) -> None:
    wanted = _wanted("B", form)
    columns = wanted[0].columns
    heads: dict[str, int] = {}
    width = table = 0
    for line in rows:
        words = [c.words for c in line.cells]
        if len(titles := {w: n for n, w in enumerate(words) if w in columns}) > 1:
            heads = heads | titles if line.table == table else titles
            width, table = len(words), line.table
            continue
        there: Sequence[str] = columns
        if heads and width == len(words):
            start = min(heads.values())
            left, figures = line.cells[:start], line.cells[start : start + len(columns)]
            if len(figures) == len(heads) < len(columns):  # a column is not there: the others are known by name
                there = sorted(heads, key=lambda name: heads[name])
        else:
            own = [c for c in line.cells if c.own]
            left, figures = tuple(own[: -len(columns)]), tuple(own[-len(columns) :])
        label = next((c for c in reversed(left) if c.words), None)
        row = next((r for r in wanted if r.label.search(label.words)), None) if label else None
        if row is None or any(c.words in columns for c in figures):
            continue
        if len(figures) < len(there):
            parts.doubt = True
        else:
            parts.add(_row(row, figures, there))


def _read_c(rows: Sequence[Line], form: str, parts: _Parts) -> None:
    wanted = _wanted("C", form)
    each = len(wanted[0].columns)
    number, head = each * len(wanted), re.compile(_data()["C"]["head"])
    start = width = table = -1
    for line in rows:
        words = [c.words for c in line.cells]
        if heads := [n for n, w in enumerate(words) if w in wanted[0].columns[:-1]]:
            start = heads[0] if table != line.table else min(start, heads[0])
            width, table = len(words), line.table
            continue
        if line.table != table or any(head.search(w) for w in words):
            continue
        own = [c for c in line.cells if c.own]
        figures = line.cells[start : start + number] if width == len(words) else own[-number:]
        if len(figures) < number or sum(_wordy(c.text) for c in figures) > each:
            parts.doubt = True
            continue
        for n, row in enumerate(wanted):
            parts.add(_row(row, figures[n * each : (n + 1) * each]))
        table = -1


def _row(form: _Form, cells: Iterable[Cell], columns: Sequence[str] | None = None) -> ReportRow:
    """The row with what each column shows; `columns` when not all of them are there."""
    shown = {column: tidy(cell.text, _TEXT) for column, cell in zip(columns or form.columns, cells, strict=False)}
    odd = {
        column: read_number(text, whole=column not in _FEES)
        for column, text in shown.items()
        if not _PLAIN.fullmatch(text)
    }
    return ReportRow(form.id, shown, odd)


def _loose_a(lines: Sequence[_Loose], wanted: Sequence[_Form]) -> list[ReportRow]:
    found: dict[str, ReportRow] = {}
    for row in wanted:
        named = [figures for words, figures in lines if _named(row, words.removesuffix("".join(figures)))]
        full = next((figures for figures in named if len(figures) == len(row.columns)), None)
        if full:
            found[row.id] = _row(row, map(Cell, full))
        elif named:
            return []  # there, and not understood
    return list(found.values())


def _named(row: _Form, label: str) -> bool:
    """Whether the label, or its part on this line, is that of the row."""
    return bool(row.label.search(label)) or (len(label) > 2 and row.id.startswith(label))


def _loose_b(lines: Sequence[_Loose], wanted: Sequence[_Form]) -> list[ReportRow]:
    full = [line for line in lines if len(line[1]) == len(wanted[0].columns)]
    if len(full) != len(wanted) or any(_contradicts(line, row, wanted) for line, row in zip(full, wanted, strict=True)):
        return []
    return [_row(row, map(Cell, figures)) for (_, figures), row in zip(full, wanted, strict=True)]


def _loose_c(lines: Sequence[_Loose], wanted: Sequence[_Form]) -> list[ReportRow]:
    each = len(wanted[0].columns)
    figures = next((figures for _, figures in lines if len(figures) == each * len(wanted)), None)
    return [_row(row, map(Cell, figures[n * each : (n + 1) * each])) for n, row in enumerate(wanted)] if figures else []


def _trailing(tokens: Sequence[str]) -> list[str]:
    """The figures at the end of a line."""
    figures: list[str] = []
    for token in reversed(tokens):
        if read_number(token, whole=False) is None and not _cells()["none"].fullmatch(squeeze(token)):
            break
        figures.insert(0, token)
    return figures


def _contradicts(line: _Loose, row: _Form, wanted: Sequence[_Form]) -> bool:
    """Whether the words of the line are the label of another row."""
    label = line[0].removesuffix("".join(line[1]))
    said = [r.id for r in wanted if r.label.search(label)]
    return bool(said) and row.id not in said


def _wordy(text: str) -> bool:
    words = squeeze(text)
    return bool(words) and read_number(text, whole=False) is None and not _cells()["none"].fullmatch(words)


def _template(words: Iterable[str]) -> str | None:
    words = list(words)
    hits = {form: sum(1 for w in words if re.search(_data()[form]["form"], w)) for form in _FORMS}
    best = max(_FORMS, key=lambda form: hits[form])
    return best if hits[best] else None


@cache
def _wanted(kind: str, form: str) -> tuple[_Form, ...]:
    return tuple(_forms(kind, form))


def _forms(kind: str, form: str) -> Iterator[_Form]:
    data = _data()
    if kind == "A":
        for row in data[form]["A"]:
            yield _Form(row["id"], re.compile(row["label"]), tuple(row["columns"]))
    elif kind == "B":
        for row in data["B"]:
            if row.get("only", form) == form:
                yield _Form(row["id"], re.compile(row["label"]), tuple(data["columns"]["B"]))
    else:
        for id_ in data["C"]["rows"]:
            yield _Form(id_, re.compile(f"^{id_}$"), tuple(data["columns"]["C"]))


@cache
def _words() -> dict[str, re.Pattern[str]]:
    return {kind: re.compile(pattern) for kind, pattern in _data()["words"].items()}


@cache
def _cells() -> dict[str, re.Pattern[str]]:
    data = {key: re.compile(pattern) for key, pattern in _data()["cells"].items()}
    return data | {"unit": re.compile(_data()["cells"]["unit"] + "$")}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "report_forms.toml").read_text("utf-8"))
