"""Many nights on a cluster, something killed in each: python -m tests.schedules.long_cluster [NUMBER [FIRST]]   (20 by default)

A scheduler and two workers as real processes on loopback; not part of the suite. Prints a line a seed and ends with 1 when one
of them differs from an undisturbed night of one crawl process.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.schedules.killing import everything, timed_night, town
from tests.schedules.nodes import killed_night


def main(number: str = "20", first: str = "3000") -> int:
    """Run it."""
    bad = 0
    with tempfile.TemporaryDirectory() as place, town(Path(place), "甲乙丙丁戊") as folder:
        seconds = timed_night(folder, folder / "w.db")
        want = everything(folder / "w.db")
        for seed in range(int(first), int(first) + int(number)):
            db, began = folder / f"killed-{seed}.db", time.monotonic()
            killed = killed_night(folder, db, seed, seconds)
            found = everything(db)
            differs = sorted(key for key in want if found[key] != want[key])
            bad += bool(differs)
            took = f"{time.monotonic() - began:.0f} s"
            print(seed, killed, took, "differs: " + ", ".join(differs) if differs else "same", flush=True)
    print(f"{number} nights, {bad} differ; an undisturbed night took {seconds:.1f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
