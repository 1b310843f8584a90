"""Which rows of the registry are one account, and what do its sources say together?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from db.posts import KnownPost, keys
from db.records import Account, Post, Snapshot
from db.registry import platform_of, squeezed

_WORST = ("words", "closed", "status")  # of the ways in which an account is gone, the one that says most


def grouped(accounts: Iterable[Account]) -> list[list[Account]]:
    """The rows of one unit by account, in the order of the registry; canaries are left out.

    Rows are one account when platform and id are the same, or platform and name where an id is lacking. A row that does not
    say its platform (a feed, an exported table) joins the account of its name, where there is only one.
    """
    groups: list[list[Account]] = []
    rows = [a for a in accounts if not a.canary]
    for account in sorted(rows, key=lambda a: platform_of(a) is None):
        fits = [group for group in groups if _same(group[0], account)]
        if len(fits) == 1:
            fits[0].append(account)
        else:
            groups.append([account])
    place = {(a.source, a.account): n for n, a in enumerate(rows)}
    ordered = [sorted(group, key=lambda a: place[a.source, a.account]) for group in groups]
    return sorted(ordered, key=lambda group: place[group[0].source, group[0].account])


def _same(one: Account, other: Account) -> bool:
    here, there = platform_of(one), platform_of(other)
    if here and there and here != there:
        return False
    if one.account_id and other.account_id:
        return one.account_id.lower() == other.account_id.lower()
    return squeezed(one.account) == squeezed(other.account)


def merged(shots: Sequence[Snapshot]) -> Snapshot:
    """What the sources of one account say together: posts by post, from those that could be read.

    Where none could, the one that says most: gone in words, closed, gone by status, then the first. The window is as well
    seen as the source sees it that reaches back furthest; it is `partial` only where all are.
    """
    if len(shots) == 1:
        return shots[0]
    read = [s for s in shots if s.status == "ok"]
    if not read:
        gone = [s for s in shots if s.status == "account_gone"]
        return min(gone, key=lambda s: _WORST.index(s.gone or "status")) if gone else shots[0]
    first = read[0]
    whole = [s for s in read if not s.partial]
    unseen = [s.detail for s in shots if s.status != "ok" and s.detail]
    return replace(
        first,
        posts=_union(read),
        complete=any(s.complete for s in read),
        since=min((s.since for s in whole if s.since), default=None),
        until=None if any(s.until is None for s in whole or read) else max(s.until for s in whole or read if s.until),
        partial=None if whole else first.partial,
        name=next((s.name for s in read if s.name), None),
        verified=next((s.verified for s in read if s.verified is not None), None),
        verified_reason=next((s.verified_reason for s in read if s.verified_reason), None),
        total=next((s.total for s in read if s.total is not None), None),
        entries=tuple(dict.fromkeys(e for s in read for e in s.entries)),
        looked=tuple(dict.fromkeys(way for s in read for way in s.looked)),
        proofs=tuple(dict.fromkeys(e for s in shots for e in (s.evidence, *s.proofs) if e and e is not first.evidence)),
        detail="；".join(filter(None, (first.detail, *unseen))) or None,
    )


def _union(shots: Sequence[Snapshot]) -> tuple[Post, ...]:
    """Every post once; of two tellings of one post the dated one counts."""
    found: dict[str, Post] = {}
    for shot in shots:
        for key, post in zip(keys(shot.posts), shot.posts, strict=True):
            if key not in found or found[key].published is None:
                found[key] = post
    return tuple(found.values())


def proven(
    snapshot: Snapshot, answers: Sequence[tuple[datetime, int | None]], known: Sequence[KnownPost]
) -> tuple[datetime | None, datetime | None]:
    """When an update is proven by what bears no date: an instant it came after, and one before which all of it came.

    snapshot  what the source shows tonight
    answers   when it answered well, oldest first, with the counter of the profile
    known     its posts as nights have shown them

    A post without a date came before the night that first showed it, and after the night before that where the list shows it
    above one that was known then, or none that was: below, it may be an old one that a deletion brought into view. A counter
    that rose says the same of a post that no list shows.
    """
    nights = [at for at, _ in answers]
    spans: list[tuple[datetime | None, datetime]] = []
    seen_at = {post.key: post.seen_at for post in known}
    undated = [
        seen_at.get(key, snapshot.at)
        for key, post in zip(keys(snapshot.posts), snapshot.posts, strict=True)
        if post.published is None and not post.pinned
    ]
    for n, first in enumerate(undated):
        before = max((night for night in nights if night < first), default=None)
        on_top = any(later < first for later in undated[n + 1 :]) or min(undated) == first
        spans.append((before if on_top else None, first))
    counted = [(at, total) for at, total in answers if total is not None]
    spans += [(before, at) for (before, less), (at, more) in pairwise(counted) if more > less]
    lower = max((low for low, _ in spans if low), default=None)
    return lower, max((high for _, high in spans), default=None)
