"""The office makes an assessment on the command line, from the first day to the sealed table."""

import csv
import json

import openpyxl
import pytest
from typer.testing import CliRunner

from db import facts, periods
from desk.cli import app
from monitors.rubric import FOLDER
from tests.desk.test_cli import wangkao
from tests.schedules.period_kit import NIGHTS, RUBRIC, a_city, day

ONE, TWO, OFFICE = "岚水县", "云阳县", "市能源局"
STORY = {
    (ONE, "board.guide"): "ffffffffuuuu",
    (TWO, "site.news_fresh"): "uuuuuuuuuuup",
    (OFFICE, "board.rules"): "f" * NIGHTS,
}


@pytest.fixture
def db(tmp_path):
    a_city(STORY, path=tmp_path / "w.db").close()
    return tmp_path / "w.db"


def do(db, *arguments, status=0):
    done = CliRunner().invoke(app, [*map(str, arguments), "--db", str(db)])
    assert done.exit_code == status, done.output
    return done.output


def opened_period(db):
    return do(db, "period", "open", "2026", "--from", day(0), "--to", day(NIGHTS - 1), "--who", "李主任")


def filled(sheet, *, skip=(), **cells):
    book = openpyxl.load_workbook(sheet)
    page = book.active
    head = {page.cell(2, n).value: n for n in range(1, page.max_column + 1)}
    given = {"结论": "合格", "核查人": "王芳", "核查日期": day(NIGHTS - 1), "凭据": "截图.png"} | cells
    for row in range(3, page.max_row + 1):
        for title, value in given.items():
            if title not in skip:
                page.cell(row, head[title]).value = value(row) if callable(value) else value
    book.save(sheet)


def test_from_the_first_day_to_the_sealed_table(db):
    assert "未封存" in opened_period(db)
    assert "2026（2026-01-01至2026-01-12" in do(db, "period", "list")
    shown = do(db, "period", "show", "2026")
    assert "妨碍封存：2 个单位 2 处" in shown
    assert shown.index(ONE) < shown.index(TWO), "who kept us out comes first"
    refused = do(db, "period", "seal", "2026", "--who", "李主任", status=1)
    assert "还有 2 处待人工核查" in refused
    assert ONE in refused
    sheet = db.parent / "核查表.xlsx"
    assert "2 项" in do(db, "period", "sheet", "2026", "--out", sheet)
    filled(sheet, 结论=lambda row: "不合格" if row == 3 else "合格")
    assert "已导入 2 项人工核查，还有 0 处" in do(db, "period", "checked", "2026", "--sheet", sheet)
    given = ("--who", "李主任", "--why", "承担省考核任务", "--proof", "忻政办1号")
    assert "+0.5" in do(db, "period", "adjust", "2026", "--unit", TWO, "--points", "0.5", *given)
    sealed = do(db, "period", "seal", "2026", "--who", "李主任").replace("\n", "")
    digest = sealed.partition("摘要 ")[2][:64]
    assert "核验通过" in do(db, "period", "verify", "2026")
    assert "已封存" in do(db, "period", "adjust", "2026", "--unit", TWO, "--points", "0.5", *given, status=2)
    assert "已封存" in do(db, "period", "open", "2026", "--from", day(0), "--to", day(3), status=2)
    rows = [json.loads(line) for line in do(db, "period", "show", "2026", "--format", "jsonl").splitlines()]
    assert [(r["unit"], r["online"], r["digest"]) for r in rows] == [
        (ONE, "9.6", digest),
        (TWO, "10.0", digest),
        (OFFICE, "7.7", digest),
    ]
    ledger = do(db, "period", "show", "2026", "--unit", ONE)
    assert digest in ledger.replace("\n", "")
    assert all(word in ledger for word in ("满分", "-0.4", "9.6", "人工核查"))
    said = do(
        db,
        "period",
        "addendum",
        "2026",
        "--unit",
        ONE,
        "--points",
        "0.1",
        "--who",
        "李主任",
        "--why",
        "复议",
        "--proof",
        "纪要2",
    )
    assert "更正第1号" in said
    assert "更正第1号：岚水县 +0.1" in do(db, "period", "show", "2026")
    parts = db.parent / "得分.xlsx"
    do(db, "table", "--template", "--period", "2026", "--out", parts)
    page = openpyxl.load_workbook(parts)["分项成绩"]
    assert {page.cell(r, 1).value: (page.cell(r, 4).value, page.cell(r, 7).value) for r in range(2, 5)} == {
        ONE: (9.7, "更正第1号：复议"),
        TWO: (10, "承担省考核任务加分"),
        OFFICE: (7.7, None),
    }
    notes = "".join(str(c.value) for row in openpyxl.load_workbook(parts)["填写说明"].rows for c in row)
    assert digest in notes


def test_a_changed_row_is_found_out(db):
    with_file = facts.open_database(db)
    with_file.execute("UPDATE finding SET verdict = 'pass' WHERE verdict = 'unknown'")
    with_file.conn.commit()
    opened_period(db)
    do(db, "period", "seal", "2026", "--who", "李主任")
    with_file.execute("DROP TRIGGER period_frozen_no_update")
    with_file.execute("UPDATE period_frozen SET record = replace(record, '7.7', '7.9') WHERE part = 'score'")
    with_file.conn.commit()
    assert "摘要不符" in do(db, "period", "verify", "2026", status=1)
    with_file.close()


def test_a_sheet_with_a_bad_row_is_refused_whole(db):
    opened_period(db)
    sheet = db.parent / "核查表.csv"
    do(db, "period", "sheet", "2026", "--out", sheet)
    rows = list(csv.DictReader(sheet.read_text("utf-8-sig").splitlines()))
    assert [(r["单位"], r["未能核实起"], r["规则"]) for r in rows] == [
        (ONE, str(day(8)), "board.guide"),
        (TWO, "", "site.news_fresh"),
    ]
    good = {"结论": "合格", "核查人": "王芳", "核查日期": str(day(11)), "凭据": "截图.png"}
    for wrong, said in (
        ({"结论": "还行"}, "“结论” 列 “还行”：不认识的结论。请填 合格、不合格 或 不适用"),
        ({"核查人": ""}, "“核查人” 列 “”：是空的"),
        ({"凭据": ""}, "“凭据” 列 “”：是空的"),
        ({"核查日期": "昨天"}, "“核查日期” 列 “昨天”"),
        ({"核查日期": "2025-12-31"}, "不在 2026-01-01 到今天之间"),
        ({"单位": "无名县"}, "登记表里没有这个参加考核的单位"),
        ({"规则": "site.nothing"}, "没有这条计分规则"),
        ({"账号": "某号"}, "没有登记这个账号"),
        ({"处数": "许多"}, "不是个数"),
    ):
        with sheet.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows([rows[0] | good, rows[1] | good | wrong])
        output = do(db, "period", "checked", "2026", "--sheet", sheet, status=2).replace("\n", "")
        assert said in output
        assert "第 3 行" in output
    with_file = facts.open_database(db)
    assert periods.checks(with_file, periods.period_named(with_file, "2026")) == []
    with_file.close()


def test_empty_lines_wait_and_one_thing_is_told_once(db):
    opened_period(db)
    sheet = db.parent / "核查表.xlsx"
    do(db, "period", "sheet", "2026", "--out", sheet)
    assert "已导入 0 项人工核查，还有 2 处" in do(db, "period", "checked", "2026", "--sheet", sheet)
    filled(sheet, 单位=ONE, 规则="board.guide", 对象="")
    assert "是同一项" in do(db, "period", "checked", "2026", "--sheet", sheet, status=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("period", "show", "2027"), "没有名为「2027」的考核期"),
        (("period", "show", "2026", "--unit", "无名县"), "没有单位「无名县」"),
        (("period", "open", "x", "--from", "2026-13-01", "--to", "2026-12-31"), "不认识的日期"),
        (("period", "open", "x", "--from", "2026-12-31", "--to", "2026-01-01"), "起始日不晚于截止日"),
        (("period", "open", "x", "--from", "2026-01-01", "--to", "2026-12-31", "--rubric", "nothing"), "nothing.toml"),
        (
            ("period", "adjust", "2026", "--unit", ONE, "--points", "many", "--who", "a", "--why", "b", "--proof", "c"),
            "不是分数",
        ),
        (("period", "verify", "2026"), "还没有封存"),
        (("period", "sheet", "2026", "--out", "x.pdf"), "不认识的格式"),
        (("explain", "无名县"), "没有单位「无名县」"),
        (("explain", ONE, "--to", "then"), "不是日期也不是任务号"),
        (("backtest", "--rubric", "nothing"), "nothing.toml"),
    ],
)
def test_what_cannot_be_is_said(db, arguments, said):
    opened_period(db)
    assert said in do(db, *arguments, status=2).replace("\n", "")


def test_a_unit_is_explained(db):
    said = do(db, "explain", OFFICE, "--from", day(0), "--to", day(3))
    assert all(word in said for word in ("满分", "政府信息公开制度", "-0.32", "若改好", "7.7 → 8.0", "没有变动")), said
    made = json.loads(do(db, "explain", ONE, "--format", "json", "--from", day(7)))
    assert [(p["cause"], p["points"]) for p in made["parts"]] == [("collector", "0.400000")]


def test_another_rubric_is_tried_and_then_used(db):
    other = db.parent / "other.toml"
    text = (FOLDER / f"{RUBRIC.name}.toml").read_text("utf-8")
    other.write_text(text.replace('name = "xinzhou-2022"', 'name = "other"'), "utf-8")
    given = ("period", "open", "2026", "--from", day(0), "--to", day(11), "--rubric", other)
    assert "wangkao backtest --rubric" in do(db, *given, status=2).replace("\n", "")
    assert "已记录为第 1 次试判" in do(db, "backtest", "--rubric", other, "--out", db.parent / "b.json")
    assert json.loads((db.parent / "b.json").read_text("utf-8"))["nights"] == NIGHTS
    assert "细则 other" in do(db, *given)


def test_it_is_a_command_like_the_others(db):
    done = wangkao("period", "list", "--db", db)
    assert (done.returncode, done.stdout) == (0, "")
    assert "还没有考核期" in done.stderr
