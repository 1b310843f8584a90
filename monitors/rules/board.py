"""Is the 政府信息公开 board there, with the columns that 48号 names?"""

from __future__ import annotations

from db.records import Column, Content, Outcome, SiteVisit
from monitors.rule import FAIL, PASS, Verdict, failed, passed, rule, unknown
from monitors.rules.site import dead, unread_reason

_HOLDS = frozenset((Content.ITEMS, Content.TEXT, Content.LINKS))
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

    Why: 条例 art. 28 obliges every agency to a channel for applications.

    Known problems: a page with any content passes; whether the form can be sent is not tried.
    """
    return _column(visit, "request")


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
