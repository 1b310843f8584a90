"""How do findings, scores and alerts leave the product for another program or a spreadsheet? (contract: Outputs)

jsonl is exact; csv has the same keys with the first evidence spread out, the same columns on every night (in a file with a BOM,
so that Excel reads it); xlsx has Chinese headers. Text cells that a spreadsheet would run as a formula are written with an
apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlite_utils import Database

from db import findings
from db.records import SHANGHAI, Alert, Evidence, Finding, Score
from desk.files import no_formula, replacing
from monitors.alerts import OVER

FORMATS = ("jsonl", "csv", "xlsx")
_EVIDENCE = ("evidence_url", "evidence_at", "evidence_sha256")
_COLUMNS = {
    "findings": (
        "id", "unit", "group", "target", "account", "rule", "verdict", "reason", "value", "threshold", "points", "cite",
        "checked_at", "carried", *_EVIDENCE,
    ),
    "scores": ("unit", "group", "full", "online", "rank", "veto", "special", "coverage", "deductions"),
    "alerts": (
        "id", "unit", "target", "kind", "severity", "state", "opened_at", "last_seen_at", "reason", *_EVIDENCE,
    ),
}  # fmt: skip
_HEADERS = {
    "id": "编号", "unit": "单位", "group": "类别", "target": "对象", "rule": "规则", "verdict": "结论", "reason": "原因",
    "value": "实测", "threshold": "标准", "points": "扣分", "cite": "依据", "checked_at": "核查时间", "account": "账号",
    "carried": "沿用上次", "evidence_url": "证据网址", "evidence_at": "取证时间", "evidence_sha256": "证据摘要",
    "full": "满分", "online": "网上考核得分", "rank": "名次", "veto": "否决", "special": "特殊标记", "coverage": "覆盖率",
    "deductions": "扣分明细", "kind": "预警类型", "severity": "等级", "state": "状态", "opened_at": "首次发现",
    "last_seen_at": "最近发现",
}  # fmt: skip


def rows_of(db: Database, what: str) -> list[dict[str, Any]]:
    """The rows of `findings`, `scores` or `alerts` of the last judging, keys and forms as the contract says.

    Empty before the first judging. Alerts leave out what is resolved or dismissed. Raises KeyError for another word.
    """
    judging = findings.latest_judging(db)
    if judging is None:
        return []
    readers: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
        "findings": lambda: map(finding_row, findings.findings_of(db, judging.id)),
        "scores": lambda: map(score_row, findings.scores_of(db, judging.id)),
        "alerts": lambda: (alert_row(a) for a in findings.alerts(db) if a.state not in OVER),
    }
    return list(readers[what]())


def write(rows: list[dict[str, Any]], form: str, what: str, out: Path) -> None:
    """Write the rows to a file; the old file stays whole until the new one is. Raises OSError."""
    with replacing(out) as path:
        if form == "xlsx":
            _xlsx(rows, what, path)
        else:
            path.write_text(text(rows, form, what), "utf-8-sig" if form == "csv" else "utf-8", newline="")


def text(rows: list[dict[str, Any]], form: str, what: str) -> str:
    """The rows of `what` as jsonl or csv text; without rows no line, or the header alone."""
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    flat = [_flat(row) for row in rows]
    buffer = io.StringIO(newline="")
    table = csv.DictWriter(buffer, _COLUMNS[what])
    table.writeheader()
    table.writerows({key: no_formula(value) for key, value in row.items()} for row in flat)
    return buffer.getvalue()


def finding_row(f: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f.id,
        "unit": f.unit,
        "group": f.group,
        "target": f.target,
        "rule": f.rule,
        "verdict": f.verdict,
        "reason": f.reason,
        "value": f.value,
        "threshold": f.threshold,
        "points": number(f.points),
        "cite": f.cite,
        "checked_at": instant(f.checked_at),
        "evidence": [evidence_row(e) for e in f.evidence],
    }
    if f.account is not None:
        row["account"] = f.account
    if f.carried:
        row["carried"] = True
    return row


def score_row(s: Score) -> dict[str, Any]:
    return {
        "unit": s.unit,
        "group": s.group,
        "full": number(s.full),
        "online": None if s.online is None else number(s.online),
        "rank": s.rank,
        "veto": list(s.veto),
        "special": s.special,
        "coverage": s.coverage,
        "deductions": [{**line, "points": number(line["points"])} for line in s.deductions],
    }


def alert_row(a: Alert) -> dict[str, Any]:
    return {
        "id": a.id,
        "unit": a.unit,
        "target": a.target,
        "kind": a.kind,
        "severity": a.severity,
        "state": a.state,
        "opened_at": instant(a.opened_at),
        "last_seen_at": instant(a.last_seen_at),
        "reason": a.reason,
        "evidence": [evidence_row(e) for e in a.evidence],
    }


def evidence_row(e: Evidence) -> dict[str, Any]:
    row: dict[str, Any] = {"url": e.url}
    if e.source is not None:
        row["source"] = e.source
    return row | {
        "fetched_at": instant(e.fetched_at) if e.fetched_at else None,
        "status": e.status,
        "sha256": e.sha256,
        "excerpt": e.excerpt,
    }


def instant(moment: datetime) -> str:
    """ISO 8601 with +08:00, to the second."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


def number(value: Decimal) -> int | float:
    """A JSON number: whole where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its first evidence spread out and lists and objects as JSON text."""
    flat = {key: value for key, value in row.items() if key != "evidence"}
    if "evidence" in row:
        first = row["evidence"][0] if row["evidence"] else {}
        flat |= {
            "evidence_url": first.get("url"),
            "evidence_at": first.get("fetched_at"),
            "evidence_sha256": first.get("sha256"),
        }
    return {key: json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for key, v in flat.items()}


def _xlsx(rows: list[dict[str, Any]], what: str, out: Path) -> None:
    flat, keys = [_flat(row) for row in rows], _COLUMNS[what]
    book = xlsxwriter.Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet({"findings": "核查结果", "scores": "得分", "alerts": "预警"}[what])
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    for column, key in enumerate(keys):
        sheet.write_string(0, column, _HEADERS.get(key, key), head)
        widest = max((len(str(row.get(key) or "")) for row in flat), default=0)
        sheet.set_column(column, column, min(60, max(8, widest + 2)))
    for line, row in enumerate(flat, 1):
        for column, key in enumerate(keys):
            value = row.get(key)
            if isinstance(value, bool):
                sheet.write_string(line, column, "是" if value else "否")
            elif isinstance(value, int | float):
                sheet.write_number(line, column, value)
            elif value is not None:
                sheet.write_string(line, column, str(no_formula(value))[:32_000])
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(keys) - 1)
    book.close()
