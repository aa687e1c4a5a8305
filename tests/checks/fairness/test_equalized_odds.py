import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHECK = "fairness.equalized_odds"
RACE = ["a"] * 8 + ["b"] * 8
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0] * 2


def test_perfect_decisions(measures, data, decisions):
    given = data({"race": RACE, "y": TRUTH}, target="y")
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions(TRUTH))
    values = {name: one.value for name, one in found.items()}
    assert values == {
        "equalized_odds_difference": 0.0,
        "equalized_odds_ratio": 1.0,
        "equal_opportunity_difference": 0.0,
        "equal_opportunity_ratio": 1.0,
        "false_positive_rate_difference": 0.0,
    }
    # All false positive rates are 0: their ratio has no value, and what it might be shows in the interval.
    assert found["equalized_odds_ratio"].detail["ratios"] == {"true_positive_rate": 1.0, "false_positive_rate": None}
    assert found["equalized_odds_ratio"].interval.low == 0.0


def test_worst_one_group_is_always_wrong(measures, data, decisions):
    wrong = TRUTH[:8] + [1 - label for label in TRUTH[8:]]
    given = data({"race": RACE, "y": TRUTH}, target="y")
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions(wrong))
    assert found["equalized_odds_difference"].value == 1.0
    assert found["equalized_odds_ratio"].value == 0.0


def test_middle_the_larger_gap_counts(measures, data, decisions):
    decided = [1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0]
    given = data({"race": RACE, "y": TRUTH}, target="y")
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions(decided))
    assert found["equal_opportunity_difference"].value == pytest.approx(0.25)
    assert found["false_positive_rate_difference"].value == pytest.approx(0.75)
    odds = found["equalized_odds_difference"]
    assert (odds.value, odds.sample_size, odds.interval.method) == (
        pytest.approx(0.75),
        16,
        "newcombe-agresti-caffo-tukey",
    )
    alone = found["false_positive_rate_difference"].interval
    # The union over both rates must not be narrower than one rate alone.
    assert odds.interval.low <= alone.low
    assert odds.interval.high >= alone.high


def test_degenerate_a_group_without_positives_is_left_out_and_named(measures, why, data, decisions):
    given = data({"race": ["a"] * 4 + ["b"] * 4 + ["c"] * 4, "y": [1, 1, 0, 0] * 2 + [0] * 4}, target="y")
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions([1, 0] * 6))
    assert found["equal_opportunity_difference"].detail["rates"][0]["groups_without_this_rate"] == [{"race": "c"}]
    assert found["equal_opportunity_difference"].value == 0.0
    given = data({"race": RACE, "y": [1] * 8 + [0] * 8}, target="y")
    said = why(CHECK, params={"attribute": "race"}, data=given, decisions=decisions([1] * 16))
    assert "fewer than two groups" in said


def test_without_negatives_there_is_opportunity_but_no_odds(measures, data, decisions):
    given = data({"race": RACE, "y": [1] * 16}, target="y")
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions(TRUTH))
    assert set(found) == {"equal_opportunity_difference", "equal_opportunity_ratio"}


def test_inapplicable_without_true_labels(why, data, decisions):
    said = why(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=decisions(TRUTH))
    assert said == "there are no true labels to compare the decisions with"


row = st.tuples(st.sampled_from("abcd"), st.integers(0, 1), st.integers(0, 1))


@given(st.lists(row, min_size=2, max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_equal_fairlearns(run, data, decisions, rows):
    """To 1e-9 wherever fairlearn's value is defined; it counts an empty denominator as 0, we leave the group out."""
    from fairlearn import metrics

    groups, truth, decided = (list(column) for column in zip(*rows, strict=True))
    if len(set(groups)) < 2:
        return
    given = data({"g": groups, "y": truth}, target="y")
    parity = run("fairness.demographic_parity", params={"attribute": "g"}, data=given, decisions=decisions(decided))
    odds = run(CHECK, params={"attribute": "g"}, data=given, decisions=decisions(decided))
    ours = {one.measure: one.value for one in (*parity.measurements, *getattr(odds, "measurements", ()))}
    whole = all({label for group, label, _ in rows if group == name} == {0, 1} for name in set(groups))
    names = ["demographic_parity_difference", "demographic_parity_ratio"]
    if whole:
        names += ["equalized_odds_difference", "equalized_odds_ratio", "equal_opportunity_difference",
                  "equal_opportunity_ratio"]  # fmt: skip
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = float(getattr(metrics, name)(truth, decided, sensitive_features=groups))
        if name == "equalized_odds_ratio" and None in ratios_of(odds):
            continue  # 0 / 0 in one of the rates: min() over a NaN depends on the order there
        if np.isnan(theirs):
            assert name not in ours
        else:
            assert ours[name] == pytest.approx(theirs, abs=1e-9), name


def ratios_of(odds):
    found = [one for one in odds.measurements if one.measure == "equalized_odds_ratio"]
    return found[0].detail["ratios"].values() if found else [None]
