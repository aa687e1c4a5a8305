"""The printed report: the numbers of the record, the same words as the page, and equal bytes."""

from __future__ import annotations

import dataclasses
import io
import re

import pypdf
import pytest

from proofbox.reports import vocabulary
from proofbox.reports.bundle import Bundle, BundleContent
from proofbox.reports.i18n import Translator
from proofbox.reports.printed.report import report_paper, report_pdf


def content_of(assessment, tmp_path) -> BundleContent:
    return BundleContent(bundle=Bundle(path=tmp_path, digest="b" * 64), assessment=assessment, manifest=())


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def read_back(raw: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(raw)).pages))


@pytest.mark.parametrize("language", ["en", "vi"])
def test_every_number_of_the_record_is_read_back(language, model_a, tmp_path):
    say = Translator(language)
    text = read_back(report_pdf(content_of(model_a, tmp_path), language))
    assert squeezed(vocabulary.word(say, vocabulary.CONCLUSIONS, model_a.conclusion)) in text
    for item in model_a.measurements:
        ends = item.interval
        shown = say.measured(item.value)
        interval = f"{say.measured(ends.low)}–{say.measured(ends.high)}" if ends else "–"
        assert squeezed(f"{shown}{interval}{say.number(item.sample_size)}") in text, item.measure
    for finding in model_a.findings:
        assert finding.requirement in text
        assert squeezed(say.sentence(finding.reason))[:60] in text
    for verdict in {one.verdict for one in model_a.findings}:
        counted = [sum(one.verdict == verdict and one.level == level for one in model_a.findings)
                   for level in ("must", "should")]  # fmt: skip
        word = squeezed(vocabulary.word(say, vocabulary.VERDICTS, verdict))
        assert f"{word}{counted[0]}{counted[1]}" in text
    for digest in (model_a.subject.digest, "b" * 64, *(str(one["sha256"]) for one in model_a.subject.files)):
        assert digest in text


def test_equal_bundles_give_equal_bytes(model_a, tmp_path):
    assert report_pdf(content_of(model_a, tmp_path), "vi") == report_pdf(content_of(model_a, tmp_path), "vi")


def test_the_pdf_is_tagged_and_every_page_says_what_it_is_not(model_a, tmp_path):
    reader = pypdf.PdfReader(io.BytesIO(report_pdf(content_of(model_a, tmp_path), "vi")))
    assert b"pdfuaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()
    notices = [squeezed(one) for one in report_paper(content_of(model_a, tmp_path), "vi").notices]
    for page in reader.pages:
        text = squeezed(page.extract_text())
        assert all(notice in text for notice in notices)
    assert "Chưakýsố" in squeezed(reader.pages[0].extract_text())


def test_it_calls_itself_unsigned_only_where_nobody_signed(model_a, tmp_path):
    content = content_of(model_a, tmp_path)
    signed = dataclasses.replace(content, bundle=dataclasses.replace(content.bundle, keyid="c" * 64))
    for given, inside, mark in (
        (content, False, ("◇ Unsigned",)),
        (content, True, ()),
        (signed, False, ("◇ Signed, to be verified",)),
        (signed, True, ("◇ Signed, to be verified",)),
    ):
        paper = report_paper(given, "en", signed=inside)
        told = " ".join(paper.banner.lines)
        assert paper.marks == mark
        assert ("Unsigned." in told, "c" * 64 in told) == (mark == ("◇ Unsigned",), given is signed)


def test_a_claim_stands_beside_what_was_measured(model_a, tmp_path):
    claim = {"written": "Accuracy", "figure": "99 %", "where": "card.md:7", "measured": 0.85, "low": 0.8, "high": 0.9}
    found = dataclasses.replace(
        model_a.measurements[0],
        check="transparency.claims",
        measure="claims_compared",
        detail={"claims": [claim | {"excess": 0.09}]},
    )
    text = read_back(report_pdf(content_of(dataclasses.replace(model_a, measurements=(found,)), tmp_path), "vi"))
    assert "card.md:7Accuracy99%0,85000,8000–0,9000caohơnkếtquảđo" in text


@pytest.mark.parametrize("language", ["en", "vi"])
def test_hostile_names_stay_text(language, hostile, hostile_text, tmp_path):
    text = read_back(report_pdf(content_of(hostile, tmp_path), language))
    assert squeezed(hostile_text.replace("\u202e", "\\u202e").replace("\x1b", "\\u001b")) in text


def test_what_came_of_an_attempt_on_the_walls_is_told_in_vietnamese(model_a, tmp_path):
    selfcheck = dict(model_a.run.selfcheck)
    selfcheck["rows"] = [{**row, "got": "not reached"} for row in selfcheck["rows"]]
    run = dataclasses.replace(model_a.run, selfcheck=selfcheck)
    said = read_back(report_pdf(content_of(dataclasses.replace(model_a, run=run), tmp_path), "vi"))
    assert squeezed("not reached") not in said
    assert squeezed("không tới được") in said
    assert "binary-classification" not in said, "a word of ours among those of the submission"


def test_a_vietnamese_reader_finds_no_english_title(model_a, tmp_path):
    english = {part.title for part in report_paper(content_of(model_a, tmp_path), "en").sections}
    vietnamese = {part.title for part in report_paper(content_of(model_a, tmp_path), "vi").sections}
    # The name of an attribute of the data is nobody's to translate.
    assert english & vietnamese <= set()
