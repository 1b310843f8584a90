"""Annual reports made for tests: figures that balance, printed as a page, a Word file, a workbook or a PDF."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Sequence

import docx
import openpyxl
from docx.document import Document

HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
COLUMNS = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计")
OUTCOMES = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
A_ROWS = (
    ("规章", 3),
    ("行政规范性文件", 3),
    ("行政许可", 1),
    ("行政处罚", 1),
    ("行政强制", 1),
    ("行政事业性收费", 1),
)
B_ROWS = (
    ("一、本年新收政府信息公开申请数量",),
    ("二、上年结转政府信息公开申请数量",),
    ("三、本年度办理结果", "（一）予以公开"),
    ("三、本年度办理结果", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"),
    ("三、本年度办理结果", "（三）不予公开", "1.属于国家秘密"),
    ("三、本年度办理结果", "（三）不予公开", "2.其他法律行政法规禁止公开"),
    ("三、本年度办理结果", "（三）不予公开", "3.危及“三安全一稳定”"),
    ("三、本年度办理结果", "（三）不予公开", "4.保护第三方合法权益"),
    ("三、本年度办理结果", "（三）不予公开", "5.属于三类内部事务信息"),
    ("三、本年度办理结果", "（三）不予公开", "6.属于四类过程性信息"),
    ("三、本年度办理结果", "（三）不予公开", "7.属于行政执法案卷"),
    ("三、本年度办理结果", "（三）不予公开", "8.属于行政查询事项"),
    ("三、本年度办理结果", "（四）无法提供", "1.本机关不掌握相关政府信息"),
    ("三、本年度办理结果", "（四）无法提供", "2.没有现成信息需要另行制作"),
    ("三、本年度办理结果", "（四）无法提供", "3.补正后申请内容仍不明确"),
    ("三、本年度办理结果", "（五）不予处理", "1.信访举报投诉类申请"),
    ("三、本年度办理结果", "（五）不予处理", "2.重复申请"),
    ("三、本年度办理结果", "（五）不予处理", "3.要求提供公开出版物"),
    ("三、本年度办理结果", "（五）不予处理", "4.无正当理由大量反复申请"),
    ("三、本年度办理结果", "（五）不予处理", "5.要求行政机关确认或重新出具已获取信息"),
    ("三、本年度办理结果", "（六）其他处理", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    (
        "三、本年度办理结果",
        "（六）其他处理",
        "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    ),
    ("三、本年度办理结果", "（六）其他处理", "3.其他"),
    ("三、本年度办理结果", "（七）总计"),
    ("四、结转下年度继续办理",),
)
IDS = ("B1", "B2", "B3.1", "B3.2", *(f"B3.3.{n}" for n in range(1, 9)), *(f"B3.4.{n}" for n in range(1, 4)))
IDS += (*(f"B3.5.{n}" for n in range(1, 6)), *(f"B3.6.{n}" for n in range(1, 4)), "B3.7", "B4")


class Figures:
    """The figures of one report as text, free to be changed: `a` rows, `b` 25 rows of 7, `c` 15; balanced when made."""

    def __init__(self, luck: random.Random | None = None, most: int = 3) -> None:
        draw = (lambda: luck.randint(0, most)) if luck else (lambda: 0)
        results = [[draw() for _ in range(6)] for _ in range(21)]
        done = [sum(row[n] for row in results) for n in range(6)]
        left = [draw() for _ in range(6)]
        carried = [min(draw(), done[n] + left[n]) for n in range(6)]
        new = [done[n] + left[n] - carried[n] for n in range(6)]
        self.b = [[*map(str, row), str(sum(row))] for row in (new, carried, *results, done, left)]
        blocks = [[draw() for _ in range(4)] for _ in range(3)]
        self.c = [str(n) for block in blocks for n in (*block, sum(block))]
        self.a = [[str(draw()) for _ in range(width)] for _, width in A_ROWS]

    def cell(self, name: str) -> tuple[list[str], int]:
        """The list and the place in it of a cell such as B3.4.1/总计 or 复议后起诉/尚未审结."""
        row, _, column = name.partition("/")
        if row in IDS:
            return self.b[IDS.index(row)], COLUMNS.index(column)
        return self.c, ("行政复议", "未经复议直接起诉", "复议后起诉").index(row) * 5 + OUTCOMES.index(column)


def page(figures: Figures, headings: Sequence[str] = HEADINGS, *, frame: str = "{0}") -> str:
    """The report as a page with the spans of the national form."""
    tables = {1: html_a(figures), 2: html_b(figures), 3: html_c(figures)}
    prose = "<p>本机关认真贯彻落实条例，扎实推进政务公开各项工作，主动接受社会监督，现将有关情况报告如下。</p>"
    said = {0: f"<p>本年度收到政府信息公开申请{figures.b[0][-1]}件。</p>", 5: "<p>本年度没有收取信息处理费。</p>"}
    body = "".join(f"<p>{h}</p>{prose}{said.get(n, '')}{tables.get(n, '')}" for n, h in enumerate(headings))
    return frame.format(f"<h1>岚水县2025年政府信息公开工作年度报告</h1>{body}")


def html_a(figures: Figures) -> str:
    rows, heads = (
        [],
        {0: "第二十条第（一）项", 2: "第二十条第（五）项", 3: "第二十条第（六）项", 5: "第二十条第（八）项"},
    )
    for n, ((label, width), cells) in enumerate(zip(A_ROWS, figures.a, strict=True)):
        if n in heads:
            rows.append(f"<tr><td colspan=4>{heads[n]}</td></tr>")
            names = ("本年制发件数", "本年废止件数", "现行有效件数") if width == 3 else ("本年处理决定数量",)
            names = ("本年收费金额（单位：万元）",) if n == 5 else names
            rows.append(f"<tr><td>信息内容</td>{''.join(f'<td colspan={3 // width}>{x}</td>' for x in names)}</tr>")
        rows.append(f"<tr><td>{label}</td>{''.join(f'<td colspan={3 // width}>{x}</td>' for x in cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def html_b(figures: Figures, rows: slice = slice(None), *, head: bool = True) -> str:
    """Table B, or a part of its rows (a table that goes on over the page)."""
    top = (
        "<tr><td colspan=3 rowspan=3>（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）</td>"
        "<td colspan=7>申请人情况</td></tr><tr><td rowspan=2>自然人</td><td colspan=5>法人或其他组织</td><td rowspan=2>总计</td></tr>"
        f"<tr>{''.join(f'<td>{c}</td>' for c in COLUMNS[1:-1])}</tr>"
    )
    made, seen = [], dict[str, bool]()
    for label, cells in list(zip(B_ROWS, figures.b, strict=True))[rows]:
        parts = []
        for depth, text in enumerate(label):
            last = depth == len(label) - 1
            if last:
                parts.append(f"<td colspan={3 - depth}>{text}</td>")
            elif text not in seen:
                seen[text] = True
                tall = sum(1 for other in B_ROWS[rows] if len(other) > depth + 1 and other[depth] == text)
                parts.append(f"<td rowspan={tall}>{text}</td>")
        made.append(f"<tr>{''.join(parts)}{''.join(f'<td>{c}</td>' for c in cells)}</tr>")
    return f"<table>{top if head else ''}{''.join(made)}</table>"


def html_c(figures: Figures) -> str:
    names = "".join(f"<td>{o}</td>" for o in OUTCOMES)
    first = "".join(f"<td rowspan=2>{o[:2]}<br/>{o[2:]}</td>" for o in OUTCOMES)
    return (
        "<table><tr><td colspan=5>行政复议</td><td colspan=10>行政诉讼</td></tr>"
        f"<tr>{first}<td colspan=5>未经复议直接起诉</td><td colspan=5>复议后起诉</td></tr><tr>{names}{names}</tr>"
        f"<tr>{''.join(f'<td>{c}</td>' for c in figures.c)}</tr></table>"
    )


def word(figures: Figures, headings: Sequence[str] = HEADINGS) -> bytes:
    """The report as a Word file, labels merged down and across."""
    made = docx.Document()
    for n, heading in enumerate(headings):
        made.add_paragraph(heading)
        made.add_paragraph("本机关认真贯彻落实条例，扎实推进政务公开各项工作。")
        if n == 1:
            _word_table(made, sheet_a(figures))
        elif n == 2:
            _word_b(made, figures)
        elif n == 3:
            _word_table(made, sheet_c(figures))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _word_table(made: Document, rows: Sequence[Sequence[str]]) -> None:
    table = made.add_table(len(rows), max(map(len, rows)))
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=False):
            cell.text = text


def _word_b(made: Document, figures: Figures) -> None:
    rows = sheet_b(figures)
    _word_table(made, rows)
    table = made.tables[-1]
    for begin, end, column in ((5, 26, 0), (7, 14, 1), (15, 17, 1), (18, 22, 1), (23, 25, 1)):
        text = rows[begin][column]
        table.cell(begin, column).merge(table.cell(end, column)).text = text
    for row in (3, 4, 27):
        text = rows[row][0]
        table.cell(row, 0).merge(table.cell(row, 2)).text = text


def sheet_a(figures: Figures) -> list[list[str]]:
    """Table A as the rows of a sheet, merged places empty."""
    rows = [["第二十条第（一）项", "", "", ""], ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"]]
    for n, ((label, _), cells) in enumerate(zip(A_ROWS, figures.a, strict=True)):
        if n in (2, 3):
            rows.append(["信息内容", "本年处理决定数量", "", ""])
        if n == 5:
            rows.append(["信息内容", "本年收费金额（单位：万元）", "", ""])
        rows.append([label, *cells, *[""] * (3 - len(cells))])
    return rows


def sheet_b(figures: Figures) -> list[list[str]]:
    rows = [
        [
            "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
            "",
            "",
            "申请人情况",
            "",
            "",
            "",
            "",
            "",
            "",
        ],
        ["", "", "", "自然人", "法人或其他组织", "", "", "", "", "总计"],
        ["", "", "", "", *COLUMNS[1:-1], ""],
    ]
    seen = set[str]()
    for label, cells in zip(B_ROWS, figures.b, strict=True):
        shown = ["" if text in seen else text for text in label]
        seen |= set(label)
        rows.append([*shown, *[""] * (3 - len(shown)), *cells])
    return rows


def sheet_c(figures: Figures) -> list[list[str]]:
    return [
        ["行政复议", *[""] * 4, "行政诉讼", *[""] * 9],
        [*OUTCOMES, "未经复议直接起诉", *[""] * 4, "复议后起诉", *[""] * 4],
        [*[""] * 5, *OUTCOMES, *OUTCOMES],
        list(figures.c),
    ]


def workbook(figures: Figures, headings: Sequence[str] = HEADINGS) -> bytes:
    """The report as one sheet, headings between the tables; figures are numbers, as Excel keeps them."""
    made = openpyxl.Workbook()
    sheet = made.active
    tables = {1: sheet_a(figures), 2: sheet_b(figures), 3: sheet_c(figures)}
    for n, heading in enumerate(headings):
        for row in ([heading], *tables.get(n, ())):
            sheet.append([int(text) if text.isdigit() else text or None for text in row])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def pdf_lines(figures: Figures, headings: Sequence[str] = HEADINGS) -> list[list[tuple[int, str]]]:
    """The report as lines of (place on the line, text); long labels are broken over two lines as a printer does."""
    lines: list[list[tuple[int, str]]] = []
    for n, heading in enumerate(headings):
        lines += [[(40, heading)], [(40, "本机关认真贯彻落实条例，扎实推进政务公开各项工作。")]]
        if n == 1:
            for row in sheet_a(figures):
                lines.append([(40 + 120 * k, text) for k, text in enumerate(row) if text])
        if n == 2:
            for row in sheet_b(figures):
                label, cells = [t for t in row[:3] if t][-1:], row[3:]
                first = [(40, label[0][:14])] if label else []
                lines.append([*first, *((250 + 45 * k, t) for k, t in enumerate(cells) if t)])
                if label and label[0][14:]:
                    lines.append([(40, label[0][14:])])
        if n == 3:
            for row in sheet_c(figures):
                lines.append([(40 + 34 * k, text) for k, text in enumerate(row) if text])
    return lines


def pdf(lines: Sequence[Sequence[tuple[int, str]]], *, per_page: int = 40, picture: bool = False) -> bytes:
    """A small PDF with that text in a Chinese font that is not embedded; `picture` puts a picture on each page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /GBK-EUC-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1)"
        b" /Supplement 2 >> /DW 1000 /W [814 907 500] >>",
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
        b"\nstream\n0\nendstream",
    ]
    pages = []
    for start in range(0, max(1, len(lines)), per_page):
        text = ["BT /F1 9 Tf"]
        for row, line in enumerate(lines[start : start + per_page]):
            text += [f"1 0 0 1 {x} {800 - 18 * row} Tm <{words.encode('gbk').hex()}> Tj" for x, words in line]
        stream = zlib.compress("\n".join([*text, "ET"]).encode())
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream))
        image = b" /XObject << /I 5 0 R >>" if picture else b""
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 700 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >>%s >> >>"
            % (len(objects), image)
        )
        pages.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(b"%d 0 R" % n for n in pages))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
