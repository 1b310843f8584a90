"""How gently a platform is asked: one request at a time with a pause, and not at all after three challenges."""

from __future__ import annotations

import asyncio
import time

from crawler import sources
from crawler.sources import Platforms


def test_a_platform_is_asked_with_a_pause_and_another_without(monkeypatch):
    monkeypatch.setattr(sources, "_GAP", (0.05, 0.06))
    platforms = Platforms(polite=True)

    async def asked() -> list[float]:
        clock, times = time.monotonic(), []
        for url in (
            "http://m.weibo.example/a",
            "http://m.weibo.example/b",
            "http://r.example/",
            "http://m.weibo.example/c",
        ):
            await platforms.turn(url)
            times.append(time.monotonic() - clock)
        return times

    first, second, other, third = asyncio.run(asked())
    assert first < 0.04
    assert second >= 0.05
    assert other - second < 0.04
    assert third >= 0.1


def test_the_pause_is_five_seconds_or_more_and_never_the_same():
    low, high = sources._GAP
    assert low >= 5
    assert high > low


def test_without_politeness_nobody_waits():
    platforms = Platforms(polite=False)
    clock = time.monotonic()
    asyncio.run(platforms.turn("http://m.weibo.example/a"))
    asyncio.run(platforms.turn("http://m.weibo.example/a"))
    assert time.monotonic() - clock < 1


def test_three_challenges_end_the_night_of_that_route_alone():
    platforms = Platforms(polite=True)
    for status in ("challenge", "challenge", "ok", "challenge", "rate_limited"):
        platforms.saw("http://r.example/weibo/user/1", status)
    assert platforms.left_alone("http://r.example/weibo/user/2") is None
    platforms.saw("http://r.example/weibo/user/3", "challenge")
    assert "连续 3 次" in platforms.left_alone("http://r.example/weibo/user/2")
    assert platforms.left_alone("http://r.example/douyin/user/2") is None
