"""What does a unit get on paper when it is to mend something? The 整改通知: each fault with clause, page, words and time, and the day.

One model, two writers: `as_text` for the screen and for mail, `as_docx` for the printer and the seal.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph
from docx.text.parfmt import ParagraphFormat

from db.records import SHANGHAI, Alert, Finding
from monitors.alerts import kinds, subject
from monitors.digest import reason_words, todo
from monitors.rubric import Rubric

TITLE = "关于政府网站与政务新媒体有关问题的整改通知"
_FONT, _HEAD = "仿宋", "黑体"
_QUOTED = 120  # characters of a page that are quoted


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as the notice names it. `seen` is when the page was fetched; `number` the alert or the finding, as text."""

    title: str
    cite: str
    target: str
    page: str | None
    seen: datetime | None
    words: str | None
    reason: str
    todo: str
    number: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Rectification:
    """The notice.

    due     last day of the time given, Asia/Shanghai          gap    what is not sure about that day, None: nothing
    office  who signs                                          number of the document, "" where it is filled in by hand
    """

    unit: str
    office: str
    on: date
    due: date
    faults: tuple[Fault, ...]
    number: str = ""
    gap: str | None = None


def of_alerts(alerts: Iterable[Alert], rubric: Rubric) -> tuple[Fault, ...]:
    """The faults of these alerts, in their order."""
    found = []
    for alert in alerts:
        rule, target = subject(alert)
        line = rubric.lines.get(rule)
        kind = kinds()[alert.kind].title
        title = f"{kind}（{line.title}）" if line and line.title != kind else kind
        cite = "；".join(line.cite) if line else ""
        found.append(_fault(title, cite, rule, target, alert, f"预警 {alert.id}"))
    return tuple(found)


def of_findings(findings: Iterable[Finding], rubric: Rubric) -> tuple[Fault, ...]:
    """The faults of these findings, in their order."""
    return tuple(
        _fault(rubric.lines[f.rule].title, "；".join(rubric.lines[f.rule].cite), f.rule, f.target, f, f"结论 {f.id}")
        for f in findings
    )


def as_text(notice: Rectification) -> str:
    """The notice as plain text, lines ended by a line feed."""
    lines = [
        TITLE,
        *([notice.number] if notice.number else []),
        "",
        f"{notice.unit}：",
        "",
        f"    {_opening(notice)}",
        "",
    ]
    for n, fault in enumerate(notice.faults, 1):
        lines.append(f"{n}. {fault.title}")
        lines += [f"   {name}：{value}" for name, value in _rows(fault)]
        lines.append("")
    lines += [f"    {_closing(notice)}", ""]
    if notice.gap:
        lines += [f"    注：{notice.gap}。", ""]
    lines += [notice.office, _day(notice.on)]
    return "\n".join(lines) + "\n"


def as_docx(notice: Rectification) -> bytes:
    """The notice as a Word file: A4, a table a fault."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.7)
    style = document.styles["Normal"]
    style.font.size = Pt(14)
    _face(style, _FONT)
    head = document.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = head.add_run(TITLE)
    run.font.size, run.bold = Pt(20), True
    _face(run, _HEAD)
    if notice.number:
        document.add_paragraph(notice.number).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(f"{notice.unit}：")
    _indented(document.add_paragraph(_opening(notice)))
    for n, fault in enumerate(notice.faults, 1):
        document.add_paragraph(f"{n}. {fault.title}").paragraph_format.keep_with_next = True
        table = document.add_table(rows=0, cols=2, style="Table Grid")
        for name, value in _rows(fault):
            cells = table.add_row().cells
            for cell, text, width in zip(cells, (name, value), (Cm(2.6), Cm(13)), strict=True):
                cell.width = width
                cell.paragraphs[0].add_run(text).font.size = Pt(12)
    _indented(document.add_paragraph(_closing(notice))).space_before = Pt(12)
    if notice.gap:
        _indented(document.add_paragraph(f"注：{notice.gap}。"))
    for text in (notice.office, _day(notice.on)):
        document.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.core_properties.title, document.core_properties.author = TITLE, notice.office
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def _fault(title: str, cite: str, rule: str, target: str, shown: Alert | Finding, number: str) -> Fault:
    proof = shown.evidence[0] if shown.evidence else None
    return Fault(
        title,
        cite,
        target,
        (proof.url or proof.source) if proof else None,
        proof.fetched_at if proof else None,
        proof.excerpt[:_QUOTED] if proof and proof.excerpt else None,
        reason_words(shown.reason),
        todo(rule),
        number,
        proof.sha256 if proof else None,
    )


def _rows(fault: Fault) -> Sequence[tuple[str, str]]:
    seen = fault.seen.astimezone(SHANGHAI).strftime("%Y年%m月%d日 %H:%M") if fault.seen else ""
    rows = [
        ("问题", fault.reason),
        ("依据", fault.cite),
        ("对象", fault.target),
        ("页面", fault.page if fault.page != fault.target else ""),
        ("发现时间", seen),
        ("页面原文", fault.words),
        ("存证摘要", f"sha256 {fault.sha256}" if fault.sha256 else ""),
        ("整改要求", fault.todo),
        ("编号", fault.number),
    ]
    return [(name, value) for name, value in rows if value]


def _opening(notice: Rectification) -> str:
    return f"经日常监测并由人工复核，发现你单位政府网站、政务新媒体存在以下 {len(notice.faults)} 个问题，现予通知。"


def _closing(notice: Rectification) -> str:
    return (
        f"请于{_day(notice.due)}前完成整改，并将整改情况书面反馈。对上述问题有异议的，请在期限内提出并附说明，"
        "可以索取网页存证核对。"
    )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _face(part: Any, name: str) -> None:
    """The typeface of a run or style, for Chinese characters as well, which Word keeps apart."""
    part.font.name = name
    part.element.rPr.rFonts.set(qn("w:eastAsia"), name)


def _indented(paragraph: Paragraph) -> ParagraphFormat:
    form: ParagraphFormat = paragraph.paragraph_format
    form.first_line_indent = Pt(28)
    return form
