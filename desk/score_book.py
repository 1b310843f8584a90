"""What does the assessment table look like in a workbook: as the circular's annex, and as the form to fill in?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter

from db.records import Unit
from monitors.table import PARTS, Group, Line, Part, groups

_TITLES = {"written": "书面考核", "online": "网上考核", "consultation": "征询考核"}
_NUMERALS = "一二三四五六七八九"
_A4 = 9  # paper, by Excel's numbers
_SIZE, _LINE = 12, 18  # of the type, and of a line of it, in points
_UNIT = 11  # column widths count digits of type of this size
_WIDEST = 34  # of a column, beyond which its cells break
_TITLE = {"font_name": "方正小标宋简体", "font_size": 20, "align": "center", "valign": "vcenter", "text_wrap": True}
_UNDER = {"font_name": "楷体_GB2312", "font_size": 14, "align": "center", "valign": "vcenter"}
_HEAD = {
    "font_name": "黑体",
    "font_size": _SIZE,
    "align": "center",
    "valign": "vcenter",
    "border": 1,
    "text_wrap": True,
}
_BODY = {"font_name": "仿宋_GB2312", "font_size": _SIZE, "align": "center", "valign": "vcenter", "border": 1}
_BODY |= {"text_wrap": True}
_LEFT = {**_BODY, "align": "left"}
_NOTE = {"font_name": "仿宋_GB2312", "font_size": _SIZE, "align": "left", "valign": "top", "text_wrap": True}


@dataclass(slots=True)
class _Book:
    """A workbook that makes each format once."""

    book: Any
    formats: dict[str, Any] = field(default_factory=dict)

    def form(self, look: Mapping[str, Any], **more: Any) -> Any:
        wanted = {**look, **more}
        return self.formats.setdefault(repr(wanted), None) or self._made(wanted)

    def _made(self, wanted: Mapping[str, Any]) -> Any:
        self.formats[repr(wanted)] = made = self.book.add_format(dict(wanted))
        return made


def draw_table(lines: Sequence[Line], out: Path, *, title: str, note: str = "") -> None:
    """Write one sheet a group that has lines, as the circular prints it; columns that we do not know stand to the right
    of the print area, `note` in a line under each table. Raises OSError.
    """
    with xlsxwriter.Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False}) as made:
        book = _Book(made)
        used = [g for g in groups().values() if any(line.parts.group == g.name for line in lines)]
        for number, group in enumerate(used):
            mine = [line for line in lines if line.parts.group == group.name]
            numbered = f"{title}（{_NUMERALS[number]}）" if len(used) > 1 else title
            _draw_group(book, group, mine, numbered, note)


def _draw_group(book: _Book, group: Group, lines: Sequence[Line], title: str, words: str) -> None:
    sheet = book.book.add_worksheet(group.sheet)
    head = [
        "单位",
        *(f"{_TITLES[part]}\n（{_full(group, part)}分）" for part in PARTS),
        "综合加分",
        "总成绩",
        "名次",
        "备注",
    ]
    extra = list(dict.fromkeys(name for line in lines for name in line.parts.extra))
    last = len(head) - 1
    rows = [_cells(line) + [line.parts.extra.get(name, "") for name in extra] for line in lines]
    # a bracketed line of the header, and 综合/加分, may break; nothing of it is wider than its column
    least = [10, 12, 12, 12, 6, 9, 6, 24, *(8 for _ in extra)]
    widths = [
        max(least[n], min(_WIDEST, max((_width(_shown(row[n])) for row in rows), default=0) + 2))
        for n in range(len(head) + len(extra))
    ]
    for n in (1, 2, 3, 4):
        widths[n] = least[n]  # a reason breaks into lines as the header does
    for n, width in enumerate(widths):
        sheet.set_column(n, n, width)
    sheet.set_row(0, _height(title, sum(widths[: last + 1]), 20, 30))
    sheet.merge_range(0, 0, 0, last, title, book.form(_TITLE))
    sheet.set_row(1, 22)
    sheet.merge_range(1, 0, 1, last, f"（{group.annex}）", book.form(_UNDER))
    sheet.set_row(2, 22)
    sheet.set_row(3, 2 * _LINE + 4)
    header = book.form(_HEAD)
    for n, name in enumerate(head):
        if 1 <= n <= len(PARTS):
            sheet.write_string(3, n, name, header)
        else:
            sheet.merge_range(2, n, 3, n, name, header)
    sheet.merge_range(2, 1, 2, len(PARTS), "各分项考核结果", header)
    for n, name in enumerate(extra, last + 1):
        sheet.merge_range(2, n, 3, n, name, header)
    for at, row in enumerate(rows, 4):
        sheet.set_row(at, max(_height(_shown(cell), widths[n]) for n, cell in enumerate(row)) + 4)
        for n, cell in enumerate(row):
            _write(sheet, at, n, cell, book, _LEFT if n >= last else _BODY)
    end = 3 + len(rows)
    for note in [*_notes(lines), *([words] if words else [])]:
        end += 1
        sheet.set_row(end, _height(note, sum(widths[: last + 1])) + 4)
        sheet.merge_range(end, 0, end, last, note, book.form(_NOTE))
    _printed(sheet, (2, 3), end, last)


def _cells(line: Line) -> list[Part | int]:
    parts = line.parts
    marks: list[Part | int] = [parts.written, parts.online, parts.consultation]
    return [parts.unit, *marks, parts.bonus, line.total, line.rank, parts.remark]


def _notes(lines: Iterable[Line]) -> list[str]:
    """One sentence under the table for each decision between equal totals."""
    return [f"注：{line.parts.unit}与{d.after}总成绩相同，排在其后：{d.why}" for line in lines for d in line.decisions]


def draw_template(
    units: Iterable[Unit], out: Path, online: Mapping[str, tuple[Part, str]] | None = None, words: str = ""
) -> None:
    """Write the form for the parts, a line for each unit that is ranked, by group in the order given. Raises OSError.

    online  by unit what is known of 网上考核 already, and its remark      words  where that comes from

    Marks beyond the full ones are refused while typing; reasons are let through. Reading it back gives what was filled in.
    """
    known = list(units)
    ranked = [(unit, group) for group in groups().values() for unit in known if unit.group == group.name]
    head = ["单位", "类别", *(_TITLES[part] for part in PARTS), "综合加分", "备注"]
    with xlsxwriter.Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False}) as made:
        book = _Book(made)
        sheet = made.add_worksheet("分项成绩")
        for n, width in enumerate((_name_width(u.name for u, _ in ranked), 16, 18, 18, 18, 12, 40)):
            sheet.set_column(n, n, width)
        for n, name in enumerate(head):
            sheet.write_string(0, n, name, book.form(_HEAD))
        sheet.set_row(0, 24)
        for at, (unit, group) in enumerate(ranked, 1):
            sheet.write_string(at, 0, unit.name, book.form(_BODY))
            sheet.write_string(at, 1, group.sheet, book.form(_BODY))
            for n, part in enumerate(PARTS, 2):
                sheet.write_blank(at, n, None, book.form(_BODY, num_format="0.0#"))
                sheet.data_validation(at, n, at, n, _rule(sheet, at, n, _full(group, part)))
            sheet.write_blank(at, 5, None, book.form(_BODY, num_format="General"))
            sheet.data_validation(at, 5, at, 5, _rule(sheet, at, 5, None))
            sheet.write_blank(at, 6, None, book.form(_LEFT))
            mark, note = (online or {}).get(unit.name, ("", ""))
            if mark != "":
                _write(sheet, at, 2 + PARTS.index("online"), mark, book, _BODY)
            if note:
                sheet.write_string(at, 6, note, book.form(_LEFT))
        _printed(sheet, (0, 0), len(ranked), len(head) - 1)
        _explain(book, made.add_worksheet("填写说明"), words)


def _rule(sheet: Any, row: int, column: int, full: str | None) -> dict[str, Any]:
    """What may be typed into a cell: a text (a reason), or a number between 0 and the full marks."""
    cell = f"{'ABCDEFG'[column]}{row + 1}"
    upper = f",{cell}<={full}" if full else ""
    return {
        "validate": "custom",
        "value": f"=OR(ISTEXT({cell}),AND(ISNUMBER({cell}),{cell}>=0{upper}))",
        "error_title": "分数不对",
        "error_message": f"请填 0 到 {full} 之间的分数，或写明原因（如 未报资料记0分）。"
        if full
        else "请填不小于 0 的分数。",
    }


def _explain(book: _Book, sheet: Any, words: str) -> None:
    sheet.set_column(0, 0, 90)
    marks = "；".join(
        f"{group.sheet}：" + "、".join(f"{_TITLES[part]} {_full(group, part)} 分" for part in PARTS)
        for group in groups().values()
    )
    said = (
        "每个单位一行；单位名称和类别取自登记表，请不要改动。",
        f"满分：{marks}。",
        "分数最多两位小数；没有分数的，在该格写明原因，如 未报资料记0分、无公开平台记0分，按 0 分计并照原样印出。",
        "综合加分没有的留空。备注照原样印出。可以另加列，会原样保留。",
        "填好后运行：wangkao table --parts 本文件 --out 成绩表.xlsx",
    )
    for at, line in enumerate([*said, *([f"网上考核一栏取自{words}"] if words else [])]):
        sheet.set_row(at, _height(line, 90) + 4)
        sheet.write_string(at, 0, line, book.form(_NOTE))


def _write(sheet: Any, row: int, column: int, cell: Part | int, book: _Book, look: Mapping[str, Any]) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell, book.form(look))
    else:
        sheet.write_number(row, column, float(cell), book.form(look, num_format=_number_format(cell)))


def _number_format(value: Decimal | int) -> str:
    """As many decimals as the mark was given with."""
    decimals = -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
    return "0." + "0" * decimals if decimals > 0 else "0"


def _printed(sheet: Any, head: tuple[int, int], last_row: int, last_column: int) -> None:
    """A4 upright, as wide as the page, the header on every page, numbered at the foot."""
    sheet.set_paper(_A4)
    sheet.set_portrait()
    sheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    sheet.center_horizontally()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(*head)
    sheet.print_area(0, 0, last_row, last_column)
    sheet.set_footer("&C第 &P 页，共 &N 页")
    sheet.freeze_panes(head[1] + 1, 1)


def _full(group: Group, part: str) -> str:
    return f"{group.full[part]:f}"


def _name_width(names: Iterable[str]) -> float:
    return min(_WIDEST, max((_width(name) for name in names), default=0) + 2)


def _shown(cell: Part | int) -> str:
    return cell if isinstance(cell, str) else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _width(text: str, size: int = _SIZE) -> float:
    """How many digits of the standard type the longest line of a text is wide; a Chinese character is two and a bit."""
    wide = (sum(2.1 if unicodedata.east_asian_width(c) in "WFA" else 1.1 for c in line) for line in text.split("\n"))
    return max(wide) * size / _UNIT


def _height(text: str, width: float, size: int = _SIZE, line: int = _LINE) -> float:
    """Points that a text needs in a column of that width."""
    return line * sum(max(1, ceil(_width(part, size) / max(1, width - 1.5))) for part in text.split("\n"))
