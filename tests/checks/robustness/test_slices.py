from dataclasses import replace

import numpy as np
import pytest

CHECK = "robustness.slices"
FEATURES = ("age", "region", "rooms")


@pytest.fixture
def given(data, decisions):
    """Return rows, and decisions that are wrong with the chance that a test gives for each row."""

    def build(chance, rows=1_000, seed=1):
        rng = np.random.default_rng(seed)
        columns = {
            "age": rng.uniform(18, 80, rows),
            "region": rng.choice(["north", "south", "east", "isle"], rows, p=[0.4, 0.35, 0.24, 0.01]),
            "rooms": rng.integers(1, 5, rows),
            "y": rng.integers(0, 2, rows),
        }
        wrong = rng.random(rows) < chance(columns)
        return {
            "data": data(columns, features=FEATURES, target="y"),
            "decisions": decisions(np.where(wrong, 1 - columns["y"], columns["y"])),
        }

    return build


def test_perfect(measures, given):
    found = measures(CHECK, **given(lambda rows: 0))
    assert found["worst_slice_shortfall"].value == 0
    assert found["lowest_slice_accuracy"].value == 1
    assert found["slices_that_fall_short"].value == 0
    assert found["worst_slice_shortfall"].interval.low <= 0


def test_a_planted_bad_slice_is_found_and_named(measures, given):
    found = measures(CHECK, **given(lambda rows: np.where(rows["region"] == "east", 0.5, 0.1)))
    worst = found["worst_slice_shortfall"].detail["worst_groups"][0]
    assert worst["group"]["region"] == "east"
    assert found["worst_slice_shortfall"].interval.low > 0.15
    assert found["slices_that_fall_short"].value >= 1


def test_a_bad_crossing_is_found_where_neither_feature_alone_is_worse(measures, given):
    def chance(rows):
        return np.where((rows["age"] > 49) == (rows["rooms"] > 2), 0.55, 0.05)

    found = measures(CHECK, **given(chance, rows=2_000))
    worst = found["worst_slice_shortfall"].detail["worst_groups"][0]
    assert set(worst["group"]) == {"age", "rooms"}
    alone = measures(CHECK, params={"depth": 1}, **given(chance, rows=2_000))
    assert alone["slices_that_fall_short"].value == 0


def test_no_false_alarm_beyond_the_nominal_rate_over_fifty_seeds(measures, given):
    alarms = beyond = 0
    for seed in range(50):
        found = measures(CHECK, **given(lambda rows: 0.2, rows=600, seed=300 + seed))
        alarms += found["slices_that_fall_short"].value > 0
        beyond += found["worst_slice_shortfall"].interval.low > 0
    # Of 50 at a rate of 5 % there are more than 7 once in 200 times.
    assert alarms <= 7
    assert beyond <= 7


def test_worst_a_model_that_is_always_wrong_is_so_everywhere(measures, given):
    found = measures(CHECK, **given(lambda rows: 1))
    assert found["lowest_slice_accuracy"].value == 0
    assert found["slices_that_fall_short"].value == 0


def test_small_slices_are_named_and_not_judged(measures, given):
    found = measures(CHECK, params={"depth": 1}, **given(lambda rows: 0.1))
    small = found["worst_slice_shortfall"].detail["too_small"]
    assert [one["group"] for one in small] == [{"region": "isle"}]
    assert found["slices_too_small"].value == 1


def test_large_errors_of_numbers_are_searched_alike(measures, given):
    asked = given(lambda rows: 0)
    rng = np.random.default_rng(4)
    region = np.array(asked["data"].table.column("region").to_pylist())
    true = asked["data"].table.column("y").to_numpy()
    score = true + rng.normal(size=len(true)) * np.where(region == "south", 3.0, 1.0)
    found = measures(
        CHECK,
        data=asked["data"],
        decisions=replace(asked["decisions"], classes=(), score=score, positive_label=""),
    )
    assert found["worst_slice_shortfall"].detail["worst_groups"][0]["group"]["region"] == "south"


def test_degenerate_columns_are_not_sliced_and_named(measures, data, decisions):
    rows = data(
        {"k": [1] * 90, "id": [f"n{i}" for i in range(90)], "c": ["a", "b", "c"] * 30, "y": [0, 1] * 45},
        features=("k", "id", "c"),
        target="y",
    )
    found = measures(CHECK, data=rows, decisions=decisions([0, 1] * 45))
    assert [one["column"] for one in found["worst_slice_shortfall"].detail["columns_not_sliced"]] == ["k"]


def test_inapplicable(why, data, given, decisions):
    asked = given(lambda rows: 0)
    blind = data({"x": [1, 2]}, features=("x",))
    assert "no true labels" in why(CHECK, data=blind, decisions=decisions([0, 1]))
    flat = data({"x": [1, 1], "y": [0, 1]}, features=("x",), target="y")
    assert "no column can be cut" in why(CHECK, data=flat, decisions=decisions([0, 1]))
    assert "none of the" in why(CHECK, params={"min_slice_size": 900}, **asked)
    unknown = data({"x": [1, 2], "y": [None, np.nan]}, features=("x",), target="y")
    assert "no row has a true label" in why(CHECK, data=unknown, decisions=decisions([0, 1]))
