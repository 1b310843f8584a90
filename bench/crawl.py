"""One whole night over given addresses: crawl.py SITES DB BUDGET [JOBS [DELAY]]   (what bench_command.txt calls)

SITES is a file with one start address a line; BUDGET the requests a site may cost, all together. Every address is registered as a
department, then the product's own `run` job visits, judges and scores it into DB, by default without politeness delays.
The last line it prints is JSON: units, findings, and what the sites' visits cost.
"""

import csv
import json
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from crawler.settings import Budget
from schedules import jobs

_COSTS = ("pages", "unchanged", "reread")
_LAST = 12  # requests that are made whatever was spent: the last probes, the second look at what seems dead


def shares(budget: int) -> dict[str, float]:
    """So many requests as a budget of the product: the walk first, the dead-link check with what is left."""
    return {"pages": min(Budget().pages, budget - _LAST), "links": budget, "requests": budget - _LAST}


def main(sites: str, db: str, budget: str, workers: str = "1", delay: str = "0") -> int:
    """Run it; whoever measures counts by itself what the origin saw."""
    costs: Counter[str] = Counter()

    def note(event: dict[str, Any]) -> None:
        if event["event"] == "site_done":
            costs.update({key: event.get(key, 0) for key in _COSTS})

    with tempfile.TemporaryDirectory() as folder:
        units = Path(folder) / "units.csv"
        with units.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["unit", "group", "site"])
            for number, address in enumerate(Path(sites).read_text("utf-8").split()):
                rows.writerow([f"单位{number + 1}", "department", address])
        result = jobs.run(
            units, None, Path(db), delay=float(delay), jobs=int(workers), budget=shares(int(budget)), progress=note
        )
    cpu = {"cpu_judging": resource.RUSAGE_SELF, "cpu_crawling": resource.RUSAGE_CHILDREN}
    seconds = {name: round(sum(resource.getrusage(who)[:2]), 2) for name, who in cpu.items()}
    print(json.dumps({"units": result.units, "findings": result.judged, **costs, **seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
