"""How do we write a file that somebody may have open, and that a spreadsheet will read?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A file to write beside `out` that takes its place at the end; on any error the old file stays whole.

    Raises OSError where the folder is not there or not to be written to.
    """
    handle, name = tempfile.mkstemp(dir=out.resolve().parent, prefix=f".{out.name}.")
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def no_formula(value: Any) -> Any:
    """A text that no spreadsheet runs as a formula: an apostrophe in front; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RUNS) else value
