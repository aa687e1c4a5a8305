"""The counting pass: rows in, one number for each combination of codes out.

The joint code is built in the narrowest type that holds it, in chunks that stay in the processor's cache, and counted
by ``numpy.bincount``; where it fits into a byte, two rows are counted at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.counted.cube import Axis, Cube, joint_code, weighed
from proofbox.checks.counted.rawcodes import RawColumn
from proofbox.checks.late import np, pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CELLS = 1 << 20
"""A joint table with more cells than this is counted by sorting, in memory that grows with what occurs."""

Settled: TypeAlias = "tuple[Axis, NDArray[np.int64]]"
"""A column's categories, and the category of each of its raw codes."""

_CHUNK_ROWS = 1 << 18
_PAIR_CELLS = 1 << 8


@dataclass(slots=True)
class _Sums:
    rows: NDArray[np.int64]
    weight: NDArray[np.float64] | None = None
    squared: NDArray[np.float64] | None = None


def count(columns: Sequence[RawColumn], weight: pa.ChunkedArray | None = None) -> Cube:
    """Count every combination of the columns' categories that occurs.

    Parameters
    ----------
    columns
        At least one; all of the same number of rows.
    weight
        Sample weights, numbers of at least 0; missing ones count as 0.

    Returns
    -------
    Cube
        Its axes are the columns, in their order.
    """
    settled = [column.settled() for column in columns]
    sizes = [column.size for column in columns]
    cells = math.prod(sizes)
    if cells > MOST_CELLS:
        return _sparse(columns, weight)
    names = [str(number) for number in range(len(columns))]
    arrays = [column.column for column in columns]
    table = pa.table([*arrays, *([] if weight is None else [weight])], names=[*names, *["w"][: weight is not None]])
    tally, sums = _Tally(cells), _Sums(rows=np.zeros(0, dtype=np.int64))
    if weight is not None:
        sums.weight, sums.squared = np.zeros(cells), np.zeros(cells)
    for batch in table.to_batches(max_chunksize=max(_CHUNK_ROWS, 4 * cells)):
        joint = narrow_joint([column.codes(batch.column(place)) for place, column in enumerate(columns)], sizes)
        tally.add(joint)
        if sums.weight is not None and sums.squared is not None:
            numbers = _weights(batch.column(len(columns)))
            sums.weight += weighed(joint, numbers, cells)
            sums.squared += weighed(joint, numbers * numbers, cells)
    sums.rows = tally.counts()
    there = np.flatnonzero(sums.rows)
    raw = np.stack(np.unravel_index(there, sizes)) if len(there) else np.zeros((len(columns), 0), dtype=np.int64)
    return _merged(
        settled,
        raw.astype(np.int64, copy=False),
        _Sums(
            rows=sums.rows[there],
            weight=None if sums.weight is None else sums.weight[there],
            squared=None if sums.squared is None else sums.squared[there],
        ),
    )


class _Tally:
    """Counts of joint codes, a chunk at a time; codes of a byte are counted two rows at once."""

    def __init__(self, cells: int) -> None:
        self._single = np.zeros(cells, dtype=np.int64)
        self._pairs: NDArray[np.int64] | None = None

    def add(self, joint: NDArray[np.unsignedinteger]) -> None:
        """Count the rows of a chunk."""
        if joint.dtype != np.uint8 or len(joint) < _PAIR_CELLS * _PAIR_CELLS:
            self._single += np.bincount(joint, minlength=len(self._single))
            return
        even = len(joint) & ~1
        pairs = np.bincount(joint[:even].view(np.uint16), minlength=_PAIR_CELLS * _PAIR_CELLS)
        self._pairs = pairs if self._pairs is None else self._pairs + pairs
        if even < len(joint):
            self._single[joint[even]] += 1

    def counts(self) -> NDArray[np.int64]:
        """Return shape (cells,): the rows counted so far."""
        if self._pairs is None:
            return self._single
        square = self._pairs.reshape(_PAIR_CELLS, _PAIR_CELLS)
        # Which of the two rows stands in which half does not matter: both are counted.
        total: NDArray[np.int64] = self._single + (square.sum(axis=0) + square.sum(axis=1))[: len(self._single)]
        return total


def narrow_joint(codes: Sequence[NDArray[np.generic]], sizes: Sequence[int]) -> NDArray[np.unsignedinteger]:
    """Return one code for each row, in the narrowest unsigned type that holds all of them."""
    cells = math.prod(sizes)
    kind = np.dtype(np.uint8 if cells < 1 << 8 else np.uint16 if cells < 1 << 16 else np.uint32)
    joint = codes[0].astype(kind)
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        np.multiply(joint, kind.type(size), out=joint)
        # A signed code of the same width is the same bits: none is negative.
        same_width = code.dtype.kind in "iu" and code.dtype.itemsize == kind.itemsize
        np.add(joint, code.view(kind) if same_width else code.astype(kind), out=joint)
    return joint


def _merged(settled: Sequence[Settled], raw: NDArray[np.int64], sums: _Sums) -> Cube:
    """Return the cube over categories: codes whose values have one text form become one, unused ones are left out."""
    axes, codes = [], []
    for (axis, places), code in zip(settled, raw, strict=True):
        category = places[code]
        used = np.zeros(axis.size, dtype=np.bool_)
        used[category] = True
        if axis.ordered:
            axes.append(axis)
            codes.append(category)
            continue
        names = tuple(name for name, is_used in zip(axis.categories, used, strict=False) if is_used)
        axes.append(replace(axis, categories=names))
        # Missing keeps the last place, whether or not it occurs.
        shifted = np.append(np.cumsum(used[:-1]) - 1, len(names))
        codes.append(shifted[category])
    cube = Cube(
        axes=tuple(axes), codes=np.stack(codes), rows=sums.rows, weight=sums.weight, weight_squared=sums.squared
    )
    # Codes that rise with their categories are in order and stand for one category each.
    rising = all(axis.ordered or (np.diff(places) > 0).all() for axis, places in settled)
    return cube if rising else cube.summed()


def _sparse(columns: Sequence[RawColumn], weight: pa.ChunkedArray | None) -> Cube:
    """Count by sorting the rows' joint codes, a chunk at a time."""
    settled = [column.settled() for column in columns]
    sizes = [axis.size for axis, _ in settled]
    table = pa.table(
        [*(column.column for column in columns), *([] if weight is None else [weight])],
        names=[*map(str, range(len(columns))), *["w"][: weight is not None]],
    )
    total: Cube | None = None
    for batch in table.to_batches(max_chunksize=1 << 20):
        codes = np.stack(
            [
                places[column.codes(batch.column(place)).astype(np.int64)]
                for place, (column, (_, places)) in enumerate(zip(columns, settled, strict=True))
            ]
        )
        _, first, place, rows = np.unique(
            joint_code(codes, sizes), return_index=True, return_inverse=True, return_counts=True
        )
        part = _Sums(rows=rows)
        if weight is not None:
            numbers = _weights(batch.column(len(columns)))
            part.weight = weighed(place, numbers, len(first))
            part.squared = weighed(place, numbers * numbers, len(first))
        identity = [(axis, np.arange(axis.size)) for axis, _ in settled]
        cube = _merged(identity, codes[:, first], part)
        total = cube if total is None else total + cube
    if total is None:
        total = _merged(settled, np.zeros((len(columns), 0), np.int64), _Sums(rows=np.zeros(0, np.int64)))
    return total


def _weights(part: pa.Array) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = part.cast(pa.float64(), safe=False).fill_null(0.0).to_numpy(zero_copy_only=False)
    return numbers
