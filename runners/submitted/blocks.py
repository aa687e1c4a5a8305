"""What every block of ``submission.yaml`` is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Label = Annotated[str | int | float | bool, Field(union_mode="left_to_right")]
Name = Annotated[str, Field(min_length=1, max_length=500)]


def none_as_empty(value: object) -> object:
    """Return a key that was left empty as an empty list."""
    return () if value is None else value


Columns = Annotated[tuple[Name, ...], BeforeValidator(none_as_empty)]


class Block(BaseModel):
    """A block of ``submission.yaml``: frozen, and a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
