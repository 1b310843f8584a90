"""Is what was filed what there is? Filed accounts against those that are watched and those that sites lead to (123号)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db.records import Account, Filing, Snapshot, shanghai_day
from db.registry import platform_of, platform_title, squeezed

KINDS = {
    "registered_dead": "已备案，账号已不存在",
    "registered_asleep": "已备案，长期未更新",
    "closed_alive": "已备案关停，仍在发布",
    "unregistered": "在用，未备案",
    "renamed": "名称与备案不一致",
    "duplicate": "重复备案或一个平台多个账号",
    "spoilt_id": "账号编号已损坏（科学计数）",
    "unwatched": "已备案，未接入监测",
}


@dataclass(frozen=True, slots=True)
class Alive:
    """An account that is there: watched, or linked from a page of the unit's site (`found_on` says where)."""

    unit: str
    platform: str | None
    account: str
    account_id: str | None = None
    found_on: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that filing and reality do not agree on; `row` is the filed row, "" where nothing was filed."""

    kind: str
    unit: str
    platform: str | None
    account: str
    account_id: str | None = None
    detail: str = ""
    row: str = ""


def reconcile(
    filings: Sequence[Filing],
    watched: Sequence[Account],
    shown: Mapping[tuple[str, str], Snapshot],
    linked: Iterable[Alive] = (),
    *,
    on: date,
    days: int = 90,
) -> list[Difference]:
    """All differences, by kind in the order of KINDS, then as filed.

    shown   the newest snapshot of a source, by (source, account); only one with status ok, or an account that is gone, says
            anything
    days    silence that counts as asleep, and the time in which a post of a closed account counts as still publishing
    """
    open_ = [f for f in filings if f.state != "closed"]
    pairs = [(f, [a for a in watched if _is(f, a)]) for f in filings]
    found = [
        *(d for f, mine in pairs for a in mine if (d := _state(f, a, shown.get((a.source, a.account)), on, days))),
        *_unregistered(filings, watched, linked),
        *(d for f, mine in pairs for a in mine if (d := _renamed(f, a, shown.get((a.source, a.account))))),
        *_duplicates(filings),
        *(_of("spoilt_id", f, f"登记为 {f.spoilt_id}") for f in filings if f.spoilt_id),
        *(_of("unwatched", f, "监测登记表里没有这个账号") for f, mine in pairs if not mine and f in open_),
    ]
    order = list(KINDS)
    return sorted(dict.fromkeys(found), key=lambda d: order.index(d.kind))


def rows(differences: Iterable[Difference]) -> list[dict[str, str]]:
    """The differences as lines of a table with Chinese headers."""
    return [
        {
            "类型": KINDS[d.kind],
            "单位": d.unit,
            "平台": platform_title(d.platform),
            "账号": d.account,
            "账号编号": d.account_id or "",
            "说明": d.detail,
            "备案行": d.row,
        }
        for d in differences
    ]


def proposed(filings: Iterable[Filing], watched: Sequence[Account]) -> list[dict[str, str]]:
    """Lines for accounts.csv: every filed account, with the sources that are known; where there is none, 数据源 is left empty."""
    lines = []
    for f in filings:
        mine = [a for a in watched if _is(f, a)]
        for source in [a.source for a in mine] or [""]:
            lines.append(
                {
                    "单位": f.unit or f.sponsor,
                    "平台": platform_title(f.platform),
                    "账号": f.account,
                    "数据源": source,
                    "账号编号": f.account_id or "",
                    "状态": {"closed": "已关停", "open": "正常运行"}.get(f.state, ""),
                    "关停时间": f.closed_on.isoformat() if f.closed_on else "",
                }
            )
    return lines


def _is(filing: Filing, account: Account) -> bool:
    """Whether the watched account is the filed one: by id, else by unit, platform and name."""
    place = platform_of(account)
    if place is not None and place != filing.platform:
        return False
    if filing.account_id and account.account_id:
        return filing.account_id.lower() == account.account_id.lower()
    return account.unit == filing.unit and squeezed(account.account) == squeezed(filing.account)


def _state(f: Filing, a: Account, shot: Snapshot | None, on: date, days: int) -> Difference | None:
    if shot is None:
        return None
    posted = [shanghai_day(p.published) for p in shot.posts if p.published]
    newest = max((day for day in posted if day <= on), default=None)
    if f.state == "closed":
        since = f.closed_on or on - timedelta(days=days)
        if shot.status == "ok" and newest and newest > since and (on - newest).days <= days:
            return _of("closed_alive", f, f"最近一条 {newest}（{a.source}）")
        return None
    if shot.status == "account_gone":
        return _of("registered_dead", f, f"{shot.detail or shot.status}（{a.source}）")
    if shot.status == "ok" and newest and (on - newest).days > days:
        return _of("registered_asleep", f, f"最近一条 {newest}（{a.source}）")
    return None


def _renamed(f: Filing, a: Account, shot: Snapshot | None) -> Difference | None:
    names = {a.account, shot.name if shot and shot.name else a.account}
    other = sorted(name for name in names if squeezed(name) != squeezed(f.account))
    return _of("renamed", f, f"现名 {'、'.join(other)}") if other else None


def _unregistered(
    filings: Sequence[Filing], watched: Sequence[Account], linked: Iterable[Alive]
) -> Iterable[Difference]:
    alive = [
        Alive(a.unit, platform_of(a), a.account, a.account_id, a.row)
        for a in watched
        if not a.canary and a.state != "closed"
    ]
    seen: set[tuple[str, str | None, str]] = set()
    for one in (*alive, *linked):
        key = (one.unit, one.platform, (one.account_id or one.account).lower())
        if key in seen or any(_filed(one, f) for f in filings):
            continue
        seen.add(key)
        yield Difference("unregistered", one.unit, one.platform, one.account, one.account_id, f"见于 {one.found_on}")


def _filed(one: Alive, f: Filing) -> bool:
    if one.platform is not None and one.platform != f.platform:
        return False
    if one.account_id and f.account_id:
        return one.account_id.lower() in f.account_id.lower()  # an address may be filed in the place of the id
    return one.unit == f.unit and squeezed(one.account) == squeezed(f.account)


def _duplicates(filings: Sequence[Filing]) -> Iterable[Difference]:
    by_id: dict[tuple[str, str], list[Filing]] = defaultdict(list)
    by_place: dict[tuple[str, str], list[Filing]] = defaultdict(list)
    for f in filings:
        if f.account_id:
            by_id[f.platform, f.account_id.lower()].append(f)
        if f.state != "closed" and f.platform != "other" and f.sponsor:
            by_place[f.platform, squeezed(f.sponsor)].append(f)
    for group in by_id.values():
        for f in group[1:]:
            yield _of("duplicate", f, f"与 {group[0].row}“{group[0].account}”编号相同")
    for group in by_place.values():
        names = "、".join(f.account for f in group)
        for f in group[1:]:
            yield _of("duplicate", f, f"同一主办单位在该平台有 {len(group)} 个账号：{names}")


def _of(kind: str, f: Filing, detail: str) -> Difference:
    return Difference(kind, f.unit or f.sponsor, f.platform, f.account, f.account_id or f.spoilt_id, detail, f.row)
