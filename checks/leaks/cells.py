"""Cells as words of 64 bits that are equal where the values are, whatever the types of the two columns.

1 and 1.0 are equal, -0.0 and 0.0, any NaN and null, a letter and its accent typed together or apart. A word depends on
the cell alone, so that files which are read in batches, and never held, can be compared.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from proofbox.checks.counted.rawcodes import is_missing
from proofbox.checks.labels import label_text
from proofbox.checks.late import np, pa, pc, pt

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bits: TypeAlias = "NDArray[np.uint64]"
Kind = Literal["whole", "number", "text"]

MISSING = 0x7FF8DEADBEEF0001
"""A NaN's bit pattern that no arithmetic makes: every missing value, of whatever type."""

_BLOCK = 1 << 14
"""Rows that are hashed together: few enough for the processor's cache."""


def kind_of(first: pa.DataType, second: pa.DataType) -> Kind:
    """Return how two columns are compared: as whole numbers, as floats, or as the texts of their values.

    Whole numbers against floats are compared as floats, as which those beyond 2**53 run together.
    """
    if first == second and pt.is_temporal(first):
        return "whole"
    if _is_whole(first) and _is_whole(second):
        # Beyond 2**63 a signed and an unsigned number share bits and not their value.
        return "text" if pt.is_uint64(first) != pt.is_uint64(second) else "whole"
    return "number" if _is_number(first) and _is_number(second) else "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One column of one table."""

    values: NDArray[np.generic]
    """Shape (rows,): float64, or words, or codes into ``distinct``."""
    distinct: Bits | None
    """Shape (distinct texts + 1, 2): two words of each, the last row for a missing value; None for numbers."""

    @classmethod
    def of(cls, column: pa.ChunkedArray, kind: Kind) -> Cells:
        """Read a column as ``kind`` says."""
        if kind == "whole":
            return cls(values=_whole(column), distinct=None)
        if kind == "number":
            return cls(values=floats(column), distinct=None)
        codes, texts = _texts(column)
        words = np.full((len(texts) + 1, 2), MISSING, dtype=np.uint64)
        for place, text in enumerate(texts):
            if text is not None:
                words[place] = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), np.uint64)
        return cls(values=codes, distinct=words)

    def words(self, rows: slice | NDArray[np.intp]) -> Bits:
        """Return one word for each of the rows; of a text the first of its two."""
        part: NDArray[Any] = self.values[rows]
        if self.distinct is not None:
            first: Bits = self.distinct[part, 0]
            return first
        return part if part.dtype == np.uint64 else _float_words(part)

    def exact(self, rows: NDArray[np.intp]) -> list[Bits]:
        """Return the words that are equal if and only if the values are: a number's one, a text's two (BLAKE2b)."""
        if self.distinct is None:
            return [self.words(rows)]
        pair = self.distinct[self.values[rows]]
        return [pair[:, 0], pair[:, 1]]


def floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of numbers as floats, NaN where the value is missing; not copied where it is that already."""
    if pt.is_boolean(column.type):
        column = column.cast(pa.uint8())
    numbers: NDArray[np.float64] = _plain(column.cast(pa.float64(), safe=False), np.nan)
    return numbers


def row_hashes(columns: Sequence[Cells]) -> Bits:
    """Return one number for each row, shape (rows,); equal rows have equal ones, others hardly ever.

    A multilinear hash of the folded words with secret odd factors (Carter and Wegman, JCSS 18 (1979)), then
    splitmix64's finaliser (Steele, Lea, Flood, OOPSLA 2014). The factors are drawn once in each process, so that
    nobody can write a file whose rows collide.
    """
    rows = len(columns[0].values) if columns else 0
    state = np.zeros(rows, dtype=np.uint64)
    scratch = np.empty(_BLOCK, dtype=np.uint64)
    for start in range(0, rows, _BLOCK):
        part = slice(start, min(start + _BLOCK, rows))
        sums, fold = state[part], scratch[: part.stop - start]
        for column, factor in zip(columns, _factors(len(columns)), strict=True):
            words = column.words(part)
            np.right_shift(words, np.uint64(32), out=fold)
            np.bitwise_xor(fold, words, out=fold)
            np.multiply(fold, factor, out=fold)
            np.add(sums, fold, out=sums)
        for shift, multiplier in ((31, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
            np.right_shift(sums, np.uint64(shift), out=fold)
            np.bitwise_xor(sums, fold, out=sums)
            np.multiply(sums, np.uint64(multiplier), out=sums)
    return state


def row_digests(columns: Sequence[Cells], rows: NDArray[np.intp]) -> Bits:
    """Return 128 bits of BLAKE2b over each of the rows, shape (rows, 2)."""
    words = np.column_stack([word for column in columns for word in column.exact(rows)])
    digests = (hashlib.blake2b(row, digest_size=16).digest() for row in np.ascontiguousarray(words))
    return np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)


@cache
def _factors(number: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(secrets.randbits(64) | 1) for _ in range(number))


def _float_words(numbers: NDArray[np.generic]) -> Bits:
    # Adding 0.0 turns -0.0 into 0.0.
    clean = np.add(numbers, 0.0, dtype=np.float64)
    words: Bits = clean.view(np.uint64)
    if np.isnan(clean.sum()):
        words[np.isnan(clean)] = MISSING
    return words


def _whole(column: pa.ChunkedArray) -> Bits:
    if pt.is_temporal(column.type):
        column = column.cast(pa.int32()) if pt.is_date32(column.type) or pt.is_time32(column.type) else column
    # Whole numbers are compared as such: above 2**53 floats would run together.
    kind = pa.uint64() if pt.is_uint64(column.type) else pa.int64()
    bits: Bits = _plain(column.cast(kind), 0).view(np.uint64)
    if column.null_count:
        bits = bits.copy()
        bits[column.is_null().to_numpy().astype(np.bool_)] = MISSING
    return bits


def _plain(column: pa.ChunkedArray, missing: float) -> NDArray[Any]:
    if column.null_count:
        column = pc.fill_null(column, missing)
    # A single chunk is looked at where it lies: copying a file of numbers would take longer than hashing it.
    array = column.chunk(0) if column.num_chunks == 1 else column
    numbers: NDArray[Any] = array.to_numpy()
    return numbers


def _texts(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str | None]]:
    """Return codes (one past the end where the value is missing) and the text of each code."""
    encoded = column if pt.is_dictionary(column.type) else column.dictionary_encode()
    encoded = encoded.unify_dictionaries()
    if not encoded.num_chunks:
        return np.zeros(0, dtype=np.int64), []
    whole = encoded.combine_chunks()
    values = whole.dictionary.to_pylist()
    texts = [None if is_missing(value) else label_text(value) for value in values]
    return pc.fill_null(whole.indices.cast(pa.int64()), len(texts)).to_numpy(zero_copy_only=False), texts


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_boolean(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(_is_whole(kind) or pt.is_floating(kind) or pt.is_decimal(kind) or pt.is_null(kind))
