"""How far the model's numbers lie from the true ones.

## Measures

- `mean_absolute_error`: [0, inf), lower is better, 0 is perfect. The mean distance between predicted and true value.
- `root_mean_squared_error`: [0, inf), lower is better, 0 is perfect. The root of the mean squared distance.
- `r2`: (-inf, 1], higher is better, 1 is perfect. The share of the true values' variance that the predictions explain;
  0 is worth as much as always saying the mean, and below 0 is worse.
- `mean_error`: (-inf, inf), neither way is better, 0 is perfect. The mean of predicted less true value: the bias.

## Method

Values equal scikit-learn's functions of these names (`r2` is `r2_score`, `mean_error` has none there). Intervals: for
means the wider end of Student's t and of the t corrected for skewness (`hall-t`), since errors are skewed; for the
root and for R squared the same of what each row bears on the logarithm of the mean square, and of `1 - R2`, when it is
left out (jackknife). docs/performance.md shows how often each covers. With `slice` every measure is taken
in each slice as well: the categories of a column, bands of its numbers, or several columns crossed. Rows with sample
weights are weighed as by `sample_weight`, and intervals rest on effective numbers of rows.

## Limits

R squared depends on how much the true values vary: in a slice where they vary less it is lower with the same errors,
and it has no value where they do not vary at all. A mean says nothing of the worst error. Intervals of slices are not
widened for their number: of twenty slices one lies outside its own by chance. Where all rows have the same error the
interval is that one number. Rows without a true value or an answer are left out and counted in the detail.

## References

- scikit-learn, `sklearn.metrics`.
- Hall, JRSS B 54 (1992) 221-228: the t corrected for skewness; Miller, Biometrika 61 (1974) 1-15: the jackknife.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.refusals import weights_said
from proofbox.checks.grouped.slicing import Slice, SliceParams, sliced
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Interval, Json, Measured, Measurement
from proofbox.checks.statistics.errormeans import explained, one_mean, root_mean
from proofbox.checks.statistics.meangaps import mean_intervals
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Params(SliceParams):
    """Parameters of :func:`regression`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errors:
    """True values and errors of the rows that can be measured; all of shape (rows,)."""

    true: Floats
    error: Floats
    """Predicted less true."""
    weight: Floats | None

    def of(self, rows: NDArray[np.bool_]) -> _Errors:
        weight = None if self.weight is None else self.weight[rows]
        return _Errors(true=self.true[rows], error=self.error[rows], weight=weight)


@check("performance.regression")
def regression(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure how far predictions lie from the true values."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    found = _errors(data, decisions)
    if isinstance(found, Inapplicable):
        return found
    usable, weight = np.isfinite(found.error), found.weight
    detail: dict[str, Json] = {"rows_without_value": int(np.count_nonzero(~usable)), **weights_said(data)}
    if weight is not None:
        usable &= weight > 0
    if np.count_nonzero(usable) < 2:
        return Inapplicable(t("fewer than two rows have both a true value and an answer"))
    slices = sliced(data, params, usable)
    if isinstance(slices, Inapplicable):
        return slices
    measurements = [*_measured(Slice(category={}, rows=usable), found, {**detail, **slices.detail}, params.confidence)]
    for one in slices.slices:
        measurements += _measured(one, found, {}, params.confidence)
    return Measured(measurements=tuple(measurements))


def _errors(data: Dataset, decisions: Decisions) -> _Errors | Inapplicable:
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    if decisions.classes or decisions.score is None:
        return Inapplicable(t("the answers are decisions between classes, not numbers"))
    true = numbers(data.table.column(data.target))
    if true is None:
        return Inapplicable(t("the true values are no numbers"))
    weight = None if data.weight is None else numbers(data.table.column(data.weight))
    with np.errstate(invalid="ignore"):
        return _Errors(true=true, error=decisions.score - true, weight=weight)


def _measured(part: Slice, errors: _Errors, detail: Mapping[str, Json], confidence: float) -> Iterator[Measurement]:
    rows = errors.of(part.rows)
    absolute = one_mean(np.abs(rows.error), rows.weight)
    bias = one_mean(rows.error, rows.weight)
    found: dict[str, tuple[float, Interval]] = {
        "mean_absolute_error": (float(absolute.mean[0]), _from_nought(mean_intervals(absolute, confidence)[0])),
        "root_mean_squared_error": root_mean(rows.error**2, confidence, rows.weight),
        "mean_error": (float(bias.mean[0]), mean_intervals(bias, confidence)[0]),
    }
    share = explained(rows.true, rows.error, confidence, rows.weight)
    if share is not None:
        found["r2"] = share
    absent: dict[str, Json] = {} if share is not None else {"without_value": {"r2": "the true values do not vary"}}
    for measure, (value, interval) in found.items():
        yield Measurement(
            measure=measure,
            value=value,
            interval=interval,
            sample_size=len(rows.true),
            group=part.category,
            detail={**detail, **absent},
        )


def _from_nought(interval: Interval) -> Interval:
    return replace(interval, low=max(interval.low, 0.0))
