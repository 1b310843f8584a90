"""What does a check by hand say in the place of what no night could see?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from db.periods import Check
from db.records import Evidence, Finding, Unit
from monitors import period
from monitors.period import Night
from monitors.rubric import Rubric

ZERO = Decimal(0)


def by_hand(unit: Unit, checks: Sequence[Check], nights: Sequence[Night], rubric: Rubric) -> list[Night]:
    """The checks as nights on which a person looked; of several about one thing the last given counts.

    A check of the last month that nothing seen followed stands for the end: the unknowns after it take nothing back. A check that
    names no target is of the whole line.
    """
    last = nights[-1].on if nights else None
    now: dict[str, dict[tuple[str, str | None], Finding]] = defaultdict(dict)
    seen: dict[tuple[str, str, str | None], date] = {}
    for night in nights:
        for f in night.findings:
            if f.carried:
                continue
            if f.verdict != "unknown":
                seen[f.rule, f.target, f.account] = night.on
            if night.on == last:
                now[f.rule][f.target, f.account] = f
    made: dict[date, dict[tuple[str, str, str | None], Finding]] = defaultdict(dict)
    for check in checks:
        line = rubric.lines[check.rule]
        there = {key: f for key, f in now[check.rule].items() if f.verdict != "na"}
        wanted = [(check.target, check.account)] if check.target else list(there) or [(unit.site or "", check.account)]
        of = len(there) if check.target and (check.target, check.account) in there else len(wanted)
        for target, account in wanted:
            on = check.on
            after = seen.get((check.rule, target, account))
            if last and on < last and last - on < period.month() and (after is None or after <= on):
                on = last
            for day in made:
                made[day].pop((check.rule, target, account), None)
            made[on][check.rule, target, account] = _checked(unit, check, line.cite[0], target, account, rubric, of)
    return [Night(on, list(found.values()), by_hand=True) for on, found in sorted(made.items()) if found]


def _checked(unit: Unit, check: Check, cite: str, target: str, account: str | None, rubric: Rubric, of: int) -> Finding:
    line, points = rubric.lines[check.rule], ZERO
    if check.verdict == "fail":
        each = None if line.each is None else min(line.points, line.each * check.faults)
        points = (each if each is not None else line.points / max(1, of)) * rubric.scale(unit.group)
    at = datetime.combine(check.on, datetime.min.time(), UTC)
    return Finding(
        unit.name,
        unit.group,
        target,
        check.rule,
        check.verdict,
        "by_hand",
        None,
        None,
        points,
        cite,
        at,
        (Evidence(None, source=f"{check.proof}（{check.who}，{check.on}）"),),
        account=account,
        faults=check.faults,
    )
