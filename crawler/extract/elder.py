"""Is there an age-friendly or accessible entry on the home page? (适老化、无障碍; 适老-1, cms.md 14)"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.columns import is_article
from crawler.extract.page import Element, Page, said_in
from crawler.extract.text import squeeze
from crawler.extract.urls import absolute
from db.records import ElderEntry

_NO_ADDRESS = re.compile(r"^\s*(javascript:|#|$)", re.IGNORECASE)
_LABEL = 6  # characters of a bare label such as 长者模式
_MARK = re.compile(r"btn|wza|slh|old|elder|zzb|zzms|barrier|care|tool", re.IGNORECASE)
_WRITES_LINKS = re.compile(r"document\.write(ln)?\s*\(", re.IGNORECASE)


def read_elder(page: Page, extra_scripts: Sequence[tuple[str, str]] = ()) -> ElderEntry:
    """The entry of the page; `extra_scripts` are (address, text) of own scripts fetched because `elder_sources` named them.

    `works` is left None: whether the entry leads anywhere is a question for the network.
    """
    rule = _rules()
    script = next((u for u in page.script_urls if rule["script"].search(u)), None)
    for element in page.root.iter("a", "button", "span", "div", "li", "input", "img", "area", "i", "p"):
        said = squeeze(said_in(element))
        words = said or _label(element)
        how = "text" if said else "image"
        marks = " ".join(element.get(k) or "" for k in ("id", "class", "onclick", "href"))
        if not names_entry(words, marks):
            continue
        target = _target(element, page)
        if not rule["switch"].search(marks) and not _clickable(element):
            continue
        if target and is_article(target):
            continue
        return ElderEntry(how, words[:40], target, script)
    if script:
        return ElderEntry("script", script.rsplit("/", 1)[-1][:40], None, script)
    for address, text in extra_scripts:
        if found := rule["words"].search(text):
            return ElderEntry("script", found[0], None, None)
        if found := rule["script"].search(text):
            quoted = re.search(rf"""["']([^"']*{re.escape(found[0])}[^"']*)["']""", text)
            return ElderEntry("script", found[0][:40], None, absolute(page.base, quoted[1]) if quoted else address)
    return ElderEntry(unseen=_unseen(page, {a for a, _ in extra_scripts}))


def elder_sources(page: Page) -> list[str]:
    """Own scripts of the page that may write its head or load a tool, likely names first."""
    rule = _rules()["source"]
    return sorted(page.script_urls, key=lambda u: rule.search(u.rsplit("/", 1)[-1]) is None)[:10]


def names_entry(words: str, marks: str) -> bool:
    """Whether an element of these words, with this id, class, click and address, may be such an entry."""
    rule = _rules()
    if len(words) > rule["longest"]:
        return False
    named = rule["words"].search(words) and not rule["refuse"].search(words)
    return bool(named or rule["switch"].search(marks))


def _label(element: Element) -> str:
    """What stands for the text of an element that has none: a title, an alt or a value, also of a picture in it."""
    labelled = (element, *element.iterdescendants("img"))
    return next((s for e in labelled for k in ("title", "alt", "value") if (s := squeeze(e.get(k)))), "")


def _clickable(element: Element) -> bool:
    """A link, a button, or something that a click or a name makes one; plain words in a text are no entry."""
    if element.tag in ("a", "button", "area", "input"):
        return True
    if element.get("onclick") or next(element.iterancestors("a", "button"), None) is not None:
        return True
    if element.find(".//a") is not None:
        return False
    if len(squeeze(said_in(element))) <= _LABEL:
        return True  # a switch that a script binds; a headline or a sentence is longer
    return bool(_MARK.search(f"{element.get('id') or ''} {element.get('class') or ''}"))


def _target(element: Element, page: Page) -> str | None:
    link = element if element.tag in ("a", "area") else next(element.iterancestors("a"), None)
    href = (link.get("href") or "") if link is not None else ""
    return None if _NO_ADDRESS.match(href) else absolute(page.base, href)


def _unseen(page: Page, read: set[str]) -> str | None:
    """Why an entry may have been missed: a head written by a script, own scripts of such a name that were not read."""
    if any(_WRITES_LINKS.search(s) and "<" in s for s in page.scripts):
        return "document.write"
    rule = _rules()["source"]
    unread = [u for u in page.script_urls if u not in read and rule.search(u.rsplit("/", 1)[-1])]
    return f"script not read: {unread[0]}" if unread else None


@cache
def _rules() -> dict[str, Any]:
    data = tomllib.loads((Path(__file__).parent / "elder.toml").read_text("utf-8"))
    return {k: re.compile(v, re.IGNORECASE) if isinstance(v, str) else v for k, v in data.items()}
