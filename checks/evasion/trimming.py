"""Steps of the search that make a change smaller column by column: set back whole, or part of the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.evasion.space import Points, Rows
from proofbox.checks.evasion.tracks import Tracks, portions
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_PARTS = (0.0, 0.5, 0.75, 0.9, 0.97)
"""What is left of a column's change, in the order of their worth: fewer of them where many columns are changed."""


def trim(tracks: Tracks, rows: Rows, most: int, rng: Generator) -> Asking[None]:
    """Ask what part of each column's change the turned decision can do without, then join what it can.

    Parameters
    ----------
    rows
        Rows with a point that turns their decision.
    most
        Points asked about for each row in either of the two calls, at most; where more columns are changed they are
        set back in blocks.
    """
    for part in portions(rows, tracks.space, most):
        best = tracks.best(part)
        factors, places = _each_alone(tracks, best, most, rng)
        if not len(places):
            continue
        tried = _shrunk(tracks, best.take(places), factors)
        turned = yield from tracks.ask(tried)
        joined, places = _joined(tracks, tried, factors, places, turned, most)
        if len(places):
            yield from tracks.ask(_shrunk(tracks, best.take(places), joined))


def _each_alone(tracks: Tracks, best: Points, most: int, rng: Generator) -> tuple[Floats, NDArray[np.intp]]:
    """Return what is left of every column's change in each try, shape (tries, columns), and the place in ``best``."""
    space = tracks.space
    numbers = space.moved(best) != 0
    changed = np.hstack([numbers, space.exchanged(best)])
    columns = changed.sum(axis=1)
    block, blocks = _blocks(changed, most, rng), np.minimum(columns, most)
    parts = np.clip(most // np.maximum(columns, 1), 1, len(_PARTS))
    factors, places = [np.zeros((0, changed.shape[1]))], [np.zeros(0, dtype=np.intp)]
    for number in range(int(blocks.max(initial=0))):
        inside = block == number
        for part, left in enumerate(_PARTS):
            tried = (blocks > number) & (parts > part)
            # A category has no parts; and the last changed column set back whole is the row as submitted.
            tried &= (blocks > 1) if left == 0 else (inside[:, : numbers.shape[1]]).any(axis=1)
            if tried.any():
                factors.append(np.where(inside[tried], left, 1.0))
                places.append(np.flatnonzero(tried))
    return np.concatenate(factors), np.concatenate(places)


def _blocks(changed: NDArray[np.bool_], most: int, rng: Generator) -> NDArray[np.int64]:
    """Return the block of each changed cell, shape as ``changed``, -1 elsewhere: a column each, where there are few."""
    ranks: NDArray[np.int64] = np.where(changed, np.cumsum(changed, axis=1) - 1, -1)
    for row in np.flatnonzero(changed.sum(axis=1) > most):
        cells = np.flatnonzero(changed[row])
        ranks[row, cells] = rng.permutation(len(cells)) % most
    return ranks


def _joined(
    tracks: Tracks, tried: Points, factors: Floats, places: NDArray[np.intp], turned: NDArray[np.bool_], most: int
) -> tuple[Floats, NDArray[np.intp]]:
    """Return what is left in the tries that worked together, the cheapest first: two of them, three, and so on."""
    distances = tracks.space.distances(tried)
    found: list[Floats] = []
    owners: list[int] = []
    for place in np.unique(places[turned]):
        worked = np.flatnonzero(turned & (places == place))
        order = worked[np.argsort(distances[worked], kind="stable")]
        together = np.minimum.accumulate(factors[order], axis=0)
        fresh = np.flatnonzero((together[1:] != together[:-1]).any(axis=1)) + 1
        # Halfway through all of them and not only the first few, where there are many.
        chosen = fresh[np.unique(np.linspace(0, len(fresh) - 1, min(most, len(fresh))).astype(np.intp))]
        chosen = chosen[together[chosen].any(axis=1)]
        found.extend(together[chosen])
        owners.extend([int(place)] * len(chosen))
    return np.array(found).reshape(-1, factors.shape[1]), np.array(owners, dtype=np.intp)


def _shrunk(tracks: Tracks, best: Points, factors: Floats) -> Points:
    space, origin = tracks.space, tracks.space.origins(best)
    count = best.numbers.shape[1]
    numbers = origin.numbers + factors[:, :count] * (best.numbers - origin.numbers)
    codes = np.where(factors[:, count:] == 0.0, origin.codes, best.codes)
    return space.allowed(replace(best, numbers=numbers, codes=codes))
