from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proofbox.checks.result import Interval
from proofbox.checks.statistics.gaps import Family, ratio_interval
from proofbox.policies.decide import Levels, decide, what_settles
from proofbox.policies.record import CriterionRecord, MeasurementRecord


def criterion(comparison, threshold, rule="guarded", confidence=0.95):
    return CriterionRecord(
        measure="m",
        comparison=comparison,
        threshold=threshold,
        decision_rule=rule,
        confidence=confidence,
        origin="default",
    )


def measurement(value, low=None, high=None, rows=100, confidence=0.95):
    interval = None if low is None else Interval(low=low, high=high, confidence=confidence, method="wilson")
    return MeasurementRecord(
        id="m-0",
        check="c",
        params={},
        measure="m",
        value=value,
        interval=interval,
        sample_size=rows,
        group={},
        detail={},
    )


@pytest.mark.parametrize(
    ("comparison", "threshold", "value", "low", "high", "outcome"),
    [
        ("at_least", 0.8, 0.6917, 0.604, 0.793, "fail"),
        ("at_least", 0.8, 0.8348, 0.746, 0.927, "across"),
        ("at_least", 0.8, 0.95, 0.9, 0.99, "pass"),
        ("at_least", 0.8, 0.85, 0.8, 0.9, "pass"),
        ("at_least", 0.8, 0.75, 0.7, 0.8, "across"),
        ("at_most", 0.1, 0.3692, 0.197, 0.564, "fail"),
        ("at_most", 0.1, 0.2097, 0.054, 0.419, "across"),
        ("at_most", 0.1, 0.05, 0.01, 0.1, "pass"),
        ("at_most", 0.1, 0.2, 0.1, 0.3, "across"),
        ("equals", 0.0, 0.0, 0.0, 0.0, "pass"),
        ("equals", 0.0, 0.1, 0.05, 0.2, "fail"),
        ("equals", 0.0, 0.1, 0.0, 0.2, "across"),
        ("between", (0.4, 0.6), 0.5, 0.45, 0.55, "pass"),
        ("between", (0.4, 0.6), 0.5, 0.35, 0.55, "across"),
        ("between", (0.4, 0.6), 0.5, 0.35, 0.75, "across"),
        ("between", (0.4, 0.6), 0.7, 0.65, 0.75, "fail"),
        ("between", (0.4, 0.6), 0.3, 0.25, 0.39, "fail"),
        # A value outside its own interval: what was seen counts as possible.
        ("at_least", 0.8, 0.7, 0.85, 0.9, "across"),
    ],
)
def test_guarded(comparison, threshold, value, low, high, outcome):
    assert decide(criterion(comparison, threshold), measurement(value, low, high)).outcome == outcome


@pytest.mark.parametrize(
    ("comparison", "threshold", "value", "outcome"),
    [
        ("at_least", 0.8, 0.8, "pass"),
        ("at_least", 0.8, 0.72 / 0.9, "pass"),
        ("at_least", 0.8, 0.7999999, "fail"),
        ("at_most", 0, 0, "pass"),
        ("at_most", 0, 1, "fail"),
        ("equals", 1, 1, "pass"),
        ("equals", 1, 0.999, "fail"),
        ("between", (0.4, 0.6), 0.4, "pass"),
        ("between", (0.4, 0.6), 0.61, "fail"),
    ],
)
def test_simple(comparison, threshold, value, outcome):
    assert 0.72 / 0.9 < 0.8, "rounding is why there is a tolerance"
    assert decide(criterion(comparison, threshold, "simple"), measurement(value, 0, 1)).outcome == outcome


def test_guarded_needs_an_interval_of_the_asked_confidence():
    asked = criterion("at_least", 0.8)
    assert decide(asked, measurement(0.95)).outcome == "no-interval"
    assert decide(asked, measurement(0.95, 0.9, 1, confidence=0.9)).outcome == "low-confidence"
    assert decide(asked, measurement(0.95, 0.9, 1, confidence=0.99)).outcome == "pass"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("rule", ["simple", "guarded"])
def test_what_is_not_finite_decides_nothing(value, rule):
    assert decide(criterion("at_least", 0.8, rule), measurement(value)).outcome == "not-finite"
    assert decide(criterion("at_least", 0.8, rule), measurement(0.9, 0.85, value)).outcome == "not-finite"


def settled_by(asked, record):
    found = what_settles(asked, record, decide(asked, record))
    return None if found is None else found.rows


def test_rows_needed_without_counts_by_hand():
    # v - low = 0.0888, v - t = 0.0348; 1.96 + 0.84 standard errors instead of 1.96: n must grow by
    # (1.4294 * 0.0888 / 0.0348)**2 = 13.3, so 796 * 12.3 = 9,793 more rows, said with two digits.
    assert settled_by(criterion("at_least", 0.8), measurement(0.8348, 0.746, 0.927, rows=796)) == 9_800
    assert settled_by(criterion("at_least", 0.8), measurement(0.8, 0.7, 0.9)) is None
    assert settled_by(criterion("at_least", 0.8), measurement(0.7, 0.6, 0.9)) == 720
    assert settled_by(criterion("at_least", 0.5 + 1e-9), measurement(0.5, 0.1, 0.9)) is None
    assert what_settles(criterion("equals", 0.5), measurement(0.45, 0.4, 0.6), decide(
        criterion("equals", 0.5), measurement(0.45, 0.4, 0.6)
    )) is None  # fmt: skip


def test_what_is_decided_needs_no_rows():
    asked, record = criterion("at_least", 0.8), measurement(0.95, 0.9, 0.99)
    assert what_settles(asked, record, decide(asked, record)) is None


def test_rows_needed_between_face_the_nearer_threshold():
    assert settled_by(criterion("between", (0.4, 0.6)), measurement(0.55, 0.35, 0.75)) == 3_200
    assert settled_by(criterion("between", (0.4, 0.6)), measurement(0.4, 0.3, 0.5)) is None


def test_each_verdict_can_ask_for_its_own_confidence():
    family = Family(successes=np.array([90, 125]), trials=np.array([150, 150]))
    record = replace(measurement(0.72), interval=ratio_interval([family], 0.95))
    asked = criterion("at_least", 0.85)
    assert decide(asked, record).outcome == "fail"
    strict = decide(asked, record, Levels(passing=0.95, failing=0.999))
    assert (strict.outcome, strict.asked) == ("across", 0.999)
    assert strict.interval == ratio_interval([family], 0.999)
    assert decide(asked, record, Levels(passing=0.999, failing=0.95)).outcome == "fail"


def test_an_interval_that_keeps_no_counts_serves_up_to_the_confidence_it_was_made_with():
    asked, record = criterion("at_least", 0.8), measurement(0.95, 0.9, 0.99)
    assert decide(asked, record, Levels(passing=0.95, failing=0.99)).outcome == "pass"
    found = decide(asked, record, Levels(passing=0.99, failing=0.95))
    assert (found.outcome, found.asked) == ("low-confidence", 0.99)


SHARE = st.floats(0, 1)
CRITERIA = st.one_of(
    st.builds(criterion, st.sampled_from(["at_least", "at_most", "equals"]), SHARE),
    st.builds(lambda low, width: criterion("between", (low, low + width)), SHARE, st.floats(0.01, 1)),
)


def with_rule(given_criterion, rule):
    return criterion(given_criterion.comparison, given_criterion.threshold, rule)


@given(CRITERIA, SHARE, st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_a_narrower_interval_never_turns_a_verdict_round(asked, value, below, above, shrink_low, shrink_high):
    wide = decide(asked, measurement(value, value - below, value + above)).outcome
    narrow = decide(asked, measurement(value, value - below * shrink_low, value + above * shrink_high)).outcome
    if wide in {"pass", "fail"}:
        assert narrow == wide


@given(CRITERIA, SHARE, st.floats(0, 0.5), st.floats(0, 0.5))
def test_guarded_agrees_with_simple_wherever_it_decides(asked, value, below, above):
    record = measurement(value, value - below, value + above)
    guarded = decide(asked, record).outcome
    assume(guarded in {"pass", "fail"})
    assert decide(with_rule(asked, "simple"), record).outcome == guarded


@given(SHARE, SHARE, st.floats(0.01, 0.5), st.integers(10, 10_000))
def test_the_rows_needed_without_counts_settle_it(threshold, value, half, rows):
    asked = criterion("at_least", threshold)
    record = measurement(value, value - half, value + half, rows=rows)
    needed = settled_by(asked, record)
    assume(needed is not None and abs(value - threshold) > 1e-6)
    shrunk = half * math.sqrt(rows / (rows + needed)) * (1 - 1e-6)
    assert decide(asked, measurement(value, value - shrunk, value + shrunk)).outcome in {"pass", "fail"}
