"""How many decisions hang on a single feature: each in turn is set to what is typical, for all rows.

## Measures

- `dropout_flip_rate`: [0, 1], lower is better, no value is perfect. The share of rows whose decision changes when the
  feature that matters most is lost.
- `dropout_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on
  the same rows without that feature (where there are true labels).
- `dropout_failure_share`: [0, 1], lower is better, 0 is perfect. The share of the features without which the model
  crashed, hung or answered garbage for some row; a clean refusal is no failure and is listed in the detail.

## Method

One feature after the other becomes, in every row, what is typical of it: its median where it holds more than ten
different numbers, else its most frequent value. All features see the same rows. Rows are asked about in steps until
the interval of each flip rate has the half width `precision` (Clopper and Pearson's, in the detail, one for each
feature). The interval of the highest rate allows for its having been looked for; the drop of that feature has
Newcombe's interval for paired proportions. `precision` is wider here than elsewhere by default, because every feature
is asked about.

## Limits

A feature that matters is no fault: the measure says on what a decision rests, and what a supplier that stops
delivering a column would do. Features that stand in for each other may each be dropped without harm, and not together.
Rows with sample weights are refused.

## References

- Breiman, "Random Forests", Machine Learning 45 (2001) 5-32: importance by disturbing one variable.
- Sidak, JASA 62 (1967) 626-633: simultaneous limits whatever the correlation.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import with_columns
from proofbox.checks.asked.degradation import Asked, accuracy_drop, highest, highest_flip_rate, measured, refused
from proofbox.checks.asked.perturbing import Altered, PerturbationParams, Way, perturbed
from proofbox.checks.asked.swaps import typical_cells
from proofbox.checks.counted.counting import missing_mask
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Result
from proofbox.checks.samples.features import is_numeric, numbers
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator

MOST_LISTED = 10
"""With more different numbers than this, the median is typical, and not the most frequent one."""


class Params(PerturbationParams):
    """Parameters of :func:`feature_dropout`."""

    precision: float = Field(default=0.02, gt=0, lt=0.5)
    """Half width of each feature's flip rate's interval at which the check stops asking about it."""


@check("robustness.feature_dropout")
def feature_dropout(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand the loss of a feature."""
    if reason := refused(data):
        return reason
    columns = [name for name in data.features if not missing_mask(data.table.column(name)).all()]
    if not columns:
        return Inapplicable(t("the model reads no feature that has a value"))
    cells = {name: _typical(data.table.column(name)) for name in columns}
    ways = [
        Way(name={"column": name}, label=t("with a typical value"), alter=partial(_dropped, name, cell))
        for name, cell in cells.items()
    ]
    tried = yield from perturbed(data, decisions, ways, params, rng)
    asked = Asked(prefix="dropout", data=data, decisions=decisions, params=params, detail={"features": list(columns)})
    known = [one for one in tried if one.rows]
    if not known:
        return (yield from measured(asked, tried, None))
    rate = highest_flip_rate(asked, known)
    return (yield from measured(asked, tried, rate, accuracy_drop(asked, highest(known))))


def _typical(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return one cell that is typical of the column."""
    there = np.flatnonzero(~missing_mask(column))
    if is_numeric(column.type):
        values = numbers(column)[there]
        if len(np.unique(values)) > MOST_LISTED:
            # The value in the middle of those that there are, taken as it is.
            middle = np.argpartition(values, len(values) // 2)[len(values) // 2]
            return column.take(pa.array(there[[middle]]))
    return typical_cells(column, there, 1)


def _dropped(name: str, cell: pa.ChunkedArray, table: pa.Table, rng: Generator) -> Altered:
    column = cell.take(pa.array(np.zeros(table.num_rows, dtype=np.int64)))
    return Altered(table=with_columns(table, {name: column}))
