"""Are the official documents (公文) that a unit publishes marked as open, described in full, and published in time?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from db.records import Document, Evidence, Outcome, SiteVisit
from monitors.rule import Verdict, failed, na, passed, rule, unknown

NAMES = {
    "index": "索引号",
    "number": "发文字号",
    "written": "成文日期",
    "published": "发布日期",
    "publisher": "发布机构",
    "openness": "公开属性",
    "validity": "有效性",
}
_CLOSED = re.compile("依申请公开|不予公开|免予公开|不公开")
_IN_TEXT = frozenset(("number", "written"))  # stand in the document itself, which may be an attachment
_NO_TEXT = ("script_made", "framed")  # pages of which nothing may be concluded
_ROWS = 5  # rows of a column from which it can be said what it is filled with


@rule("document.openness", per="document")
def openness(document: Document) -> Verdict:
    """A published official document says how it is opened: （此件公开发布） or a 公开属性 in its table.

    Why: 48号 二（三） and 三（一） want every document's 公开属性 fixed and stated; 80号 wants it fixed while drafting. Judged are the
    newest documents of the last year, each for itself: those with a 发文字号 of their own, or titled as documents in a
    column of documents. Recruitment, tenders, publicity, reprints of higher bodies are none.

    Known problems: where the page holds only a cover, a picture or an attachment, or a script makes the table, it is
    unknown. Any 公开方式, 公开范围 that says how it is opened counts.
    """
    value = _value(document, "openness")
    if document.mark:
        return passed(_words(document, document.mark), value=value | {"mark": document.mark})
    if reason := _unread(document, "openness"):
        return unknown(reason, document.evidence, value=value)
    return failed("missing:openness", document.evidence, value=value)


@rule("document.metadata", per="document")
def metadata(document: Document, *, fields: Sequence[str]) -> Verdict:
    """A document's page names its 索引号, 发文字号, 成文日期, 发布日期 and 发布机构.

    Why: 条例 art. 12 wants index, name and date in the catalogue; gov.cn's own table has these fields. The reason lists those
    that stand nowhere on the page: not in its table, not in labelled text or meta tags, not in the document's head or
    signature. An empty cell or 无 is none.

    Known problems: what a script writes is unknown; of a document that is an attachment only what cannot stand in it is
    missed. A signature counts as 成文日期 and 发布机构.
    """
    value = _value(document, *fields)
    missing = [f for f in fields if f not in document.fields]
    if not missing:
        return passed(_words(document, _told(document, fields)), value=value)
    nothing_told = "table" in document.scripted or document.partial in _NO_TEXT
    unsure = {*document.scripted, *(fields if nothing_told else ()), *(_IN_TEXT if document.partial else ())}
    sure = [f for f in missing if f not in unsure]
    if sure and not document.carried and document.outcome is Outcome.OK:
        words = f"页面无 {'、'.join(NAMES[f] for f in sure)}；已见 {_told(document, fields)}"
        return failed(f"missing:{','.join(sure)}", _words(document, words), value=value)
    return unknown(_unread(document, *missing) or "script_made", document.evidence, value=value)


@rule("document.not_public", per="document")
def not_public(document: Document) -> Verdict:
    """No document on the open web is marked 依申请公开 or 不予公开.

    Why: 条例 art. 14 to 16: what is not open is not published; a wrong mark is the other possibility, and is a fault too.

    Known problems: a hint for a person; both the mark and the publication may be the mistake.
    """
    if document.mark and _CLOSED.search(document.mark):
        if document.carried:
            return unknown("not_seen_tonight", document.evidence, value=_value(document))
        return failed("not_public", _words(document, document.mark), value=_value(document))
    if document.mark is None and (reason := _unread(document, "openness")):
        return unknown(reason, document.evidence, value=_value(document))
    return passed(document.evidence, value=_value(document))


@rule("document.reply", per="reply")
def reply(document: Document) -> Verdict:
    """A published reply (函复类: 批复、复函) is marked 主动公开, neither unmarked nor closed.

    Why: 48号 二（三）: replies of general guidance are to be open and their 公开属性 fixed so.

    Known problems: a hint; whether a reply is of general guidance only a person can say.
    """
    if document.mark and not _CLOSED.search(document.mark):
        return passed(_words(document, document.mark), value=_value(document))
    if reason := _unread(document, "openness"):
        return unknown(reason, document.evidence, value=_value(document))
    return failed("not_public" if document.mark else "missing:openness", document.evidence, value=_value(document))


@rule("document.delay", per="document")
def delay(document: Document, *, days: int) -> Verdict:
    """A document is published within 20 working days of its making.

    Why: 条例 art. 26. No 20 working days last longer than `days` days of the calendar, whatever holidays lie between.

    Known problems: the duty runs from making or change; a document published again after a change looks late.
    """
    written = _day(document.fields.get("written"))
    published = _day(document.fields.get("published")) or document.published
    value = _value(document, "written", "published")
    if written is None or published is None:
        return unknown(_unread(document, "written", "published") or "no_dates", document.evidence, value=value)
    if (published - written).days <= days:
        return passed(document.evidence, value=value)
    if document.carried:
        return unknown("not_seen_tonight", document.evidence, value=value)
    return failed("late", _words(document, f"成文日期 {written}，发布日期 {published}"), value=value)


@rule("document.library")
def library(visit: SiteVisit) -> Verdict:
    """Normative documents stand in a column of their own, each with its validity (有效性).

    Why: the normative documents in force are gathered in one library and kept current (2022 年政务公开工作要点; 54号).

    Known problems: judged by the newest documents of the last year only; a unit that made none is `na`.
    """
    if visit.papers is None:
        return unknown("not_seen_tonight", visit.home)
    made = [d for d in visit.papers.documents if d.kind == "normative"]
    columns = visit.papers.of_group("normative")
    if not made:
        return no_documents(visit)
    if not columns:
        gaps = [*visit.nav_gaps, *visit.board_gaps]
        return unknown("not_proven_missing", visit.home, value=gaps) if gaps else failed("missing", visit.home)
    without = [d for d in made if "validity" not in d.fields]
    sure = [d for d in without if not _unread(d, "validity")]
    value = {"documents": len(made), "without": [d.url for d in without]}
    if sure:
        return failed("missing:validity", sure[0].evidence, value=value, target=columns[0].url)
    if without:
        return unknown(_unread(without[0], "validity") or "not_seen_tonight", without[0].evidence, value=value)
    return passed(columns[0].evidence, value=value, target=columns[0].url)


@rule("document.substitution")
def substitution(visit: SiteVisit) -> Verdict:
    """A column of documents holds documents, not news.

    Why: 48号 三（三）: news must not stand in for authoritative documents (不得以新闻报道……代替).

    Known problems: a hint, told by titles: at least half of five or more rows tell events and hardly any names a document.
    """
    if visit.papers is None:
        return unknown("not_seen_tonight", visit.home)
    columns = [c for c in visit.papers.of_group("normative", "policy") if not c.unseen and c.rows]
    if not columns:
        return no_documents(visit)
    bad = [c for c in columns if c.rows >= _ROWS and 2 * c.news >= c.rows and 4 * c.documents <= c.rows]
    if not bad:
        return passed(columns[0].evidence, value={"columns": len(columns)})
    value = [{"name": c.name, "url": c.url, "rows": c.rows, "news": c.news} for c in bad]
    return failed("news_instead", bad[0].evidence, value=value, target=bad[0].url)


def no_documents(visit: SiteVisit) -> Verdict:
    """The verdict where there is no document to judge: why none was seen, or that the year brought none."""
    papers = visit.papers
    if papers is None:
        return unknown("not_seen_tonight", visit.home)
    columns = papers.of_group("normative", "policy")
    if not columns:
        return unknown("no_column", visit.home)
    unseen = next((c for c in columns if c.unseen), None)
    if unseen is not None:
        return unknown(unseen.unseen or "not_seen_tonight", unseen.evidence or visit.home)
    if papers.left:
        return unknown("not_seen_tonight", visit.home, value={"left": papers.left})
    undated = next((c for c in columns if c.rows and c.newest is None), None)
    if undated is not None and not papers.documents:
        return unknown("no_dates", undated.evidence)
    return na("no_documents", columns[0].evidence)


def _unread(document: Document, *fields: str) -> str | None:
    """Why the absence of these fields is not proven tonight; None: it is."""
    if document.outcome is not None and document.outcome is not Outcome.OK:
        return str(document.outcome)
    if document.partial:
        return document.partial
    if "table" in document.scripted or set(fields) & set(document.scripted):
        return "script_made"
    return "not_seen_tonight" if document.carried or document.outcome is None else None


def _value(document: Document, *fields: str) -> dict[str, Any]:
    return {"title": document.title} | {f: document.fields.get(f) for f in fields}


def _told(document: Document, fields: Sequence[str]) -> str:
    return "；".join(f"{NAMES[f]} {document.fields[f]}" for f in fields if f in document.fields)


def _words(document: Document, words: str) -> Evidence | None:
    e = document.evidence
    return Evidence(e.url, e.fetched_at, e.status, e.sha256, words or e.excerpt) if e else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
