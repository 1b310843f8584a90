"""What do the registered sources show of each account tonight?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from crawler.extract.urls import host_of
from crawler.platforms import read_file
from crawler.secret import Hiding, values_of
from crawler.sources import Platforms, read_source
from crawler.spiders.site import Seen, Shared, VisitingSpider
from crawler.visitor import Taken
from db.bodies import pack
from db.records import Account, Snapshot


class MediaSpider(VisitingSpider):
    """Read each account's source once: over HTTP, one after the other on each host, or from disk.

    secrets  keys and cookies by host or account name (see `crawler.secret`)
    """

    name = "media"

    def __init__(
        self,
        accounts: Sequence[Account],
        *,
        shared: Shared,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self.accounts, self.shared, self.secrets = accounts, shared, secrets or {}
        self.platforms = Platforms(shared.book.polite)
        hiding = Hiding(values_of(accounts, self.secrets))
        for handler in logging.getLogger().handlers:
            handler.addFilter(hiding)

    async def start(self) -> AsyncIterator[Any]:
        """Yield a `Seen` with a snapshot for each account, whatever came of it; none after the end of the night window."""
        hosts: dict[str, list[Account]] = {}
        for account in self.accounts:
            hosts.setdefault(host_of(account.address) if "://" in account.address else "", []).append(account)
        seen: asyncio.Queue[Seen | None] = asyncio.Queue()
        tasks = [asyncio.ensure_future(self._host(accounts, seen)) for accounts in hosts.values()]
        try:
            for _ in tasks:
                while (item := await seen.get()) is not None:
                    yield item
        finally:
            for task in tasks:
                task.cancel()

    async def _host(self, accounts: Sequence[Account], seen: asyncio.Queue[Seen | None]) -> None:
        """Read the accounts of one host in turn; None when all are read."""
        try:
            for account in accounts:
                if self.shared.until and datetime.now(UTC) >= self.shared.until:
                    break
                if account.address:
                    await seen.put(await self._account(account))
        finally:
            await seen.put(None)

    async def _account(self, account: Account) -> Seen:
        try:
            if "://" in account.address:
                visit = partial(self.visitor, account.unit)
                snapshot, taken = await read_source(
                    account,
                    run=self.shared.run,
                    visit=visit,
                    sections=self.secrets,
                    platforms=self.platforms,
                )
                return Seen(snapshot, taken, last=True)
            return self._file(account)
        except Exception as error:
            self.logger.exception("%s %s", account.unit, account.account)
            named = (account.unit, account.account, account.platform, account.source)
            why = f"reader_error: {type(error).__name__}"
            return Seen(
                Snapshot(*named, self.shared.run, datetime.now(UTC), "parse_error", detail=why), Taken(), last=True
            )

    def _file(self, account: Account) -> Seen:
        snapshot, attached = read_file(account, run=self.shared.run, at=datetime.now(UTC))
        bodies = {sha256: pack(data) for sha256, data in attached.items()}
        if snapshot.evidence and snapshot.evidence.sha256:
            bodies[snapshot.evidence.sha256] = pack(Path(account.address).read_bytes())
        return Seen(snapshot, Taken(bodies=bodies), last=True)
