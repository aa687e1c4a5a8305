"""One measurement against one criterion: the decision rules of ISO/IEC 17025 (7.8.6) as ILAC-G8:09/2019 words them.

``simple`` compares the value alone (simple acceptance). ``guarded`` asks that the whole interval lie on one side, a
guard band on both sides of the threshold, and answers *inconclusive* between (non-binary, with guard band). Where a
policy controls the error of several requirements together, the interval is taken at another confidence than the
criterion's own, which may differ for the two sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from proofbox.checks.result import Interval
from proofbox.checks.statistics.levels import at_confidence
from proofbox.policies.power import Settling, settling
from proofbox.policies.record import CriterionRecord, MeasurementRecord

TOLERANCE = 1e-12
"""Differences below this share of the threshold are rounding: 0.72 / 0.90 must count as 0.80."""

Outcome = Literal["pass", "fail", "across", "no-interval", "low-confidence", "not-finite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The confidence of the interval by which a measurement passes, and of the one by which it fails."""

    passing: float
    failing: float

    @classmethod
    def of(cls, criterion: CriterionRecord) -> Levels:
        """Return the criterion's own, for a requirement that is judged alone."""
        return cls(passing=criterion.confidence, failing=criterion.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a measurement stands to a criterion."""

    outcome: Outcome
    distance: float
    """How far the value lies on the right side of the threshold; negative on the wrong side."""
    interval: Interval | None = None
    """The interval that decided; where it reaches across, the wider one."""
    asked: float = 0.0
    """The confidence that was asked for."""


def decide(criterion: CriterionRecord, measurement: MeasurementRecord, levels: Levels | None = None) -> Decision:
    """Return where a measurement stands.

    Parameters
    ----------
    levels
        The confidences to judge by; the criterion's own where it is left out.
    """
    numbers = [measurement.value]
    if measurement.interval is not None:
        numbers += [measurement.interval.low, measurement.interval.high]
    if not all(math.isfinite(number) for number in numbers):
        return Decision(outcome="not-finite", distance=-math.inf)
    distance = _distance(criterion, measurement.value)
    if criterion.decision_rule == "simple":
        outcome: Outcome = "pass" if _holds(criterion)(measurement.value) else "fail"
        return Decision(outcome=outcome, distance=distance, interval=measurement.interval)
    if measurement.interval is None:
        return Decision(outcome="no-interval", distance=distance)
    return _guarded(criterion, measurement.value, measurement.interval, levels or Levels.of(criterion))


def _guarded(criterion: CriterionRecord, value: float, interval: Interval, asked: Levels) -> Decision:
    distance = _distance(criterion, value)
    passing, failing = (_at(interval, level) for level in (asked.passing, asked.failing))
    if passing is not None and passes(criterion, value, passing):
        return Decision(outcome="pass", distance=distance, interval=passing, asked=asked.passing)
    if failing is not None and fails(criterion, value, failing):
        return Decision(outcome="fail", distance=distance, interval=failing, asked=asked.failing)
    if passing is None or failing is None:
        lacking = asked.passing if passing is None else asked.failing
        return Decision(outcome="low-confidence", distance=distance, interval=interval, asked=lacking)
    wider = failing if asked.failing > asked.passing else passing
    return Decision(outcome="across", distance=distance, interval=wider, asked=max(asked.failing, asked.passing))


def passes(criterion: CriterionRecord, value: float, interval: Interval) -> bool:
    """Return whether a whole interval satisfies a criterion."""
    # Some methods' intervals need not hold the value; then what was seen counts as possible too.
    holds = _holds(criterion)
    return holds(min(interval.low, value)) and holds(max(interval.high, value))


def fails(criterion: CriterionRecord, value: float, interval: Interval) -> bool:
    """Return whether nothing in an interval satisfies a criterion."""
    return _misses(criterion, min(interval.low, value), max(interval.high, value))


def what_settles(criterion: CriterionRecord, measurement: MeasurementRecord, decision: Decision) -> Settling | None:
    """Return how many further rows would settle a measurement that reaches across; None where none is needed."""
    if decision.outcome != "across" or decision.interval is None or criterion.comparison == "equals":
        return None
    low, high = (end(decision.interval, measurement.value) for end in (_low, _high))
    facing = [threshold for threshold in _thresholds(criterion) if low <= threshold <= high]
    nearest = min(facing or _thresholds(criterion), key=lambda threshold: abs(threshold - measurement.value))
    if abs(nearest - measurement.value) <= _slack(nearest):
        return Settling(rows=None)
    return settling(measurement, decision.interval, _settled(criterion), nearest)


def _at(interval: Interval, confidence: float) -> Interval | None:
    """Return the interval at a confidence; one that was recorded with more serves where it cannot be made anew."""
    if abs(interval.confidence - confidence) <= TOLERANCE:
        return interval
    again = at_confidence(interval, confidence)
    return interval if again is None and interval.confidence >= confidence else again


def _low(interval: Interval, value: float) -> float:
    return min(interval.low, value)


def _high(interval: Interval, value: float) -> float:
    return max(interval.high, value)


def _slack(threshold: float) -> float:
    return TOLERANCE * max(1.0, abs(threshold))


def _thresholds(criterion: CriterionRecord) -> tuple[float, ...]:
    return criterion.threshold if isinstance(criterion.threshold, tuple) else (criterion.threshold,)


def _distance(criterion: CriterionRecord, value: float) -> float:
    first, last = _thresholds(criterion)[0], _thresholds(criterion)[-1]
    return {
        "at_least": value - first,
        "at_most": first - value,
        "equals": -abs(value - first),
        "between": min(value - first, last - value),
    }[criterion.comparison]


def _holds(criterion: CriterionRecord) -> Callable[[float], bool]:
    slack = max(_slack(threshold) for threshold in _thresholds(criterion))
    return lambda value: _distance(criterion, value) >= -slack


def _misses(criterion: CriterionRecord, low: float, high: float) -> bool:
    """Return whether no value from ``low`` to ``high`` satisfies the criterion; all criteria accept one stretch."""
    holds = _holds(criterion)
    if criterion.comparison == "at_least":
        return not holds(high)
    if criterion.comparison == "at_most":
        return not holds(low)
    first, last = _thresholds(criterion)[0], _thresholds(criterion)[-1]
    slack = max(_slack(first), _slack(last))
    return high < first - slack or low > last + slack


def _settled(criterion: CriterionRecord) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]:
    """Return :func:`passes` or :func:`fails` for many intervals at once."""
    first, last = _thresholds(criterion)[0], _thresholds(criterion)[-1]
    least = first if criterion.comparison != "at_most" else -math.inf
    most = last if criterion.comparison != "at_least" else math.inf

    def settled(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
        inside, outside = (low >= least) & (high <= most), (high < least) | (low > most)
        found: NDArray[np.bool_] = inside | outside
        return found

    return settled
