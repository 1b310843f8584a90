"""The whole way on the demo city: every written-down verdict is met, and nobody fails who should not."""

import json
from collections import defaultdict
from decimal import Decimal

import pytest

from db import facts
from db.records import shanghai_day
from demo.city import serving
from desk import export
from desk.tables import compare
from monitors.rubric import load_rubric
from monitors.run import judge
from monitors.scoring import score
from schedules import jobs
from tests.monitors.made import a_case
from tests.monitors.test_scoring import LADDERS, unrounded


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    with serving(folder) as city:
        jobs.run(city.units_csv, city.accounts_csv, folder / "w.db", delay=0)
        yield city, folder / "w.db"


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def rows(path, what):
    db = facts.open_database(path, create=False)
    try:
        return export.rows_of(db, what)
    finally:
        db.close()


def test_every_verdict_is_met_with_not_one_false_fail(night):
    city, path = night
    missed, false_fails = compare(read(city.truth), rows(path, "findings"))
    assert false_fails == []
    assert missed == []


def test_scores_are_what_the_faults_cost(night):
    city, path = night
    scores = {s["unit"]: s for s in rows(path, "scores")}
    for truth in read(city.truth_scores):
        found = scores[truth["unit"]]
        assert found["special"] == truth["special"], truth
        assert bool(found["veto"]) == truth["veto"], truth
        assert found["coverage"] < truth.get("coverage_below", 1.1)
        left = Decimal(str(found["full"])) - sum(Decimal(str(d["points"])) for d in found["deductions"])
        if found["online"] is not None:
            assert abs(left - Decimal(str(found["online"]))) <= Decimal("0.05000001")
    assert "云阳市人民政府" not in scores
    assert scores["岚水县"]["online"] == float(load_rubric().full["county"])


def test_each_unit_loses_points_for_its_faults_and_for_nothing_else(night):
    city, path = night
    rubric, costing = load_rubric(), defaultdict(set)
    for t in read(city.truth):
        if t["verdict"] == "fail" and rubric.lines[t["rule"]].points:
            costing[t["unit"]].add(t["rule"])
    for found in rows(path, "scores"):
        if found["special"] != "无公开平台记0分":
            lost = {d["rule"] for d in found["deductions"] if not d.get("veto")}
            assert lost == costing[found["unit"]], found["unit"]
            assert costing[found["unit"]] or found["online"] in (found["full"], None)


def test_the_reasons_are_those_of_the_faults(night):
    city, path = night
    reasons = defaultdict(list)
    for f in rows(path, "findings"):
        reasons[f["unit"], f["rule"], f["verdict"]].append(f["reason"] or "")
    for t in read(city.truth):
        for reason in t.get("reasons", ()):
            found = reasons[t["unit"], t["rule"], t["verdict"]]
            assert any(r.startswith(reason) for r in found), (t["unit"], t["rule"], reason, found)


def test_a_faultless_unit_fails_nothing_not_even_on_trial(night):
    _, path = night
    for unit in ("岚水县", "市财政局"):
        verdicts = {(f["rule"], f["verdict"], f["reason"]) for f in rows(path, "findings") if f["unit"] == unit}
        assert not [v for v in verdicts if v[1] == "fail"]
        assert not [
            v
            for v in verdicts
            if v[1] == "unknown" and v[0].startswith(("board.", "report.", "document.", "elder.entry", "elder.works"))
        ]


def test_every_lost_point_opens_down_to_its_page(night):
    _, path = night
    db = facts.open_database(path, create=False)
    for finding in rows(path, "findings"):
        if not finding["points"]:
            continue
        assert finding["cite"]
        for evidence in finding["evidence"]:
            if evidence["sha256"]:
                assert facts.body(db, evidence["sha256"]), finding["rule"]
    db.close()


def test_every_request_left_a_row_and_each_page_was_asked_once(night):
    _, path = night
    db = facts.open_database(path, create=False)
    twice = db.execute(
        "SELECT url, count(*) FROM fetch WHERE purpose IN ('page', 'report', 'link') AND outcome = 'ok' GROUP BY unit, url HAVING count(*) > 1"
    ).fetchall()
    # a page with personal data on it, that only the link check asked for, is asked once more to keep its bytes
    found = [f for f in rows(path, "findings") if f["rule"] in ("site.privacy", "site.injected")]
    assert dict(twice).keys() <= {e["url"] for f in found for e in f["evidence"]}
    assert set(dict(twice).values()) <= {2}
    assert (
        db.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM fetch WHERE purpose = 'probe' GROUP BY unit)"
        ).fetchone()[0]
        == 2
    )
    db.close()


def test_worsening_any_unit_of_the_city_never_raises_its_score(night):
    """The worst step of each ladder on what was really seen of each demo unit."""
    _, path = night
    db = facts.open_database(path, create=False)
    rubric, worsened = load_rubric(), 0
    for unit in facts.units(db):
        visit = facts.last_visit(db, unit.name)
        if unit.group == "portal" or visit is None or visit.outcome != "ok" or visit.nav_gaps:
            continue
        before = unrounded(
            score(unit, judge(a_case(visit, unit=unit, on=shanghai_day(visit.started_at)), rubric), rubric)
        )
        for ladder in LADDERS.values():
            worse = a_case(ladder[-1](visit), unit=unit, on=shanghai_day(visit.started_at))
            assert unrounded(score(unit, judge(worse, rubric), rubric)) <= before, unit.name
            worsened += 1
    assert worsened > 150
    db.close()
