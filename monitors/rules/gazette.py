"""Does a county publish a government gazette (政府公报), and as which files? Bonus rules: they cost nothing."""

from __future__ import annotations

from datetime import date

from db.records import GazetteIssue, SiteVisit, Unit
from monitors.rule import Verdict, failed, na, passed, rule, unknown
from monitors.rules.site import months_before

FORMS = ("pdf", "word")


@rule("gazette.column")
def column(visit: SiteVisit, *, unit: Unit, on: date, months: int) -> Verdict:
    """A 政府公报 column holds an issue of the last year. Never fails.

    Why: 22号 lets counties publish a gazette, 48号 一（二） praises those that do; departments publish none (`na`).

    Known problems: an issue that shows neither day nor this year's number is unknown.
    """
    if unit.group == "department":
        return na("not_required")
    if visit.papers is None:
        return unknown("not_seen_tonight", visit.home)
    columns = visit.papers.of_group("gazette")
    if not columns:
        return na("no_column", visit.home)
    since = months_before(on, months)
    for issue in visit.papers.issues:
        if _since(issue, since, on):
            return passed(issue.evidence or columns[0].evidence, value=issue.title, target=columns[0].url)
    unseen = next((c for c in columns if c.unseen), None)
    if unseen is not None:
        return unknown(unseen.unseen or "not_seen_tonight", unseen.evidence or visit.home)
    if any(i.published is None and (i.year is None or i.year == since.year) for i in visit.papers.issues):
        return unknown("no_dates", columns[0].evidence)
    return na("stale", columns[0].evidence)


@rule("gazette.formats")
def formats(visit: SiteVisit, *, unit: Unit) -> Verdict:
    """The newest gazette issue is offered as PDF and as Word, and both answer.

    Why: 48号 一（二） names both for the city's own gazette.

    Known problems: read by the addresses and words of links in the list and on the issue's own page; files that a script or
    viewer brings are unknown.
    """
    if unit.group == "department":
        return na("not_required")
    if visit.papers is None:
        return unknown("not_seen_tonight", visit.home)
    columns = visit.papers.of_group("gazette")
    if not columns:
        return na("no_column", visit.home)
    if not visit.papers.issues:
        unseen = next((c for c in columns if c.unseen), None)
        where = (unseen.evidence if unseen else None) or columns[0].evidence
        return unknown(unseen.unseen or "not_seen_tonight", where) if unseen else na("no_issues", where)
    issue = visit.papers.issues[0]
    value = {"issue": issue.title, "files": dict(issue.files)}
    missing = [form for form in FORMS if form not in issue.files]
    if missing:
        if issue.unseen or issue.carried:
            return unknown(issue.unseen or "not_seen_tonight", issue.evidence, value=value)
        return failed(f"missing:{','.join(missing)}", issue.evidence, value=value)
    dead = [form for form in FORMS if issue.reached.get(form) is False]
    if dead:
        return failed(f"dead:{','.join(dead)}", issue.evidence, value=value)
    if not all(issue.reached.get(form) for form in FORMS):
        return unknown("not_seen_tonight", issue.evidence, value=value)
    return passed(issue.evidence, value=value)


def _since(issue: GazetteIssue, since: date, on: date) -> bool:
    """Whether the issue is of the window: by its day, else because its title names this year."""
    if issue.published is not None:
        return since <= issue.published <= on
    return issue.year is not None and issue.year == on.year
