import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHECK = "fairness.predictive_parity"
RACE = ["a"] * 8 + ["b"] * 8
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0] * 2
PARAMS = {"attribute": "race"}

PROPUBLICA = {
    "African-American": {(0, 0): 990, (0, 1): 805, (1, 0): 532, (1, 1): 1369},
    "Caucasian": {(0, 0): 1139, (0, 1): 349, (1, 0): 461, (1, 1): 505},
}
"""ProPublica, "How We Analyzed the COMPAS Recidivism Algorithm", 23 May 2016: (recidivated, rated medium or high)."""


def test_perfect_decisions(measures, data, decisions):
    found = measures(
        CHECK, params=PARAMS, data=data({"race": RACE, "y": TRUTH}, target="y"), decisions=decisions(TRUTH)
    )
    assert {name: one.value for name, one in found.items()} == {
        "predictive_parity_difference": 0.0,
        "predictive_parity_ratio": 1.0,
        "negative_predictive_value_difference": 0.0,
    }


def test_worst_decisions_about_one_group_are_worth_nothing(measures, data, decisions):
    wrong = TRUTH[:8] + [1 - label for label in TRUTH[8:]]
    found = measures(
        CHECK, params=PARAMS, data=data({"race": RACE, "y": TRUTH}, target="y"), decisions=decisions(wrong)
    )
    assert found["predictive_parity_difference"].value == 1.0
    assert found["predictive_parity_ratio"].value == 0.0
    assert found["negative_predictive_value_difference"].value == 1.0


def test_middle_compas_as_published(measures, data, decisions, cells):
    """Precision ("PPV") 0.63 and 0.59, NPV 0.65 and 0.71; error rates 44.85 and 23.45, 27.99 and 47.72 %."""
    race, truth, decided = cells(PROPUBLICA)
    rows = {"data": data({"race": race, "y": truth}, target="y"), "decisions": decisions(decided)}
    found = measures(CHECK, params=PARAMS, **rows)
    precision = {one["group"]["race"]: one["rate"] for one in found["predictive_parity_difference"].detail["groups"]}
    assert {name: round(rate, 2) for name, rate in precision.items()} == {"African-American": 0.63, "Caucasian": 0.59}
    other = found["negative_predictive_value_difference"].detail["groups"]
    assert [round(one["rate"], 2) for one in other] == [0.65, 0.71]
    # Northpointe's answer: precision differs little. ProPublica's charge: error rates differ by far.
    assert found["predictive_parity_difference"].interval.high < 0.08
    odds = measures("fairness.equalized_odds", params=PARAMS, **rows)["equalized_odds_difference"]
    assert odds.interval.low > 0.15
    missed, alarms = (
        [round(100 * (1 - one["rate"] if missed else one["rate"]), 2) for one in block["groups"]]
        for missed, block in zip((True, False), odds.detail["rates"], strict=True)
    )
    assert alarms == [44.85, 23.45]
    assert missed == [27.99, 47.72]
    assert odds.value == pytest.approx(0.4485 - 0.2345, abs=1e-4)


def test_degenerate_a_group_that_nobody_is_chosen_from_is_left_out(measures, data, decisions):
    given = data({"race": ["a"] * 4 + ["b"] * 4 + ["c"] * 4, "y": [1, 1, 0, 0] * 3}, target="y")
    found = measures(CHECK, params=PARAMS, data=given, decisions=decisions([1, 0] * 4 + [0] * 4))
    assert found["predictive_parity_difference"].detail["groups_without_this_rate"] == [{"race": "c"}]
    found = measures(CHECK, params=PARAMS, data=given, decisions=decisions([0] * 12))
    assert set(found) == {"negative_predictive_value_difference"}


def test_inapplicable_without_truth(why, data, decisions):
    said = why(CHECK, params=PARAMS, data=data({"race": RACE}), decisions=decisions(TRUTH))
    assert said == "there are no true labels to compare the decisions with"
    given = data({"race": RACE, "y": TRUTH}, target="y")
    said = why(CHECK, params=PARAMS, data=given, decisions=decisions([1] * 8 + [0] * 8))
    assert said == "fewer than two groups have rows of either decision"


row = st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(0, 1))


@given(st.lists(row, min_size=2, max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_equal_fairlearns_metric_frame(run, data, decisions, rows):
    """To 1e-9 wherever a rate has a denominator: there fairlearn is told to leave the group out as we do."""
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import accuracy_score, precision_score

    groups, truth, decided = (list(column) for column in zip(*rows, strict=True))
    if len(set(groups)) < 2:
        return
    rows_of = {"data": data({"g": groups, "y": truth}, target="y"), "decisions": decisions(decided)}
    ours = {
        one.measure: one.value
        for name in (CHECK, "fairness.group_accuracy")
        for one in getattr(run(name, params={"attribute": "g"}, **rows_of), "measurements", ())
    }

    def precision(y_true, y_pred):
        return precision_score(y_true, y_pred, zero_division=np.nan)

    frame = MetricFrame(metrics={"ppv": precision, "accuracy": accuracy_score}, y_true=np.array(truth),
                        y_pred=np.array(decided), sensitive_features=np.array(groups))  # fmt: skip
    theirs = frame.by_group["ppv"].dropna()
    assert ours["accuracy_difference"] == pytest.approx(frame.difference()["accuracy"], abs=1e-9)
    if len(theirs) < 2:
        assert "predictive_parity_difference" not in ours
    else:
        assert ours["predictive_parity_difference"] == pytest.approx(theirs.max() - theirs.min(), abs=1e-9)
        if theirs.max() > 0:
            assert ours["predictive_parity_ratio"] == pytest.approx(theirs.min() / theirs.max(), abs=1e-9)
