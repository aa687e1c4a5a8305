"""What many calls cost, as figures with intervals: rows a second, and growth of memory."""

from __future__ import annotations

import math

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.result import Interval
from proofbox.checks.statistics.errormeans import one_mean
from proofbox.checks.statistics.meangaps import mean_intervals

_BLOCKS = 10
_WARMING = 3
"""One call of so many is left to warm up."""


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
