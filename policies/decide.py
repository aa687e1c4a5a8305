"""One measurement against one criterion: the decision rules of ISO/IEC 17025 (7.8.6) as ILAC-G8:09/2019 words them.

``simple`` compares the value alone (simple acceptance). ``guarded`` asks that the whole interval lie on one side, a
guard band on both sides of the threshold, and answers *inconclusive* between (non-binary, with guard band).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.result import Interval
from proofbox.policies.record import CriterionRecord, MeasurementRecord

TOLERANCE = 1e-12
"""Differences below this share of the threshold are rounding: 0.72 / 0.90 must count as 0.80."""

Outcome = Literal["pass", "fail", "across", "no-interval", "low-confidence", "not-finite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a measurement stands to a criterion."""

    outcome: Outcome
    distance: float
    """How far the value lies on the right side of the threshold; negative on the wrong side."""
    rows_needed: int | None = None
    """Further rows of the same composition that would probably settle it; only where it reaches across."""


def decide(criterion: CriterionRecord, measurement: MeasurementRecord) -> Decision:
    """Return where a measurement stands.

    Notes
    -----
    Rows needed: an interval's half-width shrinks with the square root of the rows, so with ``w`` the distance from the
    value ``v`` to the bound that faces the threshold ``t``, ``n`` rows must grow to ``n (w / |v - t|)**2``.
    """
    numbers = [measurement.value]
    if measurement.interval is not None:
        numbers += [measurement.interval.low, measurement.interval.high]
    if not all(math.isfinite(number) for number in numbers):
        return Decision(outcome="not-finite", distance=-math.inf)
    distance = _distance(criterion, measurement.value)
    if criterion.decision_rule == "simple":
        return Decision(outcome="pass" if _holds(criterion)(measurement.value) else "fail", distance=distance)
    if measurement.interval is None:
        return Decision(outcome="no-interval", distance=distance)
    if measurement.interval.confidence < criterion.confidence - TOLERANCE:
        return Decision(outcome="low-confidence", distance=distance)
    return _guarded(criterion, measurement.value, measurement.interval, measurement.sample_size)


def _guarded(criterion: CriterionRecord, value: float, interval: Interval, sample_size: int) -> Decision:
    # Some methods' intervals need not hold the value; then what was seen counts as possible too.
    low, high = min(interval.low, value), max(interval.high, value)
    distance = _distance(criterion, value)
    holds = _holds(criterion)
    if holds(low) and holds(high):
        return Decision(outcome="pass", distance=distance)
    if _misses(criterion, low, high):
        return Decision(outcome="fail", distance=distance)
    rows = [
        rows_needed(value, low, high, threshold, sample_size)
        for threshold in _thresholds(criterion)
        if low <= threshold <= high
    ]
    known = [row for row in rows if row is not None]
    needed = max(known) if known and len(known) == len(rows) and criterion.comparison != "equals" else None
    return Decision(outcome="across", distance=distance, rows_needed=needed)


def rows_needed(value: float, low: float, high: float, threshold: float, sample_size: int) -> int | None:
    """Return how many further rows would bring the bound that faces ``threshold`` up to it; None if none would."""
    gap = abs(value - threshold)
    if gap <= _slack(threshold):
        return None
    width = value - low if threshold < value else high - value
    try:
        return max(1, math.ceil(round(sample_size * ((width / gap) ** 2 - 1), 6)))
    except OverflowError:
        return None


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
