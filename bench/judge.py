"""What does it cost to judge stored nights again? python -m bench.judge [UNITS [NIGHTS]]   (50 units and 365 nights by default)

The demo city is visited once over HTTP; its records, every day and instant moved on by a day a night, are stored as so many nights of
so many units. Then all of it is read back, judged and scored. Nothing is asserted; CPU time is what compares between machines
that do other work besides.
"""

from __future__ import annotations

import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from db import facts
from db.bodies import pack
from db.codec import dump, instant_text
from db.records import Unit
from monitors import run as monitor
from monitors import scoring
from monitors.rubric import load_rubric
from schedules.again import Past, runs_between
from tests.schedules.city_year import Seen, visited

FIRST = datetime(2026, 1, 1, 14, 10, tzinfo=UTC)
_DAY = re.compile(r'(?<=")\d{4}-\d\d-\d\d(?=["T])')


def stored(db: Database, seen: Seen, units: int, nights: int) -> list[Unit]:
    """Store the nights; the units, of which those beyond the city's own are copies of others."""
    copies = -(-units // len(seen.units))
    registered: list[Unit] = []
    accounts = []
    texts: list[tuple[str, str, str]] = []  # table, unit, record
    for copy in range(copies):
        for unit in seen.units[: units - len(registered)]:
            name = unit.name + (str(copy) if copy else "")
            registered.append(replace(unit, name=name))
            if unit.name in seen.visits:
                texts.append(("visit", name, dump(replace(seen.visits[unit.name], unit=name))))
            for account in (a for a in seen.accounts if a.unit == unit.name and not a.canary):
                accounts.append(replace(account, unit=name))
            texts += [("snapshot", name, dump(replace(s, unit=name))) for s in seen.snapshots if s.unit == unit.name]
    facts.save_registry(db, registered, accounts)
    for number in range(nights):
        at = FIRST + timedelta(days=number)
        run = facts.begin_run(db, at=at, kind="night")
        moved = _moved(at - seen.at)
        with facts.writing(db):
            for table, name, text in texts:
                record = _DAY.sub(moved, text)
                record = re.sub(r'"run":\d+', f'"run":{run.id}', record, count=1)
                if table == "visit":
                    db.execute(
                        "INSERT INTO visit VALUES (?, ?, ?, json_extract(?4, '$.outcome'), 0, 1, json_extract(?4, '$.status'),"
                        " json_array_length(?4, '$.errors') > 0, ?5)",
                        (run.id, name, instant_text(at), record, pack(record.encode())),
                    )
                else:
                    db.execute(
                        "INSERT INTO snapshot SELECT ?1, ?2, json_extract(?3, '$.source'), json_extract(?3, '$.account'),"
                        " json_extract(?3, '$.at'), json_extract(?3, '$.status'), ?3, NULL",
                        (run.id, name, record),
                    )
            db.conn.executemany(
                "INSERT INTO probe (unit, url, at, outcome, status, ms, run) VALUES (?, '', ?, 'ok', 200, 30, ?)",
                [
                    (u.name, instant_text(at + timedelta(hours=h)), run.id)
                    for u in registered
                    if u.site
                    for h in range(24)
                ],
            )
        facts.end_run(db, run.id, at=at + timedelta(hours=3), state="finished")
    return registered


def _moved(by: timedelta) -> Callable[[re.Match[str]], str]:
    days, known = round(by / timedelta(days=1)), dict[str, str]()

    def move(found: re.Match[str]) -> str:
        text = found[0]
        if text not in known:
            known[text] = str(date.fromisoformat(text) + timedelta(days=days))
        return known[text]

    return move


def main(units: str = "50", nights: str = "365") -> int:
    """Store, judge, print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        seen = visited(folder)
        db = facts.open_database(folder / "nights.db")
        registered = stored(db, seen, int(units), int(nights))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rubric = load_rubric()
        runs = runs_between(db, date(2026, 1, 1), date(2027, 12, 31))
        began, wall = time.process_time(), time.perf_counter()
        past, judged, findings = Past(db, runs), 0, 0
        for unit in registered:
            for _, case in past.cases(unit):
                made = monitor.judge(case, rubric)
                if unit.group in rubric.full:
                    scoring.score(unit, made, rubric)
                judged, findings = judged + 1, findings + len(made)
        cpu, wall = time.process_time() - began, time.perf_counter() - wall
        db.close()
        size = (folder / "nights.db").stat().st_size / 1e6
    print("| row | here |\n| --- | --- |")
    print(f"| {len(runs)} nights of {len(registered)} units judged again, one process: CPU | {cpu:.1f} s |")
    print(f"| the same, by the clock | {wall:.1f} s |")
    print(f"| a unit and night | {cpu / judged * 1000:.2f} ms, {findings / judged:.0f} findings |")
    print(f"| database | {size:.0f} MB |")
    print(f"| peak memory | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB |")
    print(f"\n{datetime.now(UTC):%Y-%m-%d}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
