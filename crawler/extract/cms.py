"""Which system made this page, and which requests would its own script make for the list? (cms.md 2)

What stays unknown is not asked: a request with a guessed parameter could bring another list. Patterns and names stand in
`crawler/cms.toml`; scripts are read by `script.py`, never run.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from crawler.extract.cms_rules import Mark, cms_rules
from crawler.extract.forms import address_of, form_of, json_of, json_value, number_of, pairs_of, path_of, words_of
from crawler.extract.list_call import FORM, GENERIC, XHR, ListCall, ScriptRequest
from crawler.extract.page import Page
from crawler.extract.script import (
    UNKNOWN,
    Script,
    literal_of,
    scripts_of,
    uncommented,
)
from crawler.extract.urls import absolute, same_host

_CJK = re.compile(r"[\u3400-\u9fff]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_MAX_URL, _MAX_BODY = 2000, 8000


def family_of(page: Page) -> str | None:
    """The content management system that made the page, by its marks in cms.toml; None when they do not suffice."""
    surfaces: dict[str, tuple[str, ...]] = {}

    def met(mark: Mark) -> bool:
        places = surfaces.get(mark.at)
        if places is None:
            places = surfaces[mark.at] = tuple(dict.fromkeys(_SURFACES[mark.at](page)))
        found = 0
        for place in places:
            found += mark.form.search(place) is not None
            if found >= mark.least:
                return True
        return False

    best: tuple[int, int] = (0, 1)
    name = None
    for family in cms_rules().families:
        score = (sum(map(met, family.sure)), sum(map(met, family.weak)))
        if score > best:
            best, name = score, family.name
    return name


def _own(page: Page, *paths: str) -> Iterator[str]:
    """Path and query of the addresses that elements at `paths` name on the page's own host."""
    for path in paths:
        for href in page.root.xpath(path):
            url = address_of(page.base, str(href))
            if url and same_host(url, page.url):
                yield path_of(url)


def _attributes(page: Page, *names: str) -> Iterator[str]:
    for element in page.root.iter():
        if isinstance(element.tag, str):
            for name in names:
                yield from (element.get(name) or "").split()


def _element_names(page: Page) -> Iterator[str]:
    return (element.tag for element in page.root.iter() if isinstance(element.tag, str))


_SURFACES: Final[Mapping[str, Callable[[Page], Iterator[str]]]] = {
    "url": lambda page: iter((path_of(page.url),)),
    "link": lambda page: _own(page, "//a/@href", "//area/@href"),
    "src": lambda page: _own(page, "//script/@src", "//link/@href", "//img/@src"),
    "code": lambda page: iter(uncommented(script)[0] for script in scripts_of(page, every=True)),
    "class": lambda page: iter((*_attributes(page, "class", "id"), *_element_names(page))),
    "data": lambda page: (f"{e.get('url') or ''} {e.get('querydata') or ''}" for e in page.root.iter("script", "div")),
    "input": lambda page: _attributes(page, "name"),
}


def list_calls(page: Page) -> list[ListCall]:
    """The requests that the page's own script would make for its list, best first, first pages before second ones.

    At most four. Only GET, and POST that reads; never another host than the page's (www. or bare), never an address or
    action that counts, writes, votes or signs in. Calls that wait for a click, that stand in a function nobody calls, or
    that need a value which only a running script knows are left out. Nothing found: an empty list.
    """
    script = Script(page)
    found: list[ListCall] = [*_gkmlpt_calls(page, script), *_jpaas_calls(page), *_jpage_calls(page, script)]
    asked = [(request, score) for request in script.requests() if request.reads and (score := _score(request)) >= 2]
    for request, _ in sorted(asked, key=lambda pair: -pair[1]):
        found.append(request.call(1))
        if request.family != GENERIC and request.turns:
            found.append(request.call(2))
    unique: dict[tuple[str, str, str | None], ListCall] = {}
    for call in found:
        if _permitted(call, page):
            unique.setdefault((call.method, call.url, call.body), call)
    return sorted(unique.values(), key=lambda call: call.page)[: cms_rules().most]


def _permitted(call: ListCall, page: Page) -> bool:
    """Same host, a plain size, and no word in the address that says more than reading."""
    if not _same(call.url, page.url) or len(call.url) > _MAX_URL or len(call.body or "") > _MAX_BODY:
        return False
    body = call.body or ""
    form = dict(pairs_of(body)) if FORM in call.headers else json_value(body)
    return not _writes(call.url, form if isinstance(form, dict) else {})


def _writes(url: str, form: Mapping[str, str]) -> bool:
    rules = cms_rules()
    parts = urlsplit(url)
    words = [w for piece in parts.path.split("/") for w in words_of(piece)]
    for key, value in (*pairs_of(parts.query), *form.items()):
        words += [key.lower()] if value else words_of(key)
        if rules.action.match(key):
            words += words_of(str(value))
    return any(w not in rules.spare and (w in rules.never or rules.never_part.search(w)) for w in words)


def _same(url: str, page_url: str) -> bool:
    own = absolute(page_url, "")
    return own is not None and same_host(url, own)


def _gkmlpt_calls(page: Page, script: Script) -> Iterator[ListCall]:
    """The category stands in the fragment of the address (/gkmlpt/index#505) or in the page's own settings."""
    rules, parts = cms_rules(), urlsplit(page.url)
    if "/gkmlpt/" not in f"{parts.path}/" or (sid := rules.gkmlpt["sid"].search(script.code)) is None:
        return
    category = parts.fragment if parts.fragment.isdecimal() else ""
    if not category and (m := rules.gkmlpt["category"].search(script.code)):
        category = m[1]
    if not category:
        return
    for number in (1, 2):
        site = parts.path.partition("/gkmlpt")[0]
        url = address_of(page.url, f"{site}/gkmlpt/api/all/{category}?page={number}&sid={sid[1]}")
        if url:
            yield ListCall("gkmlpt", "GET", url, None, (XHR,), number)


def _jpaas_calls(page: Page) -> Iterator[ListCall]:
    """Units of a jpaas page: their loader carries the parameters in `queryData`, the pager of a unit its page size."""
    rules = cms_rules()
    units: list[tuple[int, str, dict[str, Any]]] = []
    size = rules.rows
    for element in page.root.iter("script", "div", "ul"):
        written = element.get("querydata")
        if not written or not isinstance(data := literal_of(html.unescape(written)), dict):
            continue
        if "pageId" in data and "webId" in data and "paramJson" not in data:
            tag = str(data.get("tagId", ""))
            rank = bool(rules.hanweb["unit"].search(tag)) - 2 * bool(rules.hanweb["furniture"].search(tag))
            units.append((-rank, element.get("url") or rules.api, data))
        elif str(data.get("rows", "")).isdecimal() and 0 < int(data["rows"]) <= 100:
            size = int(data["rows"])
    for rank, address, data in sorted(units, key=lambda unit: unit[0]):
        if rank > 0 or any(v is UNKNOWN for v in data.values()):
            continue
        for number in (1, 2):
            turned = {"pageNo": number, "pageSize": size}
            query = {**data, "paramJson": json_of(turned)}
            if url := address_of(page.base, address, query):
                yield ListCall("hanweb_jpaas", "GET", url, None, (XHR,), number)


def _jpage_calls(page: Page, script: Script) -> Iterator[ListCall]:
    """Hanweb groups: `$("#1").jpage({ajaxParam: ...})` asks by POST, older pages carry a whole address for GET."""
    rules = cms_rules()
    own = m[1] if (m := rules.hanweb["column"].search(page.url)) else None
    lists = script.jpages()
    for options in sorted(lists, key=lambda o: own not in (None, str(o["ajaxParam"].get("columnid")))):
        param = options["ajaxParam"]
        if not param.get("unitid") or any(v is UNKNOWN for v in param.values()):
            continue
        if not param.get("columnid") and not own:
            continue
        body = form_of({"columnid": own, **param} if own and not param.get("columnid") else param)
        per = number_of(options.get("perPage"), rules.rows)
        group = per * number_of(options.get("groupSize"), 1)
        proxy = options.get("proxyUrl", rules.proxy)
        total = options.get("totalRecord")
        for number in (1, 2):
            first, last = group * (number - 1) + 1, group * number
            if number == 2 and isinstance(total, int) and total < first:
                break
            records = {"startrecord": first, "endrecord": last, "perpage": per}
            if isinstance(proxy, str) and (url := address_of(page.base, proxy, records)):
                yield ListCall("hanweb_jcms", "POST", url, body, (FORM, XHR), number)
    for m in rules.hanweb["proxy"].finditer(page.text):
        address = html.unescape(m[0])
        query = dict(pairs_of(address.partition("?")[2]))
        if not query.get("unitid") or not query.get("columnid"):
            continue
        for number in (1, 2):
            if "page" in query:
                query["page"] = str(number)
            elif "startrecord" in query and query.get("endrecord", "").isdecimal():
                group = int(query["endrecord"]) - number_of(query["startrecord"], 1) + 1
                if group < 1:
                    break
                query |= {"startrecord": str(1 + group * (number - 1)), "endrecord": str(group * number)}
            else:
                break
            if url := address_of(page.base, address.partition("?")[0], query):
                yield ListCall("hanweb_jcms", "GET", url, None, (XHR,), number)


def _score(request: ScriptRequest) -> int:
    """How much speaks for a list: the family's own form, the words of path and parameters, a handler that writes rows."""
    rules = cms_rules()
    path = urlsplit(request.url).path
    keys = [*request.query, *(request.data if isinstance(request.data, dict) else ())]
    score = 100 if request.family != GENERIC else 0
    score += 2 * any(rules.list.search(word) for piece in path.split("/") for word in (*words_of(piece), piece))
    score += any(rules.page.match(key) or rules.where.search(key) for key in keys)
    score += rules.insert.search(request.text) is not None
    return score
