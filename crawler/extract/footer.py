"""Which marks does the foot of the home page carry? (47号-4: 网站标识码、ICP备案、公安备案、主办单位、联系方式)"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from crawler.extract.page import Page, said_in
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import absolute
from db.records import Footer

_TAIL = 2500  # characters at the end of a page that may be its foot
_AROUND = 500  # characters around such a mark that belong to the foot
_LABELLED = 60  # links and pictures at the end of a page whose alts and titles may name a mark
_NAMED = re.compile(r"foot|bottom|copy|dibu|yejiao|bq\b", re.IGNORECASE)
_UNMISTAKABLE = ("site_code", "icp", "police")  # forms that no body text has; looked for on the whole page
_LOAD = re.compile(
    r"""\.load\(\s*["']([^"']+)["']|<!--#include[^>]*?["']([^"']+)["']|(?:get|ajax)\(\s*["']([^"']+)["']"""
)


def footer_sources(page: Page) -> list[str]:
    """Frames and scripts of the page that may bring its foot, worth fetching before a mark is called missing."""
    rule = _rules()["source"]
    loaded = [absolute(page.base, a or b or c) for a, b, c in _LOAD.findall(page.text)]
    found = [*page.frames, *page.script_urls, *(u for u in loaded if u)]
    return list(dict.fromkeys(u for u in found if rule.search(u.split("//", 1)[-1].partition("/")[2].lower() or u)))


def read_footer(page: Page, extra: Sequence[Page] = ()) -> Footer:
    """The marks in the foot of `page` and of `extra` (frames and scripts that were read because `footer_sources` named them).

    `unseen` says which source was not read, or that the whole foot seems to be made by a script; None when what is
    missing is really missing.
    """
    texts = [_foot_text(p) for p in (page, *extra)]
    text = "".join(texts)
    rules = _rules()
    whole = text + "".join(p.words for p in (page, *extra))
    near = _near_marks(text)
    marks = {name: _first(rules[name], whole if name in _UNMISTAKABLE else near) for name in Footer.MARKS}
    read = {p.url for p in extra}
    unread = [u for u in footer_sources(page) if u not in read]
    unseen = None
    if not all(marks.values()):
        if unread:
            unseen = f"foot not read: {tidy(unread[0], 80)}"
        elif not any((marks["site_code"], marks["icp"], marks["police"])) and page.script_urls:
            unseen = "foot made by script"
    return Footer(**marks, unseen=unseen, excerpt=_excerpt(text, marks))


def _foot_text(page: Page) -> str:
    """The squeezed text of the foot: the end of the page, and every element that is named foot; also alts and titles."""
    if "<" not in page.text[:2000] or "document.write" in page.text[:4000]:
        return squeeze(re.sub(r"<[^>]+>|\\[\"'/]", "", page.text))
    named = [
        element
        for element in page.root.iter("*")
        if element.tag == "footer" or _NAMED.search(f"{element.get('class') or ''} {element.get('id') or ''}")
    ]
    last = list(page.root.iter("img", "a"))[-_LABELLED:]
    labels = [label for element in last for key in ("alt", "title") if (label := element.get(key))]
    whole = squeeze(said_in(page.root, " "))
    return whole[-_TAIL:] + "".join(squeeze(said_in(e, " "))[:_TAIL] for e in named) + squeeze(" ".join(labels))


def _near_marks(text: str) -> str:
    """What stands around the marks that no body text has; the whole when there are none.

    An article near the end of a page may say who held a meeting (主办单位) or whom to call.
    """
    places = [m.span() for name in _UNMISTAKABLE for m in _rules()[name].finditer(text)]
    return "\n".join(text[max(0, start - _AROUND) : end + _AROUND] for start, end in places) if places else text


def _first(rule: re.Pattern[str], text: str) -> str | None:
    found = rule.search(text)
    return (next((g for g in found.groups() if g), None) or found[0])[:60] if found else None


def _excerpt(text: str, marks: dict[str, str | None]) -> str:
    places = [text.find(m) for m in marks.values() if m and m in text]
    start = max(0, min(places, default=len(text) - 120) - 10)
    return text[start : start + 120]


@cache
def _rules() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads((Path(__file__).parent / "footer.toml").read_text("utf-8"))
    return {key: re.compile(value, re.IGNORECASE) for key, value in data.items()}
