"""How are the bytes of a page kept? Compressed with zstandard, under the sha256 of what they were."""

from __future__ import annotations

import hashlib

import zstandard

_PACK = zstandard.ZstdCompressor(level=6)


def digest(body: bytes) -> str:
    """The sha256 of a body, as hexadecimal text."""
    return hashlib.sha256(body).hexdigest()


def pack(body: bytes) -> bytes:
    """The body as it is stored; its size is written in it."""
    return _PACK.compress(body)


def unpack(packed: bytes) -> bytes:
    """The body that `pack` made `packed` of; raises zstandard.ZstdError for anything else."""
    return zstandard.decompress(packed)


def size(packed: bytes) -> int:
    """Number of bytes of the body behind `packed`."""
    return int(zstandard.frame_content_size(packed))
