"""Gaps between groups: the largest difference and the smallest ratio of any two groups' rates, with bounds.

The largest of many gaps is a selected pair, so neither that pair's own interval nor the percentile bootstrap of the
maximum covers when groups tie. Here every pair gets an interval at a level that Bonferroni's union bound makes
simultaneous; whatever holds for all pairs at once holds for the largest. For two groups there is one pair and nothing
is corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofbox.checks.intervals import Floats, difference_limits, ratio_limits, z_value
from proofbox.checks.result import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One rate in every group: ``successes`` out of ``trials``, each of shape (groups,), trials at least 1."""

    successes: NDArray[np.int64]
    trials: NDArray[np.int64]

    @property
    def rates(self) -> Floats:
        """Shape (groups,)."""
        return self.successes / self.trials

    @property
    def pairs(self) -> int:
        """Number of pairs of groups."""
        return len(self.trials) * (len(self.trials) - 1) // 2

    @property
    def difference(self) -> float:
        """Highest rate less the lowest."""
        return float(self.rates.max() - self.rates.min())

    @property
    def ratio(self) -> float | None:
        """Lowest rate divided by the highest; None where all are 0."""
        highest = float(self.rates.max())
        return float(self.rates.min()) / highest if highest > 0 else None


def difference_interval(families: Sequence[Family], confidence: float) -> Interval:
    """Return the bounds of the largest difference between any two groups, in any of the families.

    Notes
    -----
    With simultaneous limits ``L_ij <= p_i - p_j <= U_ij`` the largest ``|p_i - p_j|`` lies between the largest
    ``max(L_ij, -U_ij, 0)`` and the largest ``max(U_ij, -L_ij)``. Pairs: Newcombe (1998).
    """
    z = z_value(confidence, sum(family.pairs for family in families))
    bounds = [difference_bounds(family.successes, family.trials, z) for family in families]
    low = max(float(low) for low, _ in bounds)
    high = max(float(high) for _, high in bounds)
    return Interval(low=low, high=high, confidence=confidence, method=_method("newcombe", families))


def ratio_interval(families: Sequence[Family], confidence: float) -> Interval:
    """Return the bounds of the smallest ratio of any two groups' rates, in any of the families.

    Notes
    -----
    With simultaneous limits ``L_ij <= p_i / p_j <= U_ij`` the smallest ``min(p_i / p_j, p_j / p_i)`` lies between the
    smallest ``min(L_ij, 1 / U_ij)`` and the smallest ``min(U_ij, 1 / L_ij, 1)``. Pairs: Koopman (1984).
    """
    z = z_value(confidence, sum(family.pairs for family in families))
    bounds = [ratio_bounds(family.successes, family.trials, z) for family in families]
    low = min(float(low) for low, _ in bounds)
    high = min(float(high) for _, high in bounds)
    return Interval(low=low, high=high, confidence=confidence, method=_method("koopman", families))


def difference_bounds(successes: NDArray[np.int64], trials: NDArray[np.int64], z: float) -> tuple[Floats, Floats]:
    """Return bounds of the largest difference for counts of shape (..., groups); the results have shape (...)."""
    low, high = difference_limits(*_pairs(successes, trials), z)
    return np.maximum(np.maximum(low, -high), 0).max(axis=-1), np.minimum(np.maximum(high, -low), 1).max(axis=-1)


def ratio_bounds(successes: NDArray[np.int64], trials: NDArray[np.int64], z: float) -> tuple[Floats, Floats]:
    """Return bounds of the smallest ratio for counts of shape (..., groups); the results have shape (...)."""
    low, high = ratio_limits(*_pairs(successes, trials), z)
    with np.errstate(divide="ignore"):
        least = np.minimum(low, 1 / high)
        most = np.minimum(np.minimum(high, 1 / low), 1)
    return least.min(axis=-1), most.min(axis=-1)


def _pairs(
    successes: NDArray[np.int64], trials: NDArray[np.int64]
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    i, j = np.triu_indices(trials.shape[-1], 1)
    return (successes[..., i], trials[..., i]), (successes[..., j], trials[..., j])


def _method(pairwise: str, families: Sequence[Family]) -> str:
    """Name the method: the interval of a pair, and whether it had to be made simultaneous."""
    return pairwise if sum(family.pairs for family in families) == 1 else f"{pairwise}-simultaneous"
