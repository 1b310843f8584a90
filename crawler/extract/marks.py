"""Which smaller marks stand on the pages of a site, and what do its guide and its 依申请公开 say? (standards 4, 条例-12, 条例-29)

Most of these marks are written by scripts, so attributes and scripts are searched as well as texts; what may have been
missed is said as `unseen`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.dates import date_in_url, find_dates
from crawler.extract.footer import footer_sources
from crawler.extract.page import Page
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import same_host
from db.records import Apply, Guide, Marks, Redated, Row

SITE_TAGS = ("SiteName", "SiteDomain", "SiteIDCode")
COLUMN_TAGS = ("ColumnName", "ColumnType")
ARTICLE_TAGS = ("ArticleTitle", "PubDate", "ContentSource")
_WRITES_MARKUP = re.compile(r"document\.write(ln)?\s*\(", re.IGNORECASE)
_META = re.compile(r"<meta\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEAD = 20_000  # characters in which the tags stand
_NO_FIELDS = ("hidden", "submit", "button", "image", "reset", "checkbox", "radio", "file", "password")
_NAMING = ("id", "name", "class", "placeholder", "value", "title", "onkeydown", "onkeyup", "onfocus")
_SHOWN = 60
_LABEL = 6  # characters of a link that is a button
_WITHIN = 7  # days between two dates of one item that mean nothing
_TOP = 120  # characters at the head of a guide in which its own day stands
_PICTURED = 30  # characters of own text under which a page of pictures tells nothing


@dataclass(frozen=True, slots=True)
class Said:
    """What the own text of a page says about applying, or as a guide; links and forms are told apart from it."""

    words: str = ""
    documents: bool = False
    pictures: bool = False
    form: bool = False
    links: tuple[str, ...] = ()


def mark_sources(page: Page) -> list[str]:
    """Own scripts that may write the marks of head and foot, likely names first, worth reading before one is called missing."""
    rule = _rules()["home"]["source"]
    own = [u for u in page.script_urls if same_host(u, page.url)]
    return [u for u in own if rule.search(u.rsplit("/", 1)[-1])]


def read_marks(page: Page, extra: Sequence[Page] = ()) -> Marks:
    """The marks of a home page; `extra` are frames and scripts that were read because `mark_sources` or the foot named them."""
    rules = _rules()["home"]
    values = "\n".join([*_values(page), *(p.text for p in extra)])
    read = {p.url for p in extra}
    unread = [u for u in (*mark_sources(page), *footer_sources(page)) if u not in read]
    written = any(_WRITES_MARKUP.search(s) and "<" in s for s in page.scripts)
    reports = [(link.text, link.url) for link in page.links if rules["work_report"].search(link.text[:_SHOWN])]
    return Marks(
        find_error=_first(rules["find_error"], values),
        conac=_first(rules["conac"], values),
        search=_search(page) or next((found for p in extra if (found := _search(p))), None),
        icp_link=rules["icp_link"].search(values) is not None,
        police_link=rules["police_link"].search(values) is not None,
        metas={tag: value for tag in SITE_TAGS if (value := page.metas.get(tag.lower()))},
        work_report=tuple(dict.fromkeys((text[:_SHOWN], url) for text, url in reports)),
        unseen=f"not read: {tidy(unread[0], 80)}" if unread else "document.write" if written else None,
    )


def tags_of(page: Page) -> tuple[str, ...]:
    """The standard tags with a value that the page carries (47号-8), as they are spelt in the standard; nothing is parsed."""
    found = set()
    for tag in _META.findall(_COMMENT.sub("", page.text[:_HEAD])):
        named = {m[1].lower(): (m[2] or m[3] or m[4] or "").strip() for m in _ATTRIBUTE.finditer(tag)}
        if named.get("content"):
            found.add(named.get("name", "").lower())
    return tuple(tag for tag in (*SITE_TAGS, *COLUMN_TAGS, *ARTICLE_TAGS) if tag.lower() in found)


def read_apply(said: Iterable[Said], unseen: str | None) -> Apply:
    """The ways to apply that pages offer; `unseen` is why one may have been missed."""
    rules, ways = _rules()["apply"], set[str]()
    pages = list(said)
    for page in pages:
        ways |= {way for way in ("download", "mail", "address", "phone") if rules[way].search(page.words)}
        ways |= {"form"} if page.form else set()
        ways |= {"download"} if page.documents else set()
        ways |= {"online"} if any(rules["online"].search(link) for link in page.links) else set()
    words = "\n".join(page.words for page in pages)
    counted = rules["statistics"].search(words)
    if not ways and unseen is None:
        pictured = any(p.pictures and len(p.words) < _PICTURED for p in pages)
        hinted = rules["hint"].search(words)
        unseen = "picture" if pictured else hinted[0] if hinted else None
    order = ("form", "online", "download", "mail", "address", "phone")
    return Apply(tuple(w for w in order if w in ways), unseen, tidy(counted[0], 120) if counted else None)


def leads_on(name: str) -> bool:
    """Whether a link on the page 依申请公开 leads to what says how to apply."""
    return _rules()["apply"]["below"].search(name) is not None and len(name) <= 16


def is_guide_title(title: str) -> bool:
    """Whether an item of the column 指南 is the guide itself."""
    return _rules()["guide"]["title"].search(title) is not None


def read_guide(said: Iterable[Said], shown: date | None, unseen: str | None, *, today: date) -> Guide:
    """What a guide says. `shown` is the day its page shows by label; else a day in its first lines counts."""
    rules = _rules()["guide"]
    pages = list(said)
    words = "".join(page.words for page in pages)
    if len(words) < rules["enough"]:
        why = "attachment" if any(p.documents for p in pages) else "picture" if any(p.pictures for p in pages) else None
        return Guide(unseen=unseen or why or "no text")
    top = next((f.day for f in find_dates(words[:_TOP], today=today) if f.year_known and f.day <= today), None)
    decrees = tuple(n for n, key in (("711", "decree"), ("492", "old_decree")) if rules[key].search(words))
    fields = ("office", "address", "hours", "phone", "internet", "fax")
    return Guide(tuple(f for f in fields if rules[f].search(words)), decrees, shown or top, unseen)


def redated(rows: Iterable[Row], earlier: Iterable[Row], *, today: date) -> tuple[Redated, ...]:
    """Items that show a later day than their address carries, or than they showed on an earlier night; a week means nothing."""
    before = {(r.url, r.title): r.published for r in earlier if r.url and r.published and r.dated_by in ("row", None)}
    found: dict[str, Redated] = {}
    for row in rows:
        if not row.url or not row.published or row.dated_by not in ("row", None) or row.published > today:
            continue
        firsts = {"night": before.get((row.url, row.title)), "address": date_in_url(row.url, today=today)}
        for by, first in firsts.items():
            if first is not None and (row.published - first).days > _WITHIN:
                found.setdefault(row.url, Redated(tidy(row.title, 80), row.url, first, row.published, by))
    return tuple(found.values())


def _values(page: Page) -> Iterable[str]:
    """Attribute values, labels and scripts of a page, comments left out."""
    for element in page.root.iter():
        if isinstance(element.tag, str):
            yield from element.attrib.values()
            if element.tag == "script":
                yield element.text or ""
            elif element.text and len(element.text) < _SHOWN:
                yield squeeze(element.text)


def _search(page: Page) -> str | None:
    """The field or entry to search the site with: input, link or None."""
    rules = _rules()["home"]
    for field in page.root.iter("input"):
        if (field.get("type") or "").lower() in _NO_FIELDS:
            continue
        form = next((e for e in field.iterancestors("form")), None)
        said = [field.get(name) or "" for name in _NAMING]
        if form is not None:
            said += [form.get("action") or "", form.get("id") or ""]
        if rules["search"].search(" ".join(said)):
            return "input"
    for link in page.links:
        if rules["search_words"].search(link.text) or (
            len(link.text) <= _LABEL and rules["search_address"].search(link.href)
        ):
            return "link"
    return None


def _first(rule: re.Pattern[str], text: str) -> str | None:
    found = rule.search(text)
    return found[0] if found else None


@cache
def _rules() -> dict[str, dict[str, Any]]:
    data = tomllib.loads((Path(__file__).parent / "marks.toml").read_text("utf-8"))
    return {
        part: {k: re.compile(v, re.IGNORECASE) if isinstance(v, str) else v for k, v in row.items()}
        for part, row in data.items()
    }
