"""The base of every check's parameters: what a policy may write under ``with:``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from proofbox.checks.described import Described


class CheckParams(Described):
    """Parameters of a check: frozen, nothing unknown accepted, validated when the policy is loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)
    """Confidence of the intervals; a policy's criterion sets it."""


def as_columns(value: object) -> object:
    """Return ``sex,race`` as the two columns that it names, and anything else as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


_ABOUT_ATTRIBUTE = "One sensitive column, or several that mean their intersection: `sex`, `sex,race` or `[sex, race]`."
Attribute = Annotated[
    tuple[str, ...], BeforeValidator(as_columns), Field(min_length=1, max_length=8, description=_ABOUT_ATTRIBUTE)
]
"""The parameter by which a check of groups is told whom to compare."""
