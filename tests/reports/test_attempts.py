"""Which attempt it was stands in every view."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.policies.record import AttemptRecord
from proofbox.reports.console import summary_lines
from proofbox.reports.html import render_html
from proofbox.reports.mlflow_content import tags

ATTEMPT = AttemptRecord(number=3, on_data=5, entry=17, commitment="ab" * 32)


@pytest.fixture
def counted(model_a):
    return dataclasses.replace(model_a, run=dataclasses.replace(model_a.run, attempt=ATTEMPT))


@pytest.mark.parametrize(
    ("language", "number", "none"),
    [
        (
            "en",
            "Attempt 3 of this product, number 5 of its provider on the same evaluation data.",
            "Not counted: no ledger was kept.",
        ),
        (
            "vi",
            "Lần thử thứ 3 của sản phẩm này, lần thứ 5 của nhà cung cấp trên cùng dữ liệu đánh giá.",
            "Không được đếm: không có sổ ghi lần thử.",
        ),
    ],
)
def test_report_and_terminal_say_it(model_a, counted, language, number, none):
    for assessment, said, other in ((counted, number, none), (model_a, none, number)):
        assert said in summary_lines(assessment, language)
        page = render_html(assessment, language)
        assert said in page
        assert other not in page
    assert "ab" * 32 in render_html(counted, language)


def test_tags_say_it(model_a, counted):
    assert tags(counted, "d", "signed")["proofbox.attempt"] == "3 (5 on the same evaluation data)"
    assert tags(counted, "d", "signed")["proofbox.commitment"] == "ab" * 32
    assert tags(model_a, "d", "unsigned")["proofbox.attempt"] == "not counted"
