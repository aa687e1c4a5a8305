"""Exact bounds of the largest difference and the smallest ratio between groups of a few people."""

from __future__ import annotations

import itertools
import math
from typing import Literal

from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics.exacttables import MOST_TABLES, Pair, exact_difference, exact_ratio
from proofbox.checks.statistics.gaps import Family

Kind = Literal["difference", "ratio"]


def pairs_of(family: Family) -> list[Pair]:
    """Return every pair of groups; the counts are whole."""
    x, n = [int(count) for count in family.successes], [int(of) for of in family.trials]
    return [Pair(x1=x[i], n1=n[i], x2=x[j], n2=n[j]) for i, j in itertools.combinations(range(len(n)), 2)]


def few_enough(family: Family) -> bool:
    """Return whether all possible tables of all pairs can be added up."""
    return sum(pair.tables for pair in pairs_of(family)) <= MOST_TABLES


def exact_gap_interval(family: Family, kind: Kind, confidence: float) -> Interval:
    """Return the bounds of the largest difference or the smallest ratio of any two groups.

    Notes
    -----
    As in :mod:`proofbox.checks.statistics.gaps`: the end that looks at the largest gap takes each pair at the plain
    level, the other one shares the error out over the pairs by the union bound. Together they never cover less than
    they say.
    """
    pairs, tail = pairs_of(family), (1 - confidence) / 2
    ends = _differences if kind == "difference" else _ratios
    plain = ends(pairs, tail)
    # Of more than one pair each can be wrong in two directions at this end, and the other end has its own half.
    shared = plain if len(pairs) == 1 else ends(pairs, tail / (2 * len(pairs)))
    low, high = (shared[0], plain[1]) if kind == "difference" else (plain[0], shared[1])
    value = family.difference if kind == "difference" else family.ratio
    if value is not None:
        # Limits are found from outside; the value itself is always possible.
        low, high = min(low, value), max(high, value)
    method = "exact" if len(pairs) == 1 else "exact-simultaneous"
    basis: dict[str, Json] = {"families": [family.basis()], "of": kind}
    return Interval(low=low, high=high, confidence=confidence, method=method, basis=basis)


def _differences(pairs: list[Pair], tail: float) -> tuple[float, float]:
    limits = [exact_difference(pair, tail) for pair in pairs]
    return max(max(low, -high, 0.0) for low, high in limits), max(min(max(high, -low), 1.0) for low, high in limits)


def _ratios(pairs: list[Pair], tail: float) -> tuple[float, float]:
    limits = [exact_ratio(pair, tail) for pair in pairs]
    lows = (min(low, 1 / high) for low, high in limits)
    return min(lows), min(min(high, 1 / low if low else math.inf, 1.0) for low, high in limits)
