"""Families of requirements: the confidence of each interval when several verdicts share one chance of error.

A requirement that is judged by an interval is wrongly failed (or passed) only if the interval misses the truth. With
many requirements some interval will. A family shares the error out, for one verdict or for each of the two: Holm keeps
the chance of *any* wrong one below ``1 - confidence``, Benjamini and Hochberg the expected *share* of wrong ones.

Both come down to one confidence for the whole family. Holm: the first step asks ``1 - alpha / members`` of all; those
that are decided there leave the error to the others, until no more are decided. No p-value is needed, since an interval
at a higher confidence contains the one at a lower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from proofbox.policies.attempts import Tries
from proofbox.policies.decide import Levels, decide
from proofbox.policies.model import Family, Policy
from proofbox.policies.record import CriterionRecord, FamilyRecord, MeasurementRecord, Verdict
from proofbox.policies.terms import Procedure

ALONE = Tries()
"""No attempts are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One result of a family: a measurement against its criterion."""

    criterion: CriterionRecord
    measurement: MeasurementRecord | None
    """None where it was expected and not measured: it shares the error, so that leaving out does not loosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a family asks of its members."""

    fail: float
    """The confidence by which a member fails, before the member's own, which may be higher."""
    passing: float
    record: FamilyRecord
    tries: Tries

    def levels(self, criterion: CriterionRecord) -> Levels:
        """Return what is asked of one member."""
        passing = max(self.passing, self.tries.passing(criterion.confidence))
        return Levels(passing=passing, failing=max(self.fail, criterion.confidence))

    def of(self, criterion: CriterionRecord) -> FamilyRecord:
        """Return the record of the family with the confidences that one member was judged by."""
        levels = self.levels(criterion)
        return FamilyRecord(
            id=self.record.id,
            procedure=self.record.procedure,
            controls=self.record.controls,
            confidence=self.record.confidence,
            members=self.record.members,
            fail_confidence=levels.failing,
            pass_confidence=levels.passing,
        )


def shared(family: Family, members: Sequence[Member], tries: Tries = ALONE) -> Shared:
    """Return the confidences that a family of at least one member asks for.

    Parameters
    ----------
    tries
        The attempts that the family's error is spent over, for a pass.
    """
    fail = passing = 0.0
    if family.controls in ("fail", "both"):
        fail = _level(family.procedure, family.confidence, len(members), lambda at: _decided(members, at, "fail"))
    if family.controls in ("pass", "both"):
        confidence = tries.passing(family.confidence)
        passing = _level(family.procedure, confidence, len(members), lambda at: _decided(members, at, "pass", tries))
    record = FamilyRecord(
        id=family.id,
        procedure=family.procedure,
        controls=family.controls,
        confidence=family.confidence,
        members=len(members),
        fail_confidence=fail,
        pass_confidence=passing,
    )
    return Shared(fail=fail, passing=passing, record=record, tries=tries)


def families_by_requirement(
    policy: Policy, members: Mapping[str, Sequence[Member]], tries: Tries = ALONE
) -> dict[str, Shared]:
    """Return requirement id -> what its family asks, for the requirements that are in one and expect something."""
    found: dict[str, Shared] = {}
    for family in policy.families:
        every = [member for requirement in family.requirements for member in members.get(requirement, ())]
        if every:
            asked = shared(family, every, tries)
            found |= {requirement: asked for requirement in family.requirements if members.get(requirement)}
    return found


def _level(procedure: Procedure, confidence: float, members: int, decided: Callable[[float], int]) -> float:
    """Return the confidence at which the members are decided.

    Notes
    -----
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979)
    65-70: valid under any dependence. Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57
    (1995) 289-300: under independence or positive dependence.
    """
    alpha = 1 - confidence
    if procedure == "holm":
        settled = 0
        while settled < members:
            now = decided(1 - alpha / (members - settled))
            if now <= settled:
                break
            settled = now
        return 1 - alpha / max(members - settled, 1)
    steps = members
    while steps > 0:
        now = decided(1 - alpha * steps / members)
        if now >= steps:
            break
        steps = now
    return 1 - alpha * max(steps, 1) / members


def _decided(members: Sequence[Member], confidence: float, verdict: Verdict, tries: Tries = ALONE) -> int:
    """Return how many members have a verdict at a confidence, or at their own where that is higher."""
    count = 0
    for member in members:
        if member.measurement is not None:
            at = max(confidence, tries.passing(member.criterion.confidence))
            decision = decide(member.criterion, member.measurement, Levels(passing=at, failing=at))
            count += decision.outcome == verdict
    return count
