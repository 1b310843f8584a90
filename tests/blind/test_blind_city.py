"""Does the product find the truth of cities that were written from the contract alone?

What was said on first contact stands in `tests.blind`: it is the only blind measure. Further clean
cities: `python -m tests.blind.city FOLDER 17` (or w17, with names that vary widely) serves one until its input closes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.blind.city import City, clean_city, standing
from tests.blind.suburb import suburb
from tests.blind.town import blind_city

ROOT = Path(__file__).parents[2]
WORST_FIRST = ("fail", "unknown", "pass", "na", "absent")
CITIES: dict[str, Callable[[], City]] = {
    "blind": blind_city,
    "suburb": suburb,
    "clean, names that vary": lambda: clean_city(5, "127.0.75", wide=True),
}


def told(folder: Path, *words: str) -> str:
    """What the command prints; an error is the test's."""
    env = {**os.environ, "WANGKAO_BROWSER": "false"}
    command = [sys.executable, "-m", "desk.cli", *words, "--db", str(folder / "wangkao.db")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def verdicts(found: list[dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    """The worst verdict by unit, rule and, for accounts, source."""
    by: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for f in found:
        by[f["unit"], f["rule"], f["target"] if f["rule"].startswith("media.") else ""].append(f["verdict"])
    return {key: min(said, key=WORST_FIRST.index) for key, said in by.items()}


def macro_f1(compared: list[tuple[dict[str, Any], str]]) -> float:
    """Mean over the rules that have a fail in the truth or in what was said, as the scorer of the contract reckons it."""
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for truth, got in compared:
        wanted = truth["verdict"] == "fail"
        right = got in truth["accept"]
        kind = "tp" if wanted and got == "fail" else "fn" if wanted and not right else ""
        kind = "fp" if not wanted and got == "fail" and not right else kind
        count[truth["rule"]][kind] += 1
    shares = [2 * c["tp"] / (2 * c["tp"] + c["fp"] + c["fn"]) for c in count.values() if c["tp"] + c["fn"]]
    return sum(shares) / len(shares) if shares else 1.0


def shown(scores: list[dict[str, Any]]) -> list[str]:
    """Scores that do not add up."""
    wrong = []
    for s in scores:
        if s["online"] is None:
            continue
        raw = Decimal(s["full"]) - sum((Decimal(str(d["points"])) for d in s["deductions"]), Decimal(0))
        if raw.quantize(Decimal("0.1"), ROUND_HALF_UP) != Decimal(str(s["online"])):
            wrong.append(f"{s['unit']}: {raw} printed as {s['online']}")
    for group in ("county", "department"):
        ranked = [s for s in scores if s["group"] == group and s["online"] is not None and s["rank"] is not None]
        dense = {v: n for n, v in enumerate(sorted({s["online"] for s in ranked}, reverse=True), 1)}
        wrong += [f"{s['unit']}: rank {s['rank']}" for s in ranked if s["rank"] != dense[s["online"]]]
    return wrong


@pytest.mark.parametrize("name", CITIES)
def test_the_truth_of_a_city_is_found(name, tmp_path):
    city = CITIES[name]()
    with standing(city, tmp_path):
        registry = ["--units", str(tmp_path / "units.csv"), "--accounts", str(tmp_path / "accounts.csv")]
        told(tmp_path, "run", *registry, "--delay", "0")
    got = verdicts(rows(told(tmp_path, "export", "findings", "--format", "jsonl")))
    truth = [t for u in city.units for t in u.truth.values()] + city.account_truth
    compared = []
    for t in truth:
        where = t["target"] if t["rule"].startswith("media.") else ""
        said = [v for (u, r, at), v in got.items() if (u, r) == (t["unit"], t["rule"]) and at.endswith(where)]
        compared.append((t, min(said, key=WORST_FIRST.index, default="absent")))
    wrong = [
        f"{t['unit']} {t['rule']}: {v}, not {t['accept']} ({t['why']})" for t, v in compared if v not in t["accept"]
    ]
    false_fails = [line for line in wrong if ": fail, not" in line]
    assert false_fails == []
    assert macro_f1(compared) == 1.0, wrong
    assert wrong == []
    assert shown(rows(told(tmp_path, "export", "scores", "--format", "jsonl"))) == []
