"""Is this machine fit for the nights? One look at everything that they stand on, each with what to do where it is not."""

from __future__ import annotations

import importlib.metadata
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from db import facts, lock, probes, work
from db.records import SHANGHAI, shanghai_day
from db.registry import RegistryError, read_accounts, read_units
from monitors import gate
from schedules.jobs import unreachable
from schedules.logs import log_file
from schedules.settings import Settings, SettingsError, channels_of, secrets_of
from schedules.timetable import TIMETABLE, missed, next_time
from schedules.workdays import LAST_YEAR

GOOD, NOTE, BAD = "good", "note", "bad"
OURS = ("crawler", "db", "demo", "desk", "monitors", "schedules")
_OLDEST = (3, 11)
_MEGA = 1e6
_STALE = timedelta(days=2)  # an older backup is worth a word
_YEAR_END = 60  # days before the end of the known holidays from which on that is said


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `state` is good, note (works, but look at it) or bad; `said` ends with the remedy."""

    name: str
    state: str
    said: str


def examine(settings: Settings, *, now: datetime | None = None) -> list[Check]:
    """All checks, in the order in which a person would put things right. Nothing is written, and no registered site is asked."""
    at = now or datetime.now(UTC)
    return [check for look in _LOOKS for check in look(settings, at)]


def _python(s: Settings, at: datetime) -> Iterator[Check]:
    said = f"{sys.version.split()[0]}，SQLite {sqlite3.sqlite_version}"
    if sys.version_info < _OLDEST:
        yield Check("Python", BAD, f"{said}。需要 3.11 或更高版本，请换用后重新安装")
    else:
        yield Check("Python", GOOD, said)


def _packages(s: Settings, at: datetime) -> Iterator[Check]:
    yield from packages(importlib.metadata.packages_distributions())


def packages(owners: Mapping[str, list[str]]) -> Iterator[Check]:
    """Whether our top-level packages are ours alone: another distribution with a `db` overwrites files without a word."""
    others = {name: sorted(set(owners.get(name, [])) - {"wangkao"}) for name in OURS}
    if taken := {name: found for name, found in others.items() if found}:
        words = "；".join(f"{name} 也属于 {'、'.join(found)}" for name, found in taken.items())
        yield Check("程序包", BAD, f"顶层包名冲突：{words}。请把 wangkao 单独装在自己的虚拟环境中")
        return
    here = Path(facts.__file__).resolve().parents[1]
    astray = [
        n for n in OURS if (m := sys.modules.get(n)) and m.__file__ and Path(m.__file__).resolve().parents[1] != here
    ]
    if astray:
        yield Check("程序包", BAD, f"{'、'.join(astray)} 来自别处，不是 {here}。请检查 PYTHONPATH 和工作文件夹")
    else:
        yield Check("程序包", GOOD, f"{len(OURS)} 个顶层包都属于 wangkao {importlib.metadata.version('wangkao')}")


def _registry(s: Settings, at: datetime) -> Iterator[Check]:
    try:
        units = read_units(s.units)
        accounts = read_accounts(s.accounts, units) if s.accounts else []
    except RegistryError as error:
        yield Check("登记表", BAD, str(error))
        return
    yield Check("登记表", GOOD, f"{len(units)} 个单位、{len(accounts)} 个账号")
    empty = [u.name for u in units if u.site is None]
    if empty:
        yield Check("登记表", NOTE, f"没有填网址：{gate.named(empty)}。请填写网址；确无公开平台的填“无”")


def _secret_files(s: Settings, at: datetime) -> Iterator[Check]:
    for name, read in (("密钥文件", secrets_of), ("通知渠道", channels_of)):
        try:
            read(s)
        except SettingsError as error:
            yield Check(name, BAD, str(error))
        else:
            there = s.secrets if name == "密钥文件" else s.channels
            yield Check(name, GOOD, f"{there} 可用" if there else "未设置")


def _disk(s: Settings, at: datetime) -> Iterator[Check]:
    folder = s.db.resolve().parent
    if not folder.is_dir():
        yield Check("磁盘", BAD, f"数据库所在文件夹 {folder} 不存在。请先建立该文件夹")
        return
    free = shutil.disk_usage(folder).free / _MEGA
    words = gate.disk_words(str(folder), free)
    yield Check(
        "磁盘", (BAD if free < gate.NO_DISK else NOTE) if words else GOOD, words or f"剩余 {free / 1000:.1f} GB"
    )


def _database(s: Settings, at: datetime) -> Iterator[Check]:
    if not s.db.exists():
        yield Check("数据库", NOTE, f"{s.db} 还没有。首次运行 wangkao run 时建立")
        return
    try:
        with opened(s.db) as db:
            broken = [line for (line,) in db.execute("PRAGMA integrity_check(3)").fetchall()]
            last = facts.latest_run(db)
    except (facts.DatabaseProblem, sqlite3.Error) as error:
        yield Check("数据库", BAD, f"{error}")
        return
    if broken != ["ok"]:
        yield Check(
            "数据库",
            BAD,
            f"{s.db} 已损坏（{'；'.join(broken)}）。请停止服务，用 wangkao backup --restore 恢复最近的备份",
        )
        return
    size = s.db.stat().st_size / _MEGA
    ran = (
        f"，最近一次任务 {_shown(last.started_at)}（{_STATES.get(last.state, last.state)}）"
        if last
        else "，还没有运行过"
    )
    yield Check("数据库", GOOD, f"{s.db} 完好，{size:.0f} MB{ran}")


_STATES = {"running": "运行中", "finished": "完成", "failed": "未完成", "suspect": "存疑"}


def _zone(s: Settings, at: datetime) -> Iterator[Check]:
    offset = timedelta(seconds=time.localtime(at.timestamp()).tm_gmtoff or 0)
    if offset == timedelta(hours=8):
        yield Check("时区", GOOD, "东八区")
    else:
        yield Check(
            "时区", NOTE, f"本机时区为 UTC{offset / timedelta(hours=1):+g}。不影响运行：时刻和日期一律按北京时间计算"
        )


def _clock(s: Settings, at: datetime) -> Iterator[Check]:
    shown = _shown(at)
    if not s.db.exists():
        yield Check("时钟", NOTE, f"{shown}（北京时间）。还没有数据可以对照，请自行核对")
        return
    try:
        with opened(s.db) as db:
            words = gate.wrong_clock(at, facts.newest_instant(db), probes.clocks(db, since=at - timedelta(days=1)))
    except (facts.DatabaseProblem, sqlite3.Error):
        return  # said of the database
    yield Check("时钟", BAD if words else GOOD, words or f"{shown}（北京时间）")


def _lock(s: Settings, at: datetime) -> Iterator[Check]:
    try:
        now = lock.running(s.db)
    except facts.DatabaseProblem as error:
        yield Check("任务", BAD, str(error))
        return
    yield Check("任务", GOOD, f"正在运行：{now}" if now else "当前没有任务在运行")


def _chromium(s: Settings, at: datetime) -> Iterator[Check]:
    from crawler.browser import available

    if not s.browser:
        yield Check("浏览器", NOTE, "设置中已关闭。由脚本生成的页面判为未知，不扣分")
    elif lacking := available(s.chromium):
        yield Check("浏览器", NOTE, f"{lacking}。没有它时，由脚本生成的页面判为未知，不扣分")
    else:
        yield Check("浏览器", GOOD, "可用")


def _timetable(s: Settings, at: datetime) -> Iterator[Check]:
    last: dict[str, work.Job] = {}
    if s.db.exists():
        try:
            with opened(s.db) as db:
                last = work.last_jobs(db)
        except (facts.DatabaseProblem, sqlite3.Error):
            return
    yield Check("时间表", GOOD, f"下一次夜间任务 {_shown(next_time(s.at, at))}，到 {s.end} 结束")
    for row in TIMETABLE:
        job = last.get(row.name)
        if job is not None and job.state == "failed":
            yield Check("时间表", NOTE, f"{row.title}上次（{_shown(job.started_at)}）未能完成：{job.note}")
        elif job is not None and row.made_up and missed(row, s, last=job.started_at, now=at):
            yield Check("时间表", NOTE, f"{row.title}已过时刻而没有运行，服务启动后将补做。请检查服务是否在运行")


def _backups(s: Settings, at: datetime) -> Iterator[Check]:
    folder = s.backups or s.db.with_name(f"{s.db.name}.backups")
    newest = max(folder.glob(f"{s.db.stem}-*.db"), key=lambda f: f.stat().st_mtime, default=None)
    if newest is None:
        yield Check("备份", NOTE, f"{folder} 中还没有备份。服务每天备份一次，也可运行 wangkao backup --out 文件")
        return
    made = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
    old = at - made > _STALE
    yield Check("备份", NOTE if old else GOOD, f"最近一份 {newest}（{_shown(made)}）" + ("，已超过两天" if old else ""))


def _holidays(s: Settings, at: datetime) -> Iterator[Check]:
    today = shanghai_day(at)
    left = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=SHANGHAI) - at).days
    said = f"收录到 {LAST_YEAR} 年"
    if left < _YEAR_END:
        said += f"（今天 {today}）。之后的工作日暂按周一至周五计算，请在国务院办公厅公布放假安排后升级 chinesecalendar"
    yield Check("节假日", NOTE if left < _YEAR_END else GOOD, said)


def _log(s: Settings, at: datetime) -> Iterator[Check]:
    file = log_file(s)
    yield Check("日志", GOOD, f"{file}" + ("" if file.exists() else "（服务启动后建立）"))


def _control(s: Settings, at: datetime) -> Iterator[Check]:
    if s.control is None:
        yield Check(
            "网络", NOTE, "没有设置对照网址 control，分不清本机断网和网站打不开时，只能按同时打不开的网站数推断"
        )
    else:
        why = unreachable(s.control)
        yield Check("网络", BAD if why else GOOD, why or f"对照网址 {s.control} 可以访问")


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """The database, closed with the block; it is never created."""
    db = facts.open_database(path, create=False)
    try:
        yield db
    finally:
        db.close()


def _shown(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


_LOOKS: tuple[Callable[[Settings, datetime], Iterator[Check]], ...] = (
    _python,
    _packages,
    _registry,
    _secret_files,
    _disk,
    _database,
    _zone,
    _clock,
    _lock,
    _chromium,
    _timetable,
    _backups,
    _holidays,
    _log,
    _control,
)
