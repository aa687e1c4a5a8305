"""The ends of an interval for many sets of counts at once: what simulations and power calculations ask for.

Each is the vectorised face of one interval of :mod:`proofbox.checks.intervals` or
:mod:`proofbox.checks.statistics.gaps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from proofbox.checks.intervals import Limits, wilson_limits, z_value
from proofbox.checks.late import np
from proofbox.checks.statistics.gaps import Counts, difference_bounds, extreme_bounds, ratio_bounds, simultaneous_z
from proofbox.checks.statistics.levels import plain_method
from proofbox.checks.statistics.pairs import exact_limits

Drawn: TypeAlias = Sequence[tuple[Counts, Counts]]
"""For each family successes and trials, each of shape (draws, groups)."""


def known(method: str) -> bool:
    """Return whether the method can be worked out for many sets of counts."""
    return plain_method(method) in _METHODS


def limits(method: str, drawn: Drawn, groups: Sequence[int], confidence: float) -> Limits:
    """Return lower and upper ends, shape (draws,) each.

    Parameters
    ----------
    method
        Name of a method that is :func:`known`.
    drawn
        The counts; some of a family's groups may have been left out.
    groups
        Number of groups that each family really has: the correction for many is made for all of them.
    """
    return _METHODS[plain_method(method)](drawn, groups, confidence)


def _difference(drawn: Drawn, groups: Sequence[int], confidence: float) -> Limits:
    wide = simultaneous_z(tuple(groups), confidence)
    ends = [difference_bounds(x, n, z_value(confidence), wide) for x, n in drawn]
    return np.max([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)


def _ratio(drawn: Drawn, groups: Sequence[int], confidence: float) -> Limits:
    wide = simultaneous_z(tuple(groups), confidence)
    ends = [ratio_bounds(x, n, z_value(confidence), wide) for x, n in drawn]
    return np.min([low for low, _ in ends], axis=0), np.min([high for _, high in ends], axis=0)


def _lowest(drawn: Drawn, groups: Sequence[int], confidence: float) -> Limits:
    successes, trials = (np.concatenate([counts[place] for counts in drawn], axis=-1) for place in (0, 1))
    return extreme_bounds(successes, trials, sum(groups), confidence, "lowest")


def _highest(drawn: Drawn, groups: Sequence[int], confidence: float) -> Limits:
    successes, trials = (np.concatenate([counts[place] for counts in drawn], axis=-1) for place in (0, 1))
    return extreme_bounds(successes, trials, sum(groups), confidence, "highest")


def _wilson(drawn: Drawn, _: Sequence[int], confidence: float) -> Limits:
    low, high = wilson_limits(drawn[0][0][..., 0], drawn[0][1][..., 0], z_value(confidence))
    return low, high


def _clopper_pearson(drawn: Drawn, _: Sequence[int], confidence: float) -> Limits:
    successes, trials = (np.asarray(counts[..., 0], dtype=np.float64) for counts in drawn[0])
    return exact_limits(successes, trials, (1 - confidence) / 2)


_METHODS: Mapping[str, Callable[[Drawn, Sequence[int], float], Limits]] = {
    "wilson": _wilson,
    "wilson-effective": _wilson,
    "clopper-pearson": _clopper_pearson,
    "newcombe-agresti-caffo": _difference,
    "mover-r": _ratio,
    "wilson-adjusted-lowest": _lowest,
    "wilson-adjusted-highest": _highest,
}
"""Method -> its ends. Others shrink with the root of the rows well enough."""
