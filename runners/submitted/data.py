"""The block ``data`` of ``submission.yaml``: the files, and what their columns are."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from proofbox.policies.validation import wrong
from proofbox.runners.submitted.blocks import Block, Columns, Label, Name, none_as_empty


class Csv(Block):
    """How a CSV file is written; ``auto`` is detected and what was detected is recorded."""

    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    encoding: Literal["auto", "utf-8", "utf-8-sig", "utf-16", "windows-1258", "windows-1252"] = "auto"


def _as_column(value: object) -> object:
    return {"column": value} if isinstance(value, str | int | float) else value


class SensitiveColumn(Block):
    """A sensitive column; one of numbers may declare the bins that make its groups."""

    column: Name
    bins: Annotated[
        tuple[Annotated[float, Field(allow_inf_nan=False)], ...] | None, Field(min_length=1, max_length=100)
    ] = None
    """Rising edges: ``[25, 40]`` makes the groups below 25, from 25 to below 40, and from 40."""
    quantiles: Annotated[int, Field(ge=2, le=20)] | None = None
    """Into how many groups of about equally many rows the column is split."""

    @model_validator(mode="after")
    def _one_way(self) -> SensitiveColumn:
        if self.bins is not None and self.quantiles is not None:
            raise wrong("either 'bins' or 'quantiles'", "leave one of them out", got="both")
        if self.bins is not None and any(high <= low for low, high in pairwise(self.bins)):
            raise wrong("edges that rise", "each edge above the one before, for example [25, 40, 60]")
        return self


Sensitive = Annotated[SensitiveColumn, BeforeValidator(_as_column, json_schema_input_type=Name | SensitiveColumn)]


class Evaluation(Block):
    """The evaluation data. Labels and sensitive columns never enter the sandbox unless they are features too."""

    path: Name
    """A file of the submission, a folder of Parquet parts (docs/submission.md), or an address of either, which whoever
    runs Proofbox must allow (docs/remote.md)."""
    target: Name | None = None
    prediction: Name | None = None
    sensitive: Annotated[tuple[Sensitive, ...], BeforeValidator(none_as_empty)] = ()
    """Each a column's name, or ``{column: age, bins: [25, 40, 60]}``, or ``{column: income, quantiles: 4}``."""
    text: Name | None = None
    time: Name | None = None
    """Column that says when a row came about: a date, a date with time, or a number such as a year."""
    weight: Name | None = None
    id: Columns = ()
    csv: Csv = Csv()
    sha256: str | None = None
    provenance: Name | None = None
    positive_label: Label = 1
    """Where there is no ``model`` block to say it: the class whose rates are counted."""
    favourable_label: Label | None = None
    classes: tuple[Label, ...] = ()
    """All labels that may occur, where there is no ``model`` block to say it; empty for whatever occurs."""


class Training(Block):
    """The training data, for leakage and membership checks."""

    path: Name
    target: Name | None = None
    time: Name | None = None
    """Column that says when a row came about; ``data.evaluation.time`` where the files name it alike."""
    id: Columns = ()
    csv: Csv = Csv()
    sha256: str | None = None
    provenance: Name | None = None


class Reference(Block):
    """Shares of the population: columns ``attribute``, ``category``, ``share``."""

    path: Name
    sha256: str | None = None


class Data(Block):
    """The data files."""

    evaluation: Evaluation
    training: Training | None = None
    reference: Reference | None = None
