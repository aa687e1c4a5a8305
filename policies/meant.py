"""The products that a requirement is meant for, its control's conditions included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from proofbox.checks.tasks import Task
from proofbox.policies.model import AppliesWhen, Control, Requirement, RiskTier, Sector, Trial

CHOICES: Mapping[str, tuple[str, ...]] = {
    "risk_tier": get_args(RiskTier),
    "task": get_args(Task),
    "sector": get_args(Sector),
    "trial": get_args(Trial),
}
"""Key of ``applies_when`` -> every value that it may name."""


def conditions(control: Control, requirement: Requirement) -> dict[str, tuple[str, ...]]:
    """Return key -> the values for which a requirement is meant; a key that nothing limits is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for condition in (control.applies_when, requirement.applies_when):
        for key, values in _listed(condition).items():
            found[key] = tuple(value for value in found.get(key, values) if value in values)
    return found


def _listed(condition: AppliesWhen | None) -> dict[str, tuple[str, ...]]:
    given = {} if condition is None else condition.model_dump(exclude_none=True)
    return {key: tuple(values) for key, values in given.items()}
