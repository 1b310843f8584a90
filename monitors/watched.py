"""What does a rule about an account look at? One account, its sources merged, with what earlier nights know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.records import Account, Evidence, Post, Snapshot


@dataclass(frozen=True, slots=True)
class Watched:
    """One account on one night.

    account   its first row in the registry            platform  where it is, None where nothing tells
    snapshot  what its sources showed, merged; None when none was asked in the unit's last run
    previous  the same of an earlier day
    parts     each source's own snapshot, where there are several
    known     every post of the last weeks that some night showed, newest first
    recalled  date of the newest post that an earlier day showed and that tonight's sources do not know of any more
    updated_after  an update is proven after this instant by what is not dated: a new id, a counter that rose
    updated_by     whatever is not dated was posted before this instant
    others    names of the unit's other open accounts on this platform
    """

    account: Account
    snapshot: Snapshot | None
    previous: Snapshot | None = None
    parts: tuple[Snapshot, ...] = ()
    known: tuple[Post, ...] = ()
    recalled: datetime | None = None
    updated_after: datetime | None = None
    updated_by: datetime | None = None
    platform: str | None = None
    others: tuple[str, ...] = ()

    def evidence(self) -> tuple[Evidence, ...]:
        """The answer of every source, where there are several."""
        return tuple(part.evidence for part in self.parts if part.evidence) if len(self.parts) > 1 else ()
