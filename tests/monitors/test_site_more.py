"""Interaction, safety and the marks of a site: for each rule a case that passes, fails, and was not seen; and the edges."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from db.codec import dump, load
from db.records import (
    Apply,
    Certificate,
    Channel,
    Content,
    Footer,
    Guide,
    Injection,
    Interaction,
    ItemPage,
    Leak,
    Letter,
    Marks,
    Outcome,
    Redated,
    Row,
    SiteVisit,
)
from monitors.rubric import load_rubric
from monitors.run import judge
from monitors.scoring import coverage, score
from tests.monitors.made import AT, PAGE, SITE, a_case, a_column, a_unit, a_visit, days_ago

RUBRIC = load_rubric()
MAILBOX = Channel("县长信箱", f"{SITE}xx/", "consult", "form", True, evidence=PAGE)
PETITION = Channel("网上信访", "http://xf.example/", "petition")
ANSWERED = Letter("路灯不亮", f"{SITE}l/1", days_ago(20), days_ago(15), "answered", PAGE)
TAGS = {"SiteName": "岚水县人民政府", "SiteDomain": "www.lanshui.gov.cn", "SiteIDCode": "1409000001"}
GUIDE = Guide(("office", "address", "hours", "phone", "internet", "fax"), ("711",), days_ago(300), evidence=PAGE)
MARKS = Marks(
    "_jiucuo_", "_ideConac", "input", True, True, TAGS, work_report=(("岚水县政府网站工作年度报表（2025年度）", f"{SITE}b.html"),),
    apply=Apply(("form", "phone"), evidence=PAGE), guide=GUIDE,
)  # fmt: skip
LEAK = Leak("identity", f"{SITE}a.html", ("1409************05",), 3, "身份证号", PAGE)
SPAM = Injection("hidden_link", SITE, "澳门新葡京官网", "www.a8k3.com", 2, "<a>", PAGE)
TITLES = tuple(f"岚水县政府信息公开制度之{n}" for n in "一二三四五")
NEWS = tuple(f"县长调研第{n}乡镇春耕生产" for n in "一二三四五")


def interacting(*channels, letters=(), unseen=None, gaps=(), nav=()):
    return a_visit(interaction=Interaction(channels, tuple(letters), tuple(gaps), unseen), nav_gaps=tuple(nav))


def marked(**named):
    return a_visit(marks=replace(MARKS, **named))


def letter(asked, state="open", answered=None):
    return Letter("某事咨询", f"{SITE}l/9", asked, answered, state, PAGE)


def listed(titles, role="rules", step=9, first=3, **named):
    rows = tuple(Row(t, f"{SITE}{role}/{n}", days_ago(first + step * n), "row") for n, t in enumerate(titles))
    return a_column(role, content=Content.ITEMS, **({"rows": rows} | named))


def with_columns(*columns):
    roles = {c.role for c in columns} - {"other", "news", "notice"}
    return replace(a_visit(), columns=(*(c for c in a_visit().columns if c.role not in roles), *columns))


def cert(state="ok"):
    return Certificate(state, datetime(2027, 1, 1, tzinfo=AT.tzinfo), AT)


def others(count, age, name="图片新闻", **named):
    rows = (Row("旧", f"{SITE}o/1", days_ago(age), "row"),)
    return [a_column("other", content=Content.ITEMS, rows=rows, url=f"{SITE}o{n}/", **named) for n in range(count)]


def named(columns, name):
    return [replace(c, name=name) for c in columns]


def filled(*ages, url=f"{SITE}f/"):
    rows = tuple(Row(f"第{n}条信息标题", f"{url}{n}", days_ago(age), "row") for n, age in enumerate(ages))
    return a_column("news", url=url, content=Content.ITEMS, rows=rows)


def same(count, titles):
    return [listed(titles, "other", url=f"{SITE}s{n}/") for n in range(count)]


CASES = [
    ("site.interaction", a_case(), "pass", None),
    ("site.interaction", a_case(interacting(MAILBOX, PETITION, letters=[ANSWERED])), "pass", None),
    ("site.interaction", a_case(interacting(PETITION)), "fail", "missing"),
    ("site.interaction", a_case(interacting()), "fail", "missing"),
    ("site.interaction", a_case(interacting(PETITION, nav=["script menu"])), "unknown", "not_proven_missing"),
    ("site.interaction", a_case(interacting(PETITION, gaps=["互动交流: timeout"])), "unknown", "not_proven_missing"),
    ("site.interaction", a_case(interacting(replace(MAILBOX, works=False, why="dead"))), "fail", "dead"),
    ("site.interaction", a_case(interacting(replace(MAILBOX, works=False, why="blank"), nav=["x"])), "fail", "blank"),
    ("site.interaction", a_case(interacting(replace(MAILBOX, works=False, why="dead"), replace(MAILBOX, works=None, why="timeout"))), "unknown", "timeout"),
    ("site.interaction", a_case(interacting(replace(MAILBOX, works=None, why="unclear"))), "unknown", "not_proven_missing"),
    ("site.interaction", a_case(interacting(replace(MAILBOX, works=None, why="needs_render"))), "unknown", "needs_render"),
    ("site.interaction", a_case(interacting(MAILBOX, unseen="ajax list")), "unknown", "needs_render"),
    ("site.interaction", a_case(interacting(MAILBOX, unseen="timeout")), "unknown", "timeout"),
    ("site.interaction", a_case(interacting(MAILBOX, letters=[letter(date(2026, 8, 23))])), "fail", "unanswered:1"),
    ("site.interaction", a_case(interacting(MAILBOX, letters=[letter(date(2026, 8, 24))])), "pass", None),
    ("site.interaction", a_case(interacting(MAILBOX, letters=[letter(date(2025, 11, 24))])), "fail", "unanswered:1"),
    ("site.interaction", a_case(interacting(MAILBOX, letters=[letter(date(2025, 11, 23))])), "pass", None),
    ("site.interaction", a_case(interacting(MAILBOX, letters=[letter(date(2026, 3, 1), "unclear")])), "pass", None),
    ("site.interaction", a_case(interacting(MAILBOX, letters=[letter(None)])), "pass", None),
    ("site.interaction", a_case(a_visit(interaction=None)), "unknown", "not_seen_tonight"),
    ("site.privacy", a_case(), "pass", None),
    ("site.privacy", a_case(a_visit(leaks=(LEAK, replace(LEAK, kind="mobile")))), "fail", "leak:identity,mobile"),
    ("site.privacy", a_case(a_visit(scanned=0)), "unknown", "not_seen_tonight"),
    ("site.injected", a_case(), "pass", None),
    ("site.injected", a_case(a_visit(injections=(SPAM,))), "fail", "injected:hidden_link"),
    ("site.injected", a_case(a_visit(scanned=0)), "unknown", "not_seen_tonight"),
    ("site.injected", a_case(a_visit(outcome=Outcome.HIJACKED, injections=(replace(SPAM, kind="title"),))), "fail", "injected:title"),
    ("site.injected", a_case(a_visit(outcome=Outcome.HIJACKED)), "unknown", "hijacked"),
    ("site.injected", a_case(a_visit(outcome=Outcome.DNS)), "unknown", "dns"),
    ("site.footer", a_case(unit=a_unit(site_code="1409000001")), "pass", None),
    ("site.footer", a_case(unit=a_unit(site_code="1409000002")), "fail", "mismatch:site_code"),
    ("site.footer", a_case(a_visit(footer=Footer("1409000001", unseen="foot.js")), unit=a_unit(site_code="1409000002")), "fail", "mismatch:site_code"),
    ("site.footer", a_case(a_visit(footer=Footer("BM14000002", "a", "b", "c", "d")), unit=a_unit(site_code="bm14000002")), "pass", None),
    ("site.footer", a_case(a_visit(footer=Footer(unseen="foot.js")), unit=a_unit(site_code="1409000002")), "unknown", "needs_render"),
    ("site.letters_fresh", a_case(interacting(MAILBOX, letters=[ANSWERED])), "pass", None),
    ("site.letters_fresh", a_case(interacting(MAILBOX, letters=[letter(date(2026, 9, 1), "answered", date(2026, 9, 24))])), "pass", None),
    ("site.letters_fresh", a_case(interacting(MAILBOX, letters=[letter(date(2026, 9, 1), "answered", date(2026, 9, 23))])), "fail", "stale"),
    ("site.letters_fresh", a_case(interacting(MAILBOX, letters=[letter(date(2026, 1, 1), "answered")])), "unknown", "no_dates"),
    ("site.letters_fresh", a_case(), "unknown", "no_letters"),
    ("site.letters_fresh", a_case(interacting(MAILBOX, unseen="ajax list")), "unknown", "needs_render"),
    *(
        (rule, case, verdict, reason)
        for rule, field in (("site.find_error", "find_error"), ("site.conac", "conac"), ("site.search", "search"))
        for case, verdict, reason in (
            (a_case(marked()), "pass", None),
            (a_case(marked(**{field: None})), "fail", "missing"),
            (a_case(marked(**{field: None, "unseen": "not read: foot.js"})), "unknown", "needs_render"),
            (a_case(replace(marked(**{field: None}), footer=Footer(unseen="foot made by script"))), "unknown", "needs_render"),
            (a_case(), "unknown", "not_seen_tonight"),
        )
    ),
    ("site.meta", a_case(marked()), "pass", None),
    ("site.meta", a_case(marked(metas={"SiteName": "岚水"})), "fail", "missing:SiteDomain,SiteIDCode"),
    ("site.meta", a_case(marked(metas=TAGS | {"SiteIDCode": "5001070012"})), "fail", "mismatch:SiteIDCode"),
    ("site.meta", a_case(marked(untagged=(f"{SITE}news/",))), "fail", "missing:ColumnName,ColumnType"),
    ("site.meta", a_case(), "unknown", "not_seen_tonight"),
    ("site.domain", a_case(a_visit(url="http://www.lanshui.gov.cn/")), "pass", None),
    ("site.domain", a_case(a_visit(url="http://岚水.政务/")), "pass", None),
    ("site.domain", a_case(a_visit(url="http://www.lanshui.com/")), "fail", "not_gov_cn"),
    ("site.domain", a_case(a_visit(url="http://www.lanshui.gov.cn.bad.com/")), "fail", "not_gov_cn"),
    ("site.domain", a_case(a_visit(url="http://60.221.1.9:8080/")), "fail", "not_gov_cn"),
    ("site.domain", a_case(a_visit(url="http://127.0.0.1:8801/")), "unknown", "private_address"),
    ("site.tls", a_case(a_visit(certificate=cert())), "pass", None),
    ("site.tls", a_case(a_visit(certificate=cert("incomplete_chain"))), "pass", None),
    ("site.tls", a_case(a_visit(certificate=cert("expired"))), "fail", "expired"),
    ("site.tls", a_case(a_visit(variants=(("https://lanshui.example/", Outcome.REFUSED),))), "fail", "no_https"),
    ("site.tls", a_case(a_visit(variants=(("https://lanshui.example/", Outcome.OK),))), "unknown", "not_seen_tonight"),
    ("site.tls", a_case(), "unknown", "not_seen_tonight"),
    ("site.long_stale", a_case(with_columns(*others(2, 365))), "pass", None),
    ("site.long_stale", a_case(with_columns(*others(2, 366))), "fail", "stale"),
    ("site.long_stale", a_case(with_columns(*named(others(2, 900), "机构职能"))), "pass", None),
    ("site.long_stale", a_case(with_columns(*others(1, 900, partial="cut off"))), "pass", None),
    ("site.long_stale", a_case(replace(a_visit(), columns=(a_column("other", content=Content.UNREAD),))), "unknown", "not_seen_tonight"),
    ("site.undated", a_case(marked()), "pass", None),
    ("site.undated", a_case(marked(items=(ItemPage("甲", f"{SITE}1", f"{SITE}news/", days_ago(2), PAGE),))), "pass", None),
    ("site.undated", a_case(marked(items=(ItemPage("甲", f"{SITE}1", f"{SITE}news/", None, PAGE),))), "fail", "no_dates"),
    ("site.undated", a_case(marked(items=(ItemPage("甲", f"{SITE}1", f"{SITE}news/"),))), "unknown", "not_seen_tonight"),
    ("site.work_report", a_case(marked()), "pass", None),
    ("site.work_report", a_case(marked(work_report=(("政府网站工作年度报表(2024年)", SITE),))), "fail", "missing:2025"),
    ("site.work_report", a_case(marked(work_report=())), "fail", "missing:2025"),
    ("site.work_report", a_case(replace(marked(work_report=()), nav_gaps=("script menu",))), "unknown", "not_proven_missing"),
    ("site.work_report", a_case(marked(work_report=(("网站年报", f"{SITE}wznb/"),))), "unknown", "not_seen_tonight"),
    ("site.work_report", a_case(replace(marked(work_report=(("网站年报", f"{SITE}wznb/"),)), columns=(listed(["2025年度网站工作报表"], "other", url=f"{SITE}wznb/"),))), "pass", None),
    ("site.work_report", a_case(marked(work_report=(("网站工作年度报表2024年", SITE),)), on=date(2026, 1, 31)), "pass", None),
    ("site.redated", a_case(marked()), "pass", None),
    ("site.redated", a_case(marked(redated=(Redated("旧闻", f"{SITE}1", days_ago(31), days_ago(0), "address", PAGE),))), "fail", "redated"),
    ("site.redated", a_case(marked(redated=(Redated("旧闻", f"{SITE}1", days_ago(30), days_ago(0), "night", PAGE),))), "pass", None),
    ("site.redated", a_case(), "unknown", "not_seen_tonight"),
    ("site.burst", a_case(with_columns(filled(1, 4, 9, 15, 30, 44))), "pass", None),
    ("site.burst", a_case(with_columns(filled(1, 1, 2, 2, 3, 64, 90))), "fail", "burst"),
    ("site.burst", a_case(with_columns(filled(1, 1, 2, 2, 3, 63, 90))), "pass", None),
    ("site.burst", a_case(with_columns(filled(1, 1, 2, 2, 90, 95))), "pass", None),
    ("site.burst", a_case(), "unknown", "too_few_rows"),
    ("site.repeated_text", a_case(with_columns(*same(4, TITLES))), "fail", "repeated"),
    ("site.repeated_text", a_case(with_columns(*same(3, TITLES), *same(1, NEWS))), "pass", None),
    ("site.repeated_text", a_case(), "unknown", "not_seen_tonight"),
    ("board.request", a_case(marked()), "pass", None),
    ("board.request", a_case(marked(apply=Apply((), None, evidence=PAGE))), "fail", "missing:way"),
    ("board.request", a_case(marked(apply=Apply((), "picture", evidence=PAGE))), "unknown", "not_proven_missing"),
    ("board.request", a_case(marked(apply=None)), "unknown", "not_proven_missing"),
    ("board.guide_fields", a_case(marked()), "pass", None),
    ("board.guide_fields", a_case(marked(guide=replace(GUIDE, fields=("office", "phone", "internet")))), "fail", "missing:address,hours"),
    ("board.guide_fields", a_case(marked(guide=replace(GUIDE, fields=GUIDE.fields[:5]))), "pass", None),
    ("board.guide_fields", a_case(marked(guide=Guide(unseen="attachment"))), "unknown", "parse_empty"),
    ("board.guide_fields", a_case(marked(guide=None)), "unknown", "no_guide"),
    ("board.guide_fresh", a_case(marked()), "pass", None),
    ("board.guide_fresh", a_case(marked(guide=replace(GUIDE, decrees=("492",)))), "fail", "old_law"),
    ("board.guide_fresh", a_case(marked(guide=replace(GUIDE, decrees=("711", "492")))), "pass", None),
    ("board.guide_fresh", a_case(marked(guide=replace(GUIDE, day=date(2023, 11, 23)))), "fail", "stale"),
    ("board.guide_fresh", a_case(marked(guide=replace(GUIDE, day=date(2023, 11, 24)))), "pass", None),
    ("board.guide_fresh", a_case(marked(guide=replace(GUIDE, day=None, decrees=()))), "unknown", "no_dates"),
    ("board.offtopic", a_case(with_columns(listed(TITLES))), "pass", None),
    ("board.offtopic", a_case(with_columns(listed(NEWS))), "fail", "offtopic"),
    ("board.offtopic", a_case(with_columns(listed(NEWS[:3], "guide"))), "pass", None),
    ("board.offtopic", a_case(with_columns(listed(NEWS[:2] + TITLES[:2], "guide"))), "pass", None),
    ("board.offtopic", a_case(replace(a_visit(), columns=())), "unknown", "no_guide"),
    ("board.name", a_case(a_visit(board=replace(a_visit().board, name="岚水县政府信息公开"))), "pass", None),
    ("board.name", a_case(a_visit(board=replace(a_visit().board, name="政务公开"))), "fail", "other_name"),
    ("board.name", a_case(a_visit(board=replace(a_visit().board, name="x", found_on="registry"))), "unknown", "unnamed"),
]  # fmt: skip

NEW = (
    "site.interaction", "site.privacy", "site.injected", "site.letters_fresh", "site.find_error", "site.conac", "site.search",
    "site.meta", "site.domain", "site.tls", "site.long_stale", "site.undated", "site.work_report", "site.redated", "site.burst",
    "site.repeated_text", "board.guide_fields", "board.guide_fresh", "board.offtopic", "board.name",
)  # fmt: skip


@pytest.mark.parametrize(("rule", "case", "verdict", "reason"), CASES)
def test_rule(rule, case, verdict, reason):
    assert (verdict, reason) in [(f.verdict, f.reason) for f in judge(case, RUBRIC) if f.rule == rule]


def test_every_new_rule_has_its_triplet_and_every_fail_its_evidence():
    shown = {(rule, verdict) for rule, _, verdict, _ in CASES}
    assert {(rule, v) for rule in NEW for v in ("pass", "fail", "unknown")} <= shown
    for rule, case, verdict, _ in CASES:
        for finding in judge(case, RUBRIC) if verdict == "fail" else ():
            assert finding.verdict != "fail" or (finding.reason and finding.evidence and finding.cite), (
                rule,
                finding.rule,
            )


def test_trial_rules_cost_nothing_and_do_not_count_in_coverage():
    trial = {rule for rule in NEW if RUBRIC.lines[rule].state == "trial"}
    assert trial == set(NEW) - {"site.interaction", "site.privacy", "site.injected"}
    bad = marked(find_error=None, conac=None, search=None, metas={}, work_report=(), guide=replace(GUIDE, fields=()))
    findings = judge(a_case(bad), RUBRIC)
    failing = {f.rule for f in findings if f.verdict == "fail"}
    assert len(failing & trial) >= 6
    assert sum((f.points for f in findings if f.rule in trial), Decimal(0)) == 0
    assert score(a_unit(), findings, RUBRIC).online == score(a_unit(), judge(a_case(marked()), RUBRIC), RUBRIC).online
    without = [f for f in findings if f.rule not in trial]
    assert coverage(findings, RUBRIC) == coverage(without, RUBRIC)


def test_a_trial_rule_becomes_scored_by_its_state():
    line = replace(RUBRIC.lines["site.find_error"], state="scored", points=Decimal("0.1"))
    rubric = replace(RUBRIC, lines={**RUBRIC.lines, "site.find_error": line})
    found = next(f for f in judge(a_case(marked(find_error=None)), rubric) if f.rule == "site.find_error")
    assert found.points == Decimal("0.1")


def test_the_records_come_back_equal():
    visit = replace(
        marked(
            redated=(Redated("旧闻", SITE, days_ago(40), days_ago(0), "night", PAGE),),
            items=(ItemPage("甲", SITE, SITE, days_ago(2), PAGE),),
        ),
        interaction=Interaction((MAILBOX, PETITION), (ANSWERED,), ("x",), None),
        leaks=(LEAK,),
        injections=(SPAM,),
        scanned=7,
    )
    assert load(SiteVisit, dump(visit)) == visit


def test_a_stored_visit_from_before_still_loads_and_is_not_failed():
    old = replace(a_visit(), interaction=None, marks=None, scanned=0)
    found = {f.rule: f.verdict for f in judge(a_case(old), RUBRIC)}
    assert found["site.interaction"] == found["site.privacy"] == found["site.injected"] == "unknown"
    assert found["board.request"] == "pass"


def test_ten_long_stale_columns_are_counted():
    case = a_case(with_columns(*others(11, 400)))
    found = next(f for f in judge(case, RUBRIC) if f.rule == "site.long_stale")
    assert found.faults == 11
    assert found.value["veto_from"] == 10
