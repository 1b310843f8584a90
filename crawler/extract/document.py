"""What does the page of an official document (公文) say of itself: its fields, how it is opened, what interprets it?

Fields come from metadata tables, labelled text, standard meta tags, and the document's own head and signature. What a script
of the page still has to write is said, never called absent (standards.md 6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from crawler.extract.article import HOLDERS, blocks_of, body_of, is_framed, related, title_of
from crawler.extract.dates import find_dates, labelled_date, read_date, weekday_behind
from crawler.extract.document_rules import labels, rules
from crawler.extract.page import Element, Link, Page, visible_text
from crawler.extract.pager import pager
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_document

FIELDS = ("index", "number", "written", "published", "publisher", "openness", "validity")
_CELLS = ("td", "th", "dt", "dd", "li", "label", "p", "div", "span", "strong", "b", "em", "font", "i", "h5", "h6")
_LABELLED = 500  # characters of an element that may hold labels and their values
_ALONE = 16  # characters of an element that holds a label alone
_CHILDREN = 60  # elements below it
_PICTURE = re.compile(r"(logo|icon|ewm|qrcode|weixin|conac|gongan|jiucuo|share|print|dot|line)", re.IGNORECASE)
_EMBEDDED = re.compile(r"\.(pdf|ofd|docx?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """What the page of one document shows; see `db.records.Document` for `fields`, `mark`, `scripted`, `partial`.

    words     characters of the document's own sentences
    related   (address, words of the link) of the interpretations it links to; related_unseen: a script brings such links
    """

    title: str
    fields: dict[str, str] = field(default_factory=dict)
    mark: str | None = None
    scripted: tuple[str, ...] = ()
    partial: str | None = None
    files: tuple[str, ...] = ()
    words: int = 0
    tail: str = ""
    related: tuple[tuple[str, str], ...] = ()
    related_unseen: bool = False


def read_document(page: Page, *, today: date) -> DocumentPage:
    """Everything that one document's page says; nothing found is an empty record."""
    body = body_of(page)
    title = title_of(page)
    text = squeeze(visible_text(body))
    lines = [line for line in (squeeze(t) for t in blocks_of(body)) if line]
    values, scripted = _labelled(page, today)
    fields = _meta_fields(page, today) | _own_fields(page, title, body, lines, today) | values
    if "publisher" not in fields and "source" in fields:
        fields["publisher"] = fields["source"]
    files = tuple(dict.fromkeys(link.url or link.text for link in page.links if _is_attachment(link)))[:10]
    prose = _prose(lines, title)
    mark = _mark(squeeze(visible_text(page.root)), text) or (
        f"公开属性:{values['openness']}" if "openness" in values else None
    )
    return DocumentPage(
        title,
        {key: fields[key] for key in FIELDS if key in fields},
        mark,
        tuple(s for s in scripted if s not in fields),
        _partial(page, body, prose, files),
        files,
        prose,
        text[-80:],
        tuple(related(page, title, "interpretation")),
        any(rules()["scripted"]["related"].search(s) for s in page.scripts),
    )


def _labelled(page: Page, today: date) -> tuple[dict[str, str], tuple[str, ...]]:
    """Values by field name, and the fields whose value a script has to write ("table": all of them)."""
    label, found, scripted, named = labels(), dict[str, str](), dict[str, None](), False
    for element in page.root.iter(*_CELLS):
        if len(element) > _CHILDREN or sum(1 for _ in element.iterdescendants()) > _CHILDREN:
            continue
        text = tidy(visible_text(element))
        if not 2 <= len(text) <= _LABELLED or (len(text) > _ALONE and ":" not in text and "】" not in text):
            continue
        marks = list(label.finditer(text))
        for place, m in enumerate(marks):
            key = str(m.lastgroup).partition("_")[0]
            alone = m.start() == 0 and m.end() == len(text)
            if key == "other" or key in found or not (alone or m[0].rstrip().endswith((":", "】", "]"))):
                continue
            named = named or key in ("index", "number", "openness")
            if alone:
                value, by_script = _beside(element)
                value = value[: cut.start()] if (cut := label.search(value)) else value
            else:
                end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
                value, by_script = text[m.end() : end], _has_script(element)
            if rules()["scripted"]["placeholder"].search(value):
                scripted[key] = None
            elif kept := _value(key, value, today):
                found[key] = kept
            elif by_script:
                scripted[key] = None
    if not named and _table_by_script(page):
        scripted["table"] = None
    return found, tuple(scripted)


def _beside(element: Element) -> tuple[str, bool]:
    """The value that stands behind a label: in its tail, in the next cell, or below it when the next cell is a label too."""
    node: Element | None = element
    label = labels()
    for _ in range(3):
        if node is None:
            break
        if tail := squeeze(node.tail).lstrip(":"):
            return tail, False
        following = node.getnext()
        while following is not None and following.tag in ("script", "br"):
            if following.tag == "script":
                return "", True
            if tail := squeeze(following.tail):
                return tail, False
            following = following.getnext()
        if following is not None:
            value = squeeze(visible_text(following))
            if value and label.fullmatch(value) and node.tag in ("td", "th"):
                return _below(node)
            return ("" if label.fullmatch(value) else value), _has_script(following)
        before = node.getprevious()
        if node.tag in ("td", "th") and before is not None and label.fullmatch(squeeze(visible_text(before))):
            return _below(node)
        parent = node.getparent()
        node = parent if parent is not None and squeeze(visible_text(parent)) == squeeze(visible_text(node)) else None
    return "", False


def _below(cell: Element) -> tuple[str, bool]:
    """The cell of the next row in the same column: a table whose labels stand in its head."""
    row = cell.getparent()
    following = row.getnext() if row is not None else None
    if row is None or following is None:
        if row is not None and (head := row.getparent()) is not None and head.tag == "thead":
            following = next(iter(e for e in head.itersiblings() for e in e.iter("tr")), None)
        if row is None or following is None:
            return "", False
    place = [c for c in row if c.tag in ("td", "th")].index(cell)
    cells = [c for c in following if c.tag in ("td", "th")]
    return (squeeze(visible_text(cells[place])), _has_script(cells[place])) if place < len(cells) else ("", False)


def _has_script(element: Element) -> bool:
    return next(element.iter("script"), None) is not None


def _value(key: str, text: str, today: date) -> str | None:
    """The value in its kept form, or None when it is empty, says 无, or is nothing of that kind."""
    r = rules()["value"]
    text = text.strip(" :,;|、")
    if r["none"].search(text):
        return None
    if key in ("written", "published"):
        day = read_date(text, today=today, compact=True)
        return day.isoformat() if day else None
    found = r[key].search(text)
    if not found:
        return None
    if key == "openness":
        return str(found[0])
    return text[:60]


def _table_by_script(page: Page) -> bool:
    """Whether a metadata table is made by a script: its labels stand in code, or an empty holder bears its name."""
    r = rules()["scripted"]
    if any(r["words"].search(code) for code in page.scripts):
        return True
    if not (page.scripts or page.script_urls):
        return False
    empty = (e for e in page.root.iter("div", "table", "ul", "tbody", "dl", "span") if not squeeze(visible_text(e)))
    return any(r["holder"].search(f"{e.get('class') or ''} {e.get('id') or ''}".lower()) for e in empty)


def _meta_fields(page: Page, today: date) -> dict[str, str]:
    found = {}
    for key, names in rules()["meta"].items():
        value = next((page.metas[n] for n in names if page.metas.get(n)), "")
        if kept := _value(key, squeeze(value), today):
            found[key] = kept
    return found


def _own_fields(page: Page, title: str, body: Element, lines: list[str], today: date) -> dict[str, str]:
    """What the document itself shows: its number under the title or in it, and issuer and day of its signature."""
    found, r = dict[str, str](), rules()
    form, beside = r["number"]["form"], r["number"]["beside"]
    own = squeeze(title)
    for line in (own, *_head_lines(page, body), *lines[:6]):
        m = form.search(line)
        if m and line.rstrip(")]】").endswith(m[0]) and (line == own or len(line) <= len(m[0]) + beside):
            if r["number"]["cited"].search(m[0]):
                continue
            found["number"] = m[0]
            break
    for place in range(len(lines) - 1, max(-1, len(lines) - 16), -1):
        line = lines[place]
        days = find_dates(line, today=today) if len(line) <= 40 else []
        if not days or not days[-1].year_known or weekday_behind(line, days[-1].end):
            continue
        found["written"] = days[-1].day.isoformat()
        before = line[: days[-1].start] or (lines[place - 1] if place else "")
        if 4 <= len(before) <= 40 and re.fullmatch(r"[\u4e00-\u9fff、()]+", before):
            found["publisher"] = before
        break
    text = visible_text(page.root)
    if day := labelled_date(text, today=today) or _bare_day(page, body, today):
        found["published"] = day.isoformat()
    return found


def _head_lines(page: Page, body: Element) -> list[str]:
    """Short pieces of text right before the body: title, subtitle, number."""
    pieces: list[str] = []
    inside = set(body.iterdescendants()) | {body}
    for element in page.root.iter():
        if element in inside:
            break
        if element.tag in HOLDERS or element.tag in ("div", "span", "td"):
            own = squeeze(element.text)
            if 6 <= len(own) <= 60:
                pieces.append(own)
    return pieces[-12:]


def _bare_day(page: Page, body: Element, today: date) -> date | None:
    """A full date without a label beside the title: 2026-03-05 09:30 in the line above the text."""
    framed: dict[Element, bool] = {}
    inside = set(body.iterdescendants()) | {body}
    for element in page.root.iter("span", "p", "div", "em", "i", "font", "td", "time", "h4", "h5", "li"):
        if element in inside or is_framed(element, framed):
            continue
        own = " ".join(t for t in (element.text, *(c.tail for c in element)) if t and t.strip())
        if not 8 <= len(own) <= 60 or any(a.tag in ("li", "a") for a in element.iterancestors()):
            continue
        for day in find_dates(own, today=today):
            if day.year_known and day.day <= today and not weekday_behind(own, day.end):
                return day.day
    return None


def _mark(whole: str, body: str) -> str | None:
    """The words that say how the document is opened."""
    r = rules()["mark"]
    if found := r["sure"].search(whole):
        return str(found[0])
    edges = body[-r["last"] :], body[: r["first"]]
    return next((m[0] for text in edges if (m := r["edge"].search(text))), None)


def _is_attachment(link: Link) -> bool:
    return is_document(link.url or "") or is_document(f"/{link.text}")


def _prose(lines: list[str], title: str) -> int:
    """Characters of the blocks that are sentences rather than labels, titles and furniture."""
    r, label, heading = rules()["body"], labels(), squeeze(title)
    long = (line for line in lines if len(line) >= r["block"] and line != heading and not r["junk"].search(line))
    return sum(len(line) for line in long if not ((m := label.match(line)) and m[0].endswith(":")))


def _partial(page: Page, body: Element, prose: int, files: tuple[str, ...]) -> str | None:
    """Why the text is not the whole document; None when it seems to be."""
    r = rules()["attachment"]
    stem = re.sub(r"\.\w+$", "", urlsplit(page.url).path)
    if any(urlsplit(url).path.startswith(f"{stem}_") for url in pager(page)[0]):
        return "more_pages"
    frames = any(_EMBEDDED.search(e.get("src") or e.get("data") or "") for e in body.iter("iframe", "embed", "object"))
    if (files or frames) and prose < r["short"]:
        return "attachment_only"
    if prose >= r["least"]:
        return None
    if page.frames:
        return "framed"
    if any(not _PICTURE.search(e.get("src") or "") for e in body.iter("img") if e.get("src")):
        return "picture_only"
    return "script_made"
