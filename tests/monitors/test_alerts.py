"""An alert is suspected, then open after two days, resolved by a pass, reopened by a new fail; people confirm, dismiss, give time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import facts, reviews
from db.records import SYSTEM, Alert, Content, Evidence, Finding, Outcome, Probe, Review
from monitors.alerts import (
    Night,
    NotAllowed,
    act,
    acts,
    down_for_hours,
    key_of,
    kinds,
    raising,
    states,
    step,
    subject,
    sure,
)
from monitors.exceptions import grounds
from monitors.rubric import load_rubric
from monitors.rule import RULES
from monitors.run import judge
from tests.monitors.made import AT, ON, SITE, a_case, a_snapshot, a_unit, a_visit, with_column

RUBRIC = load_rubric()
GUIDE = with_column(a_visit(), "guide", content=Content.BLANK)
DAY = timedelta(days=1)


def a_night(day=0, **named):
    return Night(ON + day * DAY, AT + day * DAY, **named)


def night(previous, visit=None, *shots, day=0, counts=True, **named):
    made = RUBRIC.off_trial(judge(a_case(visit, *shots, **named), RUBRIC))
    return step(previous, made, a_night(day, counts=counts))


def states_of(alerts):
    return {a.kind: a.state for a in alerts}


def a_finding(rule="board.guide", verdict="fail", reason="blank", target=SITE, sha="a", unit="岚水县", **named):
    evidence = (Evidence(f"{target}page", AT, 200, sha * 64),) if sha else ()
    given = {"unit": unit, "group": "county", "target": target, "rule": rule, "verdict": verdict, "reason": reason}
    rest = {
        "value": None,
        "threshold": None,
        "points": Decimal("0.4"),
        "cite": "条",
        "checked_at": AT,
        "evidence": evidence,
    }
    return Finding(**(given | rest | named))


def an_act(alert: Alert, action: str, *, day=0, run=1, **named) -> Review:
    rule, target = subject(alert)
    given = {"kind": alert.kind, "rule": rule, "run": run}
    if "due" in acts()[action].needs:
        given["due"] = ON + (day + 30) * DAY
    if "expires" in acts()[action].needs:
        given["expires"] = ON + (day + 30) * DAY
    return Review(alert.unit, target, action, "张三", AT + day * DAY, "因为", **(given | named))


# nights


def test_a_well_unit_raises_nothing():
    assert night([]) == []


def test_suspected_then_open_after_two_days_then_resolved_and_reopened():
    first = night([], GUIDE)
    assert states_of(first) == {"column_missing": "suspected"}
    assert first[0].severity == "medium"
    assert first[0].evidence
    assert first[0].moved_by == SYSTEM
    again = night(first, GUIDE)
    assert states_of(again) == {"column_missing": "suspected"}  # the same day is no second night
    second = night(again, GUIDE, day=1)
    assert states_of(second) == {"column_missing": "open"}
    assert second[0].opened_at == AT
    assert second[0].last_seen_at == AT + DAY
    unseen = night(second, with_column(a_visit(), "guide", outcome=Outcome.TIMEOUT, content=Content.UNREAD), day=2)
    assert states_of(unseen) == {"column_missing": "open", "needs_manual_check": "suspected"}
    well = night(unseen, day=3)
    assert states_of(well) == {"column_missing": "resolved", "needs_manual_check": "resolved"}
    back = night(well, GUIDE, day=4)
    assert states_of(back)["column_missing"] == "reopened"
    assert not sure(back[0]), "it is told after its second night, like a new one"
    assert sure(night(back, GUIDE, day=5)[0])


def test_what_was_never_more_than_a_suspicion_is_suspected_again():
    well = night(night([], GUIDE), day=1)
    assert states_of(well) == {"column_missing": "resolved"}
    assert states_of(night(well, GUIDE, day=2)) == {"column_missing": "suspected"}


def test_a_run_that_does_not_count_raises_and_opens_nothing():
    assert night([], GUIDE, counts=False) == []
    first = night([], GUIDE)
    assert night(first, GUIDE, day=1, counts=False) == first
    well = night(night(first, GUIDE, day=1), day=2, counts=False)
    assert states_of(well) == {"column_missing": "resolved"}, "a pass was seen all the same"
    assert states_of(night(well, GUIDE, day=3, counts=False)) == {"column_missing": "resolved"}


def test_facts_of_an_earlier_run_are_no_night():
    first = night([], GUIDE)
    assert night(first, GUIDE, day=1, carried=True) == first
    assert night([], GUIDE, carried=True) == []


def test_a_shared_platform_that_is_down_keeps_its_units_suspected():
    down = [a_finding("site.available", reason="refused", sha="")]
    held = step([], down, a_night(held=frozenset({"岚水县"}), down=frozenset({"岚水县"})))
    assert states_of(held) == {"site_unavailable": "suspected"}
    held = step(held, down, a_night(1, held=frozenset({"岚水县"})))
    assert states_of(held) == {"site_unavailable": "suspected"}
    own = step(step(held, down, a_night(2)), down, a_night(3))
    assert states_of(own) == {"site_unavailable": "open"}
    assert states_of(step([], [a_finding()], a_night(held=frozenset({"岚水县"})))) == {"column_missing": "suspected"}


def test_three_failed_probes_two_hours_apart_open_at_once():
    def probes(*hours, outcome=Outcome.REFUSED):
        return [Probe(AT + timedelta(hours=h), outcome) for h in hours]

    assert down_for_hours(probes(0, 2, 4))
    assert down_for_hours(probes(0, 1, 2, 3, 4))
    assert not down_for_hours(probes(0, 1, 2, 3))
    assert not down_for_hours(probes(0, 2))
    assert not down_for_hours([])
    up = Probe(AT + timedelta(hours=3), Outcome.OK, 200)
    assert not down_for_hours([*probes(0, 2), up, *probes(4)])
    assert down_for_hours([up, *probes(4, 6, 8)])
    refused = Probe(AT + timedelta(hours=5), Outcome.CHALLENGE)
    assert down_for_hours([*probes(0, 2, 4), refused]), "a challenge says nothing"
    found = [a_finding("site.available", reason="refused", sha="")]
    assert states_of(step([], found, a_night(down=frozenset({"岚水县"})))) == {"site_unavailable": "open"}
    assert states_of(step([], found, a_night(down=frozenset({"代县"})))) == {"site_unavailable": "suspected"}


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        ([a_finding(verdict="na", reason="not_required")], "resolved"),
        ([a_finding(verdict="na", reason="explained_by:site.available")], "open"),  # nobody judged it
        ([a_finding(verdict="unknown", reason="suspect_run")], "open"),
        (
            [a_finding(verdict="pass", reason=None, target=f"{SITE}new/")],
            "resolved",
        ),  # the board moved, and is well there
        ([a_finding(target=f"{SITE}new/")], "resolved"),  # it moved, and its fault has an alert of its own
        ([a_finding(verdict="unknown", reason="timeout", target=f"{SITE}new/")], "open"),
        ([a_finding(verdict="pass", reason=None, target=f"{SITE}new/", carried=True)], "open"),
        ([a_finding("board.rules", "pass", None)], "open"),  # another rule of the same board
        ([], "resolved"),  # the unit is no longer registered
    ],
)
def test_what_resolves_an_alert_whose_fault_is_not_seen(findings, state):
    before = step(step([], [a_finding()], a_night()), [a_finding()], a_night(1))
    after = step(before, findings, a_night(2))
    assert after[0].state == state, after[0].moved_why


def test_an_account_that_is_no_longer_registered_has_no_alert():
    sleeping = [a_finding("media.sleeping", reason="stale", target="http://feeds.example/a", account="岚水发布")]
    before = step(step([], sleeping, a_night()), sleeping, a_night(1))
    assert before[0].account == "岚水发布"
    doubted = [replace(sleeping[0], verdict="unknown", reason="source_doubted")]
    assert step(before, doubted, a_night(2))[0].state == "open"
    assert step(before, [a_finding("site.available", "pass", None)], a_night(2))[0].state == "resolved"


def test_kinds_of_alerts():
    down = replace(a_visit(), outcome=Outcome.DNS, probes=tuple(Probe(AT, Outcome.DNS) for _ in range(3)))
    assert {"zombie_site", "site_unavailable"} <= states_of(night([], down)).keys()
    assert "report_overdue" in states_of(night([], replace(a_visit(), reports=())))
    assert "sleeping_account" in states_of(night([], None, a_snapshot(120)))
    assert "needs_manual_check" in states_of(night([], None, unit=a_unit(site=None)))
    assert "needs_manual_check" in states_of(night([], with_column(a_visit(), "news", gone=True)))


def test_an_overdue_report_that_is_published_resolves_though_its_address_is_new():
    late = night(night([], replace(a_visit(), reports=())), replace(a_visit(), reports=()), day=1)
    assert states_of(late) == {"report_overdue": "open"}
    assert states_of(night(late, day=2)) == {"report_overdue": "resolved"}


def test_a_manual_check_ends_when_its_own_rule_was_seen_and_no_sooner():
    asked = step([], [a_finding("site.news_fresh", "unknown", "no_column")], a_night())
    assert states_of(asked) == {"needs_manual_check": "suspected"}
    other = a_finding("platform.exists", "pass", None)
    unseen = [other, a_finding("site.news_fresh", "unknown", "not_seen_tonight")]
    assert states_of(step(asked, unseen, a_night(1))) == {"needs_manual_check": "suspected"}
    found = [other, a_finding("site.news_fresh", "pass", None, target=f"{SITE}yw/")]
    assert states_of(step(asked, found, a_night(1))) == {"needs_manual_check": "resolved"}
    fault = [other, a_finding("site.news_fresh", "fail", "stale")]
    assert states_of(step(asked, fault, a_night(1))) == {"needs_manual_check": "resolved"}, (
        "it was seen, whatever it was"
    )


def test_a_request_column_is_not_one_of_the_five():
    assert "column_missing" not in states_of(night([], with_column(a_visit(), "request", content=Content.BLANK)))


def test_two_columns_of_one_board_are_two_causes():
    both = with_column(GUIDE, "rules", content=Content.BLANK)
    made = night([], both)
    assert len(made) == 2
    assert {subject(a)[0] for a in made} == {"board.guide", "board.rules"}


def test_every_rule_that_alerts_is_in_the_catalogue():
    for kind in kinds().values():
        assert kind.severity in ("high", "medium", "low")
        assert kind.rules <= RUBRIC.lines.keys()
        assert kind.title
    assert {"site.zombie", "site.available", "media.sleeping"} <= RULES.keys()
    assert {s for a in acts().values() for s in (*a.origins, a.to)} <= states().keys()


# people


def opened(rule="board.guide"):
    reason = {"board.guide": "blank", "site.zombie": "stale"}[rule]
    found = [a_finding(rule, reason=reason)]
    return step(step([], found, a_night()), found, a_night(1))[0], found


@pytest.mark.parametrize(
    ("does", "ends"),
    [
        (["acknowledge", "confirm", "rectify"], "rectifying"),
        (["confirm", "rectify", "rectify"], "rectifying"),
        (["confirm", "propose_closing"], "closing_proposed"),
        (["confirm", "propose_closing", "rectify"], "rectifying"),
        (["dismiss", "withdraw", "confirm"], "confirmed"),
        (["acknowledge", "resolve"], "resolved"),
        (["rectify"], None),  # to be confirmed first
        (["acknowledge", "acknowledge"], None),
        (["dismiss", "confirm"], None),
        (["resolve", "dismiss"], None),
        (["withdraw"], None),
        (["delete"], None),
    ],
)
def test_what_people_may_do(does, ends):
    alert, _ = opened("site.zombie")
    if ends is None:
        with pytest.raises(NotAllowed):
            for action in does:
                alert = act(
                    alert,
                    an_act(alert, action) if action in acts() else replace(an_act(alert, "confirm"), action=action),
                )
        return
    for action in does:
        alert = act(alert, an_act(alert, action))
    assert alert.state == ends
    assert (alert.moved_by, alert.moved_why) == ("张三", "因为")
    assert (alert.due is not None) == (ends == "rectifying")


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ("confirm", {"why": "  "}),
        ("confirm", {"who": ""}),
        ("dismiss", {"expires": None}),
        ("dismiss", {"expires": ON}),  # already over
        ("dismiss", {"expires": ON + 400 * DAY}),  # as good as never
        ("dismiss", {"verdict": "fail"}),
        ("propose_closing", {}),  # of a column
        ("rectify", {"due": None}),
    ],
)
def test_what_an_act_must_say(action, wrong):
    alert, _ = opened()
    if action in ("rectify", "propose_closing"):
        alert = act(alert, an_act(alert, "confirm"))
    with pytest.raises(NotAllowed) as error:
        act(alert, replace(an_act(alert, action), **wrong))
    assert any("\u4e00" <= c <= "\u9fff" for c in str(error.value))


def dismissed(**named):
    alert, found = opened()
    review = replace(an_act(alert, "dismiss", day=1, run=2), grounds=grounds(found), id=7, **named)
    return act(alert, review), review, found


@pytest.mark.parametrize(
    ("found", "day", "state"),
    [
        ([a_finding()], 2, "dismissed"),
        ([a_finding()], 31, "dismissed"),  # its last day
        ([a_finding()], 32, "reopened"),  # expired
        ([a_finding(sha="b")], 2, "reopened"),  # the page changed
        ([a_finding(reason="dead")], 2, "reopened"),  # another fault
        ([a_finding(sha="b", verdict="unknown", reason="timeout")], 2, "dismissed"),
        ([a_finding(verdict="pass", reason=None)], 2, "resolved"),
    ],
)
def test_a_dismissal_holds_for_the_page_that_was_seen(found, day, state):
    alert, review, _ = dismissed()
    after = step([alert], found, a_night(day), run=3, reviews=[review])
    assert states_of(after)["column_missing"] == state


def test_a_finding_that_was_dismissed_raises_no_alert():
    _, review, found = dismissed()
    assert step([], found, a_night(2), run=3, reviews=[review]) == []
    assert step([], [a_finding(unit="代县")], a_night(2), run=3, reviews=[review])[0].state == "suspected"


def test_a_manual_check_that_was_done_stays_done_while_the_reason_is_the_same():
    found = [a_finding(f"site.{rule}", "unknown", "challenge") for rule in ("footer", "interaction")]
    alert = step(step([], found, a_night()), found, a_night(1))[0]
    review = replace(an_act(alert, "dismiss", run=2), rule=None, grounds=grounds(found))
    done = [act(alert, review)]
    more = [*found, a_finding("site.blank_columns", "unknown", "challenge", sha="b")]
    assert step(done, more, a_night(2), run=3, reviews=[review])[0].state == "dismissed"
    other = [a_finding("site.footer", "unknown", "needs_render")]
    assert step(done, other, a_night(2), run=3, reviews=[review])[0].state == "reopened"


# laws over random histories

LIVE = {"suspected", "open", "acknowledged", "confirmed", "rectifying", "closing_proposed", "reopened"}
EDGES = {
    *(("", s) for s in ("suspected", "open")),
    ("suspected", "open"),
    *((s, "resolved") for s in LIVE),
    ("dismissed", "resolved"),
    ("resolved", "suspected"),
    ("resolved", "reopened"),
    ("dismissed", "reopened"),
    *((s, "dismissed") for s in LIVE),
    *((s, "acknowledged") for s in ("open", "reopened")),
    *((s, "confirmed") for s in ("suspected", "open", "acknowledged", "reopened")),
    *((s, "rectifying") for s in ("confirmed", "rectifying", "closing_proposed")),
    *((s, "closing_proposed") for s in ("confirmed", "rectifying")),
}
SEEN = {
    "fail": {"verdict": "fail", "reason": "stale"},
    "changed": {"verdict": "fail", "reason": "dead", "sha": "b"},
    "pass": {"verdict": "pass", "reason": None},
    "unknown": {"verdict": "unknown", "reason": "suspect_run"},
    "explained": {"verdict": "na", "reason": "explained_by:site.available"},
    "carried": {"verdict": "fail", "reason": "stale", "carried": True},
}
seen = st.sampled_from(sorted(SEEN))
a_run = st.tuples(st.just("night"), seen, st.booleans(), st.booleans())  # what was seen, counts, same day as before
an_action = st.tuples(st.just("act"), st.sampled_from(sorted(acts())))
histories = st.lists(st.one_of(a_run, an_action), max_size=14)


@dataclass
class Office:
    """A small office over a real database: nights are judged, people act, as the job and the desk do it."""

    db: object = field(default_factory=lambda: facts.open_database(":memory:"))
    run: int = 0
    day: int = 0
    found: list[Finding] = field(default_factory=list)
    last: tuple = ()

    def judge(self, what, counts):
        self.found = [a_finding("site.zombie", **SEEN[what])]
        night = a_night(self.day, counts=counts)
        before, decided = reviews.alerts_before(self.db, self.run), reviews.reviews(self.db)
        with facts.writing(self.db):
            reviews.save_alerts(self.db, step(before, self.found, night, run=self.run, reviews=decided), run=self.run)

    def play(self, event):
        if event[0] == "night":
            _, what, counts, same = event
            self.run, self.day = self.run + 1, self.day + (0 if same else 1)
            self.last = (what, counts)
            self.judge(what, counts)
            return
        for alert in reviews.alerts(self.db):
            review = an_act(alert, event[1], day=self.day, run=self.run)
            if event[1] == "dismiss":
                review = replace(review, grounds=grounds(f for found in raising(self.found).values() for f in found))
            with suppress(NotAllowed), facts.writing(self.db):
                moved = act(alert, review)
                reviews.save_review(self.db, review)
                reviews.save_alerts(self.db, [moved], run=self.run, person=True)

    def all(self):
        return [replace(a, id=0) for a in reviews.alerts(self.db)]

    def log(self):
        return [s for a in reviews.alerts(self.db) for s in reviews.steps(self.db, a.id)]


@settings(max_examples=150, deadline=None)
@given(histories)
def test_states_move_along_the_edges_and_the_log_replays_to_them(history):
    office = Office()
    for event in history:
        before = {key_of(a): a.state for a in office.all()}
        office.play(event)
        for alert in office.all():
            was = before.get(key_of(alert), "")
            assert was == alert.state or (was, alert.state) in EDGES, (event, was, alert.state)
            if event[0] == "night" and event[1] in ("unknown", "explained", "carried"):
                assert was == alert.state, "what was not seen moves nothing"
            if event[0] == "night" and event[1] == "pass":
                assert alert.state == "resolved"
            if event[0] == "night" and not event[2]:
                assert was == alert.state or alert.state in ("resolved", "dismissed")
    for alert in reviews.alerts(office.db):
        steps = reviews.steps(office.db, alert.id)
        assert [s.before for s in steps] == ["", *(s.after for s in steps[:-1])]
        assert steps[-1].after == alert.state
        assert all((s.before, s.after) in EDGES and s.who and s.why and not s.corrected for s in steps)


@settings(max_examples=100, deadline=None)
@given(histories)
def test_judging_again_changes_nothing(history):
    office = Office()
    for event in history:
        office.play(event)
        if office.last:
            before = office.all(), office.log()
            office.judge(*office.last)
            assert (office.all(), office.log()) == before


@settings(max_examples=100, deadline=None)
@given(histories, seen, st.lists(an_action, max_size=3), seen)
def test_judging_anew_gives_the_states_of_having_judged_so_at_once(history, wrong, acted, right):
    """Whatever a faulty rule said of the last night, and whatever people did upon it."""
    mended, at_once = Office(), Office()
    for office in (mended, at_once):
        for event in history:
            office.play(event)
    mended.play(("night", wrong, True, False))
    for event in acted:
        mended.play(event)
    mended.judge(right, True)
    at_once.play(("night", right, True, False))
    told = reviews.reviews(mended.db)[len(reviews.reviews(at_once.db)) :]
    state = {key_of(a): a for a in at_once.all()}
    for review in told:
        for key, alert in state.items():
            with suppress(NotAllowed):
                state[key] = act(alert, review)
    shown = {key_of(a): a for a in mended.all()}
    for key in shown.keys() | state.keys():
        if key in state:
            assert (shown[key].state, shown[key].days, shown[key].opened) == (
                state[key].state,
                state[key].days,
                state[key].opened,
            )
        else:
            assert shown[key].state == "resolved"
            assert not shown[key].opened


def test_a_correction_says_that_it_is_one():
    office = Office()
    for event in (("night", "fail", True, False), ("night", "fail", True, False), ("night", "pass", True, False)):
        office.play(event)
    office.judge("fail", True)
    assert [(s.after, s.corrected) for s in office.log()] == [
        ("suspected", False),
        ("open", False),
        ("resolved", False),
        ("open", True),
    ]
    assert office.all()[0].days == (ON + DAY, ON + 2 * DAY)
    assert isinstance(office.all()[0].days[0], date)
