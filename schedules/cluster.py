"""How do batches run on other machines? Dask places them; only this process writes the database.

A batch goes out with the little that its crawl process has to know of the database, and comes back as a facts file. No key of an
account source ever leaves this machine: the accounts, and the sites that share a host with one, are visited from here. What
comes back unpacked by Dask can run code here, and whoever reaches a scheduler can run code on its workers, so that a plain `tcp://`
beyond this machine has to be allowed by a setting.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, Status, get_worker

from crawler.browser import available
from crawler.extract.urls import host_of
from db import facts
from db.bodies import digest, pack, unpack
from db.extract import extract
from monitors import gate
from schedules import runs
from schedules.crawl import Children, CrawlFailed, Night, Pages, Progress, merge_parts
from schedules.jobs import unreachable
from schedules.plan import AT_ONCE, Batch
from schedules.settings import SettingsError

_FENCE = 45.0  # seconds after a worker was lost in which its batch is not begun elsewhere: cut off from us, it ends what it does
_LOSSES = 2  # times that a batch is lost before it is said to be broken and done in smaller pieces
_NOBODY = 600.0  # seconds without any worker after which the run is given up
_CONNECT = 20.0  # seconds for the scheduler to answer
_SKEW = 60.0  # seconds by which the clock of a worker may differ from ours
_LOG = 20_000  # characters of what a crawl process had to say that come back
_TOLD = frozenset(("site_start", "site_done", "carried", "phase", "pictures"))


class ClusterProblem(SettingsError):
    """The cluster cannot be used; the message says why, which worker, and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is to do. `memory` is the extract of the database, packed; `versions` those that it must have."""

    night: Night
    part: Batch
    attempt: int
    pictures: Pages | None
    memory: bytes
    control: str | None
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of it: the facts file, packed, with the sha256 of what it was; what the crawl process said on its standard error.

    broken  why the crawl process broke off        lost  why nothing of this counts, be it done elsewhere
    unfit   the same, and the worker is to leave
    """

    worker: str
    part: bytes = b""
    sha256: str = ""
    log: str = ""
    broken: str | None = None
    lost: str | None = None
    unfit: str | None = None


@dataclass(slots=True)
class _Waiting:
    """A batch that is still to run: not before that time (monotonic), how often it was lost, which worker had it last."""

    part: Batch
    after: float = 0.0
    losses: int = 0
    doubted: bool = False
    worker: str | None = None


# on the worker


def do(order: Order) -> Brought:
    """One batch, in a crawl process of its own, on a worker. It ends when the batch is called off or the worker closes."""
    worker = get_worker()
    name, task, told = worker.address, worker.get_current_task(), f"wangkao-{order.night.run}"
    if unfit := other_versions(order.versions, versions()):
        return Brought(name, unfit=unfit)
    if away := unreachable(order.control):
        return Brought(name, lost=away)

    def wanted() -> bool:
        state = worker.state.tasks.get(task)
        return worker.status in (Status.running, Status.paused) and state is not None and state.state == "executing"

    def tell(event: dict[str, Any]) -> None:
        if event["event"] in _TOLD:
            worker.log_event(told, event)

    browser = order.night.browser
    if browser and available(browser["executable"]) is not None:
        browser = {**browser, "executable": None} if available(None) is None else None
    with TemporaryDirectory(dir=worker.local_directory, ignore_cleanup_errors=True) as place:
        db, said = Path(place) / "w.db", Path(place) / "log"
        db.write_bytes(unpack(order.memory))
        night = replace(order.night, db=db, browser=browser, limits=replace(order.night.limits, wanted=wanted))
        night.folder.mkdir()
        try:
            with said.open("w", encoding="utf-8") as log:
                broken = Children(1, log).run([order.part], night, order.attempt, tell, order.pictures)
        except CrawlFailed as error:  # its disk is full
            return Brought(name, unfit=str(error))
        if not wanted():
            return Brought(name, lost="正在退出")
        if away := unreachable(order.control):
            return Brought(name, lost=away)
        data = b""
        for file in night.folder.glob("*.db"):
            facts.open_database(file).close()  # a killed process leaves a log of changes beside it
            data = file.read_bytes()
        words = said.read_text("utf-8", "replace")[-_LOG:]
    return Brought(name, pack(data), digest(data), words, broken[0][0] if broken else None)


def versions() -> dict[str, str]:
    """What must be the same everywhere, for the same facts to come of the same page."""
    found = {name: version(name) for name in ("wangkao", "scrapy", "distributed")}
    return {**found, "python": ".".join(platform.python_version_tuple()[:2])}


def other_versions(ours: Mapping[str, str], theirs: Mapping[str, str | None]) -> str | None:
    """Which versions differ, in Chinese; None: none."""
    found = [f"{n} {theirs.get(n) or '未安装'}（应为 {v}）" for n, v in ours.items() if theirs.get(n) != v]
    return "版本不同：" + "、".join(found) if found else None


# here


@dataclass(slots=True)
class Cluster:
    """The engine of many machines (see `crawl.Engine`).

    control  an address that always answers: a worker that cannot reach it brings nothing that counts
    """

    client: Client
    control: str | None = None
    at_most: int = AT_ONCE
    _ended: Queue[Future] = field(default_factory=Queue)

    @property
    def slots(self) -> int:
        """Batches that the workers run at one time."""
        return max(1, self._slots())

    @property
    def note(self) -> str | None:
        """Where the cluster's own pages are."""
        link = self.client.dashboard_link
        if link and find_spec("bokeh") is None:  # which draws the first page
            link = f"{link.removesuffix('/status')}/info/main/workers.html"
        return f"集群状态页：{link}" if link else None

    def run(
        self, parts: Sequence[Batch], night: Night, attempt: int, progress: Progress, pictures: Pages | None = None
    ) -> list[tuple[str, Batch]]:
        """See `Engine.run`. What comes back is merged at once."""
        theirs = {group for part in parts if part.accounts for group in part.groups}
        home = [part for part in parts if not part.groups.isdisjoint(theirs)]
        away = [part for part in parts if part.groups.isdisjoint(theirs)]
        stop, topic = threading.Event(), f"wangkao-{night.run}"
        ours = replace(night, limits=replace(night.limits, wanted=lambda: not stop.is_set()))
        self.client.subscribe_topic(topic, lambda event: progress(event[1]))
        with ThreadPoolExecutor(1) as beside:
            try:
                at_home = beside.submit(Children(1).run, home, ours, attempt, progress, pictures)
                return self._away(away, night, attempt, progress, pictures) + at_home.result()
            finally:
                stop.set()
                with suppress(Exception):
                    self.client.unsubscribe_topic(topic)

    def _away(
        self, parts: Sequence[Batch], night: Night, attempt: int, progress: Progress, pictures: Pages | None
    ) -> list[tuple[str, Batch]]:
        waiting, running = [_Waiting(part) for part in parts], dict[Future, _Waiting]()
        broken: list[tuple[str, Batch]] = []
        before, seen = _answered(night), time.monotonic()

        def again(one: _Waiting, why: str, after: float = 0.0) -> None:
            """Done once more elsewhere, or broken."""
            progress({"event": "said", "words": f"{_named(one.part)}：{why}，换节点重做"})
            one.losses, one.after = one.losses + 1, time.monotonic() + after
            if one.losses < _LOSSES:
                waiting.insert(0, one)
            else:
                broken.append((why, one.part))

        try:
            while waiting or running:
                if night.until is not None and datetime.now(UTC) >= night.until:
                    waiting.clear()  # what was not begun is left for another night
                slots = self._slots()
                if slots or running:
                    seen = time.monotonic()
                elif time.monotonic() - seen > _NOBODY:
                    raise CrawlFailed(
                        "集群上没有可用的工作节点。请检查各节点上的 dask worker 后重新运行；已完成的站点都已保存。"
                    )
                while len(running) < slots and (one := _next(waiting, running.values())):
                    waiting.remove(one)
                    future = self._sent(night, one, attempt, pictures)
                    running[future] = one
                    future.add_done_callback(self._ended.put)
                try:
                    future = self._ended.get(timeout=1.0)
                except Empty:
                    continue
                one = running.pop(future, None)
                if one is None:
                    continue
                try:
                    brought: Brought = future.result()
                except Exception as error:  # whatever became of the worker: the batch is what counts
                    again(one, _loss(error), _FENCE if night.delay else 0.0)
                    continue
                finally:
                    future.release()
                one.worker = brought.worker
                sys.stderr.write(brought.log and f"{brought.worker}：\n{brought.log}")
                if brought.unfit:
                    progress({"event": "said", "words": f"工作节点 {brought.worker} 已停用：{brought.unfit}"})
                    self.client.retire_workers([brought.worker])
                    waiting.insert(0, one)
                elif brought.lost and unreachable(self.control):  # nor do we reach it: that says nothing of the worker
                    waiting.insert(0, one)
                elif brought.lost:
                    again(one, f"工作节点 {brought.worker}：{brought.lost}")
                elif digest(data := unpack(brought.part) if brought.part else b"") != brought.sha256:
                    again(one, f"工作节点 {brought.worker} 交回的结果与校验值不符")
                elif data and (why := self._taken(night, one, attempt, data, before)):
                    one.doubted = True
                    again(one, f"工作节点 {brought.worker}：{why}")
                elif brought.broken:
                    broken.append((brought.broken, one.part))
            return broken
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self.client.cancel(list(running))

    def _slots(self) -> int:
        if self.client.status in ("closing", "closed"):
            raise CrawlFailed("与集群调度器的连接已断开。请检查调度器后重新运行；已完成的站点都已保存。")
        try:
            return int(sum(self.client.nthreads().values()))
        except OSError:  # the scheduler is gone; it may be started again
            return 0

    def _sent(self, night: Night, one: _Waiting, attempt: int, pictures: Pages | None) -> Future:
        """The batch, given to Dask with what it has to know; not to the worker that had it last, where there is another."""
        names = [unit.name for unit in one.part.units]
        with TemporaryDirectory() as place:
            file, db = Path(place) / "extract.db", facts.open_database(night.db, create=False)
            try:
                extract(db, file, names)
            finally:
                db.close()
            memory = pack(file.read_bytes())
        part = Batch([replace(u, contact=None, extra={}) for u in one.part.units], groups=one.part.groups)
        told = replace(night, secrets={}, hold=None)
        pages = {name: list(pictures[name]) for name in names if name in pictures} if pictures else None
        control = None if unreachable(self.control) else self.control
        order = Order(told, part, attempt, pages, memory, control, versions())
        others = [address for address in self.client.nthreads() if address != one.worker]
        return self.client.submit(do, order, pure=False, workers=others or None, allow_other_workers=bool(others))

    def _taken(self, night: Night, one: _Waiting, attempt: int, data: bytes, before: Mapping[str, bool]) -> str | None:
        """Merge the facts file. Not when so many of its sites fall together that the worker may be cut off: why, in Chinese."""
        night.folder.mkdir(exist_ok=True)
        file = night.folder / f"run-{night.run}-{attempt}-{digest(data)[:20]}.db"
        file.with_suffix(".new").write_bytes(data)
        if not one.doubted:
            part = facts.open_database(file.with_suffix(".new"), create=False)
            seen = {unit: runs.failed(ending) for unit, ending in facts.endings(part, night.run).items()}
            part.close()
            platforms = {u.name: night.groups.get(host_of(str(u.site)), "") for u in one.part.units}
            if ours := gate.fallen(before, seen, platforms).ours:
                file.with_suffix(".new").unlink()
                return ours
        file.with_suffix(".new").rename(file)
        merge_parts(night.db, [file])
        return None


@contextmanager
def connected(
    address: str, *, jobs: int | None = None, control: str | None = None, plain: bool = False
) -> Iterator[Cluster]:
    """The cluster at that address, or for `local` one of `jobs` worker processes of this machine, while the block lasts.

    plain  whether the pickles of Dask may cross a network without TLS
    Raises ClusterProblem when it cannot be used: no such address, no answer, no workers, other versions, a wrong clock.
    """
    if address != "local":
        _admit(address, plain)
    quiet = {"distributed.admin.large-graph-warning-threshold": "1GB", "distributed.scheduler.allowed-failures": 0}
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said in Chinese
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(quiet))
        try:
            where = stack.enter_context(_embedded(jobs or os.cpu_count() or 1)) if address == "local" else address
            client = stack.enter_context(Client(where, timeout=_CONNECT, set_as_default=False, name="wangkao"))
            client.wait_for_workers(1, timeout=_CONNECT)
        except TimeoutError as error:
            raise ClusterProblem(f"集群 {address} 没有工作节点。请在各台机器上启动 dask worker。") from error
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise ClusterProblem(
                f"不能连接集群 {address}（{error}）。请检查 dask scheduler 是否运行、地址是否正确，以及 Dask 的 TLS 设置。"
            ) from error
        _check(client)
        yield Cluster(client, control)


@contextmanager
def _embedded(workers: int) -> Iterator[Any]:
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as place,
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            security=True,  # other users of this machine are kept out
            memory_limit=0,
            silence_logs=logging.CRITICAL,
            local_directory=place,
        ) as made,
    ):
        yield made


def _admit(address: str, plain: bool) -> None:
    parts = urlsplit(address)
    try:
        known = parts.scheme in ("tcp", "tls") and bool(parts.hostname and parts.port)
    except ValueError:
        known = False
    if not known:
        raise ClusterProblem(f"不认识的集群地址「{address}」。可用 local、tcp://主机:端口 或 tls://主机:端口。")
    if parts.scheme == "tcp" and not plain and not _loopback(parts.hostname or ""):
        raise ClusterProblem(
            f"集群地址 {address} 不加密：能连到它的人都能在各节点和本机上运行程序。请改用 tls://（见 docs/cluster.md）；"
            "确认该网络只有自己使用时，可设置 cluster_plain = true。"
        )
    if parts.scheme == "tls":
        _certified()


def _certified() -> None:
    """The settings of Dask name certificates for a client that can be used. Raises ClusterProblem."""
    try:
        context = Security().get_connection_args("client").get("ssl_context")
    except (OSError, ValueError) as error:
        raise ClusterProblem(f"Dask 设置中的 TLS 证书不能使用（{error}）。安装步骤见 docs/cluster.md。") from error
    if context is None:
        raise ClusterProblem("Dask 设置中没有 TLS 证书（distributed.comm.tls）。安装步骤见 docs/cluster.md。")


def _loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _check(client: Client) -> None:
    """Every worker and the scheduler have our versions and our time; a lost worker is ours to place. Raises ClusterProblem."""
    ours = versions()
    found = client.get_versions(packages=["wangkao", "scrapy"])
    nodes = {"调度器": found["scheduler"], **{f"工作节点 {name}": told for name, told in found["workers"].items()}}
    wrong = []
    for name, told in nodes.items():
        theirs = dict(told["packages"])
        theirs["python"] = ".".join(theirs["python"].split(".")[:2])
        if why := other_versions(ours, theirs):
            wrong.append(f"{name}：{why}")
    if wrong:
        raise ClusterProblem("\n".join([*wrong, "请在这些机器上安装与本机相同的版本，重新启动后再运行。"]))
    clocks = client.run(time.time)
    wrong = [f"{n}（相差 {t - time.time():.0f} 秒）" for n, t in clocks.items() if abs(t - time.time()) > _SKEW]
    if wrong:
        raise ClusterProblem(f"工作节点的时钟与本机不同：{'、'.join(wrong)}。请校准时钟后再运行。")
    client.run_on_scheduler(_losses_are_ours)


def _losses_are_ours(dask_scheduler: Any) -> None:
    """A batch whose worker is lost comes back at once instead of being begun elsewhere before its old process has ended."""
    dask_scheduler.allowed_failures = 0


def _answered(night: Night) -> dict[str, bool]:
    db = facts.open_database(night.db, create=False)
    try:
        return facts.answered_before(db, run=night.run)
    finally:
        db.close()


def _next(waiting: Sequence[_Waiting], running: Iterable[_Waiting]) -> _Waiting | None:
    """The first batch that may begin now."""
    busy, now = [one.part for one in running], time.monotonic()
    return next((one for one in waiting if one.after <= now and one.part.beside(busy)), None)


def _named(part: Batch) -> str:
    names = [unit.name for unit in part.units]
    return f"{'、'.join(names[:3])}{f' 等 {len(names)} 个网站' if len(names) > 3 else ''}"


def _loss(error: Exception) -> str:
    if isinstance(error, KilledWorker):
        return f"工作节点 {error.last_worker.address} 中途失联"
    sys.stderr.write(f"{type(error).__name__}: {error}\n")
    return f"工作节点未能完成（{type(error).__name__}）"
