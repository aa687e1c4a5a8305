"""The attack in the report: what its measurement says, in both languages, and nothing for a detail that says it not."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.checks.intervals import wilson
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.evasions import evasion_views
from proofbox.reports.html import render_html
from proofbox.reports.i18n import Translator

CURVE = [
    {"distance": 0.25, "evasion_rate": 0.1, "random_evasion_rate": 0.05},
    {"distance": 0.5, "evasion_rate": 0.4, "random_evasion_rate": 0.125},
]
DETAIL = {"curve": CURVE, "queries": 8000, "norm": "l2", "immutable": ["sex"]}


def measured(detail):
    return MeasurementRecord(
        id="m-1",
        check="robustness.adversarial",
        params={},
        measure="evasion_rate",
        value=0.4,
        interval=wilson(16, 40, 0.95),
        sample_size=40,
        group={},
        detail=detail,
    )


def test_the_curve_is_what_the_measurement_says():
    (view,) = evasion_views((measured(DETAIL),), Translator("en"))
    assert (view.rows, view.queries, view.budget, view.immutable) == (40, 200.0, 0.5, ("sex",))
    assert [(one.distance, one.attack, one.chance) for one in view.points] == [(0.25, 0.1, 0.05), (0.5, 0.4, 0.125)]
    assert "0.25: 10% and 5%" in view.chart.alt


@pytest.mark.parametrize(
    "detail",
    [{}, {"curve": 3, "queries": 1}, {"curve": CURVE}, {"curve": [], "queries": 1}, {"curve": [3, {}], "queries": 1}],
)
def test_a_strange_detail_shows_nothing(detail):
    assert not list(evasion_views((measured(detail),), Translator("en")))


@pytest.mark.parametrize(("language", "said"), [("en", "Turned by the attack"), ("vi", "Bị tấn công làm đảo chiều")])
def test_the_page_shows_it_in_both_languages_and_not_where_nothing_was_attacked(model_a, language, said):
    assert said not in render_html(model_a, language)
    page = render_html(dataclasses.replace(model_a, measurements=(*model_a.measurements, measured(DETAIL))), language)
    assert said in page
    assert ">sex</code>" in page
