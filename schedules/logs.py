"""Where does the service write down what it does? One file of JSON lines, turned over at ten megabytes, five kept.

A line holds `at` (ISO 8601, +08:00), `level` (info, warning), `job` (a row of the timetable, or null) and `said` (Chinese).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from datetime import datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from crawler.secret import values_of
from db.records import SHANGHAI
from db.registry import RegistryError, read_accounts, read_units
from schedules.settings import Settings, SettingsError, secrets_of

_SIZE, _KEPT = 10_000_000, 5


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, SHANGHAI).isoformat(timespec="seconds"),
            "level": record.levelname.lower(),
            "job": getattr(record, "job", None),
            "said": record.getMessage(),
        }
        return json.dumps(line, ensure_ascii=False)


class _Private(RotatingFileHandler):
    """A file that only its owner reads, also after it was turned over."""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        if os.name == "posix":
            os.chmod(self.baseFilename, 0o600)
        return stream


def log_file(settings: Settings) -> Path:
    """The file of the service's log."""
    return settings.log or settings.db.with_name(f"{settings.db.name}.log")


def opened_log(settings: Settings, say: Callable[[str], None]) -> logging.Logger | None:
    """The service's log; None when the file cannot be written, which is said and ends nothing."""
    file = log_file(settings)
    try:
        handler = _Private(file, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        say(f"注意：不能写日志 {file}（{error.strerror}），只显示在屏幕上。")
        return None
    handler.setFormatter(_Lines())
    log = logging.getLogger(f"wangkao.service.{id(handler)}")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    return log


def secret_values(settings: Settings) -> list[str]:
    """Every value that no line may show; what cannot be read now is said elsewhere."""
    try:
        sections = secrets_of(settings)
        accounts = read_accounts(settings.accounts, read_units(settings.units)) if settings.accounts else []
    except (SettingsError, RegistryError):
        return []
    return values_of(accounts, sections)
