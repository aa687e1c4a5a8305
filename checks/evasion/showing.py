"""From what an attack found to one pair of rows that a person can read: few columns, round values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import case_row, changed_columns, part_of, scalar
from proofbox.checks.asked.shrinking import Changed, Pair, smallest_change
from proofbox.checks.evasion.space import Points, Rows, Space
from proofbox.checks.evasion.tracks import Tracks, Unanswered
from proofbox.checks.evasion.walking import bisect
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.result import CaseRow
from proofbox.checks.subject import Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_ANSWER = "-"
_CASES = 16
"""Rows among which the smallest pair is looked for."""
_MOST_COLUMNS = 200
"""Columns that are tried alone, and values of each category."""
_MOST_VALUES = 5
_ROUNDINGS = 6
"""Powers of ten that values are rounded to, from the size of the column's spread downwards."""


def smallest_pair(tracks: Tracks, decisions: Decisions, budget: float, rows: Rows) -> Asking[Pair | None]:
    """Return the most readable pair: where one column alone turns a decision within the budget, that one.

    Parameters
    ----------
    decisions
        Of the attacked rows as submitted.
    rows
        Rows whose decision turned within the budget.
    """
    space = tracks.space
    nearest = rows[np.argsort(tracks.distance[rows], kind="stable")[:_CASES]]
    alone = Tracks(space, decisions)
    yield from alone.ask(_one_column(space, nearest, budget))
    if (usable := alone.found & ~alone.closed).any():
        yield from bisect(alone, alone.best(np.flatnonzero(usable)))
        tracks, nearest = alone, np.flatnonzero(alone.found & ~alone.closed)
    shown = yield from _rounded(tracks, nearest, budget)
    was, before, after = part_of(decisions, nearest), space.table(space.origins(shown)), space.table(shown)
    answer = yield after
    changed = Changed(table=after, decisions=answer, rows=np.arange(len(shown)))
    pair = yield from smallest_change(before, was, changed, most=len(shown), label=t("after the attack"))
    return None if pair is None else replace(pair, row=int(nearest[pair.row]))


def unanswered_pair(space: Space, decisions: Decisions, unanswered: Sequence[Unanswered]) -> tuple[Pair, str] | None:
    """Return the smallest change over which the model fell, and how it fell; None where it fell over none."""
    fallen = [one for one in unanswered if not one.error.refused]
    if not fallen:
        return None
    least = min(fallen, key=lambda one: float(space.distances(one.point)[0]))
    row, names = int(least.point.rows[0]), space.names
    first = case_row(
        t("as submitted"), space.table(space.origins(least.point)), part_of(decisions, least.point.rows), 0
    )
    after = space.table(least.point)
    values = tuple(scalar(column[0].as_py()) for column in after.columns)
    second = CaseRow(label=t("after the attack"), values=values, decision=_NO_ANSWER)
    changed = changed_columns(first.values, second.values, names)
    return Pair(first=first, second=second, changed=changed, row=row), str(least.error)


def _one_column(space: Space, rows: Rows, budget: float) -> Points:
    """Return each row with one column changed by as much as the budget allows, in either direction."""
    made: list[Points] = []
    origin = space.origin.take(rows)
    for place in np.flatnonzero(space.movable[rows].any(axis=0))[:_MOST_COLUMNS]:
        for way in (-1.0, 1.0):
            numbers = origin.numbers.copy()
            numbers[:, place] += way * budget * space.spreads[place]
            made.append(replace(origin, numbers=numbers))
    if space.category_cost <= budget:
        for place, one in enumerate(space.columns.categories[:_MOST_COLUMNS]):
            for value in one.seen[:_MOST_VALUES]:
                codes = origin.codes.copy()
                codes[:, place] = value
                made.append(replace(origin, codes=codes))
    tried = space.allowed(
        Points(
            rows=np.concatenate([one.rows for one in made]),
            numbers=np.concatenate([one.numbers for one in made]),
            codes=np.concatenate([one.codes for one in made]),
        )
    )
    return tried.take(_inside(space.distances(tried), budget))


def _rounded(tracks: Tracks, rows: Rows, budget: float) -> Asking[Points]:
    """Return the points found with their changed values as round as the decision and the budget allow."""
    space, best = tracks.space, tracks.best(rows)
    if not len(space.spreads):
        return best
    tried = [space.allowed(replace(best, numbers=_round(space, best, level))) for level in range(_ROUNDINGS)]
    together = Points(
        rows=np.tile(best.rows, _ROUNDINGS),
        numbers=np.concatenate([one.numbers for one in tried]),
        codes=np.tile(best.codes, (_ROUNDINGS, 1)),
    )
    turned = yield from tracks.ask(together)
    good = (turned & _inside(space.distances(together), budget)).reshape(_ROUNDINGS, -1)
    first = good.argmax(axis=0)
    numbers = [tried[first[place]].numbers[place] if good[:, place].any() else best.numbers[place]
               for place in range(len(best))]  # fmt: skip
    return replace(best, numbers=np.array(numbers))


def _round(space: Space, points: Points, level: int) -> Floats:
    """Round what was changed away from the attacked row, to a power of ten below the column's spread."""
    numbers = points.numbers.copy()
    moved = space.moved(points)
    for place in np.flatnonzero((moved != 0).any(axis=0)):
        power = math.ceil(math.log10(space.spreads[place])) - level
        values = numbers[:, place] / 10.0**power
        away = np.where(moved[:, place] > 0, np.ceil(values), np.floor(values))
        rounded = away / 10.0**-power if power < 0 else away * 10.0**power
        numbers[:, place] = np.where(moved[:, place] != 0, rounded, numbers[:, place])
    return numbers


def _inside(distances: Floats, budget: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (distances > 0) & (distances <= budget * (1 + 1e-9))
    return inside
