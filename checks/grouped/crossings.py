"""Combinations of sensitive attributes up to a depth, each counted: what the checks of intersections share."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.outcomes import Outcomes, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams, missing_refused
from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.text import t

RateName = Literal[
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "precision",
    "negative_predictive_value",
    "accuracy",
    "base_rate",
]
"""The rates of :func:`proofbox.checks.counted.counting.rates`."""

MOST_COMBINATIONS = 500
"""More combinations than this would be searched for hours and judged with intervals that say nothing."""


class CrossingParams(CheckParams):
    """Which attributes are crossed, how deep, and in which rate the groups are compared."""

    attributes: Annotated[tuple[str, ...], BeforeValidator(as_columns), Field(max_length=30)] = ()
    """The columns to combine; by default every sensitive column that the submission names."""
    depth: int = Field(default=2, ge=1, le=8)
    """How many attributes are crossed at most."""
    rate: RateName = "selection_rate"
    """The rate that is compared."""
    min_group_size: int = Field(default=30, ge=1)
    """Groups with fewer rows are not judged, and are named in the detail."""
    counted: Literal["positive", "favourable"] = "positive"
    """The label whose rates are counted: the submission's positive label, or its favourable one."""
    missing: Literal["group", "leave_out", "refuse"] = "group"
    """Rows without the attribute: a group of their own, left out and counted in the detail, or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """Every combination that could be counted, and why the others could not."""

    outcomes: Mapping[tuple[str, ...], Outcomes]
    """Attributes -> each group's decisions; in the order of depth, then of the attributes."""
    not_compared: tuple[Json, ...]
    """``{attributes, reason}`` of combinations without two groups."""


def crossed(counts: Counts, params: CrossingParams, smallest: int) -> Crossed | Inapplicable:
    """Count every combination of the attributes up to the depth.

    Parameters
    ----------
    smallest
        Groups with fewer rows are left out of the outcomes.
    """
    names = params.attributes or counts.data.sensitive
    if not names:
        return Inapplicable(t("the submission names no sensitive column, so no groups can be compared"))
    sizes = range(1, min(params.depth, len(names)) + 1)
    combinations = [combination for size in sizes for combination in itertools.combinations(names, size)]
    if len(combinations) > MOST_COMBINATIONS:
        return Inapplicable(
            t(
                "{combinations} combinations of attributes are more than {most}: name fewer attributes or less depth",
                combinations=len(combinations),
                most=MOST_COMBINATIONS,
            )
        )
    if params.rate != "selection_rate" and counts.data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    counts.expect(combinations)
    if params.missing == "refuse":
        # Asked of each column before any is crossed: a combination that is left out would be refused in silence.
        for name in names:
            alone = counts.grouped((name,))
            if not isinstance(alone, Inapplicable) and alone.missing:
                return Inapplicable(missing_refused(counts.data, alone.missing))
    found: dict[tuple[str, ...], Outcomes] = {}
    refused: list[Inapplicable] = []
    reasons: list[Json] = []
    for combination in combinations:
        one = GroupParams(
            attribute=combination, min_group_size=smallest, counted=params.counted, missing=params.missing
        )
        outcomes = count_outcomes(counts, one)
        if isinstance(outcomes, Inapplicable):
            refused.append(outcomes)
            reasons.append({"attributes": list(combination), "reason": str(outcomes.reason)})
        else:
            found[combination] = outcomes
    if not found:
        return refused[0]
    return Crossed(outcomes=found, not_compared=tuple(reasons))
