"""Find rows of one file in another where neither is held: hashes of bounded number, then digests of the few hits.

Both files are read in batches, as often as needed. Equal means that 128 bits of BLAKE2b over the cells are equal, the
cells being words of :mod:`proofbox.checks.leaks.cells`; a hash alone never makes a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.late import np, pa
from proofbox.checks.leaks.cells import MISSING, Bits, Cells, kind_of, row_digests, row_hashes
from proofbox.checks.leaks.rowmatch import Matches, Pairs, equal_rows, likely, matching_rows
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """One batch, as one question sees it."""

    question: str
    at: int
    """Place of its first row in the file."""
    cells: list[Cells]
    hashes: Bits
    rows: NDArray[np.intp]
    """The rows of the batch that are asked about."""


def matches_of(first: Dataset, second: Dataset, sets: Mapping[str, RowSet]) -> dict[str, Matches]:
    """Return, for each question, the rows of ``first`` that equal some row of ``second``, the first that does.

    Files that are held are compared as they lie; otherwise memory does not grow with the files, but for the answer.
    """
    if first.source is None and second.source is None:
        return {name: _held(first.table, second.table, one) for name, one in sets.items()}
    parts = max(1, -(-first.rows * len(sets) // MOST_HASHES))
    several = [_part(first, second, sets, (part, parts)) for part in range(parts)]
    found: dict[str, Matches] = {}
    for name in sets:
        rows = np.concatenate([some[name].rows for some in several])
        order = np.argsort(rows, kind="stable")
        found_at = np.concatenate([some[name].found_at for some in several])
        found[name] = Matches(rows=rows[order], found_at=found_at[order])
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


def _part(first: Dataset, second: Dataset, sets: Mapping[str, RowSet], part: _Part) -> dict[str, Matches]:
    """Answer for the rows whose hash falls into one part of several."""
    turned = {
        name: RowSet(columns=[(other, one) for one, other in asked.columns], known=asked.known)
        for name, asked in sets.items()
    }
    ours: dict[str, list[Bits]] = {name: [np.zeros(0, dtype=np.uint64)] for name in sets}
    for read in _read(first, second, sets, part):
        ours[read.question].append(read.hashes[read.rows])
    wanted = {name: np.concatenate(several) for name, several in ours.items()}
    theirs = _hits(_read(second, first, turned, part), wanted, distinct=True)
    hashes = {name: hits.hashes for name, hits in theirs.items()}
    mine = _hits(_read(first, second, sets, part), hashes, distinct=False)
    found: dict[str, Matches] = {}
    for name in sets:
        sides = [(one.digests[:, 0], [one.digests[:, 0], one.digests[:, 1]]) for one in (mine[name], theirs[name])]
        equal = equal_rows(*sides)
        found[name] = Matches(rows=mine[name].rows[equal.rows], found_at=theirs[name].rows[equal.found_at])
    return found


def _read(data: Dataset, other: Dataset, sets: Mapping[str, RowSet], part: _Part) -> Iterator[_Read]:
    """Read a file once for all questions; ``other`` says by its types how cells are compared."""
    pairs = dict.fromkeys(pair for asked in sets.values() for pair in asked.columns)
    kinds = {(one, two): kind_of(data.table.column(one).type, other.table.column(two).type) for one, two in pairs}
    at = 0
    for batch in data.batches(list(dict.fromkeys(one for one, _ in pairs))):
        cells = {pair: Cells.of(batch.column(pair[0]), kinds[pair]) for pair in pairs}
        for name, asked in sets.items():
            columns = [cells[pair] for pair in asked.columns]
            hashes = row_hashes(columns)
            wanted = hashes % np.uint64(part[1]) == np.uint64(part[0])
            if asked.known:
                for column in columns:
                    wanted &= column.words(slice(None)) != MISSING
            yield _Read(question=name, at=at, cells=columns, hashes=hashes, rows=np.flatnonzero(wanted))
        at += batch.num_rows


def _hits(batches: Iterable[_Read], others: Mapping[str, Bits], *, distinct: bool) -> dict[str, _Hits]:
    """Return, for each question, the rows whose hash may be among ``others``, each with its digest.

    Parameters
    ----------
    distinct
        Whether the first of equal rows is enough, so that a row that repeats takes no more memory.
    """
    kept: dict[str, list[_Hits]] = {name: [] for name in others}
    for read in batches:
        hit = read.rows[likely(read.hashes[read.rows], others[read.question])]
        several = kept[read.question]
        several.append(_Hits(rows=hit + read.at, hashes=read.hashes[hit], digests=row_digests(read.cells, hit)))
        if distinct and sum(len(one.rows) for one in several) > MOST_HASHES:
            several[:] = [_first_of_each(_joined(several))]
    joined = {name: _joined(several) for name, several in kept.items()}
    return {name: _first_of_each(one) for name, one in joined.items()} if distinct else joined


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
