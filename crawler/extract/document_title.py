"""What does the title of a row or page say: a document, of which kind, whose, and does it speak of another one?"""

from __future__ import annotations

import re

from crawler.extract.document_rules import rules
from crawler.extract.text import squeeze
from db.records import Unit

_QUOTED = re.compile(r"[《<]([^《》<>]{4,})[》>]")
_YEAR = re.compile(r"20\d{2}")
_NUMBERS = re.compile(r"\d+")
_PLAIN = re.compile(r"[^\u3400-\u9fffA-Za-z0-9]+")
_CJK = re.compile(r"[\u3400-\u9fff]")


def kind_of(title: str, group: str, number: str | None, unit: Unit, publisher: str | None = None) -> str:
    """What a document of this title, own number and publisher is, in a column of that group: see `db.records.Document`.

    Surely official is what has a number of its own, what a column of normative documents holds, and what stands in a column
    of policies titled 关于…的通知 and the like, or as a rule that names the unit.
    """
    words, r = squeeze(title), rules()["title"]
    if r["not_paper"].search(words) or issued_above(words, number, publisher, unit):
        return "other"
    titled = r["paper"].search(words) and ("关于" in words or _own_name(unit) in words)
    if not (number or group == "normative" or (group == "policy" and titled)):
        return "other"
    if r["reply"].search(words):
        return "reply"
    if r["no_policy"].search(words.replace(_own_name(unit), "", 1)):  # 审计局 does not make every paper one on 审计
        return "official"
    if group == "normative" or (number and r["normative"].search(number)):
        return "normative"
    return "policy" if group == "policy" and r["policy"].search(words) else "official"


def may_be(title: str, group: str) -> bool:
    """Whether a row of that title is worth opening as a document, in a column of that group."""
    words, r = squeeze(title), rules()["title"]
    if r["not_paper"].search(words):
        return False
    sure = r["paper"].search(words) or rules()["number"]["form"].search(words)
    if group == "notice":
        return bool(sure)
    if words.endswith(("…", "...")) and "关于" in words:
        return True
    return bool(sure or r["numbered"].search(words)) or (group == "normative" and not r["news"].search(words))


def is_news(title: str) -> bool:
    """Whether the title tells an event rather than naming a document."""
    words, r = squeeze(title), rules()["title"]
    return bool(r["news"].search(words)) and not r["paper"].search(words)


def issued_above(title: str, number: str | None, publisher: str | None, unit: Unit) -> bool:
    """Whether title, number or publisher name a body that is not this unit nor stands below it: a reprint."""
    r, words = rules(), squeeze(title)
    if number and r["number"]["above"].search(squeeze(number)):
        return True
    if found := r["issuer"]["before"].search(words):
        by_title = _another(found[1], unit)
    else:
        place = r["issuer"]["above"].search(words) or r["issuer"]["city"].search(words)
        by_title = place is not None and _own_name(unit) not in words
    return by_title or (publisher is not None and _another(squeeze(publisher), unit))


def _another(body: str, unit: Unit) -> bool:
    """Whether the name of a body is surely one above or beside the unit; 县政府 on a county's site is its own."""
    r, own = rules()["issuer"], _own_name(unit)
    if own in body or body in squeeze(unit.name):
        return False
    if r["above"].search(body):
        return True
    home = unit.group != "department" and re.match(f"(本级|我|{own[-1]})", body) is not None
    return r["government"].search(body) is not None and not home


def _own_name(unit: Unit) -> str:
    """The part of the unit's name that its documents bear: 岚水县, 教育局."""
    name = squeeze(unit.name)
    return name.removeprefix("市") if unit.group == "department" else name.removesuffix("人民政府")


def core(title: str) -> str:
    """What a title speaks of, without form, frame, brackets and punctuation; "" when too little is left to compare."""
    r = rules()["core"]
    words = squeeze(title)
    quoted = max(_QUOTED.findall(words), key=len, default="")
    inner = r["brackets"].sub("", quoted or words)
    inner = r["frame"].sub("", inner) if not quoted or "关于" in inner else inner
    inner = r["form"].sub("", r["ends"].sub("", inner))
    plain = _PLAIN.sub("", inner)
    return plain if len(_CJK.findall(plain)) >= r["least"] else ""


def alike(one: str, other: str) -> bool:
    """Whether two cores (see `core`) speak of the same document; other years or numbers are another document."""
    if not one or not other:
        return False
    for numbers in (_YEAR, _NUMBERS):
        mine, theirs = set(numbers.findall(one)), set(numbers.findall(other))
        if mine and theirs and mine.isdisjoint(theirs):
            return False
    short, long = sorted((one, other), key=len)
    if short in long:
        return True
    pairs = [short[n : n + 2] for n in range(len(short) - 1)]
    share: float = rules()["core"]["share"]
    return sum(pair in long for pair in pairs) >= share * len(pairs)
