"""Put rows that are equal in some columns into one class, exactly and without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np, pa, pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

Codes: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowClasses:
    """The classes of equal rows of one table."""

    codes: Codes
    """Shape (rows,): index of each row's class, in no particular order of classes."""
    sizes: Codes
    """Shape (classes,): rows in each."""
    first: Codes
    """Shape (classes,): the first row of each."""


def row_classes(table: pa.Table, columns: Sequence[str]) -> RowClasses:
    """Return the classes of rows that are equal in all of ``columns`` (at least one); missing equals missing.

    Rows are sorted by a hash of their codes and then compared code by code, so that a collision of hashes costs time
    and never an answer.
    """
    words = [column_codes(table.column(name)) for name in columns]
    _, first, codes, sizes = np.unique(_hash(words), return_index=True, return_inverse=True, return_counts=True)
    if any((word[first[codes]] != word).any() for word in words):
        _, first, codes, sizes = np.unique(
            np.column_stack(words), axis=0, return_index=True, return_inverse=True, return_counts=True
        )
    return RowClasses(
        codes=codes.reshape(-1).astype(np.int64), sizes=sizes.astype(np.int64), first=first.astype(np.int64)
    )


def column_codes(column: pa.ChunkedArray) -> Codes:
    """Return shape (rows,): equal numbers for equal values; -1 where the value is missing (null or NaN)."""
    if pa.types.is_floating(column.type):
        values = column.to_numpy().astype(np.float64) + 0.0  # turns -0.0 into 0.0
        column = pa.chunked_array([pa.array(values, mask=np.isnan(values))])
    elif pa.types.is_nested(column.type):
        column = pa.chunked_array([pa.array([str(value) for value in column.to_pylist()], type=pa.string())])
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    if not column.num_chunks:
        return np.zeros(0, dtype=np.int64)
    codes: Codes = pc.fill_null(column.combine_chunks().indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return codes


def _hash(words: Sequence[Codes]) -> NDArray[np.uint64]:
    """Mix the codes of each row: splitmix64's finaliser (Steele, Lea, Flood, OOPSLA 2014), word by word."""
    state = np.zeros(len(words[0]), dtype=np.uint64)
    for word in words:
        state = (state ^ word.view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return state
