"""Lists that the office prints: from a real night's database, on screen, as csv and as xlsx."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest

from db import facts, findings
from db.records import Row
from desk import reports
from monitors import items
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.desk.test_cli import a_run, wangkao
from tests.monitors.made import a_case, a_unit, a_visit

NIGHT = datetime(2026, 3, 1, 14, tzinfo=UTC)


def with_rows(visit, *rows):
    column = replace(next(c for c in visit.columns if c.role == "news"), rows=rows)
    return replace(visit, columns=(column,), home_rows=(), board=None)


def test_an_item_counts_once_however_often_it_is_seen_and_in_its_own_year():
    old, new = Row("会议召开", "/1", date(2025, 12, 31), "row"), Row("工作推进", "/2", date(2026, 1, 1), "row")
    later = Row("项目开工", "/3", date(2026, 2, 1), "row")
    first = with_rows(a_visit(started_at=NIGHT), old, new, Row("没有日期", "/4"))
    second = with_rows(a_visit(started_at=NIGHT + timedelta(days=1)), later, new)
    found = items.counted("代县", [first, second], year=2026)
    assert (found.total, found.by_kind["news"]) == (2, 2)
    assert (found.watched_from, found.watched_to) == (date(2026, 3, 1), date(2026, 3, 2))
    assert items.counted("代县", [first, second], year=2025).total == 1
    *_, last = items.rows([found, items.counted("五台县", [], year=2026)])
    assert (last["单位"], last["合计"]) == ("合计", 2)


@pytest.fixture
def db():
    opened = facts.open_database(":memory:")
    units = [a_unit(name="甲县", retrofit=False), a_unit(name="乙县"), a_unit(name="丙县", retrofit=True)]
    facts.save_registry(opened, units, [])
    made = [f for unit in units for f in judge(a_case(a_visit(unit=unit.name), unit=unit), load_rubric())]
    made = [replace(f, verdict="fail") if (f.unit, f.rule) == ("丙县", "elder.works") else f for f in made]
    with facts.writing(opened):
        findings.save_judging(
            opened, run=None, as_of=NIGHT, rubric="xinzhou-2022", version="0", made_at=NIGHT, findings=made, scores=[]
        )
    return opened


def test_units_whose_age_friendly_work_is_not_done(db):
    wanted = reports.Wanted(date(2026, 3, 2), 2026)
    lines = reports.REPORTS["retrofit"].make(db, wanted)
    assert [(line["单位"], line["问题"]) for line in lines] == [("甲县", "改造未完成"), ("丙县", "入口不能用")]
    everyone = reports.REPORTS["retrofit"].make(db, replace(wanted, everyone=True))
    assert [line["适老化改造（填报）"] for line in everyone] == ["未完成", "未填报", "已完成"]


def test_lists_of_a_real_night(city):
    assert a_run(city).returncode == 0
    given = ("--db", city / "w.db")
    shown = wangkao("report", "posts", *given)
    assert (shown.returncode, "岚水发布" in shown.stdout) == (0, True), shown.stderr
    out = city / "items.csv"
    assert wangkao("report", "items", *given, "--out", out).returncode == 0
    rows = {row["单位"]: row for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())}
    assert int(rows["岚水县"]["合计"]) >= 10
    assert int(rows["合计"]["合计"]) == sum(int(r["合计"]) for name, r in rows.items() if name != "合计")
    sheet = city / "elder.xlsx"
    assert wangkao("report", "retrofit", *given, "--out", sheet).returncode == 0
    assert [c.value for c in openpyxl.load_workbook(sheet).active["A"]] == ["单位", "云阳县"]


def test_accounts_against_what_was_filed(city):
    assert a_run(city).returncode == 0
    filing = city / "filed.csv"
    filing.write_text(
        "主办单位,账号名称,平台类型,账号状态\n岚水县,岚水发布,微博,正常\n云阳县,云阳发布,微信,正常\n", "gb18030"
    )
    given = ("--filing", filing, "--db", city / "w.db")
    done = wangkao("accounts", "reconcile", *given)
    assert (done.returncode, "云阳发布" in done.stdout) == (0, True), done.stderr
    out = city / "accounts-new.csv"
    assert wangkao("accounts", "import", *given, "--out", out).returncode == 0
    assert {r["账号"] for r in csv.DictReader(out.read_text("utf-8-sig").splitlines())} == {"岚水发布", "云阳发布"}
    assert "岚水发布" in wangkao("accounts", "count", "--db", city / "w.db").stdout
    assert wangkao("accounts", "forget", *given).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "nonsense"),
        (("reconcile",), "--filing"),
        (("posts", "--out", "x.pdf"), "x.pdf"),
        (("posts", "--db", "nowhere.db"), "nowhere.db"),
    ],
)
def test_what_cannot_be_printed_is_said(tmp_path, arguments, words):
    done = wangkao("report", *arguments, cwd=tmp_path)
    assert (done.returncode, words in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
