import numpy as np
import pytest

from proofbox.checks.statistics.reliability import Reliability, excess_gap, largest_binned_error, largest_excess

CHECK = "fairness.calibration"
PARAMS = {"attribute": "g"}


@pytest.fixture
def people(data, probabilities):
    """Inputs from group -> list of (probability, rows, of them it happened to)."""

    def build(groups):
        rows = [
            (name, chance, place < happened)
            for name, bins in groups.items()
            for chance, count, happened in bins
            for place in range(count)
        ]
        group, chance, truth = (list(column) for column in zip(*rows, strict=True))
        given = data({"g": group, "y": [int(one) for one in truth]}, target="y")
        return {"data": given, "decisions": probabilities(chance)}

    return build


def test_perfect_probabilities(measures, people):
    found = measures(CHECK, params=PARAMS, **people({"a": [(0.2, 50, 10), (0.7, 50, 35)], "b": [(0.5, 40, 20)]}))
    for name in ("calibration_difference", "calibration_gap", "expected_calibration_error"):
        assert found[name].value == pytest.approx(0, abs=1e-12)
        assert found[name].interval.low == 0.0
        assert 0 < found[name].interval.high < 0.4


def test_worst_sure_and_wrong_about_one_group_and_the_other_way_about_the_other(measures, people):
    found = measures(CHECK, params=PARAMS, **people({"a": [(1.0, 50, 0)], "b": [(0.0, 50, 50)]}))
    assert found["calibration_difference"].value == 2.0
    assert found["calibration_gap"].value == 1.0
    assert found["expected_calibration_error"].value == 1.0
    assert found["calibration_difference"].interval.low > 1.8


def test_middle_calibrated_on_average_and_not_in_bins(run, people):
    result = run(CHECK, params=PARAMS, **people({"a": [(0.2, 100, 40), (0.8, 100, 60)], "b": [(0.4, 200, 100)]}))
    found = {(one.measure, one.group.get("g")): one for one in result.measurements}
    assert found["observed_less_predicted", "a"].value == pytest.approx(0, abs=1e-12)
    assert found["observed_less_predicted", "b"].value == pytest.approx(0.1)
    assert found["observed_less_predicted", "b"].interval.low > 0
    assert found["calibration_gap", None].value == pytest.approx(0.1)
    assert found["calibration_difference", None].value == pytest.approx(0.1)
    worst = found["expected_calibration_error", None]
    assert worst.value == pytest.approx(0.2)
    assert worst.interval.low > 0.08
    assert [round(one["expected_calibration_error"], 9) for one in worst.detail["groups"]] == [0.2, 0.1]
    table = result.tables[0]
    assert table.name == "reliability-g"
    assert sum(table.columns["rows"]) == 400
    assert table.columns["happened"][2] == 40


def test_bins_are_those_of_scikit_learns_calibration_curve(run, data, probabilities):
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(6)
    chance = rng.random(2000)
    truth, group = (rng.random(2000) < chance**2).astype(int), rng.choice(["a", "b"], 2000)
    given = data({"g": group, "y": truth}, target="y")
    result = run(CHECK, params=PARAMS, data=given, decisions=probabilities(chance))
    columns = result.tables[0].columns
    for name in ("a", "b"):
        observed, predicted = calibration_curve(truth[group == name], chance[group == name], n_bins=10)
        places = [place for place, of in enumerate(columns["group"]) if of == name]
        rows = np.array([columns["rows"][place] for place in places])
        happened = np.array([columns["happened"][place] for place in places])
        sums = np.array([columns["sum_of_probabilities"][place] for place in places])
        assert happened / rows == pytest.approx(observed, abs=1e-9)
        assert sums / rows == pytest.approx(predicted, abs=1e-9)


@pytest.mark.parametrize("shift", [(0.0, 0.0, 0.0), (0.0, 0.0, 0.15)])
def test_intervals_cover_what_they_say_for_tied_and_separate_groups(shift):
    rng = np.random.default_rng(9)
    codes, missed = np.repeat([0, 1, 2], [60, 150, 300]), np.zeros(3)
    place_of = np.eye(3, dtype=bool)[codes].T
    for _ in range(400):
        chance = rng.beta(1.5, 3, len(codes))
        true = np.clip(chance + np.array(shift)[codes], 0, 1)
        found = Reliability.count(codes, 3, chance, rng.random(len(codes)) < true, 10)
        wrong = true - chance
        excess = np.array([wrong[group].mean() for group in place_of])
        bins = np.minimum((chance * 10).astype(int), 9)
        binned = [sum(abs(wrong[group & (bins == place)].sum()) for place in range(10)) / group.sum()
                  for group in place_of]  # fmt: skip
        truths = (np.ptp(excess), np.abs(excess).max(), max(binned))
        bounds = (excess_gap(found, 0.95), largest_excess(found, 0.95), largest_binned_error(found, 0.95))
        missed += [not one.low - 1e-12 <= value <= one.high for value, one in zip(truths, bounds, strict=True)]
    # 5 % of 400 are 20; a rate of 6 % would be seen as more than 31 in one of twenty runs.
    assert missed.max() <= 31


def test_weighted_rows_are_as_if_they_stood_there_as_often(run, data, probabilities):
    rng = np.random.default_rng(4)
    group, weight = rng.choice(["a", "b"], 200), rng.integers(0, 4, 200)
    chance, truth = rng.random(200), rng.integers(0, 2, 200)
    columns = {"g": group, "y": truth}
    given = data({**columns, "w": weight.astype(float)}, target="y", weight="w")
    weighted = run(CHECK, params=PARAMS, data=given, decisions=probabilities(chance))
    many = np.repeat(np.arange(200), weight)
    given = data({name: np.asarray(cells)[many] for name, cells in columns.items()}, target="y")
    repeated = run(CHECK, params=PARAMS, data=given, decisions=probabilities(chance[many]))
    for one, other in zip(weighted.measurements, repeated.measurements, strict=True):
        assert (one.measure, one.group) == (other.measure, other.group)
        assert one.value == pytest.approx(other.value, abs=1e-9)
        # A row that is counted three times is still one observation.
        if one.measure == "observed_less_predicted":
            assert one.interval.high - one.interval.low > other.interval.high - other.interval.low
    assert set(weighted.tables[0].columns) >= {"weight_happened", "squared_weight_other"}
    equal = data({**columns, "w": [2.5] * 200}, target="y", weight="w")
    plain = run(CHECK, params=PARAMS, data=data(columns, target="y"), decisions=probabilities(chance))
    for one, other in zip(run(CHECK, params=PARAMS, data=equal, decisions=probabilities(chance)).measurements,
                          plain.measurements, strict=True):  # fmt: skip
        assert one.value == pytest.approx(other.value, abs=1e-12)
        assert one.interval.high == pytest.approx(other.interval.high, abs=1e-12)


def test_degenerate_probabilities_of_one_and_rows_without_a_label(measures, data, probabilities):
    given = data({"g": ["a", "b"] * 20, "y": [1, None] + [1, 0] * 19}, target="y")
    found = measures(CHECK, params=PARAMS, data=given, decisions=probabilities([1.0, 0.0] * 20))
    assert found["calibration_gap"].value == 0.0
    assert found["calibration_gap"].detail["rows_without_value"] == 1


def test_inapplicable(why, data, decisions, probabilities):
    given = data({"g": ["a", "b"] * 10, "y": [0, 1] * 10}, target="y")
    assert "no probabilities" in why(CHECK, params=PARAMS, data=given, decisions=decisions([0, 1] * 10))
    assert "between 0 and 1" in why(CHECK, params=PARAMS, data=given, decisions=probabilities([1.5] * 20))
    said = why(CHECK, params=PARAMS, data=data({"g": ["a", "b"] * 10}), decisions=probabilities([0.5] * 20))
    assert said == "there are no true labels to compare the decisions with"
