"""The contents of annual reports, judged: triplets (the same shape as in test_rules), reasons, values, evidence, points."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from crawler.extract.page import Page
from crawler.extract.report_body import read_report_body
from db.records import Evidence, Outcome, Report, ReportBody
from monitors.report_identities import form_of
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.extract import made_reports as made
from tests.extract.made_reports import HEADINGS, Figures
from tests.monitors.made import AT, ON, SITE, a_case, a_unit, a_visit

RUBRIC = load_rubric()
REPORT = a_visit().reports[0]
FILE = Evidence(f"{SITE}r.docx", AT, 200, "ef" * 32)


def body(figures: Figures | None = None, headings=HEADINGS, html="") -> ReportBody:
    return read_report_body(Page(f"{SITE}r", html or made.page(figures or Figures(), headings)))


def case(*reports: Report, **named):
    return a_case(a_visit(reports=reports), **named)


def of(read: ReportBody | None, **named):
    return case(replace(REPORT, body=read, **named))


def two_years(now: ReportBody | None, before: ReportBody | None):
    return case(replace(REPORT, body=now), replace(REPORT, url=f"{SITE}b", year=2024, body=before))


def with_cell(name: str, text: str, figures: Figures | None = None) -> Figures:
    figures = figures or Figures()
    row, at = figures.cell(name)
    row[at] = text
    return figures


def cut(table: str, into: str = "") -> ReportBody:
    """A report whose table is replaced by something else."""
    made_table = {"A": made.html_a, "B": made.html_b, "C": made.html_c}[table](Figures())
    return body(html=made.page(Figures()).replace(made_table, into))


def prose(words: str, section: int = 1, without: str = "") -> ReportBody:
    """A report with these words at the end of that section."""
    heading = f"<p>{HEADINGS[section]}"
    return body(html=made.page(Figures()).replace(heading, f"<p>{words}</p>{heading}").replace(without, ""))


def stock(now: int, was: int, made_: int = 0) -> tuple[ReportBody, ReportBody]:
    this, last = Figures(), Figures()
    this.a[1], last.a[1] = [str(made_), "0", str(now)], ["0", "0", str(was)]
    return body(this), body(last)


SCAN = ReportBody("pdf", unseen="table_image")
NO_ROOM = ReportBody("doc", unseen="no_converter")
OLD_FORM = replace(body(), template="60号")
UNBALANCED = body(with_cell("B3.7/总计", "1"))
LONG = prose("本机关扎实推进公开工作。" * 100)
SAME = "一是公开的内容还不够全面，二是公开的时效还有待提高，三是业务培训还需加强。" * 4

CASES = [
    ("report.format", case(REPORT), "pass", None),
    ("report.format", of(body(headings=HEADINGS[:4])), "fail", "missing:五,六"),
    ("report.format", of(body(headings=[HEADINGS[n] for n in (0, 2, 1, 3, 4, 5)])), "fail", "disorder:二"),
    ("report.format", of(SCAN), "unknown", "table_image"),
    ("report.format", of(None, outcome=Outcome.HTTP_ERROR), "unknown", "http_error"),
    ("report.format", of(None), "unknown", "not_seen_tonight"),
    ("report.format", of(NO_ROOM), "unknown", "no_converter"),
    ("report.format", of(body(headings=HEADINGS[:4]), owner="unclear"), "unknown", "not_proven_missing"),
    ("report.format", of(REPORT.body, year=2024), "na", "explained_by:report.published"),
    ("report.format", of(REPORT.body, dates={"row": date(2026, 5, 1)}), "pass", None),  # late, and judged all the same
    ("report.format", of(REPORT.body, dates={"row": date(2026, 5, 1), "url": date(2026, 1, 9)}), "pass", None),
    ("report.format", case(REPORT, unit=a_unit(annual_report=False)), "na", "not_required"),
    ("report.tables", case(REPORT), "pass", None),
    ("report.tables", of(body(with_cell("B4/商业企业", ""))), "fail", "blank:B4/商业企业"),
    ("report.tables", of(body(with_cell("B4/商业企业", "/"))), "pass", None),
    ("report.tables", of(cut("B")), "fail", "missing:B"),
    ("report.tables", of(cut("C", "<img src=/u/1.png>")), "unknown", "table_image"),
    ("report.tables", of(OLD_FORM), "fail", "wrong_form:60号"),
    ("report.tables", of(body(html=made.page(Figures()).replace("<td>规章</td>", "<td>其它规定</td>"))), "fail", "missing:规章"),
    ("report.tables", of(NO_ROOM), "unknown", "no_converter"),
    ("report.arithmetic", case(REPORT), "pass", None),
    ("report.arithmetic", of(UNBALANCED), "fail", "unbalanced:A1,A2,A3"),
    ("report.arithmetic", of(body(with_cell("复议后起诉/总计", "1"))), "fail", "unbalanced:A4"),
    ("report.arithmetic", of(body(with_cell("B3.1/总计", "", with_cell("B3.1/自然人", "0")))), "pass", None),
    ("report.arithmetic", of(SCAN), "unknown", "table_image"),
    ("report.arithmetic", of(cut("C", "<img src=/u/1.png>")), "unknown", "table_image"),
    ("report.arithmetic", of(body(with_cell("复议后起诉/总计", "见附件", with_cell("复议后起诉/结果维持", "1")))), "unknown", "undecided:复议后起诉/总计"),
    ("report.arithmetic", of(ReportBody("html", sections=REPORT.body.sections)), "na", "no_tables"),
    ("report.carry_over", two_years(REPORT.body, REPORT.body), "pass", None),
    ("report.carry_over", two_years(REPORT.body, body(with_cell("B4/总计", "3"))), "fail", "unbalanced:A5"),
    ("report.carry_over", two_years(REPORT.body, SCAN), "unknown", "table_image"),
    ("report.carry_over", two_years(REPORT.body, None), "unknown", "not_seen_tonight"),
    ("report.carry_over", case(REPORT), "na", "no_previous"),
    ("report.plausible", case(REPORT), "pass", None),
    ("report.plausible", of(body(html=made.page(Figures()).replace("申请0件", "申请5件"))), "fail", "unlikely:A8"),
    ("report.plausible", of(prose("没有收到申请。", without="申请0件")), "unknown", "undecided"),
    ("report.plausible", two_years(*stock(12, 10, 2)), "pass", None),
    ("report.plausible", two_years(*stock(30, 10, 2)), "fail", "unlikely:A6"),
    ("report.text", case(REPORT), "pass", None),
    ("report.text", of(LONG), "fail", "length"),
    ("report.text", of(prose("", without="信息处理费")), "fail", "fees"),
    ("report.text", two_years(prose(SAME, 5), prose(SAME, 5)), "fail", "similar"),
    ("report.text", of(SCAN), "unknown", "table_image"),
    ("report.internal_date", case(REPORT), "pass", None),
    ("report.internal_date", of(REPORT.body, dates={"row": date(2026, 2, 20)}), "pass", None),
    ("report.internal_date", of(REPORT.body, dates={"row": date(2026, 2, 21)}), "fail", "late"),
    ("report.internal_date", of(REPORT.body, owner="unclear"), "unknown", "not_proven_missing"),
    ("report.internal_date", case(REPORT, unit=a_unit(group="department")), "na", "not_required"),
]  # fmt: skip


def finding(made_case, rule):
    (found,) = (f for f in judge(made_case, RUBRIC) if f.rule == rule)
    return found


@pytest.mark.parametrize(("rule", "made_case", "verdict", "reason"), CASES)
def test_verdicts(rule, made_case, verdict, reason):
    found = finding(made_case, rule)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert verdict != "fail" or (found.evidence and found.target == f"{SITE}r")


@pytest.mark.parametrize("rule", [r for r in RUBRIC.lines if r.startswith("report.") and r != "report.published"])
def test_every_rule_has_its_triplet(rule):
    assert {"pass", "fail", "unknown"} <= {verdict for id_, _, verdict, _ in CASES if id_ == rule}


def test_hints_cost_nothing_and_the_contents_what_the_rubric_says():
    states = {r: line.state for r, line in RUBRIC.lines.items() if r.startswith("report.")}
    assert {r for r, s in states.items() if s == "trial"} == {
        "report.carry_over", "report.plausible", "report.text", "report.internal_date",
    }  # fmt: skip
    for rule, made_case, verdict, _ in CASES:
        points = finding(made_case, rule).points
        assert points == (RUBRIC.lines[rule].points if verdict == "fail" else 0), rule
    scored = [RUBRIC.lines[r].points for r in ("report.format", "report.tables", "report.arithmetic")]
    assert scored == [Decimal("0.3"), Decimal("0.2"), Decimal("0.2")]


def test_a_finding_names_the_cell_the_numbers_and_the_identity():
    wrong = with_cell("B3.1/自然人", "3", with_cell("B3.1/总计", "2"))
    found = finding(of(replace(body(wrong), evidence=FILE)), "report.arithmetic")
    assert found.reason == "unbalanced:A2,A3"
    assert found.value[-1] == {
        "identity": "A3",
        "cell": "B3.1/总计",
        "printed": "2",
        "expected": "3",
        "parts": {"B3.1/自然人": "3"},
    }
    (evidence,) = found.evidence
    assert evidence.url == FILE.url
    assert evidence.excerpt.startswith("A2 B3.7/自然人 为 0，应为 3（B3.1/自然人 3）；")


def test_a_missing_report_takes_the_points_of_its_contents_and_not_those_of_hints():
    found = {f.rule: f for f in judge(case(), RUBRIC) if f.rule.startswith("report.")}
    assert found["report.published"].points == Decimal("1.5")
    assert {f.reason for r, f in found.items() if r != "report.published"} == {"explained_by:report.published"}


def test_the_fuller_of_two_reports_of_the_year_is_judged():
    page = replace(REPORT, url=f"{SITE}p", body=body(headings=HEADINGS[:2]))
    whole = replace(REPORT, url=f"{SITE}w")
    assert finding(case(page, whole), "report.format").target == f"{SITE}w"
    assert finding(case(whole, page), "report.format").verdict == "pass"


def test_what_was_not_seen_never_excuses_what_was_seen():
    """A blank cell is there whatever else could not be read."""
    half = body(with_cell("B4/总计", ""), html="")
    half = replace(half, tables=half.tables[:2], unseen="table_image")
    assert finding(of(half), "report.tables").reason == "blank:B4/总计"


@pytest.mark.parametrize(
    ("year", "form"), [(2018, None), (2019, "60号"), (2020, "60号"), (2021, "30号"), (2025, "30号")]
)
def test_the_form_depends_on_the_year_reported_on(year, form):
    assert form_of(year) == form


def test_before_there_was_a_form_nothing_is_asked():
    then = replace(REPORT, year=2018, dates={"row": date(2019, 1, 5)})
    found = finding(case(then, on=date(2019, 11, 24)), "report.format")
    assert (found.verdict, found.reason) == ("na", "no_form")


def test_many_faults_are_counted_and_the_first_named():
    empty = Figures(random.Random(1))
    empty.b[0] = [""] * 7
    empty.b[1] = [""] * 7
    found = finding(of(body(empty)), "report.tables")
    assert found.reason.endswith(",+6")
    assert found.evidence[0].excerpt.endswith("共 14 处")


def test_last_years_report_in_january():
    """Until the deadline has passed the year before last is due, and the newest is not asked for."""
    newest = replace(REPORT, url=f"{SITE}n", body=UNBALANCED)
    due = replace(REPORT, url=f"{SITE}d", year=2024, dates={"row": date(2025, 1, 20)})
    found = finding(case(newest, due, on=date(2026, 1, 20), unit=a_unit(group="department")), "report.arithmetic")
    assert (found.verdict, found.target) == ("pass", f"{SITE}d")
    assert ON.year == 2026
