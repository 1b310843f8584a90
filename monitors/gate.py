"""Was that a look at the sites, or at a fault of our own? What a run must pass before anything of it opens an alert.

Spidermon was read for this and left: its monitors judge the counters of one spider in one process by fixed thresholds, its comparison
with earlier runs needs the vendor's cloud, and it knows neither sites, nor shared platforms, nor what answered last night.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from db.records import SHANGHAI, Outcome
from db.work import DONE, Task
from monitors.rules.site import NETWORK

FEW, SHARE = 5, 0.3  # that many and that share of the sites that answered before fail together: the fault is ours
_PLATFORM, _PLATFORM_SHARE = 3, 0.8  # that many and that share of the sites of one platform
_WITNESSES = 3  # sites elsewhere that answer, to know that a platform is down and not we
_COVERAGE = 0.95  # of the sites and accounts of a run
_NIGHTS = 3  # nights before tonight that it takes to know what is usual
_NAMED = 10  # units that a sentence names
_BACK = timedelta(minutes=10)  # clocks are set by so much, without any harm
_HOUR, _WRONG = timedelta(hours=1), 1.0  # hours from which on a day may be another one
_HOSTS = 3
LITTLE_DISK, NO_DISK = 1000, 100  # megabytes


@dataclass(frozen=True, slots=True)
class Fallen:
    """Sites that answered before and fail now: `ours` says in Chinese why the fault seems to be ours.

    platforms  shared platforms that are down while sites elsewhere answer, each with its failing units
    """

    ours: str | None = None
    platforms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def held(self) -> frozenset[str]:
        """The units whose platform is down."""
        return frozenset(unit for units in self.platforms.values() for unit in units)


def fallen(before: Mapping[str, bool], failed: Mapping[str, bool], platforms: Mapping[str, str]) -> Fallen:
    """What it means that so many fail.

    before     for each unit whether its site answered when it was last looked at by a run that counts
    failed     for each unit looked at now whether it failed to answer
    platforms  platform of each unit; a unit without one stands alone
    """
    seen = [unit for unit in failed if before.get(unit)]
    bad = [unit for unit in seen if failed[unit]]
    of: dict[str, list[str]] = defaultdict(list)
    for unit in seen:
        if platform := platforms.get(unit):
            of[platform].append(unit)
    down = {p: tuple(u for u in units if failed[u]) for p, units in of.items()}
    down = {p: b for p, b in down.items() if len(b) >= max(_PLATFORM, _PLATFORM_SHARE * len(of[p]))}
    inside = {unit for platform in down for unit in of[platform]}
    outside = [unit for unit in seen if unit not in inside]
    bad_outside = [unit for unit in outside if failed[unit]]
    witnessed = len(outside) - len(bad_outside) >= _WITNESSES
    if _together(bad_outside, outside) or (_together(bad, seen) and not (down and witnessed)):
        return Fallen(
            f"此前正常的 {len(seen)} 个网站中有 {len(bad)} 个同时无法访问，疑为本机网络或共用平台故障，本次不据此判定不合格"
        )
    return Fallen(None, down)


def _together(bad: Collection[str], seen: Collection[str]) -> bool:
    return len(bad) >= FEW and len(bad) >= SHARE * len(seen)


def platform_words(platform: str, units: Collection[str]) -> str:
    """The incident of a shared platform that is down."""
    return (
        f"共用平台 {platform} 上的 {len(units)} 个网站同时无法访问：{named(units)}。各单位的预警保持“疑似”；"
        "请与平台运维单位核实是平台故障，还是本机被其防火墙拦截"
    )


def uncovered(tasks: Sequence[Task]) -> str | None:
    """That too little of the run was finished, in Chinese, with what is missing; None when 95 % was, or nothing was planned."""
    left = [task for task in tasks if task.state != DONE]
    if len(tasks) - len(left) >= _COVERAGE * len(tasks):
        return None
    return (
        f"应访问 {len(tasks)} 个网站和账号，只完成 {len(tasks) - len(left)} 个（须达 {_COVERAGE:.0%}）。{unfinished(left)}"
        "。请看日志中的原因；时间不够的，请调早开始时刻或增加采集进程数"
    )


def unfinished(left: Sequence[Task]) -> str:
    """What was left, with the reasons."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for task in left:
        reasons[task.why or "未完成"].append(task.name)
    return "；".join(f"{why}：{named(names)}" for why, names in reasons.items())


def strange(tonight: Mapping[str, str], nights: Sequence[Mapping[str, str]]) -> str | None:
    """That sites fail in a way in which they did not on the last seven nights, in Chinese; None when nothing is odd.

    tonight, nights  for each unit how its visit ended: an outcome, or `reader_error`. What network failures mean is asked by
                     `fallen`
    """
    if len(nights) < _NIGHTS:
        return None
    usual = [Counter(night.values()) for night in nights]
    for ending, number in Counter(tonight.values()).most_common():
        most = max(count[ending] for count in usual)
        if ending in _EXPLAINED or number - most < max(FEW, SHARE * len(tonight)):
            continue
        units = [unit for unit, how in tonight.items() if how == ending]
        return (
            f"{number} 个网站的访问结果为“{ending}”（此前七夜最多 {most} 个）：{named(units)}。"
            "请打开其中几个页面核对：页面正常的，可能是本机被拦截，或读取程序有误"
        )
    return None


_EXPLAINED = frozenset((str(Outcome.OK), *map(str, NETWORK)))


def wrong_clock(now: datetime, newest: datetime | None, others: Mapping[str, timedelta]) -> str | None:
    """That this machine's clock is not to be believed, in Chinese; None when nothing speaks against it.

    newest  the newest moment that the database knows of
    others  by how much the clock of each host that was asked is ahead of ours
    """
    if newest is not None and newest - now > _BACK:
        return (
            f"本机时钟为 {_clock(now)}，比数据库中最新的记录（{_clock(newest)}）早，时钟可能被调回。"
            "请校准本机时钟后重新运行；若时钟无误，是数据库里有将来的记录，请从备份恢复"
        )
    hours = abs(median(ahead / _HOUR for ahead in others.values())) if len(others) >= _HOSTS else 0.0
    if hours > _WRONG:
        return (
            f"本机时钟为 {_clock(now)}，与 {len(others)} 个网站的时钟相差约 {hours:.0f} 小时。请校准本机时钟后重新运行"
        )
    return None


def disk_words(folder: str, free: float) -> str | None:
    """That the disk is nearly full, in Chinese; `free` in megabytes."""
    if free >= LITTLE_DISK:
        return None
    return f"{folder} 所在磁盘只剩 {free:.0f} MB。请清理磁盘，或移走旧的备份"


def named(units: Collection[str]) -> str:
    """Some of the units by name, and how many there are."""
    some = "、".join(list(units)[:_NAMED])
    return some if len(units) <= _NAMED else f"{some}等 {len(units)} 个"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
