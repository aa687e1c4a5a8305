"""The risk tier and the trial level that a provider's own answers lead to, as plain rules over plain answers.

Tier: Law 134 Articles 7, 9 and 10, Decree 142 Articles 6, 8 and 9. Trial level: Decree 142 Article 22, the highest that
applies. Both are a help to the provider and bind nobody. An unanswered question leaves the tier open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t

Tier = Literal["low", "medium", "high"]
TIERS: tuple[Tier, ...] = ("low", "medium", "high")
Level = Literal[1, 2, 3]

HIGH_EXCLUSIONS = ("human_review_before_effect", "advisory_only", "internal_use", "data_processing_only")
MEDIUM_EXCLUSIONS = ("office_tool", "not_public", "technical_processing")
THIRD = ("sensitive_personal_data", "core_personal_data", "childrens_data", "secrets", "security_systems")

Answers = Mapping[str, Json]
"""Question -> true, false, or None where it was not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """What follows from the answers."""

    tier: Tier | None
    """None where the answers leave it open, or the system is forbidden."""
    reason: Text
    clause: str
    open: tuple[str, ...] = ()
    """Questions whose answers would settle it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLevel:
    """The level that follows from the flags."""

    level: Level
    reason: Text


def tier_of(answers: Answers) -> Classified:
    """Return the tier that the answers lead to, with the clause that says so."""
    if answers.get("prohibited_practice") is None:
        return _open(("prohibited_practice",), "vn-law-134-2025 7")
    if answers["prohibited_practice"]:
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


def level_of(flags: Answers) -> TrialLevel:
    """Return the level of a trial; a flag that is not there is false."""
    if named := [name for name in THIRD if flags.get(name)]:
        return TrialLevel(level=3, reason=t("the trial touches {what}", what=", ".join(named)))
    if flags.get("real_users") and flags.get("outputs_used"):
        return TrialLevel(level=2, reason=t("real users take part, and the outputs are used"))
    if flags.get("outputs_used"):
        reason = t("the outputs are used, which is more than the first level allows, even without real users")
        return TrialLevel(level=2, reason=reason)
    return TrialLevel(level=1, reason=t("the outputs are not used"))


def _tier(
    answers: Answers, condition: str, exclusions: tuple[str, ...], outcome: tuple[Tier, str]
) -> Classified | None:
    """Return the outcome, or what is open; None where the tier does not apply."""
    tier, clause = outcome
    if answers.get(condition) is None:
        return _open((condition,), clause)
    if not answers[condition] or any(answers.get(name) for name in exclusions):
        return None
    if unanswered := tuple(name for name in exclusions if answers.get(name) is None):
        return _open(unanswered, clause)
    reason = t("{condition} was answered with yes, and every exclusion with no", condition=condition)
    return Classified(tier=tier, reason=reason, clause=clause)


def _open(names: tuple[str, ...], clause: str) -> Classified:
    reason = t("not answered yet: {names}", names=", ".join(names))
    return Classified(tier=None, reason=reason, clause=clause, open=names)
