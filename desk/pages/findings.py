"""One finding: what was found on which page, who has confirmed it, and what came of looking again.

What raises no alert (a stale column, a home page that vetoes) is confirmed and dismissed here; a recheck answers on its own page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from db import appeals, findings, reviews
from db.appeals import Recheck
from db.history import asked_for
from db.records import Finding, shanghai_day
from desk.pages.alerts import HOLDS, addresses_of, day_of, pieces_of, veto_of, visible
from desk.pages.frame import Here, Number, Visit, needs, onward, page
from monitors import alerts
from monitors.alerts import NotAllowed
from monitors.exceptions import VERDICTS
from schedules.recheck import asked_about, subject_of
from schedules.review import decide_finding

router = APIRouter()
READ, ACT = [Depends(needs("unit"))], [Depends(needs("reviewer"))]
Of = Literal["alert", "finding", "appeal"]
PAGES = {"alert": "/alerts/{}", "finding": "/findings/{}", "appeal": "/appeals/{}"}
_WAIT = 20.0  # seconds that the page of a recheck waits for it when asked to


@router.get("/findings/{id_}", dependencies=READ)
def finding(visit: Here, id_: Number) -> Response:
    """One finding, of whatever judging."""
    return _finding(visit, id_)


@router.post("/findings/{id_}/act", dependencies=ACT)
def act(visit: Here, id_: Number) -> Response:
    """Confirm or dismiss it; the page again with what is wrong where it cannot be done."""
    found, action = found_of(visit, id_), visit.given("action")
    try:
        decide_finding(
            visit.db,
            id_,
            action,
            who=visit.who.name,
            why=visit.given("why"),
            expires=day_of(visit.given("expires"), "有效期"),
            verdict=visit.given("verdict") or None,
            at=visit.now,
        )
    except NotAllowed as error:
        return _finding(visit, id_, str(error))
    visit.note(f"已记录：{alerts.acts()[action].title}（{found.unit}，{visit.night.title(found.rule)}）。")
    return onward(f"/findings/{id_}")


@router.post("/recheck/{of}/{id_}", dependencies=ACT)
def recheck(visit: Here, of: Of, id_: Number) -> Response:
    """Visit the unit now; the answer comes on a page of its own."""
    try:
        made = visit.desk.rechecks.ask(visit.db, _asked(visit, of, id_))
    except NotAllowed as error:
        visit.note(str(error))
        return onward(PAGES[of].format(id_))
    return onward(f"/rechecks/{made.id}")


@router.get("/rechecks/{id_}", dependencies=READ)
def answer(visit: Here, id_: Number) -> Response:
    """How the recheck stands; with `wait=1` the answer waits a while for its end."""
    visit.desk.rechecks.settle(visit.db)
    known = appeals.recheck_of(visit.db, id_)
    if known is None:
        raise HTTPException(404, f"没有编号为 {id_} 的复查。")
    visit.admit(known.unit)
    if visit.asked("wait") == "1":
        known = visit.desk.rechecks.wait(visit.db, id_, _WAIT) or known
    return page(
        visit,
        "recheck.html",
        menu={"appeal": "appeals", "alert": "alerts"}.get(known.of, "units"),
        recheck=known,
        back=PAGES[known.of].format(known.subject),
        latest=subject_of(visit.night.of_unit.get(known.unit, ()), known),
        night=visit.night,
    )


def found_of(visit: Visit, id_: int) -> Finding:
    """The finding with that number, of whatever judging. Raises HTTPException 404 where there is none or the user may not see it."""
    found = visit.night.by_id.get(id_) or findings.finding_by_id(visit.db, id_)
    if found is None:
        raise HTTPException(404, f"没有编号为 {id_} 的结论。")
    visit.admit(found.unit)
    return found


def _asked(visit: Visit, of: Of, id_: int) -> Recheck:
    who, at = visit.who.name, visit.now
    if of == "finding":
        one = found_of(visit, id_)
        return asked_about(one, unit=one.unit, rule=one.rule, target=one.target, of=of, subject=id_, who=who, at=at)
    if of == "appeal":
        contest = appeals.appeal_of(visit.db, id_)
        if contest is None:
            raise HTTPException(404, f"没有编号为 {id_} 的申诉。")
        now = next((f for f in visit.night.of_unit.get(contest.unit, ()) if contest.about(f)), None)
        before = now or findings.finding_by_id(visit.db, contest.finding)
        given = {"unit": contest.unit, "rule": contest.rule, "target": contest.target}
        return asked_about(before, of=of, subject=id_, who=who, at=at, **given)
    alert = next((a for a in visible(visit) if a.id == id_), None)
    if alert is None:
        raise HTTPException(404, f"没有编号为 {id_} 的预警。")
    rule, target = alerts.subject(alert)
    raised = alerts.raising(visit.night.of_unit.get(alert.unit, ())).get(alerts.key_of(alert), [])
    before = raised[0] if raised else None
    given = {"unit": alert.unit, "rule": rule or alert.rule, "target": target}
    return asked_about(before, of=of, subject=id_, who=who, at=at, **given)


def _finding(visit: Visit, id_: int, error: str = "") -> Response:
    found, night, day = found_of(visit, id_), visit.night, shanghai_day(visit.now)
    now = next((f for f in night.of_unit.get(found.unit, ()) if _same(f, found)), None)
    contests = [a for a in appeals.appeals(visit.db, unit=found.unit) if a.about(found)]
    keys = alerts.raising([found])
    scope = (found.target, found.rule)
    return page(
        visit,
        "finding.html",
        status=422 if error else 200,
        menu="units",
        error=error,
        finding=found,
        line=night.rubric.lines.get(found.rule),
        latest=None if found.id in night.by_id else now,
        current=found.id in night.by_id,
        pieces=pieces_of(visit, found),
        asked=[(url, asked_for(visit.db, found.unit, url)) for url in addresses_of(found)],
        alerts=[a for a in visible(visit) if alerts.key_of(a) in keys],
        veto=veto_of(visit, found),
        decided=[r for r in reviews.reviews(visit.db, unit=found.unit) if (r.target, r.rule) == scope],
        titles={a.name: a.title for a in alerts.acts().values()},
        contests=contests,
        contest=next((c for c in contests if c.open), None),
        rechecks=appeals.rechecks_of(visit.db, "finding", id_),
        given={name: visit.given(name) for name in ("action", "why", "expires", "verdict")},
        tomorrow=day + timedelta(days=1),
        holds=day + timedelta(days=HOLDS),
        longest=day + timedelta(days=365),
        verdicts=VERDICTS,
        night=night,
    )


def _same(one: Finding, other: Finding) -> bool:
    return (one.rule, one.target, one.account) == (other.rule, other.target, other.account)
