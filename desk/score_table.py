"""How do the parts of the assessment come in, and how does the table go out? (contract: wangkao table)"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

from db import facts
from db.records import Unit
from db.registry import squeezed
from desk.files import no_formula, replacing
from desk.score_book import draw_table, draw_template
from desk.sheets import Headers, Row, SheetProblem, read_sheet
from monitors.table import PARTS, Decision, Line, NoMark, Part, Parts, group_of, groups, mark
from schedules.period import Assessment, assessed, named, online_parts

COLUMNS = ("unit", "group", *PARTS, "bonus", "remark")
FORMATS = (".csv", ".xlsx")
TITLE = "政务公开工作考核成绩汇总表"


def read_parts(path: Path) -> list[Parts]:
    """The parts of all units, in the order of the sheet. Raises SheetProblem with all that is wrong in it."""
    headers = _headers("parts")
    sheet = read_sheet(path, headers, ("unit", "group", *PARTS, "bonus"))
    seen: dict[str, str] = {}
    found = []
    for row in sheet.rows():
        unit, group = row.name("unit"), _group(row)
        if unit and (before := seen.setdefault(squeezed(unit), row.place)) != row.place:
            row.refuse("unit", f"与{before.removeprefix(str(path))} 重复", "每个单位只占一行，请删去其中一行")
        full = groups()[group].full if group else {}
        written, online, consultation = (_mark(row, part, full.get(part)) for part in PARTS)
        bonus = _mark(row, "bonus", None)
        found.append(Parts(unit, group, written, online, consultation, bonus, row.text("remark"), row.extra()))
    sheet.finish(empty="没有任何单位")
    return found


def read_decisions(path: Path) -> list[Decision]:
    """Which units the office ranks behind others of the same total. Raises SheetProblem with all that is wrong."""
    sheet = read_sheet(path, _headers("decisions"), ("unit", "after", "why"))
    found = []
    for row in sheet.rows():
        unit, after, why = row.name("unit"), row.name("after"), row.text("why")
        if not why:
            row.refuse("why", "是空的", "请写明为什么排在其后，理由会印在表中")
        found.append(Decision(unit, after, why, row.place))
    sheet.finish()
    return found


def write_table(lines: Sequence[Line], out: Path, *, title: str = TITLE, note: str = "") -> None:
    """Write the table as .csv (keys of the contract, with a mark that Excel reads) or .xlsx (as the circular prints it, `note` under it).

    An old file is replaced once the new one is whole. Raises OSError, and SheetProblem for any other ending.
    """
    form = form_of(out)
    with replacing(out) as new:
        if form == ".csv":
            new.write_text(text(lines), "utf-8-sig", newline="")
        else:
            draw_table(lines, new, title=title, note=note)


def sealed_note(path: Path, period: str, lines: Sequence[Line]) -> str:
    """What is printed under a table of that period: its days, and the digest where it is sealed.

    Raises SheetProblem where 网上考核 of the table is not that of the period, and PeriodProblem where there is no such period.
    """
    db = facts.open_database(path, create=False)
    try:
        made = assessed(db, named(db, period))
    finally:
        db.close()
    if wrong := differing(lines, made):
        raise SheetProblem(wrong)
    return made.period.words


def differing(lines: Sequence[Line], made: Assessment) -> list[str]:
    """Where the table and the period do not agree about 网上考核, a sentence each: a digest must not stand under other numbers."""
    known, problems = online_parts(made), []
    for line in lines:
        mark = known.get(squeezed(line.parts.unit)) or known.get(line.parts.unit)
        if mark is None:
            problems.append(f"考核期 {made.period.name} 没有 “{line.parts.unit}” 的网上考核得分。请核对单位和考核期。")
        elif mark[0] != line.parts.online:
            said = f"得分表为 {line.parts.online}，考核期 {made.period.name} 为 {mark[0]}"
            problems.append(
                f"“{line.parts.unit}” 的网上考核得分：{said}。请用 wangkao table --template --period 重新导出。"
            )
    return problems


def write_template(
    units: Sequence[Unit], out: Path, online: Mapping[str, tuple[Part, str]] | None = None, words: str = ""
) -> int:
    """Write the form for the parts of the ranked units and return how many they are; errors as for `write_table`.

    online  by unit the part that is known already, and its remark      words  where it comes from, printed with the explanations
    """
    form_of(out, (".xlsx",))
    ranked = [unit for unit in units if unit.group in groups()]
    if not ranked:
        raise SheetProblem(["登记表中没有参加排名的单位。请先用 wangkao run 导入单位登记表。"])
    with replacing(out) as new:
        draw_template(ranked, new, online or {}, words)
    return len(ranked)


def form_of(out: Path, forms: Sequence[str] = FORMATS) -> str:
    """The ending that says how to write; raises SheetProblem for any but these."""
    form = out.suffix.lower()
    if form not in forms:
        raise SheetProblem([f"{out}：不认识的格式 “{out.suffix}”。输出文件名请以 {' 或 '.join(forms)} 结尾。"])
    return form


def text(lines: Sequence[Line]) -> str:
    """The table as CSV: the columns of the parts, those we do not know, total and rank; `decision` where there is one."""
    extra = list(dict.fromkeys(title for line in lines for title in line.parts.extra))
    decided = any(line.decisions for line in lines)
    buffer = io.StringIO(newline="")
    table = csv.writer(buffer)
    table.writerow([*COLUMNS, *map(no_formula, extra), "total", "rank", *(["decision"] if decided else [])])
    for line in lines:
        parts = line.parts
        cells: list[Part | int] = [parts.unit, parts.group, parts.written, parts.online, parts.consultation]
        cells += [parts.bonus, parts.remark, *(parts.extra.get(title, "") for title in extra), line.total, line.rank]
        if decided:
            cells.append("；".join(f"排在{d.after}之后：{d.why}" for d in line.decisions))
        table.writerow([f"{cell:f}" if isinstance(cell, Decimal) else no_formula(cell) for cell in cells])
    return buffer.getvalue()


def _group(row: Row) -> str:
    """The group of a row, "" for one that was refused."""
    said = row.text("group")
    group = group_of(said)
    choices = "、".join(f"{g.name}（{g.sheet}）" for g in groups().values())
    if group is None:
        row.refuse("group", "不认识的类别" if said else "是空的", f"请填 {choices} 之一")
    elif not group:
        row.refuse("group", "这一类不参加排名", f"参加排名的是 {choices}，请删去这一行")
    return group or ""


def _mark(row: Row, part: str, full: Decimal | None) -> Part:
    said = row.text(part)
    if part != "bonus" and isinstance(row.cell(part), int | float) and "." not in said:
        said += ".0"  # a spreadsheet keeps 24.0 as 24
    try:
        return mark(said, full, optional=part == "bonus")
    except NoMark as error:
        row.refuse(part, error.wrong, error.remedy)
        return ""


@cache
def _headers(kind: str) -> Headers:
    headers: Headers = tomllib.loads((Path(__file__).parent / "score_table.toml").read_text("utf-8"))[kind]
    return headers
