"""Do the figures of an annual report agree with each other? The identities are data: report_identities.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from db.records import ReportBody, ReportRow, ReportTable


@dataclass(frozen=True, slots=True)
class Identity:
    """One line of report_identities.toml."""

    id: str
    cite: str
    table: str
    each: str
    total: tuple[str, ...]
    parts: tuple[str, ...]
    but: tuple[str, ...] = ()
    before: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """One identity on one column or row.

    cell      where the sum is printed: "B3.7/自然人"
    parts     (cell, figure as printed) of the parts; left out where the identity holds
    expected  their sum      printed  the sum as printed; both with blanks and dashes as 0
    holds     None: a figure that it needs is not there or is no number
    """

    identity: str
    cell: str
    parts: tuple[tuple[str, str], ...]
    expected: int | Decimal
    printed: int | Decimal
    holds: bool | None

    @property
    def words(self) -> str:
        """The sum in one line; parts that are 0 are left out."""
        shown = [f"{cell} {figure}" for cell, figure in self.parts if figure not in ("0", "")] or ["0"]
        return f"{self.identity} {self.cell} 为 {self.printed}，应为 {self.expected}（{' + '.join(shown)}）"


def sums(body: ReportBody, before: ReportBody | None = None, *, only: tuple[str, ...] = ()) -> list[Sum]:
    """Every identity that concerns the tables of `body`, in the order of the file; those over two years need `before`.

    only  ids of identities; empty: all
    """
    found = []
    for identity in identities():
        if only and identity.id not in only:
            continue
        table, other = table_of(body, identity.table), table_of(before if identity.before else body, identity.table)
        if table is not None and other is not None:
            found += list(_sums(identity, table, other))
    return found


def broken_identities(body: ReportBody, before: ReportBody | None = None) -> list[Sum]:
    """The identities that do not hold; one that cannot be decided is not broken."""
    return [s for s in sums(body, before) if s.holds is False]


def table_of(body: ReportBody | None, kind: str) -> ReportTable | None:
    """The table of that kind, or None."""
    return next((t for t in body.tables if t.kind == kind), None) if body else None


def form_of(year: int) -> str | None:
    """The form prescribed for a report on that year; None before there was one."""
    return next((str(form["name"]) for form in _data()["form"] if year >= form["since"]), None)


@cache
def identities() -> tuple[Identity, ...]:
    """All identities, in the order of the file."""
    rows: list[dict[str, Any]] = _data()["identity"]
    return tuple(Identity(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in rows)  # type: ignore[arg-type]


def _sums(identity: Identity, table: ReportTable, other: ReportTable) -> Iterator[Sum]:
    whole = not any(_is_part(identity, name) for name in other.missing)
    if identity.each == "rows":
        for row in table.rows:
            parts = [(row, column) for column in row.cells if _is_part(identity, column)]
            totals = [(row, column) for column in identity.total]
            yield _sum(identity, row.id, parts, totals, whole)
        return
    adds = [row for row in other.rows if _is_part(identity, row.id)]
    printed = [row for id_ in identity.total for row in table.rows if row.id == id_]
    whole = whole and len(printed) == len(identity.total)
    for column in dict.fromkeys(column for row in table.rows for column in row.cells):
        yield _sum(identity, column, [(r, column) for r in adds], [(r, column) for r in printed], whole)


_Place = tuple[ReportRow, str]


def _sum(identity: Identity, line: str, parts: list[_Place], totals: list[_Place], whole: bool) -> Sum:
    """The identity on one line; `whole`: none of its rows or columns is missing."""
    given, printed = ([row.value(column) for row, column in places] for places in (parts, totals))
    expected, total = (sum(v for v in values if v is not None) for values in (given, printed))
    there = all(column in row.cells for row, column in (*parts, *totals))
    holds: bool | None = None
    if whole and there and parts:
        unread = None in given or None in printed
        holds = True if expected == total else None if unread else False
    shown = () if holds else tuple((f"{row.id}/{column}", row.cells.get(column, "")) for row, column in parts)
    name = "+".join(identity.total)
    cell = f"{line}/{name}" if identity.each == "rows" else f"{name}/{line}"
    return Sum(identity.id, cell, shown, expected, total, holds)


@cache
def _is_part(identity: Identity, name: str) -> bool:
    wanted = any(name == p or (p.endswith(".*") and name.startswith(p[:-1])) for p in identity.parts)
    return wanted and name not in identity.but


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "report_identities.toml").read_text("utf-8"))
