"""What of a form is filled in, from where, and what is left to a person."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.reports.i18n import Translator
from proofbox.reports.papers.filling import fill_form, lacking_controls, notices
from proofbox.reports.papers.form import find_form, forms
from proofbox.reports.papers.judging_words import outcome
from proofbox.reports.papers.measured import _row
from proofbox.reports.papers.paper import Places, Table, places_left

from .conftest import cells, content_of

IDS = [form.id for form in forms()]


def rows_of(paper, column):
    """Return first cell's text -> the cell below a column's title, over all tables that have it."""
    found = {}
    for section in paper.sections:
        for block in section.blocks:
            if isinstance(block, Table) and column in (titles := [one.title for one in block.columns]):
                found |= {" ".join(row[0].lines): row[titles.index(column)] for row in block.rows}
    return found


def place(paper, name):
    blocks = (block for section in paper.sections for block in section.blocks if isinstance(block, Places))
    return next(one.cell for block in blocks for one in block.places if one.id == name)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", IDS)
def test_each_filled_place_says_where_it_comes_from(name, language, content_a):
    """Labels of rows, and figures that stand under such a label, are no places of their own."""
    paper = fill_form(find_form(name), content_a, language)
    for section in paper.sections:
        for block in section.blocks:
            if isinstance(block, Places):
                assert all(bool(one.cell.lines) == bool(one.cell.sources) for one in block.places)
                assert all(one.cell.lines or one.cell.to_write for one in block.places)
            elif isinstance(block, Table):
                for row in block.rows:
                    assert any(cell.sources or cell.to_write for cell in row) or block.columns[-1].title == "SHA-256"


def test_the_result_words_are_proposed_only_where_the_evidence_leaves_no_room(content_a):
    found = rows_of(fill_form(find_form("ai08"), content_a, "vi"), "Đạt / Đạt một phần / Không đạt")
    said = {name: cell.lines[0] if cell.lines else cell.to_write for name, cell in found.items()}
    assert said["Tỷ lệ lựa chọn giữa các nhóm"] == "Không đạt"
    assert said["Hiệu năng so với công bố"] == "Đạt một phần"
    assert said["Chênh lệch tỷ lệ lỗi"].startswith(
        "Bằng chứng chưa đủ để xác định; chọn: Đạt / Đạt một phần / Không đạt"
    )
    assert said["VN-ROB-05"].startswith("Bằng chứng chưa đủ để xác định")


def test_the_sheet_of_the_circular_uses_its_three_words(content_a, model_a):
    column = "Đạt / Chưa đạt / Chưa áp dụng"
    found = rows_of(fill_form(find_form("ethics-self-assessment"), content_a, "vi"), column)
    assert found["C1"].lines[0] == "Chưa đạt"
    assert "chọn: Đạt / Chưa đạt / Chưa áp dụng" in found["E2"].to_write
    # Only the controls of row B2, all met: the one word of ours that a sheet may then carry.
    met = dataclasses.replace(
        model_a,
        policies=tuple(
            dataclasses.replace(
                policy, controls=tuple(dataclasses.replace(one, id="VN-OVS-01") for one in policy.controls[:1])
            )
            for policy in model_a.policies
        ),
        findings=tuple(dataclasses.replace(one, control="VN-OVS-01", verdict="pass") for one in model_a.findings[:1]),
    )
    sheet = rows_of(fill_form(find_form("ethics-self-assessment"), content_of(met), "vi"), column)
    assert sheet["B2"].lines[0] == "Đạt"


def finding(model_a, verdict, level="must"):
    return dataclasses.replace(model_a.findings[0], verdict=verdict, level=level)


@pytest.mark.parametrize(
    ("verdicts", "lacking", "expected"),
    [
        ([("pass", "must"), ("pass", "should")], False, "met"),
        ([("pass", "must")], True, "open"),
        ([("pass", "must"), ("fail", "must")], False, "not-met"),
        ([("fail", "must")], True, "not-met"),
        ([("pass", "must"), ("fail", "should")], False, "partly"),
        ([("pass", "must"), ("inconclusive", "must")], False, "partly"),
        ([("fail", "should")], False, "open"),
        ([("inconclusive", "must")], False, "open"),
        ([("error", "must"), ("not-run", "must")], False, "open"),
        ([("not-applicable", "must")], False, "not-applicable"),
        ([("not-applicable", "must"), ("pass", "must")], False, "met"),
        ([("not-applicable", "must")], True, "open"),
        ([], False, "open"),
    ],
)
def test_what_may_be_proposed(verdicts, lacking, expected, model_a):
    assert outcome([finding(model_a, *one) for one in verdicts], lacking=lacking) == expected


def test_a_bundle_of_another_policy_says_what_is_lacking(model_a):
    other = dataclasses.replace(model_a, policies=(), findings=())
    form = find_form("ai02")
    assert lacking_controls(form, other) == tuple(form.controls())
    paper = fill_form(form, content_of(other), "en")
    assert any("this bundle lacks: VN-PRV-01" in line for line in paper.banner.lines)
    evidence = rows_of(paper, "What the evidence says")
    assert evidence["1"].to_write.startswith("Not judged in this bundle: VN-PRV-01")
    assert not evidence["1"].lines


def test_what_nobody_attested_yet_is_left_to_a_person(model_a):
    asked = dataclasses.replace(model_a.findings[0], verdict="not-run", check="attestation", measurements=())
    content = content_of(dataclasses.replace(model_a, findings=(asked,)))
    evidence = rows_of(fill_form(find_form("ai02"), content, "en"), "What the evidence says")
    assert "A person must attest VN-FAIR-01.a" in evidence["2"].to_write


def test_what_the_model_answers_and_who_has_no_value_are_said_in_the_papers_language(model_a):
    measured = dataclasses.replace(model_a.measurements[0], group={"sex": "(missing)"})
    assessment = dataclasses.replace(
        model_a,
        subject=dataclasses.replace(model_a.subject, model={**model_a.subject.model, "output": "probability"}),
        measurements=(measured, *model_a.measurements[1:]),
    )
    for language, word in (("vi", "xác suất"), ("en", "probability")):
        paper = fill_form(find_form("technical-dossier"), content_of(assessment), language)
        assert place(paper, "output").lines == (word,)
    row = _row(measured, Translator("vi"))
    assert row[1].lines == ("sex: (thiếu)",)


def test_the_conclusion_of_a_conformity_assessment_is_never_ours(content_a):
    paper = fill_form(find_form("publication"), content_a, "en")
    for name in ("method", "body", "conclusion", "date", "ai_id"):
        assert not place(paper, name).lines
        assert place(paper, name).to_write
    assert "no conformity decision" in place(paper, "evidence_conclusion").lines[0]


def test_what_the_record_lacks_is_left_to_a_person(model_a):
    bare = dataclasses.replace(model_a, subject=dataclasses.replace(model_a.subject, product={}, model=None, data={}))
    paper = fill_form(find_form("technical-dossier"), content_of(bare), "vi")
    assert place(paper, "system_name").to_write == "Tên hệ thống khi cung cấp ra thị trường."
    full = fill_form(find_form("technical-dossier"), content_of(model_a), "vi")
    assert place(full, "system_name").sources == ("assessment.json: subject.product.name",)
    assert places_left(paper)[0] > places_left(full)[0]


def test_every_paper_says_in_both_languages_what_it_is_not(content_a):
    for form in forms():
        paper = fill_form(form, content_a, "vi")
        assert paper.notices == notices("vi")
        assert paper.notices[0].startswith("Bằng chứng thử nghiệm")
        assert paper.notices[1] == (
            "Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision."
        )
    assert notices("en") == tuple(reversed(notices("vi")))


def test_nothing_hidden_is_in_any_text(content_hostile):
    for form in forms():
        for cell in cells(fill_form(form, content_hostile, "vi")):
            text = "".join((*cell.lines, *cell.sources, cell.to_write))
            assert not set(text) & {"\u202e", "\x1b", "\n", "\ufffe"}
