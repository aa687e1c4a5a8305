"""Effective counts: how many plain rows a weighted share is worth, so that intervals for counts serve weighted data.

Four sums for each group are enough (weights and squared weights of the rows that succeed and of those that do not), so
they add up over batches like plain counts do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float64]"


def effective_counts(
    weight_yes: ArrayLike, weight_no: ArrayLike, square_yes: ArrayLike, square_no: ArrayLike
) -> tuple[Floats, Floats]:
    """Return effective successes and trials for weighted shares.

    Parameters
    ----------
    weight_yes, weight_no
        Sums of the weights of the rows that succeed, and of those that do not; any scale, not negative.
    square_yes, square_no
        Sums of the squared weights of the same rows.

    Returns
    -------
    The share is successes divided by trials; trials are 0 where a group has no weight.

    Notes
    -----
    The smaller of two effective sizes. L. Kish's (Survey Sampling, 1965, section 11.7): ``(sum w)**2 / sum w**2``,
    which is too large where the weights go with the outcome; and the number of rows at which ``p (1 - p) / n`` is the
    linearised variance ``(sum_yes w**2 (1 - p)**2 + sum_no w**2 p**2) / (sum w)**2``, which is wild where few succeed
    (N. Dean and M. Pagano, Journal of Survey Statistics and Methodology 3 (2015) 484-503; E. L. Korn and B. I.
    Graubard, Survey Methodology 24 (1998) 193-201). docs/intervals.md shows how often intervals from it cover.
    """
    yes, no = np.asarray(weight_yes, dtype=np.float64), np.asarray(weight_no, dtype=np.float64)
    yes2, no2 = np.asarray(square_yes, dtype=np.float64), np.asarray(square_no, dtype=np.float64)
    total, squares = yes + no, yes2 + no2
    with np.errstate(divide="ignore", invalid="ignore"):
        kish = np.where(squares > 0, total * total / squares, 0.0)
        share = np.where(total > 0, yes / total, 0.0)
        spread = yes2 * (1 - share) ** 2 + no2 * share**2
        linearised = np.where(spread > 0, share * (1 - share) * total * total / spread, np.inf)
    trials = _settled(np.minimum(kish, linearised))
    return _settled(np.where(yes >= total, trials, share * trials)), trials


def _settled(counts: Floats) -> Floats:
    """Return counts without rounding: equal weights must give the very counts of plain rows."""
    whole = np.rint(counts)
    settled: Floats = np.where(np.abs(counts - whole) <= 1e-9 * np.maximum(whole, 1), whole, counts)
    return settled
