"""What happens when a visitor presses the switch of the age-friendly version? (适老化、无障碍; standards.md 5)

Where a browser is there, the home page is walked through once a week: axe-core looks at it as it opens, the switch is
pressed, text is measured before and after, boxes that float are written down, and a link is followed to see whether the
larger type survives. All through the site's own gate, in one window; what is seen is judged elsewhere.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from crawler.extract.columns import is_article
from crawler.extract.elder import names_entry
from crawler.extract.text import has_chinese, squeeze, tidy
from crawler.extract.urls import absolute, is_file, same_host
from crawler.opening import Opener, Seen
from db.records import AxeResult, ElderEntry, ElderWalk, Floating, Outcome, SiteVisit, TextSize, usual_px

if TYPE_CHECKING:
    from playwright.async_api import Page

    from crawler.browser import Window

_AGAIN = timedelta(days=6, hours=12)  # a week, whatever the minute of the night
_LATE = str(Outcome.TIMEOUT)
_LARGER = 1.02  # times the size that count as larger: less is rounding
_AXE = ("axe_playwright_python", "axe.min.js")  # package and file that bring axe-core


@dataclass(frozen=True, slots=True)
class Element:
    """Something on the page that might be pressed; `href` is its web address, None where a script acts."""

    n: int
    words: str
    mark: str = ""  # id, class, click and address as written
    href: str | None = None
    link: bool = False
    visible: bool = True
    clickable: bool = True
    area: int = 0


async def walked(opener: Opener, home: Seen, entry: ElderEntry, last: SiteVisit | None) -> ElderEntry:
    """The entry with what the browser saw of it: tonight, or what `last`, the visit before, saw within the week.

    Unchanged without a browser, without a home page, and when the budget of pages shown is used up.
    """
    visitor = opener.visitor
    if last is not None and _known(last, entry, visitor.home, visitor.began):
        return replace(entry, walk=last.elder.walk, axe=last.elder.axe)
    if visitor.renderer is None or not home.ok or visitor.spent():
        return entry
    walk = _Walk(entry, lambda url: visitor.book.permits(url, visitor.agent))
    shown = await visitor.render(home.answer.fetch.final_url, inspect=walk.inspect)
    if shown is None:
        return entry
    if walk.error:
        opener.errors.append(walk.error)
    answer, seen = shown[0], walk.seen
    if not answer.ok:  # another page than the one asked for: whatever it does is not of this site
        why = str(answer.fetch.outcome)
        return replace(entry, walk=ElderWalk(seen.at, unseen=why, inner_unseen=why, evidence=answer.evidence()))
    return replace(entry, walk=replace(seen, evidence=answer.evidence(_told(seen))), axe=walk.axe)


def choose_switch(elements: Iterable[Element], entry: ElderEntry) -> Element | None:
    """The element to press: one that shows, opens larger type rather than a bar, and is the entry found before."""
    rule = _rules()

    def rank(e: Element) -> tuple[bool, bool, bool, bool, int]:
        larger = bool(rule["first"].search(f"{e.words} {e.mark}"))
        return not e.visible, not larger, not e.clickable, e.words[:40] != entry.words, e.area

    return min((e for e in elements if _is_switch(e)), key=rank, default=None)


def choose_inner(elements: Iterable[Element], page: str) -> Element | None:
    """A link of the page `page` to another page of its site, an article rather than a column; None when there is none."""
    rule = _rules()

    def leads_in(e: Element) -> bool:
        url = absolute(page, e.href or "")
        return (
            url is not None
            and e.link
            and e.visible
            and len(e.words) >= rule["words"]
            and has_chinese(e.words)
            and same_host(url, page)
            and url != absolute(page, page)
            and not is_file(url)
            and not names_entry(e.words, e.mark)
            and not rule["never"].search(e.words)
        )

    return min((e for e in elements if leads_in(e)), key=lambda e: not is_article(e.href or ""), default=None)


@dataclass(slots=True)
class _Walk:
    """One walk while its window is open; `seen` holds what is known by now, since the window may close at any time."""

    entry: ElderEntry
    permits: Callable[[str], bool]
    seen: ElderWalk = field(default_factory=lambda: ElderWalk(datetime.now(UTC), unseen=_LATE, inner_unseen=_LATE))
    axe: tuple[AxeResult, ...] = ()
    error: str | None = None

    async def inspect(self, window: Window) -> None:
        """Walk; an error of the browser ends it, any other is kept as `error`."""
        from playwright.async_api import Error

        try:
            await self._inspect(window)
        except Error:
            raise
        except Exception as error:  # a page may answer anything: one bad page never costs a night
            self.error = f"reader_error: elder_walk: {type(error).__name__}: {tidy(str(error), 120)}"
            self.seen = replace(self.seen, unseen="reader_error")

    async def _inspect(self, window: Window) -> None:
        page = window.page
        assert page is not None
        version, self.axe = await _axe(page)
        self.seen = replace(self.seen, axe=version)
        if not self.entry.found and not self.entry.unseen:
            self.seen = replace(self.seen, unseen="missing", inner_unseen="missing")
            return
        await self._version(window, page)
        if self.seen.after:
            await self._inside(window, page)

    async def _version(self, window: Window, page: Page) -> None:
        """Press the switch, and where that brings only a bar, its control for larger type."""
        rule = _rules()
        before, controls = await _texts(page), await _elements(page)
        self.seen = replace(self.seen, before=before)
        switch = choose_switch(controls, self.entry)
        if switch is None or not self._may(switch):
            barred = "no_switch" if switch is None else str(Outcome.ROBOTS)
            self.seen = replace(self.seen, unseen=_lacking(window) or barred, inner_unseen=barred)
            return
        known = {squeeze(e.words) for e in controls if e.visible}
        at, window.agrees = urldefrag(page.url).url, True
        quiet = await _press(window, page, switch)
        pressed = [switch.words or switch.mark[:40]]
        if why := _failing(window):
            self.seen = replace(self.seen, pressed=tuple(pressed), url=page.url, unseen=why, inner_unseen=why)
            return
        after = await _texts(page)
        bar = [e for e in await _elements(page) if _in_bar(e) and squeeze(e.words) not in known]
        larger = next((e for e in bar if rule["enlarge"].search(e.words) and not rule["never"].search(e.words)), None)
        if larger is not None and usual_px(after) < usual_px(before) * _LARGER:
            for _ in range(rule["presses"]):
                quiet = await _press(window, page, larger)
                pressed.append(larger.words)
                smaller, after = after, await _texts(page)
                if usual_px(after) < usual_px(smaller) * _LARGER:
                    break
        boxes = await page.evaluate(_script(), ["floating", rule["floating"]])
        self.seen = replace(
            self.seen,
            pressed=tuple(pressed),
            url=page.url if urldefrag(page.url).url != at else None,
            after=after,
            bar=tuple(dict.fromkeys(e.words for e in bar)),
            floating=tuple(Floating(**{**box, "box": tuple(box["box"])}) for box in boxes["boxes"]),
            hosts=tuple(boxes["hosts"]),
            unseen=_doubt(window, quiet) or ("foreign_style" if boxes["undressed"] else None),
        )

    async def _inside(self, window: Window, page: Page) -> None:
        """Follow one link of the version and read how large its text is."""
        at = page.url
        inner = choose_inner((e for e in await _elements(page) if self._may(e)), at)
        if inner is None:
            self.seen = replace(self.seen, inner_unseen="no_link")
            return
        quiet = await _press(window, page, inner)
        if page.url == at:
            self.seen = replace(self.seen, inner_unseen=_lacking(window) or "no_change")
            return
        kept = () if _failing(window) else await _texts(page)
        self.seen = replace(self.seen, inner=page.url, kept=kept, inner_unseen=_doubt(window, quiet))

    def _may(self, element: Element) -> bool:
        """Whether robots.txt lets us follow it."""
        return element.href is None or self.permits(element.href)


def _known(last: SiteVisit, entry: ElderEntry, home: str, now: datetime) -> bool:
    """Whether the last visit of this site walked the same entry within the week."""
    then = last.elder
    same = (then.found, then.words, then.url) == (entry.found, entry.words, entry.url)
    return last.url == home and same and then.walk is not None and now - then.walk.at < _AGAIN


def _is_switch(e: Element) -> bool:
    if _rules()["never"].search(e.words) or (e.href and is_article(e.href)):
        return False
    return names_entry(squeeze(e.words), e.mark)


def _in_bar(e: Element) -> bool:
    rule = _rules()
    return e.visible and len(e.words) <= rule["longest"] and bool(rule["bar"].search(e.words))


def _doubt(window: Window, quiet: bool) -> str | None:
    """Why what the page now shows proves nothing by what it lacks, None when it is whole."""
    return _failing(window) or _lacking(window) or (None if quiet else _LATE)


def _failing(window: Window) -> str | None:
    """The outcome of a document that is an error page, else None."""
    return str(Outcome.HTTP_ERROR) if window.status is not None and window.status >= 400 else None


def _lacking(window: Window) -> str | None:
    """Why the document now shown is not whole, None when it is: a script or frame was kept out, or did not come."""
    if not window.missing or window.page is None:
        return None
    ours = all(same_host(url, window.page.url) for url in window.missing)
    return str(Outcome.NEEDS_RENDER) if ours else "foreign_script"


def _told(seen: ElderWalk) -> str | None:
    if not seen.pressed:
        return None
    return f"按下“{'、'.join(seen.pressed)}”：正文 {usual_px(seen.before):g}px → {usual_px(seen.after):g}px"


async def _press(window: Window, page: Page, element: Element) -> bool:
    """Click, and wait until the page is quiet again; whether it was in time."""
    from playwright.async_api import Error

    handle = await page.query_selector(f'[data-walk="{element.n}"]')
    if handle is None:
        return True
    try:
        await handle.click(timeout=2000, no_wait_after=True)
    except Error:  # something lies over it, or it shows only under the pointer
        await handle.evaluate("e => e.click()")
    return await window.rest(_rules()["seconds"])


async def _elements(page: Page) -> list[Element]:
    return [Element(**each) for each in await page.evaluate(_script(), ["elements", {}])]


async def _texts(page: Page) -> tuple[TextSize, ...]:
    return tuple(TextSize(*each) for each in await page.evaluate(_script(), ["texts", _rules()["texts"]]))


async def _axe(page: Page) -> tuple[str | None, tuple[AxeResult, ...]]:
    """Version of axe-core and its results on the page; None and () when it is not installed or does not run there."""
    from playwright.async_api import Error

    source = axe_source()
    if source is None:
        return None, ()
    try:
        await page.evaluate(source)
        said = await page.evaluate(_script(), ["axe", {"rules": axe_rules()}])
    except Error:  # scripts of the page may stand in its way
        return None, ()
    return said["version"], tuple(AxeResult(**each) for each in said["results"])


def axe_rules() -> Sequence[str]:
    """Ids of the rules that are run (standards.md 5.3)."""
    return [id_ for ids in _rules()["axe"].values() for id_ in ids]


@cache
def axe_source() -> str | None:
    """The script of axe-core, None when no installed package brings it."""
    spec = importlib.util.find_spec(_AXE[0])
    path = Path(spec.origin).parent / _AXE[1] if spec and spec.origin else None
    return path.read_text("utf-8") if path and path.is_file() else None


@cache
def _script() -> str:
    return Path(__file__).with_suffix(".js").read_text("utf-8")


@cache
def _rules() -> dict[str, Any]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {k: re.compile(v, re.IGNORECASE) if isinstance(v, str) else v for k, v in data.items()}
