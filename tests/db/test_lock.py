"""One run at a time; the lock is gone with the last process that held it, and a probe keeps a run waiting for a moment only."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from db import lock
from db.facts import DatabaseProblem

HOLDER = """
import subprocess, sys, time
from pathlib import Path
from db import lock
with lock.alone(Path(sys.argv[1]), "夜间任务") as hold:
    if len(sys.argv) > 2:
        subprocess.Popen(["sleep", sys.argv[2]], pass_fds=(hold,))
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def a_holder(path, *child):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path), *child], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_second_run_is_refused_at_once_with_the_name_of_the_first(tmp_path):
    db = tmp_path / "w.db"
    with a_holder(db) as first:
        began = time.monotonic()
        with pytest.raises(lock.Busy) as refused, lock.alone(db, "手工任务"):
            pass
        assert time.monotonic() - began < 5
        assert all(w in str(refused.value) for w in ("夜间任务", str(first.pid), str(db)))
        assert "夜间任务" in lock.running(db)
        with lock.beside(db) as free:
            assert not free
    with lock.alone(db, "手工任务"):
        assert "手工任务" in lock.running(db)
    assert lock.running(db) is None


def test_the_children_of_a_killed_run_are_waited_for(tmp_path):
    db = tmp_path / "w.db"
    with a_holder(db, "1.5") as first:
        first.kill()
        first.wait()
        began = time.monotonic()
        with lock.alone(db, "下一个"):
            assert 0.5 < time.monotonic() - began < 10


def test_a_run_waits_for_a_probe_and_begins_when_it_is_over(tmp_path):
    db, order = tmp_path / "w.db", []

    def run():
        with lock.alone(db, "夜间任务"):
            order.append("run")

    with lock.beside(db) as free, lock.beside(db) as too:
        assert free and too
        waiting = threading.Thread(target=run)
        waiting.start()
        time.sleep(0.4)
        order.append("probe")
    waiting.join(10)
    assert order == ["probe", "run"]


def test_a_text_left_by_a_dead_process_whose_number_lives_again_holds_nothing(tmp_path):
    db = tmp_path / "w.db"
    lock.lock_file(db).write_text('{"pid": 1, "born": "1", "what": "旧任务"}')
    with lock.alone(db, "夜间任务"):
        pass


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(DatabaseProblem, match="不存在"), lock.alone(tmp_path / "no" / "w.db", "夜间任务"):
        pass
