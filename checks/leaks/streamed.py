"""Find rows of one file in another where neither is held: hashes of bounded number, then digests of the few hits.

Both files are read in batches, as often as needed. Equal means that 128 bits of BLAKE2b over the cells are equal, the
cells being words of :mod:`proofbox.checks.leaks.cells`; a hash alone never makes a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from proofbox.checks.leaks.cells import MISSING, Bits, Cells, kind_of, row_digests, row_hashes
from proofbox.checks.rowmatch import Matches, Pairs, equal_rows, likely, matching_rows
from proofbox.checks.subject import Dataset

MOST_HASHES = 1 << 24
"""Hashes of the first file that are held at once; a longer file is looked at part by part, by what its hashes are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """A question: which rows are equal in these columns."""

    columns: Pairs
    known: bool = False
    """Whether rows without a value in one of the columns equal nothing (keys), not even each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hits:
    """Rows of one file whose hash may occur in the other."""

    rows: NDArray[np.intp]
    hashes: Bits
    digests: Bits
    """Shape (rows, 2)."""


_Part = tuple[int, int]
"""Which part of the hashes, of how many."""

_Read = tuple[int, list[Cells], Bits, NDArray[np.intp]]
"""Place of a batch's first row, its cells, the hash of each row, and the rows of the batch that are asked about."""


def matches_of(first: Dataset, second: Dataset, sets: Mapping[str, RowSet]) -> dict[str, Matches]:
    """Return, for each question, the rows of ``first`` that equal some row of ``second``, the first that does.

    Files that are held are compared as they lie; otherwise memory does not grow with the files, but for the answer.
    """
    if first.source is None and second.source is None:
        return {name: _held(first.table, second.table, one) for name, one in sets.items()}
    parts = max(1, -(-first.rows // MOST_HASHES))
    found: dict[str, Matches] = {}
    for name, one in sets.items():
        several = [_part(first, second, one, (part, parts)) for part in range(parts)]
        rows = np.concatenate([some.rows for some in several])
        order = np.argsort(rows, kind="stable")
        found[name] = Matches(rows=rows[order], found_at=np.concatenate([some.found_at for some in several])[order])
    return found


def _held(first: pa.Table, second: pa.Table, asked: RowSet) -> Matches:
    found = matching_rows(first, second, asked.columns)
    if not asked.known:
        return found
    known = np.ones(len(found.rows), dtype=np.bool_)
    for name, other in asked.columns:
        column = first.column(name).take(pa.array(found.rows))
        cells = Cells.of(column, kind_of(column.type, second.column(other).type))
        known &= cells.words(slice(None)) != MISSING
    return Matches(rows=found.rows[known], found_at=found.found_at[known])


def _part(first: Dataset, second: Dataset, asked: RowSet, part: _Part) -> Matches:
    """Answer for the rows whose hash falls into one part of several."""
    turned = RowSet(columns=[(other, one) for one, other in asked.columns], known=asked.known)
    held = [hashes[rows] for _, _, hashes, rows in _read(first, second, asked, part)]
    ours = np.concatenate([*held, np.zeros(0, dtype=np.uint64)])
    theirs = _distinct(_hits(_read(second, first, turned, part), ours))
    mine = _joined(_hits(_read(first, second, asked, part), theirs.hashes))
    sides = [(one.digests[:, 0], [one.digests[:, 0], one.digests[:, 1]]) for one in (mine, theirs)]
    found = equal_rows(*sides)
    return Matches(rows=mine.rows[found.rows], found_at=theirs.rows[found.found_at])


def _read(data: Dataset, other: Dataset, asked: RowSet, part: _Part) -> Iterator[_Read]:
    """Read a file once; ``other`` says by its types how cells are compared."""
    kinds = [kind_of(data.table.column(one).type, other.table.column(two).type) for one, two in asked.columns]
    names = [one for one, _ in asked.columns]
    at = 0
    for batch in data.batches(list(dict.fromkeys(names))):
        cells = [Cells.of(batch.column(name), kind) for name, kind in zip(names, kinds, strict=True)]
        hashes = row_hashes(cells)
        wanted = hashes % np.uint64(part[1]) == np.uint64(part[0])
        if asked.known:
            for column in cells:
                wanted &= column.words(slice(None)) != MISSING
        yield at, cells, hashes, np.flatnonzero(wanted)
        at += batch.num_rows


def _hits(read: Iterable[_Read], others: Bits) -> Iterator[_Hits]:
    """Yield, batch by batch, the rows whose hash may be among ``others``, each with its digest."""
    for at, cells, hashes, rows in read:
        hit = rows[likely(hashes[rows], others)]
        yield _Hits(rows=hit + at, hashes=hashes[hit], digests=row_digests(cells, hit))


def _distinct(several: Iterable[_Hits]) -> _Hits:
    """Return the hits with the first row of each digest alone, so that a row that repeats takes no more memory."""
    kept: list[_Hits] = []
    for hits in several:
        kept.append(hits)
        if sum(len(one.rows) for one in kept) > MOST_HASHES:
            kept = [_first_of_each(_joined(kept))]
    return _first_of_each(_joined(kept))


def _first_of_each(hits: _Hits) -> _Hits:
    # Stable, so that of equal rows the first in the file stands first.
    order = np.lexsort((hits.digests[:, 1], hits.digests[:, 0]))
    sorted_digests = hits.digests[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (sorted_digests[1:] != sorted_digests[:-1]).any(axis=1)
    rows = np.sort(order[new])
    return _Hits(rows=hits.rows[rows], hashes=hits.hashes[rows], digests=hits.digests[rows])


def _joined(several: Iterable[_Hits]) -> _Hits:
    kept = list(several)
    return _Hits(
        rows=np.concatenate([*(one.rows for one in kept), np.zeros(0, dtype=np.intp)]),
        hashes=np.concatenate([*(one.hashes for one in kept), np.zeros(0, dtype=np.uint64)]),
        digests=np.concatenate([*(one.digests for one in kept), np.zeros((0, 2), dtype=np.uint64)]),
    )
