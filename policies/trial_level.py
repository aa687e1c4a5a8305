"""The level of a controlled trial that its flags lead to (Decree 142, Article 22): the highest that applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from proofbox.checks.text import Text, t
from proofbox.policies.model import Flag, PolicyModel

Level = Literal[1, 2, 3]
CLAUSE = "vn-decree-142-2026 22"


class TrialFlags(PolicyModel):
    """The block ``trial`` of ``submission.yaml``: what the trial touches, and the level that the provider declares."""

    level: Level
    """as declared"""
    real_users: Flag
    """people use it who are not part of the test"""
    outputs_used: Flag
    """what it says has an effect"""
    sensitive_personal_data: Flag = False
    core_personal_data: Flag = False
    childrens_data: Flag = False
    secrets: Flag = False
    """state secrets"""
    security_systems: Flag = False
    """systems of national defence or security"""


THIRD = ("sensitive_personal_data", "core_personal_data", "childrens_data", "secrets", "security_systems")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLevel:
    """The level that follows from the flags."""

    level: Level
    reason: Text


def trial_level(flags: TrialFlags) -> TrialLevel:
    """Return the level of a trial."""
    given = flags.model_dump()
    if named := [name for name in THIRD if given[name]]:
        return TrialLevel(level=3, reason=t("the trial touches {what}", what=", ".join(named)))
    if flags.real_users and flags.outputs_used:
        return TrialLevel(level=2, reason=t("real users take part, and the outputs are used"))
    if flags.outputs_used:
        reason = t("the outputs are used, which is more than the first level allows, even without real users")
        return TrialLevel(level=2, reason=reason)
    return TrialLevel(level=1, reason=t("the outputs are not used"))
