"""What does a unit that lost a point get in its hand? One signed ZIP: the pages as they came, the words, the rule.

`desk/verify.py` says what form the ZIP has and checks it; `desk/warc.py` writes the pages.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlite_utils import Database

from db import cited, facts, findings
from db.findings import Judging
from db.records import Finding
from desk.export import finding_row, instant
from desk.files import replacing
from desk.verify import FINDING, FORMAT, MANIFEST, PAGES, RULE, SIGNATURE, archive, describe, fingerprint, public_text
from desk.warc import Pages
from monitors import catalogue, rubric

_README = """网考证据包  结论编号 {finding}

本包是一条考核结论的全部依据，由考核系统导出并签名。

  finding.json  结论：单位、规则、结论、扣分、取证时间，以及判定的编号、时间、所用细则和程序版本
  rule.json     规则：名称、依据条款、标准、分值
  rubric.toml   当时所用的细则全文（文件原样）
  words.txt     结论所依据的页面和关键词句
  page.warc.gz  网页存档（WARC）：取证时的请求、跳转和网页原始内容，可用 ReplayWeb.page 等工具打开
  shots/        页面截图（有才附）
  manifest.json 清单：各文件的大小和 sha256、公钥
  manifest.sig  清单的 Ed25519 签名（base64）
{missing}
怎样核验
一、有网考程序：wangkao verify 本包.zip。不需要数据库，也不需要网络；任何一个字节不同都会报错。
二、没有网考程序：
  1. 解压，对每个文件计算 sha256（sha256sum 文件名，或 Windows 的 certutil -hashfile 文件名 SHA256），与 manifest.json 对照。
  2. 向考核单位索取公钥文件（.key.pub）。其中间一行应与 manifest.json 的 public_key 相同。
  3. base64 -d manifest.sig > sig.bin
     openssl pkeyutl -verify -pubin -inkey 公钥文件 -rawin -in manifest.json -sigfile sig.bin
公钥指纹：{fingerprint}
"""


_SEALED = frozenset(("site.privacy",))  # rules whose pages hold what must not be spread


class EvidenceProblem(Exception):
    """The bundle cannot be made; the message says why and what to do, in Chinese."""


def write_bundle(
    db: Database,
    finding_id: int,
    out: Path,
    *,
    key: Ed25519PrivateKey,
    at: datetime | None = None,
    unsealed: bool = False,
) -> tuple[str, ...]:
    """Write the bundle to `out`, whole or not at all, and return in Chinese what it lacks: bodies that are not stored or sealed.

    unsealed  the pages of a finding about personal data (`site.privacy`) are put in as well; else they stay in the database,
              for reviewers: a bundle is made to be handed on

    Raises EvidenceProblem like `bundle`, and when the file cannot be written; RubricError, DatabaseProblem.
    """
    data, missing = _bundle(db, finding_id, key, at or datetime.now(UTC), unsealed)
    try:
        with replacing(out) as path:
            path.write_bytes(data)
    except OSError as error:
        raise EvidenceProblem(
            f"不能写入 {out}（{error.strerror}）。请检查文件夹是否存在、文件是否正被打开。"
        ) from error
    return missing


def bundle(db: Database, finding_id: int, *, key: Ed25519PrivateKey, at: datetime | None = None) -> bytes:
    """The signed ZIP for a finding of whatever judging; `at` is its `created_at`, now when not given.

    A body that is no longer stored is left out and named in manifest and README. Raises EvidenceProblem when there is no
    such finding or its rubric does not know its rule.
    """
    return _bundle(db, finding_id, key, at or datetime.now(UTC), False)[0]


def _bundle(
    db: Database, finding_id: int, key: Ed25519PrivateKey, at: datetime, unsealed: bool
) -> tuple[bytes, tuple[str, ...]]:
    finding, judging = findings.finding_by_id(db, finding_id), cited.judging_of(db, finding_id)
    if finding is None or judging is None:
        raise EvidenceProblem(f"没有编号为 {finding_id} 的结论。编号见 wangkao export findings 的 id 一栏。")
    rule = next((row for row in catalogue.rows(rubric.load_rubric(judging.rubric)) if row["id"] == finding.rule), None)
    if rule is None:
        raise EvidenceProblem(f"细则 {judging.rubric} 中没有规则 {finding.rule}。请恢复判定时所用的细则文件。")
    law = (rubric.FOLDER / f"{judging.rubric}.toml").read_bytes()
    row = _finding(finding, judging, law)
    sealed = finding.rule in _SEALED and not unsealed
    pages = _pages(db, finding, at, sealed)
    why = "含个人信息，已封存，仅供复核人员查看" if sealed else "没有存在数据库里"
    missing = {
        sha256: f"{url} 的正文（{instant(when)}，sha256 {sha256}）{why}"
        for sha256, (url, when) in pages.missing.items()
    }
    lacking = "".join(f"\n缺：{what}" for what in missing.values())
    public = key.public_key()
    files = {
        "README.txt": _README.format(finding=finding_id, missing=lacking, fingerprint=fingerprint(public)).encode(),
        FINDING: _json(row),
        RULE: _json(rule),
        "rubric.toml": law,
        "words.txt": "".join(f"{line}\n" for line in describe(row, rule)).encode(),
        PAGES: pages.data(),
    } | {f"shots/{number}.png": picture for number, picture in enumerate(() if sealed else _pictures(db, finding), 1)}
    manifest = {
        "format": FORMAT,
        "created_at": instant(at),
        "made_by": f"wangkao/{version('wangkao')}",
        "finding": finding_id,
        "missing": list(missing),
        "files": [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        ],
        "public_key": public_text(public),
    }
    files[MANIFEST] = _json(manifest)
    files[SIGNATURE] = base64.b64encode(key.sign(files[MANIFEST])) + b"\n"
    return b"".join(archive(files)), tuple(missing.values())


def _finding(finding: Finding, judging: Judging, law: bytes) -> dict[str, Any]:
    """The finding as exported, and which judging, rubric and code it is of."""
    return finding_row(finding) | {
        "judging": {"id": judging.id, "as_of": instant(judging.as_of), "made_at": instant(judging.made_at)},
        "rubric": {"name": judging.rubric, "sha256": hashlib.sha256(law).hexdigest()},
        "version": judging.version,
    }


def _pages(db: Database, finding: Finding, at: datetime, sealed: bool) -> Pages:
    """What was asked for, then what the finding cites beyond that: a file that was handed in, a body without its row."""
    pages = Pages(
        lambda sha256: None if sealed else facts.body(db, sha256),
        seed=f"wangkao finding {finding.id} {at.isoformat()}",
        at=at,
    )
    pages.add(row for e in finding.evidence for row in cited.fetches_behind(db, finding.unit, e))
    for e in finding.evidence:
        pages.keep(e.url or f"urn:wangkao:{quote(e.source or '')}", e.fetched_at or at, e.sha256)
    return pages


def _pictures(db: Database, finding: Finding) -> Iterator[bytes]:
    shots = dict.fromkeys(row.sha256 for e in finding.evidence for row in cited.screenshots_of(db, finding.unit, e))
    for sha256 in shots:
        if sha256 and (picture := facts.body(db, sha256)) is not None:
            yield picture


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
