"""How many decisions turn, and how many right ones are lost, when the inputs are a little noisy.

## Measures

- `noise_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes under noise of the
  declared severity.
- `noise_area_under_curve`: [0, 1], lower is better, 0 is perfect. The mean flip rate over the severities from 0 to the
  largest one: the area under the degradation curve, divided by its length.
- `noise_accuracy_drop`: [-1, 1], lower is better, 0 is perfect. Accuracy on the rows as submitted less accuracy on the
  same rows with noise of that severity (where there are true labels).
- `noise_failure_share`: [0, 1], lower is better, 0 is perfect. The share of severities at which the model crashed,
  hung or answered garbage for some row; a clean refusal is no failure and is listed in the detail.

## Method

Gaussian noise is added to every numeric feature with more than two values, scaled by `severity` times that feature's
own standard deviation in these data. Each row gets one draw, which is scaled for every severity, so that rows are
independent and the curve over the severities (in the detail) is smooth. Missing values stay missing. A column of whole
numbers stays one: its noise is rounded. Rows are asked about in steps, in an order drawn from the seed, until the
interval of each severity's flip rate has the half width `precision` or all rows have been asked about. Intervals:
Clopper and Pearson's for the flips, Newcombe's for paired proportions for the drop. As counterexample serves a flipped
row in which as many columns as possible were set back without turning the decision back. Answers that are numbers have
turned where they moved by more than `tolerance`, relative to `1 + |answer|`; they have no accuracy.

## Limits

Noise may leave a feature's possible range (an age below 0), and ignores that features depend on each other. A count
whose standard deviation is small, such as a number of children, hardly moves at small severities. Text and yes-or-no
features are not touched: other checks are for those. Rows with sample weights are refused: what was asked of a sample
that stops by itself would be weighted by when it stopped.

## References

- Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions", ICLR 2019: severities.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Newcombe, Statistics in Medicine 17 (1998) 2635-2650.
- Frey, "Fixed-width sequential confidence intervals for a proportion", The American Statistician 64 (2010) 242-249.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import with_columns
from proofbox.checks.asked.degradation import Asked, accuracy_drop, area_under, flip_rate, measured, refused
from proofbox.checks.asked.perturbing import Altered, PerturbationParams, Tried, Way, perturbed
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measurement, Result
from proofbox.checks.samples.features import NumericFeature, numbers, numeric_features, with_numbers
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator

Severity = Annotated[float, Field(gt=0, le=10)]


class Params(PerturbationParams):
    """Parameters of :func:`noise`."""

    severity: Severity = 0.1
    """Noise at which the measures are taken, in standard deviations of each feature."""
    severities: tuple[Severity, ...] = Field(default=(0.05, 0.1, 0.2), max_length=10)
    """Noise at which the curve is drawn; ``severity`` is added where it is not among them."""


@check("robustness.noise")
def noise(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand noise on the inputs."""
    if reason := refused(data):
        return reason
    features = numeric_features(data)
    if not features:
        return Inapplicable(t("the model reads no numeric feature with more than two values"))
    severities = sorted({*params.severities, params.severity})
    ways = [
        Way(name={"severity": one}, label=t("with noise"), alter=partial(_noisy, features, one)) for one in severities
    ]
    tried = yield from perturbed(data, decisions, ways, params, rng)
    detail: dict[str, Json] = {
        "features": [one.name for one in features],
        "rounded": [one.name for one in features if one.decimals == 0],
    }
    asked = Asked(prefix="noise", data=data, decisions=decisions, params=params, detail=detail)
    known = [one for one in tried if one.rows]
    main = next((one for one in known if one.way.name["severity"] == params.severity), None)
    rate = None if main is None else flip_rate(asked, main, known)
    drop = None if main is None else accuracy_drop(asked, main)
    return (yield from measured(asked, tried, rate, drop, _area(known)))


def _noisy(features: Sequence[NumericFeature], severity: float, table: pa.Table, rng: Generator) -> Altered:
    changed = {}
    for one in features:
        column = table.column(one.name)
        values = numbers(column)
        moved = rng.standard_normal(table.num_rows) * (severity * one.spread)
        noisy = values + (np.rint(moved) if one.decimals == 0 else moved)
        changed[one.name] = with_numbers(column, noisy, ~np.isnan(values))
    return Altered(table=with_columns(table, changed))


def _area(tried: Sequence[Tried]) -> Measurement | None:
    """Return the area under the curve of the flip rates; None where no severity was answered."""
    if not tried:
        return None
    rates = [one.flips / one.rows for one in tried]
    severities = [float(str(one.way.name["severity"])) for one in tried]
    return Measurement(
        measure="noise_area_under_curve",
        value=area_under(rates, severities),
        sample_size=max(one.rows for one in tried),
        detail={"severities": list(severities), "flip_rates": list(rates)},
    )
