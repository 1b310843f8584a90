"""How does a crawl run beside this process? In child processes, one per batch of hosts, that end with their parent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.urls import host_of
from crawler.hosts import pace_groups
from db import facts
from db.records import Account, Unit

Progress = Callable[[dict[str, Any]], None]
_PICTURES = 9  # in the place of the attempt, in the name of a facts file
_GRACE = 15.0  # seconds a child gets to end by itself


class CrawlFailed(Exception):
    """A crawl process ended before its work was done; the message says which and how, in Chinese."""


@dataclass(slots=True)
class Batch:
    """What one child process visits. Units of one platform group are always in one batch."""

    units: list[Unit] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)


def platform_groups(units: Iterable[Unit], resolve: Callable[[str], list[str]] | None = None) -> dict[str, str]:
    """The platform group of each host that the units name: the registered platform (column 平台), else its address."""
    platforms, urls = dict[str, str](), list[str]()
    for unit in units:
        found = [address for address in (unit.site, unit.board, unit.reports) if address]
        urls += found
        if found and (platform := unit.extra.get("platform") or unit.extra.get("平台")):
            platforms.setdefault(host_of(found[0]), platform)
    names = list(dict.fromkeys(urlsplit(url).hostname or "" for url in urls))
    if resolve is None:
        with ThreadPoolExecutor(16) as pool:
            known = dict(zip(names, pool.map(_addresses, names), strict=True))
        resolve = known.__getitem__
    return pace_groups(urls, platforms, resolve)


def batches(
    units: Iterable[Unit], accounts: Sequence[Account], jobs: int, groups: Mapping[str, str] | None = None
) -> list[Batch]:
    """At most `jobs` batches of about equal size; a platform group (and a feed's host) is never in two of them."""
    groups = groups or {}
    together: dict[str, Batch] = {}
    for unit in units:
        if unit.site:
            host = host_of(unit.site)
            name = urlsplit(unit.site).hostname or ""
            group = groups.get(host, host)
            together.setdefault(name if group == host else group, Batch()).units.append(unit)
    for account in accounts:
        together.setdefault(urlsplit(account.address).hostname or "export", Batch()).accounts.append(account)
    made = [Batch() for _ in range(max(1, jobs))]
    for group_ in sorted(together.values(), key=lambda g: -len(g.units)):
        smallest = min(made, key=lambda b: (len(b.units), len(b.accounts)))
        smallest.units += group_.units
        smallest.accounts += group_.accounts
    return [b for b in made if b.units or b.accounts]


@dataclass(frozen=True, slots=True)
class Night:
    """What every crawl process of one run is told. `folder` holds the facts files until they are merged."""

    db: Path
    run: int
    delay: float
    contact: str
    groups: Mapping[str, str] = field(default_factory=dict)
    robots: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None
    budget: Mapping[str, float] = field(default_factory=dict)
    browser: Mapping[str, Any] | None = None  # executable, and challenges: hosts whose bot check it may pass

    @property
    def folder(self) -> Path:
        """Where the facts files of this database stand."""
        return self.db.with_name(f"{self.db.name}.parts")


def crawl(parts: Sequence[Batch], night: Night, *, progress: Progress) -> None:
    """Run the batches side by side, hand their progress on, and merge what each of them wrote.

    A batch that crashes loses only its unfinished sites: these are visited once more in a new process. Raises
    CrawlFailed when that one breaks off too. KeyboardInterrupt and every other exception end the children first; what
    they had stored is merged all the same.
    """
    night.folder.mkdir(exist_ok=True)
    try:
        broken = _side_by_side(list(parts), night, 0, progress)
        if broken:
            done = _finished(night)
            again = [Batch([u for u in b.units if u.name not in done], b.accounts) for _, b in broken]
            progress({"event": "restart", "codes": [code for code, _ in broken]})
            broken = _side_by_side([b for b in again if b.units or b.accounts], night, 1, progress)
        if broken:
            codes = [code for code, _ in broken]
            raise CrawlFailed(f"采集进程中途退出（退出码 {codes}）。已完成的站点已入库；请查看上面的日志后重新运行。")
    finally:
        merge_parts(night.db)


def picture(parts: Sequence[Batch], night: Night, pages: Mapping[str, Sequence[str]], *, progress: Progress) -> None:
    """Let the browser take pictures of these pages, by unit; batches as they were crawled, so that no pace is exceeded.

    A batch that breaks off leaves its pages without a picture, nothing more.
    """
    wanted = [Batch([u for u in part.units if pages.get(u.name)]) for part in parts]
    night.folder.mkdir(exist_ok=True)
    try:
        _side_by_side([b for b in wanted if b.units], night, _PICTURES, progress, pages)
    finally:
        merge_parts(night.db)


def merge_parts(path: Path) -> int:
    """Merge all facts files that lie beside the database and remove them; how many there were."""
    folder = path.with_name(f"{path.name}.parts")
    files = sorted(folder.glob("*.db"))
    if files:
        db = facts.open_database(path, create=False)
        try:
            for file in files:
                facts.merge(db, file)
                for rest in folder.glob(f"{file.name}*"):
                    rest.unlink()
        finally:
            db.close()
    with suppress(OSError):
        folder.rmdir()
    return len(files)


def _finished(night: Night) -> set[str]:
    """Units whose site some facts file of this run holds in full."""
    done: set[str] = set()
    for file in night.folder.glob(f"run-{night.run}-*.db"):
        part = facts.open_database(file)
        done |= facts.finished_units(part, night.run)
        part.close()
    return done


def _side_by_side(
    parts: Sequence[Batch],
    night: Night,
    attempt: int,
    progress: Progress,
    pictures: Mapping[str, Sequence[str]] | None = None,
) -> list[tuple[int | None, Batch]]:
    """Run one process a batch; the exit codes and batches of those that broke off."""
    events: Queue[tuple[int, dict[str, Any] | None]] = Queue()
    children: list[subprocess.Popen[str]] = []
    try:
        for number, part in enumerate(parts):
            job = {
                "db": str(night.db),
                "part": str(night.folder / f"run-{night.run}-{attempt}{number}.db"),
                "run": night.run,
                "delay": night.delay,
                "contact": night.contact,
                "groups": dict(night.groups),
                "robots": dict(night.robots),
                "until": night.until.isoformat() if night.until else None,
                "budget": dict(night.budget),
                "browser": dict(night.browser) if night.browser else None,
                "units": [u.name for u in part.units],
                "accounts": [[a.unit, a.source, a.account] for a in part.accounts],
                "pictures": {u.name: list(pictures.get(u.name, ())) for u in part.units} if pictures else None,
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
                continue
            if event["event"] == "end":
                whole.add(number)
            progress(event)
        return [(c.wait(), parts[n]) for n, c in enumerate(children) if n not in whole]
    finally:
        for child in children:
            _end(child)


def _addresses(name: str) -> list[str]:
    try:
        return list({str(item[4][0]) for item in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []


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
