import pytest

CHECK = "fairness.group_accuracy"
RACE = ["a"] * 8 + ["b"] * 8
TRUTH = [1, 1, 1, 1, 0, 0, 0, 0] * 2
PARAMS = {"attribute": "race"}


def test_perfect_decisions_have_no_error_whose_ratio_could_be_told(measures, data, decisions):
    found = measures(
        CHECK, params=PARAMS, data=data({"race": RACE, "y": TRUTH}, target="y"), decisions=decisions(TRUTH)
    )
    assert {name: one.value for name, one in found.items()} == {"accuracy_difference": 0.0}


def test_worst_one_group_is_always_wrong(measures, data, decisions):
    wrong = TRUTH[:8] + [1 - label for label in TRUTH[8:]]
    found = measures(
        CHECK, params=PARAMS, data=data({"race": RACE, "y": TRUTH}, target="y"), decisions=decisions(wrong)
    )
    assert found["accuracy_difference"].value == 1.0
    assert found["error_rate_ratio"].value == 0.0


def test_middle_of_three_classes(measures, data, classes):
    truth = ["x", "y", "z", "x"] * 4
    decided = [*truth[:7], "y", *truth[8:14], "y", "y"]
    given = data({"race": RACE, "y": truth}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(decided))
    assert found["accuracy_difference"].value == pytest.approx(1 / 8)
    assert found["error_rate_ratio"].value == pytest.approx(0.5)
    detail = found["accuracy_difference"].detail
    assert detail["rate"] == "accuracy"
    assert "counted_label" not in detail
    assert [(one["count"], one["of"]) for one in detail["groups"]] == [(7, 8), (6, 8)]


def test_degenerate_rows_without_a_true_label_are_left_out_and_counted(measures, data, decisions):
    truth = [*TRUTH[:6], None, None, *TRUTH[8:]]
    found = measures(
        CHECK, params=PARAMS, data=data({"race": RACE, "y": truth}, target="y"), decisions=decisions(TRUTH)
    )
    detail = found["accuracy_difference"].detail
    assert (detail["rows"], detail["rows_without_true_label"]) == (16, 2)
    assert [one["of"] for one in detail["groups"]] == [6, 8]


def test_a_class_that_the_data_do_not_have_is_wrong_and_no_crash(measures, data, classes):
    given = data({"race": RACE, "y": ["x"] * 16}, target="y", positive_label="x")
    found = measures(CHECK, params=PARAMS, data=given, decisions=classes(["x", "new"] * 8))
    assert found["accuracy_difference"].detail["groups"][0]["rate"] == 0.5


def test_inapplicable(why, data, decisions, numbers):
    said = why(CHECK, params=PARAMS, data=data({"race": RACE}), decisions=decisions(TRUTH))
    assert said == "there are no true labels to compare the decisions with"
    given = data({"race": RACE, "y": TRUTH}, target="y")
    assert "numbers" in why(CHECK, params=PARAMS, data=given, decisions=numbers([0.5] * 16))
    given = data({"race": ["a"] * 16, "y": TRUTH}, target="y")
    assert "one value in all rows" in why(CHECK, params=PARAMS, data=given, decisions=decisions(TRUTH))
