"""When has a child process had enough? Too much memory, too long silent, or still there after its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_OVERTIME = timedelta(minutes=30)  # after its time, for what was under way
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may take.

    memory  megabytes of real memory. Address space (RLIMIT_AS) would be the kernel's own limit, but a browser reserves
            terabytes of it and the limit is inherited
    silent  seconds without any word of progress: a reader that hangs, hangs the whole process
    until   end of its time (aware); None: a day
    """

    memory: int = 1500
    silent: float = 1200.0
    until: datetime | None = None

    def broken(self, pid: int, *, began: datetime, heard: datetime, now: datetime | None = None) -> str | None:
        """Which limit the process has broken, in Chinese; None: none. `heard` is when it last said something."""
        now = now or datetime.now(UTC)
        if (used := memory_of(pid)) is not None and used > self.memory:
            return f"占用内存 {used:.0f} MB，超过上限 {self.memory} MB"
        if (now - heard).total_seconds() > self.silent:
            return f"{self.silent / 60:.0f} 分钟没有任何进展"
        if now > (self.until + _OVERTIME if self.until else began + _DAY):
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
