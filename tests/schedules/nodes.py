"""A scheduler and workers of Dask as real processes on loopback, and a night on them of which something is killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.schedules.killing import night

_START = multiprocessing.get_context("spawn")
_WAIT = 40.0
KINDS = ("worker", "machine", "crawl", "run", "scheduler")


def family(pid: int) -> list[int]:
    """The process and everything below it, itself first."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return [pid]
    return [pid, *(below for child in children for below in family(child))]


def command(pid: int) -> str:
    """What the process was started as, in words."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pids: Sequence[int]) -> None:
    """At once, as a power cut does."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@dataclass
class Nodes:
    """The processes, and the address of the scheduler."""

    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def crawls(self) -> list[int]:
        """The crawl processes below the workers."""
        return [pid for w in self.workers for pid in family(w.pid) if "-m crawler" in command(pid)]


@contextmanager
def nodes(
    folder: Path, workers: int = 2, *, options: Sequence[str] = (), env: Mapping[str, str] | None = None
) -> Iterator[Nodes]:
    """As `dask scheduler` and `dask worker` start them; the files of both are in the folder. All are gone with the block."""
    told, dask = folder / f"scheduler-{time.monotonic_ns()}.json", [sys.executable, "-m", "dask"]
    given = {"env": {**os.environ, **(env or {})}, "stdout": subprocess.DEVNULL}
    with ExitStack() as stack:
        log = stack.enter_context((folder / "nodes.log").open("ab"))

        def started(*words: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([*dask, *words, *options], stderr=log, **given)
            stack.callback(lambda: (kill(family(process.pid)), process.wait()))
            return process

        host = ("--host", "127.0.0.1", "--no-dashboard")
        found = Nodes(started("scheduler", *host, "--port", "0", "--scheduler-file", str(told)))
        end = time.monotonic() + _WAIT
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < end, (folder / "nodes.log").read_text()
            time.sleep(0.05)
        found.address = json.loads(told.read_text())["address"]
        for number in range(workers):
            local = ("--local-directory", str(folder / f"node-{number}"), "--death-timeout", "20")
            found.workers.append(started("worker", found.address, *host, "--nthreads", "1", *local))
        yield found


def killed_night(folder: Path, db: Path, seed: int, seconds: float, kinds: Sequence[str] = KINDS) -> str:
    """Run the night on two workers and kill something of it at a moment within so many seconds; then to the end. What was killed."""
    chance = random.Random(seed)
    what, after = chance.choice(kinds), chance.uniform(0, seconds)
    with nodes(folder) as found:
        process = _START.Process(target=night, args=(folder, db, 1, found.address))
        process.start()
        end = time.monotonic() + _WAIT
        while not found.crawls() and process.is_alive() and time.monotonic() < end:
            time.sleep(0.02)
        process.join(after)
        said = what if process.is_alive() else "nothing"
        victim = chance.choice(found.workers)
        kill(
            {
                "worker": [pid for pid in family(victim.pid)[1:] if "-m crawler" not in command(pid)],
                "machine": family(victim.pid),
                "crawl": found.crawls()[:1],
                "run": [process.pid or 0],
                "scheduler": [found.scheduler.pid],
            }[what]
        )
        process.join(120)
        if process.is_alive():
            kill([process.pid or 0])
            raise AssertionError(f"seed {seed}: the night hung after {said} was killed")
        for _ in range(2):
            if process.exitcode == 0:
                return said
            with nodes(folder) if what == "scheduler" else ExitStack() as other:
                address = other.address if isinstance(other, Nodes) else found.address
                process = _START.Process(target=night, args=(folder, db, 1, address))
                process.start()
                process.join(120)
    raise AssertionError(f"seed {seed}: the night never came to its end after {said} was killed")
