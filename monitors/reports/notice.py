"""What does a unit get on paper when it is to mend something? The 整改通知: each fault with clause, page, words and time, and the day.

One model, two writers: `as_text` for the screen and for mail, `as_docx` for the printer and the seal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from db.records import SHANGHAI, Alert, Finding
from monitors.alerts import kinds, subject
from monitors.digest import reason_words, todo
from monitors.reports.paper import Grid, Paper, chinese_day
from monitors.rubric import Rubric

TITLE = "关于政府网站与政务新媒体有关问题的整改通知"
_BREAK = 12  # where the title goes on in its second line
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
    lines += [notice.office, chinese_day(notice.on)]
    return "\n".join(lines) + "\n"


def as_docx(notice: Rectification) -> bytes:
    """The notice as a Word file in official layout, a table a fault; on a page of its own the receipt that the unit sends back."""
    paper = Paper(TITLE, notice.office)
    paper.title(TITLE[:_BREAK], TITLE[_BREAK:])
    if notice.number:
        paper.centred(notice.number)
        paper.empty()
    paper.to(f"{notice.unit}：")
    paper.body(_opening(notice))
    for n, fault in enumerate(notice.faults, 1):
        paper.level(3, f"{n}. {fault.title}")
        paper.table(Grid((), _rows(fault), (26, 130), left=frozenset((1,)), together=True))
    paper.empty()
    paper.body(_closing(notice))
    if notice.gap:
        paper.body(f"注：{notice.gap}。")
    paper.annexes(["整改情况回执"])
    paper.signed(notice.office, chinese_day(notice.on))
    _receipt(paper, notice)
    return paper.data()


def _receipt(paper: Paper, notice: Rectification) -> None:
    """整改情况回执: a line a fault, for the unit to say what was done and when, and where that can be seen."""
    paper.annex("附件", "整改情况回执")
    paper.small(
        f"填报单位（盖章）：{notice.unit}　　通知：{notice.number or TITLE}（{chinese_day(notice.on)}）　　"
        f"请于{chinese_day(notice.due)}前反馈至{notice.office}。"
    )
    heads = ["序号", "问题", "编号", "整改措施", "完成日期", "整改后页面地址或说明材料"]
    rows = [[str(n), f.title, f.number, "", "", ""] for n, f in enumerate(notice.faults, 1)]
    paper.table(Grid(heads, rows, (12, 36, 20, 38, 20, 30), left=frozenset((1,)), height=24))
    paper.small("有异议的问题，请在“整改措施”栏写明“有异议”，并附说明。")
    blanks = [("单位负责人（签字）", ""), ("联系人", ""), ("联系电话", ""), ("填报日期", "　　年　　月　　日")]
    paper.table(Grid((), blanks, (50, 106), height=10))


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
        f"请于{chinese_day(notice.due)}前完成整改，并将整改情况书面反馈。对上述问题有异议的，请在期限内提出并附说明，"
        "可以索取网页存证核对。"
    )
