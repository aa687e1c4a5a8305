"""Medians and other quantiles, with intervals that suppose nothing of how the values are spread."""

from __future__ import annotations

import math

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.result import Interval


def median(values: Floats) -> float:
    """Return the median of values, shape (n,), n at least 1; of an even number the lower of the two in the middle."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def median_interval(values: Floats, confidence: float, *, least: float, greatest: float) -> Interval:
    """Return the interval for the median of the population that the values, shape (n,), were drawn from.

    Parameters
    ----------
    least, greatest
        The ends of what is possible: where there are too few values, an end of the interval.

    Notes
    -----
    Order statistics ``x(r)`` and ``x(n + 1 - r)``, with the largest ``r`` for which ``P(B < r)`` is at most
    ``(1 - confidence) / 2``, where ``B`` is binomial with n trials of one half: H. A. David and H. N. Nagaraja, "Order
    Statistics", 3rd edition (2003), section 7.1. It never covers less than it says, ties or not.
    """
    ordered, n = np.sort(values), len(values)
    rank = _rank(n, (1 - confidence) / 2)
    low, high = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank else (least, greatest)
    return Interval(low=low, high=high, confidence=confidence, method="order-statistics")


def quantile_interval(values: Floats, share: float, confidence: float) -> Interval | None:
    """Return the interval of a quantile between two order statistics; None where there are too few values for one.

    Notes
    -----
    The number of values below the true quantile is binomial, whatever the distribution: H. A. David and H. N. Nagaraja,
    "Order Statistics", 3rd edition, 2003, section 7.1. Ties make it wider than it need be.
    """
    from scipy.stats import binom

    ordered, n, tail = np.sort(values), len(values), (1 - confidence) / 2
    low = int(binom.ppf(tail, n, share))
    high = int(binom.ppf(1 - tail, n, share)) + 1
    if low < 1 or high > n:
        return None
    return Interval(
        low=float(ordered[low - 1]), high=float(ordered[high - 1]), confidence=confidence, method="order-statistics"
    )


def _rank(n: int, tail: float) -> int:
    """Return the largest r with ``P(B < r) <= tail``; 0 where there is none."""
    below, rank = 0.0, 0
    while rank < n:
        below += math.exp(math.lgamma(n + 1) - math.lgamma(rank + 1) - math.lgamma(n - rank + 1) - n * math.log(2))
        if below > tail:
            break
        rank += 1
    return rank
