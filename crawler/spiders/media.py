"""What do the registered sources show of each account tonight?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.platforms.export import read_export
from crawler.platforms.feed import read_feed
from crawler.spiders.site import Seen, Shared, VisitingSpider
from crawler.visitor import NETWORK, Taken
from db.bodies import pack
from db.records import Account, Evidence, Outcome, Snapshot

_UNREAD = {Outcome.REDIRECTED_AWAY: "network_error", Outcome.TOO_LARGE: "parse_error"}


class MediaSpider(VisitingSpider):
    """Read each account's source once: feeds over HTTP, exports from disk. Accounts are asked one after the other."""

    name = "media"

    def __init__(
        self,
        accounts: Sequence[Account],
        *,
        shared: Shared,
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self.accounts, self.shared = accounts, shared

    async def start(self) -> AsyncIterator[Any]:
        """Yield a `Seen` with a snapshot for each account, whatever came of it."""
        for account in self.accounts:
            try:
                yield await (self._feed(account) if "://" in account.address else self._export(account))
            except Exception as error:
                self.logger.exception("%s %s", account.unit, account.account)
                yield Seen(
                    self._unread(account, "parse_error", f"reader_error: {type(error).__name__}: {error}"),
                    Taken(),
                    last=True,
                )

    async def _export(self, account: Account) -> Seen:
        path = Path(account.address)
        snapshot = read_export(path, account=account, run=self.shared.run, at=datetime.now(UTC))
        sha256 = snapshot.evidence.sha256 if snapshot.evidence else None
        bodies = {sha256: pack(path.read_bytes())} if sha256 else {}
        return Seen(snapshot, Taken(bodies=bodies), last=True)

    async def _feed(self, account: Account) -> Seen:
        visitor = self.visitor(account.unit, account.address)
        answer = await visitor.fetch(account.address, "feed")
        f = answer.fetch
        if f.outcome in NETWORK or f.status is None:
            snapshot = self._unread(account, "network_error", f"{f.outcome}: {f.detail}", answer.evidence())
        elif f.outcome in (Outcome.REDIRECTED_AWAY, Outcome.TOO_LARGE):
            snapshot = self._unread(account, _UNREAD[f.outcome], f.detail, answer.evidence())
        else:
            snapshot = read_feed(
                answer.body,
                f.content_type,
                f.status,
                account=account,
                run=self.shared.run,
                at=f.at,
                evidence=answer.evidence(),
            )
        return Seen(snapshot, visitor.take(), last=True)

    def _unread(self, account: Account, status: str, detail: str | None, evidence: Evidence | None = None) -> Snapshot:
        return Snapshot(
            account.unit,
            account.account,
            account.platform,
            account.source,
            self.shared.run,
            datetime.now(UTC),
            status,
            detail=detail,
            evidence=evidence,
        )
