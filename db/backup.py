"""How is the database copied while it is in use, and put back? Whole and checked, or not at all.

A copy is one file that SQLite opens by itself; the installation's key is put beside it, because without it no bundle that was
handed out can be followed by another of the same hand.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from db import lock
from db.facts import DatabaseProblem
from db.keys import key_file
from db.migrations import schema
from db.records import SHANGHAI

_SPARE = 100_000_000  # bytes of the disk that a copy leaves free
_STEP = 2000  # pages copied at one time


class BackupProblem(DatabaseProblem):
    """A copy cannot be made or used; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A checked copy: its file, its size in bytes, its rows by table, and when its last run began (None: no run)."""

    file: Path
    size: int
    rows: Mapping[str, int]
    last_run: datetime | None


def backup(database: Path, out: Path) -> Copy:
    """Copy the database as it is at one moment to `out`, which is replaced only by a checked copy.

    Nobody waits for it. Raises BackupProblem.
    """
    if not database.exists():
        raise BackupProblem(f"数据库 {database} 不存在。请用 --db 指明位置。")
    if out.resolve() == database.resolve():
        raise BackupProblem(f"备份文件 {out} 就是数据库本身。请换一个文件名。")
    if not out.resolve().parent.is_dir():
        raise BackupProblem(f"文件夹 {out.parent} 不存在。请先建立该文件夹。")
    part = out.with_name(f"{out.name}.unfinished")
    try:
        with closing(sqlite3.connect(database)) as source:
            source.execute("PRAGMA busy_timeout = 30000")
            source.execute("BEGIN")  # one moment for the counts and the copy, whatever is written meanwhile
            rows = _rows(source)
            size = source.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[
                0
            ]
            free = shutil.disk_usage(out.resolve().parent).free
            if free < size + _SPARE:
                raise BackupProblem(
                    f"{out.resolve().parent} 所在磁盘只剩 {free / 1e6:.0f} MB，备份需要 {(size + _SPARE) / 1e6:.0f} MB。"
                    "请清理磁盘，或换一个位置。"
                )
            _removed(part)
            with closing(sqlite3.connect(part)) as copy:
                source.backup(copy, pages=_STEP)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        made = checked(part)
        if made.rows != rows:
            raise BackupProblem(
                f"备份与数据库的行数不一致，备份未完成。请重新运行；仍不一致的，请检查磁盘 {out.parent}。"
            )
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(out)
        _with_key(database, out)
    except (sqlite3.Error, OSError) as error:
        raise BackupProblem(
            f"不能备份到 {out}（{error}）。请检查磁盘空间和文件夹的权限；原有的备份没有改动。"
        ) from error
    finally:
        _removed(part)
    return Copy(out, out.stat().st_size, made.rows, made.last_run)


def checked(file: Path) -> Copy:
    """Read the whole copy. Raises BackupProblem when it is damaged, no database of ours, or of a newer version."""
    if not file.exists():
        raise BackupProblem(f"备份文件 {file} 不存在。")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            said = [line for (line,) in copy.execute("PRAGMA integrity_check(3)")]
            if said != ["ok"]:
                raise BackupProblem(f"备份文件 {file} 已损坏（{'；'.join(said)}）。请换用另一份备份。")
            applied = {
                name
                for (name,) in copy.execute(
                    "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (schema.name,)
                )
            }
            last = copy.execute("SELECT max(started_at) FROM run").fetchone()[0]
            rows = _rows(copy)
    except sqlite3.Error as error:
        raise BackupProblem(f"备份文件 {file} 不能使用（{error}）。请换用另一份备份。") from error
    if unknown := applied - {m.name for m in schema.pending(Database(memory=True))}:
        raise BackupProblem(
            f"备份文件 {file} 由更新版本的 wangkao 写成（含 {'、'.join(sorted(unknown))}）。请先升级本程序。"
        )
    return Copy(file, file.stat().st_size, rows, datetime.fromisoformat(last) if last else None)


def daily(database: Path, folder: Path | None, *, keep: int, at: datetime) -> Copy:
    """A copy in the folder (by default beside the database), named by its time; of all that stand there the `keep` newest stay."""
    place = folder or database.with_name(f"{database.name}.backups")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupProblem(f"不能建立备份文件夹 {place}（{error.strerror}）。请检查设置项 backups 和权限。") from error
    made = backup(database, place / f"{database.stem}-{at.astimezone(SHANGHAI):%Y%m%d-%H%M}.db")
    for old in sorted(place.glob(f"{database.stem}-????????-????.db"))[:-keep]:
        for file in (old, *key_files(old)):
            file.unlink(missing_ok=True)
    return made


def restore(file: Path, database: Path) -> Path | None:
    """Put a copy in the place of the database; where the database that stood there is now, None when there was none.

    Nothing is deleted: the old database, its log of changes and unmerged facts files are renamed. Raises BackupProblem, Busy.
    """
    with lock.alone(database, "恢复备份"):
        checked(file)
        fresh = database.with_name(f"{database.name}.restoring")
        aside = database.with_name(f"{database.name}.before-{datetime.now(UTC).astimezone(SHANGHAI):%Y%m%d-%H%M%S}")
        try:
            shutil.copyfile(file, fresh)
            with fresh.open("rb+") as copied:
                os.fsync(copied.fileno())
            there = database.exists()
            for end in (
                "-wal",
                "-shm",
                ".parts",
                "",
            ):  # the log first: without it nothing can be mistaken for a newer state
                if (old := database.with_name(f"{database.name}{end}")).exists():
                    old.rename(aside.with_name(f"{aside.name}{end}"))
            fresh.replace(database)
            if not key_file(database).exists():
                _with_key(file, database)
        except OSError as error:
            raise BackupProblem(f"不能恢复到 {database}（{error}）。请检查磁盘空间和权限。") from error
        finally:
            _removed(fresh)
        return aside if there else None


def key_files(database: Path) -> tuple[Path, Path]:
    """The installation's key of that database or copy, and its public part."""
    private = key_file(database)
    return private, private.with_name(f"{private.name}.pub")


def _with_key(origin: Path, copy: Path) -> None:
    for there, here in zip(key_files(origin), key_files(copy), strict=True):
        if there.exists():
            shutil.copy2(there, here)  # with its mode


def _rows(db: sqlite3.Connection) -> dict[str, int]:
    """Number of rows of each table of ours."""
    names = [
        n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    ]
    return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)}


def _removed(file: Path) -> None:
    for end in ("-journal", "-wal", "-shm", ""):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
