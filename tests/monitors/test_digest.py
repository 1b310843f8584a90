"""What a receiver is told of a morning: new things once, changes again, nothing otherwise; nobody hears of a suspicion."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from db.records import Incident
from monitors.alerts import act, kinds, step
from monitors.digest import Morning, for_office, for_unit, reason_words, todo, words
from monitors.early import Warning
from monitors.rubric import load_rubric
from tests.monitors.made import AT, ON, SITE
from tests.monitors.test_alerts import a_finding, a_night, an_act

RUBRIC = load_rubric()
MORNING = AT + timedelta(days=1, hours=10)
GONE = [a_finding("site.zombie", reason="stale"), a_finding("board.guide")]


def alerts(*findings, nights=2):
    found = []
    for day in range(nights):
        found = step(found, findings, a_night(day))
    return [replace(a, id=n) for n, a in enumerate(found, 1)]


def office(found, told=None, **named):
    return for_office("政务公开办", Morning(MORNING, found, **named), told or {}, RUBRIC)


def unit(found, told=None, warnings=(), **named):
    return for_unit("岚水县", Morning(MORNING, found, **named), told or {}, RUBRIC, warnings)


def told(*notices):
    return {item.key: item.state for notice in notices for item in notice.items}


def test_the_office_hears_of_what_is_sure_once():
    assert office(alerts(*GONE, nights=1)) is None, "a suspicion is told to nobody"
    first = office(alerts(*GONE), desk="http://10.0.0.5:8020/")
    assert first.subject == "【网考】11月26日晨报：新预警 2"
    assert first.body.index("僵尸网站") < first.body.index("法定栏目缺失"), "the gravest first"
    for said in ("岚水县", SITE, "http://10.0.0.5:8020/alerts/1", "【高】", "48号", "超过期限没有更新", "11-24 发现"):
        assert said in first.body
    assert office(alerts(*GONE), told(first)) is None, "nothing new, no message"


def test_what_is_well_again_is_told_where_the_fault_was():
    found = alerts(*GONE)
    first = office(found)
    well = [a_finding("site.zombie", "pass", None), a_finding("board.guide", "pass", None)]
    after = step(found, well, a_night(2))
    again = office(after, told(first))
    assert "已恢复（2）" in again.body
    assert office(after, told(first, again)) is None
    assert office(after) is None, "who never heard of it needs not hear that it is over"
    back = step(after, GONE, a_night(3))
    assert office(back, told(first, again)) is None, "one night is no news"
    assert "再次出现" in office(step(back, GONE, a_night(4)), told(first, again)).body


def test_what_people_do_is_no_news_to_the_office_but_a_day_that_passed_is():
    found = alerts(GONE[1])
    first = office(found)
    confirmed = [act(found[0], an_act(found[0], "confirm"))]
    assert office(confirmed, told(first)) is None
    given = [act(confirmed[0], an_act(confirmed[0], "rectify"))]
    assert office(given, told(first)) is None
    late = [replace(given[0], due=ON)]
    again = office(late, told(first))
    assert "整改逾期" in again.body
    assert office(late, told(first, again)) is None


def test_what_could_not_be_seen_is_one_line_a_unit():
    checks = [a_finding("site.footer", "unknown", "challenge", target=f"{SITE}{n}") for n in range(30)]
    body = office(alerts(*checks), sites=49, unseen={"岚水县": "出现人机验证"}).body
    assert "岚水县 30 处：出现人机验证" in body
    assert "应看 49 个网站，看到 48 个。未看到：岚水县（出现人机验证）" in body


def test_a_long_list_is_cut():
    many = [a_finding("board.guide", unit=f"单位{n}") for n in range(40)]
    notice = office(alerts(*many))
    assert "另有 25 条" in notice.body
    assert len(notice.items) == 40


def test_faults_of_our_own_are_told_once_and_when_they_are_over():
    ours = Incident("template_changed", SITE, "岚水县网站模板可能改版", AT, AT)
    first = office([], incidents=[ours])
    assert "监测系统自身" in first.body
    assert office([], told(first), incidents=[replace(ours, last_seen_at=MORNING)]) is None
    over = replace(ours, closed_at=MORNING)
    again = office([], told(first), incidents=[over])
    assert "已解除" in again.body
    assert office([], told(first, again), incidents=[over]) is None
    assert office([], incidents=[over]) is None, "of what came and went nobody need hear"


WARNING = Warning(
    "岚水县", "site.news_fresh", f"{SITE}news/", ON + timedelta(days=3), "动态要闻类栏目更新", "19号", "2026-11-13"
)


def test_a_unit_hears_of_what_is_about_to_be_a_fault_and_the_office_does_not():
    first = unit([], warnings=[WARNING])
    for said in ("即将超期", f"{SITE}news/", "2026-11-13", "2026-11-27", "19号", todo("site.news_fresh")):
        assert said in first.body
    assert unit([], told(first), [WARNING]) is None
    assert unit([], told(first), [replace(WARNING, last=ON + timedelta(days=4))]) is not None, "it was updated since"
    assert unit([], warnings=[replace(WARNING, last=ON)]) is None, "the day is over: an alert's business"
    assert office(alerts(GONE[1])).body.count("即将超期") == 0


def test_a_unit_hears_of_what_a_person_confirmed_and_by_when():
    found = alerts(GONE[1])
    assert unit(found) is None
    confirmed = [act(found[0], an_act(found[0], "confirm"))]
    first = unit(confirmed)
    assert todo("board.guide") in first.body
    given = [act(confirmed[0], an_act(confirmed[0], "rectify"))]
    again = unit(given, told(first))
    assert f"请于 {ON + timedelta(days=30)} 前完成" in again.body
    assert unit(given, told(first, again)) is None
    well = step(given, [a_finding("board.guide", "pass", None)], a_night(2))
    assert "已了结" in unit(well, told(first, again)).body
    assert unit(well) is None
    assert for_unit("代县", Morning(MORNING, given), {}, RUBRIC) is None
    assert "alerts/" not in first.body, "the desk is the office's own"


def test_every_rule_that_alerts_has_words_of_its_own():
    for kind in kinds().values():
        assert kind.rules <= words()["todo"].keys()
        assert kind.reasons <= words()["reason"].keys() | {"account_gone"}
    scored = {
        line.rule
        for line in RUBRIC.lines.values()
        if line.judged and line.points and line.rule.startswith(("site", "board", "report"))
    }
    assert scored <= words()["todo"].keys()
    assert set(words()["todo"]) - {"*"} <= RUBRIC.lines.keys()


@pytest.mark.parametrize(
    ("reason", "said"),
    [("stale", "超过期限没有更新"), ("missing:icp", "没有该内容（icp）"), ("of_tomorrow", "of_tomorrow"), (None, "")],
)
def test_reasons_in_words(reason, said):
    assert reason_words(reason) == said


def test_the_day_is_the_one_in_shanghai():
    assert office(alerts(*GONE)).day == date(2026, 11, 26)
