"""Small wrong versions of one requirement: a policy whose fixtures do not notice one of them is not tested.

Changed are the threshold, the comparison, the decision rule, the confidence, the measure, the level, whether the
provider may declare a threshold of its own, and the products that the requirement is meant for. A change that no value
of the measure's range could tell apart is not made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.spec import CheckSpec
from proofbox.policies.boundaries import Edge, edges, measured
from proofbox.policies.meaning import can_be_missed, range_bounds
from proofbox.policies.meant import CHOICES, conditions
from proofbox.policies.model import AppliesWhen, Control, Criterion, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One requirement with one thing changed."""

    requirement: str
    what: str
    """What was changed, for example ``at_least 0.8 -> 0.79``."""
    control: Control
    """The control with the changed requirement alone."""


def mutants(control: Control, requirement: Requirement, spec: CheckSpec | None) -> Iterator[Mutant]:
    """Yield every mutant of one requirement; ``spec`` is its check, None where a person attests."""
    meant = conditions(control, requirement)
    # Stated on the requirement alone, so that a change of one condition is not hidden by the other.
    alone = requirement.model_copy(update={"applies_when": _applying(meant)})
    plain = control.model_copy(update={"applies_when": None})

    def mutant(what: str, changed: Requirement) -> Mutant:
        return Mutant(
            requirement=requirement.id, what=what, control=plain.model_copy(update={"requirements": (changed,)})
        )

    other = "should" if requirement.level == "must" else "must"
    yield mutant(f"level {requirement.level} -> {other}", alone.model_copy(update={"level": other}))
    for what, changed in _criteria(requirement.criterion, spec):
        yield mutant(what, alone.model_copy(update={"criterion": changed}))
    for what, condition in _meant(meant):
        yield mutant(what, alone.model_copy(update={"applies_when": _applying(condition)}))


def _applying(meant: Mapping[str, tuple[str, ...]]) -> AppliesWhen | None:
    return AppliesWhen.model_validate(dict(meant)) if meant else None


def _meant(meant: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    for key, values in meant.items():
        for value in CHOICES[key]:
            if value not in values:
                yield f"{key} with {value}", {**meant, key: (*values, value)}
            elif len(values) > 1:
                yield f"{key} without {value}", {**meant, key: tuple(one for one in values if one != value)}


def _criteria(criterion: Criterion | None, spec: CheckSpec | None) -> Iterator[tuple[str, Criterion]]:
    if criterion is None or spec is None:
        return
    stated = spec.measures[measured(criterion, spec)].range
    if criterion.threshold is not None:
        other = next((name for name in spec.measures if name != criterion.measure), None)
        if other is not None:
            yield f"measure {criterion.measure} -> {other}", criterion.model_copy(update={"measure": other})
        for edge in edges(criterion, stated):
            yield from _moved(criterion, edge)
        yield from _compared(criterion, stated)
    rule = "simple" if criterion.decision_rule == "guarded" else "guarded"
    yield f"decision_rule {criterion.decision_rule} -> {rule}", criterion.model_copy(update={"decision_rule": rule})
    if criterion.decision_rule == "guarded":
        for confidence in (round(criterion.confidence - 0.01, 6), round((1 + criterion.confidence) / 2, 6)):
            yield (
                f"confidence {criterion.confidence:g} -> {confidence:g}",
                criterion.model_copy(update={"confidence": confidence}),
            )
    yield from _declarable(criterion, stated)


def _moved(criterion: Criterion, edge: Edge) -> Iterator[tuple[str, Criterion]]:
    for steps in (-10, -1, 1, 10):
        moved: float | tuple[float, float] = edge.beyond(steps)
        if isinstance(criterion.threshold, tuple):
            low, high = criterion.threshold
            moved = (edge.beyond(steps), high) if edge.wrong < 0 else (low, edge.beyond(steps))
            if moved[0] >= moved[1]:
                continue
        name = criterion.comparison
        yield f"{name} {criterion.threshold} -> {moved}", criterion.model_copy(update={name: moved})


def _compared(criterion: Criterion, stated: str) -> Iterator[tuple[str, Criterion]]:
    low, high = range_bounds(stated)
    threshold = criterion.threshold
    ends = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    others = {"at_least": ends[0], "at_most": ends[1], "equals": ends[0]}
    # At an end of the range two comparisons accept the same values.
    same = {("at_least", "equals"): ends[0] == high, ("at_most", "equals"): ends[1] == low}
    for name, number in others.items():
        pair = (name, criterion.comparison) if criterion.comparison == "equals" else (criterion.comparison, name)
        if name != criterion.comparison and not same.get(pair, False):
            given = {criterion.comparison: None, name: number, "declarable": False}
            yield f"{criterion.comparison} -> {name}", criterion.model_copy(update=given)


def _declarable(criterion: Criterion, stated: str) -> Iterator[tuple[str, Criterion]]:
    if criterion.comparison not in {"at_least", "at_most"} or not isinstance(criterion.threshold, float | int):
        return
    (edge,) = edges(criterion, stated)
    if can_be_missed(criterion.comparison, edge.beyond(1), stated):
        other = not criterion.declarable
        words = f"declarable {str(criterion.declarable).lower()} -> {str(other).lower()}"
        yield words, criterion.model_copy(update={"declarable": other})
