"""Which items does a list page show, each with its day? (cms.md 3)

Rows are found from their links: a row is the largest element around a link that holds no other item. Rows with the same path
of tags and classes are one list; the list with most dated rows outside head, menu and foot is the page's list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from crawler.extract.dates import Found, carry_years, date_in_url, find_dates, is_banner, normal, read_date
from crawler.extract.page import Element, Link, Page, visible_text
from crawler.extract.text import has_chinese, squeeze, tidy
from crawler.extract.urls import absolute, is_document
from db.records import Row

_ROW_TAGS = frozenset(("li", "tr", "dd", "dt"))
_STOP_TAGS = frozenset(("ul", "ol", "table", "tbody", "dl", "body", "html", "form", "section", "main"))
_FRAME = re.compile(
    r"(^|[-_\s])(header|head|top|topbar|footer|foot|bottom|nav|menu|navbar|crumbs?|breadcrumb|copyright|friendlink|yqlj|calendar|rili)([-_\s\d]|$)",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(r"^(更多|more|首页|上一页|下一页|尾页|末页|上页|下页|详情|详细|查看|下载|返回|>+|»+|\d+|\[.{1,8}\])$", re.IGNORECASE)
_SPLIT = (
    (re.compile(r"^(\d{1,2})[日号]?\s+(20\d{2})\s*[-/.年]\s*(\d{1,2})月?$"), (1, 2, 0)),
    (re.compile(r"^(20\d{2})\s*[-/.年]\s*(\d{1,2})月?\s+(\d{1,2})[日号]?$"), (0, 1, 2)),
    (re.compile(r"^(20\d{2})年?\s+(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?$"), (0, 1, 2)),
    (re.compile(r"^(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?\s+(20\d{2})年?$"), (2, 0, 1)),
)
_SPLIT_MD = re.compile(r"^(\d{1,2})月?\s*[/-]?\s+(\d{1,2})[日号]?$")
_GLUED = re.compile(
    r"^\W{0,2}((?:20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/]\d{1,2}))\W{0,2}(?=\D)|[\[(【（\s]?((?:20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}-\d{1,2}))[\])】）\s]*$"
)
_NOISE = re.compile(r"(成文|印发|生效|废止|有效期?|截止)(日期|时间)?\s*[:：]?\s*20\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_PINNED = re.compile(r"置顶|\btop\b", re.IGNORECASE)
_RECORD = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_COMMENTS = re.compile(r"<!--.*?-->|/\*.*?\*/|(?<![:\w\"'])//[^\n]*", re.DOTALL)
_CREATE_PAGE = re.compile(r"createPage\w*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*[\"']([\w./-]+)[\"']\s*,\s*[\"'](\w+)[\"']", re.IGNORECASE)
_COUNT_PAGE = re.compile(r"\bcountPage\s*=\s*[\"']?(\d+)")
_OF_PAGES = re.compile(r"(?:第?\s*\d+\s*/\s*|共\s*)(\d{1,4})\s*页")
_NEXT = re.compile(r"^(下一?页|后一页|next|>|›|»)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{[^}]{1,60}\}\}|\$\{[^}]{1,40}\}|<%=")
_DIRECTIVES = re.compile(r"\b(v-for|ng-repeat|ms-repeat|ms-for|x-for|:for|v-html)\b")
_CALLS = re.compile(r"\$\s*\.\s*(ajax|get|post|getJSON)\s*\(|\bfetch\s*\(|XMLHttpRequest|axios\b|\.load\s*\(\s*[\"']|dataproxy|pageData|datalist", re.IGNORECASE)
_COUNTER = re.compile(r"(visit|count|tongji|hits?|pv|stat|click|weather|login|tq)\w*\.(jsp|php|aspx?|do|json|js)|/(stat|count|hits?|weather)", re.IGNORECASE)
_HOLDER = re.compile(r"(list|data|content|news|result|main|rows|items|box|con)", re.IGNORECASE)
_MAX_PAGES = 20
_LONGEST_ROW = 600


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of a page.

    rows        in page order; undated ones have published None
    next_pages  addresses of the following pages, at most twenty
    unseen      why (a part of) the list is made by a script that was not run; None when the page is plainly static
    pages_total number of pages the pager names, None when it names none
    """

    rows: tuple[Row, ...] = ()
    next_pages: tuple[str, ...] = ()
    unseen: str | None = None
    pages_total: int | None = None


@dataclass(slots=True)
class _Item:
    link: Link
    row: Element
    path: str
    found: Found | None
    by: str | None
    framed: bool


def read_listing(page: Page, *, today: date, template: frozenset[str] = frozenset()) -> Listing:
    """The page's own list. `template`: addresses that belong to the frame of the site; a row made of one is no item."""
    items = [i for i in _items(page, today) if not i.framed and i.link.url not in template]
    pages, total = _pager(page)
    rows = _rows(_best(items, dated=True))
    if not rows:
        rows = _script_rows(page, today)
    if not rows:
        rows = _rows([i for i in _best(items, dated=False) if _item_like(i)])
    return Listing(tuple(rows), tuple(pages), None if rows else _unseen(page), total)


def home_rows(page: Page, *, today: date) -> tuple[Row, ...]:
    """Dated rows of all lists of a home page, each address once; banners, calendars and the foot left out."""
    groups: dict[str, list[_Item]] = {}
    for item in _items(page, today):
        if item.found and not item.framed:
            groups.setdefault(item.path, []).append(item)
    rows: dict[str, Row] = {}
    for group in groups.values():
        for row in _rows(group):
            rows.setdefault(row.url or row.title, row)
    for row in _script_rows(page, today):
        rows.setdefault(row.url or row.title, row)
    return tuple(rows.values())


def _items(page: Page, today: date) -> list[_Item]:
    """Each link that may be an item, with its row and the date in it."""
    found: list[_Item] = []
    for link in page.links:
        if not _may_be_title(link):
            continue
        row = _row_of(link)
        text = _row_text(row)
        if len(text) > _LONGEST_ROW:
            row, text = link.element, visible_text(link.element)
        day, by = _date_of(link, row, text, today)
        found.append(_Item(link, row, _path(row), day, by, _framed(row)))
    return found


def _may_be_title(link: Link) -> bool:
    if not link.text or _NO_TITLE.match(link.text):
        return False
    if link.url is None and not (link.href.startswith("javascript") and len(link.text) > 5):
        return False
    return has_chinese(link.text) or bool(link.url and is_document(link.url)) or len(link.text) > 12


def _row_of(link: Link) -> Element:
    """The largest element around the link that holds no other item; never beyond a li, tr, dd or dt."""
    row = link.element
    for parent in link.element.iterancestors():
        if parent.tag in _STOP_TAGS or not isinstance(parent.tag, str):
            break
        others = [a for a in parent.iter("a") if a is not link.element and len(squeeze(a.text_content())) >= 4]
        others = [a for a in others if a.get("href") != link.href and not _NO_TITLE.match(squeeze(a.text_content()))]
        if parent.tag in _ROW_TAGS:
            longest = max([link.element, *others], key=lambda a: len(squeeze(a.text_content())))
            return parent if longest is link.element and len(others) <= 2 else row
        if others:
            break
        row = parent
    return row


def _row_text(row: Element) -> str:
    text = visible_text(row)
    if row.tag == "dt":
        node = row.getnext()
        while node is not None and node.tag == "dd":
            text += " " + visible_text(node)
            node = node.getnext()
    return text


def _date_of(link: Link, row: Element, text: str, today: date) -> tuple[Found | None, str | None]:
    """The date shown in the row beside the title, else at its end, else in the address."""
    if is_banner(text):
        return None, None
    shown = visible_text(link.element)
    rest = normal(text).replace(normal(shown), " ", 1) if row is not link.element else ""
    rest = _NOISE.sub(" ", rest)
    if row.tag == "tr" and (cell := _date_cell(row)) is not None:
        rest = normal(visible_text(cell)) or rest
    for candidate in (rest, *(normal(visible_text(e)) for e in link.element.iter() if e is not link.element and isinstance(e.tag, str))):
        if len(squeeze(candidate)) > 12 and candidate is not rest:
            continue
        if found := _first(candidate, today):
            return found, "row"
    glued = _GLUED.search(normal(shown).strip())
    if glued and (found := _first(glued[1] or glued[2], today)):
        return found, "row"
    if rest and (day := read_date(rest, today=today)):
        return Found(day, 0, 0), "row"
    if link.url and (day := date_in_url(link.url, today=today)):
        return Found(day, 0, 0), "file" if is_document(link.url) else "url"
    return None, None


def _first(text: str, today: date) -> Found | None:
    pieces = " ".join(text.replace("|", " ").split()).strip("[]()【】（） ")
    for form, (y, m, d) in _SPLIT:
        if match := form.match(pieces):
            parts = match.groups()
            if day := read_date(f"{parts[y]}-{parts[m]}-{parts[d]}", today=today):
                return Found(day, 0, 0)
    found = find_dates(text, today=today)
    full = [f for f in found if f.year_known]
    if full:
        return full[-1] if len(full) > 1 and "日期" not in text else full[0]
    if found:
        return found[0]
    if (match := _SPLIT_MD.match(pieces)) and (day := read_date(f"{match[1]}月{match[2]}日", today=today)):
        return Found(day, 0, 0, False)
    return None


def _date_cell(row: Element) -> Element | None:
    """The cell of a table row under the head 发布日期 (or 日期, 时间), or None."""
    table = next((a for a in row.iterancestors() if a.tag == "table"), None)
    head = next(iter(table.iter("tr")), None) if table is not None else None
    if head is None or head is row:
        return None
    names = [squeeze(c.text_content()) for c in head if c.tag in ("td", "th")]
    cells = [c for c in row if c.tag in ("td", "th")]
    for word in ("发布日期", "发布时间", "公开日期", "日期", "时间"):
        for n, name in enumerate(names):
            if word in name and len(name) <= 8 and not name.startswith(("成文", "生成", "印发")) and n < len(cells):
                return cells[n]
    return None


def _best(items: list[_Item], *, dated: bool) -> list[_Item]:
    groups: dict[str, list[_Item]] = {}
    for item in items:
        if bool(item.found) == dated or not dated:
            groups.setdefault(item.path, []).append(item)
    if not groups:
        return []

    def weight(group: list[_Item]) -> tuple[int, int]:
        shown = sum(1 for i in group if i.by == "row") if dated else sum(1 for i in group if _item_like(i))
        return shown, sum(len(i.link.text) for i in group)

    best = max(groups.values(), key=weight)
    path = best[0].path
    return [i for i in items if i.path == path] if weight(best)[0] or dated else []


def _item_like(item: _Item) -> bool:
    url = item.link.url
    return sum(map(has_chinese, item.link.text)) >= 8 or bool(url and is_document(url))


def _rows(items: list[_Item]) -> list[Row]:
    """Rows of one list, each address once, years of month-day dates carried down."""
    kept: dict[str, _Item] = {}
    for item in items:
        key = item.link.url or item.link.text
        if key not in kept or (kept[key].found is None and item.found):
            kept[key] = item
    days = carry_years([i.found for i in kept.values()])
    return [
        Row(tidy(i.link.full_title, 200), i.link.url, day, i.by if day else None, _PINNED.search(_row_text(i.row)) is not None)
        for i, day in zip(kept.values(), days, strict=True)
    ]


def _path(element: Element) -> str:
    """Tags and classes from the element to the body; numbers in classes do not count."""
    parts = [element.tag]
    for parent in element.iterancestors():
        if parent.tag in ("body", "html"):
            break
        parts.append(f"{parent.tag}.{re.sub(r'[0-9]+', '', parent.get('class') or '')}")
    return "/".join(parts)


def _framed(element: Element) -> bool:
    for node in (element, *element.iterancestors()):
        if node.tag in ("header", "footer", "nav"):
            return True
        mark = f"{node.get('class') or ''} {node.get('id') or ''}"
        if node.tag not in ("body", "html") and mark.strip() and _FRAME.search(mark):
            return True
    return False


def _script_rows(page: Page, today: date) -> list[Row]:
    """Rows that stand ready in scripts: Hanweb jpage records, JSON arrays with title, address and date."""
    for script in page.root.iter("script", "textarea"):
        text = script.text or ""
        if "<record" in text or "datastore" in text:
            records = "".join(_RECORD.findall(text))
            if records:
                inner = Page(page.url, f"<html><body>{records}</body></html>")
                items = _items(inner, today)
                if rows := _rows([i for i in items if i.found] or [i for i in items if _item_like(i)]):
                    return rows
        if (script.get("type") or "").endswith("json") and (rows := list(_json_rows(page, text, today))):
            return rows
    return []


def _json_rows(page: Page, text: str, today: date) -> Iterator[Row]:
    try:
        data = json.loads(text)
    except ValueError:
        return
    todo = [data]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            low = {str(k).lower(): v for k, v in node.items()}
            title = low.get("title") or low.get("name")
            day = next((d for k, v in low.items() if "date" in k or "time" in k if (d := read_date(str(v), today=today))), None)
            if isinstance(title, str) and day:
                url = low.get("url") or low.get("href") or low.get("link")
                yield Row(tidy(title, 200), absolute(page.base, url) if isinstance(url, str) else None, day, "row")
            else:
                todo += list(node.values())


def _pager(page: Page) -> tuple[list[str], int | None]:
    """Addresses of the following pages and how many pages there are."""
    code = "\n".join(_COMMENTS.sub("", s) for s in page.scripts)
    found: list[str] = []
    total: int | None = None
    if m := _CREATE_PAGE.search(code):
        total, stem, suffix = int(m[1]), m[3], m[4]
        found = [absolute(page.url, f"{stem}_{n}.{suffix}") or "" for n in range(1, min(total, _MAX_PAGES + 1))]
    elif m := _COUNT_PAGE.search(code):
        total = int(m[1])
        name = urlsplit(page.url).path.rsplit("/", 1)[-1]
        stem, _, suffix = (name or "index.html").rpartition(".")
        found = [absolute(page.url, f"{stem or 'index'}_{n}.{suffix}") or "" for n in range(1, min(total, _MAX_PAGES + 1))]
    if not found:
        for link in page.links:
            if link.url and link.url != page.url and (_NEXT.match(link.text) or re.fullmatch(r"\d{1,3}", link.text)):
                if urlsplit(link.url).netloc == urlsplit(page.url).netloc and link.url not in found:
                    found.append(link.url)
    if total is None and (m := _OF_PAGES.search(normal(page.words))):
        total = int(m[1])
    return [u for u in found if u and u != page.url][:_MAX_PAGES], total


def _unseen(page: Page) -> str | None:
    """Why a page without rows may have a list that a script brings; None when it is plainly static."""
    markup = _COMMENTS.sub("", page.text)
    if _DIRECTIVES.search(markup):
        return "template directives"
    body = re.sub(r"<script\b.*?</script>|<style\b.*?</style>", "", markup, flags=re.DOTALL | re.IGNORECASE)
    if _PLACEHOLDER.search(body):
        return "template placeholders"
    if page.root.xpath("//*[@id='app' or @id='root'][not(normalize-space())]"):
        return "application root"
    code = "\n".join(_COMMENTS.sub("", s) for s in page.scripts)
    calls = [m for m in _CALLS.finditer(code) if not _COUNTER.search(code[m.start() : m.start() + 200])]
    if calls:
        return "list brought by a script"
    if re.search(r"document\.write\w*\s*\(.{0,200}<(li|tr|a)\b", code, re.DOTALL | re.IGNORECASE):
        return "document.write"
    if page.root.xpath("//script[@type='text/html' or @type='text/template' or @type='text/x-template']"):
        return "script template"
    if re.search(r"text/xml", page.text) and "datastore" in page.text:
        return "jpage without records"
    empty = page.root.xpath("//ul[not(*)][@id] | //ol[not(*)][@id] | //tbody[not(*)][@id] | //div[not(*) and not(normalize-space())][@id]")
    own = [u for u in page.script_urls if urlsplit(u).netloc == urlsplit(page.url).netloc]
    holders = [e for e in empty if _HOLDER.search(e.get("id") or "")]
    if holders and any(re.search(r"(list|page|data|load|render|ajax)\w*\.js", u, re.IGNORECASE) for u in own):
        return "empty list filled by an own script"
    return None
