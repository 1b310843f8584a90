"""What stands in a sheet that the office filled in? CSV as Excel saves it, xlsx, xls; header names in either language.

A sheet is refused as a whole: every bad row is told at once, with file, line, column, value and what to do, in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crawler.platforms import tables
from db.registry import (
    Cell,
    Line,
    TableError,
    cell_text,
    csv_lines,
    decode_text,
    delimiters,
    find_header,
    squeezed,
)

Headers = Mapping[str, Sequence[str]]

_MOST_BYTES = 20_000_000
_SHOWN = 30  # problems told in one message
_WITHIN = 10  # rows above the header may hold a title
_REMARK = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")  # 书面考核（26分）
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class SheetProblem(ValueError):
    """A sheet cannot be used. The message is Chinese, for the user; `problems` are its lines one by one."""

    def __init__(self, problems: Sequence[str]) -> None:
        told = list(problems[:_SHOWN])
        if more := len(problems) - len(told):
            told.append(f"……另有 {more} 处，改好以上各处后再试。")
        super().__init__("\n".join(told))
        self.problems = tuple(problems)


@dataclass(slots=True)
class Row:
    """One row; `refuse` notes what is wrong with a cell, and `Sheet.finish` raises all that was noted."""

    place: str  # "parts.csv 第 3 行"
    header: Sequence[Cell]
    columns: Mapping[str, int]
    cells: Sequence[Cell]
    problems: list[str]

    def cell(self, column: str) -> Cell:
        at = self.columns.get(column)
        return self.cells[at] if at is not None and at < len(self.cells) else None

    def text(self, column: str) -> str:
        """The cell as a person meant it; a number as a spreadsheet shows it, 24.6 and not 24.599999999999998."""
        cell = self.cell(column)
        return f"{cell:.15g}" if isinstance(cell, float) else cell_text(cell)

    def name(self, column: str) -> str:
        """A unit's name without white space; refused when empty."""
        name = re.sub(r"\s+", "", self.text(column))
        if not name:
            self.refuse(column, "是空的", "请填单位名称，或删去这一行")
        return name

    def refuse(self, column: str, wrong: str, remedy: str) -> None:
        title = cell_text(self.header[self.columns[column]])
        value = self.text(column)[:80].replace("\n", " ")
        self.problems.append(f"{self.place} “{title}” 列 “{value}”：{wrong}。{remedy}。")

    def extra(self) -> dict[str, str]:
        """Cells of the columns we do not know, by their header; a column without header is 第N列."""
        known = set(self.columns.values())
        kept: dict[str, str] = {}
        for at, cell in enumerate(self.cells[: len(self.header)]):
            if at in known:
                continue
            title = cell_text(self.header[at])
            if title or cell_text(cell):
                title = title or f"第{at + 1}列"
                kept[title if title not in kept else f"{title}（第{at + 1}列）"] = cell_text(cell)
        return kept


@dataclass(slots=True)
class Sheet:
    """The rows of all tables of a file that have the header; collects what is wrong with them."""

    path: Path
    tables: Sequence[tuple[str, Sequence[Cell], Mapping[str, int], Sequence[Line]]]  # place, header, columns, lines
    problems: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        for place, header, columns, lines in self.tables:
            for line, cells in lines:
                row = Row(f"{place} 第 {line} 行", header, columns, cells, self.problems)
                if beyond := [text for cell in cells[len(header) :] if (text := cell_text(cell))]:
                    self.problems.append(
                        f"{row.place}：比表头多出 {len(beyond)} 格，从 “{beyond[0][:60]}” 起。"
                        "单元格内容含逗号时请用英文双引号括起，或在 Excel 中改好再保存。"
                    )
                    continue
                yield row

    def finish(self, *, empty: str | None = None) -> None:
        """Raise what was noted; `empty` says what it means when there is no row at all (None: that is fine)."""
        if empty and not any(lines for *_, lines in self.tables):
            raise SheetProblem([f"{self.path}：只有表头，{empty}。请至少填一行。"])
        if self.problems:
            raise SheetProblem(self.problems)


def read_sheet(path: Path, headers: Headers, required: Sequence[str]) -> Sheet:
    """The tables of a file (CSV in UTF-8, UTF-16 with mark or GB18030; xlsx; xls) that have the required columns.

    headers  the forms of each column's title, English first, then Chinese; a bracket at its end does not count
             (书面考核（26分）)

    A sheet of a workbook with none of the columns is a note and passed over; one with some of them, but not all that are
    required, is refused. Raises SheetProblem.
    """
    try:
        found = list(_tables(_bytes(path), headers, required))
    except TableError as error:
        raise SheetProblem([f"{path}：{error}。"]) from error
    filled = [(number, lines) for number, lines in enumerate(found, 1) if lines]
    if not filled:
        raise SheetProblem([f"{path}：文件是空的。第一行应为表头：{_wanted(headers, required)}。"])
    usable: list[tuple[int, Sequence[Cell], Mapping[str, int], Sequence[Line]]] = []
    near: list[tuple[int, str]] = []
    for number, lines in filled:
        bare = _bare(lines, headers)
        try:
            if head := find_header(bare, headers, required, _WITHIN):
                at, columns = head
                usable.append((number, lines[at][1], columns, lines[at + 1 :]))
            else:
                near.append(_nearest(_place(path, number, filled), bare, headers, required))
        except TableError as error:
            raise SheetProblem([f"{_place(path, number, filled)}：{error}。"]) from error
    partly = [said for known, said in near if known > 1] if usable else [max(near)[1]]
    if partly:
        raise SheetProblem(partly)
    return Sheet(path, [(_place(path, n, usable), head, columns, lines) for n, head, columns, lines in usable])


def _place(path: Path, number: int, of: Sequence[object]) -> str:
    """The file, and which of its tables where there are several."""
    return str(path) if len(of) == 1 else f"{path} 第 {number} 张表"


def _nearest(place: str, lines: Sequence[Line], headers: Headers, required: Sequence[str]) -> tuple[int, str]:
    """How many columns the likeliest header row of this table has, and what to say of those it lacks."""
    rows = [(line, cells, _known(cells, headers)) for line, cells in lines[:_WITHIN]]
    line, cells, known = max(rows, key=lambda row: len(row[2]))
    shown = "、".join(text for cell in cells if (text := cell_text(cell)))[:120]
    missing = [name for name in required if name not in known]
    said = f"{place} 第 {line} 行：表头缺少 {_wanted(headers, missing)}；现有表头为 “{shown}”。请补上所缺的列。"
    return len(known), said


def _known(cells: Sequence[Cell], headers: Headers) -> set[str]:
    titles = {squeezed(cell) for cell in cells if isinstance(cell, str)}
    return {name for name, forms in headers.items() if titles & set(map(squeezed, forms))}


def _bare(lines: Sequence[Line], headers: Headers) -> list[Line]:
    """The rows that may be the header, titles without a bracket at their end where that makes them known."""
    known = {squeezed(form) for forms in headers.values() for form in forms}

    def bare(cell: Cell) -> Cell:
        if not isinstance(cell, str) or squeezed(cell) in known:
            return cell
        short = _REMARK.sub("", cell)
        return short if squeezed(short) in known else cell

    return [(line, [bare(cell) for cell in cells]) for line, cells in lines[:_WITHIN]]


def _tables(data: bytes, headers: Headers, required: Sequence[str]) -> Iterator[Sequence[Line]]:
    """The rows of each table in the file; of several ways to cut a text into cells the one that has the header."""
    if data.startswith(_BOOKS) or re.match(rb"\s*(\xef\xbb\xbf)?\s*<", data):
        yield from (sheet.lines for sheet in tables.sheets(data))
        return
    text, damaged = decode_text(data)
    if "\0" in text:
        raise TableError("不是文本表格（内含二进制数据，或是没有标记的 UTF-16）。请另存为 UTF-8 的 CSV 或 xlsx")
    if damaged:
        line = text[: text.index("\ufffd")].count("\n") + 1
        raise TableError(f"第 {line} 行有损坏的字节，不是完整的 UTF-8 或 GB18030。请用 Excel 打开核对后另存为 CSV")
    likeliest, *others = delimiters(text)
    first = csv_lines(text, likeliest)
    if not find_header(_bare(first, headers), headers, required, _WITHIN):
        for mark in others:
            try:
                lines = csv_lines(text, mark)
            except TableError:
                continue
            if find_header(_bare(lines, headers), headers, required, _WITHIN):
                yield lines
                return
    yield first


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SheetProblem([f"{path}：超过 {_MOST_BYTES // 1_000_000} MB，不像是要填的表。请核对文件。"])
        return path.read_bytes()
    except FileNotFoundError:
        raise SheetProblem([f"{path}：文件不存在。请核对路径。"]) from None
    except IsADirectoryError:
        raise SheetProblem([f"{path}：是文件夹，不是文件。请写到文件名为止。"]) from None
    except OSError as error:
        raise SheetProblem([f"{path}：无法读取（{error.strerror}）。请核对文件权限。"]) from error


def _wanted(headers: Headers, names: Iterable[str]) -> str:
    return "、".join(f"{name}（{headers[name][1]}）" for name in names)
