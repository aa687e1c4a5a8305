"""How many decisions turn when one number of a row lies far outside of what is usual.

## Measures

- `outlier_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when one of
  their numbers is replaced by one `distance` standard deviations from the median.
- `outlier_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on
  the same rows with such an outlier (where there are true labels).
- `outlier_failure_share`: [0, 1], lower is better, 0 is perfect. The share of the numeric features in which an outlier
  makes the model crash, hang or answer garbage; a clean refusal is no failure and is listed in the detail.

## Method

In each row one numeric feature with more than two values is drawn at random among those that are not missing; its
value becomes the feature's median plus or minus (drawn at random) `distance` of its standard deviations, and as many
as `distances` says for the degradation curve in the detail. Whole numbers stay whole. Each feature is tried alone
first, on a few rows. Rows are asked about in steps until the interval of each flip rate (Clopper and Pearson's) has
the half width `precision`; the drop has Newcombe's interval for paired proportions. The detail says for each feature
how often its outlier turned a decision.

## Limits

An outlier may rightly decide (an income a hundred times the usual). The measure says how much one wrong number can do,
whether by a slip or on purpose; a careful system refuses what cannot be. The standard deviation is itself drawn up by
outliers in the data. Rows with sample weights are refused.

## References

- Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35 (1964) 73-101: gross errors.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Newcombe, Statistics in Medicine 17 (1998) 2635-2650.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.cells import Cells, measure_cells
from proofbox.checks.asked.degradation import Asked, refused
from proofbox.checks.asked.perturbing import PerturbationParams
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Result
from proofbox.checks.samples.features import NumericFeature, numeric_features, with_numbers
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Distance = Annotated[float, Field(gt=0, le=1e6)]


class Params(PerturbationParams):
    """Parameters of :func:`outliers`."""

    distance: Distance = 10
    """How far from the median an outlier lies where the measures are taken, in standard deviations of the feature."""
    distances: tuple[Distance, ...] = Field(default=(5, 10, 100), max_length=10)
    """Distances at which the curve is drawn; ``distance`` is added where it is not among them."""


@check("robustness.outliers")
def outliers(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand single numbers far outside."""
    if reason := refused(data):
        return reason
    features = numeric_features(data)
    if not features:
        return Inapplicable(t("the model reads no numeric feature with more than two values"))
    distances = sorted({*params.distances, params.distance})
    given = [
        Cells(
            name={"distance": distance},
            label=t("with an outlier"),
            changes={one.name: partial(_far, one, distance) for one in features},
        )
        for distance in distances
    ]
    detail: dict[str, Json] = {"features": [one.name for one in features]}
    asked = Asked(prefix="outlier", data=data, decisions=decisions, params=params, detail=detail)
    return (yield from measure_cells(asked, given, rng, distances.index(params.distance)))


def _far(
    feature: NumericFeature, distance: float, column: pa.ChunkedArray, cells: NDArray[np.bool_], rng: Generator
) -> pa.ChunkedArray:
    side = np.where(rng.random(len(column)) < 0.5, -1.0, 1.0)
    values = feature.middle + side * distance * feature.spread
    return with_numbers(column, np.rint(values) if feature.decimals == 0 else values, cells)
