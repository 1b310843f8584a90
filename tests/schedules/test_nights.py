"""Two nights over real sites: what did not change costs little, what did is found, what breaks loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import facts
from db.codec import instant_text
from desk import export
from monitors.rubric import load_rubric
from schedules import crawl, jobs
from tests.conftest import _rows, a_site
from tests.crawler.served import Site, served


class Night:
    """A few served sites and the job over them."""

    def __init__(self, folder: Path, sites: dict[str, Site]) -> None:
        self.sites, self.db = sites, folder / "w.db"
        self.units = folder / "units.csv"
        rows = [f"{unit},县市区,{site.url}" for unit, site in sites.items()]
        self.units.write_text("\n".join(["单位,类别,网址", *rows, ""]), "utf-8")

    def run(self, **named):
        """One night: events of its progress and its findings by (unit, rule, target)."""
        events: list[dict] = []
        for site in self.sites.values():
            site.asked.clear()
            site.unchanged.clear()
        tell = named.pop("progress", events.append)
        jobs.run(self.units, None, self.db, delay=0, jobs=named.pop("jobs", 1), progress=tell, **named)
        db = facts.open_database(self.db)
        rows = export.rows_of(db, "findings")
        db.close()
        return events, {(f["unit"], f["rule"], f["target"]): (f["verdict"], f["reason"]) for f in rows}

    def sql(self, statement: str, *values: object) -> list[tuple]:
        db = facts.open_database(self.db)
        with facts.writing(db):
            rows = db.execute(statement, values).fetchall()
        db.close()
        return rows


@pytest.fixture
def night(tmp_path):
    with ExitStack() as stack:
        sites = {f"{name}县": a_site(f"{name}县") for name in ("甲", "乙", "丙")}
        for number, site in enumerate(sites.values()):
            site.validators = True
            stack.enter_context(served(site, f"127.0.0.{61 + number}"))
        yield Night(tmp_path, sites)


def said(events, key):
    return sum(e[key] for e in events if e["event"] == "site_done")


def test_a_second_night_parses_nothing_and_says_the_same(night):
    first, before = night.run()
    second, after = night.run()
    assert (said(first, "unchanged"), said(first, "reread")) == (0, 0)
    assert said(second, "unchanged") > 30
    assert said(second, "reread") == 0
    assert after == before
    for site in night.sites.values():
        pages = [p for p in site.asked if p != "/robots.txt" and "_probe_" not in p]
        assert sorted(site.unchanged) == sorted(pages)
    rows = night.sql("SELECT status, count(*) FROM fetch WHERE run = 2 AND purpose = 'page' GROUP BY status")
    assert [status for status, _ in rows] == [304]


def test_an_article_that_answered_within_the_week_is_not_asked_again_and_a_menu_is(night):
    site = night.sites["甲县"]
    site.pages["/"] = site.pages["/"].replace("/yw/0.html", "/yw/202611/t20261124_7.html")
    site.pages["/yw/202611/t20261124_7.html"] = "<title>事项</title><p>各单位遵照执行。</p>"
    night.run()
    assert "/yw/202611/t20261124_7.html" in site.asked
    del site.pages["/yw/202611/t20261124_7.html"], site.pages["/tz/3.html"]
    site.pages["/"] = site.pages["/"].replace("</ul>", "<li><a href='/tz/3.html'>关于某事的公告</a></li></ul>", 1)
    _, found = night.run()
    assert "/yw/202611/t20261124_7.html" not in site.asked
    assert found["甲县", "site.dead_links", site.url][0] == "fail", (
        "what stands in no article's address is asked each night"
    )
    night.sql("UPDATE page SET seen_at = ? WHERE url LIKE '%t20261124_7%'", instant_text(now() - timedelta(days=8)))
    night.run()
    assert site.asked.count("/yw/202611/t20261124_7.html") == 2, "asked again after a week, and confirmed"


def test_a_changed_page_is_found_and_only_it_is_read(night):
    site = night.sites["乙县"]
    site.pages["/yw/"] = site.pages["/yw/"].replace(_rows("yw", 1), _rows("yw", 30))
    _, before = night.run()
    target = f"{site.url}yw/"
    assert before["乙县", "site.news_fresh", target] == ("fail", "stale")
    site.pages["/yw/"] = site.pages["/yw/"].replace(_rows("yw", 30), _rows("yw", 0))
    events, after = night.run()
    assert after["乙县", "site.news_fresh", target] == ("pass", None)
    assert said(events, "reread") == 0
    assert {k: v for k, v in after.items() if before[k] != v} == {("乙县", "site.news_fresh", target): ("pass", None)}


def test_new_readers_read_the_stored_pages_again(night):
    night.run()
    night.sql("UPDATE page SET readers = 'older'")
    events, _ = night.run()
    assert said(events, "reread") > 15
    assert all(site.unchanged for site in night.sites.values())


def test_a_server_that_answers_304_for_everything_does_not_make_a_page_old(night):
    site = night.sites["丙县"]
    fresh = site.pages["/yw/"]
    site.pages["/yw/"] = fresh.replace(_rows("yw", 1), _rows("yw", 20))
    night.run()
    site.validators = "lies"
    site.pages["/yw/"] = fresh
    back = instant_text(now() - timedelta(days=9))
    night.sql("UPDATE page SET since = ? WHERE url LIKE '%/yw/'", back)
    _, after = night.run()
    assert after["丙县", "site.news_fresh", f"{site.url}yw/"] == ("pass", None)


def test_the_bytes_are_asked_for_again_within_eight_days(night):
    night.run()
    night.sql("UPDATE page SET full_at = ?", instant_text(now() - timedelta(days=8)))
    night.run()
    for site in night.sites.values():
        assert set(site.unchanged) == {"/"}  # the later probes of this night


def test_a_batch_that_crashes_is_visited_again_for_what_it_had_not_finished(night):
    events: list[dict] = []

    def kill_once(event):
        events.append(event)
        if event["event"] == "site_done" and not any(e["event"] == "restart" for e in events):
            for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)

    _, after = night.run(progress=kill_once)
    assert any(e["event"] == "restart" for e in events)
    assert {unit for unit, *_ in after} == set(night.sites)
    scored = {id_ for id_, line in load_rubric().lines.items() if line.state == "scored"}
    assert {verdict for (_, rule, _), (verdict, _) in after.items() if rule in scored} <= {"pass", "na"}
    assert not list(night.db.parent.glob("*.parts"))
    assert night.sql("SELECT count(*) FROM visit") == [(3,)]


def test_facts_files_are_merged_twice_or_in_any_order_with_the_same_result(night, tmp_path, monkeypatch):
    parts, merge_parts = [], crawl.merge_parts

    def keep(path):
        for part in Path(f"{path}.parts").glob("*.db"):
            parts.append(Path(shutil.copy(part, tmp_path / f"kept-{part.name}")))
        return merge_parts(path)

    monkeypatch.setattr(crawl, "merge_parts", keep)
    night.run(jobs=3)
    assert len(parts) == 3

    def tables(path):
        db = facts.open_database(path)
        found = {t: sorted(map(repr, db.execute(f"SELECT * FROM {t}"))) for t in ("body", "visit", "probe", "page")}
        found["fetch"] = sorted(repr(row[1:]) for row in db.execute("SELECT * FROM fetch"))
        db.close()
        return found

    want = tables(night.db)
    for n, order in enumerate((parts, parts[::-1], [*parts, *parts])):
        whole = facts.open_database(tmp_path / f"whole{n}.db")
        for part in order:
            facts.merge(whole, part)
        whole.close()
        assert tables(tmp_path / f"whole{n}.db") == want


def test_what_a_killed_run_left_is_merged_by_the_next(night, monkeypatch):
    monkeypatch.setattr(crawl, "merge_parts", lambda path: 0)
    night.run(only=["甲县"])
    assert night.sql("SELECT count(*) FROM visit") == [(0,)]
    monkeypatch.undo()
    _, after = night.run(only=["乙县"])
    assert night.sql("SELECT run, unit FROM visit ORDER BY run") == [(1, "甲县"), (2, "乙县")]
    assert after["甲县", "site.available", night.sites["甲县"].url] == ("pass", None)


def now():
    return datetime.now(UTC)
