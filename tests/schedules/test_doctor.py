"""The doctor names what is wrong with the machine and what to do; on a machine that is well it finds nothing bad."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from db import backup, facts, lock, work
from schedules import doctor
from schedules.doctor import BAD, GOOD, NOTE, examine
from schedules.settings import Settings
from tests.crawler.served import Site, served

NOW = datetime.now(UTC)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "units.csv").write_text("单位,类别,网址\n岚水县,县市区,http://a.example/\n云阳县,县市区,\n", "utf-8")
    return Settings(units=tmp_path / "units.csv", db=tmp_path / "w.db")


def checks(settings, name, **named):
    return [(c.state, c.said) for c in examine(settings, **named) if c.name == name]


def test_a_machine_that_is_well(settings):
    db = facts.open_database(settings.db)
    facts.begin_run(db, at=NOW - timedelta(hours=1), kind="night")
    db.close()
    backup.daily(settings.db, None, keep=3, at=NOW)
    found = examine(settings)
    assert [c for c in found if c.state == BAD] == []
    assert {c.name for c in found if c.state == GOOD} >= {
        "Python",
        "程序包",
        "登记表",
        "磁盘",
        "数据库",
        "时钟",
        "任务",
        "备份",
    }
    assert "云阳县" in next(c.said for c in found if c.name == "登记表" and c.state == NOTE)


def test_who_owns_our_names():
    assert next(doctor.packages({"db": ["wangkao"], "crawler": ["wangkao", "other-spider"]})).state == BAD
    assert "other-spider" in next(doctor.packages({"crawler": ["other-spider"]})).said


def test_a_damaged_database(settings):
    facts.open_database(settings.db).close()
    data = bytearray(settings.db.read_bytes())
    data[4096:12288] = b"\x55" * 8192
    settings.db.write_bytes(data)
    ((state, said),) = checks(settings, "数据库")
    assert state == BAD
    assert str(settings.db) in said


def test_a_clock_behind_the_database(settings):
    db = facts.open_database(settings.db)
    facts.begin_run(db, at=NOW, kind="night")
    db.close()
    ((state, said),) = checks(settings, "时钟", now=NOW - timedelta(days=1))
    assert (state, "调回" in said) == (BAD, True)


def test_a_full_disk_a_registry_that_is_missing_and_a_control_address_that_fails(settings, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**10, 10**10, 40 * 10**6))
    settings.units.unlink()
    with served(Site({})) as control:
        ill = settings.model_copy(update={"control": control.url})
        assert checks(ill, "网络")[0][0] == GOOD
    bad = {c.name for c in examine(ill) if c.state == BAD}
    assert bad >= {"磁盘", "登记表", "网络"}


def test_what_runs_what_failed_and_what_was_missed(settings):
    db = facts.open_database(settings.db)
    with facts.writing(db):
        failed = work.begin_job(db, "backup", at=NOW)
        work.end_job(db, failed, at=NOW, state="failed", note="磁盘已满")
        old = work.begin_job(db, "run", at=NOW - timedelta(days=3))
        work.end_job(db, old, at=NOW - timedelta(days=3), state="done")
    db.close()
    with lock.alone(settings.db, "夜间任务"):
        assert "夜间任务" in checks(settings, "任务")[0][1]
    said = [words for state, words in checks(settings, "时间表") if state == NOTE]
    assert any("每日备份" in words and "磁盘已满" in words for words in said)
    assert any("夜间任务" in words and "补做" in words for words in said)


def test_holidays_that_are_not_known_yet(settings):
    assert checks(settings, "节假日", now=datetime(doctor.LAST_YEAR, 6, 1, tzinfo=UTC))[0][0] == GOOD
    assert checks(settings, "节假日", now=datetime(doctor.LAST_YEAR, 12, 1, tzinfo=UTC))[0][0] == NOTE


def test_nothing_is_written(settings, tmp_path):
    before = sorted(p.name for p in tmp_path.iterdir())
    examine(settings)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
