"""Every code that the rules and readers can give has its Chinese word, so that nobody at the desk reads `no_effect`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from db.appeals import DECIDED, FILED, RECHECKED, RUNNING, WAITING
from db.records import Footer, Outcome
from desk.wording import reason, words
from monitors.rubric import load_rubric
from monitors.rules import board, gazette, site

ROOT = Path(__file__).parents[2]
_CALLS = {"failed": 0, "unknown": 0, "na": 0, "_unless_doubtful": 0, "Verdict": 1}  # which argument is the reason
_GIVEN = frozenset(("unseen", "why", "reason", "partial", "home_unseen", "inner_unseen"))  # fields that become reasons


def texts(node):
    """The codes that an expression can be, for all that stands in the source."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.IfExp():
            yield from (t for part in (node.body, node.orelse) for t in texts(part))
        case ast.BoolOp() | ast.Tuple():
            yield from (t for part in getattr(node, "values", None) or node.elts for t in texts(part))


def emitted() -> dict[str, set[str]]:
    """Every code with the files that give it: reasons of verdicts, and why a reader did not see something."""
    found: dict[str, set[str]] = defaultdict(set)
    files = [*(ROOT / "monitors").rglob("*.py"), *(ROOT / "crawler").rglob("*.py"), ROOT / "schedules/jobs.py"]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            said: list[str] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                at = _CALLS.get(name)
                if at is not None and len(node.args) > at and "monitors" in path.parts:
                    said += texts(node.args[at])
                said += [t for k in node.keywords if k.arg in _GIVEN for t in texts(k.value)]
            elif isinstance(node, ast.FunctionDef) and re.search("reason|unseen|_why", node.name):
                returned = [r.value for r in ast.walk(node) if isinstance(r, ast.Return) and r.value is not None]
                said += [t for value in returned for t in texts(value)]
            for text in said:
                code = text.partition(":")[0]
                if re.fullmatch(r"[a-z][a-z_]*", code):
                    found[code].add(path.relative_to(ROOT).as_posix())
    return found


EMITTED = emitted()
RUBRIC = load_rubric()


def test_the_walk_finds_what_is_known_to_be_there():
    assert {"missing", "stale", "no_effect", "violations", "not_proven_missing", "gone_once", "source_doubted"} <= set(
        EMITTED
    )
    assert len(EMITTED) > 80


@pytest.mark.parametrize("code", sorted(set(EMITTED) | set(map(str, Outcome))))
def test_every_code_has_its_word(code):
    assert not re.search("[a-z]", reason(code, RUBRIC).replace("robots.txt", "").replace("gov.cn", "")), (
        f"desk/words.toml [reason] wants a word for {code} ({', '.join(sorted(EMITTED.get(code, ())))})"
    )


@pytest.mark.parametrize(
    "detail",
    [
        *Footer.MARKS, *board._FIELDS, *gazette.FORMS, *site._SITE_TAGS, "ColumnName", "ColumnType",
        "size", "contrast", "click", "moving", "modal", "fixed", "host",  # monitors/rules/elder.py
        "identity", "bank", "mobile",  # crawler/extract/privacy.py
        "openness", "validity", "written", "published", "way",
    ],
)  # fmt: skip
def test_every_detail_has_its_word(detail):
    assert detail in words()["detail"]


@pytest.mark.parametrize("state", ["expired", "not_yet_valid", "self_signed", "wrong_host", "untrusted", "old_tls"])
def test_every_state_of_a_certificate_has_its_word(state):
    assert not re.search("[a-z]", reason(state, RUBRIC))


def test_several_faults_in_one_reason_are_all_said():
    assert reason("length,similar,fees", RUBRIC) == "篇幅超过限度、与上年度雷同、缺少收取信息公开费的说明"
    assert reason("falls_short:size,click", RUBRIC) == "适老功能不足（字号偏小、点开下一页后失效）"
    assert reason("advert:moving,host", RUBRIC) == "适老版有广告或弹窗（飘浮窗口、广告域名）"


def test_what_happens_to_an_appeal_and_a_recheck_has_its_word():
    assert set(words()["appeal"]) == {FILED, RECHECKED, "open", *DECIDED}
    assert {WAITING, RUNNING} < set(words()["recheck"])
