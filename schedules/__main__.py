"""One job of the timetable in a process of its own: python -m schedules NAME [UNIT], the settings as one JSON line on standard input.

It ends with 0 when it was done, 1 when it failed, 2 when something it was given cannot be used, 3 when another run had the database.
When standard input closes, the service is gone, and the job ends in good order.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from db.facts import DatabaseProblem
from db.keys import KeyProblem
from db.registry import RegistryError
from monitors.rubric import RubricError
from schedules import jobs
from schedules.child import DONE, FAILED, OCCUPIED, UNUSABLE
from schedules.engines import engine_of
from schedules.settings import Settings, SettingsError, channels_of, quiet_of, run_options
from schedules.timetable import window_end
from schedules.watch import Limits

_MONTHLY = "schedules.monthly"  # the month's report: write(settings, at=...) of that module, when there is one


def run(settings: Settings) -> str:
    """The night, until the end of its window."""
    until = window_end(settings, datetime.now(UTC))
    if until is None:
        return "离下一次夜间任务已近，不再补做"
    return _said(_crawl(settings, until))


def accounts(settings: Settings) -> str:
    """The accounts alone, once more."""
    if settings.accounts is None:
        return "没有登记账号"
    done = _crawl(settings, None, sites=False)
    return "账号已读取" + (f"；{done.note}" if done.note else "")


def recheck(settings: Settings, unit: str) -> str:
    """One unit now, because a person asked."""
    from schedules.recheck import visit

    return visit(settings, unit)


def settle(settings: Settings) -> str:
    """Bring to its end what a killed process left."""
    return jobs.settle(settings.db) or "没有未了结的任务"


def briefing(settings: Settings) -> str:
    """This morning's notices."""
    from schedules import notices

    told = notices.brief(settings.db, channels_of(settings), quiet=quiet_of(settings), desk=settings.desk)
    lost = f"；没有渠道：{'、'.join(told.unreachable)}" if told.unreachable else ""
    return f"通知 {len(told.notices)} 份，发送 {len(told.sent)} 次{lost}"


def report(settings: Settings) -> str:
    """The report of the month that is over."""
    if importlib.util.find_spec(_MONTHLY) is None:
        return "本版本还没有月报"
    module: Any = importlib.import_module(_MONTHLY)
    return str(module.write(settings, at=datetime.now(UTC)))


def backup(settings: Settings) -> str:
    """A copy of the database, checked, and the oldest copies removed."""
    from db import backup as copies

    made = copies.daily(settings.db, settings.backups, keep=settings.backups_kept, at=datetime.now(UTC))
    return f"已备份到 {made.file}（{made.size / 1e6:.1f} MB，已校验）"


def retention(settings: Settings) -> str:
    """What nobody needs any more is dropped."""
    from db import facts, retention

    with jobs.alone(settings.db, "每周清理"):
        db = facts.open_database(settings.db)
        try:
            return retention.retain(db, months=settings.keep_months, now=datetime.now(UTC)).words
        finally:
            db.close()


WORK: Mapping[str, Callable[..., str]] = {
    work.__name__: work for work in (run, accounts, settle, briefing, report, backup, retention, recheck)
}


def main(name: str, *given: str) -> int:
    """Do the job and print what came of it, the last line of standard output."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = Settings.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_end_with_service, daemon=True).start()
    try:
        print(WORK[name](settings, *given), flush=True)
        return DONE
    except jobs.Occupied as error:
        return _told(error, OCCUPIED)
    except (RegistryError, DatabaseProblem, RubricError, SettingsError, KeyProblem) as error:
        return _told(error, UNUSABLE)
    except jobs.RunFailed as error:
        return _told(error, FAILED)
    except sqlite3.OperationalError as error:
        return _told(f"数据库不能读写（{error}）。请检查磁盘空间和权限；已完成的站点都已保存", FAILED)
    except OSError as error:
        return _told(f"不能读写 {error.filename or ''}（{error.strerror}）。请检查磁盘空间和权限", FAILED)
    except KeyboardInterrupt:
        return _told("被中断，已完成的站点都已保存", FAILED)


def _crawl(s: Settings, until: datetime | None, *, sites: bool = True) -> jobs.RunResult:
    with engine_of(
        s if sites else s.model_copy(update={"cluster": None})
    ) as engine:  # accounts are read from here alone
        return jobs.run(
            s.units,
            s.accounts,
            s.db,
            until=until,
            sites=sites,
            limits=Limits(memory=s.memory, until=until),
            engine=engine,
            progress=_progress,
            **run_options(s),
        )


def _progress(event: dict[str, Any]) -> None:
    if event["event"] == "plan":
        print(f"访问 {event['sites']} 个网站", flush=True)
    elif event["event"] == "said":
        print(event["words"], flush=True)
    elif event["event"] == "resume":
        print(f"接着做上次中途停止的任务，还有 {event['sites']} 个网站", flush=True)
    elif event["event"] == "restart":
        print(f"采集进程中途退出，未完成的重新访问：{'；'.join(map(str, event['codes']))}", flush=True)
    elif event["event"] == "site_done":
        print(f"{event['unit']}：{event['outcome']}，{event['pages']} 页", flush=True)


def _said(done: jobs.RunResult) -> str:
    said = f"已判定 {done.units} 个单位、{done.judged} 条结论"
    return f"{said}；本次存疑：{done.note}" if done.suspect else said


def _told(words: object, status: int) -> int:
    print(words, flush=True)
    return status


def _end_with_service() -> None:
    while os.read(0, 4096):  # not through sys.stdin, whose lock would be held when the process ends
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
