"""Find the rows of one table that also stand in another, exactly, without a loop over rows.

Rows are looked up by a hash of their cells, and each hit is compared cell by cell, so that a collision never makes a
duplicate and never hides one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.late import np, pa
from proofbox.checks.leaks.cells import Bits, Cells, kind_of, row_hashes

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pairs = Sequence[tuple[str, str]]
"""Columns that are compared: (name in the first table, name in the second)."""

_FEWEST_BITS, _MOST_BITS = 10, 27
"""Of a hash, so many of the highest are looked up before anything is sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Rows of the first table that stand in the second."""

    rows: NDArray[np.intp]
    """Sorted rows of the first table."""
    found_at: NDArray[np.intp]
    """For each, a row of the second table that equals it: the first one."""


def matching_rows(first: pa.Table, second: pa.Table, columns: Pairs) -> Matches:
    """Return the rows of ``first`` that equal some row of ``second`` in all the given columns, at least one."""
    ours: list[Cells] = []
    theirs: list[Cells] = []
    for one, other in columns:
        pair = first.column(one), second.column(other)
        kind = kind_of(pair[0].type, pair[1].type)
        ours.append(Cells.of(pair[0], kind))
        theirs.append(Cells.of(pair[1], kind))
    our_hash, their_hash = row_hashes(ours), row_hashes(theirs)
    candidates = likely(their_hash, our_hash)
    rows = likely(our_hash, their_hash[candidates])
    mine = [word for column in ours for word in column.exact(rows)]
    others = [word for column in theirs for word in column.exact(candidates)]
    found = equal_rows((our_hash[rows], mine), (their_hash[candidates], others))
    return Matches(rows=rows[found.rows], found_at=candidates[found.found_at])


def likely(hashes: Bits, others: Bits) -> NDArray[np.intp]:
    """Return where in ``hashes`` a value stands that may be among ``others``; one that is, is never left out."""
    bits = min(max(len(others).bit_length() + 4, _FEWEST_BITS), _MOST_BITS)
    shift = np.uint64(64 - bits)
    there = np.zeros(1 << bits, dtype=np.bool_)
    there[others >> shift] = True
    return np.flatnonzero(there[hashes >> shift])


def equal_rows(first: tuple[Bits, Sequence[Bits]], second: tuple[Bits, Sequence[Bits]]) -> Matches:
    """Return the rows of ``first`` that equal some row of ``second``; each is (hash of each row, words column-wise)."""
    (our_hash, ours), (their_hash, theirs) = first, second
    order = np.argsort(their_hash, kind="stable")
    sorted_hash = their_hash[order]
    place = np.searchsorted(sorted_hash, our_hash)
    open_rows = np.arange(len(our_hash))
    hits: list[NDArray[np.intp]] = []
    found: list[NDArray[np.intp]] = []
    # A turn looks at one candidate of each open row; only a collision ever needs a second turn.
    while len(open_rows):
        there = place[open_rows] < len(sorted_hash)
        open_rows = open_rows[there]
        open_rows = open_rows[sorted_hash[place[open_rows]] == our_hash[open_rows]]
        candidates = order[place[open_rows]]
        equal = np.ones(len(open_rows), dtype=np.bool_)
        for one, other in zip(ours, theirs, strict=True):
            equal &= one[open_rows] == other[candidates]
        hits.append(open_rows[equal])
        found.append(candidates[equal])
        open_rows = open_rows[~equal]
        place[open_rows] += 1
    rows = np.concatenate([*hits, np.array([], dtype=np.intp)])
    found_at = np.concatenate([*found, np.array([], dtype=np.intp)])
    by_row = np.argsort(rows, kind="stable")
    return Matches(rows=rows[by_row], found_at=found_at[by_row])
