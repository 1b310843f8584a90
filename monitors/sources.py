"""Is it the account that is silent, or our view of it? A collector that froze says nothing of the accounts it shows."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from db.records import SHANGHAI, Account, Incident, Snapshot
from db.registry import collector

Shown = tuple[Account, Snapshot]
_OURS = "数据源异常"  # instead of 未更新


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a collector is not believed tonight; `silences`: no verdict is drawn from what it shows.

    kind  as `Incident.kind`: canary_stale, canary_failed, frozen_together, gone_together, refused_together
    """

    kind: str
    subject: str
    detail: str
    silences: bool = True

    def incident(self, *, run: int, at: datetime) -> Incident:
        """The one incident that stands for all its accounts."""
        return Incident(self.kind, self.subject, self.detail, at, at, run=run)


def doubts(shown: Iterable[Shown]) -> dict[str, Doubt]:
    """The collectors to doubt, by name, from what every registered source showed in one run.

    A collector with a canary is doubted when no canary of it shows a post of the last two days; one without, when most of its
    accounts ended at one moment. Most of them gone without a word, or refused to us, is a fault of ours in any case.
    """
    members: dict[str, list[Snapshot]] = defaultdict(list)
    canaries: dict[str, list[Snapshot]] = defaultdict(list)
    for account, snapshot in shown:
        if name := collector(account.address):
            (canaries if account.canary else members)[name].append(snapshot)
    found = {}
    for name, shots in members.items():
        watching = [s for place, birds in canaries.items() if f"{name}/".startswith(f"{place}/") for s in birds]
        doubt = _by_canary(name, watching) if watching else _frozen(name, shots)
        doubt = doubt or _together(name, shots)
        if doubt:
            found[name] = doubt
    return found


def doubted(account: Account, snapshot: Snapshot, known: Mapping[str, Doubt]) -> Snapshot:
    """The snapshot, or `source_stale` in its place where its collector is not believed."""
    doubt = known.get(collector(account.address))
    if doubt is None or not doubt.silences or snapshot.status not in ("ok", "empty_ok", "account_gone"):
        return snapshot
    return replace(snapshot, status="source_stale", gone=None, detail=f"{_OURS}：{doubt.detail}")


def _by_canary(name: str, canaries: Sequence[Snapshot]) -> Doubt | None:
    said = []
    for canary in canaries:
        newest = _newest(canary)
        if canary.status != "ok":
            said.append(("canary_failed", f"对照账号“{canary.account}”读取失败（{canary.status}）"))
        elif newest is None or canary.at - newest > timedelta(hours=_data()["canary_hours"]):
            since = f"自 {_said(newest)} 起没有新内容" if newest else "没有带日期的内容"
            said.append(("canary_stale", f"对照账号“{canary.account}”{since}"))
        else:
            return None
    return Doubt(said[0][0], name, said[0][1])


def _frozen(name: str, shots: Sequence[Snapshot]) -> Doubt | None:
    """Most accounts of the collector ended within two days of each other, longer ago than any holiday lasts."""
    ends = [(newest, s.at) for s in shots if s.status == "ok" and (newest := _newest(s))]
    silent = sorted(newest for newest, at in ends if at - newest > timedelta(days=_data()["silent_days"]))
    width = timedelta(hours=_data()["moment_hours"])
    most = max(([t for t in silent if start <= t <= start + width] for start in silent), key=len, default=[])
    if not _many(len(most), len(ends)):
        return None
    return Doubt("frozen_together", name, f"{len(ends)} 个账号中有 {len(most)} 个的内容都停在 {_said(most[-1])} 前后")


def _together(name: str, shots: Sequence[Snapshot]) -> Doubt | None:
    gone = [s for s in shots if s.status == "account_gone" and s.gone == "status"]
    if _many(len(gone), len(shots)):
        return Doubt("gone_together", name, f"{len(shots)} 个账号中有 {len(gone)} 个同时返回不存在")
    refused = [s for s in shots if s.status in _data()["refusals"]]
    if _many(len(refused), len(shots)):
        why = refused[0].detail or refused[0].status
        words = f"{len(shots)} 个账号中有 {len(refused)} 个同时读取失败（{refused[0].status}：{why}）"
        return Doubt("refused_together", name, words, silences=False)
    return None


def _many(some: int, of: int) -> bool:
    return bool(some >= _data()["together"] and some >= _data()["share"] * of)


def _newest(snapshot: Snapshot) -> datetime | None:
    return max((p.published for p in snapshot.posts if p.published and p.published <= snapshot.at), default=None)


def _said(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "sources.toml").read_text("utf-8"))
