"""Which lists can the office print? Each one is lines with Chinese headers, shown as a table or written as csv or xlsx."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import xlsxwriter
from sqlite_utils import Database

from db import facts, findings
from desk.files import no_formula, replacing
from monitors import counting, items, reconcile
from monitors.retrofit import undone
from schedules import accounts

Lines = list[Mapping[str, str | int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is made of: the day (Asia/Shanghai), the year counted, the export of the national reporting system."""

    on: date
    year: int
    filing: Path | None = None
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One list: its title, how it is made, and whether it needs the export of the reporting system."""

    title: str
    make: Callable[[Database, Wanted], Lines]
    needs_filing: bool = False


def _posts(db: Database, wanted: Wanted) -> Lines:
    return [*counting.rows(accounts.counted(db, wanted.year))]


def _items(db: Database, wanted: Wanted) -> Lines:
    units = [u.name for u in facts.units(db) if u.site]
    return [*items.rows(items.counted(u, facts.visits(db, u), year=wanted.year) for u in units)]


def _retrofit(db: Database, wanted: Wanted) -> Lines:
    last = findings.latest_judging(db)
    found = findings.findings_of(db, last.id) if last else []
    return [*undone(facts.units(db), found, everyone=wanted.everyone)]


def _reconcile(db: Database, wanted: Wanted) -> Lines:
    assert wanted.filing is not None
    return [*reconcile.rows(accounts.reconciliation(db, wanted.filing, on=wanted.on))]


def _proposed(db: Database, wanted: Wanted) -> Lines:
    assert wanted.filing is not None
    return [*accounts.proposed_rows(db, wanted.filing)]


REPORTS: dict[str, Report] = {
    "posts": Report("账号发布数", _posts),
    "items": Report("网站发布数", _items),
    "retrofit": Report("适老化改造未完成的单位", _retrofit),
    "reconcile": Report("账号备案核对", _reconcile, needs_filing=True),
    "accounts": Report("由备案导出的账号登记表", _proposed, needs_filing=True),
}


def write(lines: Lines, title: str, out: Path) -> None:
    """Write the lines as csv (with a BOM, for Excel) or xlsx, whole or not at all. Raises OSError."""
    with replacing(out) as path:
        if out.suffix.lower() == ".xlsx":
            _xlsx(lines, title, path)
        else:
            path.write_text(_csv(lines), "utf-8-sig", newline="")


def _csv(lines: Lines) -> str:
    buffer = io.StringIO(newline="")
    if lines:
        table = csv.DictWriter(buffer, list(lines[0]))
        table.writeheader()
        table.writerows({key: no_formula(value) for key, value in line.items()} for line in lines)
    return buffer.getvalue()


def _xlsx(lines: Lines, title: str, path: Path) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(title[:31])
        heads = list(lines[0]) if lines else []
        sheet.write_row(0, 0, heads, book.add_format({"bold": True, "bg_color": "#DDEBF7"}))
        for number, line in enumerate(lines, 1):
            for column, value in enumerate(line.values()):
                if isinstance(value, int):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, value)
        for column, head in enumerate(heads):
            longest = max((len(str(line[head])) for line in lines), default=0)
            sheet.set_column(column, column, min(60, 2 * max(len(head), longest) + 2))
        sheet.freeze_panes(1, 0)
