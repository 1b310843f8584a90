"""What is each unit's 网上考核 score, and where did every tenth of a point go?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from db.records import Finding, Score, Unit
from monitors.rubric import Rubric

NO_PLATFORM = "无公开平台记0分"
BY_HAND = "待人工核查"
_TENTH = Decimal("0.1")
_HALF = 0.5
ZERO = Decimal(0)


def scores(
    units: Sequence[Unit],
    findings: Iterable[Finding],
    rubric: Rubric,
    *,
    vetoing: Callable[[Finding], bool] = lambda finding: True,
) -> list[Score]:
    """One line a ranked unit in the order of the registry, ranks within each group; the portal gets none.

    vetoing  whether a finding that vetoes does so here: for a reviewed score only what people confirmed; by default all do
    """
    by_unit: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_unit[finding.unit].append(finding)
    made = [score(unit, by_unit[unit.name], rubric, vetoing=vetoing) for unit in units if unit.group in rubric.full]
    return _ranked(made)


def score(
    unit: Unit,
    findings: Sequence[Finding],
    rubric: Rubric,
    *,
    vetoing: Callable[[Finding], bool] = lambda finding: True,
) -> Score:
    """The unit's score before ranking (`vetoing` as in `scores`).

    Deductions add up exactly to full minus the unrounded score; a veto's further loss is a line of its own. Under half
    coverage there is no score (待人工核查). Rounded half-up to one decimal.
    """
    full = rubric.full[unit.group]
    seen = coverage(findings, rubric)
    lost: dict[str, Decimal] = defaultdict(Decimal)
    for f in findings:
        if f.verdict == "fail" and f.points:
            lost[f.rule] += f.points
    deductions: list[dict[str, Any]] = [{"rule": rule, "points": points} for rule, points in lost.items()]
    left = full - sum(lost.values(), ZERO)
    if unit.no_platform:
        if left:
            deductions.append({"rule": "platform.exists", "special": True, "points": left})
        return Score(unit.name, unit.group, full, ZERO, None, (), NO_PLATFORM, seen, tuple(deductions))
    vetoes = tuple(dict.fromkeys(f.rule for f in findings if is_veto(f, rubric) and vetoing(f)))
    if seen < _HALF:
        return Score(unit.name, unit.group, full, None, None, vetoes, BY_HAND, seen, tuple(deductions))
    cap = full * rubric.cap
    if vetoes and left > cap:
        deductions.append({"rule": vetoes[0], "veto": True, "points": left - cap})
        left = cap
    online = max(ZERO, left).quantize(_TENTH, ROUND_HALF_UP)
    return Score(unit.name, unit.group, full, online, None, vetoes, None, seen, tuple(deductions))


def coverage(findings: Iterable[Finding], rubric: Rubric) -> float:
    """The share, by points, of the scored rules that are not `na` which reached pass or fail; between 0 and 1.

    A rule with several findings counts by their share. 0 when nothing is to be scored.
    """
    by_rule: dict[str, list[str]] = defaultdict(list)
    for f in findings:
        line = rubric.lines.get(f.rule)
        if line and line.judged and not line.bonus and line.points and f.verdict != "na":
            by_rule[f.rule].append(f.verdict)
    whole = sum((rubric.lines[rule].points for rule in by_rule), ZERO)
    if not whole:
        return 0.0
    reached = ZERO
    for rule, verdicts in by_rule.items():
        decided = sum(1 for v in verdicts if v in ("pass", "fail"))
        reached += rubric.lines[rule].points * decided / len(verdicts)
    return round(float(reached / whole), 4)


def is_veto(finding: Finding, rubric: Rubric) -> bool:
    """Whether a failing finding caps the score: its line vetoes, on enough probes or enough faults where it says so."""
    line = rubric.lines.get(finding.rule)
    if line is None or finding.verdict != "fail" or not line.judged:
        return False
    if line.veto_when == "many":
        return finding.faults >= int(line.threshold["columns"])
    if line.covers_when == "week":
        return isinstance(finding.value, dict) and finding.value.get("probes", 0) >= line.threshold["probes"]
    return line.veto


def _ranked(made: list[Score]) -> list[Score]:
    """Dense ranks within each group; units without a score have none, 无公开平台 ranks with its 0."""
    result = list(made)
    for group in {s.group for s in made}:
        marks = sorted({s.online for s in made if s.group == group and s.online is not None}, reverse=True)
        place = {mark: n for n, mark in enumerate(marks, 1)}
        result = [replace(s, rank=place[s.online]) if s.group == group and s.online is not None else s for s in result]
    return result
