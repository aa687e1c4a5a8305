"""What the page says of leaks: every kind in words, pairs as they were recorded, and nothing from another version."""

from __future__ import annotations

import dataclasses
import html

import pytest

from proofbox.reports.html import render_html
from proofbox.reports.leakscan import EFFECT, KINDS, LEAKAGE, leaks_view, said_of_leaks

PAIR = {"evaluation_row": 3, "training_row": 1_207, "evaluation_digest": "ab12", "training_digest": "cd34"}
SHOWN = {**PAIR, "evaluation_values": {"tên <b>": "Lan"}, "training_values": {"tên <b>": "LAN"}}
DETAILS = {
    "leaked_rows": {"columns": ["a", "y = z"], "identifiers_left_out": ["STT"], "pairs": [PAIR]},
    "repeated_cases": {"pairs": []},
    "near_duplicate_rows": {"numbers": {"rows": 7, "pairs": []}, "texts": {"rows": 9, "pairs": [SHOWN]}},
    "shared_entity_rows": {"by_identifier": {"cccd": {"rows": 5, "pairs": [PAIR]}}},
    "rows_not_later": {},
}
BY_KIND = {"leaked_rows": {"rows": 12, "accuracy_of_these": 0.95, "accuracy_without_these": None}}


def with_leaks(model_a, details=DETAILS, by_kind=BY_KIND):
    one = model_a.measurements[0]
    found = [
        dataclasses.replace(one, check=LEAKAGE, measure=name, detail=detail, value=12.0, sample_size=400)
        for name, detail in details.items()
    ]
    effect = {"check": EFFECT, "measure": "accuracy_gained_by_known_rows", "detail": {"by_kind": by_kind}}
    return dataclasses.replace(
        model_a, measurements=(*model_a.measurements, *found, dataclasses.replace(one, **effect))
    )


def test_the_page_lists_kinds_and_pairs_in_both_languages(model_a):
    record = with_leaks(model_a)
    english, vietnamese = (html.unescape(render_html(record, language)) for language in ("en", "vi"))
    for kind in KINDS.values():
        assert str(kind) in english
    assert "1,207" in english
    assert "ab12" in english
    assert '<code class="small">STT</code>' in english
    assert "tên <b>=Lan" in english
    assert "<b>" not in render_html(record, "en")
    assert "Những gì đã biết khi huấn luyện" in vietnamese
    assert "văn bản gần như giống nhau" in vietnamese
    assert "1.207" in vietnamese


def test_counts_are_those_of_the_record(model_a):
    view = leaks_view(with_leaks(model_a).measurements)
    assert [one.rows for one in view.kinds] == [12, 12, 7, 9, 12, 12]
    assert (view.compared, view.left_out) == (("a", "y = z"), ("STT",))
    assert [(one.rows, one.of_these, one.without_these) for one in view.effects] == [(12, 0.95, None)]


def test_a_terminal_gets_the_first_pairs(model_a):
    said = [line for item in with_leaks(model_a).measurements for line in said_of_leaks(item)]
    assert "equal in every column that both files have: evaluation row 3, training row 1207 (ab12)" in said
    assert "  tên <b>=Lan | tên <b>=LAN" in said


def test_without_the_check_there_is_no_section(model_a):
    assert leaks_view(model_a.measurements) is None
    assert "What was known in training" not in render_html(model_a, "en")


@pytest.mark.parametrize("odd", [3, "x", [1], {"a": 3}, {"pairs": [3, {"evaluation_row": "x"}]}, None])
def test_what_another_version_writes_differently_is_left_out(model_a, odd):
    details = {name: dict.fromkeys(detail, odd) for name, detail in DETAILS.items()}
    record = with_leaks(model_a, details, {"leaked_rows": odd, "unheard_of": {"rows": 3}})
    view = leaks_view(record.measurements)
    assert all(not one.pairs for one in view.kinds)
    assert view.effects == ()
    render_html(record, "vi")
