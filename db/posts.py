"""Which posts do we know of each account? Every post that any night showed, once, with when it was first and last seen."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlite_utils import Database

from db.codec import instant_text
from db.records import Post, Snapshot

TABLES = (
    """CREATE TABLE post (
        unit TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL, key TEXT NOT NULL, published TEXT,
        seen_at TEXT NOT NULL, last_at TEXT NOT NULL, title TEXT NOT NULL, url TEXT, repost INTEGER,
        PRIMARY KEY (unit, source, account, key)
    ) STRICT""",
    "CREATE INDEX post_published ON post (unit, published)",
)
_INTO = "INSERT INTO post (unit, source, account, key, published, seen_at, last_at, title, url, repost)"
_NEWER = (  # the first date told stays: an edit is no news
    " ON CONFLICT (unit, source, account, key) DO UPDATE SET"
    " published = CASE WHEN post.published IS NULL THEN excluded.published WHEN excluded.published IS NULL THEN"
    " post.published ELSE min(post.published, excluded.published) END,"
    " seen_at = min(post.seen_at, excluded.seen_at), last_at = max(post.last_at, excluded.last_at),"
    " repost = coalesce(excluded.repost, post.repost)"
)


@dataclass(frozen=True, slots=True)
class KnownPost:
    """A post as one source has shown it; `seen_at` is the first night that did, `published` None where none told."""

    unit: str
    source: str
    account: str
    key: str
    published: datetime | None
    seen_at: datetime
    last_at: datetime
    title: str
    url: str | None = None
    repost: bool | None = None


def address_key(url: str | None) -> str | None:
    """What the address of a post says of its identity on its platform, whichever source gave it; None: nothing."""
    for form in _addresses():
        if url and (found := form.search(url)):
            return "_".join(found.groups())
    return None


def keys(posts: tuple[Post, ...]) -> list[str]:
    """A key for each post, by which it is known again: from its address, else its id, else its words and date.

    An id that several posts of the list bear tells none of them apart and is not used.
    """
    ids = Counter(post.id for post in posts)
    return [
        address_key(post.url) or (post.id if post.id and ids[post.id] == 1 else None) or _by_words(post)
        for post in posts
    ]


def save_posts(db: Database, snapshot: Snapshot) -> None:
    """Remember what the snapshot shows; a post that is known keeps when it was first seen. Within a transaction."""
    at = instant_text(snapshot.at)
    db.conn.executemany(
        f"{_INTO} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?){_NEWER}",
        [
            (
                snapshot.unit,
                snapshot.source,
                snapshot.account,
                key,
                instant_text(post.published) if post.published else None,
                at,
                at,
                post.title,
                post.url,
                None if post.repost is None else int(post.repost),
            )
            for key, post in zip(keys(snapshot.posts), snapshot.posts, strict=True)
        ],
    )


def merge_posts(db: Database) -> None:
    """Take over the posts of the attached database `part`; idempotent, in any order."""
    db.execute(
        f"{_INTO} SELECT unit, source, account, key, published, seen_at, last_at, title, url, repost"
        f" FROM part.post WHERE true{_NEWER}"
    )


def posts(
    db: Database, *, unit: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[KnownPost]:
    """Known posts of the unit (of all units without one) published, or first seen where undated, from `since` until
    before `until`, by account and time."""
    when = "coalesce(published, seen_at)"
    given = [
        (f"unit = {'?' if unit is not None else 'unit'}", unit),
        (f"{when} >= {'?' if since else when}", instant_text(since) if since else None),
        (f"{when} < {'?' if until else 'char(1114111)'}", instant_text(until) if until else None),
    ]
    rows = db.execute(
        "SELECT unit, source, account, key, published, seen_at, last_at, title, url, repost FROM post"
        f" WHERE {' AND '.join(clause for clause, _ in given)} ORDER BY unit, account, source, {when}, key",
        [value for _, value in given if value is not None],
    )
    for of, source, account, key, published, seen_at, last_at, title, url, repost in rows:
        yield KnownPost(
            of,
            source,
            account,
            key,
            datetime.fromisoformat(published) if published else None,
            datetime.fromisoformat(seen_at),
            datetime.fromisoformat(last_at),
            title,
            url,
            None if repost is None else bool(repost),
        )


def _by_words(post: Post) -> str:
    when = instant_text(post.published) if post.published else ""
    return hashlib.sha256(f"{post.title}\n{when}\n{post.url or ''}".encode()).hexdigest()[:24]


@cache
def _addresses() -> tuple[re.Pattern[str], ...]:
    data = tomllib.loads((Path(__file__).parent / "posts.toml").read_text("utf-8"))
    return tuple(re.compile(form, re.IGNORECASE) for form in data["addresses"])
