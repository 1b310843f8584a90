"""Documents, interpretations, gazette and topics: each rule on records that pass, fail and were not seen, and its edges."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from db.codec import dump, load
from db.records import Content, Outcome, Papers, SiteVisit
from monitors.rubric import load_rubric
from monitors.rule import RULES
from monitors.run import judge
from tests.monitors.made import PAPERS, SITE, a_case, a_column, a_unit, a_visit, days_ago

RUBRIC = load_rubric()
MINE = ("document", "interpretation", "gazette", "topics")
(WELL,), (TOLD,), (ISSUE,), COLUMNS = PAPERS.documents, PAPERS.interpretations, PAPERS.issues, PAPERS.columns
FIELDS = WELL.fields


def a_paper(n=1, kind="policy", **named):
    url = f"{SITE}zc/{n}.html"
    given = {"url": url, "kind": kind, "links": (), "explained_by": (f"{SITE}jd/{n}.html",)}
    return replace(WELL, **(given | {"evidence": replace(WELL.evidence, url=url)} | named))


def told(n=1, *forms, **named):
    given = {
        "url": f"{SITE}jd/{n}.html",
        "forms": forms or ("figure",),
        "subject": f"第{n}办法的内容",
        "documents": (f"{SITE}zc/{n}.html",),
    }
    return replace(TOLD, **(given | named))


def shelf(group, **named):
    return replace(next(c for c in COLUMNS if c.group == group), **named)


def seen(*documents, columns=COLUMNS, told_by=None, issues=(ISSUE,), unit=None, left=0, **named):
    papers = Papers(
        columns, documents, told_by if told_by is not None else tuple(told(n) for n in (1, 2)), issues, left
    )
    return a_case(a_visit(papers=papers, **named), unit=unit or a_unit())


def without(*groups):
    return tuple(c for c in COLUMNS if c.group not in groups)


def other(group, **named):
    return (*without(group), shelf(group, **named))


def lacking(*fields):
    return {k: v for k, v in FIELDS.items() if k not in fields}


def verdicts(case, rule):
    return [(f.verdict, f.reason) for f in judge(case, RUBRIC) if f.rule == rule]


DEPARTMENT = a_unit(group="department", name="市教育局")
LONELY = a_paper(explained_by=())
REPLY = a_paper(kind="reply")
NORMATIVE = a_paper(kind="normative")
GAPS = {"nav_gaps": ("script menu",)}
TIMED_OUT = a_paper(outcome=Outcome.TIMEOUT, fields={}, mark=None, explained_by=())
VAGUE = told(9, subject="", documents=None)
PLAIN = [told(n, "text") for n in range(1, 11)]
BOTH = a_paper(links=(f"{SITE}jd/1.html",))
DEAD_TOPIC = a_column(
    "other",
    url=f"{SITE}topic/",
    outcome=Outcome.HTTP_ERROR,
    first_outcome=Outcome.HTTP_ERROR,
    status=404,
    content=Content.UNREAD,
)

CASES = [
    ("document.openness", seen(a_paper()), "pass", None),
    ("document.openness", seen(a_paper(mark=None)), "fail", "missing:openness"),
    ("document.openness", seen(REPLY), "pass", None),
    ("document.openness", seen(a_paper(mark=None, kind="official")), "fail", "missing:openness"),
    ("document.openness", seen(a_paper(mark=None, partial="attachment_only")), "unknown", "attachment_only"),
    ("document.openness", seen(a_paper(mark=None, partial="picture_only")), "unknown", "picture_only"),
    ("document.openness", seen(a_paper(mark=None, scripted=("table",))), "unknown", "script_made"),
    ("document.openness", seen(a_paper(mark=None, scripted=("openness",))), "unknown", "script_made"),
    ("document.openness", seen(a_paper(mark=None, scripted=("number",))), "fail", "missing:openness"),
    ("document.openness", seen(a_paper(mark=None, carried=True)), "unknown", "not_seen_tonight"),
    ("document.openness", seen(a_paper(carried=True)), "pass", None),
    ("document.openness", seen(TIMED_OUT), "unknown", "timeout"),
    ("document.openness", seen(a_paper(mark=None, kind="other")), "na", "no_documents"),
    ("document.openness", seen(), "na", "no_documents"),
    ("document.openness", seen(left=3), "unknown", "not_seen_tonight"),
    ("document.openness", seen(columns=without("policy", "normative")), "unknown", "no_column"),
    ("document.openness", seen(columns=other("policy", unseen="needs_render", rows=0, newest=None)), "unknown", "needs_render"),
    ("document.openness", seen(columns=other("policy", newest=None)), "unknown", "no_dates"),
    ("document.openness", a_case(a_visit(papers=None)), "unknown", "not_seen_tonight"),
    ("document.metadata", seen(a_paper()), "pass", None),
    ("document.metadata", seen(a_paper(fields=lacking("index"))), "fail", "missing:index"),
    ("document.metadata", seen(a_paper(fields=lacking("number", "index"))), "fail", "missing:index,number"),
    ("document.metadata", seen(a_paper(fields=lacking("validity"))), "pass", None),
    ("document.metadata", seen(a_paper(fields=lacking("number"), scripted=("number",))), "unknown", "script_made"),
    ("document.metadata", seen(a_paper(fields=lacking("index", "number"), scripted=("number",))), "fail", "missing:index"),
    ("document.metadata", seen(a_paper(fields={}, scripted=("table",))), "unknown", "script_made"),
    ("document.metadata", seen(a_paper(fields=lacking("written"), partial="attachment_only")), "unknown", "attachment_only"),
    ("document.metadata", seen(a_paper(fields=lacking("index"), partial="attachment_only")), "fail", "missing:index"),
    ("document.metadata", seen(a_paper(fields=lacking("index"), carried=True)), "unknown", "not_seen_tonight"),
    ("document.metadata", seen(a_paper(fields={}, partial="script_made")), "unknown", "script_made"),
    ("document.metadata", seen(a_paper(fields={}, partial="framed")), "unknown", "framed"),
    ("document.metadata", seen(a_paper(fields={}, partial="attachment_only", outcome=None)), "unknown", "attachment_only"),
    ("document.metadata", seen(TIMED_OUT), "unknown", "timeout"),
    ("document.not_public", seen(a_paper()), "pass", None),
    ("document.not_public", seen(a_paper(mark="此件依申请公开")), "fail", "not_public"),
    ("document.not_public", seen(a_paper(mark="公开属性:不予公开")), "fail", "not_public"),
    ("document.not_public", seen(a_paper(mark=None)), "pass", None),
    ("document.not_public", seen(a_paper(mark="此件依申请公开", carried=True)), "unknown", "not_seen_tonight"),
    ("document.not_public", seen(a_paper(mark=None, partial="picture_only")), "unknown", "picture_only"),
    ("document.reply", seen(REPLY), "pass", None),
    ("document.reply", seen(replace(REPLY, mark=None)), "fail", "missing:openness"),
    ("document.reply", seen(replace(REPLY, mark="此件不公开")), "fail", "not_public"),
    ("document.reply", seen(replace(REPLY, mark=None, partial="picture_only")), "unknown", "picture_only"),
    ("document.reply", seen(a_paper()), "na", "no_documents"),
    ("document.delay", seen(a_paper()), "pass", None),
    ("document.delay", seen(a_paper(fields=FIELDS | {"written": "2026-07-23"})), "pass", None),
    ("document.delay", seen(a_paper(fields=FIELDS | {"written": "2026-07-22"})), "fail", "late"),
    ("document.delay", seen(a_paper(fields=FIELDS | {"written": "2026-07-22"}, carried=True)), "unknown", "not_seen_tonight"),
    ("document.delay", seen(a_paper(fields=lacking("written"))), "unknown", "no_dates"),
    ("document.library", seen(NORMATIVE), "pass", None),
    ("document.library", seen(replace(NORMATIVE, fields=lacking("validity"))), "fail", "missing:validity"),
    ("document.library", seen(NORMATIVE, columns=without("normative")), "fail", "missing"),
    ("document.library", seen(NORMATIVE, columns=without("normative"), **GAPS), "unknown", "not_proven_missing"),
    ("document.library", seen(replace(NORMATIVE, fields={}, scripted=("table",))), "unknown", "script_made"),
    ("document.library", seen(a_paper()), "na", "no_documents"),
    ("document.substitution", seen(a_paper()), "pass", None),
    ("document.substitution", seen(columns=other("policy", documents=2, news=8)), "fail", "news_instead"),
    ("document.substitution", seen(columns=other("policy", documents=4, news=8)), "pass", None),
    ("document.substitution", seen(columns=other("policy", rows=4, documents=0, news=4)), "pass", None),
    ("document.substitution", seen(columns=without("policy", "normative")), "unknown", "no_column"),
    ("interpretation.rate", seen(a_paper()), "pass", None),
    ("interpretation.rate", seen(a_paper(explained_by=(), links=(f"{SITE}jd/1.html",))), "pass", None),
    ("interpretation.rate", seen(LONELY), "fail", "missing"),
    ("interpretation.rate", seen(LONELY, columns=without("interpretation")), "fail", "missing"),
    ("interpretation.rate", seen(LONELY, columns=without("interpretation"), **GAPS), "unknown", "not_proven_missing"),
    ("interpretation.rate", seen(LONELY, columns=other("interpretation", unseen="needs_render")), "unknown", "needs_render"),
    ("interpretation.rate", seen(LONELY, columns=other("interpretation", whole=False, since=date(2026, 9, 2))), "fail", "missing"),
    ("interpretation.rate", seen(LONELY, columns=other("interpretation", whole=False, since=date(2026, 9, 3))), "unknown", "not_seen_tonight"),
    ("interpretation.rate", seen(LONELY, columns=other("interpretation", whole=False, since=None)), "unknown", "not_seen_tonight"),
    ("interpretation.rate", seen(LONELY, told_by=(VAGUE,)), "unknown", "not_seen_tonight"),
    ("interpretation.rate", seen(LONELY, told_by=(replace(VAGUE, published=date(2026, 9, 1)),)), "fail", "missing"),
    ("interpretation.rate", seen(replace(LONELY, links_unseen=True)), "unknown", "script_made"),
    ("interpretation.rate", seen(replace(LONELY, carried=True)), "unknown", "not_seen_tonight"),
    ("interpretation.rate", seen(replace(LONELY, published=days_ago(7))), "na", "not_due"),
    ("interpretation.rate", seen(replace(LONELY, published=days_ago(8))), "fail", "missing"),
    ("interpretation.rate", seen(replace(LONELY, published=None)), "unknown", "no_dates"),
    ("interpretation.rate", seen(replace(LONELY, outcome=None, partial="attachment_only")), "unknown", "attachment_only"),
    ("interpretation.rate", seen(TIMED_OUT), "unknown", "timeout"),
    ("interpretation.rate", seen(a_paper(kind="official", explained_by=())), "na", "no_documents"),
    ("interpretation.rate", seen(columns=without("policy", "normative")), "unknown", "no_column"),
    ("interpretation.diverse", seen(a_paper()), "pass", None),
    ("interpretation.diverse", seen(told_by=tuple(PLAIN)), "fail", "too_few"),
    ("interpretation.diverse", seen(told_by=(*PLAIN[:1], *(told(n) for n in range(2, 11)))), "pass", None),  # 9 of 10
    ("interpretation.diverse", seen(told_by=(*PLAIN[:2], *(told(n) for n in range(3, 11)))), "fail", "too_few"),  # 8 of 10
    ("interpretation.diverse", seen(told_by=tuple(replace(i, forms=()) for i in PLAIN)), "unknown", "not_seen_tonight"),
    ("interpretation.diverse", seen(told_by=tuple(replace(i, carried=True) for i in PLAIN)), "unknown", "not_seen_tonight"),
    ("interpretation.diverse", seen(told_by=(*PLAIN[:1], replace(told(1), url=f"{SITE}jd/x.html"))), "pass", None),  # text and figure of one document
    ("interpretation.diverse", seen(told_by=(replace(PLAIN[0], published=days_ago(400)),)), "na", "no_interpretations"),
    ("interpretation.diverse", seen(told_by=(), columns=other("interpretation", unseen="needs_render", newest=None)), "unknown", "needs_render"),
    ("interpretation.diverse", seen(told_by=(), columns=without("interpretation")), "na", "no_interpretations"),
    ("interpretation.diverse", seen(told_by=(), columns=without("interpretation"), **GAPS), "unknown", "no_column"),
    ("interpretation.linked", seen(BOTH), "pass", None),
    ("interpretation.linked", seen(a_paper()), "fail", "missing:to_interpretation"),
    ("interpretation.linked", seen(BOTH, told_by=(told(1, documents=()),)), "fail", "missing:to_document"),
    ("interpretation.linked", seen(BOTH, told_by=(told(1, documents=None),)), "unknown", "not_seen_tonight"),
    ("interpretation.linked", seen(BOTH, told_by=()), "unknown", "not_seen_tonight"),
    ("interpretation.linked", seen(a_paper(links_unseen=True)), "unknown", "script_made"),
    ("interpretation.linked", seen(LONELY), "na", "no_interpretations"),
    ("interpretation.delay", seen(a_paper()), "pass", None),
    ("interpretation.delay", seen(a_paper(), told_by=(told(1, published=date(2026, 9, 19)),)), "pass", None),
    ("interpretation.delay", seen(a_paper(), told_by=(told(1, published=date(2026, 9, 20)),)), "fail", "late"),
    ("interpretation.delay", seen(a_paper(published=None)), "unknown", "no_dates"),
    ("interpretation.delay", seen(LONELY), "na", "no_interpretations"),
    ("interpretation.fresh", seen(), "pass", None),
    ("interpretation.fresh", seen(columns=other("interpretation", newest=date(2026, 5, 24))), "pass", None),
    ("interpretation.fresh", seen(columns=other("interpretation", newest=date(2026, 5, 23))), "fail", "stale"),
    ("interpretation.fresh", seen(columns=(shelf("interpretation", newest=date(2026, 1, 1)), shelf("interpretation", newest=None, unseen="timeout"))), "unknown", "timeout"),
    ("interpretation.fresh", seen(columns=without("interpretation")), "na", "no_interpretations"),
    ("gazette.column", seen(), "pass", None),
    ("gazette.column", seen(unit=DEPARTMENT), "na", "not_required"),
    ("gazette.column", seen(columns=without("gazette"), issues=()), "na", "no_column"),
    ("gazette.column", seen(issues=(replace(ISSUE, published=days_ago(400)),)), "na", "stale"),
    ("gazette.column", seen(issues=(replace(ISSUE, published=None),)), "pass", None),
    ("gazette.column", seen(issues=(replace(ISSUE, published=None, year=2025),)), "unknown", "no_dates"),
    ("gazette.column", seen(issues=(replace(ISSUE, published=None, year=2022),)), "na", "stale"),
    ("gazette.column", seen(columns=other("gazette", unseen="needs_render"), issues=()), "unknown", "needs_render"),
    ("gazette.formats", seen(), "pass", None),
    ("gazette.formats", seen(issues=(replace(ISSUE, files={"pdf": f"{SITE}3.pdf"}),)), "fail", "missing:word"),
    ("gazette.formats", seen(issues=(replace(ISSUE, files={}, unseen="needs_render"),)), "unknown", "needs_render"),
    ("gazette.formats", seen(issues=(replace(ISSUE, reached={"pdf": True, "word": False}),)), "fail", "dead:word"),
    ("gazette.formats", seen(issues=(replace(ISSUE, reached={"pdf": True}),)), "unknown", "not_seen_tonight"),
    ("gazette.formats", seen(columns=without("gazette"), issues=()), "na", "no_column"),
    ("gazette.formats", seen(unit=DEPARTMENT), "na", "not_required"),
    ("topics.columns", seen(), "pass", None),
    ("topics.columns", seen(columns=other("topic", newest=date(2025, 11, 24))), "pass", None),
    ("topics.columns", seen(columns=other("topic", newest=date(2025, 11, 23))), "fail", "stale"),
    ("topics.columns", seen(columns=other("topic", newest=date(2024, 1, 1), live=True)), "pass", None),  # seen on an earlier night
    ("topics.columns", seen(columns=other("topic", newest=None)), "unknown", "no_dates"),
    ("topics.columns", seen(columns=other("topic", newest=None, unseen="timeout")), "unknown", "timeout"),
    ("topics.columns", seen(columns=other("topic", newest=None, unseen="http_error")), "unknown", "http_error"),
    ("topics.columns", seen(columns=without("topic")), "fail", "missing"),
    ("topics.columns", seen(columns=without("topic"), **GAPS), "unknown", "not_proven_missing"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "case", "verdict", "reason"), CASES)
def test_rule(rule, case, verdict, reason):
    assert verdicts(case, rule) == [(verdict, reason)]


def test_every_rule_has_its_triplet():
    shown = {(rule, verdict) for rule, _, verdict, _ in CASES}
    wanted = {(rule, v) for rule in RULES if rule.partition(".")[0] in MINE for v in ("pass", "fail", "unknown")}
    assert wanted - {("gazette.column", "fail")} <= shown  # a bonus never fails


def test_a_dead_or_blank_topic_column_is_proven_by_the_second_look():
    case = seen(columns=other("topic", newest=None, rows=0, unseen="http_error"))
    dead = replace(case, visit=replace(case.visit, columns=(*case.visit.columns, DEAD_TOPIC)))
    assert verdicts(dead, "topics.columns") == [("fail", "dead")]
    once = replace(DEAD_TOPIC, first_outcome=None)
    assert verdicts(replace(case, visit=replace(case.visit, columns=(once,))), "topics.columns") == [
        ("unknown", "http_error")
    ]
    blank = replace(DEAD_TOPIC, outcome=Outcome.OK, first_outcome=None, status=200, content=Content.BLANK)
    case = seen(columns=other("topic", newest=None, rows=0))
    assert verdicts(replace(case, visit=replace(case.visit, columns=(blank,))), "topics.columns") == [("fail", "blank")]


def test_a_line_is_lost_by_the_share_of_documents_that_fail():
    found = judge(seen(a_paper(1), a_paper(2, mark=None), a_paper(3, mark=None), a_paper(4, kind="other")), RUBRIC)
    mine = [f for f in found if f.rule == "document.openness"]
    assert [(f.verdict, f.target) for f in mine] == [
        ("pass", f"{SITE}zc/1.html"),
        ("fail", f"{SITE}zc/2.html"),
        ("fail", f"{SITE}zc/3.html"),
    ]
    assert sum(f.points for f in mine) == pytest.approx(Decimal("0.2") * 2 / 3)


def test_every_fail_has_evidence_and_a_trial_costs_nothing():
    for _, case, verdict, _ in CASES:
        for f in judge(case, RUBRIC) if verdict == "fail" else ():
            if f.rule.partition(".")[0] in MINE and f.verdict == "fail":
                assert f.evidence
                assert f.reason
                assert f.points == 0 or RUBRIC.lines[f.rule].state == "scored"


def test_nothing_that_an_earlier_night_saw_is_a_fail():
    worst = a_paper(fields={}, mark=None, explained_by=(), carried=True)
    plain = tuple(replace(i, carried=True) for i in PLAIN)
    found = judge(seen(worst, replace(worst, kind="reply"), replace(worst, kind="normative"), told_by=plain), RUBRIC)
    assert not [f for f in found if f.rule.partition(".")[0] in ("document", "interpretation") and f.verdict == "fail"]


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.OK])
def test_a_document_that_was_not_seen_costs_nothing(outcome):
    unread = a_paper(outcome=outcome, fields={}, mark=None, explained_by=())
    found = judge(seen(unread, replace(unread, kind="normative"), replace(unread, kind="reply")), RUBRIC)
    assert not [f for f in found if f.target == unread.url and f.verdict == "fail"]


def test_papers_survive_the_store():
    visit = seen(a_paper(), REPLY, columns=COLUMNS).visit
    assert load(SiteVisit, dump(visit)) == visit
    assert load(SiteVisit, dump(replace(visit, papers=None))).papers is None
