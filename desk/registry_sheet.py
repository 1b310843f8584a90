"""How is the registry changed by hand? The sheet as a table of cells, what a new one would change, and how it is written.

The sheets that the settings name are the truth: every night reads them anew. A change is therefore written into the sheet, whole or not
at all, with a copy of the old one beside it, and takes effect with the next night. Columns that we do not know are kept.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import xlsxwriter

from db.records import SHANGHAI
from db.registry import (
    Cell,
    RegistryError,
    TableError,
    cell_text,
    csv_lines,
    decode_text,
    delimiters,
    find_header,
    headers_of,
    masked,
    read_accounts,
    read_units,
    squeezed,
    workbook_sheets,
)
from db.tokens import CellChange
from desk.files import no_formula, replacing
from schedules.settings import Settings

KINDS = {"units": "单位", "accounts": "账号"}
REQUIRED = {"units": ("unit", "group", "site"), "accounts": ("unit", "platform", "account", "source")}
_KEYS = {"units": ("unit",), "accounts": ("unit", "platform", "account")}
_UNPACKED = 60_000_000  # bytes that a workbook may unpack to
_LONG = 12  # digits from which Excel shows a number in another way than it was written
LONGEST = 500  # characters of a cell


class NotStored(ValueError):
    """The sheet is not written; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the sheet: number of its line (0: new), cells as a person reads them, in the order of the header."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the registry.

    header   titles as written          columns  place of each column that we know, by its name
    head     rows above the header (a title), as cells
    digest   sha256 of the file; None: there is no file yet
    """

    kind: str
    header: tuple[str, ...]
    columns: Mapping[str, int]
    rows: tuple[Row, ...]
    head: tuple[tuple[str, ...], ...] = ()
    digest: str | None = None

    def at(self, line: int) -> Row | None:
        """The row of that line, or None."""
        return next((row for row in self.rows if row.line == line), None)

    def name_of(self, row: Row) -> str:
        """What a person calls the row: the unit, or unit, platform and account."""
        return " ".join(row.cells[self.columns[column]] for column in _KEYS[self.kind])

    def known(self, place: int) -> str | None:
        """The name of the column there, None where we do not know it."""
        return next((name for name, at in self.columns.items() if at == place), None)

    def shown(self, row: Row) -> tuple[str, ...]:
        """The cells with access keys starred."""
        return tuple(map(masked, row.cells))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new sheet would change, rows by name, access keys starred. `columns` says which columns come and go."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    cells: tuple[CellChange, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        """Nothing at all."""
        return not (self.added or self.removed or self.cells or self.columns)

    def record(self) -> tuple[CellChange, ...]:
        """All of it as it is kept."""
        rows = [CellChange(name, "", "", "新增一行") for name in self.added]
        rows += [CellChange(name, "", "原有一行", "删除") for name in self.removed]
        rows += [CellChange("（列）", "", "", words) for words in self.columns]
        return (*rows, *self.cells)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new sheet that was looked through, what it changes, and the sheet that it was made from. `way`: edit or import."""

    kind: str
    way: str
    sheet: Sheet
    changes: Changes
    base: str | None
    who: str
    at: datetime


def file_of(settings: Settings, kind: str) -> Path | None:
    """The file of that sheet; None where the settings name none."""
    return settings.units if kind == "units" else settings.accounts


def read_sheet(path: Path, kind: str) -> Sheet:
    """The sheet as it stands in the file; empty where there is no file. Raises RegistryError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return empty(kind)
    except OSError as error:
        raise RegistryError(f"{path}：无法读取（{error.strerror}）。请核对文件权限。") from error
    return parse_sheet(data, kind, str(path))


def parse_sheet(data: bytes, kind: str, name: str) -> Sheet:
    """The sheet in these bytes, a CSV or xlsx; `name` stands in messages. Raises RegistryError."""
    headers = headers_of(kind)
    try:
        for lines in _tables(data):
            if found := find_header(lines, headers, REQUIRED[kind]):
                at, columns = found
                header = tuple(cell_text(cell) for cell in lines[at][1])
                width = max([len(header), *(len(cells) for _, cells in lines[at + 1 :])])
                header += tuple("" for _ in range(width - len(header)))
                rows = tuple(Row(n, _padded(cells, width)) for n, cells in lines[at + 1 :])
                head = tuple(tuple(map(cell_text, cells)) for _, cells in lines[:at])
                return Sheet(kind, header, columns, rows, head, sha256(data).hexdigest())
    except TableError as error:
        raise RegistryError(f"{name}：{error}。") from error
    wanted = "、".join(f"{column}（{headers[column][1]}）" for column in REQUIRED[kind])
    raise RegistryError(f"{name}：没有找到表头。表头应有 {wanted}。")


def empty(kind: str) -> Sheet:
    """A sheet without rows, all columns known, Chinese titles."""
    titles = {name: forms[1] for name, forms in headers_of(kind).items()}
    return Sheet(kind, tuple(titles.values()), {name: n for n, name in enumerate(titles)}, ())


def checked(kind: str, data: bytes, settings: Settings, *, name: str) -> None:
    """Nothing, where a night could read a sheet of these bytes, and the other one with it.

    name  of the file that the user knows: it stands in messages. Raises RegistryError with every row that is wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _file_name(name)
        path.write_bytes(data)
        try:
            if kind == "accounts":
                read_accounts(path, read_units(settings.units))
                return
            units = read_units(path)
            if settings.accounts is not None and settings.accounts.exists():
                read_accounts(settings.accounts, units)
        except RegistryError as error:
            raise RegistryError(str(error).replace(f"{folder}/", "")) from None


def edited(sheet: Sheet, line: int, given: Callable[[int], str | None], *, remove: bool = False) -> Sheet:
    """The sheet with the row of that line (0: a new row at its end) as given, by place of the column, or without it.

    A cell that is given as it is shown is left as it is, so that a starred access key stays. Raises NotStored.
    """
    old = sheet.at(line)
    if line and old is None:
        raise NotStored(f"第 {line} 行已经不在登记表里。请刷新后再改。")
    if remove:
        return _with(sheet, tuple(row for row in sheet.rows if row.line != line))
    before = old.cells if old else tuple("" for _ in sheet.header)
    cells = []
    for place, cell in enumerate(before):
        text = given(place)
        text = cell if text is None or text == masked(cell) else " ".join(text.split())
        if len(text) > LONGEST:
            raise NotStored(f"“{sheet.header[place]}” 太长。一格最多 {LONGEST} 个字。")
        cells.append(text)
    if not any(cells):
        raise NotStored("这一行是空的。请填写，或选择删除。")
    row = Row(line, tuple(cells))
    return _with(sheet, tuple(row if r.line == line else r for r in sheet.rows) if old else (*sheet.rows, row))


def changes(old: Sheet, new: Sheet) -> Changes:
    """What the new sheet changes: rows are the same by unit (and platform and account), cells by their column."""
    was, now = _by_key(old), _by_key(new)
    titles = {_column(new, n): title for n, title in enumerate(new.header) if title}
    before = {_column(old, n): n for n, title in enumerate(old.header) if title}
    after = {_column(new, n): n for n, title in enumerate(new.header) if title}
    cells = []
    for key, row in now.items():
        if (same := was.get(key)) is None:
            continue
        for column in (c for c in after if c in before):
            one, other = same.cells[before[column]], row.cells[after[column]]
            if one != other:
                cells.append(CellChange(new.name_of(row), titles[column], masked(one), masked(other)))
    columns = [f"新增列 “{titles[c]}”" for c in after if old.rows and c not in before and _holds(new, after[c])]
    columns += [f"去掉列 “{old.header[n]}”" for c, n in before.items() if c not in after and _holds(old, n)]
    return Changes(
        tuple(new.name_of(row) for key, row in now.items() if key not in was),
        tuple(old.name_of(row) for key, row in was.items() if key not in now),
        tuple(cells),
        tuple(columns),
    )


def restored(old: Sheet, new: Sheet) -> Sheet:
    """The new sheet with the access keys of the old one where it shows them starred, as the download does."""
    was, rows = _by_key(old), []
    place = {_column(old, n): n for n, title in enumerate(old.header) if title}
    mine = [(n, place.get(_column(new, n))) for n in range(len(new.header))]
    for key, row in _by_key(new).items():
        if (same := was.get(key)) is not None:
            kept = [same.cells[at] if at is not None else "" for _, at in mine]
            row = Row(row.line, tuple(k if k and masked(k) == c else c for k, c in zip(kept, row.cells, strict=True)))
        rows.append(row)
    return _with(new, tuple(rows))


def unwritable(path: Path) -> str | None:
    """Why the sheet cannot be written, and what to do, in Chinese; None: it can."""
    folder = path.resolve().parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        if path.exists():
            with path.open("r+b"):
                pass
    except OSError as error:
        return (
            f"登记表 {path} 不能写入（{error.strerror}），这里只能看、不能改。"
            f"请让运行本服务的系统用户对文件夹 {folder} 和该文件有写权限，或直接修改文件。"
        )
    return None


def store(proposal: Proposal, path: Path, at: datetime) -> tuple[str, str | None]:
    """Write the sheet in the place of the old one; sha256 of the new file, and the name of the copy of the old one.

    Raises NotStored where the file was changed since, or cannot be written; the old one is whole then.
    """
    now = sha256(path.read_bytes()).hexdigest() if path.exists() else None
    if now != proposal.base:
        raise NotStored("登记表在预览之后被别人改过，没有保存。请重新修改。")
    backup = path.with_name(f"{path.name}.{at.astimezone(SHANGHAI):%Y%m%d-%H%M%S}.bak") if now else None
    try:
        if backup is not None:
            shutil.copy2(path, backup)
        with replacing(path) as temporary:
            data = as_bytes(proposal.sheet, workbook=path.suffix.lower() == ".xlsx")
            again = parse_sheet(data, proposal.kind, path.name)
            if [row.cells for row in again.rows] != [row.cells for row in proposal.sheet.rows]:
                raise NotStored("写出的登记表读回来不一样，没有保存。请检查有没有以撇号或等号开头的单元格。")
            temporary.write_bytes(data)
    except OSError as error:
        raise NotStored(f"登记表 {path} 不能写入（{error.strerror}），没有保存。请检查文件和文件夹的权限。") from error
    return sha256(data).hexdigest(), backup.name if backup else None


def as_bytes(sheet: Sheet, *, workbook: bool = False) -> bytes:
    """The file: an xlsx, or CSV in UTF-8 with a byte-order mark, which Excel reads."""
    rows = [*sheet.head, sheet.header, *(row.cells for row in sheet.rows)]
    if workbook:
        file = io.BytesIO()
        book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
        table = book.add_worksheet(KINDS[sheet.kind])
        for line, cells in enumerate(rows):
            for place, text in enumerate(cells):
                table.write_string(line, place, text)
        book.close()
        return file.getvalue()
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([[_written(text) for text in cells] for cells in rows])
    return buffer.getvalue().encode("utf-8-sig")


def starred(sheet: Sheet) -> Sheet:
    """The sheet with all access keys starred."""
    return _with(sheet, tuple(Row(row.line, sheet.shown(row)) for row in sheet.rows))


def _tables(data: bytes) -> Sequence[Sequence[tuple[int, Sequence[Cell]]]]:
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(member.file_size for member in archive.infolist()) > _UNPACKED:
                    raise TableError("解压后过大，不像是登记表。请核对文件")
        except zipfile.BadZipFile as error:
            raise TableError("不是能打开的 xlsx 工作簿（文件不完整）。请用 Excel 打开后另存为 xlsx 或 CSV") from error
        return [lines for _, lines in workbook_sheets(data)]
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("是旧版 xls 或加密的工作簿。请用 Excel 打开后另存为 xlsx 或 CSV")
    text, damaged = decode_text(data)
    if damaged or "\0" in text:
        raise TableError("有损坏的字节，不是完整的 UTF-8 或 GB18030 文本。请用 Excel 打开核对后另存为 CSV")
    return [csv_lines(text, mark) for mark in delimiters(text)[:1]] + [
        csv_lines(text, mark, strict=False) for mark in delimiters(text)[1:]
    ]


def _padded(cells: Sequence[Cell], width: int) -> tuple[str, ...]:
    texts = tuple(map(cell_text, cells))
    return texts + tuple("" for _ in range(width - len(texts)))


def _with(sheet: Sheet, rows: tuple[Row, ...]) -> Sheet:
    return Sheet(sheet.kind, sheet.header, sheet.columns, rows, sheet.head)


def _column(sheet: Sheet, place: int) -> str:
    return sheet.known(place) or f"+{squeezed(sheet.header[place])}"


def _holds(sheet: Sheet, place: int) -> bool:
    return any(row.cells[place] for row in sheet.rows)


def _by_key(sheet: Sheet) -> dict[tuple[str, ...], Row]:
    found: dict[tuple[str, ...], Row] = {}
    for row in sheet.rows:
        key = tuple(squeezed(row.cells[sheet.columns[column]]) for column in _KEYS[sheet.kind])
        again = 0
        while (*key, str(again)) in found:
            again += 1
        found[(*key, str(again))] = row
    return found


def _written(text: str) -> str:
    """The cell so that Excel shows it as it is, and runs nothing; `cell_text` reads it back."""
    if text.isascii() and text.isdigit() and len(text) >= _LONG:
        return f'="{text}"'
    return text if len(text) < 2 else str(no_formula(text))


def _file_name(name: str) -> str:
    """The last part of a name that a browser gave, so that messages can name the file; never a way out of the folder."""
    last = name.replace("\\", "/").rpartition("/")[2].strip().strip(".")
    return "".join(c for c in last if c.isprintable())[:80] or "table.csv"
