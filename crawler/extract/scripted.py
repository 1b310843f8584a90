"""What of a list waits in scripts, and what would a script still have to bring?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.dates import read_date
from crawler.extract.listing_rules import CODE_COMMENT, rules
from crawler.extract.page import Element, Page
from crawler.extract.rows import stands_in
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import absolute, same_host
from db.records import Row

_CJK = re.compile(r"[\u3400-\u9fff]")
_SILENT = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option"))
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ARRAY = re.compile(r"\[\s*\{\s*\"")


def json_rows(page: Page, today: date) -> list[Row]:
    """Items of JSON arrays in inline scripts: objects with a title, an address and a date."""
    rows: dict[str, Row] = {}
    decoder = json.JSONDecoder()
    for script in page.scripts:
        for n, m in enumerate(_ARRAY.finditer(script)):
            if n == 8:
                break
            try:
                data, _ = decoder.raw_decode(script, m.start())
            except (ValueError, RecursionError):
                continue
            for row in _objects(data, page, today):
                rows.setdefault(row.url or row.title, row)
    return list(rows.values())


def _objects(data: Any, page: Page, today: date) -> Iterator[Row]:
    for entry in data if isinstance(data, list) else ():
        if not isinstance(entry, dict):
            continue
        low = {str(key).lower(): value for key, value in entry.items()}
        title = next((v for k in ("title", "doctitle", "name") if isinstance(v := low.get(k), str)), "")
        href = next(
            (v for k in ("url", "docpuburl", "href", "link", "linkurl") if isinstance(v := low.get(k), str)), ""
        )
        days = [
            read_date(str(v), today=today, compact=True) for k, v in low.items() if re.search("date|time|rq|sj$", k)
        ]
        day = next((d for d in days if d), None)
        url = absolute(page.base, href) if href else None
        if len(_CJK.findall(title)) >= 4 and url and day:
            yield Row(tidy(re.sub(r"<[^>]+>", "", title), 200), url, day, "row")


def unseen(page: Page, promised: bool) -> str | None:
    """Why a page without rows may have a list that a script brings; None when it is plainly static.

    promised  the pager or a script names a number of items or pages that are not there
    """
    words, frames = rules(), dict[Element, str]()
    markup = _HTML_COMMENT.sub("", page.text)

    def inside(element: Element) -> bool:
        return stands_in(element, frames) in ("", "side")

    for element in page.root.iter("script"):
        if words.template.match((element.get("type") or "").strip()) and re.search(r"<(li|tr|a)\b", element.text or ""):
            return "script template"
    hinted = any(mark in markup for mark in (*words.directives, "{{", "<%", "${", "{$"))
    if hinted and (found := _directive(page, inside)):
        return found
    empty: list[Element] = []
    for element in page.root.iter("ul", "ol", "tbody", "div", "dl", "table"):
        if not len(element) and not squeeze(element.text) and inside(element):
            empty.append(element)
            if element.get("id") in words.roots:
                return "application root"
    if any(mark in markup for mark in words.jpage) and not words.nothing.search(markup):
        return "jpage without records"
    code = [(e, c) for e in page.root.iter("script") if e.text and (c := CODE_COMMENT.sub("", e.text))]
    named = any(e.tag != "div" or words.holder.search(f"{e.get('id') or ''} {e.get('class') or ''}") for e in empty)
    if any(_calls(script) and (named or words.inserts.search(script)) for _, script in code):
        return "ajax list"
    if promised:
        return "pager without rows"
    if any("document.write" in script and words.write.search(script) and inside(e) for e, script in code):
        return "document.write"
    own = [urlsplit(u).path for u in page.script_urls if same_host(u, page.url)]
    if any(words.holder.search(e.get("id") or "") for e in empty) and any(map(words.filler.search, own)):
        return "empty list filled by an own script"
    return None


def _directive(page: Page, inside: Callable[[Element], bool]) -> str | None:
    """A directive or placeholder of a client-side template that was left as it is, outside head, menu and foot."""
    words = rules()
    for element in page.root.iter():
        if element.tag in _SILENT or not isinstance(element.tag, str):
            continue
        for name in element.attrib:
            if str(name).lower() in words.directives and inside(element):
                return f"template directive {name}"
        own = f"{element.text or ''} {element.get('href') or ''} {element.tail or ''}"
        if ("{" in own or "<%" in own) and words.placeholder.search(own) and inside(element):
            return "template placeholders"
    return None


def _calls(script: str) -> bool:
    """Whether a script asks the server for something other than counters, weather, sign-in."""
    words = rules()
    return any(not words.counter.search(script[m.start() : m.start() + 200]) for m in words.call.finditer(script))
