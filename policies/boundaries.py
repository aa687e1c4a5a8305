"""Derive fixtures from a requirement: results just right of its threshold, just wrong of it, and across it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.spec import CheckSpec
from proofbox.policies.fixtures import Case, Cases, Product
from proofbox.policies.meaning import can_be_missed, range_bounds
from proofbox.policies.meant import CHOICES, conditions
from proofbox.policies.model import EACH_DECLARED, Control, Criterion, Requirement
from proofbox.policies.record import Conclusion, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One end of what a criterion accepts."""

    threshold: float
    wrong: int
    """-1 where what lies below is not accepted, 1 where what lies above is not."""
    step: float
    """How far from the threshold the fixtures lie."""

    def beyond(self, steps: float) -> float:
        """Return the number so many steps on the wrong side of the threshold; negative steps lead to the right one."""
        return float(f"{self.threshold + self.wrong * steps * self.step:.10g}")


def derived(control: Control, requirement: Requirement, spec: CheckSpec | None) -> Cases:
    """Return the fixtures of one requirement.

    Parameters
    ----------
    spec
        The requirement's check; None where a person attests.
    """
    meant = conditions(control, requirement)
    home = Product.model_validate({key: values[0] for key, values in meant.items()})
    cases = tuple(_elsewhere(case, home) for case in _results(requirement, spec))
    passing = next(case for case in cases if case.verdict == "pass")
    measure = None if requirement.criterion is None else measured(requirement.criterion, spec)
    return Cases(
        requirement=requirement.id, measure=measure, cases=(*cases, *_products(passing, home, meant, requirement))
    )


def measured(criterion: Criterion, spec: CheckSpec | None) -> str:
    """Return the measure that the fixtures of a criterion are results of."""
    if criterion.measure != EACH_DECLARED or spec is None:
        return criterion.measure
    return next(name for name, measure in spec.measures.items() if measure.better == "higher")


def edges(criterion: Criterion, stated: str) -> tuple[Edge, ...]:
    """Return the ends of what a criterion accepts, within the range that its measure can take."""
    low, high = range_bounds(stated)
    threshold = criterion.threshold
    if threshold is None:
        return (_edge(claim(stated), -1, (low, high)),)
    if isinstance(threshold, tuple):
        ends = [(threshold[0], -1), (threshold[1], 1)]
    else:
        sides = {"at_least": (-1,), "at_most": (1,)}.get(criterion.comparison, (-1, 1))
        ends = [(threshold, side) for side in sides]
    return tuple(_edge(at, side, (low, high)) for at, side in ends if (at > low if side < 0 else at < high))


def claim(stated: str) -> float:
    """Return what the provider of the fixtures claims of a measure."""
    low, high = range_bounds(stated)
    return (low + high) / 2 if math.isfinite(low + high) else max(low, 0.0) + 1.0


def _edge(threshold: float, wrong: int, bounds: tuple[float, float]) -> Edge:
    low, high = bounds
    room = threshold - low if wrong < 0 else high - threshold
    counted = low == 0 and math.isinf(high) and threshold == round(threshold)
    natural = 1.0 if counted else 0.01 * (high - low if math.isfinite(high - low) else max(1.0, abs(threshold)))
    return Edge(threshold=threshold, wrong=wrong, step=min(natural, room / 2))


def _results(requirement: Requirement, spec: CheckSpec | None) -> Iterator[Case]:
    criterion = requirement.criterion
    if criterion is None or spec is None:
        yield from (_case(requirement, verdict, attestation=answer) for answer, verdict in _answers(requirement))
        return
    stated = spec.measures[measured(criterion, spec)].range
    claimed = claim(stated) if criterion.threshold is None else None
    single = _simple if criterion.decision_rule == "simple" else _guarded
    for edge in edges(criterion, stated):
        for case in single(requirement, criterion, edge, range_bounds(stated)):
            yield case if claimed is None else case.model_copy(update={"declared": claimed})
    yield from _declared(requirement, criterion, stated)


def _answers(requirement: Requirement) -> Iterator[tuple[str | None, Verdict]]:
    needs = requirement.attestation.needs if requirement.attestation is not None else ()
    yield "yes", "pass"
    yield "no", "fail"
    yield "expired", "not-run"
    yield None, "not-run"
    if "signer" in needs:
        yield "unsigned", "not-run"
    if "document" in needs:
        yield "other-document", "fail"


def _simple(requirement: Requirement, criterion: Criterion, edge: Edge, bounds: tuple[float, float]) -> Iterator[Case]:
    inside = _clipped(edge.beyond(-1), criterion, bounds)
    for value in dict.fromkeys((edge.threshold, inside)):
        yield _case(requirement, "pass", value=value)
    yield _case(requirement, "fail", value=edge.beyond(1))


def _guarded(requirement: Requirement, criterion: Criterion, edge: Edge, bounds: tuple[float, float]) -> Iterator[Case]:
    own, at = criterion.confidence, edge.threshold
    right = _between(at, _clipped(edge.beyond(-2), criterion, bounds))
    yield _case(requirement, "pass", value=at, interval=right, confidence=own)
    yield _case(
        requirement, "fail", value=edge.beyond(1), interval=_between(edge.beyond(2), edge.beyond(1)), confidence=own
    )
    yield _case(requirement, "inconclusive", value=at, interval=_between(edge.beyond(1), at), confidence=own)
    # The same interval as the first, recorded with less confidence than is asked for.
    yield _case(requirement, "inconclusive", value=at, interval=right, confidence=round(own - 0.01, 6))


def _declared(requirement: Requirement, criterion: Criterion, stated: str) -> Iterator[Case]:
    """Yield a result between the policy's threshold and a looser one of the provider."""
    threshold = criterion.threshold
    if criterion.comparison not in {"at_least", "at_most"} or not isinstance(threshold, float | int):
        return
    (edge,) = edges(criterion, stated)
    looser, value = edge.beyond(1), edge.beyond(0.5)
    if not can_be_missed(criterion.comparison, looser, stated):
        return
    interval = (value, value) if criterion.decision_rule == "guarded" else None
    verdict: Verdict = "pass" if criterion.declarable else "fail"
    yield _case(requirement, verdict, value=value, interval=interval, confidence=criterion.confidence, declared=looser)


def _products(
    passing: Case, home: Product, meant: Mapping[str, tuple[str, ...]], requirement: Requirement
) -> Iterator[Case]:
    """Yield the passing result for every other product: those that the requirement is meant for, and those not."""
    for key, values in meant.items():
        for value in CHOICES[key]:
            product = Product.model_validate({**home.model_dump(exclude_none=True), key: value})
            if product == home:
                continue
            verdict: Verdict = "pass" if value in values else "not-applicable"
            conclusion = _concluded(requirement, verdict)
            yield passing.model_copy(update={"product": product, "verdict": verdict, "conclusion": conclusion})


def _elsewhere(case: Case, product: Product) -> Case:
    return case.model_copy(update={"product": product})


def _case(requirement: Requirement, verdict: Verdict, **given: object) -> Case:
    shown = {key: value for key, value in given.items() if value is not None}
    return Case.model_validate({**shown, "verdict": verdict, "conclusion": _concluded(requirement, verdict)})


def _concluded(requirement: Requirement, verdict: Verdict) -> Conclusion:
    if requirement.level == "should" or verdict not in {"pass", "fail"}:
        return "undetermined"
    return "conforms" if verdict == "pass" else "does-not-conform"


def _clipped(value: float, criterion: Criterion, bounds: tuple[float, float]) -> float:
    """Return the nearest number to ``value`` that the criterion accepts and the measure can take."""
    threshold = criterion.threshold
    low, high = bounds
    if isinstance(threshold, tuple):
        low, high = threshold
    elif criterion.comparison == "equals" and threshold is not None:
        low = high = threshold
    return min(max(value, low), high)


def _between(one: float, other: float) -> tuple[float, float]:
    return (min(one, other), max(one, other))
