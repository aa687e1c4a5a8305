"""The reliability curve and the columns that moved, as a page reads them from the record."""

import base64
import dataclasses

import pytest

from proofbox.reports.closer import curves, moved
from proofbox.reports.i18n import Translator

BIN = {"rows": 40, "predicted": 0.7, "observed": 0.5, "observed_low": 0.35, "observed_high": 0.65}
COLUMN = {
    "column": "pay<b>",
    "effect": 0.2,
    "stability_index": 0.31,
    "adjusted_p_value": 0.001,
    "missing_in_training": 0.0,
    "missing_in_evaluation": 0.25,
    "not_in_training": ["new"],
}


@pytest.fixture
def recorded(model_a):
    def build(measure, detail):
        return (dataclasses.replace(model_a.measurements[0], measure=measure, group={}, detail=detail),)

    return build


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_curve_is_a_picture_with_words(recorded, language):
    found = recorded("expected_calibration_error", {"curve": [BIN, BIN | {"predicted": 0.2}], "counted_label": "yes"})
    (curve,) = curves(found, Translator(language))
    assert [one.rows for one in curve.bins] == [40, 40]
    assert curve.chart.uri.startswith("data:image/svg+xml;base64,")
    svg = base64.b64decode(curve.chart.uri.partition(",")[2]).decode()
    assert (svg.count("<circle"), svg.count("<polyline")) == (2, 4)  # a dot and a whisker for each, and two lines
    assert "50" in curve.chart.alt


def test_columns_that_moved_are_listed(recorded):
    (one,) = moved(recorded("drifted_columns", {"columns": [COLUMN]}))
    assert (one.column, one.stability_index, one.fresh) == ("pay<b>", 0.31, "new")


@pytest.mark.parametrize(
    "strange", [{}, {"curve": 3}, {"curve": [3, {"rows": "x"}]}, {"columns": [3, {}]}, {"columns": 1}]
)
def test_a_detail_of_another_shape_shows_nothing(recorded, strange):
    assert list(curves(recorded("expected_calibration_error", strange), Translator("en"))) == []
    assert moved(recorded("drifted_columns", strange)) == ()
