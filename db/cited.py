"""Which stored requests does a piece of evidence rest on?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from db import facts
from db.codec import instant_text
from db.findings import Judging
from db.records import Evidence, Fetch

_PAGE = "purpose <> 'screenshot'"


def judging_of(db: Database, finding: int) -> Judging | None:
    """The judging that made the finding with that id; None when there is no such finding."""
    sql = (
        "SELECT j.id, j.run, j.as_of, j.rubric, j.version, j.made_at"
        " FROM judging j JOIN finding f ON f.judging = j.id WHERE f.id = ?"
    )
    for id_, run, as_of, rubric, version, made_at in db.execute(sql, (finding,)):
        return Judging(id_, run, datetime.fromisoformat(as_of), rubric, version, datetime.fromisoformat(made_at))
    return None


def fetches_behind(db: Database, unit: str, evidence: Evidence) -> list[Fetch]:
    """The fetch at that address and instant, and where it did not bring the cited bytes, the nearest one that did.

    What was only confirmed (304), a door included, is preceded by the fetch that first brought its bytes. Empty when the evidence
    names no address, or nothing that was asked for.
    """
    if evidence.url is None or evidence.fetched_at is None:
        return []
    url, at, sha256 = evidence.url, instant_text(evidence.fetched_at), evidence.sha256
    found = _rows(
        db,
        f"{_PAGE} AND unit = ? AND at = ? AND ? IN (url, final_url) ORDER BY sha256 IS NOT ?, id LIMIT 1",
        (unit, at, url, sha256),
    )
    if sha256 is None:
        return found
    if not any(row.sha256 == sha256 for row in found):
        nearest = (
            f"{_PAGE} AND sha256 = ? ORDER BY ? NOT IN (url, final_url), abs(julianday(at) - julianday(?)), id LIMIT 1"
        )
        found += _rows(db, nearest, (sha256, url, at))
    first = f"{_PAGE} AND sha256 = ? AND final_url = ? AND status <> 304 ORDER BY at, id LIMIT 1"
    confirmed = {(hop.sha256, hop.url) for row in found for hop in row.trail if hop.status == 304 and hop.sha256}
    return [row for pair in sorted(confirmed) for row in _rows(db, first, pair)] + found


def screenshots_of(db: Database, unit: str, evidence: Evidence) -> list[Fetch]:
    """Pictures of the page taken within a day of the evidence, the nearest first."""
    if evidence.url is None or evidence.fetched_at is None:
        return []
    near = [instant_text(evidence.fetched_at + timedelta(days=days)) for days in (-1, 1)]
    where = (
        "purpose = 'screenshot' AND sha256 IS NOT NULL AND unit = ? AND ? IN (url, final_url) AND at BETWEEN ? AND ?"
    )
    order = " ORDER BY abs(julianday(at) - julianday(?)), id"
    return _rows(db, where + order, (unit, evidence.url, *near, instant_text(evidence.fetched_at)))


def _rows(db: Database, where: str, given: tuple[Any, ...]) -> list[Fetch]:
    found = db.execute(f"SELECT unit, run, id FROM fetch WHERE {where}", given).fetchall()
    return [f for unit, run, id_ in found for f in facts.fetches(db, unit, run=run) if f.id == id_]
