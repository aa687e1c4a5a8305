"""The worst of many groups against everybody else: bounds, and how often they cover when groups overlap."""

import numpy as np
import pytest

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.contrasts import MOST_KEPT, contrasts_z, largest_difference, smallest_ratio
from proofbox.checks.statistics.pairs import difference_limits, ratio_limits

Z = z_value(0.95)


def test_one_contrast_is_one_pair():
    low, high = difference_limits((8, 40), (30, 50), Z)
    found = largest_difference(([8], [40]), ([30], [50]), 0.95)
    assert (found.low, found.high) == (pytest.approx(-high), pytest.approx(-low))
    low, high = ratio_limits((8, 40), (30, 50), Z)
    found = smallest_ratio(([8], [40]), ([30], [50]), 0.95)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_many_contrasts_share_the_error_out_on_one_side_only():
    inside, outside = (np.array([8, 20]), np.array([40, 40])), (np.array([30, 18]), np.array([50, 50]))
    found = largest_difference(inside, outside, 0.95)
    assert found.high == pytest.approx(-difference_limits((8, 40), (30, 50), Z)[0])
    assert found.low == pytest.approx(-difference_limits((8, 40), (30, 50), contrasts_z(2, 0.95))[1])
    assert z_value(0.95) < contrasts_z(2, 0.95) < z_value(0.95, 2)


def test_counts_are_kept_unless_there_are_too_many():
    found = largest_difference(([8], [40]), ([30], [50]), 0.95)
    assert found.basis == {"contrasts": [[8, 40, 30, 50]]}
    many = np.full(MOST_KEPT + 1, 8), np.full(MOST_KEPT + 1, 40)
    assert largest_difference(many, many, 0.95).basis is None


@pytest.mark.parametrize("apart", [0.0, 0.25])
def test_overlapping_groups_are_covered(apart):
    """Two attributes and their crossing, each group against the rest: 8 dependent contrasts."""
    rng, size = np.random.default_rng(7), 80
    rates = np.array([[0.5, 0.5], [0.5, 0.5 + apart]])
    drawn = rng.binomial(size, rates, size=(800, 2, 2))
    members = [
        *np.eye(4, dtype=bool).reshape(4, 2, 2),
        *(np.indices((2, 2))[axis] == side for axis in (0, 1) for side in (0, 1)),
    ]
    truths = [rates[one].mean() - rates[~one].mean() for one in members]
    held = 0
    for table in drawn:
        inside = np.array([table[one].sum() for one in members]), np.array([size * one.sum() for one in members])
        outside = table.sum() - inside[0], 4 * size - inside[1]
        found = largest_difference(inside, outside, 0.95)
        held += found.low <= np.abs(truths).max() <= found.high
    assert held / len(drawn) >= 0.94
