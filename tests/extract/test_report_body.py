"""What stands in an annual report: the real pages with their labels, and made reports in every kind of file."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from decimal import Decimal
from pathlib import Path

import docx
import pypdf
import pytest
from docx.oxml import OxmlElement
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.decode import decode
from crawler.extract.office import kind_of
from crawler.extract.page import Page
from crawler.extract.report_body import is_whole, read_report_body, report_files, together
from crawler.extract.report_tables import read_number
from db.codec import dump, load
from db.records import ReportBody
from monitors.report_identities import broken_identities, identities, sums, table_of
from tests.crawler.platforms.test_export import biff, compound
from tests.extract import made_reports as made
from tests.extract.made_reports import COLUMNS, HEADINGS, IDS, OUTCOMES, Figures

REAL = Path(os.environ.get("WANGKAO_SHARED", Path(__file__).parents[3] / "shared")) / "real-pages"
URL = "http://x.cn/xxgknb/202601/t20260119_7.html"


def labels():
    file = REAL / "labels.jsonl"
    rows = map(json.loads, file.read_text("utf-8").splitlines()) if file.is_file() else ()
    return [row for row in rows if row.get("report")]


def real(label) -> ReportBody:
    return read_report_body(Page(label["url"], decode((REAL / label["file"]).read_bytes())[0]))


def page(html: str) -> ReportBody:
    return read_report_body(Page(URL, html))


def figures(body: ReportBody, kind: str) -> list[list[str]]:
    table = table_of(body, kind)
    return [list(row.cells.values()) for row in table.rows] if table else []


def agrees(body: ReportBody, wanted: Figures) -> bool:
    """Whether every printed figure was read into its place."""
    blocks = [wanted.c[n : n + 5] for n in (0, 5, 10)]
    return [figures(body, kind) for kind in "ABC"] == [wanted.a, wanted.b, blocks]


def titles(body: ReportBody) -> str:
    return "".join(number for number, _ in body.sections)


def some(seed: int = 1, most: int = 40) -> Figures:
    return Figures(random.Random(seed), most)


# the real pages


@pytest.mark.skipif(not labels(), reason="../shared/real-pages is absent")
@pytest.mark.parametrize("label", labels(), ids=lambda label: Path(label["file"]).stem)
def test_a_real_report_reads_as_a_person_labelled_it(label):
    body, wanted = real(label), label["report"]
    assert [title for _, title in body.sections] == wanted["sections"]
    assert titles(body) == "一二三四五六"
    assert body.template == wanted["template"]
    values = {k: [list(map(row.value, row.cells)) for row in table_of(body, k).rows] for k in "ABC"}
    b = [row for row in wanted["tables"]["B"] if any(cell is not None for cell in row)]
    assert values["B"] == b
    assert [cell for block in values["C"] for cell in block] == wanted["tables"]["C"]
    if wanted["tables"]["A"]:
        rows = {k: v if isinstance(v, list) else [v] for k, v in wanted["tables"]["A"].items()}
        assert {r.id: [float(r.value(c)) for c in r.cells] for r in table_of(body, "A").rows} == {
            k: list(map(float, v)) for k, v in rows.items() if v != [None]
        }
        assert list(table_of(body, "A").missing) == [k for k, v in rows.items() if v == [None]]
    held = {i: all(s.holds for s in sums(body, only=(i,))) for i in ("A1", "A2", "A3", "A4")}
    assert held == {i: wanted["identities"][i] for i in held}
    empty = [c for t in body.tables for row in t.rows for c in row.cells.values() if not c]
    filled = not empty and not any(t.missing for t in body.tables)
    assert filled is wanted["identities"]["A7"]
    for key in {"received", "reconsideration", "litigation", "norms"} & body.said.keys():
        assert body.said[key] == wanted["prose_numbers"].get(key.replace("norms", "norms_in_force"), body.said[key])


@pytest.mark.skipif(not labels(), reason="../shared/real-pages is absent")
def test_what_was_carried_over_agrees_between_the_real_years():
    of = {row["report"]["year"]: real(row) for row in labels() if row["report"]["unit"].endswith("管委会")}
    assert [s.holds for s in sums(of[2023], of[2022], only=("A5",))] == [True] * 7


@pytest.mark.skipif(not (REAL / "pds-jyj-clone").is_dir(), reason="../shared/real-pages is absent")
def test_a_real_page_whose_file_only_a_script_opens_proves_nothing():
    body = page((REAL / "pds-jyj-clone" / "annual_report_2019.html").read_text("utf-8"))
    assert (body.sections, body.tables, body.unseen) == ((), (), "needs_render")


# every kind of file


def test_the_same_report_reads_the_same_from_every_kind_of_file():
    wanted = some()
    tables = {1: made.sheet_a(wanted), 2: made.sheet_b(wanted), 3: made.sheet_c(wanted)}
    rows = [row for n, heading in enumerate(HEADINGS) for row in ([heading], *tables.get(n, ()))]
    old = compound(biff([[int(c) if c.isdigit() else c for c in row] for row in rows]))
    for form, source in (
        ("html", Page(URL, made.page(wanted))),
        ("html", made.page(wanted, frame="<html><body>{0}</body></html>").encode()),
        ("docx", made.word(wanted)),
        ("xlsx", made.workbook(wanted)),
        ("xls", old),
        ("pdf", made.pdf(made.pdf_lines(wanted))),
    ):
        body = read_report_body(source)
        assert (body.form, body.template, body.unseen, titles(body)) == (form, "30号", None, "一二三四五六")
        assert agrees(body, wanted), form
        assert is_whole(body)
        assert load(ReportBody, dump(body)) == body


@pytest.mark.parametrize(
    ("data", "kind", "unseen"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "doc", "no_converter"),
        (b"{\\rtf1 x}", "rtf", "no_converter"),
        (b"%PDF-1.5\n%%EOF", "pdf", "unreadable"),
        (b"PK\x03\x04 broken", "zip", "unread_file:zip"),
        (b"Rar!\x1a\x07", "", "unread_file:unknown"),
        (b"", "", "unread_file:unknown"),
    ],
)
def test_what_cannot_be_read_says_why(data, kind, unseen):
    assert kind_of(data) == kind
    assert read_report_body(data) == ReportBody(kind, unseen=unseen)


def test_a_file_that_grows_too_large_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b" " * 70_000_000)
    assert read_report_body(out.getvalue()).unseen == "too_large"


def test_an_ofd_is_known_and_not_read():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("OFD.xml", "<ofd/>")
    assert read_report_body(out.getvalue()).unseen == "unread_file:ofd"


def test_a_scan_is_a_picture_and_an_encrypted_file_is_said_to_be_one():
    scan = made.pdf([], picture=True)
    assert read_report_body(scan).unseen == "table_image"
    writer = pypdf.PdfWriter(io.BytesIO(made.pdf(made.pdf_lines(some()))))
    writer.encrypt("secret", algorithm="AES-128")
    out = io.BytesIO()
    writer.write(out)
    assert read_report_body(out.getvalue()).unseen == "encrypted"


def test_figures_of_a_pdf_that_ran_together_are_a_doubt_and_never_split():
    lines = made.pdf_lines(some())
    row = next(line for line in lines if line[0][1].startswith("（一）予以公开"))
    row[1:] = [(250, "".join(text for _, text in row[1:]))]
    body = read_report_body(made.pdf(lines))
    assert [t.kind for t in body.tables] == ["A", "C"]
    assert body.unseen == "parse_empty"


def test_a_row_that_a_pdf_does_not_have_is_missing():
    lines = [line for line in made.pdf_lines(some()) if line[0][1] != "规章"]
    body = read_report_body(made.pdf(lines))
    assert table_of(body, "A").missing == ("规章",)
    assert body.unseen is None


def test_a_word_file_with_numbers_by_word_deleted_text_and_a_picture_for_a_table():
    wanted = some()
    document = docx.Document(io.BytesIO(made.word(wanted, [h.partition("、")[2] for h in HEADINGS])))
    gone = document.paragraphs[0]._p.makeelement(document.paragraphs[0]._p.tag)
    deleted = OxmlElement("w:del")
    run = OxmlElement("w:r")
    words = OxmlElement("w:t")
    words.text = "六、其他需要报告的事项"
    run.append(words)
    deleted.append(run)
    gone.append(deleted)
    document.element.body.insert(0, gone)
    out = io.BytesIO()
    document.save(out)
    body = read_report_body(out.getvalue())
    assert titles(body) == "一二三四五六"
    assert body.sections[-1][1] == "其他需要报告的事项"
    assert agrees(body, wanted)
    for table in document.tables:
        table._tbl.getparent().remove(table._tbl)
    document.add_paragraph().add_run()._r.append(OxmlElement("w:drawing"))
    out = io.BytesIO()
    document.save(out)
    assert read_report_body(out.getvalue()).unseen == "table_image"


# tables


def test_a_table_that_goes_on_over_the_page_is_one():
    wanted = some()
    whole = made.html_b(wanted)
    parts = made.html_b(wanted, slice(0, 9)) + "<p>- 4 -</p>" + made.html_b(wanted, slice(9, None), head=False)
    body = page(made.page(wanted).replace(whole, parts))
    assert agrees(body, wanted)
    assert is_whole(body)


def test_a_table_printed_twice_is_read_once_and_the_fuller_one_counts():
    wanted = some()
    part = made.html_b(some(2), slice(0, 4))
    whole = made.html_b(wanted)
    assert agrees(page(made.page(wanted).replace(whole, part + whole)), wanted)
    assert agrees(page(made.page(wanted).replace(whole, whole + part)), wanted)


def test_markup_of_the_wild():
    wanted = some()
    html = made.page(wanted)
    html = html.replace("<td>商业企业</td>", "<td><p>商业</p><p>企业&nbsp;</p></td>")
    html = (
        html.replace("三、本年度办理结果", "三、本<br/>年度办&nbsp;&nbsp;理结果")
        .replace("<td>", "<td><span> ")
        .replace("</td>", "&nbsp;</span></td>")
    )
    html = html.replace("<p>", "<p><strong>&nbsp;").replace("（三）不予公开", "<p>（三）</p><p>不予公开</p>")
    body = page(f"<table width=100%><tr><td>{html}</td></tr></table>")
    assert agrees(body, wanted)
    assert titles(body) == "一二三四五六"


def test_a_figure_in_a_form_field_is_one_and_a_picture_of_one_is_no_blank():
    wanted = some()
    row, at = wanted.cell("B1/自然人")
    html = made.html_b(wanted)
    shown = f"<td>{row[at]}</td>"
    field = page(made.page(wanted).replace(html, html.replace(shown, f"<td><input value={row[at]}></td>", 1)))
    assert agrees(field, wanted)
    drawn = page(made.page(wanted).replace(html, html.replace(shown, "<td><img src=/u/7.png></td>", 1)))
    row = table_of(drawn, "B").rows[0]
    assert (row.cells["自然人"], row.value("自然人")) == ("[图]", None)


def test_spans_that_do_not_add_up_still_leave_the_last_seven_cells():
    wanted = some()
    html = made.page(wanted).replace("<td colspan=2>1.属于", "<td>1.属于").replace("rowspan=22", "rowspan=30")
    assert agrees(page(html), wanted)


def test_a_row_left_out_is_missing_and_a_row_not_understood_is_a_doubt():
    wanted = some()
    row = f"<tr><td>规章</td>{''.join(f'<td colspan=1>{x}</td>' for x in wanted.a[0])}</tr>"
    html = made.page(wanted)
    assert row in html
    body = page(html.replace(row, ""))
    assert (table_of(body, "A").missing, body.unseen) == (("规章",), None)
    body = page(html.replace(row, "<tr><td>规章</td></tr>"))
    assert (table_of(body, "A").missing, body.unseen) == (("规章",), "parse_empty")


@pytest.mark.parametrize("lost", ["总计", "自然人", "法律服务机构"])
def test_a_column_left_out_is_missing(lost):
    at = COLUMNS.index(lost)
    wanted = some()
    html = made.html_b(wanted).replace(f"<td rowspan=2>{lost}</td>", "").replace(f"<td>{lost}</td>", "")
    html = html.replace("colspan=5", "colspan=4") if 0 < at < 6 else html
    for row in wanted.b:
        cells = [f"<td>{c}</td>" for c in row]
        html = html.replace("".join(cells), "".join(cells[:at] + cells[at + 1 :]))
    body = page(made.page(wanted).replace(made.html_b(wanted), html))
    assert (table_of(body, "B").missing, body.unseen) == ((lost,), None)
    assert figures(body, "B") == [row[:at] + row[at + 1 :] for row in wanted.b]


def test_a_column_of_documents_left_out_is_missing_and_other_names_for_columns_are_none():
    wanted = some()
    html = made.page(wanted).replace("<td colspan=1>本年废止件数</td>", "").replace("colspan=4", "colspan=3")
    for row in wanted.a[:2]:
        cells = [f"<td colspan=1>{c}</td>" for c in row]
        html = html.replace("".join(cells), cells[0] + cells[2])
    body = page(html.replace("colspan=3>", "colspan=2>"))
    assert (table_of(body, "A").missing, body.unseen) == (("废止",), None)
    renamed = (
        made.page(wanted)
        .replace("<td rowspan=2>总计</td>", "<td rowspan=2>合计</td>")
        .replace("本年废止件数", "废止数")
    )
    assert agrees(page(renamed), wanted)


@pytest.mark.parametrize("lost", "ABC")
def test_a_table_that_is_not_there_is_absent_unless_a_picture_may_be_it(lost):
    wanted = some()
    table = {"A": made.html_a, "B": made.html_b, "C": made.html_c}[lost](wanted)
    body = page(made.page(wanted).replace(table, ""))
    assert ([t.kind for t in body.tables], body.unseen) == ([k for k in "ABC" if k != lost], None)
    assert page(made.page(wanted).replace(table, "<img src='/upload/1.png'>")).unseen == "table_image"
    assert page(made.page(wanted).replace(table, "<img src='/images/icon_doc.gif'>")).unseen is None
    flat = "".join(f"<p>{cell}</p>" for cell in table.replace("</td>", "<td>").split("<td>"))
    assert page(made.page(wanted).replace(table, flat)).unseen == "parse_empty"


def test_pictures_of_the_frame_are_no_tables():
    wanted = some()
    frame = "<div class=header><img src=/logo.png><img src=/top.jpg></div>{0}<div class=footer><a href=/><img src=/red.png></a></div>"
    body = page(made.page(wanted, frame=frame).replace(made.html_c(wanted), ""))
    assert body.unseen is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        (" 12\xa0", "12"),
        ("１２", "12"),
        ("1,234", "1234"),
        ("1，234", "1234"),
        ("12 345", "12345"),
        ("0.0", "0"),
        ("3.00", "3"),
        ("5件", "5"),
        ("-18", "-18"),
        ("O", "0"),
        ("〇", "0"),
        ("", None),
        ("/", None),
        ("—", None),
        ("无", None),
        ("2\n1", None),
        ("0 0", None),
        ("2.5", None),
        ("详见附件", None),
    ],
)
def test_numbers(text, value):
    found = read_number(text)
    assert (None if found is None else str(found)) == value


def test_fees_have_decimals():
    assert read_number("5949.088667", whole=False) == Decimal("5949.088667")
    assert read_number("12.5万元", whole=False) == Decimal("12.5")


# headings


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, "一二三四五六"),
        ({2: ""}, "一二四五六"),
        ({0: "一、概述"}, "一二三四五六"),
        ({1: "二、行政机关主动公开政府信息情况"}, "一二三四五六"),
        ({3: "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况"}, "一二三四五六"),
        ({3: "四、政府信息公开行政法复议、行政诉讼情况"}, "一二三四五六"),
        ({3: "四、因政府信息公开申请行政复议、提起行政诉讼情况"}, "一二三四五六"),
        ({3: "四、行政复议、行政诉讼情况"}, "一二三四五六"),
        ({4: "五、存在的主要问题及改进措施"}, "一二三四五六"),
        ({4: "五、存在的问题"}, "一二三四五六"),
        ({5: "六、需要说明的其他事项与附表"}, "一二三四五六"),
        ({5: "五、其他需要报告的事项"}, "一二三四五六"),  # a slip in the number
        ({4: "存在的主要问题及改进情况"}, "一二三四五六"),
        (
            {0: "一．总体情况", 1: "二 、主动公开政府信息情况", 2: "（三）收到和处理政府信息公开申请情况"},
            "一二三四五六",
        ),
        ({0: "第一部分 总体情况", 1: "第二部分 主动公开政府信息情况"}, "一二三四五六"),
        ({0: "1.总体情况", 1: "2、主动公开政府信息情况"}, "一二三四五六"),
        ({4: "五、下一步打算"}, "一二三四六"),
        ({1: "三、收到和处理政府信息公开申请情况", 2: "二、主动公开政府信息情况"}, "一三二四五六"),
        (
            {
                0: "一、总体情况 2025年，本机关共主动公开信息一百二十条，受理申请三件，均按期答复，没有发生行政复议和行政诉讼。"
            },
            "一二三四五六",
        ),
    ],
)
def test_headings(change, found):
    html = made.page(Figures(), [change.get(n, heading) for n, heading in enumerate(HEADINGS)])
    assert titles(page(html)) == found


def test_what_only_looks_like_a_heading_is_none():
    """Sub-headings of section one, a list in section five, a table of contents, rows of the tables."""
    inside = "<p>（一）主动公开情况。全年公开信息66条。</p><p>（二）依申请公开情况</p><p>（五）监督保障</p>"
    listed = (
        "<p>一、主动公开意识不强，内容不够全面。</p><p>二、依申请公开的办理还不够规范。</p><p>三、问题整改不及时</p>"
    )
    toc = "".join(f"<li>{h}</li>" for h in HEADINGS)
    html = made.page(Figures(), [h for h in HEADINGS if not h.startswith("三")])
    html = html.replace("<p>二、", inside + "<p>二、", 1).replace("<p>六、", listed + "<p>六、", 1)
    assert titles(page(html)) == "一二四五六"
    whole = page(f"<ul>{toc}</ul>{made.page(Figures()).replace('<p>二、', inside + '<p>二、', 1)}")
    assert titles(whole) == "一二三四五六"
    assert whole.length > 60  # section one of the report, not of the table of contents


def test_a_shell_says_nothing_and_a_report_in_prose_says_too_little():
    assert page("<h1>2025年年报</h1><p>附件</p>").unseen == "parse_empty"
    assert page("<h1>2025年年报</h1><div id=app></div><script>load()</script>").unseen == "needs_render"
    assert page("<h1>2025年年报</h1><p><img src='/u/1.jpg' width=800></p>").unseen == "table_image"
    body = page("<h1>2025年年报</h1><p>" + "本机关依法公开信息，接受社会监督，群众满意度不断提高。" * 20 + "</p>")
    assert (body.sections, body.tables, body.unseen) == ((), (), None)


def test_what_the_prose_says():
    prose = "2025年共收到政府信息公开申请12件，行政复议2件、行政诉讼1件，现行有效规范性文件30件。"
    body = page(made.page(Figures()).replace("<p>本机关", f"<p>{prose}</p><p>本机关", 1))
    assert body.said == {"received": 12, "reconsideration": 2, "litigation": 1, "norms": 30}
    assert body.fees == "本年度没有收取信息处理费"


# pages and their files


def test_the_files_of_a_page_likeliest_first():
    html = (
        "<a href='/xz/表格.doc'>申请表</a><a href='/P01.pdf'>岚水县2025年政府信息公开工作年度报告</a>"
        "<a href='/P01.docx' title='2025年政府信息公开年度报告.docx'>下载</a><a href='/down?id=7'>附件：统计表.xlsx</a>"
        "<iframe src='/pdfjs/web/viewer.html?file=/u/2025.pdf'></iframe><title>2025年政府信息公开年报</title>"
    )
    found = [file.url.removeprefix("http://x.cn") for file in report_files(Page(URL, html))]
    assert found == ["/P01.docx", "/P01.pdf", "/u/2025.pdf", "/down?id=7"]
    assert [f.name for f in report_files(Page(URL, "<a href='/a.doc'>下载</a>"))] == ["下载"]


def test_a_page_and_its_file_make_one_report():
    wanted = some()
    whole = read_report_body(made.word(wanted))
    shell = page("<h1>2025年年报</h1><p>附件</p>")
    assert together(shell, whole) == whole
    assert together(shell, ReportBody("doc", unseen="no_converter")).unseen == "no_converter"
    text = page(made.page(wanted).replace(made.html_b(wanted), ""))
    assert is_whole(both := together(text, whole))
    assert (both.form, both.unseen) == ("html", None)
    other = ReportBody("docx")  # a file that is something else
    assert together(text, other) == text
    assert together(text, ReportBody("pdf", unseen="encrypted")).unseen == "encrypted"
    faulty = read_report_body(made.word(wanted, HEADINGS[:5]))
    assert together(shell, faulty).unseen is None  # seen, and lacking section six


# identities


CELLS = [f"{row}/{column}" for row in IDS for column in COLUMNS]
CELLS += [f"{row}/{column}" for row in ("行政复议", "未经复议直接起诉", "复议后起诉") for column in OUTCOMES]


def changed(wanted: Figures, cell: str, by: int) -> Figures:
    row, at = wanted.cell(cell)
    row[at] = str(int(row[at]) + by)
    return wanted


@pytest.mark.parametrize("identity", [i for i in identities() if not i.before], ids=lambda i: i.id)
def test_every_identity_breaks_by_itself(identity):
    """One more in a printed total of each line of an identity breaks that line of it."""
    totals = [c for c in CELLS if _total_of(identity, c)]
    assert len(totals) == {"A1": 7, "A2": 7, "A3": 25, "A4": 3}[identity.id] * (2 if identity.id == "A1" else 1)
    for cell in totals:
        broken = [s for s in broken_identities(page(made.page(changed(some(3), cell, 1)))) if s.identity == identity.id]
        assert len(broken) == 1, cell
        (found,) = broken
        assert cell.partition("/")[0] in found.cell and cell.partition("/")[2] in found.cell
        assert found.printed == found.expected + 1
        assert found.identity in found.words and str(found.printed) in found.words


def _total_of(identity, cell: str) -> bool:
    row, _, column = cell.partition("/")
    in_table = (row in IDS) == (identity.table == "B")
    return in_table and (column if identity.each == "rows" else row) in identity.total


@pytest.mark.parametrize("column", COLUMNS)
def test_the_identity_over_two_years_breaks_by_itself(column):
    before, now = some(4), Figures()
    now.b[IDS.index("B2")] = list(before.b[IDS.index("B4")])
    last, this = page(made.page(before)), page(made.page(now))
    assert [s.holds for s in sums(this, last, only=("A5",))] == [True] * 7
    this = page(made.page(changed(now, f"B2/{column}", 1)))
    assert [s.cell for s in broken_identities(this, last) if s.identity == "A5"] == [f"B2/{column}"]


@settings(deadline=None, max_examples=40)
@given(st.randoms(use_true_random=False), st.sampled_from(CELLS), st.integers(1, 50))
def test_a_balanced_report_breaks_nothing_and_one_changed_cell_breaks_what_it_is_in(luck, cell, by):
    wanted = Figures(luck, 30)
    body = page(made.page(wanted))
    assert agrees(body, wanted)
    assert broken_identities(body) == []
    broken = broken_identities(page(made.page(changed(wanted, cell, by))))
    row, _, column = cell.partition("/")
    assert broken
    assert all(cell in dict(s.parts) or (row in s.cell and column in s.cell) for s in broken)


def test_blanks_and_dashes_count_as_nought_where_that_comes_out_and_decide_nothing_else():
    wanted = Figures()
    for cell in ("B1/商业企业", "B3.2/总计"):
        row, at = wanted.cell(cell)
        row[at] = "" if cell.startswith("B1") else "/"
    body = page(made.page(wanted))
    assert all(s.holds for s in sums(body, only=("A1", "A2", "A3", "A4")))
    row, at = wanted.cell("B3.2/自然人")
    row[at] = "4"
    found = {(s.identity, s.cell): s.holds for s in sums(page(made.page(wanted)))}
    assert found["A3", "B3.2/总计"] is None
    assert found["A2", "B3.7/自然人"] is False


def test_a_menu_in_a_table_is_no_row_of_the_report():
    menu = (
        "<table><tr><td><a href='/gfxwj/'>规范性文件</a></td><td>政策解读</td><td>专题</td><td>互动</td></tr></table>"
    )
    body = read_report_body(Page(URL, made.page(some(), frame=f"<html><body>{menu}{{0}}</body></html>")))
    assert [(t.kind, t.missing) for t in body.tables] == [("A", ()), ("B", ()), ("C", ())]
