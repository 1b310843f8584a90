"""Which units and accounts are to be watched? Reads units.csv and accounts.csv as offices save them.

UTF-8 with or without BOM, UTF-16 or GB18030; comma, semicolon or tab; English or Chinese headers; white space inside names is
not significant. Every bad row is named at once, with file, line, column, value and what to do; nothing is guessed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.records import Account, Unit

NONE = "无"  # the registry's word for: there is no public platform
_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_MANGLED = re.compile(r"^\d(\.\d+)?[eE]\+?\d+$")
_CODE = re.compile(r"^(\d{10}|bm\d{8})$")
_NOT_FEEDS = "export"


class RegistryError(Exception):
    """The registry cannot be used; the message lists every fault with file, line, column, value and remedy, in Chinese."""


@dataclass(frozen=True, slots=True)
class _Record:
    """One row: its first line in the file, the cells by our column names, and the columns we do not know."""

    line: int
    cells: Mapping[str, str]
    extra: dict[str, str]


def read_units(path: Path) -> list[Unit]:
    """All rows of a units file in their order. Raises RegistryError."""
    name, faults = path.name, list[str]()
    units: list[Unit] = []
    lines: dict[str, int] = {}
    for row in _records(path, "units", ("unit", "group", "site")):
        say = _Complaint(name, row, faults)
        unit = squeeze(row.cells.get("unit", ""))
        if not unit:
            say("unit", "单位名称为空", "请填写单位名称，或删除此行")
        elif unit in lines:
            say("unit", f"与第 {lines[unit]} 行重复", "每个单位只保留一行")
        lines.setdefault(unit, row.line)
        group = _word("group", row.cells.get("group", ""))
        if group is None:
            say("group", "不是已知的类别", "请填 county（县市区）、department（市直部门）或 portal（门户）")
        site = row.cells.get("site", "")
        code = _code(row.cells.get("site_code", ""), say)
        units.append(
            Unit(
                name=unit,
                group=group or "",
                site="" if squeeze(site) == NONE else _address(site, "site", say),
                board=_address(row.cells.get("board", ""), "board", say),
                reports=_address(row.cells.get("reports", ""), "reports", say),
                site_code=code,
                annual_report=_answer(row.cells.get("annual_report", ""), "annual_report", say) is not False,
                retrofit=_answer(row.cells.get("retrofit", ""), "retrofit", say),
                self_assessment=_answer(row.cells.get("self_assessment", ""), "self_assessment", say),
                contact=row.cells.get("contact") or None,
                source=f"{name}:{row.line}",
                extra=row.extra,
            )
        )
    _refuse(faults)
    if not units:
        raise RegistryError(f"{name}：没有任何单位。请在表头下填写至少一行。")
    return units


def read_accounts(path: Path, units: Iterable[Unit]) -> list[Account]:
    """All rows of an accounts file in their order; owners must be among `units`. Raises RegistryError."""
    name, faults = path.name, list[str]()
    owners = {u.name for u in units}
    accounts: list[Account] = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in _records(path, "accounts", ("unit", "platform", "account", "source")):
        say = _Complaint(name, row, faults)
        unit = squeeze(row.cells.get("unit", ""))
        if unit not in owners:
            say("unit", "登记表里没有这个单位", "请核对单位名称，或先在 units.csv 中登记")
        platform = _word("platform", row.cells.get("platform", ""))
        if platform is None:
            say("platform", "不是已知的平台", f"请填 {'、'.join(_data()['platform'])} 之一")
        account = row.cells.get("account", "").strip()
        if not account:
            say("account", "账号名称为空", "请填写账号显示的名称")
        source = row.cells.get("source", "").strip()
        address = source
        if not source:
            say("source", "数据源为空", "请填写订阅地址，或导出文件相对本表的路径")
        elif platform == _NOT_FEEDS or ("://" not in source and platform != "feed"):
            address = str((path.parent / source).resolve())
        else:
            address = _address(source, "source", say) or source
        key = (unit, source, account)
        if key in seen:
            say("account", f"与第 {seen[key]} 行重复", "同一账号、同一数据源只保留一行")
        seen.setdefault(key, row.line)
        accounts.append(Account(unit, platform or "", account, source, address, f"{name}:{row.line}", row.extra))
    _refuse(faults)
    return accounts


def squeeze(text: str) -> str:
    """A name after NFKC with all white space removed: 代　县 and 代县 are one unit."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


@dataclass(frozen=True, slots=True)
class _Complaint:
    """Collects faults of one row."""

    file: str
    row: _Record
    faults: list[str]

    def __call__(self, column: str, wrong: str, remedy: str) -> None:
        value = self.row.cells.get(column, "")
        self.faults.append(f"{self.file} 第 {self.row.line} 行 {column} 列「{value}」：{wrong}。{remedy}。")


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        raise RegistryError("\n".join(faults))


def _records(path: Path, table: str, required: tuple[str, ...]) -> list[_Record]:
    """The rows of a file under our column names; blank rows left out."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RegistryError(f"{path}：不能读取（{error.strerror}）。请检查文件位置和权限。") from error
    rows = _xlsx_rows(path) if data.startswith(b"PK\x03\x04") else _csv_rows(path.name, data)
    if not rows:
        raise RegistryError(f"{path.name}：文件是空的。第一行应为表头，例如 {','.join(required)}。")
    names = {squeeze(word).lower(): key for key, words in _data()[table].items() for word in words}
    _, header = rows[0]
    columns = [names.get(squeeze(cell).lower()) for cell in header]
    lacking = [key for key in required if key not in columns]
    if lacking:
        wanted = "、".join(f"{key}（{_data()[table][key][1]}）" for key in lacking)
        raise RegistryError(f"{path.name} 第 1 行：缺少列 {wanted}。请在表头补上。")
    double = {c for c in columns if c and columns.count(c) > 1}
    if double:
        raise RegistryError(f"{path.name} 第 1 行：列 {'、'.join(sorted(double))} 出现了两次。请只保留一列。")
    found = []
    for line, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        known = {key: _cell(cell) for key, cell in zip(columns, padded, strict=False) if key}
        extra = {
            head.strip(): _cell(cell)
            for head, key, cell in zip(header, columns, padded, strict=False)
            if not key and head.strip()
        }
        found.append(_Record(line, known, extra))
    return found


def _cell(text: str) -> str:
    """A cell without the apostrophe that keeps numbers as text in a spreadsheet."""
    return text.strip().removeprefix("'").strip()


def _csv_rows(name: str, data: bytes) -> list[tuple[int, list[str]]]:
    text = _decode(name, data)
    head = text.split("\n", 1)[0]
    delimiter = max((",", "\t", ";", "，"), key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, before = [], 0
    try:
        for cells in reader:
            rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        raise RegistryError(
            f"{name} 第 {before + 1} 行：不是有效的 CSV（{error}）。请用表格软件另存为 CSV UTF-8。"
        ) from error
    return rows


def _decode(name: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    for charset in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise RegistryError(f"{name}：不是 UTF-8 也不是 GB18030 编码。请用表格软件另存为 CSV UTF-8。")


def _xlsx_rows(path: Path) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    rows = [
        (n, ["" if v is None else str(v) for v in row]) for n, row in enumerate(sheet.iter_rows(values_only=True), 1)
    ]
    book.close()
    return rows


def _word(table: str, text: str) -> str | None:
    word = squeeze(text).lower()
    return next((key for key, words in _data()[table].items() if word in {squeeze(w).lower() for w in words}), None)


def _answer(text: str, column: str, say: _Complaint) -> bool | None:
    if not text.strip():
        return None
    word = _word("answer", text)
    if word is None:
        say(column, "不是「是」或「否」", "请填 yes（是）、no（否）或留空")
    return None if word is None else word == "yes"


def _code(text: str, say: _Complaint) -> str | None:
    """The site code, with a trailing .0 of a spreadsheet repaired; an exponent has lost digits and is refused."""
    code = squeeze(text).lower().removesuffix(".0")
    if not code:
        return None
    if _MANGLED.match(code):
        say("site_code", "被表格软件改成了科学记数，数字已丢失", "请把该列设为文本后重新填写 10 位标识码")
        return None
    if not _CODE.match(code):
        say("site_code", "不是 10 位标识码", "请核对；部委为 bm 加 8 位数字")
        return None
    return code


def _address(text: str, column: str, say: _Complaint) -> str | None:
    """An http(s) address with a host, "/" as the path when there is none; None for an empty cell."""
    address = unicodedata.normalize("NFKC", text).strip()
    if not address:
        return None
    if "://" not in address and not re.match(r"^[a-z]+:(?!\d)", address, re.IGNORECASE):
        address = f"http://{address}"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme.lower() not in ("http", "https"):
        say(column, "不是网页地址", "请填以 http:// 或 https:// 开头的地址")
    elif not host or re.search(r"\s", address):
        say(column, "地址里没有主机名或含有空格", "请填完整地址，例如 http://www.example.gov.cn/")
    elif parts.username or parts.password:
        say(column, "地址里带有用户名或口令", "请去掉 @ 之前的部分")
    else:
        return address if parts.path else address.rstrip("?#") + ("/" if not parts.query else "")
    return None


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads((Path(__file__).parent / "registry.toml").read_text("utf-8"))
    return data
