"""The same night on a cluster: the same facts, whoever is killed, cut off, out of date or lying in between."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from db import facts, work
from desk import export
from monitors.gate import Fallen
from schedules import engines, jobs
from schedules.crawl import Children
from schedules.settings import Settings, SettingsError
from tests.conftest import a_site
from tests.crawler.served import served
from tests.schedules.killing import everything, timed_night, town
from tests.schedules.nodes import family, killed_night, nodes

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
import psutil

from schedules import cluster


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A town, the seconds of a night of one crawl process, and what came of it."""
    with town(tmp_path_factory.mktemp("town"), "甲乙丙", first=41) as folder:
        seconds = timed_night(folder, folder / "w.db")
        yield folder, seconds, everything(folder / "w.db")


@pytest.fixture(scope="module")
def local():
    """An embedded cluster of two workers; two sites a batch."""
    with cluster.connected("local", jobs=2) as made:
        made.at_most = 2
        yield made


def a_run(folder, db, engine, **given):
    events = []
    until = datetime.now(UTC) + timedelta(hours=8)
    named = {"delay": 0, "until": until, "engine": engine, "progress": events.append} | given
    accounts = folder / "accounts.csv"
    done = jobs.run(folder / "units.csv", accounts if accounts.exists() else None, folder / db, **named)
    return done, events, [e["words"] for e in events if e["event"] == "said"]


def differs(want, db):
    found = everything(db)
    return {key: found[key] for key in want if found[key] != want[key]}


# one of several processes is killed


@pytest.mark.parametrize(("seed", "kinds"), [(0, ["machine"]), (1, ["worker"]), (2, ["run"])])
def test_a_killed_worker_or_coordinator_changes_nothing(undisturbed, seed, kinds):
    folder, seconds, want = undisturbed
    db = folder / f"killed-{seed}.db"
    killed = killed_night(folder, db, seed, seconds / 2, kinds)
    assert differs(want, db) == {}, killed


def test_a_worker_that_is_told_to_end_leaves_nothing_behind(undisturbed):
    folder, _, want = undisturbed
    with nodes(folder) as found:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from pathlib import Path; from tests.schedules.killing import night; "
             f"night(Path({str(folder)!r}), Path({str(folder / 'ended.db')!r}), 1, {found.address!r})"]
        )  # fmt: skip
        end = time.monotonic() + 40
        while not found.crawls() and time.monotonic() < end:
            time.sleep(0.02)
        worker = found.workers[0]
        below = family(worker.pid)
        worker.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        worker.wait(30)
        assert [pid for pid in below if psutil.pid_exists(pid)] == []
    assert differs(want, folder / "ended.db") == {}


# the embedded cluster


def test_the_facts_are_the_same_and_merging_them_again_changes_nothing(undisturbed, local, monkeypatch, tmp_path):
    folder, _, want = undisturbed
    merge, kept = cluster.merge_parts, []

    def keep(path, files):
        kept.extend(shutil.copy(file, tmp_path) for file in files)
        return merge(path, files)

    monkeypatch.setattr(cluster, "merge_parts", keep)
    _, events, said = a_run(folder, "local.db", local)
    assert differs(want, folder / "local.db") == {}
    assert len(kept) == 2
    assert {e["unit"] for e in events if e["event"] == "site_done"} == {"甲县", "乙县", "丙县"}
    assert [words for words in said if "http://127.0.0.1" in words], "the cluster's own pages are named"
    db = facts.open_database(folder / "local.db")
    rows = "SELECT (SELECT count(*) FROM fetch), (SELECT count(*) FROM body), (SELECT count(*) FROM probe)"
    before = db.execute(rows).fetchone()
    for file in reversed(kept * 2):
        facts.merge(db, file)
    assert db.execute(rows).fetchone() == before
    assert differs(want, folder / "local.db") == {}


def test_the_next_night_asks_only_for_what_changed(local, tmp_path):
    """What a worker knows of earlier nights comes with its batch: it asks as a crawl process of this machine would."""
    unchanged = {}
    for name, engine in (("here", Children(1)), ("away", local)):
        folder = tmp_path / name
        folder.mkdir()
        site = a_site("甲县")
        site.validators = True
        with served(site, "127.0.0.46"):
            (folder / "units.csv").write_text(f"单位,类别,网址\n甲县,县市区,{site.url}\n", "utf-8")
            a_run(folder, "w.db", engine)
            first = len(site.unchanged)
            _, events, _ = a_run(folder, "w.db", engine)
            unchanged[name] = [first, len(site.unchanged), *(e["reread"] for e in events if e["event"] == "site_done")]
    assert unchanged["away"] == unchanged["here"]
    assert unchanged["away"][1] > 10


def test_what_does_not_match_its_hash_or_falls_together_is_done_again_elsewhere(undisturbed, local, monkeypatch):
    folder, _, want = undisturbed
    unpack, fallen, broken = cluster.unpack, cluster.gate.fallen, []

    def one_bit(packed):
        data = unpack(packed)
        return broken.append(1) or data[:-1] + bytes([data[-1] ^ 1]) if not broken else data

    def cut_off(before, failed, platforms):
        if len(broken) == 1:
            broken.append(2)
            return Fallen("此前正常的网站同时无法访问")
        return fallen(before, failed, platforms)

    monkeypatch.setattr(cluster, "unpack", one_bit)
    monkeypatch.setattr(cluster.gate, "fallen", cut_off)
    _, _, said = a_run(folder, "again.db", local)
    assert broken == [1, 2]
    assert [w for w in said if "校验值不符" in w] and [w for w in said if "同时无法访问，换节点重做" in w]
    assert differs(want, folder / "again.db") == {}


def test_a_worker_that_is_cut_off_brings_nothing(undisturbed, local, monkeypatch):
    """The workers do not reach the control address and this machine does: none of what they say is believed."""
    folder, _, _ = undisturbed
    monkeypatch.setattr(local, "control", "http://127.0.0.1:9/")
    monkeypatch.setattr(cluster, "unreachable", lambda control: None)
    done, _, _ = a_run(folder, "offline.db", local)
    assert done.suspect and "控制网址 http://127.0.0.1:9/ 无法访问" in done.note
    db = facts.open_database(folder / "offline.db")
    assert db.execute("SELECT count(*) FROM visit").fetchone() == (0,)
    monkeypatch.undo()
    monkeypatch.setattr(local, "control", "http://127.0.0.1:9/")
    done, _, _ = a_run(folder, "dead.db", local, control="http://127.0.0.1:9/")
    assert done.suspect, "nobody reaches it: the run is suspect as it would be without a cluster"
    assert facts.finished_units(facts.open_database(folder / "dead.db"), 1) == {"甲县", "乙县", "丙县"}


@contextmanager
def deadly(address):
    """A site of which every process dies that asks for its home page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            mine = self.client_address
            for c in psutil.net_connections("tcp"):
                if c.laddr == mine and c.pid not in (None, os.getpid()):
                    os.kill(c.pid, signal.SIGKILL)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://{address}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("away", [False, True])
def test_the_one_site_that_kills_every_process_is_found_among_those_of_its_platform(local, tmp_path, away, monkeypatch):
    monkeypatch.setattr(local, "at_most", 20)
    names = "甲乙丙丁"
    with (
        served(a_site("甲县"), "127.0.0.47") as a,
        deadly("127.0.0.49") as b,
        served(a_site("丙县"), "127.0.0.48") as c,
        served(a_site("丁县"), "127.0.0.50") as d,
    ):
        urls = (a.url, b, c.url, d.url)
        rows = [f"{n}县,县市区,{url},省平台" for n, url in zip(names, urls, strict=True)]
        (tmp_path / "units.csv").write_text("\n".join(["单位,类别,网址,平台", *rows, ""]), "utf-8")
        done, _, _ = a_run(tmp_path, "w.db", local if away else Children(2))
    assert done.suspect and "乙县" in done.note and "采集进程退出" in done.note
    db = facts.open_database(tmp_path / "w.db")
    assert {t.unit: t.state for t in work.tasks(db, 1)} == {f"{n}县": "left" if n == "乙" else "done" for n in names}
    verdicts = {f["unit"]: f["verdict"] for f in export.rows_of(db, "findings") if f["rule"] == "board.guide"}
    assert verdicts == {f"{n}县": "unknown" if n == "乙" else "pass" for n in names}


def test_no_key_and_no_person_leaves_this_machine(local, tmp_path, monkeypatch):
    sent = []
    submit = local.client.submit
    monkeypatch.setattr(
        local.client, "submit", lambda do, order, **given: sent.append(order) or submit(do, order, **given)
    )
    with served(a_site("甲县"), "127.0.0.51") as site, served(a_site("乙县"), "127.0.0.52") as feed:
        (tmp_path / "units.csv").write_text(
            f"单位,类别,网址,联系人,电话\n甲县,县市区,{site.url},张三,13900000000\n乙县,县市区,{feed.url},李四,13900000001\n",
            "utf-8",
        )
        (tmp_path / "accounts.csv").write_text(
            f"单位,平台,账号,数据源\n甲县,微博,甲县发布,{feed.url}rss?key=GEHEIM\n", "utf-8"
        )
        a_run(tmp_path, "w.db", local, secrets={"127.0.0.52": {"cookie": "GEHEIM"}})
    assert [[u.name for u in order.part.units] for order in sent] == [["甲县"]], "乙县 stands on the feed's host"
    everything_sent = pickle.dumps(sent) + b"".join(cluster.unpack(order.memory) for order in sent)
    for word in ("GEHEIM", "张三", "李四", "13900000000"):
        assert word.encode() not in everything_sent
    assert facts.finished_units(facts.open_database(tmp_path / "w.db"), 1) == {"甲县", "乙县"}


# what is refused


def test_other_versions_are_refused_by_name(local, monkeypatch):
    cluster._check(local.client)
    monkeypatch.setattr(cluster, "versions", lambda: {"wangkao": "99.1", "python": "3.99"})
    with pytest.raises(cluster.ClusterProblem) as problem:
        cluster._check(local.client)
    workers = list(local.client.nthreads())
    lines = str(problem.value).splitlines()
    assert len(lines) == len(workers) + 2
    for name in ("调度器", *(f"工作节点 {w}" for w in workers)):
        assert [line for line in lines if line.startswith(name) and "wangkao" in line and "应为 99.1" in line], name


def test_a_worker_that_joins_with_other_versions_has_to_leave(undisturbed, monkeypatch):
    folder, _, _ = undisturbed
    monkeypatch.setattr(cluster, "_NOBODY", 1.0)
    with cluster.connected("local", jobs=1) as engine:
        monkeypatch.setattr(cluster, "versions", lambda: {"wangkao": "99.1"})
        with pytest.raises(jobs.RunFailed, match="没有可用的工作节点"):
            a_run(folder, "old.db", engine)
        assert engine.client.nthreads() == {}
    db = facts.open_database(folder / "old.db")
    assert facts.latest_run(db).state == "failed"
    assert db.execute("SELECT count(*) FROM visit").fetchone() == (0,)


def test_a_wrong_clock_is_refused(local, monkeypatch):
    monkeypatch.setattr(cluster, "_SKEW", -1.0)
    with pytest.raises(cluster.ClusterProblem, match="时钟"):
        cluster._check(local.client)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://10.0.0.5:8786", "cluster_plain"),
        ("tcp://dask.example:8786", "tls://"),
        ("10.0.0.5:8786", "不认识的集群地址"),
        ("tcp://127.0.0.1:99999", "不认识的集群地址"),
        ("tcp://127.0.0.1:9", "dask scheduler 是否运行"),
        ("tls://127.0.0.1:9", "没有 TLS 证书"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(address, words, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT", 0.5)
    with pytest.raises(cluster.ClusterProblem, match=words), cluster.connected(address):
        pass


def test_without_the_extra_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"wangkao\[cluster\]"), engines.engine_of(Settings(cluster="local")):
        pass
    with engines.engine_of(Settings()) as engine:
        assert engine is None


def test_dask_is_not_imported_without_a_cluster():
    code = "import sys, desk.cli, schedules.__main__; sys.exit('dask' in sys.modules or 'distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
