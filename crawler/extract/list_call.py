"""What is one request that a page's own script would make for its list?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crawler.extract.cms_rules import cms_rules
from crawler.extract.forms import address_of, form_of, json_of, number_of, sendable, words_of

GENERIC = "generic"
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
JSON = ("Content-Type", "application/json;charset=UTF-8")
XHR = ("X-Requested-With", "XMLHttpRequest")


@dataclass(frozen=True, slots=True)
class ListCall:
    """One request that the page's own script would make for its list.

    family   family whose form the request has, or "generic"
    method   GET or POST
    url      absolute, http or https, on the page's host; its query is as the script writes it (`urls.absolute` would
             drop parameters such as `sid`)
    body     text to send, form- or JSON-encoded as `headers` say; None for GET
    headers  pairs of name and value that the script's library sends
    page     1 for the first page of the list, 2 for the second
    """

    family: str
    method: str
    url: str
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    page: int = 1


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """A request as a script writes it, all values known.

    url    absolute, without query
    query  parameters of the address, GET data among them
    data   form fields or JSON value of a POST, a ready text, or None
    text   the source of the call and of its handlers
    """

    method: str
    url: str
    query: dict[str, Any]
    data: Any = None
    is_json: bool = False
    text: str = ""
    family: str = GENERIC

    @property
    def turns(self) -> bool:
        """Whether a parameter says which page is asked."""
        return any(cms_rules().page.match(key) for key in self._fields)

    @property
    def reads(self) -> bool:
        """GET, or a POST that reads by its name or asks for a page of something."""
        rules = cms_rules()
        words = words_of(urlsplit(self.url).path)
        sized = any(rules.page.match(key) or rules.size.match(key) for key in self._fields)
        return self.method == "GET" or self.family != GENERIC or sized or any(map(rules.read.search, words))

    @property
    def _fields(self) -> dict[str, Any]:
        return {**self.query, **(self.data if isinstance(self.data, dict) else {})}

    def call(self, number: int) -> ListCall:
        """The request for that page of the list, counted from 1."""

        def turned(fields: dict[str, Any]) -> dict[str, Any]:
            more = number - 1
            if not more:
                return fields
            page = cms_rules().page
            return {k: _as_before(v, number_of(v, 1) + more) if page.match(k) else v for k, v in fields.items()}

        url = address_of(self.url, "", turned(self.query)) or self.url
        if self.method == "GET":
            return ListCall(self.family, "GET", url, None, (XHR,), number)
        data = turned(self.data) if isinstance(self.data, dict) else self.data
        if data is None:
            body = ""
        elif isinstance(data, str):
            body = data
        else:
            body = json_of(data) if self.is_json else form_of(data)
        kind = JSON if self.is_json else FORM
        return ListCall(self.family, "POST", url, sendable(body), (kind, XHR), number)


def _as_before(value: Any, number: int) -> Any:
    return str(number) if isinstance(value, str) else number
