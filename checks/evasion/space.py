"""Where an attack may go: the attacked rows, which of their cells may change, how far, and what a change costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from proofbox.checks.evasion.columns import Codes, Columns
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rows: TypeAlias = "NDArray[np.intp]"
Norm = Literal["l2", "linf"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Changed rows: each belongs to one attacked row and differs from it in what may change."""

    rows: Rows
    """Shape (points,): places among the attacked rows."""
    numbers: Floats
    """Shape (points, number columns)."""
    codes: Codes
    """Shape (points, category columns)."""

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.rows)

    def take(self, places: NDArray[np.intp] | NDArray[np.bool_] | Sequence[int]) -> Points:
        """Return some of the points."""
        return Points(rows=self.rows[places], numbers=self.numbers[places], codes=self.codes[places])


class Space:
    """What may be asked about, around each of the attacked rows."""

    def __init__(self, table: pa.Table, columns: Columns, norm: Norm, *, category_cost: float = 1.0) -> None:
        """Lay out the space.

        Parameters
        ----------
        table
            The attacked rows, shape (rows, features).
        norm
            How the changes of several columns add up: ``l2``, the root of the sum of squares, or ``linf``, the largest.
            A number's change is counted in units of its column's spread.
        category_cost
            What the exchange of one category counts, in the same units.
        """
        self.columns, self.norm = columns, norm
        self._schema, self.category_cost = table.schema, category_cost
        changing = {one.name for one in columns.numbers} | {one.name for one in columns.categories}
        self._kept = {name: table.column(name) for name in table.column_names if name not in changing}
        self._nulls = [_nulls(table.column(one.name)) for one in columns.numbers]
        numbers, codes = columns.matrix(table), columns.codes(table)
        self.origin = Points(rows=np.arange(table.num_rows), numbers=numbers, codes=codes)
        self.spreads = np.array([one.spread for one in columns.numbers])
        self._scale = np.array([1.0 if one.decimals is None else 10.0**one.decimals for one in columns.numbers])
        self._stepped = np.array([one.decimals is not None for one in columns.numbers], dtype=np.bool_)
        singles = (pa.float32(), pa.float16())
        self._single = [place for place, one in enumerate(columns.numbers) if one.type in singles]
        lows, highs = np.array([(one.low, one.high) for one in columns.numbers]).reshape(-1, 2).T
        # The ends are whole steps.
        self.lows = np.where(self._stepped, np.ceil(np.round(lows * self._scale, 6)) / self._scale, lows)
        self.highs = np.where(self._stepped, np.floor(np.round(highs * self._scale, 6)) / self._scale, highs)
        self.movable = np.isfinite(numbers) & (self.spreads > 0) & (self.lows < self.highs)
        """Shape (rows, number columns): a missing value stays missing."""
        self._all_movable = bool(self.movable.all())
        self._some_outside = bool(((numbers < self.lows) | (numbers > self.highs)).any())
        seen = [np.isin(codes[:, place], one.seen) for place, one in enumerate(columns.categories)]
        self.exchangeable = np.column_stack(seen) if seen else np.zeros(codes.shape, dtype=np.bool_)
        """Shape (rows, category columns)."""

    @property
    def names(self) -> tuple[str, ...]:
        """The model's features, in order."""
        return tuple(self._schema.names)

    @property
    def steps(self) -> Floats:
        """Shape (number columns,): the smallest step of each column in units of its spread, 0 where there is none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            steps: Floats = np.where(self._stepped & (self.spreads > 0), 1 / (self._scale * self.spreads), 0.0)
        return steps

    def origins(self, points: Points) -> Points:
        """Return the attacked rows that the points belong to."""
        return self.origin.take(points.rows)

    def allowed(self, points: Points) -> Points:
        """Return the allowed points nearest to these: in range, whole steps, nothing changed that may not change."""
        numbers = np.clip(points.numbers, self.lows, self.highs)
        if self._some_outside:
            # A row that lies outside of the declared range may stay where it is, and go nowhere else outside.
            origin = self.origin.numbers[points.rows]
            numbers = np.where(points.numbers == origin, origin, numbers)
        if self._stepped.any():
            numbers = np.where(self._stepped, np.rint(numbers * self._scale) / self._scale, numbers)
        for place in self._single:
            numbers[:, place] = numbers[:, place].astype(self.columns.numbers[place].type.to_pandas_dtype())
        codes = points.codes
        if not self._all_movable:
            numbers = np.where(self.movable[points.rows], numbers, self.origin.numbers[points.rows])
        if not self.exchangeable.all():
            codes = np.where(self.exchangeable[points.rows], codes, self.origin.codes[points.rows])
        return Points(rows=points.rows, numbers=numbers, codes=codes)

    def moved(self, points: Points) -> Floats:
        """Return how far each number lies from its attacked row, in spreads, shape (points, number columns)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            moved: Floats = (points.numbers - self.origin.numbers[points.rows]) / self.spreads
        return moved if self._all_movable else np.where(self.movable[points.rows], moved, 0.0)

    def exchanged(self, points: Points) -> NDArray[np.bool_]:
        """Return whether each category is another one, shape (points, category columns)."""
        changed: NDArray[np.bool_] = points.codes != self.origin.codes[points.rows]
        return changed

    def distances(self, points: Points) -> Floats:
        """Return what each point's change costs, shape (points,)."""
        moved, exchanged = self.moved(points), self.exchanged(points)
        cost = self.category_cost
        if self.norm == "l2":
            total: Floats = np.sqrt((moved**2).sum(axis=1) + cost**2 * exchanged.sum(axis=1))
        else:
            total = np.maximum(np.abs(moved).max(axis=1, initial=0.0), cost * exchanged.any(axis=1))
        return total

    def reach(self) -> Floats:
        """Return the cost of the largest allowed change of each attacked row, shape (rows,)."""
        far = np.maximum(np.abs(self.highs - self.origin.numbers), np.abs(self.origin.numbers - self.lows))
        farthest = replace(self.origin, numbers=np.where(self.movable, self.origin.numbers + far, self.origin.numbers))
        farthest = replace(farthest, codes=np.where(self.exchangeable, -2, self.origin.codes))
        return self.distances(farthest)

    def smallest_change(self) -> float:
        """Return the least that any allowed change costs; infinite where nothing may change."""
        numbers = self.steps[self.movable.any(axis=0)]
        exchange = self.category_cost if self.exchangeable.any() else np.inf
        return float(min(numbers.min(initial=np.inf), exchange))

    def table(self, points: Points) -> pa.Table:
        """Return the points as the model reads them."""
        index = pa.array(points.rows)
        columns = {name: column.take(index) for name, column in self._kept.items()}
        # One column after the other in memory, so that a column is handed over as it lies.
        for one, values, nulls in zip(
            self.columns.numbers, np.ascontiguousarray(points.numbers.T), self._nulls, strict=True
        ):
            columns[one.name] = one.array(values, None if nulls is None else nulls[points.rows])
        for category, codes in zip(self.columns.categories, points.codes.T, strict=True):
            columns[category.name] = category.array(codes)
        return pa.Table.from_arrays([columns[field.name] for field in self._schema], schema=self._schema)


def _nulls(column: pa.ChunkedArray) -> NDArray[np.bool_] | None:
    return column.is_null().to_numpy().astype(np.bool_) if column.null_count else None
