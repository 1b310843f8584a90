"""Which units have not done their age-friendly work (适老化改造)? As reported beside as seen (48号 二（一）: 22 units in 2022)."""

from __future__ import annotations

from collections.abc import Iterable

from db.records import Finding, Unit

_SAID = {True: "已完成", False: "未完成", None: "未填报"}
_SEEN = {"pass": "有", "fail": "没有", "unknown": "没有看到", "na": "不适用"}


def undone(units: Iterable[Unit], findings: Iterable[Finding], *, everyone: bool = False) -> list[dict[str, str]]:
    """Lines with Chinese headers of the units that reported retrofit or self-assessment as not done, or where the entry is
    missing or dead; with `everyone` of all units. The portal counts as a unit.

    A unit that reported nothing is listed only where something was seen to be wrong: nobody said that it is not done.
    """
    verdict = {(f.unit, f.rule): f.verdict for f in findings if f.rule.startswith("elder.")}
    lines = []
    for unit in units:
        entry, works = (verdict.get((unit.name, rule), "unknown") for rule in ("elder.entry", "elder.works"))
        lacking = [
            title
            for title, bad in (
                ("改造未完成", unit.retrofit is False),
                ("自评未完成", unit.self_assessment is False),
                ("没有入口", entry == "fail"),
                ("入口不能用", works == "fail"),
            )
            if bad
        ]
        if lacking or everyone:
            lines.append(
                {
                    "单位": unit.name,
                    "适老化改造（填报）": _SAID[unit.retrofit],
                    "适老化自评（填报）": _SAID[unit.self_assessment],
                    "首页入口（所见）": _SEEN[entry],
                    "入口可用（所见）": {"pass": "是", "fail": "否", "unknown": "没有看到", "na": "不适用"}[works],
                    "问题": "、".join(lacking),
                }
            )
    return lines
