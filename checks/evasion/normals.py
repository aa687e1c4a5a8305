"""The direction in which a decision turns, fitted to the decisions on random points around the boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.evasion.space import Points, Rows, Space
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FADING = 0.7
"""What a probe still counts after another round of probes: the boundary is curved, and the point on it moves."""
_FLAT = 0.3
"""How far probes lie from the boundary that is known so far, as a part of how far they would lie at random."""
_RIDGE = 0.03
"""Part of the mean square that is added to each column's, so that few probes give a direction as well."""
_MOST_SOLVED = 128
"""Number columns up to which the normal is fitted by least squares; above, signs are averaged."""


class Normals:
    """The boundary's normal near each row's point, from all probes so far: older ones count less."""

    def __init__(self, space: Space) -> None:
        """Begin without any probe."""
        self._space = space
        rows, columns = space.origin.numbers.shape
        self._sums: Floats = np.zeros((rows, columns))
        self._squares: Floats | None = np.zeros((rows, columns, columns)) if columns <= _MOST_SOLVED else None

    def add(self, best: Points, around: Points, turned: NDArray[np.bool_], radius: Floats) -> None:
        """Add probes.

        Parameters
        ----------
        best
            The point on the boundary of each row.
        around
            The probes, as many for each row, row by row.
        radius
            Shape (rows,): how far from the boundary they were meant to lie.
        """
        rows, columns = best.numbers.shape
        moves = self._space.moved(around).reshape(rows, -1, columns) - self._space.moved(best)[:, None, :]
        moves /= np.where(radius > 0, radius, 1.0)[:, None, None]
        signs = np.where(turned, 1.0, -1.0).reshape(rows, -1, 1)
        mean = signs.mean(axis=1, keepdims=True)
        centred = np.where(np.abs(mean) < 1, signs - mean, signs)
        across = moves.transpose(0, 2, 1)
        self._sums[best.rows] = _FADING * self._sums[best.rows] + (across @ centred)[:, :, 0]
        if self._squares is not None:
            self._squares[best.rows] = _FADING * self._squares[best.rows] + across @ moves

    def unit(self, rows: Rows) -> Floats:
        """Return the normals, shape (rows, number columns), of length 1, in spreads; 0 where none is known."""
        normal = self._sums[rows]
        if self._squares is not None:
            squares, columns = self._squares[rows], normal.shape[1]
            ridge = _RIDGE * np.trace(squares, axis1=1, axis2=2) / max(1, columns) + 1e-12
            normal = np.linalg.solve(squares + ridge[:, None, None] * np.eye(columns), normal[:, :, None])[:, :, 0]
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        unit: Floats = normal / np.where(length > 0, length, 1.0)
        return unit

    def of(self, rows: Rows) -> Floats:
        """Return the direction in which a step turns the decision at the least cost."""
        unit = self.unit(rows)
        return np.sign(unit) if self._space.norm == "linf" else unit

    def flattened(self, rows: Rows, drawn: Floats) -> Floats:
        """Return random moves, pressed flat against the boundary as far as it is known; ``drawn`` is overwritten.

        Near the boundary a decision says most about how the boundary is tilted.

        Parameters
        ----------
        drawn
            Shape (rows, probes, number columns).
        """
        unit = self.unit(rows)
        across = drawn @ unit[:, :, None]
        drawn -= (1 - _FLAT) * across * unit[:, None, :]
        return drawn
