"""How does a crawl run beside this process? In child processes, one per batch of hosts, that end with their parent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

from db.records import Account, Unit

Progress = Callable[[dict[str, Any]], None]
_GRACE = 15.0  # seconds a child gets to end by itself


class CrawlFailed(Exception):
    """A crawl process ended before its work was done; the message says which and how, in Chinese."""


@dataclass(slots=True)
class Batch:
    """What one child process visits. Units that share a host are always in one batch."""

    units: list[Unit] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)


def batches(units: Iterable[Unit], accounts: Sequence[Account], jobs: int) -> list[Batch]:
    """At most `jobs` batches of about equal size; a host (and a feed's host) is never in two of them."""
    groups: dict[str, Batch] = {}
    for unit in units:
        if unit.site:
            groups.setdefault(urlsplit(unit.site).hostname or "", Batch()).units.append(unit)
    for account in accounts:
        groups.setdefault(urlsplit(account.address).hostname or "export", Batch()).accounts.append(account)
    made = [Batch() for _ in range(max(1, jobs))]
    for group in sorted(groups.values(), key=lambda g: -len(g.units)):
        smallest = min(made, key=lambda b: (len(b.units), len(b.accounts)))
        smallest.units += group.units
        smallest.accounts += group.accounts
    return [b for b in made if b.units or b.accounts]


def crawl(parts: Sequence[Batch], *, db: str, run: int, delay: float, contact: str, progress: Progress) -> None:
    """Run the batches side by side and hand their progress events on. Raises CrawlFailed when one broke off.

    KeyboardInterrupt and every other exception end the children first; what they had stored stays stored.
    """
    events: Queue[tuple[int, dict[str, Any] | None]] = Queue()
    children: list[subprocess.Popen[str]] = []
    try:
        for number, part in enumerate(parts):
            job = {
                "db": db,
                "run": run,
                "delay": delay,
                "contact": contact,
                "units": [u.name for u in part.units],
                "accounts": [[a.unit, a.source, a.account] for a in part.accounts],
            }
            child = subprocess.Popen(
                [sys.executable, "-m", "crawler"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            )
            children.append(child)
            assert child.stdin is not None
            child.stdin.write(json.dumps(job, ensure_ascii=False) + "\n")
            child.stdin.flush()
            threading.Thread(target=_listen, args=(number, child, events), daemon=True).start()
        ended: set[int] = set()
        whole: set[int] = set()
        while len(ended) < len(children):
            try:
                number, event = events.get(timeout=0.5)
            except Empty:
                continue
            if event is None:
                ended.add(number)
            elif event["event"] == "end":
                whole.add(number)
            else:
                progress(event)
        if len(whole) < len(children):
            codes = [c.wait() for n, c in enumerate(children) if n not in whole]
            raise CrawlFailed(f"采集进程中途退出（退出码 {codes}）。已完成的站点已入库；请查看上面的日志后重新运行。")
    finally:
        for child in children:
            _end(child)


def _listen(number: int, child: subprocess.Popen[str], events: Queue[tuple[int, dict[str, Any] | None]]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        try:
            events.put((number, json.loads(line)))
        except ValueError:
            sys.stderr.write(line)
    events.put((number, None))


def _end(child: subprocess.Popen[str]) -> None:
    """Close the child's input, which ends it, and wait; one that hangs is killed."""
    if child.stdin is not None and not child.stdin.closed:
        with suppress(OSError):
            child.stdin.close()
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
