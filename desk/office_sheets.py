"""How does the office fill in what no night can see? A form to export, and the filled-in sheet read back, every bad cell told at once."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import xlsxwriter

from db.records import Unit
from db.registry import squeezed
from desk.files import replacing
from desk.sheets import Row, read_sheet
from monitors.figures import FIGURES

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_FLAGS = {"yes": ("是", "yes", "y", "true", "1", "√"), "no": ("否", "no", "n", "false", "0", "×")}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet, as office_sheets.toml has it."""

    key: str
    title: str
    forms: tuple[str, ...]
    kind: str
    must: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sheet."""

    key: str
    title: str
    help: str
    columns: tuple[Column, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds of sheets by their key."""
    data = tomllib.loads((Path(__file__).parent / "office_sheets.toml").read_text("utf-8"))
    return {
        key: Kind(
            key,
            row["title"],
            row["help"],
            tuple(
                Column(name, c["title"], tuple(c["forms"]), c["kind"], c.get("must", False), c.get("alone", False))
                for name, c in row["columns"].items()
            ),
        )
        for key, row in data.items()
    }


def read(kind: Kind, path: Path, units: Sequence[Unit]) -> list[dict[str, str]]:
    """The rows of the filled-in sheet by the keys of its columns, numbers and days in one form, flags yes, no or "".

    Raises SheetProblem with every cell that is wrong. A sheet with a header and no row says that there is nothing.
    """
    headers = {c.key: (c.key, c.title, *c.forms) for c in kind.columns}
    sheet = read_sheet(path, headers, [c.key for c in kind.columns if c.must])
    known = {squeezed(u.name): u.name for u in units}
    seen: dict[tuple[str, str], str] = {}
    found = []
    for row in sheet.rows():
        made = {c.key: _cell(row, c, known) for c in kind.columns}
        for c in kind.columns:
            value = made[c.key]
            if c.alone and value and (first := seen.setdefault((c.key, squeezed(value)), row.place)) != row.place:
                row.refuse(c.key, f"与{first.removeprefix(str(path))} 重复", "请合并为一行，或删去其中一行")
        found.append(made)
    sheet.finish()
    return found


def _cell(row: Row, column: Column, units: Mapping[str, str]) -> str:
    said = row.text(column.key)
    if column.key not in row.columns:
        return ""
    if not said:
        if column.must:
            row.refuse(column.key, "是空的", f"请填写{column.title}")
        return ""
    if column.kind == "text":
        return said
    value, wrong, remedy = _READERS[column.kind](said, row.cell(column.key), units)
    if wrong:
        row.refuse(column.key, wrong, remedy)
    return value


_Read = tuple[str, str, str]  # the value, what is wrong ("": nothing), what to do


def _unit(said: str, cell: object, units: Mapping[str, str]) -> _Read:
    name = re.sub(r"\s+", "", said)
    if (mine := units.get(squeezed(name))) is not None:
        return mine, "", ""
    near = difflib.get_close_matches(squeezed(name), units, 1)
    hint = f"是否为 “{units[near[0]]}”？" if near else ""
    return "", "登记表中没有这个单位", f"{hint}请改成登记表中的单位名称"


def _number(said: str, cell: object, units: Mapping[str, str]) -> _Read:
    text = said.replace(",", "")
    if re.fullmatch(r"\d{1,9}", text):
        return str(int(text)), "", ""
    return "", "不是不小于0的整数", "请只填数字，没有的填 0"


def _value(said: str, cell: object, units: Mapping[str, str]) -> _Read:
    try:
        value = Decimal(said.replace(",", "").removesuffix("%"))
        if value.is_finite():
            return f"{value:f}", "", ""
    except InvalidOperation:
        pass
    return "", "不是数字", "请只填数字，不写单位"


def _day(said: str, cell: object, units: Mapping[str, str]) -> _Read:
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10], "", ""
    try:
        if parts := _DAY.match(said):
            return date(*map(int, parts.groups())).isoformat(), "", ""
    except ValueError:
        pass
    return "", "不是日期", "请写成 2026-03-01"


def _flag(said: str, cell: object, units: Mapping[str, str]) -> _Read:
    for value, words in _FLAGS.items():
        if said.strip().lower() in words:
            return value, "", ""
    return "", "看不出是还是否", "请填 是 或 否"


def _figure(said: str, cell: object, units: Mapping[str, str]) -> _Read:
    names = {name: name for name in FIGURES} | {squeezed(f.title): name for name, f in FIGURES.items()}
    if (name := names.get(said) or names.get(squeezed(said))) is not None:
        return name, "", ""
    near = difflib.get_close_matches(squeezed(said), [squeezed(f.title) for f in FIGURES.values()], 1, 0.4)
    hint = f"是否为 “{FIGURES[names[near[0]]].title}”？" if near else ""
    return "", "没有这个数字", f"{hint}请照模板“可填数字”中的名称填写"


_READERS = {"unit": _unit, "number": _number, "value": _value, "day": _day, "flag": _flag, "figure": _figure}


def write_template(kind: Kind, units: Sequence[Unit], out: Path) -> None:
    """Write the form: heads, choices in its cells, and what to fill in. Raises OSError."""
    with replacing(out) as new, xlsxwriter.Workbook(str(new), {"strings_to_formulas": False}) as book:
        head = book.add_format(
            {"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(kind.title)
        lists = book.add_worksheet("填写说明")
        lists.set_column(0, 0, 60)
        lists.set_column(1, 3, 34)
        said = [
            kind.help,
            "有批注的列必填。填好后：" + f"wangkao sheet import {kind.key} --file 本文件 --year 年度 --who 填报人",
        ]
        for n, line in enumerate(said):
            lists.write_string(n, 0, line, plain)
        lists.write_string(3, 1, "可填单位", head)
        for n, unit in enumerate(units, 4):
            lists.write_string(n, 1, unit.name)
        lists.write_string(3, 2, "可填数字", head)
        for n, figure in enumerate(FIGURES.values(), 4):
            lists.write_string(n, 2, figure.title)
            lists.write_string(n, 3, figure.measure)
        for n, column in enumerate(kind.columns):
            sheet.write_string(0, n, column.title, head)
            sheet.set_column(n, n, 40 if column.kind in ("text", "figure") else 22)
            if column.must:
                sheet.write_comment(0, n, "必填")
            if column.kind in ("unit", "figure"):
                letter, last = ("B", len(units)) if column.kind == "unit" else ("C", len(FIGURES))
                chosen = {"validate": "list", "source": f"=填写说明!${letter}$5:${letter}${last + 4}"}
                sheet.data_validation(1, n, 500, n, chosen | {"error_type": "warning"})
            elif column.kind == "flag":
                sheet.data_validation(1, n, 500, n, {"validate": "list", "source": ["是", "否"]})
            elif column.kind == "number":
                sheet.data_validation(1, n, 500, n, {"validate": "integer", "criteria": ">=", "value": 0})
        sheet.freeze_panes(1, 0)
