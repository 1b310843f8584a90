"""How many items did a site publish in a year? The circular counts them: 134,126 in 2022."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from db.records import SiteVisit, shanghai_day

KINDS = {"news": "动态要闻", "notice": "通知公告与政策文件", "board": "信息公开专栏", "other": "其他栏目"}


@dataclass(slots=True)
class Items:
    """The items of one site with a day in one year, each once, as far as the lists of some night showed them.

    by_kind       by the kind of the column that showed it first
    watched_from  first and last day of a visit that showed a list; items from before it count only as far back as the first
                  pages of the lists reached
    """

    unit: str
    year: int
    by_kind: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    watched_from: date | None = None
    watched_to: date | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_kind.values())


def counted(unit: str, visits: Iterable[SiteVisit], *, year: int) -> Items:
    """The items of that year (Asia/Shanghai) in these visits of one unit, oldest first."""
    found, seen = Items(unit, year), set[str]()
    for visit in visits:
        lists = [(c.role, row) for c in visit.columns if not c.outward for row in c.rows]
        for role, row in [*lists, *(("other", row) for row in visit.home_rows)]:
            key = row.url or row.title
            if row.published is None or row.published.year != year or key in seen:
                continue
            seen.add(key)
            found.by_kind[role if role in ("news", "notice", "other") else "board"] += 1
        if lists:
            day = shanghai_day(visit.started_at)
            found.watched_from, found.watched_to = found.watched_from or day, day
    return found


def rows(made: Iterable[Items]) -> list[dict[str, str | int]]:
    """The counts as lines of a table with Chinese headers, and a line of totals."""
    made = list(made)
    lines: list[dict[str, str | int]] = []
    for i in made:
        line: dict[str, str | int] = {"单位": i.unit, "年度": i.year}
        line |= {title: i.by_kind[kind] for kind, title in KINDS.items()}
        line["合计"] = i.total
        line["监测起止"] = f"{i.watched_from} 至 {i.watched_to}" if i.watched_from else "未见列表"
        lines.append(line)
    sums: dict[str, str | int] = {title: sum(i.by_kind[kind] for i in made) for kind, title in KINDS.items()}
    whole = sum(i.total for i in made)
    return [*lines, {"单位": "合计", "年度": "", **sums, "合计": whole, "监测起止": ""}]
