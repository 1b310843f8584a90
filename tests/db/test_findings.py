"""Judgings read back equal, and a finding's number is never used twice."""

from datetime import UTC, datetime
from decimal import Decimal

from db import facts, findings
from monitors.rubric import load_rubric
from monitors.run import judge
from monitors.scoring import scores
from tests.monitors.made import AT, a_case, a_snapshot

RUBRIC = load_rubric()


def saved(db, case):
    made = judge(case, RUBRIC)
    table = scores([case.unit], made, RUBRIC)
    judging = findings.save_judging(
        db,
        run=1,
        as_of=AT,
        rubric="xinzhou-2022",
        version="0.1",
        made_at=datetime.now(UTC),
        findings=made,
        scores=table,
    )
    return judging, made, table


def test_a_judging_reads_back_equal():
    db = facts.open_database(":memory:")
    judging, made, table = saved(db, a_case(None, a_snapshot(40)))
    back = findings.findings_of(db, judging.id)
    assert [(f.rule, f.verdict, f.points, f.value, f.evidence) for f in back] == [
        (f.rule, f.verdict, f.points, f.value, f.evidence) for f in made
    ]
    assert findings.scores_of(db, judging.id) == table
    assert findings.latest_judging(db).id == judging.id
    assert findings.finding_by_id(db, back[0].id) == back[0]
    assert findings.finding_by_id(db, 10**9) is None
    assert isinstance(back[0].points, Decimal)


def test_numbers_are_never_used_twice():
    db = facts.open_database(":memory:")
    first, _, _ = saved(db, a_case())
    used = {f.id for f in findings.findings_of(db, first.id)}
    db.execute("DELETE FROM finding")
    second, _, _ = saved(db, a_case())
    assert not used & {f.id for f in findings.findings_of(db, second.id)}


def test_a_fresh_database_was_not_judged():
    assert findings.latest_judging(facts.open_database(":memory:")) is None
