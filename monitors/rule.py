"""What is a rule, and what does it answer?

A rule is a pure function of stored records; its docstring is its documentation (what it looks for, why, known problems);
its title, clauses, thresholds and points are data in a rubric.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from db.records import Evidence

PASS, FAIL, UNKNOWN, NA = "pass", "fail", "unknown", "na"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a rule about one subject.

    reason   a code of the contract, details after a colon; None on a plain pass
    value    what was measured, JSON-able
    faults   how many faults a failing line with `each` counts
    target   address the finding is about; None: the rule's usual target
    """

    verdict: str
    reason: str | None = None
    value: Any = None
    evidence: tuple[Evidence, ...] = ()
    faults: int = 0
    target: str | None = None


def passed(evidence: Evidence | None = None, *, value: Any = None, target: str | None = None) -> Verdict:
    """The demand is met, on this page."""
    return Verdict(PASS, None, value, _some(evidence), target=target)


def failed(
    reason: str, evidence: Evidence | None, *, value: Any = None, faults: int = 1, target: str | None = None
) -> Verdict:
    """The demand is proven unmet; there is always a page (or a registry row) that shows it."""
    return Verdict(FAIL, reason, value, _some(evidence), faults, target)


def unknown(reason: str, evidence: Evidence | None = None, *, value: Any = None, target: str | None = None) -> Verdict:
    """It could not be seen; costs nothing and asks a person."""
    return Verdict(UNKNOWN, reason, value, _some(evidence), target=target)


def na(reason: str, evidence: Evidence | None = None) -> Verdict:
    """The demand does not apply."""
    return Verdict(NA, reason, None, _some(evidence))


def _some(evidence: Evidence | None) -> tuple[Evidence, ...]:
    return (evidence,) if evidence is not None else ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A documented rule: `per` names its subjects, `wants` its arguments.

    per  site, news, notice, account, registered, verdicts, or kinds of documents: document, policy, reply
    """

    id: str
    per: str
    judge: Callable[..., Verdict]
    wants: tuple[str, ...]
    doc: str


RULES: dict[str, Rule] = {}


def rule(id_: str, *, per: str = "site") -> Callable[[Callable[..., Verdict]], Callable[..., Verdict]]:
    """Register a function as the rule `id_`; raises ValueError for a second one of that id or one without docstring."""

    def register(judge: Callable[..., Verdict]) -> Callable[..., Verdict]:
        if id_ in RULES:
            raise ValueError(f"rule {id_!r} is registered twice")
        doc = inspect.getdoc(judge)
        if not doc:
            raise ValueError(f"rule {id_!r} has no docstring")
        wants = tuple(p.name for p in inspect.signature(judge).parameters.values() if p.kind is p.KEYWORD_ONLY)
        RULES[id_] = Rule(id_, per, judge, wants, doc)
        return judge

    return register
