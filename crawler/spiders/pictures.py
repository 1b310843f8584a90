"""How do the pages look that cost a unit points? One picture each, taken by the browser after the judging."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from crawler.spiders.site import Seen, Shared, VisitingSpider
from db.records import Unit


class PictureSpider(VisitingSpider):
    """Show each of the pages, by unit, and keep what the window showed as fetches of purpose `render` and `screenshot`."""

    name = "pictures"

    def __init__(
        self, units: Sequence[Unit], pages: Mapping[str, Sequence[str]], *, shared: Shared, **named: Any
    ) -> None:
        super().__init__(**named)
        self.units, self.pages, self.shared = units, pages, shared

    async def start(self) -> AsyncIterator[Any]:
        """Yield a `Seen` without a record for each unit; a page that does not open leaves only its fetch row."""
        for unit in self.units:
            visitor = self.visitor(unit.name, str(unit.site))
            for url in self.pages.get(unit.name, ()):
                if visitor.spent():
                    break
                await visitor.render(url, screenshot=True)
            if visitor.renderer is not None:
                await visitor.renderer.close()
            self.shared.report({"event": "pictures", "unit": unit.name, "pages": visitor.renders})
            yield Seen(None, visitor.take(), last=True)
