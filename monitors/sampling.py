"""How right are the verdicts, as far as people looked? A seeded draw over findings and passes, and what follows from the answers.

A stratum is a rule, a verdict (fail or pass) and a group. Within one, findings come in the order of a hash of the seed and of what they are
about, and the first are taken: who knows seed and findings draws the same again, in whatever program and order.

Every finding that was drawn speaks for population / drawn of its stratum. Intervals are Wilson's at 95 %, at the effective number of
answers (Kish) where weights differ.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from db.records import Finding
from db.samples import Answer, Item, Stratum

DRAWN = ("fail", "pass")
TRUE = ("pass", "fail", "unknown")  # what a person may answer
_Z = 1.959963984540054  # two-sided 95 %
_Z_HALF = 2.241402727604947  # two-sided 97.5 %: two of them together hold 95 %
Key = tuple[str, str, str]  # rule, verdict, group


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with the interval that holds it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """What the answers say of one rule (rule "": of all together).

    population, drawn, answered  findings that pass or fail; `unclear` answers said that it cannot be told any more
    uncovered  findings in strata of which nothing was answered: the shares say nothing of them
    precision  of the verdicts `fail`, the share that is right       recall  of the true faults, the share that we found
    wrong      numbers of the findings where the person disagrees
    """

    rule: str
    population: int
    drawn: int
    answered: int
    unclear: int
    uncovered: int
    precision: Interval | None
    recall: Interval | None
    wrong: tuple[int, ...] = ()


def draw(findings: Iterable[Finding], *, size: int, seed: str) -> tuple[list[Stratum], list[Item]]:
    """The strata of these findings and at most `size` items, numbered from 1, by rule, fails first.

    Half are fails and half passes, as far as there are. Of each every stratum gives one, the largest first where `size` does not reach,
    and the rest goes by the square root of the population, so that rare faults are looked at as well. No stratum gives more than
    it has.
    """
    members: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict in DRAWN:
            members[finding.rule, finding.verdict, finding.group].append(finding)
    keys = sorted(members, key=lambda key: (key[0], DRAWN.index(key[1]), key[2]))
    shares = allocation({key: len(members[key]) for key in keys}, size=size, seed=seed)
    chosen = [f for key in keys for f in sorted(members[key], key=lambda f: _lot(seed, f))[: shares[key]]]
    strata = [Stratum(*key, len(members[key]), shares[key]) for key in keys]
    return strata, [
        Item(n, f.id, f.unit, f.group, f.rule, f.target, f.account, f.verdict, _page(f))
        for n, f in enumerate(chosen, 1)
    ]


def allocation(sizes: Mapping[Key, int], *, size: int, seed: str = "") -> dict[Key, int]:
    """How many each stratum gives; together min(size, population). Half are fails and half passes, as far as there are."""
    whole = {verdict: sum(n for key, n in sizes.items() if key[1] == verdict) for verdict in DRAWN}
    fails = min(whole["fail"], max(size - size // 2, size - whole["pass"]))
    share = {"fail": fails, "pass": min(whole["pass"], size - fails)}
    given: dict[Key, int] = {}
    for verdict in DRAWN:
        given |= _allocated({key: n for key, n in sizes.items() if key[1] == verdict}, share[verdict], seed)
    return {key: given[key] for key in sizes}


def _allocated(sizes: Mapping[Key, int], size: int, seed: str) -> dict[Key, int]:
    given = dict.fromkeys(sizes, 0)
    for key in sorted(sizes, key=lambda key: (-sizes[key], _hash(seed, *key)))[:size]:
        given[key] = 1
    for _ in range(size - sum(given.values())):
        open_ = [key for key in sizes if given[key] < sizes[key]]
        # one after the other to whom its share is furthest from: exact, whatever the machine's floating point
        neediest = max(open_, key=lambda key: (Fraction(sizes[key], (given[key] + 1) ** 2), _hash(seed, *key)))
        given[neediest] += 1
    return given


def reliability(strata: Sequence[Stratum], items: Sequence[Item], answers: Mapping[int, Answer]) -> list[Reliability]:
    """One line a rule in the order of the strata, and one of all together first; a rule of which nothing was drawn too."""
    rules = dict.fromkeys(s.rule for s in strata)
    lines = [
        _of(rule, [s for s in strata if s.rule == rule], [i for i in items if i.rule == rule], answers)
        for rule in rules
    ]
    return [_of("", strata, items, answers), *lines]


def _of(rule: str, strata: Sequence[Stratum], items: Sequence[Item], answers: Mapping[int, Answer]) -> Reliability:
    sides: dict[str, list[_Part]] = {verdict: [] for verdict in DRAWN}
    uncovered = 0
    told = {i.n: answers[i.n].verdict for i in items if i.n in answers}
    for stratum in strata:
        mine = [told[i.n] for i in items if i.n in told and _key(i) == _key(stratum)]
        sure = [verdict for verdict in mine if verdict != "unknown"]
        if not sure:
            uncovered += stratum.population
            continue
        sides[stratum.verdict].append(_Part(stratum.population, len(sure), sure.count("fail")))
    wrong = [i.finding for i in items if told.get(i.n, i.verdict) not in (i.verdict, "unknown")]
    unclear = sum(verdict == "unknown" for verdict in told.values())
    population = sum(s.population for s in strata)
    precision, recall = _precision(sides["fail"]), _recall(sides["fail"], sides["pass"], strata)
    return Reliability(rule, population, len(items), len(told), unclear, uncovered, precision, recall, tuple(wrong))


@dataclass(frozen=True, slots=True)
class _Part:
    """Of one stratum: how many it holds, how many were told, how many of these are true faults."""

    population: int
    told: int
    faults: int


def _precision(fails: Sequence[_Part]) -> Interval | None:
    return _weighted(fails, _Z) if fails else None


def _recall(fails: Sequence[_Part], passes: Sequence[_Part], strata: Sequence[Stratum]) -> Interval | None:
    """Found faults over found and missed ones; None where no passes were looked at, or no fault is known of.

    The interval takes the worst and the best of two intervals that hold 95 % together: with few passes looked at, many faults may be
    missed, and it says so.
    """
    if not passes or (not fails and any(s.verdict == "fail" for s in strata)):
        return None
    found, missed = (_weighted(side, _Z_HALF) if side else Interval(0, 0, 0) for side in (fails, passes))
    many, rest = sum(p.population for p in fails), sum(p.population for p in passes)

    def share(right: float, wrong: float) -> float | None:
        whole = right * many + wrong * rest
        return right * many / whole if whole else None

    value = share(found.value, missed.value)
    if value is None:
        return None
    return Interval(value, share(found.low, missed.high) or 0.0, share(found.high, missed.low) or value)


def _weighted(parts: Sequence[_Part], z: float) -> Interval:
    """The share of faults over strata, each told answer counting for population / told."""
    whole = sum(p.population for p in parts)
    value = sum(p.population * p.faults / p.told for p in parts) / whole
    effective = whole**2 / sum(p.population**2 / p.told for p in parts)
    return Interval(value, *wilson(value, effective, z=z))


def wilson(share: float, number: float, *, z: float = _Z) -> tuple[float, float]:
    """Wilson's score interval of a share seen in so many; the number need not be whole."""
    middle = share + z * z / (2 * number)
    half = z * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    below = 1 + z * z / number
    # at 0 and 1 the ends are exact; subtracting leaves a rest there
    return (
        0.0 if share <= 0 else max(0.0, (middle - half) / below),
        1.0 if share >= 1 else min(1.0, (middle + half) / below),
    )


def percent(interval: Interval | None) -> str:
    """96.0%（91.2%—98.3%）, or 无法估计."""
    if interval is None:
        return "无法估计"
    return f"{interval.value:.1%}（{interval.low:.1%}—{interval.high:.1%}）"


def _key(of: Stratum | Item) -> Key:
    return of.rule, of.verdict, of.group


def _lot(seed: str, finding: Finding) -> str:
    return _hash(seed, finding.rule, finding.unit, finding.target, finding.account or "")


def _hash(*said: str) -> str:
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _page(finding: Finding) -> str | None:
    return next((e.url for e in finding.evidence if e.url), finding.target or None)
