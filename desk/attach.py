"""May this file be handed in, and under what name is it given out again? Kinds and limits stand in attachments.toml.

A file is never opened or run here: its first bytes are compared, and of an archive the list of its members.
"""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

_MEMBERS = 2000  # of an archive; a document has some dozens
_LONGEST = 80  # characters of a name that are kept


class NotTaken(ValueError):
    """The file is not taken; the message says which, why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file (see attachments.toml)."""

    key: str
    name: str
    begins: bytes
    holds: str
    refuse: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many files and bytes one appeal may hand in."""

    files: int
    each: int
    together: int
    kinds: Mapping[str, Kind]

    @property
    def words(self) -> str:
        """The limits as a sentence, in Chinese."""
        kinds = "、".join(kind.name for kind in self.kinds.values())
        each, together = self.each // 1_000_000, self.together // 1_000_000
        return f"最多 {self.files} 个文件，每个不超过 {each} MB，合计不超过 {together} MB；可用 {kinds}。"


@cache
def limits() -> Limits:
    """What attachments.toml says."""
    data = tomllib.loads((Path(__file__).parent / "attachments.toml").read_text("utf-8"))
    kinds = {
        key: Kind(key, row["name"], bytes.fromhex(row["begins"]), row.get("holds", ""), tuple(row.get("refuse", ())))
        for key, row in data.items()
        if isinstance(row, dict)
    }
    return Limits(data["files"], data["bytes_each"], data["bytes_all"], kinds)


def checked(files: Sequence[tuple[str, bytes]]) -> list[tuple[str, str, bytes]]:
    """The files (name, bytes) as (safe name, kind, bytes). Raises NotTaken for the first that cannot be, or for too much."""
    most = limits()
    if len(files) > most.files:
        raise NotTaken(f"附件最多 {most.files} 个。")
    if sum(len(data) for _, data in files) > most.together:
        raise NotTaken(f"附件合计超过 {most.together // 1_000_000} MB，请压缩图片或减少附件。")
    return [_checked(name, data) for name, data in files]


def disposition(name: str, kind: str, plain: str) -> str:
    """The header that makes a download of it, under its safe name; `plain` is the ASCII name for old browsers, without ending."""
    return f"attachment; filename=\"{plain}.{kind}\"; filename*=UTF-8''{quote(name, safe='')}"


def _checked(name: str, data: bytes) -> tuple[str, str, bytes]:
    said = safe_name(name, "")
    if not data:
        raise NotTaken(f"附件“{said}”是空的。")
    if len(data) > limits().each:
        raise NotTaken(f"附件“{said}”超过 {limits().each // 1_000_000} MB。")
    kind = kind_of(data)
    if kind is None:
        raise NotTaken(
            f"附件“{said}”的内容不是可以接收的类型。{limits().words}旧格式的文档请另存后再传，含宏的文档不收。"
        )
    return safe_name(name, kind), kind, data


def kind_of(data: bytes) -> str | None:
    """The kind of file that these bytes are, None for one that is not taken."""
    for kind in limits().kinds.values():
        if data.startswith(kind.begins) and (not kind.holds or _is_document(data, kind)):
            return kind.key
    return None


def safe_name(name: str, kind: str) -> str:
    """The last part of the name without anything that a file system, a header or a page would take for more than a name, and with the
    ending of its kind."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*;%')
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", kept).strip(". ")[:_LONGEST] or "附件"
    return f"{stem}.{kind}" if kind else stem


def _is_document(data: bytes, kind: Kind) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [n.lower() for n in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    if len(names) > _MEMBERS or kind.holds not in names or "[content_types].xml" not in names:
        return False
    return not any(n.endswith(kind.refuse) for n in names)
