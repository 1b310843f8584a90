"""Are policies interpreted (政策解读), in many forms, in time, and linked with their documents?"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from db.records import Document, Interpretation, Outcome, PaperColumn, SiteVisit
from monitors.rule import Verdict, failed, na, passed, rule, unknown
from monitors.rules.site import months_before


@rule("interpretation.rate", per="policy")
def rate(document: Document, *, visit: SiteVisit, on: date, days: int) -> Verdict:
    """A normative or policy document of the last year has an interpretation.

    Why: 48号 三（二）; its 100 % is the city's own figure. Each document is judged for itself, so that the line is lost by its
    share. It counts when the document's page links to an interpretation, or one names it (title, number) or links to it.
    Personnel, meetings, commendations, replies, forwarded papers and the like need none; neither does a document within
    `days` days of its publication.

    Known problems: `missing` is said only when the lists of interpretations were read down to the document's day (or the
    site has none and its menus were read in full) and its own page brings no links by script.
    """
    value = {"title": document.title, "published": _iso(document.published)}
    found = [*document.links, *document.explained_by]
    if found:
        return passed(document.evidence, value=value | {"interpretations": found[:5]})
    if document.outcome is not Outcome.OK:
        outcome = str(document.outcome) if document.outcome else document.partial
        return unknown(outcome or "not_seen_tonight", document.evidence, value=value)
    if document.published is None:
        return unknown("no_dates", document.evidence, value=value)
    if (on - document.published).days <= days:
        return na("not_due", document.evidence)
    reason = "script_made" if document.links_unseen else _unproven(document.published, visit)
    if reason or document.carried:
        return unknown(reason or "not_seen_tonight", document.evidence, value=value)
    return failed("missing", document.evidence, value=value)


def _unproven(day: date, visit: SiteVisit) -> str | None:
    """Why an interpretation of a document of that day may exist unseen; None: it does not."""
    papers = visit.papers
    if papers is None:
        return "not_seen_tonight"
    columns = papers.of_group("interpretation")
    if not columns:
        return "not_proven_missing" if visit.nav_gaps or visit.board_gaps else None
    if unseen := next((c.unseen for c in columns if c.unseen), None):
        return unseen
    if any(not c.whole and (c.since is None or c.since >= day) for c in columns):
        return "not_seen_tonight"
    vague = [i for i in papers.interpretations if not i.subject and i.documents is None]
    return "not_seen_tonight" if any(i.published is None or i.published >= day for i in vague) else None


@rule("interpretation.diverse")
def diverse(visit: SiteVisit, *, on: date, share: float, months: int) -> Verdict:
    """Interpretations of the last year are diversified: 图解、视频、访谈、发布会、动漫 and the like, not text alone.

    Why: 48号 三（二） asks for it, its 90 % is the city's own figure. Several interpretations of one document count once: a text
    beside a 图解 is diversified. The form is told by column, title, and what the page shows.

    Known problems: plain ones decide only when their pages were read tonight; what was not read counts for the unit.
    """
    papers = visit.papers
    if papers is None:
        return unknown("not_seen_tonight", visit.home)
    columns = papers.of_group("interpretation")
    since = months_before(on, months)
    groups: dict[str, list[Interpretation]] = defaultdict(list)
    for paper in papers.interpretations:
        if paper.published is None or since <= paper.published <= on:
            groups[_about(paper, papers.documents)].append(paper)
    if not groups:
        return _none(visit, columns)
    many = sum(any(set(i.forms) - {"text"} for i in group) for group in groups.values())
    plain = [g for g in groups.values() if all(i.forms == ("text",) and not i.carried for i in g)]
    value = {"subjects": len(groups), "diversified": many, "plain": [g[0].url for g in plain][:10]}
    if many >= share * len(groups):
        return passed(columns[0].evidence if columns else visit.home, value=value)
    if len(groups) - len(plain) >= share * len(groups):
        return unknown("not_seen_tonight", visit.home, value=value)
    evidence = tuple(g[0].evidence for g in plain[:3] if g[0].evidence)
    return Verdict("fail", "too_few", value, evidence, 1)


@rule("interpretation.linked", per="policy")
def linked(document: Document, *, visit: SiteVisit) -> Verdict:
    """A document and its interpretation link to each other.

    Why: 47号 wants material and document linked both ways; circulars name the fault often.

    Known problems: `na` where there is no interpretation, which is asked by `interpretation.rate`.
    """
    told = {i.url: i for i in (visit.papers.interpretations if visit.papers else ())}
    mine = [told[url] for url in (*document.links, *document.explained_by) if url in told]
    if not document.links and not mine:
        return na("no_interpretations", document.evidence)
    value = {"title": document.title, "links": list(document.links), "interpretations": [i.url for i in mine]}
    if any(document.url in (i.documents or ()) for i in mine) and document.links:
        return passed(document.evidence, value=value)
    unread = not mine or any(i.documents is None or i.carried for i in mine)
    if document.carried or document.links_unseen or document.outcome is not Outcome.OK or (document.links and unread):
        return unknown("script_made" if document.links_unseen else "not_seen_tonight", document.evidence, value=value)
    return failed(
        "missing:to_document" if document.links else "missing:to_interpretation", document.evidence, value=value
    )


@rule("interpretation.delay", per="policy")
def delay(document: Document, *, visit: SiteVisit, days: int) -> Verdict:
    """The first interpretation comes within five working days of its document.

    Why: interpretation is published with the document, at the latest within 3 working days (郑州市 2016), 5 (福建省 2015). No five
    working days last longer than `days` days of the calendar.

    Known problems: a hint; `na` without an interpretation.
    """
    told = {i.url: i.published for i in (visit.papers.interpretations if visit.papers else ())}
    came = [day for url in (*document.links, *document.explained_by) if (day := told.get(url))]
    if not came:
        return na("no_interpretations", document.evidence)
    first, published = min(came), document.published
    value = {"title": document.title, "published": _iso(published), "interpreted": _iso(first)}
    if published is None:
        return unknown("no_dates", document.evidence, value=value)
    if (first - published).days <= days:
        return passed(document.evidence, value=value)
    if document.carried:
        return unknown("not_seen_tonight", document.evidence, value=value)
    return failed("late", document.evidence, value=value)


@rule("interpretation.fresh")
def fresh(visit: SiteVisit, *, on: date, months: int) -> Verdict:
    """The columns of interpretations brought something within the window.

    Why: 19号 deducts for a 政策解读 column with nothing in six months.

    Known problems: a hint; the newest item of all such columns decides.
    """
    if visit.papers is None:
        return unknown("not_seen_tonight", visit.home)
    columns = visit.papers.of_group("interpretation")
    newest = max((c for c in columns if c.newest), key=lambda c: c.newest or date.min, default=None)
    if newest is not None and newest.newest and newest.newest >= months_before(on, months):
        return passed(newest.evidence, value=_iso(newest.newest), target=newest.url)
    unseen = next((c for c in columns if c.unseen), None)
    if newest is None or unseen is not None:
        return _none(visit, columns) if newest is None else unknown(str(unseen and unseen.unseen), newest.evidence)
    return failed("stale", newest.evidence, value=_iso(newest.newest), target=newest.url)


def _about(paper: Interpretation, documents: tuple[Document, ...]) -> str:
    """What groups interpretations of one document: its address where it was seen, else their subject, else themselves."""
    mine = next((d.url for d in documents if paper.url in d.explained_by or paper.url in d.links), None)
    return mine or paper.subject or paper.url


def _none(visit: SiteVisit, columns: list[PaperColumn]) -> Verdict:
    """The verdict where no interpretation was seen."""
    if not columns:
        gaps = [*visit.nav_gaps, *visit.board_gaps]
        return unknown("no_column", visit.home, value=gaps) if gaps else na("no_interpretations", visit.home)
    unseen = next((c for c in columns if c.unseen), None)
    if unseen is not None:
        return unknown(unseen.unseen or "not_seen_tonight", unseen.evidence or visit.home)
    undated = next((c for c in columns if c.rows and c.newest is None), None)
    return unknown("no_dates", undated.evidence) if undated else na("no_interpretations", columns[0].evidence)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
