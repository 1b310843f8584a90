"""When has a child process had enough? Too much memory, too long silent, or still there after its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_OVERTIME = timedelta(minutes=30)  # after its time, for what was under way
_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may take.

    memory  megabytes of real memory. Address space (RLIMIT_AS) would be the kernel's own limit, but a browser reserves
            terabytes of it and the limit is inherited
    silent  seconds without any word of progress: a reader that hangs, hangs the whole process
    until   end of its time (aware); None: a day
    wanted  whether anybody still wants what it does; None: that is not asked
    """

    memory: int = 1500
    silent: float = 1200.0
    until: datetime | None = None
    wanted: Callable[[], bool] | None = None

    def broken(self, pid: int, *, ran: float, quiet: float, now: datetime | None = None) -> str | None:
        """Which limit the process has broken, in Chinese; None: none.

        ran, quiet  seconds since it began and since it last said something, by a clock that neither jumps nor runs while the
                    machine sleeps
        """
        if self.wanted is not None and not self.wanted():
            return "任务已被撤销"
        if (used := memory_of(pid)) is not None and used > self.memory:
            return f"占用内存 {used:.0f} MB，超过上限 {self.memory} MB"
        if quiet > self.silent:
            return f"{self.silent / 60:.0f} 分钟没有任何进展"
        over = ran > _DAY if self.until is None else (now or datetime.now(UTC)) > self.until + _OVERTIME
        if over:
            return "到时仍未结束"
        return None


def memory_of(pid: int) -> float | None:
    """Megabytes of real memory of the process; None where that is not told."""
    try:
        said = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return None
    found = [line.split()[1] for line in said.splitlines() if line.startswith("VmRSS:")]
    return int(found[0]) / 1024 if found else None
