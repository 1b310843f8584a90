"""Sites of one platform share a queue; how long a site stands in it says nothing about the site."""

from __future__ import annotations

import asyncio

from scrapy import Request
from scrapy.http import Response

from crawler.hosts import HostBook, Registered
from crawler.settings import Budget
from crawler.visitor import Visitor
from db.records import Outcome

SITES = [f"http://{n}.example/" for n in range(6)]


def test_a_long_queue_makes_no_time_out():
    """Each answer takes 0.2 s, one at a time as Scrapy's downloader does it; four time limits are 0.6 s."""
    slot, under_way, most = asyncio.Lock(), 0, 0

    async def download(request: Request) -> Response:
        nonlocal under_way, most
        async with slot:
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.2)
            under_way -= 1
            return Response(request.url, 200, {"Content-Type": "text/html"}, b"<title>x</title><p>text</p>")

    async def all_sites() -> list[Outcome]:
        hosts = frozenset(f"{n}.example" for n in range(6))
        book = HostBook(groups=dict.fromkeys(hosts, "平台"), robots=dict.fromkeys(hosts))
        visitors = [
            Visitor("县", url, download, Registered(hosts), Budget(timeout=0.15), "agent", book=book) for url in SITES
        ]
        answers = await asyncio.gather(*(v.fetch(v.home, "probe") for v in visitors))
        assert all(answer.fetch.ms < 600 for answer in answers), "nor is it the site's time"
        return [answer.fetch.outcome for answer in answers]

    assert asyncio.run(all_sites()) == [Outcome.OK] * 6
    assert most == 1
