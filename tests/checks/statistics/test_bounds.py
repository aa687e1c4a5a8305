"""The ends for many sets of counts at once are those of the intervals, one by one."""

import numpy as np
import pytest

from proofbox.checks import intervals
from proofbox.checks.statistics import bounds, gaps

RNG = np.random.default_rng(5)
TRIALS = np.array([30, 60, 45])
DRAWN = RNG.binomial(TRIALS, [0.2, 0.5, 0.97], size=(6, 3))
MAKERS = {
    "newcombe-agresti-caffo-tukey": gaps.difference_interval,
    "mover-r-tukey": gaps.ratio_interval,
    "wilson-adjusted-lowest": gaps.lowest_interval,
    "wilson-adjusted-highest": gaps.highest_interval,
}


@pytest.mark.parametrize("method", MAKERS)
@pytest.mark.parametrize("families", [1, 2])
def test_gaps(method, families):
    drawn = [(DRAWN[:, ::step], np.broadcast_to(TRIALS[::step], DRAWN.shape)) for step in (1, -1)][:families]
    low, high = bounds.limits(method, drawn, [3] * families, 0.9)
    for place in range(len(DRAWN)):
        given = [gaps.Family(successes=x[place], trials=n[place]) for x, n in drawn]
        one = MAKERS[method](given, 0.9)
        assert (low[place], high[place]) == (pytest.approx(one.low), pytest.approx(one.high))


@pytest.mark.parametrize(
    ("method", "make"),
    [
        ("wilson", intervals.wilson),
        ("wilson-effective", intervals.wilson_effective),
        ("clopper-pearson", intervals.clopper_pearson),
    ],
)
def test_one_share(method, make):
    low, high = bounds.limits(method, [(DRAWN[:, 2:], np.full((6, 1), 45))], [1], 0.9)
    for place in range(6):
        one = make(int(DRAWN[place, 2]), 45, 0.9)
        assert (low[place], high[place]) == (pytest.approx(one.low), pytest.approx(one.high))


def test_groups_that_were_left_out_still_count_in_the_correction():
    some = [(DRAWN[:, :2], np.broadcast_to(TRIALS[:2], (6, 2)))]
    few, many = (bounds.limits("mover-r-tukey", some, [groups], 0.9) for groups in (2, 20))
    assert (many[1] >= few[1]).all()
    assert (many[1] > few[1]).any()


def test_it_is_known_which_methods_there_are():
    assert bounds.known("mover-r-effective")
    assert not bounds.known("bootstrap-normal")
