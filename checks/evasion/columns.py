"""The features of a model as an attack sees them: numbers it may move, categories it may exchange, and the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.counted.counting import as_dictionary
from proofbox.checks.counted.rawcodes import is_missing
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa, pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

Codes: TypeAlias = "NDArray[np.int64]"

MOST_CATEGORIES = 200
"""A text column with more values is free text or a name: to put another one in its place is no small change."""
_MOST_DECIMALS = 6
_EXACT = 2.0**53
"""From here on, floats do not tell whole numbers apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn:
    """A feature whose values can be moved."""

    name: str
    type: pa.DataType
    spread: float
    """Standard deviation in these data, above 0."""
    decimals: int | None
    """Decimals that the values have, 0 for whole numbers; None where they have more than a few."""
    low: float
    high: float
    """The range: as declared, else as seen."""

    def array(self, values: Floats, missing: NDArray[np.bool_] | None) -> pa.Array:
        """Return values as the column has them, null where ``missing``."""
        array = pa.array(values, mask=missing)
        return array if self.type == pa.float64() else array.cast(self.type, safe=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryColumn:
    """A feature whose value can be exchanged for another that occurs."""

    name: str
    type: pa.DataType
    values: pa.Array
    """What the codes mean."""
    seen: Codes
    """Codes that occur, at least 2."""

    def array(self, codes: Codes) -> pa.Array:
        """Return codes as the column has them; -1 is null."""
        indices = pa.array(codes, mask=codes < 0)
        if pa.types.is_dictionary(self.type):
            return pa.DictionaryArray.from_arrays(indices.cast(self.type.index_type), self.values)
        return self.values.take(indices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which features may change, and how they are written as numbers and codes."""

    numbers: tuple[NumberColumn, ...]
    categories: tuple[CategoryColumn, ...]
    left_alone: tuple[str, ...]
    """Features that are neither: nothing else occurs in them, or any other value is another thing altogether."""

    def matrix(self, table: pa.Table) -> Floats:
        """Return the numbers of rows, shape (rows, number columns), NaN where missing."""
        found = [numbers(table.column(one.name)) for one in self.numbers]
        columns = [one for one in found if one is not None]
        return np.column_stack(columns).astype(np.float64) if columns else np.zeros((table.num_rows, 0))

    def codes(self, table: pa.Table) -> Codes:
        """Return the categories of rows, shape (rows, category columns), -1 where missing."""
        found = [_codes(table.column(one.name), one.values) for one in self.categories]
        return np.column_stack(found) if found else np.zeros((table.num_rows, 0), dtype=np.int64)


def columns_of(
    tables: Sequence[pa.Table],
    *,
    immutable: Collection[str],
    categorical: Collection[str],
    bounds: Mapping[str, tuple[float, float]],
) -> Columns:
    """Sort the features; ranges and categories are those that occur in any of the tables.

    Parameters
    ----------
    tables
        The same features in each, at least one table; spreads are those of the first.
    immutable, categorical
        Features that may not change; numbers that are names of something.
    bounds
        Feature -> lowest and highest value, in place of the range that occurs.
    """
    moved, exchanged, left = [], [], []
    for name in tables[0].column_names:
        if name in immutable:
            continue
        seen = [table.column(name) for table in tables]
        number = None if name in categorical else _number_column(name, seen, bounds.get(name))
        category = None if number else _category_column(name, seen[0], named=name in categorical)
        if number:
            moved.append(number)
        elif category:
            exchanged.append(category)
        else:
            left.append(name)
    return Columns(numbers=tuple(moved), categories=tuple(exchanged), left_alone=tuple(left))


def _number_column(
    name: str, seen: Sequence[pa.ChunkedArray], declared: tuple[float, float] | None
) -> NumberColumn | None:
    columns = [_numbers(column) for column in seen]
    there = [column[np.isfinite(column)] for column in columns if column is not None]
    if len(there) < len(seen) or not len(there[0]):
        return None
    every = np.concatenate(there)
    if len(np.unique(there[0])) <= 2:
        return None
    low, high = declared or (float(every.min()), float(every.max()))
    return NumberColumn(
        name=name,
        type=seen[0].type,
        spread=float(there[0].std()),
        decimals=_decimals(every, single=pa.types.is_floating(seen[0].type) and seen[0].type != pa.float64()),
        low=low,
        high=high,
    )


def _numbers(column: pa.ChunkedArray) -> Floats | None:
    """Return a column as numbers; None where it holds none, or some that floats do not tell apart."""
    if pa.types.is_integer(column.type):
        ends = pc.min_max(column).as_py().values()
        if any(end is not None and abs(end) >= _EXACT for end in ends):
            return None
    return numbers(column)


def _decimals(values: Floats, *, single: bool) -> int | None:
    for places in range(_MOST_DECIMALS + 1):
        rounded = np.rint(values * 10.0**places) / 10.0**places
        if ((rounded.astype(np.float32) == values.astype(np.float32)) if single else (rounded == values)).all():
            return places
    return None


def _category_column(name: str, column: pa.ChunkedArray, *, named: bool) -> CategoryColumn | None:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind)):
        found = _numbers(column)
        if found is None or not (named or len(np.unique(found[np.isfinite(found)])) == 2):
            return None
    values = as_dictionary(column).dictionary
    there = np.unique(_codes(column, values))
    seen = [place for place in there.tolist() if place >= 0 and not is_missing(values[place].as_py())]
    if not 2 <= len(seen) <= MOST_CATEGORIES:
        return None
    return CategoryColumn(name=name, type=column.type, values=values, seen=np.array(seen, dtype=np.int64))


def _codes(column: pa.ChunkedArray, values: pa.Array) -> Codes:
    decoded = column
    if pa.types.is_dictionary(column.type):
        decoded = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], type=column.type.value_type)
    found: Codes = pc.fill_null(pc.index_in(decoded, value_set=values), -1).to_numpy().astype(np.int64)
    return found
