"""Rounder numbers: what a reader takes in at a glance, between a real value and the one that broke a property."""

from __future__ import annotations

import math
from collections.abc import Iterator


def digits(number: float) -> int:
    """Return how many significant digits a number has when it is written out: 1 for 300, 2 for 0.25, 0 for 0."""
    if number == 0 or not math.isfinite(number):
        return 0
    mantissa = repr(abs(float(number))).partition("e")[0]
    return len(mantissa.replace(".", "").strip("0"))


def rounder(value: float, anchor: float, *, whole: bool) -> Iterator[float]:
    """Yield round numbers near ``value`` and on the way from there to ``anchor``, each once; not all are simpler.

    Parameters
    ----------
    anchor
        Where a reader starts from: the value of the real row.
    whole
        Whether only whole numbers will do.
    """
    seen = {value, anchor}
    for share in (1.0, 0.5, 0.25, 0.1):
        target = anchor + (value - anchor) * share
        for kept in (1, 2, 3):
            for number in _rounded(target, kept):
                if number not in seen and (not whole or number == math.floor(number)):
                    seen.add(number)
                    yield number


def _rounded(value: float, kept: int) -> tuple[float, ...]:
    """Return ``value`` cut off and rounded up to so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return (0.0,) if value == 0 else ()
    places = kept - 1 - math.floor(math.log10(abs(value)))
    unit = 10.0**-places
    low = math.floor(value / unit)
    return tuple(round(number * unit, places) for number in (low, low + 1))
