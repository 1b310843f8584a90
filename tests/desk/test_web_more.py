"""规则、热力图、台账、运行、登记、令牌: what each page shows, and what a registry that is changed in the desk becomes."""

from __future__ import annotations

import csv
import io
import os
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from db import facts, findings, ledger, samples, tokens
from db.records import Incident
from db.registry import read_accounts, read_units
from desk import web
from monitors import sampling
from schedules.figures import checked
from schedules.review import decide_many
from tests import accuracy_data
from tests.desk.web_kit import OTHER, OWN, Browser, a_desk

AT = datetime.now(UTC)
UNITS = """市直和县区网站登记表,,,,,
单位,类别,网址,网站标识码,备注,联系人
大青县,县市区,http://daqing.example/,1499000031,联系 办公室,张三 13812345678
石坪县,县市区,http://shiping.example/,1499000004,,
市档案馆,市直部门,无,,"有,逗号",
"""
ACCOUNTS = """单位,平台,账号,数据源,分管
大青县,feed,大青发布,http://rss.example/weibo/1?key=abcdef123&x=1,李四
石坪县,weibo,石坪发布,http://rss.example/weibo/2,
"""


@pytest.fixture(scope="module")
def reading(night, tmp_path_factory):
    """A desk that no test changes."""
    return a_desk(tmp_path_factory.mktemp("reading"), night)


@pytest.fixture
def desk(night, tmp_path):
    """A desk of one test, with both sheets."""
    made = a_desk(tmp_path, night)
    (tmp_path / "units.csv").write_bytes(UNITS.encode("gb18030"))
    (tmp_path / "accounts.csv").write_text(ACCOUNTS, "utf-8")
    made.service.settings.accounts = tmp_path / "accounts.csv"
    return made


def at(desk, role="administrator"):
    return Browser(web.application(desk.service, desk)).sign_in(role)


# rules, heat map


def test_rules_say_clause_threshold_points_and_how_often_they_are_right(reading):
    text = at(reading, "viewer").get("/rules?theme=site").text
    line = re.search(r'<tr id="site.news_fresh">.*?</tr>', text, re.S)[0]
    for words in (
        "国办秘函〔2019〕19号",
        "14 天内",
        "0.4 / 0.32",
        "计分",
        "准确 100%，查全 100%",
        "n=137",
        "列表的最新日期",
    ):
        assert words in line, words
    assert "board.guide" not in text
    night = reading.nights._kept[1]
    counts = [
        sum(f.rule == "site.news_fresh" and f.verdict == v for f in night.findings) for v in ("pass", "fail", "unknown")
    ]
    assert [int(n) for n in re.findall(r'class="num">(?:<strong>)?(\d+)', line)] == counts
    planned = at(reading, "viewer").get("/rules?state=planned").text
    assert "不判定" in planned or "没有符合条件的规则" in planned


def test_what_people_checked_by_hand_stands_beside_the_rule(desk):
    assert "人工抽查" not in at(desk).get("/rules").text
    with closing(desk.open()) as db:
        last = findings.latest_judging(db)
        strata, items = sampling.draw(findings.findings_of(db, last.id), size=400, seed="2026")
        mine = [item for item in items if item.rule == "site.footer"]
        with facts.writing(db):
            made = samples.save_sample(db, last.id, strata, items, seed="2026", size=400, at=AT)
            answers = [samples.Answer(item.n, item.verdict, "李复核", AT.date()) for item in mine]
            samples.save_answers(db, made.id, answers, at=AT)
        (found,) = [r for r in checked(db) if r.rule == "site.footer"]
    line = re.search(r'<tr id="site.footer">.*?</tr>', at(desk).get("/rules").text, re.S)[0]
    assert f"查准 {sampling.percent(found.precision)}，查全 {sampling.percent(found.recall)}" in line
    assert f"（n={len(mine)}）" in line
    assert at(desk).get("/rules").text.count("人工抽查") == 1


def test_a_unit_sees_the_counts_of_its_own_alone(reading):
    line = re.search(r'<tr id="board.guide">.*?</tr>', at(reading, "unit").get("/rules").text, re.S)[0]
    assert sum(int(n) for n in re.findall(r'class="num">(?:<strong>)?(\d+)', line)) <= 1


def test_the_accuracy_that_is_shipped_is_the_one_in_the_sheet():
    made = accuracy_data.document(accuracy_data.SHEET.read_text("utf-8"))
    shipped = (accuracy_data.SHEET.parents[1] / "monitors" / "accuracy.toml").read_text("utf-8")
    assert shipped == made, "run: .venv/bin/python -m tests.accuracy_data > monitors/accuracy.toml"


def test_the_heat_map_has_a_word_in_each_cell_that_agrees_with_the_findings(reading):
    browser = at(reading, "viewer")
    for query in ("", "?theme=board", "?theme=all"):
        text = browser.get(f"/heat{query}").text
        cells = re.findall(r'<td class="h h-(\w+)">([^<]*)</td>', text)
        words = {"pass": {"合"}, "unknown": {"？"}, "na": {"—"}}
        assert cells
        for colour, word in cells:
            assert word in words.get(colour, {word} if word == "否" or word.startswith("−") else set()), (colour, word)
    night = reading.nights._kept[1]
    lost = sum(f.points for f in night.of_unit[OWN] if f.verdict == "fail" and f.rule.startswith("board."))
    row = re.search(rf"{OWN}</a></th>(.*?)</tr>", browser.get("/heat").text, re.S)[1]
    assert f"−{lost.normalize():f}" in re.findall(r">([^<]*)</td>", row)


# ledger


def test_the_ledger_lists_every_step_once_and_goes_on_where_it_stopped(desk):
    with closing(desk.open()) as db, facts.writing(db):
        mine = [row[0] for row in db.execute("SELECT id FROM alert WHERE unit = ?", (OWN,)).fetchall()]
        decide_many(db, mine, "confirm", who="李复核", why="手机 13812345678 核实")
    with closing(desk.open()) as db:
        every = ledger.entries(db, most=10_000)
        steps = db.execute("SELECT count(*) FROM alert_step WHERE who = '系统'").fetchone()[0]
        assert sum(e.kind == "alert" for e in every) == steps
        assert sum(e.kind == "review" for e in every) == db.execute("SELECT count(*) FROM review").fetchone()[0]
        assert len({e.key for e in every}) == len(every)
        assert every == sorted(every, key=lambda e: e.key, reverse=True)
        parts, before = [], ""
        while part := ledger.entries(db, most=7, before=before):
            parts, before = parts + part, part[-1].key
        assert parts == every
        assert {e.who for e in ledger.entries(db, most=999, people=True)} & {"系统"} == set()
    browser = at(desk, "viewer")
    text = browser.get(f"/ledger?unit={OWN}&who=李复核").text
    assert "确认属实" in text
    assert "13812345678" not in text
    assert "登录与人员" not in text, "sign-ins are the administrators'"
    assert "登录与人员" in at(desk).get("/ledger").text
    first = browser.get("/ledger")
    older = re.search(r'href="(/ledger\?[^"]*before=[^"]*)"', first.text)[1].replace("&amp;", "&")
    page = browser.get(older)
    assert page.status_code == 200
    rows = re.findall(r"<tr><td class=\"nowrap\">.*?</tr>", first.text, re.S)
    assert len(rows) == 100
    assert (
        not set(rows) & set(re.findall(r"<tr><td class=\"nowrap\">.*?</tr>", page.text, re.S)) or len(set(rows)) < 100
    )
    assert browser.get("/ledger?before=nonsense").status_code == 200


# runs


def test_runs_show_how_each_night_went_and_what_comes_next(desk):
    with closing(desk.open()) as db, facts.writing(db):
        from db import incidents, work

        number = work.begin_job(db, "backup", at=AT - timedelta(hours=2))
        work.end_job(db, number, at=AT - timedelta(hours=1), state="failed", note="磁盘已满")
        incidents.save_incidents(db, [Incident("disk_low", "disk", "磁盘空间不足", AT, AT)], looked_at=(), at=AT)
    browser = at(desk, "viewer")
    text = browser.get("/nights").text
    for words in ("第 2 次", "正常完成", "磁盘已满", "磁盘空间不足", "每周清理", "1 小时 00 分"):
        assert words in text, words
    night = browser.get("/nights/2").text
    assert OWN in night
    assert "批次" in night
    day = re.search(r'href="(/nights/requests\?day=[\d-]+)"', night)[1]
    asked = browser.get(day).text
    assert "127.0.1." in asked
    assert "最小间隔" in asked
    assert browser.get("/nights/999").status_code == 404
    assert browser.get("/nights/requests?day=x").status_code == 422
    assert browser.get("/nights?before=2").text.count("第 2 次") == 0


def test_the_politeness_log_follows_today_and_keeps_what_is_over(desk, monkeypatch):
    from desk.pages import nights as page
    from schedules.politeness import of_day

    hosts, asked = page.Hosts(), []
    monkeypatch.setattr(page, "of_day", lambda db, day: (asked.append(day), of_day(db, day))[1])
    today = AT.date()
    with closing(desk.open()) as db:
        for _ in range(3):
            hosts.of(db, "x", today, today)
            hosts.of(db, "x", today - timedelta(days=9), today)
        assert len(asked) == 2
        db.execute("UPDATE fetch SET id = id + 1 WHERE id = (SELECT max(id) FROM fetch)")
        hosts.of(db, "x", today, today)
        assert len(asked) == 3


# registry


def stored(desk, kind="units"):
    return (desk.service.settings.units if kind == "units" else desk.service.settings.accounts).read_bytes()


def test_a_changed_row_is_looked_at_then_written_with_all_else_as_it_was(desk, tmp_path):
    browser, old = at(desk), stored(desk)
    preview = browser.send("/registry/units/rows/4", "预览改动", c2="https://shiping.example/", c4="=HYPERLINK(1)")
    assert "http://shiping.example/" in preview.text
    assert "https://shiping.example/" in preview.text
    assert stored(desk) == old, "nothing is written before it is confirmed"
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]
    done = browser.post("/registry/units/store", page="/registry", word=word)
    assert done.status_code == 303
    data = stored(desk)
    assert data.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0][0] == "市直和县区网站登记表"
    assert rows[3] == ["石坪县", "县市区", "https://shiping.example/", "1499000004", "'=HYPERLINK(1)", ""]
    assert rows[4] == ["市档案馆", "市直部门", "无", "", "有,逗号", ""]
    units = read_units(desk.service.settings.units)
    assert [u.extra for u in units] == [{"备注": "联系 办公室"}, {"备注": "=HYPERLINK(1)"}, {"备注": "有,逗号"}]
    backups = list(tmp_path.glob("units.csv.*.bak"))
    assert [b.read_bytes() for b in backups] == [old]
    with closing(desk.open()) as db:
        (change,) = tokens.changes(db)
        assert (change.who, change.kind, change.way, change.backup) == ("王管理", "units", "edit", backups[0].name)
        assert [(c.row, c.column, c.before, c.after) for c in change.cells] == [
            ("石坪县", "网址", "http://shiping.example/", "https://shiping.example/"),
            ("石坪县", "备注", "", "=HYPERLINK(1)"),
        ]
        for what in ("UPDATE registry_change SET who = 'x'", "DELETE FROM registry_change"):
            with pytest.raises(Exception, match="only added"):
                db.execute(what)
    assert "石坪县 网址" in browser.get("/registry").text
    assert "石坪县 网址：http://shiping.example/ → https" in browser.get("/ledger?kind=registry").text
    plain = at(desk, "viewer").get("/ledger?kind=registry").text
    assert "修改单位登记" in plain
    assert "shiping.example" not in plain, "cells may hold people's names"
    again = browser.post("/registry/units/store", page="/registry", word=word)
    assert again.status_code == 422, "a preview is stored once"


def test_a_row_may_come_and_go_and_a_wrong_one_is_told_with_its_place(desk):
    browser = at(desk)
    wrong = browser.send("/registry/units/rows/0", "预览改动", c0="新设县", c1="乡镇", c2="shiping")
    assert wrong.status_code == 422
    for words in ("“类别” 列 “乡镇”", "请填 county", "“网址” 列 “shiping”", 'value="新设县"'):
        assert words in wrong.text, words
    new = browser.send("/registry/units/rows/0", "预览改动", c0="新设县", c1="县市区", c2="http://new.example/")
    assert "新增 1 行" in new.text
    gone = browser.send("/registry/units/rows/5", "预览改动", remove="1")
    assert "删除 1 行" in gone.text
    assert "不再核查" in gone.text
    same = browser.send("/registry/units/rows/4", "预览改动")
    assert "没有变化" in same.text
    used = browser.send("/registry/units/rows/4", "预览改动", remove="1")
    assert used.status_code == 422
    assert "单位登记表里没有这个单位" in used.text, "its accounts would stop the night"
    assert browser.get("/registry/units/rows/99").status_code == 404


def test_an_import_shows_what_comes_goes_and_changes(desk):
    browser, book = at(desk), openpyxl.Workbook()
    for row in (["单位", "类别", "网址", "网站标识码", "备注"], ["大青县", "county", "http://daqing.example/", 1499000031, "联系 办公室"],
                ["石坪县", "县市区", "http://new.example/", "1499000004", None], ["翠峰县", "县市区", "http://cf.example/", None, None]):  # fmt: skip
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    preview = handed(browser, "units", "新表.xlsx", file.getvalue())
    assert preview.status_code == 200
    for words in ("新增 1 行", "删除 1 行", "翠峰县", "市档案馆", "去掉列 “联系人”"):
        assert words in preview.text, words
    cells = re.findall(r'<td>([^<]*)</td><td class="url">([^<]*)</td><td class="url"><strong>([^<]*)', preview.text)
    assert ("网址", "http://shiping.example/", "http://new.example/") in cells
    assert not [c for c in cells if c[0] == "网站标识码"], "a number is the digits that it shows"
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]
    assert browser.post("/registry/units/store", page="/registry", word=word).status_code == 303
    assert [u.name for u in read_units(desk.service.settings.units)] == ["大青县", "石坪县", "翠峰县"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", "单位,类别,网址\n甲县,县市区,ftp://x\n甲县,乡,\n".encode(), ["a.csv 第 2 行 “网址” 列 “ftp://x”", "a.csv 第 3 行 “类别” 列 “乡”", "与第 2 行重复"]),
        ("../../b.csv", "名称,网址\n".encode(), ["没有找到表头"]),
        ("c.xlsx", b"PK\x03\x04broken", ["不是能打开的 xlsx"]),
        ("d.xls", b"\xd0\xcf\x11\xe0", ["旧版 xls"]),
        ("e.csv", b"\xff\xff\x00\x81", ["损坏"]),
        ("f.csv", b"", ["没有找到表头"]),
        ("g.csv", b"x" * 1_200_000, ["单元格过长"]),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)  # fmt: skip
def test_a_sheet_that_cannot_be_used_is_refused_by_its_rows(desk, name, data, words):
    browser, old = at(desk), stored(desk)
    answer = handed(browser, "units", name, data)
    assert answer.status_code == 422
    for word in words:
        assert word in answer.text, word
    assert "/tmp" not in answer.text.split("<main")[1].split("以文件")[0]
    assert stored(desk) == old


def test_a_file_is_wanted_and_only_one(desk):
    browser = at(desk)
    assert "没有选择文件" in browser.client.post(
        "/registry/units/import", data={"csrf": browser.token("/registry")}
    ).text  # fmt: skip


def test_access_keys_are_starred_everywhere_and_kept(desk, tmp_path):
    browser = at(desk)
    for path in ("/registry?sheet=accounts", "/registry/accounts/rows/2", "/registry/accounts/file"):
        text = browser.get(path).text
        assert "abcdef123" not in text
        assert "key=***" in text, path
    preview = browser.send("/registry/accounts/rows/2", "预览改动", c2="大青在线")
    assert "abcdef123" not in preview.text
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]
    browser.post("/registry/accounts/store", page="/registry", word=word)
    assert b"key=abcdef123" in stored(desk, "accounts")
    file = browser.get("/registry/accounts/file").content
    back = handed(browser, "accounts", "accounts.csv", file)
    assert "没有变化" in back.text
    (one, _) = read_accounts(desk.service.settings.accounts, read_units(desk.service.settings.units))
    assert (one.account, one.extra) == ("大青在线", {"分管": "李四"})


def test_what_somebody_else_changed_meanwhile_is_not_written_over(desk):
    browser = at(desk)
    preview = browser.send("/registry/units/rows/4", "预览改动", c4="一")
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]
    desk.service.settings.units.write_text(UNITS.replace("石坪县", "石坪"), "utf-8")
    answer = browser.post("/registry/units/store", page="/registry", word=word)
    assert answer.status_code == 422
    assert "被别人改过" in answer.text
    assert "石坪县" not in desk.service.settings.units.read_text("utf-8")


def test_a_preview_is_its_makers_own(desk):
    from desk import auth
    from tests.desk.web_kit import PASSWORD

    with closing(desk.open()) as db:
        auth.add(db, "赵二管", "administrator", PASSWORD)
    preview = at(desk).send("/registry/units/rows/4", "预览改动", c4="一")
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]
    other = Browser(web.application(desk.service, desk))
    other.send("/sign-in", "登录", name="赵二管", password=PASSWORD)
    assert "预览已经过期" in other.post("/registry/units/store", page="/registry", word=word).text


def test_a_sheet_that_cannot_be_written_says_so(desk, monkeypatch):
    browser = at(desk)
    preview = browser.send("/registry/units/rows/4", "预览改动", c4="一")
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]

    def shut(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("desk.registry_sheet.replacing", shut)
    answer = browser.post("/registry/units/store", page="/registry", word=word)
    assert answer.status_code == 422
    assert "不能写入" in answer.text
    monkeypatch.setattr("desk.registry_sheet.tempfile.TemporaryFile", shut)
    page = browser.get("/registry").text
    assert "这里只能看、不能改" in page
    assert "预览改动" not in page


def test_a_sheet_that_is_not_there_yet_is_made_by_an_import(desk):
    desk.service.settings.units.unlink()
    browser = at(desk)
    assert "该文件还不存在" in browser.get("/registry").text
    preview = handed(
        browser, "units", "u.csv", "单位,类别,网址\n大青县,县市区,http://d.example/\n石坪县,县市区,\n".encode()
    )
    word = re.search(r'name="word" value="([^"]+)"', preview.text)[1]
    browser.post("/registry/units/store", page="/registry", word=word)
    assert len(read_units(desk.service.settings.units)) == 2
    desk.service.settings.accounts = None
    assert "没有写明账号登记表" in browser.get("/registry?sheet=accounts").text
    assert browser.get("/registry/accounts/rows/0").status_code == 404


def handed(browser, kind, name, data):
    return browser.client.post(
        f"/registry/{kind}/import", data={"csrf": browser.token("/registry")}, files={"file": (name, data)}
    )


# tokens


def test_a_token_is_shown_once_and_ended_by_its_owner_or_an_administrator(desk):
    browser, boss, other = at(desk, "viewer"), at(desk), at(desk, "reviewer")
    shown = browser.send("/tokens", "生成令牌", name="监管平台")
    secret = re.search(r"wk_[\w-]{43}", shown.text)[0]
    with closing(desk.open()) as db:
        (token,) = tokens.tokens(db)
        assert secret not in "".join(str(v) for row in db.execute("SELECT * FROM token").fetchall() for v in row)
    assert secret not in browser.get("/tokens").text
    assert browser.send("/tokens", "生成令牌", name=" ").status_code == 422
    assert browser.post("/tokens/add", page="/tokens", name="x", days="99999").status_code == 422
    assert "监管平台" not in other.get("/tokens").text
    assert other.post(f"/tokens/{token.id}/end", page="/tokens").status_code == 422
    assert "监管平台" in boss.get("/tokens").text
    assert boss.post(f"/tokens/{token.id}/end", page="/tokens").status_code == 303
    assert "已停用" in browser.get("/tokens").text
    assert "停用令牌" in boss.get("/ledger?kind=token").text
    assert OTHER not in browser.get("/tokens").text


def test_nothing_is_left_beside_the_sheets(desk, tmp_path):
    browser = at(desk)
    browser.send("/registry/units/rows/4", "预览改动", c4="一")
    handed(browser, "units", "a.csv", b"x")
    assert sorted(p.name for p in tmp_path.iterdir() if "db" not in p.name) == ["accounts.csv", "units.csv"]
    assert os.access(tmp_path / "units.csv", os.W_OK)
