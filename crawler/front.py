"""What does the front of a site carry: the marks in its foot, and the age-friendly entry?"""

from __future__ import annotations

from dataclasses import replace

from crawler.elder_walk import walked
from crawler.extract.page import Page
from crawler.opening import Opener, Seen
from db.records import ElderEntry, Footer, Outcome, SiteVisit

_FOOT_SOURCES = 3  # frames or scripts that are read because they may hold the foot
_SCRIPTS = 6  # own scripts read before an entry is called absent


async def foot(opener: Opener, home: Seen) -> Footer:
    """The marks in the foot of the home page, frames and own scripts that hold it included."""
    page, extra = home.pages[0], [p.page for p in home.pages[1:]]
    hashes = [p.url + p.shape.digest for p in home.pages[1:]]
    known = {p.url for p in extra}
    for url in (opener.read("footer_sources", lambda: page.footer_sources) or ())[:_FOOT_SOURCES]:
        if url not in known and opener.ours(url):
            answer = await opener.visitor.fetch(url, "page")
            if answer.ok:
                extra.append(answer.page.page if answer.page else Page(url, answer.text))
                hashes.append(f"{url} {answer.fetch.sha256}")
    found = opener.read("footer", page.footer, extra, hashes) or Footer(unseen="reader_error")
    return found if found.unseen else replace(found, unseen=home.incomplete)


async def elder_entry(opener: Opener, home: Seen, last: SiteVisit | None = None) -> ElderEntry:
    """The age-friendly or accessible entry of the home page, whether it leads anywhere, and what a browser saw of it.

    last  the visit before: what its browser saw within the week is taken over
    """
    entry = ElderEntry(unseen="reader_error")
    for page in home.pages:
        entry = opener.read("elder", page.elder) or entry
        if entry.found:
            break
    if not entry.found:
        scripts = []
        for url in (opener.read("elder_sources", lambda: home.pages[0].elder_sources) or ())[:_SCRIPTS]:
            if opener.ours(url):
                answer = await opener.visitor.fetch(url, "entry")
                scripts.append((url, answer.text if answer.ok else ""))
        entry = opener.read("elder", home.pages[0].elder, scripts) or entry
    if not entry.found:
        entry = replace(entry, unseen=entry.unseen or home.incomplete)
    entry = replace(entry, evidence=home.evidence(entry.words or None))
    if entry.found:
        entry = await entry_works(opener, entry)
    return await walked(opener, home, entry, last)


async def entry_works(opener: Opener, entry: ElderEntry, *, again: bool = False) -> ElderEntry:
    """The entry with `works`: whether the linked version, or else the tool's script, answers.

    False only for an own address that is gone on the second look (`again`); a foreign script that cannot be had
    proves nothing.
    """
    url = entry.url or entry.script
    if url is None:
        return replace(entry, works=None, why="needs_render")
    own = opener.ours(url)
    if not own and not await opener.visitor.registered.allows(url):
        return replace(entry, works=None, why="foreign_script")
    answer = (await opener.open(url, "entry")).answer if entry.url else await opener.visitor.fetch(url, "entry")
    entry = replace(entry, evidence=answer.evidence(entry.words or None))
    if answer.ok:
        a_page = answer.page is not None and "<html" in answer.page.page.text[:500].lower()
        if entry.url or not a_page:
            return replace(entry, works=True, why=None)
        return replace(entry, works=None, why="not_a_script")
    gone = answer.fetch.outcome is Outcome.SOFT_404 or answer.fetch.status in (404, 410)
    if gone and own and again:
        return replace(entry, works=False, why="dead")
    return replace(entry, works=None, why=str(answer.fetch.outcome))
