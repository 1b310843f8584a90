"""A copy is whole and checked or it is not there; what it holds comes back, and nothing that stood in its place is deleted."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest

from db import backup, facts
from db.keys import installation_key, key_file
from db.records import Unit

AT = datetime(2026, 11, 25, 4, 50, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "w.db"
    db = facts.open_database(path)
    facts.save_registry(db, [Unit(f"单位{n}", "department", None) for n in range(50)], [])
    facts.begin_run(db, at=AT, kind="night")
    db.close()
    installation_key(path)
    return path


def test_a_copy_holds_everything_and_the_key(database, tmp_path):
    made = backup.backup(database, tmp_path / "copy.db")
    assert (made.rows["unit"], made.rows["run"], made.last_run) == (50, 1, AT)
    assert backup.checked(tmp_path / "copy.db").rows == made.rows
    assert key_file(made.file).read_bytes() == key_file(database).read_bytes()
    assert key_file(made.file).stat().st_mode & 0o077 == 0
    assert not [f for f in tmp_path.iterdir() if "unfinished" in f.name or f.name.startswith("copy.db-")]


def test_a_copy_is_of_one_moment_while_others_write(database, tmp_path):
    stop = threading.Event()

    def write():
        db = facts.open_database(database)
        while not stop.is_set():
            facts.begin_run(db, at=AT, kind="night")
        db.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            made = backup.backup(
                database, tmp_path / f"copy{n}.db"
            )  # its counts are compared with those of that moment
            assert made.rows["unit"] == 50
    finally:
        stop.set()
        writer.join(20)


def test_a_copy_that_fails_leaves_the_old_one(database, tmp_path, monkeypatch):
    made = backup.backup(database, tmp_path / "copy.db")
    before = made.file.read_bytes()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(backup.BackupProblem, match="磁盘只剩 0 MB"):
        backup.backup(database, made.file)
    monkeypatch.undo()
    monkeypatch.setattr(backup, "checked", lambda file: (_ for _ in ()).throw(backup.BackupProblem("坏了")))
    with pytest.raises(backup.BackupProblem, match="坏了"):
        backup.backup(database, made.file)
    assert made.file.read_bytes() == before
    assert not list(tmp_path.glob("*unfinished*"))


@pytest.mark.parametrize(("place", "word"), [("w.db", "就是数据库本身"), ("no/copy.db", "不存在")])
def test_a_place_that_cannot_be(database, tmp_path, place, word):
    with pytest.raises(backup.BackupProblem, match=word):
        backup.backup(database, tmp_path / place)


def test_a_damaged_copy_is_refused(database, tmp_path):
    made = backup.backup(database, tmp_path / "copy.db")
    data = bytearray(made.file.read_bytes())
    data[5000:9000] = b"\x00" * 4000
    made.file.write_bytes(data)
    with pytest.raises(backup.BackupProblem, match="请换用另一份备份"):
        backup.checked(made.file)
    with pytest.raises(backup.BackupProblem):
        backup.restore(made.file, database)
    assert facts.open_database(database).execute("SELECT count(*) FROM unit").fetchone() == (50,)


def test_a_copy_of_a_newer_version_is_refused(database, tmp_path):
    made = backup.backup(database, tmp_path / "copy.db")
    with sqlite3.connect(made.file) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('wangkao', 'm9999', '2030')"
        )
    with pytest.raises(backup.BackupProblem, match="更新版本"):
        backup.checked(made.file)


def test_what_is_restored_is_what_was_copied(database, tmp_path):
    made = backup.backup(database, tmp_path / "copy.db")
    later = facts.open_database(database)
    facts.begin_run(later, at=AT + timedelta(days=1), kind="night")
    parts = tmp_path / "w.db.parts"
    parts.mkdir()
    (parts / "run-2-0-0.db").write_bytes(b"of a run that the copy does not know")
    aside = backup.restore(made.file, database)  # with the log of changes still open
    later.close()
    db = facts.open_database(database)
    assert [r.id for r in facts.runs_in(db, "running")] == [1]
    assert facts.begin_run(db, at=AT, kind="night").id == 2
    old = facts.open_database(aside)
    assert [r.id for r in facts.runs_in(old, "running")] == [1, 2], "nothing that stood there is lost"
    assert not parts.exists()
    assert aside.with_name(f"{aside.name}.parts").exists()


def test_a_fresh_machine_gets_database_and_key(database, tmp_path):
    made = backup.backup(database, tmp_path / "copy.db")
    (tmp_path / "new").mkdir()
    assert backup.restore(made.file, tmp_path / "new" / "w.db") is None
    assert key_file(tmp_path / "new" / "w.db").read_bytes() == key_file(database).read_bytes()


def test_of_the_daily_copies_the_newest_stay(database, tmp_path):
    for day in range(5):
        made = backup.daily(database, tmp_path / "copies", keep=3, at=AT + timedelta(days=day))
    names = sorted(f.name for f in (tmp_path / "copies").glob("*.db"))
    assert names == ["w-20261127-1250.db", "w-20261128-1250.db", "w-20261129-1250.db"]
    assert made.file.name == names[-1]
    assert len(list((tmp_path / "copies").glob("*.key"))) == 3
