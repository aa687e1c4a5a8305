"""A bank of values from which rows are made by whole numbers: real rows first, drawn values behind them.

A row is one number a feature. A row near a real one differs from it in a few of them, and a shrinker moves numbers
instead of tables: a batch of any size is one ``take`` a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.asked.changing import scalar
from proofbox.checks.late import np, pa
from proofbox.checks.result import Scalar

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Picks: TypeAlias = "NDArray[np.intp]"
"""Shape (rows, features): which value of the bank each cell has."""

NEAR = 0.5
"""Share of the drawn rows that are changed in a few features; the others are real ones."""
MOST_CHANGED = 3
"""Features in which they are changed on average, at most; fewer where there are few."""


class Bank:
    """Values of each feature; those of real row ``r`` have the number ``r``."""

    def __init__(self, table: pa.Table, further: Mapping[str, Sequence[Scalar]]) -> None:
        self.names = tuple(table.column_names)
        self.rows = table.num_rows
        """Number of real rows."""
        self._columns = [table.column(name) for name in self.names]
        self._known: dict[tuple[int, int], Scalar] = {}
        self._added: dict[tuple[int, float], int] = {}
        self._drawn = [self.add(place, further.get(name, ())) for place, name in enumerate(self.names)]

    def add(self, feature: int, values: Sequence[Scalar]) -> NDArray[np.intp]:
        """Put values into the bank; return the number of each. They must be of the feature's type."""
        column = self._columns[feature]
        start = len(column)
        if len(values):
            kind = column.type
            coded = pa.types.is_dictionary(kind)
            more = pa.array(values, kind.value_type if coded else kind)
            both = pa.chunked_array([*column.chunks, more.dictionary_encode().cast(kind) if coded else more])
            self._columns[feature] = both.unify_dictionaries() if coded else both
        return np.arange(start, start + len(values))

    def add_numbers(self, feature: int, numbers: Sequence[float]) -> list[int]:
        """Put numbers into the bank that a feature of numbers can hold; return the number of each."""
        kind = self._columns[feature].type
        new = [number for number in dict.fromkeys(numbers) if (feature, number) not in self._added]
        if new:
            places = self.add(feature, pa.array(new, pa.float64()).cast(kind, safe=False).to_pylist())
            self._added.update({(feature, number): int(place) for number, place in zip(new, places, strict=True)})
        return [self._added[feature, number] for number in numbers]

    def table(self, picks: Picks) -> pa.Table:
        """Return the rows, as the model is asked about them."""
        columns = [column.take(pa.array(picks[:, place])) for place, column in enumerate(self._columns)]
        return pa.table(columns, names=self.names)

    def value(self, feature: int, pick: int) -> Scalar:
        """Return one value; None where it is missing."""
        key = (feature, pick)
        if key not in self._known:
            cell = self._columns[feature][int(pick)].as_py()
            number = float(cell) if isinstance(cell, Decimal) else cell
            self._known[key] = number if isinstance(number, int) else scalar(number)
        return self._known[key]

    def numbers(self, feature: int) -> NDArray[np.float64]:
        """Return shape (values,): a feature's values as numbers, NaN where missing."""
        values: NDArray[np.float64] = self._columns[feature].cast(pa.float64(), safe=False).to_numpy()
        return values

    def near(self, count: int, rng: Generator) -> tuple[NDArray[np.intp], Picks]:
        """Draw rows: one half real, the other half changed in a few features, to another row's or a drawn value.

        Returns
        -------
        tuple
            The real row that each comes from, shape (count,), and the rows.
        """
        rows = rng.integers(0, self.rows, count)
        picks = np.repeat(rows[:, None], len(self.names), axis=1)
        rate = min(0.5, MOST_CHANGED / len(self.names))
        changed = (rng.random(picks.shape) < rate) & (np.arange(count) < count * NEAR)[:, None]
        for feature in range(len(self.names)):
            places = np.flatnonzero(changed[:, feature])
            picks[places, feature] = self.other(feature, len(places), rng)
        return rows, picks

    def other(self, feature: int, count: int, rng: Generator) -> NDArray[np.intp]:
        """Draw values of a feature: one half of other rows, the other half of those that were drawn for it."""
        real = rng.integers(0, self.rows, count)
        drawn = self._drawn[feature]
        if not len(drawn):
            return real
        return np.where(rng.random(count) < 0.5, real, drawn[rng.integers(0, len(drawn), count)])
