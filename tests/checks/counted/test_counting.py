import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.checks.counted.counting import MISSING, Table, encode, missing_cells, rates
from proofbox.checks.counted.groups import MOST_GROUPS, MOST_NUMBERS, groups_of


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 0, None, 1]),
        pa.array([1.0, 0.0, float("nan"), 1.0]),
        pa.array([1.0, -0.0, None, 1.0]),
        pa.array(["1", "0", None, "1 "]),
        pa.array(["1", "0", None, "1"]).dictionary_encode(),
        pa.array([1, 0, None, 1], pa.int8()),
    ],
)
def test_every_way_of_writing_a_label_is_one_category(column):
    found = encode(pa.chunked_array([column]))
    assert found.categories == ("0", "1")
    assert found.codes.tolist() == [1, 0, 2, 1]
    assert found.missing == 1
    assert found.is_label("1").tolist() == [True, False, False, True]
    assert not found.is_label("2").any()


def test_chunks_with_different_dictionaries_are_one_column():
    chunks = [pa.array(["b", "a"]).dictionary_encode(), pa.array(["c", "a"]).dictionary_encode()]
    assert encode(pa.chunked_array(chunks)).codes.tolist() == [1, 0, 2, 0]


def test_a_dictionary_entry_that_no_row_uses_is_no_category():
    unused = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["a", "never"]))
    assert encode(pa.chunked_array([unused])).categories == ("a",)


def test_numbers_are_in_the_order_of_numbers():
    assert encode(pa.chunked_array([[10, 9, 1.5]])).categories == ("1.5", "9", "10")


def test_booleans_dates_and_an_empty_column_can_be_encoded():
    assert encode(pa.chunked_array([[True, False]])).categories == ("false", "true")
    assert encode(pa.chunked_array([pa.array([0, 1], pa.date32())])).categories == ("1970-01-01", "1970-01-02")
    assert encode(pa.chunked_array([pa.array([], pa.string())])).categories == ()
    assert encode(pa.chunked_array([pa.array([None, None])])).missing == 2


def test_missing_cells_are_counted_by_row():
    table = pa.table({"a": [1.0, None, float("nan")], "b": pa.array(["x", None, "y"])})
    assert missing_cells(table).tolist() == [0, 2, 1]


rows = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=2, max_size=60)


@given(rows, st.data())
def test_tables_of_parts_add_up_to_the_table_of_the_whole(rows, data):
    groups, truth, chosen = (np.array(column) for column in zip(*rows, strict=True))
    cut = data.draw(st.integers(0, len(rows)))
    parts = [slice(0, cut), slice(cut, None)]
    whole = Table.count(groups, 4, chosen, truth)
    first, second = (Table.count(groups[part], 4, chosen[part], truth[part]) for part in parts)
    assert (whole.cells == (first + second).cells).all()
    for group, is_true, picked in set(rows):
        assert whole.cells[group, int(is_true), int(picked)] == rows.count((group, is_true, picked))


@given(rows)
def test_rates_are_the_shares_that_their_names_say(rows):
    groups, truth, chosen = (np.array(column) for column in zip(*rows, strict=True))
    found = rates(Table.count(groups, 4, chosen, truth))
    masks = {
        "selection_rate": (chosen, truth | True),
        "true_positive_rate": (chosen, truth),
        "false_positive_rate": (chosen, ~truth),
        "true_negative_rate": (~chosen, ~truth),
        "false_negative_rate": (~chosen, truth),
        "precision": (truth, chosen),
        "negative_predictive_value": (~truth, ~chosen),
        "accuracy": (truth == chosen, truth | True),
        "base_rate": (truth, truth | True),
    }
    assert set(found) == set(masks)
    for name, (yes, among) in masks.items():
        for group in range(4):
            there = (groups == group) & among
            assert (found[name][0][group], found[name][1][group]) == ((there & yes).sum(), there.sum()), name


def test_rows_past_the_last_group_are_not_counted():
    table = Table.count(np.array([0, 1, 1]), 1, np.array([True, True, False]), None)
    assert table.cells.tolist() == [[[0, 1]]]
    assert not table.has_truth


def test_groups_of_two_attributes_are_the_combinations_that_occur(data):
    found = groups_of(data({"sex": ["f", "m", "f", None], "race": [1, 0, 1, 0]}), ("sex", "race"))
    assert [dict(category) for category in found.categories] == [
        {"sex": "f", "race": "1"},
        {"sex": "m", "race": "0"},
        {"sex": MISSING, "race": "0"},
    ]
    assert found.codes.tolist() == [0, 1, 0, 2]
    assert found.missing == {"sex": 1}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (list(range(MOST_NUMBERS + 1)), "declare bins"),
        ([number / 7 for number in range(3 * MOST_NUMBERS)], "declare bins"),
        ([f"group {number}" for number in range(MOST_GROUPS + 1)], "declare coarser ones"),
        (["a", "a"], "one value in all rows"),
        (["a", None], "one value (a) in the rows of evaluation.csv that have any"),
        ([], "no rows"),
    ],
)
def test_what_is_no_grouping_is_said(data, values, said):
    assert said in str(groups_of(data({"a": pa.array(values, None if values else pa.string())}), ("a",)).reason)


def test_a_column_that_is_not_there_is_said(data):
    assert "no column sex" in str(groups_of(data({"a": [1, 2]}), ("sex",)).reason)


def test_fifty_numbers_are_still_groups(data):
    assert len(groups_of(data({"a": list(range(MOST_NUMBERS))}), ("a",)).categories) == MOST_NUMBERS


def test_many_attributes_with_many_categories_are_refused_and_do_not_overflow(data):
    many = [f"g{number}" for number in range(3000)]
    found = groups_of(data({f"a{place}": many for place in range(8)}), tuple(f"a{place}" for place in range(8)))
    assert "declare coarser ones" in str(found.reason)
