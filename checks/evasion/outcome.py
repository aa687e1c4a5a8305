"""What both searches found, once every answer was asked for again; and how much of it within which distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking, ask_all
from proofbox.checks.asked.changing import differ
from proofbox.checks.evasion.space import Space
from proofbox.checks.evasion.tracks import Tracks
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.result import CountTable, Json
from proofbox.checks.subject import Decisions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CURVE_POINTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How many rows were turned by a change of no more than a distance."""

    distance: float
    attack: int
    chance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The smallest change of each row that the attack and chance found; infinite where there is none."""

    attack: Floats
    """Shape (rows,)."""
    chance: Floats
    """Shape (rows,)."""
    unconfirmed: int
    """Rows that the attack had turned, and whose decision, as submitted or as changed, came out otherwise again."""

    def within(self, distance: float, *, chance: bool = False) -> NDArray[np.bool_]:
        """Return shape (rows,): whether a change of that cost turns the decision."""
        inside: NDArray[np.bool_] = (self.chance if chance else self.attack) <= distance * (1 + 1e-9)
        return inside

    def curve(self, budget: float) -> tuple[Reached, ...]:
        """Return how many rows either search turned within ten parts of the budget."""
        ends = [budget * (place + 1) / _CURVE_POINTS for place in range(_CURVE_POINTS)]
        return tuple(
            Reached(distance=end, attack=int(self.within(end).sum()), chance=int(self.within(end, chance=True).sum()))
            for end in ends
        )


def confirmed(space: Space, was: Decisions, attack: Tracks, chance: Tracks) -> Asking[Found]:
    """Ask about every row and about the nearest changes found once more.

    Parameters
    ----------
    was
        The decisions on the attacked rows as submitted.
    """
    # What the model gave no answer to is not asked again: it fell once for each, when asked about it alone.
    points = [one.best(np.arange(len(space.origin))) for one in (attack, chance)]
    asked = [
        replace(
            some,
            numbers=np.where(one.fallen[:, None], space.origin.numbers, some.numbers),
            codes=np.where(one.fallen[:, None], space.origin.codes, some.codes),
        )
        for one, some in zip((attack, chance), points, strict=True)
    ]
    again, *changed = yield from ask_all([space.table(one) for one in (space.origin, *asked)])
    kept = ~differ(was, again)
    still = [one.fallen | (differ(was, answer) & kept) for one, answer in zip((attack, chance), changed, strict=True)]
    return Found(
        attack=np.where(still[0], attack.distance, np.inf),
        chance=np.where(still[1], chance.distance, np.inf),
        unconfirmed=int((attack.found & ~still[0]).sum()),
    )


def told(curve: Sequence[Reached], rows: int) -> list[Json]:
    """Return the curve as a measurement's detail shows it."""
    return [
        {"distance": one.distance, "evasion_rate": one.attack / rows, "random_evasion_rate": one.chance / rows}
        for one in curve
    ]


def by_distance(curve: Sequence[Reached], rows: int) -> CountTable:
    """Return the counts behind the curve."""
    return CountTable(
        name="evasions-by-distance",
        columns={
            "distance": tuple(one.distance for one in curve),
            "rows": (rows,) * len(curve),
            "evaded": tuple(one.attack for one in curve),
            "evaded_at_random": tuple(one.chance for one in curve),
        },
    )
