"""The mean of two recalls, covered by enumerating every outcome, where Wilson's limits alone do not cover."""

import numpy as np
import pytest

from proofbox.checks.intervals import wilson_limits, z_value
from proofbox.checks.statistics.meanrates import mean_of_proportions
from proofbox.checks.statistics.pairs import cautious_limits


def covered(limits, sizes, rates):
    """Return how often square-and-add of the limits holds the mean of two rates."""
    from scipy.stats import binom

    counts = np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")
    mean, below, above, chance = (0.0, 0.0, 0.0, 1.0)
    for count, size, rate in zip(counts, sizes, rates, strict=True):
        low, high = limits(count, size, z_value(0.95))
        mean, chance = mean + count / size / 2, chance * binom.pmf(count, size, rate)
        below, above = below + (count / size - low) ** 2, above + (high - count / size) ** 2
    truth = sum(rates) / 2 + 1e-12
    return float(chance[(mean - np.sqrt(below) / 2 <= truth) & (truth <= mean + np.sqrt(above) / 2 + 2e-12)].sum())


@pytest.mark.parametrize("sizes", [(10, 10), (20, 80), (30, 30), (50, 50)])
def test_recalls_near_1_are_covered(sizes):
    rates = (0.5, 0.8, 0.9, 0.95, 0.98)
    assert min(covered(cautious_limits, sizes, (one, other)) for one in rates for other in rates) >= 0.93


def test_wilsons_limits_alone_would_not_cover():
    assert covered(wilson_limits, (20, 80), (0.99, 0.99)) < 0.90
    assert covered(cautious_limits, (20, 80), (0.99, 0.99)) > 0.94


def test_it_is_square_and_add_of_the_cautious_limits():
    found = mean_of_proportions([19, 79], [20, 80], 0.95)
    (low, other_low), (high, other_high) = cautious_limits([19, 79], [20, 80], z_value(0.95))
    mean = (19 / 20 + 79 / 80) / 2
    assert found.low == pytest.approx(mean - np.hypot(19 / 20 - low, 79 / 80 - other_low) / 2)
    assert found.high == pytest.approx(min(mean + np.hypot(high - 19 / 20, other_high - 79 / 80) / 2, 1.0))
    assert found.basis == {"families": [[[19, 20]], [[79, 80]]]}
