"""令牌: one's own tokens of the read API. Made and shown once, ended; an administrator sees everybody's."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from db import tokens, users
from desk import access
from desk.auth import Refused
from desk.pages.frame import Here, Number, Visit, may, needs, onward, page

router = APIRouter(prefix="/tokens", dependencies=[Depends(needs("unit"))])


@router.get("")
def own(visit: Here) -> Response:
    """One's tokens, and the form of a new one."""
    return _page(visit)


@router.post("/add")
def add(visit: Here) -> Response:
    """A new token, its secret shown on this answer and never again."""
    days = visit.given("days")
    try:
        number = int(days) if days.isdecimal() and len(days) < 5 else 0
        secret, _ = access.make(visit.db, visit.who, visit.given("name"), days=number, who=visit.who.name, at=visit.now)
    except Refused as error:
        return _page(visit, str(error))
    return _page(visit, secret=secret)


@router.post("/{id_}/end")
def end(visit: Here, id_: Number) -> Response:
    """End one of one's own; an administrator anybody's."""
    try:
        done = access.end(visit.db, id_, who=visit.who.name, of=None if _boss(visit) else visit.who, at=visit.now)
    except Refused as error:
        return _page(visit, str(error))
    visit.note(f"令牌“{done.name}”已停用。")
    return onward("/tokens")


def _boss(visit: Visit) -> bool:
    return may(visit.who, "administrator")


def _page(visit: Visit, error: str = "", secret: str = "") -> Response:
    everybody = {user.id: user for user in users.users(visit.db)}
    found = tokens.tokens(visit.db, user=None if _boss(visit) else visit.who.id)
    return page(
        visit,
        "tokens.html",
        status=422 if error else 200,
        error=error,
        secret=secret,
        rows=[(token, access.void(token, everybody.get(token.user), visit.now)) for token in found],
        days=access.DAYS,
        boss=_boss(visit),
        name=visit.given("name") if error else "",
        address=str(visit.request.base_url) + "api/v1/",
    )
