"""How is one job of the timetable done in a process of its own? `python -m schedules`, watched until it ends (see `schedules.__main__`)."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO

from schedules.settings import Settings
from schedules.watch import Limits

DONE, FAILED, UNUSABLE, OCCUPIED = 0, 1, 2, 3  # exit status
_LOOK = 0.25  # seconds between two looks at what a job takes


def run_job(
    settings: Settings,
    name: str,
    *given: str,
    limits: Limits,
    started: Callable[[subprocess.Popen[str]], None],
    heard: Callable[[str], None] = lambda line: None,
) -> tuple[int, str]:
    """The exit status of the job and the last thing that it said, or the limit over which it was ended, in Chinese.

    started  is given the process, so that it can be ended        heard  is given each line that it says, from another thread
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "schedules", name, *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    started(child)
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(settings.model_dump_json() + "\n")
    child.stdin.flush()
    last = [""]

    def listen(stream: IO[str]) -> None:
        for line in stream:
            if line.strip():
                last[0] = line.strip()
                heard(last[0])

    listener = threading.Thread(target=listen, args=(child.stdout,), daemon=True)
    listener.start()
    over = None
    while True:
        try:
            status = child.wait(_LOOK)
            break
        except subprocess.TimeoutExpired:
            over = over or limits.broken(
                child.pid, ran=0, quiet=0
            )  # silence is no fault here, and `until` bounds the time
            if over:
                child.kill()
    child.stdin.close()
    listener.join(5)
    return status, over or last[0]
