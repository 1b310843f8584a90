"""What is on a page: its links, frames, scripts and text, before anyone asks what they mean?

A `Page` is parsed once and handed to all readers. HTML comments are gone from the tree (old menus live in them),
and what stands after `</html>` is kept (some sites print their foot there).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Any, TypeAlias

from lxml import etree, html

from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import absolute

_CLOSING = re.compile(r"</\s*(?:body|html)\s*>", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEAD = 20_000  # characters in which a title stands
_PARSER = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
# One class for all: lxml's own choice asks Python for each element, and nobody here needs its forms.
_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=html.HtmlElement))
_SILENT = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option"))
_SCRIPTED = re.compile(r"^\s*(javascript:|#|$)", re.IGNORECASE)
_GOES_TO = re.compile(
    r"""(?:location(?:\.href)?\s*=|window\.open\s*\(|location\.(?:assign|replace)\s*\()\s*["']([^"']+)["']"""
)
Element: TypeAlias = html.HtmlElement
_SAID = etree.XPath(".//text()[not(parent::script or parent::style or ancestor::template)]", smart_strings=False)


@dataclass(frozen=True, slots=True)
class Link:
    """One `<a>` or `<area>` (or element with a literal `onclick` target).

    url    normalised address; None when it has none (`javascript:;`, an empty href, mail)
    text   visible text, white space removed; else its title, else the alt of its picture
    href   as written
    """

    url: str | None
    text: str
    href: str
    element: Element

    @property
    def scripted(self) -> bool:
        """The link has a name and no address of its own: only a script knows where it leads."""
        return self.url is None and _SCRIPTED.match(self.href) is not None

    @property
    def full_title(self) -> str:
        """The `title` attribute when it is longer than the visible text, which is often cut with …"""
        title = tidy(self.element.get("title"))
        shown = tidy(visible_text(self.element)) or self.text
        return title if len(squeeze(title)) > len(squeeze(shown).rstrip(".…")) else shown


def said_in(element: Element, between: str = "") -> str:
    """All text in `element`, also what only shows without scripts; code, styles and templates are no text."""
    pieces: Any = _SAID(element)
    return between.join(pieces)


def visible_text(element: Element) -> str:
    """Text of `element` without scripts, styles and the like, pieces joined by spaces."""
    if not len(element) and element.tag not in _SILENT:
        return element.text if element.text and element.text.strip() else ""
    pieces: list[str] = []
    _collect(element, pieces)
    return " ".join(pieces)


def _collect(element: Element, pieces: list[str]) -> None:
    if element.tag in _SILENT:
        return
    if element.text and not element.text.isspace():
        pieces.append(element.text)
    for child in element:
        _collect(child, pieces)
        if child.tail and not child.tail.isspace():
            pieces.append(child.tail)


class Page:
    """A page, parsed when a reader first looks at it. Raises nothing: what cannot be parsed is an empty tree.

    text  the page's text, or a function that brings it when it is first needed (a page kept from an earlier night)
    """

    def __init__(self, url: str, text: str | Callable[[], str]) -> None:
        self.url = url
        self._text = text
        self.parsed = False

    @cached_property
    def text(self) -> str:
        """The text of the page as decoded."""
        return self._text if isinstance(self._text, str) else self._text()

    @cached_property
    def root(self) -> Element:
        """The root of the parsed tree."""
        self.parsed = True
        source = _CLOSING.sub("", _DECLARATION.sub("", self.text)).replace("\x00", "")
        try:
            return html.document_fromstring(source or "<html></html>", parser=_PARSER)
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            return html.document_fromstring("<html><body></body></html>")

    @cached_property
    def base(self) -> str:
        """The address that relative links start from (`<base href>` or the page's own)."""
        for href in self.root.xpath("//base/@href"):
            if found := absolute(self.url, href):
                return str(found)
        return self.url

    @cached_property
    def title(self) -> str:
        """Text of `<title>`, tidy."""
        if not self.parsed and (found := _TITLE.search(_COMMENT.sub("", self.text[:_HEAD]))):
            return tidy(unescape(found[1]))
        title = next(self.root.iter("title"), None)
        return tidy(title.text_content()) if title is not None else ""

    @cached_property
    def metas(self) -> dict[str, str]:
        """`<meta name content>` by lower-case name; the first non-empty value wins (47号-8)."""
        found: dict[str, str] = {}
        for meta in self.root.iter("meta"):
            name = squeeze(meta.get("name")).lower()
            if name and not found.get(name):
                found[name] = tidy(meta.get("content"))
        return found

    @cached_property
    def links(self) -> list[Link]:
        """All links in page order, also in hidden tabs and menus."""
        found = []
        for element in self.root.iter("a", "area"):
            href = element.get("href") or ""
            url = None if _SCRIPTED.match(href) else absolute(self.base, href)
            if url is None and (target := _GOES_TO.search(element.get("onclick") or "")):
                url = absolute(self.base, target[1])
            found.append(Link(url, self.label(element), href, element))
        return found

    @staticmethod
    def label(element: Element) -> str:
        """What a person reads on `element`: its text, else its title, else the alt or title of its picture."""
        if text := squeeze(visible_text(element)):
            return text
        candidates = [element.get("title"), *(i.get("alt") or i.get("title") for i in element.iter("img", "input"))]
        return next((squeezed for c in candidates if (squeezed := squeeze(c))), "")

    @cached_property
    def frames(self) -> list[str]:
        """Addresses of frames and iframes in page order."""
        found = (absolute(self.base, e.get("src") or "") for e in self.root.iter("frame", "iframe") if e.get("src"))
        return [url for url in found if url]

    @cached_property
    def script_urls(self) -> list[str]:
        """Addresses of external scripts in page order."""
        found = (absolute(self.base, src) for src in self.root.xpath("//script/@src"))
        return [url for url in found if url]

    @cached_property
    def scripts(self) -> list[str]:
        """Inline scripts, as written."""
        return [e.text for e in self.root.iter("script") if e.text]

    @cached_property
    def words(self) -> str:
        """All visible text of the page, white space removed."""
        return squeeze(visible_text(self.root))

    def forget(self, text: Callable[[], str] | None = None) -> None:
        """Let the tree go, and the text too where a function brings it back; both are made again when a reader asks."""
        for name in ("root", "links", "words"):
            self.__dict__.pop(name, None)
        if text is not None:
            self._text = text
            self.__dict__.pop("text", None)
