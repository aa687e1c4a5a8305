"""Paths along a declared direction: rows that are equal but for one feature, which rises from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.late import np
from proofbox.checks.properties.bank import Picks
from proofbox.checks.properties.searching import Ground
from proofbox.checks.properties.smallest import MOST_PAIRS, Pair

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Cases: a real row, or one near it, of which one declared feature is moved so that the answer must not fall."""

    ground: Ground
    signs: Mapping[int, float]
    """Place of a declared feature -> 1 where the answer must not fall as it rises, -1 where it must not rise."""
    rows: NDArray[np.intp]
    """Shape (cases,): the real row that each comes from."""
    picks: Picks
    """Shape (cases * steps, features): path after path, each in the order in which the answer must not fall."""

    def falls(self, heights: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
        """Return shape (cases,): whether the answer is anywhere on the path lower than it was before."""
        steps = self._steps(heights)
        highest = np.maximum.accumulate(steps, axis=1)
        return np.asarray((highest - steps > tolerance * (1 + np.abs(highest))).any(axis=1), dtype=np.bool_)

    def pairs(self, heights: NDArray[np.float64], broken: NDArray[np.bool_]) -> Sequence[Pair]:
        """Return, for some of the broken cases, the two rows of the path between which the answer falls furthest."""
        steps = self._steps(heights)
        picks = self.picks.reshape(*steps.shape, -1)
        found = []
        for case in np.flatnonzero(broken)[:MOST_PAIRS]:
            second = int((np.maximum.accumulate(steps[case]) - steps[case]).argmax())
            first = int(steps[case][:second].argmax())
            cells = [tuple(int(cell) for cell in picks[case, step]) for step in (first, second)]
            found.append(Pair(int(self.rows[case]), *cells))
        return found

    def rises(self, place: int, first: int, second: int) -> bool:
        """Whether a cell moves in its declared direction from ``first`` to ``second``."""
        one, other = (self.ground.bank.value(place, cell) for cell in (first, second))
        if place not in self.signs or one is None or other is None:
            return False
        return (float(str(other)) - float(str(one))) * self.signs[place] > 0

    def _steps(self, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        return heights.reshape(len(self.rows), -1)


def rising_paths(ground: Ground, directions: Mapping[str, str], size: tuple[int, int], rng: Generator) -> Paths:
    """Draw paths.

    Parameters
    ----------
    directions
        Feature of numbers -> ``increasing`` or ``decreasing``; each path moves one of them, drawn at random.
    size
        Number of paths, and of steps in each.
    """
    bank, (cases, steps) = ground.bank, size
    rows, base = bank.near(cases, rng)
    picks = np.repeat(base, steps, axis=0).reshape(cases, steps, -1)
    places = {ground.place(name): 1.0 if said == "increasing" else -1.0 for name, said in directions.items()}
    which = rng.integers(0, len(places), cases)
    for number, (place, sign) in enumerate(places.items()):
        moved = np.flatnonzero(which == number)
        values = bank.numbers(place)
        path = bank.other(place, len(moved) * steps, rng).reshape(len(moved), steps)
        # A missing value has no place on a path: some value that there is stands in for it.
        path[~np.isfinite(values[path])] = int(np.flatnonzero(np.isfinite(values))[0])
        order = np.argsort(sign * values[path], axis=1, kind="stable")
        picks[moved, :, place] = np.take_along_axis(path, order, axis=1)
    return Paths(ground=ground, signs=places, rows=rows, picks=picks.reshape(cases * steps, -1))
