"""预警队列 and 预警详情: what broke, is it true, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from db import cited, facts, reviews
from db.history import asked_for
from db.records import Alert, Evidence, shanghai_day
from desk.pages.frame import Here, Number, Visit, needs, onward, page
from monitors import alerts
from monitors.alerts import NotAllowed
from monitors.exceptions import VERDICTS
from schedules.review import decide
from schedules.workdays import add_workdays

router = APIRouter(prefix="/alerts", dependencies=[Depends(needs("reviewer"))])
GRAVE = ("high", "medium", "low")
_PAGE = 100
_WORKDAYS = (3, 5, 10, 15, 30)
_HOLDS = 90  # days that a dismissal is proposed to hold
_SHOTS = 3  # pieces of evidence for which the desk looks for a picture


@dataclass(frozen=True)
class Shown:
    """One alert with what the lists show of it."""

    alert: Alert
    title: str
    sure: bool
    late: bool


def urgent(visit: Visit, found: Sequence[Alert]) -> list[Shown]:
    """The alerts, the gravest and surest first, then the newest."""
    night, day = visit.night, shanghai_day(visit.now)
    rows = []
    for alert in found:
        rule, _ = alerts.subject(alert)
        kind = alerts.kinds()[alert.kind].title
        title = night.title(rule) if rule else ""
        late = alert.state == "rectifying" and alert.due is not None and alert.due < day
        rows.append(Shown(alert, "" if title == kind else title, alerts.sure(alert), late))
    rows.sort(key=lambda s: (-s.alert.opened_at.timestamp(), s.alert.id))
    rows.sort(key=lambda s: (GRAVE.index(s.alert.severity), not s.sure))
    return rows


@router.get("")
def queue(visit: Here) -> Response:
    """All alerts that are not over, or those that the filters name."""
    return _queue(visit)


@router.post("/acknowledge")
def acknowledge(visit: Here) -> Response:
    """已阅 for all that were ticked; what cannot be is said one by one."""
    chosen = [int(n) for n in visit.form.getlist("id") if isinstance(n, str) and n.isdecimal() and len(n) < 12]
    why, done, failed = visit.given("why"), 0, []
    if not chosen:
        failed.append("没有选中任何预警。")
    for id_ in dict.fromkeys(chosen):
        try:
            decide(visit.db, id_, "acknowledge", who=visit.who.name, why=why, at=visit.now)
            done += 1
        except NotAllowed as error:
            failed.append(f"第 {id_} 号：{error}" if why else str(error))
    if done:
        visit.note(f"已阅 {done} 条。")
    for line in list(dict.fromkeys(failed))[:10]:
        visit.note(line)
    if len(failed) > 10:
        visit.note(f"另有 {len(failed) - 10} 条未能标为已阅。")
    query = visit.given("query")
    return onward("/alerts" + (f"?{query}" if query else ""))


@router.get("/{id_}")
def alert(visit: Here, id_: Number) -> Response:
    """One alert with its evidence and what may be done."""
    return _alert(visit, id_)


@router.post("/{id_}/act")
def act(visit: Here, id_: Number) -> Response:
    """Do what the form says; the page again with what is wrong where it cannot be done."""
    workdays, action = visit.given("workdays"), visit.given("action")
    try:
        moved = decide(
            visit.db,
            id_,
            action,
            who=visit.who.name,
            why=visit.given("why"),
            workdays=int(workdays) if workdays.isdecimal() and len(workdays) < 4 else None,
            due=_day(visit.given("due"), "期限"),
            expires=_day(visit.given("expires"), "有效期"),
            verdict=visit.given("verdict") or None,
            at=visit.now,
        )
    except NotAllowed as error:
        return _alert(visit, id_, str(error))
    visit.note(f"已记录：{alerts.acts()[action].title}。预警现在是“{alerts.states()[moved.state]}”。")
    return onward(f"/alerts/{id_}")


def _queue(visit: Visit) -> Response:
    every = reviews.alerts(visit.db)
    wanted = {name: visit.asked(name) for name in ("kind", "state", "severity", "unit")}
    found = [a for a in every if wanted["state"] in ("", "all") or a.state == wanted["state"]]
    if not wanted["state"]:
        found = [a for a in found if a.state not in alerts.OVER]
    for name in ("kind", "severity", "unit"):
        found = [a for a in found if not wanted[name] or getattr(a, name) == wanted[name]]
    rows = urgent(visit, found)
    pages = max(1, -(-len(rows) // _PAGE))
    number = visit.asked("page")
    at = min(pages, int(number)) if number.isdecimal() and 0 < len(number) < 6 and int(number) else 1
    given = {name: value for name, value in wanted.items() if value}
    return page(
        visit,
        "alerts.html",
        menu="alerts",
        rows=rows[(at - 1) * _PAGE : at * _PAGE],
        total=len(rows),
        wanted=wanted,
        units=sorted({a.unit for a in every}, key=list(visit.night.units).index if _known(visit, every) else str),
        can_acknowledge=alerts.acts()["acknowledge"].origins,
        grave=GRAVE,
        at=at,
        pages=pages,
        query=urlencode(given),
    )


def _known(visit: Visit, every: Sequence[Alert]) -> bool:
    return all(a.unit in visit.night.units for a in every)


def _alert(visit: Visit, id_: int, error: str = "") -> Response:
    known = next((a for a in reviews.alerts(visit.db) if a.id == id_), None)
    if known is None:
        raise HTTPException(404, f"没有编号为 {id_} 的预警。")
    night, day = visit.night, shanghai_day(visit.now)
    rule, target = alerts.subject(known)
    raised = alerts.raising(night.of_unit.get(known.unit, ())).get(alerts.key_of(known), [])
    line = night.rubric.lines.get(rule) if rule else None
    decided = [
        r
        for r in reviews.reviews(visit.db, unit=known.unit)
        if r.kind == known.kind and r.target == target and (r.rule in (None, rule) or not rule)
    ]
    return page(
        visit,
        "alert.html",
        status=422 if error else 200,
        menu="alerts",
        error=error,
        alert=known,
        shown=urgent(visit, [known])[0],
        rule=rule,
        target=target,
        line=line,
        raised=raised,
        finding=raised[0] if raised else None,
        pieces=_pieces(visit, known),
        asked=[(url, asked_for(visit.db, known.unit, url)) for url in _addresses(known)],
        steps=reviews.steps(visit.db, id_),
        decided=decided,
        acts=_allowed(known),
        given={name: visit.given(name) for name in ("action", "why", "due", "expires", "verdict", "workdays")},
        workdays=[(n, add_workdays(day, n)) for n in _WORKDAYS],
        tomorrow=day + timedelta(days=1),
        holds=day + timedelta(days=_HOLDS),
        longest=day + timedelta(days=365),
        verdicts=VERDICTS,
        night=night,
    )


def _allowed(alert: Alert) -> list[Any]:
    """What may be done with the alert as it is."""
    closing = alerts.kinds()[alert.kind].closing
    return [a for a in alerts.acts().values() if alert.state in a.origins and (closing or not a.closing)]


def _pieces(visit: Visit, alert: Alert) -> list[tuple[int, Evidence, bool, bool]]:
    """Each piece of evidence: its number, itself, whether its page is stored, whether there is a picture of it."""
    found = []
    for n, piece in enumerate(alert.evidence):
        kept = piece.sha256 is not None and facts.body(visit.db, piece.sha256) is not None
        shot = n < _SHOTS and bool(cited.screenshots_of(visit.db, alert.unit, piece))
        found.append((n, piece, kept, shot))
    return found


def _addresses(alert: Alert) -> list[str]:
    """The addresses whose history is shown."""
    return list(dict.fromkeys(e.url for e in alert.evidence if e.url))[:3]


def _day(text: str, what: str) -> date | None:
    """The day of a form, None for an empty field. Raises NotAllowed for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotAllowed(f"{what}「{text[:20]}」不是日期。请写成 2026-11-24 这样。") from error
