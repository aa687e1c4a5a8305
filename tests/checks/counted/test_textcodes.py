"""Short text becomes codes as pyarrow would make them, whatever it holds and however it is cut."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.counted import textcodes
from proofbox.checks.counted.textcodes import encoded_text

WORDS = st.sampled_from(["", "a", "b", "Nữ", "Kinh", "exactly12byt", "thirteen byte", "\x00", "a\x00", "0" * 12])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORDS | st.none() | st.text(max_size=5), max_size=40), min_size=1, max_size=4), st.data())
def test_any_column_stays_what_it_is(chunks, data):
    column = pa.chunked_array([pa.array(chunk, pa.string()) for chunk in chunks], pa.string())
    start = data.draw(st.integers(0, column.length()))
    column = column.slice(start, data.draw(st.integers(0, column.length())))
    encoded = encoded_text(column)
    assert pa.types.is_dictionary(encoded.type)
    assert encoded.cast(pa.string()).to_pylist() == column.to_pylist()
    assert encoded.unify_dictionaries().cast(pa.string()).to_pylist() == column.to_pylist()
    assert encoded.null_count == column.null_count


def test_a_value_that_turns_up_late_is_counted_as_what_it_is():
    words = ["no"] * 40_000 + ["yes"] + ["no"] * 40_000 + ["perhaps"] * 3
    column = pa.chunked_array([words])
    assert encoded_text(column).cast(pa.string()).equals(column)


def test_short_and_few_values_take_the_quick_way_and_others_do_not(monkeypatch):
    taken = []
    quick = textcodes._encoded

    def noted(chunk):
        taken.append(quick(chunk) is not None)
        return quick(chunk)

    monkeypatch.setattr(textcodes, "_encoded", noted)
    for words in (["a", "b"] * 50, ["thirteen byte"] * 3, [f"{number}" for number in range(257)]):
        column = pa.chunked_array([words])
        assert encoded_text(column).cast(pa.string()).equals(column)
    assert taken == [True, False, False]


def test_values_that_share_a_hash_are_left_to_pyarrow(monkeypatch):
    monkeypatch.setattr(textcodes, "_BITS", 1)
    column = pa.chunked_array([["a", "b", "c"] * 5])
    assert encoded_text(column).cast(pa.string()).equals(column)


@pytest.mark.parametrize("values", [[1, 2, 1], [1.5, None], [True, False]])
def test_what_is_no_text_is_encoded_by_pyarrow(values):
    column = pa.chunked_array([values])
    assert encoded_text(column).equals(column.dictionary_encode())


def test_many_chunks_of_other_values_have_one_dictionary_in_the_end():
    column = pa.chunked_array([[f"{chunk} {place}" for place in range(100)] for chunk in range(9)])
    encoded = encoded_text(column).unify_dictionaries()
    assert encoded.cast(pa.string()).equals(column)
    assert len(encoded.chunk(0).dictionary) == 900
