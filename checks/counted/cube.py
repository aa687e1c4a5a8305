"""The joint table of some columns: how many rows hold each combination of categories that occurs.

Cubes of parts of the data add up to the cube of the whole, whatever order their categories were met in, so that batches
of a file, shards and machines can be counted apart. Every smaller table is a sum over a cube; rows are not read again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CODES = 1 << 62
"""Joint codes are 64-bit numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One column of a cube."""

    name: str
    categories: tuple[str, ...]
    """Categories that occur, in text form: numbers in the order of numbers, text in the order of text. The code
    ``len(categories)`` stands for a missing value."""
    numeric: bool = False
    """Whether every category is a number (and the column is neither text nor bins)."""
    ordered: bool = False
    """Whether the categories are declared bins, whose order is kept."""

    @property
    def size(self) -> int:
        """Number of codes, with that of missing values."""
        return len(self.categories) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """Counts of every combination of categories that occurs."""

    axes: tuple[Axis, ...]
    codes: NDArray[np.int64]
    """Shape (axes, cells): the combination that each cell counts."""
    rows: NDArray[np.int64]
    """Shape (cells,): rows in each cell; at least 1."""
    weight: NDArray[np.float64] | None = None
    """Shape (cells,): sum of the rows' sample weights; None where the data carry none."""
    weight_squared: NDArray[np.float64] | None = None
    """Shape (cells,): sum of the squared weights, from which effective numbers of rows follow."""

    def axis(self, name: str) -> Axis:
        """Return the axis of that name."""
        return next(axis for axis in self.axes if axis.name == name)

    def of(self, name: str) -> NDArray[np.int64]:
        """Return shape (cells,): each cell's code on one axis."""
        code: NDArray[np.int64] = self.codes[[axis.name for axis in self.axes].index(name)]
        return code

    def over(self, names: Sequence[str]) -> Cube:
        """Return the cube of some of the columns, in that order, summed over the others."""
        if tuple(names) == tuple(axis.name for axis in self.axes):
            return self
        return _summed(
            tuple(self.axis(name) for name in names),
            np.stack([self.of(name) for name in names]) if names else self.codes[:0],
            (self.rows, self.weight, self.weight_squared),
        )

    def summed(self) -> Cube:
        """Return the cube in which equal combinations are one cell, in the order of their codes."""
        return _summed(self.axes, self.codes, (self.rows, self.weight, self.weight_squared))

    def __add__(self, other: Cube) -> Cube:
        """Return the cube of both parts of the data together; the axes have the same names in the same order."""
        axes = tuple(_union(first, second) for first, second in zip(self.axes, other.axes, strict=True))
        codes = np.concatenate([_recoded(self, axes), _recoded(other, axes)], axis=1)
        parts = ((self.rows, other.rows), (self.weight, other.weight), (self.weight_squared, other.weight_squared))
        rows, weight, squared = (
            None if one is None or two is None else np.concatenate([one, two]) for one, two in parts
        )
        assert rows is not None
        return _summed(axes, codes, (rows, weight, squared))


Sums: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.float64] | None, NDArray[np.float64] | None]"
"""Rows, weights and squared weights, each of shape (cells,)."""


def in_order(texts: set[str], *, numeric: bool) -> tuple[str, ...]:
    """Return categories in the order in which they are shown."""
    return tuple(sorted(texts, key=_as_number) if numeric else sorted(texts))


def joint_code(codes: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return one code for each combination.

    Parameters
    ----------
    codes
        Shape (axes, n).
    sizes
        Number of codes of each axis; their product is below 2**62.
    """
    joint = np.zeros(codes.shape[1], dtype=np.int64)
    for code, size in zip(codes, sizes, strict=True):
        joint = joint * size + code
    return joint


def weighed(place: NDArray[Any], weights: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return shape (size,): the sum of the weights at each place."""
    total: NDArray[np.float64] = np.bincount(place, weights=weights, minlength=size).astype(np.float64, copy=False)
    return total


def _summed(axes: tuple[Axis, ...], codes: NDArray[np.int64], sums: Sums) -> Cube:
    """Return the cube in which equal combinations are one cell, in the order of their codes."""
    sizes = [axis.size for axis in axes]
    if math.prod(sizes) < _MOST_CODES:
        _, first, place = np.unique(joint_code(codes, sizes), return_index=True, return_inverse=True)
    else:
        _, first, place = np.unique(codes, axis=1, return_index=True, return_inverse=True)
    rows, weight, squared = sums
    found = np.zeros(len(first), dtype=np.int64)
    np.add.at(found, place, rows)
    return Cube(
        axes=axes,
        codes=codes[:, first],
        rows=found,
        weight=None if weight is None else weighed(place, weight, len(first)),
        weight_squared=None if squared is None else weighed(place, squared, len(first)),
    )


def _union(first: Axis, second: Axis) -> Axis:
    if first == second or first.ordered:
        return first
    numeric = (first.numeric or not first.categories) and (second.numeric or not second.categories)
    return Axis(
        name=first.name,
        categories=in_order({*first.categories, *second.categories}, numeric=numeric),
        numeric=numeric,
    )


def _recoded(cube: Cube, axes: tuple[Axis, ...]) -> NDArray[np.int64]:
    if axes == cube.axes or not axes:
        return cube.codes
    return np.stack([_places(axis, new)[code] for code, axis, new in zip(cube.codes, cube.axes, axes, strict=True)])


def _places(axis: Axis, new: Axis) -> NDArray[np.int64]:
    place = {text: code for code, text in enumerate(new.categories)}
    return np.array([*(place[text] for text in axis.categories), len(new.categories)], dtype=np.int64)


def _as_number(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        # Booleans and dates: no number, yet no text either.
        return math.inf, text
