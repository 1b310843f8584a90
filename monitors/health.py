"""Do we still read the sites that we used to read? A template that changed is a fault of our reading, never a unit's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from db.records import Column, Content, Outcome, SiteVisit

TEMPLATE = "template_changed"
_ADDRESS = re.compile(r"https?://[^\s；]+")


def was_read(visit: SiteVisit) -> bool:
    """Whether the visit can tell: a news or notice column of the site was opened."""
    return any(c.outcome is Outcome.OK for c in _lists(visit))


def silent(visit: SiteVisit) -> list[Column]:
    """The news and notice columns that were opened whole, are not blank, and showed us no row all the same."""
    return [
        c
        for c in _lists(visit)
        if c.outcome is Outcome.OK and c.content is not Content.BLANK and not c.rows and not c.partial
    ]


def template_changed(visits: Sequence[SiteVisit], known: str = "") -> str | None:
    """Why the site seems to have a new template, in Chinese; None where nothing says so.

    visits  of one site that answered, one a day, oldest first; the last three decide
    known   the words of the incident that is open for the site: a column that they name stays in it until it shows rows again

    Two nights on which a column shows nothing that a night before showed rows. A column that was always silent says nothing,
    nor one that is blank (that is the unit's), nor one night alone.
    """
    if not visits:
        return None
    now = {c.url: c for c in silent(visits[-1])}
    told = {url: c for url, c in now.items() if url in _ADDRESS.findall(known)}
    if len(visits) >= 3 and len({v.url for v in visits[-3:]}) == 1:
        before, last = ({c.url for c in found} for found in (_shown(visits[-3]), silent(visits[-2])))
        told |= {url: c for url, c in now.items() if url in before and url in last}
    if not told:
        return None
    names = "；".join(f"{c.name} {url}" for url, c in sorted(told.items(), key=lambda pair: pair[0] or ""))
    return (
        f"{visits[-1].unit}网站模板可能改版，以下栏目能打开但连续两夜读不出条目，此前可以读出：{names} 。"
        "这些栏目不据此扣分；请打开页面核对，页面正常的，请将存页交开发人员改进读取规则"
    )


def _lists(visit: SiteVisit) -> list[Column]:
    return [c for c in visit.columns if c.role in ("news", "notice") and c.url and not c.same_as and not c.outward]


def _shown(visit: SiteVisit) -> list[Column]:
    return [c for c in _lists(visit) if c.rows]
