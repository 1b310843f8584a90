"""The command line from end to end: real sites on loopback, real files, real exit status."""

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from datetime import datetime

import openpyxl
import pytest

from crawler.browser import available
from db import facts
from db.records import SHANGHAI
from desk import export as exports
from monitors.rubric import load_rubric
from schedules import jobs
from tests.conftest import a_site
from tests.crawler.served import served

WANGKAO = [sys.executable, "-m", "desk.cli"]


def wangkao(*arguments, **named):
    return subprocess.run([*WANGKAO, *map(str, arguments)], capture_output=True, text=True, timeout=120, **named)


def a_run(city, *more):
    given = ("--units", city / "units.csv", "--accounts", city / "accounts.csv", "--db", city / "w.db", "--delay", 0)
    return wangkao("run", *given, *more)


def exported(city, what, form="jsonl"):
    done = wangkao("export", what, "--db", city / "w.db", "--format", form)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()] if form == "jsonl" else done.stdout


def test_a_night_end_to_end(city):
    done = a_run(city)
    assert done.returncode == 0, done.stderr
    assert "岚水县：已看完" in done.stderr
    found = {(f["unit"], f["rule"]): f for f in exported(city, "findings")}
    assert found["岚水县", "board.guide"]["verdict"] == "pass"
    assert found["岚水县", "report.published"]["verdict"] == "pass"
    scored = {rule for rule, line in load_rubric().lines.items() if line.state == "scored" and not line.bonus}
    mine = {rule: f for (unit, rule), f in found.items() if unit == "岚水县" and not rule.startswith("media.")}
    assert {rule: f["verdict"] for rule, f in mine.items() if rule in scored} == dict.fromkeys(
        scored & mine.keys(), "pass"
    )
    assert {f["points"] for f in mine.values()} == {0}
    stale = found["云阳县", "site.news_fresh"]
    assert (stale["verdict"], stale["reason"], stale["threshold"]) == ("fail", "stale", {"days": 14})
    assert stale["evidence"][0]["sha256"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", stale["checked_at"])
    assert found["云阳县", "elder.entry"]["reason"] == "missing"
    media = found["岚水县", "media.fresh"]
    assert (media["verdict"], media["account"], media["target"]) == ("fail", "岚水发布", "post.csv")
    assert found["市金融办", "platform.exists"]["evidence"][0] == {
        "url": None, "source": "units.csv:4", "fetched_at": None, "status": None, "sha256": None, "excerpt": "市金融办 网址：无",
    }  # fmt: skip
    assert found["市能源局", "platform.exists"]["reason"] == "no_address"
    scores = {s["unit"]: s for s in exported(city, "scores")}
    assert scores["岚水县"]["rank"] == 1
    assert scores["云阳县"]["veto"] == ["site.home_fresh"]
    assert scores["市金融办"]["special"] == "无公开平台记0分"
    assert scores["市能源局"]["special"] == "待人工核查"
    assert sum(d["points"] for d in scores["市金融办"]["deductions"]) == pytest.approx(8)
    kinds = {(a["unit"], a["kind"], a["state"]) for a in exported(city, "alerts")}
    assert ("云阳县", "zombie_site", "open") not in kinds
    assert ("市能源局", "needs_manual_check", "suspected") in kinds


def test_judging_again_and_a_part_of_the_registry(city):
    assert a_run(city).returncode == 0
    before = exported(city, "findings")
    assert wangkao("check", "--db", city / "w.db").returncode == 0
    after = exported(city, "findings")
    same = [[{k: v for k, v in f.items() if k != "id"} for f in found] for found in (before, after)]
    assert same[0] == same[1]
    assert not {f["id"] for f in before} & {f["id"] for f in after}
    assert a_run(city, "--only", "云阳县").returncode == 0
    part = exported(city, "findings")
    assert {f["unit"] for f in part if f.get("carried")} == {"岚水县"}
    old = next(f["checked_at"] for f in after if f["unit"] == "岚水县")
    assert {f["checked_at"] for f in part if f["unit"] == "岚水县"} == {old}
    assert a_run(city, "--only", "无此县").returncode == 2


def test_check_opens_no_socket(city, monkeypatch):
    assert a_run(city).returncode == 0

    def refused(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    assert jobs.check(city / "w.db").judged > 40


def test_tables_for_people(city):
    assert a_run(city).returncode == 0
    (row, *_) = csv.DictReader(io.StringIO(exported(city, "findings", "csv")))
    assert {"evidence_url", "evidence_at", "evidence_sha256"} <= row.keys()
    done = wangkao("export", "scores", "--db", city / "w.db", "--format", "xlsx", "--out", city / "s.xlsx")
    assert done.returncode == 0
    sheet = openpyxl.load_workbook(city / "s.xlsx").active
    assert [c.value for c in sheet[1]][:2] == ["单位", "类别"]
    assert wangkao("export", "scores", "--db", city / "w.db", "--format", "xlsx").returncode == 2


def test_a_lost_point_becomes_a_bundle_that_verifies_until_a_byte_differs(city):
    assert a_run(city).returncode == 0
    lost = next(f for f in exported(city, "findings") if f["rule"] == "site.news_fresh" and f["verdict"] == "fail")
    out = city / "F.zip"
    made = wangkao("export", "evidence", "--finding", lost["id"], "--db", city / "w.db", "--out", out)
    assert made.returncode == 0, made.stderr
    sound = wangkao("verify", out, "--key", city / "w.db.key.pub", cwd=city)
    assert (sound.returncode, "核验通过" in sound.stdout, lost["unit"] in sound.stdout) == (0, True, True)
    data = bytearray(out.read_bytes())
    data[len(data) // 2] ^= 1
    out.write_bytes(data)
    assert wangkao("verify", out).returncode == 1


@pytest.mark.skipif(available() is not None, reason=str(available()))
def test_a_page_that_costs_points_has_its_picture_in_the_bundle(city):
    assert a_run(city, "--only", "云阳县").returncode == 0
    lost = next(f for f in exported(city, "findings") if f["rule"] == "site.news_fresh" and f["verdict"] == "fail")
    out = city / "F.zip"
    wangkao("export", "evidence", "--finding", lost["id"], "--db", city / "w.db", "--out", out)
    with zipfile.ZipFile(out) as bundle:
        assert bundle.read("shots/1.png").startswith(b"\x89PNG")
    assert wangkao("verify", out).returncode == 0


def test_what_was_asked_of_each_host_can_be_shown(city):
    assert a_run(city).returncode == 0
    today = datetime.now(SHANGHAI).date().isoformat()
    rows = wangkao("politeness", "--day", today, "--db", city / "w.db", "--format", "jsonl").stdout.splitlines()
    assert rows
    for row in map(json.loads, rows):
        assert row["requests"] > 0
        assert row["first"] <= row["last"]
    shown = wangkao("politeness", "--day", today, "--db", city / "w.db")
    assert f"共 {len(rows)} 个主机" in shown.stdout
    assert "没有访问记录" in wangkao("politeness", "--day", "2020-01-01", "--db", city / "w.db").stdout


def test_reading_again_what_is_stored_changes_nothing(city):
    assert a_run(city).returncode == 0
    before = exported(city, "findings")
    done = wangkao("reread", "--db", city / "w.db")
    assert (done.returncode, "0 个有变化" in done.stderr) == (0, True), done.stderr
    assert wangkao("check", "--db", city / "w.db").returncode == 0
    told = ("unit", "rule", "target", "verdict", "reason")
    assert [[f[k] for k in told] for f in before] == [[f[k] for k in told] for f in exported(city, "findings")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--units", "nowhere.csv"), "nowhere.csv"),
        (("check", "--db", "nowhere.db"), "nowhere.db"),
        (("export", "findings", "--db", "nowhere.db"), "nowhere.db"),
        (("export", "nonsense"), "nonsense"),
        (("export", "findings", "--format", "pdf"), "pdf"),
        (("export", "evidence", "--finding", "3", "--db", "nowhere.db", "--out", "x.zip"), "nowhere.db"),
        (("export", "evidence", "--finding", "3"), "--out"),
        (("export", "findings", "--finding", "3"), "export evidence"),
        (("verify", "x.zip"), "x.zip"),
        (("politeness", "--day", "昨天"), "昨天"),
        (("table", "--parts", "p.csv", "--out", "t.csv"), "p.csv"),
        (("backup",), "--restore"),
        (("backup", "--out", "x.db", "--check", "y.db"), "写明一项"),
        (("backup", "--db", "nowhere.db", "--out", "x.db"), "nowhere.db"),
        (("backup", "--check", "nowhere.db"), "nowhere.db"),
        (("nonsense",), "nonsense"),
        (("run",), "--units"),
    ],
)
def test_unusable_arguments_end_with_2_and_write_nothing(tmp_path, arguments, words):
    done = wangkao(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bad_row_is_named_and_nothing_is_written(city):
    bad = (city / "units.csv").read_text("utf-8-sig") + "代县,县市区,file:///etc/passwd\n"
    (city / "units.csv").write_text(bad, "utf-8")
    done = a_run(city)
    assert done.returncode == 2
    assert "units.csv" in done.stderr
    assert "file:///etc/passwd" in done.stderr
    assert not (city / "w.db").exists()


def test_a_newer_database_ends_with_2(city):
    db = facts.open_database(city / "w.db")
    db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('wangkao', 'm9999_later', '2030')"
    )
    db.conn.commit()
    db.close()
    done = a_run(city)
    assert done.returncode == 2
    assert "m9999_later" in done.stderr


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_whole_database(tmp_path, told):
    slow = a_site("岚水县")
    with served(slow, "127.0.0.33"), served(a_site("云阳县"), "127.0.0.34") as other:
        (tmp_path / "units.csv").write_text(f"unit,group,site\n岚水县,county,{slow.url}\n云阳县,county,{other.url}\n")
        job = [*WANGKAO, "run", "--units", "units.csv", "--db", "w.db", "--delay", "0.4", "--jobs", "1"]
        child = subprocess.Popen(job, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
        for _ in range(300):
            if len(slow.asked) > 3:
                break
            time.sleep(0.05)
        if told is signal.SIGINT:
            os.killpg(child.pid, told)  # as a terminal does
        else:
            child.send_signal(told)  # as a service manager does
        _, words = child.communicate(timeout=60)
    assert child.returncode == 1, words
    assert "已中断" in words
    db = facts.open_database(tmp_path / "w.db")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert facts.latest_run(db).state == "failed"
    assert wangkao("check", "--db", tmp_path / "w.db").returncode == 0


def test_cells_that_a_spreadsheet_would_run():
    out = exports.text(
        [
            {"unit": "=cmd|' /C calc'!A0", "points": -0.5, "value": {"a": "=1"}},
            {"unit": "@x", "points": 1, "value": None},
        ],
        "csv",
        "findings",
    )
    assert "'=cmd" in out
    assert "'@x" in out
    assert ",-0.5," in out


def test_a_night_without_rows_still_has_the_columns(tmp_path):
    facts.open_database(tmp_path / "w.db").close()
    for what, keys in exports._COLUMNS.items():
        assert exported(tmp_path, what, "csv").splitlines() == [",".join(keys)]
        done = wangkao("export", what, "--db", tmp_path / "w.db", "--format", "xlsx", "--out", tmp_path / "o.xlsx")
        assert done.returncode == 0, done.stderr
        head = [c.value for c in openpyxl.load_workbook(tmp_path / "o.xlsx").active[1]]
        assert len(head) == len(keys)
        assert not set(head) & set(keys), "every header is Chinese"


def test_the_columns_are_the_same_whatever_the_rows_hold(city):
    assert a_run(city).returncode == 0
    for what, keys in exports._COLUMNS.items():
        assert tuple(next(csv.reader(io.StringIO(exported(city, what, "csv"))))) == keys


def test_a_workbook_runs_nothing_and_keeps_numbers(tmp_path):
    row = {"id": 7, "unit": "=1+1", "target": "@x", "reason": "-2+3", "value": "+8", "points": 0.5, "evidence": []}
    exports.write([row], "xlsx", "findings", tmp_path / "o.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "o.xlsx").active
    cells = {h.value: c for h, c in zip(sheet[1], sheet[2], strict=True)}
    assert {c.data_type for c in cells.values() if c.value is not None} == {"s", "n"}
    assert cells["单位"].value == "'=1+1"
    assert (cells["编号"].value, cells["扣分"].value) == (7, 0.5)


def test_exports_are_utf8_in_every_locale(tmp_path):
    done = wangkao("rules", "--format", "jsonl", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "公开平台" in done.stdout


def test_the_old_file_stays_when_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "o.csv").write_text("old")
    monkeypatch.setattr(exports, "text", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exports.write([], "csv", "findings", tmp_path / "o.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["o.csv"]
    assert (tmp_path / "o.csv").read_text() == "old"


def test_what_is_set_holds_for_every_command(city):
    (city / "wangkao.toml").write_text('db = "set.db"\ndelay = 0\ncontact = "岚水网考办"\n', "utf-8")
    done = wangkao("run", "--units", "units.csv", "--only", "岚水县", cwd=city)
    assert done.returncode == 0, done.stderr
    assert (city / "set.db").exists()
    assert wangkao("check", cwd=city).returncode == 0
    (city / "wangkao.toml").write_text("delya = 0\n", "utf-8")
    done = wangkao("check", cwd=city)
    assert (done.returncode, "是否想写 delay" in done.stderr) == (2, True)


def test_serve_says_what_is_wrong_at_once(tmp_path):
    db = facts.open_database(tmp_path / "w.db")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = wangkao("serve", "--db", "w.db", "--port", port, cwd=tmp_path)
        assert (done.returncode, port in done.stderr, "--port" in done.stderr) == (2, True, True)
    db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('wangkao', 'm9999', '2030')")
    db.conn.commit()
    db.close()
    done = wangkao("serve", "--db", "w.db", "--port", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert "m9999" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_catalogue():
    rows = [json.loads(line) for line in wangkao("rules", "--format", "jsonl").stdout.splitlines()]
    assert {"id", "title", "cite", "threshold", "points", "state"} <= rows[0].keys()
    assert "board.guide" in wangkao("rules").stdout


def test_serve_runs_a_due_night_by_itself(city):
    from datetime import datetime, timedelta

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    at = (datetime.now(SHANGHAI) + timedelta(seconds=6)).strftime("%H:%M:%S")
    job = [
        *WANGKAO,
        "serve",
        "--units",
        "units.csv",
        "--accounts",
        "accounts.csv",
        "--db",
        "w.db",
        "--port",
        str(port),
        "--at",
        at,
        "--delay",
        "0",
    ]
    child = subprocess.Popen(job, cwd=city, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        health = {}
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                    health = json.load(answer)
            except urllib.error.URLError:
                health = {}
            if (health.get("last_run") or {}).get("state") == "finished":
                break
            time.sleep(0.25)
        assert health["last_run"]["state"] == "finished"
        assert health["next_run"].endswith("+08:00")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/findings", timeout=5)
        assert refused.value.code == 401
    finally:
        child.terminate()
        child.wait(40)
    assert (city / "w.db").exists()
