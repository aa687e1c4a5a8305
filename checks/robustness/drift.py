"""Whether the evaluation data look like the data that the model was trained on.

## Measures

- `drifted_columns`: [0, inf), lower is better, 0 is perfect. Columns whose distribution differs between the two files
  by more than chance would bring about, with all columns looked at taken into account.
- `largest_population_stability_index`: [0, inf), lower is better, 0 is perfect. Of the column that moved most: the sum
  over bands or categories of `(p - q) ln(p / q)`.
- `largest_distribution_distance`: [0, 1], lower is better, 0 is perfect. Of the column of numbers that moved most: the
  largest distance between the two distribution functions (Kolmogorov-Smirnov).
- `largest_cramers_v`: [0, 1], lower is better, 0 is perfect. Of the column of categories that moved most: how closely
  category and file go together.
- `told_apart_auc`: [0, 1], lower is better, 0.5 is perfect. How well a learner of ours tells evaluation rows from
  training rows that it did not see: the area under its ROC curve.
- `told_apart_p_value`: [0, 1], higher is better, no value is perfect. How often rows that are dealt out to the files at
  random are told apart as well.

## Method

Compared are the features and the target, as far as both files have them (or `columns`). Numbers with more than ten
values: the two-sample Kolmogorov-Smirnov test, which ties only make more careful, and where values are missing a test
of how many, with twice the smaller p-value. Others: Pearson's chi-squared over the categories (a missing value is one),
rare ones together; Fisher's exact test where too few are left. Columns count as drifted by Holm's correction at the
level of the confidence. Stability indices use ten bands of about equally many training rows, or the categories. The
lower ends of intervals hold for all columns at once.

For the classifier two-sample test gradient-boosted trees are grown on half of the rows of both files. The other half
is ranked, and its labels are dealt out again `permutations` times: with `k` permutations ranked as well, the p-value is
`(k + 1) / (permutations + 1)`, which is exact whatever the learner. It sees what changed between columns while each
column by itself stayed the same.

## Limits

A difference that is there need not matter to the model, and with many rows a small one is found: look at the effect
sizes. No difference found is no proof that there is none. It compares two files, not either with the world: for that,
`data.representativeness` holds the evaluation data against a declared population. Rows that follow each other in time
are not independent, and are then told apart too easily. Sample weights are not honoured.

## References

- Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017; Phipson and Smyth, SAGMB 9 (2010) 39.
- Massart, Annals of Probability 18 (1990) 1269-1283; Bergsma, JKSS 42 (2013) 323-328: intervals of the effects.
- Yurdakul and Naranjo, Journal of Risk Model Validation 14 (2020) 89-100; Holm, SJS 6 (1979) 65-70.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from proofbox.checks.grouped.refusals import unweighted
from proofbox.checks.grouped.subgroups import holm
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Json, Measured, Measurement
from proofbox.checks.samples.divergence import Effect
from proofbox.checks.samples.toldapart import FEWEST_ROWS, ToldApart, told_apart
from proofbox.checks.samples.twosamples import Compared, compare
from proofbox.checks.statistics.auc import auc_interval
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator

MOST_SHOWN = 30
"""Columns that are listed in the detail; the evidence table has all."""


class Params(CheckParams):
    """Parameters of :func:`drift`."""

    columns: Annotated[tuple[str, ...], BeforeValidator(as_columns), Field(max_length=2_000)] = ()
    """The columns to compare; by default the features and the target, as far as both files have them."""
    permutations: int = Field(default=999, ge=99, le=99_999)
    """How often the labels of the classifier test are dealt out again."""
    most_rows: int = Field(default=20_000, ge=100, le=200_000)
    """Rows of either file that the classifier test looks at; of more, this many are drawn."""


@check("robustness.drift")
def drift(data: Dataset, training: Dataset | None, params: Params, rng: Generator) -> Measured | Inapplicable:
    """Measure whether evaluation and training data come from one distribution."""
    if training is None:
        return Inapplicable(t("the submission names no {role} data", role="training"))
    for one in (data, training):
        if one.rows == 0:
            return Inapplicable(t("the {role} data have no rows", role=one.role))
        if refused := unweighted(one):
            return refused
    names = _names(data, training, params)
    if isinstance(names, Inapplicable):
        return names
    columns = [
        compare(name, training.table.column(name), data.table.column(name), params.confidence, len(names))
        for name in names
    ]
    p_values = holm(np.array([one.p_value for one in columns]))
    apart = None
    if min(data.rows, training.rows) >= FEWEST_ROWS:
        pairs = [(training.table.column(name), data.table.column(name)) for name in names]
        apart = told_apart(pairs, params.most_rows, params.permutations, rng)
    detail = _detail(columns, p_values, (training.rows, data.rows))
    return Measured(
        measurements=(
            *_of_columns(columns, p_values, detail, data.rows, params.confidence),
            *_of_learner(apart, params.confidence),
        ),
        tables=(_table(columns, p_values),),
    )


def _names(data: Dataset, training: Dataset, params: Params) -> Sequence[str] | Inapplicable:
    wanted = params.columns or (*data.features, *([data.target] if data.target else ()))
    if params.columns:
        for one in (data, training):
            if lacking := [name for name in wanted if name not in one.table.column_names]:
                return Inapplicable(t("the {role} data have no column {column}", role=one.role, column=lacking[0]))
    both = set(data.table.column_names) & set(training.table.column_names)
    names = [name for name in dict.fromkeys(wanted) if name in both]
    return names or Inapplicable(t("the two files have no feature and no target in common"))


def _of_columns(
    columns: Sequence[Compared], p_values: Floats, detail: Mapping[str, Json], rows: int, confidence: float
) -> Iterator[Measurement]:
    yield Measurement(
        measure="drifted_columns",
        value=float((p_values <= 1 - confidence).sum()),
        sample_size=rows,
        detail=detail,
    )
    moved = max(columns, key=lambda one: one.stability[0])
    yield _largest("largest_population_stability_index", moved, rows, [one.stability for one in columns])
    for measure, kind in (("largest_distribution_distance", "numbers"), ("largest_cramers_v", "categories")):
        if of_kind := [one for one in columns if one.kind == kind]:
            moved = max(of_kind, key=lambda one: one.effect)
            yield _largest(measure, moved, rows, [(one.effect, one.interval) for one in of_kind])


def _largest(measure: str, moved: Compared, rows: int, found: Sequence[Effect]) -> Measurement:
    value, interval = max(found, key=lambda one: one[0])
    return Measurement(
        measure=measure,
        value=value,
        interval=replace(
            interval, low=max(one.low for _, one in found), high=max(one.high for _, one in found), basis=None
        ),
        sample_size=rows,
        detail={"column": moved.column, "columns_compared": len(found)},
    )


def _of_learner(apart: ToldApart | None, confidence: float) -> Iterator[Measurement]:
    if apart is None:
        return
    found = auc_interval(apart.score, apart.second, confidence)
    assert found is not None
    rows = len(apart.score)
    yield Measurement(measure="told_apart_auc", value=found[0], interval=found[1], sample_size=rows)
    yield Measurement(measure="told_apart_p_value", value=apart.p_value, sample_size=rows)


def _detail(columns: Sequence[Compared], p_values: Floats, rows: tuple[int, int]) -> dict[str, Json]:
    listed: list[Json] = [
        {
            "column": columns[place].column,
            "kind": columns[place].kind,
            "effect": columns[place].effect,
            "stability_index": columns[place].stability[0],
            "p_value": columns[place].p_value,
            "adjusted_p_value": float(p_values[place]),
            "missing_in_training": columns[place].missing[0],
            "missing_in_evaluation": columns[place].missing[1],
            "not_in_training": list(columns[place].only_second[:20]),
        }
        for place in np.argsort(p_values, kind="stable").tolist()[:MOST_SHOWN]
    ]
    return {"training_rows": rows[0], "evaluation_rows": rows[1], "columns_compared": len(columns), "columns": listed}


def _table(columns: Sequence[Compared], p_values: Floats) -> CountTable:
    return CountTable(
        name="columns",
        columns={
            "column": tuple(one.column for one in columns),
            "kind": tuple(one.kind for one in columns),
            "effect": tuple(one.effect for one in columns),
            "stability_index": tuple(one.stability[0] for one in columns),
            "p_value": tuple(one.p_value for one in columns),
            "adjusted_p_value": tuple(p_values.tolist()),
        },
    )
