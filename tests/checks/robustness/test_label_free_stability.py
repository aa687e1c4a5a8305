import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from proofbox.checks.errors import ModelFailedError

CHECK = "robustness.label_free_stability"
RNG = np.random.default_rng(8)


def column(rows, name):
    return rows.column(name).to_numpy().astype(float)


@pytest.fixture
def rows_of(data):
    x = np.round(RNG.normal(size=1000), 2)
    return data(
        {"x": x, "full": RNG.normal(size=1000), "children": RNG.integers(0, 5, 1000)},
        features=("x", "full", "children"),
    )


def test_perfect_a_smooth_fitted_model_hardly_turns(perturb, fitted, data):
    x = RNG.normal(size=2000)
    given = data({"x": x}, features=("x",))
    asked = fitted(LogisticRegression().fit(given.feature_table().to_pandas(), x > 0), ("x",))
    found, _ = perturb(CHECK, asked, given)
    assert found["negligible_flip_rate"].value < 0.005
    assert found["negligible_failure_share"].value == 0


def test_worst_a_model_of_the_last_digits_is_found(perturb, model, rows_of):
    asked = model(lambda rows: np.floor(column(rows, "full") * 1e9) % 2, rows_of.features)
    found, cases = perturb(CHECK, asked, rows_of)
    assert 0.4 < found["negligible_flip_rate"].value < 0.6
    assert cases[0].changed == ("full",)


def test_middle_how_far_each_column_is_moved(perturb, model, rows_of):
    seen = []

    def score(rows):
        seen.append(rows)
        return np.zeros(len(rows))

    found, _ = perturb(CHECK, model(score, rows_of.features), rows_of)
    widths = found["negligible_flip_rate"].detail["widths"]
    assert set(widths) == {"x", "full"}, "a child more is no rounding"
    spread = column(rows_of.table, "x").std()
    assert widths["x"] == pytest.approx(min(0.005, 0.001 * spread))
    moved = column(seen[1], "x") - column(rows_of.table, "x")
    assert 0 < np.abs(moved).max() <= widths["x"] + 1e-12
    assert (column(seen[1], "children") == column(rows_of.table, "children")).all()


def test_whole_numbers_in_large_units_move_by_one(perturb, model, data):
    given = data({"pay": RNG.integers(0, 100_000, 500)}, features=("pay",))
    seen = []

    def score(rows):
        seen.append(column(rows, "pay"))
        return np.zeros(len(rows))

    found, _ = perturb(CHECK, model(score, ("pay",)), given)
    assert found["negligible_flip_rate"].detail["widths"] == {"pay": 1.0}
    assert set(np.abs(seen[1] - column(given.table, "pay"))) == {1.0}


def test_a_failure_is_counted_and_there_is_no_rate(perturb, model, rows_of):
    known = set(column(rows_of.table, "full"))

    def score(rows):
        if set(column(rows, "full")) - known:
            raise ModelFailedError("knows its test data by heart")
        return np.zeros(len(rows))

    found, cases = perturb(CHECK, model(score, rows_of.features), rows_of)
    assert found["negligible_failure_share"].value == 1
    assert "negligible_flip_rate" not in found
    assert cases[0].measure == "negligible_failure_share"


def test_inapplicable_where_nothing_can_be_moved_by_so_little(why, data, model, decisions):
    given = data({"children": [0, 1, 2, 3] * 5}, features=("children",))
    asked = model(lambda rows: np.zeros(len(rows)), ("children",))
    assert "written so finely" in why(CHECK, data=given, model=asked, decisions=decisions([0] * 20))
