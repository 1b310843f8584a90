"""Is the annual report (政府信息公开工作年度报告) that is due there, was it in time, and does it say what its form asks?

The contents are judged on the unit's own report of the year that is due, as `report.published` chooses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from db.records import Content, Evidence, Outcome, Report, ReportBody, SiteVisit, Unit
from monitors.report_identities import Sum, form_of, sums, table_of
from monitors.rule import Verdict, failed, na, passed, rule, unknown

_SECTIONS = "一二三四五六"
_TABLES = {"A": "主动公开", "B": "申请", "C": "复议诉讼"}
_NAMED = 8  # faults that a reason names
_HARD = ("A1", "A2", "A3", "A4")
_WORDY = 100  # characters under which two texts are not compared


def year_due(on: date, deadline: str) -> int:
    """The year reported on by the latest report whose deadline ("01-31") has passed on that day."""
    month, day = map(int, deadline.split("-"))
    return on.year - 1 if on > date(on.year, month, day) else on.year - 2


@rule("report.published")
def published(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """The unit's own report on the year that is due is published, and not later than the deadline.

    Why: 条例 art. 49: departments by 31 January, governments by 31 March; the last day counts, holidays do not shift it.
    Searched on the unit's own site, its board, then the page where the city gathers the reports. `late` needs every date
    found (list row, shown, meta, address) after the deadline; dates on both sides are unknown (`dates_disagree`).

    Known problems: a department may lawfully publish on the portal only, so without an annual-report column of its own
    and without a readable gathered page its absence is unknown. A report whose title names neither unit nor year is
    unclear and never costs a point.
    """
    if not unit.annual_report:
        return na("not_required")
    deadline = department if unit.group == "department" else county
    year = year_due(on, deadline)
    own = [r for r in visit.reports if r.year == year and r.owner == "own"]
    if own:
        return _in_time(own, date(year + 1, *map(int, deadline.split("-"))), visit)
    unclear = next((r for r in visit.reports if r.owner == "unclear" and r.year in (year, None)), None)
    if unclear:
        return unknown(
            "not_proven_missing", unclear.evidence or visit.home, value={"year": year, "title": unclear.title}
        )
    return _absent(visit, unit, year)


def _in_time(own: list[Report], last: date, visit: SiteVisit) -> Verdict:
    days = [day for r in own for day in r.dates.values()]
    report = next((r for r in own if r.evidence), own[0])
    value = {
        "title": report.title,
        "url": report.url,
        "deadline": last.isoformat(),
        "dates": [{k: d.isoformat() for k, d in r.dates.items()} for r in own],
    }
    evidence = report.evidence or next(
        (c.evidence for c in visit.columns if c.role == "annual_report" and c.evidence), visit.home
    )
    if not days or all(day <= last for day in days):
        return passed(evidence, value=value, target=report.url)
    if all(day > last for day in days):
        return failed("late", evidence, value=value, target=report.url)
    return unknown("dates_disagree", evidence, value=value, target=report.url)


def _absent(visit: SiteVisit, unit: Unit, year: int) -> Verdict:
    """No such report was seen: missing only where every place it may stand was read."""
    columns = [c for c in visit.columns if c.role == "annual_report"]
    gathered = visit.reports_page
    value = {"year": year, "seen": [r.title for r in visit.reports][:10]}
    if gathered is not None and gathered is not Outcome.OK:
        return unknown(str(gathered), visit.home, value=value)
    shown = next((c for c in columns if c.evidence), None)
    evidence = shown.evidence if shown else visit.home
    if columns:
        blank = all(c.content is Content.BLANK for c in columns)
        if visit.reports_read or blank:
            return failed("missing", evidence, value=value)
        unread = next((c for c in columns if c.outcome is not None and c.outcome is not Outcome.OK), None)
        return unknown(str(unread.outcome) if unread else str(Outcome.NEEDS_RENDER), evidence, value=value)
    if visit.nav_gaps or visit.board_gaps:
        return unknown("not_proven_missing", evidence, value=value)
    if unit.group == "department" and gathered is None:
        return unknown("not_proven_missing", evidence, value=value)
    return failed("missing", evidence, value=value)


# the contents


@rule("report.format")
def format(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """The six sections of the national form stand in the report, in order.

    Why: 30号 (60号 for 2019 and 2020) gives six titles and their order. Wordings that the notices themselves use, and small
    slips of the pen, count as the title; numbers may be written in several ways or be left to Word. The reason lists
    sections that are absent (`missing:三,五`) or else out of place (`disorder:四`).

    Known problems: of a report that is a picture or a scan nothing is known. A heading that is itself a picture is absent.
    """
    found = _to_judge(visit, unit, year_due(on, department if unit.group == "department" else county))
    if isinstance(found, Verdict):
        return found
    report, body = found
    placed = _in_order([number for number, _ in body.sections])
    missing = [n for n in _SECTIONS if n not in dict(body.sections)]
    astray = [n for n in _SECTIONS if n not in placed and n not in missing]
    value = {"sections": [title for _, title in body.sections], "form": body.form}
    if not missing and not astray:
        return passed(_shown(report, body, visit), value=value, target=report.url)
    if body.unseen:
        return unknown(body.unseen, _shown(report, body, visit), value=value, target=report.url)
    titles = "；".join(title for _, title in body.sections) or "没有读到任何一个部分的标题"
    reason = f"missing:{','.join(missing)}" if missing else f"disorder:{','.join(astray)}"
    return failed(reason, _shown(report, body, visit, f"读到的部分：{titles}"), value=value, target=report.url)


@rule("report.tables")
def tables(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """The three statistical tables are there, in the form of the year reported on, with every row and no empty cell.

    Why: 30号 prescribes rows and columns; an empty cell is a fault, 0 is none. Reasons: `wrong_form:60号` (the tables of the
    replaced form), `missing:` with tables (A, B, C) or rows (规章, B3.6.1), `blank:` with cells (B4/商业企业).

    Known problems: a dash or 无 for 0 counts as filled in. Departments leave out the row 规章, which they cannot make; the
    form has it all the same. A table in a picture is unknown (`table_image`).
    """
    found = _to_judge(visit, unit, year_due(on, department if unit.group == "department" else county))
    if isinstance(found, Verdict):
        return found
    report, body = found
    form = form_of(report.year or 0)
    absent = [f"{kind} {name}" for kind, name in _TABLES.items() if table_of(body, kind) is None]
    rows = [row for table in body.tables for row in table.missing]
    blank = [
        f"{row.id}/{column}" for t in body.tables for row in t.rows for column, text in row.cells.items() if not text
    ]
    value = {"form": body.form, "template": body.template, "absent": absent, "rows": rows, "blank": blank[:50]}
    evidence = _shown(report, body, visit)
    if body.template not in (None, form):
        said = _shown(report, body, visit, f"使用{body.template}的表格，{report.year}年度应使用{form}的表格")
        return failed(f"wrong_form:{body.template}", said, value=value, target=report.url)
    if (absent or rows) and not body.unseen:
        names = [*(a.partition(" ")[0] for a in absent), *rows]
        said = _shown(report, body, visit, f"缺少：{'、'.join([*absent, *rows])}")
        return failed(f"missing:{_few(names)}", said, value=value, target=report.url)
    if blank:
        said = _shown(report, body, visit, f"空白单元格：{'、'.join(blank[:_NAMED])}，共 {len(blank)} 处")
        return failed(f"blank:{_few(blank)}", said, value=value, target=report.url)
    if absent or rows:
        return unknown(str(body.unseen), evidence, value=value, target=report.url)
    return passed(evidence, value=value, target=report.url)


@rule("report.arithmetic")
def arithmetic(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """The totals of the tables on applications and on reconsideration and suits are the sums of their parts.

    Why: 30号 prints that item one and two make item three and four (A1); a 总计 is the sum of the results (A2), of the kinds of
    applicants (A3), of the outcomes (A4). The reason lists the identities, the value each cell with its figures.

    Known problems: a blank or a dash counts as 0 where the sum comes out so, and decides nothing where it does not
    (`undecided`). Without any table there is nothing to add up (`na`): `report.tables` has said so.
    """
    found = _to_judge(visit, unit, year_due(on, department if unit.group == "department" else county))
    if isinstance(found, Verdict):
        return found
    report, body = found
    checked = sums(body, only=_HARD)
    broken = [s for s in checked if s.holds is False]
    open_ = [s.cell for s in checked if s.holds is None]
    evidence = _shown(report, body, visit)
    if broken:
        value = [_sum_value(s) for s in broken]
        said = _shown(report, body, visit, "；".join(s.words for s in broken[:3]))
        ids = ",".join(dict.fromkeys(s.identity for s in broken))
        return failed(f"unbalanced:{ids}", said, value=value, target=report.url)
    if body.unseen and any(table_of(body, kind) is None for kind in ("B", "C")):
        return unknown(body.unseen, evidence, target=report.url)
    if open_:
        return unknown(f"undecided:{_few(open_)}", evidence, value=open_[:50], target=report.url)
    if not checked:
        return na("no_tables", evidence)
    return passed(evidence, value={"sums": len(checked)}, target=report.url)


@rule("report.carry_over")
def carry_over(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """What was carried over into the year is what the report of the year before carried out of it, column by column.

    Why: 30号-A5, sound in logic; a hint, because either report may be the wrong one.

    Known problems: after a reorganisation the year before is another body's.
    """
    found = _two_years(visit, unit, year_due(on, department if unit.group == "department" else county))
    if isinstance(found, Verdict):
        return found
    report, body, before = found
    checked = sums(body, before, only=("A5",))
    evidence = _shown(report, body, visit)
    if broken := [s for s in checked if s.holds is False]:
        said = _shown(report, body, visit, "；".join(s.words for s in broken[:3]))
        return failed("unbalanced:A5", said, value=[_sum_value(s) for s in broken], target=report.url)
    if not checked or any(s.holds is None for s in checked):
        return unknown(before.unseen or body.unseen or "undecided", evidence, target=report.url)
    return passed(evidence, target=report.url)


@rule("report.plausible")
def plausible(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """The stock of documents follows from last year's (A6), and the prose says the numbers of the tables (A8).

    Why: 30号-A6 and A8, both hints: a clean-up of the document base breaks A6 lawfully, and prose counts what it likes (the
    applications received may be those of the year alone or with those carried over).

    Known problems: that parts do not exceed the whole (A9) needs the reports of all units and is not looked at.
    """
    found = _to_judge(visit, unit, year_due(on, department if unit.group == "department" else county))
    if isinstance(found, Verdict):
        return found
    report, body = found
    earlier = _best(_of_year(visit, (report.year or 0) - 1))
    compared = [*_stock(body, earlier.body if earlier else None), *_prose(body)]
    evidence = _shown(report, body, visit)
    odd = [(id_, words) for id_, agrees, words in compared if not agrees]
    if odd:
        ids = ",".join(dict.fromkeys(id_ for id_, _ in odd))
        said = _shown(report, body, visit, "；".join(words for _, words in odd[:3]))
        return failed(f"unlikely:{ids}", said, value=[words for _, words in odd], target=report.url)
    if not compared:
        return unknown(body.unseen or "undecided", evidence, target=report.url)
    return passed(evidence, value={"compared": len(compared)}, target=report.url)


@rule("report.text")
def text(
    visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str, chars: int, similarity: float
) -> Verdict:
    """Section one is not too long, section five is not last year's again, section six says whether fees were taken.

    Why: 30号: in principle at most a thousand characters; not the same year after year; fees are stated also when none.
    Likeness is the share of three-character pieces that both texts have. Hints all.

    Known problems: what stands in a picture is not counted.
    """
    found = _to_judge(visit, unit, year_due(on, department if unit.group == "department" else county))
    if isinstance(found, Verdict):
        return found
    report, body = found
    there = dict(body.sections)
    earlier = _best(_of_year(visit, (report.year or 0) - 1))
    alike = _alike(body.problems, earlier.body.problems if earlier and earlier.body else "")
    value = {"length": body.length, "alike": alike, "fees": body.fees}
    faults = []
    if body.length > chars:
        faults.append("length")
    if alike is not None and alike > similarity:
        faults.append("similar")
    if "六" in there and body.fees is None:
        faults.append("fees")
    if faults:
        return failed(",".join(faults), _shown(report, body, visit), value=value, target=report.url)
    if "一" not in there and body.unseen:
        return unknown(body.unseen, _shown(report, body, visit), value=value, target=report.url)
    return passed(_shown(report, body, visit), value=value, target=report.url)


@rule("report.internal_date")
def internal_date(visit: SiteVisit, *, unit: Unit, on: date, county: str, portal: str) -> Verdict:
    """A government's report is out by the date that 30号 sets for its level, well before the statutory one.

    Why: 30号: counties gather and publish by 20 February, cities by 10 March. A hint; 条例 art. 49 decides.

    Known problems: as with `report.published`, a date typed in by hand may be any.
    """
    if not unit.annual_report or unit.group == "department":
        return na("not_required")
    deadline = portal if unit.group == "portal" else county
    year = year_due(on, deadline)
    own = _of_year(visit, year)
    if not own:
        return unknown("not_proven_missing", visit.home, value={"year": year})
    return _in_time(own, date(year + 1, *map(int, deadline.split("-"))), visit)


def _of_year(visit: SiteVisit, year: int) -> list[Report]:
    """The unit's own reports on that year."""
    return [r for r in visit.reports if r.year == year and r.owner == "own"]


def _best(reports: list[Report]) -> Report | None:
    """The one of which most was read."""

    def read(report: Report) -> tuple[int, bool]:
        body = report.body
        return (len(body.sections) + len(body.tables), body.unseen is None) if body else (-1, False)

    return max(reports, key=read, default=None)


def _to_judge(visit: SiteVisit, unit: Unit, year: int) -> tuple[Report, ReportBody] | Verdict:
    """The unit's own report on that year with what stands in it, or the verdict when there is nothing to judge."""
    if not unit.annual_report:
        return na("not_required")
    if form_of(year) is None:
        return na("no_form")
    report = _best(_of_year(visit, year))
    if report is None:
        return unknown("not_proven_missing", visit.home, value={"year": year})
    if report.body is None:
        seen = report.outcome in (None, Outcome.OK)
        return unknown(
            "not_seen_tonight" if seen else str(report.outcome), report.evidence or visit.home, target=report.url
        )
    return report, report.body


def _two_years(visit: SiteVisit, unit: Unit, year: int) -> tuple[Report, ReportBody, ReportBody] | Verdict:
    """The same with the body of the year before."""
    found = _to_judge(visit, unit, year)
    if isinstance(found, Verdict):
        return found
    report, body = found
    before = _best(_of_year(visit, year - 1))
    if before is None:
        return na("no_previous")
    if before.body is None:
        return unknown("not_seen_tonight", before.evidence or _shown(report, body, visit), target=report.url)
    return report, body, before.body


def _shown(report: Report, body: ReportBody, visit: SiteVisit, words: str | None = None) -> Evidence | None:
    """The page or file that was read as evidence, with the words that decided."""
    evidence = body.evidence or report.evidence or visit.home
    return replace(evidence, excerpt=words) if evidence and words else evidence


def _in_order(numbers: list[str]) -> list[str]:
    """The longest run of section numbers that rise."""
    runs: list[list[str]] = [[]]
    for number in numbers:
        before = [run for run in runs if not run or _SECTIONS.index(run[-1]) < _SECTIONS.index(number)]
        runs.append([*max(before, key=len), number])
    return max(runs, key=len)


def _few(names: list[str]) -> str:
    return ",".join(names[:_NAMED]) + (f",+{len(names) - _NAMED}" if len(names) > _NAMED else "")


def _sum_value(broken: Sum) -> dict[str, Any]:
    parts = {cell: figure for cell, figure in broken.parts if figure not in ("", "0")}
    printed, expected = str(broken.printed), str(broken.expected)
    return {"identity": broken.identity, "cell": broken.cell, "printed": printed, "expected": expected, "parts": parts}


def _stock(body: ReportBody, before: ReportBody | None) -> Iterator[tuple[str, bool, str]]:
    """A6: in force now = in force then + made - repealed."""
    now, then = table_of(body, "A"), table_of(before, "A")
    old = {row.id: row.value("现行有效") for row in then.rows} if then else {}
    for row in now.rows if now else ():
        a, b, c, d = old.get(row.id), *map(row.value, ("制发", "废止", "现行有效"))
        if a is not None and b is not None and c is not None and d is not None:
            yield (
                "A6",
                a + b - c == d,
                f"{row.id}：上年现行有效 {a} + 制发 {b} - 废止 {c} = {a + b - c}，本年现行有效 {d}",
            )


def _prose(body: ReportBody) -> Iterator[tuple[str, bool, str]]:
    """A8: numbers that the text says and those that the tables may mean by it."""
    rows = {row.id: row for table in body.tables for row in table.rows}

    def figure(row: str, column: str = "总计") -> int | Decimal | None:
        return rows[row].value(column) if row in rows else None

    direct, after = figure("未经复议直接起诉"), figure("复议后起诉")
    meant = {
        "received": ("收到申请", (figure("B1"), _both(figure("B1"), figure("B2")))),
        "reconsideration": ("行政复议", (figure("行政复议"),)),
        "litigation": ("行政诉讼", (_both(direct, after), direct)),
        "norms": ("现行有效规范性文件", (figure("行政规范性文件", "现行有效"),)),
    }
    for key, number in body.said.items():
        name, figures = meant[key]
        known = [f for f in figures if f is not None]
        if known:
            yield "A8", number in known, f"{name}：正文 {number}，表格 {' 或 '.join(map(str, dict.fromkeys(known)))}"


def _both(one: int | Decimal | None, other: int | Decimal | None) -> int | Decimal | None:
    return None if one is None or other is None else one + other


def _alike(text: str, before: str) -> float | None:
    """The share of three-character pieces that two texts have in common, 0 to 1; None when one is short."""
    if min(len(text), len(before)) < _WORDY:
        return None
    here, there = (Counter(t[n : n + 3] for n in range(len(t) - 2)) for t in (text, before))
    return round(2 * (here & there).total() / (here.total() + there.total()), 3)
