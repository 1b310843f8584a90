"""Who works on this database? One run at a time, and the kernel proves when it is over.

The file `wangkao.db.lock` beside the database is locked, not its existence: the lock goes with the last process that holds its
descriptor, children included, however they end. Its text names the holder and is for messages only.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.facts import DatabaseProblem
from db.records import SHANGHAI

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_DYING = 20.0  # seconds that the children of a killed run get to notice it
_PROBE = 90.0  # seconds that a probe under way may take at most
_STEP = 0.1


class Busy(DatabaseProblem):
    """Another run works on the database; the message says which, since when, and what to do, in Chinese."""


def lock_file(database: Path) -> Path:
    """Where the lock of that database is."""
    return database.with_name(f"{database.name}.lock")


@contextmanager
def alone(database: Path, what: str) -> Iterator[int]:
    """Hold the database for one run, called `what` in Chinese; yields a descriptor that child processes are to inherit.

    A single probe under way is waited for, and so are the children of a run that was killed. Raises Busy when another run
    holds the database, DatabaseProblem when the lock file cannot be written.
    """
    handle = _opened(database)
    try:
        began = time.monotonic()
        while not _taken(handle, exclusive=True):
            waited = time.monotonic() - began
            holder = None if _taken(handle, exclusive=False) else _holder(handle)
            if (holder is not None and (_lives(holder) or waited > _DYING)) or waited > _PROBE:
                raise Busy(_message(database, holder or {}))
            _released(handle)
            time.sleep(_STEP)
        text = {"pid": os.getpid(), "born": _born(os.getpid()), "since": datetime.now(UTC).isoformat(), "what": what}
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(text, ensure_ascii=False).encode())
        yield handle
    finally:
        os.close(handle)


@contextmanager
def beside(database: Path) -> Iterator[bool]:
    """Whether no run works on the database now; none begins while the block lasts. For a single probe."""
    handle = _opened(database)
    try:
        yield _taken(handle, exclusive=False)
    finally:
        os.close(handle)


def running(database: Path) -> str | None:
    """Which run works on the database now, in Chinese; None when none does, or there is no database."""
    if not lock_file(database).exists():
        return None
    with beside(database) as free:
        if free:
            return None
    handle = _opened(database)
    try:
        return _named(_holder(handle))
    finally:
        os.close(handle)


def _opened(database: Path) -> int:
    path = lock_file(database)
    if not path.resolve().parent.is_dir():
        raise DatabaseProblem(f"数据库所在文件夹 {path.parent} 不存在。请先建立该文件夹，或用 --db 换一个位置。")
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseProblem(
            f"不能写入 {path}（{error.strerror}）。请检查数据库所在文件夹的权限、磁盘是否只读。"
        ) from error


def _taken(handle: int, *, exclusive: bool) -> bool:
    """Take the lock if that can be done at once; without `exclusive` several may hold it side by side."""
    try:
        if sys.platform == "win32":
            os.lseek(handle, 1 << 30, os.SEEK_SET)  # beyond the text, which others read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _released(handle: int) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            os.lseek(handle, 1 << 30, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_UN)


def _holder(handle: int) -> dict[str, Any]:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        found = json.loads(os.read(handle, 1000))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lives(holder: dict[str, Any]) -> bool:
    """Whether the process that wrote the text still exists, and is not another one with its number."""
    pid = holder.get("pid")
    if not isinstance(pid, int):
        return False
    if holder.get("born") is not None:
        return _born(pid) == str(holder["born"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _born(pid: int) -> str | None:
    """When the process began, in the kernel's own count; None where that is not told."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    return said.rpartition(")")[2].split()[19]


def _named(holder: dict[str, Any]) -> str:
    since = ""
    with suppress(ValueError, TypeError):
        since = (
            f"，自 {datetime.fromisoformat(holder['since']).astimezone(SHANGHAI):%Y-%m-%d %H:%M} 起" if holder else ""
        )
    return f"{holder.get('what') or '另一个任务'}（进程 {holder.get('pid', '不详')}{since}）"


def _message(database: Path, holder: dict[str, Any]) -> str:
    return f"数据库 {database} 正被占用：{_named(holder)}。同一数据库一次只能运行一个任务，请等它结束后再运行，或先结束该进程。"
