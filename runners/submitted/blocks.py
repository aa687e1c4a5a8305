"""What every block of ``submission.yaml`` is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

Label = StrictStr | StrictBool | StrictInt | StrictFloat
"""As it is written: ``true`` is no 1, since a column of true and false holds no 1 either."""
Name = Annotated[str, Field(min_length=1, max_length=500)]


def none_as_empty(value: object) -> object:
    """Return a key that was left empty as an empty list."""
    return () if value is None else value


Columns = Annotated[tuple[Name, ...], BeforeValidator(none_as_empty)]


class Block(BaseModel):
    """A block of ``submission.yaml``: frozen, and a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
