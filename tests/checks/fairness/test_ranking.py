import math

import numpy as np
import pytest

from proofbox.checks.fairness.ranking import exposures

CHECK = "fairness.ranking"
PARAMS = {"attribute": "g"}


def test_perfect_groups_alternate(measures, data, numbers):
    score = np.repeat(np.arange(50.0), 2)
    found = measures(CHECK, params=PARAMS, data=data({"g": ["a", "b"] * 50}), decisions=numbers(score))
    # Each pair of rows has one score, so both groups have the same exposure to the last digit.
    assert found["exposure_difference"].value == pytest.approx(0, abs=1e-15)
    assert found["exposure_ratio"].value == pytest.approx(1)
    assert found["selection_at_k_difference"].value == 0.0
    assert found["selection_at_k_ratio"].value == 1.0


def test_worst_one_group_comes_first(measures, data, numbers):
    group = ["a"] * 50 + ["b"] * 50
    found = measures(CHECK, params={**PARAMS, "k": 50}, data=data({"g": group}), decisions=numbers(-np.arange(100.0)))
    assert found["selection_at_k_difference"].value == 1.0
    assert found["selection_at_k_ratio"].value == 0.0
    seen = 1 / np.log2(1 + np.arange(1, 101))
    assert found["exposure_ratio"].value == pytest.approx(seen[50:].mean() / seen[:50].mean(), abs=1e-12)
    assert found["exposure_ratio"].interval.high < 1
    assert found["exposure_difference"].interval.low > 0


def test_middle_shares_among_the_first_ten(measures, data, numbers):
    group = (["a"] * 8 + ["b"] * 2) + (["a"] * 32 + ["b"] * 58)
    score = 100.0 - np.arange(100)
    found = measures(CHECK, params={**PARAMS, "share": 0.1}, data=data({"g": group}), decisions=numbers(score))
    assert found["selection_at_k_difference"].value == pytest.approx(8 / 40 - 2 / 60)
    assert found["selection_at_k_ratio"].value == pytest.approx((2 / 60) / (8 / 40))
    detail = found["selection_at_k_ratio"].detail
    assert (detail["k"], detail["rows_selected"], detail["rate"]) == (10, 10, "selection_at_k")
    # It is the demographic parity of "is among the first ten".
    chosen = measures("fairness.demographic_parity", params=PARAMS, data=data({"g": group}, positive_label="1"),
                      decisions=_labels([1] * 10 + [0] * 90))  # fmt: skip
    assert found["selection_at_k_ratio"].value == pytest.approx(chosen["demographic_parity_ratio"].value)


def _labels(labels):
    from proofbox.checks.subject import Decisions

    codes = np.array(labels, dtype=np.int64)
    return Decisions(classes=("0", "1"), codes=codes, score=None, positive_label="1", source="model")


def test_the_order_of_rows_with_one_score_has_no_bearing(measures, data, numbers):
    score = [3.0] * 4 + [2.0] * 30 + [1.0] * 26
    group = ["a", "b"] * 30
    first = measures(CHECK, params={**PARAMS, "k": 10}, data=data({"g": group}), decisions=numbers(score))
    other = measures(CHECK, params={**PARAMS, "k": 10}, data=data({"g": group[::-1]}), decisions=numbers(score))
    assert first["exposure_difference"].value == pytest.approx(other["exposure_difference"].value, abs=1e-15)
    # The tenth has the score of thirty: all of them are selected, and the detail says so.
    assert first["selection_at_k_difference"].detail["rows_selected"] == 34


def test_exposure_falls_with_the_position():
    found = exposures(np.array([1.0, 3.0, 2.0, np.nan]), np.array([True, True, True, False]))
    assert found.tolist() == pytest.approx([0.5, 1.0, 1 / math.log2(3), 0.0])
    # Two rows share the first two places, each half of what these are worth.
    shared = (1.0 + 1 / math.log2(3)) / 2
    assert exposures(np.array([2.0, 1.0, 2.0]), np.ones(3, dtype=bool)).tolist() == pytest.approx([shared, 0.5, shared])


@pytest.mark.parametrize("sizes", [(20, 400), (40, 40, 40, 40)])
def test_intervals_cover_a_ranking_that_is_blind(sizes, measures, data, numbers):
    rng, missed = np.random.default_rng(3), 0
    given = data({"g": np.repeat([*"abcd"[: len(sizes)]], sizes).tolist()})
    for _ in range(300):
        found = measures(CHECK, params=PARAMS, data=given, decisions=numbers(rng.random(sum(sizes))))
        missed += found["exposure_difference"].interval.low > 0 or found["exposure_ratio"].interval.high < 1
    # 5 % of 300 are 15. Without the spread of everybody a small group would miss in 8 %.
    assert missed <= 15


def test_degenerate_all_scores_are_equal(measures, data, numbers):
    found = measures(CHECK, params=PARAMS, data=data({"g": ["a", "b"] * 30}), decisions=numbers([1.0] * 60))
    assert found["exposure_difference"].value == 0.0
    assert found["selection_at_k_difference"].detail["rows_selected"] == 60


def test_inapplicable(why, data, decisions, numbers):
    given = data({"g": ["a", "b"] * 30})
    assert "no score" in why(CHECK, params=PARAMS, data=given, decisions=decisions([0, 1] * 30))
    said = why(CHECK, params={**PARAMS, "k": 60}, data=given, decisions=numbers(np.arange(60.0)))
    assert said == "the first 60 of 60 rows are all of them, so nobody is chosen"
    weighted = data({"g": ["a", "b"] * 30, "w": [1.0] * 60}, weight="w")
    assert "has one place in a ranking" in why(CHECK, params=PARAMS, data=weighted, decisions=numbers(np.arange(60.0)))
    small = data({"g": ["a"] * 50 + ["b"] * 10})
    assert "only 1 group" in why(CHECK, params=PARAMS, data=small, decisions=numbers(np.arange(60.0)))
