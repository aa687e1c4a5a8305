"""How far apart the groups lie where the answers are numbers: in what is predicted, and in how wrong it is.

## Measures

- `mean_prediction_difference`: [0, inf), lower is better, 0 is perfect. The highest mean prediction of any group less
  the lowest.
- `mean_absolute_error_difference`: [0, inf), lower is better, 0 is perfect. The highest mean absolute error of any
  group less the lowest.
- `mean_error_difference`: [0, inf), lower is better, 0 is perfect. The highest mean error (prediction less truth)
  of any group less the lowest: whether one group is overrated against another.
- `standardized_mean_error_difference`: [0, inf), lower is better, 0 is perfect. That gap in standard deviations of the
  true values, so that one number serves products in any unit; without a value where the true values do not vary.
- `mean_prediction`: (-inf, inf), neither way is better, no value is perfect. One group's mean prediction.
- `mean_absolute_error`: [0, inf), lower is better, 0 is perfect. One group's mean absolute error.
- `mean_error`: (-inf, inf), neither way is better, 0 is perfect. One group's mean error; above 0 it is overrated.

## Method

Values equal fairlearn's `MetricFrame` over `mean_prediction` and scikit-learn's `mean_absolute_error`, and their
largest differences. A group's interval is the wider end of Student's t and of the t corrected for skewness; a pair's
is made of both groups' (MOVER), and the lower bound of the largest difference holds for all pairs at once. Groups of
fewer than `min_group_size` rows (20 unless said otherwise) are left out and named, since no interval for a mean is
right for fewer rows of an unknown shape.

## Limits

A gap in mean predictions is no error where the truth differs as much; a gap in mean errors is. All but the
standardized gap is in the unit of what is predicted, so a policy's number is for one product alone; the interval of
the standardized one takes the standard deviation as known. Weighted rows count by their weight, in values and
intervals. One extreme value moves a mean. Without true values there is the mean prediction alone; rows without one are
left out and counted.

## References

- Agarwal, Dudik, Wu, "Fair Regression", ICML 2019; Calders et al., "Controlling Attribute Effect in Linear Regression",
  ICDM 2013: mean difference.
- Fairlearn, `mean_prediction`, `MetricFrame`.
- Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988, chapter 2: differences in standard deviations.
- Hall, JRSS B 54 (1992) 221-228; Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from pydantic import Field

from proofbox.checks.grouped.grouprows import GroupRows, group_rows, numbers
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.meangaps import Means, mean_difference_interval, mean_intervals
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t


class Params(GroupParams):
    """Parameters of :func:`regression_gap`; ``counted`` has no bearing on it."""

    min_group_size: int = Field(default=20, ge=2)
    """Groups with fewer rows are left out and named in the detail."""


@check("fairness.regression_gap")
def regression_gap(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups' predictions and errors lie."""
    if decisions.classes or decisions.score is None:
        return Inapplicable(t("the answers are decisions between classes, not numbers"))
    predicted = decisions.score
    found = group_rows(data, params, np.isfinite(predicted))
    if isinstance(found, Inapplicable):
        return found
    measurements = [*_mean("mean_prediction", found, predicted, params.confidence)]
    truth = None if data.target is None else numbers(data.table.column(data.target))
    if truth is not None:
        judged = group_rows(data, params, np.isfinite(predicted) & np.isfinite(truth))
        if not isinstance(judged, Inapplicable):
            # Rows without a true value are in no group here, so what is subtracted there does not matter.
            error = np.where(judged.codes >= 0, predicted - truth, 0.0)
            measurements += _mean("mean_absolute_error", judged, np.abs(error), params.confidence)
            measurements += _mean("mean_error", judged, error, params.confidence)
            measurements += _standardized(judged, error, truth, params.confidence)
    return Measured(measurements=tuple(measurements))


def _standardized(found: GroupRows, error: Floats, truth: Floats, confidence: float) -> Iterator[Measurement]:
    """Yield the gap in mean errors in standard deviations of the true values (J. Cohen's d, 1988, chapter 2)."""
    everybody = np.where(found.codes >= 0, 0, -1)
    deviation = float(Means.of(everybody, 1, np.where(everybody == 0, truth, 0.0), found.weight).deviation[0])
    if deviation > 0:
        means = Means.of(found.codes, len(found.categories), error / deviation, found.weight)
        yield Measurement(
            measure="standardized_mean_error_difference",
            value=means.difference,
            interval=mean_difference_interval(means, confidence),
            sample_size=found.sample_size,
            detail={**found.detail, "standard_deviation": deviation},
        )


def _mean(measure: str, found: GroupRows, values: Floats, confidence: float) -> Iterator[Measurement]:
    means = Means.of(found.codes, len(found.categories), values, found.weight)
    least = 0.0 if measure == "mean_absolute_error" else -math.inf
    intervals = [replace(one, low=max(one.low, least)) for one in mean_intervals(means, confidence)]
    groups: list[Json] = []
    for category, mean, rows, interval in zip(
        found.categories, means.mean.tolist(), means.rows.tolist(), intervals, strict=True
    ):
        groups.append({"group": dict(category), "mean": mean, "rows": rows, "low": interval.low, "high": interval.high})
        yield Measurement(measure=measure, value=mean, interval=interval, sample_size=rows, group=category)
    ends: dict[str, Json] = {
        "lowest": dict(found.categories[int(means.mean.argmin())]),
        "highest": dict(found.categories[int(means.mean.argmax())]),
    }
    yield Measurement(
        measure=f"{measure}_difference",
        value=means.difference,
        interval=mean_difference_interval(means, confidence),
        sample_size=found.sample_size,
        detail={**found.detail, "mean_of": measure, "groups": groups, **ends},
    )
