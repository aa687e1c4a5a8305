"""What the features of a table are like: how far numbers spread, how exactly they are written, which texts repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import encode
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa, pc
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_DECIMALS = 6
"""With more digits after the point than this, a column counts as written in full precision."""

_LOOK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericFeature:
    """A feature of numbers with more than two values."""

    name: str
    spread: float
    """Standard deviation of the finite values."""
    middle: float
    """Their median."""
    decimals: int | None
    """Digits after the point that are enough to write every value; 0 for whole numbers, None for full precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFeature:
    """A feature of texts that repeat."""

    name: str
    categories: tuple[str, ...]
    shares: Floats
    """Shape (categories,): share of the rows that have a value."""


def numeric_features(data: Dataset) -> tuple[NumericFeature, ...]:
    """Return the features of numbers that have more than two values; yes-or-no features are none."""
    found = []
    for name in data.features:
        column = data.table.column(name)
        if not is_numeric(column.type):
            continue
        there = numbers(column)
        there = there[np.isfinite(there)]
        # A look at the first ones settles it nearly always; only what seems to have two values is looked at whole.
        if len(np.unique(there[:_LOOK])) <= 2 and len(np.unique(there)) <= 2:
            continue
        spread, middle = float(there.std()), float(np.median(there))
        found.append(NumericFeature(name=name, spread=spread, middle=middle, decimals=_decimals(there)))
    return tuple(found)


def text_features(data: Dataset) -> tuple[TextFeature, ...]:
    """Return the features of texts whose categories repeat: at most one category for every two rows."""
    found = []
    for name in data.features:
        column = data.table.column(name)
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            continue
        encoded = encode(column)
        counts = np.bincount(encoded.codes, minlength=len(encoded.categories) + 1)[:-1]
        if 0 < 2 * len(counts) <= max(4, data.rows):
            found.append(TextFeature(name=name, categories=encoded.categories, shares=counts / counts.sum()))
    return tuple(found)


def is_numeric(kind: pa.DataType) -> bool:
    """Return whether a column of that type holds numbers (yes and no are none)."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def numbers(column: pa.ChunkedArray | pa.Array) -> Floats:
    """Return a column of numbers as float64, NaN where missing."""
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)  # type: ignore[no-any-return]


def with_numbers(column: pa.ChunkedArray, values: Floats, mask: NDArray[np.bool_]) -> pa.ChunkedArray:
    """Return a column of numbers with other values where ``mask``, in the column's own type.

    Whole-number types get rounded values within their range; cells that are not in the mask stay what they are.
    """
    kind = column.type
    values = np.where(mask, values, 0.0)
    if pa.types.is_integer(kind):
        info = np.iinfo(kind.to_pandas_dtype())
        # float64 has no 2**63 - 1: the next one below does.
        values = np.clip(np.rint(values), float(info.min), np.nextafter(float(info.max), 0))
    return pc.if_else(pa.array(mask), pa.array(values).cast(kind, safe=False), column)


def _decimals(values: Floats) -> int | None:
    """Return the digits after the point that all finite values need: the most that any of them needs."""
    places = 0
    while len(values):
        scaled = values * 10.0**places
        # The double nearest to a decimal number lies within a few units in the last place of it.
        values = values[np.abs(scaled - np.rint(scaled)) > 1e-9 * np.maximum(np.abs(scaled), 1)]
        if len(values):
            places += 1
        if places > MOST_DECIMALS:
            return None
    return places
