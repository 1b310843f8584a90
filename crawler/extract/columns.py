"""Which links of a page are columns (栏目), and which column is it?

Names decide, by the patterns of words.toml; the address alone never proves a column.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.page import Element, Link, Page
from crawler.extract.text import has_chinese, squeeze, tidy
from crawler.extract.urls import absolute, is_document, is_file, is_trap, under

BOARD_ROLES = ("guide", "rules", "statutory", "catalogue", "annual_report", "request")
_LISTED = frozenset(("news", "notice"))
_ONE_PAPER = frozenset(("guide", "rules", "catalogue"))  # columns that may be a single file: a guide as PDF
_ORNAMENT = re.compile(r"^[\W_\d]+(?=[^\W\d])|[\s>»›·|•:：>\]】」]+$")
_QUOTES = re.compile(r"[「」『』“”\"'《》【】\[\]]")
_ARTICLE = re.compile(
    r"/t\d{6,}(_\d+)*\.s?html?$|/art/\d{4}/|/post_\d+|/content_\d+|/\d{6}/|/20\d\d[/-]?\d{1,2}[/-]?\d{0,2}/|/info/\d+/\d+\.htm"
    r"|/[0-9a-f]{32}\.s?html?$|/(?!\w*(list|class|more|index|column|channel|cate))\w*(show|view|detail|read)\w*\.(asp|aspx|jsp|php|do|action)\?"
    r"|/(?!\w*(list|class|more|index|column|channel|cate))\w*(article|news|content|info)\w*\.(asp|aspx|jsp|php|do|action)"
    r"\?([^#]*&)?(news|article|info|art|content|item|doc)?_?id="
    r"|[?&](a|act|action|m)=(show|view|detail)\b",
    re.IGNORECASE,
)
_CUT = re.compile(r"(\.{2,}|…)$")  # a headline shortened to its row
_ARTICLE_NAME = 12  # characters; a longer name on an article's address is a headline
_DIRECTIVE = re.compile(r"\s(v-for|ng-repeat|ms-repeat|ms-for|x-for)\s*=")
_TREE = re.compile(r"\bzTree\b|new\s+dTree|\bdtree\b|\.jstree\(|\.treeview\(", re.IGNORECASE)
_MENU_MARK = re.compile(
    r"(^|[-_\s])(app|root|menu\w*|nav\w*|\w*tree|lanmu\w*|left\w*|column\w*|catalog\w*|channel\w*)([-_\s]|$)",
    re.IGNORECASE,
)
_QUOTED_ID = re.compile(r"""["']#?([A-Za-z][\w-]{1,39})["']""")
_BARE_ID = re.compile(r"#?[A-Za-z][\w-]{1,39}")
_DATE_NEAR = re.compile(r"\d{1,4}[-/.年]\d{1,2}")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "dt", "strong", "b", "span", "em", "a", "p", "div", "td", "th")

_REPEATED = 4096  # names whose answer is kept: the same menu stands on every page of a site


@dataclass(frozen=True, slots=True)
class Entry:
    """A link that looks like an entry of a menu: its name without ornaments, where it leads, what it may be.

    opens    ids on the same page that an entry without an address may open: its fragment, names in its script and marks
    submenu  real links stand beneath an entry without an address
    beneath  addresses of the sub-menu of a news or notice entry with an address
    """

    name: str
    url: str | None
    roles: tuple[str, ...]
    opens: tuple[str, ...] = ()
    submenu: bool = False
    beneath: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Role:
    name: re.Pattern[str]
    refuse: re.Pattern[str] | None
    board: re.Pattern[str] | None
    slug: re.Pattern[str] | None


@lru_cache(_REPEATED)
def column_name(label: str) -> str:
    """A label without white space, quotes, leading numbers and trailing arrows."""
    name = _QUOTES.sub("", squeeze(label))
    return _ORNAMENT.sub("", _ORNAMENT.sub("", name))


@lru_cache(_REPEATED)
def roles_of(label: str, *, on_board: bool = False) -> tuple[str, ...]:
    """The roles that the name may have, in the order of words.toml; empty when it says nothing.

    on_board  the short names (指南, 制度, 年报, 申请, 目录) count too
    """
    name = column_name(label)
    found = []
    for key, role in _roles().items():
        if role.refuse and role.refuse.search(name):
            continue
        if role.name.search(name) or (on_board and role.board and role.board.search(name)):
            found.append(key)
    if "annual_report" in found or "request" in found:
        found = [f for f in found if f not in ("statutory", "catalogue", "rules")]
    return tuple(found)


def slug_roles(url: str) -> tuple[str, ...]:
    """Roles whose usual path segments stand in the address: a reason to look there, no proof."""
    segments = [s.partition(".")[0] for s in urlsplit(url).path.split("/") if s]
    return tuple(
        key
        for key, role in _roles().items()
        if role.slug and any(role.slug.fullmatch(segment) for segment in segments[-2:])
    )


def hinted_roles(entry: Entry) -> tuple[str, ...]:
    """Board roles that the address of an entry speaks of (`zfxxgknb`) while its name says nothing, for or against.

    No proof that the column is there, but enough not to call it missing.
    """
    if entry.roles or entry.url is None or "gk" not in urlsplit(entry.url).path.lower():
        return ()
    said = (r for r in slug_roles(entry.url) if r in BOARD_ROLES)
    return tuple(r for r in said if not ((no := _roles()[r].refuse) and no.search(entry.name)))


def is_article(url: str) -> bool:
    """Whether the address is one of an article rather than of a column."""
    return _ARTICLE.search(url) is not None


def entries(page: Page, *, on_board: bool = False) -> list[Entry]:
    """All menu entries of a page in page order: short Chinese names that are no articles, no dates beside them.

    A 更多 link takes the heading of its block as its name. Entries without an address (`javascript:;`) are kept, with
    `url` None. One address may come more than once, under several names.
    """
    rule = _no_column()
    found = []
    for link in page.links:
        name = column_name(link.text)
        if rule["more"].search(name) or rule["more"].search(link.text):
            name = column_name(heading_of(link.element))
        if not 2 <= len(name) <= rule["longest"] + (8 if "公开" in name else 0) or not has_chinese(name):
            continue
        if rule["name"].search(name.lower()) or _CUT.search(name):
            continue
        roles = roles_of(name, on_board=on_board)
        if len(name) > rule["longest"] and not roles:
            continue  # long names are those of the board, said in full
        if link.url is not None:
            if is_file(link.url) and not (
                set(roles) & _ONE_PAPER and is_document(link.url) and not _dated(link.element)
            ):
                continue
            article = is_article(link.url)
            if article and (_dated(link.element) or len(name) > _ARTICLE_NAME):
                continue
            if not set(roles) & set(BOARD_ROLES) and (article or is_trap(link.url) or _dated(link.element)):
                continue
        elif not (link.scripted or link.href.startswith("#")):
            continue
        if link.url is None:
            found.append(Entry(name, None, roles, _opens(link), _has_submenu(link)))
        else:
            found.append(Entry(name, link.url, roles, beneath=_beneath(link, page) if _LISTED & set(roles) else ()))
    return found


def inner_entries(found: Iterable[Entry], home: str) -> list[Entry]:
    """The entries that stay on the site of `home`, one per address, the name that has a role preferred."""
    best: dict[str, Entry] = {}
    for entry in found:
        if entry.url is None or not under(entry.url, home) or entry.url == home:
            continue
        known = best.get(entry.url)
        if known is None or (entry.roles and not known.roles):
            best[entry.url] = entry
    return list(best.values())


def board_roles(found: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries by board role (guide, rules, statutory, catalogue, annual_report, request), real addresses first."""
    by_role: dict[str, list[Entry]] = {}
    for entry in found:
        for role in entry.roles:
            if role in BOARD_ROLES:
                by_role.setdefault(role, []).append(entry)
    return {role: sorted(named, key=lambda e: e.url is None) for role, named in by_role.items()}


def _opens(link: Link) -> tuple[str, ...]:
    found = {link.href[1:]} if link.href.startswith("#") else set()
    for value in link.element.attrib.values():
        found.update(_QUOTED_ID.findall(value))
        if _BARE_ID.fullmatch(value):
            found.add(value.lstrip("#"))
    return tuple(sorted(found - {"", link.element.get("id")}))


def _beneath(link: Link, page: Page) -> tuple[str, ...]:
    """The other addresses in the `li` of a menu that the link opens; none where it is not the first there."""
    row = link.element.getparent()
    for _ in range(3):
        if row is None or row.tag == "li":
            break
        row = row.getparent()
    if row is None or row.tag != "li" or next(row.iter("a")) is not link.element:
        return ()
    urls = (absolute(page.base, a.get("href") or "") for a in row.iter("a"))
    return tuple(dict.fromkeys(u for u in urls if u and u != link.url and under(u, page.url)))


def _has_submenu(link: Link) -> bool:
    parent = link.element.getparent()
    if parent is None or parent.tag not in ("li", "dt", "dd"):
        return False
    addresses = [a.get("href") or "" for a in parent.iter("a") if a is not link.element]
    return any(h.strip() and not h.strip().startswith(("javascript", "#")) for h in addresses)


def heading_of(element: Element) -> str:
    """The short heading of the block in which a 更多 link stands, or "" when none is near."""
    own = squeeze(element.text_content())
    node = element.getparent()
    for _ in range(4):
        if node is None or node.tag in ("body", "html"):
            break
        for child in node.iter(*_HEADINGS):
            if child is element or element in child.iter():
                continue
            text = squeeze(child.text_content())
            if 2 <= len(text) <= 12 and text != own and has_chinese(text):
                return text
        node = node.getparent()
    return ""


def unread_menus(page: Page) -> list[str]:
    """Why the navigation of the page is not read in full: menus written by a script, pictures without a name.

    Empty when everything that could lead to a column has a name.
    """
    gaps = []
    for script in page.scripts:
        if re.search(r"document\.write(ln)?\s*\(", script) and re.search(r"<a\b|href\s*=", script, re.IGNORECASE):
            gaps.append("script menu")
            break
    names = " ".join(urlsplit(u).path.rsplit("/", 1)[-1].lower() for u in page.script_urls)
    if re.search(r"\b(nav|menu|daohang|header|head|top|dh|left|lanmu)\w*\.js\b", names):
        gaps.append("script menu")
    nameless = 0
    for link in page.links:
        if not link.text and link.href and not link.href.startswith(("mailto:", "tel:")):
            images = list(link.element.iter("img"))
            inside = link.url is None or under(link.url, page.url)
            if images and inside and not is_logo(link, page):
                nameless += 1
    if nameless:
        gaps.append(f"{nameless} unlabelled image links")
    if any(re.search(r"\{\{.*?\}\}", link.href + link.text) for link in page.links) or _DIRECTIVE.search(page.text):
        gaps.append("menu template")
    code = "\n".join(page.scripts)
    if _TREE.search(code):
        gaps.append("script tree")
    if (page.scripts or page.script_urls) and any(
        _is_hollow_menu(e) for e in page.root.iter("ul", "div", "dl", "nav", "ol")
    ):
        gaps.append("empty menu to be filled by a script")
    return list(dict.fromkeys(gaps))


def _is_hollow_menu(element: Element) -> bool:
    """A container that is named as a menu (or is the root of an application) and holds nothing at all."""
    if len(element) or squeeze(element.text):
        return False
    mark = f"{element.get('id') or ''} {element.get('class') or ''}"
    return bool(_MENU_MARK.search(mark))


def is_logo(link: Link, page: Page) -> bool:
    """A picture that leads home, or to an article or file (a banner, a carousel), is no menu entry."""
    if link.url is None:
        return False
    root = urlsplit(link.url)
    return root.path in ("", "/") or link.url == page.url or is_article(link.url) or is_file(link.url)


def _dated(element: Element) -> bool:
    """Whether a date stands beside the link, in its own row: then it is an item of a list, not a menu entry."""
    parent = element.getparent()
    if parent is None:
        return False
    row = parent if parent.tag in ("li", "dd", "dt", "p", "div", "span", "h3", "h4") else None
    if parent.tag == "td":
        row = parent.getparent()
    if row is None or len(list(row.iter("a"))) > 2:
        return False
    return _DATE_NEAR.search(squeeze(tidy(row.text_content(), 200))) is not None


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parents[1] / "words.toml").read_text("utf-8"))


@cache
def _roles() -> dict[str, _Role]:
    def pattern(row: dict[str, str], key: str) -> re.Pattern[str] | None:
        return re.compile(row[key], re.IGNORECASE) if key in row else None

    return {
        key: _Role(
            re.compile(row["name"], re.IGNORECASE), pattern(row, "not"), pattern(row, "board"), pattern(row, "slug")
        )
        for key, row in _data()["role"].items()
    }


@cache
def _no_column() -> dict[str, Any]:
    rule = _data()["no_column"]
    return {
        "name": re.compile(rule["name"], re.IGNORECASE),
        "more": re.compile(rule["more"], re.IGNORECASE),
        "longest": rule["longest"],
    }
