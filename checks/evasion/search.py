"""The search for the smallest change that turns a decision: all attacked rows take each step in the same calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.evasion.normals import Normals
from proofbox.checks.evasion.random_search import look_around
from proofbox.checks.evasion.space import Rows
from proofbox.checks.evasion.tracks import Tracks
from proofbox.checks.evasion.trimming import trim
from proofbox.checks.evasion.walking import BISECTIONS, OUTWARD_POINTS, bisect, outwards
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_TRIES = 40
"""Points of each of the two calls of a trimming step, for each row, at most."""
_IDLE = 5
"""Steps without gain after which a row's search ends."""
_STUCK = 2
"""Steps without gain after which a row looks for another boundary nearby."""
_GAIN = 3e-4
"""What counts as a gain: a part of the distance."""
_OTHER_WAY = 4
"""Every so many steps the way that did worse is tried again."""

WALK, TRIM, LOOK = 0, 1, 2


def search(tracks: Tracks, queries: int, rng: Generator) -> Asking[None]:
    """Make the changes found so far as small as the queries allow.

    Each row goes on by whichever of two ways has lately gained more for each query: along the boundary, which suits
    smooth models, or column by column, which suits trees and categories.

    Parameters
    ----------
    queries
        Points that may be asked about for each row, those already asked about included.
    """
    yield from bisect(tracks, tracks.best(np.flatnonzero(tracks.found)))
    state, normals = _State(tracks, queries), Normals(tracks.space)
    while state.alive.any():
        probes = state.probes
        walkers, trimmers, stuck = state.ways()
        if len(walkers):
            state.before()
            step = 1 / np.sqrt(state.walked[walkers] + 1)
            yield from outwards(tracks, normals, walkers, probes, step, rng)
            state.after(walkers, WALK)
        if len(trimmers):
            state.before()
            yield from trim(tracks, trimmers, state.tries, rng)
            yield from bisect(tracks, tracks.best(trimmers))
            state.after(trimmers, TRIM)
        if len(stuck):
            state.before()
            yield from look_around(tracks, stuck, state.tries, rng)
            state.after(stuck, LOOK)
        state.turn += 1


class _State:
    """How each row's search has gone so far."""

    def __init__(self, tracks: Tracks, queries: int) -> None:
        rows = len(tracks.distance)
        self._tracks, self._queries = tracks, queries
        self.turn = 0
        self.walked: NDArray[np.int64] = np.zeros(rows, dtype=np.int64)
        self._idle: NDArray[np.int64] = np.zeros(rows, dtype=np.int64)
        self._promise: Floats = np.full((rows, 3), np.inf)
        """Shape (rows, ways): what each gained for each query when it was last taken; infinite where it never was."""
        self.tries = min(_TRIES, max(2, queries // 12))
        self._can_walk = tracks.space.movable.any(axis=1)
        self._seen = (tracks.distance.copy(), tracks.asked.copy())

    @property
    def probes(self) -> int:
        """Points around the boundary in this turn: more of them as the walk comes nearer."""
        columns = int(self._tracks.space.movable.sum(axis=1).max(initial=0))
        first = min(max(20, 2 * columns), max(8, self._queries // 8))
        return int(first * np.sqrt(self.turn + 1))

    @property
    def _left(self) -> NDArray[np.int64]:
        return self._queries - self._tracks.asked

    @property
    def _walk_costs(self) -> int:
        return self.probes + OUTWARD_POINTS + BISECTIONS + 1

    @property
    def _trim_costs(self) -> int:
        return 2 * self.tries + BISECTIONS + 1

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Shape (rows,): whether there is something left to gain and to spend."""
        tracks = self._tracks
        affordable = (self._left >= 2 * self.tries + BISECTIONS + 1) | (
            self._can_walk & (self._left >= self._walk_costs)
        )
        going: NDArray[np.bool_] = tracks.found & (tracks.distance > 0) & (self._idle < _IDLE) & affordable
        return going & ~tracks.closed & (not tracks.over)

    def ways(self) -> tuple[Rows, Rows, Rows]:
        """Return the rows whose next step is along the boundary, column by column, and around."""
        wanted = self._promise[:, WALK] > self._promise[:, TRIM]
        if self.turn % _OTHER_WAY == _OTHER_WAY - 1:
            wanted = ~wanted
        can_walk = self._can_walk & (self._left >= self._walk_costs)
        walk = can_walk & (wanted | (self._left < self._trim_costs))
        stuck = (self._idle >= _STUCK) & (self._left >= self.tries)
        alive = self.alive
        walkers, trimmers, lookers = (np.flatnonzero(alive & some) for some in (walk & ~stuck, ~walk & ~stuck, stuck))
        return walkers, trimmers, lookers

    def before(self) -> None:
        """Note where all rows stand."""
        self._seen = (self._tracks.distance.copy(), self._tracks.asked.copy())

    def after(self, rows: NDArray[np.intp], way: int) -> None:
        """Note what a step has gained."""
        distance, asked = (now[rows] for now in (self._tracks.distance, self._tracks.asked))
        gain = 1 - distance / self._seen[0][rows]
        self._promise[rows, way] = gain / np.maximum(1, asked - self._seen[1][rows])
        self._idle[rows] = np.where(gain > _GAIN, 0, self._idle[rows] + 1)
        if way == WALK:
            self.walked[rows] += 1
