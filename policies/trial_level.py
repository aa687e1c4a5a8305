"""The block ``trial`` of a submission, and the level that it leads to (Decree 142, Article 22)."""

from __future__ import annotations

from proofbox.checks.tiers import Level, TrialLevel, level_of
from proofbox.policies.model import Flag, PolicyModel

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


def trial_level(flags: TrialFlags) -> TrialLevel:
    """Return the level of a trial."""
    return level_of(flags.model_dump())
