"""How much worse the model performs for one group than for everybody, in any of scikit-learn's metrics.

## Measures

- `worst_group_shortfall`: (-inf, inf), lower is better, 0 is perfect. How much worse the metric is in the worst group
  than in all groups together; for losses how much higher, for scores how much lower.
- `group_performance_difference`: [0, inf), lower is better, 0 is perfect. The highest value of any group less the
  lowest.
- `group_performance`: (-inf, inf), neither way is better, no value is perfect. One group's value.

## Method

`metric` is the name of a function of `sklearn.metrics`: of classes (`accuracy_score`, `balanced_accuracy_score`,
`cohen_kappa_score`, `matthews_corrcoef`, `zero_one_loss`), of the positive label (`f1_score`, `jaccard_score`,
`precision_score`, `recall_score`), of its score (`average_precision_score`, `brier_score_loss`, `log_loss`,
`roc_auc_score`), or of numbers (`r2_score`, `mean_absolute_error`, `mean_squared_error` and others). Values equal
fairlearn's `MetricFrame` over that function. Standard errors come from drawing the rows of each group again
(`resamples` times, with the run's seed); intervals are normal, and the worst group and pair are bounded from below by
limits that hold for all of them at once. Sample weights are given to the metric, as `MetricFrame` gives them.

## Limits

The interval is an approximation that wants some hundred rows in a group; where there is a check of its own for a
measure (accuracy, error rates, calibration, errors of numbers), its interval is better. Groups below `min_group_size`
rows (30), and groups in which the metric is not defined or did not vary at all, are left out and named. A metric such
as the area under the curve may be lower in all groups together than in each: then the shortfall is below 0.

## References

- Fairlearn, `MetricFrame`; scikit-learn, `sklearn.metrics`.
- Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 6 and 13.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.grouped.grouprows import GroupRows, group_rows
from proofbox.checks.grouped.metricinputs import answers_of
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.metricframe import LOSSES, UNWEIGHTED, Frame, Judged, Metric, frame_of
from proofbox.checks.statistics.normalgaps import Of, normal_interval
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


class Params(GroupParams):
    """Parameters of :func:`group_performance`; ``counted`` has no bearing on it."""

    metric: Metric = "accuracy_score"
    """A function of ``sklearn.metrics``."""
    resamples: int = Field(default=200, ge=20, le=10_000)
    """How many times rows are drawn again; where each row is drawn, fewer times above 100,000 of them."""
    min_group_size: int = Field(default=30, ge=2)
    """Groups with fewer rows are left out and named in the detail."""


@check("fairness.group_performance")
def group_performance(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Measured | Inapplicable:
    """Measure how much worse a metric is in the worst group."""
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    if data.weight is not None and params.metric in UNWEIGHTED:
        name = params.metric.replace("_", " ")
        return Inapplicable(t("{rate} knows no sample weights, and the rows carry some", rate=name))
    answers = answers_of(data, decisions, params.metric)
    if isinstance(answers, Inapplicable):
        return answers
    usable, truth, answer = answers
    groups = group_rows(data, params, usable)
    if isinstance(groups, Inapplicable):
        return groups
    rows = Judged(codes=groups.codes, truth=truth, answer=answer, weight=groups.weight)
    frame = frame_of(params.metric, rows, len(groups.categories), params.resamples, rng)
    errors = standard_errors(frame, params.metric)
    there = np.flatnonzero(np.isfinite(frame.groups) & np.isfinite(errors).all(axis=0))
    if len(there) < 2 or not np.isfinite(frame.overall):
        name = params.metric.replace("_", " ")
        return Inapplicable(t("fewer than two groups have a {rate}, so there is nothing to compare", rate=name))
    return Measured(measurements=tuple(_measurements(frame, errors, there, groups, params)))


def standard_errors(frame: Frame, metric: Metric) -> Floats:
    """Return shape (2, groups): of each group's value, and of its shortfall against all groups together."""
    drawn, together = frame.replicates[:, :-1], frame.replicates[:, -1:]
    found = []
    for values in (drawn, _shortfall(drawn, together, metric)):
        # A replicate in which the metric is not defined says nothing; with too few that say something, nothing is said.
        enough = np.isfinite(values).sum(axis=0) >= len(values) / 2
        spread = np.nanstd(np.where(enough, values, 0.0), axis=0, ddof=1)
        # Where nothing varied (scores that are wholly apart, say), how much it would vary is not known: it is not 0.
        found.append(np.where(spread > 0, spread, np.nan))
    return np.array(found)


def _shortfall(groups: Floats, together: Floats | float, metric: Metric) -> Floats:
    return groups - together if metric in LOSSES else together - groups


def _measurements(
    frame: Frame, errors: Floats, there: NDArray[np.intp], groups: GroupRows, params: Params
) -> Iterator[Measurement]:
    values, (error, short_error) = frame.groups[there], errors[:, there]
    rows = np.bincount(groups.codes[groups.codes >= 0], minlength=len(groups.categories))[there]
    listed: list[Json] = []
    for place, value, spread, count in zip(there.tolist(), values.tolist(), error.tolist(), rows.tolist(), strict=True):
        category = groups.categories[place]
        listed.append({"group": dict(category), "value": value, "rows": count})
        interval = normal_interval("one", np.array([value]), np.array([spread]), params.confidence)
        yield Measurement(
            measure="group_performance", value=value, interval=interval, sample_size=count, group=category,
            detail={"metric": params.metric},
        )  # fmt: skip
    shortfall = _shortfall(values, frame.overall, params.metric)
    undefined: list[Json] = [
        dict(category) for place, category in enumerate(groups.categories) if place not in set(there.tolist())
    ]
    detail: dict[str, Json] = {
        **groups.detail,
        "metric": params.metric,
        "overall": frame.overall,
        "groups": listed,
        "worst": dict(groups.categories[int(there[shortfall.argmax()])]),
        "groups_without_this_metric": undefined,
        "resamples": len(frame.replicates),
    }
    worst_and_gap: tuple[tuple[str, float, Of, Floats, Floats], ...] = (
        ("worst_group_shortfall", float(shortfall.max()), "worst", shortfall, short_error),
        ("group_performance_difference", float(np.ptp(values)), "gap", values, error),
    )
    for measure, value, of, each, spreads in worst_and_gap:
        interval = normal_interval(of, each, spreads, params.confidence)
        yield Measurement(measure=measure, value=value, interval=interval, sample_size=int(rows.sum()), detail=detail)
