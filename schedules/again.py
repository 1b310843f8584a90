"""How would stored nights be judged now? Every night's records as that night knew them, one case a unit and run."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlite_utils import Database

from db import facts, posts
from db.codec import load
from db.posts import KnownPost
from db.records import SHANGHAI, Account, Probe, Run, SiteVisit, Snapshot, Unit, shanghai_day
from monitors.run import Case
from monitors.sources import Doubt, doubts
from schedules.accounts import Accounts
from schedules.cases import case_of

_WEEK = timedelta(days=7)
_NEVER = datetime.min.replace(tzinfo=UTC)
Key = tuple[str, str, str]
Shown = tuple[Snapshot | None, Snapshot | None]  # what a source showed last, and last on an earlier day


class Past:
    """The stored nights of a registry (as it stands, or as it stood): `cases` gives what each run knew of one unit.

    Read once a unit, in the order of the runs, so that a year costs one reading of what was stored.
    """

    def __init__(self, db: Database, runs: Sequence[Run], *, accounts: Sequence[Account] | None = None) -> None:
        self.db = db
        self.runs = sorted(runs, key=lambda run: run.id)
        self.rows = list(facts.accounts(db) if accounts is None else accounts)
        self._known_runs: dict[int, Run | None] = {run.id: run for run in self.runs}
        self._doubts = self._doubted()

    def cases(self, unit: Unit) -> Iterator[tuple[Run, Case]]:
        """Each run with what was known of the unit, oldest first; `carried` where it was not visited in that run."""
        visits = self._visits(unit)
        shots = self._shots([row for row in self.rows if row.unit == unit.name])
        probes = _Probes(self.db, unit.name)
        known = list(posts.posts(self.db, unit=unit.name)) if shots else []
        visit, waiting = None, next(visits, None)
        for run in self.runs:
            while waiting is not None and waiting.run <= run.id:
                visit, waiting = waiting, next(visits, None)
            then = _Then(self, unit, shots, known, run)
            yield (
                run,
                case_of(unit, visit, then, run=run, moment=run.started_at, run_of=self._run, week=probes.week),
            )

    def _run(self, run: int) -> Run | None:
        if run not in self._known_runs:
            self._known_runs[run] = facts.run_of(self.db, run)
        return self._known_runs[run]

    def _visits(self, unit: Unit) -> Iterator[SiteVisit]:
        """The confirmed visits that were the newest at one of the runs, oldest first."""
        if not unit.site or not self.runs:
            return
        sql = "SELECT run FROM visit WHERE unit = ? AND confirmed = 1 AND run <= ? ORDER BY run"
        made = [run for (run,) in self.db.execute(sql, (unit.name, self.runs[-1].id))]
        last = dict.fromkeys(bisect_right(made, run.id) for run in self.runs)  # how many visits there were by then
        for run in (made[number - 1] for number in last if number):
            if (visit := facts.visit_of_run(self.db, unit.name, run=run)) is not None:
                yield visit

    def _shots(self, rows: Sequence[Account]) -> Mapping[Key, Sequence[Snapshot]]:
        """What each of these sources showed, oldest first."""
        last = self.runs[-1].id if self.runs else 0
        found: dict[Key, Sequence[Snapshot]] = {}
        for row in rows:
            sql = "SELECT record FROM snapshot WHERE unit = ? AND source = ? AND account = ? AND run <= ? ORDER BY run"
            found[key_of(row)] = [load(Snapshot, r) for (r,) in self.db.execute(sql, (*key_of(row), last))]
        return found

    def _doubted(self) -> dict[int, dict[str, Doubt]]:
        """The collectors that are not believed, by run."""
        if not self.rows or not self.runs:
            return {}
        known = {key_of(row): row for row in self.rows}
        shown: dict[int, list[tuple[Account, Snapshot]]] = {}
        found: dict[int, dict[str, Doubt]] = {}
        sql = "SELECT run, unit, source, account, record FROM snapshot WHERE run BETWEEN ? AND ? ORDER BY run"
        for run, unit, source, account, record in self.db.execute(sql, (self.runs[0].id, self.runs[-1].id)):
            if (row := known.get((unit, source, account))) is not None:
                for done in [r for r in shown if r != run]:
                    found[done] = doubts(shown.pop(done))
                shown.setdefault(run, []).append((row, load(Snapshot, record)))
        return found | {run: doubts(rest) for run, rest in shown.items()}

    def doubts_of(self, run: int) -> dict[str, Doubt]:
        """The collectors that were not believed in that run."""
        return self._doubts.get(run, {})


class _Then(Accounts):
    """The accounts of one unit as they were known at the end of one run."""

    def __init__(
        self, past: Past, unit: Unit, shots: Mapping[Key, Sequence[Snapshot]], known: Sequence[KnownPost], run: Run
    ) -> None:
        self.db = past.db
        self.rows = [row for row in past.rows if row.unit == unit.name]
        self._shots, self._shown = shots, {key: _as_of(mine, run.id) for key, mine in shots.items()}
        seen = {shot.run for pair in self._shown.values() for shot in pair if shot}
        self._doubts = {number: past.doubts_of(number) for number in seen}
        self._until = max((shot.at for shot, _ in self._shown.values() if shot), default=_NEVER)
        self._posts = known

    def _known(self, unit: str, since: datetime) -> Mapping[tuple[str, str], list[KnownPost]]:
        found: dict[tuple[str, str], list[KnownPost]] = defaultdict(list)
        for post in self._posts:
            if post.seen_at <= self._until and (post.published or post.seen_at) >= since:
                found[post.source, post.account].append(post)
        return found

    def _answers(self, row: Account, since: datetime) -> Sequence[tuple[datetime, int | None]]:
        mine = self._shots[key_of(row)]
        return [(s.at, s.total) for s in mine if s.status == "ok" and since <= s.at <= self._until]


class _Probes:
    """The probes of a unit that count, read once."""

    def __init__(self, db: Database, unit: str) -> None:
        self.probes = facts.probes_of(db, unit)
        self.instants = [probe.at for probe in self.probes]

    def week(self, until: datetime) -> Sequence[Probe]:
        """Those of the seven days that end with `until`, oldest first."""
        return self.probes[bisect_right(self.instants, until - _WEEK) : bisect_right(self.instants, until)]


def key_of(account: Account) -> Key:
    """What a snapshot is kept under."""
    return account.unit, account.source, account.account


def runs_between(db: Database, first: date, last: date) -> list[Run]:
    """The runs that finished and are not suspect, of whole nights and of single units, that began on these days, oldest first."""
    since = datetime.combine(first, time(), SHANGHAI)
    until = datetime.combine(last + timedelta(days=1), time(), SHANGHAI)
    return [
        run
        for run in facts.runs_in(db, "finished")
        if run.kind in ("night", "only") and since <= run.started_at < until
    ]


def _as_of(shots: Sequence[Snapshot], run: int) -> Shown:
    at = bisect_right(shots, run, key=lambda shot: shot.run)
    if not at:
        return None, None
    day = datetime.combine(shanghai_day(shots[at - 1].at), time(), SHANGHAI)
    before = bisect_left(shots, day, hi=at, key=lambda shot: shot.at)
    return shots[at - 1], shots[before - 1] if before else None
