"""How far a sample's shares lie from declared ones, and how closely two columns go together, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.counted.counting import Codes
from proofbox.checks.intervals import Floats, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Interval

if TYPE_CHECKING:
    from numpy.random import Generator

_DRAWS = 4_000
"""Bootstrap draws: the quantile's own error is then about a fiftieth of the interval."""


Effect: TypeAlias = tuple[float, Interval]
"""How far apart two distributions lie, and its interval."""


def total_variation(
    counts: Codes | Floats, shares: Floats, confidence: float, rng: Generator
) -> tuple[float, Interval]:
    """Return half the sum of the absolute differences between a sample's shares and given ones.

    Parameters
    ----------
    counts
        Shape (categories,): rows of the sample, at least one in all; effective numbers need not be whole.
    shares
        Shape (categories,): the shares to compare with, adding up to 1.

    Notes
    -----
    By the triangle inequality the value is off by at most the distance of the sample's shares from the true ones. The
    limits are the value plus and minus the quantile of that distance, taken from multinomial draws (a parametric
    bootstrap: B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 6.5). They cover at least
    as often as they say, more often where the value is large.
    """
    n = max(round(float(counts.sum())), 1)
    found = counts / counts.sum()
    value = float(np.abs(found - shares).sum() / 2)
    drawn = rng.multinomial(n, found, size=_DRAWS) / n
    reach = float(np.quantile(np.abs(drawn - found).sum(axis=1) / 2, confidence))
    low, high = max(value - reach, 0.0), min(value + reach, 1.0)
    return value, Interval(low=low, high=high, confidence=confidence, method="triangle-bootstrap")


def population_stability(counts: Codes | Floats, shares: Floats, confidence: float) -> tuple[float, Interval]:
    """Return ``sum (p - q) ln(p / q)`` of a sample's shares ``p`` and given ones ``q``; 0 counts as half a row.

    Parameters
    ----------
    counts, shares
        As for :func:`total_variation`.

    Notes
    -----
    The index is the symmetrised Kullback-Leibler divergence (H. Jeffreys, Proc. R. Soc. A 186 (1946) 453-461). Its
    limits lie around the value less its bias ``(k - 1) / n``: the variance is the delta method's plus
    ``2 (k - 1) / n^2``, which is all of it where the shares agree and the index is chi-squared (B. Yurdakul and J.
    Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation 14 (2020)
    89-100).
    """
    n, k = float(counts.sum()), len(counts)
    p, q = np.maximum(counts / n, 0.5 / n), np.maximum(shares, 0.5 / n)
    value = float(((p - q) * np.log(p / q)).sum())
    slope = np.log(p / q) + 1 - q / p
    interval = _around(value, (k - 1) / n, _variance(p / p.sum(), slope, n) + 2 * (k - 1) / n**2, confidence)
    return value, Interval(low=interval[0], high=interval[1], confidence=confidence, method="delta-chi-squared")


def cramers_v(table: Codes, confidence: float, comparisons: int = 1) -> tuple[float, Interval]:
    """Return the bias-corrected Cramér's V of a contingency table, shape (r, c), no row or column empty, r, c >= 2.

    Parameters
    ----------
    comparisons
        Tables looked at together, whose intervals are to hold at once.

    Notes
    -----
    W. Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42
    (2013) 323-328. The limits are those of phi squared, whose variance is the delta method's (Y. M. M. Bishop, S. E.
    Fienberg and P. W. Holland, "Discrete Multivariate Analysis", 1975, section 11.3) plus the chi-squared's own
    ``2 df / n^2``.
    """
    n = int(table.sum())
    p = table / n
    rows, columns = p.sum(axis=1, keepdims=True), p.sum(axis=0, keepdims=True)
    squares = p**2 / (rows * columns)
    phi2 = float(squares.sum()) - 1
    r, c = table.shape
    freedom = (r - 1) * (c - 1)
    slope = (
        2 * p / (rows * columns)
        - squares.sum(axis=1, keepdims=True) / rows
        - squares.sum(axis=0, keepdims=True) / columns
    )
    most = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    if most <= 0:
        return 0.0, Interval(low=0.0, high=1.0, confidence=confidence, method="delta-chi-squared")
    variance = _variance(p, slope, n) + 2 * freedom / n**2
    bias = freedom / (n - 1)
    low, high = _around(phi2, bias, variance, confidence, comparisons)

    def as_v(value: float) -> float:
        return min(math.sqrt(max(value, 0.0) / most), 1.0)

    value = as_v(phi2 - bias)
    limits = min(as_v(low), value), max(as_v(high), value)
    return value, Interval(low=limits[0], high=limits[1], confidence=confidence, method="delta-chi-squared")


def _variance(p: Floats, slope: Floats, n: float) -> float:
    """Delta method for a function of multinomial shares: the variance of its slope over one row, divided by n."""
    mean = float((p * slope).sum())
    return max(float((p * slope**2).sum()) - mean**2, 0.0) / n


def _around(value: float, bias: float, variance: float, confidence: float, comparisons: int = 1) -> tuple[float, float]:
    half = z_value(confidence, comparisons) * math.sqrt(variance)
    middle = value - bias
    return max(middle - half, 0.0), max(middle + half, 0.0)


def two_sample_stability(counts: Codes, confidence: float, comparisons: int = 1) -> Effect:
    """Return ``sum (p - q) ln(p / q)`` of the shares of two samples; 0 counts as half a row.

    Parameters
    ----------
    counts
        Shape (2, categories): rows of either sample, none of which is empty.
    comparisons
        Indices looked at together: the lower limit holds for all of them at once (Bonferroni).

    Notes
    -----
    As :func:`population_stability`, both samples being random: the bias is ``(k - 1) (1/n + 1/m)``, the variance the
    sum of both samples' by the delta method plus ``2 (k - 1) (1/n + 1/m)**2`` (Yurdakul and Naranjo, 2020).
    """
    counts = counts[:, counts.any(axis=0)]
    sizes = counts.sum(axis=1, keepdims=True).astype(np.float64)
    p, q = np.maximum(counts / sizes, 0.5 / sizes)
    n, m = sizes.ravel().tolist()
    value = float(((p - q) * np.log(p / q)).sum())
    spare = (len(p) - 1) * (1 / n + 1 / m)
    variance = sum(
        _variance(own / own.sum(), np.log(own / other) + 1 - other / own, size)
        for own, other, size in ((p, q, n), (q, p, m))
    )
    variance += 2 * spare * (1 / n + 1 / m)
    low = _around(value, spare, variance, confidence, comparisons)[0]
    high = _around(value, spare, variance, confidence)[1]
    return value, Interval(low=low, high=high, confidence=confidence, method="delta-chi-squared")
