"""The printable notice to a unit (整改通知) about one alert, or about all that it has to mend: a Word file, for printer and seal."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from db import reviews
from desk.pages.alerts import ON_PAPER, day_of
from desk.pages.frame import DOWNLOAD, Here, Number, Visit, needs
from monitors.alerts import NotAllowed
from monitors.reports import notice
from schedules import notices

router = APIRouter(prefix="/notices", dependencies=[Depends(needs("reviewer"))])
OFFICE = "政务公开办公室"
_LONGEST = 40  # characters of office and number of the document


@router.get("/alert/{id_}")
def of_alert(visit: Here, id_: Number) -> Response:
    """About that alert alone. `due` (a day), `office`, `number` as the form says."""
    known = next((a for a in reviews.alerts(visit.db) if a.id == id_), None)
    if known is None:
        raise HTTPException(404, f"没有编号为 {id_} 的预警。")
    if known.state not in ON_PAPER:
        raise HTTPException(422, "这条预警还没有确认属实。请先确认，再印发整改通知。")
    return _paper(visit, known.unit, (id_,))


@router.get("/unit/{name:path}")
def of_unit(visit: Here, name: str) -> Response:
    """About everything that the unit has to mend by a day."""
    if name not in visit.night.units:
        raise HTTPException(404, "登记表里没有这个单位。")
    return _paper(visit, name, ())


def _paper(visit: Visit, unit: str, chosen: tuple[int, ...]) -> Response:
    office, number = visit.asked("office")[:_LONGEST] or OFFICE, visit.asked("number")[:_LONGEST]
    try:
        due = day_of(visit.asked("due"), "期限")
        paper = notices.rectification(visit.db, unit, chosen, office=office, due=due, number=number, at=visit.now)
    except (NotAllowed, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    name = f"notice-{chosen[0]}" if chosen else f"notice-{visit.now:%Y%m%d}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.docx"', **DOWNLOAD}
    return Response(notice.as_docx(paper), media_type="application/octet-stream", headers=headers)
