"""`wangkao table` as another program calls it: what goes in, what comes out, what is refused and how it ends."""

import csv

import openpyxl
import pytest
from typer.testing import CliRunner

from db import facts
from db.records import Unit
from desk.cli import app

PARTS = """unit,group,written,online,consultation,bonus,remark
甲县,county,20.0,9.0,60.0,,
乙县,county,21.0,8.0,60.0,,创办政府公报加分
丙县,county,未报资料记0分,9.0,60.0,1,
市教育局,department,20.0,无公开平台记0分,60.0,0.5,
"""
DECISIONS = "unit,after,why\n乙县,甲县,网上考核较低\n"


def table(*arguments):
    done = CliRunner().invoke(app, ["table", *map(str, arguments)])
    return done.exit_code, done.stderr


@pytest.fixture
def office(tmp_path):
    (tmp_path / "p.csv").write_text(PARTS, "utf-8")
    (tmp_path / "d.csv").write_text(DECISIONS, "utf-8")
    return tmp_path


def test_parts_in_a_table_out(office):
    out = office / "o.csv"
    assert table("--parts", office / "p.csv", "--out", out) == (0, f"已写入 {out}（4 个单位）\n")
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*PARTS.splitlines()[0].split(","), "total", "rank"]
    assert [(r["unit"], r["total"], r["rank"]) for r in rows] == [
        ("乙县", "89.0", "1"),
        ("甲县", "89.0", "1"),
        ("丙县", "70.0", "2"),
        ("市教育局", "80.5", "1"),
    ]
    assert table("--parts", office / "p.csv", "--decisions", office / "d.csv", "--out", out)[0] == 0
    with out.open(encoding="utf-8-sig") as file:
        assert {r["unit"]: r["rank"] for r in csv.DictReader(file)} == {
            "甲县": "1",
            "乙县": "2",
            "丙县": "3",
            "市教育局": "1",
        }


def test_a_book_with_its_title(office):
    out = office / "o.xlsx"
    assert table("--parts", office / "p.csv", "--out", out, "--title", "2026年度汇总表")[0] == 0
    assert [s["A1"].value for s in openpyxl.load_workbook(out).worksheets] == [
        "2026年度汇总表（一）",
        "2026年度汇总表（二）",
    ]


@pytest.mark.parametrize(
    ("parts", "decisions", "said"),
    [
        (PARTS.replace("21.0", "26.5"), DECISIONS, "p.csv 第 3 行 “written” 列 “26.5”：超过满分 26 分"),
        (PARTS, DECISIONS.replace("甲县", "丙县"), "d.csv 第 2 行：“乙县” 89.0 分，“丙县” 70.0 分，总成绩不相同"),
        (PARTS, "unit,after\n乙县,甲县\n", "表头缺少 why（理由）"),
        ("unit,group\n甲县,county\n", DECISIONS, "表头缺少 written（书面考核）"),
    ],
)
def test_what_is_refused_writes_nothing(office, parts, decisions, said):
    (office / "p.csv").write_text(parts, "utf-8")
    (office / "d.csv").write_text(decisions, "utf-8")
    for form in ("csv", "xlsx"):
        status, told = table(
            "--parts", office / "p.csv", "--decisions", office / "d.csv", "--out", office / f"o.{form}"
        )
        assert status == 2
        assert said in told
    assert sorted(p.name for p in office.iterdir()) == ["d.csv", "p.csv"]


def test_arguments_that_make_no_sense(office):
    parts, out = ("--parts", office / "p.csv"), ("--out", office / "o.csv")
    for given in ((), parts, out, (*parts, *out, "--template"), ("--template",)):
        assert table(*given)[0] == 2
    assert "就是输入文件" in table(*parts, "--out", office / "p.csv")[1]
    assert (office / "p.csv").read_text("utf-8") == PARTS
    assert "以 .csv 或 .xlsx 结尾" in table(*parts, "--out", office / "o.pdf")[1]
    assert "文件不存在" in table("--parts", office / "q.csv", *out)[1]
    status, told = table(*parts, "--out", office / "none" / "o.csv")
    assert (status, "不能写入" in told) == (2, True)


def test_the_template_of_the_registered_units(office):
    units = [Unit("甲县", "county", None), Unit("市政府", "portal", None), Unit("市教育局", "department", None)]
    db = facts.open_database(office / "w.db")
    facts.save_registry(db, units, [])
    db.close()
    out = office / "t.xlsx"
    assert table("--template", "--db", office / "w.db", "--out", out) == (0, f"已写入 {out}（2 个单位）\n")
    assert [row[0].value for row in openpyxl.load_workbook(out).active.iter_rows(2)] == ["甲县", "市教育局"]
    status, told = table("--parts", out, "--out", office / "o.csv")
    assert (status, "是空的" in told) == (2, True), "the form is still empty"
    assert table("--template", "--db", office / "none.db", "--out", office / "u.xlsx")[0] == 2
    assert not (office / "u.xlsx").exists()
