"""What do today's readers say of a visit that is stored? The same walk, over kept answers, with no network at all.

The walk asks as it did that night and is given what came then: each request its answer, a second look the second one. An
address that was not asked then is not seen now either.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from crawler.extract.page import Page
from crawler.hosts import Registered
from crawler.papers import carried
from crawler.reading import Reading
from crawler.settings import Budget
from crawler.visitor import CUT_OFF, RENDER, Answer, Visitor
from crawler.walk import SiteWalk
from db.records import Fetch, Hop, Outcome, SiteVisit, Unit, shanghai_day

if TYPE_CHECKING:
    from crawler.browser import Inspect

_PLENTY = Budget(pages=1_000_000, links=1_000, requests=1_000_000, seconds=3600.0, failures=1_000_000)


async def _no_network(request: Request) -> Response:
    raise AssertionError(f"a replay asks nobody: {request.url}")


@dataclass(slots=True)
class ReplayVisitor(Visitor):
    """A visitor that answers from stored fetch rows. `body` of its memory brings the stored bytes."""

    kept: dict[tuple[str, str], deque[tuple[Hop, Fetch]]] = field(default_factory=dict)
    missing_row: Fetch | None = None  # how the host answered for an address that cannot exist

    async def _permitted(self, url: str) -> bool:
        return True  # a page that robots.txt closed was not fetched: its row says so

    async def _ask(
        self, url: str, purpose: str, method: str, whole: bool, extra: dict[str, str], sent: str | None
    ) -> Answer:
        rows = self.kept.get((url, method))
        if purpose == "soft404" and self.missing_row is not None and rows is None and self.missing_row.trail:
            rows = deque([(self.missing_row.trail[-1], self.missing_row)])
        if not rows:
            lost = Fetch(self.unit, url, url, self.began, Outcome.TIMEOUT, purpose, detail="当夜没有访问")
            return Answer(lost)
        hop, row = rows.popleft() if len(rows) > 1 else rows[0]
        body = self.memory.body(hop.sha256) if hop.sha256 else b""
        blank = Fetch(self.unit, url, url, hop.at, Outcome.OK, purpose, ms=row.ms)
        if hop.status is None or body is None or (row.outcome is Outcome.OK and not body):
            same = {"outcome": row.outcome, "detail": row.detail, "status": hop.status, "sha256": hop.sha256}
            return Answer(replace(blank, **same, trail=(hop,)))  # type: ignore[arg-type]
        known = self.memory.pages.get(url)
        began, self.began = self.began, known.since if known and known.sha256 == hop.sha256 else self.began
        head = hop.headers
        if hop.status == 304:
            head = (*head, ("Content-Type", row.content_type or "text/html"))
        status = 200 if hop.status == 304 else hop.status
        answer = self._read(blank, status, head, body, method, None, CUT_OFF if row.detail == CUT_OFF else None)
        self.began = began
        return replace(answer, fetch=replace(answer.fetch, status=hop.status, trail=(hop,)))

    async def render(
        self, url: str, *, screenshot: bool = False, inspect: Inspect | None = None
    ) -> tuple[Answer, list[Reading]] | None:
        """What the browser showed that night; its frames are not kept."""
        rows = self.kept.get((url, RENDER))
        body = self.memory.body(rows[0][0].sha256) if rows and rows[0][0].sha256 else None
        if not rows or body is None:
            return None
        row = rows[0][1]
        page = Reading(Page(row.final_url, body.decode("utf-8", "replace")), shanghai_day(self.began))
        page.incomplete = row.detail if (row.detail or "").startswith("render incomplete") else ""
        return Answer(row, page=page), []


def replay_visitor(unit: Unit, visit: SiteVisit, rows: Iterable[Fetch], registered: Registered) -> ReplayVisitor:
    """A visitor over the fetch rows of one visit, in the order in which they were made."""
    made = ReplayVisitor(unit.name, str(unit.site), _no_network, registered, _PLENTY, "", began=visit.started_at)
    kept: dict[tuple[str, str], deque[tuple[Hop, Fetch]]] = defaultdict(deque)
    for row in sorted(rows, key=lambda r: r.at):
        if row.purpose == "soft404":
            made.missing_row = row
        for hop in row.trail or (Hop(row.url, row.at, row.status, sha256=row.sha256),):
            if not any(hop.at == other.at for other, _ in kept[hop.url, hop.method]):
                kept[hop.url, hop.method].append((hop, row))
    made.kept = dict(kept)
    return made


async def read_again(
    unit: Unit, visit: SiteVisit, visitor: ReplayVisitor, *, others: Iterable[str], city: str | None
) -> SiteVisit:
    """The visit as today's readers would have written it; times and probes stay those of the night."""
    walk = SiteWalk(unit, visitor, run=visit.run, others=list(others), city=city, started_at=visit.started_at)
    walk.papers.before = carried(visit)
    await walk.walk()
    await walk.safety.again(visit)
    await walk.probe()
    again = await walk.confirm()
    return replace(
        again,
        started_at=visit.started_at,
        finished_at=visit.finished_at,
        probes=visit.probes,
        explored_at=visit.explored_at,
        left_out=visit.left_out,
        variants=visit.variants,
        certificate=visit.certificate,
        elder=replace(again.elder, walk=visit.elder.walk, axe=visit.elder.axe),  # what was done in a window is not kept
        scanned=max(visit.scanned, again.scanned),  # pages that were only asked whether they answer are not kept
    )
