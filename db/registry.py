"""Which units and accounts are watched? Reads the two sheets that the office keeps (contract: Inputs).

A sheet is refused as a whole: every bad row is told at once, with file, line, column, value and what to do, in
Chinese, because a clerk reads it. What Excel does to a sheet (GB18030, apostrophes, 1409000001.0) is undone where
nothing was lost, and refused where something was.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import ipaddress
import os
import re
import tomllib
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.records import Account, Unit

Cell = str | int | float | datetime | None
Line = tuple[int, Sequence[Cell]]  # number of the first text line (or the sheet row), cells

_MOST_BYTES = 20_000_000
_HEADER_WITHIN = 10  # rows above the header may hold a title
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
_SHOWN = 30  # problems told in one message
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060\ufeff\u00ad]+")
_ZERO_WIDTH = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)")
_HOST = re.compile(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]")
_TWO = re.compile(r"[;,|、，；]\s*(https?://|www\.)", re.IGNORECASE)
_EXPONENT = re.compile(r"(\d)(?:\.(\d+))?[eE]\+(\d{2,})")
_WHOLE = re.compile(r"(\d+)\.0*")
_DAY = re.compile(r"\s*((?:19|20)\d{2})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})(?!\d)")
_DAY_NUMBER = re.compile(r"[3-6]\d{4}(?:\.\d+)?")
_SITE_CODE = re.compile(r"\d{10}|[A-Za-z]{2}\d{8}")


class RegistryError(ValueError):
    """A sheet cannot be used. The message is Chinese, for the user; `problems` are its lines one by one."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[str, ...] = tuple(problems) or (message,)


class TableError(ValueError):
    """These bytes are no table; the message says in Chinese why and what to do."""


def read_units(path: Path) -> list[Unit]:
    """The units of a CSV (UTF-8, UTF-16 with mark, GB18030; comma, tab or semicolon) or xlsx sheet, in its order.

    Raises RegistryError with all that is wrong in it.
    """
    sheet = _Sheet.open(path, "units", required=("unit", "group", "site"))
    units: list[Unit] = []
    seen: dict[str, int] = {}
    for row in sheet.rows():
        name = row.name("unit")
        if (before := seen.setdefault(_key(name), row.line)) != row.line and name:
            row.refuse("unit", f"与第 {before} 行重复", "每个单位只占一行，请删去其中一行")
        units.append(
            Unit(
                name=name,
                group=row.one_of("group", "groups"),
                site=row.site(),
                board=row.address("board"),
                reports=row.address("reports"),
                site_code=row.site_code(),
                annual_report=row.yes_no("annual_report") is not False,
                retrofit=row.yes_no("retrofit"),
                self_assessment=row.yes_no("self_assessment"),
                contact=row.number("contact") or None,
                source=row.source,
                extra=row.extra(),
            )
        )
    sheet.finish(empty="没有任何单位")
    return units


def read_accounts(path: Path, units: Iterable[Unit]) -> list[Account]:
    """The accounts of a sheet (forms as for `read_units`) in its order; `unit` is the name as in `units`.

    `address` is an absolute path where the source is an exported file (always for platform `export`), else a URL.
    Raises RegistryError with all that is wrong in it. A missing exported file is no error here: the night says so.
    """
    names = {_key(unit.name): unit.name for unit in units}
    sheet = _Sheet.open(path, "accounts", required=("unit", "platform", "account", "source"))
    accounts: list[Account] = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in sheet.rows():
        canary = row.says("canary") is True
        unit = "" if canary and not row.text("unit") else row.known_unit(names)
        platform, state = row.one_of("platform", "platforms"), state_of(row.text("state"))
        account, source = row.number("account"), masked(row.text("source"))
        if not account:
            row.refuse("account", "是空的", "请填账号名称")
        if (before := seen.setdefault((unit, source, account), row.line)) != row.line:
            row.refuse("account", f"与第 {before} 行重复", "同一单位、账号和数据源只占一行，请删去其中一行")
        accounts.append(
            Account(
                unit,
                platform,
                account,
                source,
                "" if state == "closed" and not source else row.feed_or_file(platform),
                row=row.source,
                extra=row.extra(),
                account_id=digits_of(row.text("account_id")) or None,
                state=state,
                closed_on=day_of(row.cell("closed_on")),
                canary=canary,
                retrofit=row.says("retrofit"),
                self_assessment=row.says("self_assessment"),
            )
        )
    sheet.finish()
    return accounts


def platform_of(account: Account) -> str | None:
    """The platform that the account is on; for a feed or an exported table, what its address tells, else None."""
    if account.platform not in ("feed", "export", "manual"):
        return account.platform
    shapes: Mapping[str, str] = _data()["accounts"]["shapes"]
    return next((name for name, form in shapes.items() if re.search(form, account.address, re.IGNORECASE)), None)


def platform_named(text: str) -> str | None:
    """The platform that these words name (微信公众号), or None."""
    word = squeezed(text)
    known: Mapping[str, Sequence[str]] = _data()["accounts"]["platforms"]
    return next((name for name, forms in known.items() if word in map(squeezed, forms)), None)


def platform_title(platform: str | None) -> str:
    """What a person calls the platform; 未知平台 for None."""
    forms: Sequence[str] | None = _data()["accounts"]["platforms"].get(platform)
    return forms[1] if forms else platform or "未知平台"


def state_of(text: str) -> str:
    """closed or open for the words of a filed state; "" for any other or none."""
    word = squeezed(text)
    states: Mapping[str, Sequence[str]] = _data()["accounts"]["states"]
    return next((name for name, forms in states.items() if word in map(squeezed, forms)), "")


def day_of(cell: Cell) -> date | None:
    """The day in a cell: a date, a spreadsheet's day number, 2023-08-03, 2023/8/3, 2023年8月3日, 20230803; else None."""
    if isinstance(cell, datetime):
        return cell.date()
    text = cell_text(cell)
    found = _DAY.match(text)
    with suppress(ValueError, OverflowError):
        if found:
            return date(*map(int, found.groups()))
        if _DAY_NUMBER.fullmatch(text):
            return date(1899, 12, 30) + timedelta(days=int(float(text)))
    return None


def masked(address: str) -> str:
    """The address with `***` for every value that is an access key; everything else as it stands."""
    return _key_values().sub(r"\1***", address)


def collector(address: str) -> str:
    """What collects the posts of a source: its host, and the first folder below it where there is one; "" for a file.

    The routes of one self-hosted collector (/weibo/…, /douyin/…) live and die apart.
    """
    if "://" not in address:
        return ""
    parts = urlsplit(address)
    folders = parts.path.strip("/").split("/")[:-1]
    return f"{parts.netloc.lower()}/{folders[0]}" if folders else parts.netloc.lower()


def headers_of(kind: str) -> Mapping[str, Sequence[str]]:
    """How the columns of that kind of table may be headed: units, accounts, filing."""
    found: Mapping[str, Sequence[str]] = _data()[kind]["headers"]
    return found


# tables as such; crawler/platforms/export.py reads exported posts through these


def decode_text(data: bytes) -> tuple[str, bool]:
    """Text of a file that names no charset, and whether bytes in it are damaged (shown as U+FFFD).

    A byte-order mark decides; else UTF-8 when the bytes obey it, or nearly; else GB18030.
    """
    for mark, charset in _MARKS:
        if data.startswith(mark):
            text = data.decode(charset, "replace")
            return text, "\ufffd" in text
    utf8 = data.decode("utf-8", "replace")
    if "\ufffd" not in utf8:
        return utf8, False
    good = sum(ord(c) > 127 and c != "\ufffd" for c in utf8)
    if good > 10 * utf8.count("\ufffd"):  # GB18030 read as UTF-8 is nearly all damage
        return utf8, True
    text = data.decode("gb18030", "replace")
    return text, "\ufffd" in text


def csv_lines(text: str, delimiter: str, *, strict: bool = True) -> list[Line]:
    """Rows of delimited text with the number of their first line; blank rows are left out.

    Raises TableError for quotes that do not close; with `strict` False each text line is then a row by itself.
    """
    try:
        return list(_csv_lines(text, delimiter))
    except csv.Error as error:
        if strict:
            raise TableError(f"引号不成对或单元格过长（{error}）。请用 Excel 打开后另存为 CSV") from error
    lines = enumerate(text.splitlines(), 1)
    try:
        return [(n, cells) for n, line in lines for cells in csv.reader([line], delimiter=delimiter) if any(cells)]
    except csv.Error as error:
        raise TableError(f"单元格过长（{error}）。请用 Excel 打开后另存为 CSV") from error


def workbook_sheets(data: bytes) -> Iterator[tuple[bool, list[Line]]]:
    """For each sheet of an xlsx: whether its day numbers count from 1904, and its rows that hold something.

    Raises TableError when it cannot be opened.
    """
    import openpyxl  # takes longer to load than a child process has to read
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            if hasattr(sheet, "reset_dimensions"):
                sheet.reset_dimensions()  # some writers declare A1 as the whole sheet
            rows = enumerate(sheet.iter_rows(values_only=True), 1)
            yield book.epoch == CALENDAR_MAC_1904, [(n, [_cell(v) for v in row]) for n, row in rows if _holds(row)]
    except TableError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes it stumble over
        broken = isinstance(error, zipfile.BadZipFile)
        why = "文件不完整" if broken else f"{type(error).__name__}: {error}"
        raise TableError(f"不是能打开的 xlsx 工作簿（{why}）。请用 Excel 打开后另存为 xlsx 或 CSV") from error


def delimiters(text: str) -> list[str]:
    """The delimiters to try for this text, likeliest first; Excel's `sep=` line decides."""
    if said := re.match(r"sep=(.)[\r\n]", text, re.IGNORECASE):
        return [said[1]]
    head = text[:4000]
    return sorted(",\t;", key=lambda mark: -head.count(mark))


def find_header(
    lines: Sequence[Line], headers: Mapping[str, Sequence[str]], required: Iterable[str], within: int = _HEADER_WITHIN
) -> tuple[int, dict[str, int]] | None:
    """Place of the header row in `lines` and the column of each known name; None when no row has all required names.

    Raises TableError when two columns of that row bear the very same known name.
    """
    needed = set(required)
    for at, (_, cells) in enumerate(lines[:within]):
        columns = _columns(cells, headers)
        if needed <= columns.keys():
            return at, columns
    return None


def squeezed(text: str) -> str:
    """For comparing: NFKC, no white space, lower case, without `_`, `-` and `*`."""
    key = _key(text).lower()
    return re.sub(r"[_*-]", "", key) or key


# one sheet of the registry


@dataclass(slots=True)
class _Sheet:
    """A sheet with its header found; collects what is wrong with its rows."""

    path: Path
    kind: str
    header: Sequence[Cell]
    columns: dict[str, int]
    lines: Sequence[Line]
    problems: list[str] = field(default_factory=list)
    read: int = 0

    @classmethod
    def open(cls, path: Path, kind: str, *, required: Sequence[str]) -> _Sheet:
        headers = _data()[kind]["headers"]
        try:
            tables = []
            for lines in _tables(_bytes(path)):
                tables.append(lines)
                if found := find_header(lines, headers, required):
                    at, columns = found
                    return cls(path, kind, lines[at][1], columns, lines[at + 1 :])
        except TableError as error:
            raise RegistryError(f"{path}：{error}。") from error
        filled = [lines for lines in tables if lines]
        if not filled:
            raise RegistryError(f"{path}：文件是空的。第一行应为表头：{_wanted(headers, required)}。")
        best = max(filled, key=lambda lines: len(_columns(lines[0][1], headers)))
        line, cells = best[0]
        missing = [name for name in required if name not in _columns(cells, headers)]
        shown = "、".join(text for cell in cells if (text := cell_text(cell)))[:120]
        raise RegistryError(
            f"{path} 第 {line} 行：表头缺少 {_wanted(headers, missing)}；现有表头为 “{shown}”。请补上所缺的列。"
        )

    def rows(self) -> Iterator[_Row]:
        for line, cells in self.lines:
            self.read += 1
            row = _Row(self, line, cells)
            if beyond := [text for cell in cells[len(self.header) :] if (text := cell_text(cell))]:
                self.problems.append(
                    f"{self.path} 第 {line} 行：比表头多出 {len(beyond)} 格，从 “{beyond[0][:60]}” 起。"
                    "单元格内容含逗号时请用英文双引号括起，或在 Excel 中改好再保存。"
                )
                continue
            yield row

    def finish(self, *, empty: str | None = None) -> None:
        """Raise what was collected; `empty` says what it means when there are no rows at all (None: that is fine)."""
        if not self.read and empty:
            raise RegistryError(f"{self.path}：只有表头，{empty}。请至少填一行。")
        if self.problems:
            told = self.problems[:_SHOWN]
            if more := len(self.problems) - len(told):
                told = [*told, f"……另有 {more} 处，改好以上各处后再试。"]
            raise RegistryError("\n".join(told), self.problems)


@dataclass(slots=True)
class _Row:
    """One row; each reader returns a value or notes why it is refused, and returns something harmless."""

    sheet: _Sheet
    line: int
    cells: Sequence[Cell]

    @property
    def source(self) -> str:
        return f"{self.sheet.path.name}:{self.line}"

    def refuse(self, column: str, wrong: str, remedy: str) -> None:
        title = cell_text(self.sheet.header[self.sheet.columns[column]])
        value = masked(self.text(column))[:80].replace("\n", " ")
        self.sheet.problems.append(f"{self.sheet.path} 第 {self.line} 行 “{title}” 列 “{value}”：{wrong}。{remedy}。")

    def cell(self, column: str) -> Cell:
        at = self.sheet.columns.get(column)
        return self.cells[at] if at is not None and at < len(self.cells) else None

    def text(self, column: str) -> str:
        return cell_text(self.cell(column))

    def says(self, column: str) -> bool | None:
        """Yes or no where the cell says so; anything else, which the cell may also hold, is None."""
        word = squeezed(self.text(column))
        return True if _says(word, "yes") else False if _says(word, "no") else None

    def name(self, column: str) -> str:
        name = _INVISIBLE.sub("", self.text(column))
        if not name:
            self.refuse(column, "是空的", "请填单位名称，或删去这一行")
        return name

    def known_unit(self, names: Mapping[str, str]) -> str:
        name = self.name("unit")
        if name and _key(name) not in names:
            near = difflib.get_close_matches(_key(name), names, 1)
            hint = f"是否为 “{names[near[0]]}”？" if near else ""
            self.refuse("unit", "单位登记表里没有这个单位", f"{hint}请改成登记表里的名称，或先在登记表中加上它")
        return names.get(_key(name), name)

    def one_of(self, column: str, values: str) -> str:
        known: Mapping[str, Sequence[str]] = _data()[self.sheet.kind][values]
        word = squeezed(self.text(column))
        for value, forms in known.items():
            if word in map(squeezed, forms):
                return value
        choices = "、".join(f"{value}（{forms[1]}）" for value, forms in known.items())
        self.refuse(column, "不认识的值" if word else "是空的", f"请填 {choices} 之一")
        return ""

    def yes_no(self, column: str) -> bool | None:
        word = squeezed(self.text(column))
        if not word:
            return None
        for value, answer in (("yes", True), ("no", False)):
            if _says(word, value):
                return answer
        self.refuse(column, "应为 是 或 否", "请填 是（yes）、否（no），不清楚请留空")
        return None

    def number(self, column: str) -> str:
        """Text in which Excel may have turned a long number into 1409000001.0 or 1.409E+09."""
        text = self.text(column)
        whole = digits_of(text)
        if whole is None:
            self.refuse(column, "被 Excel 改成科学计数，后面的数字已丢失", "请把该列设为文本格式，重新填写完整数字")
        return text if whole is None else whole

    def site_code(self) -> str | None:
        before = len(self.sheet.problems)
        code = "".join(self.number("site_code").split())
        if not code or _says(squeezed(code), "nothing"):
            return None
        if len(self.sheet.problems) == before and not _SITE_CODE.fullmatch(code):
            self.refuse("site_code", "网站标识码应为 10 位数字", "请对照网站页脚核对，不清楚请留空")
        return code

    def site(self) -> str | None:
        word = squeezed(self.text("site"))
        if _says(word, "no_platform"):
            return ""
        return self._address("site", "没有网站请填 无，不清楚请留空") if self.text("site") else None

    def address(self, column: str) -> str | None:
        text = self.text(column)
        return None if not text or _says(squeezed(text), "nothing") else self._address(column, "没有请留空")

    def feed_or_file(self, platform: str) -> str:
        """The source made absolute: a URL, or the path of an exported file beside the sheet."""
        text = self.text("source")
        if not text:
            self.refuse("source", "是空的", "请填订阅地址，或导出文件的路径（相对于本表所在的文件夹）")
            return ""
        is_file = platform == "export" or _ends_as_table(text)
        if not is_file or _SCHEME.match(text) or text.startswith("//"):
            if platform == "export":
                self.refuse("source", "导出文件应是路径，不是网址", "请先下载，再填文件路径（相对于本表所在的文件夹）")
                return ""
            return self._address("source", "订阅源请填完整网址")
        if platform == "feed":
            self.refuse("source", "不是网址", "平台为 feed 时请填订阅地址；是导出文件时，平台请填 export")
            return ""
        return os.path.abspath(self.sheet.path.parent / text.replace("\\", "/"))

    def _address(self, column: str, otherwise: str) -> str:
        try:
            return web_address(self.text(column))
        except ValueError as error:
            self.refuse(column, str(error), f"请填形如 http://www.example.gov.cn/ 的网址；{otherwise}")
            return ""

    def extra(self) -> dict[str, str]:
        """Cells of the columns we do not know, by their header; a column without header is 第N列."""
        known = set(self.sheet.columns.values())
        kept: dict[str, str] = {}
        for at, cell in enumerate(self.cells):
            if at in known or not (text := cell_text(cell)):
                continue
            title = cell_text(self.sheet.header[at]) or f"第{at + 1}列"
            kept[title if title not in kept else f"{title}（第{at + 1}列）"] = text
        return kept


# cells


def cell_text(cell: Cell) -> str:
    """A cell as a person meant it: whole numbers without `.0`, without Excel's text marks (`'123`, `="123"`)."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(cell, int | float) and abs(cell) >= _EXACT:
        return f"{cell:.2E}"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    text = _ZERO_WIDTH.sub("", str(cell)).strip()
    if formula := re.fullmatch(r'="(.*)"', text):
        text = formula[1]
    return text[1:].strip() if text[:1] in ("'", "’") else text


def digits_of(text: str) -> str | None:
    """`text` with a number restored that Excel rewrote without loss; None when digits were lost; else `text` itself."""
    if whole := _WHOLE.fullmatch(text):
        return whole[1]
    if power := _EXPONENT.fullmatch(text):
        return str(int(Decimal(text))) if len(power[2] or "") >= int(power[3]) else None
    return text


def web_address(text: str) -> str:
    """An http or https address; `http://` is put before one without scheme, full-width characters of the host are made
    plain. Raises ValueError, saying in Chinese what is wrong.
    """
    split = re.match(r"([^/\\?#／]*[:：][/／]{2})?([^/?#／]*)(.*)", text, re.DOTALL)
    assert split is not None  # every part may be empty
    address = unicodedata.normalize("NFKC", (split[1] or "") + split[2]) + split[3].replace("／", "/", 1)
    if re.search(r"\s", address):
        raise ValueError("网址中有空格或换行")
    if address.startswith("//"):
        address = f"http:{address}"
    if scheme := _SCHEME.match(address):
        if scheme[1].lower() not in ("http", "https"):
            raise ValueError(f"不支持 {scheme[1]}: 开头的地址，只能是 http 或 https")
        if not address[scheme.end() :].startswith("//"):
            raise ValueError(f"{scheme[1]}: 后面应是两条斜线 //")
    else:
        address = f"http://{address}"
    if _TWO.search(address):
        raise ValueError("一格里有多个网址")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("网址的主机名或端口不对") from None
    if "@" in parts.netloc:
        raise ValueError("网址中带有用户名或密码")
    if not host:
        raise ValueError("网址没有主机名")
    if not _is_host(host, parts.netloc):
        raise ValueError(f"“{host}” 不是完整的域名")
    return address


def _is_host(host: str, netloc: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return True
    labels = host.removesuffix(".").split(".")
    if host == "localhost":
        return True
    if not _HOST.fullmatch(host) or netloc.startswith("[") or len(labels) < 2 or not all(labels):
        return False
    return not labels[-1].isdigit()  # 10.1.1 or 1409000001.0


def _tables(data: bytes) -> Iterator[list[Line]]:
    """The sheets that these bytes can be read as."""
    if data.startswith(b"PK\x03\x04"):
        yield from (lines for _, lines in workbook_sheets(data))
        return
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("是旧版 xls 或加密的工作簿。请用 Excel 打开后另存为 xlsx 或 CSV")
    text, damaged = decode_text(data)
    if "\0" in text:
        raise TableError("不是文本表格（内含二进制数据，或是没有标记的 UTF-16）。请另存为 UTF-8 的 CSV 或 xlsx")
    if damaged:
        line = text[: text.index("\ufffd")].count("\n") + 1
        raise TableError(f"第 {line} 行有损坏的字节，不是完整的 UTF-8 或 GB18030。请用 Excel 打开核对后另存为 CSV")
    likeliest, *others = delimiters(text)
    yield csv_lines(text, likeliest)
    for mark in others:
        with suppress(TableError):
            yield csv_lines(text, mark)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RegistryError(f"{path}：超过 {_MOST_BYTES // 1_000_000} MB，不像是登记表。请核对文件。")
        return path.read_bytes()
    except FileNotFoundError:
        raise RegistryError(f"{path}：文件不存在。请核对路径。") from None
    except IsADirectoryError:
        raise RegistryError(f"{path}：是文件夹，不是文件。请写到文件名为止。") from None
    except OSError as error:
        raise RegistryError(f"{path}：无法读取（{error.strerror}）。请核对文件权限。") from error


def _csv_lines(text: str, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    first = 1
    for cells in reader:
        if any(cell.strip() for cell in cells) and not (first == 1 and re.match(r"sep=", cells[0], re.IGNORECASE)):
            yield first, cells
        first = reader.line_num + 1


def _columns(cells: Sequence[Cell], headers: Mapping[str, Sequence[str]]) -> dict[str, int]:
    names = [squeezed(cell) if isinstance(cell, str) else "" for cell in cells]
    columns = {}
    for column, forms in headers.items():
        for form in map(squeezed, forms):
            if names.count(form) > 1:
                raise TableError(f"表头里有两列 “{form}”。请删去或改名其中一列")
            if form in names:
                columns[column] = names.index(form)
                break
    return columns


def _cell(value: Any) -> Cell:
    """A workbook cell as one of the kinds we handle; truth values as 是 and 否, other kinds as text."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if value is None or isinstance(value, str | int | float | datetime) else str(value)


def _holds(cells: Sequence[Any]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in cells)


def _wanted(headers: Mapping[str, Sequence[str]], names: Iterable[str]) -> str:
    return "、".join(f"{name}（{headers[name][1]}）" for name in names)


def _ends_as_table(text: str) -> bool:
    return text.rpartition(".")[2].lower() in _data()["files"]["tables"]


def _says(word: str, value: str) -> bool:
    return word in _words(value)


@cache
def _key_values() -> re.Pattern[str]:
    names = "|".join(map(re.escape, _data()["secrets"]["parameters"]))
    return re.compile(rf"([?&;](?:{names})=)[^&#;\s]+", re.IGNORECASE)


@cache
def _words(value: str) -> frozenset[str]:
    return frozenset(map(squeezed, _data()["values"][value]))


def _key(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


@cache
def _data() -> dict[str, Any]:
    data = tomllib.loads((Path(__file__).parent / "registry.toml").read_text("utf-8"))
    return data
