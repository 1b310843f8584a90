"""Has the unit a public platform at all?"""

from __future__ import annotations

from db.records import Evidence, SiteVisit, Unit
from monitors.rule import Verdict, failed, passed, rule, unknown


@rule("platform.exists")
def exists(visit: SiteVisit | None, *, unit: Unit) -> Verdict:
    """The registry says that the unit has no public platform (`无`): 无公开平台记0分.

    Why: 48号 prints 无公开平台记0分 for one unit. An empty cell says only that nobody filled it in, and is unknown
    (`no_address`): a clerk's omission must not cost a unit its points.

    Known problems: a registered address that is not the unit's own is not noticed.
    """
    row = Evidence(
        None,
        source=unit.source or "units.csv",
        excerpt=f"{unit.name} 网址：{unit.site or ('无' if unit.no_platform else '（空）')}",
    )
    if unit.no_platform:
        return failed("missing", row)
    return passed(row) if unit.site else unknown("no_address", row)
