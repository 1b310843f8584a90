"""Kill many nights: python -m tests.schedules.long_kill [NUMBER [FIRST]]   (100 by default, not part of the suite)

More sites and two crawl processes. Prints a line a seed and ends with 1 when one of them differs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.schedules.killing import everything, killed_night, timed_night, town


def main(number: str = "100", first: str = "1000") -> int:
    """Run it."""
    bad = 0
    with tempfile.TemporaryDirectory() as place, town(Path(place), "甲乙丙丁戊") as folder:
        seconds = timed_night(folder, folder / "w.db", 2)
        want = everything(folder / "w.db")
        for seed in range(int(first), int(first) + int(number)):
            db = folder / f"killed-{seed}.db"
            killed = killed_night(folder, db, seed, seconds, processes=2)
            found = everything(db)
            differs = sorted(key for key in want if found[key] != want[key])
            bad += bool(differs)
            print(seed, killed, "differs: " + ", ".join(differs) if differs else "same", flush=True)
    print(f"{number} nights, {bad} differ; an undisturbed night took {seconds:.1f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
