"""What would a province cost? python -m bench.province [SITES]   (200 by default, 2000 for the table in README.md)

Made-up sites on loopback (origin_province.py), without politeness delays, so that what is measured is this program alone: one
and two crawl processes, an embedded cluster of one and two workers, a second night, and a night in which a worker is killed. The
origin runs on the same cores. Prints Markdown, with what follows for the country, and the load of the machine.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.origin_province import address
from db import extract, facts
from schedules import cluster, jobs

_PORT = 18800
_COUNTRY = 14_000
_WINDOW = 8 * 3600
_REAL = 1.5  # seconds between two requests to one site, as it is set by default
_START = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Night:
    """What one run cost. Seconds of wall clock; `cpu` of all its processes; megabytes of the largest process of each kind.

    asked, heard  requests to the sites and bytes of their pages, as the origin counted them
    sent, brought bytes that went to the workers and came back
    """

    wall: float
    judged: float
    merged: float
    cpu: float
    here: float
    child: float
    worker: float
    sent: int
    brought: int
    size: int
    asked: int
    heard: int


@contextmanager
def origin(sites: int) -> Iterator[None]:
    """The sites, until the end of the block."""
    command = [sys.executable, "-m", "bench.origin_province", str(sites), str(_PORT)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


def ask(path: str) -> dict[str, int]:
    """One of the origin's own pages."""
    with urllib.request.urlopen(address(0, _PORT).rstrip("/") + path, timeout=60) as answer:
        found: dict[str, int] = json.load(answer)
    return found


def a_night(folder: Path, name: str, *, processes: int, workers: int = 0, lose_after: float | None = None) -> Night:
    """One run over units.csv of the folder, in a process of its own, into the database of that name."""
    before = ask("/__seen")
    answers: Any = _START.Queue()
    process = _START.Process(target=_run, args=(answers, folder, name, processes, workers, lose_after))
    process.start()
    process.join()
    cost = answers.get(timeout=5)
    after = ask("/__seen")
    print(f"{name}: {cost['wall']:.0f} s", file=sys.stderr, flush=True)
    return Night(**cost, asked=after["requests"] - before["requests"], heard=after["bytes"] - before["bytes"])


def _run(answers: Any, folder: Path, name: str, processes: int, workers: int, lose_after: float | None) -> None:
    db, moved, merged, largest = folder / name, {"sent": 0, "brought": 0}, [0.0], [0.0]
    pack, unpack, merge = cluster.pack, cluster.unpack, cluster.merge_parts

    def packed(data: bytes) -> bytes:
        found = pack(data)
        moved["sent"] += len(found)
        return found

    def unpacked(data: bytes) -> bytes:
        moved["brought"] += len(data)
        return unpack(data)

    def taken(path: Path, files: Any) -> int:
        began = time.perf_counter()
        done = merge(path, files)
        merged[0] += time.perf_counter() - began
        return done

    began = time.perf_counter()
    if workers:
        cluster.pack, cluster.unpack, cluster.merge_parts = packed, unpacked, taken
        with cluster.connected("local", jobs=workers) as engine:
            pids = list(engine.client.run(os.getpid).values())
            if lose_after is not None:
                signal.signal(signal.SIGALRM, lambda *_: os.kill(pids[0], signal.SIGKILL))
                signal.setitimer(signal.ITIMER_REAL, lose_after)
            began = time.perf_counter()
            jobs.run(folder / "units.csv", None, db, delay=0, engine=engine)
            wall = time.perf_counter() - began
            largest = [_memory(pid) for pid in pids]
    else:
        jobs.run(folder / "units.csv", None, db, delay=0, jobs=processes)
        wall = time.perf_counter() - began
    size = sum(file.stat().st_size for file in folder.glob(f"{name}*") if file.is_file())
    shutil.copy(db, folder / "judged.db")
    began = time.perf_counter()
    jobs.check(folder / "judged.db")
    judged = time.perf_counter() - began
    mine, below = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    answers.put(
        {
            "wall": wall - judged,
            "judged": judged,
            "merged": merged[0],
            "cpu": mine.ru_utime + mine.ru_stime + below.ru_utime + below.ru_stime - 2 * judged,
            "here": mine.ru_maxrss / 1024,
            "child": below.ru_maxrss / 1024,
            "worker": max(largest),
            "size": size,
            **moved,
        }
    )


def _memory(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


def main(number: str = "200") -> int:
    """Measure and print."""
    sites = int(number)
    with tempfile.TemporaryDirectory() as place, origin(sites):
        folder, rows = Path(place), ["unit,group,site"]
        rows += [f"单位{n},department,{address(n, _PORT)}" for n in range(sites)]
        (folder / "units.csv").write_text("\n".join([*rows, ""]), "utf-8")
        one = a_night(folder, "one.db", processes=1)
        two = a_night(folder, "two.db", processes=2)
        first = a_night(folder, "first.db", processes=0, workers=1)
        away = a_night(folder, "away.db", processes=0, workers=2)
        lost = a_night(folder, "lost.db", processes=0, workers=2, lose_after=away.wall / 2)
        ask("/__night?n=1")
        second = a_night(folder, "away.db", processes=0, workers=2)
        told = _extracted(folder / "away.db", sites)
    print(f"| {sites} sites on loopback, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} | here |\n| --- | --- |")
    for words, value in _measured(sites, one, two, first, away, lost, second, told):
        print(f"| {words} | {value} |")
    print(f"\n| {_COUNTRY} sites, one night | |\n| --- | --- |")
    for words, value in _country(sites, away, second):
        print(f"| {words} | {value} |")
    return 0


def _extracted(path: Path, sites: int) -> tuple[float, float]:
    """Seconds to put together what one batch of twenty has to know, and its bytes a site."""
    db = facts.open_database(path, create=False)
    names = [unit.name for unit in facts.units(db)][:20]
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        extract.extract(db, Path(place) / "e.db", names)
        seconds = time.perf_counter() - began
        size = len(cluster.pack((Path(place) / "e.db").read_bytes())) / len(names)
    db.close()
    return seconds, size


def _measured(
    sites: int, one: Night, two: Night, first: Night, away: Night, lost: Night, second: Night, told: tuple[float, float]
) -> Iterator[tuple[str, str]]:
    yield "requests a site: first night, second night", f"{away.asked / sites:.0f}, {second.asked / sites:.0f}"
    yield "pages a second: one crawl process, two", f"{one.asked / one.wall:.0f}, {two.asked / two.wall:.0f}"
    yield "the same on a cluster: one worker, two", f"{first.asked / first.wall:.0f}, {away.asked / away.wall:.0f}"
    yield (
        "two crawl processes against one; two workers against one",
        f"{one.wall / two.wall:.2f}; {first.wall / away.wall:.2f}",
    )
    yield (
        "CPU a request, all processes: without a cluster, with",
        f"{two.cpu / two.asked * 1000:.1f} ms, {away.cpu / away.asked * 1000:.1f} ms",
    )
    yield "CPU a request on the second night", f"{second.cpu / second.asked * 1000:.1f} ms"
    yield "memory: crawl process, Dask worker, this process", f"{away.child:.0f}, {away.worker:.0f}, {away.here:.0f} MB"
    yield "merging, a site", f"{away.merged / sites * 1000:.0f} ms"
    yield "judging, a site", f"{away.judged / sites * 1000:.0f} ms"
    yield "a worker killed at half time costs", f"{lost.wall - away.wall:.0f} s of {away.wall:.0f} s"
    yield (
        "a site comes back in",
        f"{away.brought / sites / 1000:.0f} KB; second night {second.brought / sites / 1000:.0f} KB",
    )
    yield (
        "a site of a later night is sent with",
        f"{told[1] / 1000:.0f} KB, put together in {told[0] / 20 * 1000:.0f} ms",
    )
    yield (
        "database, a site: first night, each later one",
        f"{away.size / sites / 1000:.0f} KB, {(second.size - away.size) / sites / 1000:.0f} KB",
    )


def _country(sites: int, away: Night, second: Night) -> Iterator[tuple[str, str]]:
    """What follows, when the sites were like these and each stood on a platform of its own."""
    share = _COUNTRY / sites
    requests, cpu = away.asked * share, away.cpu * share
    pace = away.asked / sites * _REAL
    yield "requests", f"{requests / 1e6:.1f} million, {requests / _WINDOW:.0f} a second over eight hours"
    yield "CPU hours, cores for eight hours at 70 %", f"{cpu / 3600:.1f}, {cpu / _WINDOW / 0.7:.1f}"
    yield (
        f"crawl processes, each twenty sites at {_REAL} s a request ({pace:.0f} s a batch)",
        f"{_COUNTRY / 20 * pace / _WINDOW:.1f}",
    )
    yield "merging by the one writer", f"{away.merged * share / 60:.0f} min"
    yield "judging", f"{away.judged * share / 60:.0f} min"
    yield "over the network: out, back", f"{second.sent * share / 1e9:.1f} GB, {away.brought * share / 1e9:.1f} GB"
    yield (
        "database: first night, each later one",
        f"{away.size * share / 1e9:.1f} GB, {(second.size - away.size) * share / 1e9:.2f} GB",
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
