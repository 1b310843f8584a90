"""Who visits what in which batch, what becomes of one that broke off, and when it will all be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from db.records import Account
from schedules import jobs, plan
from schedules.plan import Batch, batches, expected, smaller, words
from tests.monitors.made import a_unit

NOW = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)  # 22:10
UNTIL = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 06:30


def sites(number, platform=None):
    """So many units, on hosts of their own; their groups when they share a platform."""
    units = [
        a_unit(name=f"{platform or ''}单位{n}", site=f"http://{platform or 'own'}{n}.example/") for n in range(number)
    ]
    return units, {f"{platform}{n}.example": platform for n in range(number)} if platform else {}


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40),
    st.lists(st.integers(0, 7), max_size=10),
    st.integers(1, 4),
    st.integers(1, 8),
)
def test_every_site_is_in_one_batch_and_no_group_is_visited_twice_at_one_time(pairs, feeds, jobs, at_most):
    """Whatever platforms the sites and boards stand on: batches that share one say so."""
    units = [
        a_unit(name=f"单位{n}", site=f"http://h{n}.example/", board=f"http://b{board}.example/")
        for n, (_, board) in enumerate(pairs)
    ]
    groups = {f"h{n}.example": f"platform-{p}" for n, (p, _) in enumerate(pairs)}
    accounts = [Account("单位0", "号", "feed", f"f{n}", f"http://b{n}.example/{n}") for n in feeds]
    parts = batches(units, accounts, jobs, groups, at_most=at_most)
    assert sorted(u.name for p in parts for u in p.units) == sorted(u.name for u in units)
    assert sorted(a.source for p in parts for a in p.accounts) == sorted(a.source for a in accounts)
    for part in parts:
        mine = {groups[f"h{u.name[2:]}.example"] for u in part.units} | {str(u.board).split("/")[2] for u in part.units}
        assert mine <= part.groups
        assert len(part.units) <= at_most or part.accounts
        same = [p for p in parts if not p.beside([part])]
        assert len(same) == 1 or sum(len(p.units) for p in same) > at_most, "only what one process cannot hold is cut"
    assert all(not p.accounts for p in parts[1:]), "accounts are in the first one alone"


def test_a_platform_that_one_process_can_hold_is_not_cut():
    """A city with 34 sites on one platform and 15 elsewhere, visited by two processes."""
    large, groups = sites(34, "p")
    small, _ = sites(15)
    assert [len(p.units) for p in batches([*small, *large], [], 2, groups, at_most=50)] == [34, 15]
    assert [len(p.units) for p in batches([*small, *large], [], 1, groups, at_most=50)] == [49]


def test_the_longest_way_begins_first_and_no_place_stays_empty():
    large, groups = sites(45, "p")
    small, _ = sites(30)
    parts = batches([*small, *large], [], 2, groups, at_most=20)
    assert [len(p.units) for p in parts] == [20, 20, 5, 20, 10]
    assert [p.groups == {"p"} for p in parts] == [True, True, True, False, False]
    assert [len(p.units) for p in batches(small[:4], [], 2, at_most=20)] == [2, 2]


def test_a_broken_batch_comes_apart_until_one_site_is_alone():
    units, groups = sites(5, "p")
    other, _ = sites(2)
    whole = Batch([*units, *other], groups={"p", "own0.example", "own1.example"})
    left = {(u.name, "", "") for u in [*units, *other]}
    apart = smaller(whole, left, groups)
    assert sorted(len(p.units) for p in apart) == [1, 1, 5]
    five = max(apart, key=lambda p: len(p.units))
    halves = smaller(five, left, groups)
    assert [len(p.units) for p in halves] == [2, 3]
    assert not halves[0].beside([halves[1]])
    assert smaller(halves[0], {(units[0].name, "", "")}, groups) == [Batch([units[0]], groups={"p"})]
    assert smaller(halves[0], set(), groups) == []


def test_three_hundred_sites_on_one_platform_take_five_hours():
    units, groups = sites(300, "p")
    [queue] = expected(batches(units, [], 4, groups, at_most=20), groups, {}, delay=1, slots=4, now=NOW)
    assert (queue.sites, queue.requests, queue.ends) == (300, 18_000, NOW + timedelta(hours=5))
    said = words([queue], UNTIL, now=NOW)
    assert said == ["预计 11-21 03:10 访问完 300 个网站；最慢的是平台 p（300 个网站，约 18000 次访问）"]
    [late] = words([queue], NOW + timedelta(hours=4), now=NOW)[1:]
    assert "夜间时段到 11-21 02:10 为止，以下 1 个平台预计访问不完" in late
    assert "p（300 个网站，约 18000 次访问），预计 11-21 03:10" in late
    assert words([], UNTIL, now=NOW) == []


def test_what_a_site_cost_last_time_is_what_it_is_expected_to_cost():
    units, _ = sites(3)
    known = {units[0].name: 100, units[1].name: 200}
    queues = expected([Batch(units)], {}, known, delay=2, slots=1, now=NOW)
    assert sorted(q.requests for q in queues) == [100, 150, 200]
    assert queues[0].ends == NOW + timedelta(seconds=400), "side by side: the longest of them"


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(1, 5))
def test_more_places_never_end_the_longest_queue_before_its_own_requests(requests, slots):
    units, _ = sites(len(requests))
    known = {u.name: n for u, n in zip(units, requests, strict=True)}
    parts = batches(units, [], slots, {}, at_most=4)
    queues = expected(parts, {}, known, delay=1, slots=slots, now=NOW)
    last = (queues[0].ends - NOW).total_seconds()
    assert max(requests) <= last <= sum(requests)
    assert last >= sum(requests) / (slots * plan.AT_ONCE)


def test_a_night_says_beforehand_when_it_will_be_done(city):
    said = []
    until = datetime.now(UTC) + timedelta(seconds=1)
    given = {"delay": 0.02, "jobs": 1, "until": until}
    jobs.run(city / "units.csv", None, city / "w.db", progress=lambda e: said.append(e.get("words")), **given)
    lines = [words for words in said if words]
    assert "访问完 2 个网站" in lines[0]
    assert "以下 2 个平台预计访问不完" in lines[1]
