import pytest

CHECK = "fairness.equal_opportunity"
RACE = ["a"] * 8 + ["b"] * 8
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0] * 2
PARAMS = {"attribute": "race"}


def test_perfect_decisions(measures, data, decisions):
    found = measures(
        CHECK, params=PARAMS, data=data({"race": RACE, "y": TRUTH}, target="y"), decisions=decisions(TRUTH)
    )
    assert {name: one.value for name, one in found.items()} == {
        "equal_opportunity_difference": 0.0,
        "equal_opportunity_ratio": 1.0,
    }


def test_worst_one_group_never_gets_what_is_theirs(measures, data, decisions):
    given = data({"race": RACE, "y": TRUTH}, target="y")
    found = measures(CHECK, params=PARAMS, data=given, decisions=decisions(TRUTH[:8] + [0] * 8))
    assert found["equal_opportunity_difference"].value == 1.0
    assert found["equal_opportunity_ratio"].value == 0.0


def test_middle_false_alarms_have_no_bearing(measures, data, decisions):
    decided = [1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    given = data({"race": RACE, "y": TRUTH}, target="y")
    found = measures(CHECK, params=PARAMS, data=given, decisions=decisions(decided))
    difference = found["equal_opportunity_difference"]
    assert (difference.value, difference.sample_size, difference.interval.method) == (0.25, 8, "newcombe-agresti-caffo")
    assert found["equal_opportunity_ratio"].value == pytest.approx(0.5 / 0.75)
    assert difference.detail["groups"][1] == {"group": {"race": "b"}, "rate": 0.5, "count": 2, "of": 4}


def test_its_interval_is_no_wider_than_that_of_both_error_rates(measures, data, decisions):
    given = data({"race": RACE * 3, "y": TRUTH * 3}, target="y")
    decided = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0] * 3
    both = measures("fairness.equalized_odds", params=PARAMS, data=given, decisions=decisions(decided))
    alone = measures(CHECK, params=PARAMS, data=given, decisions=decisions(decided))
    for name, one in alone.items():
        assert one.value == both[name].value
        assert one.interval == both[name].interval
    one, other = alone["equal_opportunity_difference"].interval, both["equalized_odds_difference"].interval
    assert other.low < one.low
    assert one.high <= other.high


def test_degenerate_nobody_gets_it(measures, data, decisions):
    given = data({"race": RACE, "y": TRUTH}, target="y")
    found = measures(CHECK, params=PARAMS, data=given, decisions=decisions([0] * 16))
    assert set(found) == {"equal_opportunity_difference"}
    assert found["equal_opportunity_difference"].interval.high > 0.3


def test_inapplicable_without_truth_or_with_positives_in_one_group_only(why, data, decisions):
    said = why(CHECK, params=PARAMS, data=data({"race": RACE}), decisions=decisions(TRUTH))
    assert said == "there are no true labels to compare the decisions with"
    given = data({"race": RACE, "y": [1] * 8 + [0] * 8}, target="y")
    said = why(CHECK, params=PARAMS, data=given, decisions=decisions(TRUTH))
    assert said == "fewer than two groups have a true positive rate, so there is nothing to compare"
