"""Are the unit's new-media accounts alive and kept up? (政务新媒体)"""

from __future__ import annotations

from datetime import date

from db.records import Evidence, Snapshot, shanghai_day
from monitors.rule import Verdict, failed, na, passed, rule, unknown


@rule("media.exists", per="account")
def exists(snapshot: Snapshot, *, previous: Snapshot | None) -> Verdict:
    """The account exists.

    Why: 123号 and 48号 三（四）. Fails when the source says in so many words that the account is cancelled, banned or does
    not exist. A bare 404 or 410 is unknown (`gone_once`) the first night and fails the second; a lawful closing does not
    apply; any other error is unknown.

    Known problems: many accounts were lawfully closed since 2023; the registry should say so.
    """
    if snapshot.status in ("ok", "empty_ok"):
        return passed(_evidence(snapshot))
    if snapshot.status != "account_gone":
        return unknown(snapshot.status, _evidence(snapshot), value=snapshot.detail)
    if snapshot.gone == "closed":
        return na("closing_notice", _evidence(snapshot))
    if snapshot.gone == "words":
        return failed("account_gone", _evidence(snapshot), value=snapshot.detail)
    if previous is not None and previous.status == "account_gone":
        return failed("account_gone", _evidence(snapshot), value=snapshot.detail)
    return unknown("gone_once", _evidence(snapshot), value=snapshot.detail)


@rule("media.fresh", per="account")
def fresh(snapshot: Snapshot, *, on: date, days: int) -> Verdict:
    """Something was posted within 14 days.

    Why: 19号 calls an account unfit that shows no update in two weeks. The newest post not later than the run's day
    decides, never a feed's own date; a pinned old post does no harm.

    Known problems: a frozen collector looks like a silent account; see `media.sleeping`.
    """
    return _newest(snapshot, on, days)


@rule("media.sleeping", per="account")
def sleeping(snapshot: Snapshot, *, on: date, days: int) -> Verdict:
    """Something was posted within 90 days (“睡眠”账号).

    Why: 123号 and 48号 三（四） have sleeping accounts closed; 123号 names no number of days, 90 is our own.

    Known problems: as `media.fresh`.
    """
    return _newest(snapshot, on, days)


def _newest(snapshot: Snapshot, on: date, days: int) -> Verdict:
    if snapshot.status == "account_gone" and snapshot.gone == "closed":
        return na("closing_notice", _evidence(snapshot))
    posted = [shanghai_day(p.published) for p in snapshot.posts if p.published]
    day = max((d for d in posted if d <= on), default=None)
    recent = day is not None and (on - day).days <= days
    if snapshot.status != "ok" and not (snapshot.status == "source_stale" and recent):
        once = snapshot.status == "account_gone" and snapshot.gone == "status"
        return unknown("gone_once" if once else snapshot.status, _evidence(snapshot), value=snapshot.detail)
    if day is None:
        return unknown("only_future_dates" if posted else "no_dates", _evidence(snapshot))
    evidence = _evidence(snapshot, f"最近一条 {day}")
    if recent:
        return passed(evidence, value=day.isoformat())
    if any(p.published is None and not p.pinned for p in snapshot.posts):
        return unknown("no_dates", evidence, value=day.isoformat())  # an undated post may be newer
    return failed("stale", evidence, value=day.isoformat())


def _evidence(snapshot: Snapshot, words: str | None = None) -> Evidence:
    found = snapshot.evidence
    if found is None:
        return Evidence(None, snapshot.at, excerpt=words or snapshot.detail, source=snapshot.source)
    return Evidence(found.url, found.fetched_at, found.status, found.sha256, words or found.excerpt, found.source)
