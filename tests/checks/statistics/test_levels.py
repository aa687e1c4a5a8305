"""An interval at another confidence is the one that the check would have given."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks import intervals
from proofbox.checks.result import Interval
from proofbox.checks.statistics import (
    auc,
    contrasts,
    errormeans,
    gaps,
    levels,
    meangaps,
    meanrates,
    normalgaps,
    reliability,
)
from proofbox.checks.statistics.exactgaps import exact_gap_interval
from proofbox.checks.statistics.levels import at_confidence, families_of

FAMILY = gaps.Family(successes=np.array([3, 20, 11]), trials=np.array([30, 40, 50]))
PAIR = gaps.Family(successes=np.array([3.5, 20.25]), trials=np.array([30.5, 40.0]))
SMALL = gaps.Family(successes=np.array([3, 6]), trials=np.array([8, 9]))
SMALL_THREE = gaps.Family(successes=np.array([3, 6, 2]), trials=np.array([8, 9, 7]))
MEANS = meangaps.Means.of(np.arange(60) % 3, 3, np.random.default_rng(4).gamma(2.0, 1.0, 60))
SCORED = reliability.Reliability.count(np.arange(60) % 2, 2, np.linspace(0.1, 0.9, 60), np.arange(60) % 3 == 0, 1)
SCORES = np.random.default_rng(3).normal(size=80)

DRAWN_AGAIN = (np.array([0.2, 0.5, 0.4]), np.array([0.1, 0.05, 0.2]))

MAKERS = {
    "wilson": lambda c: intervals.wilson(3, 20, c),
    "wilson of numpy counts": lambda c: intervals.wilson(np.int64(3), np.int64(20), c),
    "wilson-effective": lambda c: intervals.bounded_mean(np.array([0.1, 0.4, 0.9, 0.2]), c),
    "clopper-pearson": lambda c: intervals.clopper_pearson(3, 20, c),
    "f1": lambda c: intervals.f1_interval(30, 12, c),
    "mean of shares": lambda c: meanrates.mean_of_proportions([3, 15], [20, 30], c),
    "paired": lambda c: intervals.paired_difference(36, 12, 2, 0, c),
    "difference": lambda c: gaps.difference_interval([FAMILY], c),
    "difference of two families": lambda c: gaps.difference_interval([FAMILY, PAIR], c),
    "effective difference": lambda c: gaps.difference_interval([PAIR], c),
    "ratio": lambda c: gaps.ratio_interval([FAMILY], c),
    "contrasts": lambda c: contrasts.largest_difference(([3, 9], [30, 40]), ([20, 14], [60, 50]), c),
    "shortfall": lambda c: contrasts.largest_shortfall(([3, 9], [30, 40]), ([20, 14], [60, 50]), c),
    "ratio of contrasts": lambda c: contrasts.smallest_ratio(([3, 9], [30, 40]), ([20, 14], [60, 50]), c),
    "exact": lambda c: exact_gap_interval(SMALL, "difference", c),
    "exact ratio of three": lambda c: exact_gap_interval(SMALL_THREE, "ratio", c),
    "mean": lambda c: meangaps.mean_intervals(MEANS, c)[1],
    "means": lambda c: meangaps.mean_difference_interval(MEANS, c),
    "ratio of means": lambda c: meangaps.mean_ratio_interval(MEANS, c),
    "excess": lambda c: reliability.excess_intervals(SCORED, c)[0],
    "largest excess": lambda c: reliability.largest_excess(SCORED, c),
    "gap of excess": lambda c: reliability.excess_gap(SCORED, c),
    "drawn again": lambda c: normalgaps.normal_interval("one", np.array([0.7]), np.array([0.1]), c),
    "worst drawn again": lambda c: normalgaps.normal_interval("worst", *DRAWN_AGAIN, c),
    "gap drawn again": lambda c: normalgaps.normal_interval("gap", *DRAWN_AGAIN, c),
    "lowest": lambda c: gaps.lowest_interval([FAMILY], c),
    "highest": lambda c: gaps.highest_interval([FAMILY], c),
    "area": lambda c: auc.auc_interval(SCORES, np.arange(80) % 3 == 0, c)[1],
    "area of separated classes": lambda c: auc.auc_interval(np.arange(20.0), np.arange(20) >= 10, c)[1],
    "macro F1": lambda c: intervals.logit_normal(0.6, 0.05, c),
    "slope": lambda c: intervals.wald(1.1, 0.2, c),
    "root of a mean": lambda c: errormeans.root_mean(SCORES**2, c)[1],
    "explained": lambda c: errormeans.explained(SCORES, SCORES**3 / 3, c)[1],
    "certain": lambda c: intervals.certain(0.0, c),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@given(st.floats(0.55, 0.9999), st.floats(0.55, 0.9999))
@settings(max_examples=10, deadline=None)
def test_going_to_another_confidence_and_back_is_the_same(make, one, other):
    first = make(one)
    moved = at_confidence(first, other)
    same(moved, make(other))
    same(at_confidence(moved, one), first)


def same(one, other):
    assert (one.method, one.confidence) == (other.method, other.confidence)
    assert (one.low, one.high) == (pytest.approx(other.low, abs=1e-12), pytest.approx(other.high, abs=1e-12))


@pytest.mark.parametrize(
    "basis",
    [
        None,
        {},
        {"families": []},
        {"families": [[[1]]]},
        {"families": "x"},
        {"families": [[["1", "2"]]]},
        {"families": [[[3, 2]]]},
        {"families": [[[1, 0]]]},
        {"families": [[[-1, 4]]]},
        {"families": [[[1, 4], [2]]]},
    ],
)
def test_a_record_without_sound_counts_says_nothing_at_another_confidence(basis):
    for method in ("wilson", "newcombe-agresti-caffo", "mover-r-tukey", "clopper-pearson", "newcombe-paired"):
        given_interval = Interval(low=0.1, high=0.3, confidence=0.95, method=method, basis=basis)
        assert at_confidence(given_interval, 0.99) is None
        assert at_confidence(given_interval, 0.95) == given_interval
    assert families_of(given_interval) == ()


def test_an_unknown_method_says_nothing():
    given_interval = Interval(low=0.1, high=0.3, confidence=0.95, method="bootstrap", basis={"families": [[[1, 4]]]})
    assert at_confidence(given_interval, 0.99) is None


NUMBER = st.integers(-3, 10**9) | st.floats(allow_nan=False, allow_infinity=False)
ROW = st.lists(NUMBER, min_size=1, max_size=4)
ANY = st.recursive(
    st.none() | st.booleans() | NUMBER | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
BASIS = st.fixed_dictionaries(
    {},
    optional={
        "families": st.lists(st.lists(ROW, max_size=4), max_size=3) | ANY,
        "contrasts": st.lists(ROW, max_size=4) | ANY,
        "means": st.lists(ROW, max_size=4) | ANY,
        "excess": st.lists(ROW, max_size=4) | ANY,
        "largest_excess": st.lists(ROW, max_size=4) | ANY,
        "cells": ROW | ANY,
        "area": NUMBER | ANY,
        "variance": NUMBER | ANY,
        "cases": NUMBER | ANY,
        "controls": NUMBER | ANY,
        "of": st.sampled_from(["ratio", "difference"]) | ANY,
    },
)


@pytest.mark.parametrize("method", sorted(levels._METHODS))
@given(BASIS, st.floats(0.5001, 0.999999))
@settings(max_examples=25, deadline=None)
def test_nothing_that_a_stranger_writes_breaks_it(method, basis, confidence):
    found = at_confidence(Interval(low=0.1, high=0.3, confidence=0.95, method=method, basis=basis), confidence)
    assert found is None or (found.confidence == confidence and math.isfinite(found.low + found.high))


def test_a_record_that_would_take_all_memory_is_not_worked_on():
    many = {"families": [[[1, 4]] * 100_000]}
    for method in ("newcombe-agresti-caffo-tukey", "mover-r-tukey"):
        assert at_confidence(Interval(low=0, high=1, confidence=0.95, method=method, basis=many), 0.99) is None
    large = {"families": [[[10**6, 10**7], [10**6, 10**7]]], "of": "ratio"}
    assert at_confidence(Interval(low=0, high=1, confidence=0.95, method="exact", basis=large), 0.99) is None
