"""How does an old Word file become one that can be read? LibreOffice, where it is installed, converts it.

One conversion at a time, in a folder of its own with a profile of its own, and within a time: a file comes from a stranger.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

CONVERTED = frozenset(("doc", "rtf"))  # kinds of `extract.office.kind_of` that go through here
_NAMES = ("soffice", "libreoffice")
_SECONDS = 60.0
_ONE = threading.Lock()


class Unconverted(Exception):
    """The message is a code: no_converter where no LibreOffice is installed, not_converted where it failed."""


def as_docx(data: bytes, kind: str, *, seconds: float = _SECONDS) -> bytes:
    """The file as docx; blocks until it is done. Raises Unconverted."""
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise Unconverted("no_converter")
    with _ONE, tempfile.TemporaryDirectory(prefix="wangkao-") as name:
        folder = Path(name)
        (folder / f"in.{kind}").write_bytes(data)
        command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "docx", "--outdir", str(folder), str(folder / f"in.{kind}")]
        _run(command, folder, seconds)
        made = folder / "in.docx"
        if not made.is_file():
            raise Unconverted("not_converted")
        return made.read_bytes()


def _run(command: list[str], folder: Path, seconds: float) -> None:
    """Run to its end or for so long; its children, which do the work, end with it."""
    quiet = subprocess.DEVNULL
    home = {**os.environ, "HOME": str(folder)}
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=home, start_new_session=True)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Unconverted("not_converted") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
