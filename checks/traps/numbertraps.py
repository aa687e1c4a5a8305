"""Numbers that cannot be what their column is called, numbers that stand for nothing, and what reading hides."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.personal.plain import words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGES: tuple[tuple[str, float, float], ...] = (
    (r" (?:tuoi|age) ", 0, 120),
    (r" (?:nam sinh|birth year|year of birth|yob) ", 1900, 2100),
    (r"^ (?:thang|month) $", 1, 12),
    (r"^ (?:vi do|latitude|lat) $", -90, 90),
    (r"^ (?:kinh do|longitude|lon|lng) $", -180, 180),
    (r" (?:so con|so nguoi|so nguoi phu thuoc|so luong|number of|num|count|children|dependents|so lan) ", 0, math.inf),
    (r" (?:chieu cao|height cm) ", 20, 280),
    (r" (?:can nang|weight kg) ", 0.2, 650),
)
"""Plain words of a column's name, and the range outside which a number cannot be meant."""

_SENTINELS = (-9999.0, -999.0, -99.0, -9.0, -1.0, 99.0, 666.0, 888.0, 999.0, 9999.0, 99999.0, 999999.0)
_GROUPED = re.compile(r"\d{1,3}\.\d{3}")
_LEADING_ZERO = re.compile(r"0\d+")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{2,}")
_MOST_OUTSIDE = 0.05
_SAMPLED_ROWS = 2_000
SAMPLE_BYTES = 1 << 18
"""First bytes of a file that are looked at before reading."""


def impossible(name: str, values: Floats) -> NDArray[np.bool_]:
    """Return shape (rows,): whether a number is infinite, or one of few outside of what its column's name allows."""
    wrong: NDArray[np.bool_] = np.isinf(values)
    words = words_of(name)
    for pattern, low, high in RANGES:
        if re.search(pattern, words):
            with np.errstate(invalid="ignore"):
                outside = np.isfinite(values) & ((values < low) | (values > high))
            # Where many values lie outside, the column means something else: the age of houses, ages in months.
            if outside.sum() <= _MOST_OUTSIDE * np.isfinite(values).sum():
                wrong |= outside
    return wrong


def sentinel(values: Floats) -> tuple[float, int] | None:
    """Return a number that seems to stand for a missing value, with its rows: the usual ones, far from all others."""
    there = values[np.isfinite(values)]
    distinct, counts = np.unique(there, return_counts=True)
    if len(distinct) < 4:
        return None
    spread = distinct[1:-1].max() - distinct[1:-1].min()
    for place, next_to in ((0, 1), (-1, -2)):
        apart = abs(distinct[place] - distinct[next_to])
        if distinct[place] in _SENTINELS and counts[place] >= 2 and apart > max(spread, 1.0):
            return float(distinct[place]), int(counts[place])
    return None


def traps_before_reading(
    head: bytes, delimiter: str, encoding: str, numeric: frozenset[str]
) -> Iterator[tuple[str, str, int]]:
    """Yield (column, trap, rows of the sample) for what reading a CSV file hides, from the file's first bytes.

    Parameters
    ----------
    numeric
        Columns that were read as numbers.
    """
    text = head.decode(encoding, errors="replace").lstrip("\ufeff")
    lines = io.StringIO(text if len(head) < SAMPLE_BYTES else text.rpartition("\n")[0], newline="")
    try:
        rows = list(itertools.islice(csv.reader(lines, delimiter=delimiter), _SAMPLED_ROWS + 1))
    except csv.Error:
        # A cell longer than the module reads: nothing to recognise by its form.
        return
    for place, written in enumerate(rows[0] if rows else ()):
        name = unicodedata.normalize("NFC", written).strip()
        if name not in numeric:
            continue
        fields = [row[place].strip() for row in rows[1:] if place < len(row)]
        for trap, count in _of_fields([field for field in fields if field]).items():
            yield name, trap, count


def _of_fields(fields: list[str]) -> Mapping[str, int]:
    zeros = sum(bool(_LEADING_ZERO.fullmatch(field)) for field in fields)
    scientific = sum(bool(_SCIENTIFIC.fullmatch(field)) for field in fields)
    pointed = [field for field in fields if "." in field]
    grouped = sum(bool(_GROUPED.fullmatch(field)) for field in pointed)
    found = {"leading_zeros_lost": zeros, "scientific_notation": scientific}
    # 12.500 is twelve thousand five hundred in Viet Nam and twelve and a half elsewhere; decimals vary in length.
    if len(pointed) >= 10 and grouped == len(pointed) and len({field[-3:] for field in pointed}) > 1:
        found["point_may_part_thousands"] = grouped
    return {name: count for name, count in found.items() if count}
