"""Which rows does the answer to a list call hold? (cms.md 2)"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.cms_rules import cms_rules
from crawler.extract.dates import read_date
from crawler.extract.forms import json_value, number_of, pairs_of, sendable
from crawler.extract.list_call import ListCall
from crawler.extract.listing import Listing, read_listing
from crawler.extract.page import Page
from crawler.extract.text import tidy
from crawler.extract.urls import absolute
from db.records import Row

_EMPTY = Listing(unseen="parse_empty")
_CJK = re.compile(r"[\u3400-\u9fff]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)


def read_call(call: ListCall, text: str, page_url: str, *, today: date) -> Listing:
    """The rows of the answer to `call`, addresses resolved as on the page at `page_url`.

    today  Asia/Shanghai; numbers since 1970 are read in +08:00, days after `today` stay as read

    Understood: jpage record sets, jpaas and other HTML inside JSON, JSON lists of objects (also JSONP), HTML fragments;
    of whole pages only those of families that answer with pages. A row needs a title, and an address or an id; rows
    without an address keep `url` None. What is not understood is `unseen="parse_empty"`, and so is an empty list from a
    call of no known family: only a known family's plain zero gives neither rows nor `unseen`. Hanweb servers answer
    strangers with an empty record set, so there zero must be written (`<totalrecord>0`). Never raises.
    """
    text = sendable(text).replace("\x00", "").lstrip("\ufeff \t\r\n")
    family = next((f for f in cms_rules().families if f.name == call.family), None)
    known = family is not None and family.zero
    if re.search(r"<(?:datastore|recordset|record)\b", text[:20_000], re.IGNORECASE) and not text.startswith(
        ("{", "[")
    ):
        return _read_records(text, call, page_url, today, known)
    data = json_value(text)
    if data is None and (m := re.match(r"[\w$.]{1,80}\s*\(", text)):  # JSONP
        data = json_value(text[m.end() : text.rfind(")")])
    if isinstance(data, (dict, list)):
        return _read_data(data, page_url, today, known)
    if isinstance(data, str):
        text = data
    if re.search(r"<(?:!doctype|html|body|frameset)\b", text[:5000], re.IGNORECASE) and not (family and family.whole):
        return _EMPTY
    return _read_markup(text, page_url, today) or _EMPTY


def _read_markup(markup: str, page_url: str, today: date, *, dated: bool = True) -> Listing | None:
    """The list of an HTML fragment; None when it has no rows, or (`dated`) none with a day: menus have none either."""
    if "<" not in markup:
        return None
    listing = read_listing(Page(page_url, markup), today=today)
    if not listing.rows or (dated and not any(row.published for row in listing.rows)):
        return None
    return Listing(listing.rows, (), None, listing.pages_total)


def _read_records(text: str, call: ListCall, page_url: str, today: date, known: bool) -> Listing:
    """A jpage record set; totals stand beside it."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    records = [r if "<" in r else html.unescape(r) for r in _RECORD.findall(text)]
    tag = "table" if any(re.match(r"\s*<tr\b", r, re.IGNORECASE) for r in records) else "ul"
    listing = _read_markup(f"<{tag}>{''.join(records)}</{tag}>", page_url, today, dated=False) if records else None
    total = re.search(r"<totalrecord>\s*(?:<!\[CDATA\[)?\s*(\d{1,7})", text, re.IGNORECASE)
    if listing:
        per = number_of(dict(pairs_of(urlsplit(call.url).query)).get("perpage"), 0)
        pages = -(-int(total[1]) // per) if total and per else None
        return Listing(listing.rows, (), None, pages)
    return Listing() if known and total and not int(total[1]) and not records else _EMPTY


_RECORD = re.compile(r"<record\b[^>]*>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</record>", re.DOTALL | re.IGNORECASE)


def _read_data(data: Any, page_url: str, today: date, known: bool) -> Listing:
    """A JSON answer: its best list of objects, else the HTML it carries, else what it says of zero."""
    rules = cms_rules()
    if isinstance(data, dict) and _failed(data):
        return _EMPTY
    lists = list(_lists(data))
    read = [(key, rows) for key, entries in lists if (rows := _rows(entries, page_url, today))]

    def weight(pair: tuple[str, tuple[Row, ...]]) -> tuple[bool, bool, int]:
        dated = sum(row.published is not None for row in pair[1])
        return dated > 0, not pair[0] or pair[0] in rules.lists, dated

    best = max(read, key=weight, default=("", ()))[1]
    if best and (known or any(row.published for row in best)):
        return Listing(best, (), None, _pages(data, len(best)))
    for markup in _markups(data):
        if listing := _read_markup(markup, page_url, today):
            return replace(listing, pages_total=_pages_of_markup(markup) or listing.pages_total)
    if not known or best or lists or (isinstance(data, dict) and _failed(data, strict=True)):
        return _EMPTY
    totals = [n for n in map(_whole, _values(data, rules.total)) if n is not None]
    written = [markup for markup in _markups(data) if rules.nothing.search(markup) or _pages_of_markup(markup) == 0]
    if any(totals) or (not totals and not written and not _holds_empty_list(data)):
        return _EMPTY
    return _EMPTY if not written and any(_CJK.search(markup) for markup in _markups(data)) else Listing()


def _failed(data: dict[str, Any], *, strict: bool = False) -> bool:
    """Whether an answer says itself that it went wrong; `strict`: or may say so (a code 1 is either)."""
    low = {str(key).lower(): value for key, value in data.items()}
    if low.get("success") is False or str(low.get("success")).lower() == "false":
        return True
    if low.get("success") is True:
        return False
    code = next((low[k] for k in ("code", "status", "errcode", "error_code", "resultcode") if k in low), None)
    return code is not None and (str(code).lower() not in cms_rules().fine or (strict and str(code) == "1"))


def _inner(data: Any) -> Iterator[tuple[str, Any]]:
    """All values of a JSON answer with their keys in lower case without signs, outer ones first; at most 20,000."""
    waiting: list[tuple[str, Any]] = [("", data)]
    for n, (key, value) in enumerate(waiting):
        if n > 20_000:
            return
        yield key, value
        if isinstance(value, dict):
            waiting += [(_key(k), v) for k, v in value.items()]
        elif isinstance(value, list):
            waiting += [("", v) for v in value]


def _key(name: Any) -> str:
    return re.sub(r"[_\-\s]", "", str(name)).lower()


def _lists(data: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Lists of objects with the key they stand under, outer ones first."""
    for key, value in _inner(data):
        if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            yield key, value


def _markups(data: Any) -> list[str]:
    """HTML that an answer carries beside its lists; a list of fragments is one."""
    found: list[str] = []
    waiting = [data]
    for value in waiting:
        if isinstance(value, dict):
            waiting += list(value.values())
        elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            found.append("".join(value))
        elif isinstance(value, str):
            found.append(value)
    return sorted((m for m in found if re.search(r"<(?:li|tr|dl|div|ul|table|a)\b", m)), key=len, reverse=True)[:4]


def _values(data: Any, names: frozenset[str]) -> list[Any]:
    return [value for key, value in _inner(data) if key in names and not isinstance(value, (dict, list))]


def _holds_empty_list(data: Any) -> bool:
    return data == [] or any(key in cms_rules().lists and value == [] for key, value in _inner(data))


def _whole(value: Any) -> int | None:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _pages(data: Any, rows: int) -> int | None:
    """How many pages the answer names, or its total makes."""
    pages = [n for n in map(_whole, _values(data, cms_rules().pages)) if n]
    total = [n for n in map(_whole, _values(data, cms_rules().total)) if n and n >= rows]
    return pages[0] if pages else -(-total[0] // rows) if total else None


def _pages_of_markup(markup: str) -> int | None:
    """Pages that the pager of a jpaas unit makes (rows a page, count in all); 0 when it counts none."""
    found = {}
    for name in ("rows", "count"):
        m = re.search(rf"""\b{name}\b["']?\s*[=:]\s*["']?(\d{{1,7}})""", markup)
        if m is None:
            return None
        found[name] = int(m[1])
    return -(-found["count"] // found["rows"]) if found["rows"] else None


# Rows of objects


def _rows(entries: list[dict[str, Any]], page_url: str, today: date) -> tuple[Row, ...]:
    """The entries that have a title, and an address or an id; each address once."""
    flat = [_flattened(entry) for entry in entries[:500]]
    opaque = _opaque(flat, today)
    rows: dict[tuple[str | None, str, date | None], Row] = {}
    for entry in flat:
        title = _title(entry) or _clean(entry.get(opaque[0] or ""))
        url = _url(entry, page_url)
        if not title or (url is None and not any(re.search(r"(?:id|guid|no)$", key) for key in entry)):
            continue
        day = _day(entry, today)
        if opaque[1] and (day is None or day[1] > 1):
            shown = _read_day(entry.get(opaque[1]), today)
            day = (shown, 0) if shown else day
        pinned = any(cms_rules().top.match(k) and str(v).lower() in ("1", "true", "是") for k, v in entry.items())
        row = Row(title, url, day[0] if day else None, "row" if day else None, pinned)
        rows.setdefault((url, "" if url else title, None if url else row.published), row)
    return tuple(rows.values())


def _flattened(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with its keys made plain; without a title of its own, with the fields that a search engine wraps."""
    found = {_key(key): value for key, value in entry.items()}
    if not _title(found):
        for name in sorted(cms_rules().wrapped & found.keys()):
            if isinstance(found[name], dict):
                found = {**found, **{_key(key): value for key, value in found[name].items()}}
    return found


def _title(entry: dict[str, Any]) -> str:
    rules = cms_rules()
    for name in rules.title:
        title = _clean(entry.get(name))
        if _says_enough(title, 8 if name == "name" else 2):
            return title
    titles = (_clean(value) for key, value in entry.items() if rules.title_like.search(key))
    return next((title for title in titles if _says_enough(title, 4)), "")


def _clean(value: Any) -> str:
    """A title without tags and entities."""
    return tidy(html.unescape(_TAG.sub("", html.unescape(sendable(value)))), 200) if isinstance(value, str) else ""


def _says_enough(title: str, chinese: int) -> bool:
    return len(_CJK.findall(title)) >= chinese or len(title) > 12


def _url(entry: dict[str, Any], page_url: str) -> str | None:
    rules = cms_rules()
    named = [entry.get(name) for name in rules.url]
    for value in (*named, *(v for key, v in entry.items() if rules.url_like.search(key))):
        if isinstance(value, str) and (href := sendable(value).strip()) and " " not in href:
            try:
                url = absolute(page_url, href)
            except ValueError:
                continue
            if url and not href.lower().startswith(("javascript:", "#")):
                return url
    return None


def _day(entry: dict[str, Any], today: date) -> tuple[date, int] | None:
    """The day of publication and how its field ranks: 0 publication, 1 some date, 2 creation, 3 change."""
    ranked = sorted((rank, key) for key in entry if (rank := _rank(key)) is not None)
    for rank, key in ranked:
        if day := _read_day(entry[key], today):
            return day, rank
    return None


def _rank(key: str) -> int | None:
    """How well the name of a field speaks for the day of publication; None when it names no such day."""
    rules = cms_rules()
    if rules.dates["never"].search(key):
        return None
    timed = rules.dates["good"].search(key) is not None
    if rules.dates["best"].search(key):
        return 0 if timed or key in ("pubat", "publishedat", "published") else None
    for rank, name in ((3, "worst"), (2, "last")):
        if rules.dates[name].search(key) and (timed or key.endswith("at")):
            return rank
    return 1 if timed else None


def _read_day(value: Any, today: date) -> date | None:
    """The Shanghai day of a JSON value: text, seconds or milliseconds since 1970, {"time": ms}, /Date(ms)/."""
    if isinstance(value, dict):
        value = value.get("time")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, float):
        value = int(value) if 0 < value < 1e14 else ""
    text = sendable(str(value)) if not isinstance(value, int) or 0 < value < 10**14 else ""
    if m := re.fullmatch(r"/Date\((\d{10,13})(?:[+-]\d{4})?\)/", text):
        text = m[1]
    return read_date(text, today=today, compact=True) if 4 <= len(text) <= 40 else None


def _opaque(entries: list[dict[str, Any]], today: date) -> tuple[str | None, str | None]:
    """The fields of an IRS table (f_202163261554) that hold the titles and, when there is only one such, the days."""
    keys = [key for key in (entries[0] if entries else ()) if cms_rules().opaque.match(key)]
    if not keys:
        return None, None
    columns = {key: [entry.get(key) for entry in entries] for key in keys}
    titles: list[tuple[int, str]] = []
    days: list[str] = []
    for key, values in columns.items():
        texts = [_clean(value) for value in values]
        chinese = sum(len(_CJK.findall(text)) for text in texts)
        if all(_read_day(value, today) and not _CJK.search(str(value)[:1]) for value in values if value):
            days += [key] if any(values) else []
        elif len(set(texts)) == len(texts) and all(len(_CJK.findall(t)) >= 6 and len(t) <= 150 for t in texts):
            titles.append((chinese, key))
    return max(titles)[1] if titles else None, days[0] if len(days) == 1 else None
