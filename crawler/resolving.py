"""Which addresses may a connection go to? The last word, after name resolution and at each request.

`Registered.allows` refuses a host before it is asked; this resolver holds the connection itself to public addresses,
so that a name whose answer changes between the two cannot lead inside.
"""

from __future__ import annotations

from typing import Any

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.interfaces import IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawler.hosts import is_public


@implementer(IResolutionReceiver)
class _PublicOnly:
    """Hands public addresses on to the receiver behind it and drops all others."""

    def __init__(self, receiver: Any) -> None:
        self.receiver = receiver

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        if is_public(address.host):
            self.receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self.receiver.resolutionComplete()


class GuardingResolver(CachingHostnameResolver):
    """IPv4 and IPv6; a name that the setting WANGKAO_REGISTERED does not hold resolves to public addresses only."""

    registered: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Any:
        """Made by Scrapy when the process starts."""
        made = super().from_crawler(crawler, reactor)
        made.registered = frozenset(crawler.settings.getlist("WANGKAO_REGISTERED"))
        return made

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *args: Any, **named: Any) -> Any:
        """Resolve `hostName` for a connection that is about to be made."""
        bare = hostName.lower().removeprefix("www.")
        ours = bare in self.registered or f"www.{bare}" in self.registered
        receiver: Any = resolutionReceiver if ours else _PublicOnly(resolutionReceiver)
        return super().resolveHostName(receiver, hostName, *args, **named)
