"""What do we know of each host: may it be asked at all, what does its robots.txt say, when may we come again?"""

from __future__ import annotations

import asyncio
import email.utils
import ipaddress
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from crawler.extract.urls import host_of
from crawler.outcome import Fingerprint
from db.records import Account, Unit

_SHORT_WAIT = 30.0  # seconds; a server that asks for more patience is left alone until then
_SLOWEST = 10.0  # seconds between two requests, whatever Crawl-delay says
_RESOLVING = 10.0  # seconds for a name


def is_public(address: str) -> bool:
    """Whether an IP address (a zone after % is dropped) belongs to the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return bool(mapped.is_global and not mapped.is_multicast)


def registered_hosts(units: Iterable[Unit], accounts: Iterable[Account]) -> frozenset[str]:
    """All hosts (with port) that the registry names."""
    addresses = [a for u in units for a in (u.site, u.board, u.reports) if a]
    addresses += [a.address for a in accounts if "://" in a.address]
    return frozenset(host_of(a) for a in addresses)


@dataclass(slots=True)
class Registered:
    """Hosts that the registry names: only these may have a private or loopback address."""

    hosts: frozenset[str]
    _public: dict[str, bool] = field(default_factory=dict)

    def names(self, url: str) -> bool:
        """Whether the registry names the host of the address, with or without `www.`."""
        host = host_of(url)
        return host in self.hosts or host.removeprefix("www.") in self.hosts or f"www.{host}" in self.hosts

    async def allows(self, url: str) -> bool:
        """Whether the address may be asked: its host is registered, or every address it resolves to is a public one.

        The answer for a name is kept for the run; `crawler/resolving.py` holds the connection itself to it.
        """
        if self.names(url):
            return True
        parts = urlsplit(url)
        if parts.username or parts.password:
            return False
        name = parts.hostname or ""
        try:
            return is_public(name)
        except ValueError:
            pass
        if name not in self._public:
            self._public[name] = all(map(is_public, await addresses_of(name)))
        return self._public[name]


async def addresses_of(name: str) -> list[str]:
    """The IP addresses of a host name; empty when it does not resolve (the download will say so)."""
    asked = asyncio.get_running_loop().getaddrinfo(name, 80, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(asked, _RESOLVING)
    except (OSError, TimeoutError, UnicodeError):
        return []
    return list(dict.fromkeys(str(item[4][0]) for item in found))


async def beyond_us(name: str) -> bool:
    """Whether the host has IPv6 addresses only and this machine has no way to them: our fault, not the site's."""
    found = await addresses_of(name)
    if not found or any(":" not in address for address in found):
        return False
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((found[0], 80))  # asks the routing table, sends nothing
        except OSError:
            return True
    return False


@dataclass(slots=True)
class HostBook:
    """What one run learns of hosts, shared by all walks of a process.

    polite  waits and Crawl-delay are kept (off only for --delay 0)
    exempt  hosts whose robots.txt is overruled, with the document that authorises it
    shared  hosts that several units stand on: their pages are fetched once and cited for each
    """

    polite: bool = False
    exempt: Mapping[str, str] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    groups: Mapping[str, str] = field(default_factory=dict)  # platform group by host
    robots: dict[str, Protego | None] = field(default_factory=dict)
    missing: dict[str, Fingerprint] = field(default_factory=dict)
    answers: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    _gap: dict[str, float] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    _away: dict[str, float] = field(default_factory=dict)
    _gates: dict[str, asyncio.Lock] = field(default_factory=dict)

    def slot(self, url: str) -> str:
        """The queue that requests to this host share: that of its platform group."""
        host = host_of(url)
        return self.groups.get(host, host)

    def gate(self, url: str) -> asyncio.Lock:
        """Held while one request of the host's queue is under way, so that those behind it wait here and not on its clock."""
        return self._gates.setdefault(self.slot(url), asyncio.Lock())

    def permits(self, url: str, agent: str) -> bool:
        """Whether robots.txt, read before, lets us ask; a host that has none or was exempted does."""
        rules = self.robots.get(host_of(url))
        return rules is None or host_of(url) in self.exempt or bool(rules.can_fetch(url, agent))

    def learn_robots(self, host: str, text: str, agent: str) -> None:
        """Keep the rules of a host; an HTML answer means that there are none. Crawl-delay slows us down."""
        plain = "user-agent" in text.lower() and "<html" not in text.lower()
        rules = self.robots[host] = Protego.parse(text) if plain else None
        if rules is not None and (delay := rules.crawl_delay(agent)):
            self._gap[host] = min(float(delay), _SLOWEST)

    def asked_to_wait(self, url: str, status: int, retry_after: str | None) -> None:
        """A 429 or 503 with Retry-After: wait when it is short, else leave the host alone until then."""
        if status not in (429, 503) or not retry_after or not self.polite:
            return
        seconds = _seconds(retry_after)
        until = time.monotonic() + seconds
        (self._next if seconds <= _SHORT_WAIT else self._away)[host_of(url)] = until

    def left_alone(self, url: str) -> str | None:
        """Why the host is not asked now, in Chinese, or None."""
        rest = self._away.get(host_of(url), 0) - time.monotonic()
        return f"对方要求 {rest:.0f} 秒后再访问" if rest > 0 else None

    async def turn(self, url: str) -> None:
        """Wait until the host may be asked again."""
        host = host_of(url)
        if not self.polite or (host not in self._next and host not in self._gap):
            return
        while (rest := self._next.get(host, 0) - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        self._next[host] = time.monotonic() + self._gap.get(host, 0)


def _seconds(retry_after: str) -> float:
    """Seconds that a Retry-After header asks for, a number or a date; 60 when it is neither."""
    text = retry_after.strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 60.0


def pace_groups(
    urls: Iterable[str], platforms: Mapping[str, str], resolve: Callable[[str], list[str]]
) -> dict[str, str]:
    """The platform group of each host: the platform that the registry names, else the public address that it resolves to.

    Hosts with private or loopback addresses, and hosts that do not resolve, are groups of their own.

    platforms  registered platform by host
    resolve    addresses of a name
    """
    groups: dict[str, str] = {}
    for host in dict.fromkeys(map(host_of, urls)):
        name = urlsplit(f"//{host}").hostname or ""
        public = sorted(a for a in (resolve(name) if host not in platforms else ()) if is_public(a))
        groups[host] = platforms.get(host) or (public[0] if public else host)
    return groups
