"""Intervals for values whose standard errors come from drawing rows again: of one, of the worst, of the largest gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from proofbox.checks.intervals import Floats, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics.meangaps import largest_gap

Of = Literal["one", "worst", "gap"]

METHOD = "bootstrap-normal"


def normal_interval(of: Of, values: Floats, errors: Floats, confidence: float) -> Interval:
    """Return the bounds of one value, of the largest of several, or of the largest difference of two of them.

    Parameters
    ----------
    values, errors
        Values and their standard errors, each of shape (groups,); for ``one`` the only group's.

    Notes
    -----
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. The end that looks at the worst
    of several needs no correction; the other holds for all of them, or all pairs, at once (Bonferroni).
    """
    z = z_value(confidence)
    if of == "gap":
        shared = z_value(confidence, len(values) * (len(values) - 1) // 2)
        low, high = largest_gap(values, *((values - level * errors, values + level * errors) for level in (shared, z)))
    else:
        low = float((values - z_value(confidence, len(values)) * errors).max())
        high = float((values + z * errors).max())
    kept: list[Json] = [list(pair) for pair in zip(values.tolist(), errors.tolist(), strict=True)]
    return Interval(low=low, high=high, confidence=confidence, method=METHOD, basis={"of": of, "values": kept})


def normal_again(basis: Mapping[str, Json], confidence: float) -> Interval:
    """Return such an interval at another confidence, from what it keeps.

    Raises
    ------
    ValueError
        It keeps something else.
    """
    listed = np.array(basis["values"])
    of = basis["of"]
    if listed.ndim != 2 or listed.shape[1] != 2 or listed.dtype.kind not in "if" or not np.isfinite(listed).all():
        raise ValueError("no values")
    kinds: Sequence[Of] = ("one", "worst", "gap")
    for kind in kinds:
        if of == kind:
            return normal_interval(kind, listed[:, 0].astype(np.float64), listed[:, 1].astype(np.float64), confidence)
    raise ValueError("no kind")
