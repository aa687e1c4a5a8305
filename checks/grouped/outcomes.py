"""What the fairness checks share: each group's decisions, counted, and two groups' rates compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from proofbox.checks.counted.counting import MISSING, Rate, Table, rate_of, rates
from proofbox.checks.counted.counts import Counts, Grouped
from proofbox.checks.grouped.refusals import GroupParams, missing_refused, nothing_to_compare, weights_said
from proofbox.checks.late import np
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.statistics.gaps import Family
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

Category = Mapping[str, str]
"""Attribute -> category: the name of one group."""


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
        """Return one rate's numerators and denominators, each of shape (groups,), as :func:`rates` has them."""
        return rate_of(self._table(name), name)

    def rows(self, name: str) -> Rate:
        """Return how many rows one rate rests on, weighted or not: those that count, and of how many."""
        return rate_of(self._table(name).unweighted, name)

    @property
    def names(self) -> tuple[str, ...]:
        """The rates that can be said."""
        return tuple(rates(self.judged or self.decided))

    def _table(self, name: str) -> Table:
        return self.decided if name == "selection_rate" or self.judged is None else self.judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One rate in every group that has it."""

    rate: str
    family: Family
    categories: tuple[Category, ...]
    absent: tuple[Category, ...]
    """Groups in which nobody could have had it: an empty denominator."""
    rows: Rate
    """Rows that count, and of how many, in each group; what ``family`` holds where rows carry no weights."""
    weighted: bool = False
    """Whether ``family`` holds effective numbers of rows."""

    @property
    def sample_size(self) -> int:
        """Rows that the rates rest on."""
        return int(self.rows[1].sum())

    def detail(self) -> dict[str, Json]:
        """Return every group's rate with its counts, and which groups are lowest and highest."""
        values = self.family.rates
        listed: list[Json] = []
        for category, rate, count, of, effective in zip(
            self.categories, values, *self.rows, self.family.trials, strict=True
        ):
            said: dict[str, Json] = {"group": dict(category), "rate": float(rate), "count": int(count), "of": int(of)}
            listed.append(said | ({"effective_rows": float(effective)} if self.weighted else {}))
        return {
            "rate": self.rate,
            "groups": listed,
            "lowest": dict(self.categories[int(values.argmin())]),
            "highest": dict(self.categories[int(values.argmax())]),
            "pairs": self.family.pairs,
            "groups_without_this_rate": [dict(category) for category in self.absent],
        }


def count_outcomes(counts: Counts, params: GroupParams) -> Outcomes | Inapplicable:
    """Count each group's decisions by one label, or say why they cannot be counted."""
    grouped = counts.grouped(params.attribute)
    if isinstance(grouped, Inapplicable):
        return grouped
    label = counted_label(counts.data, counts, params.counted)
    if isinstance(label, Inapplicable):
        return label
    return against_rest(counts, grouped, label, params)


def against_rest(counts: Counts, grouped: Grouped, label: str, params: GroupParams) -> Outcomes | Inapplicable:
    """Count one class against the rest: the rows of each group by whether it is true, and whether it was decided."""
    if params.missing == "refuse" and grouped.missing:
        return Inapplicable(missing_refused(counts.data, grouped.missing))
    every = _table(grouped, label)
    decided = Table(
        cells=every.cells.sum(axis=1, keepdims=True),
        weight=None if every.weight is None else every.weight.sum(axis=1, keepdims=True),
        weight_squared=None if every.weight_squared is None else every.weight_squared.sum(axis=1, keepdims=True),
    )
    kept = _kept(grouped.categories, decided.rows, params)
    if len(kept) < 2:
        return nothing_to_compare(len(kept), params)
    unlabelled = int(grouped.cells[:, -1].sum())
    judged = _labelled(every) if grouped.truths else None
    return Outcomes(
        categories=tuple(grouped.categories[group] for group in kept),
        decided=decided.take(kept),
        judged=None if judged is None else judged.take(kept),
        detail={
            "counted_label": label,
            "decisions": counts.source,
            "attribute": list(grouped.attribute),
            "rows_missing_attribute": dict(grouped.missing),
            "rows": counts.rows,
            "rows_without_true_label": unlabelled,
            **({"rows_without_decision": grouped.undecided} if grouped.undecided else {}),
            "groups_left_out": [
                {"group": dict(grouped.categories[group]), "rows": int(decided.rows[group])}
                for group in range(len(grouped.categories))
                if group not in kept
            ],
            **weights_said(counts.data),
        },
    )


def _table(grouped: Grouped, label: str) -> Table:
    """Return shape (groups, 3, 2): truth is another label, is the label, is not known x decision likewise."""
    truth = np.array([*(name == label for name in grouped.truths), 2], dtype=np.int64)
    decision = np.array([name == label for name in grouped.decided], dtype=np.int64)

    def folded(cells: NDArray[Any]) -> NDArray[Any]:
        groups = len(cells)
        table = np.zeros((groups, 3, 2), dtype=cells.dtype)
        np.add.at(table, np.ix_(np.arange(groups), truth, decision), cells)
        return table

    return Table(
        cells=folded(grouped.cells),
        weight=None if grouped.weight is None else folded(grouped.weight),
        weight_squared=None if grouped.weight_squared is None else folded(grouped.weight_squared),
    )


def _labelled(table: Table) -> Table:
    """Return the table of the rows whose true label is known."""
    return Table(
        cells=table.cells[:, :2],
        weight=None if table.weight is None else table.weight[:, :2],
        weight_squared=None if table.weight_squared is None else table.weight_squared[:, :2],
    )


class Decided(Protocol):
    """What is known of decisions: the classes that they are between, and whose they are."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; empty for regression."""
        ...

    @property
    def source(self) -> Literal["model", "recorded"]:
        """Who decided."""
        ...


def counted_label(data: Dataset, decisions: Decided, counted: Literal["positive", "favourable"]) -> str | Inapplicable:
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
    rows, of_rows = outcomes.rows(rate)
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
        rows=(rows[there], of_rows[there]),
        weighted=outcomes.decided.weight is not None,
    )


def _kept(categories: Sequence[Category], rows: NDArray[np.int64], params: GroupParams) -> NDArray[np.intp]:
    there = rows >= params.min_group_size
    if params.missing == "leave_out":
        there = there & np.array([MISSING not in category.values() for category in categories])
    return np.flatnonzero(there)
