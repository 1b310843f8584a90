"""What does nobody need any more? Facts stay, and so does everything behind a lost point; the rest of old nights is let go.

A run is tidied once, when it is older than the time set. Of its judgings every finding that cost points or capped a score stays for
good, with the bytes of every page that it cites: a point that was taken must be shown at any time. So does what a person decided
on, and what a sealed period rests on. What passed, was not seen or cost nothing is dropped, and so are bodies that no kept
finding, no alert and no later run cites. Nights of a period that is not sealed yet are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlite_utils import Database

from db import periods
from db.codec import instant_text
from db.facts import writing
from db.records import SHANGHAI, shanghai_day

_SHA256 = re.compile(r'"sha256":"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was let go: of how many runs, how many findings, bodies and bytes of bodies as stored."""

    runs: int = 0
    findings: int = 0
    bodies: int = 0
    size: int = 0

    @property
    def words(self) -> str:
        """One Chinese sentence."""
        if not self.runs:
            return "没有超过保留期的数据"
        return f"已清理 {self.runs} 次旧任务：未扣分的结论 {self.findings} 条，存页 {self.bodies} 个（{self.size / 1e6:.1f} MB）"


def retain(db: Database, *, months: int, now: datetime) -> Dropped:
    """Tidy every run that began more than so many calendar months ago; a transaction each. Hold the lock of the database."""
    edge = instant_text(datetime.combine(_months_before(shanghai_day(now), months), time(), SHANGHAI))
    held = [(p.first, p.last) for p in periods.periods(db) if not p.sealed]  # its nights are still to be counted
    old = db.execute(
        "SELECT id, started_at FROM run WHERE started_at < ? AND tidied = 0 ORDER BY id", (edge,)
    ).fetchall()
    days = {run: shanghai_day(datetime.fromisoformat(at)) for run, at in old}
    runs = [run for run, day in days.items() if not any(first <= day <= last for first, last in held)]
    total = Dropped()
    if runs:
        for run in runs:
            with writing(db):
                dropped = _thinned(db, run)
                db.execute("UPDATE run SET tidied = 1 WHERE id = ?", (run,))
            total = Dropped(total.runs + 1, total.findings + dropped)
        cited = _cited(db)
        for run in runs:
            with writing(db):
                bodies, size = _without_bodies(db, run, cited)
            total = Dropped(total.runs, total.findings, total.bodies + bodies, total.size + size)
    with writing(db):
        db.execute(
            "DELETE FROM job WHERE started_at < ? AND id NOT IN (SELECT max(id) FROM job GROUP BY name)", (edge,)
        )
        db.execute("UPDATE probe SET trail = NULL WHERE at < ? AND trail IS NOT NULL", (edge,))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return total


def _thinned(db: Database, run: int) -> int:
    """Drop what cost nothing in the judgings of that run, unless a person decided on it; how many findings."""
    made = db.execute(
        "DELETE FROM finding WHERE judging IN (SELECT id FROM judging WHERE run = ?)"
        " AND NOT (verdict = 'fail' AND (CAST(points AS REAL) > 0 OR EXISTS"
        " (SELECT 1 FROM score s, json_each(s.veto) v"
        " WHERE s.judging = finding.judging AND s.unit = finding.unit AND v.value = finding.rule)))"
        " AND id NOT IN (SELECT json_extract(record, '$.finding') FROM review)"
        " AND id NOT IN (SELECT json_extract(c.value, '$[1]') FROM period_frozen p, json_each(p.record, '$.counted') c"
        " WHERE p.part = 'night')",
        (run,),
    )
    return int(made.rowcount)


def _cited(db: Database) -> set[str]:
    """Hashes of every body that a fail, a finding carried from an earlier run, an alert, or a sealed period points to."""
    rows: Iterable[tuple[str | None]] = (
        *db.execute("SELECT evidence FROM finding WHERE verdict = 'fail' OR carried = 1"),
        *db.execute("SELECT record FROM alert UNION ALL SELECT before FROM alert"),
        *db.execute("SELECT record FROM period_frozen WHERE part = 'finding'"),
        *db.execute("SELECT f.evidence FROM finding f JOIN review r ON json_extract(r.record, '$.finding') = f.id"),
    )
    return {sha256 for (text,) in rows if text for sha256 in _SHA256.findall(text)}


def _without_bodies(db: Database, run: int, cited: set[str]) -> tuple[int, int]:
    """Drop the bodies of that run that nothing cites; how many, and their bytes.

    The answers on the way to a cited page (redirects, doors) stay with it, and so does the picture of it.
    """
    rows = db.execute("SELECT sha256, trail, purpose, unit, url FROM fetch WHERE run = ?", (run,)).fetchall()
    pages = {(unit, url) for sha256, _, _, unit, url in rows if sha256 in cited}
    kept = set(cited)
    for sha256, trail, purpose, unit, url in rows:
        if sha256 in cited:
            kept.update(_SHA256.findall(trail or ""))
        if purpose == "screenshot" and (unit, url) in pages:
            kept.add(sha256)
    bodies = size = 0
    for sha256 in {row[0] for row in rows if row[0]} - kept:
        found = db.execute(
            "SELECT length(zstd) FROM body WHERE sha256 = ?1"
            " AND NOT EXISTS (SELECT 1 FROM page WHERE page.sha256 = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM fetch f JOIN run r ON r.id = f.run WHERE f.sha256 = ?1 AND r.tidied = 0)",
            (sha256,),
        ).fetchone()
        if found is not None:
            db.execute("DELETE FROM body WHERE sha256 = ?", (sha256,))
            bodies, size = bodies + 1, size + found[0]
    return bodies, size


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the 28th where that month may be too short."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))
