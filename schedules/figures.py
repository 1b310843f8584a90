"""What are the figures of a year counted from? Gathers everything stored into one record; `monitors.figures` counts it.

With an assessment period that is sealed, what was stored after the seal is left out, so that the same draft can be made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from db import facts, findings, periods, posts, reviews, samples, sheets
from db import figures as queries
from db.codec import load
from db.records import Account, Finding, Interpretation, Report, SiteVisit, Unit, shanghai_day
from monitors import items as listed
from monitors.counting import counts, year_of
from monitors.figures import Known
from monitors.rubric import Rubric, load_rubric
from monitors.sampling import Reliability, reliability
from schedules.period import Assessment
from schedules.review import reviewed_judging

_SURE = 2  # days that must have shown a fault which nobody has confirmed


def known(db: Database, year: int, *, assessment: Assessment | None = None, now: datetime | None = None) -> Known:
    """What is stored about that year up to now, or up to the seal of the period.

    Findings are those of the last judging as reviewed, fails only where `sure`; with a period, the fails that count in it and, from its
    last judging, what passed or was not seen. Raises RubricError.
    """
    until = now or datetime.now(UTC)
    if assessment is not None and assessment.period.seal is not None:
        until = min(until, assessment.period.seal.at)
    units, accounts = _registry(db, assessment)
    rubric = assessment.rubric if assessment else load_rubric()
    since, over = year_of(year)
    before = year_of(year - 1)[0]
    seen = {u.name: _Site(u.name, year) for u in units if u.site}
    for name, site in seen.items():
        watched = queries.visits_between(db, name, since=since, until=until)
        site.items = listed.counted(name, site.noting(watched), year=year)
        # what the last days of a year brought is still listed in the first month of the next
        earlier = queries.visits_between(db, name, since=before, until=min(until, year_of(year)[0].replace(month=2)))
        site.before = listed.counted(name, site.reporting(earlier), year=year - 1)
    mine = [p for p in posts.posts(db, since=since, until=over) if p.seen_at < until]
    answered = facts.first_answers(db, since=since, until=min(over, until))
    return Known(
        year,
        units,
        _findings(db, year, units, rubric, assessment, until),
        rubric,
        {name: site.items for name, site in seen.items() if site.items},
        {name: site.before for name, site in seen.items() if site.before},
        counts(accounts, mine, answered, year=year),
        {name: list(site.papers.values()) for name, site in seen.items() if site.looked},
        {name: site.reports[year] for name, site in seen.items() if year in site.reports},
        {name: site.reports[year - 1] for name, site in seen.items() if year - 1 in site.reports},
        sheets.rows(db, year),
    )


def _registry(db: Database, assessment: Assessment | None) -> tuple[list[Unit], list[Account]]:
    """The units and accounts as registered now, or as the period was sealed with."""
    if assessment is None or assessment.period.seal is None:
        return facts.units(db), facts.accounts(db)
    rows = [row.record for row in periods.frozen(db, assessment.period, "registry")]
    units = [load(Unit, row) for row in rows if "platform" not in json.loads(row)]
    return units, [load(Account, row) for row in rows if "platform" in json.loads(row)]


@dataclass(slots=True)
class _Site:
    """What the visits of one site bring, noted down as they go by: a year of them does not fit into memory."""

    unit: str
    year: int
    items: listed.Items | None = None
    before: listed.Items | None = None
    papers: dict[str, Interpretation] = field(default_factory=dict)
    reports: dict[int, Report] = field(default_factory=dict)
    looked: bool = False

    def noting(self, visits: Iterator[SiteVisit]) -> Iterator[SiteVisit]:
        """The visits as they come; interpretations and reports of the year are noted, the newest reading of each."""
        for visit in self.reporting(visits):
            if visit.papers is not None:
                self.looked = True
                for paper in visit.papers.interpretations:
                    if paper.published and paper.published.year == self.year:
                        known = self.papers.get(paper.url)
                        self.papers[paper.url] = paper if known is None or paper.forms else known
            yield visit

    def reporting(self, visits: Iterator[SiteVisit]) -> Iterator[SiteVisit]:
        """The visits as they come; the unit's own annual reports whose body was read are noted, the newest reading of each."""
        for visit in visits:
            for report in visit.reports:
                wanted = report.year in (self.year, self.year - 1) and report.owner == "own"
                if wanted and report.year is not None and report.body is not None and report.body.tables:
                    self.reports[report.year] = report
            yield visit


def sure(db: Database, fails: Sequence[Finding], *, since: datetime, until: datetime) -> list[Finding]:
    """Those of these fails that two days of that time have shown, or a person has confirmed: what a paper may name."""
    days = queries.days_in_fault(db, since=since, until=until)
    said = {(r.unit, r.rule, r.target) for r in reviews.reviews(db) if r.action in ("confirm", "rectify")}
    return [
        f
        for f in fails
        if days.get((f.unit, f.rule, f.target, f.account), 0) >= _SURE or (f.unit, f.rule, f.target) in said
    ]


def _certain(db: Database, found: Sequence[Finding], *, since: datetime, until: datetime) -> list[Finding]:
    """The findings without fails that are not sure: they count neither way."""
    kept = {f.id for f in sure(db, [f for f in found if f.verdict == "fail"], since=since, until=until)}
    return [f for f in found if f.verdict != "fail" or f.id in kept]


def _findings(
    db: Database, year: int, units: Sequence[Unit], rubric: Rubric, assessment: Assessment | None, until: datetime
) -> list[Finding]:
    if assessment is not None:
        last = assessment.period.last
        until = min(until, datetime.combine(last, datetime.max.time(), year_of(last.year)[0].tzinfo))
    judging = queries.last_night(db, until=until) or (findings.latest_judging(db) if assessment is None else None)
    found = findings.findings_of(db, judging.id) if judging else []
    on = shanghai_day(judging.as_of if judging else until)
    now = list(reviewed_judging(db, found, units, rubric, on=on).findings)
    since = year_of(year)[0]
    if assessment is None:
        return _certain(db, now, since=since, until=until)
    portals = {
        u.name for u in units if u.group == "portal"
    }  # the portal is no part of the period: as it is reviewed now
    mine = _certain(db, [f for f in now if f.unit in portals], since=since, until=until)
    now = [*(f for f in found if f.unit not in portals), *mine]
    counting = {n for unit in assessment.units for line in unit.lines for n in line.findings}
    fails = [f for id_ in sorted(counting) if (f := findings.finding_by_id(db, id_)) is not None]
    newest = {(f.unit, f.rule, f.target, f.account): f for f in fails}  # one a fault: the last night that showed it
    rest = [f for f in now if f.verdict != "fail" and (f.unit, f.rule, f.target, f.account) not in newest]
    return [*rest, *newest.values(), *(f for f in now if f.verdict == "fail" and f.unit in portals)]


def checked(db: Database, *, period: str | None = None) -> list[Reliability]:
    """What people found when they checked the last draw by hand, of that period where one is given; empty without a draw.

    For the rules page of the desk and for the circular.
    """
    drawn = [s for s in samples.samples(db) if period is None or s.period == period]
    if not drawn:
        return []
    last = drawn[-1].id
    return reliability(samples.strata(db, last), samples.items(db, last), samples.answers(db, last))


def online(db: Database, known_: Known, assessment: Assessment | None) -> list[tuple[str, str, str, str]]:
    """(unit, group, 网上考核, 备注) of every ranked unit: of the period, else of the last judging as reviewed."""
    made: list[tuple[str, str, str, str]] = []
    if assessment is not None:
        for row in assessment.corrected().units:
            made.append((row.unit, row.group, _mark(row.special, row.online), row.remark))
        return made
    judging = findings.latest_judging(db)
    for score in findings.scores_of(db, judging.id) if judging else []:
        if score.group != "portal":
            made.append((score.unit, score.group, _mark(score.special, score.online), ""))
    return made


def _mark(special: str | None, online_: Any) -> str:
    return special or ("〔待填：待人工核查〕" if online_ is None else f"{online_:.1f}")
