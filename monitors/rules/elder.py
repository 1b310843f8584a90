"""Can older and disabled people use the site? (适老化、无障碍)"""

from __future__ import annotations

from db.records import Outcome, SiteVisit
from monitors.rule import Verdict, failed, passed, rule, unknown


@rule("elder.entry")
def entry(visit: SiteVisit) -> Verdict:
    """The home page has an age-friendly or accessible entry (长者模式, 无障碍 and the like).

    Why: 28号 and 48号 二（一） wanted all sites done by the end of 2022. A link or button with such words, a picture with such
    an alt text, or a known tool's script counts.

    Known problems: a head that a script writes leaves the absence unproven: unknown.
    """
    found = visit.elder
    if found.found:
        return passed(found.evidence or visit.home, value={"how": found.found, "words": found.words})
    if found.unseen:
        return unknown(
            "reader_error" if found.unseen == "reader_error" else Outcome.NEEDS_RENDER, visit.home, value=found.unseen
        )
    return failed("missing", visit.home)


@rule("elder.works")
def works(visit: SiteVisit) -> Verdict:
    """The entry leads somewhere: the linked version answers, or the script of the tool does.

    Why: 48号 二（一） asks for done work, not for a button.

    Known problems: without a browser a script that answers is taken to work; a foreign script that cannot be had is unknown.
    """
    found = visit.elder
    value = {"url": found.url, "script": found.script}
    if found.works:
        return passed(found.evidence, value=value)
    if found.works is False:
        return failed(found.why or "dead", found.evidence or visit.home, value=value)
    if not found.found and not found.unseen:
        return unknown("missing", visit.home)
    return unknown(found.why or str(Outcome.NEEDS_RENDER), found.evidence or visit.home, value=value)
