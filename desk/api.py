"""How does another program read what the desk shows? Under /api/v1, with a token, the same roles and the same masks as the pages.

Only GET. Lists come in parts: `limit` and `after`, whose value is the `next` of the part before. A cursor names a row (and the judging
that the list was begun with), not a place, so a list that grows meanwhile is neither repeated nor skipped.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException as AnyProblem

from db import appeals, facts, findings, incidents, ledger, nights, reviews
from db.appeals import Recheck
from db.history import marks_of
from db.records import Alert, Evidence, Finding, Unit, shanghai_day
from desk import access, export
from desk import api_models as m
from desk.export import instant, number
from desk.pages.alerts import day_of, pieces_of, visible
from desk.pages.findings import found_of
from desk.pages.frame import Desk, Number, Visit, may
from desk.pages.ledger import KEY, kinds_for, said, why_of
from desk.pages.nights import HOSTS
from monitors import accuracy
from monitors.alerts import OVER, NotAllowed
from monitors.catalogue import rows as rules_of

T = TypeVar("T")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_BEARER = {"WWW-Authenticate": "Bearer"}
_NIGHTS = 366  # of a unit's history at most


def _caller(request: Request) -> Iterator[Visit]:
    """What the one with that token may see. 401 without one that opens anything, 429 after too many wrong ones."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise HTTPException(401, "需要令牌", _BEARER)
    desk: Desk = request.app.state.desk
    db, now = desk.open(), datetime.now(UTC)
    try:
        visit = Visit(desk, request, db, "", None, None, FormData(), now)
        user = access.bearer(db, secret.strip(), origin=visit.origin, at=now)
        if user is None:
            raise HTTPException(401, "令牌无效，或已停用、过期", _BEARER)
        visit.user = user
        yield visit
    except access.TooMany as error:
        raise HTTPException(429, "无效的令牌过多，请稍后再试", {"Retry-After": str(error.wait)}) from error
    finally:
        db.close()


Here = Annotated[Visit, Depends(_caller)]


def _staff(visit: Here) -> None:
    """Not for units."""
    if not may(visit.who, "viewer"):
        raise HTTPException(403, "单位的令牌不能读取这一项")


STAFF = [Depends(_staff)]
Limit = Annotated[int, Query(ge=1, le=500, description="一页最多多少条")]
After = Annotated[str | None, Query(max_length=200, description="上一页的 next")]
Word = Annotated[str | None, Query(max_length=200)]
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": m.Problem, "description": "没有令牌，或令牌无效"},
    403: {"model": m.Problem, "description": "这个角色不能读取"},
    404: {"model": m.Problem, "description": "没有"},
    429: {"model": m.Problem, "description": "无效的令牌过多"},
}


def application(desk: Desk) -> FastAPI:
    """The API as an application to be mounted; its description is at /openapi.json, behind a token like all else."""
    app = FastAPI(
        title="网考",
        version=version("wangkao"),
        description="政府网站与政务新媒体夜间监测的结果，只读。字段与 wangkao export 相同。",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(_caller)],
        responses=REFUSED,
    )
    app.state.desk = desk

    @app.exception_handler(AnyProblem)
    def refused(_: Request, error: AnyProblem) -> JSONResponse:
        return JSONResponse({"detail": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    def misread(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = "；".join(f"{'.'.join(map(str, e['loc'][1:]))}：{e['msg']}" for e in error.errors())
        return JSONResponse({"detail": f"参数不能用：{wrong}"}, 422)

    @app.exception_handler(facts.DatabaseProblem)
    @app.exception_handler(sqlite3.Error)
    def unreadable(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "数据库正忙或不能读写，请稍后再试"}, 503)

    @app.get("/openapi.json", include_in_schema=False)
    def description(request: Request) -> JSONResponse:
        return JSONResponse(schema(app))

    _read_judging(app)
    _read_work(app)

    @app.api_route("/{path:path}", methods=_METHODS, include_in_schema=False)
    def nothing(request: Request, path: str) -> Response:
        if request.method in ("GET", "HEAD"):
            raise HTTPException(404, "没有这一项")
        raise HTTPException(405, "只能读取", {"Allow": "GET"})

    return app


def schema(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        made["servers"] = [{"url": "/api/v1"}]
        made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"token": []}]
        app.openapi_schema = made
    return app.openapi_schema


def _read_judging(app: FastAPI) -> None:
    """What was judged, and of whom."""

    @app.get("/me", summary="令牌属于谁")
    def me(visit: Here) -> m.Me:
        judging = visit.night.judging
        return m.Me(
            user=visit.who.name,
            role=visit.who.role,  # type: ignore[arg-type]  # pydantic refuses another
            unit=visit.unit,
            version=version("wangkao"),
            judged_at=instant(judging.as_of) if judging else None,
        )

    @app.get("/units", summary="登记的单位")
    def units(visit: Here, group: Word = None, limit: Limit = 100, after: After = None) -> m.Page[m.UnitOut]:
        mine = [u for u in visit.night.units.values() if visit.unit in (None, u.name) and group in (None, u.group)]
        return _named(mine, lambda u: u.name, _unit, limit, after)

    @app.get("/units/{name}", summary="一个单位")
    def unit(visit: Here, name: str) -> m.UnitOut:
        return _unit(_known_unit(visit, name))

    @app.get("/units/{name}/history", summary="一个单位每夜的得分，从旧到新")
    def history(visit: Here, name: str, nights: Annotated[int, Query(ge=1, le=_NIGHTS)] = 60) -> list[m.MarkOut]:
        known = _known_unit(visit, name)
        return [
            m.MarkOut(
                as_of=instant(mark.as_of),
                full=number(mark.full),
                online=None if mark.online is None else number(mark.online),
                rank=mark.rank,
                coverage=mark.coverage,
                special=mark.special,
            )
            for mark in marks_of(visit.db, known.name, nights=nights)
        ]

    @app.get("/accounts", summary="登记的账号")
    def accounts(visit: Here, unit: Word = None, limit: Limit = 100, after: After = None) -> m.Page[m.AccountOut]:
        mine = [a for a in facts.accounts(visit.db) if visit.unit in (None, a.unit) and unit in (None, a.unit)]
        return _named(mine, lambda a: f"{a.unit}\n{a.source}\n{a.account}", _account, limit, after)

    @app.get("/findings", summary="最近一次判定的结论", response_model_exclude_unset=True)
    def findings_(
        visit: Here,
        unit: Word = None,
        rule: Word = None,
        verdict: Word = None,
        reason: Annotated[str | None, Query(max_length=200, description="原因的代码，不含冒号之后")] = None,
        target: Annotated[str | None, Query(max_length=2000)] = None,
        limit: Limit = 100,
        after: After = None,
    ) -> m.Page[m.FindingOut]:
        judging, last = _cursor(after, 2) or (visit.night.judging.id if visit.night.judging else 0, 0)
        wanted = {"unit": unit, "rule": rule, "verdict": verdict, "target": target}
        rows = [
            f
            for f in _findings_of(visit, judging)
            if f.id > last
            and visit.unit in (None, f.unit)
            and all(value in (None, getattr(f, name)) for name, value in wanted.items())
            and reason in (None, (f.reason or "").partition(":")[0])
        ]
        return _part(rows, lambda f: _finding(visit, f), limit, lambda f: f"{judging}.{f.id}")

    @app.get("/findings/{id_}", summary="一条结论，不论哪次判定", response_model_exclude_unset=True)
    def finding(visit: Here, id_: Number) -> m.FindingOut:
        return _finding(visit, found_of(visit, id_))

    @app.get("/findings/{id_}/evidence", summary="一条结论的证据", response_model_exclude_unset=True)
    def finding_evidence(visit: Here, id_: Number) -> list[m.EvidenceMeta]:
        return _evidence_of(visit, found_of(visit, id_))

    @app.get("/scores", summary="最近一次判定的得分")
    def scores(
        visit: Here,
        group: Word = None,
        reviewed: Annotated[bool, Query(description="复核后的得分，而不是夜间的暂定得分")] = False,
        limit: Limit = 100,
        after: After = None,
    ) -> m.Page[m.ScoreOut]:
        table = visit.reviewed.scores if reviewed else visit.night.scores
        mine = [s for s in table.values() if visit.unit in (None, s.unit) and group in (None, s.group)]
        return _named(mine, lambda s: s.unit, lambda s: m.ScoreOut(**export.score_row(s)), limit, after)

    @app.get("/alerts", summary="预警，未了结的", response_model_exclude_unset=True)
    def alerts(
        visit: Here,
        unit: Word = None,
        kind: Word = None,
        state: Annotated[str | None, Query(max_length=40, description="一种状态；all：已了结的也要")] = None,
        severity: Word = None,
        limit: Limit = 100,
        after: After = None,
    ) -> m.Page[m.AlertOut]:
        last = (_cursor(after, 1) or (0,))[0]
        wanted = {"unit": unit, "kind": kind, "severity": severity}
        rows = [
            a
            for a in visible(visit)
            if a.id > last
            and (a.state == state or state == "all" or (state is None and a.state not in OVER))
            and all(value in (None, getattr(a, name)) for name, value in wanted.items())
        ]
        return _part(rows, lambda a: m.AlertOut(**_alert(visit, a)), limit, lambda a: str(a.id))

    @app.get("/alerts/{id_}", summary="一条预警和它的经过", response_model_exclude_unset=True)
    def alert(visit: Here, id_: Number) -> m.AlertWhole:
        one = _known_alert(visit, id_)
        steps = [
            m.StepOut(
                at=instant(s.at), before=s.before, after=s.after, who=visit.signed(s.who), why=visit.private(s.why)
            )
            for s in reviews.steps(visit.db, id_)
        ]
        return m.AlertWhole(**_alert(visit, one), due=_day(one.due), expires=_day(one.expires), steps=steps)

    @app.get("/alerts/{id_}/evidence", summary="一条预警的证据", response_model_exclude_unset=True)
    def alert_evidence(visit: Here, id_: Number) -> list[m.EvidenceMeta]:
        return _evidence_of(visit, _known_alert(visit, id_))

    @app.get("/rules", summary="规则，及最近一次判定的结论条数")
    def rules(visit: Here) -> list[m.RuleOut]:
        measured, counts = accuracy.verdicts(), dict[str, dict[str, int]]()
        found = visit.night.findings if visit.unit is None else visit.night.of_unit.get(visit.unit, ())
        for f in found:
            of = counts.setdefault(f.rule, {})
            of[f.verdict] = of.get(f.verdict, 0) + 1
        rubric = visit.night.rubric
        return [
            m.RuleOut(
                **{key: value for key, value in row.items() if key != "doc"},
                theme=rubric.lines[row["id"]].theme,
                precision=known.precision if (known := measured.get(row["id"])) else None,
                recall=known.recall if known else None,
                measured=known.n if known else 0,
                counts=counts.get(row["id"], {}),
            )
            for row in rules_of(rubric)
        ]


def _read_work(app: FastAPI) -> None:
    """What people and the machine did."""

    @app.get("/appeals", summary="申诉，新的在前")
    def appeals_(
        visit: Here, unit: Word = None, state: Word = None, limit: Limit = 100, after: After = None
    ) -> m.Page[m.AppealOut]:
        last = _cursor(after, 1)
        rows = [
            a
            for a in appeals.appeals(visit.db, unit=visit.unit)
            if (last is None or a.id < last[0]) and unit in (None, a.unit) and state in (None, a.state)
        ]
        return _part(
            rows,
            lambda a: m.AppealOut(
                id=a.id,
                unit=a.unit,
                rule=a.rule,
                target=a.target,
                account=a.account,
                finding=a.finding,
                filed_at=instant(a.filed_at),
                who=visit.signed(a.who),
                text=visit.private(a.text),
                state=a.state,  # type: ignore[arg-type]
                ended_at=instant(a.ended_at) if a.ended_at else None,
            ),
            limit,
            lambda a: str(a.id),
        )

    @app.get("/units/{name}/rechecks", summary="一个单位最近的复查")
    def rechecks(visit: Here, name: str) -> list[m.RecheckOut]:
        return [
            _recheck(visit, one) for one in appeals.rechecks_of_unit(visit.db, _known_unit(visit, name).name, most=100)
        ]

    @app.get("/runs", summary="历次运行，新的在前", dependencies=STAFF)
    def runs(visit: Here, kind: Word = None, limit: Limit = 100, after: After = None) -> m.Page[m.RunOut]:
        last = _cursor(after, 1)
        lines = nights.runs(visit.db, most=limit + 1, before=last[0] if last else None, kind=kind or "")
        return _part(
            lines,
            lambda line: m.RunOut(
                id=line.run.id,
                kind=line.run.kind,
                state=line.run.state,
                started_at=instant(line.run.started_at),
                finished_at=instant(line.run.finished_at) if line.run.finished_at else None,
                note=line.run.note,
                **{
                    key: getattr(line, key)
                    for key in ("tasks", "done", "left", "sites", "answered", "units", "coverage")
                },
            ),
            limit,
            lambda line: str(line.run.id),
        )

    @app.get("/jobs", summary="时间表上的任务，新的在前", dependencies=STAFF)
    def jobs(visit: Here, name: Word = None, limit: Limit = 100, after: After = None) -> m.Page[m.JobOut]:
        last = _cursor(after, 1)
        rows = nights.jobs(visit.db, most=limit + 1, before=last[0] if last else None, name=name or "")
        return _part(
            rows,
            lambda j: m.JobOut(
                id=j.id,
                name=j.name,
                started_at=instant(j.started_at),
                finished_at=instant(j.finished_at) if j.finished_at else None,
                state=j.state,
                note=visit.private(j.note) or None,
            ),
            limit,
            lambda j: str(j.id),
        )

    @app.get("/requests", summary="某一天对各主机的访问", dependencies=STAFF)
    def requests(
        visit: Here, day: Annotated[str, Query(max_length=10, description="YYYY-MM-DD，默认今天")] = ""
    ) -> list[m.HostOut]:
        today = shanghai_day(visit.now)
        try:
            on = day_of(day, "日期") or today
        except NotAllowed as error:
            raise HTTPException(422, str(error)) from error
        return [
            m.HostOut(
                **{key: getattr(row, key) for key in ("host", "requests", "unchanged", "refused", "silent", "gap")},
                first=instant(row.first),
                last=instant(row.last),
            )
            for row in HOSTS.of(visit.db, str(visit.desk.service.settings.db), on, today)
        ]

    @app.get("/incidents", summary="本系统的问题", dependencies=STAFF)
    def incidents_(visit: Here, closed: bool = False, limit: Limit = 100, after: After = None) -> m.Page[m.IncidentOut]:
        last = (_cursor(after, 1) or (0,))[0]
        rows = [i for i in incidents.incidents(visit.db, closed=closed) if i.id > last]
        return _part(
            rows,
            lambda i: m.IncidentOut(
                id=i.id,
                kind=i.kind,
                subject=i.subject,
                detail=visit.private(i.detail),
                opened_at=instant(i.opened_at),
                last_seen_at=instant(i.last_seen_at),
                closed_at=instant(i.closed_at) if i.closed_at else None,
                run=i.run,
            ),
            limit,
            lambda i: str(i.id),
        )

    @app.get("/ledger", summary="台账，新的在前", dependencies=STAFF)
    def ledger_(
        visit: Here, unit: Word = None, who: Word = None, kind: Word = None, limit: Limit = 100, after: After = None
    ) -> m.Page[m.EntryOut]:
        before = _plain(after) if after else ""
        if before and not KEY.fullmatch(before):
            raise HTTPException(400, _BAD)
        kinds = [k for k in kinds_for(visit) if kind in (None, k)]
        found = ledger.entries(visit.db, most=limit + 1, kinds=kinds, unit=unit, who=who, before=before)
        return _part(
            found,
            lambda e: m.EntryOut(
                at=instant(e.at),
                kind=e.kind,
                id=e.id,
                who=e.who,
                unit=e.unit,
                what=e.what,
                words=said(e),
                of=e.of,
                subject=e.subject,
                why=why_of(visit, e),
            ),
            limit,
            lambda e: e.key,
        )


# lists in parts

_BAD = "after 不是本接口给出的，请从第一页重新读取"


def _part(rows: Sequence[T], shown: Callable[[T], Any], limit: int, key: Callable[[T], str]) -> m.Page[Any]:
    """The first rows of what is left, with the cursor of the last one where there are more."""
    mine = rows[:limit]
    return m.Page[Any](items=list(map(shown, mine)), next=_packed(key(mine[-1])) if len(rows) > limit else None)


def _named(
    rows: Sequence[T], key: Callable[[T], str], shown: Callable[[T], Any], limit: int, after: str | None
) -> m.Page[Any]:
    """Rows that are known by a name, in their own order. One that is gone since ends the list with 400: it was another registry."""
    start = 0
    if after:
        name = _plain(after)
        start = next((n for n, row in enumerate(rows, 1) if key(row) == name), 0)
        if not start:
            raise HTTPException(400, _BAD)
    return _part(rows[start:], shown, limit, key)


def _packed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _plain(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise HTTPException(400, _BAD) from error


def _cursor(after: str | None, parts: int) -> tuple[int, ...] | None:
    """The numbers of a cursor; None without one."""
    if not after:
        return None
    numbers = _plain(after).split(".")
    if len(numbers) != parts or not all(n.isascii() and n.isdecimal() and len(n) < 19 for n in numbers):
        raise HTTPException(400, _BAD)
    return tuple(map(int, numbers))


# rows


def _findings_of(visit: Visit, judging: int) -> Iterable[Finding]:
    """The findings of that judging: of the last one as the desk holds them."""
    now = visit.night.judging
    return visit.night.findings if now and now.id == judging else findings.findings_of(visit.db, judging)


def _finding(visit: Visit, one: Finding) -> m.FindingOut:
    row = export.finding_row(one)
    row["value"] = _masked(visit, row["value"])
    row["evidence"] = _evidence(visit, one.evidence)
    return m.FindingOut(**row)


def _alert(visit: Visit, one: Alert) -> dict[str, Any]:
    return {**export.alert_row(one), "evidence": _evidence(visit, one.evidence)}


def _evidence(visit: Visit, pieces: Iterable[Evidence]) -> list[m.EvidenceOut]:
    rows = map(export.evidence_row, pieces)
    return [m.EvidenceOut(**{**row, "excerpt": _masked(visit, row["excerpt"])}) for row in rows]


def _evidence_of(visit: Visit, holder: Alert | Finding) -> list[m.EvidenceMeta]:
    return [
        m.EvidenceMeta(**_evidence(visit, [piece])[0].model_dump(exclude_unset=True), n=n, stored=kept)
        for n, piece, kept, _ in pieces_of(visit, holder)
    ]


def _masked(visit: Visit, value: Any) -> Any:
    """The value with personal numbers starred in all its texts, but for reviewers."""
    if isinstance(value, str):
        return visit.private(value)
    if isinstance(value, dict):
        return {key: _masked(visit, held) for key, held in value.items()}
    return [_masked(visit, held) for held in value] if isinstance(value, list) else value


def _known_unit(visit: Visit, name: str) -> Unit:
    if visit.unit not in (None, name) or name not in visit.night.units:
        raise HTTPException(404, "没有这个单位")
    return visit.night.units[name]


def _known_alert(visit: Visit, id_: int) -> Alert:
    known = next((a for a in visible(visit) if a.id == id_), None)
    if known is None:
        raise HTTPException(404, "没有这条预警")
    return known


def _unit(u: Unit) -> m.UnitOut:
    return m.UnitOut(
        unit=u.name,
        group=u.group,
        site="无" if u.no_platform else u.site,
        **{
            name: getattr(u, name)
            for name in ("board", "reports", "site_code", "annual_report", "retrofit", "self_assessment")
        },
    )


def _account(a: Any) -> m.AccountOut:
    names = ("unit", "platform", "account", "source", "account_id", "state")
    return m.AccountOut(**{name: getattr(a, name) for name in names}, closed_on=_day(a.closed_on))


def _recheck(visit: Visit, one: Recheck) -> m.RecheckOut:
    names = ("id", "unit", "of", "subject", "rule", "target", "state", "run")
    return m.RecheckOut(
        **{name: getattr(one, name) for name in names},
        who=visit.signed(one.who),
        asked_at=instant(one.asked_at),
        ended_at=instant(one.ended_at) if one.ended_at else None,
        before=one.before.verdict if one.before else None,
        after=one.after.verdict if one.after else None,
    )


def _day(on: Any) -> str | None:
    return on.isoformat() if on else None
