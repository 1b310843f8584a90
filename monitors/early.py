"""What will be a fault soon if the unit does nothing? A warning goes to the unit alone and never costs a point.

The same facts are judged as of a day to come: what passes today and fails then, fails by the passing of time and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from db.records import Finding
from monitors.alerts import kinds
from monitors.rubric import Rubric
from monitors.rule import FAIL, PASS, RULES
from monitors.run import Case, judge

_Subject = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Warning:
    """One demand that is met today and will not be when nothing is done.

    last   the last day on which it is still met, Asia/Shanghai
    value  what was measured (usually the newest day)       cite, title  of the rule
    """

    unit: str
    rule: str
    target: str
    last: date
    title: str
    cite: str
    value: Any = None
    account: str | None = None


def warnings(case: Case, rubric: Rubric) -> list[Warning]:
    """What of this unit will turn from pass to fail within the days of early.toml, the soonest first.

    Nothing of facts that are carried or of a suspect run: the unit may have done it since. A demand that is unknown, or
    failed already, warns of nothing.
    """
    if case.carried or case.suspect:
        return []
    today = {_subject(f): f for f in judge(case, rubric) if f.verdict == PASS and _warns(f.rule, rubric)}
    last: dict[_Subject, int] = {}
    for ahead in sorted({_ahead(rule) for rule, *_ in today}):
        for subject in _failing(case, rubric, ahead).keys() & today.keys():
            if _ahead(subject[0]) == ahead:
                last[subject] = ahead - 1
    for subject, high in last.items():
        last[subject] = _last_good(case, rubric, subject, high)
    found = []
    for subject, days in last.items():
        line, now = rubric.lines[subject[0]], today[subject]
        found.append(
            Warning(
                case.unit.name,
                now.rule,
                now.target,
                case.on + timedelta(days=days),
                line.title,
                line.cite[0],
                now.value,
                now.account,
            )
        )
    return sorted(found, key=lambda w: (w.last, w.rule, w.target))


def _last_good(case: Case, rubric: Rubric, subject: _Subject, high: int) -> int:
    """The greatest number of days up to `high` after which the subject does not fail yet; what fails once stays so."""
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if subject in _failing(case, rubric, middle) else (middle, high)
    return low


def _failing(case: Case, rubric: Rubric, ahead: int) -> dict[_Subject, Finding]:
    later = replace(case, on=case.on + timedelta(days=ahead))
    return {_subject(f): f for f in judge(later, rubric) if f.verdict == FAIL}


def _subject(finding: Finding) -> _Subject:
    """What is compared from day to day: the address of a rule of the whole site may be another one when it fails."""
    whole = RULES[finding.rule].per == "site"
    return finding.rule, None if whole else finding.target, finding.account


def _warns(rule: str, rubric: Rubric) -> bool:
    line = rubric.lines[rule]
    costs = line.judged and (line.points or line.veto)
    return RULES[rule].per != "verdicts" and bool(costs or any(rule in kind.rules for kind in kinds().values()))


def _ahead(rule: str) -> int:
    days = _days()
    return days.get(rule, days["default"])


@cache
def _days() -> Mapping[str, int]:
    found: dict[str, int] = tomllib.loads((Path(__file__).parent / "early.toml").read_text("utf-8"))
    return found
