"""What is saved reads back equal, in a real SQLite file."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from db import facts
from db.bodies import digest, pack
from db.codec import dump, instant_text, load
from db.migrations import schema
from db.records import (
    Account,
    Column,
    Content,
    Evidence,
    Fetch,
    LinkCheck,
    Outcome,
    Post,
    Probe,
    Report,
    Row,
    SiteVisit,
    Snapshot,
    Unit,
)

AT = datetime(2026, 11, 24, 14, 10, 4, tzinfo=UTC)


def a_visit(unit="岚水县", run=1, outcome=Outcome.OK, at=AT) -> SiteVisit:
    evidence = Evidence("http://x.cn/", at, 200, "ab" * 32, "首页")
    rows = (Row("关于…的通知", "http://x.cn/a", date(2026, 11, 1), "row", True), Row("无日期"))
    return SiteVisit(
        unit,
        run,
        "http://x.cn/",
        at,
        at + timedelta(seconds=3),
        outcome,
        200,
        home=evidence,
        content=Content.ITEMS,
        home_rows=rows,
        board=Column("board", "政府信息公开", "http://x.cn/zfxxgk/", "home", Outcome.OK, evidence=evidence),
        columns=(Column("news", "要闻", "http://x.cn/yw/", "home", content=Content.ITEMS, rows=rows),),
        probes=(Probe(at, outcome, 200, 12),),
        links=(LinkCheck("http://x.cn/b", "http://x.cn/", "乙", Outcome.SOFT_404, second=Outcome.OK),),
        reports=(Report("2025年报", None, 2025, "own", "board", {"row": date(2026, 1, 20)}),),
    )


def test_a_visit_reads_back_equal(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    run = facts.begin_run(db, at=AT, kind="night")
    visit = a_visit(run=run.id)
    fetch = Fetch("岚水县", "http://x.cn/", "http://x.cn/", AT, Outcome.OK, "home", 200, sha256="x", hops=("a", "b"))
    body = "正文".encode() * 100
    facts.save_visit(db, visit, [fetch], {digest(body): pack(body)})
    facts.save_visit(db, visit, [fetch], {digest(body): pack(body)})
    assert facts.visit_of_run(db, "岚水县", run=run.id) == visit
    assert facts.last_visit(db, "岚水县") == visit
    assert facts.last_visit(db, "无此单位") is None
    assert facts.probes_of_week(db, "岚水县", until=AT) == [Probe(AT, Outcome.OK, 200, 12)]
    assert facts.probes_of_week(db, "岚水县", until=AT + timedelta(days=8)) == []
    assert db["body"].count == 1
    assert db["fetch"].count == 1
    assert facts.body(db, digest(body)) == body
    db.execute("UPDATE body SET zstd = ?", (pack(b"other"),))
    with pytest.raises(facts.DatabaseProblem, match="已损坏"):
        facts.body(db, digest(body))


def test_registry_and_runs_read_back_equal(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    units = [Unit("代县", "county", "", source="units.csv:2"), Unit("市金融办", "department", None, retrofit=False)]
    accounts = [Account("代县", "feed", "代县发布", "a.xml", "http://x.cn/a.xml")]
    facts.save_registry(db, units, accounts)
    assert facts.units(db) == units
    assert facts.units(db)[0].no_platform
    assert facts.accounts(db) == accounts
    run = facts.begin_run(db, at=AT, kind="night")
    facts.end_run(db, run.id, at=AT + timedelta(hours=1), state="finished")
    assert facts.latest_run(db).state == "finished"
    assert facts.run_of(db, run.id).finished_at == AT + timedelta(hours=1)
    assert facts.run_of(db, 99) is None


def test_answered_before_takes_the_newest_earlier_visit(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    for outcome in (Outcome.OK, Outcome.REFUSED, Outcome.OK):
        run = facts.begin_run(db, at=AT, kind="night")
        facts.save_visit(db, a_visit(run=run.id, outcome=outcome, at=AT + timedelta(days=run.id)), [], {})
    assert facts.answered_before(db, run=3) == {"岚水县": False}
    assert facts.answered_before(db, run=1) == {}


def test_snapshots_come_with_the_one_of_an_earlier_day(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    account = Account("代县", "feed", "代县发布", "a.xml", "http://x.cn/a.xml")
    facts.save_registry(db, [Unit("代县", "county", None)], [account])
    shots = []
    for hours in (0, 1, 30):
        run = facts.begin_run(db, at=AT, kind="night")
        post = Post("防汛提示", None, AT, comments=3)
        shot = Snapshot("代县", "代县发布", "feed", "a.xml", run.id, AT + timedelta(hours=hours), "ok", (post,))
        facts.save_snapshot(db, shot, [], {})
        shots.append(shot)
    assert facts.last_snapshots(db, account) == (shots[2], shots[1])
    assert facts.last_snapshots(db, replace(account, source="b.xml")) == (None, None)


@pytest.mark.parametrize("text", ["not a database" * 100])
def test_a_file_that_is_no_database_is_refused_untouched(tmp_path, text):
    path = tmp_path / "w.db"
    path.write_text(text)
    with pytest.raises(facts.DatabaseProblem, match="不能作为数据库"):
        facts.open_database(path)
    assert path.read_text() == text


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(facts.DatabaseProblem, match="不存在"):
        facts.open_database(tmp_path / "w.db", create=False)
    with pytest.raises(facts.DatabaseProblem, match="文件夹"):
        facts.open_database(tmp_path / "no" / "w.db")


def test_a_newer_database_is_refused_untouched(tmp_path):
    path = tmp_path / "w.db"
    facts.open_database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('wangkao', 'm9999_later', '2030')"
        )
    with pytest.raises(facts.DatabaseTooNew, match="m9999_later"):
        facts.open_database(path)


def test_visits_of_an_older_database_are_packed_and_read_back_equal(tmp_path):
    path = tmp_path / "w.db"
    well = SiteVisit("代县", 1, "http://d.gov.cn/", AT, AT, Outcome.OK, status=200, errors=("footer: ValueError",))
    cut = replace(well, unit="岚县", outcome=Outcome.TIMEOUT, status=None, errors=())
    db = Database(sqlite3.connect(path))
    schema.apply(db, stop_before="m0012_visits_packed")
    facts.begin_run(db, at=AT, kind="night")
    for visit, confirmed in ((well, 1), (cut, 0)):
        row = (1, visit.unit, instant_text(AT), visit.outcome, 3, dump(visit), confirmed)
        db.execute("INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    db.conn.commit()
    db.close()
    db = facts.open_database(path)
    assert [facts.visit_of_run(db, v.unit, run=1) for v in (well, cut)] == [well, cut]
    assert (facts.last_visit(db, "代县"), facts.last_visit(db, "岚县")) == (well, None)
    assert facts.endings(db, 1) == {"代县": facts.Ending(Outcome.OK, 200, broken=True)}


def test_two_writers_wait_for_each_other(tmp_path):
    one, two = facts.open_database(tmp_path / "w.db"), facts.open_database(tmp_path / "w.db")
    for db in (one, two, one):
        facts.begin_run(db, at=AT, kind="night")
    assert facts.latest_run(two).id == 3


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_sort_as_text(instant):
    assert (instant_text(instant) < instant_text(AT)) == (
        instant.replace(microsecond=instant.microsecond // 1000 * 1000) < AT
    )


def test_naive_instants_are_refused():
    with pytest.raises(ValueError, match="naive"):
        instant_text(datetime(2026, 1, 1))


@given(st.builds(Row, st.text(), st.none() | st.text(), st.none() | st.dates(), st.none() | st.text(), st.booleans()))
def test_rows_read_back_equal(row):
    assert load(Row, dump(row)) == row
