"""What do the nights of an assessment period cost a unit, line by line, and what must be looked at before it is sealed?

Only what was seen counts, and only what was confirmed: by a person, or by a second day (period.toml). What is disputed or
dismissed counts nowhere. An `unknown` costs nothing; that hiding does not pay is the business of `blockers`.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from db.records import Finding
from monitors.rubric import Line, Rubric, RubricError
from monitors.scoring import is_veto

LAST, SHARE, EPISODES = "last", "share", "episodes"
MODES = (LAST, SHARE, EPISODES)
CONFIRMED, DISMISSED, DISPUTED = "confirmed", "dismissed", "disputed"
ZERO = Decimal(0)
_EXPLAINED = "explained_by:"
Subject = tuple[str, str | None]  # target and account of a finding


@dataclass(frozen=True, slots=True)
class Night:
    """What was judged of one unit on one day, Asia/Shanghai.

    by_hand  a person looked because we could not: its fails are confirmed, and what it does not name stands as before
    """

    on: date
    findings: Sequence[Finding]
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What people have said up to now of one fault of a unit: of an alert, or of a finding against which it appeals.

    rule, target, account  as in the findings that it is about
    first, last            the days that it speaks of; last None: to the end
    decision               confirmed, dismissed or disputed; anything else is no decision
    """

    rule: str
    target: str
    first: date
    last: date | None = None
    decision: str | None = None
    account: str | None = None

    def on(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that is unknown at the end of the period.

    since   the first day of those on which it was not seen, up to the end
    reason  of the last unknown, a code
    hidden  the last that was seen of it before was a fault that counts
    """

    target: str
    since: date
    reason: str | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rubric line stands for one unit at the end of the period.

    lost      points on the unit's scale, before any veto cap
    nights    days on which the unit was visited
    seen      of these, days on which something was seen for the line, good or bad
    fault     of these, days on which a fault counts
    decided   share of the line that reached a verdict in the period, between 0 and 1; None: the line does not apply
    veto      a fault that counts caps the score, and a person has confirmed it
    unseen    what is unknown at the end
    waiting   fails that do not count: unconfirmed, disputed or dismissed
    findings  ids of the fails that count, oldest first
    by_hand   a person looked        ended  the last day of which anything is known
    """

    rule: str
    mode: str
    lost: Decimal
    nights: int
    seen: int
    fault: int
    decided: Decimal | None
    veto: bool
    unseen: tuple[Unseen, ...]
    waiting: int
    findings: tuple[int, ...]
    by_hand: bool
    ended: date | None


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a period cannot be sealed yet; a check by hand closes it.

    kind  not_visited (no visit, or none for a month before the end), unscored (待人工核查), unseen (unknown for too long),
          hidden (a fault that counts was followed by unknowns), seldom (seen on too few of the nights that make a share)
    """

    unit: str
    kind: str
    rule: str | None = None
    target: str | None = None
    since: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """One finding of the line on one day.

    decided  something was seen            word  who confirmed a fail: person, nights, or "" where it does not count
    by_hand  a person looked
    """

    finding: Finding
    decided: bool
    word: str = ""
    by_hand: bool = False

    @property
    def subject(self) -> Subject:
        return _subject(self.finding)

    @property
    def applies(self) -> bool:
        return not self.decided or self.finding.verdict != "na"


@dataclass(frozen=True, slots=True)
class _Day:
    on: date
    by_hand: bool
    found: Sequence[_Seen]

    @property
    def decided(self) -> bool:
        return any(seen.decided for seen in self.found)

    @property
    def counting(self) -> list[_Seen]:
        return [seen for seen in self.found if seen.word]

    @property
    def lost(self) -> Decimal:
        return sum((seen.finding.points for seen in self.counting), ZERO)

    @property
    def lost_by_hand(self) -> Decimal:
        return sum((seen.finding.points for seen in self.counting if seen.by_hand), ZERO)


def modes(rubric: Rubric, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """How each line of the rubric makes a period of its nights; `own` holds what lines say themselves, by rule.

    Raises RubricError for a word that is none of MODES, and for a theme without a default.
    """
    said = own or {}
    return {rule: _mode(rubric, line, said.get(rule)) for rule, line in rubric.lines.items()}


def _mode(rubric: Rubric, line: Line, own: str | None) -> str:
    mode = own or _data()["rules"].get(line.rule) or _data()["themes"].get(line.theme)
    if mode is None:
        raise RubricError(f'period.toml: no default for the theme "{line.theme}"; name one under [themes]')
    if mode not in MODES:
        raise RubricError(f'rubric {rubric.name}, "{line.rule}": period "{mode}" is none of {", ".join(MODES)}')
    return str(mode)


def standings(
    nights: Iterable[Night],
    faults: Iterable[Fault],
    rubric: Rubric,
    how: Mapping[str, str],
    *,
    confirm: int | None = None,
) -> list[Standing]:
    """Every scored line of the rubric for one unit, in the order of the rubric.

    nights   of the period, in any order; of several on one day the last given counts; carried findings say nothing new
    faults   each fault once, with the decision that holds now
    how      as `modes` gives it
    confirm  days that confirm a fault without a person; default in period.toml
    """
    after = int(_data()["confirmed"]["nights"]) if confirm is None else confirm
    days = _days(nights)
    said: dict[str, list[Fault]] = defaultdict(list)
    for fault in dict.fromkeys(faults):
        said[fault.rule].append(fault)
    found: dict[str, dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for at, night in enumerate(days):
        for finding in night.findings:
            found[finding.rule][at].append(finding)
    return [
        _standing(
            line,
            how,
            _line_days(line.rule, how, days, found[line.rule], said[line.rule], after),
            said[line.rule],
            rubric,
        )
        for line in rubric.lines.values()
        if line.judged
    ]


def coverage(lines: Iterable[Standing], rubric: Rubric) -> float | None:
    """The share, by points, of the lines that apply which reached a verdict in the period; None when no line applies."""
    whole = reached = ZERO
    for line in lines:
        row = rubric.lines[line.rule]
        if line.decided is not None and not row.bonus:
            whole += row.points
            reached += row.points * line.decided
    return round(float(reached / whole), 4) if whole else None


def blockers(units: Mapping[str, Sequence[Standing]], rubric: Rubric, *, first: date, last: date) -> list[Blocker]:
    """What keeps a period from `first` to `last` from being sealed; empty when nothing does.

    units  the standings of every ranked unit, in the order of the registry

    Units that kept us out (blocked, robots.txt) come first, all that is theirs together.
    """
    found = [list(_of_unit(unit, lines, rubric, first, last)) for unit, lines in units.items()]
    doors = set(_data()["seal"]["doors"])
    return [b for mine in sorted(found, key=lambda mine: not any(_code(b.reason) in doors for b in mine)) for b in mine]


def _of_unit(unit: str, lines: Sequence[Standing], rubric: Rubric, first: date, last: date) -> Iterator[Blocker]:
    month = timedelta(days=int(_data()["seal"]["days"]))
    enough = Decimal(_data()["seal"]["coverage"])
    ended = max((line.ended for line in lines if line.ended), default=None)
    covered = coverage(lines, rubric)
    if ended is None or last - ended >= month:
        yield Blocker(unit, "not_visited", since=ended, reason="not_seen_tonight")
    elif covered is not None and covered < enough:
        yield Blocker(unit, "unscored", reason=_most_said(lines))
    for line in lines:
        row = rubric.lines[line.rule]
        if row.bonus or not (row.points or row.veto or row.veto_when):
            continue
        old = [u for u in line.unseen if u.since < first + month or last - u.since >= month]
        for unseen in line.unseen:
            if unseen in old or (unseen.hidden and line.mode == LAST):
                kind = "hidden" if unseen.hidden and line.mode == LAST else "unseen"
                yield Blocker(unit, kind, line.rule, unseen.target, unseen.since, unseen.reason)
        if not old and line.mode != LAST and line.decided is not None and line.decided < enough:
            yield Blocker(unit, "seldom", line.rule)


def _most_said(lines: Sequence[Standing]) -> str | None:
    """The reason that most of the unit's lines give for being unknown."""
    reasons = [unseen.reason for line in lines for unseen in line.unseen if unseen.reason]
    return max(reasons, key=reasons.count, default=None)


def _days(nights: Iterable[Night]) -> list[Night]:
    """One night a day and one day by hand, oldest first, without what was carried from earlier."""
    kept: dict[tuple[date, bool], Night] = {}
    for night in nights:
        fresh = [f for f in night.findings if not f.carried]
        if fresh:
            kept[night.on, night.by_hand] = Night(night.on, fresh, night.by_hand)
    return [kept[key] for key in sorted(kept)]


def _line_days(
    rule: str,
    how: Mapping[str, str],
    days: Sequence[Night],
    found: Mapping[int, Sequence[Finding]],
    faults: Sequence[Fault],
    after: int,
) -> list[_Day]:
    """The line's findings day by day, each with who confirmed it."""
    stood = _stood(rule, how, found)
    made: list[_Day] = []
    for at, night in enumerate(days):
        if night.by_hand and at not in found:
            continue
        seen = []
        for finding in found.get(at, ()):
            word = ""
            if finding.verdict == "fail":
                said = {f.decision for f in faults if _subject(finding) == (f.target, f.account) and f.on(night.on)}
                if not said & {DISPUTED, DISMISSED}:
                    long = after and how[rule] != EPISODES and stood[at, _subject(finding)] >= after
                    word = "person" if night.by_hand or CONFIRMED in said else "nights" if long else ""
            seen.append(_Seen(finding, _is_decided(finding, how), word, night.by_hand))
        if night.by_hand and made:
            looked_at = {s.subject for s in seen}
            seen += [s for s in made[-1].found if s.subject not in looked_at]
        made.append(_Day(night.on, night.by_hand, seen))
    return made


def _stood(rule: str, how: Mapping[str, str], found: Mapping[int, Sequence[Finding]]) -> dict[tuple[int, Subject], int]:
    """For each fail, by day and subject: on how many days its fault was seen, before and after, never well in between."""
    runs: dict[Subject, list[set[int]]] = defaultdict(lambda: [set()])
    for at in sorted(found):
        for finding in found[at]:
            mine = runs[_subject(finding)]
            if finding.verdict == "fail":
                mine[-1].add(at)
            elif _is_decided(finding, how) and mine[-1]:
                mine.append(set())
    return {(at, subject): len(run) for subject, mine in runs.items() for run in mine for at in run}


def _standing(
    line: Line, how: Mapping[str, str], days: Sequence[_Day], faults: Sequence[Fault], rubric: Rubric
) -> Standing:
    mode = how[line.rule]
    visits = [day for day in days if not day.by_hand]
    hand = next((day for day in reversed(days) if day.by_hand), None)
    counting = days[-1:] if mode == LAST else days
    seen = sum(day.decided for day in visits)
    if mode == LAST:
        lost = days[-1].lost if days else ZERO
    else:
        by_nights = _shared(visits) if mode == SHARE else _episodes(line, visits, faults, rubric)
        lost = max(by_nights, hand.lost_by_hand if hand else ZERO)
    uncounted = {id(s.finding) for day in days for s in day.found if s.finding.verdict == "fail" and not s.word}
    return Standing(
        rule=line.rule,
        mode=mode,
        lost=lost,
        nights=len(visits),
        seen=seen,
        fault=sum(bool(day.counting) for day in visits),
        decided=_decided(mode, days, hand),
        veto=any(s.word == "person" and is_veto(s.finding, rubric) for day in counting for s in day.counting),
        unseen=_unseen(days),
        waiting=len(uncounted),
        findings=tuple(dict.fromkeys(s.finding.id for day in counting for s in day.counting if s.finding.id)),
        by_hand=hand is not None,
        ended=days[-1].on if days else None,
    )


def _shared(visits: Sequence[_Day]) -> Decimal:
    """The mean loss of a night; a night on which nothing was seen cost nothing."""
    return sum((day.lost for day in visits), ZERO) / len(visits) if visits else ZERO


def _episodes(line: Line, visits: Sequence[_Day], faults: Iterable[Fault], rubric: Rubric) -> Decimal:
    """Each confirmed fault costs what its dearest night did; together no more than the line, or than one night did."""
    lost = most = ZERO
    for fault in faults:
        if fault.decision != CONFIRMED:
            continue
        mine = [
            (s.finding.points, s.finding.group)
            for day in visits
            if fault.on(day.on)
            for s in day.counting
            if s.subject == (fault.target, fault.account)
        ]
        for points, group in mine:
            most = max(most, points, line.points * rubric.scale(group))
        lost += max((points for points, _ in mine), default=ZERO)
    return min(lost, max([most, *(day.lost for day in visits)]))


def _decided(mode: str, days: Sequence[_Day], hand: _Day | None) -> Decimal | None:
    """The share of the line that reached a verdict: at the end, or of the nights; None where it does not apply."""
    applying = [seen for day in (days[-1:] if mode == LAST else days) for seen in day.found if seen.applies]
    if days and not applying:
        return None
    if mode == LAST:
        return Decimal(sum(seen.decided for seen in applying)) / len(applying) if applying else ZERO
    if hand is not None:
        return Decimal(1)
    visits = [day for day in days if not day.by_hand]
    return Decimal(sum(day.decided for day in visits)) / len(visits) if visits else ZERO


def _unseen(days: Sequence[_Day]) -> tuple[Unseen, ...]:
    """What is unknown on the last day, each with how long it has been."""
    return tuple(_traced(seen.finding, days) for seen in (days[-1].found if days else ()) if not seen.decided)


def _traced(finding: Finding, days: Sequence[_Day]) -> Unseen:
    """Back to the day on which this was seen last.

    A night that never came so far (the whole site was blocked) shows one unknown in the place of all: there every other
    subject of the line counts as this one, save those that are seen on the last day.
    """
    still = {s.subject for s in days[-1].found if s.decided}
    since, hidden = days[-1].on, False
    for day in reversed(days[:-1]):
        mine = [s for s in day.found if s.subject == _subject(finding)]
        if not any(s.decided for s in mine):
            if mine or not day.decided:
                since = day.on
                continue
            mine = [s for s in day.found if s.subject not in still]
        hidden = any(s.word for s in mine)
        break
    return Unseen(finding.target, since, finding.reason, hidden)


def _is_decided(finding: Finding, how: Mapping[str, str]) -> bool:
    """Whether something was seen. A line that counts by its state at the end was not seen on a night that another kind of
    line explains: that one takes its points for the night, not for the end."""
    if finding.verdict == "unknown":
        return False
    by = _explained_by(finding)
    return not by or how.get(finding.rule) != LAST or how.get(by) == LAST


def _explained_by(finding: Finding) -> str:
    reason = finding.reason or ""
    return reason.removeprefix(_EXPLAINED) if reason.startswith(_EXPLAINED) else ""


def _subject(finding: Finding) -> Subject:
    return finding.target, finding.account


def _code(reason: str | None) -> str:
    return (reason or "").partition(":")[0]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "period.toml").read_text("utf-8"))
