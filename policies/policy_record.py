"""Copy of a policy what the record keeps of it, so that an assessment can be read alone."""

from __future__ import annotations

from proofbox.policies.facts import Facts, applies
from proofbox.policies.loader import LoadedPolicy
from proofbox.policies.model import Control
from proofbox.policies.record import ControlRecord, PolicyRecord, ReferenceRecord, RequirementRecord


def policy_record(loaded: LoadedPolicy, facts: Facts) -> PolicyRecord:
    """Return a policy as it was applied to a subject."""
    policy = loaded.policy
    return PolicyRecord(
        id=policy.id,
        version=policy.version,
        digest=loaded.digest,
        title=policy.title.words(),
        checked_on=policy.checked_on,
        expires_on=policy.expires_on,
        controls=tuple(_control(policy.id, control, facts) for control in policy.controls),
    )


def _control(policy: str, control: Control, facts: Facts) -> ControlRecord:
    references = tuple(
        ReferenceRecord(
            framework=reference.framework,
            clause=reference.clause,
            relation=reference.relation,
            source=reference.source,
            confidence=reference.confidence or "",
        )
        for reference in control.references
    )
    requirements = tuple(
        RequirementRecord(
            id=requirement.id,
            level=requirement.level,
            check=requirement.evidence,
            remediation=requirement.remediation.words() if requirement.remediation else {},
        )
        for requirement in control.requirements
    )
    return ControlRecord(
        policy=policy,
        id=control.id,
        title=control.title.words(),
        objective=control.objective.words(),
        references=references,
        requirements=requirements,
        applies=applies(control.applies_when, facts),
    )
