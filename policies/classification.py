"""The risk tier that a provider's own answers lead to (Law 134 Articles 7, 9 and 10; Decree 142 Articles 6, 8 and 9).

It is a help to the provider and binds nobody: the Ministry's own tool (Decree 142, Articles 5(8) and 10) is another,
and the list of high-risk systems (Decision 33/2026) must be read. An unanswered question leaves the tier open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from proofbox.checks.text import Text, t
from proofbox.policies.model import Flag, PolicyModel

Tier = Literal["low", "medium", "high"]
TIERS: tuple[Tier, ...] = ("low", "medium", "high")


class ClassificationAnswers(PolicyModel):
    """The block ``classification`` of ``submission.yaml``: true, false, or left out where it was not answered."""

    prohibited_practice: Flag | None = None
    """whether anything that Article 7 of Law 134 forbids is done"""
    listed: Flag | None = None
    """whether the list of high-risk systems (Decision 33/2026) names the system"""
    human_review_before_effect: Flag | None = None
    """a person reviews every output in substance before it takes effect"""
    advisory_only: Flag | None = None
    internal_use: Flag | None = None
    data_processing_only: Flag | None = None
    medium_conditions: Flag | None = None
    """whether it meets a condition of medium risk (Decree 142, Article 9)"""
    office_tool: Flag | None = None
    not_public: Flag | None = None
    technical_processing: Flag | None = None


HIGH_EXCLUSIONS = ("human_review_before_effect", "advisory_only", "internal_use", "data_processing_only")
MEDIUM_EXCLUSIONS = ("office_tool", "not_public", "technical_processing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What follows from the answers."""

    tier: Tier | None
    """None where the answers leave it open, or the system is forbidden."""
    reason: Text
    clause: str


def classify(answers: ClassificationAnswers) -> Classified:
    """Return the tier that the answers lead to, with the clause that says so."""
    if answers.prohibited_practice is None:
        return _open("prohibited_practice", "vn-law-134-2025 7")
    if answers.prohibited_practice:
        reason = t("a forbidden practice was named: the system must not be used at all")
        return Classified(tier=None, reason=reason, clause="vn-law-134-2025 7")
    high = _tier(answers, "listed", HIGH_EXCLUSIONS, ("high", "vn-decree-142-2026 6(3)(a), 8"))
    if high is not None:
        return high
    medium = _tier(answers, "medium_conditions", MEDIUM_EXCLUSIONS, ("medium", "vn-decree-142-2026 9"))
    if medium is not None:
        return medium
    reason = t("no condition of a higher tier is met, or an exclusion applies")
    return Classified(tier="low", reason=reason, clause="vn-law-134-2025 9(1)")


def _tier(
    answers: ClassificationAnswers, condition: str, exclusions: tuple[str, ...], outcome: tuple[Tier, str]
) -> Classified | None:
    """Return the outcome, or what is open; None where the tier does not apply."""
    given = answers.model_dump()
    tier, clause = outcome
    if given[condition] is None:
        return _open(condition, clause)
    if not given[condition] or any(given[name] for name in exclusions):
        return None
    if unanswered := [name for name in exclusions if given[name] is None]:
        return _open(", ".join(unanswered), clause)
    reason = t("{condition} was answered with yes, and every exclusion with no", condition=condition)
    return Classified(tier=tier, reason=reason, clause=clause)


def _open(names: str, clause: str) -> Classified:
    return Classified(tier=None, reason=t("not answered yet: {names}", names=names), clause=clause)
