"""Bands of numbers as statistics offices write them (``18-24``, ``65+``, ``dưới 18``), and numbers sorted into them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_BETWEEN = re.compile(rf"(?:từ |from )?{_NUMBER}\s*(?:-|–|—|to|đến)\s*{_NUMBER}")
_FROM = re.compile(
    rf"(?:≥|>=|từ|from|at least)\s*{_NUMBER}(?:\s*(?:trở lên|and over))?|"
    rf"{_NUMBER}\s*(?:\+|trở lên|and over|and above|or more|or over)"
)
_ABOVE = re.compile(rf"(?:>|over|above|trên)\s*{_NUMBER}")
_BELOW = re.compile(rf"(?:<|under|below|dưới)\s*{_NUMBER}")
_UP_TO = re.compile(rf"(?:≤|<=|up to|đến)\s*{_NUMBER}|{_NUMBER}\s*(?:and under|or less|trở xuống)")
_UNIT = re.compile(r"\s*(?:tuổi|years?(?: old)?)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Numbers ``low <= x < high``."""

    low: float
    high: float


def read_bands(names: Sequence[str]) -> tuple[Band, ...] | None:
    """Return the bands that names stand for, in their order; None where one is no band or two overlap.

    ``18-24`` ends below 25: ages and other whole numbers are counted in completed units.
    """
    for units in (1, 0):
        # Where bands end in the number in which the next one begins (18-25, 25-35), the upper end belongs to the next.
        bands = [_band(name, units) for name in names]
        there = [band for band in bands if band is not None]
        if len(there) < len(bands):
            return None
        by_place = sorted(there, key=lambda band: band.low)
        if all(one.high <= other.low for one, other in pairwise(by_place)):
            return tuple(there)
    return None


def sort_into(values: Floats, bands: Sequence[Band]) -> np.ndarray:
    """Return shape (n,): index of each value's band, ``len(bands)`` for a value in none; NaN is in none."""
    codes = np.full(len(values), len(bands), dtype=np.int64)
    for index, band in enumerate(bands):
        codes[(values >= band.low) & (values < band.high)] = index
    return codes


def _band(name: str, units: int) -> Band | None:
    text = _UNIT.sub("", unicodedata.normalize("NFC", name).strip().casefold())
    if match := _BETWEEN.fullmatch(text):
        low, high = _number(match), _number(match, last=True)
        high += units if high.is_integer() else 0
        return Band(low=low, high=high) if high > low else None
    if match := _FROM.fullmatch(text):
        return Band(low=_number(match), high=math.inf)
    if match := _ABOVE.fullmatch(text):
        return Band(low=math.nextafter(_number(match), math.inf), high=math.inf)
    if match := _BELOW.fullmatch(text):
        return Band(low=-math.inf, high=_number(match))
    if match := _UP_TO.fullmatch(text):
        return Band(low=-math.inf, high=_number(match) + units)
    return None


def _number(match: re.Match[str], *, last: bool = False) -> float:
    found = [group for group in match.groups() if group is not None]
    return float(found[-1 if last else 0].replace(",", "."))
