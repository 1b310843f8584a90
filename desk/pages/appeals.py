"""申诉: a unit contests a finding, hands in what proves it, and a reviewer decides.

While it is open the deduction is frozen: it does not count in the reviewed score, and the alert holds its state. The unit is visited at
once, and what the next night says is shown too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from db import appeals, facts, findings
from db.appeals import RECHECKED, REJECTED, WITHDRAWN, Appeal, AppealStep
from db.records import SYSTEM, Finding, shanghai_day
from desk import attach, wording
from desk.attach import NotTaken
from desk.pages.alerts import HOLDS, day_of, pieces_of
from desk.pages.findings import found_of
from desk.pages.frame import DOWNLOAD, Here, Number, Visit, needs, onward, page
from monitors.alerts import NotAllowed
from monitors.exceptions import VERDICTS
from schedules.recheck import asked_about
from schedules.review import decide_appeal

router = APIRouter(prefix="/appeals")
READ, ACT = [Depends(needs("unit"))], [Depends(needs("reviewer"))]
AGAIN = timedelta(days=30)  # before which what was rejected is not taken again
_LEAST, _MOST = 10, 3000  # characters of a statement
_PAGE = 100


@dataclass(frozen=True)
class Line:
    """One line of the timeline."""

    at: datetime
    what: str
    who: str
    why: str
    recheck: int = 0


@router.get("", dependencies=READ)
def queue(visit: Here) -> Response:
    """All appeals, the open ones first; a unit's own."""
    every = appeals.appeals(visit.db, unit=visit.unit)
    rows = sorted(every, key=lambda a: not a.open)
    return page(visit, "appeals.html", menu="appeals", rows=rows[:_PAGE], total=len(rows), night=visit.night)


@router.get("/new/{id_}", dependencies=READ)
def ask(visit: Here, id_: Number) -> Response:
    """The form of an appeal against that finding."""
    found = _contestable(visit, id_)
    try:
        _free(visit, found)
    except NotAllowed as error:
        return _form(visit, found, str(error))
    return _form(visit, found)


@router.post("/new/{id_}", dependencies=READ)
def file(visit: Here, id_: Number) -> Response:
    """File it, and look again at once; the form again with what is wrong."""
    found, text = _contestable(visit, id_), visit.given("text")
    try:
        if not _LEAST <= len(text) <= _MOST:
            raise NotTaken(f"申诉理由应有 {_LEAST} 到 {_MOST} 个字。")
        files = attach.checked(_files(visit))
        with facts.writing(visit.db):
            _free(visit, found)
            made = appeals.file_appeal(visit.db, found, who=visit.who.name, text=text, at=visit.now)
            appeals.attach(visit.db, made.id, files)
    except (NotTaken, NotAllowed) as error:
        return _form(visit, found, str(error))
    asked = asked_about(
        found,
        unit=found.unit,
        rule=found.rule,
        target=found.target,
        of="appeal",
        subject=made.id,
        who=SYSTEM,
        at=visit.now,
    )
    try:
        visit.desk.rechecks.ask(visit.db, asked)
    except NotAllowed as error:
        with facts.writing(visit.db):
            appeals.add_step(visit.db, AppealStep(made.id, visit.now, SYSTEM, RECHECKED, f"没有立即复查：{error}"))
    visit.note("申诉已提交，正在复查。决定之前，这一项扣分不计入复核后得分。")
    return onward(f"/appeals/{made.id}")


@router.get("/{id_}", dependencies=READ)
def appeal(visit: Here, id_: Number) -> Response:
    """One appeal with what was found before and since."""
    return _appeal(visit, _known(visit, id_))


@router.post("/{id_}/withdraw", dependencies=READ)
def withdraw(visit: Here, id_: Number) -> Response:
    """The unit takes it back."""
    known = _known(visit, id_)
    if visit.unit is None:
        raise HTTPException(403, "只有提出申诉的单位可以撤回。")
    with facts.writing(visit.db):
        still = appeals.appeal_of(visit.db, id_)
        if still is None or not still.open:
            return _appeal(visit, known, "这个申诉已经了结。")
        why = visit.given("why")[:_MOST]
        appeals.add_step(visit.db, AppealStep(id_, visit.now, visit.who.name, WITHDRAWN, why))
    visit.note("申诉已撤回，这一项扣分恢复。")
    return onward(f"/appeals/{id_}")


@router.post("/{id_}/decide", dependencies=ACT)
def decide(visit: Here, id_: Number) -> Response:
    """Uphold it or reject it, with a reason."""
    known, outcome = _known(visit, id_), visit.given("outcome")
    try:
        if outcome not in ("upheld", "rejected"):
            raise NotAllowed("请选择申诉成立或不成立。")
        decide_appeal(
            visit.db,
            id_,
            outcome == "upheld",
            who=visit.who.name,
            why=visit.given("why"),
            expires=day_of(visit.given("expires"), "有效期"),
            verdict=visit.given("verdict") or None,
            at=visit.now,
        )
    except NotAllowed as error:
        return _appeal(visit, known, str(error))
    visit.note(f"已决定：{wording.word(outcome, 'appeal')}。")
    return onward(f"/appeals/{id_}")


@router.get("/{id_}/files/{n}", dependencies=READ)
def attachment(visit: Here, id_: Number, n: Number) -> Response:
    """One file that was handed in, as a download; for the unit and for reviewers, because it may hold personal data."""
    known = _known(visit, id_)
    if not (visit.trusted or visit.unit):
        raise HTTPException(403, "附件可能含个人信息，只供复核员和该单位下载。")
    one = next((a for a in appeals.attachments(visit.db, known.id) if a.n == n), None)
    data = appeals.attachment_data(visit.db, one.sha256) if one else None
    if one is None or data is None:
        raise HTTPException(404, "没有这个附件。")
    headers = {"Content-Disposition": attach.disposition(one.name, one.kind, f"appeal-{id_}-{n + 1}"), **DOWNLOAD}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _known(visit: Visit, id_: int) -> Appeal:
    known = appeals.appeal_of(visit.db, id_)
    if known is None:
        raise HTTPException(404, f"没有编号为 {id_} 的申诉。")
    visit.admit(known.unit)
    return known


def _contestable(visit: Visit, id_: int) -> Finding:
    """The unit's own finding of the last judging that costs it something. Raises HTTPException."""
    if visit.unit is None:
        raise HTTPException(403, "申诉由单位账号提出。")
    found = found_of(visit, id_)
    if found.id not in visit.night.by_id:
        raise HTTPException(404, "这条结论不属于最近一次判定。请从本单位页面重新进入。")
    if found.verdict != "fail" or not visit.night.scored(found.rule):
        raise HTTPException(404, "这条结论不扣分，不需要申诉。")
    return found


def _free(visit: Visit, found: Finding) -> None:
    """Raises NotAllowed where the same is contested already, or was rejected a short while ago."""
    for earlier in appeals.appeals(visit.db, unit=found.unit):
        if not earlier.about(found):
            continue
        if earlier.open:
            raise NotAllowed(f"这个问题已有第 {earlier.id} 号申诉，正在处理。")
        if earlier.state == REJECTED and earlier.ended_at is not None and visit.now - earlier.ended_at < AGAIN:
            raise NotAllowed(f"第 {earlier.id} 号申诉已被驳回，同一问题 {AGAIN.days} 天内不再受理。")


def _files(visit: Visit) -> list[tuple[str, bytes]]:
    given = [f for f in visit.form.getlist("files") if isinstance(f, UploadFile) and (f.filename or f.size)]
    return [(f.filename or "", f.file.read(attach.limits().each + 1)) for f in given]


def _form(visit: Visit, found: Finding, error: str = "") -> Response:
    return page(
        visit,
        "appeal_new.html",
        status=422 if error else 200,
        menu="appeals",
        error=error,
        finding=found,
        limits=attach.limits().words,
        accept=",".join(f".{kind}" for kind in attach.limits().kinds),
        most=_MOST,
        night=visit.night,
    )


def _appeal(visit: Visit, known: Appeal, error: str = "") -> Response:
    night, day = visit.night, shanghai_day(visit.now)
    filed = findings.finding_by_id(visit.db, known.finding)
    next_night = appeals.night_after(visit.db, known.filed_at)
    then = findings.findings_of_unit(visit.db, next_night, known.unit) if next_night else []
    return page(
        visit,
        "appeal.html",
        status=422 if error else 200,
        menu="appeals",
        error=error,
        appeal=known,
        filed=filed,
        pieces=pieces_of(visit, filed) if filed else [],
        latest=next((f for f in night.of_unit.get(known.unit, ()) if known.about(f)), None),
        next_night=next_night,
        then=next((f for f in then if known.about(f)), None),
        rechecks=appeals.rechecks_of(visit.db, "appeal", known.id),
        files=appeals.attachments(visit.db, known.id),
        lines=[
            Line(s.at, wording.word(s.action, "appeal"), s.who, "" if s.action == "filed" else s.why, s.recheck)
            for s in appeals.steps(visit.db, known.id)
        ],
        given={name: visit.given(name) for name in ("outcome", "why", "expires", "verdict")},
        tomorrow=day + timedelta(days=1),
        holds=day + timedelta(days=HOLDS),
        longest=day + timedelta(days=365),
        verdicts=VERDICTS,
        night=night,
    )
