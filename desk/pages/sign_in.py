"""Signing in and out, the first administrator, one's own password, the large-type mode."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from desk import auth
from desk.auth import Refused
from desk.pages.frame import LARGE, Here, Visit, anybody, keep, local, needs, onward, page

router = APIRouter()
OPEN = [Depends(anybody)]
SIGNED_IN = [Depends(needs("unit"))]


@router.get("/sign-in", dependencies=OPEN)
def ask(visit: Here) -> Response:
    """The form."""
    if visit.user is not None:
        return onward(visit.asked("next") or "/")
    return page(visit, "sign_in.html", error="", name="", back=local(visit.asked("next") or "/"))


@router.post("/sign-in", dependencies=OPEN)
def enter(visit: Here) -> Response:
    """A new session, or the form again with what is wrong."""
    back = local(visit.given("next") or "/")
    try:
        password = visit.form.get("password")
        given = password if isinstance(password, str) else ""
        user = auth.sign_in(visit.db, visit.given("name"), given, origin=visit.origin, at=visit.now)
    except Refused as error:
        return page(visit, "sign_in.html", status=403, error=str(error), name=visit.given("name"), back=back)
    visit.desk.sessions.end(visit.token)
    response = onward(back)
    keep(visit, response, visit.desk.sessions.begin(user, visit.now))
    return response


@router.get("/sign-in/first/{word}", dependencies=OPEN)
def first(visit: Here, word: str) -> Response:
    """The form of the one-time address."""
    if not visit.desk.door.opens(visit.db, word):
        raise HTTPException(404, "这个一次性网址已经失效。重新启动服务会给出新的网址；已有用户的，请直接登录。")
    return page(visit, "first.html", error="", name="")


@router.post("/sign-in/first/{word}", dependencies=OPEN)
def set_up(visit: Here, word: str) -> Response:
    """The first administrator, signed in at once."""
    password = _new_password(visit)
    try:
        if password is None:
            raise Refused("两次输入的口令不一样。")
        user = visit.desk.door.enter(visit.db, word, visit.given("name"), password, origin=visit.origin, at=visit.now)
    except Refused as error:
        return page(visit, "first.html", status=403, error=str(error), name=visit.given("name"))
    response = onward("/")
    keep(visit, response, visit.desk.sessions.begin(user, visit.now))
    return response


@router.post("/sign-in/large-type", dependencies=OPEN)
def large_type(visit: Here) -> Response:
    """Switch the large-type mode (大字版) of this browser on or off."""
    response = onward(visit.given("back") or "/")
    if visit.given("on") == "1":
        response.set_cookie(LARGE, "1", max_age=365 * 86_400, httponly=True, samesite="lax", secure=visit.secure)
    else:
        response.delete_cookie(LARGE)
    return response


@router.post("/sign-out", dependencies=SIGNED_IN)
def leave(visit: Here) -> Response:
    """End the session."""
    auth.sign_out(visit.db, visit.who, origin=visit.origin, at=visit.now)
    visit.desk.sessions.end(visit.token)
    return onward("/sign-in")


@router.get("/password", dependencies=SIGNED_IN)
def own_password(visit: Here) -> Response:
    """The form for one's own password."""
    return page(visit, "password.html", error="")


@router.post("/password", dependencies=SIGNED_IN)
def change_password(visit: Here) -> Response:
    """Change it; other sessions of the user end, this one goes on."""
    password, old = _new_password(visit), visit.form.get("old")
    try:
        if password is None:
            raise Refused("两次输入的新口令不一样。")
        auth.change_password(
            visit.db, visit.who, old if isinstance(old, str) else "", password, origin=visit.origin, at=visit.now
        )
    except Refused as error:
        return page(visit, "password.html", status=403, error=str(error))
    visit.desk.sessions.end(visit.token)
    response = onward("/")
    keep(visit, response, visit.desk.sessions.begin(visit.who, visit.now))
    return response


def _new_password(visit: Visit) -> str | None:
    """The new password as given twice; None where the two differ."""
    new, again = visit.form.get("new"), visit.form.get("again")
    return new if isinstance(new, str) and new == again else None
