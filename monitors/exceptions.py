"""Which findings has a person dismissed, and what is left of the score without them?

A dismissal is one unit, one rule, one target, for as long as the page is the one that the person saw, and no longer than its last
day. Nothing is remembered but the review itself: whether it holds is asked anew of every finding.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from db.records import Finding, Review
from monitors.rule import FAIL, NA, PASS, UNKNOWN
from monitors.run import EXPLAINED

_OF_COLUMNS = ("site.news_fresh", "site.notice_fresh")  # what site.stale_columns counts
VERDICTS = (PASS, UNKNOWN, NA)  # what a person may put in the place of a dismissed verdict


def grounds(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What the person who dismisses these findings has seen: reasons, and the pages with their bytes.

    Of a `restless` rule, and of what was not seen at all, the reason alone.
    """
    seen: set[str] = set()
    for finding in findings:
        if finding.verdict != FAIL:
            seen.add(finding.reason or "")
            continue
        seen.add(f"{finding.rule} {finding.reason}")
        if not _restless(finding.rule):
            seen |= {f"{e.url} {e.sha256}" for e in finding.evidence if e.sha256}
    return tuple(sorted(seen))


def standing(reviews: Iterable[Review]) -> list[Review]:
    """The dismissals that nobody has withdrawn since, oldest first; whether they still hold is another question."""
    found: list[Review] = []
    for review in reviews:
        if review.action == "withdraw":
            found = [r for r in found if _scope(r) != _scope(review)]
        elif review.action == "dismiss":
            found.append(review)
    return found


def dismissal_of(finding: Finding, dismissals: Iterable[Review], on: date) -> Review | None:
    """The dismissal that holds for this finding on that day: not expired, and the finding shows nothing that it did not."""
    if finding.verdict not in (FAIL, UNKNOWN):
        return None
    mine = set(grounds([finding]))
    for review in dismissals:
        if (review.unit, review.target) != (finding.unit, finding.target) or review.expires is None:
            continue
        if review.rule != finding.rule and not (review.rule is None and finding.verdict == UNKNOWN):
            continue
        if on <= review.expires and mine <= set(review.grounds):
            return review
    return None


def reviewed(findings: Sequence[Finding], dismissals: Iterable[Review], *, on: date) -> list[Finding]:
    """The findings as a reviewed score counts them; a night's own export keeps what the night found.

    A dismissed fail has the verdict that the person gave, costs nothing and vetoes nothing; its reason is `dismissed:` with the
    number of the review. What it had explained away is unknown, because nobody judged it. Columns that were dismissed
    are taken out of the number of stale ones.
    """
    dismissals = list(dismissals)
    by = {n: r for n, f in enumerate(findings) if f.verdict == FAIL and (r := dismissal_of(f, dismissals, on))}
    gone = {(findings[n].unit, findings[n].rule, findings[n].account) for n in by}
    columns = {(findings[n].unit, findings[n].target) for n in by if findings[n].rule in _OF_COLUMNS}
    result = []
    for n, finding in enumerate(findings):
        if n in by:
            finding = _without(finding, by[n].verdict or PASS, f"dismissed:{by[n].id}")
        elif (rule := _explaining(finding)) and any((finding.unit, rule, a) in gone for a in (finding.account, None)):
            finding = _without(finding, UNKNOWN, f"dismissed:{rule}")
        elif finding.rule == "site.stale_columns" and finding.verdict == FAIL:
            stale = [c for c in finding.value["columns"] if (finding.unit, c) not in columns]
            least, unseen = int(finding.threshold["columns"]), int(finding.value["unseen"])
            if len(stale) < least:
                finding = _without(finding, UNKNOWN if len(stale) + unseen >= least else PASS, "dismissed")
        result.append(finding)
    return result


def costless(findings: Sequence[Finding], which: Collection[int], *, on: date) -> list[Finding]:
    """The findings as if those with these numbers had been dismissed that day, and all else stayed as it is.

    What they had explained away costs nothing either. Unlike a dismissal this is imagined: nobody's share of what was seen falls by
    it, so what was explained away is passed and not unknown.
    """
    assumed = [
        Review(
            f.unit,
            f.target,
            "dismiss",
            "",
            f.checked_at,
            "",
            rule=f.rule,
            expires=on,
            grounds=grounds([f]),
            verdict=PASS,
        )
        for f in findings
        if f.id in which
    ]
    return [
        replace(now, verdict=PASS) if now is not before and now.verdict == UNKNOWN else now
        for before, now in zip(findings, reviewed(findings, assumed, on=on), strict=True)
    ]


def _explaining(finding: Finding) -> str | None:
    """The rule that made this finding `na`, where one did."""
    reason = finding.reason or ""
    return reason.removeprefix(EXPLAINED) if finding.verdict == NA and reason.startswith(EXPLAINED) else None


def _without(finding: Finding, verdict: str, reason: str) -> Finding:
    return replace(finding, verdict=verdict, reason=reason, points=Decimal(0), faults=0)


def _scope(review: Review) -> tuple[str, str, str | None]:
    return review.unit, review.target, review.rule


@cache
def _restless(rule: str) -> bool:
    data = tomllib.loads((Path(__file__).parent / "exceptions.toml").read_text("utf-8"))
    return any(fnmatchcase(rule, pattern) for pattern in data["restless"])
