"""Gaps of many groups, each from its own counterpart: a group against everybody outside it, before against after.

The same two ideas as in :mod:`proofbox.checks.statistics.gaps`: the end that looks at the largest gap needs no
correction, since that gap is some contrast's own; the other end is taken from limits that hold for all contrasts at
once.
"""

from __future__ import annotations

from proofbox.checks.intervals import Sample, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics.pairs import difference_limits, ratio_limits

MOST_KEPT = 500
"""With more contrasts than this an interval does not keep their counts."""


def contrasts_z(contrasts: int, confidence: float) -> float:
    """Return by how many standard errors limits must stand off to hold for all contrasts at once.

    Notes
    -----
    ``(1 - alpha)**(1 / contrasts)`` for each: Z. Šidák, JASA 62 (1967) 626-633, who shows that normal limits made so
    are never too narrow, whatever the dependence; groups that overlap are dependent.
    """
    return z_value(confidence ** (1 / contrasts))


def largest_difference(inside: Sample, outside: Sample, confidence: float) -> Interval:
    """Return the bounds of the largest ``|p1 - p2|`` of several contrasts.

    Parameters
    ----------
    inside, outside
        (successes, trials), each of shape (contrasts,); trials above 0.
    """
    plain = difference_limits(inside, outside, z_value(confidence))
    low, high = difference_limits(inside, outside, contrasts_z(_number_of(inside), confidence))
    return Interval(
        low=float(np.maximum(np.maximum(low, -high), 0).max()),
        high=float(np.minimum(np.maximum(plain[1], -plain[0]), 1).max()),
        confidence=confidence,
        method="newcombe-agresti-caffo-contrasts",
        basis=_basis(inside, outside),
    )


def largest_shortfall(inside: Sample, outside: Sample, confidence: float) -> Interval:
    """Return the bounds of the largest ``p2 - p1`` of several contrasts: how much lower the worst lies; see above."""
    plain = difference_limits(outside, inside, z_value(confidence))
    low, _ = difference_limits(outside, inside, contrasts_z(_number_of(inside), confidence))
    return Interval(
        low=float(low.max()),
        high=float(plain[1].max()),
        confidence=confidence,
        method="newcombe-agresti-caffo-shortfall",
        basis=_basis(inside, outside),
    )


def smallest_ratio(inside: Sample, outside: Sample, confidence: float) -> Interval:
    """Return the bounds of the smallest ``min(p1 / p2, p2 / p1)`` of several contrasts; see above."""
    plain = ratio_limits(inside, outside, z_value(confidence))
    low, high = ratio_limits(inside, outside, contrasts_z(_number_of(inside), confidence))
    with np.errstate(divide="ignore"):
        return Interval(
            low=float(np.minimum(plain[0], 1 / plain[1]).min()),
            high=float(np.minimum(np.minimum(high, 1 / low), 1).min()),
            confidence=confidence,
            method="mover-r-contrasts",
            basis=_basis(inside, outside),
        )


def _number_of(sample: Sample) -> int:
    return int(np.size(sample[1]))


def _basis(inside: Sample, outside: Sample) -> dict[str, Json] | None:
    if _number_of(inside) > MOST_KEPT:
        return None
    columns = [np.atleast_1d(np.asarray(values)).tolist() for values in (*inside, *outside)]
    return {"contrasts": [list(row) for row in zip(*columns, strict=True)]}
