"""What runs the batches of a night: the crawl processes of this machine, or a cluster where the settings name one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from schedules.crawl import Engine
from schedules.settings import Settings, SettingsError


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine | None]:
    """The cluster of the settings while the block lasts; None without one. Raises SettingsError when it cannot be used."""
    if settings.cluster is None:
        yield None
        return
    if find_spec("distributed") is None:
        raise SettingsError(
            '没有安装集群组件，不能用 --cluster。请先运行 pip install "wangkao[cluster]"，或改用 --jobs。'
        )
    from schedules.cluster import connected

    with connected(
        settings.cluster, jobs=settings.jobs, control=settings.control, plain=settings.cluster_plain
    ) as cluster:
        yield cluster
