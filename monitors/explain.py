"""Where did every tenth of a point go, and why did a score move?

A ledger leads from full marks to the printed score, line by line, and sums exactly. A movement between two judgings is taken apart
into causes that sum exactly as well: each finding that changed is put in the place of the old one, one after the other, and
what the score does at that step is that finding's part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from db.records import Evidence, Finding, Score, Unit
from monitors.digest import reason_words
from monitors.exceptions import costless
from monitors.period import Standing
from monitors.rubric import EPISODES, SHARE, Rubric
from monitors.scoring import BY_HAND, NO_PLATFORM, is_veto

ZERO, TENTH, MILLIONTH = Decimal(0), Decimal("0.1"), Decimal("0.000001")
LINE, BEYOND, VETO, SPECIAL, ADJUSTED, LIMIT, ROUNDED, REVIEWED, CORRECTED = (
    "line",
    "beyond",
    "veto",
    "special",
    "adjustment",
    "limit",
    "rounding",
    "review",
    "addendum",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One step on the way from full marks to the score.

    kind      line (a rubric line's loss), veto, special (无公开平台), beyond (no score falls under 0), adjustment, limit
              (an adjustment leads out of 0…full), rounding, review (what people decided), addendum
    points    signed: what is added to what was left           rule   of the line or the veto
    title     what to call it, Chinese                         why    the grounds, Chinese
    findings  numbers of the findings that count, oldest first         evidence  of the newest of them
    who, proof  of an adjustment or correction
    """

    kind: str
    points: Decimal
    rule: str | None = None
    title: str = ""
    why: str = ""
    findings: tuple[int, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    who: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """From full marks to the score of one unit.

    exact    what is left before rounding          online  as printed: half-up to a tenth; None: 待人工核查
    """

    full: Decimal
    entries: tuple[Entry, ...]
    exact: Decimal
    online: Decimal | None
    veto: tuple[str, ...] = ()
    special: str | None = None

    @property
    def total(self) -> Decimal:
        """Full marks and all entries: what is printed, or what is left where nothing is."""
        return self.full + sum((e.points for e in self.entries), ZERO)


def of_period(
    unit: Unit,
    lines: Sequence[Standing],
    rubric: Rubric,
    *,
    coverage: float | None,
    adjusted: Sequence[Entry] = (),
) -> Ledger:
    """The ledger of a unit for a period.

    coverage  as `monitors.period.coverage` gives it: under a half there is no score
    adjusted  points given or taken besides the rules, in their order; they count after every cap
    """
    full = rubric.full[unit.group]
    entries = [_of_line(line, rubric) for line in lines if line.lost]
    vetoes = tuple(line.rule for line in lines if line.veto)
    left = full + sum((e.points for e in entries), ZERO)
    special = None
    if unit.no_platform:
        special = NO_PLATFORM
        entries.append(Entry(SPECIAL, -left, "platform.exists", NO_PLATFORM, "登记表写明没有公开平台"))
        left = ZERO
    else:
        if left < 0:
            entries.append(Entry(BEYOND, -left, None, "扣分不超过满分", ""))
            left = ZERO
        cap = (full * rubric.cap).quantize(MILLIONTH)
        if vetoes and left > cap:
            why = f"经确认的否决项，得分不超过 {cap.normalize():f} 分"
            entries.append(Entry(VETO, cap - left, vetoes[0], "单项否决", why))
            left = cap
        if coverage is None or coverage < 0.5:
            special = BY_HAND
    entries = [e for e in entries if e.points]
    for entry in adjusted:
        entries.append(entry)
        left += entry.points
    within = min(max(left, ZERO), full)
    if within != left:
        entries.append(Entry(LIMIT, within - left, None, "得分不低于 0、不超过满分", ""))
    return _printed(full, entries, within, vetoes, special)


def _of_line(line: Standing, rubric: Rubric) -> Entry:
    row = rubric.lines[line.rule]
    if line.mode == SHARE:
        why = f"核查 {line.nights} 夜，其中 {line.fault} 夜不合格"
    elif line.mode == EPISODES:
        why = f"经确认的问题，{line.fault} 夜可见"
    else:
        why = f"期末（{line.ended}）不合格"
    reasons = "、".join(dict.fromkeys(reason_words(f.reason) for f in line.shown if f.reason))
    evidence = tuple(e for f in line.shown for e in f.evidence[:1])
    return Entry(
        LINE, -line.lost, line.rule, row.title, f"{why}：{reasons}" if reasons else why, line.findings, evidence
    )


def of_night(score: Score, rubric: Rubric, findings: Iterable[Finding] = ()) -> Ledger:
    """The ledger of a night's score, from the deductions that were stored with it.

    findings  of the same judging and unit: they give reasons and evidence
    """
    failing: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict == "fail" and (finding.points or finding.rule in score.veto):
            failing[finding.rule].append(finding)
    entries = []
    for row in score.deductions:
        rule, points = str(row["rule"]), Decimal(row["points"]).quantize(MILLIONTH, ROUND_HALF_UP)
        line, mine = rubric.lines.get(rule), failing[rule]
        kind = VETO if row.get("veto") else SPECIAL if row.get("special") else LINE
        title = {VETO: "单项否决", SPECIAL: NO_PLATFORM}.get(kind) or (line.title if line else rule)
        evidence = mine[0].evidence[:1] if mine else ()
        why = "、".join(dict.fromkeys(reason_words(f.reason) for f in mine if f.reason))
        entries.append(Entry(kind, -points, rule, title, why, tuple(f.id for f in mine), evidence))
    left = score.full + sum((e.points for e in entries), ZERO)
    if left < 0:
        entries.append(Entry(BEYOND, -left, None, "扣分不超过满分", ""))
        left = ZERO
    made = _printed(score.full, entries, left, score.veto, score.special)
    if score.online is not None and made.online != score.online:  # a millionth beside the edge of a tenth
        entries.append(Entry(ROUNDED, score.online - left, None, "四舍五入", ""))
        made = Ledger(score.full, tuple(entries), left, score.online, score.veto, score.special)
    return made


def _printed(
    full: Decimal, entries: Sequence[Entry], exact: Decimal, veto: Sequence[str], special: str | None
) -> Ledger:
    online = None if special == BY_HAND else exact.quantize(TENTH, ROUND_HALF_UP)
    rounding = [Entry(ROUNDED, online - exact, None, "四舍五入", "")] if online is not None and online != exact else []
    return Ledger(full, (*entries, *rounding), exact, online, tuple(veto), special)


def ranks(made: Mapping[str, tuple[str, Decimal | None]]) -> dict[str, int | None]:
    """Dense ranks within each group, from group and printed score by unit; None for a unit without a score."""
    marks: dict[str, set[Decimal]] = defaultdict(set)
    for group, online in made.values():
        if online is not None:
            marks[group].add(online)
    place = {group: {mark: n for n, mark in enumerate(sorted(of, reverse=True), 1)} for group, of in marks.items()}
    return {unit: None if online is None else place[group][online] for unit, (group, online) in made.items()}


# movements

SITE, RULE, REVIEW, COLLECTOR, REGISTRY = "site", "rule", "review", "collector", "registry"
CAUSES = {
    SITE: "网站变化",
    RULE: "规则或细则变化",
    REVIEW: "复核决定",
    COLLECTOR: "采集恢复或中断",
    REGISTRY: "登记表变化",
    ROUNDED: "四舍五入",
}
Subject = tuple[str, str, str | None]  # rule, target and account of a finding
Vetoing = Callable[[Finding], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """What one changed finding did to a score: `points` is signed. `before`, `after`: verdict and reason; None: there was none."""

    cause: str
    points: Decimal
    rule: str = ""
    target: str = ""
    account: str | None = None
    before: tuple[str, str | None] | None = None
    after: tuple[str, str | None] | None = None


def exact(unit: Unit, findings: Iterable[Finding], rubric: Rubric, vetoing: Vetoing) -> Decimal:
    """What is left of full marks before rounding, whatever the coverage; to a millionth, so that differences add up exactly."""
    found = list(findings)
    full = rubric.full[unit.group]
    if unit.no_platform:
        return ZERO
    left = full - sum((f.points for f in found if f.verdict == "fail"), ZERO)
    if any(is_veto(f, rubric) and vetoing(f) for f in found):
        left = min(left, full * rubric.cap)
    return max(left, ZERO).quantize(MILLIONTH, ROUND_HALF_UP)


def parts(
    before: Iterable[Finding],
    after: Iterable[Finding],
    value: Callable[[Sequence[Finding]], Decimal],
    cause: Callable[[Subject, Sequence[Finding], Sequence[Finding]], str],
) -> list[Part]:
    """The way from one set of findings of a unit to another, each subject that changed put in the place of the old one in turn.

    value  the score of a set of findings      cause  why a subject changed, from its findings before and after

    The points of all parts are exactly value(after) - value(before). What was not seen on either side comes first, so that a site
    that came into sight again is told from one that changed.
    """
    old, new = _by_subject(before), _by_subject(after)
    keys = list(dict.fromkeys([*old, *new]))
    changed = [
        (cause(key, old.get(key, []), new.get(key, [])), key) for key in keys if _differ(old.get(key), new.get(key))
    ]
    changed.sort(key=lambda pair: (pair[0] != COLLECTOR, pair[0]))
    now, found = dict(old), list[Part]()
    last = value([f for mine in now.values() for f in mine])
    for why, key in changed:
        now[key] = new.get(key, [])
        then = value([f for mine in now.values() for f in mine])
        if then != last:
            found.append(Part(why, then - last, *key, _said(old.get(key)), _said(new.get(key))))
        last = then
    rest = value([f for mine in new.values() for f in mine]) - last
    return [*found, Part(SITE, rest)] if rest else found  # never: what did not differ cannot count otherwise


def fact_cause(before: Sequence[Finding], after: Sequence[Finding]) -> str:
    """Whether what differs is the site, or that we see it again or no more."""
    unseen = [bool(side) and all(f.verdict == "unknown" for f in side) for side in (before, after)]
    return COLLECTOR if any(unseen) else SITE


def if_mended(
    unit: Unit, findings: Sequence[Finding], mended: Iterable[int], rubric: Rubric, *, vetoing: Vetoing, on: date
) -> Decimal:
    """The printed score if the findings with these numbers were mended and all else stayed as it is.

    Reckoned as if a person had dismissed them: what they had explained away costs nothing either.
    """
    left = costless(findings, set(mended), on=on)
    return exact(unit, left, rubric, vetoing).quantize(TENTH, ROUND_HALF_UP)


def dearest(findings: Iterable[Finding], rubric: Rubric, *, most: int | None = 3) -> list[Finding]:
    """The fails that are worth mending first: vetoes, then by points; all of them where `most` is None."""
    costly = [f for f in findings if f.verdict == "fail" and (f.points or is_veto(f, rubric))]
    return sorted(costly, key=lambda f: (not is_veto(f, rubric), -f.points, f.id))[:most]


def _by_subject(findings: Iterable[Finding]) -> dict[Subject, list[Finding]]:
    found: dict[Subject, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.rule, finding.target, finding.account].append(finding)
    return dict(found)


def _differ(before: Sequence[Finding] | None, after: Sequence[Finding] | None) -> bool:
    """Whether they are not the very same records: numbers differ from judging to judging, and whether a veto stands hangs on them."""
    return [*map(_weight, before or ())] != [*map(_weight, after or ())]


def _weight(finding: Finding) -> tuple[Any, ...]:
    return finding.verdict, finding.points, finding.faults, finding.id if finding.verdict == "fail" else 0


def _said(findings: Sequence[Finding] | None) -> tuple[str, str | None] | None:
    return (findings[0].verdict, findings[0].reason) if findings else None
