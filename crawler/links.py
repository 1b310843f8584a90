"""Which internal links of the home and board pages lead nowhere?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from crawler.extract.columns import is_article
from crawler.extract.urls import is_file, is_trap, under
from crawler.opening import Opener
from crawler.reading import Reading
from crawler.safety import SafetyRound
from crawler.visitor import DEAD, Answer
from db.records import Evidence, LinkCheck

_WELL_FOR, _SPREAD = 7, 4  # days after which an article that answered is asked again, less up to so many
_ARTICLES = 20  # articles asked a night once the site is known
_NO_HEAD = frozenset((400, 403, 404, 405, 410, 500, 501))  # answers to HEAD that only GET can confirm


class LinkRound:
    """The dead-link check of one site: `ask` once, `confirm` at the end of the run; `total` links were eligible.

    Menus and everything that is no article are asked every night. On a site that an earlier night knows, only few articles are,
    in turn, and none that answered within the week; those count as eligible and are not among the `checks`.
    """

    def __init__(self, opener: Opener, night: int, safety: SafetyRound | None = None) -> None:
        self.opener, self.night, self.safety = opener, night, safety
        self.checks: dict[str, LinkCheck] = {}
        self.total = 0

    async def ask(self, fronts: Sequence[Reading]) -> None:
        """Ask each internal link once, at most as many as the budget says, rotating from night to night.

        Links opened before tonight cost nothing and count as asked.
        """
        found: dict[str, tuple[str, str]] = {}
        for page in fronts:
            for link in page.anchors:
                if under(link.url, self.opener.visitor.home) and not is_trap(link.url):
                    found.setdefault(link.url, (page.url, link.text))
        self.total = len(found)
        for url in self._tonight(self._worth_asking(list(found))):
            seen = self.opener.seen.get(url)
            if seen is None and (self._given_up() or self._spent()):
                break
            answer = seen.answer if seen else await self._ask(url)
            if answer.ok and seen is None and self.safety is not None:
                await self.safety.look(url, answer.page)
                if answer.page is not None:
                    answer.page.let_go()
            f = answer.fetch
            where, anchor = found[url]
            evidence = Evidence(f.final_url, f.at, f.status, f.sha256, f"{anchor}: {f.detail or f.outcome}")
            self.checks[url] = LinkCheck(url, where, anchor, f.outcome, f.status, evidence=evidence)

    def doubtful(self) -> list[str]:
        """Links that looked dead and were not asked a second time."""
        return [url for url, check in self.checks.items() if check.first in DEAD and check.second is None]

    async def confirm(self) -> None:
        """Ask a second time what looked dead."""
        for url in self.doubtful():
            check = self.checks[url]
            seen = self.opener.seen.get(url)
            if seen is not None and seen.first is not None:
                f = seen.answer.fetch
            elif self._given_up():
                continue
            else:
                f = (await self._ask(url)).fetch
            self.checks[url] = replace(check, second=f.outcome, second_status=f.status)

    def _worth_asking(self, urls: list[str]) -> list[str]:
        """All links the first night; later the articles among them that are due, a few, the first on the page before others."""
        visitor = self.opener.visitor
        met = (known for url in urls if (known := visitor.memory.pages.get(url)) is not None)
        if all(known.since >= visitor.began for known in met):
            return urls
        articles = [url for url in urls if url not in self.opener.seen and is_article(url)]
        due = set([url for url in articles if not self._known_well(url)][:_ARTICLES])
        left = set(articles) - due
        return [url for url in urls if url not in left]

    def _known_well(self, url: str) -> bool:
        """It answered lately; the week is shorter for some, so that they are not all due together."""
        known = self.opener.visitor.memory.pages.get(url)
        if known is None:
            return False
        spread = int.from_bytes(hashlib.sha256(url.encode()).digest()[:2], "big") % _SPREAD
        return self.opener.visitor.began - known.seen_at < timedelta(days=_WELL_FOR - spread)

    def _tonight(self, urls: list[str]) -> list[str]:
        limit = self.opener.visitor.budget.links
        if len(urls) <= limit:
            return urls
        known = [u for u in urls if u in self.opener.seen]
        rest = [u for u in urls if u not in self.opener.seen]
        start = (self.night * limit) % max(1, len(rest))
        chosen = [*known, *rest[start:], *rest[:start]][: max(limit, len(known))]
        self.opener.visitor.left_out[f"首页和专栏共 {len(urls)} 个站内链接，本次检查 {len(chosen)} 个，其余轮换"] = None
        return chosen

    def _spent(self) -> bool:
        visitor = self.opener.visitor
        if visitor.requests < visitor.budget.requests:
            return False
        visitor.left_out[f"已达每站 {visitor.budget.requests} 次请求的上限，其余链接没有检查"] = None
        return True

    def _given_up(self) -> bool:
        return self.opener.visitor.failures >= self.opener.visitor.budget.failures

    async def _ask(self, url: str) -> Answer:
        if is_file(url):
            answer = await self.opener.visitor.fetch(url, "link", method="HEAD")
            if answer.fetch.status not in _NO_HEAD:
                return answer
        return await self.opener.visitor.fetch(url, "link")
