"""The age-friendly version as a browser saw it: for each rule on trial a case that passes, fails, and was not seen."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from db.codec import dump, load
from db.records import AxeResult, ElderEntry, ElderWalk, Evidence, Floating, Row, SiteVisit, TextSize
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.monitors.made import AT, PAGE, SITE, a_case, a_unit, a_visit, days_ago, with_column

RUBRIC = load_rubric()
BEFORE = (TextSize(14, 9.3, 900, "要闻"), TextSize(12, 9.3, 100, "页脚"))
AFTER = (TextSize(22, 9.3, 900, "要闻"), TextSize(18, 9.3, 100, "页脚"))
WALK = ElderWalk(AT + timedelta(minutes=1), ("长者模式",), None, BEFORE, AFTER, inner=f"{SITE}1", kept=AFTER, axe="4.12.1", evidence=PAGE)  # fmt: skip
BAR = ("文字放大", "语音播报")
WANDERS = Floating("moving", "年货大街", "mall.example", True, True, False, (3, 90, 200, 120))
CORNER = Floating("fixed", "理财产品推广 关闭", "mall.example", True, True, True, (1096, 700, 260, 180))
POPUP = Floating("modal", "限时优惠", None, False, False, True, (300, 150, 700, 600))
AXE = (AxeResult("image-alt", "pass", 0), AxeResult("region", "violation", 3, "moderate", "div", "<div>"))
ALT = AxeResult("image-alt", "violation", 4, "critical", "img.logo", "<img class=logo>")
GROUND = AxeResult("color-contrast", "incomplete", 2, "serious", "p", "<p>")
TITLE = "岚水县人民政府门户网站适老化与无障碍自评报告"


def walked(entry=None, axe=AXE, **named):
    """A visit whose browser saw that, tonight unless said otherwise."""
    found = entry or a_visit().elder
    return a_case(a_visit(elder=replace(found, walk=replace(WALK, **named), axe=axe)))


def sized(px, small=0, contrast=9.3, faint=0):
    """A thousand characters: so many of them of 12 px, so many with a contrast of 2.5."""
    parts = (TextSize(px, contrast, 1000 - small - faint), TextSize(12, contrast, small), TextSize(px, 2.5, faint))
    return tuple(t for t in parts if t.chars)


def titled(title, **unit):
    return a_case(
        with_column(a_visit(), "notice", rows=(Row(title, f"{SITE}z", days_ago(9), "row"),)), unit=a_unit(**unit)
    )


UNKNOWN_ENTRY = ElderEntry("text", "长者模式", works=None, why="needs_render", evidence=PAGE)
EARLIER = AT - timedelta(days=3)

CASES = [
    ("elder.function", walked(), "pass", None),
    ("elder.function", walked(at=EARLIER), "pass", None),  # an older reading may pass
    ("elder.function", walked(unseen="foreign_script"), "pass", None),  # what was kept out cannot have made it worse
    ("elder.function", walked(before=AFTER), "pass", None),  # large without the switch, too
    ("elder.function", walked(after=sized(18, 200)), "pass", None),
    ("elder.function", walked(after=sized(18, 201)), "fail", "falls_short:size"),
    ("elder.function", walked(after=sized(17.5), kept=sized(17.5)), "fail", "falls_short:size"),
    ("elder.function", walked(after=sized(22, faint=100)), "pass", None),
    ("elder.function", walked(after=sized(22, faint=101)), "fail", "falls_short:contrast"),
    ("elder.function", walked(after=sized(22, contrast=3.0)), "pass", None),  # large text may be less clear
    ("elder.function", walked(after=(TextSize(22, 9.3, 850), TextSize(16, 4.4, 150))), "fail", "falls_short:contrast"),
    ("elder.function", walked(after=(TextSize(22, None, 1000),)), "pass", None),  # text on pictures
    ("elder.function", walked(kept=BEFORE), "fail", "falls_short:click"),
    ("elder.function", walked(kept=BEFORE, inner_unseen="needs_render"), "unknown", "needs_render"),
    ("elder.function", walked(kept=(), inner_unseen="no_link"), "unknown", "no_link"),
    ("elder.function", walked(kept=AFTER, inner_unseen="foreign_script"), "pass", None),
    ("elder.function", walked(after=BEFORE, kept=BEFORE), "fail", "no_effect"),
    ("elder.function", walked(after=BEFORE, kept=BEFORE, url=f"{SITE}elder/"), "fail", "falls_short:size"),
    ("elder.function", walked(after=BEFORE, kept=BEFORE, bar=BAR), "fail", "falls_short:size"),
    ("elder.function", walked(after=BEFORE, unseen="foreign_script"), "unknown", "foreign_script"),
    ("elder.function", walked(after=BEFORE, at=EARLIER), "unknown", "not_seen_tonight"),
    ("elder.function", walked(pressed=(), after=(), unseen="no_switch"), "unknown", "no_switch"),
    ("elder.function", walked(after=(), unseen="http_error"), "unknown", "http_error"),
    ("elder.function", a_case(), "unknown", "needs_render"),
    ("elder.function", walked(ElderEntry()), "na", "explained_by:elder.entry"),
    ("elder.no_ads", walked(), "pass", None),
    ("elder.no_ads", walked(floating=(replace(WANDERS, words="无障碍浏览"),)), "pass", None),
    ("elder.no_ads", walked(floating=(replace(CORNER, closable=False),)), "pass", None),
    ("elder.no_ads", walked(floating=(replace(CORNER, box=(0, 840, 1366, 60)),)), "pass", None),  # a bar of the page
    ("elder.no_ads", walked(hosts=("hm.baidu.com", "notpos.baidu.com.example")), "pass", None),
    ("elder.no_ads", walked(floating=(WANDERS,)), "fail", "advert:moving"),
    ("elder.no_ads", walked(floating=(CORNER, POPUP), unseen="foreign_script"), "fail", "advert:fixed,modal"),
    ("elder.no_ads", walked(hosts=("x.pos.baidu.com",)), "fail", "advert:host"),
    ("elder.no_ads", walked(floating=(WANDERS,), at=EARLIER), "unknown", "not_seen_tonight"),
    ("elder.no_ads", walked(unseen="foreign_script"), "unknown", "foreign_script"),
    ("elder.no_ads", walked(after=BEFORE, floating=(WANDERS,)), "unknown", "no_effect"),
    ("elder.no_ads", walked(after=BEFORE, floating=(WANDERS,), url=f"{SITE}elder/"), "fail", "advert:moving"),
    ("elder.no_ads", a_case(), "unknown", "needs_render"),
    ("elder.no_ads", walked(ElderEntry()), "na", "explained_by:elder.entry"),
    ("elder.axe", walked(), "pass", None),  # moderate faults are shown and do not count
    ("elder.axe", walked(axe=(*AXE, ALT, GROUND)), "fail", "violations:image-alt"),
    ("elder.axe", walked(axe=(*AXE, replace(ALT, rule="color-contrast-enhanced"))), "pass", None),
    ("elder.axe", walked(axe=(*AXE, ALT), unseen="no_switch", pressed=()), "fail", "violations:image-alt"),
    ("elder.axe", walked(ElderEntry(), axe=(ALT,)), "fail", "violations:image-alt"),  # without an entry, too
    ("elder.axe", walked(axe=(*AXE, ALT), at=EARLIER), "unknown", "not_seen_tonight"),
    ("elder.axe", walked(axe=(*AXE, GROUND)), "unknown", "incomplete:color-contrast"),
    ("elder.axe", walked(axe=()), "unknown", "no_axe"),
    ("elder.axe", a_case(), "unknown", "needs_render"),
    ("elder.self_report", titled(TITLE), "pass", None),
    ("elder.self_report", titled("关于开展互联网应用适老化及无障碍改造自评工作的通报", self_assessment=False), "pass", None),
    ("elder.self_report", titled("岚水县召开适老化改造推进会", self_assessment=False), "fail", "not_assessed"),
    ("elder.self_report", titled("岚水县召开适老化改造推进会", self_assessment=True), "unknown", "not_shown"),
    ("elder.self_report", titled("领导班子述职自评报告"), "unknown", "not_shown"),
    ("elder.works", walked(UNKNOWN_ENTRY), "pass", None),
    ("elder.works", walked(UNKNOWN_ENTRY, after=BEFORE, bar=BAR), "pass", None),
    ("elder.works", walked(UNKNOWN_ENTRY, after=BEFORE, bar=BAR[:1]), "unknown", "needs_render"),
    ("elder.works", walked(UNKNOWN_ENTRY, after=BEFORE), "unknown", "needs_render"),  # never a fail
    ("elder.works", walked(UNKNOWN_ENTRY, after=(TextSize(32, 21, 20, "您访问的页面不存在"),)), "unknown", "needs_render"),
    ("elder.works", walked(replace(UNKNOWN_ENTRY, works=False, why="dead")), "fail", "dead"),
    ("elder.works", walked(after=BEFORE, kept=BEFORE), "pass", None),  # the linked version answers
]  # fmt: skip
TRIAL = ("elder.function", "elder.no_ads", "elder.axe", "elder.self_report")


def found(case, rule):
    return next(f for f in judge(case, RUBRIC) if f.rule == rule)


@pytest.mark.parametrize(("rule", "case", "verdict", "reason"), CASES)
def test_rule(rule, case, verdict, reason):
    finding = found(case, rule)
    assert (finding.verdict, finding.reason) == (verdict, reason)
    assert finding.verdict != "fail" or (finding.evidence and finding.cite)


@pytest.mark.parametrize("rule", TRIAL)
def test_hints_cost_nothing(rule):
    assert RUBRIC.lines[rule].state == "trial"
    failing = [case for name, case, verdict, _ in CASES if name == rule and verdict == "fail"]
    assert [found(case, rule).points for case in failing] == [Decimal(0)] * len(failing)
    assert failing


def test_a_finding_says_what_was_seen():
    size = found(walked(after=sized(18, 300)), "elder.function")
    assert size.value == {"pressed": ("长者模式",), "px": [14, 18, 22], "small": 0.3, "faint": 0.0, "examples": [""]}
    advert = found(walked(floating=(WANDERS,), hosts=("pos.baidu.com",)), "elder.no_ads")
    assert advert.reason == "advert:moving,host"
    assert advert.evidence[0].excerpt == "moving 年货大街 mall.example (3, 90, 200, 120)；pos.baidu.com"
    fault = found(walked(axe=(ALT, replace(ALT, rule="label"), GROUND)), "elder.axe")
    assert (fault.faults, fault.reason) == (2, "violations:image-alt,label")
    assert fault.value == {"violation": {"image-alt": 4, "label": 4}, "incomplete": {"color-contrast": 2}}
    assert fault.evidence[0].excerpt == "axe 4.12.1，image-alt：img.logo <img class=logo>"
    title = found(titled(TITLE), "elder.self_report")
    assert title.evidence[0].excerpt == f"{TITLE} {days_ago(9).isoformat()}"
    row = found(titled("要闻", self_assessment=False), "elder.self_report")
    assert row.evidence == (Evidence(None, source="units.csv:2"),)


def test_the_records_come_back_equal():
    visit = walked(axe=(*AXE, ALT, GROUND), floating=(WANDERS, POPUP), hosts=("a.example",), bar=BAR).visit
    assert load(SiteVisit, dump(visit)) == visit


def test_a_stored_entry_from_before_still_loads():
    old = '{"found":"text","words":"长者模式","url":null,"script":null,"works":true,"why":null,"unseen":null,"evidence":null}'
    assert load(ElderEntry, old) == ElderEntry("text", "长者模式", works=True)
