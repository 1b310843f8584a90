"""Where does what the spiders saw go? One transaction a site, so that the file is whole after every one of them."""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import Any

from scrapy.crawler import Crawler

from crawler.settings import DISK_FULL
from crawler.spiders.site import Seen
from db import facts
from db.records import SiteVisit


class StorePipeline:
    """Writes each `Seen` to the facts file named by the setting WANGKAO_PART, for the run WANGKAO_RUN."""

    def __init__(self, path: str, run: int) -> None:
        self.path, self.run = path, run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StorePipeline:
        """Made by Scrapy, one per spider."""
        return cls(crawler.settings["WANGKAO_PART"], crawler.settings.getint("WANGKAO_RUN"))

    def open_spider(self) -> None:
        """Open the database when the spider starts."""
        self.db = facts.open_database(self.path, create=False)

    def close_spider(self) -> None:
        """Close it with the spider."""
        self.db.close()

    def process_item(self, item: Any) -> Any:
        """Store the visit or snapshot with its fetches and bodies; where that fails, nothing more may be asked of any site."""
        try:
            return self._stored(item)
        except sqlite3.Error as error:
            print(f"{self.path}: {error}", file=sys.stderr, flush=True)
            os._exit(DISK_FULL)

    def _stored(self, item: Any) -> Any:
        if isinstance(item, Seen):
            taken = item.taken
            if isinstance(item.record, SiteVisit):
                facts.save_visit(self.db, item.record, taken.fetches, taken.bodies, taken.pages, last=item.last)
            elif item.record is None:
                with facts.writing(self.db):
                    facts.save_fetches(self.db, self.run, taken.fetches)
                    facts.save_bodies(self.db, taken.bodies)
            else:
                facts.save_snapshot(self.db, item.record, taken.fetches, taken.bodies)
        return item
