"""What the page says of the data: every kind and trap has words, what is not known is left out, nothing is unmasked."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from proofbox.checks.data import quality
from proofbox.checks.privacy.personal_data import KINDS as KNOWN_KINDS
from proofbox.checks.traps import numbertraps, tabletraps, texttraps
from proofbox.reports.datascan import KINDS, TRAPS, data_view, said_of_data
from proofbox.reports.html import render_html

FOUND = {
    "file": "training",
    "column": "ghi <chú>",
    "kind": "phone",
    "recognised_by": "value",
    "cells": 12,
    "declared": False,
    "examples_masked": ["09••••••••"],
}


def measured(model_a, check, detail):
    one = dataclasses.replace(model_a.measurements[0], check=check, detail=detail)
    return dataclasses.replace(model_a, measurements=(*model_a.measurements, one)), one


def test_every_kind_has_words():
    assert set(KINDS) == set(KNOWN_KINDS)


def test_every_trap_has_words():
    modules = (numbertraps, tabletraps, texttraps, quality)
    source = "".join(Path(module.__file__).read_text("utf-8") for module in modules)
    named = set(re.findall(r'"([a-z0-9]+(?:_[a-z0-9]+)+)"', source))
    assert set(TRAPS) - {"only_blanks"} <= named, "words for what no check names"
    # Whatever else these modules name stands in details, not among the traps.
    others = named - set(TRAPS) - {"text_traps", "text_forms"}
    assert not {
        name for name in others if re.search(r"text|lost|date|encoding|sign|blank|unicode|excel|point", name)
    }, others


def test_the_page_lists_what_the_data_hold_in_both_languages(model_a):
    with_data, one = measured(model_a, "privacy.personal_data", {"found": [FOUND]})
    english, vietnamese = (render_html(with_data, language) for language in ("en", "vi"))
    assert "What the data hold" in english
    assert "telephone number" in english
    assert "09••••••••" in english
    assert "ghi &lt;chú&gt;" in english
    assert "Nội dung dữ liệu" in vietnamese
    assert "số điện thoại" in vietnamese
    assert list(said_of_data(one)) == [
        "training data, ghi <chú>: telephone number, 12 cells, by the values (not declared), for example 09••••••••"
    ]
    traps = {"role": "evaluation", "rows_by_column_and_trap": {"tuổi": {"leading_zeros_lost": 512}}}
    with_data, one = measured(model_a, "data.quality", traps)
    assert "leading zeros" in render_html(with_data, "en")
    assert next(said_of_data(one)).endswith("(512 rows)")


def test_without_findings_there_is_no_section(model_a):
    assert data_view(model_a.measurements) is None
    assert "What the data hold" not in render_html(model_a, "en")


@pytest.mark.parametrize(
    "detail",
    [{"found": 3}, {"found": [3]}, {"found": [{"cells": "x"}]}, {"rows_by_column_and_trap": [1]},
     {"rows_by_column_and_trap": {"a": 3}}, {"rows_by_column_and_trap": {"a": {"b": "c"}}}],
)  # fmt: skip
@pytest.mark.parametrize("check", ["privacy.personal_data", "data.quality"])
def test_what_another_version_writes_differently_is_left_out(model_a, check, detail):
    with_data, one = measured(model_a, check, detail)
    assert data_view(with_data.measurements) is None
    assert list(said_of_data(one)) == []
    render_html(with_data, "vi")


def test_a_kind_of_a_later_version_is_shown_by_its_name(model_a):
    with_data, _ = measured(model_a, "privacy.personal_data", {"found": [FOUND | {"kind": "mn_register_number"}]})
    assert "mn_register_number" in render_html(with_data, "vi")
