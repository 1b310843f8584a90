"""What did we ask of each host on one day, and how gently?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from sqlite_utils import Database

from crawler.extract.urls import host_of
from db import nights
from db.records import SHANGHAI, Hop


@dataclass(frozen=True, slots=True)
class HostDay:
    """The requests to one host on one day (Asia/Shanghai).

    gap  smallest time in seconds between the starts of two requests; None for a single one
    """

    host: str
    requests: int
    unchanged: int
    refused: int  # answers of 400 and more
    silent: int  # requests that nothing answered
    first: datetime
    last: datetime
    gap: float | None


def of_day(db: Database, day: date) -> list[HostDay]:
    """One row a host, the busiest first; empty when nothing was asked that day."""
    start = datetime.combine(day, time(), SHANGHAI)
    return by_host(nights.requests(db, since=start, until=start + timedelta(days=1)))


def by_host(asked: Iterable[Hop]) -> list[HostDay]:
    """The requests grouped by host, the busiest first."""
    hosts: dict[str, list[Hop]] = {}
    for hop in asked:
        hosts.setdefault(host_of(hop.url), []).append(hop)
    rows = []
    for host, hops in hosts.items():
        times = sorted(hop.at for hop in hops)
        gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
        status = [hop.status for hop in hops]
        rows.append(
            HostDay(
                host,
                len(hops),
                status.count(304),
                sum(1 for s in status if s and s >= 400),
                status.count(None),
                times[0],
                times[-1],
                min(gaps, default=None),
            )
        )
    return sorted(rows, key=lambda r: (-r.requests, r.host))
