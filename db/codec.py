"""How does a record become JSON and come back equal?

Instants are written as UTC ISO text of one width (so that text order is time order), days as ISO days, enums by value,
decimals as text. What a record's annotations say is what is read back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]


def instant_text(instant: datetime) -> str:
    """UTC ISO text to the millisecond of an aware instant; raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"naive instant: {instant!r}")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def dump(value: Any) -> str:
    """JSON text of a record or of any nesting of records."""
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if names := _names(value.__class__):
        return {name: getattr(value, name) for name in names}
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"not a record: {value!r}")


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Names of the fields of a record, () for anything else."""
    return tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def load(kind: type[T], text: str) -> T:
    """The record of `kind` that `dump` wrote. Keys that the record no longer has are ignored."""
    wanted: Any = kind
    record: T = _reader(wanted)(json.loads(text))
    return record


def plain(value: Any) -> Any:
    """The record as the plain lists, dicts and texts that `dump` would write."""
    return json.loads(dump(value))


def revive(kind: Any, value: Any) -> Any:
    """The value of `kind` from plain lists, dicts and texts."""
    return _reader(kind)(value)


@cache
def _reader(kind: Any) -> Reader:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = _reader(next(a for a in args if a is not type(None)))
        return inner if inner is _as_it_is else lambda v: None if v is None else inner(v)
    if origin is tuple:
        if args[-1] is not ...:
            cells = [_reader(a) for a in args]
            return lambda v: tuple(cell(x) for cell, x in zip(cells, v, strict=True))
        each = _reader(args[0])
        return tuple if each is _as_it_is else lambda v: tuple([each(x) for x in v])
    if origin is dict:
        item = _reader(args[1])
        return dict if item is _as_it_is else lambda v: {k: item(x) for k, x in v.items()}
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        readers = {f.name: _reader(hints[f.name]) for f in dataclasses.fields(kind)}
        changed = [(name, read) for name, read in readers.items() if read is not _as_it_is]
        make: Any = kind

        def record(v: Any) -> Any:
            # most cells are texts and numbers: a reader for each would double the time of a year
            given = dict(v) if v.keys() <= readers.keys() else {k: x for k, x in v.items() if k in readers}
            for name, read in changed:
                if name in given:
                    given[name] = read(given[name])
            return make(**given)

        return record
    if kind is datetime or kind is date:
        parse: Reader = kind.fromisoformat
        return parse
    if isinstance(kind, type) and (issubclass(kind, Enum) or kind is Decimal):
        return kind
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
