"""What was put into a page for gambling, pornography or the like? (19号-1-1; circulars: 暗链、被篡改)

Words alone prove nothing: an article about 打击赌博 has them too. A finding needs words and structure: links or text that are
hidden, a link out to such a host, a title that offers such things, a script that writes them or sends visitors there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from html import unescape
from pathlib import Path

from lxml import html

from crawler.extract.page import Element, Page, visible_text
from crawler.extract.text import squeeze, tidy
from crawler.extract.urls import host_of, same_host
from db.records import Injection

# Chinese characters that are written as escapes; a literal beginning makes each search cheap, above all in bytes.
_CODED = tuple(
    re.compile(form * 3)
    for form in (
        rb"&#[2-4]\d{4};",
        rb"&#x[4-9][0-9a-f]{3};",
        rb"\\u[4-9][0-9a-f]{3}",
        rb"%u[4-9][0-9a-f]{3}",
        rb"\\x[0-9a-f]{2}",
    )
)
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|%u([0-9a-f]{4})|((?:\\x[0-9a-f]{2})+)|((?:%[0-9a-f]{2}){3,})", re.IGNORECASE)
_HOST = re.compile(r"https?:(?://|\\/\\/)([\w.-]+)")
_NEAR = re.compile(
    rb"https?:(?://|\\/\\/)[\w.\x80-\xff-]+"
)  # where a _HOST may be, and what of the text goes on behind it
_WRITES = re.compile(r"document\.write(?:ln)?\s*\(|document\.title\s*=|\.innerhtml\s*=")
_SHORT = 12  # characters of a link's text that is a name, not a headline
_LABEL = 40
_MARKUP = 120
_WRITTEN = 2000  # characters behind document.write that are looked at
_WRAPPED = 20_000  # characters that a hidden box written by script may hold


def read_injections(page: Page) -> tuple[Injection, ...]:
    """What was put into the page, one a kind. Cheap for the many pages without any such word: they are not parsed for it."""
    rules = _rules()
    words = rules.any.search(page.text) or rules.strong.search(page.title.lower())
    plain = page.text.encode("utf-8", "surrogatepass").lower()
    hosts = _HOST.findall(b" ".join(_NEAR.findall(plain)).decode("utf-8", "replace"))
    named = words or any(map(_bad, set(hosts))) or any(form.search(plain) for form in _CODED)
    if not named and not _asks(plain):
        return ()
    low = page.text.lower()
    if not named and not rules.engines.search(low):
        return ()
    hiding = _Hiding(page, low)
    found: dict[str, list[Injection]] = {}
    for one in (
        (*_title(page), *_links(page, hiding), *_texts(page, hiding), *_scripts(page)) if named else _scripts(page)
    ):
        found.setdefault(one.kind, []).append(one)
    return tuple(
        Injection(kind, page.url, hits[0].words, hits[0].host, len(hits), hits[0].markup)
        for kind, hits in found.items()
    )


def _title(page: Page) -> Iterator[Injection]:
    """A title, key words or a description that offer such things."""
    rules = _rules()
    metas = [page.metas.get(name) or "" for name in ("keywords", "description")]
    title, said = page.title.lower(), " ".join([page.title, *metas]).lower()
    if rules.about.search(said):
        return
    in_title = _strong(title)
    if (in_title and rules.offer.search(rules.strong.sub("", title))) or len(in_title) >= 2 or len(_strong(said)) >= 3:
        words = in_title or _strong(said)
        yield Injection("title", page.url, "、".join(sorted(words)[:3]), None, 1, tidy(said, _MARKUP))


def _links(page: Page, hiding: _Hiding) -> Iterator[Injection]:
    """Links to such sites, hidden or shown, and frames and scripts from there."""
    rules = _rules()
    for link in page.links:
        text = (link.text or "").lower()[: _LABEL * 2]
        host = host_of(link.url) if link.url else ""
        out = bool(host) and not same_host(str(link.url), page.url) and not _official(host)
        bad_host = out and _bad(host)
        if rules.about.search(text):
            continue
        strong = _strong(text)
        weak = out and rules.weak.search(text) is not None
        if not (strong or bad_host or weak):
            continue
        offer = bool(strong) and rules.offer.search(rules.strong.sub("", text)) is not None
        if hiding.hides(link.element) and (bad_host or weak or (strong and (out or offer))):
            kind = "hidden_link"
        elif (bad_host and (strong or weak)) or (out and strong and (offer or len(text) <= _SHORT)):
            kind = "link"
        else:
            continue
        yield Injection(kind, page.url, tidy(text, _LABEL) or host, host or None, 1, _markup(link.element))
    for url in (*page.frames, *page.script_urls):
        host = host_of(url)
        if _bad(host) and not same_host(url, page.url):
            yield Injection("script", page.url, host, host, 1, url[:_MARKUP])


def _texts(page: Page, hiding: _Hiding) -> Iterator[Injection]:
    """Hidden text with two or more such words, links apart."""
    rules = _rules()
    for element in page.root.iter("div", "span", "p", "font", "marquee", "ul", "section", "h1", "h2", "b", "strong"):
        own = f"{element.text or ''}{''.join(child.tail or '' for child in element)}".lower()
        words = _strong(own)
        if len(words) >= 2 and hiding.hides(element) and not rules.about.search(own):
            yield Injection("hidden_text", page.url, "、".join(sorted(words)[:3]), None, 1, _markup(element))


def _scripts(page: Page) -> Iterator[Injection]:
    """Scripts that write such links or titles, or that send visitors of search engines to another site."""
    rules = _rules()
    for script in page.scripts:
        low = script.lower()
        if (
            _asks(low.encode("utf-8", "surrogatepass"))
            and len(set(rules.engines.findall(low))) >= 2
            and rules.sends.search(low)
        ):
            hosts = [h for h in _HOST.findall(_decoded(low)) if not rules.engines.search(f".{h}")]
            away = [h for h in hosts if not _official(h) and not same_host(f"http://{h}/", page.url)]
            if away:
                yield Injection("cloak", page.url, away[0], away[0], 1, tidy(script, _MARKUP))
                continue
        for m in _WRITES.finditer(low):
            part = low[m.end() : m.end() + _WRITTEN]
            end = part.find(";\n")
            text = _decoded(part if end < 0 else part[:end])
            words = _strong(text)
            offered = rules.offer.search(rules.strong.sub("", squeeze(re.sub(r"<[^>]*>", " ", text)))) is not None
            bad = any(map(_bad, _HOST.findall(text)))
            if (bad or len(words) >= 2 or (words and offered)) and not rules.about.search(text):
                yield Injection(
                    "script",
                    page.url,
                    "、".join(sorted(words)[:3]) or "外链",
                    None,
                    1,
                    tidy(script[m.start() :], _MARKUP),
                )
                break


class _Hiding:
    """What on a page hides an element: its style, its class in a style sheet of the page, a script, a box around it."""

    def __init__(self, page: Page, low: str) -> None:
        self.page, self.low = page, low
        self._known: dict[Element, bool] = {}

    @cached_property
    def names(self) -> set[str]:
        """Classes and ids that a style sheet of the page hides."""
        rules = _rules()
        sheets = ((sheet.text or "").lower() for sheet in self.page.root.iter("style"))
        bodies = (found for sheet in sheets for found in rules.sheet.findall(sheet))
        return {selector for selector, body in bodies if rules.style.search(re.sub(r"\s+", "", body))}

    @cached_property
    def ids(self) -> set[str]:
        """Ids of elements that a script of the page hides."""
        return {m["id"] or m["jq"] for m in _rules().script.finditer(self.low)}

    @cached_property
    def wrapped(self) -> set[tuple[str, str]]:
        """Address and text of links in a hidden box that scripts write around them."""
        found: set[tuple[str, str]] = set()
        for m in _rules().wrapper.finditer(self.low):
            inside = self.low[m.end() : m.end() + _WRAPPED]
            end = re.search(r"document\.write(ln)?\(\s*[\"']\s*<\\?/", inside)
            box = html.document_fromstring(f"<div>{inside[: end.start()] if end else ''}</div>")
            found |= {(a.get("href") or "", squeeze(visible_text(a))) for a in box.iter("a")}
        return found

    def hides(self, element: Element) -> bool:
        """Whether the element or one above it is hidden from the reader."""
        if element.tag == "a" and self.wrapped:
            mark = ((element.get("href") or "").lower(), squeeze(visible_text(element)).lower())
            if mark in self.wrapped:
                return True
        node: Element | None = element
        while node is not None and node.tag not in ("body", "html"):
            if self._hidden(node):
                return True
            node = node.getparent()
        return False

    def _hidden(self, node: Element) -> bool:
        if node not in self._known:
            self._known[node] = self._look(node)
        return self._known[node]

    def _look(self, node: Element) -> bool:
        style = re.sub(r"\s+", "", (node.get("style") or "").lower())
        if style and (_rules().style.search(style) or _same_colour(style)):
            return True
        if node.get("hidden") is not None or (node.get("id") or "").lower() in self.ids - {""}:
            return True
        names = {f".{c}" for c in (node.get("class") or "").lower().split()} | {f"#{(node.get('id') or '').lower()}"}
        if names & self.names:
            return True
        return node.tag == "marquee" and any((node.get(k) or "") in ("0", "1") for k in ("height", "width"))


def _same_colour(style: str) -> bool:
    colours = dict(re.findall(r"(?:^|;)(color|background(?:-color)?):([#\w]+)", style))
    front = colours.pop("color", None)
    return front is not None and front in colours.values()


def _strong(text: str) -> set[str]:
    return {m[0] for m in _rules().strong.finditer(text)}


def _asks(plain: bytes) -> bool:
    return any(mark in plain for mark in _rules().asks)


@lru_cache(4096)
def _bad(host: str) -> bool:
    return _rules().host.search(host) is not None and not _official(host)


def _official(host: str) -> bool:
    return host.split(":")[0].endswith((".gov.cn", ".政务", ".xn--zfr164b"))


def _markup(element: Element) -> str:
    return tidy(html.tostring(element, encoding="unicode", with_tail=False), _MARKUP)


def _decoded(code: str) -> str:
    """Code with its escapes undone: \\u6fb3, %u6fb3, \\x6c, %e6%be%b3, &#28595;"""

    def plain(m: re.Match[str]) -> str:
        if short := m[1] or m[2]:
            return chr(int(short, 16))
        return bytes.fromhex(re.sub(r"\\x|%", "", m[3] or m[4], flags=re.IGNORECASE)).decode("utf-8", "replace")

    return unescape(_ESCAPE.sub(plain, code)).lower()


@dataclass(frozen=True, slots=True)
class _Rules:
    asks: tuple[bytes, ...]
    strong: re.Pattern[str]
    weak: re.Pattern[str]
    offer: re.Pattern[str]
    about: re.Pattern[str]
    host: re.Pattern[str]
    any: re.Pattern[str]  # of text in any case, the others of lower case
    style: re.Pattern[str]
    sheet: re.Pattern[str]
    script: re.Pattern[str]
    wrapper: re.Pattern[str]
    engines: re.Pattern[str]
    sends: re.Pattern[str]


@cache
def _rules() -> _Rules:
    data = tomllib.loads((Path(__file__).parent / "injected.toml").read_text("utf-8"))
    words, hidden, cloak = data["words"], data["hidden"], data["cloak"]
    patterns = (
        f"{words['strong']}|{words['latin']}",
        *(words[key] for key in ("weak", "offer", "about")),
        data["host"]["bad"],
        f"(?i){words['strong']}|{words['weak']}",
        *(hidden[key] for key in ("style", "sheet", "script", "wrapper")),
        *(cloak[key] for key in ("engines", "sends")),
    )
    return _Rules(tuple(mark.encode() for mark in cloak["asks"]), *map(re.compile, patterns))
