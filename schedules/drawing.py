"""How does a drawing become a picture that every word processor shows? By the installed Chromium; without one there is none."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from crawler.browser import find_chromium

_SECONDS = 40
_SCALE = 2
_BARS = 200  # pixels that a window may lose to a frame which headless Chromium counts and does not draw
_PNG = b"\x89PNG\r\n\x1a\n"


def png(svg: str, width: int, height: int, *, chromium: str | None = None) -> bytes | None:
    """The drawing at twice its size as PNG; None where there is no Chromium, or it does not answer.

    The drawing is ours and asks for nothing: Chromium opens one local file, in a profile of its own that goes with it.
    """
    executable = find_chromium(chromium)
    if executable is None:
        return None
    with tempfile.TemporaryDirectory(prefix="wangkao-drawing-") as folder:
        page, out = Path(folder, "page.html"), Path(folder, "page.png")
        page.write_text(f'<meta charset="utf-8"><body style="margin:0">{svg}', "utf-8")
        command = [
            executable,
            "--headless",
            "--hide-scrollbars",
            "--disable-gpu",
            f"--force-device-scale-factor={_SCALE}",
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height + _BARS}",
            f"--screenshot={out}",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # as root Chromium starts only so
            command.insert(1, "--no-sandbox")
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
            data = out.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None
    return cropped(data, height * _SCALE) if data.startswith(_PNG) else None


def cropped(png_: bytes, height: int) -> bytes:
    """The upper lines of a PNG that is not interlaced: a line depends on those above it alone."""
    kept, packed, at = [], b"", len(_PNG)
    while at < len(png_):
        size, kind = struct.unpack(">I4s", png_[at : at + 8])
        body = png_[at + 8 : at + 8 + size]
        at += size + 12
        if kind == b"IDAT":
            packed += body
        elif kind == b"IHDR":
            width, was, depth, colour, *rest = struct.unpack(">IIBBBBB", body)
            height = min(height, was)
            line = 1 + (width * depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] + 7) // 8
            kept.append((kind, struct.pack(">IIBBBBB", width, height, depth, colour, *rest)))
        elif kind == b"PLTE":
            kept.append((kind, body))
    kept += [(b"IDAT", zlib.compress(zlib.decompress(packed)[: line * height], 9)), (b"IEND", b"")]
    return _PNG + b"".join(
        struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in kept
    )
