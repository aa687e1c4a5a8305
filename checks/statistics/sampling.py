"""How many rows to ask about: in steps fixed beforehand, until a rate's interval is as narrow as was asked for.

Stopping when an interval looks narrow enough costs coverage, since a rate that is underestimated looks exact too early.
Clopper and Pearson's interval has some to spare, and its width is taken with two more rows that turned than there were
(J. Frey, "Fixed-width sequential confidence intervals for a proportion", The American Statistician 64 (2010) 242-249,
estimates the rate with pseudo-counts for the same reason). With these steps it covers at least 94 % at a nominal 95 %
whatever the rate: benchmarks/coverage_stopping.py computes it, docs/robustness.md shows the table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from proofbox.checks.intervals import z_value
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FIRST_ROWS = 1_000
"""Rows of the first step: fewer would stop too early where nearly nothing turns."""
GROWTH = math.sqrt(2)
"""How much larger the sample is after each step."""
MOST_ADDED = 100_000
"""Rows that one step adds at most, so that what is held of them stays small."""


def sample_sizes(rows: int, precision: float, confidence: float) -> tuple[int, ...]:
    """Return after how many rows it is looked whether the interval is narrow enough, rising; the last is the most.

    Parameters
    ----------
    rows
        Rows that there are, at least 1; no sample is larger.
    precision
        Half width of the interval that is asked for, between 0 and 0.5.

    Notes
    -----
    At a rate of one half, where most rows are needed, Clopper and Pearson's half width is about
    ``z / (2 sqrt(n)) + 1 / (2 n)``: it is ``precision`` at ``n = z**2 / (4 precision**2) + 1 / precision`` or before.
    """
    z = z_value(confidence)
    most = min(rows, math.ceil(z * z / (4 * precision**2) + 1 / precision))
    sizes = [min(FIRST_ROWS, most)]
    while sizes[-1] < most:
        sizes.append(min(math.ceil(sizes[-1] * GROWTH), sizes[-1] + MOST_ADDED, most))
    return tuple(sizes)


def narrow_enough(counts: ArrayLike, rows: int, precision: float, confidence: float) -> NDArray[np.bool_]:
    """Return whether the interval of a rate of ``counts`` in ``rows`` has at most the half width ``precision``.

    Notes
    -----
    The half width of Clopper and Pearson's interval at ``z**2 / 2`` rows more of the rarer kind (about two at 95 %), up
    to one half, where it is widest.
    """
    from scipy.special import betaincinv

    count = np.asarray(counts, dtype=np.float64)
    cautious = np.minimum(np.minimum(count, rows - count) + z_value(confidence) ** 2 / 2, rows / 2)
    tail = (1 - confidence) / 2
    low = betaincinv(cautious, rows - cautious + 1, tail)
    high = betaincinv(cautious + 1, rows - cautious, 1 - tail)
    narrow: NDArray[np.bool_] = np.asarray((high - low) / 2 <= precision)
    return narrow
