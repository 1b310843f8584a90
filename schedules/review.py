"""What happens when a person decides about an alert or a finding?

The decision is added, the alert takes its step, and a dismissal leaves a saved case, all in one transaction. Nobody's score
of the night changes: a dismissed finding is left out of the reviewed score alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlite_utils import Database

from db import appeals, facts, findings, reviews
from db.appeals import REJECTED, UPHELD, Appeal, AppealStep
from db.records import Alert, Finding, Review, Score, Unit, shanghai_day
from monitors import alerts, cases, scoring
from monitors.alerts import NotAllowed
from monitors.exceptions import costless, grounds, reviewed, standing
from monitors.rubric import Rubric, load_rubric
from schedules.jobs import cases_of
from schedules.workdays import add_workdays


class Contested(NotAllowed):
    """The unit appeals against it: until that is decided, the alert holds its state."""


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
    Raises NotAllowed, with nothing written, where the alert is not in a state for it, something is missing, or the unit appeals.
    """
    now = at or datetime.now(UTC)
    with facts.writing(db):
        known = next((a for a in reviews.alerts(db) if a.id == alert), None)
        if known is None:
            raise NotAllowed(f"没有编号为 {alert} 的预警。")
        if (contest := contested(appeals.open_appeals(db), known)) is not None:
            raise Contested(f"单位已就此提出第 {contest.id} 号申诉，请在申诉中作出决定。")
        raised = alerts.raising(_last(db)).get(alerts.key_of(known), [])
        if workdays is not None and workdays > 0 and due is None:
            due = add_workdays(shanghai_day(now), workdays)
        given: dict[str, Any] = {"due": due, "expires": expires, "verdict": verdict}
        moved, _ = _act(db, known, raised, action, who=who, why=why, at=now, **given)
    return moved


def decide_many(
    db: Database, chosen: Sequence[int], action: str, *, who: str, why: str, at: datetime | None = None
) -> tuple[list[Alert], list[str]]:
    """The alerts after the same simple act (one that needs nothing but a reason), and why the others could not take it.

    Read and stored once, whatever their number. Raises NotAllowed, with nothing written, where the act itself is incomplete.
    """
    now, failed, moved = at or datetime.now(UTC), list[str](), list[Alert]()
    with facts.writing(db):
        alerts.check(Review("", "", action, who.strip(), now, why.strip()))
        known = {a.id: a for a in reviews.alerts(db)}
        raised, run, open_ = alerts.raising(_last(db)), _run(db), appeals.open_appeals(db)
        for id_ in dict.fromkeys(chosen):
            if (one := known.get(id_)) is None:
                failed.append(f"没有编号为 {id_} 的预警。")
                continue
            if (contest := contested(open_, one)) is not None:
                failed.append(f"第 {id_} 号：单位已提出第 {contest.id} 号申诉，请在申诉中作出决定。")
                continue
            review = _review(one, raised.get(alerts.key_of(one), []), action, who=who, why=why, at=now, run=run)
            try:
                moved.append(alerts.act(one, review))
            except NotAllowed as error:
                failed.append(f"第 {id_} 号：{error}")
                continue
            reviews.save_review(db, review)
        reviews.save_alerts(db, moved, run=run, person=True)
    return moved, failed


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

    A finding whose alert is confirmed already may be confirmed once more, by somebody else. Raises NotAllowed for another action, a
    finding of an earlier judging, one that costs nobody anything, or one against which the unit appeals.
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
        if (contest := next((a for a in appeals.open_appeals(db) if a.about(found)), None)) is not None:
            raise Contested(f"单位已就此提出第 {contest.id} 号申诉，请在申诉中作出决定。")
        return _decided(db, found, action, who=who, why=why, expires=expires, verdict=verdict, at=now)


def decide_appeal(
    db: Database,
    appeal: int,
    upheld: bool,
    *,
    who: str,
    why: str,
    expires: date | None = None,
    verdict: str | None = None,
    at: datetime | None = None,
) -> Appeal:
    """The appeal after a reviewer decided it: upheld, the finding is dismissed; else it is confirmed. Raises NotAllowed.

    expires, verdict  upheld: as in `decide`. It is decided about the finding as it fails now or, where it no longer does, as it
    was when the appeal was filed.
    """
    now, action = at or datetime.now(UTC), "dismiss" if upheld else "confirm"
    with facts.writing(db):
        known = appeals.appeal_of(db, appeal)
        if known is None or not known.open:
            raise NotAllowed(f"第 {appeal} 号申诉已经了结，或没有这个申诉。请刷新后再看。")
        now_failing = next((f for f in _last(db) if known.about(f) and f.verdict == "fail"), None)
        found = now_failing or findings.finding_by_id(db, known.finding)
        if found is None:
            raise NotAllowed(f"结论 {known.finding} 已不在数据库中。")
        given = {"expires": expires, "verdict": verdict} if upheld else {}
        review = _decided(db, found, action, who=who, why=why, at=now, **given)
        step = AppealStep(appeal, now, review.who, UPHELD if upheld else REJECTED, review.why, review.id)
        appeals.add_step(db, step)
        after = appeals.appeal_of(db, appeal)
        assert after is not None
        return after


def contested(open_: Iterable[Appeal], alert: Alert) -> Appeal | None:
    """The open appeal about what the alert is about, or None."""
    rule, target = alerts.subject(alert)
    mine = (alert.unit, rule or alert.rule, target, alert.account)
    return next((a for a in open_ if (a.unit, a.rule, a.target, a.account) == mine), None)


def _decided(db: Database, found: Finding, action: str, *, who: str, why: str, at: datetime, **given: Any) -> Review:
    """The review of that finding; the alert that it raises takes its step where it can. Within a transaction."""
    for key in alerts.raising([found]):
        known = next((a for a in reviews.alerts(db) if alerts.key_of(a) == key), None)
        if known is not None and known.state in alerts.acts()[action].origins:
            raised = alerts.raising(_last(db)).get(key) or [found]
            return _act(db, known, raised, action, who=who, why=why, at=at, **given)[1]
    review = Review(found.unit, found.target, action, who.strip(), at, why.strip(), rule=found.rule, run=_run(db))
    review = replace(review, finding=found.id)
    if action == "dismiss":
        expires, verdict = given.get("expires"), given.get("verdict")
        review = replace(review, expires=expires, grounds=grounds([found]), verdict=verdict or "pass")
    alerts.check(review)
    review = reviews.save_review(db, review)
    if action == "dismiss":
        _save_case(db, found, review)
    return review


def _act(
    db: Database,
    known: Alert,
    raised: Sequence[Finding],
    action: str,
    *,
    who: str,
    why: str,
    at: datetime,
    due: date | None = None,
    expires: date | None = None,
    verdict: str | None = None,
) -> tuple[Alert, Review]:
    """The alert after the act, and the review, both stored. Within a transaction."""
    review = replace(_review(known, raised, action, who=who, why=why, at=at, run=_run(db)), due=due)
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
        stand = standing(reviews.reviews(db, unit=known.unit))
        mine = [d for d in stand if (d.kind, d.target) == (known.kind, review.target)]
        review = replace(review, rule=mine[-1].rule if mine else review.rule)
    moved = alerts.act(known, review)
    review = reviews.save_review(db, review)
    reviews.save_alerts(db, [moved], run=review.run, person=True)
    if action == "dismiss" and raised:
        _save_case(db, raised[0], review)
    return moved, review


def _review(
    known: Alert, raised: Sequence[Finding], action: str, *, who: str, why: str, at: datetime, run: int
) -> Review:
    rule, target = alerts.subject(known)
    number = raised[0].id if raised else 0
    return Review(
        known.unit, target, action, who.strip(), at, why.strip(), known.kind, rule or None, run, finding=number
    )


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


@dataclass(frozen=True)
class Reviewed:
    """A judging as people have decided about it up to now (复核后).

    findings  as the reviewed score counts them: dismissed and disputed ones cost nothing
    scores    by unit; only vetoes that were confirmed cap them
    vetoes    by the number of the finding: who has confirmed that it vetoes, each name once     needed  how many must
    disputed  by the number of the finding: the open appeal against it
    """

    findings: Sequence[Finding]
    scores: Mapping[str, Score]
    vetoes: Mapping[int, tuple[str, ...]]
    disputed: Mapping[int, int]
    needed: int = 1

    def stands(self, finding: Finding) -> bool:
        """Whether enough people have confirmed the finding as a veto, and nobody disputes it."""
        return len(self.vetoes.get(finding.id, ())) >= self.needed and finding.id not in self.disputed


def reviewed_judging(
    db: Database,
    found: Sequence[Finding],
    units: Sequence[Unit],
    rubric: Rubric,
    *,
    on: date,
    two: bool = False,
    until: int | None = None,
) -> Reviewed:
    """These findings, of one judging, with what people decided.

    on     the day of the judging      two  a veto must be confirmed by two different people
    until  a run: what was decided before the next one began; None: up to now

    A confirmation holds until the demand is found met, or the finding is dismissed, or its alert was closed by hand.
    """
    given = [r for r in reviews.reviews(db) if until is None or r.run <= until]
    open_ = appeals.open_appeals(db, until=until)
    disputed = {f.id: a.id for a in open_ for f in found if f.verdict == "fail" and a.about(f)}
    left = reviewed(found, standing(given), on=on)
    left = costless(left, disputed, on=on)
    vetoes = {f.id: _confirmers(db, f, given, until) for f in found if scoring.is_veto(f, rubric)}
    made = Reviewed(left, {}, vetoes, disputed, 2 if two else 1)
    return replace(made, scores={s.unit: s for s in scoring.scores(units, left, rubric, vetoing=made.stands)})


_ENDING = ("dismiss", "withdraw", "resolve")  # acts after which an earlier confirmation says nothing


def _confirmers(db: Database, finding: Finding, given: Iterable[Review], until: int | None = None) -> tuple[str, ...]:
    """Who has confirmed the fault of that finding since it began."""
    mine: list[Review] = []
    for review in given:
        if (review.unit, review.target, review.rule) == (finding.unit, finding.target, finding.rule):
            mine = [] if review.action in _ENDING else [*mine, review]
    confirmed = [r for r in mine if r.action == "confirm" and not appeals.well_since(db, finding, r.at, until=until)]
    return tuple(dict.fromkeys(r.who for r in confirmed))


def reviewed_findings(db: Database) -> list[Finding]:
    """The findings of the last judging as a reviewed score counts them; empty before the first judging."""
    return list(_reviewed_last(db).findings)


def reviewed_scores(db: Database, *, two: bool = False) -> list[Score]:
    """The score table of the last judging as people decided it (复核后); the night's own scores stay as they are."""
    return list(_reviewed_last(db, two=two).scores.values())


def _reviewed_last(db: Database, *, two: bool = False) -> Reviewed:
    judging = findings.latest_judging(db)
    on = shanghai_day(judging.as_of if judging else datetime.now(UTC))
    return reviewed_judging(db, _last(db), facts.units(db), load_rubric(), on=on, two=two)


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
