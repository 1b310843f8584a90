"""What does every page stand in? Who asks, the database, the form that was sent, and how a page is made of a template.

Every route has `Depends(anybody)` or `Depends(needs(role))`; a form that does not carry the token of the browser that it was made for is
refused before anything else is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlite_utils import Database
from starlette.datastructures import FormData

from crawler.extract.privacy import masked
from db import facts, users
from db.records import SYSTEM, shanghai_day
from db.users import User
from desk import attach, auth, wording
from desk.auth import FirstDoor, Session, Sessions
from desk.night import Night, Nights
from monitors import alerts
from schedules.recheck import Rechecks
from schedules.review import Reviewed
from schedules.service import Service

LARGE = "wangkao_large"
DOWNLOAD = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Frame-Options": "DENY",
}  # of what is never shown
Number = Annotated[int, InPath(ge=0, lt=1 << 63)]  # of a row, in an address
_TEMPLATES = Environment(
    loader=PackageLoader("desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATES.filters.update(wording.FILTERS)
UPLOADS = re.compile(r"/appeals/new/\d+|/registry/(units|accounts)/import")  # addresses that take files
LARGEST = 1 << 20  # bytes of a form without files
MENU = (  # of whom the role is `unit` sees 本单位 in the place of the first
    ("today", "/", "今日", "viewer"),
    ("alerts", "/alerts", "预警队列", "unit"),
    ("units", "/units", "单位", "viewer"),
    ("scores", "/scores", "得分", "viewer"),
    ("heat", "/heat", "热力图", "viewer"),
    ("appeals", "/appeals", "申诉", "unit"),
    ("rules", "/rules", "规则", "unit"),
    ("ledger", "/ledger", "台账", "viewer"),
    ("nights", "/nights", "运行", "viewer"),
    ("registry", "/registry", "登记", "administrator"),
    ("people", "/people", "人员", "administrator"),
)


@dataclass(frozen=True)
class Desk:
    """One running desk: its service, who is signed in, the first door, the last judging."""

    service: Service
    sessions: Sessions = field(default_factory=Sessions)
    door: FirstDoor = field(default_factory=FirstDoor)
    nights: Nights = field(default_factory=Nights)

    @cached_property
    def rechecks(self) -> Rechecks:
        """The targeted rechecks that this process makes."""
        return Rechecks(self.service.settings, self.service.say, done=self.nights.last)

    def open(self) -> Database:
        """A handle on the database, to be closed. Raises DatabaseProblem."""
        return facts.open_database(self.service.settings.db)


class SignInFirst(Exception):
    """Nobody is signed in, or he must change his password first; `to` is where that is done."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


@dataclass
class Visit:
    """One request of one browser.

    token  the cookie of the browser, "" on its first visit       user, session  None: nobody is signed in
    form   what was sent; empty for a GET                         now    aware
    """

    desk: Desk
    request: Request
    db: Database
    token: str
    user: User | None
    session: Session | None
    form: FormData
    now: datetime

    @property
    def who(self) -> User:
        """Who is signed in; on a route that needs nobody, an error of ours."""
        if self.user is None:
            raise RuntimeError("nobody is signed in")
        return self.user

    @property
    def origin(self) -> str:
        """Address that the request came from."""
        return self.request.client.host if self.request.client else ""

    @property
    def secure(self) -> bool:
        """The browser came over TLS, ours or the proxy's."""
        return self.request.url.scheme == "https"

    @property
    def large(self) -> bool:
        """The browser is in the large-type mode."""
        return self.request.cookies.get(LARGE) == "1"

    @property
    def trusted(self) -> bool:
        """The user may see personal data."""
        return self.user is not None and may(self.user, "reviewer")

    @property
    def unit(self) -> str | None:
        """The one unit that the user may see anything of; None: all of them."""
        return self.who.unit if self.who.role == "unit" else None

    def admit(self, unit: str) -> None:
        """Go on where the user may see that unit; else it is as if there were nothing: raises HTTPException 404."""
        if self.unit not in (None, unit):
            raise HTTPException(404, "没有这一页。")

    def private(self, text: object) -> str:
        """The text as this user may see it: personal numbers are starred but for reviewers; "" for None."""
        said = "" if text is None else str(text)
        return said if self.trusted else masked(said)

    def signed(self, who: str) -> str:
        """How a step is signed before this user: a unit sees the office and not its people, its own people and the nights by name."""
        if self.unit is None or who in (SYSTEM, self.who.name):
            return who
        mine = {u.name for u in users.users(self.db) if u.unit == self.unit}
        return who if who in mine else "政务公开办"

    @cached_property
    def night(self) -> Night:
        """The last judging."""
        return self.desk.nights.last(self.db)

    @cached_property
    def reviewed(self) -> Reviewed:
        """The last judging as people have decided about it up to now."""
        return self.night.reviewed(self.db, two=self.desk.service.settings.two_reviewers)

    def given(self, name: str) -> str:
        """A field of the form, white space at its ends cut; "" where there is none."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def asked(self, name: str) -> str:
        """A parameter of the address; "" where there is none."""
        return self.request.query_params.get(name, "").strip()

    def note(self, text: str) -> None:
        """Show this on the next page."""
        if self.session is not None:
            self.session.notes.append(text)


def cookie_name(request: Request) -> str:
    """The cookie of a session; over TLS one that no other host or plain connection can set."""
    return "__Host-wangkao" if request.url.scheme == "https" else "wangkao"


async def _form(request: Request) -> FormData:
    if request.method != "POST":
        return FormData()
    files = attach.limits().files if UPLOADS.fullmatch(request.url.path) else 0
    try:
        return await request.form(max_files=files, max_fields=1000)
    except HTTPException as error:
        raise HTTPException(400, f"表单不能读取。{f'附件最多 {files} 个。' if files else ''}") from error


def _visit(request: Request, form: Annotated[FormData, Depends(_form)]) -> Iterator[Visit]:
    desk: Desk = request.app.state.desk
    token = request.cookies.get(cookie_name(request), "")
    if request.method not in ("GET", "HEAD") and not desk.sessions.form_is_ours(token, form.get("csrf")):
        raise HTTPException(403, "页面已经过期，没有保存。请返回上一页，刷新后再做一次。")
    db, now = desk.open(), datetime.now(UTC)
    try:
        user, session = desk.sessions.find(db, token, now) or (None, None)
        yield Visit(desk, request, db, token, user, session, form, now)
    finally:
        db.close()


Here = Annotated[Visit, Depends(_visit)]


def anybody(visit: Here) -> None:
    """A route for those who are not signed in yet."""


def needs(role: str) -> Callable[[Visit], None]:
    """A route for those who are signed in with that role, or one above it."""
    order = list(auth.ROLES)

    def check(visit: Here) -> None:
        path = visit.request.url.path
        if visit.user is None:
            query = visit.request.url.query
            back = path + (f"?{query}" if query else "") if visit.request.method == "GET" else "/"
            raise SignInFirst("/sign-in" + (f"?next={quote(back)}" if back != "/" else ""))
        if visit.user.must_change and path not in ("/password", "/sign-out"):
            raise SignInFirst("/password")
        if visit.user.role not in order or order.index(visit.user.role) < order.index(role):
            raise HTTPException(403, f"这一页只供{auth.ROLES[role]}使用。")

    check.role = role  # type: ignore[attr-defined]  # tests walk all routes and ask
    return check


def page(visit: Visit, template: str, *, status: int = 200, menu: str = "", **shown: Any) -> HTMLResponse:
    """The page made of that template, with all that every page shows."""
    token = visit.token or auth.new_token()
    notes = list(visit.session.notes) if visit.session else []
    if visit.session and notes:
        visit.session.notes.clear()
    text = _TEMPLATES.get_template(template).render(
        visit=visit,
        user=visit.user,
        menu=menu,
        menus=_menus(visit.user),
        trusted=visit.trusted,
        roles=auth.ROLES,
        large=visit.large,
        csrf=visit.desk.sessions.form_token(token),
        here=visit.request.url.path + (f"?{visit.request.url.query}" if visit.request.url.query else ""),
        notes=notes,
        today=wording.long_day(shanghai_day(visit.now)),
        states=alerts.states(),
        kinds=alerts.kinds(),
        reason=lambda text: wording.reason(text, visit.night.rubric),
        **shown,
    )
    response = HTMLResponse(text, status)
    if not visit.token:
        keep(visit, response, token)
    return response


def _menus(user: User | None) -> list[tuple[str, str, str, str]]:
    """The entries that the user sees; none while he has to change his password."""
    if user is None or user.must_change:
        return []
    mine = [m for m in MENU if may(user, m[3])]
    return [("units", f"/units/{quote(user.unit)}", "本单位", "unit"), *mine] if user.role == "unit" else mine


def problem(request: Request, status: int, message: str) -> HTMLResponse:
    """A page that says what is wrong, without asking the database."""
    large = request.cookies.get(LARGE) == "1"
    return HTMLResponse(
        _TEMPLATES.get_template("problem.html").render(message=message, large=large, status=status), status
    )


def keep(visit: Visit, response: Response, token: str) -> None:
    """Give the browser that token."""
    response.set_cookie(cookie_name(visit.request), token, path="/", httponly=True, samesite="lax", secure=visit.secure)


def may(user: User, role: str) -> bool:
    """Whether the user has that role or one above it."""
    order = list(auth.ROLES)
    return user.role in order and order.index(user.role) >= order.index(role)


def onward(path: str) -> RedirectResponse:
    """Go on to that page of ours after a form was taken; anything that is no path of ours leads home."""
    return RedirectResponse(local(path), 303)


def local(path: str) -> str:
    """The path where it is one of ours, else "/": no other host, no scheme, no line break."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if inside else "/"
