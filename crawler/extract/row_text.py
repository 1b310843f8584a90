"""What is the title of a row, and which day does the row show? (cms.md 8)"""

from __future__ import annotations

import re
from datetime import date

from crawler.extract.dates import (
    Found,
    date_in_url,
    find_dates,
    label_before,
    normal,
    read_found,
    settle_year,
    weekday_behind,
)
from crawler.extract.page import Element, Link
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document

_CJK = re.compile(r"[\u3400-\u9fff]")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SILENT = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option"))
_NUMBER = re.compile(r"\d+")
_DATE_LIKE = re.compile(r"[\d年今昨前刚]")
_CELL = re.compile(r"[\d\s./:年月日\[\]()（）-]+")
_SPLIT = tuple(
    (re.compile(form), parts)
    for form, parts in (
        (r"(\d{1,2})[日号]?\s(20\d{2})[-/.年]\s?(\d{1,2})月?", (1, 2, 0)),
        (r"(20\d{2})[-/.年]\s?(\d{1,2})月?[-/.]?\s(\d{1,2})[日号]?", (0, 1, 2)),
        (r"(20\d{2})年?[-/.]?\s(\d{1,2})[-/.月]\s?(\d{1,2})[日号]?", (0, 1, 2)),
        (r"(\d{1,2})[-/.月]\s?(\d{1,2})[日号]?\s(20\d{2})年?", (2, 0, 1)),
        (r"(\d{1,2})[日号]?\s(\d{1,2})月\s?(20\d{2})年?", (2, 1, 0)),
        (r"(20\d{2})年?\s(\d{1,2})月?\s(\d{1,2})[日号]?", (0, 1, 2)),
        (r"(\d{1,2})[月/-]?\s(\d{1,2})[日号]?", (-1, 0, 1)),
        (r"(\d{1,2})[日号]?\s(\d{1,2})月", (-1, 1, 0)),
    )
)
_DATE_AT_END = re.compile(
    r"[\[(【〔\s/|]*(?:20\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|(?<=[\[(【〔\s])(?:\d{1,2}[-/]\d{1,2}|\d{1,2}月\d{1,2}日)|(?<=[^\d\-/.])\d{2}-\d{2})[\])】〕\s]*$"
)
_DATE_AT_START = re.compile(
    r"^[·•\s]*(?:[\[(【〔]\s*(?:20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/]\d{1,2}|\d{1,2}月\d{1,2}日)\s*[\])】〕]"
    r"|20\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?=[\s\u3400-\u9fff])|\d{2}-\d{2}(?=\s))\s*"
)
_LABELLED_TITLE = re.compile(
    r"^\s*(?:文章)?标\s*题\s*[:：]\s*(.*?)\s*(?:(?:作\s*者|点\s*击|浏\s*览|发表时间|发布时间|更新时间).*)?$", re.DOTALL
)
_LONG_PIECE = 40  # characters; a longer text is a summary, its dates are about something
_PUBLICATION_HEADS = ("发布日期", "发布时间", "发表时间", "公开日期", "公开时间", "发布", "日期", "时间")


def title_of(link: Link, inside: list[tuple[str, Element]], today: date) -> tuple[str, str]:
    """The title of a row without a date glued to it, and that date's text ("" when there is none)."""
    element = link.element
    said = tidy(_LABELLED_TITLE.sub(r"\1", element.get("title") or ""))
    if not len(element):
        shown = tidy(element.text)
    elif (heading := next((e for e in element.iter(*_HEADINGS) if squeeze(e.text_content())), None)) is not None:
        shown = tidy(heading.text_content())
    else:
        blocks = [tidy(e.text_content()) for e in element if e.tag in ("p", "div", "dt", "li")]
        titles = [b for b in blocks if len(_CJK.findall(b)) >= 2]
        shown = titles[0] if titles and len(blocks) > 1 else _without_day([text for text, _ in inside], today)
    shown = shown or link.text
    glued = ""
    for form, part in ((_DATE_AT_END, shown[-28:]), (_DATE_AT_START, shown[:28])):
        if _NUMBER.search(part) and (m := form.search(part)) and _CJK.search(rest := shown.replace(m[0], "", 1)):
            shown, glued = rest.strip(), glued or m[0]
    if len(squeeze(said)) > len(squeeze(shown).rstrip(".…")):
        shown = _DATE_AT_END.sub("", said) if glued else said
    return tidy(shown.lstrip("·•◆■▪★☆>» "), 200), glued


def _without_day(pieces: list[str], today: date) -> str:
    """Text of a link without the cells before and behind its words, if these show a day (10 | 2026-07 | title)."""
    first = next((n for n, text in enumerate(pieces) if not _CELL.fullmatch(text)), 0)
    last = next((n for n in range(len(pieces), first, -1) if not _CELL.fullmatch(pieces[n - 1])), len(pieces))
    cells = [*pieces[:first], *pieces[last:]]
    return tidy("".join(pieces[first:last] if cells and shown_day(cells, today) else pieces))


def day_of(
    row: Element,
    link: Link,
    outside: list[str],
    inside: list[tuple[str, Element]],
    glued: str,
    heads: dict[Element, tuple[int | None, frozenset[int]]],
    today: date,
) -> tuple[Found | None, str | None]:
    """The day shown in the row beside the title, else in a part of the link, else glued to the title, else in the
    address; with where it was read."""
    found = _by_head(row, heads, today) if row.tag == "tr" else None
    if found is None:
        found = shown_day(outside, today)
    if found is None and len(inside) > 1:
        found = shown_day([t for t, e in inside if e is not link.element or len(t.strip()) <= 20], today)
    if found is None and glued:
        found = read_found(glued, today=today)
    if found is not None:
        return (settle_year(found, link.url, today=today) if link.url else found), "row"
    if link.url and (day := date_in_url(link.url, today=today)):
        return Found(day), "file" if is_document(link.url) else "url"
    return None, None


def shown_day(pieces: list[str], today: date) -> Found | None:
    """The day that the pieces of text of a row show: a labelled one, else the latest not after today."""
    if not any(map(_DATE_LIKE.search, pieces)):
        return None
    plain = [piece for p in pieces if (piece := " ".join(normal(p).split()))]
    text, where = "", []
    for piece in plain:
        where.append((len(text), len(text) + len(piece)))
        text += piece + " "
    labelled: list[Found] = []
    bare: list[Found] = []
    for found in find_dates(text, today=today):
        kind = label_before(text[: found.start])
        if kind == "other" or weekday_behind(text, found.end):
            continue
        if kind in ("publication", "bare") and found.year_known:
            labelled.append(found)
        elif kind or _stands_alone(found, where, text):
            bare.append(found)
    full = labelled or [f for f in bare if f.year_known]
    if full:
        return max((f for f in full if f.day <= today), key=lambda f: f.day, default=full[0])
    return _split(plain, today) or next(iter(bare), None) or _relative(plain, today)


def _stands_alone(found: Found, where: list[tuple[int, int]], text: str) -> bool:
    """Whether the date is a cell of its own or stands at the edge of a text, not in the middle of a summary."""
    start, end = next((s, e) for s, e in where if s <= found.start < e)
    if found.end > end:
        return False
    around = len(squeeze(text[start : found.start])), len(squeeze(text[found.end : end]))
    if not found.year_known:
        return sum(around) <= 8
    return end - start <= _LONG_PIECE or min(around) <= 2


def _split(plain: list[str], today: date) -> Found | None:
    """A date over several cells: <b>10</b><span>2026-07</span>, <em>07</em>/<i>10</i>."""
    cells = [c for p in plain if (c := p.strip("[]()【】|·,; ")) and not re.fullmatch(r"[-/.年月日号]", c)]
    for size in (3, 2, 1):
        for n in range(len(cells) - size + 1):
            window = " ".join(cells[n : n + size])
            if len(window) > 16 or not window[:1].isdigit():
                continue
            for form, (y, m, d) in _SPLIT:
                if not (match := form.fullmatch(window)):
                    continue
                month, day = match[m + 1], match[d + 1]
                if y < 0 and int(month) > 12:
                    month, day = day, month
                written = f"{match[y + 1]}-{month}-{day}" if y >= 0 else f"{month}-{day}"
                if found := read_found(written, today=today):
                    return found
    return None


def _relative(plain: list[str], today: date) -> Found | None:
    short = (p for p in plain if len(p) <= 16 and not find_dates(p, today=today))
    return next((f for p in short if (f := read_found(p, today=today))), None)


def _by_head(row: Element, heads: dict[Element, tuple[int | None, frozenset[int]]], today: date) -> Found | None:
    """The day in the cell of a table row that stands under the head 发布日期 (or 日期, 时间)."""
    table = row.getparent()
    while table is not None and table.tag != "table":
        table = table.getparent()
    if table is None:
        return None
    if table not in heads:
        heads[table] = _head(table)
    column, other = heads[table]
    cells = [c for c in row if c.tag in ("td", "th")]
    if column is not None and column < len(cells):
        return read_found(" ".join(texts_of(cells[column])), today=today)
    if other:
        left = [text for n, c in enumerate(cells) if n not in other for text in texts_of(c)]
        return shown_day(left, today)
    return None


def _head(table: Element) -> tuple[int | None, frozenset[int]]:
    """Which column of a table holds the day of publication, and which hold other days (成文日期, 截止时间)."""
    first = next(iter(table.iter("tr")), None)
    if first is None or (next(first.iter("a"), None) is not None and next(first.iter("th"), None) is None):
        return None, frozenset()
    names = [normal(squeeze(c.text_content())) for c in first if c.tag in ("td", "th")]
    other = frozenset(n for n, name in enumerate(names) if len(name) <= 10 and label_before(name) == "other")
    for word in _PUBLICATION_HEADS:
        for n, name in enumerate(names):
            if n not in other and word in name and len(name) <= 8 and label_before(name):
                return n, other
    only = [n for n in other if re.match("成文|生成|印发|发文|制发", names[n])]
    return (only[0], other) if only and len(other) == 1 else (None, other)


def texts_of(node: Element) -> list[str]:
    """The pieces of text below an element that are no white space."""
    return [] if node.tag in _SILENT else [text for text in node.itertext() if text.strip()]
