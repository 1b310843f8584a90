"""What a finding or an alert rests on: the stored page, the picture of it, the file, the signed bundle.

Nothing is asked for by its hash, only as the n-th piece of evidence of an alert or a finding. But for reviewers the personal numbers of a
page are starred; its bytes as they came, which cannot be, are the reviewers'. The bundle goes to the unit as well: it is made for it.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response

from crawler.extract.decode import decode
from crawler.extract.privacy import masked_source
from db import cited, facts, findings
from db.history import kind_of
from db.keys import KeyProblem, installation_key
from db.records import Alert, Evidence, Finding
from desk import stored, wording
from desk.evidence import EvidenceProblem, bundle
from desk.pages.alerts import visible
from desk.pages.frame import DOWNLOAD, Here, Number, Visit, needs
from monitors.rubric import RubricError

router = APIRouter()
READ, ACT = [Depends(needs("unit"))], [Depends(needs("reviewer"))]
Of = Literal["alert", "finding"]


@router.get("/stored/{of}/{id_}/{n}", dependencies=READ)
def stored_page(visit: Here, of: Of, id_: Number, n: Number) -> Response:
    """The stored page in its frame: nothing of it runs, loads, sends or leads anywhere."""
    _, piece = _piece(visit, of, id_, n)
    body = _body(visit, piece)
    head = f"存档页面 {piece.url or piece.source or ''}，{wording.moment(piece.fetched_at)} 取得"
    words = [piece.excerpt] if piece.excerpt else []
    kind = kind_of(visit.db, piece.sha256 or "")
    text = stored.shown(body, kind, words, head, large=visit.large, private=None if visit.trusted else masked_source)
    headers = {"Content-Security-Policy": stored.POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/stored/{of}/{id_}/{n}/file", dependencies=ACT)
def stored_file(visit: Here, of: Of, id_: Number, n: Number) -> Response:
    """The stored bytes as a download, never shown by the browser itself."""
    _, piece = _piece(visit, of, id_, n)
    body = _body(visit, piece)
    return _download(body, f"{(piece.sha256 or '')[:16]}.{stored.ending(body)}")


@router.get("/shots/{of}/{id_}/{n}", dependencies=READ)
def shot(visit: Here, of: Of, id_: Number, n: Number) -> Response:
    """The picture of the page, where the browser took one; only for reviewers where the page shows personal numbers."""
    unit, piece = _piece(visit, of, id_, n)
    if not visit.trusted and not _harmless(visit, piece):
        raise HTTPException(403, "页面含有或可能含有个人信息，截图只供复核员查看。")
    for row in cited.screenshots_of(visit.db, unit, piece):
        body = facts.body(visit.db, row.sha256 or "")
        if body is not None and (kind := stored.picture_kind(body)):
            return Response(body, media_type=kind, headers=DOWNLOAD)
    raise HTTPException(404, "没有截图。")


@router.get("/evidence/{id_}.zip", dependencies=READ)
def evidence(visit: Here, id_: Number) -> Response:
    """The signed bundle of one finding."""
    found = _finding(visit, id_)
    if found is None:
        raise HTTPException(404, f"没有编号为 {id_} 的结论。")
    visit.admit(found.unit)
    if not (visit.trusted or visit.unit):
        raise HTTPException(403, "证据包含网页原文，只供复核员和该单位下载。")
    try:
        data = bundle(visit.db, id_, key=installation_key(visit.desk.service.settings.db), at=visit.now)
    except (EvidenceProblem, RubricError) as error:
        raise HTTPException(404, str(error)) from error
    except KeyProblem as error:
        raise HTTPException(503, str(error)) from error
    return _download(data, f"evidence-{id_}.zip")


def _harmless(visit: Visit, piece: Evidence) -> bool:
    """Whether the page is stored and shows no number that looks personal."""
    body = facts.body(visit.db, piece.sha256) if piece.sha256 else None
    if body is None:
        return False
    text, _ = decode(body, kind_of(visit.db, piece.sha256 or ""))
    return masked_source(text) == text


def _finding(visit: Visit, id_: int) -> Finding | None:
    """The finding with that number, of whatever judging."""
    return visit.night.by_id.get(id_) or findings.finding_by_id(visit.db, id_)


def _piece(visit: Visit, of: str, id_: int, n: int) -> tuple[str, Evidence]:
    """Whose it is, and the n-th piece of evidence of that alert or finding."""
    alert = next((a for a in visible(visit) if a.id == id_), None) if of == "alert" else None
    holder: Alert | Finding | None = alert if of == "alert" else _finding(visit, id_)
    if holder is None or not 0 <= n < len(holder.evidence):
        raise HTTPException(404, "没有这份证据。")
    visit.admit(holder.unit)
    return holder.unit, holder.evidence[n]


def _body(visit: Visit, piece: Evidence) -> bytes:
    body = facts.body(visit.db, piece.sha256) if piece.sha256 else None
    if body is None:
        raise HTTPException(404, "没有存下这个页面。")
    return body


def _download(data: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **DOWNLOAD}
    return Response(data, media_type="application/octet-stream", headers=headers)
