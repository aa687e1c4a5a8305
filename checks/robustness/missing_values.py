"""How many decisions turn when values of a row are missing, and whether the model falls over them.

## Measures

- `missing_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when `values` of
  their values, in columns drawn at random, are missing.
- `missing_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on
  the same rows with so many values missing (where there are true labels).
- `missing_failure_share`: [0, 1], lower is better, 0 is perfect. The share of the features whose missing value makes
  the model crash, hang or answer garbage; a clean refusal is no failure and is listed in the detail.

## Method

Each feature is tried alone first, on a few rows, so that one that the model cannot do without hides none of the
others. Then each row loses values in features drawn at random among those that have one and that the model answers
without: `values` of them, and as many as `curve` says for the degradation curve in the detail. Rows are asked about in
steps until the interval of each flip rate (Clopper and Pearson's) has the half width `precision`; the drop has
Newcombe's interval for paired proportions. The detail says for each feature how often its loss alone turned a
decision. The counterexample of a failure is one row, found by halving, with the feature whose value was taken.

## Limits

Values are lost at random: people who leave a question out may differ from those who do not. A row that has fewer
values than are to be lost loses all. A model that refuses rows with missing values has no flip rate for those
features; whether a refusal is acceptable is the policy's or the reader's matter. Rows with sample weights are refused.

## References

- Little and Rubin, "Statistical Analysis with Missing Data", 3rd ed. 2019: missing completely at random.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Newcombe, Statistics in Medicine 17 (1998) 2635-2650.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.cells import Cells, measure_cells
from proofbox.checks.asked.degradation import Asked, refused
from proofbox.checks.asked.perturbing import PerturbationParams
from proofbox.checks.counted.counting import missing_mask
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Result
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Values = Annotated[int, Field(ge=1, le=100)]


class Params(PerturbationParams):
    """Parameters of :func:`missing_values`."""

    values: Values = 1
    """Values that each row loses where the measures are taken."""
    curve: tuple[Values, ...] = Field(default=(1, 2, 4), max_length=10)
    """Values lost at which the curve is drawn; ``values`` is added, and what is more than there are features is not."""


@check("robustness.missing_values")
def missing_values(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand missing values."""
    if reason := refused(data):
        return reason
    columns = [name for name in data.features if not missing_mask(data.table.column(name)).all()]
    if not columns:
        return Inapplicable(t("the model reads no feature that has a value"))
    numbers = sorted({min(number, len(columns)) for number in (*params.curve, params.values)})
    changes = dict.fromkeys(columns, _lost)
    label = t("with missing values")
    given = [Cells(name={"values": one}, label=label, changes=changes, number=one) for one in numbers]
    asked = Asked(prefix="missing", data=data, decisions=decisions, params=params, detail={"features": list(columns)})
    return (yield from measure_cells(asked, given, rng, numbers.index(min(params.values, len(columns)))))


def _lost(column: pa.ChunkedArray, cells: NDArray[np.bool_], rng: Generator) -> pa.ChunkedArray:
    return column.take(pa.array(np.arange(len(column)), mask=cells))
