"""Which characters do these bytes stand for? The charset ladder for pages that declare the wrong one (cms.md 5)."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FAMILY = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030"}
_USUAL = re.compile("[的一是在和有市县政府信息公开新闻通知中心年月日]")
_HEAD = 4096


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Text of a page and how its charset was decided: "utf-8 (bom)", "gb18030 (header)", "utf-8 (tried)" ...

    A byte-order mark beats all. A declared charset (header, then meta) holds only when the bytes obey it; else
    UTF-8 and GB18030 are tried, and the one with the fewest replacement characters and the most usual ones wins.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace"), f"{name} (bom)"
    for charset, source in _declared(body, content_type):
        try:
            text = body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
        if (
            source == "header"
            and charset.startswith(("iso-8859", "latin", "windows-125", "cp125"))
            and not body.isascii()
        ):
            continue  # a server's default, not the author's word
        if charset == "gb18030" and _is_utf8(body):
            continue  # many UTF-8 texts happen to be valid GB18030
        return text, f"{charset} ({source})"
    best = max(("utf-8", "gb18030", "big5"), key=lambda name: _likeness(body.decode(name, "replace")))
    return body.decode(best, "replace"), f"{best} (tried)"


def _declared(body: bytes, content_type: str | None) -> list[tuple[str, str]]:
    found = []
    if content_type and (header := _HEADER.search(content_type)):
        found.append((_family(header[1]), "header"))
    if meta := _META.search(body[:_HEAD]):
        found.append((_family(meta[1].decode("ascii", "replace")), "meta"))
    return found


def _family(charset: str) -> str:
    return _FAMILY.get(charset.lower(), charset.lower())


def _is_utf8(body: bytes) -> bool:
    if body.isascii():
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _likeness(text: str) -> float:
    """How much `text` looks like Chinese that someone wrote."""
    head = text[:20_000]
    return len(_USUAL.findall(head)) - 5 * head.count("\ufffd")
