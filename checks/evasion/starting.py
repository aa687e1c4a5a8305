"""Where a search begins: at rows that the model decides differently, with what may not change as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.evasion.columns import Codes
from proofbox.checks.evasion.space import Points, Rows, Space
from proofbox.checks.evasion.tracks import MOST_CELLS, Tracks
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

MOST_DONORS = 20_000
"""Other rows among which the nearest is looked for."""
_NEAREST, _ANYWHERE = 8, 32
"""Points asked about for each row: the nearest rows of another decision, then random ones where none of them turns."""


class Donors:
    """Rows of the data that lend their values, with how the model decides them."""

    def __init__(self, space: Space, table: pa.Table, codes: NDArray[np.int64]) -> None:
        """Read the rows.

        Parameters
        ----------
        table
            Shape (donors, features).
        codes
            Shape (donors,): the decisions on them.
        """
        self._space, self.decided = space, codes
        self.numbers, self.codes = space.columns.matrix(table), space.columns.codes(table)

    def lent(self, rows: Rows, donors: NDArray[np.intp]) -> Points:
        """Return attacked rows with the values of donors where they may change and the donor has one."""
        origin = self._space.origin.take(rows)
        numbers, codes = self.numbers[donors], self.codes[donors]
        there = [np.isin(codes[:, place], one.seen) for place, one in enumerate(self._space.columns.categories)]
        known = np.column_stack(there) if there else np.zeros(codes.shape, dtype=np.bool_)
        lent = Points(
            rows=rows,
            numbers=np.where(np.isfinite(numbers), numbers, origin.numbers),
            codes=np.where(known, codes, origin.codes),
        )
        return self._space.allowed(lent)

    def nearest(self, row: int, decided: int, most: int) -> NDArray[np.intp]:
        """Return the donors nearest to a row among those decided differently, nearest first."""
        others = np.flatnonzero(self.decided != decided)
        lent = self.lent(np.full(len(others), row), others)
        return others[_smallest(self._space.distances(lent), most)]


def _smallest(values: Floats, most: int) -> NDArray[np.intp]:
    """Return the places of the smallest values, in order; of equal ones the first. Only those few are sorted."""
    places = np.arange(len(values))
    if len(values) > most:
        places = np.flatnonzero(values <= np.partition(values, most - 1)[most - 1])
    return places[np.argsort(values[places], kind="stable")][:most]


def most_donors(space: Space) -> int:
    """Return how many donors can be held."""
    width = max(1, len(space.columns.numbers) + len(space.columns.categories))
    return int(min(MOST_DONORS, max(200, MOST_CELLS // width)))


def start(tracks: Tracks, donors: Donors, decided: Codes, rng: Generator) -> Asking[None]:
    """Ask about the nearest rows of another decision; for rows that no such change turns, about random ones.

    Parameters
    ----------
    decided
        Shape (rows,): how the attacked rows are decided, in the codes of the donors.
    """
    space = tracks.space
    near = [donors.nearest(row, int(code), _NEAREST) for row, code in enumerate(decided)]
    rows = np.repeat(np.arange(len(near)), [len(one) for one in near])
    if len(rows):
        yield from tracks.ask(donors.lent(rows, np.concatenate(near)))
    without = np.flatnonzero(~tracks.found)
    if len(without):
        yield from tracks.ask(anywhere(space, np.repeat(without, _ANYWHERE), rng))


def anywhere(space: Space, rows: Rows, rng: Generator) -> Points:
    """Return random allowed points, each cell drawn from all that it may be."""
    numbers: Floats = space.lows + (space.highs - space.lows) * rng.random((len(rows), len(space.lows)))
    codes = space.origin.codes[rows].copy()
    for place, one in enumerate(space.columns.categories):
        codes[:, place] = rng.choice(one.seen, len(rows))
    return space.allowed(Points(rows=rows, numbers=numbers, codes=codes))
