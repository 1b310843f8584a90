"""How is one address opened as a person would: doors passed, frames read, once a night?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from crawler.extract import listing
from crawler.extract.answers import read_call
from crawler.extract.text import tidy
from crawler.extract.urls import host_of, is_file, same_host
from crawler.reading import Reading
from crawler.visitor import Answer, Visitor
from db.records import Evidence, Fetch, Outcome

T = TypeVar("T")
_FRAMES = 4  # inner frames read as part of one page
_NO_BUDGET = ("home", "confirm")  # purposes that are asked for whatever was spent before


@dataclass(slots=True)
class Seen:
    """One address as opened tonight: its answer, and its page with the inner frames, doors passed."""

    url: str
    answer: Answer
    pages: list[Reading] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)  # frames that could not be read
    foreign: list[str] = field(default_factory=list)  # frames of other hosts, which are not read
    first: Outcome | None = None  # outcome of the first visit, once there was a second
    rendered: bool = False  # by the browser
    called: listing.Listing | None = None  # the list that a script of the page would have asked for

    @property
    def ok(self) -> bool:
        """The asked page itself was seen."""
        return self.answer.ok

    @property
    def incomplete(self) -> str | None:
        """Why the page or a frame of it may lack something that it should show, or None."""
        return next((p.incomplete for p in self.pages if p.incomplete), None)

    @property
    def outcome(self) -> Outcome:
        """Outcome of the last visit."""
        return self.answer.fetch.outcome

    def evidence(self, excerpt: str | None = None) -> Evidence:
        """The page as evidence, with the words that decided."""
        return self.answer.evidence(excerpt)


class Opener:
    """Opens addresses of one site, each once a night, and keeps what readers could not read as `errors`."""

    def __init__(self, visitor: Visitor, today: date) -> None:
        self.visitor, self.today = visitor, today
        self.seen: dict[str, Seen] = {}
        self.errors: list[str] = []
        self._last: list[Reading] = []

    async def open(self, url: str, purpose: str = "page", *, whole: bool = False) -> Seen:
        """The address with its doors passed and its frames read; from memory when it was opened before.

        Over the site's budget nothing is asked: the answer is then a TIMEOUT whose detail says which budget.
        """
        if url in self.seen:
            return self.seen[url]
        if purpose not in _NO_BUDGET and (reason := self.visitor.spent()):
            self.visitor.left_out[reason] = None
            now = datetime.now(UTC)
            return Seen(url, Answer(Fetch(self.visitor.unit, url, url, now, Outcome.TIMEOUT, purpose, detail=reason)))
        self._let_go()
        answer = await self._through_doors(url, purpose, whole=whole)
        seen = Seen(url, answer)
        if answer.ok and answer.page is not None:
            seen.pages.append(answer.page)
            if answer.page.incomplete:
                seen.gaps.append(answer.page.incomplete)
            await self._frames(seen, answer.page)
            if purpose == "home" and _hollow(seen.pages):
                hollow = replace(answer.fetch, outcome=Outcome.NEEDS_RENDER, detail="页面由脚本生成")
                seen.answer = replace(answer, fetch=hollow)
                await self.show(seen)
        elif answer.fetch.outcome is Outcome.CHALLENGE and host_of(url) in self.visitor.challenges:
            await self.show(seen)
        self.seen[url] = seen
        self._last = seen.pages if purpose == "page" else []
        return seen

    async def again(self, url: str, *, whole: bool = False) -> Seen:
        """Open the address a second time; `first` of the result is the outcome of the first.

        whole  the bytes themselves are asked for, not only whether they changed
        """
        before = self.seen.pop(url, None)
        seen = await self.open(url, "confirm", whole=whole)
        seen.first = before.outcome if before else None
        return seen

    def ours(self, url: str) -> bool:
        """Whether the address is on the site's own host."""
        return same_host(url, self.visitor.home)

    def read(self, what: str, reader: Callable[..., T], /, *args: Any, **named: Any) -> T | None:
        """What the reader says, or None and a row of evidence when it raises: one bad page never costs a night."""
        try:
            return reader(*args, **named)
        except Exception as error:
            self.errors.append(f"reader_error: {what}: {type(error).__name__}: {tidy(str(error), 120)}")
            return None

    def listings(self, seen: Seen, shared: frozenset[str] = frozenset()) -> list[listing.Listing]:
        """The lists of the page and its frames; `shared` are addresses that belong to the site's frame."""
        read = (self.read("listing", p.listing, shared) for p in seen.pages)
        found = [x for x in read if x is not None]
        if seen.called is not None and not any(x.rows for x in found):
            return [seen.called]
        return found

    async def call_lists(self, seen: Seen) -> None:
        """Ask for the list that a script of the page would bring, when the page itself shows none or promises another."""
        if seen.called is not None or not seen.ok or not any(x.unseen or not x.rows for x in self.listings(seen)):
            return
        seen.called = await self.call_page(seen, 1)
        if seen.called is not None:
            return
        if any(x.unseen and not x.rows for x in self.listings(seen)):
            await self.show(seen)

    async def call_page(self, seen: Seen, number: int) -> listing.Listing | None:
        """That page of the list, as a script of the page would ask for it; None when it says nothing of the kind."""
        for page in seen.pages:
            for call in self.read("list_calls", lambda p: p.list_calls, page) or ():
                if call.page != number or self.visitor.spent():
                    continue
                answer = await self.visitor.call(call, page.url)
                found = (
                    self.read("answer", read_call, call, answer.text, page.url, today=self.today) if answer.ok else None
                )
                if found is not None and (found.rows or not found.unseen):
                    return found
        return None

    async def show(self, seen: Seen) -> None:
        """Let the browser show the page, where there is one; what it shows takes the place of what was fetched."""
        if seen.rendered:
            return
        shown = await self.visitor.render(seen.url)
        if shown is None or not shown[0].ok or shown[0].page is None:
            return
        answer, frames = shown
        fetch = replace(answer.fetch, url=seen.url)
        seen.answer, seen.rendered = replace(answer, fetch=fetch), True
        seen.pages = [p for p in (answer.page, *frames) if p is not None]
        seen.gaps = [answer.page.incomplete] if answer.page and answer.page.incomplete else []

    def _let_go(self) -> None:
        """Ask the page opened last what the end of the walk will want to know, and drop its tree."""
        for reading in self._last:
            self.read("digest", reading.digest)
        self._last = []

    async def _through_doors(self, url: str, purpose: str, *, whole: bool) -> Answer:
        answer = await self.visitor.fetch(url, purpose, whole=whole)
        passed = {url, answer.fetch.final_url}
        for _ in range(self.visitor.budget.hops):
            if not answer.ok or answer.page is None:
                break
            target = self.read("way_in", answer.page.way_in, splash=purpose == "home")
            if not target or target in passed:
                break
            passed.add(target)
            onward = await self.visitor.fetch(target, purpose, whole=whole)
            hops = (*answer.fetch.hops, target, *onward.fetch.hops)
            trail = (*answer.fetch.trail, *onward.fetch.trail)
            answer = replace(onward, fetch=replace(onward.fetch, url=url, hops=hops, trail=trail))
        return answer

    async def _frames(self, seen: Seen, page: Reading) -> None:
        for url in page.frames[:_FRAMES]:
            if is_file(url) or not (same_host(url, page.url) or self.ours(url)):
                seen.foreign.append(f"frame not read: {url}"[:200])
                continue
            inner = await self.visitor.fetch(url, "page")
            if inner.ok and inner.page is not None:
                seen.pages.append(inner.page)
                if inner.page.incomplete:
                    seen.gaps.append(inner.page.incomplete)
                if page.frameset and inner.page.frames:
                    await self._frames(seen, inner.page)
            else:
                seen.gaps.append(f"frame not read: {inner.fetch.outcome}")


def _hollow(pages: list[Reading]) -> bool:
    """A page whose body a script still has to make: scripts, hardly any words, hardly any links."""
    shapes = [p.shape for p in pages]
    few = sum(shape.words for shape in shapes) < 60 and sum(shape.links for shape in shapes) < 3
    return few and any(shape.scripted for shape in shapes)
