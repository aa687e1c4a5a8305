"""Short text as dictionary codes, in half the time that a hash table over the bytes takes.

Arrow's view layout holds text of up to 12 bytes, with its length, in 16 bytes of its own. Categories are short and few,
so a column of them is compared as pairs of whole numbers: a multiplication and a look-up guess each row's code, and a
comparison with that code's 16 bytes proves it. Longer text, and more values than a byte can count, are left to pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np, pa, pt

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INLINE = 12
"""Bytes of text that a view holds itself (Arrow columnar format, variable-size binary view layout)."""
_MOST_VALUES = 256
_STEP = 1 << 14
"""Rows at a time: what they need stays in a processor's nearest memory."""
_BITS = 12
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
"""Odd numbers with well-mixed bits (Knuth, The Art of Computer Programming 3, section 6.4: multiplicative hashing)."""

Pairs: TypeAlias = "NDArray[np.uint64]"
"""Views as whole numbers; shape (2 x rows,), the two of a row beside each other."""


def encoded_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of any type dictionary-encoded, as pyarrow does it but for the order of the dictionaries."""
    if pt.is_string(column.type) and column.length() and not column.null_count:
        parts = [_encoded(chunk) for chunk in column.chunks]
        found = [part for part in parts if part is not None]
        if len(found) == len(parts) and len({value for part in found for value in part.dictionary}) <= _MOST_VALUES:
            return pa.chunked_array(found)
    return column.dictionary_encode()


def _encoded(chunk: pa.Array) -> pa.DictionaryArray | None:
    """Return one chunk encoded; None where its text is too long or too varied for this way."""
    pairs = _pairs(chunk)
    codes = np.empty(len(chunk), np.uint8)
    values, done = chunk[:0], 0
    while done < len(chunk):
        # The values of one step; another one that turns up later is added when it does.
        values = pa.concat_arrays([values, chunk[done : done + _STEP]]).unique()
        keys = _pairs(values)
        if (table := _table(keys)) is None:
            return None
        done = _code(pairs, codes, keys, table, done)
    return pa.DictionaryArray.from_arrays(codes, values)


def _pairs(text: pa.Array) -> Pairs:
    views = text.cast(pa.string_view())
    return np.frombuffer(views.buffers()[1], np.uint64, 2 * len(views), 16 * views.offset)


def _table(keys: Pairs) -> NDArray[np.uint8] | None:
    """Return hash -> code; None where a text is longer than a view holds, or two of them share a hash."""
    places = _hashed(keys).view(np.int64)
    lengths = keys.view(np.uint32)[::4]
    if len(places) > _MOST_VALUES or len(np.unique(places)) < len(places) or lengths.max() > _INLINE:
        return None
    table = np.zeros(1 << _BITS, np.uint8)
    table[places] = np.arange(len(places))
    return table


def _code(pairs: Pairs, codes: NDArray[np.uint8], keys: Pairs, table: NDArray[np.uint8], start: int) -> int:
    """Fill in the codes from row ``start`` on; return the first row of the step in which an unknown value stands."""
    whole = keys.view(np.complex128)
    """A pair moves as one number; it is never compared as one, since -0.0 equals 0.0."""
    for first in range(start, len(codes), _STEP):
        step = pairs[2 * first : 2 * (first + _STEP)]
        here = np.take(table, _hashed(step).view(np.int64), out=codes[first : first + _STEP], mode="clip")
        if not np.array_equal(np.take(whole, here).view(np.uint64), step):
            return first
    return len(codes)


def _hashed(pairs: Pairs) -> Pairs:
    mixed: Pairs = pairs[::2] * _FACTORS[0]
    mixed += pairs[1::2] * _FACTORS[1]
    mixed >>= np.uint64(64 - _BITS)
    return mixed
