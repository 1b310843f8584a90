"""Is the 政府信息公开 board there, with the columns that 48号 names?"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path

from db.records import Column, Content, Outcome, SiteVisit
from monitors.rule import FAIL, PASS, Verdict, failed, passed, rule, unknown
from monitors.rules.site import dead, months_before, unread_reason

_HOLDS = frozenset((Content.ITEMS, Content.TEXT, Content.LINKS))
_FIELDS = ("office", "address", "hours", "phone", "internet")
_ORDER = {PASS: 0, "unknown": 1, FAIL: 2}


@rule("board.exists")
def exists(visit: SiteVisit) -> Verdict:
    """The site has a 政府信息公开 board.

    Why: 48号 and 61号 demand it on every government site, reachable from the home page. A board under another usual name
    (信息公开, 政务公开 with the statutory columns) passes.

    Known problems: `missing` is said only when the menus were read in full (no script-made or unlabelled image menu) and
    every page within two clicks whose name or address could be it was tried; else `not_proven_missing`.
    """
    if visit.board is None:
        if visit.nav_gaps:
            return unknown("not_proven_missing", visit.home, value=list(visit.nav_gaps))
        return failed("missing", visit.home)
    return _alive(visit.board)


@rule("board.guide")
def guide(visit: SiteVisit) -> Verdict:
    """政府信息公开指南 is there, alive and not blank.

    Why: 条例 art. 12 demands the guide, 48号 三（三） the column.

    Known problems: what the guide says is not read yet.
    """
    return _column(visit, "guide")


@rule("board.rules")
def rules(visit: SiteVisit) -> Verdict:
    """政府信息公开制度 is there, alive and not blank.

    Why: 61号 and 48号 三（三） demand the column.

    Known problems: what is filed in it is not read yet.
    """
    return _column(visit, "rules")


@rule("board.statutory")
def statutory(visit: SiteVisit) -> Verdict:
    """法定主动公开内容 is there, alive and not blank.

    Why: 条例 art. 20 and 48号 三（三） demand it.

    Known problems: a menu entry that only opens sub-columns passes when real links stand beneath it.
    """
    return _column(visit, "statutory")


@rule("board.catalogue")
def catalogue(visit: SiteVisit) -> Verdict:
    """基本目录 (公开目录) is there, alive and not blank.

    Why: 48号 三（三） names it, with its root in 条例 art. 12. Any entry of the board named 目录 passes, also one that opens the
    statutory column.

    Known problems: rare as an item of its own on real boards.
    """
    return _column(visit, "catalogue")


@rule("board.annual_report")
def annual_report(visit: SiteVisit) -> Verdict:
    """The column 政府信息公开年报 is there, alive and not blank.

    Why: 61号 and 48号 三（三） demand it. Whether the report that is due stands in it is asked by `report.published`.

    Known problems: none known.
    """
    return _column(visit, "annual_report")


@rule("board.request")
def request(visit: SiteVisit) -> Verdict:
    """依申请公开 is there, with a way to apply.

    Why: 条例 art. 28 obliges every agency to a channel for applications, art. 29 names letter, fax and electronic message. A
    form, an entry to apply, a form to download, a mail or postal address or a telephone number is a way.

    Known problems: whether a form can be sent is not tried. A page that shows none of these but was not seen whole, or is a
    file or a picture, is unknown. A stored visit from before the ways were read passes on any content.
    """
    verdict = _column(visit, "request")
    if verdict.verdict != PASS or visit.marks is None:
        return verdict
    apply = visit.marks.apply
    if apply is None:
        return unknown("not_proven_missing", *verdict.evidence[:1], value="由菜单在原页展开，未见申请方式")
    value = {"ways": list(apply.ways), "statistics": apply.statistics}
    if apply.ways:
        return passed(apply.evidence, value=value)
    if apply.unseen:
        return unknown("not_proven_missing", apply.evidence, value=apply.unseen)
    return failed("missing:way", apply.evidence or visit.home, value=value)


@rule("board.guide_fields")
def guide_fields(visit: SiteVisit) -> Verdict:
    """The guide names the office, its address, hours, telephone and an internet contact.

    Why: 条例 art. 12 lists what a guide holds. A fax number is shown, not demanded.

    Known problems: a guide that is a file or a picture is not read.
    """
    guide = visit.marks.guide if visit.marks else None
    if guide is None or guide.unseen:
        return _no_guide(visit)
    value = {"fields": list(guide.fields)}
    missing = [f for f in _FIELDS if f not in guide.fields]
    if missing:
        return failed(f"missing:{','.join(missing)}", guide.evidence or visit.home, value=value)
    return passed(guide.evidence, value=value)


@rule("board.guide_fresh")
def guide_fresh(visit: SiteVisit, *, on: date, years: int) -> Verdict:
    """The guide rests on the law in force and was looked after within three years.

    Why: 条例 art. 12 wants it kept up to date; decree 711 replaced 492 on 15 May 2019.

    Known problems: the day a page shows may be that of a move; a guide without any day and decree is unknown.
    """
    guide = visit.marks.guide if visit.marks else None
    if guide is None or guide.unseen:
        return _no_guide(visit)
    value = {"decrees": list(guide.decrees), "day": str(guide.day) if guide.day else None}
    if "492" in guide.decrees and "711" not in guide.decrees:
        return failed("old_law", guide.evidence or visit.home, value=value)
    if guide.day is not None and guide.day < months_before(on, 12 * years):
        return failed("stale", guide.evidence or visit.home, value=value)
    if guide.day is None and not guide.decrees:
        return unknown("no_dates", guide.evidence, value=value)
    return passed(guide.evidence, value=value)


def _no_guide(visit: SiteVisit) -> Verdict:
    """Why the text of the guide was not read."""
    guide = visit.marks.guide if visit.marks else None
    if guide is not None:
        return unknown("parse_empty", guide.evidence, value=guide.unseen)
    return unknown("no_guide" if visit.marks else "not_seen_tonight", visit.home)


@rule("board.offtopic")
def offtopic(visit: SiteVisit, *, share: float, items: int) -> Verdict:
    """What is filed under 指南 and 制度 are guides and rules, not news (文不对题).

    Why: 61号 lets only rules on openness into these columns; a circular called news in the guide column fraud. Fails when more
    than `share` of at least `items` titles say nothing of rules or openness. A hint: a person decides.

    Known problems: titles decide.
    """
    mine = [c for c in visit.columns if c.role in ("guide", "rules")]
    read = [c for c in mine if c.outcome is Outcome.OK and c.content in _HOLDS]
    found = []
    for column in read:
        off = [r.title for r in column.rows if not _rules()["openness"].search(r.title)]
        if len(column.rows) >= items and len(off) > share * len(column.rows):
            found.append((column, off))
    value = [{"name": c.name, "url": c.url, "of": len(c.rows), "titles": off[:10]} for c, off in found]
    if found:
        return Verdict(FAIL, "offtopic", value, tuple(c.evidence for c, _ in found if c.evidence), len(found))
    if not read:
        return unknown("no_guide", visit.home)
    return passed(read[0].evidence or visit.home)


@rule("board.name")
def name(visit: SiteVisit) -> Verdict:
    """The board is called 政府信息公开.

    Why: 61号 wants one name everywhere; a similar column under another name is set up anew.

    Known problems: a hint only; where the registry or the menu's place told the board, its name is not known.
    """
    board = visit.board
    if board is None:
        return unknown("no_board", visit.home)
    if board.found_on in ("registry", "position"):
        return unknown("unnamed", board.evidence or visit.home)
    if _rules()["name"].search(board.name):
        return passed(board.evidence or visit.home, value=board.name)
    return failed("other_name", board.evidence or visit.home, value=board.name)


def _column(visit: SiteVisit, role: str) -> Verdict:
    """The best of the columns with that role decides; none: missing where that is proven."""
    found = [c for c in visit.columns if c.role == role]
    if found:
        return min((_alive(c) for c in found), key=lambda v: _ORDER[v.verdict])
    board = visit.board
    where = board.evidence if board and board.evidence else visit.home
    if board is not None and (board.outcome is not Outcome.OK or board.url is None):
        return unknown(unread_reason(board), where)
    gaps = [*visit.nav_gaps, *visit.board_gaps]
    if gaps:
        return unknown("not_proven_missing", where, value=gaps)
    return failed("missing", where)


def _alive(column: Column) -> Verdict:
    """Whether a column that has a name leads to content."""
    if column.outcome is Outcome.OK and column.content in _HOLDS:
        return passed(column.evidence, target=None)
    if dead(column.outcome, column.status) and column.first_outcome in (Outcome.HTTP_ERROR, Outcome.SOFT_404):
        return failed("dead", column.evidence, value={"name": column.name, "url": column.url, "status": column.status})
    if column.outcome is Outcome.OK and column.content is Content.BLANK:
        return failed("blank", column.evidence, value={"name": column.name, "url": column.url, "words": column.note})
    return unknown(unread_reason(column), column.evidence, value=column.note)


@cache
def _rules() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads((Path(__file__).parent / "board.toml").read_text("utf-8"))
    return {key: re.compile(value) for key, value in data.items()}
