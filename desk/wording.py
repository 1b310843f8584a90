"""How does a clerk read what we keep? Codes, instants, points and addresses as Chinese words; the words stand in words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from db.records import SHANGHAI, Finding
from monitors.digest import words as notice_words
from monitors.rubric import Rubric

_THOUSANDTH = Decimal("0.001")
_DAYS = "一二三四五六日"


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """All tables of words.toml."""
    found: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
    return found


def word(code: object, table: str) -> str:
    """The word for a code of that table; the code itself where there is none, a dash for None."""
    return "—" if code is None or code == "" else words()[table].get(str(code), str(code))


def reason(text: str | None, rubric: Rubric) -> str:
    """A finding's reason with its details: `missing:icp,contact` is 没有该内容（ICP备案、联系方式）; "" for None."""
    code, _, detail = (text or "").partition(":")
    known = "、".join(_code(part) for part in code.split(",")) if code else ""
    if not detail:
        return known
    if detail in rubric.lines:
        detail = f"“{rubric.lines[detail].title}”"
    if code == "dismissed" and detail.isdigit():
        return f"{known}（第 {detail} 号意见）"
    return f"{known}（{'、'.join(words()['detail'].get(part, part) for part in detail.split(','))}）"


def _code(code: str) -> str:
    """The word for one code of a reason; the code itself where there is none."""
    return words()["reason"].get(code) or notice_words()["reason"].get(code) or word(code, "outcome")


def measured(finding: Finding) -> str:
    """What was measured and what is demanded, in short; "" where the reason says it all."""
    value = finding.value
    if isinstance(value, str) and value:
        dated = value[:4].isdigit() and value[4:5] == "-"
        return f"最新 {value[:30]}" if dated else "" if value.isascii() else value[:200]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    if isinstance(value, dict):
        if isinstance(value.get("title"), str):
            return str(value["title"])[:200]
        if isinstance(value.get("blank"), list):
            return f"空白 {len(value['blank'])} 个，共 {value.get('columns', '—')} 个"
        if "stale" in value and isinstance(value.get("columns"), list):
            return f"超期 {value['stale']} 个栏目，另有 {value.get('unseen', 0)} 个未看到"
        if isinstance(value.get("name"), str):
            return str(value["name"])[:200]
    return ""


def demanded(finding: Finding) -> str:
    """The threshold of the finding, in words: 14 天内, 6 个月内; "" where there is none."""
    return threshold(finding.threshold if isinstance(finding.threshold, dict) else {})


def threshold(given: Mapping[str, Any]) -> str:
    """Thresholds in words, those that have words; "" for none."""
    parts = []
    for key, value in given.items():
        match key, value:
            case "days", int():
                parts.append(f"{value} 天内")
            case "months", int():
                parts.append(f"{value} 个月内")
            case "columns", int():
                parts.append(f"{value} 个起否决")
            case "share", int() | float():
                parts.append(f"{value:.0%}")
            case "probes", int():
                parts.append(f"{value} 次探测起算")
            case "years", int():
                parts.append(f"{value} 年")
            case (("county" | "department" | "portal" | "deadline"), str()) if value[2:3] == "-":
                whose = "" if key == "deadline" else word(key, "group")
                parts.append(f"{whose}{int(value[:2])} 月 {int(value[3:])} 日前")
            case _:
                pass
    return "，".join(parts)


def points(value: Decimal | int | float | None) -> str:
    """Points to at most three decimals, without idle zeros; a dash for None."""
    if value is None:
        return "—"
    exact = Decimal(str(value)).quantize(_THOUSANDTH, ROUND_HALF_UP)
    text = f"{exact:f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


def mark(value: Decimal | None) -> str:
    """A score as the circular prints it, one decimal; a dash for None."""
    return "—" if value is None else f"{value:.1f}"


def moment(at: datetime | None, year: bool = True) -> str:
    """2026-11-24 22:10 in Shanghai; a dash for None."""
    return "—" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M" if year else "%m-%d %H:%M")


def day(on: date | None) -> str:
    """2026-11-24; a dash for None."""
    return "—" if on is None else (on.astimezone(SHANGHAI).date() if isinstance(on, datetime) else on).isoformat()


def long_day(on: date) -> str:
    """2026年11月25日 星期三."""
    return f"{on.year}年{on.month}月{on.day}日 星期{_DAYS[on.weekday()]}"


def percent(share: float | None) -> str:
    """A share as whole per cent, rounded down: only what is whole is 100 %."""
    return "—" if share is None else f"{int(share * 100 + 1e-9)}%"


def span(took: timedelta) -> str:
    """How long it took, as a person says it: 3 小时 05 分, 12 分, 40 秒."""
    seconds = int(took.total_seconds())
    if seconds >= 3600:
        return f"{seconds // 3600} 小时 {seconds % 3600 // 60:02d} 分"
    return f"{seconds // 60} 分" if seconds >= 60 else f"{max(0, seconds)} 秒"


def size(count: int) -> str:
    """Bytes as a person says them."""
    return (
        f"{count} 字节"
        if count < 1024
        else f"{count / 1024:.0f} KB"
        if count < 1 << 20
        else f"{count / (1 << 20):.1f} MB"
    )


def live(url: object) -> str | None:
    """The address where it may be linked to: http and https only, so that a `javascript:` address stays text."""
    text = url if isinstance(url, str) else ""
    return text if text.lower().startswith(("http://", "https://")) and text.isprintable() else None


FILTERS: Mapping[str, Any] = {
    "signed_by": lambda who, visit: visit.signed(who),
    "word": word,
    "measured": measured,
    "demanded": demanded,
    "points": points,
    "mark": mark,
    "moment": moment,
    "day": day,
    "percent": percent,
    "size": size,
    "span": span,
    "live": live,
}
