"""What is the title of an article page, where is its body, and which of its links are about this article?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.extract.columns import is_article
from crawler.extract.document_rules import rules
from crawler.extract.document_title import alike, core
from crawler.extract.page import Element, Page, visible_text
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import is_file

HOLDERS = frozenset(("p", "li", "h1", "h2", "h3", "h4", "h5"))
_BLOCKS = HOLDERS | {"div", "td", "section", "article", "dd", "blockquote"}
_SILENT = frozenset(("script", "style", "noscript", "title", "option", "textarea"))
_LEVELS, _HEADING = 4, 16  # elements around a link in which its heading may stand; characters of a heading
_FEW = 4  # links of a box that is about this page only


def title_of(page: Page) -> str:
    """The article's title: the standard meta tag, a heading, or `<title>` before its dash."""
    if named := page.metas.get("articletitle"):
        return tidy(named, 200)
    headings = (tidy(e.text_content(), 200) for e in page.root.iter("h1", "h2", "h3"))
    return next((h for h in headings if len(squeeze(h)) >= 6), re.split(r"[-_|]", page.title)[0].strip())


def body_of(page: Page) -> Element:
    """The element that holds the article's text: a known container, else the one with most text outside links."""
    r, framed = rules()["body"], dict[Element, bool]()
    named = [
        e
        for e in page.root.iter("div", "td", "article", "section", "ucapcontent")
        if r["names"].search(f"{e.get('class') or ''} {e.get('id') or ''}") or e.tag == "ucapcontent"
    ]
    scores: dict[Element, float] = {}
    for element in page.root.iter():
        if not isinstance(element.tag, str) or element.tag in _SILENT or element.tag == "a":
            continue
        amount = sum(len(squeeze(t)) for t in (element.text, *(c.tail for c in element)) if t)
        if (
            amount < 10
            or r["junk"].search(element.text or "")
            or is_framed(element, framed)
            or any(a.tag == "a" for a in element.iterancestors())
        ):
            continue
        block = next((a for a in (element, *element.iterancestors()) if a.tag in _BLOCKS), element)
        holder = block.getparent() if block.tag in HOLDERS and block.getparent() is not None else block
        scores[holder] = scores.get(holder, 0) + amount
        if (above := holder.getparent()) is not None:
            scores[above] = scores.get(above, 0) + amount / 2
    heaviest = max(scores, key=lambda e: scores[e], default=page.root)
    around = [e for e in named if e is heaviest or heaviest in e.iterdescendants()]
    if around:
        return around[0]
    if named and len(squeeze(visible_text(named[0]))) >= rules()["attachment"]["least"]:
        return max(named, key=lambda e: len(squeeze(visible_text(e))))
    return heaviest


def is_framed(element: Element, known: dict[Element, bool]) -> bool:
    """Whether the element stands in a head, foot, menu or bread-crumb by tag or name; `known` remembers."""
    if element in known:
        return known[element]
    parent = element.getparent()
    inside = is_framed(parent, known) if parent is not None else False
    if not inside and element.tag not in ("body", "html"):
        mark = f"{element.get('class') or ''} {element.get('id') or ''}"
        inside = element.tag in ("header", "footer", "nav") or rules()["body"]["frame"].search(mark) is not None
    known[element] = inside
    return inside


def related(page: Page, title: str, what: str) -> Iterator[tuple[str, str]]:
    """(address, words) of links from this page to its `interpretation` or `document`, each address once.

    Either the link's own title speaks of the same thing, or it only says what it is (文字解读) and leads to an article, or
    it stands in a small box headed 相关解读, 相关文件 and the like.
    """
    r, framed, own = rules()["related"][what], dict[Element, bool](), core(title)
    boxes: dict[Element, int] = {}
    given: set[str] = set()
    links = [k for k in page.links if k.url and k.url != page.url and k.text and not is_framed(k.element, framed)]
    for link in links:
        if (box := _box(link.element)) is not None:
            boxes[box] = boxes.get(box, 0) + 1
    for link in links:
        assert link.url
        words = squeeze(link.full_title)
        if link.url in given or not (
            is_article(link.url) or is_file(link.url) or len(words) >= 8 or link.url.count("/") > 3
        ):
            continue
        headed = r["heading"].search(_heading(link.element))
        small = boxes.get(_box(link.element), 0) <= _FEW
        a_column = len(words) <= 8 and not is_article(link.url) and not is_file(link.url)
        fits = (
            (len(words) >= 8 and r["text"].search(words) and alike(own, core(words)))
            or (r["bare"].search(words) and not a_column)
            or (headed and small and len(words) >= 6 and (r["text"].search(words) or alike(own, core(words))))
        )
        if fits:
            given.add(link.url)
            yield link.url, words[:120]


def _box(element: Element) -> Element | None:
    """The list or block around a link that groups it with its neighbours."""
    return next((a for a in element.iterancestors() if a.tag in ("ul", "ol", "table", "dl", "div", "section")), None)


def _heading(element: Element) -> str:
    """The short text that stands nearest before a link and is no link itself (相关解读：); "" when other text comes first."""
    node = element
    for _ in range(_LEVELS):
        for before in node.itersiblings(preceding=True):
            text = squeeze(visible_text(before)) + squeeze(before.tail)
            if text and before.tag != "a" and next(before.iter("a"), None) is None:
                return text if len(text) <= _HEADING else ""
        parent = node.getparent()
        if parent is None or parent.tag in ("body", "html"):
            break
        if own := squeeze(parent.text):
            return own if len(own) <= _HEADING else ""
        node = parent
    return ""


def blocks_of(body: Element) -> Iterator[str]:
    """Text of each innermost block of the body, in order."""
    if not any(e.tag in _BLOCKS or e.tag == "br" for e in body.iterdescendants()):
        yield visible_text(body)
        return
    piece: list[str] = []

    def walk(node: Element) -> Iterator[str]:
        if node.tag in _SILENT or not isinstance(node.tag, str):
            return
        if node.tag in _BLOCKS or node.tag == "br":
            yield from flush()
        if node.text:
            piece.append(node.text)
        for child in node:
            yield from walk(child)
            if child.tail:
                piece.append(child.tail)
        if node.tag in _BLOCKS:
            yield from flush()

    def flush() -> Iterator[str]:
        if piece:
            yield "".join(piece)
            piece.clear()

    yield from walk(body)
    yield from flush()
