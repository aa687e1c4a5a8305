"""What a policy asks of one subject: every check with its full parameters, and the criterion to judge it by.

The runner plans from it and the judge judges by it, so that what is measured and what is asked cannot drift apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from proofbox.checks.byname import ChecksByName
from proofbox.checks.errors import BadParamsError
from proofbox.checks.result import Json
from proofbox.checks.spec import CheckSpec
from proofbox.checks.text import Text, t
from proofbox.policies.canonical import measurement_id, task_key
from proofbox.policies.errors import MisuseError
from proofbox.policies.facts import Facts, applies, why_not
from proofbox.policies.meaning import WRONG_SIDE, can_be_missed, with_placeholder
from proofbox.policies.model import EACH_DECLARED, Comparison, Control, Criterion, Policy, Requirement
from proofbox.policies.record import CriterionRecord, Verdict

__all__ = ["Expected", "Planned", "expand", "measurement_id", "plan_requirements", "task_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One measure of one check with full parameters, that a requirement will be judged by."""

    control: Control
    requirement: Requirement
    check: str
    params: Mapping[str, Json]
    """Every parameter with its default filled in, as JSON; ``confidence`` is the criterion's."""
    measure: str
    criterion: CriterionRecord
    note: Text | None = None
    """What a reader must know of the threshold beyond the criterion."""

    @property
    def task(self) -> str:
        """The key by which equal tasks are recognised."""
        return task_key(self.check, self.params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One requirement, and what it expects to be measured."""

    control: Control
    requirement: Requirement
    expected: tuple[Expected, ...]
    settled: tuple[Verdict, Text] | None = None
    """Verdict and reason where nothing is to be measured; then ``expected`` is empty."""


def expand(policy: Policy, facts: Facts, checks: Mapping[str, CheckSpec] | None = None) -> tuple[Expected, ...]:
    """Return everything that a policy expects to be measured on a subject, in the order of the policy.

    Raises
    ------
    MisuseError
        The policy names a check or parameters that this version does not have (it was loaded by another).
    """
    return tuple(expected for planned in plan_requirements(policy, facts, checks) for expected in planned.expected)


def plan_requirements(
    policy: Policy, facts: Facts, checks: Mapping[str, CheckSpec] | None = None
) -> tuple[Planned, ...]:
    """Return every requirement with what it expects, or why it expects nothing.

    Raises
    ------
    MisuseError
        As :func:`expand`.
    """
    known = ChecksByName() if checks is None else checks
    return tuple(
        _planned(control, requirement, facts, known)
        for control in policy.controls
        for requirement in control.requirements
    )


def _planned(control: Control, requirement: Requirement, facts: Facts, checks: Mapping[str, CheckSpec]) -> Planned:
    settled = _settled(control, requirement, facts)
    if settled is not None or requirement.criterion is None or requirement.check is None:
        return Planned(control=control, requirement=requirement, expected=(), settled=settled)
    spec = checks.get(requirement.check)
    if spec is None:
        raise MisuseError(f"{requirement.id}: no check '{requirement.check}' in this version")
    criteria = _criteria(control, requirement.criterion, facts, spec)
    if not criteria:
        reason = _nothing_declared(requirement.criterion.measure, spec)
        return Planned(control=control, requirement=requirement, expected=(), settled=("not-run", reason))
    params = _params(requirement, spec, facts)
    expected = tuple(
        Expected(
            control=control,
            requirement=requirement,
            check=spec.id,
            params=given,
            measure=criterion.measure,
            criterion=criterion,
            note=note,
        )
        for given in params
        for criterion, note in criteria
    )
    return Planned(control=control, requirement=requirement, expected=expected)


def _settled(control: Control, requirement: Requirement, facts: Facts) -> tuple[Verdict, Text] | None:
    for name, condition in ((control.id, control.applies_when), (requirement.id, requirement.applies_when)):
        if not applies(condition, facts):
            return "not-applicable", _not_meant(name, *why_not(condition, facts))
    if requirement.attestation is not None:
        return "not-run", t("a person must attest this, and nobody has")
    attribute = requirement.with_.get("attribute")
    if attribute == "each-sensitive" and not facts.sensitive:
        return "not-applicable", t("the submission names no sensitive column, so no groups can be compared")
    if attribute == "each-pair" and len(facts.sensitive) < 2:
        return "not-applicable", t("the submission names fewer than two sensitive columns, so there are no pairs")
    return None


def _nothing_declared(measure: str, spec: CheckSpec) -> Text:
    if measure == EACH_DECLARED:
        return t(
            "the provider declares no value for any measure of {check}, so there is nothing to compare with",
            check=spec.id,
        )
    return t(
        "the provider declares no value for {measure} under declared.performance, so there is nothing to compare with",
        measure=measure,
    )


def _not_meant(name: str, key: str, has: str) -> Text:
    """Return why a control or requirement is not asked of a product: what of it does not fit, and what it is."""
    said = has.replace("-", " ")
    return {
        "risk_tier": t("{name} is not asked at this product's risk tier, which is {tier}", name=name, tier=said),
        "task": t("{name} is not asked of this product's task, which is {task}", name=name, task=said),
        "sector": t("{name} is not asked in this product's sector, which is {sector}", name=name, sector=said),
        "trial": t("{name} is not asked of this product's controlled trial, which is: {trial}", name=name, trial=said),
    }[key]


Judged = tuple[CriterionRecord, Text | None]


def _criteria(control: Control, criterion: Criterion, facts: Facts, spec: CheckSpec) -> list[Judged]:
    own = criterion.threshold
    if own is None:
        return _claimed(criterion, facts, spec)
    record = CriterionRecord(
        measure=criterion.measure,
        comparison=criterion.comparison,
        threshold=own,
        decision_rule=criterion.decision_rule,
        confidence=criterion.confidence,
        origin=criterion.origin,
    )
    declared = facts.declared_thresholds.get(control.id) if criterion.declarable else None
    if declared is None:
        return [(record, None)]
    if not can_be_missed(criterion.comparison, declared, spec.measures[criterion.measure].range):
        note = t(
            "ATTENTION: the provider declared the threshold {declared}, which no result could miss, so it is set aside",
            declared=f"{declared:g}",
        )
        return [(record, note)]
    return [(replace(record, threshold=declared, origin="provider", policy_threshold=own), None)]


def _claimed(criterion: Criterion, facts: Facts, spec: CheckSpec) -> list[Judged]:
    """Return one criterion for each bound that the provider claims of a measure; of two claims the stricter counts."""
    claims: dict[tuple[str, Comparison], float] = {}
    listed: tuple[tuple[Comparison, tuple[tuple[str, float], ...]], ...] = (
        ("at_least", facts.declared_performance),
        ("at_most", facts.declared_losses),
    )
    asked = {"at_least", "at_most"} if criterion.measure == EACH_DECLARED else {criterion.comparison}
    for comparison, bounds in listed:
        for measure, bound in bounds if comparison in asked else ():
            known = spec.measures.get(measure)
            if known is None or criterion.measure not in (EACH_DECLARED, measure):
                continue
            # A claim on the wrong side, or one that no result could miss, claims nothing.
            if known.better != WRONG_SIDE[comparison] and can_be_missed(comparison, bound, known.range):
                before = claims.get((measure, comparison), bound)
                stricter = max(bound, before) if comparison == "at_least" else min(bound, before)
                claims[measure, comparison] = stricter
    return [
        (
            CriterionRecord(
                measure=measure,
                comparison=comparison,
                threshold=claim,
                decision_rule=criterion.decision_rule,
                confidence=criterion.confidence,
                origin="provider",
            ),
            t("the threshold is what the provider itself claims"),
        )
        for (measure, comparison), claim in sorted(claims.items())
    ]


def _params(requirement: Requirement, spec: CheckSpec, facts: Facts) -> list[Mapping[str, Json]]:
    assert requirement.criterion is not None
    attributes: list[tuple[str, ...]] = [()]
    if requirement.with_.get("attribute") == "each-sensitive":
        attributes = [(column,) for column in dict.fromkeys(facts.sensitive)]
    elif requirement.with_.get("attribute") == "each-pair":
        attributes = list(itertools.combinations(dict.fromkeys(facts.sensitive), 2))
    full: list[Mapping[str, Json]] = []
    for attribute in attributes:
        given = with_placeholder(requirement.with_, attribute) | {"confidence": requirement.criterion.confidence}
        try:
            full.append(spec.params(given).model_dump(mode="json"))
        except BadParamsError as err:
            raise MisuseError(f"{requirement.id}: {err}") from err
    return full
