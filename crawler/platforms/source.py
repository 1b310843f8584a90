"""What do all account sources have in common? One answer or several become a `Snapshot`; nothing here asks the network.

A protocol is a generator: it yields what it wants to ask (`Ask`), is sent what came (`Reply`) and returns the snapshot, so
that it reads as one thought and is tested with canned answers. A silent source proves nothing: whatever is not a whole,
dated list of posts gets a status other than `ok` (new-media.md 0).
"""

from __future__ import annotations

import codecs
import html
import json
import re
import tomllib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from bs4 import BeautifulSoup

from crawler.extract.instants import read_instant
from crawler.extract.text import squeeze, tidy
from db.records import Account, Entry, Evidence, Outcome, Post, Snapshot
from db.registry import decode_text

TITLE = 120  # characters kept of a title
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(r"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_COUNT = re.compile(r"([\d,]+(?:\.\d+)?)([万亿]?)\+?")
_TIMES = {"": 1, "万": 10_000, "亿": 100_000_000}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that a protocol wants made: `body` is JSON to post, None for a GET.

    link  only whether the page answers is asked; what the source needs to let us in is not shown to it
    """

    url: str
    body: str | None = None
    link: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request; `status` is 0 when nothing answered, `evidence.excerpt` then says why."""

    url: str
    at: datetime
    status: int
    body: bytes
    content_type: str | None
    outcome: Outcome
    evidence: Evidence

    @property
    def text(self) -> str:
        """The body as text."""
        return decoded(self.body, self.content_type)

    @property
    def data(self) -> Any:
        """The body as JSON; None when it is none or the status says that it is an error."""
        return parsed(self.text) if self.status and self.status < 400 else None


Steps: TypeAlias = Generator[Ask, Reply, Snapshot]


@dataclass(frozen=True, slots=True)
class Source:
    """One registered source as it is read tonight, from `at` on; `secrets` names the kinds of secrets that are set for it
    (cookie, token)."""

    account: Account
    run: int
    at: datetime
    secrets: frozenset[str] = frozenset()

    def blank(self, reply: Reply) -> Snapshot:
        """A snapshot that says nothing yet, dated and proven by that answer."""
        a = self.account
        return Snapshot(
            a.unit, a.account, a.platform, a.source, self.run, reply.at, "parse_error", evidence=reply.evidence
        )


# what a list of posts means


def listed(blank: Snapshot, posts: Iterable[Post], *, broken: str | None = None, **named: Any) -> Snapshot:
    """The snapshot of a list that was read: `ok`, `empty_ok`, or closed where the newest post announces the account's end.

    broken  why the list may lack its newest posts; then nothing but a closing notice is told
    named   further fields of the snapshot. `since` is the oldest post that is not pinned where the caller knows no better
            and the list is not `partial`. A list without posts is `ok` only where the caller proves coverage by `since`
    """
    shown = tuple(posts)
    found = replace(blank, posts=shown, **named)
    if closing := _closing(shown, found.at):
        return worded(found, "account_gone", closing, gone="closed")
    if broken:
        return replace(found, detail=broken)
    if not shown and found.since is None:
        return replace(found, status="empty_ok", detail=found.detail or "数据源正常，但没有任何条目")
    undated = sum(post.published is None for post in shown)
    notes = (found.detail or "", f"{undated} 条没有可识别的日期" if undated else "", found.partial or "")
    dated = [post.published for post in shown if post.published and not post.pinned]
    if found.since is None and dated and not found.partial:
        found = replace(found, since=min(dated))
    return replace(found, status="ok", detail="；".join(filter(None, notes)) or None)


def _closing(posts: Sequence[Post], at: datetime) -> str | None:
    """The title of the newest post not after `at` where it announces that this account ends, else None."""
    dated = [(post.published, post) for post in posts if post.published and post.published <= at]
    newest = max(dated, key=lambda pair: pair[0])[1] if dated else None
    marks = _data()["marks"]
    if newest is None or pattern(marks["closing_unless"]).search(newest.title):
        return None
    return newest.title if pattern(marks["closing"]).search(newest.title) else None


# what an answer means that is no list


def refused(blank: Snapshot, reply: Reply, *, otherwise: str, of_account: bool = True) -> Snapshot:
    """What an answer means that the protocol cannot read: by its words, else by its HTTP status, else `otherwise` (Chinese).

    of_account  the address is that of the account: a bare 404 says that it is gone. One of an interface, an album or an
                article says nothing of it
    """
    if not reply.status:
        return unanswered(blank, reply)
    text = reply.text
    page = shown(text)
    words = squeeze(page)
    if len(words) <= _data()["words"]["longest"]:
        for rule in _rules():
            if (decided := rule.pattern.search(words)) and not (rule.unless and rule.unless.search(words)):
                return worded(blank, rule.status, decided[0], gone=rule.gone, page=page)
    by_status = _data()["status"]
    meant = by_status.get(str(reply.status)) or by_status.get(f"{reply.status // 100}xx")
    if meant == "account_gone" and not of_account:
        return replace(blank, detail=f"HTTP {reply.status}，{otherwise}")
    if meant == "account_gone":
        return replace(blank, status=meant, gone="status", detail=f"HTTP {reply.status}")
    if meant:
        return replace(blank, status=meant, detail=f"HTTP {reply.status}：{tidy(page, 80)}".rstrip("："))
    if not text.strip():
        return replace(blank, detail=f"HTTP {reply.status}，应答是空白的")
    return replace(blank, detail=f"{otherwise}：{tidy(page, 80)}")


def unanswered(blank: Snapshot, reply: Reply) -> Snapshot:
    """Nothing came, or nothing that may be read."""
    status = "parse_error" if reply.outcome is Outcome.TOO_LARGE else "network_error"
    return replace(blank, status=status, detail=f"{reply.outcome}: {reply.evidence.excerpt}")


def coded(blank: Snapshot, protocol: str, code: Any, words: Any = "") -> Snapshot:
    """What a code inside an answer means, by [codes] of answers.toml; a code that is not listed is parse_error."""
    status = _data()["codes"].get(protocol, {}).get(str(code), "parse_error")
    gone = "status" if status == "account_gone" else None
    return worded(blank, status, f"返回码 {code} {words or ''}".strip(), gone=gone)


def worded(blank: Snapshot, status: str, words: str, *, gone: str | None = None, page: str | None = None) -> Snapshot:
    """The snapshot with the words that decided, also as the excerpt of its evidence."""
    evidence = replace(blank.evidence, excerpt=tidy(page or words, 200)) if blank.evidence else None
    return replace(blank, status=status, gone=gone, detail=tidy(words, 120), evidence=evidence)


# ways of interaction


def entry_kinds(words: str) -> tuple[str, ...]:
    """What a menu item or a profile of that text offers: talk (to be heard), service (to be served), both or neither."""
    return tuple(kind for kind, form in _data()["entries"].items() if pattern(form).search(squeeze(words)))


def tried(entries: Sequence[Entry]) -> Generator[Ask, Reply, tuple[Entry, ...]]:
    """The entries with what came of their links; one that is gone is asked a second time after the others."""
    known: dict[str, Reply] = {}
    links = list(dict.fromkeys(e.url for e in entries if e.url))[: _data()["most_links"]]
    for url in links:
        known[url] = yield Ask(url, link=True)
    for url in [url for url in links if _dead(known[url])]:
        known[url] = yield Ask(url, link=True)
    return tuple(
        replace(e, works=_works(known[e.url]), evidence=known[e.url].evidence) if e.url in known else e for e in entries
    )


def _works(reply: Reply) -> bool | None:
    return True if reply.outcome is Outcome.OK else False if _dead(reply) else None


def _dead(reply: Reply) -> bool:
    return reply.outcome is Outcome.SOFT_404 or (reply.outcome is Outcome.HTTP_ERROR and reply.status in (404, 410))


# JSON


def parsed(text: str) -> Any:
    """The JSON value of a text, or None."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def dig(data: Any, path: str) -> Any:
    """The value at `a.b.c`; None where it is not there."""
    for name in path.split("."):
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; a lone object counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words_of(value: Any) -> str | None:
    """A text or number as text, markup taken away; None for anything else or nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return tidy(plain(str(value))) or None


def number_of(value: Any) -> int | None:
    """A whole number, also as platforms print it; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    with suppress(ValueError, OverflowError):
        return read_count(value) if isinstance(value, str) else int(value)
    return None


def instant_of(value: Any, at: datetime) -> datetime | None:
    """The instant that a value of an answer says, read at `at`; None when it says none."""
    return read_instant(value, now=at) if isinstance(value, str | int | float) else None


def read_count(text: str) -> int | None:
    """A number as platforms print it (1,234, 5.2万, 100万+), or None."""
    found = _COUNT.fullmatch(squeeze(text))
    if found is None:
        return None
    with suppress(InvalidOperation):
        return int(Decimal(found[1].replace(",", "")) * _TIMES[found[2]])
    return None


# characters


def decoded(body: bytes, content_type: str | None) -> str:
    """Text of an answer: bytes that obey UTF-8 are UTF-8, whatever they are declared as; a tail cut within a character
    is dropped. Else the declared charset where the bytes obey it, else the likelier of UTF-8 and GB18030."""
    marked = body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not marked:
        with suppress(UnicodeError):
            return codecs.getincrementaldecoder("utf-8")().decode(body)
        for charset in _charsets(body, content_type):
            with suppress(UnicodeError, LookupError):
                return body.decode(charset)
    return decode_text(body)[0]


def _charsets(body: bytes, content_type: str | None) -> Iterator[str]:
    head = body[:400].decode("latin-1")
    for found in (_DECLARED.search(head), _CHARSET.search(content_type or ""), _CHARSET.search(head)):
        if found and (name := found[1].lower()) not in ("iso-8859-1", "latin-1", "us-ascii"):
            yield "gb18030" if name.startswith(("gb", "x-gb", "cp936")) else name


def shown(text: str) -> str:
    """What a person would read of an answer: visible text of a page, strings of a JSON answer."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return " ".join(_strings(json.loads(text)))
        except ValueError:
            return text[:2000]
    return plain(text)


def plain(markup: str) -> str:
    """The visible text of some markup."""
    if "<" not in markup:
        return html.unescape(markup)
    soup = BeautifulSoup(_PROLOG.sub("", markup[:200_000]), "lxml")
    for hidden in soup(["script", "style", "template", "noscript"]):
        hidden.decompose()
    for hidden in soup.select('[hidden], [style*="display:none"], [style*="display: none"]'):
        hidden.decompose()
    return soup.get_text(" ", strip=True)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


# data


@dataclass(frozen=True, slots=True)
class _Rule:
    status: str
    pattern: re.Pattern[str]
    gone: str | None
    unless: re.Pattern[str] | None


@cache
def pattern(text: str) -> re.Pattern[str]:
    """The expression, without case."""
    return re.compile(text, re.IGNORECASE)


@cache
def _data() -> dict[str, Any]:
    data = tomllib.loads((Path(__file__).parent / "answers.toml").read_text("utf-8"))
    named = [*(row["status"] for row in data["words"]["rule"]), *data["status"].values()]
    named += [status for codes in data["codes"].values() for status in codes.values()]
    if wrong := [status for status in named if status not in Snapshot.STATUSES]:
        raise ValueError(f"answers.toml: no status {wrong[0]!r}; one of {', '.join(Snapshot.STATUSES)}")
    return data


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row["status"],
            pattern(row["pattern"]),
            row.get("gone"),
            pattern(row["unless"]) if "unless" in row else None,
        )
        for row in _data()["words"]["rule"]
    )
