"""What do we know of the registered accounts, over all their sources and nights?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlite_utils import Database

from crawler.extract.decode import decode
from crawler.extract.page import Page
from db import facts, posts
from db.posts import KnownPost
from db.records import SHANGHAI, Account, Finding, Incident, Post, Snapshot, shanghai_day
from db.registry import collector, platform_of
from monitors.accounts import grouped, merged, proven
from monitors.counting import Count, counts, year_of
from monitors.reconcile import Alive, Difference, proposed, reconcile
from monitors.rule import RULES
from monitors.sources import Doubt, doubted, doubts
from monitors.watched import Watched

_BACK = timedelta(days=95)  # how far back nights are asked for what they knew: the longest window and a little more
_RECENT = timedelta(days=7)  # a source that shows a post so new need not be asked what earlier nights knew


class Accounts:
    """All registered accounts with what their sources showed when they were last asked, and which of these we doubt."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.rows = facts.accounts(db)
        self._shown = {_key(row): facts.last_snapshots(db, row) for row in self.rows}
        by_run: dict[int, list[tuple[Account, Snapshot]]] = defaultdict(list)
        for row in self.rows:
            if shot := self._shown[_key(row)][0]:
                by_run[shot.run].append((row, shot))
        self._doubts: dict[int, dict[str, Doubt]] = {run: doubts(shown) for run, shown in by_run.items()}

    def last_run(self, unit: str) -> int | None:
        """The newest run that asked a source of the unit; None when none did."""
        shots = (self._shown[_key(row)][0] for row in self.rows if row.unit == unit and not row.canary)
        return max((shot.run for shot in shots if shot), default=None)

    def of(self, unit: str, *, on: date, run: int) -> list[Watched]:
        """The unit's accounts as judged on that day: what was not asked in that run, or a later one, is not seen."""
        groups = grouped(row for row in self.rows if row.unit == unit)
        if not groups:
            return []
        since = datetime.combine(on, time(), SHANGHAI) - _BACK
        known = self._known(unit, since)
        names = [(group[0], platform_of(group[0])) for group in groups if group[0].state != "closed"]
        return [
            replace(
                self._watched(group, known, since=since, run=run, on=on),
                others=tuple(
                    a.account for a, place in names if a is not group[0] and place and place == platform_of(group[0])
                ),
            )
            for group in groups
        ]

    def _watched(
        self,
        group: list[Account],
        known: Mapping[tuple[str, str], list[KnownPost]],
        *,
        since: datetime,
        run: int,
        on: date,
    ) -> Watched:
        pairs = [(row, *self._shown[_key(row)]) for row in group]
        asked = [(row, shot) for row, shot, _ in pairs if shot is not None and shot.run >= run]
        parts = [doubted(row, shot, self._doubts[shot.run]) for row, shot in asked]
        earlier = [before for _, shot, before in pairs if shot is not None and shot.run >= run and before is not None]
        mine = [post for row in group for post in known[row.source, row.account]]
        found = Watched(
            group[0],
            merged(parts) if parts else None,
            merged(earlier) if earlier else None,
            parts=tuple(parts),
            known=_told(mine),
            platform=platform_of(group[0]),
        )
        snapshot = found.snapshot
        if snapshot is None or snapshot.status != "ok":
            return found
        newest = max((p.published for p in snapshot.posts if p.published and p.published <= snapshot.at), default=None)
        if newest is not None and snapshot.at - newest <= _RECENT:
            return found
        spans = [
            proven(part, self._answers(row, since), known[row.source, row.account])
            for (row, _), part in zip(asked, parts, strict=True)
            if part.status == "ok"
        ]
        return replace(
            found,
            recalled=_recalled(mine, newest, snapshot.at),
            updated_after=max((after for after, _ in spans if after), default=None),
            updated_by=max((by for _, by in spans if by), default=None),
        )

    def _known(self, unit: str, since: datetime) -> Mapping[tuple[str, str], list[KnownPost]]:
        """The unit's posts since then, by source and account, by time."""
        known: dict[tuple[str, str], list[KnownPost]] = defaultdict(list)
        for post in posts.posts(self.db, unit=unit, since=since):
            known[post.source, post.account].append(post)
        return known

    def _answers(self, row: Account, since: datetime) -> Sequence[tuple[datetime, int | None]]:
        """When the source answered well since then."""
        return facts.answers_of(self.db, row, since=since)

    def untold(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that alerts are made of: one incident stands for all accounts of a doubted collector, and what the
        registry alone says neither raises nor clears an alert."""
        silent = {
            (row.unit, row.source)
            for row in self.rows
            if (shot := self._shown[_key(row)][0]) and collector(row.address) in self._doubts[shot.run]
        }
        return [
            f
            for f in findings
            if not (f.account is not None and ((f.unit, f.target) in silent or RULES[f.rule].per == "registered"))
        ]

    def incidents(self, *, run: int, at: datetime) -> list[Incident]:
        """The doubts of that run, each one incident of our own."""
        return [doubt.incident(run=run, at=at) for doubt in self._doubts.get(run, {}).values()]

    def looked_at(self, *, run: int) -> set[str]:
        """The collectors that were asked in that run."""
        return {
            collector(row.address) for row in self.rows if (shot := self._shown[_key(row)][0]) and shot.run == run
        } - {""}


def reconciliation(db: Database, filing: Path, *, on: date) -> list[Difference]:
    """What the export of the national reporting system and what we know of the accounts do not agree on.

    Looks at the newest snapshot of every watched account and at the accounts that the stored home page of each unit leads to.
    Raises RegistryError when the export cannot be read.
    """
    from crawler.platforms.filing import read_filing  # with all protocols: a run leaves them to its children

    units, accounts = facts.units(db), facts.accounts(db)
    filings = read_filing(filing, units)
    shown = {(a.source, a.account): shot for a in accounts if (shot := facts.last_snapshots(db, a)[0])}
    linked = [link for unit in units for link in _linked(db, unit.name)]
    return reconcile(filings, accounts, shown, linked, on=on)


def proposed_rows(db: Database, filing: Path) -> list[dict[str, str]]:
    """Lines for accounts.csv from that export; see `monitors.reconcile.proposed`. Raises RegistryError."""
    from crawler.platforms.filing import read_filing

    return proposed(read_filing(filing, facts.units(db)), facts.accounts(db))


def _linked(db: Database, unit: str) -> Iterator[Alive]:
    from crawler.platforms.links import account_links

    visit = facts.last_visit(db, unit)
    home = visit.home if visit else None
    if home is None or home.sha256 is None or (body := facts.body(db, home.sha256)) is None:
        return
    page = Page(home.url or "", decode(body)[0])
    for link in account_links(page):
        yield Alive(unit, link.platform, link.words or link.account_id, link.account_id, link.url)


def counted(db: Database, year: int) -> list[Count]:
    """How many posts each registered account published in that year (Asia/Shanghai), as far as some night showed them."""
    since, until = year_of(year)
    known = posts.posts(db, since=since, until=until)
    return counts(facts.accounts(db), known, facts.first_answers(db, since=since, until=until), year=year)


def _key(account: Account) -> tuple[str, str, str]:
    return account.unit, account.source, account.account


def _told(known: Iterable[KnownPost]) -> tuple[Post, ...]:
    """Known posts as posts, newest first."""
    dated = sorted((p for p in known if p.published), key=lambda p: (p.published, p.key), reverse=True)
    return tuple(Post(p.title, p.url, p.published, repost=p.repost) for p in dated)


def _recalled(known: Iterable[KnownPost], newest: datetime | None, at: datetime) -> datetime | None:
    """The newest post that an earlier day showed, where tonight's newest is older."""
    today = shanghai_day(at)
    before = [p.published for p in known if p.published and p.published <= at and shanghai_day(p.seen_at) < today]
    return max((when for when in before if newest is None or when > newest), default=None)
