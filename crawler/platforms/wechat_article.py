"""What does a single WeChat article say of its account? (new-media.md 3.4)

One article proves that it was published, never that nothing came after it. The page that stands in its place may say that the
account is gone, or that it moved.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from bs4 import BeautifulSoup

from crawler.extract.text import tidy
from crawler.platforms.source import TITLE, Ask, Reply, Source, Steps, instant_of, listed, refused, worded
from db.records import Post, Snapshot

PARTIAL = "只见单篇文章，此后发布的看不到"
_TIME = re.compile(r"""\b(?:ct|createTime|oriCreateTime)\s*[=:]\s*["']?(\d{10})\b""")
_MOVED = re.compile(r"""transferTargetLink["']?\s*[=:]\s*["']([^"']+)["']""")
_KEY = ("__biz", "mid", "idx", "sn")  # the other parameters name a visit


def opening(source: Source) -> Ask:
    """The article by what names it alone."""
    parts = urlsplit(source.account.address)
    given = parse_qs(parts.query)
    kept = [(k, given[k][0]) for k in _KEY if k in given]
    if parts.path.rstrip("/") == "/s" and len(kept) == len(_KEY):
        return Ask(urlunsplit(parts._replace(query=urlencode(kept, safe="="), fragment="")))
    if parts.path.startswith("/s/"):
        return Ask(urlunsplit(parts._replace(query="", fragment="")))
    return Ask(source.account.address)


def read(source: Source, first: Reply) -> Steps:
    """The article's date and the account's name; an account that moved is followed to its new name, once."""
    blank = source.blank(first)
    if first.status and (moved := _MOVED.search(first.text)) and not is_article(first.text):
        target = yield Ask(urljoin(first.url, _unescaped(moved[1])))
        if is_article(target.text):
            new = _article(source.blank(target), target)
            words = f"公众号已迁移，现名 {new.name}" if new.name else "公众号已迁移"
            return replace(new, detail=words, proofs=(first.evidence,))
        return worded(blank, "account_gone", "该公众号已迁移", gone="closed")
    if first.status and first.status < 400 and is_article(first.text):
        return _article(blank, first)
    return refused(blank, first, otherwise="不是公众号文章", of_account=False)


def is_article(text: str) -> bool:
    """Whether the text is the page of an article that can be read."""
    return 'id="js_content"' in text and _TIME.search(text) is not None


def _article(blank: Snapshot, reply: Reply) -> Snapshot:
    soup = BeautifulSoup(reply.text, "lxml")
    title = soup.select_one('meta[property="og:title"]')
    name = soup.select_one("#js_name, .wx_follow_nickname, .profile_nickname")
    time = _TIME.search(reply.text)
    post = Post(
        title=tidy(html.unescape(str(title.get("content") or "")) if title else "", TITLE),
        url=reply.url,
        published=instant_of(time[1], reply.at) if time else None,
    )
    return listed(blank, [post], partial=PARTIAL, name=tidy(name.get_text()) or None if name else None)


def _unescaped(text: str) -> str:
    return html.unescape(re.sub(r"\\x([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)).replace("\\/", "/")
