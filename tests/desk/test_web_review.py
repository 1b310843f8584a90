"""What people decide at the desk: vetoes that wait for one or two of them, many alerts at once, the printed notice, accounts of units."""

from __future__ import annotations

import io
import re
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import docx
import pytest

from db import facts, findings, reviews, users
from desk import auth, web
from desk.auth import Refused
from desk.cli import demo_people
from desk.pages.alerts import TOLD
from monitors import digest
from monitors.alerts import NotAllowed
from monitors.rubric import load_rubric
from monitors.scoring import is_veto
from schedules.review import decide_finding, decide_many, reviewed_scores
from schedules.settings import Settings
from tests.desk.test_cli import wangkao
from tests.desk.web_kit import OWN, PASSWORD, PEOPLE, Browser, a_desk

SOON = (datetime.now(UTC) + timedelta(days=20)).date()


@pytest.fixture
def own(night, tmp_path):
    return a_desk(tmp_path, night)


def the_veto(desk, unit=OWN):
    with closing(desk.open()) as db:
        night = desk.nights.last(db)
        return next(f for f in night.of_unit[unit] if is_veto(f, night.rubric))


def online(desk, unit=OWN, *, two=False):
    with closing(desk.open()) as db:
        night = next(s for s in findings.scores_of(db, findings.latest_judging(db).id) if s.unit == unit)
        reviewed = next(s for s in reviewed_scores(db, two=two) if s.unit == unit)
        return night, reviewed


# vetoes


def test_a_veto_counts_in_the_reviewed_score_once_a_reviewer_confirmed_it(own):
    with closing(own.open()) as db:
        scores = own.nights.last(db).scores.values()
        unit = next(s.unit for s in scores if any(line.get("veto") for line in s.deductions))
    veto, browser = the_veto(own, unit), Browser(web.application(own.service, own)).sign_in("reviewer")
    night, reviewed = online(own, unit)
    assert veto.rule in night.veto and reviewed.veto == (), "nobody has confirmed it yet"
    assert reviewed.online > night.online
    assert "（未确认）" in browser.get("/scores").text and "未确认（0/1）" in browser.get(f"/units/{quote(unit)}").text
    page = browser.send(f"/findings/{veto.id}", "确认属实", why="首页确实没有更新")
    assert f"已由 {PEOPLE['reviewer']} 确认" in page.text
    night, reviewed = online(own, unit)
    assert veto.rule in reviewed.veto and reviewed.online <= night.online
    page = browser.send(f"/findings/{veto.id}", "排除", why="首页用图片发布，看错了")
    assert online(own, unit)[1].veto == (), "what is dismissed vetoes nothing, and the confirmation is over"


def test_where_the_office_says_so_two_different_people_confirm_a_veto(own):
    settings = own.service.settings
    own.service.settings = settings.model_copy(update={"two_reviewers": True})
    veto, app = the_veto(own), web.application(own.service, own)
    first, second = Browser(app).sign_in("reviewer"), Browser(app).sign_in("administrator")
    path = f"/findings/{veto.id}"
    assert f"未确认（1/2：{PEOPLE['reviewer']}）" in first.send(path, "确认属实", why="属实").text
    assert "未确认（1/2" in first.send(path, "确认属实", why="再说一次").text, "the same person is one person"
    assert online(own, two=True)[1].veto == () and online(own)[1].veto == (veto.rule,)
    assert (
        f"已由 {PEOPLE['reviewer']}、{PEOPLE['administrator']} 确认"
        in second.send(path, "确认属实", why="复看属实").text
    )
    assert online(own, two=True)[1].veto == (veto.rule,)


def test_a_confirmation_ends_when_the_demand_was_met_meanwhile(own):
    veto = the_veto(own)
    with closing(own.open()) as db:
        decide_finding(db, veto.id, "confirm", who="李", why="属实")
        judged = findings.findings_of(db, findings.latest_judging(db).id)
        scores = findings.scores_of(db, findings.latest_judging(db).id)

        def again(verdict):
            rows = [replace(f, verdict=verdict, points=f.points) if f.id == veto.id else f for f in judged]
            now = datetime.now(UTC)
            findings.save_judging(
                db, run=2, as_of=now, rubric="xinzhou-2022", version="0", made_at=now, findings=rows, scores=scores
            )

        again("fail")
        assert online(own)[1].veto == (veto.rule,), "another night, the same fault"
        again("unknown")
        again("fail")
        assert online(own)[1].veto == (veto.rule,), "what was not seen ends nothing"
        with db.conn:
            db.execute("UPDATE run SET tidied = 1, started_at = '2099-01-01T00:00:00.000000+00:00' WHERE id = 1")
        assert online(own)[1].veto == (), "what passed meanwhile may have been dropped"
        with db.conn:
            db.execute("UPDATE run SET tidied = 0, started_at = '2020-01-01T00:00:00.000000+00:00' WHERE id = 1")
        again("pass")
        again("fail")
        assert online(own)[1].veto == (), "it was well, and came again: somebody has to look"


def test_a_finding_of_an_earlier_judging_and_one_that_passes_are_not_decided(own):
    with closing(own.open()) as db:
        last = findings.findings_of(db, findings.latest_judging(db).id)
        old = findings.findings_of(db, 1)[0]
        for finding, words in ((old, "最近一次判定"), (next(f for f in last if f.verdict == "pass"), "不需要处理")):
            with pytest.raises(NotAllowed, match=words):
                decide_finding(db, finding.id, "confirm", who="李", why="属实")
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    text = browser.get(f"/findings/{old.id}").text
    assert "这是以前一次判定的结论" in text and "怎么办" not in text


# many at once


def test_sixty_alerts_are_acknowledged_in_a_moment_and_each_has_its_step(own):
    with closing(own.open()) as db:
        ids = [a.id for a in reviews.alerts(db) if a.state == "open"]
        began = time.process_time()
        moved, failed = decide_many(db, [*ids, ids[0], 999_999], "acknowledge", who="李", why="晨会看过")
        spent = time.process_time() - began
        assert (len(moved), failed) == (len(ids), ["没有编号为 999999 的预警。"])
        assert {a.state for a in reviews.alerts(db) if a.id in ids} == {"acknowledged"}
        assert all(reviews.steps(db, id_)[-1].why == "晨会看过" for id_ in ids)
        assert len(reviews.reviews(db)) == len(ids)
        assert spent < 2, "all is read once"
        again, failed = decide_many(db, ids[:2], "acknowledge", who="李", why="再看")
        assert again == [] and all("不能做" in f for f in failed)
        for given in ({"why": ""}, {"why": "x", "action": "nothing"}):
            with pytest.raises(NotAllowed):
                decide_many(db, ids, given.get("action", "acknowledge"), who="李", why=given["why"])
        assert len(reviews.reviews(db)) == len(ids)


# the notice


def words_of(data):
    document = docx.Document(io.BytesIO(data))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_the_notice_is_printed_from_the_alert_and_from_the_unit(own):
    browser = Browser(web.application(own.service, own)).sign_in("reviewer")
    with closing(own.open()) as db:
        one = next(a for a in reviews.alerts(db) if a.unit == OWN and a.kind == "column_missing")
    assert browser.get(f"/notices/unit/{quote(OWN)}").status_code == 422
    assert "还没有确认" in browser.get(f"/notices/alert/{one.id}?due={SOON}").text
    assert "下载整改通知" not in browser.get(f"/alerts/{one.id}").text
    browser.send(f"/alerts/{one.id}", "确认属实", why="属实")
    assert "不是日期" in browser.get(f"/notices/alert/{one.id}?due=明天").text
    answer = browser.get(f"/notices/alert/{one.id}?due={SOON}&office=云阳市政务公开办")
    assert answer.headers["content-disposition"] == f'attachment; filename="notice-{one.id}.docx"'
    text = words_of(answer.content)
    assert (
        OWN in text and "法定栏目缺失" in text and "云阳市政务公开办" in text and f"{SOON.month}月{SOON.day}日" in text
    )
    browser.send(f"/alerts/{one.id}", "限期整改", why="发函", workdays="10")
    assert "下载整改通知" in browser.get(f"/units/{quote(OWN)}").text
    assert "法定栏目缺失" in words_of(browser.get(f"/notices/unit/{quote(OWN)}").content)


# people


def test_a_unit_sees_the_states_of_which_it_is_told():
    assert set(TOLD) == set(digest._UNIT)


def test_accounts_of_units_are_of_one_unit_and_stay_so(own):
    with closing(own.open()) as db:
        for role, unit, words in (
            ("unit", "", "哪个单位"),
            ("viewer", OWN, "哪个单位"),
            ("unit", "不存在县", "没有单位"),
        ):
            with pytest.raises(Refused, match=words):
                auth.add(db, "赵", role, PASSWORD, unit=unit)
        made = auth.add(db, "赵", "unit", PASSWORD, unit="大 青 县")
        assert made.unit == OWN
        for id_, role in ((made.id, "reviewer"), (users.user_named(db, PEOPLE["viewer"]).id, "unit")):
            with pytest.raises(Refused, match="不能互改"):
                auth.switch(db, id_, role=role)
    boss = Browser(web.application(own.service, own)).sign_in("administrator")
    assert "哪个单位" in boss.send("/people", "添加并生成", name="钱", role="unit").text
    assert "已添加 钱" in boss.send("/people", "添加并生成", name="钱", role="unit", unit=OWN).text
    text = boss.get("/people").text
    assert f"单位：{OWN}" in text and '改为复核员<span class="hidden">：钱' not in text


def test_the_command_adds_viewers_and_units(own):
    db = ("--db", own.service.settings.db)
    done = wangkao("user", "add", "县网管", "--role", "unit", "--unit", OWN, *db)
    assert (done.returncode, "初始口令" in done.stdout) == (0, True), done.stderr
    assert wangkao("user", "add", "市领导", "--role", "viewer", *db).returncode == 0
    refused = wangkao("user", "add", "乙", "--role", "unit", *db)
    assert (refused.returncode, "哪个单位" in refused.stderr) == (2, True)
    assert f"县网管  单位：{OWN}  在用" in wangkao("user", "list", *db).stdout


def test_the_demo_shows_accounts_that_open_the_desk(own):
    lines = demo_people(own.service.settings.db)
    app = web.application(own.service, own)
    for line in lines[1:]:
        name, password = re.search(r"  (\S+?)（.*口令 (\w+)", line).groups()
        assert "退出" in Browser(app).send("/sign-in", "登录", name=name, password=password).text
    assert len(lines) == 5 and OWN in lines[4]
    assert demo_people(own.service.settings.db) != lines, "a second demo over the same database gives new passwords"


def test_two_reviewers_is_a_setting_that_is_off():
    assert Settings().two_reviewers is False
    assert load_rubric().lines["site.home_fresh"].veto, "what the tests above confirm"
    with closing(facts.open_database(":memory:")) as db:
        assert reviewed_scores(db) == []
