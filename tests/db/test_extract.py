"""What goes to another machine is what a crawl process there reads, and nothing of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from db import facts
from db.bodies import digest, pack
from db.extract import extract
from db.records import Account, KnownPage
from tests.monitors.made import a_unit, a_visit

AT = datetime(2026, 11, 20, 14, 10, tzinfo=UTC)


def test_an_extract_says_the_same_of_its_units_as_the_database(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    units = [
        a_unit(name=f"{n}县", site=f"http://{n}.example/", contact="张三", extra={"电话": "1390000"}) for n in "甲乙丙"
    ]
    accounts = [Account("甲县", "甲县发布", "feed", "f", "http://f.example/rss?key=***")]
    facts.save_registry(db, units, accounts)
    for number in range(2):
        run = facts.begin_run(db, at=AT + timedelta(days=number), kind="night")
        for unit in units:
            body = f"{unit.name}{number}".encode()
            page = KnownPage(
                str(unit.site), unit.name, digest(body), AT, AT, AT, etag="x", readers="1", facts='{"a": 1}'
            )
            visit = a_visit(unit=unit.name, run=run.id, url=unit.site, started_at=AT, finished_at=AT)
            last = (unit.name, number) != ("乙县", 1)  # its second visit was cut off
            facts.save_visit(db, visit, [], {digest(body): pack(body)}, [page], last=last)
    extract(db, tmp_path / "e.db", ["甲县", "乙县"])
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("e.db")) == ["e.db"], "one whole file"
    made = facts.open_database(tmp_path / "e.db", create=False)
    assert facts.units(made) == [replace(u, contact=None, extra={}) for u in units]
    assert facts.accounts(made) == accounts
    names = [u.name for u in units]
    known = facts.known_pages(db, ["甲县", "乙县"])
    assert facts.known_pages(made, names) == known and all(page.stored for page in known.values())
    for url, page in known.items():
        assert facts.page_facts(made, url) == facts.page_facts(db, url)
        assert facts.body(made, page.sha256) == facts.body(db, page.sha256)
    for name in ("甲县", "乙县"):
        assert facts.last_visit(made, name) == facts.last_visit(db, name)
    assert facts.last_visit(made, "乙县").run == 1
    assert facts.last_visit(made, "丙县") is None
