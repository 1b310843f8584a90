"""Which bulletins are due on the first of a month? The month's that is over; in January, April, July and October the quarter's."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path

from db import facts
from db.records import shanghai_day
from schedules import bulletins
from schedules.settings import Settings


def write(settings: Settings, *, at: datetime) -> str:
    """Write them into the folder of reports and say so in a Chinese sentence.

    A file that is there already stays: somebody may be working on it. Raises DatabaseProblem, RubricError, OSError.
    """
    folder = settings.reports or settings.db.with_name(f"{settings.db.name}.reports")
    folder.mkdir(parents=True, exist_ok=True)
    written, kept = [], []
    db = facts.open_database(settings.db, create=False)
    try:
        for span in due(shanghai_day(at)):
            file = folder / f"检查通报-{span}.docx"
            if file.exists():
                kept.append(file.name)
                continue
            made = bulletins.bulletin(db, span, office=settings.office, at=at, chromium=settings.chromium)
            _whole(file, bulletins.docx(made))
            written.append(file.name)
    finally:
        db.close()
    said = [f"已写入 {folder}：{'、'.join(written)}"] * bool(written) + [f"{'、'.join(kept)} 已有，未改动"] * bool(kept)
    return "；".join(said)


def due(today: date) -> list[str]:
    """The spans that ended last, as `monitors.bulletins.months_of` reads them."""
    last = today.replace(day=1) - timedelta(days=1)
    quarter = [f"{last.year}Q{last.month // 3}"] if today.month in (1, 4, 7, 10) else []
    return [f"{last:%Y-%m}", *quarter]


def _whole(file: Path, data: bytes) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(data)
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
