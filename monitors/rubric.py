"""What does each rule weigh, and by which clause? A rubric is a file that a clerk can read; see rubrics/xinzhou-2022.toml."""

from __future__ import annotations

import difflib
import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from db.records import Finding
from monitors import rules as _registered  # noqa: F401  registers the rules
from monitors.rule import RULES

FOLDER = Path(__file__).parent / "rubrics"
_GIVEN = frozenset(
    ("unit", "on", "visit", "week", "previous", "available", "home", "watched")
)  # arguments that are no thresholds
_KEYS = frozenset(("title", "theme", "cite", "threshold", "points", "each", "covers", "covers_when", "covers_unless"))
_KEYS |= frozenset(("veto", "veto_when", "late", "policy", "bonus", "state", "period"))
LAST, SHARE, EPISODES = "last", "share", "episodes"
MODES = (LAST, SHARE, EPISODES)  # how nights become a period, see monitors/period.toml
TEN = Decimal(10)


class RubricError(ValueError):
    """A rubric that cannot be used; the message names file, line of the rubric, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a rubric; points on the ten-point scale. `covers` lists rule ids, wildcards resolved; `period` is one of MODES,
    None: the default of its theme (monitors/period.toml)."""

    rule: str
    title: str
    theme: str
    cite: tuple[str, ...]
    points: Decimal
    threshold: Mapping[str, Any]
    each: Decimal | None = None
    covers: tuple[str, ...] = ()
    covers_when: str | None = None
    covers_unless: str | None = None
    veto: bool = False
    veto_when: str | None = None
    late: Decimal | None = None
    policy: str | None = None
    bonus: bool = False
    state: str = "planned"  # scored, trial, planned
    period: str | None = None

    @property
    def judged(self) -> bool:
        """Whether the line has a rule that judges, and costs or vetoes."""
        return self.state == "scored"


@dataclass(frozen=True, slots=True)
class Rubric:
    """All lines by rule id, full marks by group, and the share of full that a veto leaves."""

    name: str
    lines: Mapping[str, Line]
    full: Mapping[str, Decimal]
    cap: Decimal

    def off_trial(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings of rules that are not on trial: what is tried out raises no alert."""
        return [f for f in findings if self.lines[f.rule].state != "trial"]

    def scored(self) -> Rubric:
        """Only the lines that cost or veto: what a period is made of, at half the price of judging all."""
        kept = {rule: line for rule, line in self.lines.items() if line.judged}
        return replace(
            self, lines={r: replace(row, covers=tuple(c for c in row.covers if c in kept)) for r, row in kept.items()}
        )

    def scale(self, group: str) -> Decimal:
        """What the ten-point scale is multiplied by for a group; the portal is shown on the county scale."""
        return self.full.get(group, TEN) / TEN


def load_rubric(path: Path | str = "xinzhou-2022") -> Rubric:
    """The rubric of that name or file. Raises RubricError for anything that would judge or score wrongly."""
    return parse_rubric(rubric_text(path), Path(path).stem)


def rubric_text(path: Path | str) -> str:
    """The file of the rubric of that name or path, as it stands. Raises RubricError."""
    file = Path(path) if str(path).endswith(".toml") else FOLDER / f"{path}.toml"
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise RubricError(
            f"{file.name}: cannot be read ({error.strerror}); known rubrics: {', '.join(p.stem for p in FOLDER.glob('*.toml'))}"
        ) from error
    except UnicodeDecodeError as error:
        raise RubricError(f"{file.name}: not UTF-8: {error}") from error


def parse_rubric(text: str, name: str) -> Rubric:
    """The rubric that is this text; `name` where it names itself nothing. Raises RubricError like `load_rubric`."""
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise RubricError(f"{name}: not TOML: {error}") from error
    name = str(data.get("name", name))
    rows = {key: row for key, row in data.items() if isinstance(row, dict) and "." in key}
    lines = {key: _line(name, key, row, list(rows)) for key, row in rows.items()}
    _complete(name, lines)
    total = sum((line.points for line in lines.values()), Decimal(0))
    if total != TEN:
        raise RubricError(f"rubric {name}: the points add up to {total}, not 10; correct the lines")
    full = {group: _decimal(name, "full", value) for group, value in data.get("full", {}).items()}
    if not {"county", "department"} <= full.keys():
        raise RubricError(f"rubric {name}: `full` names the full marks of county and department")
    return Rubric(name, lines, full, _decimal(name, "cap", data.get("cap", "1")))


def _line(name: str, key: str, row: dict[str, Any], known: list[str]) -> Line:
    if unknown := set(row) - _KEYS:
        raise RubricError(
            f'rubric {name}, "{key}": unknown key {", ".join(sorted(unknown))}{_meant(unknown.pop(), _KEYS)}'
        )
    if lacking := {"title", "cite", "points", "theme"} - set(row):
        raise RubricError(f'rubric {name}, "{key}": {", ".join(sorted(lacking))} is missing')
    if not row["cite"]:
        raise RubricError(f'rubric {name}, "{key}": a line needs at least one clause under `cite`')
    covers: list[str] = []
    for pattern in row.get("covers", ()):
        found = [k for k in known if fnmatch.fnmatchcase(k, pattern) and k != key]
        if not found:
            raise RubricError(f'rubric {name}, "{key}": covers "{pattern}", but no such rule{_meant(pattern, known)}')
        covers += found
    threshold = dict(row.get("threshold", {}))
    state = "planned"
    if key in RULES:
        wanted = set(RULES[key].wants) - _GIVEN
        if wanted != set(threshold):
            raise RubricError(f'rubric {name}, "{key}": threshold needs {sorted(wanted)}, has {sorted(threshold)}')
        state = row.get("state", "scored")
    if (period := row.get("period")) not in (None, *MODES):
        known_words = ", ".join(MODES)
        raise RubricError(
            f'rubric {name}, "{key}": period "{period}" is none of {known_words}{_meant(str(period), MODES)}'
        )
    points = _decimal(name, key, row["points"])
    if points < 0:
        raise RubricError(f'rubric {name}, "{key}": points {points} are negative')
    return Line(
        key,
        row["title"],
        row["theme"],
        tuple(row["cite"]),
        points,
        threshold,
        each=_decimal(name, key, row["each"]) if "each" in row else None,
        covers=tuple(covers),
        covers_when=row.get("covers_when"),
        covers_unless=row.get("covers_unless"),
        veto=bool(row.get("veto")),
        veto_when=row.get("veto_when"),
        late=_decimal(name, key, row["late"]) if "late" in row else None,
        policy=row.get("policy"),
        bonus=bool(row.get("bonus")),
        state=state,
        period=period,
    )


def _complete(name: str, lines: Mapping[str, Line]) -> None:
    for id_ in RULES:
        if id_ not in lines:
            raise RubricError(
                f'rubric {name}: rule "{id_}" has no line; give it one, with points 0 if it costs nothing'
            )


def _decimal(name: str, key: str, value: Any) -> Decimal:
    if not isinstance(value, str):
        raise RubricError(f'rubric {name}, "{key}": write {value!r} as text ("0.4"), so that it is read exactly')
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise RubricError(f'rubric {name}, "{key}": {value!r} is no number') from error


def _meant(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f'; did you mean "{near[0]}"?' if near else ""
