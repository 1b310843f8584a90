"""The assessment table as the office uses it: parts as Excel saves them, the 2022 tables to the last cell, the printed book."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from db.records import Unit
from desk.score_table import read_decisions, read_parts, text, write_table, write_template
from desk.sheets import SheetProblem
from monitors.table import Decision, Parts, mark, ranked

D = Decimal
SCORES = Path(__file__).parents[3] / "shared" / "scores-2022.csv"
ENGLISH = ["unit", "group", "written", "online", "consultation", "bonus", "remark"]
CHINESE = ["单位", "类别", "书面考核", "网上考核", "征询考核", "综合加分", "备注"]
ROW = ["原平市", "county", "23.6", "9.8", "60.8", "3", "创办政府公报加分"]
OTHER = ["市金融办", "市直部门", "19.0", "无公开平台记0分", "66.5", "", ""]


def a_csv(folder, *rows, header=ENGLISH, encoding="utf-8", name="parts.csv"):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    (folder / name).write_bytes(out.getvalue().encode(encoding))
    return folder / name


def a_book(folder, *rows, header=CHINESE, name="parts.xlsx", more=()):
    book = openpyxl.Workbook()
    for cells in (header, *rows):
        book.active.append(cells)
    for title, lines in more:
        sheet = book.create_sheet(title)
        for cells in lines:
            sheet.append(cells)
    book.save(folder / name)
    return folder / name


def refused(path, read=read_parts):
    with pytest.raises(SheetProblem) as caught:
        read(path)
    return str(caught.value)


WANT = [
    Parts("原平市", "county", D("23.6"), D("9.8"), D("60.8"), D("3"), "创办政府公报加分"),
    Parts("市金融办", "department", D("19.0"), "无公开平台记0分", D("66.5"), "", ""),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    "header",
    [ENGLISH, CHINESE, [*CHINESE[:2], "书面考核（26分）", "网上考核(10分)", "征询考核 （满分64）", *CHINESE[5:]]],
)
def test_every_way_a_sheet_comes(tmp_path, encoding, header):
    assert read_parts(a_csv(tmp_path, ROW, OTHER, header=header, encoding=encoding)) == WANT


def test_a_workbook_with_numbers_as_excel_keeps_them(tmp_path):
    rows = (
        ["原 平 市", "县市区", 23.599999999999998, 9.8, 60.800000000000004, 3, "创办政府公报加分"],
        ["市金融办", "市直各部门", 19, "无公开平台记0分", 66.5, None, None],
    )
    found = read_parts(a_book(tmp_path, *rows))
    assert found == WANT
    assert str(found[1].written) == "19.0"
    assert str(found[0].bonus) == "3"


def test_two_sheets_and_a_note_make_one_table(tmp_path):
    note = ("填写说明", [["每个单位一行"], ["单位名称取自登记表"]])
    path = a_book(tmp_path, ROW, more=[("市直", [["二、市直部门"], CHINESE, OTHER]), note])
    assert read_parts(path) == WANT
    path = a_book(tmp_path, ROW, more=[("市直", [[*CHINESE[:4], "征询", "加分"], OTHER[:6]])])
    assert "第 2 张表 第 1 行：表头缺少 consultation（征询考核）" in refused(path)


def test_columns_we_do_not_know_are_kept(tmp_path):
    path = a_csv(tmp_path, [*ROW, "张三", "88", "1"], header=[*CHINESE, "联系人", "总成绩", "名次"])
    (parts,) = read_parts(path)
    assert parts.extra == {"联系人": "张三"}, "total and rank are worked out anew"
    assert text(ranked([parts])).splitlines() == [
        "unit,group,written,online,consultation,bonus,remark,联系人,total,rank",
        "原平市,county,23.6,9.8,60.8,3,创办政府公报加分,张三,97.2,1",
    ]


def changed(**cells):
    return [cells.get(name, cell) for name, cell in zip(ENGLISH, ROW, strict=True)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(written="26.1"), "第 2 行 “书面考核” 列 “26.1”：超过满分 26 分。请核对分数和类别。"),
        (changed(online="10.1"), "“网上考核” 列 “10.1”：超过满分 10 分"),
        (changed(consultation="65"), "“征询考核” 列 “65”：超过满分 64 分"),
        (changed(group="市直部门"), "“书面考核” 列 “23.6”：超过满分 22 分"),
        (changed(online="-0.1"), "“网上考核” 列 “-0.1”：是负数。分数不能小于 0"),
        (changed(bonus="-1"), "“综合加分” 列 “-1”：是负数"),
        (changed(written=""), "“书面考核” 列 “”：是空的。请填分数，或写明原因"),
        (changed(online="待人工核查"), "“网上考核” 列 “待人工核查”：不是分数，也没有说明按 0 分计"),
        (changed(online="9.8分"), "“网上考核” 列 “9.8分”：看不出是分数还是原因"),
        (changed(online="9.8123"), "小数超过 2 位"),
        (changed(group=""), "“类别” 列 “”：是空的。请填 county（县（市、区））、department（市直部门） 之一"),
        (changed(group="乡镇"), "“类别” 列 “乡镇”：不认识的类别"),
        (changed(group="portal"), "“类别” 列 “portal”：这一类不参加排名"),
        (changed(unit=" "), "“单位” 列 “”：是空的。请填单位名称"),
        ([*ROW, "多"], "比表头多出 1 格，从 “多” 起"),
    ],
)
def test_a_bad_cell_is_named(tmp_path, row, said):
    path = a_csv(tmp_path, row, header=CHINESE)
    assert said in refused(path)
    assert refused(path).startswith(f"{path} 第 2 行")


def test_all_bad_cells_are_told_at_once(tmp_path):
    said = refused(a_csv(tmp_path, changed(written="27"), changed(unit="代县", online="x"), ROW, ROW)).splitlines()
    assert [line.split("：")[0].removeprefix(str(tmp_path)) for line in said] == [
        "/parts.csv 第 2 行 “written” 列 “27”",
        "/parts.csv 第 3 行 “online” 列 “x”",
        "/parts.csv 第 4 行 “unit” 列 “原平市”",
        "/parts.csv 第 5 行 “unit” 列 “原平市”",
    ]
    assert "与 第 2 行 重复" in said[2]


def test_files_that_are_no_parts(tmp_path):
    assert "文件不存在" in refused(tmp_path / "none.csv")
    assert "是文件夹" in refused(tmp_path)
    (tmp_path / "e.csv").write_text("", "utf-8")
    assert "文件是空的" in refused(tmp_path / "e.csv")
    assert "没有任何单位" in refused(a_csv(tmp_path))
    assert "表头缺少 bonus（综合加分）" in refused(a_csv(tmp_path, ROW[:5], header=CHINESE[:5]))
    assert "有两列" in refused(a_csv(tmp_path, [*ROW, "1"], header=[*CHINESE, "单位"]))
    (tmp_path / "b.csv").write_bytes("单位,类别\n原平市".encode()[:-1] + b"\xff\xfe\xff")
    assert "损坏" in refused(tmp_path / "b.csv") or "表头缺少" in refused(tmp_path / "b.csv")
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 broken")
    assert "xlsx" in refused(tmp_path / "x.xlsx")


def test_decisions(tmp_path):
    path = a_csv(
        tmp_path, ["市行政审批局", "市城市管理局", "加分前得分较低"], header=["单位", "排在其后", "理由"], name="d.csv"
    )
    assert read_decisions(path) == [Decision("市行政审批局", "市城市管理局", "加分前得分较低", f"{path} 第 2 行")]
    path = a_csv(tmp_path, ["市行政审批局", "市城市管理局", ""], header=["unit", "after", "why"], name="d.csv")
    assert "“why” 列 “”：是空的。请写明为什么排在其后" in refused(path, read_decisions)
    assert read_decisions(a_csv(tmp_path, header=["unit", "after", "why"], name="d.csv")) == []


# the tables of 2022


@pytest.fixture
def printed():
    """The 49 rows of the circular's annex, as strings."""
    if not SCORES.exists():
        pytest.skip("../shared/scores-2022.csv is not there: the golden tables were not checked")
    with SCORES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 49
    return rows


DECISION = Decision("市行政审批局", "市城市管理局", "加分前得分较低")


def the_parts_of(printed, folder, *, book):
    groups = {"一": "县市区", "二": "市直部门"}
    rows = [[r["unit"], groups[r["table"]], *(r[name] for name in ENGLISH[2:])] for r in reversed(printed)]
    if not book:
        return a_csv(folder, *rows, header=CHINESE, encoding="gb18030")

    def number(text):
        return float(text) if text.replace(".", "").isdigit() else text or None

    return a_book(folder, *([*row[:2], *map(number, row[2:6]), row[6]] for row in rows))


@pytest.mark.parametrize("book", [False, True])
def test_both_tables_of_2022_come_out_exactly(printed, tmp_path, book):
    out = tmp_path / "out.csv"
    lines = ranked(read_parts(the_parts_of(printed, tmp_path, book=book)), [DECISION])
    write_table(lines, out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        made = list(csv.DictReader(file))
    wanted = [{name: row[name] for name in (*ENGLISH[2:], "unit", "total", "rank")} for row in printed]
    assert [{name: row[name] for name in wanted[0]} for row in made] == wanted
    assert [row["decision"] for row in made if row["decision"]] == ["排在市城市管理局之后：加分前得分较低"]
    tied = {row["unit"]: row["rank"] for row in made if row["total"] == "92.5"}
    assert tied == {"市城市管理局": "5", "市行政审批局": "6"}


def test_without_the_decision_the_tie_shares_its_rank(printed, tmp_path):
    lines = ranked(read_parts(the_parts_of(printed, tmp_path, book=False)))
    assert [line.rank for line in lines if str(line.total) == "92.5"] == [5, 5]
    assert "decision" not in text(lines).splitlines()[0]
    assert lines[-1].rank == 27


def test_the_book_is_the_circulars_annex(printed, tmp_path):
    out = tmp_path / "out.xlsx"
    write_table(
        ranked(read_parts(the_parts_of(printed, tmp_path, book=False)), [DECISION]), out, title="忻州市2022年度汇总表"
    )
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["县（市、区）", "市直部门"]
    for sheet, table, full, annex in zip(
        book.worksheets, "一二", [("26", "10", "64"), ("22", "8", "70")], ["各县〈市、区〉", "市直各部门"], strict=True
    ):
        rows = [row for row in printed if row["table"] == table]
        assert sheet["A1"].value == f"忻州市2022年度汇总表（{table}）"
        assert sheet["A2"].value == f"（{annex}）"
        assert [c.value for c in sheet[3]][:2] == ["单位", "各分项考核结果"]
        assert [c.value for c in sheet[3]][4:] == ["综合加分", "总成绩", "名次", "备注"]
        assert [c.value for c in sheet[4]][1:4] == [
            f"{name}\n（{mark}分）" for name, mark in zip(("书面考核", "网上考核", "征询考核"), full, strict=True)
        ]
        assert {"A1:H1", "A2:H2", "B3:D3", "A3:A4", "H3:H4"} <= {str(r) for r in sheet.merged_cells.ranges}
        shown = [[as_shown(cell) for cell in cells] for cells in sheet.iter_rows(5, 4 + len(rows))]
        assert shown == [
            [row[name] for name in ("unit", "written", "online", "consultation", "bonus", "total", "rank", "remark")]
            for row in rows
        ]
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.orientation == "portrait"
        assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
        assert sheet.print_title_rows == "$3:$4"
        assert nothing_is_cut(sheet)
    notes = [c.value for c in book["市直部门"]["A"] if str(c.value).startswith("注：")]
    assert notes == ["注：市行政审批局与市城市管理局总成绩相同，排在其后：加分前得分较低"]
    assert book["市直部门"].print_area == "'市直部门'!$A$1:$H$39"


def as_shown(cell):
    """What a spreadsheet shows: numbers with the decimals of their format."""
    if isinstance(cell.value, int | float):
        decimals = len(cell.number_format.partition(".")[2])
        return f"{cell.value:.{decimals}f}"
    return cell.value or ""


def nothing_is_cut(sheet):
    """Every text fits its cell: as many lines as its width makes of it are as high as its row. Full-width characters are
    as wide as they are high, a column's width counts digits of 7 pixels.
    """
    merged = {r.coord.split(":")[0]: r for r in sheet.merged_cells.ranges}
    inside = {c for r in sheet.merged_cells.ranges for row in r.cells for c in [row]}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None or (cell.coordinate not in merged and (cell.row, cell.column) in inside):
                continue
            area = merged.get(cell.coordinate)
            columns = range(area.min_col, area.max_col + 1) if area else [cell.column]
            lines = range(area.min_row, area.max_row + 1) if area else [cell.row]
            wide = sum(sheet.column_dimensions[get_column_letter(n)].width * 7 for n in columns) - 4
            high = sum(sheet.row_dimensions[n].height for n in lines)
            size = cell.font.size
            em = size * 96 / 72
            per_line = int(wide // em)  # whole characters
            broken = 0
            for line in as_shown(cell).split("\n"):
                needed = sum(em if ord(c) > 0x2E80 else em * 0.6 for c in line)
                broken += 1 if needed <= wide else -(-int(needed / em + 0.99) // per_line)
            assert per_line >= 1
            assert broken * size * 1.2 <= high, (cell.coordinate, cell.value, wide, high)
            assert broken == 1 or isinstance(cell.value, str), "numbers do not break"
    return True


def test_what_the_office_writes_long_is_not_cut(tmp_path):
    rows = [
        Parts("忻州市某某经济技术开发区管理委员会某某办公室", "county", "因报送材料不完整且逾期未补正记0分", D("9.75"), D("60"), D("2.5"), "某" * 130, {"联系电话": "0350-3030303"}),
        Parts("代县", "county", D("20"), D("9"), D("60"), "", "=1+1\n第二行"),
    ]  # fmt: skip
    write_table(ranked(rows, []), tmp_path / "o.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    assert nothing_is_cut(sheet)
    assert sheet["A1"].value == "政务公开工作考核成绩汇总表", "one table has no number"
    assert sheet["H5"].value == "=1+1\n第二行"
    assert sheet["H5"].data_type == "s", "never run as a formula"
    assert [sheet["C6"].number_format, sheet["B5"].number_format] == ["0.00", "0"]
    assert [sheet["I3"].value, sheet["I6"].value] == ["联系电话", "0350-3030303"]
    assert sheet.print_area.endswith("$H$6"), "what is not in the circular is kept beside the print area"


def test_a_table_file_is_replaced_whole_or_not_at_all(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("old", "utf-8")
    lines = ranked([WANT[0]])
    with pytest.raises(SheetProblem, match=r"以 .csv 或 .xlsx 结尾"):
        write_table(lines, tmp_path / "out.pdf")
    with pytest.raises(OSError, match="No such file"):
        write_table(lines, tmp_path / "none" / "out.csv")
    assert out.read_text("utf-8") == "old"
    write_table(lines, out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbfunit,"), "Excel reads it as UTF-8"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv"]


def test_a_formula_in_csv_is_text_and_reads_back(tmp_path):
    write_table(
        ranked([Parts("代县", "county", D("20.0"), D("9.0"), D("60.0"), "", "=cmd|'x'!A1")]), tmp_path / "o.csv"
    )
    assert ",'=cmd|" in (tmp_path / "o.csv").read_text("utf-8-sig")
    assert read_parts(tmp_path / "o.csv")[0].remark == "=cmd|'x'!A1"


# the form to fill in


REGISTERED = [
    Unit("市教育局", "department", None),
    Unit("忻州市人民政府", "portal", None),
    Unit("代县", "county", None),
    Unit("市金融办", "department", ""),
]
CELLS = (
    st.decimals(0, 8, places=1) | st.decimals(0, 8, places=2) | st.sampled_from(["未报资料记0分", "无公开平台记0分"])
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(CELLS, CELLS, CELLS, CELLS | st.just(""), st.sampled_from(["", "创办政府公报加分"])),
        min_size=3,
        max_size=3,
    )
)
def test_the_template_gives_back_what_was_filled_in(tmp_path, filled):
    path = tmp_path / "t.xlsx"
    assert write_template(REGISTERED, path) == 3
    book = openpyxl.load_workbook(path)
    sheet = book["分项成绩"]
    assert [[c.value for c in row[:2]] for row in sheet.iter_rows(2)] == [
        ["代县", "县（市、区）"],
        ["市教育局", "市直部门"],
        ["市金融办", "市直部门"],
    ]
    for row, cells in enumerate(filled, 2):
        for column, cell in enumerate(cells, 3):
            sheet.cell(row, column).value = float(cell) if isinstance(cell, D) else cell or None
    book.save(path)
    wanted = [(mark(str(a)), mark(str(b)), mark(str(c)), d, e) for a, b, c, d, e in filled]
    assert [(p.written, p.online, p.consultation, p.bonus, p.remark) for p in read_parts(path)] == wanted
    assert [(p.unit, p.group) for p in read_parts(path)] == [
        ("代县", "county"),
        ("市教育局", "department"),
        ("市金融办", "department"),
    ]


def test_the_template_refuses_marks_beyond_the_full_ones_while_typing(tmp_path):
    write_template(REGISTERED, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["分项成绩"]
    rules = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    assert rules["C2"] == "OR(ISTEXT(C2),AND(ISNUMBER(C2),C2>=0,C2<=26))"
    assert rules["D3"] == "OR(ISTEXT(D3),AND(ISNUMBER(D3),D3>=0,D3<=8))"
    assert rules["F3"] == "OR(ISTEXT(F3),AND(ISNUMBER(F3),F3>=0))"
    said = refused(tmp_path / "t.xlsx")
    assert "“书面考核” 列 “”：是空的" in said, "an empty form is no table"
    assert sheet.print_title_rows == "$1:$1"


def test_a_template_without_units_or_with_another_ending(tmp_path):
    with pytest.raises(SheetProblem, match=r"输出文件名请以 \.xlsx 结尾"):
        write_template(REGISTERED, tmp_path / "t.csv")
    with pytest.raises(SheetProblem, match="没有参加排名的单位"):
        write_template(REGISTERED[1:2], tmp_path / "t.xlsx")
    assert not list(tmp_path.iterdir())
