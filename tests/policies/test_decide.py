from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proofbox.checks.result import Interval
from proofbox.policies.decide import decide, rows_needed
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


def test_rows_needed_by_hand():
    # v - low = 0.0888, v - t = 0.0348: n must grow by (0.0888 / 0.0348)**2 = 6.51 -> 796 * 5.51 more rows.
    found = decide(criterion("at_least", 0.8), measurement(0.8348, 0.746, 0.927, rows=796)).rows_needed
    assert found == 4387
    assert rows_needed(0.8, 0.7, 0.9, 0.8, 100) is None
    assert rows_needed(0.7, 0.6, 0.9, 0.8, 100) == 300
    assert rows_needed(0.5, 0.1, 0.9, 0.5 + 1e-300, 100) is None


def test_rows_needed_between_takes_the_harder_side():
    found = decide(criterion("between", (0.4, 0.6)), measurement(0.55, 0.35, 0.75)).rows_needed
    assert found == 1500
    assert decide(criterion("between", (0.4, 0.6)), measurement(0.4, 0.3, 0.5)).rows_needed is None
    assert decide(criterion("equals", 0.5), measurement(0.45, 0.4, 0.6)).rows_needed is None


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
def test_the_rows_needed_settle_it(threshold, value, half, rows):
    asked = criterion("at_least", threshold)
    found = decide(asked, measurement(value, value - half, value + half, rows=rows))
    assume(found.rows_needed is not None and abs(value - threshold) > 1e-6)
    shrunk = half * math.sqrt(rows / (rows + found.rows_needed)) * (1 - 1e-6)
    assert decide(asked, measurement(value, value - shrunk, value + shrunk)).outcome in {"pass", "fail"}
