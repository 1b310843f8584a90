"""How does a crawl run beside this process? In child processes, one per batch of hosts, that end with their parent."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

from sqlite_utils import Database

from crawler.extract.urls import host_of
from crawler.hosts import pace_groups
from crawler.settings import DISK_FULL
from db import facts, incidents, work
from db.records import Account, Incident, Unit
from schedules.watch import Limits

Progress = Callable[[dict[str, Any]], None]
_PICTURES = 9  # in the place of the attempt, in the name of a facts file
_GRACE = 15.0  # seconds a child gets to end by itself
_LOOK = 1.0  # seconds between two looks at what the children take


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
    secrets: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # of account sources; goes to the children only
    limits: Limits = field(default_factory=Limits)
    hold: int | None = None  # descriptor of the database's lock: it is not free before the last child is gone

    @property
    def folder(self) -> Path:
        """Where the facts files of this database stand."""
        return self.db.with_name(f"{self.db.name}.parts")


def crawl(parts: Sequence[Batch], night: Night, *, progress: Progress) -> dict[str, str]:
    """Run the batches side by side, hand their progress on, and merge what each of them wrote.

    A batch that crashes or breaks a limit is done again for what it had not finished, now each platform group in a process of
    its own, so that one bad site costs no other. Returns the units whose tasks broke off again, each with the reason.

    Raises CrawlFailed when nothing at all could be finished or the disk is full. KeyboardInterrupt and every other
    exception end the children first; what they had stored is merged all the same.
    """
    night.folder.mkdir(exist_ok=True)
    try:
        broken = _side_by_side(list(parts), night, 0, progress)
        if broken:
            merge_parts(night.db)
            progress({"event": "restart", "codes": [why for why, _ in broken]})
            night.folder.mkdir(exist_ok=True)
            broken = _side_by_side(_apart(broken, night), night, 1, progress, at_once=len(parts))
    finally:
        merge_parts(night.db)
    lost = {unit: why for why, part in broken for unit in _names(part)}
    if lost and not _left(night, work.DONE):
        words = "；".join(sorted(set(lost.values())))
        raise CrawlFailed(f"采集进程中途退出（{words}），没有完成任何站点。请查看上面的日志后重新运行。")
    return lost


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
    """Merge all facts files that lie beside the database and remove them; how many there were.

    A file that cannot be read (the machine lost power) is set aside as `.broken` and becomes an incident of our own.
    """
    folder = path.with_name(f"{path.name}.parts")
    files = sorted(folder.glob("*.db"))
    if folder.exists():
        db = facts.open_database(path, create=False)
        try:
            db.execute("PRAGMA synchronous = FULL")  # on the disk before the file is gone, also when the power fails
            for file in files:
                if _readable(file):
                    facts.merge(db, file)
                    for rest in sorted(
                        folder.glob(f"{file.name}*"), reverse=True
                    ):  # the log of changes before the file
                        rest.unlink()
                else:
                    file.rename(file.with_suffix(".broken"))
            with facts.writing(db):
                for run in facts.runs_in(db, "running"):
                    work.settle(db, run.id)
                _save_broken(db, folder)
        finally:
            db.close()
    with suppress(OSError):
        folder.rmdir()
    return len(files)


def _readable(file: Path) -> bool:
    try:
        part = facts.open_database(file, create=False)
    except facts.DatabaseTooNew:  # the program was replaced meanwhile: nothing is wrong with the file
        raise
    except facts.DatabaseProblem:
        return False
    try:
        return bool(part.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
    finally:
        part.close()


def _save_broken(db: Database, folder: Path) -> None:
    broken = sorted(file.name for file in folder.glob("*.broken"))
    now = datetime.now(UTC)
    words = (
        f"采集结果文件已损坏，未能并入数据库：{'、'.join(broken)}（在 {folder}）。其中的站点将在下一次运行时重新访问；"
        "请检查磁盘，确认后删除这些文件"
    )
    seen = [Incident("facts_broken", "parts", words, now, now)] if broken else []
    incidents.save_incidents(db, seen, looked_at={"parts"}, at=now)


def _left(night: Night, state: str = work.PLANNED) -> set[tuple[str, str, str]]:
    """The tasks of the run that are in that state."""
    db = facts.open_database(night.db, create=False)
    try:
        return {task.key for task in work.tasks(db, night.run) if task.state == state}
    finally:
        db.close()


def _apart(broken: Sequence[tuple[str, Batch]], night: Night) -> list[Batch]:
    """What the broken batches had not finished, each platform group by itself."""
    left = _left(night)
    found = []
    for _, part in broken:
        units = [u for u in part.units if (u.name, "", "") in left]
        accounts = [a for a in part.accounts if (a.unit, a.source, a.account) in left]
        found += batches(units, accounts, len(units) + len(accounts), night.groups)
    return found


def _names(part: Batch) -> list[str]:
    return [u.name for u in part.units] + [a.unit for a in part.accounts]


@dataclass(slots=True)
class _Child:
    """One crawl process: when it began and last said something (monotonic), whether it came to its end, why we ended it."""

    process: subprocess.Popen[str]
    part: Batch
    began: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    whole: bool = False
    over: str | None = None

    def check(self, limits: Limits) -> None:
        """End it when it has broken a limit."""
        if self.over is None:
            now = time.monotonic()
            self.over = limits.broken(self.process.pid, ran=now - self.began, quiet=now - self.heard)
            if self.over is not None:
                self.process.kill()


def _side_by_side(
    parts: Sequence[Batch],
    night: Night,
    attempt: int,
    progress: Progress,
    pictures: Mapping[str, Sequence[str]] | None = None,
    *,
    at_once: int | None = None,
) -> list[tuple[str, Batch]]:
    """Run one process a batch, `at_once` of them (None: all) at a time; why which of them broke off."""
    events: Queue[tuple[int, dict[str, Any] | None]] = Queue()
    waiting, children = list(enumerate(parts)), dict[int, _Child]()
    broken: list[tuple[str, Batch]] = []
    looked = time.monotonic()
    try:
        while waiting or children:
            while waiting and len(children) < (at_once or len(parts)):
                number, part = waiting.pop(0)
                process = crawl_process(_job(night, part, f"{attempt}-{number}", pictures), night.hold)
                children[number] = _Child(process, part)
                threading.Thread(target=_listen, args=(number, process, events), daemon=True).start()
            if (now := time.monotonic()) - looked >= _LOOK:
                looked = now
                for child in children.values():
                    child.check(night.limits)
            try:
                number, event = events.get(timeout=0.5)
            except Empty:
                continue
            child = children[number]
            if event is not None:
                child.heard = time.monotonic()
                child.whole = child.whole or event["event"] == "end"
                progress(event)
                continue
            code = child.process.wait()
            if not child.whole:
                if code == DISK_FULL:
                    raise CrawlFailed(
                        f"采集结果不能写入 {night.folder}。请检查磁盘空间和权限后重新运行；已完成的站点都已保存。"
                    )
                broken.append((child.over or f"采集进程退出，代码 {code}", child.part))
            end_child(children.pop(number).process)
        return broken
    finally:
        for child in children.values():
            end_child(child.process)


def _job(night: Night, part: Batch, name: str, pictures: Mapping[str, Sequence[str]] | None) -> dict[str, Any]:
    """What one child is told."""
    return {
        "db": str(night.db),
        "part": str(night.folder / f"run-{night.run}-{name}.db"),
        "run": night.run,
        "delay": night.delay,
        "contact": night.contact,
        "groups": dict(night.groups),
        "robots": dict(night.robots),
        "until": night.until.isoformat() if night.until else None,
        "budget": dict(night.budget),
        "browser": dict(night.browser) if night.browser else None,
        "units": [u.name for u in part.units],
        "accounts": [[a.unit, a.source, a.account, a.address] for a in part.accounts],
        "pictures": {u.name: list(pictures.get(u.name, ())) for u in part.units} if pictures else None,
        "secrets": {name: dict(section) for name, section in night.secrets.items()},
    }


def crawl_process(job: Mapping[str, Any], hold: int | None = None) -> subprocess.Popen[str]:
    """A crawl process that was given its job. `hold` is a descriptor that it keeps open."""
    child = subprocess.Popen(
        [sys.executable, "-m", "crawler"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        pass_fds=() if hold is None or os.name != "posix" else (hold,),
    )
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it ended at once: its exit status says so
        child.stdin.write(json.dumps(job, ensure_ascii=False) + "\n")
        child.stdin.flush()
    return child


def _addresses(name: str) -> list[str]:
    try:
        return list({str(item[4][0]) for item in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []


def child_events(child: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What the child reports, until it ends."""
    assert child.stdout is not None
    for line in child.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            sys.stderr.write(line)
        else:
            yield event


def _listen(number: int, child: subprocess.Popen[str], events: Queue[tuple[int, dict[str, Any] | None]]) -> None:
    for event in child_events(child):
        events.put((number, event))
    events.put((number, None))


def end_child(child: subprocess.Popen[str]) -> None:
    """Close the child's input, which ends it, and wait; one that hangs is killed."""
    if child.stdin is not None and not child.stdin.closed:
        with suppress(OSError):
            child.stdin.close()
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
