"""The 整改通知 says of each fault which clause, which page, which words, when, and by which day."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import docx
import pytest

from monitors.reports.notice import TITLE, Rectification, as_docx, as_text, of_alerts, of_findings
from monitors.rubric import load_rubric
from monitors.run import judge
from tests.monitors.made import SITE, a_case
from tests.monitors.test_alerts import GUIDE, a_finding, opened

RUBRIC = load_rubric()
ALERT = opened()[0]


def a_notice(**named):
    given = {"unit": "岚水县", "office": "市政府办公室", "on": date(2026, 11, 25), "due": date(2026, 12, 2)}
    return Rectification(**(given | {"faults": of_alerts([ALERT], RUBRIC)} | named))


def words_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


@pytest.mark.parametrize("write", [as_text, lambda notice: words_of(as_docx(notice))])
def test_both_forms_say_everything(write):
    text = write(a_notice(number="忻政办函〔2026〕1号", gap="2027 年的放假调休安排尚未收入"))
    for said in (
        TITLE, "忻政办函〔2026〕1号", "岚水县：", "政府信息公开指南", "忻政办函〔2023〕48号 三（三）；国务院令第711号 第十二条",
        "栏目无内容", f"{SITE}page", "2026年11月24日 22:10", "a" * 64, "请在专栏内补齐政府信息公开指南", "2026年12月2日",
        "尚未收入", "市政府办公室", "2026年11月25日",
    ):  # fmt: skip
        assert said in text.replace("\n", ""), said  # a title may go over two lines


def test_what_is_not_known_is_left_out():
    bare = of_findings([a_finding("site.available", reason="refused", sha="")], RUBRIC)
    text = as_text(a_notice(faults=bare))
    for label in ("页面原文", "存证摘要", "发现时间", "注："):
        assert label not in text
    assert "拒绝连接" in text


def test_findings_of_a_real_judging_make_a_notice_and_the_file_opens(tmp_path: Path):
    fails = [f for f in judge(a_case(GUIDE), RUBRIC) if f.verdict == "fail" and f.points]
    notice = a_notice(faults=of_findings(fails, RUBRIC))
    path = tmp_path / "通知.docx"
    path.write_bytes(as_docx(notice))
    document = docx.Document(str(path))
    assert len(document.tables) - 2 == len(fails) == 1  # the receipt has two of its own
    assert document.styles["Normal"].element.rPr.rFonts.get(docx.oxml.ns.qn("w:eastAsia")) == "仿宋_GB2312"
    assert f"{len(fails)} 个问题" in as_text(notice)
