"""How are the rules applied to what was seen of one unit?

First every rule judges its subjects; then the rules that judge verdicts; then what a failing rule covers becomes `na`, and
the failing one takes those points too. Nothing is asked but stored records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from db.records import Evidence, Finding, Outcome, Probe, SiteVisit, Unit
from monitors.rubric import Line, Rubric
from monitors.rule import FAIL, NA, RULES, UNKNOWN, Rule, Verdict, na, unknown
from monitors.rules.document import no_documents
from monitors.rules.site import NETWORK
from monitors.watched import Watched

ZERO = Decimal(0)
EXPLAINED = "explained_by:"
_KINDS = {  # kinds of documents that the rules of each `per` judge, one finding a document
    "document": ("normative", "policy", "official", "reply"),
    "policy": ("normative", "policy"),
    "reply": ("reply",),
}
_WITHOUT_HOME = ("site.available", "site.injected")  # a home page that was not seen says something all the same
_OF_COLUMN = {"news": "site.news_fresh", "notice": "site.notice_fresh"}


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one unit on one night.

    on         the day the run began, Asia/Shanghai            at       when the unit was visited, aware
    visit      None: the site was not visited                  week     probes of the last seven days
    accounts   each registered account with what its sources showed
    carried    the facts are of an earlier run                 suspect  the run is suspect: its network-born fails say nothing
    """

    unit: Unit
    on: date
    at: datetime
    visit: SiteVisit | None = None
    week: Sequence[Probe] = ()
    accounts: Sequence[Watched] = ()
    carried: bool = False
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    rule: str
    target: str
    verdict: Verdict
    account: str | None = None

    @property
    def subject(self) -> tuple[str, str] | None:
        """Which account it is about: a name alone does not tell, accounts on two platforms may share it."""
        return None if self.account is None else (self.account, self.target)


def judge(case: Case, rubric: Rubric) -> list[Finding]:
    """All findings of one unit, in the order of the rubric."""
    judged = [*_site(case, rubric), *_media(case, rubric)]
    if case.suspect:
        judged = [_doubted(j) for j in judged]
    return _priced(case, rubric, _covered(case, rubric, judged))


def _site(case: Case, rubric: Rubric) -> list[_Judged]:
    """Verdicts of all rules that are not about accounts."""
    visit, unit = case.visit, case.unit
    home = unit.site or ""
    found: dict[str, list[_Judged]] = defaultdict(list)
    for line in _lines(rubric):
        rule = RULES[line.rule]
        if rule.per not in ("site", "news", "notice", *_KINDS):
            continue
        if line.rule == "platform.exists":
            verdicts = [_call(rule, line, visit, unit=unit)]
        elif line.bonus and (unit.group == "department" or unit.no_platform):
            verdicts = [na("not_required")]
        elif visit is None:
            verdicts = [unknown("no_address" if unit.site is None else "not_seen_tonight")]
        elif unit.no_platform:
            verdicts = [unknown("no_address")]
        elif visit.outcome is not Outcome.OK and line.rule not in _WITHOUT_HOME:
            seen_elsewhere = _elsewhere(case, line)
            verdicts = [_call_site(rule, line, case) if seen_elsewhere else unknown(str(visit.outcome), visit.home)]
        elif rule.per == "site":
            verdicts = [_call_site(rule, line, case)]
        elif rule.per in _KINDS:
            verdicts = _documents(rule, line, case, visit)
        else:
            verdicts = _columns(rule, line, case, visit)
        found[line.rule] += [_Judged(line.rule, v.target or _target(line.rule, visit, home), v) for v in verdicts]
    if visit is not None and not unit.no_platform:
        found |= _second(case, rubric, found, visit)
    else:
        reason = "no_address" if visit is None and unit.site is None else "not_seen_tonight"
        for id_ in ("site.stale_columns", "site.zombie"):
            found[id_] = [_Judged(id_, home, unknown(reason))]
    return [j for line in _lines(rubric) for j in found.get(line.rule, ())]


def _elsewhere(case: Case, line: Line) -> bool:
    """A report may stand on the gathered page although the unit's own site was not seen."""
    visit = case.visit
    return line.rule == "report.published" and visit is not None and any(r.source == "reports" for r in visit.reports)


def _columns(rule: Rule, line: Line, case: Case, visit: SiteVisit) -> list[Verdict]:
    """One verdict a column of the rule's kind; none found: a person must look."""
    mine = [c for c in visit.columns if c.role == rule.per and not c.same_as and not c.outward]
    if rule.per == "notice":
        mine = [c for c in mine if c.level == 1]
    if not mine:
        return [unknown("no_column", visit.home)]
    return [replace(_call(rule, line, c, unit=case.unit, on=case.on), target=c.url) for c in mine]


def _documents(rule: Rule, line: Line, case: Case, visit: SiteVisit) -> list[Verdict]:
    """One verdict a document of the rule's kinds; none seen: why not."""
    mine = [d for d in (visit.papers.documents if visit.papers else ()) if d.kind in _KINDS[rule.per]]
    if not mine:
        return [no_documents(visit)]
    return [replace(_call(rule, line, d, unit=case.unit, on=case.on, visit=visit), target=d.url) for d in mine]


def _second(case: Case, rubric: Rubric, found: dict[str, list[_Judged]], visit: SiteVisit) -> dict[str, list[_Judged]]:
    """The rules that judge verdicts: stale columns together, and the zombie."""
    columns = [j.verdict for id_ in _OF_COLUMN.values() for j in found[id_] if j.verdict.reason != "no_column"]
    given = {"available": found["site.available"][0].verdict, "home": found["site.home_fresh"][0].verdict}
    result: dict[str, list[_Judged]] = {}
    for line in _lines(rubric):
        rule = RULES[line.rule]
        if rule.per == "verdicts":
            down = given["available"].verdict == FAIL and line.rule == "site.zombie"
            if visit.outcome is not Outcome.OK and not down:
                verdict = unknown(str(visit.outcome), visit.home)
            else:
                verdict = _call(rule, line, columns, unit=case.unit, on=case.on, visit=visit, **given)
            result[line.rule] = [_Judged(line.rule, visit.url, replace(verdict, target=None))]
    return result


def _media(case: Case, rubric: Rubric) -> list[_Judged]:
    """Verdicts about each account."""
    found = []
    for watched in case.accounts:
        row = watched.account
        for line in _lines(rubric):
            rule = RULES[line.rule]
            if rule.per == "registered":
                verdict = _call(rule, line, watched)
            elif rule.per == "account" and watched.snapshot is not None:
                verdict = _call(rule, line, watched.snapshot, on=case.on, watched=watched)
                verdict = replace(verdict, evidence=tuple(dict.fromkeys((*verdict.evidence, *watched.evidence()))))
            elif rule.per == "account":
                unseen = unknown("not_seen_tonight", Evidence(None, source=row.row or row.source))
                verdict = na("closed") if row.state == "closed" else unseen
            else:
                continue
            found.append(_Judged(line.rule, row.source, verdict, row.account))
    return found


def _call_site(rule: Rule, line: Line, case: Case) -> Verdict:
    return _call(rule, line, case.visit, unit=case.unit, on=case.on, week=case.week)


def _call(rule: Rule, line: Line, subject: Any, **known: Any) -> Verdict:
    """The rule's verdict; one that raises is an unknown with the exception, never a lost judging."""
    arguments = {**line.threshold, **known}
    try:
        return rule.judge(subject, **{name: arguments[name] for name in rule.wants})
    except Exception as error:
        return unknown("reader_error", value=f"{type(error).__name__}: {error}")


def _doubted(judged: _Judged) -> _Judged:
    """In a suspect run, fails that were born on the network say nothing."""
    verdict = judged.verdict
    born = {str(o) for o in NETWORK} | {"dead"}
    if verdict.verdict == FAIL and (verdict.reason or "").partition(":")[0] in born | {str(Outcome.HTTP_ERROR)}:
        return replace(judged, verdict=Verdict(UNKNOWN, "suspect_run", verdict.value, verdict.evidence))
    return judged


def _covered(case: Case, rubric: Rubric, judged: list[_Judged]) -> list[tuple[_Judged, tuple[str, ...]]]:
    """Covered verdicts become `na`; each failing rule is paired with the rules whose points it takes."""
    explained: dict[tuple[str, tuple[str, str] | None], str] = {}
    takes: dict[tuple[str, tuple[str, str] | None], tuple[str, ...]] = {}
    failing = [(j, rubric.lines[j.rule]) for j in judged if j.verdict.verdict == FAIL and rubric.lines[j.rule].covers]
    for j, line in failing:
        if line.covers_when == "week" and not _a_week(j.verdict, line):
            continue
        if line.covers_unless and (j.verdict.reason or "").startswith(line.covers_unless):
            continue
        if (j.rule, None) in explained or (j.rule, j.subject) in explained:
            continue
        mine = [c for c in line.covers if (c, j.subject) not in explained]
        for covered in mine:
            explained[covered, j.subject] = j.rule
        takes[j.rule, j.subject] = tuple(mine)
    result = []
    for j in judged:
        by = explained.get((j.rule, j.subject))
        if by:
            j = replace(j, verdict=na(EXPLAINED + by))
        result.append((j, takes.get((j.rule, j.subject), ()) if j.verdict.verdict == FAIL else ()))
    return result


def _is_explained(verdict: Verdict) -> bool:
    return (verdict.reason or "").startswith(EXPLAINED)


def _a_week(verdict: Verdict, line: Line) -> bool:
    return isinstance(verdict.value, dict) and verdict.value.get("probes", 0) >= line.threshold.get("probes", 0)


def _priced(case: Case, rubric: Rubric, judged: list[tuple[_Judged, tuple[str, ...]]]) -> list[Finding]:
    """Findings with their points on the unit's scale."""
    group, scale = case.unit.group, rubric.scale(case.unit.group)
    number = Counter(j.rule for j, _ in judged if j.verdict.verdict != NA or _is_explained(j.verdict))
    accounts = max(1, len(case.accounts))
    findings = []
    for j, takes in judged:
        line, v = rubric.lines[j.rule], j.verdict
        points = ZERO
        if v.verdict == FAIL and line.judged:
            points = _own_points(line, v, max(1, number[j.rule]))
            share = accounts if j.account is not None else 1
            points += sum((rubric.lines[t].points for t in takes if rubric.lines[t].judged), ZERO) / share
        findings.append(
            Finding(
                unit=case.unit.name,
                group=group,
                target=j.target,
                rule=j.rule,
                verdict=v.verdict,
                reason=v.reason,
                value=v.value,
                threshold=dict(line.threshold) or None,
                points=points * scale,
                cite=line.cite[0],
                checked_at=case.at,
                evidence=v.evidence or _fallback(case),
                account=j.account,
                faults=v.faults,
                carried=case.carried,
            )
        )
    return findings


def _own_points(line: Line, verdict: Verdict, of: int) -> Decimal:
    if line.each is not None:
        return min(line.points, line.each * max(1, verdict.faults))
    if line.late is not None and (verdict.reason or "").startswith("late"):
        return line.points * line.late / of
    return line.points / of


def _fallback(case: Case) -> tuple[Evidence, ...]:
    return (Evidence(None, source=case.unit.source or "units.csv"),) if case.visit is None else ()


def _target(rule: str, visit: SiteVisit | None, home: str) -> str:
    """The board's address for `board.*`, the site for everything else that names no target of its own."""
    if rule.startswith("board.") and visit is not None and visit.board is not None and visit.board.url:
        return visit.board.url
    return home


def _lines(rubric: Rubric) -> Iterable[Line]:
    return (line for line in rubric.lines.values() if line.rule in RULES)
