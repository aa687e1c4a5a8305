"""Limits for two proportions: published examples, laws, and coverage by enumerating every outcome."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.gaps import ratio_bounds
from proofbox.checks.statistics.pairs import (
    agresti_caffo_limits,
    cautious_limits,
    difference_limits,
    newcombe_limits,
    ratio_limits,
)

Z = 1.959964


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((0, 10), (0, 10), -0.2775, 0.2775),
    ],
)
def test_newcombe_agrees_with_his_table(first, second, low, high):
    assert newcombe_limits(first, second, Z) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("counts", "newcombe", "agresti_caffo"),
    # statsmodels 0.15.0, confint_proportions_2indep(..., method="newcomb" and "agresti-caffo", compare="diff").
    [
        ((5, 56, 0, 29), (-0.0381371479, 0.1925600139), (-0.0288658463, 0.1712462690)),
        ((92, 123, 603, 673), (-0.2340299608, -0.0750520508), (-0.2307455706, -0.0708840590)),
        ((1, 30, 29, 40), (-0.8088410918, -0.4884333090), (-0.8120976036, -0.4914738250)),
    ],
)
def test_the_parts_of_the_hull_agree_with_statsmodels(counts, newcombe, agresti_caffo):
    z, (first, second) = z_value(0.95), (counts[:2], counts[2:])
    assert newcombe_limits(first, second, z) == (pytest.approx(newcombe[0]), pytest.approx(newcombe[1]))
    assert agresti_caffo_limits(first, second, z) == (pytest.approx(agresti_caffo[0]), pytest.approx(agresti_caffo[1]))


counts = st.integers(1, 300).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(counts, counts)
@settings(max_examples=150, deadline=None)
def test_every_interval_holds_its_value_and_turns_with_the_order(first, second):
    low, high = difference_limits(first, second, Z)
    gap = first[0] / first[1] - second[0] / second[1]
    assert -1 <= low <= gap + 1e-12
    assert gap - 1e-12 <= high <= 1
    assert difference_limits(second, first, Z) == (pytest.approx(-high), pytest.approx(-low))
    low, high = ratio_limits(first, second, Z)
    assert 0 <= low <= high
    if second[0]:
        assert low - 1e-9 <= (first[0] / first[1]) / (second[0] / second[1]) <= high + 1e-9
    else:
        assert high == np.inf
    if first[0] and second[0]:
        turned = ratio_limits(second, first, Z)
        assert turned == (pytest.approx(1 / high, rel=1e-6), pytest.approx(1 / low, rel=1e-6))


@given(counts, counts)
@settings(max_examples=100, deadline=None)
def test_counting_the_other_label_mirrors_the_difference(first, second):
    low, high = difference_limits(first, second, Z)
    others = [(n - x, n) for x, n in (first, second)]
    assert difference_limits(*others, Z) == (pytest.approx(-high), pytest.approx(-low))


@given(counts, counts, st.floats(0.6, 0.999), st.floats(0.6, 0.999))
@settings(max_examples=150, deadline=None)
def test_more_confidence_is_never_a_narrower_interval(first, second, one, other):
    narrow, wide = sorted((z_value(one), z_value(other)))
    for limits in (difference_limits, ratio_limits):
        inner, outer = limits(first, second, narrow), limits(first, second, wide)
        assert outer[0] <= inner[0] + 1e-12
        assert outer[1] >= inner[1] - 1e-12


@given(counts, counts, st.integers(2, 5))
@settings(max_examples=100, deadline=None)
def test_more_rows_at_the_same_rates_are_never_a_wider_interval(first, second, times):
    more = [(x * times, n * times) for x, n in (first, second)]
    for limits in (difference_limits, ratio_limits):
        few, many = limits(first, second, Z), limits(*more, Z)
        assert many[0] >= few[0] - 1e-12
        assert many[1] <= few[1] + 1e-12


@pytest.mark.parametrize("first", [(0.173, 2.14), (0.01, 40.0), (1e-13, 0.05)])
def test_less_than_a_quarter_of_a_counted_row_against_none_says_nothing_of_the_ratio(first):
    """Only rows with weights count so little; every ratio is possible, and each limit is a number."""
    low, high = ratio_limits(first, (0.0, 3.0), Z)
    assert (float(low), float(high)) == (0.0, np.inf)
    bounds = ratio_bounds(np.array([first[0], 0.0]), np.array([first[1], 3.0]), Z, Z)
    assert tuple(map(float, bounds)) == (0.0, 1.0)


def test_a_ratio_is_what_square_and_add_of_the_difference_leaves_possible():
    """MOVER-R by its definition: at each limit r, the limit of p1 - r p2 is 0."""
    x1, n1, x2, n2 = 36, 40, 16, 80
    (low1, high1), (low2, high2) = cautious_limits(x1, n1, Z), cautious_limits(x2, n2, Z)
    p1, p2 = x1 / n1, x2 / n2
    low, high = ratio_limits((x1, n1), (x2, n2), Z)
    assert p1 - low * p2 == pytest.approx(np.hypot(p1 - low1, low * (high2 - p2)))
    assert high * p2 - p1 == pytest.approx(np.hypot(high1 - p1, high * (p2 - low2)))
    # P. A. R. Koopman, Biometrics 40 (1984) 513-517, has 2.94 to 7.15 for these counts by the score method.
    assert (low, high) == (pytest.approx(2.94, abs=0.1), pytest.approx(7.15, abs=0.25))


def test_cautious_limits_are_exact_where_few_were_counted_and_a_quarter_count_from_wilson_elsewhere():
    # Clopper and Pearson's limits for 1 of 29 as in Newcombe's table I (1998), method 5: 0.0009 and 0.1776.
    low, high = cautious_limits(1, 29, Z)
    assert (low, high) == (pytest.approx(0.0009, abs=5e-5), pytest.approx(0.1804, abs=5e-3))
    assert cautious_limits(0, 29, Z)[0] == 0.0
    assert cautious_limits(29, 29, Z)[1] == 1.0
    low, high = cautious_limits(81, 263, Z)
    assert 0.2527 < low < 0.2553
    assert 0.3662 < high < 0.3676


GRID = np.array(
    [
        0.002,
        0.01,
        0.03,
        0.05,
        0.1,
        0.15,
        0.2,
        0.3,
        0.4,
        0.475,
        0.5,
        0.62,
        0.675,
        0.8,
        0.85,
        0.9,
        0.95,
        0.97,
        0.99,
        0.998,
    ]
)


def lowest_coverage(sizes, limits, kind):
    """Return the lowest chance, over a grid of rates, that the interval of the gap holds it: every outcome counted."""
    from scipy.stats import binom

    x1, x2 = np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")
    low, high = limits((x1, sizes[0]), (x2, sizes[1]), Z)
    if kind == "difference":
        low, high = np.maximum(np.maximum(low, -high), 0), np.maximum(high, -low)
    else:
        with np.errstate(divide="ignore"):
            low, high = np.minimum(low, 1 / high), np.minimum(np.minimum(high, 1 / low), 1)
    chances = [[binom.pmf(np.arange(size + 1), size, rate) for rate in GRID] for size in sizes]
    found = 1.0
    for i, one in enumerate(GRID):
        for j, other in enumerate(GRID):
            truth = abs(one - other) if kind == "difference" else min(one, other) / max(one, other)
            held = (low <= truth + 1e-12) & (truth <= high + 1e-12)
            found = min(found, float(chances[0][i] @ held @ chances[1][j]))
    return found


SIZES = [
    (2, 4),
    (3, 3),
    (5, 5),
    (5, 50),
    (7, 7),
    (8, 200),
    (15, 150),
    (10, 10),
    (10, 100),
    (20, 180),
    (30, 30),
    (50, 50),
]


@pytest.mark.parametrize("sizes", SIZES)
def test_small_groups_and_rates_far_apart_are_covered_too(sizes):
    assert lowest_coverage(sizes, difference_limits, "difference") >= 0.94
    assert lowest_coverage(sizes, ratio_limits, "ratio") >= 0.94


def test_the_classical_limits_alone_would_not_cover():
    """Why the hull stands here: each of its parts alone falls below 0.94 somewhere."""
    assert lowest_coverage((30, 30), newcombe_limits, "difference") < 0.93
    assert lowest_coverage((20, 180), agresti_caffo_limits, "difference") < 0.94


def test_katz_would_not_have_covered():
    """The usual log-ratio interval misses one time in five at rates near 1."""
    drawn = np.random.default_rng(4).binomial([50, 500], 0.97, size=(3000, 2))
    with np.errstate(divide="ignore"):
        log, spread = (
            np.log((drawn[:, 0] / 50) / (drawn[:, 1] / 500)),
            np.sqrt((1 / drawn - 1 / np.array([50, 500])).sum(1)),
        )
    assert np.mean((log - Z * spread <= 0) & (log + Z * spread >= 0)) < 0.9
