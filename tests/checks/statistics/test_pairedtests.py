"""Paired tests: the figures of references where there are any, and how often they are wrong where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest, ttest_rel

from proofbox.checks.statistics.auc import auc_interval
from proofbox.checks.statistics.jointvalues import OF_GROUPS, Side, kinds
from proofbox.checks.statistics.pairedtests import cell_bootstrap, mcnemar, paired_areas, paired_mean


@pytest.mark.parametrize(("first", "second"), [(10, 25), (0, 6), (3, 3), (0, 0), (400, 350)])
def test_mcnemar_is_the_binomial_test_of_the_rows_that_differ(first: int, second: int) -> None:
    found = mcnemar(100, first, second, 50)
    exact = binomtest(first, first + second).pvalue if first + second else 1.0
    assert found.detail["exact_p_value"] == pytest.approx(exact, abs=1e-12)
    # Fagerland, Lydersen and Laake (2013): the exact value less the chance of what was seen.
    here = binom.pmf(first, first + second, 0.5)
    assert found.p_value == pytest.approx(1.0 if first == second else exact - here, abs=1e-12)
    assert found.difference == pytest.approx((second - first) / (150 + first + second))
    assert found.interval.low <= found.difference <= found.interval.high


@pytest.mark.parametrize("apart", [6, 15, 40, 101])
def test_mcnemar_is_wrong_at_most_as_often_as_its_level_says(apart: int) -> None:
    chance = binom.pmf(np.arange(apart + 1), apart, 0.5)
    p = np.array([mcnemar(5, first, apart - first, 5).p_value for first in range(apart + 1)])
    exact = np.array([mcnemar(5, first, apart - first, 5).detail["exact_p_value"] for first in range(apart + 1)])
    assert chance[exact < 0.05].sum() <= 0.05
    # The mid-p value is known to come a little closer to the level; by more than this it never went over.
    assert chance[p < 0.05].sum() <= 0.055


def test_a_mean_of_differences_is_students_t() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random(80), rng.random(80) + 0.1
    found = paired_mean(first, second)
    assert found is not None
    reference = ttest_rel(second, first)
    assert found.p_value == pytest.approx(reference.pvalue, abs=1e-12)
    limits = reference.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((limits.low, limits.high))
    assert paired_mean(first[:9], second[:9]) is None
    same = paired_mean(first, first)
    assert same is not None
    assert same.p_value == 1.0


def test_areas_of_the_same_rows_differ_by_what_each_row_bears() -> None:
    rng = np.random.default_rng(4)
    positive = rng.random(300) < 0.4
    first = positive + rng.normal(size=300)
    found = paired_areas(first, first, positive)
    assert found is not None
    assert (found.difference, found.p_value) == (0.0, 1.0)
    other = first + rng.normal(scale=2, size=300)
    worse = paired_areas(first, other, positive)
    areas = [auc_interval(score, positive, 0.95) for score in (first, other)]
    assert worse is not None
    assert areas[0] is not None
    assert areas[1] is not None
    assert worse.difference == pytest.approx(areas[1][0] - areas[0][0])
    assert worse.p_value < 0.01
    # DeLong's variance of each area alone comes out where the other one is a constant score.
    flat = paired_areas(np.zeros(300), first, positive)
    assert flat is not None
    bearing = float(areas[0][1].basis["variance"])  # type: ignore[index, arg-type]
    assert (flat.interval.high - flat.difference) / 1.959964 == pytest.approx(bearing**0.5, rel=1e-6)


def _sides(rng: np.random.Generator, rows: int, rates: tuple[float, ...], redrawn: float) -> tuple[Side, Side]:
    """Two deciders of one skill that agree on most rows."""
    group = rng.integers(0, len(rates), rows)
    first = rng.random(rows) < np.array(rates)[group]
    again = rng.random(rows) < np.array(rates)[group]
    second = np.where(rng.random(rows) < redrawn, again, first)
    nothing = np.zeros(rows, dtype=bool)
    return tuple(Side(group=group, true=nothing, known=nothing, said=said, right=nothing) for said in (first, second))


@pytest.mark.parametrize("rates", [(0.4, 0.6), (0.3, 0.5, 0.5)])
def test_the_bootstrap_of_a_gap_is_seldom_wrong_and_its_interval_mostly_covers(rates: tuple[float, ...]) -> None:
    rng = np.random.default_rng(11)
    gap = OF_GROUPS["demographic_parity_difference"]
    wrong = missed = 0
    tries = 60
    for _ in range(tries):
        mine, theirs, counts = kinds(*_sides(rng, 400, rates, 0.2))
        found = cell_bootstrap(counts, lambda drawn: gap(theirs, drawn) - gap(mine, drawn), rng)  # noqa: B023
        assert found is not None
        wrong += found.p_value < 0.05
        missed += not found.interval.low <= 0 <= found.interval.high
    # With a level of 5 % more than 8 of 60 happen once in 400 times.
    assert wrong <= 8
    assert missed <= 8


def test_the_bootstrap_sees_a_gap_that_grew_and_says_when_there_is_no_value() -> None:
    rng = np.random.default_rng(12)
    gap = OF_GROUPS["demographic_parity_difference"]
    first, _ = _sides(rng, 600, (0.5, 0.5), 0.0)
    second = Side(
        group=first.group, true=first.true, known=first.known, right=first.right, said=first.said & (first.group == 0)
    )
    mine, theirs, counts = kinds(first, second)
    found = cell_bootstrap(counts, lambda drawn: gap(theirs, drawn) - gap(mine, drawn), rng)
    assert found is not None
    assert found.p_value <= 0.001
    assert found.difference > 0.3
    none = OF_GROUPS["equal_opportunity_difference"]
    assert cell_bootstrap(counts, lambda drawn: none(theirs, drawn), rng) is None
