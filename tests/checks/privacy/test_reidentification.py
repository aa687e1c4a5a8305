from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.counted import rowclasses
from proofbox.checks.counted.rowclasses import row_classes
from proofbox.checks.result import Measured

CHECK = "privacy.reidentification"


@pytest.fixture
def found(measures, data, subject):
    def measure(columns, quasi, *, target=None, sensitive=(), **params):
        given = data(columns, target=target, sensitive=sensitive)
        return measures(CHECK, params=params, subject=subject({}, quasi_identifiers=quasi), data=given)

    return measure


def test_perfect_everybody_is_like_everybody(found):
    rows = {"age": [30] * 10, "sex": ["f"] * 10, "y": [0, 1] * 5}
    got = found(rows, ("age", "sex"), target="y")
    assert got["k_anonymity"].value == 10
    assert (got["unique_share"].value, got["small_class_share"].value, got["l_diversity"].value) == (0, 0, 2)
    assert all(one.interval is None for one in got.values())


def test_worst_everybody_is_alone(found):
    got = found({"age": list(range(10)), "y": [0, 1] * 5}, ("age",), target="y")
    assert (got["k_anonymity"].value, got["unique_share"].value, got["small_class_share"].value) == (1, 1, 1)
    assert got["l_diversity"].value == 1


def test_middle_classes_are_counted_exactly(found):
    rows = {
        "age": [30] * 6 + [40] * 3 + [50],
        "sex": ["f"] * 6 + ["m", "m", "m", None],
        "y": [0, 1, 0, 1, 0, 1, 1, 1, 1, 0],
        "illness": ["a", "b", "c", "a", "b", "c", "a", "b", None, "a"],
    }
    got = found(rows, ("age", "sex"), target="y", sensitive=("sex", "illness"), k=4)
    assert got["k_anonymity"].value == 1
    assert got["unique_share"].value == 0.1
    assert got["small_class_share"].value == 0.4
    detail = got["l_diversity"].detail
    assert detail["by_column"] == {"y": 1, "illness": 1}
    rows["age"][9], rows["sex"][9] = 40, "m"
    got = found(rows, ("age", "sex"), target="y", sensitive=("illness",), k=4)
    assert got["k_anonymity"].value == 4
    assert got["l_diversity"].detail == {
        "role": "evaluation",
        "quasi_identifiers": ["age", "sex"],
        "least_diverse": "y",
        "by_column": {"y": 2, "illness": 3},
    }


def test_the_evidence_says_sizes_and_no_values(run, data, subject):
    given = data({"age": [71, 71, 83, 64]})
    result = run(CHECK, subject=subject({}, quasi_identifiers=("age",)), data=given)
    assert isinstance(result, Measured)
    assert result.tables[0].columns == {"rows_in_class": (1, 2), "classes": (2, 1), "rows": (2, 2)}
    assert not {"71", "83", "64"} & set(str(result).replace("(", " ").replace(")", " ").split())


def test_training_data_are_looked_at_where_a_policy_asks(measures, why, data, subject):
    who = subject({}, quasi_identifiers=("age",))
    evaluation, training = data({"age": [1, 1]}), data({"age": [1, 2, 3]}, role="training")
    got = measures(CHECK, params={"role": "training"}, subject=who, data=evaluation, training=training)
    assert (got["k_anonymity"].value, got["k_anonymity"].sample_size) == (1, 3)
    other = data({"years": [1, 2, 3]}, role="training")
    assert "no column age" in why(CHECK, params={"role": "training"}, subject=who, data=evaluation, training=other)
    assert "no training data" in why(CHECK, params={"role": "training"}, subject=who, data=evaluation, training=None)


def test_degenerate_without_a_confidential_column_diversity_is_absent(found):
    assert "l_diversity" not in found({"age": [1, 1, 2]}, ("age",))
    assert found({"age": [1.0, float("nan"), None]}, ("age",))["unique_share"].value == pytest.approx(1 / 3)


def test_inapplicable_where_nothing_is_declared(why, data, subject):
    assert "quasi_identifiers" in why(CHECK, subject=subject({}), data=data({"age": [1]}))


cell = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, 2.5]))
word = st.one_of(st.none(), st.sampled_from(["", "a", "á"]))


@given(st.lists(st.tuples(cell, word, st.booleans()), min_size=1, max_size=30), st.booleans())
@settings(max_examples=150, deadline=None)
def test_classes_are_those_of_a_loop_even_if_every_hash_collides(rows, collide):
    numbers, words, flags = zip(*rows, strict=True)
    table = pa.table(
        {
            "a": pa.array(numbers, pa.float64()),
            "b": pa.array(words, pa.string()).dictionary_encode(),
            "c": pa.array(flags, pa.bool_()),
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(rowclasses, "_hash", lambda words: np.zeros(len(words[0]), dtype=np.uint64))
        found = row_classes(table, ("a", "b", "c"))
    assert sorted(found.sizes) == sorted(Counter(rows).values())
    for row, code in zip(rows, found.codes, strict=True):
        assert rows[found.first[code]] == row
