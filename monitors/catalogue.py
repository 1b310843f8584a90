"""Which rules are there? One text for `wangkao rules` and docs/rules.md: `python -m monitors.catalogue > docs/rules.md`."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

from monitors.rubric import Line, Rubric, load_rubric
from monitors.rule import RULES

STATES = {"scored": "计分", "trial": "试行", "planned": "待实现"}
THEMES = {
    "site": "网站",
    "board": "政府信息公开专栏",
    "report": "年度报告",
    "elder": "适老化与无障碍",
    "document": "公文",
    "interpretation": "政策解读",
    "topics": "专题专栏",
    "gazette": "政府公报",
    "media": "政务新媒体",
}


def rows(rubric: Rubric) -> list[dict[str, Any]]:
    """One row a rule in the order of the rubric: id, title, cite (list), threshold, points (ten-point scale), state, doc."""
    return [
        {
            "id": line.rule,
            "title": line.title,
            "cite": list(line.cite),
            "threshold": dict(line.threshold) or None,
            "points": float(line.points),
            "state": line.state,
            "veto": line.veto or line.veto_when is not None,
            "policy": line.policy,
            "doc": RULES[line.rule].doc if line.rule in RULES else None,
        }
        for line in rubric.lines.values()
    ]


def document(rubric: Rubric) -> str:
    """docs/rules.md: every rule with its clause, points, thresholds, and what its docstring says."""
    parts = [
        "# Rules",
        f"Generated from the rules and the rubric `{rubric.name}` by `python -m monitors.catalogue > docs/rules.md`; do not edit.",
        "Points are on the ten-point scale of the counties; departments get them times 0.8. `policy` marks what is our own"
        " choice and not printed in a clause. A planned rule yields no finding and does not count in coverage.",
        "\n".join(
            ["| rule | title | points | state |", "| --- | --- | --- | --- |", *map(_table_row, rubric.lines.values())]
        ),
    ]
    theme = None
    for line in rubric.lines.values():
        if line.theme != theme:
            theme = line.theme
            parts.append(f"## {THEMES[theme]}")
        parts.append(_section(line))
    return "\n\n".join(parts) + "\n"


def _table_row(line: Line) -> str:
    veto = "，否决" if line.veto or line.veto_when else ""
    return f"| `{line.rule}` | {line.title} | {_points(line)} | {STATES[line.state]}{veto} |"


def _points(line: Line) -> str:
    if line.bonus:
        return "加分项"
    return f"{line.points}" + (f"（每处 {line.each}）" if line.each is not None else "")


def _section(line: Line) -> str:
    facts = [f"- clauses: {'；'.join(line.cite)}", f"- points: {_points(line)}"]
    if line.threshold:
        facts.append(f"- threshold: {', '.join(f'{k} = {v}' for k, v in line.threshold.items())}")
    if line.covers:
        facts.append(f"- takes with it when it fails: {', '.join(f'`{c}`' for c in line.covers)}")
    if line.policy:
        facts.append(f"- policy: {line.policy}")
    text = RULES[line.rule].doc if line.rule in RULES else "Planned: not judged yet."
    return f"### `{line.rule}` {line.title}\n\n{text}\n\n" + "\n".join(facts)


def total(rubric: Rubric) -> Decimal:
    """The sum of all points on the ten-point scale."""
    return sum((line.points for line in rubric.lines.values()), Decimal(0))


if __name__ == "__main__":
    sys.stdout.write(document(load_rubric()))
