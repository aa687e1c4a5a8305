"""Steps of the search along the boundary between two decisions, each taken by all given rows in the same calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.evasion.normals import Normals
from proofbox.checks.evasion.space import Points, Rows, Space
from proofbox.checks.evasion.tracks import Tracks, portions
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.random import Generator

_RADIUS = 0.1
"""How far probes lie from the boundary, as a part of the distance to it."""
_OUTWARDS = (1.0, 0.5, 0.25, 0.125)
"""Steps tried from the boundary along its normal, in parts of the step that the walk has come to."""
_STRAIGHT = (0.75, 0.9, 0.97, 0.993)
"""Points tried on the straight way from the row along the normal, in parts of the distance found so far."""
_MISSED = (0.0, 0.75 / 0.9, 0.9 / 0.97, 0.97 / 0.993, *[0.0] * len(_OUTWARDS))
"""Where the point tried before each lies on the way to it."""
BISECTIONS = 8
OUTWARD_POINTS = len(_OUTWARDS) + len(_STRAIGHT)


def bisect(tracks: Tracks, far: Points, low: Floats | None = None) -> Asking[None]:
    """Halve the way from each row to a point that turns its decision, a few times.

    Numbers move along the line; the categories are those of the point. Where some were exchanged, it is also asked if
    they alone turn the decision.

    Parameters
    ----------
    low
        Shape (points,): part of the way up to which the decision is known not to turn; by default none of it.
    """
    space = tracks.space
    low, high = np.zeros(len(far)) if low is None else low, np.ones(len(far))
    alone = np.flatnonzero(space.exchanged(far).any(axis=1))
    if len(alone):
        turned = yield from tracks.ask(_between(space, far.take(alone), np.zeros(len(alone))))
        high[alone[turned]] = 0.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        between = _between(space, far, middle)
        places = np.flatnonzero((between.numbers != space.origins(between).numbers).any(axis=1) & (high > low))
        if space.steps.any():
            # Where steps are whole, the line soon has no point left between its ends.
            ends = [_between(space, far, end).numbers[places] for end in (low, high)]
            places = places[np.all([(between.numbers[places] != end).any(axis=1) for end in ends], axis=0)]
        if not len(places):
            return
        turned = yield from tracks.ask(between.take(places))
        high[places[turned]], low[places[~turned]] = middle[places[turned]], middle[places[~turned]]


def outwards(tracks: Tracks, normals: Normals, rows: Rows, probes: int, step: Floats, rng: Generator) -> Asking[None]:
    """Estimate the boundary's normal at the nearest points found, step along it and come back to the boundary.

    Parameters
    ----------
    rows
        Rows with a point that turns their decision.
    probes
        Points around each that the normal is estimated with.
    step
        Shape (rows,): the step along the normal, in parts of the distance.
    """
    space = tracks.space
    for part in portions(np.arange(len(rows)), space, probes):
        some = rows[part]
        best, radius = tracks.best(some), _RADIUS * tracks.distance[some]
        around = _around(tracks, normals, some, probes, rng)
        turned = yield from tracks.ask(around)
        normals.add(best, around, turned, radius)
        tried = _along(tracks, some, normals.of(some), step[part])
        hit = (yield from tracks.ask(tried)).reshape(len(some), OUTWARD_POINTS)
        # Points on the straight way come first, the nearest first; then the longest step.
        places = np.flatnonzero(hit.any(axis=1))
        first = hit.argmax(axis=1)[places]
        yield from bisect(tracks, tried.take(places * OUTWARD_POINTS + first), np.take(_MISSED, first))


def _between(space: Space, far: Points, part: Floats) -> Points:
    origin = space.origins(far)
    numbers = origin.numbers + part[:, None] * (far.numbers - origin.numbers)
    return space.allowed(replace(far, numbers=numbers))


def _around(tracks: Tracks, normals: Normals, rows: Rows, probes: int, rng: Generator) -> Points:
    """Return points around the nearest ones found, row by row: far enough apart to differ where steps are whole."""
    space, best = tracks.space, tracks.best(np.repeat(rows, probes))
    drawn = normals.flattened(rows, rng.standard_normal((len(rows), probes, best.numbers.shape[1])))
    drawn = drawn.reshape(best.numbers.shape)
    if not space.movable.all():
        drawn *= space.movable[best.rows]
    length = np.sqrt(np.einsum("pc,pc->p", drawn, drawn))
    moves = drawn * (_RADIUS * tracks.distance[best.rows] / np.where(length > 0, length, 1.0))[:, None]
    if space.steps.any():
        wide = np.maximum(np.abs(moves), np.abs(drawn) * space.steps)
        moves = np.where(space.steps > 0, np.sign(moves) * wide, moves)
    return space.allowed(replace(best, numbers=best.numbers + moves * space.spreads))


def _along(tracks: Tracks, rows: Rows, normal: Floats, step: Floats) -> Points:
    """Return the points that are tried, row by row: on the straight way the nearest first, then the longest step."""
    space = tracks.space
    best = tracks.best(np.repeat(rows, OUTWARD_POINTS))
    origin = space.origins(best).numbers
    straight = np.array([*_STRAIGHT, *[0.0] * len(_OUTWARDS)])
    outward = np.array([*[0.0] * len(_STRAIGHT), *_OUTWARDS])
    factors = straight[None, :] + outward[None, :] * step[:, None]
    moves = (factors * tracks.distance[rows, None]).reshape(-1, 1) * np.repeat(normal, OUTWARD_POINTS, axis=0)
    start = np.where(np.tile(outward > 0, len(rows))[:, None], best.numbers, origin)
    return space.allowed(replace(best, numbers=start + moves * space.spreads))
