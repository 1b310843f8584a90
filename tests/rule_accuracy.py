"""How right are the verdicts, rule by rule, on the made-up cities? Part of docs/accuracy.md, written by `tests.accuracy`.

Three cities are visited by the product itself: the demo city, the acceptance city (written from the contract alone) and the
fault city (every row of a list of what real sites do to a crawler). Their truths were written down before the product was run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db import facts
from demo.city import serving
from desk import export
from monitors.rubric import load_rubric
from schedules import jobs
from tests.faults import city as faults
from tests.faults.test_fault_city import EXPECTED, RULES, wanted

ROOT = Path(__file__).parents[1]
_WORST_FIRST = ("fail", "unknown", "pass", "na")


@dataclass
class Tally:
    """Verdicts of one rule against the truth.

    n        labelled verdicts             fails     labelled fail
    claimed  given fail                    found     both
    unseen   given unknown where the truth is not; false: given fail where the truth does not accept it
    """

    n: int = 0
    passes: int = 0
    fails: int = 0
    claimed: int = 0
    found: int = 0
    unseen: int = 0
    false: int = 0


def measure() -> dict[str, Tally]:
    """All rules with their tallies over the three cities."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    with tempfile.TemporaryDirectory() as folder:
        for labels, given in (_demo(Path(folder)), _acceptance(Path(folder)), _faults(Path(folder))):
            for key, accept in labels.items():
                said = given.get(key, "none")
                tally = tallies[key[1]]
                tally.n += 1
                tally.passes += accept[0] == "pass"
                tally.fails += accept[0] == "fail"
                tally.claimed += said == "fail"
                tally.found += said == "fail" and "fail" in accept
                tally.unseen += said == "unknown" and "unknown" not in accept
                tally.false += said == "fail" and "fail" not in accept
    return tallies


Key = tuple[str, str, str]


def _run(units: Path, accounts: Path | None, db: Path) -> dict[Key, str]:
    jobs.run(units, accounts, db, delay=0)
    opened = facts.open_database(db)
    try:
        return _folded(export.rows_of(opened, "findings"))
    finally:
        opened.close()


def _folded(findings: Iterable[dict[str, Any]]) -> dict[Key, str]:
    """The worst verdict by unit and rule; of accounts by their target too."""
    given: dict[Key, str] = {}
    for f in findings:
        key = _key(f)
        given[key] = min(given.get(key, "na"), f["verdict"], key=_WORST_FIRST.index)
    return given


def _key(row: dict[str, Any]) -> Key:
    return row["unit"], row["rule"], row["target"] if row["rule"].startswith("media.") else ""


def _labels(path: Path) -> dict[Key, list[str]]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    verdicts: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        verdicts[_key(row)].append(row)
    return {
        key: min(found, key=lambda r: _WORST_FIRST.index(r["verdict"]))["accept"] for key, found in verdicts.items()
    }


def _demo(folder: Path) -> tuple[dict[Key, list[str]], dict[Key, str]]:
    place = folder / "demo"
    place.mkdir()
    with serving(place) as city:
        return _labels(city.truth), _run(city.units_csv, city.accounts_csv, place / "w.db")


def _acceptance(folder: Path) -> tuple[dict[Key, list[str]], dict[Key, str]]:
    place = folder / "acceptance"
    place.mkdir()
    command = [sys.executable, "-m", "tests.acceptance.city", "--folder", str(place)]
    city = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert city.stdin is not None
    assert city.stdout is not None
    try:
        city.stdout.readline()
        given = _run(place / "units.csv", place / "accounts.csv", place / "w.db")
    finally:
        city.stdin.close()
        city.wait(30)
    return _labels(place / "truth.jsonl"), given


def _faults(folder: Path) -> tuple[dict[Key, list[str]], dict[Key, str]]:
    place = folder / "faults"
    place.mkdir()
    with faults.opened(place) as city:
        city.register(place / "units.csv")
        given = _run(place / "units.csv", None, place / "w.db")
    labels = {
        (town.name, rule, ""): [choice.split()[0] for choice in wanted(key, rule).split("|")]
        for key, town in city.towns.items()
        if key in EXPECTED
        for rule in RULES
    }
    return labels, given


def document(tallies: dict[str, Tally]) -> str:
    """The section of docs/accuracy.md."""
    return "\n".join(_lines(tallies)) + "\n"


def _lines(tallies: dict[str, Tally]) -> Iterator[str]:
    yield from (
        "",
        "# How right the verdicts are",
        "",
        "Three made-up cities, visited by the product: the demo city, the acceptance city and the fault city. Precision: of the",
        "`fail` verdicts given where the truth says something, how many it accepts. Recall: of the faults, how many were found.",
        "Unseen: `unknown` where the truth is not. These cities were in view when the readers were written: a fit, no blind measure.",
        "",
        "| rule | n | pass | fail | false fail | unseen | precision | recall |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    )
    for id_, line in load_rubric().lines.items():
        if line.state == "scored" and (t := tallies.get(id_)):
            shares = f"{_share(t.found, t.claimed)} | {_share(t.found, t.fails)}"
            yield f"| `{id_}` | {t.n} | {t.passes} | {t.fails} | {t.false} | {t.unseen} | {shares} |"


def _share(part: int, whole: int) -> str:
    return f"{100 * min(part, whole) / whole:.0f} %" if whole else "-"
