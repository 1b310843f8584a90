"""Laws of the score: exact sums, nothing cheaper by being worse, caps, ranks, coverage."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Content, ElderEntry, Footer, LinkCheck, Outcome, Probe, Row
from monitors.rubric import RubricError, load_rubric
from monitors.run import judge
from monitors.scoring import coverage, score, scores
from tests.monitors.made import AT, PAGE, SITE, a_case, a_column, a_snapshot, a_unit, a_visit, days_ago, with_column

RUBRIC = load_rubric()
DEAD = {"outcome": Outcome.HTTP_ERROR, "first_outcome": Outcome.HTTP_ERROR, "status": 404, "content": Content.UNREAD}
FOREVER = (Row("旧", None, date(2024, 1, 1)),)


def scored(case):
    return score(case.unit, judge(case, RUBRIC), RUBRIC)


def unrounded(result):
    return result.full - sum((line["points"] for line in result.deductions), Decimal(0))


def no_board(visit):
    gone = replace(visit, board=None)
    return replace(gone, columns=tuple(c for c in visit.columns if c.role in ("news", "notice", "other")))


# Each list runs from better to worse; a step never makes the unit dearer.
LADDERS = {
    "guide": [lambda v: with_column(v, "guide", **DEAD), lambda v: with_column(v, "guide", gone=True), no_board],
    "request": [lambda v: with_column(v, "request", content=Content.BLANK), no_board],
    "report": [
        lambda v: replace(v, reports=(replace(v.reports[0], dates={"row": date(2026, 5, 1)}),)),
        lambda v: replace(v, reports=()),
    ],
    "news": [
        lambda v: with_column(v, "news", rows=FOREVER),
        lambda v: with_column(v, "news", rows=(), content=Content.BLANK),
    ],
    "home": [lambda v: replace(v, home_rows=FOREVER), lambda v: replace(with_column(v, "news", rows=FOREVER), home_rows=FOREVER)],
    "blank": [
        lambda v, n=n: replace(v, columns=(*v.columns, *(a_column("other", content=Content.BLANK, url=f"{SITE}{i}") for i in range(n))))
        for n in (1, 2, 4, 5, 9)
    ],
    "links": [
        lambda v, n=n: replace(v, links=tuple(LinkCheck(f"{SITE}x{i}", SITE, "", Outcome.SOFT_404, 200, Outcome.SOFT_404, 200, PAGE) for i in range(n)))
        for n in (1, 3, 4, 40)
    ],
    "elder": [
        lambda v: replace(v, elder=ElderEntry("text", "长者", works=False, why="dead", evidence=PAGE)),
        lambda v: replace(v, elder=ElderEntry()),
    ],
    "footer": [lambda v: replace(v, footer=Footer("1409000001")), lambda v: replace(v, footer=Footer())],
    "stale": [
        lambda v, n=n: replace(with_column(v, "news", rows=FOREVER), columns=tuple(a_column("news", days_ago(99), url=f"{SITE}n{i}/") for i in range(n)) + tuple(c for c in v.columns if c.role != "news"))
        for n in (1, 4, 5)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", LADDERS)
def test_nothing_gets_cheaper_by_being_worse(name):
    left = [unrounded(scored(a_case(step(a_visit())))) for step in (lambda v: v, *LADDERS[name])]
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(LADDERS)), unique=True), st.data())
def test_worsening_a_unit_never_raises_its_score(names, data):
    visit = a_visit()
    before = scored(a_case(visit))
    for name in names:
        visit = data.draw(st.sampled_from(LADDERS[name]))(visit)
        after = scored(a_case(visit))
        assert unrounded(after) <= unrounded(before)
        assert 0 <= after.online <= after.full
        before = after


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(LADDERS)), unique=True),
    st.sampled_from(["county", "department"]),
    st.integers(0, 200),
)
def test_deductions_add_up_exactly(names, group, silent):
    visit = a_visit()
    for name in names:
        visit = LADDERS[name][-1](visit)
    result = scored(a_case(visit, a_snapshot(silent), a_snapshot(1, source="b.xml"), unit=a_unit(group=group)))
    assert result.full == (10 if group == "county" else 8)
    assert abs(unrounded(result).quantize(Decimal("0.1"), "ROUND_HALF_UP") - result.online) == 0
    assert all(line["points"] > 0 for line in result.deductions)
    if result.veto:
        assert result.online <= result.full * RUBRIC.cap


def test_a_faultless_unit_has_full_marks_and_full_coverage():
    result = scored(a_case())
    assert (result.online, result.coverage, result.deductions, result.veto) == (10, 1.0, (), ())


def test_a_missing_board_takes_the_points_of_its_theme():
    found = {f.rule: f for f in judge(a_case(no_board(a_visit())), RUBRIC)}
    assert found["board.exists"].points == Decimal("3.2")
    assert found["board.guide"].reason == "explained_by:board.exists"
    found = {f.rule: f for f in judge(a_case(no_board(a_visit()), unit=a_unit(group="department")), RUBRIC)}
    assert found["board.exists"].points == Decimal("3.2") * Decimal("0.8")


def test_late_costs_half_and_planned_rules_nothing():
    late = replace(a_visit(), reports=(replace(a_visit().reports[0], dates={"row": date(2026, 5, 1)}),))
    missing = replace(a_visit(), reports=())
    points = [next(f.points for f in judge(a_case(v), RUBRIC) if f.rule == "report.published") for v in (late, missing)]
    assert points == [Decimal("0.4"), Decimal("1.5")]  # a missing report takes what is asked of its contents


def test_a_stale_home_page_is_a_veto_with_a_line_of_its_own():
    result = scored(a_case(replace(a_visit(), home_rows=FOREVER)))
    assert (result.online, result.veto) == (Decimal("6.0"), ("site.home_fresh",))
    assert result.deductions[-1] == {"rule": "site.home_fresh", "veto": True, "points": Decimal("3.4")}


def test_a_dead_site_is_no_score_but_a_question():
    dead = replace(
        a_visit(), outcome=Outcome.DNS, probes=tuple(Probe(AT, Outcome.DNS) for _ in range(3)), columns=(), board=None
    )
    result = scored(a_case(dead))
    assert (result.special, result.online, result.rank, result.veto) == ("待人工核查", None, None, ())
    assert result.coverage < 0.5


def test_a_week_of_probes_makes_an_outage_a_veto_and_explains_the_rest():
    dead = replace(
        a_visit(), outcome=Outcome.DNS, probes=tuple(Probe(AT, Outcome.DNS) for _ in range(3)), columns=(), board=None
    )
    week = [Probe(AT, Outcome.DNS) for _ in range(140)]
    found = {f.rule: f for f in judge(a_case(dead, week=week), RUBRIC)}
    assert found["board.guide"].reason == "explained_by:site.available"
    assert scored(a_case(dead, week=week)).veto == ("site.available",)


def test_no_platform_is_nought_and_sums_to_full():
    result = scored(a_case(unit=a_unit(site=""), visit=None))
    assert (result.special, result.online, unrounded(result)) == ("无公开平台记0分", 0, 0)


def test_coverage_counts_a_rule_by_its_share():
    half = replace(a_visit(), columns=(*a_visit().columns, a_column("news", None, url=f"{SITE}n2/")))
    found = judge(a_case(half), RUBRIC)
    whole = sum(RUBRIC.lines[f.rule].points for f in judge(a_case(), RUBRIC))
    assert coverage(found, RUBRIC) == pytest.approx(float(1 - Decimal("0.2") / whole), abs=1e-4)
    assert coverage([], RUBRIC) == 0


def test_ranks_are_dense_within_each_group_and_the_portal_has_none():
    units = [
        a_unit(name=n, group=g)
        for n, g in [("甲", "county"), ("乙", "county"), ("丙", "county"), ("丁", "department"), ("市", "portal")]
    ]
    bad = replace(a_visit(), elder=ElderEntry())
    findings = [f for u in units for f in judge(a_case(bad if u.name == "丙" else a_visit(), unit=u), RUBRIC)]
    assert [(s.unit, s.rank) for s in scores(units, findings, RUBRIC)] == [("甲", 1), ("乙", 1), ("丙", 2), ("丁", 1)]


def test_the_rubric_adds_up_to_ten():
    assert sum(line.points for line in RUBRIC.lines.values()) == 10


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('points = "0.6"', 'points = "0.7"', "add up to 10.1"),
        ('points = "0.6"', "points = 0.6", "as text"),
        ('points = "0.6"', 'points = "viel"', "no number"),
        ("threshold = { days = 14 }", "threshold = { weeks = 2 }", "threshold needs"),
        ('covers = ["board.*"]', 'covers = ["bord.*"]', "no such rule"),
        ('["site.home_fresh"]', '["site.home_fres"]', 'rule "site.home_fresh" has no line'),
        ("veto = true", "vito = true", 'did you mean "veto"'),
        ('cite = ["国务院令第711号 第二十八条"]', "cite = []", "at least one clause"),
        ('name = "xinzhou-2022"', 'name = "xinzhou', "not TOML"),
    ],
)
def test_a_wrong_rubric_is_refused_with_its_remedy(tmp_path, old, new, message):
    from monitors.rubric import FOLDER

    text = (FOLDER / "xinzhou-2022.toml").read_text("utf-8")
    assert old in text
    file = tmp_path / "r.toml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(RubricError, match=message):
        load_rubric(file)


def test_a_missing_rubric_names_the_known_ones():
    with pytest.raises(RubricError, match="xinzhou-2022"):
        load_rubric("nowhere-1999")
