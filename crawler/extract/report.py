"""Is this title one of an annual report (政府信息公开工作年度报告), of which year, and whose?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.dates import date_in_url, labelled_date, read_date
from crawler.extract.page import Page, visible_text
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document
from db.records import Unit

_CHINESE_YEAR = re.compile("二[〇○零Ｏ0O]([〇○零一二三四五六七八九])([〇○零一二三四五六七八九])")
_ONES = "〇一二三四五六七八九"
_SECTIONS = re.compile(r"^[（(]?([一二三四五六])[)）]?[、.．]\s*(.{2,30})$")


def is_report_title(title: str) -> bool:
    """Whether the title names an annual report on openness of information; notices about such reports are none."""
    words = squeeze(title)
    return bool(_rules()["report"].search(words)) and not _rules()["refuse"].search(words)


def report_year(title: str) -> int | None:
    """The year reported on, or None when the title is no report's or names no year."""
    words = _arabic(squeeze(title))
    if not is_report_title(words):
        return None
    found = _rules()["year"].search(words)
    return int(found[1]) if found else None


def loose_year(title: str) -> int | None:
    """The year of a title that may be a report's because it stands in a column of annual reports; None for any other.

    "2025年", "2025年度报告": too little to know a report by, enough not to call it missing.
    """
    words = _arabic(squeeze(title))
    if not _rules()["loose"].search(words) or _rules()["refuse"].search(words):
        return None
    found = _rules()["year"].search(words)
    return int(found[1]) if found else None


def report_owner(title: str, unit: Unit, others: Collection[str], city: str | None) -> str:
    """Whose report it is: `own`, `other` (a subordinate's or another unit's) or `unclear`.

    others  names of the other registered units; city  the portal's name, "忻州市人民政府", when known
    """
    body = _bare(_arabic(squeeze(title)))
    name, place = _bare(squeeze(unit.name)) or squeeze(unit.name), squeeze(city or "").removesuffix("人民政府")
    core = name.removeprefix(place).removeprefix("市") if unit.group == "department" else name
    if not body or body in {name, core, f"{place}{core}", f"市{core}", "本级", "政府", "人民政府", "县", "市", "区"}:
        return "own"
    if unit.group == "department":
        for prefix in (place, name[: -len(core)] if core and core != name else "", "市"):
            if prefix and body.removeprefix(prefix) == core:
                return "own"
        if body.endswith(core):
            return "own" if re.fullmatch(r"[\u4e00-\u9fff]{1,6}市(人民政府)?", body.removesuffix(core)) else "other"
        short = body.removeprefix(place)
        if body not in map(squeeze, others) and any(_shortens(s, core) for s in (short, short.removeprefix("市"))):
            return "own"
    else:
        rest = body.removeprefix(place).removeprefix(name)
        if rest in ("", "人民政府", "政府", "县人民政府", "县政府", "区人民政府", "市人民政府"):
            return "own"
        if _rules()["own_office"].search(rest):
            return "unclear"
    if any(squeeze(o).removesuffix("人民政府") in body for o in others if len(squeeze(o)) > 1):
        return "other"
    return "other" if _rules()["subordinate"].search(body) else "unclear"


def _bare(title: str) -> str:
    """The title without what every such title says; a unit's name loses the same words (金融工作办公室)."""
    return _rules()["strip"].sub("", title)


def _shortens(short: str, name: str) -> bool:
    """Whether `short` is an abbreviation of the name of a unit: 人社局 of 人力资源和社会保障局."""
    short, name = short.replace("委员会", "委"), name.replace("委员会", "委")
    rest = iter(name)
    return (
        3 <= len(short) < len(name) and short[:1] + short[-1:] == name[:1] + name[-1:] and all(c in rest for c in short)
    )


def read_report_page(page: Page, *, today: date) -> dict[str, Any]:
    """What a report's page says of itself: title, year, dates (shown, meta, url; None when absent), headings, attachments."""
    title = next(
        (t for t in (page.metas.get("articletitle"), *_headings(page), page.title) if t and is_report_title(t)),
        page.title,
    )
    text = visible_text(page.root)
    meta = page.metas.get("pubdate") or ""
    six = [
        m[0]
        for e in page.root.iter("p", "h1", "h2", "h3", "h4", "div")
        if not any(a.tag == "table" for a in e.iterancestors()) and (m := _SECTIONS.match(tidy(e.text_content(), 60)))
    ]
    return {
        "title": title,
        "year": report_year(title),
        "shown": labelled_date(text, today=today),
        "meta": read_date(meta, today=today, compact=True),
        "url": date_in_url(page.url, today=today),
        "six": six,
        "attachments": [link.url for link in page.links if link.url and is_document(link.url)],
    }


def _headings(page: Page) -> list[str]:
    return [tidy(e.text_content(), 120) for e in page.root.iter("h1", "h2", "h3")]


def _arabic(text: str) -> str:
    return _CHINESE_YEAR.sub(lambda m: f"20{_ones(m[1])}{_ones(m[2])}", text)


def _ones(char: str) -> int:
    return max(0, _ONES.find(char))


@cache
def _rules() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads((Path(__file__).parent / "report.toml").read_text("utf-8"))
    return {key: re.compile(value, re.IGNORECASE) for key, value in data.items()}
