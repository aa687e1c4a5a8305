"""Files that are read in batches give what files in memory give."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.leaks import streamed
from proofbox.checks.leaks.streamed import RowSet, matches_of

COLUMNS = [("a", "a"), ("when", "when"), ("word", "word"), ("flag", "flag")]


def rows(n, seed, data, role="evaluation"):
    rng = np.random.default_rng(seed)
    columns = {
        "a": pa.array(rng.integers(0, 5, n) / 2, mask=rng.random(n) < 0.1),
        "when": pa.array(rng.integers(0, 3, n), pa.int32()).cast(pa.date32()),
        "word": pa.array(rng.choice(["x", "é", "e\u0301", "", "z"], n)),
        "flag": rng.integers(0, 2, n).astype(bool),
    }
    return data(columns, role=role)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("most", [1 << 24, 50])
def test_matches_are_those_of_tables_in_memory(data, in_batches, monkeypatch, known, most):
    monkeypatch.setattr(streamed, "MOST_HASHES", most)
    first, second = rows(300, 1, data), rows(200, 2, data, "training")
    sets = {"all": RowSet(columns=COLUMNS, known=known), "word": RowSet(columns=[("word", "word")], known=known)}
    held = matches_of(first, second, sets)
    assert 0 < len(held["all"].rows) < 300
    assert len(held["word"].rows) == (300 if not known else sum(bool(word) for word in first.table["word"].to_pylist()))
    for one, other in (
        (in_batches(first), in_batches(second, 11)), (first, in_batches(second)), (in_batches(first), second)
    ):  # fmt: skip
        found = matches_of(one, other, sets)
        for name in sets:
            assert found[name].rows.tolist() == held[name].rows.tolist()
            assert found[name].found_at.tolist() == held[name].found_at.tolist()


def test_a_hash_alone_makes_no_duplicate(data, in_batches, monkeypatch):
    monkeypatch.setattr(streamed, "row_hashes", lambda columns: np.zeros(len(columns[0].values), dtype=np.uint64))
    first, second = data({"a": [1.0, 2.0, 3.0]}), data({"a": [3.0, 9.0, 3.0]}, role="training")
    found = matches_of(in_batches(first), in_batches(second), {"a": RowSet(columns=[("a", "a")])})["a"]
    assert (found.rows.tolist(), found.found_at.tolist()) == ([2], [0])


def test_memory_does_not_grow_with_the_files(data, in_batches, monkeypatch):
    """A row that stands in the training file a thousand times is kept once."""
    monkeypatch.setattr(streamed, "MOST_HASHES", 40)
    held = []
    whole = streamed._joined
    monkeypatch.setattr(streamed, "_joined", lambda several: (one := whole(several), held.append(len(one.rows)))[0])
    first, second = data({"a": np.arange(30) % 3}), data({"a": np.arange(3_000) % 5}, role="training")
    found = matches_of(in_batches(first), in_batches(second, 20), {"a": RowSet(columns=[("a", "a")])})["a"]
    assert len(found.rows) == 30
    assert max(held) <= 40 + 20


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (pa.array([2**64 - 1], pa.uint64()), pa.array([-1], pa.int64()), False),
        (pa.array([7], pa.uint64()), pa.array([7], pa.int8()), True),
        (pa.array([18_262], pa.int32()).cast(pa.date32()), pa.array([18_262], pa.int32()).cast(pa.date32()), True),
        (pa.array([1], pa.timestamp("ns")), pa.array([2], pa.timestamp("ns")), False),
        (pa.array([None], pa.timestamp("s")), pa.array([0], pa.timestamp("s")), False),
        (pa.array([None], pa.null()), pa.array([float("nan")]), True),
        (pa.array([None], pa.int64()), pa.array([0], pa.int64()), False),
        (pa.array(["7"]), pa.array([7.0]), True),
        (pa.array([True]), pa.array([1]), True),
        (pa.array(["Nữ "]), pa.array(["Nữ"]), True),
    ],
)
def test_cells_are_equal_as_values_whatever_the_types(data, in_batches, one, other, equal):
    first, second = data({"a": one}), data({"a": other}, role="training")
    asked = {"a": RowSet(columns=[("a", "a")])}
    for given in ((first, second), (in_batches(first), in_batches(second))):
        assert matches_of(*given, asked)["a"].rows.tolist() == [0] * equal
