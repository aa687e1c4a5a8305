"""What a policy shows of each clause: tested by a machine, shown by a document, attested by a person, or nothing.

A control may name a clause that none of its checks measures. The list of clauses says which checks (or whole families
of them) can bear on each, and whether a person's word can; a requirement covers a clause only where it gives such
evidence. Of a framework without a list it is only said that the policy names a clause, since nothing can hold that
against the clause's own text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.result import Json
from proofbox.policies.clause_lists import ATTESTATION, Clause, ClauseList, clause_lists
from proofbox.policies.model import Control, Policy, Reference, Requirement

Cover = Literal["tested", "documented", "attested", "named", "not-covered"]

COVERS: tuple[Cover, ...] = ("tested", "documented", "attested", "named", "not-covered")
"""From the strongest to none."""

DOCUMENT_FAMILIES = frozenset({"transparency"})
DOCUMENT_CHECKS = frozenset(
    {
        "classification.screening",
        "data.datasheet",
        "logging.operation_log",
        "oversight.stop_record",
        "provenance.bom",
        "provenance.freshness",
        "provenance.licence",
        "provenance.lineage",
        "provenance.model_record",
        "provenance.record",
        "trial.level",
        "trial.limits",
    }
)
"""Checks that read what somebody wrote: they show that a document says something, and not that it is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One clause, and what a policy shows of it."""

    framework: str
    clause: str
    text: Mapping[str, str]
    """Language -> what the clause asks; empty where there is no list of the framework's clauses."""
    confidence: str
    cover: Cover
    """The strongest kind of evidence for it."""
    requirements: Mapping[str, tuple[str, ...]]
    """Kind of evidence -> ids of the requirements that give it."""
    only_named: tuple[str, ...] = ()
    """Requirements of controls that name the clause, whose checks do not bear on it."""

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``policy coverage --json``."""
        return {
            "framework": self.framework,
            "clause": self.clause,
            "text": dict(self.text),
            "confidence": self.confidence,
            "cover": self.cover,
            "requirements": {kind: list(names) for kind, names in self.requirements.items()},
            "only_named": list(self.only_named),
        }


def coverage(policy: Policy, lists: Mapping[str, ClauseList] | None = None) -> tuple[Covered, ...]:
    """Return every clause of the frameworks that a policy points to, in the order of the lists."""
    known = clause_lists() if lists is None else lists
    frameworks = dict.fromkeys(reference.framework for control in policy.controls for reference in control.references)
    return tuple(found for framework in frameworks for found in _framework(policy, framework, known.get(framework)))


def kind_of(requirement: Requirement) -> Cover:
    """Return what kind of evidence a requirement gives."""
    if requirement.check is None:
        return "attested"
    document = requirement.check in DOCUMENT_CHECKS or _family(requirement) in DOCUMENT_FAMILIES
    return "documented" if document else "tested"


def bears_on(requirement: Requirement, clause: Clause) -> bool:
    """Return whether what a requirement shows is evidence for a clause."""
    given = {ATTESTATION} if requirement.check is None else {requirement.check, _family(requirement)}
    return not given.isdisjoint(clause.evidence)


def _framework(policy: Policy, framework: str, listed: ClauseList | None) -> Iterator[Covered]:
    named: dict[str, tuple[Reference, list[Control]]] = {}
    for control in policy.controls:
        for reference in control.references:
            if reference.framework == framework:
                named.setdefault("".join(reference.clause.split()), (reference, []))[1].append(control)
    for clause in () if listed is None else listed.clauses:
        pointing = named.pop("".join(clause.clause.split()), None)
        yield _listed(framework, clause, [] if pointing is None else pointing[1])
    for reference, controls in named.values():
        yield _unlisted(reference, controls, listed)


def _listed(framework: str, clause: Clause, controls: list[Control]) -> Covered:
    found: dict[str, list[str]] = {}
    only_named: list[str] = []
    for control in controls:
        for requirement in control.requirements:
            if bears_on(requirement, clause):
                found.setdefault(kind_of(requirement), []).append(requirement.id)
            else:
                only_named.append(requirement.id)
    return Covered(
        framework=framework,
        clause=clause.clause,
        text=clause.text.words(),
        confidence=clause.confidence,
        cover=next((kind for kind in COVERS if kind in found), "not-covered"),
        requirements={kind: tuple(names) for kind, names in found.items()},
        only_named=tuple(only_named),
    )


def _unlisted(reference: Reference, controls: list[Control], listed: ClauseList | None) -> Covered:
    names = tuple(requirement.id for control in controls for requirement in control.requirements)
    return Covered(
        framework=reference.framework,
        clause=reference.clause,
        text={},
        confidence=reference.confidence or "",
        cover="named" if listed is None else "not-covered",
        requirements={"named": names} if listed is None else {},
        only_named=() if listed is None else names,
    )


def _family(requirement: Requirement) -> str:
    return (requirement.check or "").partition(".")[0]
