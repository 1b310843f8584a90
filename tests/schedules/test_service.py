"""The service: its settings, its timetable, one night at a time, what was missed, an orderly end, and what it answers."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from db import facts, incidents, lock, work
from desk import web
from schedules import jobs
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
    """A service whose night may be done now, whatever the hour, unless `given` says otherwise."""
    if not {"at", "end"} & given.keys():
        now = datetime.now(ZONE)
        given |= {"at": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}
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
    service = a_service(tmp_path, heard, at="22:10", spread=0)
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


# what was missed, what failed


def a_county(folder):
    """A served county with its registry."""
    site = a_site("岚水县")
    context = served(site, "127.0.0.37")
    context.__enter__()
    (folder / "units.csv").write_text(f"unit,group,site\n岚水县,county,{site.url}\n", "utf-8")
    return site, context


def ended(service, name, *, seconds=60):
    """The job's newest row once it has come to its end."""
    for _ in range(seconds * 10):
        db = facts.open_database(service.settings.db)
        found = work.last_jobs(db).get(name)
        db.close()
        if found is not None and found.state not in ("running", "since"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{name} did not end")


def test_a_service_that_is_new_makes_up_nothing(tmp_path):
    service = a_service(tmp_path, [])
    service.start()
    service.stop()
    db = facts.open_database(tmp_path / "w.db")
    assert {job.state for job in work.last_jobs(db).values()} == {"since"}
    assert set(work.last_jobs(db)) == {row.name for row in TIMETABLE if row.made_up}


def test_what_was_missed_is_made_up_once(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    with facts.writing(db):
        for days in (5, 4, 3):
            old = work.begin_job(db, "backup", at=datetime.now(UTC) - timedelta(days=days))
            work.end_job(db, old, at=datetime.now(UTC), state="done")
        cut = work.begin_job(db, "accounts", at=datetime.now(UTC) - timedelta(days=3))
    heard = []
    service = a_service(tmp_path, heard)
    service.start()
    for _ in range(300):
        job = work.last_jobs(db)["backup"]
        if job.note:
            break
        time.sleep(0.1)
    service.stop()
    assert (job.state, "已校验" in job.note) == ("done", True)
    assert db.execute("SELECT count(*) FROM job WHERE name = 'backup'").fetchone() == (4,), "once for three days"
    assert len(list((tmp_path / "w.db.backups").glob("*.db"))) == 1
    assert db.execute("SELECT state FROM job WHERE id = ?", (cut,)).fetchone() == ("broken",)
    assert any("补做：每日备份" in line for line in heard)


def test_a_night_that_was_cut_off_is_gone_on_with_at_the_start(tmp_path):
    site, context = a_county(tmp_path)
    now = datetime.now(ZONE)
    window = {"at": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}
    try:
        given = {"delay": 0, "jobs": 1, "until": now + timedelta(hours=2)}
        jobs.run(tmp_path / "units.csv", None, tmp_path / "w.db", **given)
        db = facts.open_database(tmp_path / "w.db")
        with facts.writing(db):  # as the machine left it
            db.execute("UPDATE run SET state = 'running', finished_at = NULL")
            db.execute("UPDATE task SET state = 'planned'")
            db.execute("DELETE FROM visit")
            db.execute("DELETE FROM judging")
        site.asked.clear()
        service = a_service(tmp_path, [], delay=0, jobs=1, **window)
        service.start()
        job = ended(service, "run")
        service.stop()
    finally:
        context.__exit__(None, None, None)
    assert (job.state, facts.latest_run(db).id, facts.latest_run(db).state) == ("done", 1, "finished")
    assert len(site.asked) > 20


def test_a_job_that_fails_is_an_incident_until_it_is_done(tmp_path):
    heard = []
    service = a_service(tmp_path, heard, delay=0)
    facts.open_database(tmp_path / "w.db").close()
    assert service.night() == 2
    db = facts.open_database(tmp_path / "w.db")
    (ours,) = incidents.incidents(db)
    assert (ours.kind, ours.subject, "units.csv" in ours.detail) == ("job_failed", "job:run", True)
    assert "units.csv" in service.health()["jobs"]["run"]["note"]
    _, context = a_county(tmp_path)
    try:
        assert service.night() == 0
    finally:
        context.__exit__(None, None, None)
    assert incidents.incidents(db) == []
    assert any(line.startswith("夜间任务：岚水县：ok") for line in heard)


def test_a_run_by_hand_and_the_night_exclude_each_other(tmp_path):
    heard = []
    _, context = a_county(tmp_path)
    try:
        service = a_service(tmp_path, heard, delay=0)
        with lock.alone(tmp_path / "w.db", "手工运行"):
            facts.open_database(tmp_path / "w.db").close()
            assert service.night() == 3
        assert ended(service, "run").state == "skipped"
        assert any("手工运行" in line and str(os.getpid()) in line for line in heard)
        assert incidents.incidents(facts.open_database(tmp_path / "w.db")) == []
    finally:
        context.__exit__(None, None, None)


def test_a_job_over_its_limit_is_ended(tmp_path):
    facts.open_database(tmp_path / "w.db").close()
    service = a_service(tmp_path, [])
    service.settings = service.settings.model_copy(update={"memory": 5})
    assert service.retention() < 0
    assert "内存" in ended(service, "retention").note


def test_a_job_ends_in_good_order_when_its_service_is_gone(tmp_path):
    """The service was killed: its end of the pipe closes, and the night leaves a row that can be gone on with."""
    site, context = a_county(tmp_path)
    try:
        settings = Settings(units=tmp_path / "units.csv", db=tmp_path / "w.db", delay=0.4, makeup=True)
        now = datetime.now(ZONE)
        settings.at, settings.end = f"{now - timedelta(hours=1):%H:%M}", f"{now + timedelta(hours=2):%H:%M}"
        child = subprocess.Popen(
            [sys.executable, "-m", "schedules", "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(jobs.__file__))},
        )  # fmt: skip
        child.stdin.write(settings.model_dump_json() + "\n")
        child.stdin.flush()
        for _ in range(300):
            if len(site.asked) > 2:
                break
            time.sleep(0.05)
        child.stdin.close()
        assert child.wait(40) == 1
        assert "被中断" in child.stdout.read()
        child.stdout.close()
    finally:
        context.__exit__(None, None, None)
    db = facts.open_database(tmp_path / "w.db")
    assert facts.latest_run(db).state == "failed"
    assert work.cut_off(db) == [1]


def test_probes_are_a_job_as_well(tmp_path):
    site, context = a_county(tmp_path)
    try:
        service = a_service(tmp_path, [], delay=0)
        service.night()
        site.asked.clear()
        service.probe()
        assert site.asked == ["/"]
        job = ended(service, "probe")
        assert (job.state, "探测 1 个网站" in job.note) == ("done", True)
        service.settings = service.settings.model_copy(update={"probes": False})
        service.probe()
        assert site.asked == ["/"]
    finally:
        context.__exit__(None, None, None)


def test_the_log_shows_shanghai_time_and_no_secret(tmp_path):
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('["m.weibo.cn"]\ncookie = "SUB=geheimnis"\n', "utf-8")
    secrets.chmod(0o600)
    heard = []
    service = a_service(tmp_path, heard, secrets=secrets)
    service.start()
    service.say("采集进程说：Cookie SUB=geheimnis")
    service.say("一次性网址：/first/abc", log=False)
    service.stop()
    text = (tmp_path / "w.db.log").read_text("utf-8")
    assert "geheimnis" not in text + "".join(heard)
    assert "Cookie ***" in text
    assert any("/first/abc" in line for line in heard)
    assert "/first/abc" not in text
    assert (tmp_path / "w.db.log").stat().st_mode & 0o077 == 0
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(line["at"].endswith("+08:00") for line in lines)
    missing = next(line for line in lines if "登记表现在不能用" in line["said"])
    assert (missing["level"], missing["job"]) == ("warning", None)


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    heard = []
    service = a_service(tmp_path, heard, log=tmp_path / "no" / "such" / "folder.log")
    service.start()
    service.stop()
    assert any("不能写日志" in line for line in heard)
