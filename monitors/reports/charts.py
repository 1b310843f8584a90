"""How do figures look as a picture in a paper? Bars in SVG, grey and blue, so that a black-and-white copy still tells them apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape

_COLOURS = ("#0b4a8f", "#b8b8b8")
_FACES = "FangSong_GB2312, FangSong, 仿宋, 'Noto Serif CJK SC', serif"
_BAR, _GAP, _TOP, _SIZE = 18, 12, 14, 17
WIDE = 900  # of every picture, in pixels


def bars(title: str, rows: Sequence[tuple[str, Sequence[float]]], legend: Sequence[str] = ()) -> tuple[str, int]:
    """Lying bars, a group of them a row, each with its number; the SVG and its height in pixels. The title is for who cannot see it.

    rows    what is counted, and one value for each entry of `legend` (one where there is none)
    """
    left = 24 + max((_wide(name) for name, _ in rows), default=0) * _SIZE
    top = _TOP + (28 if legend else 0)
    most = max((value for _, values in rows for value in values), default=0) or 1
    each = max((len(values) for _, values in rows), default=1) * _BAR + _GAP
    height = top + each * len(rows) + 16
    parts = [f"<title>{escape(title)}</title>"]
    for n, said in enumerate(legend):
        at = left + n * 150
        parts.append(f'<rect x="{at}" y="{_TOP}" width="16" height="12" fill="{_COLOURS[n]}"/>')
        parts.append(f'<text x="{at + 22}" y="{_TOP + 12}" font-size="{_SIZE - 2}">{escape(said)}</text>')
    for n, (name, values) in enumerate(rows):
        y = top + n * each
        middle = y + len(values) * _BAR / 2 + _SIZE / 3
        parts.append(
            f'<text x="{left - 10}" y="{middle:g}" text-anchor="end" font-size="{_SIZE}">{escape(name)}</text>'
        )
        for m, value in enumerate(values):
            wide = (WIDE - left - 80) * value / most
            bar = y + m * _BAR
            parts.append(
                f'<rect x="{left}" y="{bar + 1}" width="{wide:.1f}" height="{_BAR - 2}" fill="{_COLOURS[m]}"/>'
            )
            parts.append(
                f'<text x="{left + wide + 6:.1f}" y="{bar + _BAR - 4}" font-size="{_SIZE - 2}">{value:g}</text>'
            )
    parts.append(f'<line x1="{left}" x2="{left}" y1="{top - 4}" y2="{height - 14}" stroke="#333"/>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{height}" viewBox="0 0 {WIDE} {height}"'
    return f'{head} font-family="{_FACES}"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>', height


def _wide(text: str) -> float:
    return sum(1 if unicodedata.east_asian_width(c) in "WFA" else 0.55 for c in text)
