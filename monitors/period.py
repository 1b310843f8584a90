"""What do the nights of an assessment period cost a unit, line by line, and what must be looked at before it is sealed?

Only what was seen counts, and only what was confirmed: by a person, or by a second day (period.toml). What is disputed or
dismissed counts nowhere. An `unknown` costs nothing; that hiding does not pay is the business of `blockers`.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from db.records import Finding, Review, shanghai_day
from monitors.rubric import EPISODES, LAST, MODES, SHARE, Line, Rubric, RubricError
from monitors.scoring import is_veto

CONFIRMED, DISMISSED, DISPUTED = "confirmed", "dismissed", "disputed"
ZERO, _MILLIONTH = Decimal(0), Decimal("0.000001")
_ENDING = ("dismiss", "withdraw")  # acts after which what was confirmed before says nothing
_EXPLAINED = "explained_by:"
Subject = tuple[str, str | None]  # target and account of a finding
_Cover = tuple[date, bool, str, str | None]


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
    veto                   where confirmed: by as many people as a veto needs
    """

    rule: str
    target: str
    first: date
    last: date | None = None
    decision: str | None = None
    account: str | None = None
    veto: bool = True

    def on(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Dispute:
    """An open appeal: what it is about, the number of the finding it was filed against, and on which day."""

    rule: str
    target: str
    account: str | None
    finding: int
    on: date


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
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rubric line stands for one unit at the end of the period.

    lost      points on the unit's scale, before any veto cap; to a millionth, so that they add up exactly
    nights    days on which the unit was visited
    seen      of these, days on which something was seen for the line, good or bad
    fault     of these, days on which a fault counts
    decided   share of the line that reached a verdict in the period, between 0 and 1; None: the line does not apply
    veto      a fault that counts caps the score, and a person has confirmed it
    unseen    what is unknown at the end
    waiting   fails that do not count: unconfirmed, disputed or dismissed
    findings  ids of the fails that count, oldest first
    by_hand   a person looked        ended  the last day of which anything is known
    shown     of each subject that counts the last fail, at most three
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
    shown: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a period cannot be sealed yet; a check by hand closes it, and a decision where it is an appeal.

    kind  not_visited (no visit, or none for a month before the end), unscored (待人工核查), unseen (unknown for too long),
          hidden (a fault that counts was followed by unknowns), seldom (seen on too few of the nights that make a share),
          appealed (a dispute is still open: else the last to appeal would win)
    """

    unit: str
    kind: str
    rule: str | None = None
    target: str | None = None
    since: date | None = None
    reason: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """One finding of the line on one day.

    decided  something was seen            word  who confirmed a fail: person, nights, or "" where it does not count
    by_hand  a person looked               veto  enough people have confirmed it for a veto
    """

    finding: Finding
    decided: bool
    word: str = ""
    by_hand: bool = False
    veto: bool = False

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


def modes(rubric: Rubric) -> dict[str, str]:
    """How each line of the rubric makes a period of its nights: what it says itself, else as period.toml has it.

    Raises RubricError for a word that is none of MODES, and for a theme without a default.
    """
    return {rule: _mode(line) for rule, line in rubric.lines.items()}


def _mode(line: Line) -> str:
    mode = line.period or _data()["rules"].get(line.rule) or _data()["themes"].get(line.theme)
    if mode is None:
        raise RubricError(f'period.toml: no default for the theme "{line.theme}"; name one under [themes]')
    if mode not in MODES:
        raise RubricError(f'"{line.rule}": period "{mode}" is none of {", ".join(MODES)}')
    return str(mode)


def faults(
    nights: Iterable[Night],
    reviews: Iterable[Review],
    disputed: Iterable[Dispute],
    how: Mapping[str, str],
    *,
    days: Mapping[int, date],
    two: bool = False,
) -> list[Fault]:
    """What people have said of the faults of one unit, as `standings` takes it. Dismissals are no part of it: the findings of the
    nights come without what was dismissed (`monitors.exceptions.reviewed`).

    reviews   of the unit, oldest first        disputed  its open appeals
    days      the day of each judged run       two       a veto needs two people

    Confirmed is the stretch of nights around the one that the person saw, back to where the fault began and on to where it was seen well;
    closed by hand, up to that day. A dismissal, or one withdrawn, makes earlier confirmations say nothing.
    """
    stretches, day_of = _stretches(nights, how)
    said: dict[tuple[str, Subject, date, date], list[str]] = defaultdict(list)
    until: dict[tuple[str, Subject, date, date], date] = {}
    for review in reviews:
        at = day_of.get(review.finding) or days.get(review.run) or shanghai_day(review.at)
        for (rule, subject), mine in stretches.items():
            if (rule, subject[0]) != (review.rule, review.target):
                continue
            keys = [(rule, subject, first, last) for first, last in mine]
            if review.action in _ENDING:
                for key in keys:
                    said.pop(key, None)
            elif review.action == "resolve":
                until |= {key: at for key in keys if key in said and key[2] <= at}
            elif review.action == "confirm":
                for key in keys:
                    if key[2] <= at <= key[3]:
                        said[key].append(review.who)
                        until.pop(key, None)
    found = [
        Fault(rule, subject[0], first, min(last, until.get(key, last)), CONFIRMED, subject[1], len(set(who)) > two)
        for key, who in said.items()
        for rule, subject, first, last in [key]
    ]
    for dispute in disputed:
        at = day_of.get(dispute.finding) or dispute.on
        mine = stretches.get((dispute.rule, (dispute.target, dispute.account)), [])
        first = next((first for first, last in mine if first <= at <= last), at)
        found.append(Fault(dispute.rule, dispute.target, first, None, DISPUTED, dispute.account))
    return found


def _stretches(
    nights: Iterable[Night], how: Mapping[str, str]
) -> tuple[dict[tuple[str, Subject], list[tuple[date, date]]], dict[int, date]]:
    """By rule and subject the stretches of fails, never seen well in between; and the day of each finding, by its number."""
    found: dict[tuple[str, Subject], list[tuple[date, date]]] = defaultdict(list)
    open_: set[tuple[str, Subject]] = set()
    day_of: dict[int, date] = {}
    for night in _days(nights):
        for finding in night.findings:
            key = finding.rule, _subject(finding)
            if finding.verdict == "fail":
                day_of[finding.id] = night.on
                if key in open_:
                    found[key][-1] = found[key][-1][0], night.on
                else:
                    found[key].append((night.on, night.on))
                    open_.add(key)
            elif key in open_ and _is_decided(finding, how):
                open_.remove(key)
    day_of.pop(0, None)
    return found, day_of


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
    doubted: set[_Cover] = set()  # fails that explain others away and do not count
    for line in rubric.lines.values():
        if line.covers and line.judged:
            for day in _line_days(line.rule, how, days, found[line.rule], said[line.rule], after, frozenset()):
                doubted |= {_cover(day, s.finding) for s in day.found if s.finding.verdict == "fail" and not s.word}
    return [
        _standing(
            line,
            how,
            _line_days(line.rule, how, days, found[line.rule], said[line.rule], after, doubted),
            said[line.rule],
            rubric,
        )
        for line in rubric.lines.values()
        if line.judged
    ]


def _cover(day: _Day | Night, finding: Finding, rule: str = "") -> _Cover:
    """Which fail of which day may explain others away: of a rule, about the site or about one account."""
    return day.on, day.by_hand, rule or finding.rule, finding.account and f"{finding.account} {finding.target}"


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
    enough = Decimal(_data()["seal"]["coverage"])
    covered = coverage(lines, rubric)
    left = [line for line in lines if is_stale(line, rubric, last)]
    if left:
        ended = max((line.ended for line in lines if line.ended), default=None)
        yield Blocker(unit, "not_visited", since=ended, reason="not_seen_tonight")
    elif covered is not None and covered < enough:
        yield Blocker(unit, "unscored", reason=_most_said(lines))
    for line in lines:
        if not counts(line, rubric):
            continue
        old = [u for u in line.unseen if u.since < first + month() or last - u.since >= month()]
        for unseen in line.unseen:
            if unseen in old or (unseen.hidden and line.mode == LAST):
                kind = "hidden" if unseen.hidden and line.mode == LAST else "unseen"
                yield Blocker(unit, kind, line.rule, unseen.target, unseen.since, unseen.reason, unseen.account)
        if not old and line.mode != LAST and line.decided is not None and line.decided < enough:
            yield Blocker(unit, "seldom", line.rule)


def month() -> timedelta:
    """How long something may stay unseen before a person must look."""
    return timedelta(days=int(_data()["seal"]["days"]))


def counts(line: Standing, rubric: Rubric) -> bool:
    """Whether the line can cost anything."""
    row = rubric.lines[line.rule]
    return not row.bonus and bool(row.points or row.veto or row.veto_when)


def is_stale(line: Standing, rubric: Rubric, last: date) -> bool:
    """Whether nobody has looked at a line that stands as it did at the end for a month before that end."""
    if line.mode != LAST or line.decided is None or not rubric.lines[line.rule].points:
        return False
    return line.ended is None or last - line.ended >= month()


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
    doubted: Set[_Cover],
) -> list[_Day]:
    """The line's findings day by day, each with who confirmed it. What a fail of `doubted` explains was not seen."""
    stood = _stood(rule, how, found)
    made: list[_Day] = []
    for at, night in enumerate(days):
        if night.by_hand and at not in found:
            continue
        seen = []
        for finding in found.get(at, ()):
            word, veto = "", night.by_hand
            if finding.verdict == "fail":
                mine = [f for f in faults if _subject(finding) == (f.target, f.account) and f.on(night.on)]
                said = {f.decision for f in mine}
                veto = veto or any(f.veto and f.decision == CONFIRMED for f in mine)
                if not said & {DISPUTED, DISMISSED}:
                    long = after and how[rule] != EPISODES and stood[at, _subject(finding)] >= after
                    word = "person" if night.by_hand or CONFIRMED in said else "nights" if long else ""
            decided = _is_decided(finding, how)
            if decided and doubted and (by := _explained_by(finding)):
                decided = not {_cover(night, finding, by), (night.on, night.by_hand, by, None)} & doubted
            seen.append(_Seen(finding, decided, word, night.by_hand, veto))
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
    shown = {s.subject: s.finding for day in counting for s in day.counting}
    return Standing(
        rule=line.rule,
        mode=mode,
        lost=lost.quantize(_MILLIONTH, ROUND_HALF_UP),
        nights=len(visits),
        seen=seen,
        fault=sum(bool(day.counting) for day in visits),
        decided=_decided(mode, days, hand),
        veto=any(s.veto and s.word == "person" and is_veto(s.finding, rubric) for d in counting for s in d.counting),
        unseen=_unseen(days),
        waiting=len(uncounted),
        findings=tuple(dict.fromkeys(s.finding.id for day in counting for s in day.counting if s.finding.id)),
        by_hand=hand is not None,
        ended=days[-1].on if days else None,
        shown=tuple(list(shown.values())[-3:]),
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
    return Unseen(finding.target, since, finding.reason, hidden, finding.account)


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
