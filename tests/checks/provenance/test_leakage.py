import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks import rowmatch
from proofbox.checks.rowmatch import matching_rows

CHECK = "provenance.leakage"


@pytest.fixture
def leak(measures, data):
    def leak_of(evaluation, training, *, features=("a", "b"), target="y", ids=()):
        return measures(
            CHECK,
            data=data(evaluation, features=features, target=target, id_columns=ids),
            training=None if training is None else data(training, features=features, target=target, role="training"),
        )

    return leak_of


def rows(n, *, seed, **more):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(size=n), "b": rng.choice(["x", "y", "z"], n), "y": rng.integers(0, 2, n), **more}


def test_perfect_nothing_is_shared(leak):
    found = leak(rows(50, seed=1), rows(80, seed=2))
    assert (found["leaked_rows"].value, found["leaked_share"].value, found["target_copies"].value) == (0, 0, 0)
    assert found["leaked_rows"].interval is None
    assert found["leaked_rows"].sample_size == 50


def test_worst_the_evaluation_data_are_the_training_data(leak):
    found = leak(rows(50, seed=1), rows(50, seed=1))
    assert (found["leaked_rows"].value, found["leaked_share"].value) == (50, 1.0)
    assert len(found["leaked_rows"].detail["pairs"]) == 20


def test_middle_planted_rows_are_counted_exactly_and_an_id_hides_none(leak):
    training = rows(1000, seed=1, id=np.arange(1000))
    evaluation = rows(300, seed=2, id=np.arange(5000, 5300))
    for row in range(40):
        for name in ("a", "b", "y"):
            evaluation[name][row * 3] = training[name][row * 7]
    evaluation["y"][0] = 1 - evaluation["y"][0]
    evaluation["id"][200] = training["id"][200]  # and an id alone makes none
    found = leak(evaluation, training, ids=("id",))
    assert found["leaked_rows"].value == 39
    detail = found["leaked_rows"].detail
    assert detail["duplicates"] == {"features": 40, "features_and_target": 39, "all_shared_columns": 39}
    assert detail["pairs"][0] == {"evaluation_row": 3, "training_row": 7}
    assert detail["identifiers_left_out"] == ["id"]


def test_an_undeclared_identifier_is_found_and_hides_nothing(leak):
    training = rows(100, seed=1, number=np.arange(100))
    evaluation = {name: values.copy() for name, values in training.items()} | {"number": np.arange(900, 1000)}
    found = leak(evaluation, training)
    assert found["leaked_rows"].value == 100
    assert found["leaked_rows"].detail["identifiers_found"] == ["number"]


def test_a_column_that_repeats_is_no_identifier_and_tells_two_people_apart(leak):
    training = rows(100, seed=1, district=np.arange(100) % 7)
    evaluation = {name: values.copy() for name, values in training.items()}
    evaluation["district"] = (evaluation["district"] + 1) % 7
    found = leak(evaluation, training)
    assert (found["leaked_rows"].value, found["repeated_cases"].value) == (0, 100)
    assert found["leaked_rows"].detail["identifiers_found"] == []


def test_values_are_equal_whatever_their_type():
    ways = [
        pa.table({"a": pa.array([1, 0, None], pa.int8()), "b": ["1", None, "é"]}),
        pa.table({"a": [1.0, -0.0, float("nan")], "b": pa.array(["1", None, "é"]).dictionary_encode()}),
        pa.table({"a": pa.array(["1", "0", None]), "b": ["1", None, "e\u0301"]}),
        pa.table({"a": pa.array([True, False, None]), "b": ["1 ", None, "é"]}),
    ]
    for one in ways[:3]:
        for other in ways[:3]:
            assert matching_rows(one, other, [("a", "a"), ("b", "b")]).rows.tolist() == [0, 1, 2]
    assert matching_rows(ways[0], ways[3], [("a", "a"), ("b", "b")]).rows.tolist() == [0, 1, 2]


def test_large_whole_numbers_do_not_run_together():
    one, other = (pa.table({"a": [2**53 + step]}) for step in (0, 1))
    assert len(matching_rows(one, other, [("a", "a")]).rows) == 0
    assert len(matching_rows(one, one, [("a", "a")]).rows) == 1


cell = st.one_of(st.none(), st.sampled_from([0.0, 1.0, -1.0]))


@given(st.lists(st.tuples(cell, cell), max_size=12), st.lists(st.tuples(cell, cell), max_size=12), st.booleans())
@settings(max_examples=150, deadline=None)
def test_matches_are_those_of_a_loop_over_all_pairs_even_if_every_hash_collides(first, second, collide):
    schema = pa.schema({"a": pa.float64(), "b": pa.float64()})
    tables = [pa.Table.from_pylist([{"a": a, "b": b} for a, b in rows], schema) for rows in (first, second)]
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(rowmatch, "_hash", lambda columns: np.zeros(len(columns[0]), dtype=np.uint64))
        found = matching_rows(*tables, [("a", "a"), ("b", "b")])
    assert found.rows.tolist() == [place for place, row in enumerate(first) if row in second]
    assert all(first[row] == second[at] for row, at in zip(found.rows, found.found_at, strict=True))


def test_the_target_under_other_names_is_found(leak):
    n = 400
    y = np.random.default_rng(3).integers(0, 2, n)
    columns = {
        "a": np.random.default_rng(4).normal(size=n),
        "b": 1 - y,
        "y": y,
        "renamed": np.where(y == 1, "approved", "rejected"),
        "action": np.where(y == 1, np.arange(n) % 2 + 1, 3),
        "nearly": np.where(np.arange(n) % 20 == 0, 1 - y, y),
        "score": y + np.random.default_rng(5).normal(size=n) / 100,
        "id": np.arange(n),
    }
    found = leak(columns, None, ids=("id",))
    assert set(found) == {"target_copies"}
    detail = found["target_copies"].detail
    assert (found["target_copies"].value, detail["copies_among_features"]) == (1, ["b"])
    assert detail["copies_among_other_columns"] == ["renamed", "action"]
    strongest = detail["strongest_single_predictors"]
    assert [one["column"] for one in strongest] == ["score", "nearly", "a"]
    assert strongest[0]["accuracy"] == 1.0
    assert strongest[1]["accuracy"] == pytest.approx(0.95)
    assert 0.5 <= strongest[2]["balanced_accuracy"] < 0.6


def test_degenerate_too_few_rows_to_a_category_tell_nothing(leak):
    found = leak({"a": [1, 2, 3, 4, 5, 6], "b": ["k"] * 6, "y": [0, 1, 0, 1, 0, 1]}, None)
    assert found["target_copies"].value == 0
    assert found["target_copies"].detail["strongest_single_predictors"] == []


def test_training_data_may_lack_columns_or_name_the_target_differently(measures, data):
    shared = rows(30, seed=1)
    other = {"a": shared["a"], "outcome": shared["y"]}
    found = measures(
        CHECK,
        data=data(shared, features=("a", "b"), target="y"),
        training=data(other, features=("a",), target="outcome", role="training"),
    )
    detail = found["leaked_rows"].detail
    assert found["leaked_rows"].value == 30
    assert (detail["columns"], detail["features_absent_from_training"]) == (["a", "y = outcome"], ["b"])


def test_inapplicable_without_training_data_and_target(why, data):
    said = why(CHECK, data=data({"a": [1, 2]}, features=("a",)), training=None)
    assert "neither training data" in said
    assert "no rows" in why(CHECK, data=data({"a": np.array([])}, features=("a",)), training=None)
