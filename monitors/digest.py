"""What is a receiver told this morning? One message: what is new, what could not be seen, what is about to be a fault.

A thing is told once and again when its state changes; where nothing changed there is no message. The office hears of alerts
that are sure and of faults of our own; a unit hears of what is about to be a fault of its own, which nobody else does, and of
what a person has confirmed.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from db.notices import Key, Notice, Told
from db.records import Alert, Incident, shanghai_day
from monitors.alerts import MANUAL, OVER, kinds, states, subject, sure
from monitors.early import Warning
from monitors.rubric import Rubric

_MOST = 15  # lines of one section; the rest is at the desk
_OFFICE = ("open", "reopened")
_UNIT = ("confirmed", "rectifying")
_GRAVE = {"high": "高", "medium": "中", "low": "低"}


@dataclass(frozen=True, slots=True)
class Morning:
    """What is known this morning.

    at      now, aware                      desk    address of the desk for links, None: none
    unseen  units whose site was not seen in the last run, with the reason; `sites` is how many should have been
    """

    at: datetime
    alerts: Sequence[Alert]
    incidents: Sequence[Incident] = ()
    sites: int = 0
    unseen: Mapping[str, str] | None = None
    desk: str | None = None

    @property
    def day(self) -> date:
        """Today, Asia/Shanghai."""
        return shanghai_day(self.at)


def for_office(name: str, morning: Morning, told: Mapping[Key, str], rubric: Rubric) -> Notice | None:
    """The office's message of the morning; None when nothing is new.

    told  what this receiver was told last of each thing
    """
    items: list[Told] = []
    fresh: list[Alert] = []
    over: list[Alert] = []
    late: list[Alert] = []
    for alert in morning.alerts:
        key, state = (alert.unit, alert.kind, alert.target), _state(alert)
        if told.get(key) == state:
            continue
        if alert.state in _OFFICE and sure(alert):
            fresh.append(alert)
        elif alert.state == "rectifying" and alert.due and alert.due < morning.day:
            state = f"overdue {alert.due}"
            if told.get(key) == state:
                continue
            late.append(alert)
        elif alert.state == "resolved" and key in told and not told[key].startswith("resolved"):
            over.append(alert)
        else:
            continue
        items.append(Told(*key, state))
    ours, ours_items = _incidents(morning.incidents, told)
    items += ours_items
    if not items:
        return None
    by_hand = [a for a in fresh if a.kind == MANUAL]
    fresh = sorted((a for a in fresh if a.kind != MANUAL), key=lambda a: (list(_GRAVE).index(a.severity), a.unit))
    sections = [
        ("新的预警", [_alert_line(a, morning, rubric) for a in fresh]),
        ("整改逾期", [f"{_alert_line(a, morning, rubric)}；整改期限 {a.due}" for a in late]),
        ("看不到、待人工核查", _by_unit(by_hand)),
        ("已恢复", [f"{a.unit} {kinds()[a.kind].title}：{subject(a)[1]}" for a in over]),
        ("监测系统自身", ours),
    ]
    head = _seen_line(morning)
    numbers: dict[str, Sequence[object]] = {
        "新预警": fresh,
        "整改逾期": late,
        "待核查": by_hand,
        "已恢复": over,
        "系统提示": ours,
    }
    counts = "，".join(f"{title} {len(rows)}" for title, rows in numbers.items() if rows)
    subject_ = f"【网考】{morning.day:%m月%d日}晨报：{counts}"
    return _notice(name, morning, subject_, head, sections, items)


def for_unit(
    unit: str, morning: Morning, told: Mapping[Key, str], rubric: Rubric, warnings: Iterable[Warning] = ()
) -> Notice | None:
    """The unit's message of the morning; None when nothing is new. It names what a person confirmed, never a suspicion."""
    items: list[Told] = []
    soon: list[str] = []
    for warning in warnings:
        item = Told(unit, f"warning:{warning.rule}", warning.target, warning.last.isoformat())
        if warning.last >= morning.day and told.get(item.key) != item.state:
            items.append(item)
            soon.append(_warning_line(warning))
    wanted: list[str] = []
    over: list[str] = []
    for alert in morning.alerts:
        key, state = (alert.unit, alert.kind, alert.target), _state(alert)
        if alert.unit != unit or told.get(key) == state:
            continue
        if alert.state in _UNIT:
            by = f"；请于 {alert.due} 前完成" if alert.due else ""
            wanted.append(f"{_alert_line(alert, morning, rubric, named=False)}。{todo(subject(alert)[0])}{by}")
        elif alert.state in OVER and told.get(key, "").startswith(_UNIT):
            over.append(f"{kinds()[alert.kind].title}：{subject(alert)[1]}（{states()[alert.state]}）")
        else:
            continue
        items.append(Told(*key, state))
    if not items:
        return None
    sections = [("即将超期（尚未扣分，按时更新即可）", soon), ("已确认的问题", wanted), ("已了结", over)]
    parts = [f"{len(soon)} 项即将超期"] * bool(soon) + [f"{len(wanted)} 个问题待整改"] * bool(wanted)
    subject_ = f"【网考】{unit}：{'，'.join(parts) or '问题已了结'}"
    return _notice(unit, morning, subject_, f"{unit}：", sections, items)


def todo(rule: str) -> str:
    """What a unit is asked to do about that rule, in one sentence."""
    asked = words()["todo"]
    return asked.get(rule, asked["*"])


def reason_words(reason: str | None) -> str:
    """A finding's reason as a clerk reads it; the code itself where it has no words."""
    code, _, detail = (reason or "").partition(":")
    known = words()["reason"].get(code, code)
    return f"{known}（{detail}）" if detail else known


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """The words of notices, from notices.toml."""
    found: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "notices.toml").read_text("utf-8"))
    return found


def _notice(
    receiver: str,
    morning: Morning,
    subject_: str,
    head: str,
    sections: Iterable[tuple[str, list[str]]],
    items: Iterable[Told],
) -> Notice:
    lines = [head] if head else []
    for title, rows in sections:
        if not rows:
            continue
        lines += ["", f"{title}（{len(rows)}）"]
        lines += [f"{n}. {row}" for n, row in enumerate(rows[:_MOST], 1)]
        if len(rows) > _MOST:
            lines.append(f"……另有 {len(rows) - _MOST} 条，请到工作台查看")
    if morning.desk:
        lines += ["", f"工作台：{morning.desk.rstrip('/')}/"]
    body = "\n".join(lines).strip()
    return Notice(receiver, morning.day, morning.at, subject_, body, tuple(items))


def _alert_line(alert: Alert, morning: Morning, rubric: Rubric, *, named: bool = True) -> str:
    rule, target = subject(alert)
    line = rubric.lines.get(rule)
    page = next((e.url for e in alert.evidence if e.url), None) or target
    seen = f"{shanghai_day(alert.last_seen_at):%m-%d} 仍在" if alert.state != "open" else ""
    parts = [
        f"【{_GRAVE[alert.severity]}】" * named + (f"{alert.unit} " if named else "") + kinds()[alert.kind].title,
        line.title if line and line.title != kinds()[alert.kind].title else "",
        alert.account or "",
        reason_words(alert.reason),
        f"{shanghai_day(alert.opened_at):%m-%d} 发现",
        seen,
        f"依据 {line.cite[0]}" if line else "",
        page,
        f"{morning.desk.rstrip('/')}/alerts/{alert.id}" if morning.desk and named else "",
    ]
    again = "（再次出现）" if alert.state == "reopened" else ""
    return parts[0] + again + "：" + "，".join(filter(None, parts[1:]))


def _warning_line(warning: Warning) -> str:
    newest = f"，最近一次 {warning.value}" if isinstance(warning.value, str) and warning.value[:4].isdigit() else ""
    where = f"{warning.account} " if warning.account else ""
    return (
        f"{warning.title}：{where}{warning.target}{newest}，{warning.last} 之后即超期。"
        f"{todo(warning.rule)}（依据 {warning.cite}）"
    )


def _by_unit(alerts: Sequence[Alert]) -> list[str]:
    rows = []
    for unit, number in Counter(a.unit for a in alerts).items():
        why = dict.fromkeys(reason_words(a.reason) for a in alerts if a.unit == unit)
        rows.append(f"{unit} {number} 处：{'、'.join(list(why)[:3])}")
    return rows


def _incidents(found: Iterable[Incident], told: Mapping[Key, str]) -> tuple[list[str], list[Told]]:
    lines, items = [], []
    for incident in found:
        over = incident.closed_at is not None
        opened = f"open {shanghai_day(incident.opened_at)}"
        item = Told("", f"incident:{incident.kind}", incident.subject, f"closed {opened}" if over else opened)
        before = told.get(item.key)
        if before == item.state or (over and before != opened):
            continue
        title = words()["incident"].get(incident.kind, incident.kind)
        lines.append(f"{title}：{'已解除。' if over else ''}{incident.detail}")
        items.append(item)
    return lines, items


def _seen_line(morning: Morning) -> str:
    unseen = morning.unseen or {}
    if not morning.sites:
        return ""
    names = "；".join(f"{unit}（{why}）" for unit, why in list(unseen.items())[:_MOST])
    more = f"等 {len(unseen)} 个" if len(unseen) > _MOST else ""
    return f"应看 {morning.sites} 个网站，看到 {morning.sites - len(unseen)} 个。" + (
        f"未看到：{names}{more}。" if unseen else ""
    )


def _state(alert: Alert) -> str:
    """The state as it is told: coming into it again on another day is news."""
    since = shanghai_day(alert.moved_at or alert.opened_at)
    return f"{alert.state} {since}" + (f" {alert.due}" if alert.due else "")
