"""人员: who may use the desk, and who has signed in. For administrators."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from db import users
from desk import auth
from desk.auth import Refused
from desk.pages.frame import Here, Number, Visit, needs, onward, page

router = APIRouter(prefix="/people", dependencies=[Depends(needs("administrator"))])


@router.get("")
def people(visit: Here) -> Response:
    """Everybody, and the last sign-ins."""
    return _page(visit)


@router.post("/add")
def add(visit: Here) -> Response:
    """A new user with a password by chance, shown once."""
    password = auth.made_password()
    try:
        made = auth.add(
            visit.db,
            visit.given("name"),
            visit.given("role"),
            password,
            who=visit.who.name,
            origin=visit.origin,
            must_change=True,
            unit=visit.given("unit"),
            at=visit.now,
        )
    except Refused as error:
        return _page(visit, str(error))
    visit.note(f"已添加 {made.name}，初始口令：{password}（只显示这一次，首次登录须修改）")
    return onward("/people")


@router.post("/{id_}/reset")
def reset(visit: Here, id_: Number) -> Response:
    """A new password by chance, shown once."""
    try:
        user, password = auth.reset(visit.db, id_, who=visit.who.name, origin=visit.origin, at=visit.now)
    except Refused as error:
        return _page(visit, str(error))
    if user.id == visit.who.id:
        return _page(visit, "", f"您的新口令：{password}（只显示这一次；请重新登录并修改）")
    visit.note(f"{user.name} 的新口令：{password}（只显示这一次，登录后须修改）")
    return onward("/people")


@router.post("/{id_}/change")
def change(visit: Here, id_: Number) -> Response:
    """Switch off or on, or give another role."""
    wanted, role = visit.given("active"), visit.given("role") or None
    try:
        if role is None and wanted not in ("0", "1"):
            raise Refused("没有写明要改什么。")
        active = wanted == "1" if role is None else None
        user = auth.switch(
            visit.db, id_, active=active, role=role, who=visit.who.name, origin=visit.origin, at=visit.now
        )
    except Refused as error:
        return _page(visit, str(error))
    done = f"角色已改为{auth.ROLES[role]}" if role else "已启用" if active else "已停用"
    visit.note(f"{user.name}：{done}，其登录已全部退出。")
    return onward("/people")


def _page(visit: Visit, error: str = "", told: str = "") -> Response:
    everybody, events = users.users(visit.db), users.sign_ins(visit.db, most=100)
    return page(
        visit,
        "people.html",
        status=422 if error else 200,
        menu="people",
        error=error,
        told=told,
        people=everybody,
        events=events,
        units=list(visit.night.units),
    )
