"""A policy as lines for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from proofbox.policies.loader import LoadedPolicy
from proofbox.policies.model import Criterion


def policy_lines(loaded: LoadedPolicy, language: str) -> Iterator[str]:
    """Yield the lines of ``proofbox policy show``."""
    policy = loaded.policy
    yield f"{policy.id} {policy.version}: {policy.title.words()[language]}"
    yield f"text last read on {policy.checked_on}, to be read again by {policy.expires_on}; sha256 {loaded.digest}"
    for control in policy.controls:
        yield ""
        yield f"{control.id}  {control.title.words()[language]}"
        yield f"    {control.objective.words()[language]}"
        for reference in control.references:
            yield f"    {reference.framework} {reference.clause} ({reference.relation})"
        for requirement in control.requirements:
            gate = ", gate" if requirement.gate else ""
            yield f"    {requirement.id} [{requirement.level}{gate}] {requirement.check or 'attestation'}"
            criterion = requirement.criterion
            if criterion is not None:
                yield f"        {_criterion(criterion)}"
    for family in policy.families:
        yield ""
        yield f"family {family.id} ({family.procedure}, controls {family.controls}, {family.confidence:.0%} confidence)"
        yield f"    {', '.join(family.requirements)}"
    if policy.attempts is not None:
        yield ""
        yield "attempts: attempt n on the same evaluation data has 1 / (n (n + 1)) of the error that a pass may have"


def _criterion(criterion: Criterion) -> str:
    words = {"at_least": "at least", "at_most": "at most", "equals": "equals", "between": "between"}
    threshold = "the declared value" if criterion.threshold is None else criterion.threshold
    guarded = criterion.decision_rule == "guarded"
    rule = f"guarded at {criterion.confidence:.0%} confidence" if guarded else criterion.decision_rule
    declarable = ", the provider may declare another" if criterion.declarable else ""
    return (
        f"{criterion.measure} {words[criterion.comparison]} {threshold} ({rule}; origin {criterion.origin}{declarable})"
    )
