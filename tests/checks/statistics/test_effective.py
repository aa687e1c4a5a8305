"""Effective counts: equal weights are plain counts, sums add up, and intervals from them cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.effective import effective_counts
from proofbox.checks.statistics.pairs import cautious_limits, difference_limits


def of_rows(weights, yes):
    parts = [weights * yes, weights * ~yes, weights**2 * yes, weights**2 * ~yes]
    return effective_counts(*(part.sum(axis=-1) for part in parts))


@given(st.integers(0, 50), st.integers(0, 50), st.floats(1e-6, 1e6))
def test_equal_weights_are_plain_counts(yes, no, weight):
    successes, trials = effective_counts(yes * weight, no * weight, yes * weight**2, no * weight**2)
    assert (float(successes), float(trials)) == (yes, yes + no)


@given(st.lists(st.tuples(st.floats(0.01, 100), st.booleans()), min_size=1, max_size=40))
def test_the_share_is_the_weighted_one_and_no_more_rows_than_there_are(rows):
    weights, yes = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    successes, trials = of_rows(weights, yes)
    assert 0 <= successes <= trials <= len(rows) * (1 + 1e-9)
    assert successes / trials == pytest.approx((weights * yes).sum() / weights.sum(), abs=1e-8)


def test_no_weight_is_no_rows():
    assert effective_counts(0, 0, 0, 0) == (0, 0)


def weighted_data(rng, tries, rows, rate, spread, tied):
    yes = rng.random((tries, rows)) < rate
    weights = np.exp(rng.normal(0, spread, (tries, rows)) + tied * spread * yes)
    odds = rate * np.exp(tied * spread)
    return of_rows(weights, yes), odds / (odds + 1 - rate)


SETTINGS = [
    (60, 0.2, 0.5, 0.0),
    (60, 0.5, 1.0, 0.0),
    (200, 0.05, 1.0, 0.5),
    (200, 0.9, 1.0, -0.5),
    (400, 0.2, 1.0, 0.5),
]


@pytest.mark.parametrize(("rows", "rate", "spread", "tied"), SETTINGS)
def test_intervals_from_effective_counts_cover(rows, rate, spread, tied):
    rng = np.random.default_rng(1965)
    first, truth = weighted_data(rng, 2000, rows, rate, spread, tied)
    low, high = cautious_limits(*first, z_value(0.95))
    assert np.mean((low <= truth) & (truth <= high)) >= 0.94
    second, other = weighted_data(rng, 2000, rows, 0.5, spread, 0.0)
    low, high = difference_limits(first, second, z_value(0.95))
    assert np.mean((low <= truth - other) & (truth - other <= high)) >= 0.94


def test_kish_alone_would_not_cover_where_weights_go_with_the_outcome():
    rng = np.random.default_rng(1965)
    yes = rng.random((2000, 1000)) < 0.05
    weights = np.exp(rng.normal(0, 1.0, yes.shape) + 0.5 * yes)
    odds = 0.05 * np.exp(0.5)
    kish = weights.sum(1) ** 2 / (weights**2).sum(1)
    share = (weights * yes).sum(1) / weights.sum(1)
    low, high = cautious_limits(share * kish, kish, z_value(0.95))
    truth = odds / (odds + 0.95)
    assert np.mean((low <= truth) & (truth <= high)) < 0.93
