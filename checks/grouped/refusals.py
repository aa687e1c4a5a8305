"""Which groups are compared, and the reasons why groups are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from proofbox.checks.counted.offenders import offenders, without_value
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t


class GroupParams(CheckParams):
    """Which groups are compared, and by which decision."""

    attribute: Attribute
    min_group_size: int = Field(default=1, ge=1)
    """Groups with fewer rows are left out and named in the detail."""
    counted: Literal["positive", "favourable"] = "positive"
    """The label whose rates are counted: the submission's positive label, or its favourable one (where none is
    declared, the positive label is the one that people want)."""
    missing: Literal["group", "leave_out", "refuse"] = "group"
    """Rows without the attribute: a group of their own, left out and counted in the detail, or refused."""


def unweighted(data: Dataset) -> Inapplicable | None:
    """Refuse data with sample weights, for checks that do not honour them."""
    if data.weight is None:
        return None
    return Inapplicable(
        t(
            "the rows carry sample weights ({column}), which this check does not honour; without them it would "
            "measure another population",
            column=data.weight,
        )
    )


def weights_are_no_people(data: Dataset) -> Inapplicable | None:
    """Refuse data with sample weights, for exact tests: they count people."""
    if data.weight is None:
        return None
    return Inapplicable(
        t(
            "the rows carry sample weights ({column}), and exact tests count people: a weighted row is not one of them",
            column=data.weight,
        )
    )


def weights_said(data: Dataset) -> dict[str, Json]:
    """Say what weights mean for the values and their intervals."""
    if data.weight is None:
        return {}
    return {"weights": {"column": data.weight, "intervals": "effective number of rows"}}


def missing_refused(data: Dataset, missing: Mapping[str, int]) -> Text:
    """Say that rows without the attribute are refused, as ``missing: refuse`` asks."""
    name, rows = next(iter(missing.items()))
    found = offenders(data.batches([name]), name, without_value)
    return t(
        "{rows} rows of {path} have no value in {column} (data rows {first}), which this requirement refuses",
        rows=rows,
        path=data.path,
        column=name,
        first=", ".join(map(str, found.rows)) + (", ..." if rows > len(found.rows) else ""),
    )


def nothing_to_compare(groups: int, params: GroupParams) -> Inapplicable:
    """Say that fewer than two groups are large enough."""
    return Inapplicable(
        t(
            "only {groups} group of {attribute} has at least {size} rows, so there is nothing to compare",
            groups=groups,
            attribute=" x ".join(params.attribute),
            size=params.min_group_size,
        )
    )
