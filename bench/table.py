"""The table "speed and cost", measured here and now: python -m bench.table ORIGIN_FOLDER   (the folder of origin.py)

Every row is a ratio within one run of this program, because machines differ; it prints Markdown. Everything stays on loopback
and ends by itself. What `ORIGIN_FOLDER/run.py` measures (bare spiders) is measured by it, with `bench_command.txt`.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from db import facts
from db.records import Probe, Unit
from monitors import run as monitor
from monitors import scoring
from monitors.rubric import load_rubric
from monitors.run import Case

_PORT = 8800
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of the product cost: seconds of wall and CPU, peak megabytes of its largest process, the origin's count."""

    wall: float
    cpu: float
    peak: float
    said: dict[str, Any]
    seen: dict[str, Any]


class Origin:
    """Made-up sites of `origin.py` on loopback."""

    def __init__(self, folder: Path, **options: Any) -> None:
        given = [w for key, value in options.items() for w in (f"--{key.replace('_', '-')}", str(value)) if w != "True"]
        command = [sys.executable, str(folder / "origin.py"), "--port", str(_PORT), *given]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def ask(self, path: str) -> dict[str, Any]:
        """One of the origin's own pages."""
        with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}{path}", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def origin(folder: Path, **options: Any) -> Iterator[Origin]:
    """The origin, ended with the block."""
    made = Origin(folder, **options)
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait()


def night(there: Origin, db: Path, sites: int, *, budget: int = 300, jobs: int = 1, delay: float = 0) -> Cost:
    """One run of the product over so many sites."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"http://127.1.{n // 200}.{n % 200 + 1}:{_PORT}/\n" for n in range(sites))
        file.flush()
        there.ask("/__reset")
        command = [sys.executable, "-m", "bench.crawl", file.name, str(db), str(budget), str(jobs), str(delay)]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peak, out = _watched(done)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - began, cpu, peak, json.loads(out.splitlines()[-1]), there.ask("/__stats"))


def _watched(process: subprocess.Popen[str]) -> tuple[float, str]:
    """The largest process of the run in megabytes, read ten times a second, and what it printed."""
    peak = 0.0
    while process.poll() is None:
        for pid in _family(process.pid):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
            peak = max(peak, int(found[0]) / 1024 if found else 0)
        time.sleep(0.1)
    assert process.stdout is not None
    return peak, process.stdout.read()


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(p for child in children for p in _family(int(child)))]


def second_night(folder: Path, work: Path) -> Iterator[tuple[str, str, str]]:
    """Bytes, requests and CPU of a night in which 2 % of the pages changed, over those of the first."""
    with origin(folder, sites=20, change=0.02, gzip=True) as there:
        there.ask("/__night?n=0")
        first = night(there, work / "nights.db", 20)
        there.ask("/__night?n=1")
        second = night(there, work / "nights.db", 20)
    shares = [second.seen["bytes"] / first.seen["bytes"], second.seen["requests"] / first.seen["requests"]]
    shares.append(second.cpu / first.cpu)
    yield (
        "second night: bytes / requests / CPU of the first",
        "0.06 / 0.30 / 0.12",
        " / ".join(f"{s:.2f}" for s in shares),
    )
    yield "unchanged pages that a reader had to look at again", "0", str(second.said["reread"])
    median = [statistics.median(requests_besides_links(work / "nights.db", run)) for run in (1, 2)]
    yield (
        "requests of a site besides link checks, median: first night, next night",
        "120, 40",
        "{:.0f}, {:.0f}".format(*median),
    )


def requests_besides_links(db: Path, run: int) -> list[int]:
    """For each unit, how many requests of the run were answered that were not made to check a link."""
    sql = "SELECT count(*) FROM fetch WHERE run = ? AND status IS NOT NULL AND purpose <> 'link' GROUP BY unit"
    return [n for (n,) in facts.open_database(db, create=False).execute(sql, (run,))]


def memory(folder: Path, work: Path) -> Iterator[tuple[str, str, str]]:
    """Peak of the largest process with 200 sites against 20."""
    with origin(folder, sites=200, pages=100) as there:
        few = night(there, work / "few.db", 20)
        many = night(there, work / "many.db", 200)
    yield (
        "peak memory, 200 sites against 20; a process",
        "≤ 1.10; < 150 MB",
        f"{many.peak / few.peak:.2f}; {many.peak:.0f} MB",
    )


def cores(folder: Path, work: Path) -> Iterator[tuple[str, str, str]]:
    """Two crawl processes against one."""
    with origin(folder, sites=20) as there:
        one = [night(there, work / f"one{n}.db", 20).wall for n in range(_REPEATS)]
        two = [night(there, work / f"two{n}.db", 20, jobs=2).wall for n in range(_REPEATS)]
    yield "two processes against one", "≥ 1.6", f"{statistics.median(one) / statistics.median(two):.2f}"


def politeness(folder: Path, work: Path) -> Iterator[tuple[str, str, str]]:
    """What the origin says of our manners."""
    delay = 0.3
    with origin(folder, sites=20, latency_ms=30, jitter_ms=20) as there:
        seen = night(there, work / "polite.db", 20, budget=40, delay=delay).seen
    said = f"{seen['max_concurrency_per_site']}, {seen['min_gap_s'] / delay:.2f}"
    yield "told by the origin: concurrency per site, smallest gap ÷ delay", "1, ≥ 0.5", said


def judging(work: Path) -> Iterator[tuple[str, str, str]]:
    """Rules and scores of 50 units on stored facts, and of a year of nights."""
    db = facts.open_database(work / "nights.db", create=False)
    visits = [v for u in facts.units(db) if (v := facts.last_visit(db, u.name))]
    rubric, units, cases = load_rubric(), [], []
    for number in range(50):
        visit = visits[number % len(visits)]
        unit = Unit(f"单位{number}", "county" if number % 2 else "department", visit.url)
        units.append(unit)
        week: list[Probe] = list(visit.probes)
        cases.append(Case(unit, (datetime.now(UTC) + timedelta(hours=8)).date(), visit.finished_at, visit, week))

    def judge() -> Decimal:
        made = [finding for case in cases for finding in monitor.judge(case, rubric)]
        return sum((s.online for s in scoring.scores(units, made, rubric) if s.online is not None), Decimal(0))

    judge()
    began = time.perf_counter()
    judge()
    once = time.perf_counter() - began
    yield (
        "judging and scoring 50 units; 365 nights of them",
        "< 1 s; < 60 s",
        f"{once:.2f} s; {365 * once:.0f} s (365 times one)",
    )


def main(folder: str) -> int:
    """Measure and print."""
    print("| row | goal | here |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as work:
        for part in (second_night, memory, cores, politeness):
            _print(part(Path(folder), Path(work)))
        _print(judging(Path(work)))
    print(f"\n{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    return 0


def _print(rows: Iterator[Sequence[str]]) -> None:
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
