"""How often is a rule right? The figures of accuracy.toml, which are those of docs/accuracy.md."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one rule on the made-up cities against their truth.

    n  labelled verdicts, of which `passes` and `fails` are labelled so       unseen  `unknown` where the truth is not
    false_fails  `fail` where the truth does not accept it
    precision, recall  of `fail`, in per cent; None: there was none
    """

    n: int
    passes: int
    fails: int
    false_fails: int
    unseen: int
    precision: int | None
    recall: int | None


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of one fact on real pages against a person's labels; precision and recall as (right, of)."""

    fact: str
    n: int
    right: int
    unseen: int
    wrong: int
    precision: tuple[int, int]
    recall: tuple[int, int]


def verdicts() -> Mapping[str, Verdicts]:
    """The measured rules by id."""
    return {
        row["rule"]: Verdicts(
            row["n"],
            row["pass"],
            row["fail"],
            row["false_fail"],
            row["unseen"],
            row["precision"] if row["precision"] >= 0 else None,
            row["recall"] if row["recall"] >= 0 else None,
        )
        for row in _data()["rules"]
    }


def readings(rule: str) -> Sequence[Readings]:
    """What was measured of the facts by which that rule judges; empty where nothing was."""
    return [
        Readings(
            row["fact"],
            row["n"],
            row["right"],
            row["unseen"],
            row["wrong"],
            tuple(row["precision"]),
            tuple(row["recall"]),
        )
        for row in _data()["readers"]
        if any(fnmatch.fnmatchcase(rule, pattern) for pattern in row["rules"])
    ]


@cache
def _data() -> dict[str, list[dict]]:  # type: ignore[type-arg]
    return tomllib.loads((Path(__file__).parent / "accuracy.toml").read_text("utf-8"))
