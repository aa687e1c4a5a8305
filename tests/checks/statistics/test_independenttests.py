"""Tests of two values as if of different rows, from what their intervals keep."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact, hypergeom

from proofbox.checks.intervals import wilson
from proofbox.checks.result import Interval
from proofbox.checks.statistics.independenttests import fisher, independent
from proofbox.checks.statistics.meanrates import mean_of_proportions


def test_fisher_is_the_reference_less_half_of_what_was_seen() -> None:
    # Equal margins: then the distribution is symmetric, and twice the smaller tail is the two-sided reference.
    reference = fisher_exact([[12, 28], [22, 18]]).pvalue
    here = hypergeom.pmf(12, 80, 34, 40)
    assert fisher((12, 40), (22, 40)).p_value == pytest.approx(reference - here, abs=1e-12)
    assert fisher((0, 30), (0, 50)).p_value == 1.0


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_fisher_is_wrong_about_as_often_as_its_level_says(rate: float) -> None:
    n = 30
    chance = binom.pmf(np.arange(n + 1), n, rate)
    wrong = sum(
        chance[x] * chance[y]
        for x in range(n + 1)
        for y in range(n + 1)
        if chance[x] * chance[y] > 1e-9 and fisher((x, n), (y, n)).p_value < 0.05
    )
    assert 0.01 < wrong <= 0.055


def test_two_intervals_are_combined_and_turned_into_a_p_value() -> None:
    counts = np.array([60.0, 70.0]), np.array([100.0, 100.0])
    first = mean_of_proportions(*counts, 0.95)
    second = mean_of_proportions(counts[0] + 20, counts[1], 0.95)
    found = independent((0.65, first), (0.85, second))
    assert found is not None
    assert found.method == "mover-independent"
    assert found.p_value < 0.001
    assert found.interval.low > 0
    # At the confidence of one less p the interval just touches 0.
    edge = independent((0.65, first), (0.85, second), 1 - found.p_value)
    assert edge is not None
    assert edge.interval.low == pytest.approx(0, abs=1e-6)
    same = independent((0.65, first), (0.65, first))
    assert same is not None
    assert same.p_value == pytest.approx(1.0)


def test_what_keeps_no_counts_is_not_tested() -> None:
    bare = Interval(low=0.1, high=0.3, confidence=0.95, method="binned-normal")
    assert independent((0.2, bare), (0.9, wilson(9, 10, 0.95))) is None
