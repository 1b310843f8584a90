"""What do all commands share: the terminal, the settings, and how an error ends? Messages are Chinese; exit status as in the contract."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from db import facts
from db.keys import KeyProblem
from db.registry import RegistryError
from desk import verify as bundles
from desk.auth import Refused
from desk.evidence import EvidenceProblem
from desk.sheets import SheetProblem
from monitors.alerts import NotAllowed
from monitors.rubric import RubricError
from monitors.table import ScoreTableProblem
from schedules import jobs
from schedules.period import PeriodProblem
from schedules.settings import Settings, SettingsError, load_settings

app = typer.Typer(
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help="网考：政府网站与政务新媒体夜间监测"
)
err = Console(stderr=True, highlight=False)
out = Console(highlight=False)
BROKEN, UNUSABLE = 1, 2

_UNUSABLE = (
    RegistryError,
    facts.DatabaseProblem,
    RubricError,
    SettingsError,
    KeyProblem,
    EvidenceProblem,
    bundles.Unverifiable,
    SheetProblem,
    ScoreTableProblem,
    NotAllowed,
    PeriodProblem,
    Refused,
)

Db = Annotated[
    Path | None, typer.Option("--db", help="数据库文件；默认取环境变量 WANGKAO_DB，否则为当前文件夹的 wangkao.db")
]


def settings(**given: Any) -> Settings:
    """What is set: the command line over the environment over the settings file; a fault in it ends with 2."""
    chosen: Settings = usable(lambda: load_settings(**given))
    return chosen


def database(given: Path | None) -> Path:
    """The database file: as given, else WANGKAO_DB, else the settings file's, else wangkao.db in the working folder."""
    return settings(db=given).db


def emit(text: str) -> None:
    """Write machine-readable text to standard output: UTF-8 whatever the machine's locale."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def fail(status: int, message: object) -> NoReturn:
    """Say it on standard error and end with that status."""
    err.print(str(message), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def usable(work: Callable[[], Any]) -> Any:
    """The result of `work`; unusable input ends with 2, a run that broke off with 1, Ctrl-C with 1."""
    try:
        return work()
    except _UNUSABLE as error:
        fail(UNUSABLE, error)
    except jobs.RunFailed as error:
        fail(BROKEN, error)
    except sqlite3.OperationalError as error:  # the disk is full, or another process keeps the file locked
        fail(BROKEN, f"数据库不能读写（{error}）。请检查磁盘空间，或等另一个任务结束后重新运行；已完成的站点都已入库。")
    except KeyboardInterrupt:
        fail(BROKEN, "已中断。已完成的站点都已入库，可用 wangkao check 按已有数据判定，或重新运行。")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """The block writes that file; where it cannot, the command ends with 2."""
    try:
        yield
    except OSError as error:
        fail(UNUSABLE, f"不能写入 {path}（{error.strerror}）。请检查文件夹是否存在、文件是否正被打开。")


def must_end(path: Path, *endings: str) -> None:
    """The command ends with 2 where the file's name has none of these endings."""
    if path.suffix.lower() not in endings:
        fail(UNUSABLE, f"不能写成 {path.name}。文件名请以 {' 或 '.join(endings)} 结尾。")


def say_verified(lines: Iterable[str], problems: Sequence[str]) -> None:
    """What was checked, and what is wrong: with a problem the command ends with 1."""
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
    for problem in problems:
        err.print(problem, style="red", markup=False, soft_wrap=True)
    if problems:
        fail(BROKEN, "核验不通过。")
    out.print("核验通过。", markup=False)
