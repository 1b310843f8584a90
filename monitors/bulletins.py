"""What do the nights of a month or a quarter come to, beside the span before it?

A fault is told when two days have shown it or a person has confirmed it; what was seen once waits for the next night. Figures that
nothing stored can tell are None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from db.records import Account, Alert, Finding, Unit
from monitors.figures import Figure, Value
from monitors.rubric import Rubric

LIVE = frozenset(("open", "acknowledged", "confirmed", "rectifying", "closing_proposed", "reopened"))
Subject = tuple[str, str, str, str | None]  # unit, rule, target, account


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a quarter; days are Asia/Shanghai, both ends belong to it.

    night    day of the last good night of the span; None: there was none, and nothing is known of its end
    nights   good nights            seen     units whose site that night saw
    faults   fails of that night that count          waiting  fails of that night that were seen once
    opened, resolved, dismissed, standing   numbers of the alerts that came, went, and stood at the end (with their state then)
    """

    label: str
    first: date
    last: date
    night: date | None = None
    nights: int = 0
    seen: tuple[str, ...] = ()
    faults: Sequence[Finding] = ()
    waiting: Sequence[Finding] = ()
    opened: frozenset[int] = frozenset()
    resolved: frozenset[int] = frozenset()
    dismissed: frozenset[int] = frozenset()
    standing: Mapping[int, str] = field(default_factory=dict)

    @property
    def watched(self) -> bool:
        """Whether anything of it is known: else that no alert came says nothing."""
        return bool(self.nights or self.night or self.opened or self.resolved or self.dismissed or self.standing)

    @property
    def subjects(self) -> dict[Subject, Finding]:
        """The faults by what they are about."""
        return {(f.unit, f.rule, f.target, f.account): f for f in self.faults}


def months_of(text: str) -> tuple[date, date, str]:
    """First and last day and name of "2026-10" or "2026Q3". Raises ValueError, in Chinese."""
    try:
        if "Q" in text.upper():
            year, quarter = map(int, text.upper().split("Q"))
            if not 1 <= quarter <= 4:
                raise ValueError
            first, months, label = date(year, 3 * quarter - 2, 1), 3, f"{year}年第{'一二三四'[quarter - 1]}季度"
        else:
            year, month = map(int, text.split("-"))
            first, months, label = date(year, month, 1), 1, f"{year}年{month}月"
    except ValueError:
        raise ValueError(f"不认识的时段「{text}」。月份写作 2026-10，季度写作 2026Q3。") from None
    return first, _later(first, months) - date.resolution, label


def before(text: str) -> str:
    """The name of the span before it, in the same form."""
    first, last, _ = months_of(text)
    months = 3 if (last - first).days > 31 else 1
    earlier = _later(first, -months)
    return f"{earlier.year}Q{(earlier.month + 2) // 3}" if months == 3 else f"{earlier:%Y-%m}"


def _later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def figures(
    now: Span, then: Span, units: Sequence[Unit], accounts: Sequence[Account], alerts: Mapping[int, Alert]
) -> dict[str, Figure]:
    """The figures of a bulletin by name, with where each comes from."""
    judged = now.night is not None
    earlier = then.night is not None
    watched, watched_then = now.watched, then.watched
    mine, old = now.subjects, then.subjects
    sites = [u.name for u in units if u.site]
    seen = set(now.seen)
    mended = [s for s in old if s not in mine]
    overdue = [
        n for n, state in now.standing.items() if state == "rectifying" and (due := alerts[n].due) and due < now.last
    ]
    night, steps = "db.figures.last_night", "db.figures.steps_before"
    rows: list[tuple[str, str, Value | None, str, str, str, Sequence[str]]] = [
        ("units.all", "登记单位", len(units), "家", "登记表", "db.facts.units", ()),
        ("sites.all", "登记网站", len(sites), "个", "登记表中有网址的单位", "db.facts.units", ()),
        ("accounts.all", "登记账号", _registered(accounts), "个", "登记表中未注销的账号", "db.facts.accounts", ()),
        ("nights.done", "夜间检查", now.nights, "次", "时段内完成且不存疑的夜间任务", "db.figures.nights_between", ()),
        (
            "sites.seen",
            "看到的网站",
            _if(judged, len(seen)),
            "个",
            "时段内最后一夜首页打开的网站",
            "db.history.outcomes_of",
            (),
        ),
        (
            "faults.units",
            "存在问题的单位",
            _if(judged, len({f.unit for f in now.faults})),
            "家",
            _FAULTS,
            night,
            _units(now),
        ),
        ("faults.total", "问题", _if(judged, len(mine)), "项", _FAULTS, night, ()),
        (
            "faults.units_before",
            "上期存在问题的单位",
            _if(earlier, len({f.unit for f in then.faults})),
            "家",
            _FAULTS,
            night,
            (),
        ),
        ("faults.total_before", "上期问题", _if(earlier, len(old)), "项", _FAULTS, night, ()),
        (
            "faults.new",
            "新出现的问题",
            _if(judged and earlier, sum(s not in old for s in mine)),
            "项",
            "上期末没有、本期末有的问题",
            night,
            (),
        ),
        (
            "faults.mended",
            "已改正的问题",
            _if(judged and earlier, len(mended)),
            "项",
            "上期末有、本期末没有的问题",
            night,
            (),
        ),
        (
            "faults.waiting",
            "首次发现、待核实的问题",
            _if(judged, len(now.waiting)),
            "项",
            "时段内最后一夜不合格，此前没有见过，也没有经人确认",
            "db.figures.days_in_fault",
            (),
        ),
        (
            "alerts.opened",
            "新发预警",
            _if(watched, len(now.opened)),
            "件",
            "时段内由疑似或恢复转为待处理、已确认的预警",
            steps,
            _of(now.opened, alerts),
        ),
        ("alerts.opened_before", "上期新发预警", _if(watched_then, len(then.opened)), "件", "同上，取上期", steps, ()),
        (
            "alerts.resolved",
            "已恢复的预警",
            _if(watched, len(now.resolved)),
            "件",
            "时段内转为已恢复的预警",
            steps,
            _of(now.resolved, alerts),
        ),
        (
            "alerts.dismissed",
            "经复核排除的预警",
            _if(watched, len(now.dismissed)),
            "件",
            "时段内转为已排除的预警",
            steps,
            (),
        ),
        (
            "alerts.standing",
            "期末未了结的预警",
            _if(watched, len(now.standing)),
            "件",
            "期末处于待处理、已阅、已确认、整改中、建议关停、再次出现的预警",
            steps,
            _of(now.standing, alerts),
        ),
        (
            "alerts.rectifying",
            "整改中的预警",
            _if(watched, Counter(now.standing.values())["rectifying"]),
            "件",
            "期末处于整改中的预警",
            steps,
            (),
        ),
        (
            "alerts.overdue",
            "超过整改期限的预警",
            _if(watched, len(overdue)),
            "件",
            "期末处于整改中且期限已过的预警",
            steps,
            _of(overdue, alerts),
        ),
    ]
    made = {
        name: Figure(name, title, value, measure, source, query, tuple(of))
        for name, title, value, measure, source, query, of in rows
    }
    day = f"{now.night.year}年{now.night.month}月{now.night.day}日" if now.night else ""
    return made | {"night.day": Figure("night.day", "最近一次检查日期", None, "", "时段内最后一夜", night, said=day)}


_FAULTS = "时段内最后一夜计分规则的不合格结论，须经两天见到或人工确认；已排除和有争议的不计"


def by_title(span: Span, rubric: Rubric) -> dict[str, list[str]]:
    """The units in fault by the title of each rule, in the order of the rubric."""
    found: dict[str, list[str]] = {}
    for rule, line in rubric.lines.items():
        units = list(dict.fromkeys(f.unit for f in span.faults if f.rule == rule))
        if units:
            found[line.title] = units
    return found


def _registered(accounts: Sequence[Account]) -> int:
    return len({(a.unit, a.platform, a.account) for a in accounts if a.state != "closed" and not a.canary})


def _if(known: bool, value: int) -> int | None:
    return value if known else None


def _units(span: Span) -> list[str]:
    return list(dict.fromkeys(f.unit for f in span.faults))


def _of(numbers: Sequence[int] | frozenset[int] | Mapping[int, str], alerts: Mapping[int, Alert]) -> list[str]:
    return list(dict.fromkeys(alerts[n].unit for n in sorted(numbers)))
