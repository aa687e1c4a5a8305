"""Gaps between groups: the largest difference and the smallest ratio of any two groups' rates, with bounds.

The largest of many gaps is a selected pair, so neither that pair's own interval nor the percentile bootstrap of the
maximum covers when groups tie. The two bounds have different needs. The largest gap is the gap of *some* pair, and that
pair's own upper limit holds; the largest of all pairs' upper limits is no smaller, so nothing has to be corrected
there. A lower bound speaks of the pair that happened to come out largest: it is taken from limits that hold for all
pairs at once, by the distribution of the range (Tukey). For two groups both are the limits of the one pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from proofbox.checks.intervals import Floats, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics.pairs import Sampled, cautious_limits, difference_of, ratio_of, sampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

Counts: TypeAlias = "NDArray[np.int64] | NDArray[np.float64]"
"""Whole numbers, or effective numbers of rows where rows have weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One rate in every group: ``successes`` out of ``trials``, each of shape (groups,), trials above 0."""

    successes: Counts
    trials: Counts

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

    @property
    def weighted(self) -> bool:
        """Whether the counts are effective numbers of rows."""
        return self.trials.dtype.kind == "f"

    def basis(self) -> list[Json]:
        """Return ``[[successes, trials], ...]``: what an interval is made of."""
        return [[count, of] for count, of in zip(self.successes.tolist(), self.trials.tolist(), strict=True)]


def difference_interval(families: Sequence[Family], confidence: float) -> Interval:
    """Return the bounds of the largest difference between any two groups, in any of the families.

    Notes
    -----
    With limits ``L_ij <= p_i - p_j <= U_ij`` the largest ``|p_i - p_j|`` is at most the largest ``max(U_ij, -L_ij)`` at
    the plain confidence, and at least the largest ``max(L_ij, -U_ij, 0)`` at :func:`simultaneous_z`.
    """
    wide = simultaneous_z(tuple(len(family.trials) for family in families), confidence)
    bounds = [difference_bounds(one.successes, one.trials, z_value(confidence), wide) for one in families]
    return Interval(
        low=max(float(low) for low, _ in bounds),
        high=max(float(high) for _, high in bounds),
        confidence=confidence,
        method=_method("newcombe-agresti-caffo", families),
        basis={"families": [family.basis() for family in families]},
    )


def ratio_interval(families: Sequence[Family], confidence: float) -> Interval:
    """Return the bounds of the smallest ratio of any two groups' rates, in any of the families.

    Notes
    -----
    With limits ``L_ij <= p_i / p_j <= U_ij`` the smallest ``min(p_i / p_j, p_j / p_i)`` is at least the smallest
    ``min(L_ij, 1 / U_ij)`` at the plain confidence, and at most the smallest ``min(U_ij, 1 / L_ij, 1)`` at
    :func:`simultaneous_z`.
    """
    wide = simultaneous_z(tuple(len(family.trials) for family in families), confidence)
    bounds = [ratio_bounds(one.successes, one.trials, z_value(confidence), wide) for one in families]
    return Interval(
        low=min(float(low) for low, _ in bounds),
        high=min(float(high) for _, high in bounds),
        confidence=confidence,
        method=_method("mover-r", families),
        basis={"families": [family.basis() for family in families]},
    )


def lowest_interval(families: Sequence[Family], confidence: float) -> Interval:
    """Return the bounds of the lowest rate of any group, in any of the families: the worst group's, or class's.

    Notes
    -----
    The lowest rate is some group's, so the lowest of all lower limits holds uncorrected; the upper bound is the lowest
    upper limit of all at ``1 - (1 - alpha)**(1 / groups)``: Z. Šidák, JASA 62 (1967) 626-633.
    """
    return _extreme(families, confidence, "lowest")


def highest_interval(families: Sequence[Family], confidence: float) -> Interval:
    """Return the bounds of the highest rate of any group, in any of the families; see :func:`lowest_interval`."""
    return _extreme(families, confidence, "highest")


def difference_bounds(successes: Counts, trials: Counts, z: float, z_simultaneous: float) -> tuple[Floats, Floats]:
    """Return bounds of the largest difference for counts of shape (..., groups); the results have shape (...)."""

    def bounds(first: Sampled, second: Sampled, level: float) -> tuple[Floats, Floats]:
        low, high = difference_of(first, second, level)
        return np.maximum(np.maximum(low, -high), 0), np.minimum(np.maximum(high, -low), 1)

    plain, wide = _of_pairs(bounds, successes, trials, (z, z_simultaneous))
    return wide[0].max(axis=-1), plain[1].max(axis=-1)


def ratio_bounds(successes: Counts, trials: Counts, z: float, z_simultaneous: float) -> tuple[Floats, Floats]:
    """Return bounds of the smallest ratio for counts of shape (..., groups); the results have shape (...)."""

    def bounds(first: Sampled, second: Sampled, _: float) -> tuple[Floats, Floats]:
        low, high = ratio_of(first, second)
        with np.errstate(divide="ignore"):
            return np.minimum(low, 1 / high), np.minimum(np.minimum(high, 1 / low), 1)

    plain, wide = _of_pairs(bounds, successes, trials, (z, z_simultaneous))
    return plain[0].min(axis=-1), wide[1].min(axis=-1)


def extreme_bounds(
    successes: Counts, trials: Counts, groups: int, confidence: float, name: Literal["lowest", "highest"]
) -> tuple[Floats, Floats]:
    """Return bounds of the lowest or highest of ``groups`` rates for counts of shape (..., groups)."""
    plain = cautious_limits(successes, trials, z_value(confidence))
    wide = cautious_limits(successes, trials, z_value(confidence ** (1 / groups)))
    if name == "lowest":
        return plain[0].min(axis=-1), wide[1].min(axis=-1)
    return wide[0].max(axis=-1), plain[1].max(axis=-1)


@lru_cache(maxsize=256)
def simultaneous_z(groups: tuple[int, ...], confidence: float) -> float:
    """Return by how many standard errors limits of differences must stand off to hold for all pairs at once.

    Parameters
    ----------
    groups
        Number of groups of each family; families with fewer than two are of no account.

    Notes
    -----
    The range of k independent standard normals exceeds ``q`` with chance ``1 - k int phi(x) (Phi(x) - Phi(x -
    q))**(k - 1) dx``; differences have ``z = q / sqrt(2)``: J. W. Tukey (1953). With unequal standard errors the limits
    hold with at least that confidence: A. J. Hayter, Annals of Statistics 12 (1984) 61-75. Over several families the
    product is taken: exact where they rest on different rows, and never too small for dependent ones, since the sets
    are convex and symmetric: T. Royen, Far East Journal of Theoretical Statistics 48 (2014) 139-145. For one pair it
    is the normal quantile itself.
    """
    sizes = tuple(size for size in groups if size > 1)
    if sum(size * (size - 1) // 2 for size in sizes) <= 1:
        return z_value(confidence)
    near, far = z_value(confidence), z_value(confidence, sum(size * (size - 1) // 2 for size in sizes))
    for _ in range(60):
        middle = (near + far) / 2
        held = {size: np.log1p(-_range_exceeds(middle * np.sqrt(2), size)) for size in set(sizes)}
        missed = -np.expm1(sum(held[size] for size in sizes))
        near, far = (middle, far) if missed > 1 - confidence else (near, middle)
    return far


def _range_exceeds(q: float, k: int) -> float:
    """Return the chance that the range of k independent standard normals exceeds ``q``."""
    from scipy.special import ndtr

    # P(range > q) = k int phi(x) (1 - Phi(x - q as share of the upper tail)) dx, in the form that keeps small chances:
    # x is the largest, and 1 - (1 - r)**(k - 1) with r = Phi(x - q) / Phi(x) is the chance that another lies below.
    x = np.linspace(-9.0, 9.0 + q, 4001)
    below = ndtr(x - q) / np.maximum(ndtr(x), 1e-300)
    others = -np.expm1((k - 1) * np.log1p(-np.minimum(below, 1 - 1e-16)))
    largest = k * np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr(x) ** (k - 1)
    return float(min(np.sum(largest * others) * (x[1] - x[0]), 1.0))


def _of_pairs(
    bounds: Callable[[Sampled, Sampled, float], tuple[Floats, Floats]],
    successes: Counts,
    trials: Counts,
    levels: tuple[float, float],
) -> list[tuple[Floats, Floats]]:
    """Return the bounds of every pair, shape (..., pairs), at each level; equal levels are worked out once."""
    i, j = np.triu_indices(trials.shape[-1], 1)
    found: dict[float, tuple[Floats, Floats]] = {}
    for level in levels:
        if level not in found:
            rates = sampled(successes, trials, level)
            found[level] = bounds(rates.take(i), rates.take(j), level)
    return [found[level] for level in levels]


def _extreme(families: Sequence[Family], confidence: float, name: Literal["lowest", "highest"]) -> Interval:
    successes = np.concatenate([family.successes for family in families])
    trials = np.concatenate([family.trials for family in families])
    low, high = extreme_bounds(successes, trials, len(trials), confidence, name)
    return Interval(
        low=float(low),
        high=float(high),
        confidence=confidence,
        method=f"wilson-adjusted-{name}",
        basis={"families": [family.basis() for family in families]},
    )


def _method(pairwise: str, families: Sequence[Family]) -> str:
    """Name the method: the interval of a pair, whether it had to be made simultaneous, and whether rows had weights."""
    simultaneous = "" if sum(family.pairs for family in families) == 1 else "-tukey"
    return f"{pairwise}{simultaneous}{'-effective' if any(family.weighted for family in families) else ''}"
