"""The yardstick of an attack: random changes of no more than the budget, as many as the attack asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.evasion.space import Points, Rows, Space
from proofbox.checks.evasion.tracks import Tracks, portions
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


def random_search(tracks: Tracks, budget: float, queries: NDArray[np.int64], rng: Generator) -> Asking[None]:
    """Ask about random allowed points within the budget of each row.

    Half of the points change few columns and half any number of them, so that neither a model with one brittle feature
    nor one that sums up many is searched in the wrong way.

    Parameters
    ----------
    queries
        Shape (rows,): points for each row.
    """
    rows = np.repeat(np.arange(len(queries)), queries)
    for part in portions(rows, tracks.space):
        yield from tracks.ask(within(tracks.space, part, np.full(len(part), budget), rng))


def look_around(tracks: Tracks, rows: Rows, points: int, rng: Generator) -> Asking[None]:
    """Ask about random points that are nearer to each row than what was found so far: there may be another boundary."""
    for part in portions(rows, tracks.space, points):
        places = np.repeat(part, points)
        yield from tracks.ask(within(tracks.space, places, tracks.distance[places], rng))


def within(space: Space, rows: Rows, most: Floats, rng: Generator) -> Points:
    """Return one random allowed point for each entry of ``rows``, whose change costs no more than ``most`` says."""
    numbers, codes = space.origin.numbers[rows], space.origin.codes[rows].copy()
    radius = most * rng.random(len(rows))
    chosen = _chosen(np.hstack([space.movable, space.exchangeable])[rows], rng)
    left = radius**2
    for place in rng.permutation(codes.shape[1]):
        cost = space.category_cost**2
        swap = chosen[:, numbers.shape[1] + place] & (left >= cost)
        codes[swap, place] = rng.choice(space.columns.categories[place].seen, int(swap.sum()))
        if space.norm == "l2":
            left = left - cost * swap
    moves = rng.standard_normal(numbers.shape) * chosen[:, : numbers.shape[1]]
    if space.norm == "linf":
        moves = rng.uniform(-1.0, 1.0, numbers.shape) * chosen[:, : numbers.shape[1]]
    length: Floats = np.linalg.norm(moves, ord=2 if space.norm == "l2" else np.inf, axis=1)
    moves *= (np.sqrt(left) / np.where(length > 0, length, 1.0))[:, None]
    return space.allowed(Points(rows=rows, numbers=numbers + moves * space.spreads, codes=codes))


def _chosen(changeable: NDArray[np.bool_], rng: Generator) -> NDArray[np.bool_]:
    """Choose which of the cells that may change do: one to three of them in half of the points, else any number."""
    count = changeable.sum(axis=1)
    few = np.minimum(rng.integers(1, 4, len(count)), count)
    any_ = np.ceil(rng.random(len(count)) * count)
    wanted = np.where(rng.random(len(count)) < 0.5, few, any_)
    order = np.where(changeable, rng.random(changeable.shape), np.inf).argsort(axis=1).argsort(axis=1)
    picked: NDArray[np.bool_] = changeable & (order < wanted[:, None])
    return picked
