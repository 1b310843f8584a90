"""How does a score look over the nights? A drawing in SVG without script or style; the same figures stand in a table beneath it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from db.history import Mark
from db.records import shanghai_day

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 200, 40, 28, 14


def trend(marks: Sequence[Mark], unit: str) -> Markup:
    """The marks as a line, oldest first, gaps where there was no score; empty for fewer than two nights with one."""
    scored = [m for m in marks if m.online is not None]
    if len(scored) < 2:
        return Markup("")
    full = float(marks[-1].full)
    least = min(float(m.online) for m in scored if m.online is not None)
    low = float(max(0, int(least) - 1))

    def x(n: int) -> float:
        return _LEFT + n * (_WIDTH - _LEFT - 16) / (len(marks) - 1)

    def y(value: float) -> float:
        return _TOP + (full - value) * (_HEIGHT - _TOP - _BOTTOM) / ((full - low) or 1)

    parts = []
    step = 1 if full - low <= 5 else 2
    for value in range(int(low), int(full) + 1, step):
        at = y(value)
        rule = Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="#d0d0d0"/>')
        parts.append(rule.format(_LEFT, _WIDTH - 16, at, at))
        number = Markup('<text x="{}" y="{:.1f}" text-anchor="end" font-size="12" fill="#333">{}</text>')
        parts.append(number.format(_LEFT - 6, at + 4, value))
    line: list[str] = []
    for n, mark in enumerate(marks):
        if mark.online is None:
            parts.append(_line(line))
            line = []
            continue
        line.append(f"{x(n):.1f},{y(float(mark.online)):.1f}")
        if len(marks) <= 60:
            parts.append(
                Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="#0b4a8f"/>').format(x(n), y(float(mark.online)))
            )
    parts.append(_line(line))
    for n in sorted({0, len(marks) // 2, len(marks) - 1}):
        anchor = "start" if n == 0 else "end" if n == len(marks) - 1 else "middle"
        parts.append(
            Markup('<text x="{:.1f}" y="{}" text-anchor="{}" font-size="12" fill="#333">{:%m-%d}</text>').format(
                x(n), _HEIGHT - 8, anchor, shanghai_day(marks[n].as_of)
            )
        )
    last = scored[-1]
    label = f"{unit}最近 {len(marks)} 夜得分，最新 {last.online:.1f} 分，满分 {full:g} 分；数据见下表"
    return Markup('<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, label, Markup("").join(parts)
    )


def _line(points: Sequence[str]) -> Markup:
    if len(points) < 2:
        return Markup("")
    return Markup('<polyline points="{}" fill="none" stroke="#0b4a8f" stroke-width="2"/>').format(" ".join(points))
