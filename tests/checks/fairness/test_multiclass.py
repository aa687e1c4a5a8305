import numpy as np
import pytest

CHECK = "fairness.multiclass"
RACE = ["a"] * 6 + ["b"] * 6
TRUTH = ["x", "x", "y", "y", "z", "z"] * 2
PARAMS = {"attribute": "race"}


def test_perfect_decisions(measures, data, classes):
    given = data({"race": RACE, "y": TRUTH}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(TRUTH))
    assert {name: one.value for name, one in found.items()} == {
        "multiclass_demographic_parity_difference": 0.0,
        "multiclass_demographic_parity_ratio": 1.0,
        "multiclass_equal_opportunity_difference": 0.0,
        "multiclass_equalized_odds_difference": 0.0,
    }


def test_worst_each_group_has_a_class_of_its_own(measures, data, classes):
    given = data({"race": RACE, "y": TRUTH}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(["x"] * 6 + ["y"] * 6))
    assert {one.value for one in found.values()} == {0.0, 1.0}
    assert found["multiclass_demographic_parity_ratio"].value == 0.0
    assert found["multiclass_equalized_odds_difference"].value == 1.0


def test_middle_the_worst_class_counts_and_every_class_is_listed(measures, data, classes):
    decided = ["x", "x", "y", "y", "z", "z", "x", "x", "y", "z", "z", "z"]
    given = data({"race": RACE, "y": TRUTH}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(decided))
    parity = found["multiclass_demographic_parity_difference"]
    assert parity.value == pytest.approx(1 / 6)
    assert [(block["rate"], block["within"]) for block in parity.detail["rates"]] == [
        ("selection_rate", label) for label in "xyz"
    ]
    assert found["multiclass_equal_opportunity_difference"].value == 0.5
    assert found["multiclass_equalized_odds_difference"].value == 0.5
    # Three classes with one pair each: the interval must hold for all three at once.
    alone = measures("fairness.demographic_parity", params=PARAMS, data=data({"race": RACE}, positive_label="z"),
                     decisions=classes(decided))["demographic_parity_difference"]  # fmt: skip
    assert parity.interval.method == "newcombe-agresti-caffo-tukey"
    assert parity.interval.low <= alone.interval.low
    assert parity.interval.high >= alone.interval.high


def test_two_classes_are_what_the_two_class_checks_say(measures, data, decisions):
    rng = np.random.default_rng(2)
    race, truth, decided = rng.choice(["a", "b", "c"], 300), rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    rows = {"data": data({"race": race, "y": truth}, target="y"), "decisions": decisions(decided)}
    found = measures(CHECK, params=PARAMS, **rows)
    parity = measures("fairness.demographic_parity", params=PARAMS, **rows)["demographic_parity_difference"]
    assert found["multiclass_demographic_parity_difference"].value == pytest.approx(parity.value, abs=1e-12)
    odds = measures("fairness.equalized_odds", params=PARAMS, **rows)["equalized_odds_difference"]
    assert found["multiclass_equalized_odds_difference"].value == pytest.approx(odds.value, abs=1e-12)


def test_each_class_equals_fairlearn_on_that_class_against_the_rest(measures, data, classes):
    from fairlearn import metrics

    rng = np.random.default_rng(5)
    race, truth, decided = (rng.choice(list(letters), 400) for letters in ("abcd", "xyz", "xyz"))
    given = data({"race": race, "y": truth}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(decided))
    theirs = {name: [] for name in ("demographic_parity_difference", "demographic_parity_ratio",
                                    "equal_opportunity_difference", "equalized_odds_difference")}  # fmt: skip
    for name, values in theirs.items():
        for label in "xyz":
            values.append(getattr(metrics, name)(truth == label, decided == label, sensitive_features=race))
        worst = min(values) if name.endswith("ratio") else max(values)
        assert found[f"multiclass_{name}"].value == pytest.approx(worst, abs=1e-9)


def test_degenerate_a_true_class_that_is_never_decided_is_named(measures, data, classes):
    given = data({"race": RACE, "y": TRUTH}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(["x", "y"] * 6))
    assert found["multiclass_demographic_parity_difference"].detail["classes_never_decided"] == ["z"]


def test_inapplicable(why, measures, data, classes, numbers):
    given = data({"race": RACE}, positive_label="x")
    assert "numbers" in why(CHECK, params=PARAMS, data=given, decisions=numbers([0.5] * 12))
    many = [f"c{index}" for index in range(51)]
    assert "51 classes" in why(CHECK, params=PARAMS, data=given, decisions=classes(["c0"] * 12, many))
    # Without true labels there is parity, and nothing is made up for the rest.
    assert len(measures(CHECK, params=PARAMS, data=given, decisions=classes(TRUTH))) == 2
