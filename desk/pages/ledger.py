"""台账: every step anyone took, the newest first. What nobody can change, because it is only read from where it was written."""

from __future__ import annotations

import re

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from db import ledger
from db.ledger import Entry
from desk import wording
from desk.pages.frame import Here, Visit, may, needs, page
from monitors import alerts

router = APIRouter(dependencies=[Depends(needs("viewer"))])
KINDS = {
    "review": "处理意见",
    "alert": "预警变化（夜间）",
    "appeal": "申诉",
    "recheck": "复查",
    "notice": "通知发送",
    "registry": "登记改动",
    "period": "考核期",
    "sign_in": "登录与人员",
    "token": "API 令牌",
}
PAGES = {"alert": "/alerts/{}", "finding": "/findings/{}", "appeal": "/appeals/{}", "recheck": "/rechecks/{}"}
KEY = re.compile(r"[0-9T:.+-]{29} \d\d \d{12}")  # of an entry, in an address
PEOPLE = "-"  # no name: everybody but the nights
_PAGE = 100
_WORDS = {
    "notice": {"sent": "已发出", "failed": "发送失败", "unsure": "不知是否发出"},
    "registry": {
        "units:edit": "修改单位登记",
        "units:import": "导入单位登记",
        "accounts:edit": "修改账号登记",
        "accounts:import": "导入账号登记",
    },
    "period": {"opened": "设立考核期", "check": "人工核查", "adjustment": "加减分", "seal": "封存"},
    "token": {"made": "生成令牌", "ended": "停用令牌"},
}


@router.get("/ledger")
def entries(visit: Here) -> Response:
    """The steps; `unit`, `who` and `kind` choose, `before` goes on."""
    wanted = {name: visit.asked(name) for name in ("unit", "who", "kind")}
    before = visit.asked("before") if KEY.fullmatch(visit.asked("before")) else ""
    kinds = kinds_for(visit)
    found = ledger.entries(
        visit.db,
        most=_PAGE + 1,
        kinds=[k for k in kinds if wanted["kind"] in ("", k)],
        unit=wanted["unit"] or None,
        who=wanted["who"] if wanted["who"] != PEOPLE and wanted["who"] else None,
        people=wanted["who"] == PEOPLE,
        before=before,
    )
    return page(
        visit,
        "ledger.html",
        menu="ledger",
        rows=[
            (e, said(e), why_of(visit, e), PAGES[e.of].format(e.subject) if e.of in PAGES else "")
            for e in found[:_PAGE]
        ],
        more=found[_PAGE - 1].key if len(found) > _PAGE else "",
        first=not before,
        wanted=wanted,
        names={k: KINDS[k] for k in kinds},
        units=list(visit.night.units),
        people=ledger.names(visit.db),
    )


def kinds_for(visit: Visit) -> list[str]:
    """The kinds of steps that the user may see."""
    boss = may(visit.who, "administrator")
    return [kind for kind in ledger.KINDS if boss or kind not in ledger.PRIVATE]


def why_of(visit: Visit, entry: Entry) -> str:
    """The reason as this user may see it; what changed in the registry, which holds people's names, is the reviewers'."""
    return "" if entry.kind == "registry" and not visit.trusted else visit.private(entry.why)


def said(entry: Entry) -> str:
    """What was done, in words."""
    if entry.kind == "review":
        act = alerts.acts().get(entry.what)
        return act.title if act else entry.what
    if entry.kind == "alert":
        return f"转为“{alerts.states().get(entry.what, entry.what)}”"
    if entry.kind in ("appeal", "recheck"):
        return wording.word(entry.what, entry.kind)
    if entry.kind == "sign_in":
        return wording.word(entry.what, "event")
    return _WORDS[entry.kind].get(entry.what, entry.what)
