"""What many calls cost, as figures with intervals: quantiles of times, rows a second, growth of memory."""

from __future__ import annotations

import math

import numpy as np

from proofbox.checks.errormeans import one_mean
from proofbox.checks.intervals import Floats
from proofbox.checks.meangaps import mean_intervals
from proofbox.checks.result import Interval

_BLOCKS = 10
_WARMING = 3
"""One call of so many is left to warm up."""


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


def throughput(seconds: Floats, rows: int, confidence: float) -> tuple[float, Interval]:
    """Return rows a second over calls of so many rows each, and its interval: that of the mean time, turned over."""
    means = one_mean(np.maximum(seconds, 1e-9))  # no clock tells shorter times apart
    mean, found = float(means.mean[0]), mean_intervals(means, confidence)[0]
    low, high = rows / found.high, rows / max(found.low, mean / 10)
    return rows / mean, Interval(low=low, high=high, confidence=confidence, method="hall-t-inverse")


def growth(held: Floats, confidence: float) -> tuple[float, Interval] | None:
    """Return how much a series of readings grows from one to the next, and its interval; None where it is too short.

    Notes
    -----
    The readings after a third to warm up are cut into ten blocks; what is added from one block's mean to the next, over
    the block's length, is averaged. Additions of a level series go against their neighbours, so that Student's t for
    them is too wide rather than too narrow.
    """
    from scipy.special import stdtrit

    settled = held[len(held) // _WARMING :]
    length = len(settled) // _BLOCKS
    if length < 2:
        return None
    blocks = settled[len(settled) - length * _BLOCKS :].reshape(_BLOCKS, length).mean(axis=1)
    added = np.diff(blocks) / length
    mean, error = float(added.mean()), float(added.std(ddof=1)) / math.sqrt(len(added))
    half = float(stdtrit(len(added) - 1, (1 + confidence) / 2)) * error
    return mean, Interval(low=mean - half, high=mean + half, confidence=confidence, method="student-t-blocks")
