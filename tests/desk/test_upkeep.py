"""The commands that keep an installation well: its checks, its copies, its settings."""

import json
import tomllib
from datetime import UTC, datetime

import pytest

from db import facts
from schedules.settings import Settings, as_toml, load_settings
from tests.desk.test_cli import wangkao


@pytest.fixture
def office(tmp_path):
    """A folder with a registry and a database that has seen one run."""
    (tmp_path / "units.csv").write_text(
        "unit,group,site\n岚水县,county,http://127.0.0.38:9/\n云中县,county,\n", "utf-8"
    )
    db = facts.open_database(tmp_path / "wangkao.db")
    facts.begin_run(db, at=datetime.now(UTC), kind="night")
    db.close()
    return tmp_path


def test_the_doctor_ends_with_1_when_something_is_bad_and_writes_nothing(tmp_path):
    done = wangkao("doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "问题  登记表：units.csv" in done.stdout
    assert "1 个问题需要处理" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_finds_nothing_bad_where_all_is_well(office):
    done = wangkao("doctor", cwd=office)
    assert (done.returncode, done.stderr) == (0, "")
    assert "正常  登记表：2 个单位、0 个账号" in done.stdout
    assert "注意  登记表：没有填网址：云中县" in done.stdout
    assert "没有问题" in done.stdout


def test_a_copy_is_made_checked_and_put_back(office):
    made = wangkao("backup", "--out", "copy.db", cwd=office)
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    assert "已备份并校验：copy.db" in made.stderr
    assert "完好" in wangkao("backup", "--check", "copy.db", cwd=office).stderr
    db = facts.open_database(office / "wangkao.db")
    facts.begin_run(db, at=datetime.now(UTC), kind="night")
    db.close()
    back = wangkao("backup", "--restore", "copy.db", cwd=office)
    assert back.returncode == 0, back.stderr
    assert "原来的数据库改名为" in back.stderr
    db = facts.open_database(office / "wangkao.db")
    assert facts.latest_run(db).id == 1
    aside = facts.open_database(
        next(f for f in office.glob("wangkao.db.before-*") if f.suffix not in (".lock", "")), create=False
    )
    assert facts.latest_run(aside).id == 2, "nothing is lost"


def test_a_damaged_copy_is_refused_and_the_database_stays(office):
    wangkao("backup", "--out", "copy.db", cwd=office)
    data = bytearray((office / "copy.db").read_bytes())
    data[5000:9000] = b"\xff" * 4000
    (office / "copy.db").write_bytes(data)
    before = (office / "wangkao.db").read_bytes()
    for action in ("--check", "--restore"):
        done = wangkao("backup", action, "copy.db", cwd=office)
        assert done.returncode == 2
        assert "copy.db" in done.stderr
    assert (office / "wangkao.db").read_bytes() == before


def test_the_settings_are_written_out_with_their_help_and_read_back_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mine = Settings(
        at="21:00", jobs=2, robots={"a.gov.cn": "函〔2026〕1号"}, challenges=["b.gov.cn"], desk='http://10.0.0.5/"'
    )
    text = as_toml(mine)
    (tmp_path / "wangkao.toml").write_text(text, "utf-8")
    assert load_settings() == mine
    for name, field in Settings.model_fields.items():
        assert field.description in text
        assert f"\n{name} = " in text or f"\n# {name} =" in text or f"\n[{name}]" in text
    told = wangkao("settings", cwd=tmp_path)
    assert told.returncode == 0
    assert tomllib.loads(told.stdout)["jobs"] == 2
    assert json.loads(mine.model_dump_json())["at"] == "21:00"
