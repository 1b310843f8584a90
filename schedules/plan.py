"""Who visits what in which batch, and when will that be done?"""

from __future__ import annotations

import heapq
import socket
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import urlsplit

from crawler.extract.urls import host_of
from crawler.hosts import pace_groups
from db.records import SHANGHAI, Account, Unit

AT_ONCE = 20  # sites that one crawl process walks side by side
_USUAL = 60  # requests of a site that was never visited
_NAMED = 5  # groups that are named


@dataclass(slots=True)
class Batch:
    """What one crawl process visits.

    groups  everything it shares its pace with: two batches that have one in common never run at one time
    """

    units: list[Unit] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)

    def beside(self, others: Iterable[Batch]) -> bool:
        """Whether it may run while these do."""
        return all(self.groups.isdisjoint(other.groups) for other in others)

    def join(self, other: Batch) -> None:
        """Take over everything of the other one."""
        self.units += other.units
        self.accounts += other.accounts
        self.groups |= other.groups


def platform_groups(units: Iterable[Unit], resolve: Callable[[str], list[str]] | None = None) -> dict[str, str]:
    """The platform group of each host that the units name: the registered platform (column 平台), else its address."""
    platforms, urls = dict[str, str](), list[str]()
    for unit in units:
        found = [address for address in (unit.site, unit.board, unit.reports) if address]
        urls += found
        if found and (platform := unit.extra.get("platform") or unit.extra.get("平台")):
            platforms.setdefault(host_of(found[0]), platform)
    names = list(dict.fromkeys(urlsplit(url).hostname or "" for url in urls))
    if resolve is None:
        with ThreadPoolExecutor(16) as pool:
            known = dict(zip(names, pool.map(_addresses, names), strict=True))
        resolve = known.__getitem__
    return pace_groups(urls, platforms, resolve)


def batches(
    units: Iterable[Unit],
    accounts: Sequence[Account],
    jobs: int,
    groups: Mapping[str, str] | None = None,
    *,
    at_most: int,
) -> list[Batch]:
    """The batches of a run, the longest way first; two that share a platform group (of a site, its board, or a feed's host) say so.

    jobs     so many run at one time: batches are smaller where some of them would have none
    at_most  sites of a batch. A larger group is cut into several, which share its name and so run one after the other; all
             accounts, and the sites that share a host with one, are the first batch
    """
    found = sorted(_together(units, accounts, groups or {}), key=lambda b: -len(b.units))
    share = -(-sum(len(b.units) for b in found) // max(1, jobs))
    return _cut(found, at_most, max(1, min(at_most, share)))


def smaller(part: Batch, left: Collection[tuple[str, str, str]], groups: Mapping[str, str]) -> list[Batch]:
    """What a batch that broke off had not finished: each platform group by itself, one group in two halves that share its name.

    left  the tasks of the run that are still planned
    """
    units = [u for u in part.units if (u.name, "", "") in left]
    accounts = [a for a in part.accounts if (a.unit, a.source, a.account) in left]
    apart = list(_together(units, accounts, groups))
    if len(apart) != 1 or len(units) + len(accounts) == 1:
        return apart
    half, rest = len(units) // 2, len(accounts) // 2
    pieces = ((units[:half], accounts[:rest]), (units[half:], accounts[rest:]))
    return [Batch(list(u), list(a), apart[0].groups) for u, a in pieces if u or a]


def _together(units: Iterable[Unit], accounts: Iterable[Account], groups: Mapping[str, str]) -> Iterable[Batch]:
    """The units and accounts that share a platform group, be it by way of others, one batch each."""
    of: dict[str, Batch] = {}
    for unit in units:
        if unit.site:
            # The page of reports is left out: one request or two of each unit, and a whole province may share it.
            _join(of, Batch([unit], groups={_paced(url, groups) for url in (unit.site, unit.board) if url}))
    for account in accounts:
        _join(of, Batch(accounts=[account], groups={_paced(account.address, groups) or "export"}))
    return {id(batch): batch for batch in of.values()}.values()


def _join(of: dict[str, Batch], new: Batch) -> None:
    known = {id(batch): batch for name in new.groups if (batch := of.get(name))}
    whole = max(known.values(), key=lambda b: len(b.groups), default=Batch())
    for other in (*(batch for batch in known.values() if batch is not whole), new):
        whole.join(other)
        of.update(dict.fromkeys(other.groups, whole))


def _paced(url: str, groups: Mapping[str, str]) -> str:
    """The group of the address, or the name of its host when it is alone there; "" for the path of a file."""
    name = urlsplit(url).hostname or ""
    host = host_of(url) if name else ""
    group = groups.get(host, host)
    return name if group == host else group


def _cut(found: Sequence[Batch], at_most: int, usual: int) -> list[Batch]:
    """Groups of more than `at_most` sites cut, smaller ones put together until they are `usual`."""
    made: list[tuple[int, Batch]] = []  # how many sites stand in one queue from this batch on
    home, filled = Batch(), Batch()
    for group in found:
        sites = len(group.units)
        if group.accounts:
            home.join(group)
        elif sites > at_most:
            ordered = sorted(group.units, key=lambda u: host_of(str(u.site)))  # what stands on one host stays together
            made += [
                (sites - at, Batch(ordered[at : at + at_most], groups=group.groups)) for at in range(0, sites, at_most)
            ]
        else:
            if len(filled.units) + sites > usual or not filled.units:
                filled = Batch()
                made.append((sites, filled))
            filled.join(group)
    ordered_ = [batch for _, batch in sorted(made, key=lambda m: -m[0])]
    return [home, *ordered_] if home.accounts else ordered_


def _addresses(name: str) -> list[str]:
    try:
        return list({str(item[4][0]) for item in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []


# when it will be done


@dataclass(frozen=True, slots=True)
class Queue:
    """What is expected of one platform group: its sites, the requests to them, when the last is made."""

    group: str
    sites: int
    requests: int
    ends: datetime


def expected(
    parts: Sequence[Batch],
    groups: Mapping[str, str],
    requests: Mapping[str, int],
    *,
    delay: float,
    slots: int,
    now: datetime,
) -> list[Queue]:
    """What each platform group will take, the last to end first, when the batches start in their order in `slots` places.

    requests  of each unit's site when it was last visited; one that never was costs the median of the others
    delay     seconds between two requests to one group. An answer that takes longer than that is not known beforehand
    """
    usual = round(median(requests.values())) if requests else _USUAL
    free = [0.0] * max(1, slots)
    ended: dict[str, float] = defaultdict(float)
    sites: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    ends: dict[str, float] = {}
    for part in parts:
        mine: dict[str, int] = defaultdict(int)
        for unit in part.units:
            group = _paced(str(unit.site), groups)
            sites[group] += 1
            mine[group] += requests.get(unit.name, usual)
        begins = max(heapq.heappop(free), max((ended[g] for g in part.groups), default=0.0))
        # A process walks AT_ONCE sites at one time, and in a group one after the other.
        lasts = delay * max(max(mine.values(), default=0), sum(mine.values()) / AT_ONCE)
        heapq.heappush(free, begins + lasts)
        ended.update(dict.fromkeys(part.groups, begins + lasts))
        for group, number in mine.items():
            asked[group] += number
            ends[group] = begins + lasts
    found = [Queue(g, sites[g], asked[g], now + timedelta(seconds=ends[g])) for g in sites]
    return sorted(found, key=lambda q: (-q.ends.timestamp(), -q.sites, q.group))


def words(queues: Sequence[Queue], until: datetime | None, *, now: datetime) -> list[str]:
    """Chinese lines for the person who starts the night: when it will be done, and which groups do not fit its window."""
    if not queues:
        return []
    last = queues[0]
    shared = f"；最慢的是平台 {_named(last)}" if last.sites > 1 else ""
    lines = [f"预计 {_clock(last.ends, now)} 访问完 {sum(q.sites for q in queues)} 个网站{shared}"]
    late = [q for q in queues if until is not None and q.ends > until]
    if until is not None and late:
        lines.append(
            f"夜间时段到 {_clock(until, now)} 为止，以下 {len(late)} 个平台预计访问不完，余下的网站沿用上次的结论，留到次夜："
            + "；".join(f"{_named(q)}，预计 {_clock(q.ends, now)}" for q in late[:_NAMED])
            + ("；……" if len(late) > _NAMED else "")
            + "。可调早开始时刻、缩短访问间隔，或增加采集进程"
        )
    return lines


def _named(queue: Queue) -> str:
    return f"{queue.group}（{queue.sites} 个网站，约 {queue.requests} 次访问）"


def _clock(at: datetime, now: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    same = local.date() == now.astimezone(SHANGHAI).date()
    return f"{local:%H:%M}" if same else f"{local:%m-%d %H:%M}"
