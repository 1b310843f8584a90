"""How many posts did each account publish in a year? The circular counts them: 80,546 in all, 1,045 on one account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from db.posts import KnownPost
from db.records import SHANGHAI, Account, shanghai_day
from db.registry import platform_of, platform_title, squeezed
from monitors.accounts import grouped


@dataclass(frozen=True, slots=True)
class Count:
    """The posts that one account published in one year, as far as some night showed them.

    reposts       of these, how many were told to be reposts
    watched_from  the first day of the year on which a source answered; posts from before it are counted only as far back as
                  that source reached. None: never
    """

    unit: str
    platform: str | None
    account: str
    year: int
    posts: int
    reposts: int
    watched_from: date | None


def year_of(year: int) -> tuple[datetime, datetime]:
    """The first instants of that year and of the next, in Shanghai."""
    return datetime(year, 1, 1, tzinfo=SHANGHAI), datetime(year + 1, 1, 1, tzinfo=SHANGHAI)


def counts(
    accounts: Iterable[Account],
    known: Iterable[KnownPost],
    answered: dict[tuple[str, str, str], datetime],
    *,
    year: int,
) -> list[Count]:
    """One line an account in the order of the registry; a post that several sources show counts once.

    known     posts of that year by `KnownPost.published`, or first seen in it where undated
    answered  when a source first answered in that year, by (unit, source, account)

    An undated post of the very first answer may be of any year and is left out.
    """
    mine: dict[tuple[str, str, str], list[KnownPost]] = defaultdict(list)
    for post in known:
        mine[post.unit, post.source, post.account].append(post)
    by_unit: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        by_unit[account.unit].append(account)
    made = []
    for unit, rows in by_unit.items():
        for group in grouped(rows):
            sources = [(a.unit, a.source, a.account) for a in group]
            first = [answered[s] for s in sources if s in answered]
            posts = _once(
                [[p for p in mine[s] if p.published or p.seen_at > answered.get(s, p.seen_at)] for s in sources]
            )
            reposts = sum(p.repost is True for p in posts)
            since = shanghai_day(min(first)) if first else None
            made.append(Count(unit, platform_of(group[0]), group[0].account, year, len(posts), reposts, since))
    return made


def _once(sources: Sequence[Sequence[KnownPost]]) -> list[KnownPost]:
    """The posts of all sources, each once: known again by its key, or in another source by its words and day."""
    found: list[KnownPost] = []
    by_key: set[str] = set()
    by_words: set[tuple[str, date]] = set()
    for posts in sources:
        new = [p for p in posts if p.key not in by_key and _words(p) not in by_words]
        found += new
        by_key |= {p.key for p in posts}
        by_words |= {words for p in posts if (words := _words(p)) is not None}
    return found


def _words(post: KnownPost) -> tuple[str, date] | None:
    title = squeezed(post.title)
    return (title, shanghai_day(post.published)) if title and post.published else None


def rows(made: Iterable[Count]) -> list[dict[str, str | int]]:
    """The counts as lines of a table with Chinese headers, and a line of totals."""
    lines: list[dict[str, str | int]] = [
        {
            "单位": c.unit,
            "平台": platform_title(c.platform),
            "账号": c.account,
            "年度": c.year,
            "发布数": c.posts,
            "其中转发": c.reposts,
            "监测起始": c.watched_from.isoformat() if c.watched_from else "未监测",
        }
        for c in made
    ]
    total = sum(int(line["发布数"]) for line in lines)
    reposts = sum(int(line["其中转发"]) for line in lines)
    return [
        *lines,
        {"单位": "合计", "平台": "", "账号": "", "年度": "", "发布数": total, "其中转发": reposts, "监测起始": ""},
    ]
