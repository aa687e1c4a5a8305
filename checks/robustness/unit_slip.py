"""How many decisions turn when one number of a row is written in the wrong unit: in thousands, or without its comma.

## Measures

- `unit_slip_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when one of
  their numbers is written wrongly, in whichever way turns most.
- `unit_slip_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on
  the same rows written in that way (where there are true labels).
- `unit_slip_failure_share`: [0, 1], lower is better, 0 is perfect. The share of the numeric features in which such a
  number makes the model crash, hang or answer garbage; a clean refusal is no failure and is listed in the detail.

## Method

In each row one numeric feature with more than two values is drawn at random among those that are not missing. *Times a
thousand*: a form that asks for thousands is filled in units. *A thousandth*: the other way round. *Comma lost*: a
number with decimals, written with a comma where a point is read (or the other way round), so that 12.5 becomes 125;
the number of decimals is that of the column, at most six. Whole-number columns stay whole. Each feature is tried alone
first, on a few rows. Rows are asked about in steps until the interval of each flip rate has the half width `precision`
(Clopper and Pearson's, in the curve of the detail). The interval of the highest rate allows for its having been looked
for; the drop has Newcombe's interval for paired proportions. The detail says for each feature how often its slip
turned a decision.

## Limits

A number a thousand times too large should change a decision that rests on it, unless somebody refuses it: the measure
says how much such a slip can do when nobody does. A system that checks ranges before the model is not seen here. Rows
with sample weights are refused.

## References

- Clopper and Pearson, Biometrika 26 (1934) 404-413; Newcombe, Statistics in Medicine 17 (1998) 2635-2650.
- ISO 80000-1:2022, 7.3.2: the decimal sign is either the comma or the point on the line.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.cells import Cells, measure_cells
from proofbox.checks.asked.degradation import Asked, refused
from proofbox.checks.asked.perturbing import PerturbationParams
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Result
from proofbox.checks.samples.features import numbers, numeric_features, with_numbers
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


class Params(PerturbationParams):
    """Parameters of :func:`unit_slip`."""


@check("robustness.unit_slip")
def unit_slip(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand numbers in the wrong unit."""
    if reason := refused(data):
        return reason
    features = numeric_features(data)
    if not features:
        return Inapplicable(t("the model reads no numeric feature with more than two values"))
    given = [
        Cells(
            name={"slip": slip},
            label=label,
            changes={one.name: partial(_scaled, factor) for one in features},
        )
        for slip, label, factor in (
            ("times a thousand", t("written in units, read as thousands"), 1000.0),
            ("a thousandth", t("written in thousands, read as units"), 0.001),
        )
    ]
    written = {one.name: partial(_scaled, 10.0**one.decimals) for one in features if one.decimals}
    if written:
        given.append(Cells(name={"slip": "comma lost"}, label=t("with its comma lost"), changes=written))
    detail: dict[str, Json] = {"features": [one.name for one in features], "features_with_decimals": list(written)}
    asked = Asked(prefix="unit_slip", data=data, decisions=decisions, params=params, detail=detail)
    return (yield from measure_cells(asked, given, rng))


def _scaled(factor: float, column: pa.ChunkedArray, cells: NDArray[np.bool_], rng: Generator) -> pa.ChunkedArray:
    return with_numbers(column, numbers(column) * factor, cells)
