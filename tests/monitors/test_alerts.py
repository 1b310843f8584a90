"""An alert is suspected, then open after two days, resolved by a pass, reopened by a new fail."""

from dataclasses import replace
from datetime import timedelta

from db.records import Content, Outcome, Probe
from monitors.alerts import kinds, step
from monitors.rubric import load_rubric
from monitors.rule import RULES
from monitors.run import judge
from tests.monitors.made import AT, ON, a_case, a_snapshot, a_unit, a_visit, with_column

RUBRIC = load_rubric()
GUIDE = with_column(a_visit(), "guide", content=Content.BLANK)


def night(previous, visit=None, *shots, day=0, night=True, **named):
    findings = judge(a_case(visit, *shots, **named), RUBRIC)
    return step(previous, findings, on=ON + timedelta(days=day), at=AT + timedelta(days=day), night=night)


def states(alerts):
    return {a.kind: a.state for a in alerts}


def test_a_well_unit_raises_nothing():
    assert night([]) == []


def test_suspected_then_open_after_two_days_then_resolved_and_reopened():
    first = night([], GUIDE)
    assert states(first) == {"column_missing": "suspected"}
    assert first[0].severity == "medium"
    assert first[0].evidence
    again = night(first, GUIDE)
    assert states(again) == {"column_missing": "suspected"}  # the same day is no second night
    assert states(night(first, GUIDE, day=1, night=False)) == {"column_missing": "suspected"}  # a check is no night
    second = night(again, GUIDE, day=1)
    assert states(second) == {"column_missing": "open"}
    assert second[0].opened_at == AT
    assert second[0].last_seen_at == AT + timedelta(days=1)
    unseen = night(second, with_column(a_visit(), "guide", outcome=Outcome.TIMEOUT, content=Content.UNREAD), day=2)
    assert states(unseen) == {"column_missing": "open", "needs_manual_check": "suspected"}
    well = night(unseen, day=3)
    assert states(well) == {"column_missing": "resolved", "needs_manual_check": "resolved"}
    assert states(night(well, GUIDE, day=4))["column_missing"] == "reopened"


def test_dismissed_stays_dismissed():
    first = [replace(a, state="dismissed") for a in night([], GUIDE)]
    assert states(night(first, GUIDE, day=1)) == {"column_missing": "dismissed"}


def test_kinds_of_alerts():
    down = replace(a_visit(), outcome=Outcome.DNS, probes=tuple(Probe(AT, Outcome.DNS) for _ in range(3)))
    assert {"zombie_site", "site_unavailable"} <= states(night([], down)).keys()
    assert "report_overdue" in states(night([], replace(a_visit(), reports=())))
    assert "sleeping_account" in states(night([], None, a_snapshot(120)))
    assert "needs_manual_check" in states(night([], None, unit=a_unit(site=None)))
    assert "needs_manual_check" in states(night([], with_column(a_visit(), "news", gone=True)))


def test_a_request_column_is_not_one_of_the_five():
    assert "column_missing" not in states(night([], with_column(a_visit(), "request", content=Content.BLANK)))


def test_two_columns_of_one_board_are_two_causes():
    both = with_column(GUIDE, "rules", content=Content.BLANK)
    assert len(night([], both)) == 2


def test_every_rule_that_alerts_is_in_the_catalogue():
    for kind in kinds().values():
        assert kind.severity in ("high", "medium", "low")
        assert kind.rules <= RUBRIC.lines.keys()
    assert {"site.zombie", "site.available", "media.sleeping"} <= RULES.keys()
