"""Tests of two models on the same rows: what differs row by row is all that is looked at.

docs/diff.md says which measure is tested by which, and shows how often each is wrong where nothing differs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.intervals import Floats, paired_difference, wald
from proofbox.checks.late import np
from proofbox.checks.result import Interval
from proofbox.checks.statistics.auc import area_and_bearing
from proofbox.checks.statistics.tested import Tested

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

REPLICATES = 9_999
"""Bootstrap replicates: the smallest p-value is 0.0002, small enough to stand among 250 others under Holm."""

FEWEST_ROWS = 10
"""A mean of fewer differences is not tested: Student's t would rest on their being normal."""

Bools: TypeAlias = "NDArray[np.bool_]"
Statistic: TypeAlias = Callable[[Floats], Floats]
"""Counts of shape (replicates, cells) -> second value less first, shape (replicates,); NaN where there is none."""


def mcnemar(both: int, first_only: int, second_only: int, neither: int, confidence: float = 0.95) -> Tested:
    """Test whether two proportions of the same rows are equal.

    Parameters
    ----------
    both, first_only, second_only, neither
        Rows that succeed both times, only the first time, only the second time, and never; at least one row.

    Notes
    -----
    Q. McNemar, Psychometrika 12 (1947) 153-157: of the rows that differ, half should differ each way, so their number
    is binomial with 1/2. ``p_value`` is the mid-p value, which stayed below its level in the 9,595 settings of M. W.
    Fagerland, S. Lydersen and P. Laake, BMC Medical Research Methodology 13 (2013) 91; the exact one, which never
    exceeds it, stands in the detail. The interval is Newcombe's for paired proportions.
    """
    from scipy.stats import binom

    apart, fewer = first_only + second_only, min(first_only, second_only)
    exact = min(1.0, 2 * float(binom.cdf(fewer, apart, 0.5)))
    # Of equal numbers the formula counts the middle twice; then nothing speaks against equality.
    mid = (
        1.0
        if first_only == second_only
        else 2 * float(binom.cdf(fewer, apart, 0.5)) - float(binom.pmf(fewer, apart, 0.5))
    )
    return Tested(
        method="mcnemar-mid-p",
        paired=True,
        difference=(second_only - first_only) / (both + apart + neither),
        interval=paired_difference(both, second_only, first_only, neither, confidence),
        p_value=mid,
        detail={"first_only": first_only, "second_only": second_only, "exact_p_value": exact},
    )


def cell_bootstrap(
    counts: NDArray[np.int64], statistic: Statistic, rng: Generator, confidence: float = 0.95
) -> Tested | None:
    """Test whether a difference of two functions of one table of counts is 0; None where it has no value.

    Parameters
    ----------
    counts
        Shape (cells,): the rows of each kind; at least one row.

    Notes
    -----
    The rows are drawn again with replacement, which is a multinomial draw of the table (B. Efron and R. Tibshirani, "An
    Introduction to the Bootstrap", 1993, chapters 13 and 16): percentile interval, and twice the smaller tail beyond 0
    with one added above and below, which keeps p above 0 (A. C. Davison and D. V. Hinkley, "Bootstrap Methods", 1997).
    A replicate without a value (an empty group) counts towards both tails.
    """
    seen = float(statistic(counts[np.newaxis].astype(np.float64))[0])
    if not math.isfinite(seen):
        return None
    rows = int(counts.sum())
    draws = rng.multinomial(rows, counts / rows, size=REPLICATES).astype(np.float64)
    values = statistic(draws)
    known = values[np.isfinite(values)]
    if len(known) < REPLICATES * (1 + confidence) / 2:
        return None
    without = REPLICATES - len(known)
    tails = (int(np.count_nonzero(side)) + without + 1 for side in (known <= 0, known >= 0))
    low, high = (float(limit) for limit in np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2]))
    return Tested(
        method="paired-bootstrap",
        paired=True,
        difference=seen,
        interval=Interval(low=low, high=high, confidence=confidence, method="percentile-bootstrap"),
        p_value=min(1.0, 2 * min(tails) / (REPLICATES + 1)),
        detail={"rows": rows, "replicates": REPLICATES},
    )


def paired_mean(first: Floats, second: Floats, confidence: float = 0.95) -> Tested | None:
    """Test whether two means over the same rows are equal; None with fewer than :data:`FEWEST_ROWS` rows.

    Notes
    -----
    Student's t on the differences (1908).
    """
    from scipy.special import stdtr, stdtrit

    apart, n = second - first, len(first)
    if n < FEWEST_ROWS:
        return None
    mean, error = float(apart.mean()), float(apart.std(ddof=1)) / math.sqrt(n)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * error
    same = 1.0 if mean == 0 else 0.0
    return Tested(
        method="paired-t",
        paired=True,
        difference=mean,
        interval=Interval(low=mean - half, high=mean + half, confidence=confidence, method="t"),
        p_value=same if error == 0 else 2 * float(stdtr(n - 1, -abs(mean) / error)),
        detail={"rows": n},
    )


def paired_areas(first: Floats, second: Floats, positive: Bools, confidence: float = 0.95) -> Tested | None:
    """Test whether two areas under the ROC curve of the same rows are equal; None with too few rows of a class.

    Notes
    -----
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845: what each row bears on the one
    area less what it bears on the other; the variance is the sum of the squares.
    """
    from scipy.special import ndtr

    if min(int(positive.sum()), int((~positive).sum())) < FEWEST_ROWS:
        return None
    (area, bearing), (other, others) = (area_and_bearing(score, positive) for score in (first, second))
    error = math.sqrt(float(((others - bearing) ** 2).sum()))
    gap = other - area
    same = 1.0 if gap == 0 else 0.0
    return Tested(
        method="paired-delong",
        paired=True,
        difference=gap,
        interval=wald(gap, error, confidence),
        p_value=same if error == 0 else 2 * float(ndtr(-abs(gap) / error)),
        detail={"rows": len(positive)},
    )
