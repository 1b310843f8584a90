"""The service: its settings, its timetable, one night at a time, an orderly end, and what it answers."""

import os
import threading
import time
from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from db import facts
from desk import web
from schedules.service import Service
from schedules.settings import Settings, SettingsError, load_settings
from schedules.timetable import TIMETABLE, ZONE, daily, next_time
from tests.conftest import a_site
from tests.crawler.served import served


@pytest.fixture(autouse=True)
def nothing_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("WANGKAO_")]:
        monkeypatch.delenv(name)


def a_service(folder, heard, **given):
    return Service(Settings(units=folder / "units.csv", db=folder / "w.db", **given), heard.append)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path, monkeypatch):
    assert load_settings().at == "22:10"
    (tmp_path / "wangkao.toml").write_text('at = "21:00"\ndelay = 3\n')
    assert (load_settings().at, load_settings().delay) == ("21:00", 3)
    monkeypatch.setenv("WANGKAO_AT", "20:00")
    assert load_settings().at == "20:00"
    assert load_settings(at="19:00", delay=None).at == "19:00"
    monkeypatch.setenv("WANGKAO_AT", "")
    assert load_settings().at == "21:00", "an empty variable sets nothing"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("delya = 3", ["wangkao.toml", "delya", "delay"]),
        ('at = "25:00"', ["at", "25:00", "HH:MM"]),
        ("delay = -1", ["delay", "-1"]),
        ("at = ", ["wangkao.toml", "TOML"]),
    ],
)
def test_a_bad_setting_is_named(tmp_path, text, words):
    (tmp_path / "wangkao.toml").write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert all(word in str(error.value) for word in words)


def test_a_settings_file_that_is_named_must_be_there(monkeypatch):
    monkeypatch.setenv("WANGKAO_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings()


@given(st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_every_day_has_its_night_at_that_time_in_shanghai(at, now):
    at, now = at.replace(microsecond=0), now.replace(tzinfo=ZONE)
    due = daily(f"{at:%H:%M:%S}").get_next_fire_time(None, now)
    assert due.timetz().replace(tzinfo=None) == at
    assert due.utcoffset().total_seconds() == 8 * 3600
    assert 0 <= (due - now).total_seconds() <= 86_400


def test_every_row_of_the_timetable_is_a_job_of_the_service():
    assert all(callable(getattr(Service, row.job)) for row in TIMETABLE)


def test_one_night_at_a_time_and_an_orderly_end(tmp_path):
    slow, heard = a_site("岚水县"), []
    with served(slow, "127.0.0.36"):
        (tmp_path / "units.csv").write_text(f"unit,group,site\n岚水县,county,{slow.url}\n", "utf-8")
        service = a_service(tmp_path, heard, delay=0.4)
        service.start()
        ended = []
        night = threading.Thread(target=lambda: ended.append(service.night()))
        night.start()
        for _ in range(300):
            if len(slow.asked) > 2:
                break
            time.sleep(0.05)
        assert service.health()["running"] is True
        assert service.health()["last_run"]["state"] == "running"
        assert service.night() == -1
        service.stop()
        night.join(40)
    assert ended == [1]
    assert any("还在运行" in line for line in heard)
    health = service.health()
    assert (health["running"], health["last_run"]["state"], health["last_run"]["note"]) == (False, "failed", "被中断")


def test_a_night_begins_at_random_in_its_spread():
    now = datetime(2026, 11, 25, 12, tzinfo=ZONE)
    due = {daily("22:10", 20).get_next_fire_time(None, now) for _ in range(50)}
    assert len(due) > 40
    assert min(due) >= now.replace(hour=22, minute=10)
    assert max(due) <= now.replace(hour=22, minute=30)


def test_the_window_ends_at_the_next_time_of_that_clock():
    now = datetime(2026, 11, 25, 22, 10, tzinfo=ZONE)
    assert next_time("06:30", now) == datetime(2026, 11, 26, 6, 30, tzinfo=ZONE)
    assert next_time("22:30", now) == datetime(2026, 11, 25, 22, 30, tzinfo=ZONE)
    assert next_time("22:10", now) == datetime(2026, 11, 26, 22, 10, tzinfo=ZONE)


def test_what_it_answers(tmp_path):
    heard = []
    service = a_service(tmp_path, heard, spread=0)
    service.start()
    assert any("units.csv" in line and "注意" in line for line in heard), "a registry that is missing is said at once"
    with TestClient(web.application(service)) as client:
        answer = client.get("/healthz")
        assert answer.status_code == 200
        assert answer.json()["last_run"] is None
        assert answer.json()["next_run"].endswith("T22:10:00+08:00")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.head("/healthz").status_code == 200
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for path in ("/api/v1", "/api/v1/findings", "/api/v1/a/b"):
                refused = client.request(method, path)
                assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert client.get(path).status_code == 404
        for name in ("w.db", "w.db-wal", "w.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "w.db").write_bytes(b"not a database, " * 300)
        assert client.get("/healthz").status_code == 503


def test_an_unusable_database_stops_the_service_before_it_starts(tmp_path):
    (tmp_path / "w.db").write_bytes(b"not a database, " * 300)
    with pytest.raises(facts.DatabaseProblem):
        a_service(tmp_path, []).start()
