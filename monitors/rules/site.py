"""Is a unit's website alive, kept up and safe?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.records import SHANGHAI, Column, Content, Evidence, Footer, Outcome, Probe, Row, SiteVisit, Unit
from monitors.rule import FAIL, PASS, UNKNOWN, Verdict, failed, passed, rule, unknown

NETWORK = frozenset((Outcome.DNS, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.TLS))
_REFUSING = frozenset((Outcome.CHALLENGE, Outcome.BLOCKED))
_ANSWERED = frozenset((Outcome.OK, Outcome.NEEDS_RENDER))
_SITE_TAGS = ("SiteName", "SiteDomain", "SiteIDCode")
_CODES = frozenset(map(str, Outcome))  # reasons that say why a page was not seen
_CITED = 20  # pages that one finding points to
_TITLE = 8  # characters of a title that is not a common word
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
    times = "；".join(f"{p.at.astimezone(SHANGHAI):%H:%M:%S} {p.detail or p.outcome}" for p in visit.probes)
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
def footer(visit: SiteVisit, *, unit: Unit) -> Verdict:
    """The foot of the home page carries 网站标识码, ICP备案, 公安备案, 主办单位 and 联系方式, and the code is the registered one.

    Why: 47号 prescribes these marks. The reason lists the missing ones; a code that differs from the registry's is
    `mismatch:site_code`.

    Known problems: a foot made by a script or frame that was not read is unknown. Whether the meta tag agrees is asked by
    `site.meta`, because templates are copied with another site's tags.
    """
    missing = [m for m in Footer.MARKS if not getattr(visit.footer, m)]
    value: dict[str, Any] = {m: getattr(visit.footer, m) for m in Footer.MARKS}
    if visit.marks is not None:
        value |= {"icp_link": visit.marks.icp_link, "police_link": visit.marks.police_link}
    code, registered = visit.footer.site_code, unit.site_code
    wrong = code is not None and registered is not None and code.lower() != registered.lower()
    if wrong:
        value["registered"] = registered
    if missing and not visit.footer.unseen:
        return failed(f"missing:{','.join(missing)}", _with(visit.home, visit.footer.excerpt), value=value)
    if wrong:
        return failed("mismatch:site_code", _with(visit.home, f"页脚标识码 {code}，登记的是 {registered}"), value=value)
    if not missing:
        return passed(visit.home, value=value)
    reason = "reader_error" if visit.footer.unseen == "reader_error" else str(Outcome.NEEDS_RENDER)
    return unknown(reason, visit.home, value=visit.footer.unseen)


@rule("site.interaction")
def interaction(visit: SiteVisit, *, on: date, months: int) -> Verdict:
    """People can write to the unit on its site (咨询、信箱、留言), and published letters of the last year have their answers.

    Why: 19号 counts a site out that offers no consultation channel, petitions and discipline (信访、纪检举报) apart, or that left
    a published letter of the last year unanswered for more than three months. A mailbox works when its page shows fields to
    write into, letters, a mail address or an entry to write; a page of another site works when it answers.

    Known problems: whether what is written arrives is not tried. A letter is open only when the page says so in words or by
    an empty day of answer in a list that fills them; a list that a script makes leaves the letters unknown.
    """
    seen = visit.interaction
    if seen is None:
        return unknown("not_seen_tonight", visit.home)
    consult = [c for c in seen.channels if c.kind == "consult"]
    since, until = months_before(on, 12), months_before(on, months)
    late = [x for x in seen.letters if x.state == "open" and x.asked and since <= x.asked < until]
    value = {
        "channels": [{"name": c.name, "url": c.url, "kind": c.kind, "how": c.how, "why": c.why} for c in seen.channels],
        "letters": len(seen.letters),
        "unanswered": [{"title": x.title, "url": x.url, "asked": str(x.asked)} for x in late],
    }
    if late:
        evidence = tuple(x.evidence for x in late if x.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, f"unanswered:{len(late)}", value, evidence, len(late))
    working = next((c for c in consult if c.works), None)
    if working is not None:
        if seen.letters_unseen:
            told = seen.letters_unseen in _CODES
            return unknown(
                seen.letters_unseen if told else str(Outcome.NEEDS_RENDER), working.evidence or visit.home, value=value
            )
        return passed(working.evidence or visit.home, value=value)
    open_ones = [c for c in consult if c.works is None]
    if open_ones:
        why = open_ones[0].why
        return unknown(why if why in _CODES else "not_proven_missing", open_ones[0].evidence or visit.home, value=value)
    if consult:
        return failed(consult[0].why or "dead", consult[0].evidence or visit.home, value=value)
    if gaps := [*visit.nav_gaps, *seen.gaps]:
        return unknown("not_proven_missing", visit.home, value=value | {"gaps": gaps})
    return failed("missing", visit.home, value=value)


@rule("site.privacy")
def privacy(visit: SiteVisit) -> Verdict:
    """No page shows a private person's identity number, bank card or mobile number unmasked (个人信息泄露).

    Why: 条例 art. 15 forbids to publish what harms privacy; circulars name lists that were not made anonymous. An identity
    number counts with a right check digit and no other meaning, a card with Luhn's sum, an issuer and a holder, a mobile
    number beside a private name in a list of people. Service numbers are published on purpose.

    Known problems: only the pages that were opened or asked for tonight are looked through; pictures are not read.
    """
    value = {
        "scanned": visit.scanned,
        "leaks": [{"url": x.url, "kind": x.kind, "masked": list(x.masked), "count": x.count} for x in visit.leaks],
    }
    if visit.leaks:
        kinds = ",".join(sorted({x.kind for x in visit.leaks}))
        evidence = tuple(x.evidence for x in visit.leaks if x.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, f"leak:{kinds}", value, evidence, len({x.url for x in visit.leaks}))
    return passed(visit.home, value=value) if visit.scanned else unknown("not_seen_tonight", visit.home)


@rule("site.injected")
def injected(visit: SiteVisit) -> Verdict:
    """Nothing for gambling, pornography or the like was put into a page (暗链、篡改).

    Why: 19号 counts a site out for links to such content and for tampering without timely repair. Words and structure must
    meet: hidden links or text, links out to such hosts, a title that offers such things, a script that writes them or sends
    visitors of search engines away. An article about gambling is none.

    Known problems: what is shown only to search engines by the server itself is not seen; a person confirms before it counts.
    """
    value = {
        "scanned": visit.scanned,
        "found": [{"url": x.url, "kind": x.kind, "words": x.words, "host": x.host} for x in visit.injections],
    }
    if visit.injections:
        kinds = ",".join(sorted({x.kind for x in visit.injections}))
        evidence = tuple(x.evidence for x in visit.injections if x.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, f"injected:{kinds}", value, evidence, len(visit.injections))
    if visit.outcome is not Outcome.OK:
        return unknown(str(visit.outcome), visit.home)
    return passed(visit.home, value=value) if visit.scanned else unknown("not_seen_tonight", visit.home)


@rule("site.letters_fresh")
def letters_fresh(visit: SiteVisit, *, on: date, months: int) -> Verdict:
    """Published answers to letters are not older than two months (留言公开).

    Why: 19号 deducts where public answers were not updated for two months. The newest day of answer decides; without one a
    newer day of asking proves life.

    Known problems: unknown where no letter with a day was read; a unit that nobody writes to cannot be told apart.
    """
    if visit.interaction is None or not visit.interaction.letters:
        why = visit.interaction.letters_unseen if visit.interaction else None
        return unknown(str(Outcome.NEEDS_RENDER) if why else "no_letters", visit.home, value=why)
    letters = visit.interaction.letters
    answers = [x.answered for x in letters if x.answered and x.answered <= on]
    asked = [x.asked for x in letters if x.asked and x.asked <= on]
    evidence = letters[0].evidence or visit.home
    since = months_before(on, months)
    newest_day = max([*answers, *asked], default=None)
    if newest_day is None:
        return unknown("no_dates", evidence)
    if newest_day >= since:
        return passed(evidence, value=newest_day.isoformat())
    return failed("stale", evidence, value=newest_day.isoformat()) if answers else unknown("no_dates", evidence)


@rule("site.find_error")
def find_error(visit: SiteVisit) -> Verdict:
    """The home page carries the entry 我为政府网站找错.

    Why: 19号 and 47号 want it at the foot of the home page.

    Known problems: an entry that a shared script of another name adds later is missed: only likely scripts are read.
    """
    return _mark(visit, visit.marks.find_error if visit.marks else None)


@rule("site.conac")
def conac(visit: SiteVisit) -> Verdict:
    """The home page carries the icon of party and government bodies (党政机关网站标识).

    Why: 47号 lists it among the marks of the foot.

    Known problems: as for the entry 找错.
    """
    return _mark(visit, visit.marks.conac if visit.marks else None)


@rule("site.search")
def search(visit: SiteVisit) -> Verdict:
    """The home page offers a search of the site.

    Why: 19号 and 条例 art. 24 want information to be searchable.

    Known problems: whether the search finds anything is not tried.
    """
    return _mark(visit, visit.marks.search if visit.marks else None)


def _mark(visit: SiteVisit, seen: str | None) -> Verdict:
    """A mark of the home page: there, not there, or in a part that was not read."""
    if visit.marks is None:
        return unknown("not_seen_tonight", visit.home)
    if seen:
        return passed(visit.home, value=seen)
    if unseen := visit.marks.unseen or visit.footer.unseen:
        return unknown(str(Outcome.NEEDS_RENDER), visit.home, value=unseen)
    return failed("missing", visit.home)


@rule("site.meta")
def meta(visit: SiteVisit, *, unit: Unit) -> Verdict:
    """The home page carries SiteName, SiteDomain and SiteIDCode, its code is that of foot and registry, columns carry theirs.

    Why: 47号 prescribes the tags; 19号 deducts for pages without them. Codes of another site come with a copied template.

    Known problems: column tags are asked of news and notice columns only.
    """
    if visit.marks is None:
        return unknown("not_seen_tonight", visit.home)
    metas = visit.marks.metas
    value = {"metas": dict(metas), "untagged": list(visit.marks.untagged)}
    if missing := [tag for tag in _SITE_TAGS if tag not in metas]:
        if visit.home_unseen and len(missing) == len(_SITE_TAGS):
            return unknown(str(Outcome.NEEDS_RENDER), visit.home, value=value)
        return failed(f"missing:{','.join(missing)}", visit.home, value=value)
    codes = {c.lower() for c in (unit.site_code, visit.footer.site_code) if c}
    if codes and metas["SiteIDCode"].lower() not in codes:
        words = f"SiteIDCode {metas['SiteIDCode']}，页脚 {visit.footer.site_code}，登记 {unit.site_code}"
        return failed("mismatch:SiteIDCode", _with(visit.home, words), value=value)
    if visit.marks.untagged:
        return failed("missing:ColumnName,ColumnType", visit.home, value=value)
    return passed(visit.home, value=value)


@rule("site.domain")
def domain(visit: SiteVisit) -> Verdict:
    """The site lives on a host that ends in .gov.cn or .政务.

    Why: 47号 and 55号 allow no other suffix.

    Known problems: the pattern by level (www.XXX.gov.cn for portals) is not asked, whole provinces deviate from it.
    """
    host = (urlsplit(visit.url).hostname or "").lower()
    try:
        number = ip_address(host)
    except ValueError:
        official = host.endswith((".gov.cn", ".政务", ".xn--zfr164b"))
        return passed(visit.home, value=host) if official else failed("not_gov_cn", visit.home, value=host)
    if number.is_private or number.is_loopback:
        return unknown("private_address", visit.home, value=host)
    return failed("not_gov_cn", visit.home, value=host)


@rule("site.tls")
def tls(visit: SiteVisit) -> Verdict:
    """The site answers on https with a valid certificate.

    Why: our own demand, good practice; no clause prints it.

    Known problems: a chain with a missing link passes, browsers mend it. Whether https answers at all is tried once a week.
    """
    shown = visit.certificate
    if shown is not None:
        value = {"state": shown.state, "not_after": shown.not_after.date().isoformat()}
        well = shown.state in ("ok", "incomplete_chain")
        return passed(visit.home, value=value) if well else failed(shown.state, visit.home, value=value)
    tried = [outcome for url, outcome in visit.variants if url.startswith("https://")]
    if visit.url.startswith("http://") and tried and all(o in NETWORK for o in tried):
        return failed("no_https", visit.home, value=[str(o) for o in tried])
    return unknown("not_seen_tonight", visit.home)


@rule("site.long_stale")
def long_stale(visit: SiteVisit, *, on: date, days: int, columns: int) -> Verdict:
    """No column that should be updated was left for over a year (应更新但长期未更新).

    Why: 19号 counts a site out at ten such columns; below that a person looks. News and notice columns have their own
    clocks; columns that describe, decide once or archive are not expected to change.

    Known problems: what should be updated is told by the name of the column, and 19号 prints no number of days.
    """
    others = [c for c in visit.columns if c.role == "other" and not c.outward and not c.same_as]
    asked = [c for c in others if c.content is Content.ITEMS and not _rules()["static"].search(c.name)]
    found = [(c, day) for c in asked if not c.partial and (day := _shown(c, on)) and (on - day).days > days]
    value = {
        "columns": [{"name": c.name, "url": c.url, "newest": day.isoformat()} for c, day in found],
        "of": len(asked),
        "veto_from": columns,
    }
    if found:
        evidence = tuple(c.evidence for c, _ in found if c.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, "stale", value, evidence, len(found))
    if not asked and any(c.content in (Content.UNREAD, Content.NEEDS_RENDER) for c in others):
        return unknown("not_seen_tonight", visit.home, value=value)
    return passed(visit.home, value=value)


def _shown(column: Column, on: date) -> date | None:
    """The newest day that the rows show themselves; None when any row shows none, for then a newer one may be hidden."""
    if not column.rows or any(r.published is None or r.dated_by not in ("row", None) for r in column.rows):
        return None
    return newest(column.rows, on)


@rule("site.undated")
def undated(visit: SiteVisit) -> Verdict:
    """Items show their day of publication, in their list or on their own page.

    Why: an item without a date counts as no update (19号-0-9, from the census of 2015).

    Known problems: one item is opened in up to two news or notice columns whose lists show no days.
    """
    if visit.marks is None:
        return unknown("not_seen_tonight", visit.home)
    items = visit.marks.items
    bare = [x for x in items if x.evidence is not None and x.day is None]
    value = [{"title": x.title, "url": x.url, "column": x.column} for x in bare]
    if bare:
        return Verdict(FAIL, "no_dates", value, tuple(x.evidence for x in bare if x.evidence), len(bare))
    if any(x.evidence is None for x in items):
        return unknown("not_seen_tonight", visit.home)
    return passed(visit.home)


@rule("site.work_report")
def work_report(visit: SiteVisit, *, on: date, deadline: str) -> Verdict:
    """The site's own yearly report (政府网站工作年度报表) of the last year is linked from the home page.

    Why: 19号 demands it from every government site by 31 January.

    Known problems: told by titles; a report that stands as a picture without a title is missed.
    """
    if visit.marks is None:
        return unknown("not_seen_tonight", visit.home)
    year = on.year - (1 if f"{on:%m-%d}" > deadline else 2)
    named = dict(visit.marks.work_report)
    columns = [c for c in visit.columns if _rules()["work_report"].search(c.name) or c.url in set(named.values())]
    titles = [*named, *(r.title for c in columns for r in c.rows)]
    if any(str(y) in t for t in titles for y in range(year, on.year + 1)):
        return passed(visit.home, value=year)
    unread = [c for c in columns if c.content in (Content.UNREAD, Content.NEEDS_RENDER) or c.partial]
    entries = {url for title, url in named.items() if not re.search(r"20\d\d", title)} - {c.url for c in columns}
    if unread or entries:
        return unknown("not_seen_tonight", visit.home, value=titles)
    if not titles and (visit.nav_gaps or visit.marks.unseen):
        return unknown("not_proven_missing", visit.home, value=list(visit.nav_gaps))
    return failed(f"missing:{year}", visit.home, value=titles)


@rule("site.redated")
def redated(visit: SiteVisit, *, days: int) -> Verdict:
    """No old item shows a new day (更改发稿日期).

    Why: 19号 counts false days of publication as fraud. The day in an item's address, or the one it showed on an earlier
    night, is compared with the day it shows now. A hint: a person decides.

    Known problems: an item that was truly published again, or moved with its folder's date, looks the same.
    """
    if visit.marks is None:
        return unknown("not_seen_tonight", visit.home)
    found = [x for x in visit.marks.redated if (x.shown - x.first).days > days]
    value = [{"title": x.title, "url": x.url, "first": str(x.first), "shown": str(x.shown), "by": x.by} for x in found]
    if found:
        evidence = tuple(x.evidence for x in found if x.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, "redated", value, evidence, len(found))
    if not any(r.published for c in visit.columns for r in c.rows) and not visit.home_rows:
        return unknown("too_few_rows", visit.home)
    return passed(visit.home)


@rule("site.burst")
def burst(visit: SiteVisit, *, on: date, items: int, days: int, gap: int) -> Verdict:
    """No column was silent for long and then filled within a few days (突击更新).

    Why: 19号 counts faked publication as fraud; a burst before a check is a hint that a person decides on. Fails when the newest
    `items` or more items of a list lie within `days` days and the next older one lies more than `gap` days before.

    Known problems: a campaign or a session of the council makes an honest burst.
    """
    found, read = [], 0
    for column in visit.columns:
        if column.role not in ("news", "notice", "other") or column.same_as or column.outward:
            continue
        shown = sorted((r.published for r in column.rows if r.published and r.published <= on), reverse=True)
        if len(shown) <= items:
            continue
        read += 1
        fresh = [d for d in shown if (shown[0] - d).days < days]
        older = shown[len(fresh)] if len(fresh) < len(shown) else None
        if len(fresh) >= items and older is not None and (fresh[-1] - older).days > gap:
            found.append((column, len(fresh), fresh[-1], older))
    value = [
        {"name": c.name, "url": c.url, "items": n, "since": str(first), "before": str(older)}
        for c, n, first, older in found
    ]
    if found:
        evidence = tuple(c.evidence for c, *_ in found if c.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, "burst", value, evidence, len(found))
    return passed(visit.home) if read else unknown("too_few_rows", visit.home)


@rule("site.repeated_text")
def repeated_text(visit: SiteVisit, *, columns: int, items: int) -> Verdict:
    """Columns are not filled with the same items (一稿多投).

    Why: 19号 counts faked publication as fraud; the same text under many columns is a hint that a person decides on. Fails when
    `items` or more titles stand in `columns` or more columns each.

    Known problems: a parent column that repeats its children counts as one more column; titles decide, not texts.
    """
    where: dict[str, set[str]] = {}
    lists = [c for c in visit.columns if c.rows and not c.same_as and not c.outward]
    for column in lists:
        for row in column.rows:
            if len(row.title) >= _TITLE:
                where.setdefault(row.title, set()).add(str(column.url))
    often = {title: urls for title, urls in where.items() if len(urls) >= columns}
    value = [{"title": title, "columns": sorted(urls)} for title, urls in often.items()][:_CITED]
    if len(often) >= items:
        named = {url for urls in often.values() for url in urls}
        evidence = tuple(c.evidence for c in lists if c.url in named and c.evidence)[:_CITED] or _some(visit.home)
        return Verdict(FAIL, "repeated", value, evidence, len(often))
    return passed(visit.home, value=value) if len(lists) >= columns else unknown("not_seen_tonight", visit.home)


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


def _some(evidence: Evidence | None) -> tuple[Evidence, ...]:
    return (evidence,) if evidence is not None else ()


@cache
def _rules() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads((Path(__file__).parent / "site.toml").read_text("utf-8"))
    return {key: re.compile(value) for key, value in data.items()}
