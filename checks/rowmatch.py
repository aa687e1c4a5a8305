"""Find the rows of one table that also stand in another, exactly, without a loop over rows.

Every cell becomes 64 bits that are equal where the values are (1 and 1.0, -0.0 and 0.0, any NaN and null); rows are
looked up by a hash of these bits, and each hit is compared bit by bit, so that a collision never makes a duplicate and
never hides one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from proofbox.checks.labels import label_text

Bits = NDArray[np.uint64]

_MISSING = np.uint64(0x7FF8DEADBEEF0001)
"""A NaN's bit pattern that no arithmetic makes: every missing value, of whatever type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Rows of the first table that stand in the second."""

    rows: NDArray[np.intp]
    """Sorted rows of the first table."""
    found_at: NDArray[np.intp]
    """For each, a row of the second table that equals it."""


def matching_rows(first: pa.Table, second: pa.Table, columns: Sequence[tuple[str, str]]) -> Matches:
    """Return the rows of ``first`` that equal some row of ``second`` in all the given columns.

    Parameters
    ----------
    columns
        (name in the first table, name in the second), at least one.
    """
    pairs = [_bits(first.column(one), second.column(other)) for one, other in columns]
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    our_hash, their_hash = _hash(ours), _hash(theirs)
    order = np.argsort(their_hash, kind="stable")
    sorted_hash = their_hash[order]
    place = np.searchsorted(sorted_hash, our_hash)
    open_rows = np.arange(len(our_hash))
    hits: list[NDArray[np.intp]] = []
    found: list[NDArray[np.intp]] = []
    # A turn looks at one candidate of each open row; only a collision ever needs a second turn.
    while len(open_rows):
        there = place[open_rows] < len(sorted_hash)
        open_rows = open_rows[there]
        open_rows = open_rows[sorted_hash[place[open_rows]] == our_hash[open_rows]]
        candidates = order[place[open_rows]]
        equal = np.ones(len(open_rows), dtype=np.bool_)
        for one, other in zip(ours, theirs, strict=True):
            equal &= one[open_rows] == other[candidates]
        hits.append(open_rows[equal])
        found.append(candidates[equal])
        open_rows = open_rows[~equal]
        place[open_rows] += 1
    rows = np.concatenate([*hits, np.array([], dtype=np.intp)])
    found_at = np.concatenate([*found, np.array([], dtype=np.intp)])
    by_row = np.argsort(rows, kind="stable")
    return Matches(rows=rows[by_row], found_at=found_at[by_row])


def _bits(first: pa.ChunkedArray, second: pa.ChunkedArray) -> tuple[Bits, Bits]:
    """Return both columns as 64-bit words that are equal where the values are."""
    if _is_whole(first.type) and _is_whole(second.type):
        return _whole_bits(first), _whole_bits(second)
    if _is_number(first.type) and _is_number(second.type):
        return _float_bits(first), _float_bits(second)
    return _text_bits(first, second)


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(_is_whole(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind))


def _whole_bits(column: pa.ChunkedArray) -> Bits:
    # Whole numbers are compared as such: above 2**53 floats would run together.
    kind = pa.uint64() if pa.types.is_uint64(column.type) else pa.int64()
    bits: Bits = pc.fill_null(column.cast(kind), 0).to_numpy().view(np.uint64).copy()
    bits[_nulls(column)] = _MISSING
    return bits


def _float_bits(column: pa.ChunkedArray) -> Bits:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    # Adding 0.0 turns -0.0 into 0.0.
    values = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy().astype(np.float64) + 0.0
    bits: Bits = values.view(np.uint64)
    bits[np.isnan(values)] = _MISSING
    return bits


def _text_bits(first: pa.ChunkedArray, second: pa.ChunkedArray) -> tuple[Bits, Bits]:
    """Return codes into the texts of both columns together; only distinct values are turned into text."""
    codes: list[Bits] = []
    places: dict[str, int] = {}
    for column in (first, second):
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        encoded = encoded.unify_dictionaries().combine_chunks()
        texts = [None if value is None or value != value else label_text(value)  # noqa: PLR0124 - NaN is not itself
                 for value in encoded.dictionary.to_pylist()]  # fmt: skip
        recode = np.array(
            [_MISSING if text is None else places.setdefault(text, len(places)) for text in texts] + [_MISSING],
            dtype=np.uint64,
        )
        codes.append(recode[pc.fill_null(encoded.indices.cast(pa.int64()), len(texts)).to_numpy()])
    return codes[0], codes[1]


def _nulls(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = column.is_null().to_numpy().astype(np.bool_)
    return mask


def _hash(columns: Sequence[Bits]) -> Bits:
    """Mix the words of each row into one: splitmix64's finaliser (Steele, Lea, Flood, OOPSLA 2014), word by word."""
    state = np.zeros(len(columns[0]), dtype=np.uint64)
    for word in columns:
        state = (state ^ word) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return state
