"""Are the unit's new-media accounts alive, kept up, answering and serving? (政务新媒体)

A verdict is drawn only from a source that answered well and showed the whole window; whatever else is unknown, with the
source's status as its reason. Absence of data is not absence of posts.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from db.records import Evidence, Post, Snapshot, shanghai_day
from monitors.rule import Verdict, failed, na, passed, rule, unknown
from monitors.watched import Watched

_WAYS = frozenset(
    ("comments", "replies", "menu", "messages")
)  # all that must have been looked at to say that there is none
_YEAR = timedelta(days=365)
_LAG = 1  # days that a source may be behind for its silence to count


@rule("media.exists", per="account")
def exists(snapshot: Snapshot, *, watched: Watched) -> Verdict:
    """The account exists.

    Why: 123号 and 48号 三（四）. Fails when the source says in so many words that the account is cancelled, banned or does
    not exist. A bare 404 or 410 is unknown (`gone_once`) the first night and fails the second; a lawful closing, also one
    that the registry states, does not apply; any other error is unknown. Sources that disagree are unknown.

    Known problems: many accounts were lawfully closed since 2023; the registry should say so.
    """
    if watched.account.state == "closed":
        return na("closed", _evidence(snapshot))
    if snapshot.status in ("ok", "empty_ok"):
        if any(part.status == "account_gone" and part.gone != "closed" for part in watched.parts):
            return unknown("sources_disagree", _evidence(snapshot), value=_sources(watched))
        return passed(_evidence(snapshot))
    if snapshot.status != "account_gone":
        return unknown(snapshot.status, _evidence(snapshot), value=snapshot.detail)
    if snapshot.gone == "closed":
        return na("closing_notice", _evidence(snapshot))
    if snapshot.gone == "words":
        return failed("account_gone", _evidence(snapshot), value=snapshot.detail)
    if watched.previous is not None and watched.previous.status == "account_gone":
        return failed("account_gone", _evidence(snapshot), value=snapshot.detail)
    return unknown("gone_once", _evidence(snapshot), value=snapshot.detail)


@rule("media.fresh", per="account")
def fresh(snapshot: Snapshot, *, on: date, watched: Watched, days: int) -> Verdict:
    """Something was posted within 14 days.

    Why: 19号 calls an account unfit that shows no update in two weeks. The newest post not later than the run's day
    decides, original or repost, never a feed's own date; a pinned old post does no harm. A counter of the profile that
    rose, or a new id in a list without dates, is an update too.

    Known problems: an article that was edited may look new where the collector tells the day of the edit.
    """
    return _newest(snapshot, on, days, watched)


@rule("media.sleeping", per="account")
def sleeping(snapshot: Snapshot, *, on: date, watched: Watched, days: int) -> Verdict:
    """Something was posted within 90 days (“睡眠”账号).

    Why: 123号 and 48号 三（四） have sleeping accounts closed; 123号 names no number of days, 90 is our own.

    Known problems: a source that reaches back less than 90 days and shows no post at all is unknown.
    """
    return _newest(snapshot, on, days, watched)


@rule("media.interaction", per="account")
def interaction(snapshot: Snapshot, *, on: date, watched: Watched) -> Verdict:
    """There is a way to be heard: comments, messages or a menu that works.

    Why: 19号 calls an account unfit that offers no effective interaction; 123号 asks that comments are answered. The best
    evidence counts: an official reply within a year (L3), an entry that works or open comments (L2). Contact words in the
    profile alone (L1) ask a person. Fails only where comments, replies, menu and messages were all looked at and nothing was
    found (L0): the official API or a person can see that. Zero comments alone, or a feed that shows none of these, is
    unknown (`not_shown`).

    Known problems: whether a private message is answered cannot be tried without posing as a citizen. An account whose
    messages are answered by a server of its developers shows no automatic reply.
    """
    closed = _closed(snapshot, watched)
    if closed is not None:
        return closed
    if snapshot.status != "ok":
        return _unread(snapshot)
    replied = [p for p in snapshot.posts if p.replies and (day := _when(p)) and on - day <= _YEAR]
    if replied:
        return passed(_evidence(snapshot, f"官方回复 {sum(p.replies or 0 for p in replied)} 条"), value="L3")
    talk = [e for e in snapshot.entries if e.kind == "talk"]
    working = next((e for e in talk if e.works), None)
    if working is not None:
        return passed(working.evidence or _evidence(snapshot, working.name), value=f"L2：{working.name}")
    if any(p.comments_open for p in snapshot.posts):
        return passed(_evidence(snapshot, "评论已开放"), value="L2：评论已开放")
    if any(e.works is None for e in talk):
        return unknown("not_seen_tonight", _evidence(snapshot, talk[0].name), value=talk[0].name)
    if any(e.kind == "bio" for e in snapshot.entries):
        return unknown("contact_only", _evidence(snapshot), value="L1：仅简介中有联系方式")
    if set(snapshot.looked) < _WAYS:
        return unknown("not_shown", _evidence(snapshot), value="未见互动证据")
    found = "互动入口已失效" if talk else "评论未开放，无官方回复，无互动菜单或自动回复"
    return failed("no_interaction", _evidence(snapshot, found), value="L0")


@rule("media.warn", per="account")
def warn(snapshot: Snapshot, *, on: date, watched: Watched, days: int) -> Verdict:
    """Something was posted within 10 days: a warning before the 14 are over.

    Why: local rules ask for an update every week or every ten days, and a unit that is told in time need lose nothing.

    Known problems: as `media.fresh`.
    """
    return _newest(snapshot, on, days, watched)


@rule("media.original", per="account")
def original(snapshot: Snapshot, *, on: date, watched: Watched, days: int) -> Verdict:
    """Not everything of the last 30 days was a repost (只转不发).

    Why: 123号 asks for information of the unit's own; reposting counts as an update all the same.

    Known problems: many sources do not tell a repost; then it is unknown.
    """
    closed = _closed(snapshot, watched)
    if closed is not None:
        return closed
    if snapshot.status != "ok":
        return _unread(snapshot)
    posts = {(p.title, p.published): p for p in (*snapshot.posts, *watched.known) if p.published}
    last = [p for p in posts.values() if p.published and 0 <= (on - shanghai_day(p.published)).days <= days]
    told = [p.repost for p in last]
    if not last:
        return na("no_posts", _evidence(snapshot))
    if False in told:
        return passed(_evidence(snapshot), value={"posts": len(last), "reposts": told.count(True)})
    if None in told:
        return unknown("not_shown", _evidence(snapshot))
    return failed("only_reposts", _evidence(snapshot, f"近 {days} 天 {len(last)} 条均为转发"), value=len(last))


@rule("media.menu", per="account")
def menu(snapshot: Snapshot, *, watched: Watched) -> Verdict:
    """No link of the menu is dead.

    Why: 19号, as it is applied, calls a function that cannot be used a fault (功能无法使用). A link is dead that answered 404,
    410 or an error page twice in one night.

    Known problems: at most ten links are tried; items that open a mini program cannot be.
    """
    links = [e for e in snapshot.entries if e.where == "menu" and e.url]
    if not links or watched.account.state == "closed":
        return na("not_shown")
    dead = list(dict.fromkeys(e.name for e in links if e.works is False))
    if dead:
        first = next(e for e in links if e.works is False)
        return failed("dead", first.evidence or _evidence(snapshot), value=dead, faults=len(dead))
    if any(e.works is None for e in links):
        return unknown("not_seen_tonight", _evidence(snapshot))
    return passed(_evidence(snapshot), value=len(links))


@rule("media.service", per="account")
def service(snapshot: Snapshot, *, watched: Watched) -> Verdict:
    """The menu leads to a service (办事、查询、预约、12345).

    Why: 48号 三（四） and 123号 name accounts of “不互动无服务”. Only the menu of an official account can be seen.

    Known problems: names of services differ; the words stand in crawler/platforms/answers.toml.
    """
    closed = _closed(snapshot, watched)
    if closed is not None:
        return closed
    offered = [e for e in snapshot.entries if e.kind == "service"]
    working = next((e for e in offered if e.works is not False), None)
    if working is not None:
        return passed(working.evidence or _evidence(snapshot, working.name), value=working.name)
    if offered or ("menu" in snapshot.looked and any(e.where == "menu" for e in snapshot.entries)):
        return failed("dead" if offered else "missing", _evidence(snapshot, "菜单中没有可用的服务入口"))
    return _unread(snapshot) if snapshot.status != "ok" else unknown("not_shown", _evidence(snapshot))


@rule("media.registry", per="account")
def registry(snapshot: Snapshot, *, on: date, watched: Watched, days: int) -> Verdict:
    """The account is as the registry says: of that name, and silent where it is filed as closed.

    Why: 123号 has opening, change and closing filed; an account that was closed on paper and still publishes is a known fault.

    Known problems: the title of a feed may hold more or less than the name, so that a name within the other is the same.
    Closing is filed after the last post, so that only posts of the last 14 days, later than the closing, count.
    """
    if watched.account.state == "closed":
        posted = [day for p in snapshot.posts if p.published and (day := shanghai_day(p.published)) <= on]
        since = watched.account.closed_on or on - timedelta(days=days)
        late = [day for day in posted if day > since and (on - day).days <= days]
        if snapshot.status == "ok" and late:
            return failed("still_publishing", _evidence(snapshot, f"最近一条 {max(late)}"), value=max(late).isoformat())
        return na("closed", _evidence(snapshot))
    if not snapshot.name:
        return _unread(snapshot) if snapshot.status != "ok" else unknown("not_shown", _evidence(snapshot))
    shown, filed = _plain(snapshot.name), _plain(watched.account.account)
    if shown not in filed and filed not in shown:
        return failed("renamed", _evidence(snapshot, snapshot.name), value=snapshot.name)
    return passed(_evidence(snapshot), value=snapshot.name)


@rule("media.duplicate", per="registered")
def duplicate(watched: Watched) -> Verdict:
    """One unit has one account on one platform.

    Why: 123号: in principle one account on one platform; more than one is a hint, not a fault.

    Known problems: a feed or an exported table need not say its platform; then it is unknown.
    """
    if watched.account.state == "closed":
        return na("closed")
    row = Evidence(None, source=watched.account.row)
    if watched.platform is None:
        return unknown("not_shown", row)
    if watched.others:
        return failed("duplicate", row, value=[watched.account.account, *watched.others])
    return passed(row, value=watched.platform)


@rule("media.elder", per="registered")
def elder(watched: Watched) -> Verdict:
    """The account was made age-friendly and assessed, as the unit reported (适老化改造、自评).

    Why: 48号 二（一） asks it of new media too, 28号.

    Known problems: it is what the unit reported; nothing is looked at.
    """
    said = {"适老化改造": watched.account.retrofit, "适老化自评": watched.account.self_assessment}
    row = Evidence(None, source=watched.account.row)
    if watched.account.state == "closed":
        return na("closed")
    if all(value is None for value in said.values()):
        return unknown("not_shown", row)
    lacking = [name for name, value in said.items() if value is False]
    return failed("not_done", row, value=lacking) if lacking else passed(row)


# freshness


def _newest(snapshot: Snapshot, on: date, days: int, watched: Watched) -> Verdict:
    """Whether something was posted from `days` before `on` to then; its first day still counts."""
    closed = _closed(snapshot, watched)
    if closed is not None:
        return closed
    if snapshot.status != "ok":
        return _unread(snapshot)
    posted = [shanghai_day(p.published) for p in snapshot.posts if p.published]
    day = max((d for d in posted if d <= on), default=None)
    start = on - timedelta(days=days)
    shown = _sources(watched, day)
    if day is not None and day >= start:
        return passed(_evidence(snapshot, f"最近一条 {day}"), value=shown)
    if watched.updated_after is not None and shanghai_day(watched.updated_after) >= start:
        after = shanghai_day(watched.updated_after)
        return passed(_evidence(snapshot, f"{after} 之后有新内容"), value={"after": after.isoformat()})
    evidence = _evidence(snapshot, f"最近一条 {day}" if day else None)
    why = _unproven(snapshot, posted, on, start, watched)
    if why is not None:
        return unknown(why, evidence, value=shown)
    seen = _known_to(snapshot, on)
    words = f"最近一条 {day}" if day else f"自 {_since(snapshot)} 起没有发布"
    return failed("stale", _evidence(snapshot, words + (f"（数据截至 {seen}）" if seen < on else "")), value=shown)


def _unproven(snapshot: Snapshot, posted: list[date], on: date, start: date, watched: Watched) -> str | None:
    """Why it is not proven that nothing was posted since `start`, as a reason; None when it is."""
    if watched.recalled is not None and shanghai_day(watched.recalled) >= start:
        return "sources_disagree"  # an earlier night showed a newer post: the source went back, or a post was withdrawn
    if posted and min(posted) > on:
        return "only_future_dates"
    undated = any(p.published is None and not p.pinned for p in snapshot.posts)
    if (undated and watched.updated_by is None) or _not_before(watched.updated_by, start):
        return "no_dates" if undated else "window_not_seen"  # what bears no date may be newer
    if snapshot.partial:
        return "window_not_seen"
    lag = on - _known_to(snapshot, on)
    first, since = start - lag, _since(snapshot)  # the window as it stood when the source last knew
    if not (undated or snapshot.complete) and (since is None or since > first):
        return "window_not_seen" if snapshot.posts or since else "not_shown"
    if lag.days > _LAG or any(first <= day < start for day in posted):
        return "source_stale"
    return None


def _known_to(snapshot: Snapshot, on: date) -> date:
    """The last day of which the source can speak."""
    return min(on, shanghai_day(snapshot.until - timedelta(microseconds=1))) if snapshot.until else on


def _not_before(instant: datetime | None, start: date) -> bool:
    return instant is not None and shanghai_day(instant) >= start


def _since(snapshot: Snapshot) -> date | None:
    """From when on everything is shown: as the reader proved it, else the oldest post that is not pinned."""
    if snapshot.since is not None:
        return shanghai_day(snapshot.since)
    return min((shanghai_day(p.published) for p in snapshot.posts if p.published and not p.pinned), default=None)


# what all rules share


def _closed(snapshot: Snapshot, watched: Watched) -> Verdict | None:
    """The verdict on an account that was lawfully closed; None for any other."""
    if watched.account.state == "closed":
        return na("closed", _evidence(snapshot))
    if snapshot.status == "account_gone" and snapshot.gone == "closed":
        return na("closing_notice", _evidence(snapshot))
    return None


def _unread(snapshot: Snapshot) -> Verdict:
    once = snapshot.status == "account_gone" and snapshot.gone == "status"
    return unknown("gone_once" if once else snapshot.status, _evidence(snapshot), value=snapshot.detail)


def _sources(watched: Watched, newest: date | None = None) -> Any:
    """What was measured: the newest day, and by source where there are several, so that a disagreement is shown."""
    if len(watched.parts) < 2:
        return newest.isoformat() if newest else None
    told = {
        part.source: max(
            (shanghai_day(p.published).isoformat() for p in part.posts if p.published and p.published <= part.at),
            default=part.status,
        )
        if part.status == "ok"
        else part.status
        for part in watched.parts
    }
    return {"newest": newest.isoformat() if newest else None, "sources": told}


def _when(post: Post) -> date | None:
    found = post.replied or post.published
    return shanghai_day(found) if found else None


def _plain(name: str) -> str:
    return "".join(name.split()).lower()


def _evidence(snapshot: Snapshot, words: str | None = None) -> Evidence:
    found = snapshot.evidence
    if found is None:
        return Evidence(None, snapshot.at, excerpt=words or snapshot.detail, source=snapshot.source)
    return Evidence(found.url, found.fetched_at, found.status, found.sha256, words or found.excerpt, found.source)
