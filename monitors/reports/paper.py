"""How does an official paper (公文) look as a Word file? Page, typefaces and parts as GB/T 9704-2012 has them.

A4 with a type area of 156 by 225 mm: 22 lines of 28 characters. Typefaces go by name, for Chinese characters as well, which Word keeps
apart. What a person still has to write stands in 〔〕 on yellow, and a number carries as a comment where it comes from.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

SONG, FANGSONG, HEI, KAI, PLAIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
_TWO, _THREE, _FOUR, _SMALL = 22.0, 16.0, 14.0, 10.5  # 二号, 三号, 四号, 五号
_LINE = 28.95  # 225 mm in 22 lines
_SQUEEZE = -5  # twips a character: 28 of 16 pt in 156 mm
_RED = RGBColor(0xE6, 0, 0)
_BLANK = re.compile(r"(〔[^〔〕]*：[^〔〕]*〕)")
WIDTH = 156.0  # of the type area, in mm
_HIGHEST = 170.0  # of a picture, in mm


class Sourced(Protocol):
    """A piece of text with where it comes from; `note` "" needs no word."""

    @property
    def text(self) -> str:
        """What is printed."""

    @property
    def note(self) -> str:
        """What the comment says."""


Piece = str | Sourced


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of cells under one or two rows of heads, or none.

    head    the lower row, empty: none; a title that stands in `over` under the same number of columns is joined with it
    over    groups of the upper row: (title, how many columns); a group of one column is joined downwards
    widths  of the columns in mm, at most WIDTH in all          left  numbers of the columns that are not centred
    height  of a row in mm at least, for cells that a person fills in; 0: as high as its text
    together  not broken across pages: for a small one
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    over: Sequence[tuple[str, int]] = ()
    left: frozenset[int] = frozenset()
    height: float = 0
    together: bool = False


class Paper:
    """A paper under way: parts are added in their order, `data` is the file."""

    def __init__(self, title: str, author: str) -> None:
        self.document: Any = Document()
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = title, author, ""
        self._normal()
        self._page(self.document.sections[0])

    def data(self) -> bytes:
        """The file."""
        held = io.BytesIO()
        self.document.save(held)
        return held.getvalue()

    # parts

    def letterhead(self, office: str, number: str) -> None:
        """发文机关标志, 发文字号 and the red line."""
        mark = self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, line=None)
        mark.paragraph_format.space_after = Pt(24)
        size = min(44.0, 420 / max(1, len(office)))  # one line of the type area
        self._run(mark, office, SONG, size).font.color.rgb = _RED
        self.centred(number)
        rule = self._paragraph(line=4)
        rule.paragraph_format.space_after = Pt(_LINE)
        _border(rule, "bottom", 18, "E60000")

    def title(self, *lines: str) -> None:
        """The title, a line each, then an empty line."""
        for line in lines:
            self._run(self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, line=36), line, SONG, _TWO)
        self.empty()

    def centred(self, text: str) -> None:
        """A line in the middle, as for a number."""
        self._pieces(self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER), [text])

    def to(self, text: str) -> None:
        """主送机关."""
        self._pieces(self._paragraph(), [text])

    def level(self, number: int, text: str) -> None:
        """A heading of level 1 (一、), 2 (（一）) or 3 (1.)."""
        face, bold = {1: (HEI, False), 2: (KAI, False), 3: (FANGSONG, True)}[number]
        paragraph = self._paragraph(indent=2)
        paragraph.paragraph_format.keep_with_next = True
        outline = OxmlElement("w:outlineLvl")
        outline.set(qn("w:val"), str(number - 1))
        paragraph._p.get_or_add_pPr().append(outline)
        self._run(paragraph, text, face, bold=bold)

    def body(self, *pieces: Piece) -> None:
        """A paragraph of the text."""
        self._pieces(self._paragraph(indent=2), pieces)

    def empty(self) -> None:
        """An empty line."""
        self._paragraph()

    def annexes(self, titles: Sequence[str]) -> None:
        """附件说明: one title without a number, several with one each."""
        self.empty()
        for n, title in enumerate(titles, 1):
            numbered = f"{n}. {title}" if len(titles) > 1 else title
            paragraph = self._paragraph(indent=2 if n == 1 else 5)
            self._pieces(paragraph, [f"附件：{numbered}" if n == 1 else numbered])

    def signed(self, office: str, day: str, note: str = "") -> None:
        """发文机关署名 and 成文日期, the day four characters from the right; `note` is the 附注 (此件公开发布)."""
        self.empty()
        self.empty()
        for text, room in ((office, 2), (day, 4)):
            paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.RIGHT)
            paragraph.paragraph_format.right_indent = Pt(room * _THREE)
            paragraph.paragraph_format.keep_together = True
            self._pieces(paragraph, [text])
        if note:
            self._pieces(self._paragraph(indent=2), [f"（{note}）"])

    def annex(self, label: str, *title: str) -> None:
        """A new page with 附件N on top and its title beneath."""
        paragraph = self._paragraph()
        paragraph.paragraph_format.page_break_before = True
        self._run(paragraph, label, HEI)
        for line in title:
            size = min(20.0, WIDTH / 0.3528 / max(1, len(line)))  # on one line
            self._run(self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, line=32), line, SONG, size)

    def under(self, text: str) -> None:
        """A line under the title of an annex, in brackets."""
        self._run(self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER), f"（{text}）", KAI, _FOUR)

    def small(self, *pieces: Piece) -> None:
        """A note in small type, as under a table."""
        paragraph = self._paragraph(line=16)
        self._pieces(paragraph, pieces, size=_SMALL)

    def table(self, grid: Grid) -> None:
        """The table, its heads again on each page."""
        heads = 2 if grid.over else 1 if grid.head else 0
        table = self.document.add_table(rows=heads + len(grid.rows), cols=len(grid.widths), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        _narrow_margins(table)
        cells = [list(row.cells) for row in table.rows]  # asking for one cell walks the whole table
        for line in cells:
            for cell, width in zip(line, grid.widths, strict=True):
                cell.width = Mm(width)
        for column, width in zip(table.columns, grid.widths, strict=True):
            column.width = Mm(width)
        if grid.over:
            self._two_heads(cells, grid)
        else:
            for n, title in enumerate(grid.head):
                self._cell(cells[0][n], title, HEI)
        for n, row in enumerate(table.rows):
            _of_row(row, "w:tblHeader" if n < heads else "w:cantSplit")
            if grid.height and n >= heads:
                row.height = Mm(grid.height)
        for line, given in zip(cells[heads:], grid.rows, strict=True):
            for n, text in enumerate(given):
                self._cell(line[n], text, FANGSONG, left=n in grid.left)
        for line in cells[:-1] if grid.together else ():
            for cell in line:
                cell.paragraphs[0].paragraph_format.keep_with_next = True

    def _two_heads(self, cells: list[list[_Cell]], grid: Grid) -> None:
        at = 0
        for title, wide in grid.over:
            if wide == 1:
                self._cell(cells[0][at].merge(cells[1][at]), title, HEI)
            else:
                self._cell(cells[0][at].merge(cells[0][at + wide - 1]), title, HEI)
                for n in range(at, at + wide):
                    self._cell(cells[1][n], grid.head[n], HEI)
            at += wide

    def picture(self, png: bytes, caption: str, *, width: float = 150.0) -> None:
        """A picture of that width in mm, smaller where it would not fit on a page, its caption beneath."""
        across, down = struct.unpack(">II", png[16:24])
        width = min(width, _HIGHEST * across / down)
        paragraph = self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER, line=None)
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(png), width=Mm(width))
        shape._inline.docPr.set("descr", caption)
        self._run(self._paragraph(align=WD_ALIGN_PARAGRAPH.CENTER), caption, HEI, 12)

    def imprint(self, copies: str, office: str, day: str) -> None:
        """版记: 抄送, then who had it printed and when, between lines."""
        table = self.document.add_table(rows=2, cols=2)
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        first, last = table.rows
        joined = first.cells[0].merge(first.cells[1])
        for cell, text, align in (
            (joined, f"抄送：{copies}", WD_ALIGN_PARAGRAPH.LEFT),
            (last.cells[0], office, WD_ALIGN_PARAGRAPH.LEFT),
            (last.cells[1], f"{day}印发", WD_ALIGN_PARAGRAPH.RIGHT),
        ):
            paragraph = cell.paragraphs[0]
            _exact(paragraph, 24)
            paragraph.alignment = align
            paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(_FOUR)
            self._pieces(paragraph, [text], size=_FOUR)
        for cell in (*first.cells, *last.cells):
            _cell_lines(cell, top=8, bottom=8)
        for row in (first, last):
            for cell, width in zip(row.cells, (WIDTH / 2, WIDTH / 2), strict=True):
                cell.width = Mm(width)
            _of_row(row, "w:cantSplit")

    def at_foot(self) -> None:
        """Room, so that what follows does not cling to what is above."""
        self._paragraph().paragraph_format.space_before = Pt(_LINE)

    # within

    def _normal(self) -> None:
        style = self.document.styles["Normal"]
        style.font.size = Pt(_THREE)
        _face(style.element.get_or_add_rPr(), FANGSONG)
        spacing = OxmlElement("w:spacing")
        spacing.set(qn("w:val"), str(_SQUEEZE))
        style.element.rPr.find(qn("w:sz")).addprevious(spacing)  # the order is the schema's
        style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)

    def _page(self, section: Any) -> None:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.header_distance, section.footer_distance = Mm(15), Mm(25)
        self.document.settings.odd_and_even_pages_header_footer = True
        for footer, align in (
            (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
            (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
        ):
            footer.is_linked_to_previous = False
            paragraph = footer.paragraphs[0]
            paragraph.alignment = align
            paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(_FOUR)
            self._run(paragraph, "— ", PLAIN, _FOUR)
            self._field(paragraph, "PAGE")
            self._run(paragraph, " —", PLAIN, _FOUR)

    def _field(self, paragraph: Paragraph, code: str) -> None:
        for kind, text in (("begin", None), (None, code), ("separate", None), ("shown", "1"), ("end", None)):
            run = self._run(paragraph, "1" if kind == "shown" else "", PLAIN, _FOUR)
            if kind is None:
                instruction = OxmlElement("w:instrText")
                instruction.set(qn("xml:space"), "preserve")
                instruction.text = f" {text} "
                run._r.append(instruction)
            elif kind != "shown":
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
                run._r.append(mark)

    def _paragraph(
        self, *, align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY, indent: int = 0, line: float | None = _LINE
    ) -> Paragraph:
        paragraph: Paragraph = self.document.add_paragraph()
        paragraph.alignment = align
        if line:
            _exact(paragraph, line)
        if indent:  # in characters, so that it holds when the size is changed; points for who does not know them
            paragraph.paragraph_format.first_line_indent = Pt(indent * (_THREE + _SQUEEZE / 20))
            paragraph._p.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(indent * 100))
        return paragraph

    def _pieces(self, paragraph: Paragraph, pieces: Iterable[Piece], *, size: float = _THREE) -> None:
        for piece in pieces:
            if isinstance(piece, str):
                for part in filter(None, _BLANK.split(piece)):
                    self._marked(self._run(paragraph, part, FANGSONG, size))
                continue
            run = self._marked(self._run(paragraph, piece.text, FANGSONG, size))
            if piece.note:
                self.document.add_comment(run, text=piece.note, author="网考", initials="网考")

    @staticmethod
    def _marked(run: Run) -> Run:
        if _BLANK.fullmatch(run.text):
            run.font.highlight_color = WD_COLOR_INDEX.YELLOW
        return run

    def _run(self, paragraph: Paragraph, text: str, face: str, size: float = _THREE, *, bold: bool = False) -> Run:
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        run.bold = bold or None
        _face(run._r.get_or_add_rPr(), face)
        return run

    def _cell(self, cell: _Cell, text: str, face: str, *, left: bool = False) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
        _exact(paragraph, 15)
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        for part in filter(None, _BLANK.split(text)):
            self._marked(self._run(paragraph, part, face, _SMALL))
        middle = OxmlElement("w:vAlign")
        middle.set(qn("w:val"), "center")
        cell._tc.get_or_add_tcPr().append(middle)


def chinese_day(day: date) -> str:
    """The day as a paper writes it: 2026年7月10日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _face(properties: Any, name: str) -> None:
    """The typeface by name; quotation marks are Chinese ones."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(key), name)
    for key in [k for k in fonts.attrib if k.endswith("Theme")]:
        del fonts.attrib[key]
    fonts.set(qn("w:hint"), "eastAsia")


def _exact(paragraph: Paragraph, points: float) -> None:
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = Pt(points)


def _border(paragraph: Paragraph, side: str, eighths: int, colour: str) -> None:
    borders: Any = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    for key, value in (("val", "single"), ("sz", str(eighths)), ("space", "1"), ("color", colour)):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _cell_lines(cell: _Cell, **sides: int) -> None:
    properties = cell._tc.get_or_add_tcPr()
    if properties.find(qn("w:tcBorders")) is not None:
        return
    borders = OxmlElement("w:tcBorders")
    for side, eighths in sides.items():
        line = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", str(eighths)), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)
    properties.append(borders)


def _narrow_margins(table: Any) -> None:
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "50")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    (look.addprevious if look is not None else table._tbl.tblPr.append)(margins)


def _of_row(row: Any, mark: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(mark))
