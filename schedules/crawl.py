"""How does a crawl run beside this process? In child processes, one per batch of hosts, that end with their parent."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any, Protocol

from sqlite_utils import Database

from crawler.settings import DISK_FULL
from db import facts, incidents, work
from db.records import Incident
from schedules.plan import Batch, smaller
from schedules.watch import Limits

Progress = Callable[[dict[str, Any]], None]
Pages = Mapping[str, Sequence[str]]  # addresses to take pictures of, by unit
_PICTURES = 99  # in the place of the attempt, in the name of a facts file
_GRACE = 15.0  # seconds a child gets to end by itself
_LOOK = 1.0  # seconds between two looks at what the children take


class CrawlFailed(Exception):
    """A crawl process ended before its work was done; the message says which and how, in Chinese."""


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


class Engine(Protocol):
    """What runs batches: child processes of this one (`Children`), or a cluster (`schedules.cluster`).

    slots    batches that run at one time
    at_most  sites of one batch
    note     what a person may want to know of it while it works, in Chinese
    """

    @property
    def slots(self) -> int: ...
    @property
    def at_most(self) -> int: ...
    @property
    def note(self) -> str | None: ...

    def run(
        self, parts: Sequence[Batch], night: Night, attempt: int, progress: Progress, pictures: Pages | None = None
    ) -> list[tuple[str, Batch]]:
        """Run every batch once, never two at one time that share a group; why which of them broke off.

        What they saw stands in facts files in the night's folder when it returns, or is merged.
        """


def crawl(parts: Sequence[Batch], night: Night, *, progress: Progress, engine: Engine | None = None) -> dict[str, str]:
    """Run the batches, hand their progress on, and merge what each of them wrote.

    A batch that crashes or breaks a limit is done again for what it had not finished, in ever smaller pieces, until the one site
    is alone that makes it break off (see `plan.smaller`): it costs no other. Returns the units whose tasks broke off alone, each
    with the reason.

    Raises CrawlFailed when nothing at all could be finished or the disk is full. KeyboardInterrupt and every other
    exception end the children first; what they had stored is merged all the same.
    """
    engine = engine or Children(max(1, len(parts)))
    waiting, lost = list(parts), dict[str, str]()
    try:
        for attempt in itertools.count():
            night.folder.mkdir(exist_ok=True)
            broken = engine.run(waiting, night, attempt, progress)
            if not broken:
                break
            merge_parts(night.db)
            left, waiting = _left(night), []
            for why, part in broken:
                pieces = smaller(part, left, night.groups)
                if pieces and attempt and len(_names(part)) == 1:
                    lost |= dict.fromkeys(_names(part), why)
                else:
                    waiting += pieces
            if not waiting:
                break
            progress({"event": "restart", "codes": [why for why, _ in broken]})
    finally:
        merge_parts(night.db)
    if lost and not _left(night, work.DONE):
        words = "；".join(sorted(set(lost.values())))
        raise CrawlFailed(f"采集进程中途退出（{words}），没有完成任何站点。请查看上面的日志后重新运行。")
    return lost


def picture(
    parts: Sequence[Batch], night: Night, pages: Pages, *, progress: Progress, engine: Engine | None = None
) -> None:
    """Let the browser take pictures of these pages, by unit; batches as they were crawled, so that no pace is exceeded.

    A batch that breaks off leaves its pages without a picture, nothing more.
    """
    wanted = [Batch([u for u in part.units if pages.get(u.name)], groups=part.groups) for part in parts]
    night.folder.mkdir(exist_ok=True)
    try:
        (engine or Children(max(1, len(parts)))).run([b for b in wanted if b.units], night, _PICTURES, progress, pages)
    finally:
        merge_parts(night.db)


def merge_parts(path: Path, given: Sequence[Path] | None = None) -> int:
    """Merge all facts files that lie beside the database, or those given, and remove them; how many there were.

    A file that cannot be read (the machine lost power) is set aside as `.broken` and becomes an incident of our own.
    """
    folder = path.with_name(f"{path.name}.parts")
    files = sorted(folder.glob("*.db")) if given is None else given
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
    if given is None:
        for file in folder.glob("*.new"):  # of a cluster, not yet whole when this process was killed
            file.unlink()
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


@dataclass(frozen=True, slots=True)
class Children:
    """The engine of one machine: one child process a batch, `slots` of them at a time.

    log      where they write what they have to say; None: where this process does
    at_most  what a process keeps of each site until the second look bounds its memory
    """

    slots: int
    log: IO[str] | None = None
    at_most: int = 50
    note: str | None = None

    def run(
        self, parts: Sequence[Batch], night: Night, attempt: int, progress: Progress, pictures: Pages | None = None
    ) -> list[tuple[str, Batch]]:
        """See `Engine.run`."""
        events: Queue[tuple[int, dict[str, Any] | None]] = Queue()
        waiting, children = list(enumerate(parts)), dict[int, _Child]()
        broken: list[tuple[str, Batch]] = []
        looked = time.monotonic()
        try:
            while waiting or children:
                while len(children) < self.slots and (
                    ready := next((w for w in waiting if w[1].beside(c.part for c in children.values())), None)
                ):
                    waiting.remove(ready)
                    number, part = ready
                    job = _job(night, part, f"{attempt}-{number}", pictures)
                    process = crawl_process(job, night.hold, self.log)
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


def _job(night: Night, part: Batch, name: str, pictures: Pages | None) -> dict[str, Any]:
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


def crawl_process(job: Mapping[str, Any], hold: int | None = None, log: IO[str] | None = None) -> subprocess.Popen[str]:
    """A crawl process that was given its job. `hold` is a descriptor that it keeps open; `log` takes its standard error."""
    child = subprocess.Popen(
        [sys.executable, "-m", "crawler"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
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
