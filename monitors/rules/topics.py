"""Are there living topic columns (专题专栏)?"""

from __future__ import annotations

from datetime import date

from db.records import Content, PaperColumn, SiteVisit
from monitors.rule import Verdict, failed, passed, rule, unknown
from monitors.rules.site import dead, months_before


@rule("topics.columns")
def columns(visit: SiteVisit, *, on: date, months: int) -> Verdict:
    """At least one topic column holds an item of the last year.

    Why: 48号 三（三） wants topic columns opened for policies that many care about; the window is our own.

    Known problems: `missing` needs menus read in full; topics that show no dates are unknown. Topics on other hosts do not
    count either way.
    """
    if visit.papers is None:
        return unknown("not_seen_tonight", visit.home)
    found = visit.papers.of_group("topic")
    since = months_before(on, months)
    living = next((c for c in found if c.live or (c.newest and since <= c.newest <= on)), None)
    if living is not None:
        return passed(living.evidence, value={"name": living.name, "newest": _iso(living.newest)}, target=living.url)
    if not found:
        gaps = [*visit.nav_gaps, *visit.board_gaps]
        return unknown("not_proven_missing", visit.home, value=gaps) if gaps else failed("missing", visit.home)
    faults = [_fault(c, visit) for c in found]
    value = [{"name": c.name, "url": c.url, "newest": _iso(c.newest)} for c in found]
    worst = next((n for n, (sure, _) in enumerate(faults) if not sure), None)
    if worst is not None:
        return unknown(faults[worst][1], found[worst].evidence or visit.home, value=value, target=found[worst].url)
    return failed(faults[0][1], found[0].evidence or visit.home, value=value, target=found[0].url)


def _fault(topic: PaperColumn, visit: SiteVisit) -> tuple[bool, str]:
    """Whether it is proven that the topic does not live, and the code that says why (not)."""
    column = next((c for c in visit.columns if c.url == topic.url), None)
    if column is not None:
        first_too = column.first_outcome is not None and column.first_outcome is column.outcome
        if dead(column.outcome, column.status) and first_too:
            return True, "dead"
        if column.content is Content.BLANK and not topic.unseen:
            return True, "blank"
    if topic.unseen:
        return False, topic.unseen
    return (True, "stale") if topic.newest else (False, "no_dates")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
