"""Bounds of the largest gap between many groups: laws, the range's quantiles, and how often they cover."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.gaps import (
    Family,
    difference_bounds,
    difference_interval,
    highest_interval,
    lowest_interval,
    ratio_bounds,
    ratio_interval,
    simultaneous_z,
)
from proofbox.checks.statistics.pairs import cautious_limits, difference_limits, ratio_limits


def family(*counts):
    successes, trials = zip(*counts, strict=True)
    return Family(successes=np.array(successes), trials=np.array(trials))


def test_the_range_has_the_quantiles_of_tukeys_tables():
    # E. S. Pearson and H. O. Hartley, Biometrika Tables for Statisticians I (1966), table 29, infinite df, upper 5 %.
    for groups, q in ((2, 2.77), (3, 3.31), (5, 3.86), (10, 4.47), (20, 5.01)):
        assert simultaneous_z((groups,), 0.95) * np.sqrt(2) == pytest.approx(q, abs=0.006)
    assert simultaneous_z((2,), 0.95) == z_value(0.95)
    assert simultaneous_z((1, 2, 0), 0.9) == z_value(0.9)


def test_several_families_share_the_error_out_like_independent_ones():
    assert simultaneous_z((2, 2), 0.95) == pytest.approx(z_value(np.sqrt(0.95)), abs=1e-6)
    assert simultaneous_z((5, 5), 0.95) > simultaneous_z((5,), 0.95)


@pytest.mark.parametrize("groups", [3, 12, 60])
def test_pairs_at_once_never_cost_more_than_the_union_bound(groups):
    for confidence in (0.8, 0.95, 0.9999):
        wide = z_value(confidence, groups * (groups - 1) // 2)
        assert z_value(confidence) < simultaneous_z((groups,), confidence) < wide


def test_two_groups_are_one_pair():
    low, high = difference_limits((8, 40), (30, 50), z_value(0.95))
    found = difference_interval([family((8, 40), (30, 50))], 0.95)
    assert (found.low, found.high, found.method) == (
        pytest.approx(-high), pytest.approx(-low), "newcombe-agresti-caffo"
    )  # fmt: skip
    low, high = ratio_limits((8, 40), (30, 50), z_value(0.95))
    found = ratio_interval([family((8, 40), (30, 50))], 0.95)
    assert (found.low, found.high, found.method) == (pytest.approx(low), pytest.approx(high), "mover-r")


def test_the_upper_bound_of_a_gap_needs_no_correction_and_the_lower_one_does():
    counts = [(8, 40), (30, 50), (20, 50)]
    found = difference_interval([family(*counts)], 0.95)
    pairs = [difference_limits(one, other, z_value(0.95)) for one in counts for other in counts if one is not other]
    assert found.high == pytest.approx(max(float(high) for _, high in pairs))
    assert found.low < max(float(low) for low, _ in pairs)
    assert found.method == "newcombe-agresti-caffo-tukey"


def test_the_worst_rate_has_bounds():
    found = lowest_interval([family((8, 40), (30, 50), (20, 50))], 0.95)
    assert found.low == pytest.approx(float(cautious_limits(8, 40, z_value(0.95))[0]))
    assert found.high == pytest.approx(float(cautious_limits(8, 40, z_value(0.95 ** (1 / 3)))[1]))
    assert (found.method, found.basis) == ("wilson-adjusted-lowest", {"families": [[[8, 40], [30, 50], [20, 50]]]})
    mirrored = highest_interval([family((32, 40), (20, 50), (30, 50))], 0.95)
    assert (mirrored.low, mirrored.high) == (pytest.approx(1 - found.high), pytest.approx(1 - found.low))


group = st.integers(1, 200).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))
families = st.lists(group, min_size=2, max_size=6)
MAKERS = (difference_interval, ratio_interval, lowest_interval, highest_interval)


@given(families, st.floats(0.55, 0.9999), st.floats(0.55, 0.9999))
@settings(max_examples=80, deadline=None)
def test_intervals_are_nested_in_confidence_and_hold_their_value(counts, one, other):
    given_family = family(*counts)
    narrow, wide = sorted((one, other))
    rates = given_family.rates
    values = (given_family.difference, given_family.ratio, float(rates.min()), float(rates.max()))
    for make, value in zip(MAKERS, values, strict=True):
        inner, outer = make([given_family], narrow), make([given_family], wide)
        assert 0 <= outer.low <= inner.low + 1e-12
        assert inner.high - 1e-12 <= outer.high <= 1
        if value is not None:
            assert inner.low - 1e-9 <= value <= inner.high + 1e-9


@given(families, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_groups_and_the_label_counted_change_no_difference(counts, random):
    found = difference_interval([family(*counts)], 0.95)
    shuffled = random.sample(counts, len(counts))
    others = [(of - count, of) for count, of in shuffled]
    for again in (shuffled, others):
        same = difference_interval([family(*again)], 0.95)
        assert (same.low, same.high) == (pytest.approx(found.low), pytest.approx(found.high))


def covered(bounds, truth):
    low, high = bounds
    return float(np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12)))


@pytest.mark.parametrize(
    ("rates", "sizes"),
    [
        ([0.3, 0.3], [100, 100]),
        ([0.634, 0.917], [123, 673]),
        ([0.9, 0.9], [20, 180]),
        ([0.97, 0.97], [50, 500]),
        ([0.05, 0.05], [30, 170]),
        ([0.3] * 3, [70] * 3),
        ([0.3] * 5, [40] * 5),
        ([0.2, 0.3, 0.4, 0.5, 0.6], [20, 40, 100, 200, 500]),
        ([0.4] * 20, [50] * 20),
        ([0.3, 0.3, 0.5, 0.5], [60] * 4),
        ([0.9] * 12, [30] * 12),
    ],
)
def test_gaps_cover_their_truth_with_tied_and_separate_groups(rates, sizes):
    rates, sizes = np.array(rates), np.array(sizes)
    drawn = np.random.default_rng(4).binomial(sizes, rates, size=(2000, len(sizes)))
    levels = z_value(0.95), simultaneous_z((len(sizes),), 0.95)
    assert covered(difference_bounds(drawn, sizes, *levels), rates.max() - rates.min()) >= 0.94
    assert covered(ratio_bounds(drawn, sizes, *levels), rates.min() / rates.max()) >= 0.94


def test_the_plain_interval_of_the_largest_pair_would_not_cover():
    """Why the lower bound is made simultaneous: with ties the selected pair's own interval misses half of the time."""
    sizes = np.full(12, 100)
    drawn = np.random.default_rng(4).binomial(sizes, 0.5, size=(1000, 12))
    plain = z_value(0.95)
    assert covered(difference_bounds(drawn, sizes, plain, plain), 0.0) < 0.6
