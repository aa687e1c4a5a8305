import numpy as np
import pytest

CHECK = "fairness.intersectional"
CROSSED = {("f", "a"): (10, 90), ("f", "b"): (90, 10), ("m", "a"): (90, 10), ("m", "b"): (10, 90)}
"""(sex, race) -> (selected, refused): half of the women, men, a and b are selected; of the crossings 10 % or 90 %."""


def test_fair_on_each_margin_and_unfair_in_the_intersection(measures, crossed):
    given = crossed(CROSSED)
    for attribute in ("sex", "race"):
        margin = measures("fairness.demographic_parity", params={"attribute": attribute}, **given)
        assert margin["demographic_parity_difference"].value == 0.0
    found = measures(CHECK, **given)
    difference, ratio = found["intersectional_difference"], found["intersectional_ratio"]
    assert (difference.value, ratio.value) == (pytest.approx(0.8), pytest.approx(1 / 9))
    assert difference.interval.low > 0.6
    assert ratio.interval.high < 0.4
    assert difference.sample_size == 400
    assert difference.detail["combinations"] == [["sex"], ["race"], ["sex", "race"]]
    assert difference.detail["highest"] in ({"sex": "f", "race": "b"}, {"sex": "m", "race": "a"})
    # At depth 1 the same data are fair: the depth is what finds it.
    assert measures(CHECK, params={"depth": 1}, **given)["intersectional_difference"].value == 0.0


def test_perfect_equal_rates_everywhere(measures, crossed):
    found = measures(CHECK, **crossed(dict.fromkeys(CROSSED, (50, 50))))
    assert {name: one.value for name, one in found.items()} == {
        "intersectional_difference": 0.0,
        "intersectional_ratio": 1.0,
    }


def test_worst_one_crossing_gets_nothing(measures, crossed):
    found = measures(CHECK, **crossed(CROSSED | {("f", "a"): (0, 100), ("m", "b"): (100, 0)}))
    assert found["intersectional_difference"].value == 1.0
    assert found["intersectional_ratio"].value == 0.0


def test_middle_equals_fairlearn_over_several_sensitive_features(measures, data, decisions):
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate

    rng = np.random.default_rng(8)
    columns = {"sex": rng.choice(["f", "m"], 900), "race": rng.choice(["a", "b", "c"], 900)}
    truth, decided = rng.integers(0, 2, 900), rng.integers(0, 2, 900)
    given = data({**columns, "y": truth}, target="y", sensitive=("sex", "race"))
    for metric in (selection_rate, false_positive_rate):
        frames = [MetricFrame(metrics=metric, y_true=truth, y_pred=decided,
                              sensitive_features={name: columns[name] for name in names})
                  for names in (["sex"], ["race"], ["sex", "race"])]  # fmt: skip
        found = measures(CHECK, params={"rate": metric.__name__}, data=given, decisions=decisions(decided))
        worst = max(frame.difference() for frame in frames)
        assert found["intersectional_difference"].value == pytest.approx(worst, abs=1e-9)
        assert found["intersectional_ratio"].value == pytest.approx(min(frame.ratio() for frame in frames), abs=1e-9)


def test_degenerate_small_crossings_are_left_out_and_named(measures, crossed):
    found = measures(CHECK, **crossed(CROSSED | {("x", "a"): (0, 3)}))
    detail = found["intersectional_difference"].detail
    assert {"group": {"sex": "x", "race": "a"}, "rows": 3} in detail["groups_left_out"]
    assert found["intersectional_difference"].value == pytest.approx(0.8)


def test_a_constant_attribute_is_named_and_the_others_are_compared(measures, crossed):
    table = {who: counts for who, counts in CROSSED.items() if who[0] == "f"}
    detail = measures(CHECK, **crossed(table))["intersectional_difference"].detail
    assert detail["combinations_not_compared"][0]["attributes"] == ["sex"]
    assert "one value in all rows" in detail["combinations_not_compared"][0]["reason"]


def test_rows_without_an_attribute_are_refused_for_all_combinations_where_the_policy_says_so(
    measures, why, data, decisions
):
    given = data({"sex": ["f", "m"] * 60, "race": ["a", None, "b"] * 40}, sensitive=("sex", "race"))
    decided = decisions([1, 0, 1, 1] * 30)
    said = why(CHECK, params={"missing": "refuse"}, data=given, decisions=decided)
    assert "race" in said
    assert "40 rows" in said
    left_out = measures(CHECK, params={"missing": "leave_out"}, data=given, decisions=decided)
    groups = [
        one["group"] for block in left_out["intersectional_difference"].detail["rates"] for one in block["groups"]
    ]
    assert {"race": "(missing)"} not in groups


def test_inapplicable(why, crossed, data, decisions):
    given = crossed(CROSSED)
    assert "no true labels" in why(CHECK, params={"rate": "true_positive_rate"}, **given)
    assert "at least 1000 rows" in why(CHECK, params={"min_group_size": 1000}, **given)
    alone = data({"sex": ["f", "m"] * 50})
    assert "names no sensitive column" in why(CHECK, data=alone, decisions=decisions([1, 0] * 50))
    many = [f"c{index}" for index in range(30)]
    assert "4525 combinations" in why(CHECK, params={"attributes": many, "depth": 3}, **given)
