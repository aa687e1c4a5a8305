"""Limits for two independent proportions: their difference and their ratio.

The classical limits (Newcombe, Miettinen-Nurminen, Koopman, Katz) are right on average and cover as little as 0.84
where a group is small, a rate near 0 or 1, or the two rates far apart. What stands here is made of such parts and was
enumerated over sizes from 3 to 2,000 and rates from 0.002 to 0.998: it covers at least 0.94 everywhere
(docs/intervals.md). Rows counted by weight come as effective counts, which need not be whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats, Limits, Sample, wilson_limits
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FEW = 5
"""Up to this many counted (or not counted), the normal distribution behind Wilson's limits is too far off."""

_SHIFT = 0.25
"""Part of a count by which Wilson's limits are taken further out; 0 is Wilson, 1/2 his continuity correction."""

_SMALL = 15
"""Up to this many rows a group's own limits are exact whatever was counted."""

_TINY = 5
"""With no more rows than this in both groups, no approximation of the difference is trusted alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Proportions with cautious limits of their own; all four arrays have one shape."""

    successes: Floats
    trials: Floats
    low: Floats
    high: Floats

    @property
    def rates(self) -> Floats:
        """Successes divided by trials."""
        return self.successes / self.trials

    def take(self, places: NDArray[np.intp]) -> Sampled:
        """Return some of the proportions, along the last axis."""
        return Sampled(
            successes=self.successes[..., places],
            trials=self.trials[..., places],
            low=self.low[..., places],
            high=self.high[..., places],
        )


def sampled(successes: ArrayLike, trials: ArrayLike, z: float) -> Sampled:
    """Return proportions with their cautious limits; see :func:`cautious_limits`."""
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    low, high = cautious_limits(x, n, z)
    return Sampled(successes=x, trials=n, low=low, high=high)


def cautious_limits(successes: ArrayLike, trials: ArrayLike, z: float) -> Limits:
    """Return limits for proportions that hold near 0 and 1 as well.

    Notes
    -----
    Wilson's limits for a quarter of a count less and more; where five or fewer were counted (or not counted), or there
    are fifteen rows or fewer, Clopper and Pearson's exact limit on that side, since Wilson's covers as little as 0.84
    there (L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16
    (2001) 101-133, section 4.1.1, who modify it for the same reason).
    """
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    low = np.where(x <= 0, 0.0, np.minimum(wilson_limits(np.maximum(x - _SHIFT, 0), n, z)[0], x / n))
    high = np.where(x >= n, 1.0, np.maximum(wilson_limits(np.minimum(x + _SHIFT, n), n, z)[1], x / n))
    few, nearly_all = (x > 0) & ((x <= _FEW) | (n <= _SMALL)), (x < n) & ((n - x <= _FEW) | (n <= _SMALL))
    if few.any() or nearly_all.any():
        tail = NormalDist().cdf(-z)
        low[few] = np.minimum(low[few], _exact_low(x[few], n[few], tail))
        high[nearly_all] = np.maximum(high[nearly_all], 1 - _exact_low((n - x)[nearly_all], n[nearly_all], tail))
    return low, high


def newcombe_limits(first: Sample, second: Sample, z: float) -> Limits:
    """Return Newcombe's limits for ``p1 - p2``, each sample given as (successes, trials).

    Notes
    -----
    Square-and-add of the two Wilson intervals: R. G. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    samples = []
    for successes, trials in (first, second):
        x, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
        low, high = wilson_limits(x, n, z)
        samples.append(Sampled(successes=x, trials=n, low=low, high=high))
    return _square_and_add(*samples)


def agresti_caffo_limits(first: Sample, second: Sample, z: float) -> Limits:
    """Return Agresti and Caffo's limits for ``p1 - p2``: Wald's, with one success and one failure added to each sample.

    Notes
    -----
    A. Agresti and B. Caffo, "Simple and effective confidence intervals for proportions and differences of proportions
    result from adding two successes and two failures", The American Statistician 54 (2000) 280-288.
    """
    x1, n1, x2, n2 = (np.asarray(values, dtype=np.float64) for values in (*first, *second))
    p1, p2 = (x1 + 1) / (n1 + 2), (x2 + 1) / (n2 + 2)
    half = z * np.sqrt(p1 * (1 - p1) / (n1 + 2) + p2 * (1 - p2) / (n2 + 2))
    return np.maximum(p1 - p2 - half, -1), np.minimum(p1 - p2 + half, 1)


def difference_limits(first: Sample, second: Sample, z: float) -> Limits:
    """Return limits for ``p1 - p2`` of independent samples, each given as (successes, trials).

    Notes
    -----
    The hull of Newcombe's square-and-add, made from :func:`cautious_limits`, and of Agresti and Caffo's limits, which
    hold where the rates lie far apart. With five rows or fewer in both samples it also holds what two exact intervals
    at the root of the confidence leave possible, which can never cover less than it says.
    """
    return difference_of(sampled(*first, z), sampled(*second, z), z)


def difference_of(first: Sampled, second: Sampled, z: float) -> Limits:
    """Return :func:`difference_limits` of samples whose own limits at ``z`` are known."""
    low, high = _square_and_add(first, second)
    other_low, other_high = agresti_caffo_limits((first.successes, first.trials), (second.successes, second.trials), z)
    low, high = np.minimum(low, other_low), np.maximum(high, other_high)
    tiny = np.broadcast_to(np.maximum(first.trials, second.trials) <= _TINY, low.shape)
    if tiny.any():
        tail = -np.expm1(np.log1p(-2 * (NormalDist().cdf(-z))) / 2) / 2
        x1, n1, x2, n2 = (
            np.broadcast_to(values, low.shape)[tiny]
            for values in (first.successes, first.trials, second.successes, second.trials)
        )
        (low1, high1), (low2, high2) = exact_limits(x1, n1, tail), exact_limits(x2, n2, tail)
        low, high = np.array(low), np.array(high)
        low[tiny] = np.minimum(low[tiny], low1 - high2)
        high[tiny] = np.maximum(high[tiny], high1 - low2)
    return low, high


def ratio_limits(first: Sample, second: Sample, z: float) -> Limits:
    """Return limits for ``p1 / p2`` of independent samples, each given as (successes, trials).

    The upper limit is infinite where the second sample has no success, and the lower one 0 where the first has none.

    Notes
    -----
    MOVER-R with :func:`cautious_limits`: the ratios ``r`` for which square-and-add limits of ``p1 - r p2`` hold 0. A.
    Donner and G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    Statistical Methods in Medical Research 21 (2012) 347-359, equations 9 and 10; for proportions: M. W. Fagerland and
    R. G. Newcombe, Statistics in Medicine 32 (2013) 2823-2836. Katz's log-ratio interval (Biometrics 34 (1978) 469-474)
    is shorter to write but covers only 78 % at rates near 1, where credit decisions lie.
    """
    return ratio_of(sampled(*first, z), sampled(*second, z))


def ratio_of(first: Sampled, second: Sampled) -> Limits:
    """Return :func:`ratio_limits` of samples whose own limits are known."""
    p1, p2 = first.rates, second.rates
    with np.errstate(divide="ignore", invalid="ignore"):
        low = _root(p1, first.low, p2, second.high, -1.0)
        high = _root(p1, first.high, p2, second.low, 1.0)
    # The lower limit is 0 without a success, and with so little of one as only weighted rows can have.
    return np.where(first.low <= 0, 0.0, low), np.where(second.low <= 0, np.inf, high)


def _root(p1: Floats, limit1: Floats, p2: Floats, limit2: Floats, sign: float) -> Floats:
    across, down = limit1 * (2 * p1 - limit1), limit2 * (2 * p2 - limit2)
    product = p1 * p2
    root = np.sqrt(np.maximum(product * product - across * down, 0))
    found: Floats = (product + sign * root) / down
    if sign < 0:
        # The same root without the cancellation of two near numbers; also right where the other form divides by 0.
        found = across / (product + root)
    return np.maximum(found, 0)


def _square_and_add(first: Sampled, second: Sampled) -> Limits:
    p1, p2 = first.rates, second.rates
    gap = p1 - p2
    return (
        gap - np.hypot(p1 - first.low, second.high - p2),
        gap + np.hypot(first.high - p1, p2 - second.low),
    )


def exact_limits(x: Floats, n: Floats, tail: float) -> Limits:
    """Return Clopper and Pearson's limits for ``x`` of ``n``, arrays of one shape, each missing at most ``tail``."""
    low, high = np.zeros_like(x), np.ones_like(x)
    some, not_all = x > 0, x < n
    low[some] = _exact_low(x[some], n[some], tail)
    high[not_all] = 1 - _exact_low((n - x)[not_all], n[not_all], tail)
    return low, high


def _exact_low(x: Floats, n: Floats, tail: float) -> Floats:
    """Return Clopper and Pearson's lower limits for more than no success."""
    from scipy.special import betaincinv

    found: Floats = betaincinv(x, n - x + 1, tail)
    return found
