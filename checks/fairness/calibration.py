"""Whether a probability means the same for every group: 70 % happens to seven in ten, whoever they are.

## Measures

- `calibration_difference`: [0, 2], lower is better, 0 is perfect. The largest difference of two groups in how far what
  happened lies above what was predicted.
- `calibration_gap`: [0, 1], lower is better, 0 is perfect. Of the worst group: how far the share to whom it happened
  lies from the mean probability (calibration in the large).
- `expected_calibration_error`: [0, 1], lower is better, 0 is perfect. Of the worst group: the mean distance between
  observed share and mean probability over bins of probability.
- `observed_less_predicted`: [-1, 1], neither way is better, 0 is perfect. One group's share to whom it happened less
  its mean probability; above 0 the model underestimates it.

## Method

Probabilities are those of the positive label, in `bins` bins of equal width (10). Given the scores, what happened is a
sum of yes-or-no events of different chances, which varies no more than a binomial one; so a group's interval is
Wilson's for the observed share, less the mean probability, and a pair's is Newcombe's. The worst of groups and pairs is
bounded from below by limits that hold for all of them at once. The binned error is bounded by a normal approximation
from which the bias of adding up distances is taken off: by chance alone its plain value is above 0. Reliability tables
are kept as evidence. Weighted rows count by their weight, and their intervals are those of as many rows as they are
worth.

## Limits

Calibrated on average may be far off at each score, and calibrated in bins may be far off within them. Groups with
different base rates cannot have both calibrated scores and equal error rates. The decision threshold has no bearing
here. Scores outside [0, 1] are no probabilities; without true labels there is nothing to compare with. Intervals take
the scores that were given as fixed.

## References

- Kleinberg, Mullainathan, Raghavan, "Inherent Trade-Offs in the Fair Determination of Risk Scores", ITCS 2017:
  calibration within groups.
- Pleiss, Raghavan, Wu, Kleinberg, Weinberger, "On Fairness and Calibration", NeurIPS 2017.
- Naeini, Cooper, Hauskrecht, AAAI 2015: expected calibration error; Hoeffding, AMS 27 (1956) 713-721.
- Wilson, JASA 22 (1927) 209-212; Newcombe, Statistics in Medicine 17 (1998) 873-890.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from proofbox.checks.counted.counting import encode
from proofbox.checks.counted.tablenames import table_name
from proofbox.checks.grouped.grouprows import GroupRows, group_rows
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.late import np
from proofbox.checks.probabilities import unfit_probabilities
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Json, Measured, Measurement, Scalar
from proofbox.checks.statistics.reliability import (
    Reliability,
    excess_gap,
    excess_intervals,
    largest_binned_error,
    largest_excess,
)
from proofbox.checks.subject import Dataset, Decisions


class Params(GroupParams):
    """Parameters of :func:`calibration`; ``counted`` has no bearing on it."""

    bins: int = Field(default=10, ge=2, le=100)
    """Bins of equal width in which observed and predicted are compared."""


@check("fairness.calibration")
def calibration(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure whether probabilities mean the same in every group."""
    if refused := unfit_probabilities(data, decisions):
        return refused
    assert data.target is not None
    assert decisions.score is not None
    truth = encode(data.table.column(data.target))
    known = truth.codes < len(truth.categories)
    groups = group_rows(data, params, known)
    if isinstance(groups, Inapplicable):
        return groups
    happened = truth.is_label(decisions.positive_label)
    found = Reliability.count(
        groups.codes, len(groups.categories), decisions.score, happened, params.bins, groups.weight
    )
    return Measured(
        measurements=tuple(_measurements(found, groups, decisions.positive_label, params.confidence)),
        tables=(_table(found, groups, params),),
    )


def _measurements(found: Reliability, groups: GroupRows, label: str, confidence: float) -> Iterator[Measurement]:
    numbers = zip(
        groups.categories,
        found.people.tolist(),
        found.observed.tolist(),
        found.predicted.tolist(),
        found.excess.tolist(),
        found.binned_error.tolist(),
        excess_intervals(found, confidence),
        strict=True,
    )
    listed: list[Json] = []
    for category, people, observed, predicted, excess, error, interval in numbers:
        said: dict[str, Json] = {"observed": observed, "predicted": predicted, "expected_calibration_error": error}
        listed.append({"group": dict(category), "rows": people, **said})
        yield Measurement(
            measure="observed_less_predicted",
            value=excess,
            interval=interval,
            sample_size=people,
            group=category,
            detail=said,
        )
    gaps = (
        ("calibration_difference", float(np.ptp(found.excess)), excess_gap(found, confidence)),
        ("calibration_gap", float(np.abs(found.excess).max()), largest_excess(found, confidence)),
        ("expected_calibration_error", float(found.binned_error.max()), largest_binned_error(found, confidence)),
    )
    for measure, value, bounds in gaps:
        yield Measurement(
            measure=measure,
            value=value,
            interval=bounds,
            sample_size=groups.sample_size,
            detail={**groups.detail, "counted_label": label, "bins": int(found.rows.shape[1]), "groups": listed},
        )


def _table(found: Reliability, groups: GroupRows, params: Params) -> CountTable:
    """Return one line for each group and bin: rows, to how many it happened, and the sum of the probabilities."""
    size, bins = found.rows.shape
    places = [(group, place) for group in range(size) for place in range(bins)]
    columns: dict[str, tuple[Scalar, ...]] = {
        "group": tuple("; ".join(groups.categories[group].values()) for group, _ in places),
        "bin": tuple(place for _, place in places),
        "rows": tuple(found.rows.ravel().tolist()),
    }
    if groups.weight is None:
        columns["happened"] = tuple(found.happened.astype(np.int64).ravel().tolist())
    else:
        columns |= {
            "weight_happened": tuple(found.happened.ravel().tolist()),
            "weight_other": tuple(found.other.ravel().tolist()),
            "squared_weight_happened": tuple(found.happened_squared.ravel().tolist()),
            "squared_weight_other": tuple(found.other_squared.ravel().tolist()),
        }
    columns["sum_of_probabilities"] = tuple(found.probability.ravel().tolist())
    return CountTable(name=table_name("reliability", *params.attribute), columns=columns)
