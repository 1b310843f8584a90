"""A stored night judged again says what it said: the records of each night as that night knew them, accounts included."""

from collections import Counter

from db import facts, findings
from db.codec import dump
from db.records import shanghai_day
from monitors import run as monitor
from monitors.rubric import load_rubric
from schedules.again import Past, runs_between
from tests.schedules import city_year

NIGHTS = (27, 28, 44, 45, 61, 64)  # before and after a county is left, its platform down once


def test_nights_of_the_city_judged_again_say_what_they_said(tmp_path):
    seen = city_year.visited(tmp_path, city_year.UNITS[:4])
    db = facts.open_database(":memory:")
    facts.save_registry(db, seen.units, seen.accounts)
    for number in NIGHTS:
        city_year._a_night(db, number, seen)
    runs = facts.runs_in(db, "finished", "suspect")
    assert [run.id for run in runs] == list(range(1, len(NIGHTS) + 1))
    past, rubric, verdicts = Past(db, runs), load_rubric(), Counter()
    last = findings.last_judgings(db, [run.id for run in runs])
    for unit in seen.units:
        for run, case in past.cases(unit):
            stored = findings.findings_of_unit(db, last[run.id][0], unit.name)
            made = monitor.judge(case, rubric)
            assert dump(
                [(f.rule, f.target, f.account, f.verdict, f.reason, f.value, f.points, f.checked_at) for f in made]
            ) == dump(
                [(f.rule, f.target, f.account, f.verdict, f.reason, f.value, f.points, f.checked_at) for f in stored]
            ), (unit.name, run.id)
            verdicts.update((run.id, f.verdict) for f in made if f.account is not None)
    assert len(runs_between(db, shanghai_day(runs[0].started_at), shanghai_day(runs[-1].started_at))) == len(
        [r for r in runs if r.state == "finished"]
    )
    assert any(verdict == "fail" for _, verdict in verdicts), "accounts are judged too"
    db.close()
