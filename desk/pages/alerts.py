"""预警队列 and 预警详情: what broke, is it true, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from db import appeals, cited, facts, reviews
from db.appeals import Appeal
from db.history import asked_for
from db.records import Alert, Evidence, Finding, shanghai_day
from desk import wording
from desk.pages.frame import Here, Number, Visit, needs, onward, page
from monitors import alerts
from monitors.alerts import NotAllowed
from monitors.exceptions import VERDICTS
from schedules.review import contested, decide, decide_many
from schedules.workdays import add_workdays

router = APIRouter(prefix="/alerts")
READ, ACT = [Depends(needs("unit"))], [Depends(needs("reviewer"))]
TOLD = ("confirmed", "rectifying")  # states that the unit itself is told of
ON_PAPER = (*TOLD, "closing_proposed")  # and about which a notice is printed: it says that a person has looked
GRAVE = ("high", "medium", "low")
_PAGE = 100
_WORKDAYS = (3, 5, 10, 15, 30)
HOLDS = 90  # days that a dismissal is proposed to hold
_SHOTS = 3  # pieces of evidence for which the desk looks for a picture


def visible(visit: Visit) -> list[Alert]:
    """The alerts that the user may see: all of them; a unit those of its own that a person has confirmed."""
    every = reviews.alerts(visit.db)
    return every if visit.unit is None else [a for a in every if a.unit == visit.unit and a.state in TOLD]


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


@router.get("", dependencies=READ)
def queue(visit: Here) -> Response:
    """All alerts that are not over, or those that the filters name."""
    return _queue(visit)


@router.post("/acknowledge", dependencies=ACT)
def acknowledge(visit: Here) -> Response:
    """已阅 for all that were ticked; what cannot be is said one by one."""
    chosen = [int(n) for n in visit.form.getlist("id") if isinstance(n, str) and n.isdecimal() and len(n) < 12]
    done, failed = 0, ["没有选中任何预警。"]
    if chosen:
        try:
            moved, failed = decide_many(
                visit.db, chosen, "acknowledge", who=visit.who.name, why=visit.given("why"), at=visit.now
            )
            done = len(moved)
        except NotAllowed as error:
            failed = [str(error)]
    if done:
        visit.note(f"已阅 {done} 条。")
    for line in failed[:10]:
        visit.note(line)
    if len(failed) > 10:
        visit.note(f"另有 {len(failed) - 10} 条未能标为已阅。")
    query = visit.given("query")
    return onward("/alerts" + (f"?{query}" if query else ""))


@router.get("/{id_}", dependencies=READ)
def alert(visit: Here, id_: Number) -> Response:
    """One alert with its evidence and what may be done."""
    return _alert(visit, id_)


@router.post("/{id_}/act", dependencies=ACT)
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
            due=day_of(visit.given("due"), "期限"),
            expires=day_of(visit.given("expires"), "有效期"),
            verdict=visit.given("verdict") or None,
            at=visit.now,
        )
    except NotAllowed as error:
        return _alert(visit, id_, str(error))
    visit.note(f"已记录：{alerts.acts()[action].title}。预警现在是“{alerts.states()[moved.state]}”。")
    return onward(f"/alerts/{id_}")


def _queue(visit: Visit) -> Response:
    every = visible(visit)
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
    known = next((a for a in visible(visit) if a.id == id_), None)
    if known is None:
        raise HTTPException(404, f"没有编号为 {id_} 的预警。")
    night, day = visit.night, shanghai_day(visit.now)
    rule, target = alerts.subject(known)
    raised = alerts.raising(night.of_unit.get(known.unit, ())).get(alerts.key_of(known), [])
    line = night.rubric.lines.get(rule) if rule else None
    contests = [a for a in appeals.appeals(visit.db, unit=known.unit) if contested([a], known)]
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
        pieces=pieces_of(visit, known),
        asked=[(url, asked_for(visit.db, known.unit, url)) for url in addresses_of(known)],
        steps=_steps(visit, known, contests),
        contests=contests,
        contest=next((c for c in contests if c.open), None),
        rechecks=appeals.rechecks_of(visit.db, "alert", id_),
        veto=veto_of(visit, raised[0]) if raised else None,
        acts=_allowed(known) if visit.trusted else [],
        given={name: visit.given(name) for name in ("action", "why", "due", "expires", "verdict", "workdays")},
        workdays=[(n, add_workdays(day, n)) for n in _WORKDAYS],
        tomorrow=day + timedelta(days=1),
        holds=day + timedelta(days=HOLDS),
        longest=day + timedelta(days=365),
        verdicts=VERDICTS,
        on_paper=ON_PAPER,
        night=night,
    )


@dataclass(frozen=True)
class Happened:
    """One line of a timeline."""

    at: datetime
    what: str
    who: str
    why: str
    note: str = ""


def _steps(visit: Visit, alert: Alert, contests: Sequence[Appeal]) -> list[Happened]:
    """What happened to the alert, its rechecks and the appeals against it, oldest first."""
    rows = [
        Happened(s.at, alerts.states().get(s.after, s.after), s.who, s.why, "重新判定更正" if s.corrected else "")
        for s in reviews.steps(visit.db, alert.id)
    ]
    for one in appeals.rechecks_of(visit.db, "alert", alert.id):
        rows.append(Happened(one.asked_at, "要求复查", one.who, one.note or ""))
    for contest in contests:
        for step in appeals.steps(visit.db, contest.id):
            what = f"第 {contest.id} 号申诉：{wording.word(step.action, 'appeal')}"
            rows.append(Happened(step.at, what, step.who, step.why))
    return sorted(rows, key=lambda row: row.at)


@dataclass(frozen=True)
class Veto:
    """How a vetoing finding stands: who confirmed it, how many must, and whether it counts in the reviewed score."""

    by: tuple[str, ...]
    needed: int
    stands: bool
    finding: int


def veto_of(visit: Visit, finding: Finding) -> Veto | None:
    """How the finding stands as a veto; None where it is none."""
    judged = visit.reviewed
    if finding.id not in judged.vetoes:
        return None
    return Veto(judged.vetoes[finding.id], judged.needed, judged.stands(finding), finding.id)


def _allowed(alert: Alert) -> list[Any]:
    """What may be done with the alert as it is."""
    closing = alerts.kinds()[alert.kind].closing
    return [a for a in alerts.acts().values() if alert.state in a.origins and (closing or not a.closing)]


def pieces_of(visit: Visit, alert: Alert | Finding) -> list[tuple[int, Evidence, bool, bool]]:
    """Each piece of evidence: its number, itself, whether its page is stored, whether there is a picture of it."""
    found = []
    for n, piece in enumerate(alert.evidence):
        kept = piece.sha256 is not None and facts.body(visit.db, piece.sha256) is not None
        shot = n < _SHOTS and bool(cited.screenshots_of(visit.db, alert.unit, piece))
        found.append((n, piece, kept, shot))
    return found


def addresses_of(alert: Alert | Finding) -> list[str]:
    """The addresses whose history is shown."""
    return list(dict.fromkeys(e.url for e in alert.evidence if e.url))[:3]


def day_of(text: str, what: str) -> date | None:
    """The day of a form, None for an empty field. Raises NotAllowed for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise NotAllowed(f"{what}「{text[:20]}」不是日期。请写成 2026-11-24 这样。") from error
