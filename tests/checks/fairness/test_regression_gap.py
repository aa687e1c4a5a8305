import numpy as np
import pytest

CHECK = "fairness.regression_gap"
PARAMS = {"attribute": "g"}
GROUP = ["a"] * 40 + ["b"] * 40


def spread(seed=0, rows=80):
    return np.random.default_rng(seed).normal(10, 2, rows)


def test_perfect_predictions_of_groups_that_are_alike(measures, data, numbers):
    truth = np.tile(spread(rows=40), 2)
    found = measures(CHECK, params=PARAMS, data=data({"g": GROUP, "y": truth}, target="y"), decisions=numbers(truth))
    for name in ("mean_prediction", "mean_absolute_error", "mean_error"):
        assert found[f"{name}_difference"].value == pytest.approx(0, abs=1e-12)
    assert found["mean_prediction_difference"].interval.low == 0.0
    assert found["mean_absolute_error"].interval.high == 0.0


def test_worst_one_group_is_overrated_and_the_other_underrated(measures, data, numbers):
    truth = np.tile(spread(rows=40), 2)
    predicted = truth + np.where(np.array(GROUP) == "a", 3.0, -3.0)
    found = measures(
        CHECK, params=PARAMS, data=data({"g": GROUP, "y": truth}, target="y"), decisions=numbers(predicted)
    )
    # Both are wrong by as much, and in opposite directions: the absolute error does not see it.
    assert found["mean_absolute_error_difference"].value == pytest.approx(0)
    assert found["mean_error_difference"].value == pytest.approx(6)
    assert found["mean_error_difference"].detail["highest"] == {"g": "a"}
    assert found["mean_prediction_difference"].value == pytest.approx(6)
    standardized = found["standardized_mean_error_difference"]
    assert standardized.value == pytest.approx(6 / truth.std(ddof=1))
    assert standardized.interval.low == pytest.approx(found["mean_error_difference"].interval.low / truth.std(ddof=1))


def test_middle_values_equal_fairlearns_and_scikit_learns(run, data, numbers):
    from fairlearn.metrics import MetricFrame, mean_prediction
    from sklearn.metrics import mean_absolute_error

    rng = np.random.default_rng(4)
    group = rng.choice(list("abc"), 500)
    truth = rng.lognormal(1, 0.5, 500)
    predicted = truth * rng.normal(1, 0.2, 500) + (group == "c")
    given = data({"g": group, "y": truth}, target="y")
    result = run(CHECK, params=PARAMS, data=given, decisions=numbers(predicted))
    frame = MetricFrame(metrics={"mean_prediction": mean_prediction, "mean_absolute_error": mean_absolute_error},
                        y_true=truth, y_pred=predicted, sensitive_features=group)  # fmt: skip
    for found in result.measurements:
        name = found.measure.removesuffix("_difference")
        if name in ("mean_error", "standardized_mean_error"):
            continue
        expected = frame.by_group[name][found.group["g"]] if found.group else frame.difference()[name]
        assert found.value == pytest.approx(expected, abs=1e-9)
    means = {found.group["g"]: found for found in result.measurements if found.measure == "mean_error"}
    assert means["c"].value == pytest.approx((predicted - truth)[group == "c"].mean(), abs=1e-9)
    assert means["c"].interval.low < means["c"].value < means["c"].interval.high
    assert means["c"].interval.method == "hall-t"
    gap = next(found for found in result.measurements if found.measure == "mean_error_difference")
    assert gap.interval.method == "mover-hall-t-simultaneous"
    assert gap.interval.low > 0.7


def test_the_largest_gap_covers_where_groups_tie_and_are_skewed(measures, data, numbers):
    """The plain t of the pair that lies farthest apart would miss far more often than it says."""
    covered = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        group, predicted = np.repeat(list("abcde"), 30), rng.exponential(size=150)
        found = measures(CHECK, params=PARAMS, data=data({"g": group}), decisions=numbers(predicted))
        covered += found["mean_prediction_difference"].interval.low == 0.0
    assert covered >= 111


def test_degenerate_rows_without_a_true_value_and_small_groups_are_left_out_and_counted(measures, data, numbers):
    group, truth = [*GROUP, "c"], [*spread(), 1.0]
    truth[0] = None
    given = data({"g": group, "y": truth}, target="y")
    found = measures(CHECK, params=PARAMS, data=given, decisions=numbers(np.full(81, 10.0)))
    detail = found["mean_absolute_error_difference"].detail
    assert detail["rows_without_value"] == 1
    assert detail["groups_left_out"] == [{"group": {"g": "c"}, "rows": 1}]
    assert found["mean_absolute_error_difference"].sample_size == 79
    constant = data({"g": GROUP, "y": [1.0] * 80}, target="y")
    assert "standardized_mean_error_difference" not in measures(
        CHECK, params=PARAMS, data=constant, decisions=numbers(spread())
    )
    # A model that says one number for everybody: nothing varies, and the gap is nought.
    assert found["mean_prediction_difference"].value == 0.0


def test_without_true_values_there_is_the_prediction_alone(measures, data, numbers):
    found = measures(CHECK, params=PARAMS, data=data({"g": GROUP}), decisions=numbers(spread()))
    assert set(found) == {"mean_prediction", "mean_prediction_difference"}


def test_weighted_rows_count_by_their_weight_as_fairlearn_counts_them(run, data, numbers):
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import mean_absolute_error

    rng = np.random.default_rng(8)
    group, weight = rng.choice(list("abc"), 300), rng.integers(0, 5, 300).astype(float)
    truth, predicted = rng.normal(5, 2, 300), rng.normal(5, 2, 300)
    given = data({"g": group, "y": truth, "w": weight}, target="y", weight="w")
    result = run(CHECK, params=PARAMS, data=given, decisions=numbers(predicted))
    frame = MetricFrame(metrics=mean_absolute_error, y_true=truth, y_pred=predicted, sensitive_features=group,
                        sample_params={"sample_weight": weight})  # fmt: skip
    found = {(one.measure, one.group.get("g")): one for one in result.measurements}
    for name in "abc":
        assert found["mean_absolute_error", name].value == pytest.approx(frame.by_group[name], abs=1e-9)
        assert found["mean_absolute_error", name].sample_size == ((group == name) & (weight > 0)).sum()
    assert found["mean_absolute_error_difference", None].value == pytest.approx(frame.difference(), abs=1e-9)
    assert found["mean_error_difference", None].detail["weights"]["column"] == "w"


def test_equal_weights_change_nothing_and_unequal_ones_widen(measures, data, numbers):
    rng = np.random.default_rng(9)
    truth, predicted = rng.normal(5, 2, 80), rng.normal(5, 2, 80)
    columns = {"g": GROUP, "y": truth}
    plain = measures(CHECK, params=PARAMS, data=data(columns, target="y"), decisions=numbers(predicted))
    for weight, wider in (([3.0] * 80, False), ([1.0, 9.0] * 40, True)):
        given = data({**columns, "w": weight}, target="y", weight="w")
        found = measures(CHECK, params=PARAMS, data=given, decisions=numbers(predicted))["mean_error_difference"]
        width = found.interval.high - found.value
        if wider:
            assert width > 1.1 * (plain["mean_error_difference"].interval.high - plain["mean_error_difference"].value)
        else:
            assert found.value == pytest.approx(plain["mean_error_difference"].value)
            assert found.interval.high == pytest.approx(plain["mean_error_difference"].interval.high)
    one = data({**columns, "w": [1e6] + [1e-6] * 39 + [1.0] * 40}, target="y", weight="w")
    said = run_why(one, numbers(predicted))
    assert "only 1 group" in said


def run_why(given, decided):
    from proofbox.checks.registry import get_check

    spec = get_check(CHECK)
    return str(spec.run(data=given, decisions=decided, params=spec.params(PARAMS)).reason)


def test_inapplicable(why, data, decisions, numbers):
    given = data({"g": ["a", "b"] * 40})
    assert "decisions between classes" in why(CHECK, params=PARAMS, data=given, decisions=decisions([0, 1] * 40))
    small = data({"g": ["a"] * 70 + ["b"] * 10})
    assert "only 1 group" in why(CHECK, params=PARAMS, data=small, decisions=numbers(spread()))
