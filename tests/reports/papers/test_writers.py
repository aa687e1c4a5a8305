"""The four writers: equal bytes, the same places in each, and text from strangers that stays text."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile

import docx
import pypdf
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proofbox.reports.errors import LibraryMissingError
from proofbox.reports.papers.as_docx import docx_bytes
from proofbox.reports.papers.as_html import html_bytes
from proofbox.reports.papers.as_json import json_bytes
from proofbox.reports.papers.as_pdf import pdf_bytes
from proofbox.reports.papers.clean import cleaned
from proofbox.reports.papers.filling import fill_form
from proofbox.reports.papers.form import find_form, forms
from proofbox.reports.papers.paper import Cell, Column, Place, Places, Section, Table, Words

from .conftest import cells, content_of

WRITERS = {"html": html_bytes, "pdf": pdf_bytes, "docx": docx_bytes, "json": json_bytes}
TYPST = (
    '#read("/etc/passwd") #import "@preview/x:1.0.0": * #eval("1+1") $x^2$ *bold* _it_ `raw` <label> @ref '
    "] ) } #let x = 1 \\ // c /* d */ = Heading - list {{7*7}} https://evil.example 中文 😀 \u202e \x00"
)


def squeezed(text: str) -> str:
    """Return text without blanks and breaks, which every writer sets in its own way."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def pdf_text(raw: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages))


def docx_text(raw: bytes) -> str:
    document = docx.Document(io.BytesIO(raw))
    return squeezed("".join(document.element.body.itertext()))


@pytest.mark.parametrize("name", list(WRITERS))
def test_equal_papers_give_equal_bytes(name, content_a):
    paper = fill_form(find_form("ai02"), content_a, "vi")
    assert WRITERS[name](paper) == WRITERS[name](paper)


@pytest.mark.parametrize("name", [form.id for form in forms()])
def test_every_place_stands_in_every_format(name, content_a):
    paper = fill_form(find_form(name), content_a, "vi")
    html = squeezed(re.sub(r"<[^>]+>", "", html_bytes(paper).decode()))
    pdf, word = pdf_text(pdf_bytes(paper)), docx_text(docx_bytes(paper))
    given = json.loads(json_bytes(paper))
    told = [line for cell in cells(paper) for line in (*cell.lines, cell.to_write) if line]
    assert told
    for line in map(squeezed, told):
        plain = line.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&#34;").replace("<", "&lt;")
        assert plain.replace(">", "&gt;") in html
        assert line in word
    # A row that is split over two pages is read back in two pieces.
    found = sum(line[:20] in pdf for line in map(squeezed, told))
    assert found > 0.97 * len(told)
    assert given["notices"] == list(paper.notices)


def test_every_page_of_a_pdf_carries_the_notice_in_both_languages(content_a):
    paper = fill_form(find_form("ai08"), content_a, "vi")
    pages = pypdf.PdfReader(io.BytesIO(pdf_bytes(paper))).pages
    assert len(pages) > 2
    for page in pages:
        text = squeezed(page.extract_text())
        assert all(squeezed(line) in text for line in paper.notices)


@pytest.mark.parametrize("kind", ["places", "table"])
def test_a_row_is_not_torn_apart_at_the_end_of_a_page_unless_a_page_cannot_hold_it(kind, content_a):
    paper = fill_form(find_form("publication"), content_a, "vi")
    rows = [Cell(lines=tuple(f"row{row:02}." for _ in range(5))) for row in range(30)]
    long = Cell(lines=tuple(f"long{line:03}." for line in range(200)))
    if kind == "places":
        places = (Place(id=str(at), label="x", cell=cell) for at, cell in enumerate([*rows, long]))
        block = Places(places=tuple(places))
    else:
        columns = (Column(title="a", width=1), Column(title="b", width=11))
        block = Table(caption="x", columns=columns, rows=tuple((cell, Cell(lines=("y",))) for cell in [*rows, long]))
    only = dataclasses.replace(paper, sections=(Section(title="x", basis="", blocks=(block,)),))
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_bytes(only))).pages]
    assert {text.count(f"row{row:02}.") for text in pages for row in range(30)} == {0, 5}
    assert all(any(f"long{line:03}." in text for text in pages) for line in range(200))
    assert not any("long000." in text and "long199." in text for text in pages), "it would run off the paper"


def test_the_pdf_is_tagged_for_those_who_listen(content_a):
    reader = pypdf.PdfReader(io.BytesIO(pdf_bytes(fill_form(find_form("ai02"), content_a, "vi"))))
    root = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "vi"
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert reader.metadata.title == "Báo cáo đánh giá tác động trong khu vực công (Mẫu AI02), mục III"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    # The day of the assessment, and not today's.
    assert reader.metadata.creation_date.isoformat().startswith("2026-11-22T")


def test_every_page_of_a_word_document_carries_the_notice(content_a):
    paper = fill_form(find_form("ai02"), content_a, "vi")
    document = docx.Document(io.BytesIO(docx_bytes(paper)))
    footer = " ".join(paragraph.text for paragraph in document.sections[0].footer.paragraphs)
    assert all(line in footer for line in paper.notices)
    shaded = document.element.body.xpath(".//w:p[w:pPr/w:shd]")
    assert len(shaded) == sum(bool(cell.to_write) for cell in cells(paper))
    assert document.element.body.xpath(".//w:tblHeader")


def test_the_json_holds_null_where_a_person_must_write(content_a):
    given = json.loads(json_bytes(fill_form(find_form("publication"), content_a, "en")))
    assert given["schema"] == "proofbox/paper/v1"
    fields = given["fields"]
    assert fields["name"] == "Mortgage screening, model A"
    assert [fields[name] for name in ("ai_id", "method", "body", "conclusion", "date", "updates")] == [None] * 6
    assert fields["evidence_bundle_sha256"] == "b" * 64


def test_a_page_lets_nothing_in(content_hostile):
    page = html_bytes(fill_form(find_form("technical-dossier"), content_hostile, "vi")).decode()
    assert "default-src 'none'" in page
    assert "<img" not in page
    assert "<script" not in page
    assert "javascript:1" in page


@pytest.mark.parametrize("name", ["technical-dossier", "ai02"])
def test_hostile_names_stay_text(name, content_hostile, hostile_text):
    paper = fill_form(find_form(name), content_hostile, "vi")
    shown = squeezed(hostile_text.replace("\u202e", "\\u202e").replace("\x1b", "\\u001b"))
    assert shown[:60] in pdf_text(pdf_bytes(paper))
    assert shown in docx_text(docx_bytes(paper))


def test_code_of_the_typesetter_stays_text_wherever_it_stands(content_a):
    """Every text of a paper is put there in turn; what comes back is what was written."""
    paper = fill_form(find_form("publication"), content_a, "vi")
    cell = Cell(lines=(TYPST,), sources=(TYPST,), to_write=TYPST)
    blocks = (
        Places(places=(Place(id="x", label=TYPST, cell=cell),)),
        Table(caption=TYPST, columns=(Column(title=TYPST, width=1),), rows=((cell,),)),
        Words(text=TYPST),
    )
    evil = cleaned(
        dataclasses.replace(
            paper,
            title=TYPST,
            subtitle=TYPST,
            marks=(TYPST,),
            sections=(Section(title=TYPST, basis=TYPST, blocks=blocks),),
        )
    )
    reader = pypdf.PdfReader(io.BytesIO(pdf_bytes(evil)))
    text = squeezed("".join(page.extract_text() for page in reader.pages))
    assert "root:x:0" not in text
    assert text.count(squeezed('#read("/etc/passwd")')) >= 9
    assert "\\u4e2d\\u6587😀\\u202e\\u0000" in text
    assert not [page for page in reader.pages if "/Annots" in page]
    docx_bytes(evil)
    html_bytes(evil)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
@example(text="\x85")  # a blank: nothing of it is left for a title
def test_no_text_stops_a_writer(text, content_a):
    paper = fill_form(find_form("publication"), content_a, "vi")
    section = Section(title=text, basis=text, blocks=(Words(text=text),))
    odd = cleaned(dataclasses.replace(paper, title=text or "x", sections=(section,)))
    assert pdf_bytes(odd)
    assert docx_bytes(odd)


def test_the_archive_of_a_word_document_holds_no_time(content_a):
    raw = docx_bytes(fill_form(find_form("publication"), content_a, "en"))
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(("library", "write"), [("typst", pdf_bytes), ("docx", docx_bytes)])
def test_a_library_that_is_not_there_is_named_with_its_extra(library, write, content_a, monkeypatch):
    import sys

    paper = fill_form(find_form("publication"), content_a, "en")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(LibraryMissingError, match=r"proofbox\[papers\]"):
        write(paper)


def test_a_record_without_a_date_is_written_all_the_same(model_a):
    odd = dataclasses.replace(model_a, run=dataclasses.replace(model_a.run, finished_at="soon"))
    paper = fill_form(find_form("publication"), content_of(odd), "en")
    assert pdf_bytes(paper).startswith(b"%PDF")
    assert docx_bytes(paper).startswith(b"PK")
