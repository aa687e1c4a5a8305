from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.robustness.out_of_distribution import _as_type, confidence_of

CHECK = "robustness.out_of_distribution"
FEATURES = ("u", "v")


def rows_of(seed=1, rows=400):
    """Two features that go together, around 0."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=rows)
    return {"u": u, "v": u + rng.normal(scale=0.2, size=rows)}


@pytest.fixture
def asked(run, data, model):
    """Return what is measured of a model, by measure and kind of rows."""

    def build(score, columns=None, params=None, **more):
        columns = columns or rows_of()
        rows, one = data(columns, features=tuple(columns)), model(score, tuple(columns))
        result = run(CHECK, data=rows, model=one, decisions=one.predict(rows.feature_table()), params=params, **more)
        return {(found.measure, found.group["rows"]): found for found in result.measurements}

    return build


def column(table, name):
    return table.column(name).to_numpy()


def careful(table):
    """Sure near the data, undecided away from them."""
    u, v = column(table, "u"), column(table, "v")
    far = np.exp(-np.abs(u - v) * 2) * (np.abs(u) < 4) * (np.abs(v) < 4)
    return 0.5 + 0.45 * np.sign(u) * far


def bold(table):
    """Surer the further away."""
    return 1 / (1 + np.exp(-3 * (column(table, "u") + column(table, "v"))))


def test_a_model_that_knows_what_it_does_not_know(asked):
    found = asked(careful)
    for kind in ("shuffled", "beyond the range"):
        assert found["confidence_auroc", kind].interval.low > 0.7
        assert found["confidence_excess", kind].interval.high < 0
        assert found["made_rows_told_apart", kind].interval.low > 0.7
    assert found["confident_share", "beyond the range"].value < 0.05


def test_worst_a_model_that_is_surer_of_what_it_does_not_know(asked):
    found = asked(bold)
    assert found["confidence_auroc", "beyond the range"].interval.high < 0.5
    assert found["confidence_excess", "beyond the range"].interval.low > 0
    assert found["confident_share", "beyond the range"].value > 0.9


def test_middle_a_model_that_is_always_as_sure_cannot_tell(asked):
    found = asked(lambda table: np.full(table.num_rows, 0.8))
    assert found["confidence_auroc", "shuffled"].value == 0.5
    assert found["confidence_excess", "shuffled"].value == pytest.approx(0)


def test_independent_features_make_no_strange_rows_and_that_is_said(asked):
    rng = np.random.default_rng(3)
    found = asked(bold, {"u": rng.normal(size=800), "v": rng.normal(size=800)})
    assert abs(found["made_rows_told_apart", "shuffled"].value - 0.5) < 0.1


def test_one_feature_of_a_row_lies_beyond_and_types_are_kept(asked, data):
    seen = []

    def watching(table):
        seen.append(table)
        return np.full(table.num_rows, 0.7)

    columns = {"u": np.arange(100), "c": ["a", "b"] * 50, "k": [5] * 100}
    training = data(columns | {"u": np.arange(-100, 0)}, features=tuple(columns), role="training")
    asked(watching, columns, training=training)
    made = seen[-1].slice(100)
    assert made.schema.types == seen[0].schema.types
    assert set(column(made, "u").tolist()) == {99 + 199, -100 - 199}
    assert set(made.column("k").to_pylist()) == {5}


def test_degenerate_types_do_not_overflow():
    kept = _as_type(np.array([np.nan, 300.0, -5.0]), pa.uint8())
    assert kept.to_pylist() == [None, 255, 0]
    assert _as_type(np.array([1e30]), pa.int64())[0].as_py() > 9e18


def test_confidence_of_many_classes_is_that_of_the_one_decided_for(decisions):
    shares = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
    many = replace(decisions([0, 1, 2]), codes=np.array([1, 0]), probabilities=shares)
    assert confidence_of(many).tolist() == [0.5, 0.6]
    assert confidence_of(decisions([1, 0], [0.7, 0.2])).tolist() == [0.7, 0.8]


def test_inapplicable(why, data, model, decisions):
    rows = data(rows_of(), features=FEATURES)
    one = model(careful, FEATURES)
    assert "no probabilities" in why(CHECK, data=rows, model=one, decisions=decisions([0, 1] * 200))
    few = data({"u": [1.0] * 5}, features=("u",))
    assert "too few" in why(CHECK, data=few, model=one, decisions=decisions([0] * 5, [0.1] * 5))
    flat = data({"k": [1] * 90}, features=("k",))
    assert "fewer than two features" in why(CHECK, data=flat, model=one, decisions=decisions([0] * 90, [0.1] * 90))
