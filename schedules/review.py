"""What happens when a person decides about an alert or a finding?

The decision is added, the alert takes its step, and a dismissal leaves a saved case, all in one transaction. Nobody's score
of the night changes: a dismissed finding is left out of the reviewed score alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlite_utils import Database

from db import facts, findings, reviews
from db.records import Alert, Finding, Review, Score, shanghai_day
from monitors import alerts, cases, scoring
from monitors.alerts import NotAllowed
from monitors.exceptions import grounds, reviewed, standing
from monitors.rubric import load_rubric
from schedules.jobs import cases_of
from schedules.workdays import add_workdays


def decide(
    db: Database,
    alert: int,
    action: str,
    *,
    who: str,
    why: str,
    workdays: int | None = None,
    due: date | None = None,
    expires: date | None = None,
    verdict: str | None = None,
    at: datetime | None = None,
) -> Alert:
    """The alert after that act (a key of monitors/acts.toml), which is stored with its step.

    workdays  rectify: so many working days from today, where `due` is not given
    expires   dismiss: the last day on which it holds      verdict  dismiss: what the verdict should be, `pass` by default
    Raises NotAllowed, with nothing written, where the alert is not in a state for it or something is missing.
    """
    now = at or datetime.now(UTC)
    with facts.writing(db):
        known = next((a for a in reviews.alerts(db) if a.id == alert), None)
        if known is None:
            raise NotAllowed(f"没有编号为 {alert} 的预警。")
        raised = alerts.raising(_last(db)).get(alerts.key_of(known), [])
        rule, target = alerts.subject(known)
        if workdays is not None and workdays > 0 and due is None:
            due = add_workdays(shanghai_day(now), workdays)
        review = Review(known.unit, target, action, who.strip(), now, why.strip(), known.kind, rule or None, _run(db))
        review = replace(review, due=due, finding=raised[0].id if raised else 0)
        if action == "dismiss":
            mixed = bool(raised) and all(f.verdict == "unknown" for f in raised)
            review = replace(
                review,
                rule=None if mixed else review.rule,
                expires=expires,
                grounds=grounds(raised),
                verdict=verdict or "pass",
            )
        elif action == "withdraw":
            mine = [
                d for d in standing(reviews.reviews(db, unit=known.unit)) if (d.kind, d.target) == (known.kind, target)
            ]
            review = replace(review, rule=mine[-1].rule if mine else review.rule)
        moved = alerts.act(known, review)
        review = reviews.save_review(db, review)
        reviews.save_alerts(db, [moved], run=review.run, person=True)
        if action == "dismiss" and raised:
            _save_case(db, raised[0], review)
    return moved


def decide_finding(
    db: Database,
    finding: int,
    action: str,
    *,
    who: str,
    why: str,
    expires: date | None = None,
    verdict: str | None = None,
    at: datetime | None = None,
) -> Review:
    """Confirm or dismiss a finding of the last judging, also one that raises no alert; the alert that it raises follows.

    Raises NotAllowed for another action, a finding of an earlier judging, or one that costs nobody anything.
    """
    now = at or datetime.now(UTC)
    if action not in ("confirm", "dismiss"):
        raise NotAllowed("对一条结论只能确认属实或排除。")
    with facts.writing(db):
        found = next((f for f in _last(db) if f.id == finding), None)
        if found is None:
            raise NotAllowed(f"结论 {finding} 不属于最近一次判定。请刷新后再看。")
        if found.verdict not in ("fail", "unknown"):
            raise NotAllowed(f"结论 {finding} 不是“不合格”或“未知”，不需要处理。")
        for key in alerts.raising([found]):
            known = next((a for a in reviews.alerts(db) if alerts.key_of(a) == key), None)
            if known is not None and known.state in alerts.acts()[action].origins:
                decide(db, known.id, action, who=who, why=why, expires=expires, verdict=verdict, at=now)
                return reviews.reviews(db, unit=found.unit)[-1]
        review = Review(
            found.unit,
            found.target,
            action,
            who.strip(),
            now,
            why.strip(),
            rule=found.rule,
            run=_run(db),
            finding=found.id,
        )
        if action == "dismiss":
            review = replace(review, expires=expires, grounds=grounds([found]), verdict=verdict or "pass")
        alerts.check(review)
        review = reviews.save_review(db, review)
        if action == "dismiss":
            _save_case(db, found, review)
        return review


def withdraw_dismissal(db: Database, review: int, *, who: str, why: str, at: datetime | None = None) -> Review:
    """Take back a dismissal by its number; the alert that it dismissed comes again. Raises NotAllowed."""
    now = at or datetime.now(UTC)
    with facts.writing(db):
        given = next((r for r in standing(reviews.reviews(db)) if r.id == review), None)
        if given is None:
            raise NotAllowed(f"没有编号为 {review} 的有效排除意见。")
        for known in reviews.alerts(db):
            same = (known.unit, known.kind, alerts.subject(known)[1]) == (given.unit, given.kind, given.target)
            if same and known.state == "dismissed":
                decide(db, known.id, "withdraw", who=who, why=why, at=now)
                return reviews.reviews(db, unit=given.unit)[-1]
        back = replace(given, action="withdraw", who=who.strip(), why=why.strip(), at=now, run=_run(db), id=0)
        back = replace(back, expires=None, grounds=(), verdict=None)
        alerts.check(back)
        return reviews.save_review(db, back)


def reviewed_findings(db: Database) -> list[Finding]:
    """The findings of the last judging as a reviewed score counts them; empty before the first judging."""
    judging = findings.latest_judging(db)
    if judging is None:
        return []
    return reviewed(_last(db), standing(reviews.reviews(db)), on=shanghai_day(judging.as_of))


def reviewed_scores(db: Database) -> list[Score]:
    """The score table of the last judging without what was dismissed (复核后); the night's own scores stay as they are."""
    return scoring.scores(facts.units(db), reviewed_findings(db), load_rubric())


def _save_case(db: Database, finding: Finding, review: Review) -> None:
    """Keep the records as a case, where the rules do not agree with the person."""
    case = next(cases_of(db, only=finding.unit), None)
    if case is not None:
        kept = cases.saved(finding, review, case)
        if cases.disagreement(kept, load_rubric()) is not None:
            reviews.save_case(db, review.id, cases.line(kept))


def _last(db: Database) -> Sequence[Finding]:
    judging = findings.latest_judging(db)
    return findings.findings_of(db, judging.id) if judging else []


def _run(db: Database) -> int:
    judging = findings.latest_judging(db)
    return (judging.run or 0) if judging else 0
