"""Why a verdict: sentences with the numbers in them, to be read by people who decide.

A reason may have several clauses. They are joined by :data:`JOINER`, which stands in no clause itself, so that
each clause is translated on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.checks.text import Text, Value, t
from proofbox.policies.decide import Decision, Levels, decide
from proofbox.policies.expand import Expected
from proofbox.policies.power import Settling
from proofbox.policies.record import CriterionRecord, FamilyRecord, MeasurementRecord
from proofbox.policies.settling import family_clause, percent, settling_clause

JOINER = "; "

_WHERE = {
    "at_least": (
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} lies wholly at "
            "or above the threshold {threshold}"
        ),
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} lies wholly "
            "below the threshold {threshold}"
        ),
        t("the result for {measure}{scope} is {value}, at or above the threshold {threshold}"),
        t("the result for {measure}{scope} is {value}, below the threshold {threshold}"),
    ),
    "at_most": (
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} lies wholly at "
            "or below the threshold {threshold}"
        ),
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} lies wholly "
            "above the threshold {threshold}"
        ),
        t("the result for {measure}{scope} is {value}, at or below the threshold {threshold}"),
        t("the result for {measure}{scope} is {value}, above the threshold {threshold}"),
    ),
    "equals": (
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} holds nothing "
            "but the required {threshold}"
        ),
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} does not hold "
            "the required {threshold}"
        ),
        t("the result for {measure}{scope} is {value}, as required"),
        t("the result for {measure}{scope} is {value}, and {threshold} is required"),
    ),
    "between": (
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} lies wholly "
            "within the range {threshold}"
        ),
        t(
            "the {measure}{scope} is {value}, and its {confidence} interval {low} to {high} lies wholly "
            "outside the range {threshold}"
        ),
        t("the result for {measure}{scope} is {value}, within the range {threshold}"),
        t("the result for {measure}{scope} is {value}, outside the range {threshold}"),
    ),
}
"""Comparison -> guarded pass, guarded fail, simple pass, simple fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What a measurement was judged by beside its own criterion."""

    levels: Levels | None = None
    """None for the criterion's own."""
    family: FamilyRecord | None = None
    tries: Text | None = None
    """What the number of attempts asks of a pass."""


def reason_of(
    expected: Expected,
    measurement: MeasurementRecord,
    decision: Decision,
    settling: Settling | None = None,
    judging: Judging | None = None,
) -> Text:
    """Return why a measurement has the outcome that ``decision`` says, and what would settle one that has none."""
    criterion, by = expected.criterion, judging or Judging()
    clauses = [Text(_template(criterion, decision).template, _values(expected, measurement, decision))]
    if settling is not None:
        clauses.append(settling_clause(settling))
    if by.family is not None:
        clauses.append(family_clause(by.family))
    if by.tries is not None:
        clauses.append(by.tries)
    if expected.note is not None:
        clauses.append(expected.note)
    if criterion.policy_threshold is not None:
        clauses.append(_declared(criterion, measurement, decision, by.levels))
    return joined(*clauses)


def joined(*clauses: Text) -> Text:
    """Return one text of several clauses."""
    values: dict[str, Value] = {}
    for clause in clauses:
        values |= clause.values
    return Text(JOINER.join(clause.template for clause in clauses), values)


def scope_of(params: Mapping[str, Json], group: Mapping[str, str]) -> str:
    """Return the attribute, or the group, that a value is of: `` (sex)``, `` (sex: female)``; empty for all rows."""
    if group:
        return f" ({', '.join(f'{attribute}: {category}' for attribute, category in group.items())})"
    attribute = params.get("attribute")
    if isinstance(attribute, list) and attribute:
        return f" ({', '.join(map(str, attribute))})"
    return f" ({attribute})" if isinstance(attribute, str) and attribute else ""


def number_text(value: float, *against: float) -> str:
    """Return a number with four decimals, or as many as it takes to lie on its side of the numbers ``against``."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:.0f}"
    for decimals in range(4, 16):
        text = f"{value:.{decimals}f}"
        if all(
            (float(text) > other) == (value > other) and (float(text) < other) == (value < other) for other in against
        ):
            return text
    return repr(value)


def _template(criterion: CriterionRecord, decision: Decision) -> Text:
    guarded_pass, guarded_fail, simple_pass, simple_fail = _WHERE[criterion.comparison]
    if decision.outcome in {"pass", "fail"}:
        if criterion.decision_rule == "guarded":
            return guarded_pass if decision.outcome == "pass" else guarded_fail
        return simple_pass if decision.outcome == "pass" else simple_fail
    return {
        "across": t(
            "the {measure}{scope} is {value}, but its {confidence} interval {low} to {high} reaches "
            "across the threshold {threshold}"
        ),
        "no-interval": t(
            "the {measure}{scope} is {value}, but it has no interval, and the guarded decision rule needs one"
        ),
        "low-confidence": t(
            "the interval of the {measure}{scope} was recorded at {recorded} confidence, and the "
            "policy asks for {confidence}"
        ),
        "not-finite": t("the result for {measure}{scope} is not a finite number, so nothing follows from it"),
    }[decision.outcome]


def _values(expected: Expected, measurement: MeasurementRecord, decision: Decision) -> dict[str, Value]:
    criterion = expected.criterion
    pair = criterion.threshold if isinstance(criterion.threshold, tuple) else (criterion.threshold,)
    values: dict[str, Value] = {
        "measure": measurement.measure.replace("_", " "),
        "scope": scope_of(measurement.params, measurement.group),
        "value": number_text(measurement.value, *pair),
        "threshold": " \u2013 ".join(f"{number:.12g}" for number in pair),
        "confidence": percent(decision.asked or criterion.confidence),
    }
    interval = decision.interval or measurement.interval
    if interval is not None:
        values["low"] = number_text(interval.low, *pair)
        values["high"] = number_text(interval.high, *pair)
        values["recorded"] = percent(interval.confidence)
    return values


def _declared(
    criterion: CriterionRecord, measurement: MeasurementRecord, decision: Decision, levels: Levels | None
) -> Text:
    own = criterion.policy_threshold
    assert isinstance(own, float | int)
    assert isinstance(criterion.threshold, float | int)
    policy_threshold = f"{own:.12g}"
    looser = criterion.threshold < own if criterion.comparison == "at_least" else criterion.threshold > own
    if not looser:
        return t(
            "the provider declared this threshold, and the policy's own is {policy_threshold}",
            policy_threshold=policy_threshold,
        )
    by_policy = CriterionRecord(
        measure=criterion.measure,
        comparison=criterion.comparison,
        threshold=own,
        decision_rule=criterion.decision_rule,
        confidence=criterion.confidence,
        origin=criterion.origin,
    )
    if decision.outcome == "pass" and decide(by_policy, measurement, levels).outcome != "pass":
        return t(
            "ATTENTION: the provider declared this threshold, it is looser than the policy's own {policy_threshold}, "
            "and by the policy's own the verdict would not be a pass",
            policy_threshold=policy_threshold,
        )
    return t(
        "ATTENTION: the provider declared this threshold, and it is looser than the policy's own {policy_threshold}",
        policy_threshold=policy_threshold,
    )
