"""One whole night over given addresses: crawl.py SITES DB BUDGET [JOBS]   (what bench_command.txt calls)

SITES is a file with one start address a line; BUDGET the pages a site may cost. Every address is registered as a
department, then the product's own `run` job visits, judges and scores it into DB, without politeness delays.
"""

import csv
import sys
import tempfile
from pathlib import Path

from schedules import jobs


def main(sites: str, db: str, budget: str, workers: str = "1") -> int:
    """Run it; one line of JSON at the end is left to the measuring tool, which counts by itself."""
    with tempfile.TemporaryDirectory() as folder:
        units = Path(folder) / "units.csv"
        with units.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["unit", "group", "site"])
            for number, address in enumerate(Path(sites).read_text("utf-8").split()):
                rows.writerow([f"单位{number + 1}", "department", address])
        result = jobs.run(units, None, Path(db), delay=0, jobs=int(workers), budget={"pages": int(budget)})
    print(f"{result.units} units, {result.judged} findings", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
