"""The product meets a city that was written from the contract alone: no false fail, no missed one, no forbidden host."""

import json
import subprocess
import sys
from pathlib import Path

from db import facts
from desk import export
from desk.tables import compare
from schedules import jobs

ROOT = Path(__file__).parents[2]


def test_a_city_written_from_the_contract_alone(tmp_path):
    command = [sys.executable, "-m", "tests.acceptance.city", "--folder", str(tmp_path)]
    city = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(city.stdout.readline())["ready"]
        result = jobs.run(tmp_path / "units.csv", tmp_path / "accounts.csv", tmp_path / "w.db", delay=0)
    finally:
        city.stdin.close()
        city.wait(30)
    assert not result.suspect
    db = facts.open_database(tmp_path / "w.db")
    truth = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()]
    missed, false_fails = compare(truth, export.rows_of(db, "findings"))
    assert false_fails == []
    assert missed == []
    assert not (tmp_path / "canary.log").exists(), "an unregistered private address was asked"
