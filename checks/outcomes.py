"""What the fairness checks share: each group's decisions, counted, and two groups' rates compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from proofbox.checks.counting import MISSING, Encoded, Rate, Table, encode, rates
from proofbox.checks.gaps import Family
from proofbox.checks.groups import Groups, groups_of
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

Category = Mapping[str, str]
"""Attribute -> category: the name of one group."""


class GroupParams(CheckParams):
    """Which groups are compared, and by which decision."""

    attribute: Attribute
    min_group_size: int = Field(default=1, ge=1)
    """Groups with fewer rows are left out and named in the detail."""
    counted: Literal["positive", "favourable"] = "positive"
    """The label whose rates are counted: the submission's positive label, or its favourable one (where none is
    declared, the positive label is the one that people want)."""
    missing: Literal["group", "leave_out"] = "group"
    """Whether rows without the attribute are a group of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Each group's decisions, counted."""

    categories: tuple[Category, ...]
    """The groups that are compared; at least 2."""
    decided: Table
    """Decisions of all rows, without true labels."""
    judged: Table | None
    """Decisions of the rows with a true label; None where there are none."""
    detail: Mapping[str, Json] = field(default_factory=dict)
    """The label counted, the rows and groups left out."""

    def rate(self, name: str) -> Rate:
        """Return one rate's numerators and denominators, each of shape (groups,)."""
        table = self.decided if name == "selection_rate" or self.judged is None else self.judged
        return rates(table)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One rate in every group that has it."""

    rate: str
    family: Family
    categories: tuple[Category, ...]
    absent: tuple[Category, ...]
    """Groups in which nobody could have had it: an empty denominator."""

    @property
    def sample_size(self) -> int:
        """Rows that the rates rest on."""
        return int(self.family.trials.sum())

    def detail(self) -> dict[str, Json]:
        """Return every group's rate with its counts, and which groups are lowest and highest."""
        values = self.family.rates
        listed: list[Json] = [
            {"group": dict(category), "rate": float(rate), "count": int(count), "of": int(of)}
            for category, rate, count, of in zip(
                self.categories, values, self.family.successes, self.family.trials, strict=True
            )
        ]
        return {
            "rate": self.rate,
            "groups": listed,
            "lowest": dict(self.categories[int(values.argmin())]),
            "highest": dict(self.categories[int(values.argmax())]),
            "pairs": self.family.pairs,
            "groups_without_this_rate": [dict(category) for category in self.absent],
        }


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


def outcomes_of(data: Dataset, decisions: Decisions, params: GroupParams) -> Outcomes | Inapplicable:
    """Count each group's decisions, or say why they cannot be counted."""
    if refused := unweighted(data):
        return refused
    label = counted_label(data, decisions, params.counted)
    if isinstance(label, Inapplicable):
        return label
    groups = groups_of(data, params.attribute)
    if isinstance(groups, Inapplicable):
        return groups
    selected = Encoded(codes=decisions.codes, categories=decisions.classes, numeric=False).is_label(label)
    size = len(groups.categories)
    decided = Table.count(groups.codes, size, selected, None)
    kept = _kept(groups, decided.rows, params)
    if len(kept) < 2:
        return Inapplicable(
            t(
                "only {groups} group of {attribute} has at least {size} rows, so there is nothing to compare",
                groups=len(kept),
                attribute=" x ".join(params.attribute),
                size=params.min_group_size,
            )
        )
    judged, unlabelled = _judged(data, groups, selected, label)
    return Outcomes(
        categories=tuple(groups.categories[group] for group in kept),
        decided=decided.take(kept),
        judged=None if judged is None else judged.take(kept),
        detail={
            "counted_label": label,
            "decisions": decisions.source,
            **groups.detail(),
            "rows": data.rows,
            "rows_without_true_label": unlabelled,
            "groups_left_out": [
                {"group": dict(groups.categories[group]), "rows": int(decided.rows[group])}
                for group in range(size)
                if group not in kept
            ],
        },
    )


def counted_label(
    data: Dataset, decisions: Decisions, counted: Literal["positive", "favourable"]
) -> str | Inapplicable:
    """Return the label whose rates are counted."""
    if not decisions.classes:
        return Inapplicable(t("the answers are numbers, not decisions between classes, so there are no rates"))
    label = data.positive_label
    if counted == "favourable" and data.favourable_label is not None:
        label = data.favourable_label
    if decisions.source == "model" and label not in decisions.classes:
        known = ", ".join(decisions.classes[:6])
        return Inapplicable(t("the model has no class {label}; its classes are {known}", label=label, known=known))
    return label


def compare(outcomes: Outcomes, rate: str) -> Comparison | Inapplicable:
    """Compare one rate between the groups that have it."""
    count, of = outcomes.rate(rate)
    there = np.flatnonzero(of > 0)
    if len(there) < 2:
        return Inapplicable(
            t("fewer than two groups have a {rate}, so there is nothing to compare", rate=rate.replace("_", " "))
        )
    return Comparison(
        rate=rate,
        family=Family(successes=count[there], trials=of[there]),
        categories=tuple(outcomes.categories[group] for group in there),
        absent=tuple(outcomes.categories[group] for group in np.flatnonzero(of == 0)),
    )


def _kept(groups: Groups, rows: NDArray[np.int64], params: GroupParams) -> NDArray[np.intp]:
    there = rows >= params.min_group_size
    if params.missing == "leave_out":
        there = there & np.array([MISSING not in category.values() for category in groups.categories])
    return np.flatnonzero(there)


def _judged(data: Dataset, groups: Groups, selected: NDArray[np.bool_], label: str) -> tuple[Table | None, int]:
    """Return the table with true labels, and how many rows have none."""
    if data.target is None:
        return None, data.rows
    truth = encode(data.table.column(data.target))
    size = len(groups.categories)
    # Rows without a true label get a code past the last group, which the count leaves out.
    codes = np.where(truth.codes == len(truth.categories), size, groups.codes)
    return Table.count(codes, size, selected, truth.is_label(label)), truth.missing
