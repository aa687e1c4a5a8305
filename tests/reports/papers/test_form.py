"""Forms as data: whole in both languages, cited only where a text was read, and refused where they are wrong."""

from __future__ import annotations

import pytest

from proofbox.policies.errors import BadDocumentError
from proofbox.policies.loader import load_policy
from proofbox.policies.validation import validate
from proofbox.policies.yamlfile import read_yaml
from proofbox.reports.errors import UnknownFormError
from proofbox.reports.papers.form import Form, find_form, forms

IDS = [form.id for form in forms()]

FORM = """\
schema: proofbox/form/v1
id: one
title: {{en: One, vi: Một}}
about: {{en: About, vi: Giới thiệu}}
basis: [{{framework: vn-decree-142-2026, clause: "3(1)", confidence: {confidence}}}]
sections:
  - title: {{en: S, vi: S}}
    parts: [{part}]
"""


def form_of(part: str = "{text: {en: a, vi: b}}", confidence: str = "V") -> Form:
    return validate(read_yaml(FORM.format(part=part, confidence=confidence).encode(), "one.yaml"), Form)


def test_every_paper_that_the_law_asks_for_is_there():
    assert [
        *("ai02", "ai08", "classification-dossier", "ethics-self-assessment", "eu-annex-iv", "publication"),
        "technical-dossier",
    ] == IDS


@pytest.mark.parametrize("name", IDS)
def test_places_have_names_of_their_own(name):
    places = [place.id for part in find_form(name).parts() for place in part.places or ()]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("name", IDS)
def test_a_table_says_what_it_shows_once_for_each_column(name):
    for part in find_form(name).parts():
        shown = [column.show for column in part.judged.columns] if part.judged else []
        assert len(shown) == len(set(shown))


@pytest.mark.parametrize("name", IDS)
def test_a_form_names_controls_of_the_shipped_policies(name):
    pack = "eu-ai-act-high-risk" if name == "eu-annex-iv" else "vn-trusted-ai"
    known = {control.id for control in load_policy(pack).policy.controls}
    assert set(find_form(name).controls()) <= known


def test_every_control_of_the_vietnamese_policy_lands_in_a_paper():
    """But for the level of the trial, the calendar of reports and the two that only some products have."""
    named = {control for form in forms() for control in form.controls()}
    left = {control.id for control in load_policy("vn-trusted-ai").policy.controls} - named
    assert left == {"VN-SBX-01", "VN-SBX-03"}


def test_the_result_columns_carry_the_words_of_the_law():
    titles = {
        column.title.vi
        for form in forms()
        for part in form.parts()
        if part.judged
        for column in part.judged.columns
        if column.show == "result"
    }
    assert titles == {"Đạt / Đạt một phần / Không đạt", "Đạt / Chưa đạt / Chưa áp dụng"}


@pytest.mark.parametrize("confidence", ["M", "U"])
def test_a_clause_from_memory_cannot_be_cited(confidence):
    with pytest.raises(BadDocumentError, match="confidence"):
        form_of(confidence=confidence)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("{}", "one of text"),
        ("{text: {en: a, vi: b}, files: bundle}", "one of text"),
        ("{text: {en: a}}", "vi"),
        ("{places: [{id: a, label: {en: a, vi: b}, take: [x]}]}", "'write' or 'also'"),
        ("{places: [{id: a, label: {en: a, vi: b}, write: {en: a, vi: b}, say: shout}]}", "say"),
        ("{files: everything}", "files"),
    ],
)
def test_a_wrong_part_is_refused_with_its_place(part, said):
    with pytest.raises(BadDocumentError, match=said) as caught:
        form_of(part)
    assert "one.yaml:8:" in str(caught.value)


def test_an_unknown_form_is_refused_with_those_that_there_are():
    with pytest.raises(UnknownFormError, match="ai03: no such form; the forms are: ai02, ai08"):
        find_form("ai03")
