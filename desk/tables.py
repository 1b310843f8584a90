"""How do the score tables look on a terminal of 80 columns, and in a file?"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from db.records import SHANGHAI
from monitors.rubric import Rubric
from schedules.politeness import HostDay

_GROUPS = {"county": "县（市、区）", "department": "市直部门"}
_KINDS = {
    "zombie_site": "僵尸网站",
    "site_unavailable": "网站无法访问",
    "sleeping_account": "“睡眠”账号",
    "no_interaction_account": "不互动账号",
    "column_missing": "法定栏目缺失",
    "report_overdue": "年报未按时公布",
    "privacy_leak": "泄露个人信息",
    "injected_content": "暗链篡改",
    "needs_manual_check": "待人工核查",
}
_ORDER = {"fail": 0, "unknown": 1, "pass": 2, "na": 3}


def print_scores(console: Console, scores: list[dict[str, Any]], rubric: Rubric) -> None:
    """Both score tables, best first, with where the points went."""
    for group, title in _GROUPS.items():
        rows = [s for s in scores if s["group"] == group]
        if not rows:
            continue
        table = Table(
            title=f"网上考核得分（{title}，满分 {rows[0]['full']}，未复核）",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        table.add_column("名次", justify="right")
        table.add_column("单位", no_wrap=True)
        table.add_column("得分", justify="right")
        table.add_column("覆盖", justify="right")
        table.add_column("扣分", overflow="fold")
        for s in sorted(rows, key=lambda s: (s["rank"] is None, s["rank"] or 0)):
            mark = s["special"] or f"{s['online']:.1f}"
            table.add_row(str(s["rank"] or "—"), s["unit"], mark, f"{s['coverage']:.0%}", _lost(s, rubric))
        console.print(table)
        console.print()


def _lost(score: dict[str, Any], rubric: Rubric) -> str:
    if score["special"] == "无公开平台记0分":
        return ""
    parts = []
    for line in score["deductions"]:
        title = rubric.lines[line["rule"]].title
        parts.append(f"{'否决：' if line.get('veto') else ''}{title} {line['points']:.2g}")
    return "；".join(parts)


def print_alerts(console: Console, alerts: list[dict[str, Any]]) -> None:
    """How many alerts of each kind."""
    counts = Counter(a["kind"] for a in alerts)
    text = "，".join(f"{title} {counts[kind]}" for kind, title in _KINDS.items() if counts[kind])
    console.print(f"预警：{text or '无'}（首夜均为“疑似”，次夜仍在才转为正式）", markup=False, soft_wrap=True)


def print_truth(console: Console, truth: Path, findings: list[dict[str, Any]]) -> None:
    """How many verdicts of the made-up city are met, and every one that is not."""
    wanted = [json.loads(line) for line in truth.read_text("utf-8").splitlines() if line.strip()]
    missed, false_fails = compare(wanted, findings)
    console.print(
        f"演示城市预先写定的 {len(wanted)} 条结论，符合 {len(wanted) - len(missed)} 条，误判不合格 {len(false_fails)} 条",
        markup=False,
    )
    for line in missed:
        console.print(f"  {line}", markup=False, soft_wrap=True)


def compare(wanted: list[dict[str, Any]], findings: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What differs from a truth, and which of it are fails that should not be. Findings of one unit and rule fold into one."""
    by: dict[tuple[str, str, str | None], list[dict[str, Any]]] = defaultdict(list)
    for f in findings:
        media = f["rule"].startswith("media.")
        by[f["unit"], f["rule"], f["target"] if media else None].append(f)
    missed, false_fails = [], []
    for t in wanted:
        media = t["rule"].startswith("media.")
        found = by.get((t["unit"], t["rule"], t["target"] if media else None), [])
        best = min(found, key=lambda f: _ORDER[f["verdict"]], default=None)
        got = best["verdict"] if best else "absent"
        if got not in t["accept"]:
            line = f"{t['unit']} {t['rule']}：应为 {'/'.join(t['accept'])}，得 {got}（{best['reason'] if best else ''}）[{t['why']}]"
            missed.append(line)
            if got == "fail":
                false_fails.append(line)
    return missed, false_fails


def print_politeness(out: Console, day: date, rows: Sequence[HostDay]) -> None:
    """What was asked of each host on that day, and how gently."""
    if not rows:
        out.print(f"{day} 没有访问记录。", markup=False)
        return
    table = Table(title=f"{day} 对各主机的访问（北京时间）", title_justify="left", box=None, pad_edge=False)
    for head in ("主机", "请求", "未变", "拒绝或出错", "无应答", "最早", "最晚", "最小间隔（秒）"):
        table.add_column(head, justify="left" if head == "主机" else "right", overflow="fold")
    for row in rows:
        first, last = (t.astimezone(SHANGHAI).strftime("%H:%M:%S") for t in (row.first, row.last))
        gap = "—" if row.gap is None else f"{row.gap:.2f}"
        counts = (row.requests, row.unchanged, row.refused, row.silent)
        table.add_row(row.host, *map(str, counts), first, last, gap)
    out.print(table)
    out.print(f"共 {len(rows)} 个主机，{sum(r.requests for r in rows)} 次请求。", markup=False)


def print_lines(out: Console, title: str, lines: Sequence[Mapping[str, str | int]]) -> None:
    """A list with Chinese headers; a word when there is nothing on it."""
    if not lines:
        out.print(f"{title}：无。", markup=False)
        return
    table = Table(title=f"{title}（{len(lines)} 行）", title_justify="left", box=None, pad_edge=False)
    for head, value in lines[0].items():
        table.add_column(head, justify="right" if isinstance(value, int) else "left", overflow="fold")
    for line in lines:
        table.add_row(*(Text(str(value)) for value in line.values()))
    out.print(table)
