"""What should a person look at this morning?

An alert is one cause: a kind on one target of one unit. It is `suspected` on its first night and `open` once runs of two
different days have seen it, or three probes two hours apart; a pass resolves it, an unknown changes nothing. What people do
with it stands in acts.toml.

The alerts after a night are a function of the alerts before it, of its findings, and of what people decided before and
after. So the same night can be judged again, by better rules, with the states that it should have given at once.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from db.records import SYSTEM, Alert, Finding, Outcome, Probe, Review, shanghai_day
from monitors.exceptions import VERDICTS, dismissal_of, standing
from monitors.rule import FAIL, NA, PASS, UNKNOWN
from monitors.rules.site import NETWORK, probe_failed
from monitors.run import EXPLAINED

OVER = frozenset(("resolved", "dismissed"))
MANUAL = "needs_manual_check"
_NIGHTS = 2  # runs of different days that must have seen a fault
_PROBES, _APART = 3, timedelta(hours=2)
_LONGEST = timedelta(days=366)  # a dismissal without an end is a hole
_BORN_ON_NETWORK = frozenset(map(str, NETWORK)) | {str(Outcome.HTTP_ERROR), "dead"}
Key = tuple[str, str, str]  # unit, kind, target of an alert


class NotAllowed(ValueError):
    """An act that cannot be done with the alert as it is; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Kind:
    """When an alert of this kind is raised, how grave it is, and whether it may lead to a proposal to close."""

    name: str
    severity: str
    rules: frozenset[str]
    reasons: frozenset[str]
    title: str
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """What a person may do: from which states, to which, and what must be given with it."""

    name: str
    title: str
    origins: frozenset[str]
    to: str
    needs: tuple[str, ...]
    closing: bool


@dataclass(frozen=True, slots=True)
class Night:
    """The run that was judged.

    on      its day, Asia/Shanghai        at     its moment, aware
    counts  it finished and is not suspect: otherwise it raises, opens and reopens nothing
    held    units whose shared platform is down: what was born on the network is suspected at most
    down    units whose site failed three probes two hours apart
    """

    on: date
    at: datetime
    counts: bool = True
    held: frozenset[str] = frozenset()
    down: frozenset[str] = frozenset()


def step(
    previous: Sequence[Alert],
    findings: Iterable[Finding],
    night: Night,
    *,
    run: int = 0,
    reviews: Sequence[Review] = (),
) -> list[Alert]:
    """The alerts after one judging: the previous ones moved on, new ones added (id 0), in that order.

    previous  the alerts as they stood before the run was judged for the first time
    run       number of the run: reviews of earlier runs say what is dismissed, those of this one are done again at the end
    """
    dismissals = standing(r for r in reviews if r.run < run)
    seen = _Seen(findings, dismissals, night.on)
    result = {key_of(alert): _moved(alert, seen, night) for alert in previous}
    for key in seen.raised:
        if key not in result:
            moved = _moved(_nothing(key, night), seen, night)
            if moved.state not in OVER:
                result[key] = moved
    for review in reviews:
        key = (review.unit, review.kind or "", _target(review.kind, review.rule, review.target))
        if review.run >= run and key in result:
            with suppress(NotAllowed):  # the night as judged now left nothing to do it with
                result[key] = act(result[key], review)
    return list(result.values())


def check(review: Review) -> Act:
    """The act that the review is, complete with what it needs. Raises NotAllowed."""
    known = acts().get(review.action)
    if known is None:
        raise NotAllowed(f"不认识的操作「{review.action}」。可用 {'、'.join(acts())}。")
    if not review.why.strip() or not review.who.strip():
        raise NotAllowed(f"“{known.title}”必须写明经办人和理由。")
    day = shanghai_day(review.at)
    if "due" in known.needs and (review.due is None or review.due <= day):
        raise NotAllowed(f"“{known.title}”必须给出 {day} 之后的期限。")
    if "expires" in known.needs and (review.expires is None or not day < review.expires <= day + _LONGEST):
        raise NotAllowed(f"“{known.title}”必须给出有效期，从次日起，最长一年。")
    if review.verdict not in (None, *VERDICTS):
        raise NotAllowed(f"不认识的结论「{review.verdict}」。可用 {'、'.join(VERDICTS)}。")
    return known


def act(alert: Alert, review: Review) -> Alert:
    """The alert after a person did that. Raises NotAllowed."""
    known = check(review)
    if alert.state not in known.origins:
        raise NotAllowed(f"预警现在是“{states()[alert.state]}”，不能做“{known.title}”。请刷新后再看。")
    if known.closing and not kinds()[alert.kind].closing:
        raise NotAllowed(f"“{kinds()[alert.kind].title}”类预警不能做“{known.title}”。")
    return _to(alert, known.to, review.at, review.who, review.why, due=review.due, expires=review.expires)


def sure(alert: Alert) -> bool:
    """Whether it is proven enough to be told: a person said so, or two days have seen it. One that came again waits as well."""
    if alert.state == "reopened":
        return len(alert.days) >= _NIGHTS or alert.moved_by != SYSTEM
    return alert.state != "suspected"


def down_for_hours(probes: Sequence[Probe]) -> bool:
    """Whether the newest probes all failed, three of them at least two hours apart. Refusals and challenges say nothing.

    probes  oldest first
    """
    last, found = None, 0
    for probe in reversed(probes):
        if probe.outcome in (Outcome.OK, Outcome.NEEDS_RENDER):
            return False
        if probe_failed(probe) and (last is None or last - probe.at >= _APART):
            last, found = probe.at, found + 1
            if found >= _PROBES:
                return True
    return False


def key_of(alert: Alert) -> Key:
    """What the alert is about, as one key."""
    return alert.unit, alert.kind, alert.target


def subject(alert: Alert) -> tuple[str, str]:
    """The rule and the target of the findings that the alert is made of."""
    target, _, rule = alert.target.rpartition("#")
    if target and rule in kinds()[alert.kind].rules:
        return rule, target
    only = kinds()[alert.kind].rules
    return alert.rule or (next(iter(only)) if len(only) == 1 and alert.kind != MANUAL else ""), alert.target


def raising(findings: Iterable[Finding]) -> dict[Key, list[Finding]]:
    """The findings that raise an alert, by its key."""
    raised: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        for kind in kinds().values():
            code = (finding.reason or "").partition(":")[0]
            if finding.verdict == FAIL and finding.rule in kind.rules:
                raised[finding.unit, kind.name, _target(kind.name, finding.rule, finding.target)].append(finding)
            elif finding.verdict == UNKNOWN and code in kind.reasons:
                raised[finding.unit, kind.name, finding.target].append(finding)
    return raised


class _Seen:
    """What one judging says of the causes of alerts."""

    def __init__(self, findings: Iterable[Finding], dismissals: Sequence[Review], on: date) -> None:
        self._of: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            self._of[finding.unit].append(finding)
        self.raised = raising(f for mine in self._of.values() for f in mine)
        self.dismissed: dict[Key, Review] = {}
        for key, found in self.raised.items():
            holding = [dismissal_of(f, dismissals, on) for f in found]
            if (first := holding[0]) is not None and all(holding):
                self.dismissed[key] = first

    def well(self, alert: Alert) -> str | None:
        """Why the cause is over, in Chinese; None where that was not seen. Call it for a cause that was not raised."""
        rule, target = subject(alert)
        mine = self._of.get(alert.unit)
        if not mine:
            return "单位已不在登记表"
        there = [f for f in mine if f.target == target and f.rule == (rule or f.rule)]
        if there:
            if alert.kind == MANUAL and rule and any(f.verdict == FAIL and not f.carried for f in there):
                return "本次已看清，不再需要人工核查"
            return "复查合格" if any(map(_is_well, there)) else None
        if rule.startswith("media."):
            return "账号已不在登记表"
        elsewhere = [f for f in mine if f.rule == rule and not f.carried]
        return "网站上已没有这个对象" if any(_is_well(f) or f.verdict == FAIL for f in elsewhere) else None


def _is_well(finding: Finding) -> bool:
    """A pass, or a demand that does not apply; what another rule explains away was not judged."""
    return finding.verdict == PASS or (finding.verdict == NA and not (finding.reason or "").startswith(EXPLAINED))


def _moved(alert: Alert, seen: _Seen, night: Night) -> Alert:
    """The alert after what the night saw."""
    found = seen.raised.get(key_of(alert))
    if found is None:
        why = None if alert.state == "resolved" else seen.well(alert)
        return _to(alert, "resolved", night.at, SYSTEM, why) if why else alert
    finding = found[0]
    if finding.carried:
        return alert  # not seen tonight
    held = finding.unit in night.held and (finding.reason or "").partition(":")[0] in _BORN_ON_NETWORK
    if (review := seen.dismissed.get(key_of(alert))) is not None:
        why = f"与第 {review.id} 号意见排除的情形相同"
        return alert if alert.state in OVER else _to(alert, "dismissed", night.at, SYSTEM, why, expires=review.expires)
    if not night.counts or (held and (alert.opened or alert.state == "dismissed")):
        return alert
    alert = _again(alert, night)
    days = alert.days if held or len(alert.days) >= _NIGHTS else tuple(sorted({*alert.days, night.on}))
    alert = replace(
        alert,
        days=days,
        last_seen_at=night.at,
        reason=finding.reason,
        evidence=finding.evidence,
        rule=finding.rule,
        account=finding.account,
    )
    if alert.state == "suspected" and len(days) >= _NIGHTS:
        return _to(alert, "open", night.at, SYSTEM, "两个不同日期的夜间均发现")
    if alert.state == "suspected" and alert.kind == "site_unavailable" and alert.unit in night.down - night.held:
        return _to(alert, "open", night.at, SYSTEM, "间隔两小时以上的三次探测均失败")
    return alert


def _again(alert: Alert, night: Night) -> Alert:
    """The alert whose fault was seen: what was over begins anew, as a suspicion where it was never more."""
    if alert.state == "dismissed":
        over = alert.expires is not None and night.on > alert.expires
        why = "排除的有效期已过" if over else "页面或情形与排除时不同"
        return _to(replace(alert, days=()), "reopened", night.at, SYSTEM, why)
    if alert.state == "resolved":
        fresh = replace(alert, days=(), opened_at=night.at)
        if alert.opened:
            return _to(fresh, "reopened", night.at, SYSTEM, "恢复后再次发现")
        return _to(fresh, "suspected", night.at, SYSTEM, "首次发现")
    return alert


def _to(
    alert: Alert,
    state: str,
    at: datetime,
    who: str,
    why: str,
    *,
    due: date | None = None,
    expires: date | None = None,
) -> Alert:
    return replace(
        alert,
        state=state,
        opened=alert.opened or state not in ("suspected", *OVER),
        due=due if state == "rectifying" else None,
        expires=expires if state == "dismissed" else None,
        moved_at=at,
        moved_by=who,
        moved_why=why,
    )


def _nothing(key: Key, night: Night) -> Alert:
    """A cause before it was ever seen."""
    unit, kind, target = key
    return Alert(unit, target, kind, kinds()[kind].severity, "resolved", night.at, night.at, None)


def _target(kind: str | None, rule: str | None, target: str) -> str:
    """The target of an alert: several rules of one kind may have one target (the board), so that the rule tells them apart."""
    several = kind is not None and kind in kinds() and len(kinds()[kind].rules) > 1
    return f"{target}#{rule}" if several else target


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / name).read_text("utf-8"))


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds of alerts by name, from alerts.toml."""
    return {
        name: Kind(
            name,
            row["severity"],
            frozenset(row["rules"]),
            frozenset(row.get("reasons", ())),
            row["title"],
            row.get("closing", False),
        )
        for name, row in _table("alerts.toml").items()
    }


@cache
def acts() -> Mapping[str, Act]:
    """Everything that a person may do, by name, from acts.toml."""
    return {
        name: Act(
            name,
            row["title"],
            frozenset(row["from"]),
            row["to"],
            tuple(row.get("needs", ())),
            row.get("kinds") == "closing",
        )
        for name, row in _table("acts.toml")["acts"].items()
    }


@cache
def states() -> Mapping[str, str]:
    """The Chinese name of each state, from acts.toml."""
    names: dict[str, str] = _table("acts.toml")["states"]
    return names
