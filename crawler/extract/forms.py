"""How does a browser write addresses, form fields and JSON that a script sends?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from crawler.extract.urls import absolute

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def address_of(base: str, href: str, query: Mapping[str, Any] | None = None) -> str | None:
    """The http(s) address of `href` with its query as written and `query` behind it; None for any other scheme."""
    head, _, written = sendable(href).partition("#")[0].partition("?")
    try:
        url = absolute(base, head.strip())
    except ValueError:
        return None
    if url is None:
        return None
    asked = [quote(written.strip(), safe="%&=+,;:@!$'()*/?-._~[]")] if written.strip() else []
    if query:
        asked.append(form_of(query))
    return urlsplit(url)._replace(query="&".join(asked)).geturl()


def form_of(fields: Mapping[str, Any]) -> str:
    """Form fields as jQuery writes them: nested names in brackets, null as nothing, true and false in words."""
    return urlencode([(key, value) for name, v in fields.items() for key, value in _flat(name, v)])


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(f"{name}[]", inner)
    elif isinstance(value, bool):
        yield sendable(name), str(value).lower()
    else:
        yield sendable(name), "" if value is None else sendable(str(value))


def pairs_of(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True)
    except ValueError:
        return []


def path_of(url: str) -> str:
    parts = urlsplit(sendable(url))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def sendable(text: str) -> str:
    """Without halves of surrogate pairs, which cannot be sent."""
    return _SURROGATE.sub("", text)


def number_of(value: Any, otherwise: int) -> int:
    """A positive whole number of at most four digits, else `otherwise`."""
    text = str(value)
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) and int(text) else otherwise


def json_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def json_value(text: str) -> Any:
    """The JSON value; None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def words_of(text: str) -> list[str]:
    """visitCount_add is visit, count, add."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]
