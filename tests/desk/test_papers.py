"""The papers of the office: what they say and where each number comes from, official layout, sheets by hand, and that they open."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import struct
import subprocess
import tomllib
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from typer.testing import CliRunner

from db import facts, findings, reviews, sheets
from db.keys import installation_key
from db.records import Alert, Review
from desk import office_sheets, papers
from desk.cli import app
from desk.sheets import SheetProblem
from monitors import bulletins as spans
from monitors.bulletins import before, months_of
from monitors.figures import FIGURES
from monitors.reports import bulletin, circular
from monitors.reports import text as words
from monitors.reports.charts import bars
from monitors.reports.paper import _BLANK, Grid, Paper
from monitors.table import Decision, Parts, ranked
from schedules import bulletins, monthly, sealing
from schedules.drawing import cropped
from schedules.period import assessed, named
from schedules.settings import Settings
from tests.desk import paper_kit

NOW = paper_kit.NIGHTS[-1].replace(day=26)
FOLDER = Path(circular.__file__).parent
SLOT = re.compile(r"\{([a-z_.]+)(?::\w+)?\}")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("papers") / "w.db"
    paper_kit.make(file).close()
    return file


@pytest.fixture(scope="module")
def drafted(path):
    with closing(facts.open_database(path)) as db:
        return papers.draft(db, 2026, office="云阳市人民政府办公室", city="云阳市", at=NOW, drawn=lambda *_, **__: None)


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def words_of(document):
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


# the words


@pytest.mark.parametrize("file", ["circular.toml", "bulletin.toml"])
def test_sentences_hold_no_number_of_their_own(file):
    data = tomllib.loads((FOLDER / file).read_text("utf-8"))
    for section in data["section"]:
        for sentence in section["sentences"]:
            for said in (sentence["text"], sentence.get("zero", "")):
                assert not re.search(r"\d", SLOT.sub("", said)), said


def test_every_slot_of_the_circular_is_a_figure_and_every_figure_but_helpers_is_printed():
    text = (FOLDER / "circular.toml").read_text("utf-8").partition("[[section]]")[2]
    named = {*SLOT.findall(text), *re.findall(r'of = "([a-z_.]+)"', text)} - {"year", "city", "office"}
    assert named <= set(FIGURES)
    helpers = {"items.before", "applications.before", "applications.granted_before", "applications.reports"}
    assert set(FIGURES) - named == helpers


def test_the_five_headings_of_problems():
    assert [h[:3] for h in circular.problem_headings()] == ["（一）", "（二）", "（三）", "（四）", "（五）"]


def test_zero_unknown_and_change_have_their_own_words(drafted):
    figures = dict(drafted.figures)
    section = next(s for s in circular.sections() if s["title"].startswith("（五）部门"))
    for value, said in ((0, "均已在政府公报刊印"), (None, "〔待填："), (2, "2件没有在政府公报刊印")):
        figures["norms.unprinted"] = replace(figures["norms.unprinted"], value=value, units=())
        (paragraph,) = words.paragraphs(section, {}, figures)
        text = "".join(p if isinstance(p, str) else p.text for p in paragraph)
        assert said in text and text.endswith("。"), text
    shown = {v: words._shown(replace(figures["items.change"], value=v), "change")[0].text for v in (0, -4, 7)}
    assert shown == {0: "持平", -4: "下降4%", 7: "增长7%"}


# the circular as a file


def test_every_number_in_the_text_carries_its_source(drafted):
    document = docx.Document(io.BytesIO(circular.as_docx(drafted)))
    said = {c.comment_id: c.text for c in document.comments}
    assert len(said) >= 25
    body = "".join(p.text for p in document.paragraphs)
    for comment in said.values():
        name = comment.split("：")[0]
        assert name in FIGURES and "来源：" in comment and "查询：" in comment
    figure = drafted.figures["items.total"]
    assert f"主动公开信息{figure.value}条" in body
    commented = "".join(
        r.text
        for p in document.paragraphs
        for r in p.runs
        if r._r.getnext() is not None and r._r.getnext().tag == qn("w:commentRangeEnd")
    )
    assert str(figure.value) in commented
    unknown = [f for f in drafted.figures.values() if f.value is None]
    assert unknown and all(f"〔待填：{f.title}〕" in words_of(document) for f in unknown)


def test_numbers_in_the_sentences_are_all_figures(drafted):
    """Whatever stands in the sections as plain words has no digit: years are given, everything else is a figure."""
    for section in circular.sections():
        for paragraph in words.paragraphs(section, {"year": "", "city": "云阳市", "office": ""}, drafted.figures):
            plain = "".join(p for p in paragraph if isinstance(p, str))
            assert not re.search(r"\d", plain), plain


def test_official_layout(drafted):
    document = docx.Document(io.BytesIO(circular.as_docx(drafted)))
    page = document.sections[0]
    mm = {
        name: round(getattr(page, name) / 36000)
        for name in ("page_width", "page_height", "top_margin", "bottom_margin", "left_margin", "right_margin")
    }
    assert mm == {
        "page_width": 210,
        "page_height": 297,
        "top_margin": 37,
        "bottom_margin": 35,
        "left_margin": 28,
        "right_margin": 26,
    }
    faces = {}
    for p in document.paragraphs:
        for r in p.runs:
            if r.text.strip():
                faces.setdefault(r._r.rPr.rFonts.get(qn("w:eastAsia")), []).append((r.text, r.font.size.pt, r.bold))
    assert set(faces) == {"方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"}
    assert ("关于2026年度全市政务公开工作情况的通报", 22, None) in faces["方正小标宋简体"]
    assert ("一、总体情况", 16, None) in faces["黑体"]
    assert ("（一）平台建设任务不落实", 16, None) in faces["楷体_GB2312"]
    texts = [p for p in document.paragraphs if p.text.startswith("2026年，云阳市")]
    assert texts[0].paragraph_format.line_spacing.pt == pytest.approx(28.95, abs=0.05)
    assert texts[0]._p.pPr.ind.get(qn("w:firstLineChars")) == "200"
    assert document.settings.odd_and_even_pages_header_footer
    foot = "".join(t.text or "" for t in page.footer._element.iter(qn("w:t"), qn("w:instrText")))
    assert foot == "—  PAGE 1 —"


def test_both_groups_and_the_decision_stand_in_the_annex(path):
    def parts(unit, group, written):
        return Parts(unit, group, Decimal(written), Decimal("9.8"), Decimal("60"), Decimal(1), "创办政府公报加分")

    rows = [parts("甲县", "county", "23.6"), parts("乙县", "county", "23.6"), parts("市财政局", "department", "18.8")]
    lines = ranked(rows, [Decision("乙县", "甲县", "经办公室研究")])
    with closing(facts.open_database(path)) as db:
        made = papers.draft(db, 2026, office="云阳市人民政府办公室", lines=lines, at=NOW, drawn=lambda *_, **__: None)
    document = docx.Document(io.BytesIO(circular.as_docx(made)))
    first, second = document.tables[:2]
    assert [c.text for c in first.rows[0].cells][:5] == [
        "单位",
        "各分项考核结果",
        "各分项考核结果",
        "各分项考核结果",
        "综合\n加分",
    ]
    assert [c.text for c in first.rows[2].cells] == ["甲县", "23.6", "9.8", "60", "1", "94.4", "1", "创办政府公报加分"]
    assert first.rows[3].cells[6].text == "2"
    assert second.rows[1].cells[1].text == "书面考核\n（22分）"
    assert "注：乙县与甲县总成绩相同，排在其后：经办公室研究" in words_of(document)


def test_every_unit_of_a_problem_is_listed(drafted):
    document = docx.Document(io.BytesIO(circular.as_docx(drafted)))
    table = next(t for t in document.tables if t.rows[0].cells[0].text == "问题")
    listed = {row.cells[1].text: row.cells[3].text.split("、") for row in table.rows[1:]}
    figure = drafted.figures["reports.bad"]
    assert listed[figure.title] == list(figure.units) == ["市教育局"]


ORDER = {  # of children, as the schema of WordprocessingML has it; what is not named is not used here
    "rPr": "rStyle rFonts b i color spacing w kern position sz szCs highlight u vertAlign lang",
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl pBdr spacing ind jc outlineLvl rPr sectPr",
    "tcPr": "tcW gridSpan vMerge tcBorders shd vAlign",
    "tblPr": "tblStyle tblW jc tblLayout tblCellMar tblLook",
}


def test_children_stand_in_the_order_of_the_schema(drafted, moved):
    """LibreOffice reads them in any order, Word calls the file damaged."""
    made = bulletins.bulletin(moved, "2026-11", office="办公室", at=NOW, pictures=False)
    for data in (circular.as_docx(drafted), bulletin.as_docx(made)):
        document = docx.Document(io.BytesIO(data))
        parts = [document.element.body, document.styles["Normal"].element, document.sections[0].footer._element]
        for name, order in ORDER.items():
            places = {qn(f"w:{child}"): n for n, child in enumerate(order.split())}
            for part in parts:
                for element in part.iter(qn(f"w:{name}")):
                    children = [child.tag for child in element]
                    assert set(children) <= set(places), (name, set(children) - set(places))
                    found = [places[tag] for tag in children]
                    assert found == sorted(found), (name, [c.split("}")[1] for c in children])


# commands


def test_circular_command(path, tmp_path):
    out = tmp_path / "通报.docx"
    done = run("circular", "--year", 2026, "--db", path, "--out", out)
    assert done.exit_code == 0, done.output
    assert "待填" in done.output
    docx.Document(str(out))
    assert run("circular", "--year", 2026, "--db", path, "--out", tmp_path / "x.pdf").exit_code == 2
    assert run("circular", "--year", 2026, "--db", path, "--out", tmp_path / "no" / "x.docx").exit_code == 2
    missing = run("circular", "--year", 2026, "--period", "没有", "--db", path, "--out", out)
    assert (missing.exit_code, "没有名为「没有」" in missing.output) == (2, True)


@pytest.mark.parametrize("kind", office_sheets.kinds())
def test_a_template_that_is_filled_in_comes_back(kind, path, tmp_path):
    form = tmp_path / "form.xlsx"
    assert run("sheet", "template", kind, "--db", path, "--out", form).exit_code == 0
    book = openpyxl.load_workbook(form)
    columns = office_sheets.kinds()[kind].columns
    filled = {
        "unit": "甲县", "number": 3, "value": 12.5, "day": date(2026, 3, 1), "flag": "是", "text": "说明一句",
        "figure": FIGURES["items.before"].title,
    }  # fmt: skip
    for n, column in enumerate(columns, 1):
        book.worksheets[0].cell(2, n, filled[column.kind])
    book.save(form)
    with closing(facts.open_database(path)) as db:
        (row,) = office_sheets.read(office_sheets.kinds()[kind], form, facts.units(db))
    kept = {
        "unit": "甲县", "number": "3", "value": "12.5", "day": "2026-03-01", "flag": "yes", "text": "说明一句", "figure": "items.before",
    }  # fmt: skip
    assert row == {c.key: kept[c.kind] for c in columns}


def test_bad_rows_are_all_told_with_line_column_value_and_remedy(path, tmp_path):
    file = tmp_path / "r.csv"
    file.write_text("单位,件数,是否因未答复\n甲县,三,是\n甲县县,1,也许\n,1,否\n", "utf-8")
    with closing(facts.open_database(path)) as db:
        known = facts.units(db)
    with pytest.raises(SheetProblem) as told:
        office_sheets.read(office_sheets.kinds()["reconsiderations"], file, known)
    assert [p.removeprefix(str(file)) for p in told.value.problems] == [
        " 第 2 行 “件数” 列 “三”：不是不小于0的整数。请只填数字，没有的填 0。",
        " 第 3 行 “单位” 列 “甲县县”：登记表中没有这个单位。是否为 “甲县”？请改成登记表中的单位名称。",
        " 第 3 行 “是否因未答复” 列 “也许”：看不出是还是否。请填 是 或 否。",
        " 第 4 行 “单位” 列 “”：是空的。请填写单位。",
    ]
    done = run("sheet", "import", "reconsiderations", "--file", file, "--year", 2026, "--who", "张", "--db", path)
    assert done.exit_code == 2 and "第 3 行" in done.output


def test_an_imported_sheet_fills_the_circular(tmp_path):
    file, base = tmp_path / "合计.csv", tmp_path / "w.db"
    paper_kit.make(base).close()
    file.write_text("数字,取值,来源\n申请数量较上年增减,-44.8,上年通报\n", "utf-8-sig")
    done = run("sheet", "import", "totals", "--file", file, "--year", 2026, "--who", "张", "--db", base)
    assert done.exit_code == 0, done.output
    assert "合计数 1 行" in run("sheet", "list", "--db", base).output
    with closing(facts.open_database(base)) as db:
        made = papers.draft(db, 2026, office="办公室", at=NOW, drawn=lambda *_, **__: None)
        assert sheets.sheets(db)[-1].who == "张"
    assert "较上年下降44.8%" in words_of(docx.Document(io.BytesIO(circular.as_docx(made))))


# bulletins


@pytest.mark.parametrize(
    ("text", "first", "last", "label", "earlier"),
    [
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31), "2026年10月", "2026-09"),
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "2026年1月", "2025-12"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024年2月", "2024-01"),
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), "2026年第三季度", "2026Q2"),
        ("2026q1", date(2026, 1, 1), date(2026, 3, 31), "2026年第一季度", "2025Q4"),
    ],
)
def test_spans(text, first, last, label, earlier):
    assert months_of(text) == (first, last, label)
    assert before(text) == earlier


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026Q5", "十月", "2026-10-01", "Q3"])
def test_no_span(text):
    with pytest.raises(ValueError, match="不认识的时段"):
        months_of(text)


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2026, 11, 1), ["2026-10"]),
        (date(2026, 10, 1), ["2026-09", "2026Q3"]),
        (date(2027, 1, 1), ["2026-12", "2026Q4"]),
        (date(2026, 7, 3), ["2026-06", "2026Q2"]),
    ],
)
def test_what_is_due(today, due):
    assert monthly.due(today) == due


def an_alert(state, unit="甲县", **named):
    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    given = {"rule": "board.guide", "reason": "missing", "opened": True, "moved_at": at, "moved_by": "王", "due": None}
    return Alert(
        unit,
        f"http://{unit}/#board.guide",
        "column_missing",
        "medium",
        state,
        at,
        at,
        **{"reason": "missing", **given, **named},
    )


@pytest.fixture
def moved(tmp_path):
    """A database in which the same fault was seen on two days, and alerts came, are being mended (one too late), and went."""
    file = tmp_path / "w.db"
    db = paper_kit.make(file)
    with facts.writing(db):
        moves = [
            an_alert("open"),
            an_alert("open", "乙县"),
            an_alert("rectifying", "乙县", due=date(2026, 11, 25), moved_at=datetime(2026, 11, 25, tzinfo=UTC)),
            an_alert("open", "丙区", moved_at=datetime(2026, 10, 20, tzinfo=UTC)),
            an_alert("resolved", "丙区", moved_at=datetime(2026, 11, 26, tzinfo=UTC)),
        ]
        for move in moves:
            reviews.save_alerts(db, [move], run=4, person=True)
        last = db.execute("SELECT max(id) FROM judging").fetchone()[0]
        copy = 'unit, "group", target, account, rule, verdict, reason, value, threshold, points, cite, checked_at, evidence, faults, carried'
        db.execute(
            "INSERT INTO judging (run, as_of, rubric, version, made_at) SELECT 4, '2026-11-23T14:00:00.000+00:00', rubric, version, made_at FROM judging WHERE id = ?",
            (last,),
        )
        db.execute(
            f"INSERT INTO finding (judging, {copy}) SELECT (SELECT max(id) FROM judging), {copy} FROM finding WHERE judging = ?",
            (last,),
        )
    yield db
    db.close()


def test_a_bulletin_counts_what_two_days_showed(moved):
    made = bulletins.bulletin(moved, "2026-11", office="办公室", at=NOW, pictures=False)
    value = {name: f.value for name, f in made.figures.items()}
    sql = (
        "SELECT count(DISTINCT unit || rule || target), count(DISTINCT unit) FROM finding f WHERE verdict = 'fail' AND judging = 4"
        " AND rule IN (SELECT value FROM json_each(?))"
    )
    scored = [r for r, line in paper_kit.RUBRIC.lines.items() if line.state == "scored" and not line.bonus]
    total, units = moved.execute(sql, (json.dumps(scored),)).fetchone()
    assert total > 0
    assert (value["faults.total"], value["faults.units"], value["faults.waiting"]) == (total, units, 0)
    assert (value["faults.total_before"], value["alerts.opened_before"]) == (None, 1)
    assert (value["alerts.opened"], value["alerts.resolved"], value["alerts.standing"]) == (2, 1, 2)
    assert (value["alerts.rectifying"], value["alerts.overdue"], made.figures["alerts.overdue"].units) == (
        1,
        1,
        ("乙县",),
    )
    text = words_of(docx.Document(io.BytesIO(bulletin.as_docx(made))))
    assert "超过整改期限1件，涉及乙县" in text and "最近一次检查日期为2026年11月24日" in text
    assert "2026-11-25" in text, "the day by which it should have been mended"


def test_what_was_seen_once_waits(moved):
    with facts.writing(moved):
        moved.execute("DELETE FROM finding WHERE judging = (SELECT max(id) FROM judging)")
        moved.execute("DELETE FROM judging WHERE id = (SELECT max(id) FROM judging)")
    made = bulletins.bulletin(moved, "2026-11", office="办公室", at=NOW, pictures=False)
    assert made.figures["faults.total"].value == 0
    assert made.figures["faults.waiting"].value > 0
    assert "没有发现经核实的问题" in words_of(docx.Document(io.BytesIO(bulletin.as_docx(made))))


def test_a_month_without_nights_says_so(moved):
    made = bulletins.bulletin(moved, "2026-09", office="办公室", at=NOW, pictures=False)
    blank = {name for name, f in made.figures.items() if f.value is None and not f.said}
    assert {"faults.total", "alerts.opened", "sites.seen", "night.day"} <= blank
    assert made.figures["nights.done"].value == 0


def test_every_slot_of_the_bulletin_is_a_figure():
    empty = spans.Span("", date(2026, 1, 1), date(2026, 1, 31))
    named = set(SLOT.findall((FOLDER / "bulletin.toml").read_text("utf-8").partition("to = ")[2])) - {"span", "before"}
    assert named <= set(spans.figures(empty, empty, [], [], {}))


def test_bulletin_command(path, tmp_path):
    out = tmp_path / "b.docx"
    assert run("bulletin", "--month", "2026-11", "--db", path, "--out", out).exit_code == 0
    assert run("bulletin", "--quarter", "2026Q4", "--db", path, "--out", out).exit_code == 0
    docx.Document(str(out))
    for bad in (
        ("--month", "2026Q3"),
        ("--quarter", "2026-10"),
        (),
        ("--month", "2026-10", "--quarter", "2026Q3"),
        ("--month", "十月"),
    ):
        assert run("bulletin", *bad, "--db", path, "--out", out).exit_code == 2


def test_the_first_of_the_month_writes_and_never_overwrites(tmp_path):
    file = tmp_path / "w.db"
    paper_kit.make(file).close()
    settings = Settings(db=file, office="云阳市人民政府办公室", chromium="/no/such")
    said = monthly.write(settings, at=datetime(2026, 12, 31, 23, tzinfo=UTC))  # New Year's morning in Shanghai
    folder = tmp_path / "w.db.reports"
    assert sorted(p.name for p in folder.iterdir()) == ["检查通报-2026-12.docx", "检查通报-2026Q4.docx"]
    assert said.startswith("已写入") and "检查通报-2026Q4.docx" in said
    (folder / "检查通报-2026-12.docx").write_text("somebody's work")
    again = monthly.write(settings, at=datetime(2026, 12, 31, 23, tzinfo=UTC))
    assert "已有，未改动" in again
    assert (folder / "检查通报-2026-12.docx").read_text() == "somebody's work"
    elsewhere = settings.model_copy(update={"reports": tmp_path / "out"})
    assert "out" in monthly.write(elsewhere, at=datetime(2026, 11, 1, tzinfo=UTC))


# sampling


def test_draw_fill_in_read_report(path, tmp_path):
    for form in ("s.csv", "s.xlsx"):
        assert (
            run("sample", "draw", "--size", 30, "--seed", "2026", "--db", path, "--out", tmp_path / form).exit_code == 0
        )
    rows = list(csv.DictReader((tmp_path / "s.csv").read_text("utf-8-sig").splitlines()))
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    again = [[str(c.value or "") for c in row[1:10]] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [list(r.values())[1:10] for r in rows] == again, "the same seed, the same draw"
    assert {r["系统结论"] for r in rows} == {"合格", "不合格"}
    for n, r in enumerate(rows):
        r |= (
            {"实际情况": "看不清" if n == 0 else r["系统结论"], "核对人": "李", "核对日期": "2026年12月1日"}
            if n < 20
            else {}
        )
    filled = tmp_path / "filled.csv"
    with filled.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    done = run("sample", "read", "--sheet", filled, "--db", path)
    assert (done.exit_code, "读入 20 条" in done.output) == (0, True), done.output
    shown = run("sample", "report", "--sample", 1, "--db", path)
    assert shown.exit_code == 0 and "全部" in shown.output
    assert run("sample", "report", "--sample", 99, "--db", path).exit_code == 2


def test_a_sheet_of_another_draw_or_with_odd_cells_is_refused(path, tmp_path):
    sheet = tmp_path / "s.csv"
    assert run("sample", "draw", "--size", 5, "--seed", "1", "--db", path, "--out", sheet).exit_code == 0
    rows = list(csv.reader(sheet.read_text("utf-8-sig").splitlines()))
    rows[1][2], rows[1][10], rows[1][12] = "999999", "大概", "昨天"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    done = run("sample", "read", "--sheet", sheet, "--db", path)
    assert done.exit_code == 2
    for said in ("结论编号", "请照导出的核对表", "看不出是哪一种", "请填核对人", "不是日期"):
        assert said in done.output, said


# pictures and pages


def test_bars_tell_every_value_and_escape_words():
    svg, height = bars("<各类>", [("甲&乙", (3, 1)), ("丙", (0, 2))], ("本月", "上月"))
    assert svg.count("<rect") == 1 + 2 + 4 and "甲&amp;乙" in svg and "&lt;各类&gt;" in svg
    assert height > 0 and bars("空", [])[0]


def test_a_picture_is_cropped_from_below():
    def chunk(kind, body):
        return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + bytes([n]) * 6 for n in range(4))
    head = struct.pack(">IIBBBBB", 2, 4, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    short = cropped(png, 3)
    assert struct.unpack(">II", short[16:24]) == (2, 3)
    assert zlib.decompress(short[41:-16]) == lines[:21]


def rendered(data: bytes, name: str, folder: Path) -> list[Path]:
    """The pages of a document as pictures; kept in the folder that WANGKAO_ARTEFACTS names, where it does."""
    if (soffice := shutil.which("soffice")) is None or shutil.which("pdftoppm") is None:
        pytest.skip("soffice and pdftoppm are not installed: pages cannot be looked at here")
    folder = Path(os.environ.get("WANGKAO_ARTEFACTS") or folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.docx").write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, folder / f"{name}.docx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    subprocess.run(["pdftoppm", "-r", "60", "-png", folder / f"{name}.pdf", folder / name], check=True, timeout=60)
    return sorted(folder.glob(f"{name}-*.png"))


def test_the_pages_hold_what_the_standard_says(tmp_path):
    """22 lines of 28 characters a page: 22 lines stay on one page, a 23rd begins another, and 28 characters one line."""
    paper = Paper("试", "试")
    for _ in range(22):
        paper.to("公" * 28)
    assert len(rendered(paper.data(), "one", tmp_path)) == 1
    paper.to("公")
    assert len(rendered(paper.data(), "two", tmp_path)) == 2
    paper = Paper("试", "试")
    paper.to("公" * 28 * 22)
    assert len(rendered(paper.data(), "full", tmp_path)) == 1


def test_circular_and_bulletin_are_rendered(drafted, moved, tmp_path):
    assert 8 <= len(rendered(circular.as_docx(drafted), "circular", tmp_path)) <= 20
    made = bulletins.bulletin(moved, "2026-11", office="云阳市人民政府办公室", at=NOW)
    assert 4 <= len(rendered(bulletin.as_docx(made), "bulletin", tmp_path)) <= 12


def test_a_blank_is_marked():
    paper = Paper("试", "试")
    paper.body("前〔待填：什么〕后")
    paper.table(Grid(["头"], [["〔待填：格〕"]], [60]))
    document = docx.Document(io.BytesIO(paper.data()))
    runs = [*document.paragraphs[0].runs, *document.tables[0].rows[1].cells[0].paragraphs[0].runs]
    assert [(r.text, bool(r.font.highlight_color)) for r in runs] == [
        ("前", False),
        ("〔待填：什么〕", True),
        ("后", False),
        ("〔待填：格〕", True),
    ]
    assert _BLANK.fullmatch("〔待填：什么〕")


# an assessment period


@pytest.fixture
def sealed(tmp_path):
    """The small city with the year sealed after its last night, and one more night since."""
    file = tmp_path / "p.db"
    db = paper_kit.make(file)
    known = sealing.open_period(db, "2026年度", date(2026, 1, 1), date(2026, 11, 30), who="王主任")
    sealing.seal(db, known, who="王主任", key=installation_key(file), at=datetime(2026, 12, 1, tzinfo=UTC))
    paper_kit._night(db, 4, datetime(2026, 12, 2, 14, tzinfo=UTC))
    yield db
    db.close()


def test_a_sealed_period_gives_the_same_draft_whatever_comes_after(sealed):
    period = assessed(sealed, named(sealed, "2026年度"))
    made = papers.draft(
        sealed, 2026, office="办公室", assessment=period, at=NOW.replace(month=12, day=20), drawn=lambda *_, **__: None
    )
    now = papers.draft(sealed, 2026, office="办公室", at=NOW.replace(month=12, day=20), drawn=lambda *_, **__: None)
    assert now.figures["items.total"].value > made.figures["items.total"].value, "a night after the seal is not in it"
    first = {name: f.value for name, f in made.figures.items()}
    with facts.writing(sealed):
        sealed.execute("UPDATE unit SET record = json_set(record, '$.retrofit', json('false'))")
        for f in findings.findings_of(sealed, 4):
            given = Review(f.unit, f.target, "confirm", "王", NOW, "晚了", rule=f.rule, finding=f.id)
            reviews.save_review(sealed, given)
    again = papers.draft(
        sealed,
        2026,
        office="办公室",
        assessment=assessed(sealed, period.period),
        at=NOW.replace(month=12, day=21),
        drawn=lambda *_, **__: None,
    )
    assert {name: f.value for name, f in again.figures.items()} == first
    earlier = paper_kit.make()
    then = papers.draft(earlier, 2026, office="办公室", at=NOW, drawn=lambda *_, **__: None)
    assert made.figures["items.total"].value == then.figures["items.total"].value
    text = words_of(docx.Document(io.BytesIO(circular.as_docx(made))))
    assert text.count(f"已封存，摘要 {period.digest}") == 3, "under both tables and with the sources"
    assert "不是正式结果" not in text


def test_only_faults_that_count_in_the_period_are_named(sealed):
    """What the period does not count, the circular does not name: the same findings, by number."""
    period = assessed(sealed, named(sealed, "2026年度"))
    made = papers.draft(sealed, 2026, office="办公室", assessment=period, at=NOW, drawn=lambda *_, **__: None)
    ids = {n for u in period.units for line in u.lines for n in line.findings}
    sql = "SELECT DISTINCT unit FROM finding WHERE id IN (SELECT value FROM json_each(?)) AND rule LIKE 'report.%'"
    counting = {u for (u,) in sealed.execute(sql, (json.dumps(sorted(ids)),))}
    assert set(made.figures["reports.bad"].units) == counting


def test_a_digest_never_stands_under_other_numbers(sealed, tmp_path):
    period = assessed(sealed, named(sealed, "2026年度"))
    path = next(row[2] for row in sealed.execute("PRAGMA database_list") if row[1] == "main")
    online = {u.unit: u for u in period.units}
    rows = [["unit", "group", "written", "online", "consultation", "bonus", "remark"]]
    rows += [[u.unit, u.group, "20", f"{u.online:f}", "60", "1", ""] for u in online.values() if u.online]
    parts, out, table = tmp_path / "parts.csv", tmp_path / "c.docx", tmp_path / "t.xlsx"
    with parts.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    given = ("--parts", parts, "--period", "2026年度", "--db", path)
    done = run("table", *given, "--out", table)
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(table)
    for sheet in book.worksheets:
        assert any(period.digest in str(cell.value) for row in sheet.iter_rows() for cell in row), sheet.title
        assert sheet.print_area and str(sheet.max_row) in sheet.print_area, "the line is printed"
    assert run("circular", "--year", 2026, *given, "--out", out).exit_code == 0
    rows[1][3] = "1.1"
    with parts.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    for command in (("table", *given, "--out", table), ("circular", "--year", 2026, *given, "--out", out)):
        refused = run(*command)
        assert refused.exit_code == 2 and "得分表为 1.1" in refused.output


def test_a_period_is_drawn_from_its_last_night(sealed, tmp_path):
    path = next(row[2] for row in sealed.execute("PRAGMA database_list") if row[1] == "main")
    done = run(
        "sample", "draw", "--size", 5, "--seed", "1", "--period", "2026年度", "--db", path, "--out", tmp_path / "s.csv"
    )
    assert done.exit_code == 0, done.output
    assert sealed.execute(
        "SELECT s.period, j.as_of < '2026-12-01' FROM sample s JOIN judging j ON j.id = s.judging"
    ).fetchall() == [("2026年度", 1)]
