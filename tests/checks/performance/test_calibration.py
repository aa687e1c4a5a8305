import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.checks.errors import BadParamsError
from proofbox.checks.registry import get_check

CHECK = "performance.calibration"


def told(rng, rows, bend=1.0, shift=0.0):
    """Return probabilities, and what happens where the truth's logit is ``shift + bend * logit``."""
    scale = rng.normal(0, 1.5, rows)
    truth = rng.random(rows) < 1 / (1 + np.exp(-(shift + bend * scale)))
    return truth.astype(int), 1 / (1 + np.exp(-scale))


def test_perfect(measures, data, decisions):
    score = np.linspace(0.001, 0.999, 4_000)
    truth = np.diff(np.floor(np.cumsum(score)), prepend=0).astype(int)  # as many as the probabilities add up to
    found = measures(CHECK, data=data({"y": truth}, target="y"), decisions=decisions(truth, score))
    perfect = {"expected_calibration_error": 0, "observed_less_predicted": 0}
    perfect |= {"calibration_slope": 1, "calibration_intercept": 0}
    for measure, value in perfect.items():
        assert found[measure].interval.low <= value <= found[measure].interval.high, measure


def test_worst(measures, data, decisions):
    truth = np.array([0, 1] * 50)
    found = measures(CHECK, data=data({"y": truth}, target="y"), decisions=decisions(truth, 1.0 - truth))
    assert found["expected_calibration_error"].value == 1
    assert found["expected_calibration_error"].interval.low > 0.9
    assert "calibration_slope" not in found
    assert "calibration_slope" in found["observed_less_predicted"].detail["without_value"]


def test_too_extreme_and_too_high_are_told_apart(measures, data, decisions):
    rng = np.random.default_rng(2)
    truth, score = told(rng, 3_000, bend=0.5)
    found = measures(CHECK, data=data({"y": truth}, target="y"), decisions=decisions(truth, score))
    assert found["calibration_slope"].interval.high < 0.7
    truth, score = told(rng, 3_000, shift=-1.0)
    found = measures(CHECK, data=data({"y": truth}, target="y"), decisions=decisions(truth, score))
    assert found["calibration_intercept"].interval.high < -0.8
    assert found["observed_less_predicted"].interval.high < -0.1
    assert found["calibration_slope"].interval.low < 1 < found["calibration_slope"].interval.high


def test_degenerate_one_outcome_has_neither_slope_nor_intercept(measures, data, decisions):
    found = measures(CHECK, data=data({"y": [0] * 40}, target="y"), decisions=decisions([0] * 40, [0.2] * 40))
    assert set(found) == {"expected_calibration_error", "observed_less_predicted"}
    found = measures(CHECK, data=data({"y": [0, 1] * 20}, target="y"), decisions=decisions([0] * 40, [0.2] * 40))
    assert "calibration_slope" not in found
    assert found["calibration_intercept"].value == pytest.approx(np.log(4))


def test_inapplicable(why, data, decisions):
    rows = data({"y": [0, 1]}, target="y")
    assert "no probabilities" in why(CHECK, data=rows, decisions=decisions([0, 1]))
    assert "between 0 and 1" in why(CHECK, data=rows, decisions=decisions([0, 1], [0.5, 2.0]))
    assert "no true labels" in why(CHECK, data=data({"x": [0, 1]}), decisions=decisions([0, 1], [0.5, 0.5]))
    one = data({"y": [0, None]}, target="y")
    assert "fewer than two rows" in why(CHECK, data=one, decisions=decisions([0, 1], [0.5, 0.5]))


def test_a_slice_that_is_off_shows(run, data, decisions):
    rng = np.random.default_rng(4)
    parts = [told(rng, 1_000), told(rng, 1_000, shift=1.5)]
    truth, score = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows = data({"y": truth, "site": ["a"] * 1_000 + ["b"] * 1_000}, target="y")
    result = run(CHECK, data=rows, decisions=decisions(truth, score), params={"slice": "site"})
    found = {(one.measure, one.group.get("site")): one for one in result.measurements}
    assert found["calibration_intercept", "b"].interval.low > 1
    assert found["calibration_intercept", "a"].interval.high < 0.5


def test_edges_are_declared_and_must_rise(run, data, decisions):
    rows, decided = data({"y": [0, 1, 1]}, target="y"), decisions([0, 1, 1], [0.1, 0.5, 0.9])
    result = run(CHECK, data=rows, decisions=decided, params={"edges": [0.5, 0.8]})
    assert result.tables[0].columns["rows"] == (2, 0, 1)
    with pytest.raises(BadParamsError, match="must rise"):
        get_check(CHECK).params({"edges": [0.5, 0.5]})


row = st.tuples(st.booleans(), st.integers(0, 20).map(lambda n: n / 20), st.sampled_from([0.5, 1.0, 3.0]))


@given(st.lists(row, min_size=2, max_size=50), st.sampled_from(["uniform", "quantile"]), st.integers(2, 12))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_curve_and_its_error_equal_scikit_learns(run, data, decisions, rows, strategy, bins):
    from sklearn.calibration import calibration_curve

    truth, score, _ = (np.array(column) for column in zip(*rows, strict=True))
    result = run(
        CHECK,
        data=data({"y": truth.astype(int)}, target="y"),
        decisions=decisions(truth.astype(int), score),
        params={"strategy": strategy, "bins": bins},
    )
    by_name = {one.measure: one for one in result.measurements}
    curve = by_name["observed_less_predicted"].detail["curve"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        observed, predicted = calibration_curve(truth, score, n_bins=bins, strategy=strategy)
    assert [one["observed"] for one in curve] == pytest.approx(observed.tolist(), abs=1e-9)
    assert [one["predicted"] for one in curve] == pytest.approx(predicted.tolist(), abs=1e-9)
    sizes = np.array([one["rows"] for one in curve])
    error = float((sizes * np.abs(observed - predicted)).sum() / sizes.sum())
    assert by_name["expected_calibration_error"].value == pytest.approx(error, abs=1e-9)


@given(st.lists(row, min_size=4, max_size=60), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_slope_is_scikit_learns(run, data, decisions, rows, weighted):
    from sklearn.linear_model import LogisticRegression

    truth, score, weight = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"y": truth.astype(int)} | ({"w": weight} if weighted else {})
    result = run(
        CHECK,
        data=data(columns, target="y", weight="w" if weighted else None),
        decisions=decisions(truth.astype(int), score),
    )
    found = {one.measure: one.value for one in result.measurements}
    yes, no = score[truth], score[~truth]
    separate = not len(yes) or not len(no) or yes.min() >= no.max() or yes.max() <= no.min()
    assert ("calibration_slope" in found) != separate
    if separate:
        return
    kept = np.clip(score, 1e-6, 1 - 1e-6)
    theirs = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=500)
    theirs.fit(np.log(kept / (1 - kept))[:, None], truth, sample_weight=weight if weighted else None)
    assert found["calibration_slope"] == pytest.approx(theirs.coef_[0, 0], rel=1e-6, abs=1e-6)
