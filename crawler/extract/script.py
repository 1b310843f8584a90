"""Which requests does a script of a page ask, and with which written values?

Nothing is run. Comments are taken out, strings kept apart, and an argument counts only where it is written out or where
a name leads to one written value (`var channelId = "12"`); anything else is UNKNOWN.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlsplit

from crawler.extract.cms_rules import cms_rules
from crawler.extract.forms import address_of, json_of, json_value, number_of, pairs_of, path_of, sendable
from crawler.extract.list_call import ScriptRequest
from crawler.extract.page import Element, Page


class Unknown:
    """A value that only a running script knows."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Json:
    """What JSON.stringify was given."""

    value: Any

    def __str__(self) -> str:
        return json_of(self.value)


_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z)|<!--[^\n]*|(?m:^)[ \t]*-->[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?|`(?:[^`\\]|\\.)*+`?)
    |(?P<regex>(?:(?<=[(,=:\[!&|?{};+])|(?<=\breturn))\s*/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*)""",
    re.DOTALL | re.VERBOSE,
)
_PATH = re.compile(r"[A-Za-z_$][\w$]*(?:\s*\.\s*[A-Za-z_$][\w$]*)*")
_DIGITS = re.compile(r"-?\s*(?:0[xX][0-9a-fA-F]{1,12}|\d{1,15}(?:\.\d{1,15})?)(?![\w$])")
_SPACE = re.compile(r"\s*")
_STOP = re.compile(r"[(\[{,;)\]}]")
_ASSIGNED = re.compile(
    r"(?:\b(var|let|const)\s+|(,)\s*|(?<![\w$.]))([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\s*=(?![=>])"
)
_FUNCTION = re.compile(
    r"\bfunction\b\s*\*?\s*(?P<name>[\w$]*)\s*\((?P<params>[^()]*)\)\s*\{"
    r"|(?:\((?P<arrow>[^()]*)\)|(?P<one>[A-Za-z_$][\w$]*))\s*=>\s*\{"
    r"|(?<![\w$.])(?P<short>[A-Za-z_$][\w$]*)\s*\((?P<given>[\w$,\s]*)\)\s*\{"
)
_NAMED_AS = re.compile(r"([A-Za-z_$][\w$]*)\s*[=:]\s*(?:async\s+)?$")
_NOT_NAMES = frozenset(("if", "for", "while", "switch", "catch", "with", "function", "return"))
_FIELD = re.compile(
    r"""(?:\$|jQuery)\(\s*["']\#([\w-]+)["']\s*\)\s*\.\s*(?:val\(\s*\)|attr\(\s*["']value["']\s*\))"""
    r"""|document\s*\.\s*getElementById\(\s*["']([\w-]+)["']\s*\)\s*\.\s*value"""
)
_CLOCK = re.compile(
    r"\(?\s*new\s+Date\s*\(\s*\)\s*\)?\s*\.\s*(?:getTime|valueOf)\s*\(\s*\)|Date\.now\(\s*\)"
    r"|Math\.random\(\s*\)(?:\.toString\(\d*\))?"
)
_WRAPPERS = re.compile(
    r"(JSON\s*\.\s*stringify|encodeURIComponent|encodeURI|escape|String|Number|parseInt|\$\.trim)\s*\("
)
_FORMS = re.compile(r"(?:\$|jQuery|Qs|qs)\s*\.\s*(?:param|stringify)\s*\(|new\s+URLSearchParams\s*\(")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_SELF = frozenset(("this", "that", "_this", "self", "vm", "me"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MAX_CODE, _MAX_STEPS, _MAX_DEPTH, _MAX_CALLS, _MAX_PLACES = 400_000, 20_000, 25, 60, 100


def scripts_of(page: Page, *, every: bool = False) -> list[str]:
    """Inline scripts that a browser runs (with `every` also data that scripts carry), and the body's onload."""
    found = []
    for element in page.root.iter("script"):
        kind = (element.get("type") or "").strip()
        if element.text and (every or cms_rules().types.search(kind)) and not _is_dead(element):
            found.append(sendable(element.text))
    return found + [sendable(str(written)) for written in page.root.xpath("//body/@onload")]


def _is_dead(element: Element) -> bool:
    return any(parent.tag in ("noscript", "template", "textarea") for parent in element.iterancestors())


def uncommented(code: str) -> tuple[str, str]:
    """The code with blanks for comments, and the same with blanks inside strings and patterns too; lengths stay."""
    clean: list[str] = []
    mask: list[str] = []
    last = 0
    for m in _TOKEN.finditer(code):
        between, token = code[last : m.start()], m[0]
        blank = re.sub(r"[^\n]", " ", token)
        clean += (between, blank if m.lastgroup == "comment" else token)
        quoted = m.lastgroup == "string"
        closed = quoted and len(token) > 1 and token[-1] == token[0]
        mask += (
            between,
            token[0] + blank[1 : -1 if closed else None] + (token[-1] if closed else "") if quoted else blank,
        )
        last = m.end()
    return "".join((*clean, code[last:])), "".join((*mask, code[last:]))


def literal_of(text: str) -> Any:
    """The value of one written-out expression; UNKNOWN for anything else."""
    return Script(Page("http://localhost/", ""), text).value(0)[0]


@dataclass(slots=True)
class _Function:
    """A function of a script: its name ("" when it has none), parameters, and where its body stands."""

    name: str
    params: list[str]
    start: int
    end: int
    head: int


@dataclass(slots=True)
class Asked:
    """What a call in a script says, before anything is checked; values may be UNKNOWN."""

    method: Any
    url: Any
    data: Any = None
    params: Any = None
    is_json: bool = False


class Script:
    """The inline code of a page, read without running it."""

    def __init__(self, page: Page, text: str | None = None) -> None:
        self.page = page
        code = "\n;\n".join(scripts_of(page)) if text is None else text
        self.code, self.mask = uncommented(code[:_MAX_CODE])
        self.pairs = self._match_brackets()
        self.functions = sorted(self._find_functions(), key=lambda f: f.start) if text is None else []
        self.starts = [f.start for f in self.functions]
        self.parents = self._find_parents()
        self.assigned: dict[str, list[tuple[int, int, bool]]] = {}
        for m in _ASSIGNED.finditer(self.mask):
            name = m[3].removeprefix("window.")
            self.assigned.setdefault(name, []).append((m.start(3), m.end(), bool(m[1] or m[2])))
        self.steps = 0
        self.bound: dict[tuple[int, str], Any] = {}
        self.resolving: set[int] = set()

    def requests(self) -> list[ScriptRequest]:
        """All requests of the code whose every part is known and that run without a person's doing."""
        waiting = list(self._waiting())
        found: list[ScriptRequest] = []
        calls = [(m, shape) for shape, form in cms_rules().callers.items() for m in form.finditer(self.mask)]
        for m, shape in sorted(calls, key=lambda call: call[0].start())[:_MAX_CALLS]:
            opening = m.end() - 1
            if shape == "jpage" or any(a < opening < b for a, b in waiting):
                continue
            for bound in self._bindings(opening, waiting):
                self.bound = bound
                if (asked := self._asked(shape, opening)) and (request := self._settled(asked, opening)):
                    found.append(request)
                self.bound = {}
        return found

    def jpages(self) -> list[dict[str, Any]]:
        """The options of each `.jpage({...})` that carry a literal `ajaxParam`."""
        found = []
        for m in cms_rules().callers["jpage"].finditer(self.mask):
            options = self.value(m.end())[0]
            if isinstance(options, dict) and isinstance(options.get("ajaxParam"), dict):
                found.append(options)
        return found

    # what a call says

    def _asked(self, shape: str, opening: int) -> Asked | None:
        given = self._arguments(opening)
        first = given[0] if given else UNKNOWN
        second = given[1] if len(given) > 1 else None
        match shape:
            case "options":
                options = {**second, "url": first} if isinstance(first, str) and isinstance(second, dict) else first
                return self._of_options(options) if isinstance(options, dict) else None
            case "table":
                return self._of_table(first) if isinstance(first, dict) else None
            case "get" | "post":
                data = None if len(given) < 2 or self._is_function(opening, 1) else second
                return Asked(shape.upper(), first, data)
            case "axios_get":
                return Asked("GET", first, None, second.get("params") if isinstance(second, dict) else second)
            case "axios_post":
                return Asked("POST", first, second, is_json=isinstance(second, dict))
            case "fetch":
                options = {} if second is None else second
                if not isinstance(options, dict):
                    return None
                return self._of_options({**options, "url": first, "data": options.get("body")})
            case "open":
                if not isinstance(first, str) or first.upper() not in ("GET", "POST"):
                    return None
                sent = re.compile(r"\.\s*send\s*\(").search(self.mask, opening, opening + 2500)
                body = self._arguments(sent.end() - 1) if sent and first.upper() == "POST" else []
                return Asked(first, second, body[0] if body else None)
            case _:  # load: the answer's part may stand behind the address
                data = second if isinstance(second, (dict, str)) else None
                url = first.split(" ")[0] if isinstance(first, str) else first
                return Asked("POST" if isinstance(data, dict) else "GET", url, data)

    def _of_options(self, options: dict[str, Any]) -> Asked:
        low = {key.lower(): value for key, value in options.items()}
        method = low.get("method", low.get("type")) or "GET"
        data = low.get("data")
        headers = low.get("headers")
        kinds = [low.get("contenttype"), *(headers.values() if isinstance(headers, dict) else ())]
        is_json = any(isinstance(kind, str) and kind.lower().startswith("application/json") for kind in kinds)
        return Asked(method, low.get("url", UNKNOWN), data, low.get("params"), is_json)

    def _of_table(self, options: dict[str, Any]) -> Asked:
        """layui asks for page 1 of ten rows beside its `where`."""
        names = options.get("request")
        names = names if isinstance(names, dict) else {}
        where = options.get("where") or {}
        turning = options.get("page")
        if isinstance(where, dict) and turning:
            size = options.get("limit", 10)
            where = {names.get("pageName", "page"): 1, names.get("limitName", "limit"): size, **where}
        return self._of_options({**options, "data": where, "type": options.get("method", "get")})

    def _settled(self, asked: Asked, opening: int) -> ScriptRequest | None:
        """The request with every value known; None when one is not, or when it is plainly not the list's first page."""
        if not isinstance(asked.url, str) or not isinstance(asked.method, str) or not asked.url.strip():
            return None
        method = asked.method.upper()
        url = address_of(self.page.base, asked.url)
        if method not in ("GET", "POST") or url is None:
            return None
        parts = urlsplit(url)
        bare = parts._replace(query="").geturl()
        query: dict[str, Any] | None = dict(pairs_of(parts.query))
        data, is_json = (asked.data.value, True) if isinstance(asked.data, Json) else (asked.data, asked.is_json)
        if asked.params is not None:
            query = {**(query or {}), **asked.params} if isinstance(asked.params, dict) else None
        if method == "GET" and data is not None:
            extra = dict(pairs_of(data)) if isinstance(data, str) else data
            query = {**query, **extra} if query is not None and isinstance(extra, dict) else None
            data = None
        if isinstance(data, str):
            data = (json_value(data) if is_json else dict(pairs_of(data))) if data else None
        if query is None or (query := self._known(query)) is None:
            return None
        if data is not None and (data := self._known(data) if isinstance(data, dict) else None) is None:
            return None
        text = self.code[opening : self.pairs.get(opening, opening)]
        if around := self._around(opening):
            text += self.code[around[0].start : min(around[0].end, around[0].start + 6000)]
        request = ScriptRequest(method, bare, query, data, is_json, text)
        if not self._is_of_a_place(request):
            return None
        family = next(
            (f.name for f in cms_rules().families if f.call and f.call.search(path_of(request.call(1).url))), None
        )
        return replace(request, family=family) if family else request

    @staticmethod
    def _known(fields: dict[str, Any]) -> dict[str, Any] | None:
        """The fields without those that only defeat caches; None when a needed one is unknown or not of page one."""
        rules, kept = cms_rules(), dict[str, Any]()
        for key, value in fields.items():
            if value is UNKNOWN:
                if rules.noise.match(key):
                    continue
                if not rules.size.match(key) and not rules.first.match(key):
                    return None
                kept[key] = rules.rows if rules.size.match(key) else 1
            elif has_unknown(value):
                return None
            else:
                if (rules.page.match(key) or rules.offset.match(key)) and number_of(value, 1) > 1:
                    return None
                kept[key] = value
        return kept

    @staticmethod
    def _is_of_a_place(request: ScriptRequest) -> bool:
        """A search without words must name a channel: alone it would list the whole site."""
        rules = cms_rules()
        if not rules.search.search(urlsplit(request.url).path):
            return True
        fields = {**request.query, **(request.data if isinstance(request.data, dict) else {})}
        return any(
            rules.where.search(k) and not rules.words.match(k) and v not in ("", None) for k, v in fields.items()
        )

    # who runs it

    def _waiting(self) -> Iterator[tuple[int, int]]:
        """Where code stands that waits for a click or a key."""
        rules = cms_rules()
        for m in rules.handler.finditer(self.mask):
            yield m.end() - 1, self.pairs.get(m.end() - 1, m.end())
        for m in rules.bound.finditer(self.mask):
            event = self.value(m.end())[0]
            if isinstance(event, str) and rules.event.search(event):
                yield m.end() - 1, self.pairs.get(m.end() - 1, m.end())

    def _around(self, at: int) -> list[_Function]:
        """The functions around a place, innermost first."""
        found = []
        place: int | None = bisect_left(self.starts, at) - 1
        while place is not None and place >= 0:
            if at < self.functions[place].end:
                found.append(self.functions[place])
            place = self.parents[place]
        return found

    def _bindings(self, at: int, waiting: list[tuple[int, int]]) -> list[dict[tuple[int, str], Any]]:
        """Values of the parameters around a place, once for each way in; empty when nothing calls the function."""
        found: list[dict[tuple[int, str], Any]] = [{}]
        for n, function in enumerate(f for f in self._around(at) if f.name):
            sites, referred = self._calls_of(function, waiting)
            if not sites and not referred and function.name not in cms_rules().roots:
                return []
            if n == 0 and function.params and sites:
                given = [self._arguments(site) for site in sites[:8]]
                bound = [
                    {(function.start, p): v for p, v in zip(function.params, args, strict=False)} for args in given
                ]
                found = [b for i, b in enumerate(bound) if b not in bound[:i]]
        return found

    def _calls_of(self, function: _Function, waiting: list[tuple[int, int]]) -> tuple[list[int], bool]:
        """Where a function is called by the page itself, and whether it is handed on by name."""
        name = re.escape(function.name)

        def runs(at: int) -> bool:
            outside = not function.head <= at <= function.end
            return outside and not any(a < at < b for a, b in waiting)

        heads = {f.head for f in self.functions}
        sites = [
            m.end() - 1
            for m in re.finditer(rf"(?<![\w$])(?<!function ){name}\s*\(", self.mask)
            if m.start() not in heads and runs(m.start())
        ]
        handed = re.finditer(rf"(?:[(,]|\bonload\s*=)\s*{name}\s*(?=[),;\n]|\Z)", self.mask)
        return sites, any(runs(m.start()) for m in handed)

    # values

    def value(self, at: int, depth: int = 0) -> tuple[Any, int]:
        """The value of the expression at a place, as far as it is written out, and where it ends."""
        self.steps += 1
        if depth > _MAX_DEPTH or self.steps > _MAX_STEPS:
            return UNKNOWN, self._skip(at)
        left, end = self._term(at, depth + 1)
        while True:
            after = _SPACE.match(self.mask, end).end()  # type: ignore[union-attr]
            sign = self.mask[after : after + 1]
            if not sign or sign in ",;)]}":
                return left, after
            if sign == "+" and self.mask[after + 1 : after + 2] not in ("+", "="):
                right, end = self._term(after + 1, depth + 1)
                left = _sum(left, right)
            elif self.mask.startswith("||", after):
                right, end = self._term(after + 2, depth + 1)
                left = left if left is UNKNOWN or left else right
            elif "\n" in self.mask[end:after] and sign not in ".+-*/%?&|<>=([":
                return left, after
            else:
                return UNKNOWN, self._skip(after)

    def _term(self, at: int, depth: int) -> tuple[Any, int]:
        at = _SPACE.match(self.mask, at).end()  # type: ignore[union-attr]
        first = self.mask[at : at + 1]
        if not first:
            return UNKNOWN, at
        if first in "\"'`":
            return self._string(at, depth)
        if m := _CLOCK.match(self.code, at):
            return 0, m.end()
        if m := cms_rules().parameter.match(self.code, at):
            return self._parameter(m[1] or m[2]), m.end()
        if first in "{[(" and (end := self.pairs.get(at)) is not None:
            if first == "{":
                return self._object(at, end, depth), end + 1
            if first == "[":
                return self._array(at, end, depth), end + 1
            return self.value(at + 1, depth)[0], end + 1
        if m := _DIGITS.match(self.mask, at):
            text = m[0].replace(" ", "")
            return (float(text) if "." in text else int(text, 0 if "x" in text.lower() else 10)), m.end()
        if m := _FIELD.match(self.code, at):
            return self._field(m[1] or m[2]), m.end()
        for form, made in ((_FORMS, _same_value), (_WRAPPERS, _wrapped)):
            if (m := form.match(self.code, at)) and (end := self.pairs.get(m.end() - 1)) is not None:
                return made(m[0], self.value(m.end(), depth)[0]), end + 1
        if (m := _PATH.match(self.mask, at)) and self.mask[m.end() : m.end() + 1] not in ("(", "["):
            path = re.sub(r"\s", "", m[0])
            if path in _WORDS:
                return _WORDS[path], m.end()
            if path.split(".")[0] not in ("function", "new", "async", "await", "typeof"):
                return self._resolve(path, at, depth), m.end()
        return UNKNOWN, self._skip(at)

    def _string(self, at: int, depth: int) -> tuple[Any, int]:
        m = _TOKEN.match(self.code, at)
        if m is None or len(m[0]) < 2 or m[0][-1] != m[0][0]:
            return UNKNOWN, self._skip(at + 1)
        text: Any = m[0][1:-1]
        if m[0][0] == "`":
            for hole in re.findall(r"\$\{[^{}]*\}", text):
                path = re.sub(r"\s", "", hole[2:-1])
                value = self._resolve(path, at, depth) if _PATH.fullmatch(path) else UNKNOWN
                if value is UNKNOWN or isinstance(value, (dict, list)):
                    return UNKNOWN, m.end()
                text = text.replace(hole, shown(value), 1)
        return _unescaped(text), m.end()

    def _object(self, at: int, end: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        place = at + 1
        while place < end:
            place = _SPACE.match(self.mask, place).end()  # type: ignore[union-attr]
            if place >= end or self.steps > _MAX_STEPS:
                break
            if self.mask[place] in ",;":
                place += 1
                continue
            key: Any = None
            if self.mask[place] in "\"'":
                key, after = self._string(place, depth)
            elif m := re.compile(r"[\w$]+").match(self.mask, place):
                key, after = m[0], m.end()
            else:
                found["..."], place = UNKNOWN, max(self._skip(place), place + 1)
                continue
            after = _SPACE.match(self.mask, after).end()  # type: ignore[union-attr]
            if self.mask[after : after + 1] == ":":
                value, place = self.value(after + 1, depth)
            else:  # {page} is {page: page}; a method is nobody's data
                short = self.mask[after : after + 1] in ",}" and isinstance(key, str)
                value = self._resolve(key, at, depth) if short else UNKNOWN
                place = self._skip(after) if not short else after
            if isinstance(key, str):
                found[key] = value
            place = max(place, after)
        return found

    def _array(self, at: int, end: int, depth: int) -> list[Any]:
        found: list[Any] = []
        place = at + 1
        while place < end and len(found) < 200 and self.steps < _MAX_STEPS:
            place = _SPACE.match(self.mask, place).end()  # type: ignore[union-attr]
            if place >= end:
                break
            value, after = self.value(place, depth)
            found.append(value)
            place = max(after, place) + 1
        return found

    def _arguments(self, opening: int) -> list[Any]:
        end = self.pairs.get(opening)
        return self._array(opening, end, 0) if end is not None else []

    def _is_function(self, opening: int, number: int) -> bool:
        """Whether that argument of a call is written as a function (or a name that is not known to hold data)."""
        place = opening + 1
        for _ in range(number):
            place = self._skip(place) + 1
        written = self.mask[place : place + 200]
        if re.match(r"\s*(?:async\s+)?(?:function\b|\(?[\w$,\s]*\)?\s*=>)", written):
            return True
        name = re.match(r"\s*([\w$]+)\s*[,)]", written)
        return name is not None and any(f.name == name[1] for f in self.functions)

    def _field(self, name: str) -> Any:
        """The value that an input of the page holds when it is opened; UNKNOWN when there is no such input."""
        for element in self.page.root.iter("input"):
            if element.get("id") == name:
                return element.get("value") or ""
        return UNKNOWN

    def _parameter(self, name: str) -> Any:
        """What the page's own address says for a parameter; UNKNOWN when it does not name it."""
        return dict(pairs_of(urlsplit(self.page.url).query)).get(name, UNKNOWN)

    def _resolve(self, path: str, at: int, depth: int) -> Any:
        """What a name holds at a place: an argument of the function around it, or the one value written to it."""
        path = re.sub(r"^(?:window|document)\.(?=.)", "", path)
        if path.startswith("location."):
            return self._location(path)
        head, *rest = path.split(".")
        if head in _SELF and rest:
            value, rest = self._property(rest[0], depth), rest[1:]
        elif rest and path in self.assigned:
            value, rest = self._written(path, at, depth), []
        else:
            value = self._written(head, at, depth)
        for key in rest:
            value = value.get(key, UNKNOWN) if isinstance(value, dict) else UNKNOWN
        return value

    def _location(self, path: str) -> Any:
        parts = urlsplit(self.page.url)
        known = {
            "origin": f"{parts.scheme}://{parts.netloc}",
            "protocol": f"{parts.scheme}:",
            "host": parts.netloc,
            "hostname": parts.hostname or "",
            "pathname": parts.path,
            "href": self.page.url,
        }
        return known.get(path.removeprefix("location."), UNKNOWN)

    def _written(self, name: str, at: int, depth: int) -> Any:
        places = self.assigned.get(name, [])
        if len(places) > _MAX_PLACES:
            return UNKNOWN
        for function in self._around(at):
            if name in function.params:
                return self.bound.get((function.start, name), UNKNOWN)
            inside = [p for p in places if function.start < p[0] < function.end]
            own = [p for p in inside if p[2] and self._around(p[0])[:1] == [function]]
            if own:
                return self._one([p[1] for p in inside if p in own or not p[2]], name, depth)
        return self._one([p[1] for p in places if not p[2] or not self._around(p[0])], name, depth)

    def _property(self, name: str, depth: int) -> Any:
        """The one value of a property of that name in any object of the code (`data: {pageNo: 1}`)."""
        form = re.compile(rf"[{{,]\s*{re.escape(name)}\s*:(?!:)")
        return self._one([m.end() for m in form.finditer(self.mask)][:20], name, depth)

    def _one(self, places: list[int], name: str, depth: int) -> Any:
        """The value written at all of these places; UNKNOWN when they differ. A counter that goes on is no new value."""
        values: list[Any] = []
        for place in places[:20]:
            if place in self.resolving:
                continue
            end = self._skip(place)
            if re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", self.mask[place:end]):
                continue
            self.resolving.add(place)
            value = self.value(place, depth)[0]
            self.resolving.discard(place)
            if value is UNKNOWN:
                return UNKNOWN
            if value not in values:
                values.append(value)
        return values[0] if len(values) == 1 else UNKNOWN

    # the shape of the code

    def _skip(self, at: int) -> int:
        """Where the expression at a place ends: before the next comma, semicolon or closing bracket of its level."""
        while m := _STOP.search(self.mask, at):
            if m[0] not in "([{":
                return m.start()
            at = self.pairs.get(m.start(), m.start()) + 1
        return len(self.mask)

    def _match_brackets(self) -> dict[int, int]:
        pairs: dict[int, int] = {}
        open_: list[int] = []
        for m in re.finditer(r"[()\[\]{}]", self.mask):
            if m[0] in _CLOSING:
                open_.append(m.start())
            elif open_ and _CLOSING[self.mask[open_[-1]]] == m[0]:
                pairs[open_.pop()] = m.start()
        return pairs

    def _find_parents(self) -> list[int | None]:
        """For each function the place of the one around it."""
        parents: list[int | None] = []
        open_: list[int] = []
        for place, function in enumerate(self.functions):
            while open_ and self.functions[open_[-1]].end < function.start:
                open_.pop()
            parents.append(open_[-1] if open_ else None)
            open_.append(place)
        return parents

    def _find_functions(self) -> Iterator[_Function]:
        for m in _FUNCTION.finditer(self.mask):
            if m["short"] in _NOT_NAMES or (end := self.pairs.get(m.end() - 1)) is None:
                continue
            params = m["params"] or m["arrow"] or m["one"] or m["given"] or ""
            named = _NAMED_AS.search(self.mask[max(0, m.start() - 80) : m.start()])
            name = m["name"] or m["short"] or (named[1] if named else "")
            names = [p.partition("=")[0].strip() for p in params.split(",") if p.strip()]
            yield _Function(name, names, m.end() - 1, end, m.start())


def _sum(left: Any, right: Any) -> Any:
    if left is UNKNOWN or right is UNKNOWN or isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return UNKNOWN
    if isinstance(left, str) or isinstance(right, str):
        return shown(left) + shown(right)
    return UNKNOWN if left is None or right is None else left + right


def shown(value: Any) -> str:
    """A value as JavaScript writes it into a text."""
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)


def _same_value(_: str, value: Any) -> Any:
    return value


def _wrapped(name: str, value: Any) -> Any:
    if "stringify" in name:
        return Json(value)
    if value is UNKNOWN or isinstance(value, (dict, list)) or has_unknown(value):
        return UNKNOWN
    if name.startswith(("encodeURI", "escape")):
        return quote(sendable(shown(value)), safe="-_.!~*'()" if "Component" in name else "-_.!~*'();/?:@&=+$,#")
    if name.startswith(("Number", "parseInt")):
        return int(value) if re.fullmatch(r"\s*\d{1,15}\s*", str(value)) else UNKNOWN
    return shown(value)


def has_unknown(value: Any) -> bool:
    if isinstance(value, Json):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def _unescaped(text: str) -> str:
    def char(m: re.Match[str]) -> str:
        code = m[1] or m[2]
        return chr(int(code, 16)) if code else _ESCAPED.get(m[3], m[3])

    return sendable(_ESCAPE.sub(char, text)) if "\\" in text else text
