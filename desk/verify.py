"""Is this evidence bundle, byte for byte, what its maker signed? The file alone says so: no database, no network.

A bundle is a ZIP of one form only, the one that `archive` writes: the manifest names every other file with its size and
sha256, the signature covers the manifest, and what is left (headers, order, gaps) must be what `archive` makes of these
files. So no byte is free. Files are stored uncompressed in it, because no two zlib are bound to pack alike.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from warcio.archiveiterator import ArchiveIterator

FORMAT = "wangkao-evidence-1"
MANIFEST, SIGNATURE, PAGES, FINDING, RULE = "manifest.json", "manifest.sig", "page.warc.gz", "finding.json", "rule.json"
VERDICTS = {"pass": "合格", "fail": "不合格", "unknown": "未能判定", "na": "不适用"}
_FILES = 1000
_MOST = 200_000_000  # bytes, of the file and of what it unpacks to
_ENTRY = struct.Struct("<HHHHHIIIHH")  # version, flags, method, time, date, crc, packed, size, name, extra
_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
_DAY_ONE = 0x21  # 1980-01-01: the instants that matter are inside


class Unverifiable(Exception):
    """Nothing can be said of the file: it, or the public key given, cannot be read. In Chinese, with the remedy."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `problems` is empty exactly when the bundle is whole; `lines` tell what was checked, in Chinese."""

    problems: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Every byte is as signed."""
        return not self.problems


class _Broken(Exception):
    """No further check makes sense."""


def archive(files: Mapping[str, bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """The one ZIP of these files (ASCII names, in this order), piece by piece; the same bytes on every machine."""
    offset, directory = 0, bytearray()
    for name, data in files.items():
        head = _ENTRY.pack(20, 0, 0, 0, _DAY_ONE, zlib.crc32(data), len(data), len(data), len(name), 0)
        directory += _CENTRAL + b"\x14\x03" + head + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, offset)
        directory += name.encode()
        yield _LOCAL + head + name.encode()
        yield data
        offset += len(_LOCAL) + len(head) + len(name) + len(data)
    yield bytes(directory)
    yield b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), offset, 0)


def public_text(key: Ed25519PublicKey) -> str:
    """The key as the middle line of its PEM file."""
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """What two people compare on the telephone: 128 bits of the key's sha256."""
    found = hashlib.sha256(public_text(key).encode()).hexdigest()
    return " ".join(found[n : n + 4] for n in range(0, 32, 4))


def verify(path: Path, *, public_key: Path | None = None) -> Report:
    """Check the bundle at `path`; it is not `ok` when a single byte of it differs from what was signed.

    public_key  PEM file of the key that must have signed; without it the bundle's own key is taken, which proves that
                nothing was changed since, but not who made it

    Reads at most 200 MB, packed or unpacked. Raises Unverifiable when `path` or `public_key` cannot be read.
    """
    trusted = _read_key(public_key) if public_key else None
    problems: list[str] = []
    lines: list[str] = []
    try:
        data = memoryview(_read(path))
        files = _entries(data)
        manifest, key = _signed(files)
        lines.append(f"签名与清单相符。公钥指纹：{fingerprint(key)}")
        if trusted is None:
            lines.append(
                "未给出公钥文件：只能证明签名后未被改动，不能证明由谁签名。请核对公钥指纹，或指明公布的 .key.pub 文件。"
            )
        elif public_text(trusted) == public_text(key):
            lines.append(f"签名者就是公钥文件 {public_key} 的持有者。")
        else:
            problems.append(f"签名用的不是 {public_key} 这把密钥（其指纹为 {fingerprint(trusted)}）。")
        problems += _listed(manifest, files)
        if not _same(data, archive(files)):
            problems.append("压缩包本身被改动：文件之外的字节（文件头、目录、首尾附加内容或重名文件）与原样不符。")
        if not problems:
            lines.append(f"共 {len(files)} 个文件，大小与 sha256 全部与清单相符，没有多余内容。")
            lines += _contents(manifest, files)
    except _Broken as error:
        problems.append(str(error))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problems.append(f"证据包的内容不合格式，不能读懂（{type(error).__name__}）。")
    return Report(tuple(map(_printable, problems)), tuple(map(_printable, lines)))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise Unverifiable(f"不能读取证据包 {path}（{error.strerror}）。请检查文件名。") from error
    if len(data) > _MOST:
        raise _Broken(f"文件超过 {_MOST // 1_000_000} MB，不是网考的证据包。")
    return data


def _read_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise Unverifiable(f"不能读取公钥文件 {path}（{error.strerror}）。请检查文件名。") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unverifiable(f"{path} 不是公钥文件（PEM）。应为考核单位公布的 .key.pub 文件。") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Unverifiable(f"{path} 不是 Ed25519 公钥。应为考核单位公布的 .key.pub 文件。")
    return key


def _entries(data: memoryview) -> dict[str, memoryview]:
    """The files by name, as their local headers tell; whether these are true is for the comparison to say."""
    files: dict[str, memoryview] = {}
    at = 0
    while data[at : at + 4] == _LOCAL and len(data) >= at + 30:
        _, _, method, _, _, _, _, size, name, extra = _ENTRY.unpack_from(data, at + 4)
        if method:
            raise _Broken("压缩包被重新压缩过，已不是原样的证据包。请用当初收到的文件核验。")
        at += 30
        files[bytes(data[at : at + name]).decode("ascii", "replace")] = data[at + name + extra :][:size]
        at += name + extra + size
        if len(files) > _FILES:
            raise _Broken(f"压缩包里的文件超过 {_FILES} 个，不是网考的证据包。")
    if not {MANIFEST, SIGNATURE} <= files.keys():
        raise _Broken("不是网考的证据包，或已残缺：找不到清单 manifest.json 或签名 manifest.sig。")
    return files


def _signed(files: Mapping[str, memoryview]) -> tuple[dict[str, Any], Ed25519PublicKey]:
    """The manifest and the key that it names, which signed it."""
    text, signature = bytes(files[MANIFEST]), bytes(files[SIGNATURE])
    try:
        manifest = json.loads(text)
        key = load_der_public_key(base64.b64decode(manifest["public_key"], validate=True))
        raw = base64.b64decode(signature[:-1], validate=True)
        if base64.b64encode(raw) + b"\n" != signature or not isinstance(key, Ed25519PublicKey):
            raise ValueError("not as written")
        key.verify(raw, text)
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise _Broken("签名不符：清单 manifest.json 或签名 manifest.sig 被改动。") from error
    if manifest["format"] != FORMAT:
        raise _Broken(f"证据包的格式是 {manifest['format']}，本程序只认识 {FORMAT}。请升级 wangkao 后再核验。")
    return manifest, key


def _listed(manifest: Mapping[str, Any], files: Mapping[str, memoryview]) -> Iterator[str]:
    """Where the files and the manifest disagree."""
    listed = {entry["name"]: entry for entry in manifest["files"]}
    for name in files.keys() - listed.keys() - {MANIFEST, SIGNATURE}:
        yield f"多出清单上没有的文件 {name}。"
    for name, entry in listed.items():
        if name not in files:
            yield f"缺少清单上的文件 {name}。"
        elif len(files[name]) != entry["size"] or hashlib.sha256(files[name]).hexdigest() != entry["sha256"]:
            yield f"文件 {name} 的内容与清单不符。"


def _same(data: memoryview, pieces: Iterable[bytes | memoryview]) -> bool:
    at = 0
    for piece in pieces:
        if data[at : at + len(piece)] != piece:
            return False
        at += len(piece)
    return at == len(data)


def _contents(manifest: Mapping[str, Any], files: Mapping[str, memoryview]) -> Iterator[str]:
    """The finding in words, once the pages prove what it cites; raises _Broken where they do not."""
    finding, rule = (json.loads(bytes(files[name])) for name in (FINDING, RULE))
    kept, missing = _payloads(bytes(files[PAGES])), set(manifest["missing"])
    for evidence in finding["evidence"]:
        if evidence["sha256"] and evidence["sha256"] not in kept | missing:
            raise _Broken(f"结论引用的网页内容（sha256 {evidence['sha256']}）不在 {PAGES} 中。")
    yield f"网页存档 {PAGES}：各条记录的摘要相符，结论引用的内容都在其中{'（下述缺失的除外）' if missing else ''}。"
    yield from describe(finding, rule)
    yield from (
        f"注意：本包没有正文 {sha256}（已不在数据库里，或含个人信息而封存），只能证明当时记下的摘要。"
        for sha256 in sorted(missing)
    )


def describe(finding: Mapping[str, Any], rule: Mapping[str, Any]) -> Iterator[str]:
    """A finding for people: unit, rule, verdict, and each piece of evidence with its page, time and words."""
    reason = f"（{finding['reason']}）" if finding["reason"] else ""
    yield f"结论 {finding['id']}：{finding['unit']}，{rule['title']}（{finding['rule']}），{VERDICTS[finding['verdict']]}{reason}"
    yield f"  对象 {finding['target']}；扣分 {finding['points']}；核查时间 {finding['checked_at']}"
    yield f"  依据 {'；'.join(rule['cite'])}"
    for number, evidence in enumerate(finding["evidence"], 1):
        yield f"  证据 {number}：{evidence['url'] or evidence.get('source')}"
        if evidence["fetched_at"]:
            answer = f"HTTP {evidence['status']}" if evidence["status"] else "没有应答"
            yield f"    取证时间 {evidence['fetched_at']}" + (f"，{answer}" if evidence["url"] else "")
        if evidence["sha256"]:
            yield f"    sha256 {evidence['sha256']}"
        if evidence["excerpt"]:
            yield f"    关键词句：{evidence['excerpt']}"


def _payloads(warc: bytes) -> set[str]:
    """The sha256 of each payload in the WARC; raises _Broken for a record that is not what its digests say."""
    found: set[str] = set()
    try:
        with gzip.open(io.BytesIO(warc)) as unpacked:  # a bomb is found before anything else looks inside
            size = 0
            while piece := unpacked.read(1 << 16):
                size += len(piece)
                if size > _MOST:
                    raise _Broken(f"{PAGES} 解压后超过 {_MOST // 1_000_000} MB，拒绝核验。")
        records = ArchiveIterator(io.BytesIO(warc), check_digests=True)
        for record in records:
            sha256 = hashlib.sha256()
            while piece := record.raw_stream.read(1 << 16):
                sha256.update(piece)
            written = record.rec_headers.get_header("WARC-Payload-Digest")
            if record.rec_type in ("response", "resource"):
                found.add(sha256.hexdigest())
                if written != f"sha256:{base64.b32encode(sha256.digest()).decode()}":
                    raise _Broken(f"{PAGES} 中有一条记录的正文与其摘要不符。")
            if record.digest_checker.passed is False:
                raise _Broken(f"{PAGES} 中有一条记录与其摘要不符。")
    except (OSError, EOFError, zlib.error) as error:
        raise _Broken(f"{PAGES} 不能读取。") from error
    except _Broken:
        raise
    except Exception as error:  # whatever warcio makes of a file that is no WARC
        raise _Broken(f"{PAGES} 不是 WARC 文件。") from error
    return found


def _printable(text: str) -> str:
    """The text without what could steer a terminal: it may come from a stranger's file."""
    return "".join(c if c.isprintable() else " " for c in text)
