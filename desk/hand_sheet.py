"""How does the office say what it saw where we could not? The sheet that `wangkao period sheet` writes and `checked` reads."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from db.periods import Check, Period
from db.records import Account, Unit
from db.registry import day_of, squeezed
from desk.files import no_formula, replacing
from desk.score_table import form_of
from desk.sheets import Row, read_sheet
from monitors.rubric import Rubric
from schedules.sealing import Wanted

_TO_FILL = ("verdict", "faults", "who", "on", "proof", "note")
_WIDTHS = {
    "unit": 16,
    "title": 22,
    "target": 44,
    "account": 16,
    "site": 30,
    "since": 12,
    "reason": 20,
    "proof": 30,
    "note": 24,
}


def write_sheet(lines: Sequence[Wanted], period: Period, out: Path) -> None:
    """Write the sheet to fill in as .xlsx or .csv: one line for each thing to look at. Raises OSError, SheetProblem."""
    rows = [
        [
            w.unit,
            w.title,
            w.target,
            w.account or "",
            w.site,
            w.since.isoformat() if w.since else "",
            w.reason,
            *("" for _ in _TO_FILL),
            w.rule,
        ]
        for w in lines
    ]
    head = [forms[1] for forms in _data()["columns"].values()]
    form = form_of(out)
    with replacing(out) as new:
        if form == ".csv":
            buffer = io.StringIO(newline="")
            table = csv.writer(buffer)
            table.writerows([head, *([no_formula(cell) for cell in row] for row in rows)])
            new.write_text(buffer.getvalue(), "utf-8-sig", newline="")
        else:
            _draw(head, rows, period, new)


def _draw(head: Sequence[str], rows: Sequence[Sequence[str]], period: Period, out: Path) -> None:
    names = list(_data()["columns"])
    with xlsxwriter.Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("人工核查")
        title = book.add_format({"bold": True})
        plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        heading = book.add_format({"border": 1, "bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
        empty = book.add_format({"border": 1, "bg_color": "#FFF2CC", "text_wrap": True, "valign": "top"})
        day = book.add_format({"border": 1, "bg_color": "#FFF2CC", "num_format": "yyyy-mm-dd", "valign": "top"})
        sheet.write_string(0, 0, f"{period.words}：逐行核查，填写黄色各列；结论填 合格、不合格 或 不适用", title)
        for n, name in enumerate(head):
            sheet.write_string(1, n, name, heading)
            sheet.set_column(n, n, _WIDTHS.get(names[n], 10))
        for at, row in enumerate(rows, 2):
            for n, cell in enumerate(row):
                look = plain if names[n] not in _TO_FILL else day if names[n] == "on" else empty
                if cell:
                    sheet.write_string(at, n, cell, look)
                else:
                    sheet.write_blank(at, n, None, look)
        if rows:
            at = names.index("verdict")
            words = [forms[1] for forms in _data()["verdicts"].values()]
            sheet.data_validation(2, at, len(rows) + 1, at, {"validate": "list", "source": words})
        sheet.freeze_panes(2, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)


def read_checks(
    path: Path, period: Period, units: Sequence[Unit], accounts: Sequence[Account], rubric: Rubric, *, today: date
) -> list[Check]:
    """What was filled in; lines whose 结论 and other yellow cells are all empty are passed over.

    Raises SheetProblem with all that is wrong.
    """
    headers = _data()["columns"]
    sheet = read_sheet(path, headers, ("unit", "rule", "verdict", "who", "on", "proof"))
    groups = {squeezed(u.name): u for u in units}
    known = {(squeezed(a.unit), a.account) for a in accounts}
    found, told = [], dict[tuple[str, ...], str]()
    for row in sheet.rows():
        if not any(row.text(name) for name in _TO_FILL):
            continue
        unit = groups.get(squeezed(row.name("unit")))
        if unit is None or unit.group not in rubric.full:
            row.refuse("unit", "登记表里没有这个参加考核的单位", "请改成登记表中的单位名称")
        rule = row.text("rule")
        line = rubric.lines.get(rule)
        if line is None or not line.judged:
            row.refuse("rule", "本考核期的细则没有这条计分规则", "请保留导出时的内容")
        account = row.text("account") or None
        if account is not None and unit is not None and (squeezed(unit.name), account) not in known:
            row.refuse("account", "该单位没有登记这个账号", "请保留导出时的内容")
        key = (squeezed(row.text("unit")), rule, row.text("target"), account or "")
        if (before := told.setdefault(key, row.place)) != row.place:
            row.refuse("rule", f"与{before.removeprefix(str(path))} 是同一项", "每项只填一行，请删去其中一行")
        verdict, on, faults = _verdict(row), _day(row, period, today), _faults(row)
        for name, remedy in (("who", "请填写核查人姓名"), ("proof", "请写明凭据，如截图文件名、文号或记录编号")):
            if not row.text(name):
                row.refuse(name, "是空的", remedy)
        if unit is not None and line is not None and verdict and on:
            found.append(
                Check(
                    unit.name,
                    rule,
                    verdict,
                    row.text("who"),
                    on,
                    row.text("proof"),
                    row.text("target"),
                    account,
                    row.text("note"),
                    faults,
                )
            )
    sheet.finish(empty="没有任何核查结果")
    return found


def _verdict(row: Row) -> str:
    said = squeezed(row.text("verdict"))
    for verdict, words in _data()["verdicts"].items():
        if said in words:
            return str(verdict)
    row.refuse("verdict", "不认识的结论" if said else "是空的", "请填 合格、不合格 或 不适用")
    return ""


def _day(row: Row, period: Period, today: date) -> date | None:
    try:
        day = day_of(row.cell("on"))
    except ValueError:
        day = None
    if day is None:
        row.refuse("on", "是空的或不是日期", "请填核查当天的日期，如 2026-12-31")
    elif not period.first <= day <= today:
        row.refuse("on", f"不在 {period.first} 到今天之间", "请填核查当天的日期")
        return None
    return day


def _faults(row: Row) -> int:
    said = row.text("faults")
    if not said:
        return 1
    if said.isdecimal() and 0 < int(said) < 1000:
        return int(said)
    row.refuse("faults", "不是个数", "请填发现问题的处数，如 3，或留空")
    return 1


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "hand_sheet.toml").read_text("utf-8"))
