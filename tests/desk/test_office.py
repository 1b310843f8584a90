"""What a clerk does about a night, on the command line: decide, notify, print."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import docx
import pytest

from db.records import SHANGHAI
from tests.desk.test_cli import a_run, exported, wangkao


@pytest.fixture
def night(city):
    assert a_run(city).returncode == 0
    return city


def an_alert(night):
    return exported(night, "alerts")[0]


def test_from_the_alert_to_the_printed_notice(night):
    db, found = ("--db", night / "w.db"), an_alert(night)
    ago = wangkao("alert", found["id"], "rectify", "--who", "王芳", "--workdays", 5, *db)
    assert (ago.returncode, "限期整改" in ago.stderr) == (2, True), ago.stderr
    done = wangkao("alert", found["id"], "confirm", "--who", "王芳", "--why", "页面属实", *db)
    assert (done.returncode, "已确认" in done.stderr) == (0, True), done.stderr
    done = wangkao("alert", found["id"], "rectify", "--who", "王芳", "--why", "限期", "--workdays", 5, *db)
    assert (done.returncode, "整改中" in done.stderr) == (0, True), done.stderr
    out = night / "整改通知.docx"
    assert wangkao("notice", "--unit", found["unit"], "--out", out, *db).returncode == 0
    document = docx.Document(str(out))
    words = "\n".join(p.text for p in document.paragraphs) + "\n".join(
        c.text for t in document.tables for r in t.rows for c in r.cells
    )
    assert found["unit"] in words
    assert "待人工核查" in words
    assert an_alert(night)["state"] == "rectifying"
    nobody = wangkao("notice", "--unit", "岚水县", "--out", night / "x.docx", *db)
    assert (nobody.returncode, "岚水县" in nobody.stderr, (night / "x.docx").exists()) == (2, True, False)


def test_a_dismissal_needs_its_end_and_becomes_a_case(night):
    db, found = ("--db", night / "w.db"), an_alert(night)
    given = ("alert", found["id"], "dismiss", "--who", "王芳", "--why", "节日期间", *db)
    assert wangkao(*given).returncode == 2
    last = (datetime.now(SHANGHAI) + timedelta(days=30)).date()
    assert wangkao(*given, "--expires", last).returncode == 0
    assert not [a for a in exported(night, "alerts") if a["id"] == found["id"]]
    (case,) = map(json.loads, wangkao("cases", *db).stdout.splitlines())
    assert "节日期间" in json.dumps(case, ensure_ascii=False)


def test_the_morning_is_shown_before_anything_is_sent(night):
    db, found = ("--db", night / "w.db"), an_alert(night)
    assert wangkao("alert", found["id"], "confirm", "--who", "王芳", "--why", "页面属实", *db).returncode == 0
    shown = wangkao("notify", "--dry-run", *db)
    assert shown.returncode == 0, shown.stderr
    assert found["unit"] in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("alert", "1", "forget", "--who", "王芳"), "forget"),
        (("alert", "1", "rectify", "--who", "王芳", "--due", "明天"), "明天"),
        (("alert", "1", "confirm", "--who", "王芳", "--db", "nowhere.db"), "nowhere.db"),
        (("notice", "--unit", "云阳县", "--out", "x.pdf"), "x.pdf"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, arguments, words):
    done = wangkao(*arguments, cwd=tmp_path)
    assert (done.returncode, words in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
