"""What an attack knows of each row: the nearest point found that turns the decision, and what it took to find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import differ, part_of
from proofbox.checks.asked.failing import failing_row
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.evasion.space import Points, Rows, Space
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.subject import Decisions

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CELLS = 4_000_000
"""Cells of the points that are held at one time."""

MOST_UNANSWERED = 3
"""Rows without an answer after which a search ends: each costs a dozen new starts of the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """An allowed change that the model gave no answer to."""

    point: Points
    """One point."""
    error: ModelFailedError


class Tracks:
    """The state of a search, one place for each attacked row."""

    def __init__(self, space: Space, decisions: Decisions) -> None:
        """Begin with nothing found.

        Parameters
        ----------
        decisions
            Of the attacked rows as submitted.
        """
        self.space, self._decisions = space, decisions
        rows = len(space.origin)
        self.distance: Floats = np.full(rows, np.inf)
        """Shape (rows,): cost of the nearest point found; infinite where there is none."""
        self.asked: NDArray[np.int64] = np.zeros(rows, dtype=np.int64)
        """Shape (rows,): points asked about."""
        self.unanswered: list[Unanswered] = []
        """Points that the model gave no answer to, at most one for each row."""
        self._numbers, self._codes = space.origin.numbers.copy(), space.origin.codes.copy()

    @property
    def found(self) -> NDArray[np.bool_]:
        """Shape (rows,): whether there is a point that turns the decision."""
        return np.isfinite(self.distance)

    def best(self, rows: Rows) -> Points:
        """Return the nearest points found for some rows; the row as submitted where there is none."""
        return Points(rows=rows, numbers=self._numbers[rows], codes=self._codes[rows])

    def ask(self, points: Points) -> Asking[NDArray[np.bool_]]:
        """Ask about allowed points, keep those that come nearest, and return which of them turn the decision.

        A point over which the model falls turns the decision into none; one that it refuses does not. Its row is asked
        about no more.

        Raises
        ------
        ModelFailedError
            The model did not answer, and no single point was found that it does not answer.
        """
        turned = np.zeros(len(points), dtype=np.bool_)
        for part in portions(np.arange(len(points)), self.space):
            turned[part] = yield from self._answers(points.take(part))
        self.asked += np.bincount(points.rows, minlength=len(self.asked))
        self._keep(points.take(turned))
        return turned

    def _answers(self, points: Points) -> Asking[NDArray[np.bool_]]:
        turned = np.zeros(len(points), dtype=np.bool_)
        while len(left := np.flatnonzero(~self.closed[points.rows])) and not self.over:
            some = points.take(left)
            table = self.space.table(some)
            try:
                answer = yield table
            except ModelFailedError as err:
                failure = yield from failing_row(table, err)
                if failure.row is None:
                    raise failure.error from err
                place = int(left[failure.row])
                turned[place] = not failure.error.refused
                self.unanswered.append(Unanswered(point=points.take([place]), error=failure.error))
            else:
                turned[left] = differ(part_of(self._decisions, some.rows), answer)
                break
        return turned

    @property
    def closed(self) -> NDArray[np.bool_]:
        """Shape (rows,): rows that are asked about no more, since the model gave no answer to a change of them."""
        return self._rows_of(self.unanswered)

    @property
    def fallen(self) -> NDArray[np.bool_]:
        """Shape (rows,): those of them over which it did not say no but crashed, hung or answered garbage."""
        return self._rows_of([one for one in self.unanswered if not one.error.refused])

    @property
    def over(self) -> bool:
        """Whether the model gave no answer so often that it is asked no more."""
        return len(self.unanswered) >= MOST_UNANSWERED

    def _rows_of(self, unanswered: Sequence[Unanswered]) -> NDArray[np.bool_]:
        there = np.zeros(len(self.distance), dtype=np.bool_)
        there[[int(one.point.rows[0]) for one in unanswered]] = True
        return there

    def _keep(self, points: Points) -> None:
        distances = self.space.distances(points)
        # The nearest of each row comes first; of equally near ones the one that was asked first.
        order = np.lexsort((distances, points.rows))
        rows, first = np.unique(points.rows[order], return_index=True)
        nearest = order[first]
        nearer = distances[nearest] < self.distance[rows]
        rows, nearest = rows[nearer], nearest[nearer]
        self.distance[rows] = distances[nearest]
        self._numbers[rows], self._codes[rows] = points.numbers[nearest], points.codes[nearest]


def portions(items: NDArray[np.intp], space: Space, points_each: int = 1) -> Iterator[NDArray[np.intp]]:
    """Yield the items in parts whose points can be held at one time."""
    width = max(1, len(space.columns.numbers) + len(space.columns.categories)) * points_each
    size = max(1, MOST_CELLS // width)
    for start in range(0, len(items), size):
        yield items[start : start + size]
