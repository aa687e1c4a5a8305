"""Columns as the codes that they come with: dictionary indices, small whole numbers, bins.

Nothing here turns a row into text. A column's values become text once per distinct value, after the rows have been
counted, so that the price of a row is a few bytes read and one addition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from proofbox.checks.counted.cube import Axis, in_order
from proofbox.checks.counted.textcodes import encoded_text
from proofbox.checks.labels import label_text
from proofbox.checks.late import np, pa, pc, pt

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDEST = 256
"""Whole numbers that lie within so many of each other are their own codes."""

_LARGEST = 1 << 62
_LONGEST = 1 << 12
"""Dictionaries with more entries than this are made anew, so that entries which no row uses cost nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawColumn:
    """A column whose rows can be read as codes, and what each code means."""

    name: str
    column: pa.ChunkedArray
    """Dictionary-encoded, boolean or numbers."""
    values: tuple[object, ...]
    """The value of each code; where rows have no value, the last code is theirs and its value is None."""
    lowest: int = 0
    """What is taken from a whole number to make it a code."""
    edges: tuple[float, ...] | None = None
    """Where numbers are put into bins: the edges between them, rising."""
    dense: bool = False
    """Whether the codes are whole numbers as they come, so that many of them may not occur."""

    @property
    def size(self) -> int:
        """Number of codes."""
        return len(self.values)

    @property
    def distinct(self) -> int:
        """Number of different values; those of small whole numbers may not occur."""
        return self.size - (self.size > 0 and self.values[-1] is None)

    def codes(self, part: pa.Array) -> NDArray[np.generic]:
        """Return the codes of a part of the column; shape (rows,), whole numbers below ``size``."""
        if self.edges is not None:
            return _binned(part, self.edges)
        if pt.is_dictionary(part.type):
            part, shift = part.indices, 0
        elif pt.is_boolean(part.type):
            part, shift = part.cast(pa.uint8()), 0
        else:
            shift = self.lowest
        if part.null_count:
            part = pc.fill_null(part.cast(pa.int64()), self.size - 1 + shift)
        codes: NDArray[np.generic] = part.to_numpy(zero_copy_only=False)
        return codes - shift if shift else codes

    def settled(self) -> tuple[Axis, NDArray[np.int64]]:
        """Return the categories, and shape (size,): the category code of each raw code."""
        texts = [None if is_missing(value) else label_text(value) for value in self.values]
        there = {text for text in texts if text is not None}
        numeric = self.edges is None and not any(isinstance(value, str) for value in self.values)
        bins = tuple(text for text in texts if text is not None)
        categories = in_order(there, numeric=numeric) if self.edges is None else bins
        place = {text: code for code, text in enumerate(categories)}
        places = [len(categories) if text is None else place[text] for text in texts]
        axis = Axis(name=self.name, categories=categories, numeric=numeric, ordered=self.edges is not None)
        return axis, np.array(places, dtype=np.int64)


def raw_column(name: str, column: pa.ChunkedArray, edges: Sequence[float] | None = None) -> RawColumn:
    """Return a column as codes; only columns of text, of fractions and of far-apart numbers are encoded for it."""
    kind = column.type
    gone = (None,) if column.null_count else ()
    if edges is not None and (pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind)):
        return RawColumn(name=name, column=column, values=(*bin_names(edges), None), edges=tuple(edges))
    if pt.is_boolean(kind):
        return RawColumn(name=name, column=column, values=(False, True, *gone))
    if pt.is_integer(kind) and column.length() > column.null_count:
        ends = pc.min_max(column).as_py()
        low = 0 if ends["min"] >= 0 and ends["max"] < _WIDEST else ends["min"]
        # Codes are worked out in 64 bits with a sign.
        if ends["max"] - low < _WIDEST and ends["max"] < _LARGEST:
            return RawColumn(
                name=name, column=column, values=(*range(low, ends["max"] + 1), *gone), lowest=low, dense=True
            )
    if not pt.is_dictionary(kind):
        column = encoded_text(column)
    elif max((len(part.dictionary) for part in column.chunks), default=0) > _LONGEST:
        # What is left of a longer dictionary, perhaps.
        column = encoded_text(column.cast(kind.value_type))
    column = column.unify_dictionaries()
    values = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    return RawColumn(name=name, column=column, values=(*values, *gone))


def coded_column(name: str, codes: NDArray[np.int64], values: Sequence[str]) -> RawColumn:
    """Return decisions that are codes already, each below ``len(values)``."""
    return RawColumn(name=name, column=pa.chunked_array([pa.array(codes)]), values=tuple(values))


def bin_names(edges: Sequence[float]) -> tuple[str, ...]:
    """Return the name of each bin that edges make: below the first, between two (the lower one belongs), from the last.

    >>> bin_names([25, 40])
    ('< 25', '[25, 40)', '>= 40')
    """
    said = [label_text(edge) for edge in edges]
    between = [f"[{low}, {high})" for low, high in pairwise(said)]
    return (f"< {said[0]}", *between, f">= {said[-1]}")


def is_missing(value: object) -> bool:
    """Whether a value says nothing: null, NaN, or text without letters."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _binned(part: pa.Array, edges: Sequence[float]) -> NDArray[np.generic]:
    numbers = part.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    codes: NDArray[np.int64] = np.searchsorted(np.asarray(edges, dtype=np.float64), numbers, side="right")
    codes[np.isnan(numbers)] = len(edges) + 1
    return codes
