import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.checks.grouped.slicing import band_edges

CHECK = "performance.regression"
TRUE = [10.0, 12.0, 9.0, 14.0, 11.0, 13.0, 8.0, 15.0]


@pytest.fixture
def answers(decisions):
    """Return decisions that are numbers."""

    def build(score):
        return replace(decisions([0] * len(score), score), classes=(), positive_label="")

    return build


def test_perfect(measures, data, answers):
    found = measures(CHECK, data=data({"y": TRUE}, target="y"), decisions=answers(TRUE))
    assert {name: one.value for name, one in found.items()} == {
        "mean_absolute_error": 0.0,
        "root_mean_squared_error": 0.0,
        "mean_error": 0.0,
        "r2": 1.0,
    }


def test_worst_is_worse_than_the_mean(measures, data, answers):
    found = measures(CHECK, data=data({"y": TRUE}, target="y"), decisions=answers([100.0 - y for y in TRUE]))
    assert found["r2"].value < -100
    assert found["r2"].interval.high < 0


def test_middle_names_the_interval_of_each(measures, data, answers):
    guesses = [10.5, 11.0, 9.5, 12.0, 12.0, 13.5, 9.0, 13.0]
    found = measures(CHECK, data=data({"y": TRUE}, target="y"), decisions=answers(guesses), params={"confidence": 0.9})
    assert {name: one.interval.method for name, one in found.items()} == {
        "mean_absolute_error": "hall-t",
        "root_mean_squared_error": "jackknife-log-root",
        "mean_error": "hall-t",
        "r2": "jackknife-log-complement",
    }
    assert all(one.interval.low <= one.value <= one.interval.high for one in found.values())
    assert found["r2"].interval.high < 1
    assert found["mean_absolute_error"].interval.low >= 0


def test_the_bias_has_its_sign(measures, data, answers):
    found = measures(CHECK, data=data({"y": TRUE}, target="y"), decisions=answers([y + 2 for y in TRUE]))
    assert found["mean_error"].value == pytest.approx(2)
    found = measures(CHECK, data=data({"y": TRUE}, target="y"), decisions=answers([y - 2 for y in TRUE]))
    assert found["mean_error"].value == pytest.approx(-2)


def test_degenerate_true_values_that_do_not_vary_explain_nothing(measures, data, answers):
    found = measures(CHECK, data=data({"y": [0.1 + 0.2] * 8}, target="y"), decisions=answers(TRUE))
    assert "r2" not in found
    assert "do not vary" in found["mean_error"].detail["without_value"]["r2"]


def test_rows_without_a_value_are_left_out_and_counted(measures, data, answers):
    true = [*TRUE, None]
    found = measures(CHECK, data=data({"y": true}, target="y"), decisions=answers([*TRUE, 3.0]))
    assert found["mean_absolute_error"].value == 0
    assert found["mean_absolute_error"].detail["rows_without_value"] == 1
    assert found["mean_absolute_error"].sample_size == 8


def test_inapplicable(why, data, answers, decisions):
    assert "no true labels" in why(CHECK, data=data({"x": TRUE}), decisions=answers(TRUE))
    assert "no rows" in why(CHECK, data=data({"y": np.zeros(0)}, target="y"), decisions=answers([]))
    assert "between classes" in why(CHECK, data=data({"y": TRUE}, target="y"), decisions=decisions([0] * 8))
    assert "no numbers" in why(CHECK, data=data({"y": list("abcdefgh")}, target="y"), decisions=answers(TRUE))
    assert "fewer than two rows" in why(CHECK, data=data({"y": [1.0]}, target="y"), decisions=answers([1.0]))
    sliced = {"params": {"slice": "region"}, "data": data({"y": TRUE}, target="y"), "decisions": answers(TRUE)}
    assert "no column region" in why(CHECK, **sliced)


def test_a_bad_slice_shows_and_a_small_one_is_named(measures, run, data, answers):
    rng = np.random.default_rng(5)
    region = np.array(["north"] * 200 + ["south"] * 60 + ["isle"] * 3)
    true = rng.normal(10, 2, 263)
    guess = true + rng.normal(0, 1, 263) + np.where(region == "south", 5.0, 0.0)
    rows = data({"y": true, "region": region}, target="y")
    result = run(CHECK, data=rows, decisions=answers(guess), params={"slice": "region"})
    by_slice = {(one.measure, one.group.get("region")): one for one in result.measurements}
    assert by_slice["mean_error", "south"].interval.low > 4
    assert by_slice["mean_error", "north"].interval.high < 1
    assert ("mean_error", "isle") not in by_slice
    assert by_slice["mean_error", None].detail["slices_too_small"] == [{"slice": {"region": "isle"}, "rows": 3}]


def test_numbers_are_cut_into_bands(run, data, answers):
    age = np.arange(400) % 80
    rows = data({"y": age.astype(float), "age": age}, target="y")
    result = run(CHECK, data=rows, decisions=answers(age + 1.0), params={"slice": ["age"], "bands": 4})
    assert {one.group.get("age") for one in result.measurements if one.group} == {
        "< 20", "[20, 40)", "[40, 60)", ">= 60"
    }  # fmt: skip


def test_bands_end_in_round_numbers(run, data, answers):
    pay = np.random.default_rng(2).lognormal(3, 1, 400)
    rows = data({"y": pay, "pay": pay}, target="y")
    result = run(CHECK, data=rows, decisions=answers(pay + 1.0), params={"slice": ["pay"], "bands": 2})
    (below, above) = {one.group["pay"] for one in result.measurements if one.group}
    assert max(map(len, (below, above))) <= 7


def test_bands_of_extreme_numbers_are_bands():
    huge = np.linspace(-1, 1, 40) * 1.7e308
    assert len(band_edges(huge, 4)) == 3
    assert len(band_edges(np.arange(40) * 5e-324, 4)) == 3
    assert band_edges(np.zeros(0), 4) == ()


number = st.integers(-1_000, 1_000).map(lambda n: n / 8)
row = st.tuples(number, number, st.sampled_from([0.25, 1.0, 7.5]))


@given(st.lists(row, min_size=2, max_size=40), st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_equal_scikit_learns(measures, data, answers, rows, weighted):
    from sklearn import metrics

    true, guess, weight = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"y": true} | ({"w": weight} if weighted else {})
    given_rows = data(columns, target="y", weight="w" if weighted else None)
    found = measures(CHECK, data=given_rows, decisions=answers(guess))
    about = {"sample_weight": weight} if weighted else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = {
            "mean_absolute_error": metrics.mean_absolute_error(true, guess, **about),
            "root_mean_squared_error": metrics.root_mean_squared_error(true, guess, **about),
            "mean_error": np.average(guess - true, weights=weight if weighted else None),
        }
        if len(set(true)) > 1:
            theirs["r2"] = metrics.r2_score(true, guess, **about)
    assert {name: one.value for name, one in found.items()} == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    for one in found.values():
        rounding = 1e-9 * (1 + abs(one.value))
        assert one.interval.low - rounding <= one.value <= one.interval.high + rounding
