"""A year of nights without a network: python -m bench.year [UNITS [NIGHTS]]   (50 units and 365 nights by default)

Judging, alerts, retention and storage of made-up visits (tests/schedules/year.py), in a database on disk; nothing is asserted, the
numbers are printed as Markdown. It shows what a year of judging costs and how the database grows.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from db import facts
from tests.schedules import year


def main(units: str = "50", nights: str = "365") -> int:
    """Live it and print."""
    registered = year.units(int(units) - 8)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "year.db"
        db = facts.open_database(path)
        began = time.perf_counter()
        sizes = year.a_year(db, registered, nights=int(nights))
        seconds = time.perf_counter() - began
        last = time.perf_counter()
        year.a_night(db, int(nights), registered)
        last = time.perf_counter() - last
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        size = year.sizes_of(path)
    print("| row | here |\n| --- | --- |")
    print(f"| {nights} nights of {len(registered)} units, judged, stored and tidied | {seconds:.0f} s |")
    print(f"| the night after them | {last:.2f} s |")
    print(f"| database | {size:.0f} MB |")
    print(f"| peak memory | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB |")
    print(f"| rows after each month: findings | {', '.join(str(month['finding']) for month in sizes)} |")
    print(f"\n{datetime.now(UTC):%Y-%m-%d}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
