"""Is the annual report (政府信息公开工作年度报告) that is due there, and was it in time?"""

from __future__ import annotations

from datetime import date

from db.records import Content, Outcome, Report, SiteVisit, Unit
from monitors.rule import Verdict, failed, na, passed, rule, unknown


def year_due(on: date, deadline: str) -> int:
    """The year reported on by the latest report whose deadline ("01-31") has passed on that day."""
    month, day = map(int, deadline.split("-"))
    return on.year - 1 if on > date(on.year, month, day) else on.year - 2


@rule("report.published")
def published(visit: SiteVisit, *, unit: Unit, on: date, department: str, county: str) -> Verdict:
    """The unit's own report on the year that is due is published, and not later than the deadline.

    Why: 条例 art. 49: departments by 31 January, governments by 31 March; the last day counts, holidays do not shift it.
    Searched on the unit's own site, its board, then the page where the city gathers the reports. `late` needs every date
    found (list row, shown, meta, address) after the deadline; dates on both sides are unknown (`dates_disagree`).

    Known problems: a department may lawfully publish on the portal only, so without an annual-report column of its own
    and without a readable gathered page its absence is unknown. A report whose title names neither unit nor year is
    unclear and never costs a point.
    """
    if not unit.annual_report:
        return na("not_required")
    deadline = department if unit.group == "department" else county
    year = year_due(on, deadline)
    own = [r for r in visit.reports if r.year == year and r.owner == "own"]
    if own:
        return _in_time(own, date(year + 1, *map(int, deadline.split("-"))), visit)
    unclear = next((r for r in visit.reports if r.owner == "unclear" and r.year in (year, None)), None)
    if unclear:
        return unknown(
            "not_proven_missing", unclear.evidence or visit.home, value={"year": year, "title": unclear.title}
        )
    return _absent(visit, unit, year)


def _in_time(own: list[Report], last: date, visit: SiteVisit) -> Verdict:
    days = [day for r in own for day in r.dates.values()]
    report = next((r for r in own if r.evidence), own[0])
    value = {
        "title": report.title,
        "url": report.url,
        "deadline": last.isoformat(),
        "dates": [{k: d.isoformat() for k, d in r.dates.items()} for r in own],
    }
    evidence = report.evidence or next(
        (c.evidence for c in visit.columns if c.role == "annual_report" and c.evidence), visit.home
    )
    if not days or all(day <= last for day in days):
        return passed(evidence, value=value, target=report.url)
    if all(day > last for day in days):
        return failed("late", evidence, value=value, target=report.url)
    return unknown("dates_disagree", evidence, value=value, target=report.url)


def _absent(visit: SiteVisit, unit: Unit, year: int) -> Verdict:
    """No such report was seen: missing only where every place it may stand was read."""
    columns = [c for c in visit.columns if c.role == "annual_report"]
    gathered = visit.reports_page
    value = {"year": year, "seen": [r.title for r in visit.reports][:10]}
    if gathered is not None and gathered is not Outcome.OK:
        return unknown(str(gathered), visit.home, value=value)
    shown = next((c for c in columns if c.evidence), None)
    evidence = shown.evidence if shown else visit.home
    if columns:
        blank = all(c.content is Content.BLANK for c in columns)
        if visit.reports_read or blank:
            return failed("missing", evidence, value=value)
        unread = next((c for c in columns if c.outcome is not None and c.outcome is not Outcome.OK), None)
        return unknown(str(unread.outcome) if unread else str(Outcome.NEEDS_RENDER), evidence, value=value)
    if visit.nav_gaps or visit.board_gaps:
        return unknown("not_proven_missing", evidence, value=value)
    if unit.group == "department" and gathered is None:
        return unknown("not_proven_missing", evidence, value=value)
    return failed("missing", evidence, value=value)
