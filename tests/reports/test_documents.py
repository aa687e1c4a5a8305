"""What documents say, on the page and at the terminal: every state in both languages, foreign text as text."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.policies.record import MeasurementRecord
from proofbox.reports.documents import documents_view, said_of_documents
from proofbox.reports.html import render_html

CLAIM = {"written": "Accuracy", "figure": "99 %", "where": "docs/card.md:7", "measured": 0.85, "low": 0.8, "high": 0.9}
HOSTILE = "<img src=x onerror=alert(1)>\u202e{0}"
PROBLEM = {"template": "the document cannot be read: {why}", "values": {"why": "docs/card.md:3:1: got <b>"}}


def record(check, measure, **detail):
    return MeasurementRecord(
        id=f"m-{measure}", check=check, params={}, measure=measure, value=0.0, interval=None, sample_size=1, group={},
        detail=detail,
    )  # fmt: skip


def signed(faults=(), **detail):
    files = [{"path": "m/a", "sha256": "1" * 64}, {"path": "m/b", "sha256": "2" * 64}]
    return (
        record("provenance.model_record", "model_files", digest="a" * 64, files=files, files_left_out=3),
        record("provenance.model_record", "signature_faults", faults=list(faults), **detail),
    )


MEASURED = (
    *signed(signature="m/model.sig", signed_by="b" * 64),
    record("transparency.model_card", "model_card_blocks_filled", missing=["scope"], say_nothing=["purpose"]),
    record("transparency.system_card", "system_card_blocks_filled", missing=["model"], problem=PROBLEM),
    record("transparency.claims", "claims_compared", claims=[CLAIM | {"excess": 0.09}, CLAIM | {"excess": -0.1}]),
    record(
        "transparency.claims",
        "claims_not_compared",
        claims=[{"written": HOSTILE, "figure": "1", "where": "x:1", "because": "of training data"}],
    ),
    record(
        "transparency.claims",
        "figures_unread",
        unread=[{"where": "docs/card.md:9", "text": HOSTILE}, {"where": "docs/bom", "problem": PROBLEM}],
    ),
    record(
        "provenance.bom",
        "bom_coverage",
        files=[
            {"path": f"data/{state}.csv", "state": state, "line": line}
            for state, line in (("right", 3), ("another digest", 5), ("without digest", 7), ("missing", None))
        ],
    ),
)


@pytest.fixture
def page(model_a):
    return lambda language, measured=MEASURED: render_html(
        dataclasses.replace(model_a, measurements=(*model_a.measurements, *measured)), language
    )


def test_the_page_says_it_in_english_and_vietnamese(page):
    english, vietnamese = page("en"), page("vi")
    for words in (
        "verified by the key or certificate that was given", "Files of the model: 5", "above what was measured",
        "within what was measured", "not compared: it is of training data",
        "named with another digest", "0.8000 – 0.9000",
        "The document cannot be read: docs/card.md:3:1: got &lt;b&gt;.", "docs/card.md:9",
    ):  # fmt: skip
        assert words in english, words
    for words in (
        "đã xác minh bằng khóa hoặc chứng thư được cung cấp", "Số tệp của mô hình: 5", "cao hơn kết quả đo",
        "không đối chiếu: số liệu trên dữ liệu huấn luyện",
        "được nêu với mã băm khác", "phạm vi", "0,8000 – 0,9000", "Không đọc được tài liệu",
    ):  # fmt: skip
        assert words in vietnamese, words


def test_foreign_text_is_text(page):
    for language in ("en", "vi"):
        text = page(language)
        assert "<img src=x" not in text
        assert "\u202e" not in text


def test_without_any_of_it_there_is_no_section(page):
    assert "what the model is made of" not in page("en", ())


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"signature": None}, "none"),
        ({"signature": "m.sig"}, "there, and not verified"),
        ({"signature": "m.sig", "signed_by": "b", "faults": [PROBLEM]}, "not in order"),
    ],
)
def test_every_state_of_a_signature(detail, words):
    found = documents_view(signed(**detail))
    assert str(found.record.signature).startswith(words)
    assert found.record.signed_by == ""


def test_a_claim_above_what_was_measured_stands_first():
    claims = [CLAIM | {"excess": -0.1, "where": "a:1"}, CLAIM | {"excess": 0.1, "where": "a:2"}]
    found = documents_view([record("transparency.claims", "claims_compared", claims=claims)])
    assert [claim.where for claim in found.claims] == ["a:2", "a:1"]


def test_a_terminal_is_told_the_same():
    lines = [line for item in MEASURED for line in said_of_documents(item)]
    assert lines == [
        "model card, missing: scope",
        "model card, says nothing: purpose",
        "system card, missing: model",
        "the document cannot be read: docs/card.md:3:1: got <b>",
        "docs/card.md:7: Accuracy 99 %: above what was measured, measured 0.8500",
        "docs/card.md:7: Accuracy 99 %: within what was measured, measured 0.8500",
        f"x:1: {HOSTILE} 1: not compared: it is of training data",
        f"docs/card.md:9: {HOSTILE}",
        "docs/bom: the document cannot be read: docs/card.md:3:1: got <b>",
        "data/right.csv: named with its digest (line 3)",
        "data/another digest.csv: named with another digest (line 5)",
        "data/without digest.csv: named without a digest (line 7)",
        "data/missing.csv: not named",
    ]


@pytest.mark.parametrize("odd", [None, 3, "x", [], [3], {"template": 3}, {"a": {}}])
def test_details_of_any_shape_are_shown_as_far_as_they_can(odd):
    keys = ("faults", "files", "missing", "say_nothing", "problem", "claims", "unread")
    measures = {item.measure: item.check for item in MEASURED}
    odd_ones = [record(check, measure, **dict.fromkeys(keys, odd)) for measure, check in measures.items()]
    view = documents_view(odd_ones)
    assert view is not None
    assert all(isinstance(line, str) for item in odd_ones for line in said_of_documents(item))
