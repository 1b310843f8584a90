"""One crawl process: its job is one JSON line on standard input, its progress JSON lines on standard output.

    {"db": "w.db", "run": 7, "delay": 1.5, "contact": "…", "units": ["代县"],
     "accounts": [["代县", "feeds/dx.xml", "代县发布"]]}

A Twisted reactor starts once in a process, so every crawl is a child process; when standard input closes, the parent
is gone and the crawl ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess

from crawler.extract.urls import host_of
from crawler.settings import Budget, scrapy_settings
from crawler.spiders.media import MediaSpider
from crawler.spiders.site import SiteSpider
from crawler.visitor import Registered
from db import facts
from db.records import Account, Unit


def registered_hosts(units: list[Unit], accounts: list[Account]) -> frozenset[str]:
    """All hosts (with port) that the registry names."""
    addresses = [a for u in units for a in (u.site, u.board, u.reports) if a]
    addresses += [a.address for a in accounts if "://" in a.address]
    return frozenset(host_of(a) for a in addresses)


def main() -> int:
    """Run the job on standard input; 0 when the crawl ended by itself."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    db = facts.open_database(job["db"], create=False)
    units, accounts = facts.units(db), facts.accounts(db)
    db.close()
    registered = Registered(registered_hosts(units, accounts))
    mine = [u for u in units if u.name in set(job["units"])]
    sources = {tuple(a) for a in job["accounts"]}
    feeds = [a for a in accounts if (a.unit, a.source, a.account) in sources]
    city = next((u.name for u in units if u.group == "portal"), None)
    budget, at_once = Budget(), int(job.get("at_once", 50))
    settings = scrapy_settings(delay=job["delay"], sites_at_once=at_once, contact=job["contact"], budget=budget)
    settings |= {"WANGKAO_DB": job["db"], "ITEM_PIPELINES": {"crawler.pipelines.StorePipeline": 100}}
    process = AsyncCrawlerProcess(settings)
    shared = {"run": job["run"], "registered": registered, "budget": budget, "report": _report}
    everyone = [u.name for u in units]
    if mine:
        process.crawl(SiteSpider, units=mine, everyone=everyone, city=city, at_once=at_once, **shared)
    if feeds:
        process.crawl(MediaSpider, accounts=feeds, **shared)
    if mine or feeds:
        process.start()
    _report({"event": "end"})
    return 0


def _report(event: dict[str, Any]) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
