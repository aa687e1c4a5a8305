"""Confidence intervals for proportions, and for what is made of proportions.

Each interval has two faces: ``*_limits`` works on whole arrays with a normal quantile ``z`` (simulations and
simultaneous bounds use it), the other returns one :class:`~proofbox.checks.result.Interval` that names its method.
docs/intervals.md says why each method was chosen and shows how often it covers.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float64]"
Limits: TypeAlias = tuple[Floats, Floats]
"""Lower and upper limits, of one shape."""

Sample: TypeAlias = "tuple[ArrayLike, ArrayLike]"
"""Successes and trials, broadcast against each other."""


def z_value(confidence: float, comparisons: int = 1) -> float:
    """Return the two-sided normal quantile, shared out over ``comparisons`` by Bonferroni's union bound."""
    return -NormalDist().inv_cdf((1 - confidence) / (2 * comparisons))


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
    return Interval(
        low=float(low), high=float(high), confidence=confidence, method="wilson", basis=_one(successes, trials)
    )


def clopper_pearson(successes: float, trials: float, confidence: float) -> Interval:
    """Return the exact interval of one proportion; effective counts need not be whole.

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
    return Interval(low=low, high=high, confidence=confidence, method="clopper-pearson", basis=_one(successes, trials))


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
        basis={"cells": [int(both), int(first_only), int(second_only), int(neither)]},
    )


def f1_interval(true_positives: float, errors: float, confidence: float) -> Interval:
    """Return the interval for ``F1 = 2 TP / (2 TP + FP + FN)``, where ``errors`` is ``FP + FN``.

    Notes
    -----
    ``F1 = 2 J / (1 + J)`` with ``J = TP / (TP + FP + FN)``, a proportion of the rows that are not true negatives (D. J.
    Hand, P. Christen, N. Kirielle, "F*: an interpretable transformation of the F-measure", Machine Learning 110 (2021)
    451-456); the function rises, so Wilson's limits for J are carried over.
    """
    found = wilson(true_positives, true_positives + errors, confidence)
    low, high = (2 * limit / (1 + limit) for limit in (found.low, found.high))
    basis = _one(true_positives, true_positives + errors)
    return Interval(low=low, high=high, confidence=confidence, method="wilson-transformed", basis=basis)


def bounded_mean(values: Floats, confidence: float) -> Interval:
    """Return the interval for the mean of values in [0, 1], shape (n,).

    Notes
    -----
    Wilson's interval with the number of trials at which a proportion would have the variance that was seen, as for
    proportions of surveys: N. Dean and M. Pagano, "Evaluating confidence interval methods for binomial proportions in
    clustered surveys", Journal of Survey Statistics and Methodology 3 (2015) 484-503. The variance is that of the
    values and of one more at the far end of the range, as A. Agresti and B. A. Coull (The American Statistician 52
    (1998) 119-126) add rows: where one row in fifty is far off, most samples of twenty hold none, and their own
    variance says that there are none. It is never more than a proportion's, which no value in [0, 1] exceeds.
    """
    mean, n = float(values.mean()), len(values)
    most = mean * (1 - mean)
    variance = min((n * float(values.var()) + max(mean, 1 - mean) ** 2) / (n + 1), most)
    trials = n * most / variance if variance else float(n)
    return wilson_effective(mean * trials, trials, confidence)


def wilson_effective(successes: float, trials: float, confidence: float) -> Interval:
    """Return the Wilson interval of a mean or a weighted share, from effective counts that need not be whole."""
    low, high = wilson_limits(successes, trials, z_value(confidence))
    return Interval(
        low=float(low),
        high=float(high),
        confidence=confidence,
        method="wilson-effective",
        basis=_one(float(successes), float(trials)),
    )


def logit_normal(value: float, error: float, confidence: float) -> Interval:
    """Return the interval of a value in (0, 1) with that standard error, normal on the logit scale.

    Notes
    -----
    ``logit(v) -+ z s / (v (1 - v))``, carried back: M. S. Pepe, "The Statistical Evaluation of Medical Tests", 2003,
    section 5.2.
    """
    half = z_value(confidence) * error / (value * (1 - value))
    logit = math.log(value / (1 - value))
    low, high = (1 / (1 + math.exp(-max(-700.0, min(limit, 700.0)))) for limit in (logit - half, logit + half))
    basis: dict[str, Json] = {"value": value, "error": error}
    return Interval(low=low, high=high, confidence=confidence, method="logit-normal", basis=basis)


def wald(value: float, error: float, confidence: float) -> Interval:
    """Return the interval of an estimate with that standard error, normal around it (A. Wald, 1943)."""
    half = z_value(confidence) * error
    basis: dict[str, Json] = {"value": value, "error": error}
    return Interval(low=value - half, high=value + half, confidence=confidence, method="wald", basis=basis)


def certain(value: float, confidence: float) -> Interval:
    """Return the interval of a value that follows from how things are built, so that no sample is involved."""
    return Interval(low=value, high=value, confidence=confidence, method="by-construction")


def _one(successes: float, trials: float) -> dict[str, Json]:
    return {"families": [[[_number(successes), _number(trials)]]]}


def _number(value: float) -> int | float:
    """Return a number as JSON has it, whole ones without a point."""
    return int(value) if float(value).is_integer() else float(value)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
