"""What did a person correct? A saved case holds the records that were judged and the verdict that they should have had.

One case is one line of JSON, so that a file of them is a test: `disagreement` judges the records by today's rules.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from db.codec import dump, revive
from db.records import Finding, Probe, Review, SiteVisit, Unit
from monitors.rubric import Rubric
from monitors.rule import RULES
from monitors.run import Case, judge
from monitors.watched import Watched

_ORDER = ("fail", "unknown", "pass", "na")  # findings of one rule and target fold into the gravest
_KINDS: dict[str, Any] = {
    "unit": Unit,
    "on": date,
    "at": datetime,
    "visit": SiteVisit | None,
    "week": tuple[Probe, ...],
    "accounts": tuple[Watched, ...],
    "carried": bool,
    "suspect": bool,
}


@dataclass(frozen=True, slots=True)
class SavedCase:
    """One correction.

    rule, target, account  which finding          said      its verdict and reason as judged then
    right   the verdict that a person gave        why       the person's reason
    case    everything that was judged            review    number of the review; who wrote it stands there
    """

    rule: str
    target: str
    said: tuple[str, str | None]
    right: str
    why: str
    case: Case
    account: str | None = None
    review: int = 0


def saved(finding: Finding, review: Review, case: Case) -> SavedCase:
    """The case that a dismissal of this finding becomes."""
    said = (finding.verdict, finding.reason)
    right = review.verdict or "pass"
    return SavedCase(finding.rule, finding.target, said, right, review.why, case, finding.account, review.id)


def line(case: SavedCase) -> str:
    """The case as one line of JSON, without an end of line."""
    row = {name: getattr(case, name) for name in SavedCase.__slots__}
    return dump(row | {"case": {name: getattr(case.case, name) for name in _KINDS}})


def read(text: str) -> SavedCase:
    """The case of one line. Raises ValueError, KeyError or TypeError for anything that `line` did not write."""
    row = json.loads(text)
    case = Case(**{name: revive(kind, row["case"][name]) for name, kind in _KINDS.items()})
    return SavedCase(**{**row, "case": case, "said": tuple(row["said"])})


def disagreement(case: SavedCase, rubric: Rubric) -> str | None:
    """How today's rules judge the case, where they do not agree with the person; None when they do.

    A case that ought to be unknown, or that does not apply, is right whenever it does not fail.
    """
    whole = RULES[case.rule].per in ("site", "verdicts")  # the address of such a finding may move when it is well
    found = [
        f.verdict
        for f in judge(case.case, rubric)
        if (f.rule, f.account) == (case.rule, case.account) and (whole or f.target == case.target)
    ]
    verdict = min(found, key=_ORDER.index, default="absent")
    right = {case.right} if case.right == "pass" else {"pass", "unknown", "na"}
    return (
        None
        if verdict in right
        else f"{case.case.unit.name} {case.rule} {case.target}：应为 {case.right}，判为 {verdict}"
    )
