"""Rows that are equal but for a little in their numbers: measured again, converted, rounded or shaken.

Two rows are near if they are equal in everything that is no number, and no number differs by more than its tolerance.
Numbers are sorted into cells 50 tolerances wide, in a few columns; a row that lies close to the edge of its cell is
looked up in the neighbouring cell too, so that no near pair is missed; each candidate is compared number by number.

Where rows lie dense, some are near others by chance. How many shows when the same rows are looked for ten tolerances
away, where no row has its copy and the density is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np, pa, pt
from proofbox.checks.leaks.cells import Bits, Cells, floats, kind_of, row_hashes
from proofbox.checks.leaks.rowmatch import Matches, Pairs, likely

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"
Rows: TypeAlias = "NDArray[np.intp]"

_WIDTH = 50.0
"""Width of a cell in tolerances: one row in 25 lies close to an edge."""

_SORTED_BY = 6
"""Columns by which rows are sorted into cells, at most: a row is looked up in 2 ** 6 cells at worst."""

_OFFSET = 0.377
"""Where cells begin, as a share of their width: not at 0, where round numbers would lie on the edges."""

_LOOKED_AT = 10_000
_AWAY = 10.0
"""Tolerances by which rows are displaced: more than two, so that no row finds its own copy."""

_BLOCK = 1 << 16
_MOST_TURNS = 500
"""Training rows that a row is compared with, at most, in one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One of the two tables."""

    numbers: list[Floats]
    others: list[Cells]

    def take(self, rows: Rows) -> list[Floats]:
        return [column[rows] for column in self.numbers]


def near_rows(
    first: pa.Table, second: pa.Table, columns: Pairs, within: Sequence[float], *, displaced: bool = False
) -> Matches:
    """Return the rows of ``first`` that are near some row of ``second``; none where near could only mean equal.

    Parameters
    ----------
    within
        For each of the columns, how far apart two numbers may lie; 0 for columns that must be equal.
    displaced
        Whether rows are looked for where they are not: ten tolerances away in every column whose values mostly differ.
        What is found is found by chance; nothing is where there is no such column.
    """
    sides = _sides(first, second, columns, within)
    if sides is None:
        return _none()
    ours, theirs, tolerance = sides
    if displaced:
        moved = [_mostly_differ(column) for column in theirs.numbers]
        if not any(moved):
            return _none()
        steps = _AWAY * tolerance * moved
        ours = _Side(
            numbers=[column + step for column, step in zip(ours.numbers, steps, strict=True)], others=ours.others
        )
    by = _telling(theirs, tolerance)
    keys = _keys(theirs, [_cells(theirs.numbers[place], tolerance[place])[0] for place in by], None)
    order = np.argsort(keys, kind="stable")
    rows, found = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
    for start in range(0, first.num_rows, _BLOCK):
        block = np.arange(start, min(start + _BLOCK, first.num_rows))
        probes, looked_up = _probes(ours, block, by, tolerance)
        hit, at = _compared((ours, theirs), (probes, looked_up), (keys, order), tolerance)
        rows.append(hit)
        found.append(at)
    return Matches(rows=np.concatenate(rows), found_at=np.concatenate(found))


def _none() -> Matches:
    return Matches(rows=np.zeros(0, dtype=np.intp), found_at=np.zeros(0, dtype=np.intp))


def _sides(
    first: pa.Table, second: pa.Table, columns: Pairs, within: Sequence[float]
) -> tuple[_Side, _Side, Floats] | None:
    """Return both tables' numbers that may differ, all else, and the tolerances; None where no number may differ."""
    pairs = [(first.column(one), second.column(other)) for one, other in columns]
    kinds = [kind_of(one.type, other.type) for one, other in pairs]
    loose = [
        place
        for place, ((one, other), kind) in enumerate(zip(pairs, kinds, strict=True))
        if within[place] > 0
        and kind != "text"
        and not pt.is_temporal(other.type)
        and not _in_steps(floats(one), floats(other), within[place])
    ]
    if not loose:
        return None
    ours, theirs = (
        _Side(
            numbers=[floats(pairs[place][side]) for place in loose],
            others=[Cells.of(pairs[place][side], kinds[place]) for place in range(len(pairs)) if place not in loose],
        )
        for side in (0, 1)
    )
    return ours, theirs, np.array([within[place] for place in loose])


def _in_steps(ours: Floats, theirs: Floats, within: float) -> bool:
    """Whether all values lie further apart than the tolerance, so that near is equal: grades, counts, codes."""
    if _mostly_differ(theirs):
        return False
    values = np.unique(np.concatenate([np.unique(ours), np.unique(theirs)]))
    gaps = np.diff(values[np.isfinite(values)])
    return bool((gaps > within).all())


def _mostly_differ(numbers: Floats) -> bool:
    """Whether a column is one of measurements, by its first values, and not of a few steps."""
    some = numbers[:_LOOKED_AT]
    return len(np.unique(some)) > len(some) / 2


def _telling(side: _Side, tolerance: Floats) -> list[int]:
    """Return the columns that sort rows into the most cells, judged by the first rows."""
    cells = [
        len(np.unique(_cells(column[:_LOOKED_AT], tolerance[place])[0])) for place, column in enumerate(side.numbers)
    ]
    return sorted(range(len(cells)), key=lambda place: (-cells[place], place))[:_SORTED_BY]


def _cells(numbers: Floats, tolerance: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each number's cell, and the cell beside it that a near number may lie in (its own where none may)."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.clip(numbers / (_WIDTH * tolerance) + _OFFSET, -(2.0**62), 2.0**62)
        known = ~np.isnan(scaled)
        floor = np.floor(np.where(known, scaled, 0.0))
        inside = np.where(known, scaled, 0.5) - floor
        cell = np.where(known, floor, -(2.0**63)).astype(np.int64)
        # A little more than the tolerance, for what rounding takes away.
        edge = 1.001 / _WIDTH
        beside = cell + np.where(known, (inside > 1 - edge).astype(np.int64) - (inside < edge), 0)
    return cell, beside


def _probes(side: _Side, block: Rows, by: Sequence[int], tolerance: Floats) -> tuple[Rows, Bits]:
    """Return rows, each as often as it has cells to be looked up in, and the keys of those cells."""
    rows = block
    cells: list[NDArray[np.int64]] = []
    for place in by:
        own, beside = _cells(side.numbers[place][rows], tolerance[place])
        twice = np.flatnonzero(own != beside)
        cells = [np.concatenate([column, column[twice]]) for column in cells]
        cells.append(np.concatenate([own, beside[twice]]))
        rows = np.concatenate([rows, rows[twice]])
    return rows, _keys(side, cells, rows)


def _keys(side: _Side, cells: Sequence[NDArray[np.int64]], rows: Rows | None) -> Bits:
    sorted_by = [Cells(values=column.view(np.uint64), distinct=None) for column in cells]
    others = side.others if rows is None else [
        Cells(values=column.values[rows], distinct=column.distinct) for column in side.others
    ]  # fmt: skip
    return row_hashes([*sorted_by, *others])


def _compared(
    sides: tuple[_Side, _Side], probes: tuple[Rows, Bits], second: tuple[Bits, Rows], tolerance: Floats
) -> tuple[Rows, Rows]:
    """Compare each probe with the rows of its cell, one a turn, until its row has found a near one."""
    (ours, theirs), (rows, looked_up), (keys, order) = sides, probes, second
    some = likely(looked_up, keys)
    rows, looked_up = rows[some], looked_up[some]
    sorted_keys = keys[order]
    place = np.searchsorted(sorted_keys, looked_up)
    hits, found = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
    open_ = np.arange(len(rows))
    for _ in range(_MOST_TURNS):
        open_ = open_[place[open_] < len(order)]
        open_ = open_[sorted_keys[place[open_]] == looked_up[open_]]
        if not len(open_):
            break
        at = order[place[open_]]
        near = _near(ours, theirs, rows[open_], at, tolerance)
        # Of several cells the one with the earliest training row counts, so that two runs agree.
        first = np.lexsort((at[near], rows[open_][near]))
        hit, one = np.unique(rows[open_][near][first], return_index=True)
        hits.append(hit)
        found.append(at[near][first][one])
        open_ = open_[~np.isin(rows[open_], hit)]
        place[open_] += 1
    by_row = np.argsort(np.concatenate(hits), kind="stable")
    return np.concatenate(hits)[by_row], np.concatenate(found)[by_row]


def _near(ours: _Side, theirs: _Side, rows: Rows, at: Rows, tolerance: Floats) -> NDArray[np.bool_]:
    near = np.ones(len(rows), dtype=np.bool_)
    for one, other, apart in zip(ours.take(rows), theirs.take(at), tolerance, strict=True):
        with np.errstate(invalid="ignore"):
            near &= (np.abs(one - other) <= apart) | (one == other) | (np.isnan(one) & np.isnan(other))
    for mine, other_cells in zip(ours.others, theirs.others, strict=True):
        for word, word_there in zip(mine.exact(rows), other_cells.exact(at), strict=True):
            near &= word == word_there
    return near
