import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from proofbox.checks.errors import ModelFailedError

CHECK = "robustness.outliers"
RNG = np.random.default_rng(2)


@pytest.fixture
def rows_of(data):
    x, z = RNG.normal(10, 2, (2, 500))
    return data({"x": x, "z": z, "y": (x > 10).astype(int)}, features=("x", "z"), target="y")


def column(rows, name):
    return rows.column(name).to_numpy().astype(float)


def test_perfect_a_model_that_clips_stays(perturb, model, rows_of):
    found, cases = perturb(CHECK, model(lambda rows: np.ones(len(rows)), ("x", "z")), rows_of)
    assert found["outlier_flip_rate"].value == 0
    assert cases == ()


def test_worst_a_model_of_the_range(perturb, model, rows_of):
    def score(rows):
        return (np.abs(column(rows, "x") - 10) > 15) | (np.abs(column(rows, "z") - 10) > 15)

    found, _ = perturb(CHECK, model(score, ("x", "z")), rows_of)
    assert found["outlier_flip_rate"].value == 1
    assert [point["flip_rate"] for point in found["outlier_flip_rate"].detail["curve"]] == [0, 1, 1]


def test_middle_a_fitted_linear_model_is_turned_by_one_number(perturb, fitted, rows_of):
    asked = fitted(
        LogisticRegression().fit(rows_of.feature_table().to_pandas(), rows_of.table.column("y").to_numpy()), ("x", "z")
    )
    found, cases = perturb(CHECK, asked, rows_of)
    flips = found["outlier_flip_rate"]
    by_column = {one["column"]: one["flips"] / one["rows"] for one in flips.detail["columns"]}
    assert 0.4 < by_column["x"] < 0.6
    assert cases[0].changed in (("x",), ("z",))
    assert found["outlier_accuracy_drop"].value > 0.1


def test_a_model_that_answers_garbage_over_huge_numbers_is_shown(perturb, model, rows_of):
    def score(rows):
        if (np.abs(column(rows, "x")) > 150).any():
            raise ModelFailedError("answered with numbers that are not finite", "garbage")
        return np.zeros(len(rows))

    found, cases = perturb(CHECK, model(score, ("x", "z")), rows_of)
    assert found["outlier_failure_share"].value == 0.5
    assert next(case for case in cases if case.measure == "outlier_failure_share").changed == ("x",)
    assert found["outlier_flip_rate"].value == 0, "severities that it answers are measured all the same"


def test_degenerate_whole_numbers_stay_within_their_type(perturb, model, data):
    given = data({"n": pa.array(list(range(100)) * 3, pa.int8())}, features=("n",))
    seen = []

    def score(rows):
        seen.append(column(rows, "n"))
        return np.zeros(len(rows))

    perturb(CHECK, model(score, ("n",)), given)
    assert max(one.max() for one in seen) <= 127
    assert min(one.min() for one in seen) == -128


def test_inapplicable(why, data, model, decisions):
    flags = data({"flag": [0, 1] * 5}, features=("flag",))
    asked = model(lambda rows: np.zeros(len(rows)), ("flag",))
    assert "no numeric feature" in why(CHECK, data=flags, model=asked, decisions=decisions([0] * 10))
