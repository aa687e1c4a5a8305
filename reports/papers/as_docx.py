"""A paper as a Word document that a person finishes: the only import of python-docx.

Every place that a person must write is shaded and begins with the same words, so that a search finds each of them.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from proofbox.policies.archives import without_times
from proofbox.reports.errors import LibraryMissingError
from proofbox.reports.papers.paper import Block, Cell, Paper, PaperWords, Picture, Places, Table, Words

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section as Pages
    from docx.table import _Cell as Target
    from docx.text.paragraph import Paragraph

LANGUAGE = {"vi": "vi-VN", "en": "en-GB"}
SHADE, RULE = "FFF2CC", "C3CAD2"
TONE_INK = {"good": "1C5D33", "bad": "9B1C1C", "open": "7A4A00", "plain": ""}


def docx_bytes(paper: Paper) -> bytes:
    """Return a paper as DOCX; equal papers give equal bytes.

    Raises
    ------
    LibraryMissingError
        python-docx is not installed.
    """
    try:
        import docx
    except ImportError as err:
        raise LibraryMissingError(
            "a DOCX needs python-docx; install the extra: pip install 'proofbox[papers]'"
        ) from err
    document = docx.Document()
    _set_up(document, paper)
    document.add_paragraph(" · ".join(("Proofbox", *paper.marks)), style="Subtitle")
    document.add_heading(paper.title, level=0)
    document.add_paragraph(paper.subtitle).runs[0].italic = True
    for line in (paper.banner.title, *paper.banner.lines):
        document.add_paragraph(line)
    _add(document, paper.head, paper.words)
    for section in paper.sections:
        document.add_heading(section.title, level=section.level)
        if section.basis:
            document.add_paragraph(section.basis).runs[0].italic = True
        for block in section.blocks:
            _add(document, block, paper.words)
    out = io.BytesIO()
    document.save(out)
    return without_times(out.getvalue())


def _set_up(document: Document, paper: Paper) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    moment = _moment(paper.made)
    about = document.core_properties
    about.title, about.author, about.language = paper.title[:255], "Proofbox", LANGUAGE[paper.language]
    about.created = about.modified = moment
    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3"):
        style = document.styles[name]
        style.font.name, style.font.color.rgb = "Times New Roman", RGBColor(0x17, 0x20, 0x2A)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), "Times New Roman")
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)
    document.styles["Normal"].font.size = Pt(11)
    spoken = document.styles["Normal"].element.get_or_add_rPr().makeelement(qn("w:lang"))
    spoken.set(qn("w:val"), LANGUAGE[paper.language])
    document.styles["Normal"].element.get_or_add_rPr().append(spoken)
    pages = document.sections[0]
    pages.page_width, pages.page_height = Cm(21), Cm(29.7)
    if paper.wide:
        pages.orientation, pages.page_width, pages.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
    pages.left_margin = pages.right_margin = Cm(2)
    _every_page(pages, paper)


def _every_page(pages: Pages, paper: Paper) -> None:
    from docx.shared import Pt

    for place, lines in ((pages.header, (paper.title,)), (pages.footer, paper.notices)):
        for index, line in enumerate(lines):
            paragraph = place.paragraphs[0] if index == 0 else place.add_paragraph()
            paragraph.add_run(line).font.size = Pt(8)


def _add(document: Document, block: Block, words: PaperWords) -> None:
    from docx.shared import Pt

    match block:
        case Places():
            table = document.add_table(rows=0, cols=2)
            for place in block.places:
                label, target = table.add_row().cells
                label.paragraphs[0].add_run(place.label)
                _fill(target, place.cell, words)
            _finish(table, (3, 7), header=False)
        case Table():
            _add_table(document, block, words)
        case Words():
            run = document.add_paragraph().add_run(block.text)
            run.font.size = Pt(9) if block.note else None
        case Picture():
            # A word processor shows no SVG everywhere; the words say the same.
            document.add_paragraph(f"{block.title}: {block.alt}")


def _add_table(document: Document, block: Table, words: PaperWords) -> None:
    if block.caption:
        caption = document.add_paragraph()
        caption.add_run(block.caption).bold = True
        caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(block.columns))
    for cell, column in zip(table.rows[0].cells, block.columns, strict=True):
        cell.paragraphs[0].add_run(column.title).bold = True
    for row in block.rows:
        for target, cell in zip(table.add_row().cells, row, strict=True):
            _fill(target, cell, words)
    _finish(table, tuple(column.width for column in block.columns), header=True)
    document.add_paragraph()


def _fill(target: Target, cell: Cell, words: PaperWords) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    paragraphs = _Paragraphs(target)
    for index, line in enumerate(cell.lines):
        paragraph = paragraphs.next()
        run = paragraph.add_run(line)
        run.font.size = Pt(10)
        if cell.number:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if index == 0 and TONE_INK[cell.tone]:
            run.bold, run.font.color.rgb = True, RGBColor.from_string(TONE_INK[cell.tone])
    if cell.sources and not cell.named:
        paragraphs.next().add_run(f"{words.source}: {', '.join(cell.sources)}").font.size = Pt(8)
    if cell.to_write:
        paragraph = paragraphs.next()
        paragraph.add_run(f"☐ {words.to_write}: ").bold = True
        paragraph.add_run(cell.to_write)
        _shade(paragraph)


class _Paragraphs:
    """The paragraphs of a cell, the first of which is there already."""

    def __init__(self, target: Target) -> None:
        self.target, self.used = target, False

    def next(self) -> Paragraph:
        found: Paragraph = self.target.add_paragraph() if self.used else self.target.paragraphs[0]
        self.used = True
        return found


def _shade(paragraph: Paragraph) -> None:
    from docx.oxml.ns import qn

    properties = paragraph._p.get_or_add_pPr()
    shade = properties.makeelement(qn("w:shd"))
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", SHADE)):
        shade.set(qn(name), value)
    properties.insert_element_before(shade, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _finish(table: object, widths: tuple[int, ...], *, header: bool) -> None:
    """Give a table its rules, its widths, and a head that is repeated on every page."""
    from docx.oxml.ns import qn
    from docx.shared import Cm
    from docx.table import Table as WordTable

    assert isinstance(table, WordTable)
    table.style = "Table Grid"
    table.autofit = False
    share = 17 / sum(widths)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width * share)
    if header:
        properties = table.rows[0]._tr.get_or_add_trPr()
        repeated = properties.makeelement(qn("w:tblHeader"))
        repeated.set(qn("w:val"), "true")
        properties.append(repeated)


def _moment(iso: str) -> datetime:
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return datetime(2000, 1, 1)
    return (found.astimezone(UTC) if found.tzinfo else found).replace(tzinfo=None, microsecond=0)
