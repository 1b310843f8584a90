"""Which accounts has the office filed with the national reporting system? Its export, as it comes (new-media.md 7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from crawler.platforms.source import read_count
from crawler.platforms.tables import sheets
from db.records import Filing, Unit
from db.registry import (
    Cell,
    Line,
    RegistryError,
    TableError,
    cell_text,
    day_of,
    digits_of,
    find_header,
    headers_of,
    platform_named,
    squeezed,
    state_of,
)

_REQUIRED = ("account", "platform")
_WITHIN = 10  # rows above the header may hold a title
_MOST_BYTES = 50_000_000
_TOTAL = re.compile(r"^(合计|总计|小计|共计|汇总)")
_CITY = re.compile(r"^(市|县|区)(?=.{2,})")  # 市财政局 is filed as 忻州市财政局


def read_filing(path: Path, units: Iterable[Unit]) -> list[Filing]:
    """The accounts of the export in its order, of all its sheets; xls, xlsx, csv or HTML called xls.

    Header rows may be two, cells of unit and platform merged downward, a line of totals may end it. Raises RegistryError
    where the file cannot be read or has no such header. People's names and numbers are not taken over.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RegistryError(f"{path}：超过 {_MOST_BYTES // 1_000_000} MB，不像是报送系统的导出表。请核对文件。")
        data = path.read_bytes()
        found = list(_filings(data, path.name, list(units)))
    except OSError as error:
        raise RegistryError(f"{path}：无法读取（{error.strerror}）。请核对路径和权限。") from error
    except TableError as error:
        raise RegistryError(f"{path}：{error}。") from error
    if not found:
        raise RegistryError(
            f"{path}：没有找到账号（表头需有 账号名称、平台 等列，其下至少一行）。请核对是否为报送系统的导出表。"
        )
    return found


def unit_of(sponsor: str, units: Sequence[Unit]) -> str:
    """The registered unit that a 主办单位 is, or belongs to; "" where none or more than one fits.

    A county stands before its own bureaux (原平市财政局 is 原平市's), a bureau of the city bears the city's name
    (忻州市财政局 is 市财政局).
    """
    word = squeezed(sponsor)
    exact = [u.name for u in units if squeezed(u.name) == word]
    if exact:
        return exact[0]
    below = [u.name for u in units if u.group != "department" and word.startswith(squeezed(u.name))]
    stems = [(squeezed(_CITY.sub("", u.name)), u.name) for u in units if u.group == "department"]
    of_city = [name for stem, name in stems if word.endswith(stem) or f"{stem}办公室" in word]
    fits = below or of_city
    return fits[0] if len(fits) == 1 else ""


def _filings(data: bytes, name: str, units: list[Unit]) -> Iterator[Filing]:
    for sheet in sheets(data, lambda lines: _headed(lines) is not None):
        headed = _headed(sheet.lines)
        if headed is not None:
            yield from _rows(*headed, name, units)


def _headed(lines: Sequence[Line]) -> tuple[Mapping[str, int], Sequence[Line]] | None:
    """The columns and the rows below the header, which may be one row or two; None when there is none."""
    headers = headers_of("filing")
    best: tuple[Mapping[str, int], Sequence[Line]] | None = None
    for n, (line, cells) in enumerate(lines[:_WITHIN]):
        upper = lines[n - 1][1] if n else ()
        both = [_at(cells, i) or _at(upper, i) for i in range(max(len(cells), len(upper)))]
        for shown in (cells, both):  # what a merged cell of two rows says stands in the upper one
            found = find_header([(line, shown)], headers, _REQUIRED)
            if found and (best is None or len(found[1]) > len(best[0])):
                best = found[1], lines[n + 1 :]
    return best


def _rows(columns: Mapping[str, int], lines: Sequence[Line], name: str, units: list[Unit]) -> Iterator[Filing]:
    above: dict[str, str] = {}
    for line, cells in lines:
        row = {column: _at(cells, at) for column, at in columns.items()}
        said = {column: _plain(cell) for column, cell in row.items()}
        if not said["account"] or any(_TOTAL.match(_plain(cell)) for cell in cells[:2]):
            continue
        for column in ("unit", "platform", "supervisor"):  # merged downward: only the first row of a block says it
            if column in said:
                above[column] = said[column] = said[column] or above.get(column, "")
        id_ = said.get("account_id", "")
        whole = digits_of(id_)
        yield Filing(
            unit=unit_of(said.get("unit", ""), units),
            sponsor=said.get("unit", ""),
            platform=platform_named(said["platform"]) or "other",
            account=said["account"],
            account_id=whole or None,
            spoilt_id=id_ if id_ and whole is None else None,
            supervisor=said.get("supervisor") or None,
            level=said.get("level") or None,
            state=state_of(said.get("state", "")),
            opened_on=day_of(row.get("opened_on")),
            filed_on=day_of(row.get("filed_on")),
            closed_on=day_of(row.get("closed_on")),
            followers=read_count(said.get("followers", "")),
            code=said.get("code") or None,
            row=f"{name}:{line}",
        )


def _at(cells: Sequence[Cell], n: int) -> Cell:
    return cells[n] if n < len(cells) else None


def _plain(cell: Cell) -> str:
    """The cell as text, full-width letters and digits made plain, without white space."""
    return "".join(unicodedata.normalize("NFKC", cell_text(cell)).split())
