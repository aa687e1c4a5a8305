"""Confidence intervals for proportions, and for what is made of proportions.

Each interval has two faces: ``*_limits`` works on whole arrays with a normal quantile ``z`` (simulations and
simultaneous bounds use it), the other returns one :class:`~proofbox.checks.result.Interval` that names its method.
docs/intervals.md says why each method was chosen and shows how often it covers.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proofbox.checks.result import Interval

Floats: TypeAlias = NDArray[np.float64]
Limits: TypeAlias = tuple[Floats, Floats]
"""Lower and upper limits, of one shape."""

Sample: TypeAlias = tuple[ArrayLike, ArrayLike]
"""Successes and trials, broadcast against each other."""


def z_value(confidence: float, comparisons: int = 1) -> float:
    """Return the two-sided normal quantile, shared out over ``comparisons`` by Bonferroni's union bound."""
    return NormalDist().inv_cdf(1 - (1 - confidence) / (2 * comparisons))


def wilson_limits(successes: ArrayLike, trials: ArrayLike, z: float) -> Limits:
    """Return Wilson's score limits for proportions.

    Parameters
    ----------
    successes, trials
        Counts, broadcast against each other; need not be whole numbers (effective sample sizes).

    Notes
    -----
    ``(p + z**2 / 2n -+ z sqrt(p (1 - p) / n + z**2 / 4n**2)) / (1 + z**2 / n)``: E. B. Wilson, "Probable inference, the
    law of succession, and statistical inference", JASA 22 (1927) 209-212.
    """
    x, n = _floats(successes), _floats(trials)
    p = x / n
    scale = 1 + z * z / n
    middle = (p + z * z / (2 * n)) / scale
    half = z / scale * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # The formula gives 0 and 1 at the ends up to rounding; say it exactly.
    low = np.where(x <= 0, 0.0, np.clip(middle - half, 0, 1))
    high = np.where(x >= n, 1.0, np.clip(middle + half, 0, 1))
    return low, high


def wilson(successes: float, trials: float, confidence: float) -> Interval:
    """Return the Wilson interval of one proportion; see :func:`wilson_limits`."""
    low, high = wilson_limits(successes, trials, z_value(confidence))
    return Interval(low=float(low), high=float(high), confidence=confidence, method="wilson")


def clopper_pearson(successes: int, trials: int, confidence: float) -> Interval:
    """Return the exact interval of one proportion.

    Notes
    -----
    Quantiles of ``Beta(x, n - x + 1)`` and ``Beta(x + 1, n - x)``: C. J. Clopper and E. S. Pearson, Biometrika 26
    (1934) 404-413. With no success the upper limit is ``1 - (alpha / 2)**(1 / n)``.
    """
    tail = (1 - confidence) / 2
    low, high = 0.0, 1.0
    if successes == 0:
        high = 1 - tail ** (1 / trials)
    elif successes == trials:
        low = tail ** (1 / trials)
    else:
        from scipy.special import betaincinv

        low = float(betaincinv(successes, trials - successes + 1, tail))
        high = float(betaincinv(successes + 1, trials - successes, 1 - tail))
    return Interval(low=low, high=high, confidence=confidence, method="clopper-pearson")


def difference_limits(first: Sample, second: Sample, z: float) -> Limits:
    """Return Newcombe's limits for ``p1 - p2`` of independent samples, each given as (successes, trials).

    Notes
    -----
    Square-and-add of the two Wilson intervals: R. G. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    p1, (low1, high1) = _floats(first[0]) / _floats(first[1]), wilson_limits(*first, z)
    p2, (low2, high2) = _floats(second[0]) / _floats(second[1]), wilson_limits(*second, z)
    gap = p1 - p2
    return gap - np.hypot(p1 - low1, high2 - p2), gap + np.hypot(high1 - p1, p2 - low2)


def ratio_limits(first: Sample, second: Sample, z: float) -> Limits:
    """Return Koopman's score limits for ``p1 / p2`` of independent samples, each given as (successes, trials).

    The upper limit is infinite where the second sample has no success, and the lower one 0 where the first has none.

    Notes
    -----
    The ratios which Pearson's chi-squared does not reject: P. A. R. Koopman, "Confidence intervals for the ratio of two
    binomial proportions", Biometrics 40 (1984) 513-517. Found by bisection on the logarithm. Katz's log-ratio interval
    (Biometrics 34 (1978) 469-474) is shorter to write but covers only 78 % at rates near 1, where credit decisions lie.
    """
    x1, n1, x2, n2 = np.broadcast_arrays(*map(_floats, (*first, *second)))
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.nan_to_num(np.log(x1 / n1) - np.log(x2 / n2), nan=0.0)
    limits = []
    for far in (-_FARTHEST_LOG, _FARTHEST_LOG):
        near, far_end = np.clip(start, -_FARTHEST_LOG, _FARTHEST_LOG), np.full(start.shape, far)
        for _ in range(_BISECTIONS):
            middle = (near + far_end) / 2
            rejected = _koopman_chi2(np.exp(middle), x1, n1, x2, n2) > z * z
            near, far_end = np.where(rejected, near, middle), np.where(rejected, middle, far_end)
        limits.append(np.exp(far_end))
    return np.where(x1 == 0, 0.0, limits[0]), np.where(x2 == 0, np.inf, limits[1])


_FARTHEST_LOG = 40.0
_BISECTIONS = 50
"""80 / 2**50 is below a ten-millionth of a millionth of the ratio."""


def _koopman_chi2(ratio: Floats, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Return Pearson's chi-squared of ``p1 = ratio p2`` at the likeliest such p2, the smaller root of a quadratic."""
    a, b, c = (n1 + n2) * ratio, n1 * ratio + x1 + n2 + x2 * ratio, x1 + x2
    # 2c / (b + root) is the smaller root without the cancellation of (b - root) / 2a.
    p2 = np.clip(2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0))), 0, 1)
    p1 = np.clip(ratio * p2, 0, 1)
    total = np.zeros_like(ratio)
    for x, n, p in ((x1, n1, p1), (x2, n2, p2)):
        miss, spread = (x - n * p) ** 2, n * p * (1 - p)
        with np.errstate(divide="ignore", invalid="ignore"):
            total += np.where(miss == 0, 0.0, miss / spread)
    return total


def paired_difference(both: int, first_only: int, second_only: int, neither: int, confidence: float) -> Interval:
    """Return the interval for ``p1 - p2`` where both proportions are of the same rows.

    Parameters
    ----------
    both, first_only, second_only, neither
        Rows which succeed both times, only the first time, only the second time, and never.

    Notes
    -----
    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data", Statistics in Medicine 17 (1998) 2635-2650, method 10: square-and-add with the correlation phi.
    """
    n = both + first_only + second_only + neither
    z = z_value(confidence)
    p1, p2 = (both + first_only) / n, (both + second_only) / n
    low1, high1 = (float(limit) for limit in wilson_limits(both + first_only, n, z))
    low2, high2 = (float(limit) for limit in wilson_limits(both + second_only, n, z))
    spread = math.sqrt((both + first_only) * (second_only + neither) * (both + second_only) * (first_only + neither))
    product = float(both * neither - first_only * second_only)
    if product > 0:
        product = max(product - n / 2, 0.0)  # Newcombe's continuity correction of a positive correlation
    phi = product / spread if spread else 0.0

    def add(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    gap = p1 - p2
    return Interval(
        low=max(gap - add(p1 - low1, high2 - p2), -1.0),
        high=min(gap + add(p2 - low2, high1 - p1), 1.0),
        confidence=confidence,
        method="newcombe-paired",
    )


def mean_of_proportions(successes: ArrayLike, trials: ArrayLike, confidence: float) -> Interval:
    """Return the interval for the unweighted mean of independent proportions, for example of the recalls.

    Notes
    -----
    Square-and-add of Wilson intervals (MOVER): G. Y. Zou and A. Donner, "Construction of confidence limits about effect
    measures", Statistics in Medicine 27 (2008) 1693-1702.
    """
    rates = _floats(successes) / _floats(trials)
    low, high = wilson_limits(successes, trials, z_value(confidence))
    mean, k = float(rates.mean()), len(rates)
    return Interval(
        low=max(mean - float(np.sqrt(((rates - low) ** 2).sum())) / k, 0.0),
        high=min(mean + float(np.sqrt(((high - rates) ** 2).sum())) / k, 1.0),
        confidence=confidence,
        method="mover-wilson",
    )


def f1_interval(true_positives: int, errors: int, confidence: float) -> Interval:
    """Return the interval for ``F1 = 2 TP / (2 TP + FP + FN)``, where ``errors`` is ``FP + FN``.

    Notes
    -----
    ``F1 = 2 J / (1 + J)`` with ``J = TP / (TP + FP + FN)``, a proportion of the rows that are not true negatives (D. J.
    Hand, P. Christen, N. Kirielle, "F*: an interpretable transformation of the F-measure", Machine Learning 110 (2021)
    451-456); the function rises, so Wilson's limits for J are carried over.
    """
    found = wilson(true_positives, true_positives + errors, confidence)
    low, high = (2 * limit / (1 + limit) for limit in (found.low, found.high))
    return Interval(low=low, high=high, confidence=confidence, method="wilson-transformed")


def bounded_mean(values: Floats, confidence: float) -> Interval:
    """Return the interval for the mean of values in [0, 1], shape (n,).

    Notes
    -----
    Wilson's interval with the number of trials at which a proportion would have the variance that was seen, as for
    proportions of surveys: N. Dean and M. Pagano, "Evaluating confidence interval methods for binomial proportions in
    clustered surveys", Journal of Survey Statistics and Methodology 3 (2015) 484-503.
    """
    mean, variance, n = float(values.mean()), float(values.var()), len(values)
    if variance == 0 and 0 < mean < 1:
        # Every value is the same and no bound of the range: nothing was seen to vary.
        return Interval(low=mean, high=mean, confidence=confidence, method="wilson-effective")
    trials = n * mean * (1 - mean) / variance if variance else float(n)
    low, high = wilson_limits(mean * trials, trials, z_value(confidence))
    return Interval(low=float(low), high=float(high), confidence=confidence, method="wilson-effective")


def certain(value: float, confidence: float) -> Interval:
    """Return the interval of a value that follows from how things are built, so that no sample is involved."""
    return Interval(low=value, high=value, confidence=confidence, method="by-construction")


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
