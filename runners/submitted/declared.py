"""The block ``declared`` of ``submission.yaml``: what the provider claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_serializer, model_validator

from proofbox.policies.validation import wrong
from proofbox.runners.submitted.blocks import Block, Columns, Name


class DeclaredPerformance(Block):
    """One claim about performance: at least so much, or for a loss at most so much."""

    measure: Name
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> DeclaredPerformance:
        if (self.at_least is None) == (self.at_most is None):
            got = "neither" if self.at_least is None else "both"
            raise wrong("one of at_least and at_most", "at_most is for losses, where lower is better", got=got)
        return self

    @model_serializer
    def _given(self) -> dict[str, str | float]:
        """Return what was given, so that a claim is recorded as it was written."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {"measure": self.measure} | {name: bound for name, bound in bounds.items() if bound is not None}


class Monotone(Block):
    """One claim about direction."""

    feature: Name
    direction: Literal["increasing", "decreasing"]


class DeclaredUnit(Block):
    """A feature whose unit stands in another column."""

    feature: Name
    unit: Name
    factors: Annotated[
        dict[Name, Annotated[float, Field(gt=0, allow_inf_nan=False)]], Field(min_length=2, max_length=100)
    ]
    """Unit -> how many of it make one and the same amount: ``{m: 1, cm: 100}``."""


class Declared(Block):
    """What the provider claims, frozen by digest before the run."""

    performance: tuple[DeclaredPerformance, ...] = ()
    thresholds: Mapping[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    monotone: tuple[Monotone, ...] = ()
    quasi_identifiers: Columns = ()
    """Columns that together could tell who a row is of."""
    personal_data: Columns = ()
    """Columns that hold personal data on purpose; what is found in any other column was not declared."""
    proxies: Mapping[Name, Columns] = {}
    """Sensitive column -> columns that stand in for it and are swapped along with it."""
    irrelevant: Columns = ()
    """Features that mean nothing for the decision: whatever stands in them, it must be the same."""
    units: tuple[DeclaredUnit, ...] = ()
    """Quantities that may be written in several units: in each of them they must get the same decision."""
