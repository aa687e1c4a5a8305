import numpy as np
import pytest

from proofbox.checks.statistics.medians import median, median_interval


def test_the_median_is_a_value_that_occurs():
    assert median(np.array([3.0, 1.0, 2.0])) == 2.0
    assert median(np.array([4.0, 1.0, 2.0, 3.0])) == 2.0


def test_the_ends_are_those_of_the_tables():
    """Rank 18 of 50 at 95 %: David and Nagaraja (2003), table of section 7.1; below 6 values no rank is left."""
    found = median_interval(np.arange(1.0, 51.0), 0.95, least=0.0, greatest=99.0)
    assert (found.low, found.high) == (18.0, 33.0)
    short = median_interval(np.arange(5.0), 0.95, least=-1.0, greatest=9.0)
    assert (short.low, short.high) == (-1.0, 9.0)
    six = median_interval(np.arange(6.0), 0.95, least=-1.0, greatest=9.0)
    assert (six.low, six.high) == (0.0, 5.0)


@pytest.mark.parametrize("rows", [7, 40, 200])
@pytest.mark.parametrize("tied", [False, True])
def test_it_covers_no_less_than_it_says(rows, tied):
    rng = np.random.default_rng(rows)
    hits, draws = 0, 1500
    for _ in range(draws):
        values = rng.exponential(size=rows)
        values = np.floor(values * 3) if tied else values
        truth = np.floor(np.log(2) * 3) if tied else np.log(2)
        found = median_interval(values, 0.95, least=0.0, greatest=np.inf)
        hits += found.low <= truth <= found.high
    assert hits / draws > 0.95 - 3 * np.sqrt(0.95 * 0.05 / draws)
