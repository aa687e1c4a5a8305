import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from proofbox.checks.errors import ModelFailedError

CHECK = "robustness.feature_dropout"
RNG = np.random.default_rng(6)


@pytest.fixture
def rows_of(data):
    x, z = RNG.normal(size=(2, 600))
    t = list(RNG.choice(["a", "b"], 600, p=[0.7, 0.3]))
    return data({"x": x, "z": z, "t": t, "y": (x > 0).astype(int)}, features=("x", "z", "t"), target="y")


def column(rows, name):
    return rows.column(name).to_numpy().astype(float)


def test_perfect_a_model_that_reads_nothing_stays(perturb, model, rows_of):
    found, cases = perturb(CHECK, model(lambda rows: np.ones(len(rows)), rows_of.features), rows_of)
    assert found["dropout_flip_rate"].value == 0
    assert cases == ()


def test_worst_and_middle_the_feature_that_decides_is_named(perturb, fitted, data):
    x, z = RNG.normal(size=(2, 600))
    given = data({"x": x, "z": z, "y": (x > 0).astype(int)}, features=("x", "z"), target="y")
    tree = DecisionTreeClassifier(max_depth=1).fit(
        given.feature_table().to_pandas(), given.table.column("y").to_numpy()
    )
    found, cases = perturb(CHECK, fitted(tree, ("x", "z")), given)
    flips = found["dropout_flip_rate"]
    assert flips.detail["column"] == "x"
    assert 0.4 < flips.value < 0.6
    assert flips.interval.low <= flips.value <= flips.interval.high
    assert [point["flip_rate"] for point in flips.detail["curve"]] == [flips.value, 0]
    assert cases[0].changed == ("x",)
    assert found["dropout_accuracy_drop"].value > 0.4


def test_what_is_typical(perturb, model, rows_of):
    seen = []

    def score(rows):
        seen.append(rows)
        return np.zeros(len(rows))

    perturb(CHECK, model(score, rows_of.features), rows_of)
    asked = seen[1]
    assert asked.num_rows == 1800
    assert len(set(column(asked.slice(0, 600), "x"))) == 1
    assert column(asked.slice(0, 1), "x")[0] in column(rows_of.table, "x")
    assert set(asked.column("t").slice(1200, 600).to_pylist()) == {"a"}


def test_a_feature_without_which_the_model_falls_is_named_and_the_others_are_measured(perturb, model, rows_of):
    typical = np.sort(column(rows_of.table, "z"))[299:301]

    def score(rows):
        if np.isin(column(rows, "z"), typical).sum() > 300:
            raise ModelFailedError("divided by a spread of nought")
        return column(rows, "x") > 0

    found, cases = perturb(CHECK, model(score, rows_of.features), rows_of)
    assert [one["column"] for one in found["dropout_failure_share"].detail["failed"]] == ["z"]
    assert found["dropout_flip_rate"].detail["column"] == "x"
    assert [case.measure for case in cases] == ["dropout_flip_rate"], "no single row brings the failure about"


def test_inapplicable(why, data, model, decisions):
    weighted = data({"x": [1.0, 2.0], "w": [1.0, 2.0]}, features=("x",), weight="w")
    asked = model(lambda rows: np.zeros(len(rows)), ("x",))
    assert "sample weights" in why(CHECK, data=weighted, model=asked, decisions=decisions([0, 0]))
