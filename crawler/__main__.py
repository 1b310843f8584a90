"""One crawl process: its job is one JSON line on standard input, its progress JSON lines on standard output.

    {"db": "w.db", "part": "w.db.parts/run-7-0.db", "run": 7, "delay": 1.5, "contact": "…", "units": ["代县"],
     "accounts": [["代县", "feeds/dx.xml", "代县发布", "/srv/feeds/dx.xml"]], "groups": {"dx.example.cn": "203.0.113.7"}}

    {"db": "w.db", "probe": 600, "delay": 1.5, "contact": "…", "units": ["代县"], "groups": {}}

The second one asks each site once, within so many seconds, whether it answers; that is reported and stored by the parent.
The database is only read; what was seen goes to the facts file `part`, which the parent merges.
A Twisted reactor starts once in a process, so every crawl is a child process; when standard input closes, the parent
is gone and the crawl ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess

from crawler.extract.urls import host_of
from crawler.hosts import HostBook, Registered, registered_hosts
from crawler.memory import Memory
from crawler.settings import DISK_FULL, Budget, scrapy_settings
from crawler.spiders.site import Shared, SiteSpider
from crawler.visitor import Visitor
from db import facts
from db.records import Unit

_GARBAGE = 20_000  # new objects between two looks for cycles: pages make many objects and few cycles
_TELL = 0.2  # seconds between two reports of pages
_WINDOWS = 2  # pages that the browser shows at one time
_AT_ONCE = 20  # sites walked side by side: what they hold bounds the memory of the process


def shared_hosts(units: list[Unit]) -> frozenset[str]:
    """Hosts on which several of these units have a site, a board or a page of reports."""
    named = Counter(h for u in units for h in {host_of(a) for a in (u.site, u.board, u.reports) if a})
    return frozenset(host for host, n in named.items() if n > 1)


def main() -> int:
    """Run the job on standard input; 0 when the crawl ended by itself."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # what the modules hold never becomes garbage
    gc.set_threshold(_GARBAGE)
    if "probe" in job:
        return probe(job)
    try:
        return crawl(job)
    except (facts.DatabaseProblem, sqlite3.Error) as error:
        print(error, file=sys.stderr, flush=True)
        return DISK_FULL


def probe(job: dict[str, Any]) -> int:
    """One round of probes."""
    from crawler.spiders.probe import ProbeSpider, recall_robots

    db = facts.open_database(job["db"], create=False)
    units, accounts = facts.units(db), facts.accounts(db)
    db.close()
    mine = [u for u in units if u.name in set(job["units"]) and u.site]
    hosts, budget = registered_hosts(units, accounts), Budget()
    settings = scrapy_settings(delay=job["delay"], sites_at_once=_AT_ONCE, contact=job["contact"], budget=budget)
    settings["WANGKAO_REGISTERED"] = _names(hosts)
    book = HostBook(polite=job["delay"] > 0, exempt=job.get("robots", {}), groups=job["groups"])
    recall_robots(book, Path(job["db"]), mine, settings["USER_AGENT"])
    shared = Shared(run=0, registered=Registered(hosts), budget=budget, report=_report, book=book)
    process = AsyncCrawlerProcess(settings)
    process.crawl(ProbeSpider, units=mine, shared=shared, database=Path(job["db"]), spread=float(job["probe"]))
    process.start()
    _report({"event": "end"})
    return 0


def crawl(job: dict[str, Any]) -> int:
    """One batch of a run."""
    db = facts.open_database(job["db"], create=False)
    part = facts.open_database(job["part"])
    units, accounts = facts.units(db), facts.accounts(db)
    mine = [u for u in units if u.name in set(job["units"])]
    # The stored registry holds no access keys: the addresses with them come with the job.
    sources = {tuple(a[:3]): a[3] for a in job["accounts"]}
    feeds = [replace(a, address=sources[key]) for a in accounts if (key := (a.unit, a.source, a.account)) in sources]
    city = next((u.name for u in units if u.group == "portal"), None)
    budget, at_once = Budget(**job.get("budget", {})), int(job.get("at_once", _AT_ONCE))
    hosts = registered_hosts(units, accounts)
    shared = Shared(
        run=job["run"],
        registered=Registered(hosts),
        budget=budget,
        report=_report,
        book=HostBook(
            polite=job["delay"] > 0, exempt=job.get("robots", {}), groups=job["groups"], shared=shared_hosts(mine)
        ),
        memory=Memory(
            facts.known_pages(db, [u.name for u in mine]),
            lambda url: facts.page_facts(part, url) or facts.page_facts(db, url),
            lambda sha256: facts.body(part, sha256) or facts.body(db, sha256),
        ),
        recall=lambda unit: facts.visit_of_run(part, unit, run=job["run"]),
        before=lambda unit: facts.last_visit(db, unit),
        until=datetime.fromisoformat(job["until"]) if job.get("until") else None,
    )
    settings = scrapy_settings(delay=job["delay"], sites_at_once=at_once, contact=job["contact"], budget=budget)
    settings |= {
        "WANGKAO_PART": job["part"],
        "WANGKAO_RUN": job["run"],
        "ITEM_PIPELINES": {"crawler.pipelines.StorePipeline": 100},
    }
    settings |= {"WANGKAO_REGISTERED": _names(hosts)}
    if browser := job.get("browser"):
        from crawler.browser import Renderer, browser_settings

        settings |= browser_settings(browser["executable"], settings["USER_AGENT"], contexts=at_once + 8)
        turns = asyncio.Semaphore(_WINDOWS)

        def renderer(visitor: Visitor) -> Renderer:
            v = visitor
            return Renderer(v.download, v.home, v.registered, v.agent, turns=turns, slot=v.book.slot)

        shared = replace(shared, browser=renderer, challenges=frozenset(browser["challenges"]))
    process = AsyncCrawlerProcess(settings)
    if pictures := job.get("pictures"):
        from crawler.spiders.pictures import PictureSpider

        process.crawl(PictureSpider, units=mine, pages=pictures, shared=shared)
    elif mine:
        everyone = [u.name for u in units]
        process.crawl(SiteSpider, units=mine, everyone=everyone, city=city, at_once=at_once, shared=shared)
    if feeds:
        from crawler.spiders.media import MediaSpider

        process.crawl(MediaSpider, accounts=feeds, shared=shared, secrets=job.get("secrets", {}))
    if mine or feeds:
        process.start()
    _report({"event": "end"})
    return 0


def _names(hosts: Iterable[str]) -> list[str]:
    return sorted({urlsplit(f"//{host}").hostname or "" for host in hosts})


class _Reports:
    """What the parent is told; of many pages in a fifth of a second it is told together, since each waking of it costs."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.told = 0.0

    def __call__(self, event: dict[str, Any]) -> None:
        self.waiting.append(json.dumps(event, ensure_ascii=False))
        if event["event"] != "page" or time.monotonic() - self.told > _TELL:
            print("\n".join(self.waiting), flush=True)
            self.waiting.clear()
            self.told = time.monotonic()


_report = _Reports()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
