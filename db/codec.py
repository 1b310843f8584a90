"""How does a record become JSON and come back equal? By msgspec, for the dataclasses as they stand.

Instants are written as UTC ISO text of one width (so that text order is time order), days as ISO days, enums by value,
decimals as text. What a record's annotations say is what is read back.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def instant_text(instant: datetime) -> str:
    """UTC ISO text to the millisecond of an aware instant; raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError(f"naive instant: {instant!r}")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def dump(value: Any) -> str:
    """JSON text of a record or of any nesting of records; raises TypeError for anything else."""
    plainer = msgspec.to_builtins(value, builtin_types=(datetime,))  # our instants are of one width, its own are not
    return json.dumps(plainer, default=instant_text, ensure_ascii=False, separators=(",", ":"))


def load(kind: type[T], text: str | bytes) -> T:
    """The record of `kind` that `dump` wrote. Keys that the record no longer has are ignored.

    Raises ValueError for text that is no JSON or holds something else than the record's annotations say.
    """
    wanted: Any = kind
    record: T = _decoder(wanted).decode(text)
    return record


def plain(value: Any) -> Any:
    """The record as the plain lists, dicts and texts that `dump` would write."""
    return json.loads(dump(value))


def revive(kind: Any, value: Any) -> Any:
    """The value of `kind` from plain lists, dicts and texts; raises ValueError like `load`."""
    return msgspec.convert(value, kind)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
