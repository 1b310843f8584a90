"""From nights to a period: what counts, what it costs, and that hiding neither costs nor pays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Finding
from monitors.period import (
    CONFIRMED,
    DISMISSED,
    DISPUTED,
    MODES,
    Fault,
    Night,
    blockers,
    coverage,
    modes,
    standings,
)
from monitors.rubric import RubricError, load_rubric

RUBRIC = load_rubric()
HOW = modes(RUBRIC)
D = Decimal
FIRST = date(2026, 1, 1)
SITE = "http://lanshui.example/"
LAST_RULE, SHARE_RULE, EPISODE_RULE = "board.guide", "site.news_fresh", "site.privacy"


def day(n):
    return FIRST + timedelta(days=n)


def a_finding(rule, verdict, target=SITE, *, points="0.2", reason=None, account=None, **more):
    lost = D(points) if verdict == "fail" else D(0)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Finding(
        "岚水县", "county", target, rule, verdict, reason, None, None, lost, "", at, account=account, faults=1, **more
    )


def nights(rule, verdicts, **more):
    """One night a letter from the first day on: pass, fail, unknown, na."""
    words = {"p": "pass", "f": "fail", "u": "unknown", "n": "na"}
    return [Night(day(n), [a_finding(rule, words[v], **more)]) for n, v in enumerate(verdicts)]


def a_fault(rule, decision=CONFIRMED, first=0, last=None, target=SITE, account=None):
    return Fault(rule, target, day(first), None if last is None else day(last), decision, account)


def standing(rule, seen, *faults, how=HOW, **more):
    return next(s for s in standings(seen, faults, RUBRIC, how, **more) if s.rule == rule)


def lost(rule, verdicts, *faults, **more):
    return standing(rule, nights(rule, verdicts), *faults, **more).lost


# which way


def test_every_line_has_a_way_and_its_own_word_wins():
    assert set(HOW) == set(RUBRIC.lines)
    assert set(HOW.values()) == set(MODES)
    assert (HOW[LAST_RULE], HOW[SHARE_RULE], HOW[EPISODE_RULE]) == ("last", "share", "episodes")
    own = replace(RUBRIC, lines={**RUBRIC.lines, SHARE_RULE: replace(RUBRIC.lines[SHARE_RULE], period="last")})
    assert modes(own)[SHARE_RULE] == "last"
    strange = replace(RUBRIC.lines[SHARE_RULE], rule="x.y", theme="x")
    with pytest.raises(RubricError, match='no default for the theme "x"'):
        modes(replace(RUBRIC, lines={"x.y": strange}))


# last


@pytest.mark.parametrize(
    ("seen", "cost"),
    [
        ("ppff", "0.2"),
        ("ffpp", "0"),
        ("ffff", "0.2"),
        ("pppf", "0"),
        ("ffuf", "0.2"),
        ("fpf", "0"),
        ("", "0"),
        ("ffn", "0"),
    ],
)
def test_last_is_the_state_at_the_end(seen, cost):
    assert lost(LAST_RULE, seen) == D(cost)


def test_last_takes_no_unknown_for_a_fault_and_lets_no_fault_hide():
    found = standing(LAST_RULE, nights(LAST_RULE, "pffuu", reason="blocked"))
    assert found.lost == 0
    assert [(u.since, u.hidden, u.reason) for u in found.unseen] == [(day(3), True, "blocked")]
    assert [u.hidden for u in standing(LAST_RULE, nights(LAST_RULE, "ffpu")).unseen] == [False]
    assert [u.hidden for u in standing(LAST_RULE, nights(LAST_RULE, "pfu")).unseen] == [False], "never confirmed"


def test_a_new_unknown_does_not_stand_for_a_fault_that_is_still_seen():
    how = {**HOW, SHARE_RULE: "last"}
    seen = [Night(day(n), [a_finding(SHARE_RULE, "fail", "a")]) for n in range(3)]
    more = Night(day(3), [a_finding(SHARE_RULE, "fail", "a"), a_finding(SHARE_RULE, "unknown", "b")])
    found = standing(SHARE_RULE, [*seen, more], how=how)
    assert (found.lost, [(u.target, u.since, u.hidden) for u in found.unseen]) == (D("0.2"), [("b", day(3), False)])
    dark = standing(SHARE_RULE, [*seen, Night(day(3), [a_finding(SHARE_RULE, "unknown")])], how=how)
    assert [(u.target, u.hidden) for u in dark.unseen] == [(SITE, True)], "the whole site in place of its column"


def test_a_line_that_was_judged_no_more_has_no_fault_at_the_end():
    seen = [*nights(LAST_RULE, "ff"), Night(day(2), [a_finding("site.footer", "pass")])]
    assert standing(LAST_RULE, seen).lost == 0


def test_a_site_that_is_down_at_the_end_says_nothing_of_its_board():
    down = [
        a_finding("site.available", "fail", points="9"),
        a_finding(LAST_RULE, "na", reason="explained_by:site.available"),
    ]
    found = standing(LAST_RULE, [*nights(LAST_RULE, "ff"), Night(day(2), down)])
    assert (found.lost, [u.hidden for u in found.unseen], found.decided) == (0, [True], 0)
    gone = [a_finding("board.exists", "fail"), a_finding(LAST_RULE, "na", reason="explained_by:board.exists")]
    found = standing(LAST_RULE, [*nights(LAST_RULE, "ff"), Night(day(2), gone), Night(day(3), gone)])
    assert (found.unseen, found.decided) == ((), None), "priced whole by the other line"
    found = standing(LAST_RULE, [*nights(LAST_RULE, "ff"), Night(day(2), gone)])
    assert [u.hidden for u in found.unseen] == [True], "a fault that does not count hides nothing"


# share


@pytest.mark.parametrize(
    ("seen", "cost"),
    [
        ("ffpp", "0.1"),
        ("ffff", "0.2"),
        ("fppp", "0"),
        ("ffuu", "0.1"),
        ("uuuu", "0"),
        ("fupf", "0"),
        ("fufp", "0.1"),
        ("", "0"),
    ],
)
def test_share_of_nights(seen, cost):
    assert lost(SHARE_RULE, seen) == D(cost)


def test_share_of_two_columns():
    seen = [
        Night(day(n), [a_finding(SHARE_RULE, a, "a", points="0.1"), a_finding(SHARE_RULE, b, "b", points="0.1")])
        for n, (a, b) in enumerate([("fail", "pass"), ("fail", "unknown"), ("fail", "fail"), ("pass", "pass")])
    ]
    found = standing(SHARE_RULE, seen)
    assert found.lost == D("0.3") / 4, "the one fail of b is not confirmed"
    assert (found.nights, found.seen, found.fault, found.waiting) == (4, 4, 3, 1)


def test_a_carried_night_is_no_night_and_a_day_counts_once():
    seen = nights(SHARE_RULE, "ffpp")
    carried = Night(day(4), [a_finding(SHARE_RULE, "fail", carried=True)])
    again = Night(day(3), [a_finding(SHARE_RULE, "pass")])
    assert standing(SHARE_RULE, [carried, *reversed(seen), again]) == standing(SHARE_RULE, seen)


# episodes


def test_episodes_are_faults_that_a_person_confirmed():
    assert lost(EPISODE_RULE, "ffff") == 0
    assert lost(EPISODE_RULE, "fppp", a_fault(EPISODE_RULE)) == D("0.2")
    assert lost(EPISODE_RULE, "pppp", a_fault(EPISODE_RULE)) == 0, "confirmed, but never seen in the period"


def test_episodes_add_up_to_the_line():
    assert RUBRIC.lines[EPISODE_RULE].points == D("0.2")
    seen = nights(EPISODE_RULE, "fpfpfpf", points="0.08")
    faults = [a_fault(EPISODE_RULE, first=n, last=n) for n in (0, 2, 4, 6)]
    assert [standing(EPISODE_RULE, seen, *faults[:n]).lost for n in range(5)] == [
        D(x) for x in ("0", "0.08", "0.16", "0.2", "0.2")
    ]
    assert standing(EPISODE_RULE, seen, faults[0], faults[0]).lost == D("0.08"), "told twice is once"


# confirmed


@pytest.mark.parametrize("rule", [LAST_RULE, SHARE_RULE, EPISODE_RULE])
@pytest.mark.parametrize("decision", [DISPUTED, DISMISSED])
def test_disputed_and_dismissed_count_nowhere(rule, decision):
    assert lost(rule, "ffff", a_fault(rule, decision)) == 0
    assert lost(rule, "ffff", a_fault(rule), a_fault(rule, decision)) == 0
    assert lost(rule, "ffff", a_fault(rule), a_fault(rule, decision, target="else")) == D("0.2")
    assert standing(rule, nights(rule, "ffff"), a_fault(rule, decision)).waiting == 4


def test_a_dismissal_holds_until_it_expires():
    assert lost(SHARE_RULE, "ffff", a_fault(SHARE_RULE, DISMISSED, last=1)) == D("0.1")


def test_one_night_is_no_proof_but_a_person_is():
    assert lost(SHARE_RULE, "fppp") == 0
    assert lost(SHARE_RULE, "fppp", a_fault(SHARE_RULE)) == D("0.05")
    assert lost(SHARE_RULE, "fppp", a_fault(SHARE_RULE, "open")) == 0, "an alert nobody decided"
    assert lost(SHARE_RULE, "ffff", confirm=0) == 0, "where only persons confirm"
    assert lost(SHARE_RULE, "ffff", confirm=5) == 0
    assert lost(SHARE_RULE, "ffff", confirm=4) == D("0.2")


def test_only_a_person_makes_a_veto():
    rule = "site.home_fresh"
    assert RUBRIC.lines[rule].veto
    assert not standing(rule, nights(rule, "ffff")).veto
    assert standing(rule, nights(rule, "ffff"), a_fault(rule)).veto
    assert not standing(rule, nights(rule, "pppp"), a_fault(rule)).veto
    ended = {**HOW, rule: "last"}
    assert not standing(rule, nights(rule, "ffpp"), a_fault(rule), how=ended).veto


def test_accounts_of_one_name_on_two_platforms_are_two():
    seen = [
        Night(
            day(n), [a_finding("media.fresh", "fail", s, points="0.1", account="岚水发布") for s in ("weibo", "wechat")]
        )
        for n in range(2)
    ]
    assert standing("media.fresh", seen).lost == D("0.2")
    assert standing(
        "media.fresh", seen, a_fault("media.fresh", DISPUTED, target="weibo", account="岚水发布")
    ).lost == D("0.1")


def test_the_findings_that_count_are_named():
    seen = [Night(day(n), [a_finding(SHARE_RULE, v, id=n + 1)]) for n, v in enumerate(["fail", "fail", "pass"])]
    assert standing(SHARE_RULE, seen).findings == (1, 2)


# by hand


def test_a_check_by_hand_decides_what_was_not_seen():
    seen = nights(LAST_RULE, "pffuu")
    for verdict, cost in (("fail", "0.2"), ("pass", "0")):
        hand = Night(day(5), [a_finding(LAST_RULE, verdict)], by_hand=True)
        found = standing(LAST_RULE, [*seen, hand])
        assert (found.lost, found.unseen, found.decided, found.by_hand) == (D(cost), (), 1, True)
        other = standing("board.rules", [*seen, hand])
        assert (other.by_hand, other.ended) == (False, day(4)), "what was not checked stands as before"


def test_a_check_by_hand_of_one_column_leaves_the_others():
    rule, how = SHARE_RULE, {**HOW, SHARE_RULE: "last"}
    seen = [
        Night(day(n), [a_finding(rule, "fail", "a", points="0.1"), a_finding(rule, "unknown", "b")]) for n in range(3)
    ]
    hand = Night(day(3), [a_finding(rule, "fail", "b", points="0.1")], by_hand=True)
    assert standing(rule, [*seen, hand], how=how).lost == D("0.2")


def test_a_check_by_hand_of_a_line_that_is_a_share():
    hand = Night(day(4), [a_finding(SHARE_RULE, "fail")], by_hand=True)
    found = standing(SHARE_RULE, [*nights(SHARE_RULE, "uuuu"), hand])
    assert (found.lost, found.decided, found.nights) == (D("0.2"), 1, 4)
    assert standing(
        SHARE_RULE, [*nights(SHARE_RULE, "ffpp"), replace(hand, findings=[a_finding(SHARE_RULE, "pass")])]
    ).lost == D("0.1")


# what keeps a period open


SCORED = [line.rule for line in RUBRIC.lines.values() if line.judged and not line.bonus]


def a_year(verdict_of, *, length=365, until=365):
    """Nights of one unit on which every scored line is judged; `verdict_of(rule, n)` gives verdict and reason."""
    return [
        Night(
            day(n),
            [a_finding(rule, *verdict, reason=reason) for rule in SCORED for *verdict, reason in [verdict_of(rule, n)]],
        )
        for n in range(0, min(length, until), 7)
    ]


def kept_open(*years, faults=()):
    units = {f"单位{n}": standings(year, faults, RUBRIC, HOW) for n, year in enumerate(years)}
    return [(b.unit, b.kind, b.rule) for b in blockers(units, RUBRIC, first=FIRST, last=day(364))]


def well(rule, n):
    return "pass", None


def test_a_year_that_was_seen_is_sealed():
    assert kept_open(a_year(well)) == []
    stale = standings(a_year(lambda r, n: ("fail", "stale") if r == SHARE_RULE else well(r, n)), (), RUBRIC, HOW)
    assert coverage(stale, RUBRIC) == 1.0


def test_a_unit_without_platform_is_sealed():
    covered = a_year(
        lambda r, n: ("fail", "no_platform") if r == "platform.exists" else ("na", "explained_by:platform.exists")
    )
    assert kept_open(covered) == []


def test_a_recent_unknown_does_not_keep_it_open_an_old_one_does():
    def since(start):
        return a_year(lambda r, n: ("unknown", "timeout") if r == LAST_RULE and n >= start else well(r, n))

    assert kept_open(since(350)) == []
    assert kept_open(since(10)) == [("单位0", "unseen", LAST_RULE)]
    assert kept_open(since(200)) == [("单位0", "unseen", LAST_RULE)], "dark for half a year"


def test_a_fault_that_went_dark_keeps_it_open():
    def hides(rule, n):
        return ("pass", None) if rule != LAST_RULE else ("fail", "missing") if n < 350 else ("unknown", "blocked")

    assert kept_open(a_year(hides)) == [("单位0", "hidden", LAST_RULE)]
    hand = Night(day(364), [a_finding(LAST_RULE, "fail")], by_hand=True)
    assert kept_open([*a_year(hides), hand]) == []


def test_a_share_of_few_nights_keeps_it_open():
    seldom = a_year(lambda r, n: ("unknown", "challenge") if r == SHARE_RULE and n % 3 and n < 350 else well(r, n))
    assert kept_open(seldom) == [("单位0", "seldom", SHARE_RULE)]
    hand = Night(day(364), [a_finding(SHARE_RULE, "pass")], by_hand=True)
    assert kept_open([*seldom, hand]) == []


def test_a_unit_that_was_not_seen_or_not_visited():
    dark = a_year(lambda r, n: ("unknown", "robots"))
    found = kept_open(a_year(well), dark, [], a_year(well, until=300))
    assert found[0] == ("单位1", "unscored", None), "who kept us out comes first"
    assert {unit for unit, *_ in found[: found.index(("单位2", "not_visited", None))]} == {"单位1"}
    assert found[-1] == ("单位3", "not_visited", None)


# laws


LETTERS = st.text(st.sampled_from("pfu"), max_size=12)
RULE = st.sampled_from([LAST_RULE, SHARE_RULE, EPISODE_RULE])
FAULTS = st.lists(
    st.builds(
        lambda decision, first, long: (decision, first, first + long),
        st.sampled_from([CONFIRMED, DISMISSED, DISPUTED, None]),
        st.integers(0, 11),
        st.integers(0, 11),
    ),
    max_size=3,
)


def told(rule, rows):
    return [a_fault(rule, decision, first, last) for decision, first, last in rows]


@given(RULE, LETTERS, FAULTS, st.integers(0, 11))
def test_one_more_fault_never_costs_less(rule, seen, rows, at):
    before = lost(rule, seen, *told(rule, rows))
    assert 0 <= before <= D("0.2")
    worse = seen[:at] + "f" + seen[at + 1 :] if at < len(seen) else seen
    assert lost(rule, worse, *told(rule, rows)) >= before
    assert lost(rule, seen, *told(rule, rows), a_fault(rule, CONFIRMED, at, at)) >= before


@given(RULE, LETTERS, FAULTS, st.integers(0, 11))
def test_what_was_not_seen_never_costs(rule, seen, rows, at):
    before = lost(rule, seen, *told(rule, rows))
    assert lost(rule, seen + "u", *told(rule, rows)) <= before
    if at < len(seen) and seen[at] == "f":
        assert lost(rule, seen[:at] + "u" + seen[at + 1 :], *told(rule, rows)) <= before
    assert lost(rule, "u" * len(seen), *told(rule, rows)) == 0


@given(RULE, LETTERS, FAULTS, st.integers(0, 11))
def test_a_doubt_never_costs_more(rule, seen, rows, at):
    before = lost(rule, seen, *told(rule, rows))
    for decision in (DISPUTED, DISMISSED):
        assert lost(rule, seen, *told(rule, rows), a_fault(rule, decision, at, at)) <= before
