"""Which form has an interpretation (政策解读), and which document does it speak of? (standards.md 6, 解读-1 to 解读-5)"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from crawler.extract.article import body_of, related, title_of
from crawler.extract.document_title import core
from crawler.extract.page import Element, Page, visible_text
from crawler.extract.text import squeeze

_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,14}[〔\[(]20\d{2}[〕\])]\d{1,5}号")
_QUOTED = re.compile(r"《([^《》]{6,80})》")
_HEAD = 1500  # characters of the text in which the document is named


@dataclass(frozen=True, slots=True)
class InterpretationPage:
    """What the page of one interpretation shows.

    forms      by its media; empty when it shows text only     words  characters of its text
    documents  (address, words) of documents that it links to
    named      cores of titles in 《》 and numbers that it names, in order
    """

    title: str
    forms: tuple[str, ...] = ()
    words: int = 0
    documents: tuple[tuple[str, str], ...] = ()
    named: tuple[str, ...] = ()


def read_interpretation(page: Page) -> InterpretationPage:
    """Everything that one interpretation's page says; nothing found is an empty record."""
    body, title = body_of(page), title_of(page)
    text = squeeze(visible_text(body))
    head = f"{squeeze(title)} {text[:_HEAD]}"
    named = [found for quoted in _QUOTED.findall(head) if (found := core(f"《{quoted}》"))]
    numbers = [number.replace("[", "〔").replace("]", "〕") for number in _NUMBER.findall(head)]
    return InterpretationPage(
        title,
        tuple(_media(page, body, text)),
        len(text),
        tuple(related(page, title, "document")),
        tuple(dict.fromkeys([*named, *numbers])),
    )


def forms_of(*names: str) -> tuple[str, ...]:
    """The forms that the names (of column and interpretation) tell, in the order of the file; empty: none is named."""
    words = " ".join(map(squeeze, names))
    return tuple(form for form, pattern in _rules()["form"].items() if pattern.search(words))


def is_interpretation(title: str) -> bool:
    """Whether a row of that title is an interpretation, wherever it is listed."""
    return _rules()["title"]["name"].search(squeeze(title)) is not None


def subject_of(title: str) -> str:
    """The core of the document that the title speaks of; "" when it names none and only the page can tell."""
    words = squeeze(title)
    if "《" not in words and _rules()["title"]["vague"].search(words):
        return ""
    return core(words)


def _media(page: Page, body: Element, text: str) -> list[str]:
    """Forms that the page shows: films, sound, pictures with hardly any text."""
    r = _rules()["media"]
    shown = [*page.root.iter("video", "audio"), *body.iter("source", "iframe", "embed", "object", "a")]
    told = "\n".join(e.get(name) or "" for e in shown for name in ("src", "data", "href", "data-src"))
    short = len(text) < r["text"]
    film = r["video"].search(told) or any(e.tag == "video" for e in shown)
    found = []
    if film or (short and r["player"].search("\n".join([*page.scripts, *page.script_urls]))):
        found.append("video")
    if r["audio"].search(told) or any(e.tag == "audio" for e in shown):
        found.append("audio")
    pictures = [
        i for i in body.iter("img") if (src := i.get("src") or i.get("data-src")) and not r["picture"].search(src)
    ]
    if pictures and short:
        found.append("figure")
    return found


@cache
def _rules() -> dict[str, Any]:
    data = tomllib.loads((Path(__file__).parent / "interpretation.toml").read_text("utf-8"))
    return {
        part: {k: re.compile(v, re.IGNORECASE) if isinstance(v, str) else v for k, v in rows.items()}
        for part, rows in data.items()
    }
