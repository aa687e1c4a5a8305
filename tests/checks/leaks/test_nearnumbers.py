"""No near pair is missed, and no far one found."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.leaks import nearnumbers
from proofbox.checks.leaks.nearnumbers import near_rows
from proofbox.checks.leaks.tolerance import tolerances

PAIRS = [("a", "a"), ("b", "b"), ("word", "word")]


def by_loop(first, second, within):
    """Return the first near row of the second table for each row of the first, by comparing all pairs."""
    found = {}
    for row, one in enumerate(first.to_pylist()):
        for other_row, other in enumerate(second.to_pylist()):
            near = one["word"] == other["word"] and all(
                (one[name] is None and other[name] is None)
                or (None not in (one[name], other[name]) and abs(one[name] - other[name]) <= within)
                for name in ("a", "b")
            )
            if near:
                found.setdefault(row, set()).add(other_row)
    return found


number = st.one_of(st.none(), st.floats(-3, 3), st.integers(-3, 3).map(lambda whole: whole / 2 + 0.0001))


@given(st.lists(st.tuples(number, number, st.sampled_from("xy")), max_size=10),
       st.lists(st.tuples(number, number, st.sampled_from("xy")), max_size=10),
       st.sampled_from([0.001, 0.0099, 0.3, 1.0]), st.booleans())  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_near_rows_are_those_of_a_loop_over_all_pairs_even_if_every_hash_collides(first, second, within, collide):
    schema = pa.schema({"a": pa.float64(), "b": pa.float64(), "word": pa.string()})
    tables = [pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
              for rows in (first, second)]  # fmt: skip
    expected = by_loop(*tables, within)
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(nearnumbers, "row_hashes", lambda cells: np.zeros(len(cells[0].values), dtype=np.uint64))
        found = near_rows(*tables, PAIRS, [within, within, 0.0])
    # Rows that are equal are near, and may be left out where near could mean nothing else.
    equal = {row for row, others in expected.items() if any(first[row] == second[at] for at in others)}
    assert set(expected) - equal <= set(found.rows.tolist()) <= set(expected)
    assert found.rows.tolist() == sorted(found.rows.tolist())
    assert all(at in expected[row] for row, at in zip(found.rows.tolist(), found.found_at.tolist(), strict=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_near_rows_are_counted_exactly_among_as_many_look_alikes(seed):
    """600 rows within the tolerance in all of 12 columns, 600 that are outside of it in one."""
    rng = np.random.default_rng(seed)
    training = rng.normal(size=(4_000, 12))
    evaluation = rng.normal(size=(2_000, 12))
    evaluation[:1_200] = training[1_000:2_200] + rng.uniform(-0.0099, 0.0099, (1_200, 12))
    column = rng.integers(0, 12, 600)
    evaluation[np.arange(600, 1_200), column] = training[np.arange(1_600, 2_200), column] + rng.choice([-1, 1], 600) * (
        0.0101 + rng.uniform(0, 0.002, 600)
    )
    tables = [pa.table({f"x{i}": rows[:, i] for i in range(12)}) for rows in (evaluation, training)]
    found = near_rows(*tables, [(f"x{i}", f"x{i}") for i in range(12)], [0.01] * 12)
    assert found.rows.tolist() == list(range(600))
    assert found.found_at.tolist() == list(range(1_000, 1_600))


def test_blocks_and_order_change_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    first, second = (pa.table({"a": rng.normal(size=500).round(2)}) for _ in range(2))
    whole = near_rows(first, second, [("a", "a")], [0.02])
    monkeypatch.setattr(nearnumbers, "_BLOCK", 64)
    again = near_rows(first, second, [("a", "a")], [0.02])
    assert whole.rows.tolist() == again.rows.tolist()
    assert whole.found_at.tolist() == again.found_at.tolist()


def test_tolerances_are_shares_of_the_deviation_in_training(data):
    values = np.random.default_rng(5).normal(3, 7, 1_000)
    training = data({"a": values, "b": ["x"] * 1_000, "c": [4] * 1_000, "d": np.arange(1_000)}, role="training")
    columns = [(name, name) for name in "abcd"]
    found = tolerances(training, columns, 0.01, {"d": 2.5})
    assert found[0] == pytest.approx(values.std() / 100)
    assert found[1:] == [0.0, 0.0, 2.5]
    assert near_rows(training.table, training.table, columns[1:2], [0.0]).rows.tolist() == []


def test_rows_that_are_near_by_chance_are_told_from_copies():
    """Dense rows: what is near ten tolerances away is about what chance makes; 300 copies are more than that."""
    rng = np.random.default_rng(6)
    training, evaluation = rng.normal(size=(5_000, 2)), rng.normal(size=(5_000, 2))
    steps = rng.integers(0, 2, (2, 5_000))

    def search(**more):
        sides = [
            pa.table({"a": rows[:, 0], "b": rows[:, 1], "step": step})
            for rows, step in ((evaluation, steps[0]), (training, steps[1]))
        ]
        return len(near_rows(*sides, [(one, one) for one in ("a", "b", "step")], [0.01, 0.01, 0.01], **more).rows)

    chance, displaced = search(), search(displaced=True)
    assert chance > 100
    assert abs(chance - displaced) < 4 * np.sqrt(2 * chance)
    evaluation[:300] = training[:300] + 0.005
    steps[0][:300] = steps[1][:300]
    assert search() - search(displaced=True) == pytest.approx(300, abs=4 * np.sqrt(2 * chance))


def test_columns_of_steps_are_compared_as_they_are_and_cost_no_search():
    """Thirty columns of grades, as encoded categories are: near is equal there, and one loose column is searched."""
    rng = np.random.default_rng(7)
    n = 20_000
    grades = rng.integers(0, 2, (30, n)).astype(float)
    pay = rng.normal(size=n)
    first = pa.table({"pay": pay + 0.0005, **{f"g{at}": grade for at, grade in enumerate(grades)}})
    others = grades.copy()
    others[3, :500] = 1 - others[3, :500]
    second = pa.table({"pay": pay, **{f"g{at}": grade for at, grade in enumerate(others)}})
    columns = [(name, name) for name in first.column_names]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearnumbers, "_MOST_TURNS", 40)
        found = near_rows(first, second, columns, [0.001] * 31)
    assert set(range(500, n)) <= set(found.rows.tolist())
    assert len(found.rows) < n - 400
    assert near_rows(first, second, columns[1:], [0.001] * 30).rows.tolist() == []
