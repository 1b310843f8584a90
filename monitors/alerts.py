"""What should a person look at this morning?

An alert is one cause: a kind on one target of one unit. It is `suspected` on its first night and `open` once runs of two
different days have seen it; a pass resolves it, an unknown changes nothing. Judging again is not a night.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

from db.records import Alert, Finding

OVER = frozenset(("resolved", "dismissed"))
_NIGHTS = 2  # runs of different days that must have seen a fault
MANUAL = "needs_manual_check"


@dataclass(frozen=True, slots=True)
class Kind:
    """When an alert of this kind is raised, and how grave it is."""

    name: str
    severity: str
    rules: frozenset[str]
    reasons: frozenset[str]


def step(previous: Sequence[Alert], findings: Iterable[Finding], *, on: date, at: datetime, night: bool) -> list[Alert]:
    """The alerts after one judging: the previous ones moved on, new ones added (id 0), in that order.

    on     day of the run, Asia/Shanghai        at     moment of the run, aware
    night  a run of its own; False for `check`, which opens no new night and moves no suspicion on
    """
    known = {(a.unit, a.kind, a.target): a for a in previous}
    raised, cleared = _causes(findings)
    result: dict[tuple[str, str, str], Alert] = {}
    for key, alert in known.items():
        if key in raised:
            result[key] = _seen(alert, raised[key], on, at, night)
        elif key in cleared and alert.state not in OVER:
            result[key] = replace(alert, state="resolved", last_seen_at=alert.last_seen_at)
        else:
            result[key] = alert
    for key, finding in raised.items():
        if key not in known:
            unit, kind, target = key
            severity = kinds()[kind].severity
            days = (on,) if night else ()
            result[key] = Alert(
                unit, target, kind, severity, "suspected", at, at, finding.reason, finding.evidence, days
            )
    return list(result.values())


def _seen(alert: Alert, finding: Finding, on: date, at: datetime, night: bool) -> Alert:
    """The alert after the fault was seen again."""
    state, opened, days = alert.state, alert.opened_at, alert.days
    if state == "dismissed":
        return alert
    if state == "resolved":
        state, opened, days = "reopened", at, ()
    if night and not finding.carried:
        days = tuple(sorted({*days, on}))
        if state == "suspected" and len(days) >= _NIGHTS:
            state = "open"
    return replace(
        alert,
        state=state,
        opened_at=opened,
        last_seen_at=at,
        days=days,
        reason=finding.reason,
        evidence=finding.evidence,
    )


def _causes(findings: Iterable[Finding]) -> tuple[dict[tuple[str, str, str], Finding], set[tuple[str, str, str]]]:
    """The findings that raise an alert, by its key, and the keys that are seen to be well."""
    raised: dict[tuple[str, str, str], Finding] = {}
    cleared: set[tuple[str, str, str]] = set()
    for finding in findings:
        for kind in kinds().values():
            key = (finding.unit, kind.name, f"{finding.target}#{finding.rule}" if _shared(kind) else finding.target)
            reason = (finding.reason or "").partition(":")[0]
            if finding.rule in kind.rules and finding.verdict == "fail":
                raised.setdefault(key, finding)
            elif finding.verdict == "unknown" and reason in kind.reasons:
                raised.setdefault((finding.unit, kind.name, finding.target), finding)
            elif finding.verdict in ("pass", "na") and (finding.rule in kind.rules or kind.reasons):
                cleared.add(key)
    return raised, cleared - raised.keys()


def _shared(kind: Kind) -> bool:
    """Several rules of the kind have one target (the board): the rule tells their alerts apart."""
    return len(kind.rules) > 1


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds of alerts by name, from alerts.toml."""
    data = tomllib.loads((Path(__file__).parent / "alerts.toml").read_text("utf-8"))
    return {
        name: Kind(name, row["severity"], frozenset(row["rules"]), frozenset(row.get("reasons", ())))
        for name, row in data.items()
    }
