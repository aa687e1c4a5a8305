"""Tests of two values as if they were of different people: all that can be done with what two bundles keep.

On the same rows they are cautious where the two models tend to be right and wrong about the same rows, which is the
usual case: what they call a difference is one, and much that is one they do not see.
"""

from __future__ import annotations

import math

from proofbox.checks.intervals import z_value
from proofbox.checks.result import Interval
from proofbox.checks.statistics.levels import at_confidence, families_of
from proofbox.checks.statistics.pairs import difference_limits
from proofbox.checks.statistics.tested import Tested

_HALVINGS = 60
_MOST_SURE = 1 - 1e-12


def independent(
    first: tuple[float, Interval], second: tuple[float, Interval], confidence: float = 0.95
) -> Tested | None:
    """Test whether two values are equal, from what their intervals keep; None where these keep too little.

    Parameters
    ----------
    first, second
        Value and interval of each.
    """
    counts = _counts(first), _counts(second)
    if counts[0] is not None and counts[1] is not None:
        return fisher(counts[0], counts[1], confidence)
    return mover(first, second, confidence)


def fisher(first: tuple[int, int], second: tuple[int, int], confidence: float = 0.95) -> Tested:
    """Test whether two independent proportions are equal, each given as (successes, trials).

    Notes
    -----
    R. A. Fisher's conditional test (1935) with the mid-p value: twice the smaller tail of the hypergeometric
    distribution, of which half the chance of what was seen. H. O. Lancaster, JASA 56 (1961) 223-234. The interval is
    that of :func:`~proofbox.checks.statistics.pairs.difference_limits`.
    """
    from scipy.stats import hypergeom

    (x, m), (y, n) = first, second
    here = float(hypergeom.pmf(x, m + n, x + y, m))
    below, above = (float(side(x, m + n, x + y, m)) for side in (hypergeom.cdf, hypergeom.sf))
    low, high = difference_limits((y, n), (x, m), z_value(confidence))
    return Tested(
        method="fisher-mid-p",
        paired=False,
        difference=y / n - x / m,
        interval=Interval(low=float(low), high=float(high), confidence=confidence, method="newcombe-agresti-caffo"),
        p_value=min(1.0, 2 * min(below - here / 2, above + here / 2)),
        detail={"first": [x, m], "second": [y, n]},
    )


def mover(first: tuple[float, Interval], second: tuple[float, Interval], confidence: float = 0.95) -> Tested | None:
    """Test whether two values are equal by the intervals of each; None where one cannot be made at another confidence.

    Notes
    -----
    The interval for the difference combines those of the two values (G. Y. Zou and A. Donner, Statistics in Medicine 27
    (2008) 1693-1702); p is one less the highest confidence at which it does not hold 0.
    """
    if at_confidence(first[1], 0.5) is None or at_confidence(second[1], 0.5) is None:
        return None
    found = _combined(first, second, confidence)
    if found is None:
        return None
    sure, unsure = 0.0, _MOST_SURE
    for _ in range(_HALVINGS):
        middle = (sure + unsure) / 2
        at = _combined(first, second, middle)
        if at is not None and not at.low <= 0 <= at.high:
            sure = middle
        else:
            unsure = middle
    return Tested(
        method="mover-independent",
        paired=False,
        difference=second[0] - first[0],
        interval=found,
        p_value=1 - sure,
    )


def _combined(first: tuple[float, Interval], second: tuple[float, Interval], confidence: float) -> Interval | None:
    (a, one), (b, other) = first, second
    mine, theirs = at_confidence(one, confidence), at_confidence(other, confidence)
    if mine is None or theirs is None:
        return None
    low = b - a - math.hypot(max(b - theirs.low, 0), max(mine.high - a, 0))
    high = b - a + math.hypot(max(theirs.high - b, 0), max(a - mine.low, 0))
    return Interval(low=low, high=high, confidence=confidence, method="mover")


def _counts(given: tuple[float, Interval]) -> tuple[int, int] | None:
    """Return successes and trials where the value is one proportion of whole rows."""
    value, interval = given
    families = families_of(interval)
    if len(families) != 1 or len(families[0].successes) != 1:
        return None
    x, n = float(families[0].successes[0]), float(families[0].trials[0])
    whole = x.is_integer() and n.is_integer() and n > 0
    return (int(x), int(n)) if whole and math.isclose(value, x / n, rel_tol=0, abs_tol=1e-9) else None
