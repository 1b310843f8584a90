"""What did the last judging say, in the form that the desk's pages ask for? Read once a judging, for it never changes."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlite_utils import Database

from db import facts, findings
from db.findings import Judging
from db.records import Finding, Score, Unit, shanghai_day
from monitors import early
from monitors.early import Warning
from monitors.rubric import Rubric, load_rubric
from schedules.jobs import cases_of_night
from schedules.review import Reviewed, reviewed_judging


@dataclass(frozen=True)
class Night:
    """One judging. `warnings` are what will be a fault soon, by unit; empty while nothing is judged."""

    judging: Judging | None
    units: Mapping[str, Unit]
    findings: Sequence[Finding]
    scores: Mapping[str, Score]
    warnings: Sequence[Warning]
    rubric: Rubric

    @cached_property
    def of_unit(self) -> Mapping[str, Sequence[Finding]]:
        """The findings by unit, in the order of the rubric."""
        by: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            by[finding.unit].append(finding)
        return by

    @cached_property
    def by_id(self) -> Mapping[int, Finding]:
        """The findings by number."""
        return {f.id: f for f in self.findings}

    def title(self, rule: str) -> str:
        """What the rule is called; its id where the rubric no longer knows it."""
        line = self.rubric.lines.get(rule)
        return line.title if line else rule

    def scored(self, rule: str) -> bool:
        """Whether the rule can cost points or veto."""
        line = self.rubric.lines.get(rule)
        return line is not None and line.judged and bool(line.points or line.veto)

    def reviewed(self, db: Database, *, two: bool = False) -> Reviewed:
        """The judging as people have decided about it up to now; `two`: a veto wants two people."""
        if self.judging is None:
            return Reviewed((), {}, {}, {})
        on, units = shanghai_day(self.judging.as_of), list(self.units.values())
        return reviewed_judging(db, self.findings, units, self.rubric, on=on, two=two)


class Nights:
    """The last judging of one database, kept until there is a newer one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[tuple[int, str], Night] | None = None

    def last(self, db: Database) -> Night:
        """The last judging as read; of a database without one, a night without findings."""
        with self._lock:
            judging = findings.latest_judging(db)
            units = facts.units(db)
            key = (judging.id if judging else 0, repr([u.name for u in units]))
            if self._kept is None or self._kept[0] != key:
                self._kept = (key, _read(db, judging, units))
            return self._kept[1]


def _read(db: Database, judging: Judging | None, units: Sequence[Unit]) -> Night:
    rubric = load_rubric()
    known = {u.name: u for u in units}
    if judging is None:
        return Night(None, known, (), {}, (), rubric)
    soon = [w for case in cases_of_night(db) for w in early.warnings(case, rubric)]
    return Night(
        judging,
        known,
        tuple(findings.findings_of(db, judging.id)),
        {s.unit: s for s in findings.scores_of(db, judging.id)},
        tuple(sorted(soon, key=lambda w: (w.last, w.unit))),
        rubric,
    )
