"""Exact intervals never cover less than they say: all tables are enumerated, not drawn."""

import math

import numpy as np
import pytest

from proofbox.checks.statistics.exacttables import Pair, boschloo, exact_difference, exact_ratio, fisher
from proofbox.checks.statistics.pairs import difference_limits, ratio_limits


@pytest.mark.parametrize(("n1", "n2"), [(6, 9), (10, 10)])
def test_coverage_of_every_table_at_every_rate(n1, n2):
    limits = {}
    for x1 in range(n1 + 1):
        for x2 in range(n2 + 1):
            pair = Pair(x1=x1, n1=n1, x2=x2, n2=n2)
            limits[x1, x2] = (*exact_difference(pair, 0.025), *exact_ratio(pair, 0.025))
    low_gap, high_gap, low_ratio, high_ratio = (
        np.array([limits[x1, x2][place] for x1 in range(n1 + 1) for x2 in range(n2 + 1)]) for place in range(4)
    )
    for p1 in np.linspace(0.03, 0.97, 15):
        for p2 in np.linspace(0.05, 0.95, 13):
            chance = np.outer(binomial(n1, p1), binomial(n2, p2)).ravel()
            gap, ratio = p1 - p2, p1 / p2
            assert chance[(low_gap <= gap) & (gap <= high_gap)].sum() >= 0.95
            assert chance[(low_ratio <= ratio) & (ratio <= high_ratio)].sum() >= 0.95


def test_they_come_near_the_approximations_where_those_are_good():
    pair = Pair(x1=60, n1=150, x2=80, n2=150)
    low, high = difference_limits((60, 150), (80, 150), 1.96)
    assert exact_difference(pair, 0.025) == (pytest.approx(float(low), abs=0.01), pytest.approx(float(high), abs=0.01))
    low, high = ratio_limits((60, 150), (80, 150), 1.96)
    assert exact_ratio(pair, 0.025) == (pytest.approx(float(low), abs=0.01), pytest.approx(float(high), abs=0.01))


def test_ends_without_a_success():
    assert exact_ratio(Pair(x1=0, n1=9, x2=0, n2=9), 0.025) == (0.0, math.inf)
    low, high = exact_ratio(Pair(x1=9, n1=9, x2=0, n2=9), 0.025)
    assert low > 1
    assert high == math.inf
    low, high = exact_difference(Pair(x1=9, n1=9, x2=0, n2=9), 0.025)
    assert 0 < low < high == 1.0


def test_swapping_the_groups_mirrors_the_limits():
    one, other = Pair(x1=3, n1=20, x2=9, n2=15), Pair(x1=9, n1=15, x2=3, n2=20)
    low, high = exact_difference(one, 0.025)
    assert exact_difference(other, 0.025) == (pytest.approx(-high), pytest.approx(-low))
    low, high = exact_ratio(one, 0.025)
    assert exact_ratio(other, 0.025) == (pytest.approx(1 / high), pytest.approx(1 / low))


def test_boschloo_is_never_weaker_than_fisher():
    for table in ((1, 10, 6, 10), (8, 20, 16, 20), (3, 40, 9, 35)):
        pair = Pair(x1=table[0], n1=table[1], x2=table[2], n2=table[3])
        assert boschloo(pair) <= fisher(pair) + 1e-9
    assert boschloo(Pair(x1=0, n1=5, x2=0, n2=5)) == 1.0


def binomial(n, p):
    return np.array([math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])
