"""Is a unit's website alive, kept up and safe?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from db.records import Column, Content, Evidence, Footer, Outcome, Probe, Row, SiteVisit
from monitors.rule import FAIL, PASS, UNKNOWN, Verdict, failed, passed, rule, unknown

NETWORK = frozenset((Outcome.DNS, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.TLS))
_REFUSING = frozenset((Outcome.CHALLENGE, Outcome.BLOCKED))
_ANSWERED = frozenset((Outcome.OK, Outcome.NEEDS_RENDER))
_FEW = 3  # probes that one run must make before their failure counts
BOARD_ROLES = frozenset(("board", "guide", "rules", "statutory", "catalogue", "annual_report", "request"))


def dead(outcome: Outcome | None, status: int | None) -> bool:
    """Whether one visit says that the page is not there: 404, 410, 5xx or a soft 404; 401, 403, 405, time-outs do not."""
    if outcome is Outcome.SOFT_404:
        return True
    return outcome is Outcome.HTTP_ERROR and status is not None and (status in (404, 410) or status >= 500)


def newest(rows: Iterable[Row], on: date) -> date | None:
    """The newest day not after `on`; None when no row has one. Pinned old rows and future dates do no harm."""
    return max((r.published for r in rows if r.published and r.published <= on), default=None)


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    month = day.year * 12 + day.month - 1 - months
    year, month = divmod(month, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def probe_failed(probe: Probe) -> bool:
    """One visit that did not open the page (19号-1-2): no connection, no answer in 15 s, or 5xx."""
    if probe.outcome in _REFUSING:
        return False
    return probe.outcome in NETWORK or (probe.status is not None and probe.status >= 500)


@rule("site.available")
def available(visit: SiteVisit, *, week: Sequence[Probe], share: float, probes: int) -> Verdict:
    """The home page opens (站点无法访问).

    Why: 19号 counts a site out when 5 % or more of a week's spaced visits show no page within 15 s. With 100 or more
    valid probes in 7 days that share decides; with fewer, every probe of the run must have failed (at least three, from
    its start to its end), and all must have answered for a pass.

    Known problems: three probes of one night are a sample; they open an alert and veto nothing. Challenges, refusals by
    a firewall, 4xx and maintenance pages are neither up nor down: unknown.
    """
    valid = [p for p in week if probe_failed(p) or p.outcome in _ANSWERED]
    if len(valid) >= probes:
        bad = sum(map(probe_failed, valid))
        value = {"probes": len(valid), "failed": bad}
        return (
            failed(str(visit.outcome), _probe_evidence(visit), value=value)
            if bad >= share * len(valid)
            else passed(visit.home, value=value)
        )
    tonight = visit.probes
    bad = sum(map(probe_failed, tonight))
    value = {"probes": len(tonight), "failed": bad}
    if bad == len(tonight) and bad >= _FEW:
        return failed(str(tonight[-1].outcome), _probe_evidence(visit), value=value)
    if tonight and all(p.outcome in _ANSWERED for p in tonight):
        return passed(visit.home, value=value)
    odd = next((p for p in tonight if not probe_failed(p) and p.outcome not in _ANSWERED), None)
    return unknown(str(odd.outcome) if odd and not bad else "too_few_probes", visit.home, value=value)


def _probe_evidence(visit: SiteVisit) -> Evidence:
    last = visit.probes[-1]
    times = "；".join(f"{p.at:%H:%M:%S}Z {p.detail or p.outcome}" for p in visit.probes)
    sha256 = visit.home.sha256 if visit.home and last.status else None
    return Evidence(visit.url, last.at, last.status, sha256, times[:200])


@rule("site.home_fresh")
def home_fresh(visit: SiteVisit, *, on: date, days: int) -> Verdict:
    """Something on the home page is dated within the window (首页不更新).

    Why: 19号 counts a site out whose home page shows nothing new for two weeks. Where the home page is navigation only
    (fewer than three dated items), the pages it leads to are asked. Dates in banners, calendars and the foot do not count;
    a date in an item's address does.

    Known problems: a look back by the newest date stands for two weeks of watching.
    """
    rows = list(visit.home_rows)
    if visit.navigation_only:
        rows += [row for column in visit.columns for row in column.rows]
    day = newest(rows, on)
    if day and (on - day).days <= days:
        return passed(visit.home, value=day.isoformat())
    if visit.home_unseen:
        return unknown(Outcome.NEEDS_RENDER, visit.home, value=visit.home_unseen)
    if day is None:
        return unknown("only_future_dates" if any(r.published for r in rows) else "no_dates", visit.home)
    unread = [
        c for c in visit.columns if c.role in ("news", "notice") and c.content in (Content.UNREAD, Content.NEEDS_RENDER)
    ]
    if visit.navigation_only and unread:
        return unknown(unread_reason(unread[0]), unread[0].evidence)
    return failed("stale", _with(visit.home, _words(rows, day)), value=day.isoformat())


@rule("site.news_fresh", per="news")
def news_fresh(column: Column, *, on: date, days: int) -> Verdict:
    """A news column (动态、要闻) has something within the window; its first day still counts.

    Why: 19号 counts the news columns without anything in two weeks. Newest is the newest date not after the run's day: a
    pinned old item or a future date proves nothing. A blank column fails as `blank` and is not priced again as blank.

    Known problems: unknown when no row shows a usable date: we may have misread the layout.
    """
    return _fresh(column, on, on - timedelta(days=days))


@rule("site.notice_fresh", per="notice")
def notice_fresh(column: Column, *, on: date, months: int) -> Verdict:
    """A first-level notice or policy-document column (通知公告、政策文件) has something within six calendar months.

    Why: 19号 counts such columns beside the news columns. Months are calendar months: before 2026-11-23 it is 2026-05-23.

    Known problems: a unit may lawfully issue no document for half a year; the clause knows no exception.
    """
    return _fresh(column, on, months_before(on, months))


def _fresh(column: Column, on: date, since: date) -> Verdict:
    if column.outcome is not Outcome.OK:
        return unknown(unread_reason(column), column.evidence)
    if column.content is Content.BLANK:
        return failed("blank", column.evidence, value=column.note)
    if column.content in (Content.NEEDS_RENDER, Content.UNREAD):
        return unknown(unread_reason(column), column.evidence, value=column.note)
    day = newest(column.rows, on)
    if column.partial and (day is None or day < since):
        return unknown("incomplete", column.evidence, value=column.partial)
    if day is None:
        return unknown("only_future_dates" if any(r.published for r in column.rows) else "no_dates", column.evidence)
    if day < since:
        if not any(r.published and r.dated_by in ("row", None) for r in column.rows):
            return unknown(
                "no_dates", column.evidence, value=day.isoformat()
            )  # the list shows none, addresses prove no age
        return failed("stale", column.evidence, value=day.isoformat())
    return passed(column.evidence, value=day.isoformat())


@rule("site.stale_columns", per="verdicts")
def stale_columns(verdicts: Sequence[Verdict], *, visit: SiteVisit, columns: int) -> Verdict:
    """Fewer than five news and notice columns are stale together (栏目不更新).

    Why: 19号 counts a site out at five. It judges the verdicts of the two freshness rules; unknown when the stale ones
    alone do not reach five and the unseen ones could.

    Known problems: none of its own.
    """
    stale = [v for v in verdicts if v.verdict == FAIL]
    unseen = sum(1 for v in verdicts if v.verdict == UNKNOWN and v.target)
    value = {"stale": len(stale), "unseen": unseen, "columns": [v.target for v in stale]}
    if len(stale) >= columns:
        return Verdict(FAIL, "stale", value, tuple(e for v in stale for e in v.evidence[:1]), 1)
    if len(stale) + unseen >= columns or not verdicts:
        return unknown("not_seen_tonight" if verdicts else "no_column", visit.home, value=value)
    return passed(visit.home, value=value)


@rule("site.zombie", per="verdicts")
def zombie(verdicts: Sequence[Verdict], *, visit: SiteVisit, available: Verdict, home: Verdict) -> Verdict:
    """The site is not dead: it answers, and not all that should be fresh is stale (僵尸网站).

    Why: 48号 has zombie sites closed. Fails when `site.available` fails, or when the home page fails and at least one
    news or notice column was read and all of them fail. An alert, no second deduction.

    Known problems: any unknown among these makes it unknown; a site with one living column is no zombie.
    """
    if available.verdict == FAIL:
        return Verdict(FAIL, available.reason, available.value, available.evidence, 1)
    if available.verdict == UNKNOWN:
        return unknown(available.reason or UNKNOWN, visit.home)
    if home.verdict == PASS or any(v.verdict == PASS for v in verdicts):
        return passed(visit.home)
    if home.verdict == UNKNOWN or any(v.verdict == UNKNOWN for v in verdicts) or not verdicts:
        reason = next((v.reason for v in (home, *verdicts) if v.verdict == UNKNOWN), "no_column")
        return unknown(reason or UNKNOWN, visit.home)
    return Verdict(FAIL, "stale", home.value, (*home.evidence, *(e for v in verdicts for e in v.evidence[:1])), 1)


@rule("site.blank_columns")
def blank_columns(visit: SiteVisit, *, columns: int) -> Verdict:
    """No column of the menus is blank (空白栏目).

    Why: 19号 counts a site out at five blank columns, and 47号 wants none. A column is blank when its page was seen whole
    and holds, beside the frame it shares with other pages, no item, link, text of 30 characters, form, picture or
    document. Columns that a board rule or a freshness rule prices are left out.

    Known problems: with unread columns and no blank one it passes only when fewer than five are unread.
    """
    others = [c for c in visit.columns if c.role == "other" and not c.outward]
    blank = [c for c in others if c.content is Content.BLANK]
    unread = sum(
        1 for c in others if c.content in (Content.NEEDS_RENDER, Content.UNREAD) and not dead(c.outcome, c.status)
    )
    value = {
        "blank": [{"name": c.name, "url": c.url, "words": c.note} for c in blank],
        "unseen": unread,
        "columns": len(others),
    }
    if blank:
        return Verdict(FAIL, "blank", value, tuple(c.evidence for c in blank if c.evidence), len(blank))
    if unread >= columns:
        return unknown("not_seen_tonight", visit.home, value=value)
    return passed(visit.home, value=value)


@rule("site.dead_links")
def dead_links(visit: SiteVisit) -> Verdict:
    """The internal links of the home and board pages lead somewhere (死链).

    Why: 19号 deducts for links that do not open. A link is dead when it answers 404, 410, 5xx or a soft 404 at the first
    visit and at the confirming one; 401, 403, 405 and time-outs do not count. Links that a board rule names are left out.

    Known problems: up to 100 links a night, rotating beyond; pictures and links to other sites are not asked.
    """
    named = {c.url for c in (visit.board, *visit.columns) if c and c.role in BOARD_ROLES}
    checks = [c for c in visit.links if c.url not in named]
    bad = [c for c in checks if dead(c.first, c.first_status)]
    sure = [c for c in bad if dead(c.second, c.second_status)]
    value = {
        "tried": len(checks),
        "of": visit.links_total,
        "dead": [{"url": c.url, "text": c.anchor, "status": c.first_status} for c in sure],
    }
    if sure:
        return Verdict(FAIL, "dead", value, tuple(c.evidence for c in sure if c.evidence), len(sure))
    if any(c.second is None for c in bad):
        return unknown("not_seen_tonight", visit.home, value=value)
    return passed(visit.home, value=value)


@rule("site.footer")
def footer(visit: SiteVisit) -> Verdict:
    """The foot of the home page carries 网站标识码, ICP备案, 公安备案, 主办单位 and 联系方式.

    Why: 47号 prescribes these marks. The reason lists the missing ones.

    Known problems: a foot made by a script or frame that was not read is unknown.
    """
    missing = [m for m in Footer.MARKS if not getattr(visit.footer, m)]
    value = {m: getattr(visit.footer, m) for m in Footer.MARKS}
    if not missing:
        return passed(visit.home, value=value)
    if visit.footer.unseen:
        return unknown(
            "reader_error" if visit.footer.unseen == "reader_error" else Outcome.NEEDS_RENDER,
            visit.home,
            value=visit.footer.unseen,
        )
    return failed(f"missing:{','.join(missing)}", _with(visit.home, visit.footer.excerpt), value=value)


def unread_reason(column: Column) -> str:
    """The code that says why a column was not read."""
    if column.note and column.note.startswith("reader_error"):
        return "reader_error"
    if column.outcome is not None and column.outcome is not Outcome.OK:
        return str(column.outcome)
    if column.content is Content.NEEDS_RENDER or column.url is None:
        return str(Outcome.NEEDS_RENDER)
    return "parse_empty" if column.outcome is Outcome.OK else "not_seen_tonight"


def _words(rows: Iterable[Row], day: date) -> str:
    title = next((r.title for r in rows if r.published == day), "")
    return f"最新日期 {day}：{title[:60]}"


def _with(evidence: Evidence | None, words: str) -> Evidence | None:
    if evidence is None:
        return None
    return Evidence(evidence.url, evidence.fetched_at, evidence.status, evidence.sha256, words or evidence.excerpt)
