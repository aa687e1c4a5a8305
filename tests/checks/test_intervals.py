"""Known values from the papers, laws, and how often each interval covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.intervals import (
    bounded_mean,
    certain,
    clopper_pearson,
    f1_interval,
    paired_difference,
    wilson,
    wilson_limits,
    z_value,
)
from proofbox.checks.statistics.auc import auc_interval
from proofbox.checks.statistics.meanrates import mean_of_proportions

Z = 1.959964


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_newcombes_table(successes, trials, low, high):
    found = wilson(successes, trials, 0.95)
    assert found.method == "wilson"
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # The same table, method 5.
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_agrees_with_newcombes_table(successes, trials, low, high):
    found = clopper_pearson(successes, trials, 0.95)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    mirrored = clopper_pearson(trials - successes, trials, 0.95)
    assert (1 - mirrored.high, 1 - mirrored.low) == (pytest.approx(found.low), pytest.approx(found.high))


def test_paired_difference_agrees_with_newcombes_table():
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 2635-2650, table II: 36, 12, 2, 0 by method 10.
    found = paired_difference(36, 12, 2, 0, 0.95)
    assert (found.low, found.high) == (pytest.approx(0.0569, abs=5e-5), pytest.approx(0.3404, abs=5e-5))


counts = st.integers(1, 300).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(counts)
@settings(max_examples=100, deadline=None)
def test_more_confidence_is_never_a_narrower_interval(count):
    for interval in (wilson, clopper_pearson):
        narrow, wide = interval(*count, 0.9), interval(*count, 0.99)
        assert 0 <= wide.low <= narrow.low <= count[0] / count[1] <= narrow.high <= wide.high <= 1


def test_bonferroni_shares_the_error_out():
    assert z_value(0.95) == pytest.approx(Z, abs=1e-6)
    assert z_value(0.95, 2) == pytest.approx(z_value(0.975))


def test_degenerate_values_have_no_width_only_where_nothing_can_vary():
    alike = bounded_mean(np.full(10, 0.25), 0.95)
    assert alike.low < 0.2, "ten rows that are alike do not say that all are"
    assert alike.high > 0.3
    assert bounded_mean(np.zeros(10), 0.95).high == pytest.approx(wilson(0, 10, 0.95).high)
    assert bounded_mean(np.ones(10), 0.95).low == pytest.approx(wilson(10, 10, 0.95).low)
    assert certain(0.0, 0.95).high == 0.0


def test_auc_is_the_share_of_ordered_pairs_with_ties_as_half():
    rng = np.random.default_rng(1)
    scores, positive = rng.integers(0, 6, 60).astype(float), rng.random(60) < 0.4
    pairs = scores[positive][:, None] - scores[~positive][None, :]
    area, interval = auc_interval(scores, positive, 0.95)
    assert area == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean())
    # DeLong's variance from its definition, quadratic in the rows.
    wins = (pairs > 0) + (pairs == 0) / 2
    variance = wins.mean(axis=1).var(ddof=1) / wins.shape[0] + wins.mean(axis=0).var(ddof=1) / wins.shape[1]
    half = Z * np.sqrt(variance) / (area * (1 - area))
    logit = np.log(area / (1 - area))
    assert interval.low == pytest.approx(1 / (1 + np.exp(-(logit - half))))
    assert interval.high == pytest.approx(1 / (1 + np.exp(-(logit + half))))


def test_auc_of_separated_classes_still_has_a_width():
    area, interval = auc_interval(np.arange(20.0), np.arange(20) >= 10, 0.95)
    assert (area, interval.high, interval.method) == (1.0, pytest.approx(1.0), "newcombe-hanley-mcneil")
    assert 0.6 < interval.low < 0.95
    assert auc_interval(np.arange(3.0), np.ones(3, dtype=bool), 0.95) is None


def covered(low, high, truth):
    return float(np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12)))


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
def test_single_proportions_cover(rate):
    # Wilson's coverage oscillates with the rate (Brown, Cai, DasGupta 2001); its mean over near rates is nominal.
    rates = np.random.default_rng(2).uniform(rate - 0.03, rate + 0.03, 20_000)
    drawn = np.random.default_rng(3).binomial(120, rates)
    assert covered(*wilson_limits(drawn, 120, Z), rates) >= 0.94


def test_means_of_proportions_f1_brier_and_auc_cover():
    rng = np.random.default_rng(5)
    hits = {"balanced": 0, "f1": 0, "brier": 0, "auc": 0, "paired": 0}
    tries = 1500
    cells = np.array([0.25, 0.1, 0.05, 0.6])
    drawn = rng.multinomial(200, cells, size=tries)
    for tp, fn, fp, tn in drawn.tolist():
        hits["f1"] += _holds(f1_interval(tp, fp + fn, 0.95), 2 * 0.25 / (2 * 0.25 + 0.15))
        hits["balanced"] += _holds(
            mean_of_proportions([tp, tn], [tp + fn, tn + fp], 0.95), (0.25 / 0.35 + 0.6 / 0.65) / 2
        )
        hits["paired"] += _holds(paired_difference(tp, fn, fp, tn, 0.95), 0.05)
    for _ in range(tries):
        truth = rng.random(150) < 0.3
        score = np.clip(rng.normal(0.3 + 0.3 * truth, 0.2), 0, 1)
        _, interval = auc_interval(rng.normal(1.0 * truth, 1.0), truth, 0.95)
        hits["auc"] += _holds(interval, 0.7602499)
        # The truth of this Brier score, by integrating once with many rows.
        hits["brier"] += _holds(bounded_mean((score - truth) ** 2, 0.95), BRIER)
    assert {name: count / tries for name, count in hits.items() if count / tries < 0.94} == {}


@pytest.mark.parametrize("rows", [10, 20, 60])
def test_a_mean_of_bounded_values_covers_where_one_row_in_fifty_is_far_off(rows):
    """Most such samples hold no row that is far off: their own variance alone covered 15, 26 and 68 % of the time."""
    rng = np.random.default_rng(7)
    happened = rng.random((2000, rows)) < 0.02
    squared = (np.clip(rng.normal(0.02, 0.004, happened.shape), 0, 1) - happened) ** 2
    covered = np.mean([_holds(bounded_mean(one, 0.95), 0.019616) for one in squared])
    assert covered >= 0.94


def _true_brier():
    rng = np.random.default_rng(6)
    truth = rng.random(2_000_000) < 0.3
    score = np.clip(rng.normal(0.3 + 0.3 * truth, 0.2), 0, 1)
    return float(((score - truth) ** 2).mean())


BRIER = _true_brier()


def _holds(interval, truth):
    return interval.low <= truth <= interval.high
