"""Whether probabilities are what they say: 70 % happens in seven of ten rows.

## Measures

- `expected_calibration_error`: [0, 1], lower is better, 0 is perfect. The mean over rows of the distance between the
  share to whom it happened and the mean probability, in the row's bin of probability.
- `observed_less_predicted`: [-1, 1], neither way is better, 0 is perfect. The share to whom it happened less the mean
  probability: calibration in the large. Above 0 the model underestimates.
- `calibration_slope`: (-inf, inf), neither way is better, 1 is perfect. How the logit of what happens rises with the
  logit of the probability; below 1 the probabilities are too extreme, above 1 too timid.
- `calibration_intercept`: (-inf, inf), neither way is better, 0 is perfect. What would have to be added to the logit of
  every probability to fit what happened, the slope being held at 1.

## Method

Probabilities are those of the positive label. Bins are those of scikit-learn's `calibration_curve`: `bins` of equal
width (`strategy: uniform`) or of equally many rows (`quantile`), or what the policy declares under `edges`; the
reliability curve with an interval for each bin is in the detail and in the evidence table. The binned error is bounded
by a normal approximation from which the bias of adding up distances is taken off: by chance alone its plain value is
above 0. The observed share has Wilson's interval given the scores. Slope and intercept are Cox's logistic recalibration
by maximum likelihood, with the larger of the model-based and the robust standard error. docs/performance.md shows how
often each covers. With `slice` every measure is taken in each slice as well. Weighted rows count by their weight, and
their intervals are those of as many rows as they are worth.

## Limits

Calibrated in bins may be far off within them, and the binned error depends on the bins: declare them before the run.
Slope and intercept see one shape of error only, so a curve that bends both ways may have slope 1. Where the
probabilities of one outcome all lie above those of the other, no finite slope fits best and it is left out, as the
intercept is where the same thing happened in every row. Probabilities are taken for no nearer to 0 or 1 than 1e-6 in a
logit; how many were is in the detail. Scores outside [0, 1] are no probabilities.

## References

- Naeini, Cooper, Hauskrecht, AAAI 2015: expected calibration error.
- Cox, Biometrika 45 (1958) 562-565; Van Calster et al., BMC Medicine 17 (2019) 230: slope and intercept.
- scikit-learn, `sklearn.calibration.calibration_curve`. Wilson, JASA 22 (1927) 209-212; White, Econometrica 50 (1982).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from proofbox.checks.counted.counting import encode
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.refusals import weights_said
from proofbox.checks.grouped.slicing import Slice, SliceParams, sliced
from proofbox.checks.intervals import Floats, wald, wilson_limits, z_value
from proofbox.checks.late import np
from proofbox.checks.probabilities import unfit_probabilities
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.recalibration import NEAREST, intercept, logit, slope
from proofbox.checks.statistics.reliability import Reliability, excess_intervals, largest_binned_error
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Params(SliceParams):
    """Parameters of :func:`calibration`."""

    bins: int = Field(default=10, ge=2, le=100)
    """Bins of probability in which observed and predicted are compared."""
    strategy: Literal["uniform", "quantile"] = "uniform"
    """Bins of equal width, or of equally many rows."""
    edges: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(default=(), max_length=99)
    """The edges between bins, rising; where given they take the place of `bins` and `strategy`."""

    @field_validator("edges")
    @classmethod
    def _rising(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        if list(edges) != sorted(set(edges)):
            raise ValueError("edges between bins must rise, each above the one before")
        return edges


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Probabilities and what happened; all of shape (rows,)."""

    probability: Floats
    happened: NDArray[np.bool_]
    weight: Floats | None

    def counted(self, rows: NDArray[np.bool_], edges: Floats) -> Reliability:
        """Return observed and predicted of some rows by bin."""
        codes = np.where(rows, 0, -1)
        return Reliability.count(codes, 1, self.probability, self.happened, edges, self.weight)


@check("performance.calibration")
def calibration(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure whether probabilities are what they say."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if refused := unfit_probabilities(data, decisions):
        return refused
    assert data.target is not None
    assert decisions.score is not None
    truth = encode(data.table.column(data.target))
    weight = None if data.weight is None else numbers(data.table.column(data.weight))
    usable = truth.codes < len(truth.categories)
    without_label = int(np.count_nonzero(~usable))
    if weight is not None:
        usable &= weight > 0
    if np.count_nonzero(usable) < 2:
        return Inapplicable(t("fewer than two rows have both a true label and a probability"))
    slices = sliced(data, params, usable)
    if isinstance(slices, Inapplicable):
        return slices
    told = _Told(probability=decisions.score, happened=truth.is_label(decisions.positive_label), weight=weight)
    edges = _edges(decisions.score[usable], params)
    whole = told.counted(usable, edges)
    detail: dict[str, Json] = {
        "counted_label": decisions.positive_label,
        "rows_without_true_label": without_label,
        "probabilities_at_the_ends": int((np.abs(decisions.score[usable] - 0.5) > 0.5 - NEAREST).sum()),
        "curve": _curve(whole, edges, params.confidence),
        **weights_said(data),
        **slices.detail,
    }
    measurements = [*_measured(Slice(category={}, rows=usable), told, edges, detail, params.confidence)]
    for one in slices.slices:
        measurements += _measured(one, told, edges, {}, params.confidence)
    return Measured(measurements=tuple(measurements), tables=(_table(whole, edges),))


def _edges(probability: Floats, params: Params) -> Floats:
    """Return the edges between bins as scikit-learn makes them, shape (bins - 1,)."""
    if params.edges:
        return np.array(params.edges)
    places = np.linspace(0, 1, params.bins + 1)
    inner: Floats = (places if params.strategy == "uniform" else np.percentile(probability, places * 100))[1:-1]
    return inner


def _measured(
    part: Slice, told: _Told, edges: Floats, detail: Mapping[str, Json], confidence: float
) -> Iterator[Measurement]:
    rows = part.rows
    found = told.counted(rows, edges)
    scale, happened = logit(told.probability[rows]), told.happened[rows]
    weight = np.ones(len(scale)) if told.weight is None else told.weight[rows]
    fitted = {
        "calibration_slope": slope(scale, happened, weight),
        "calibration_intercept": intercept(scale, happened, weight),
    }
    absent: list[Json] = [name for name, one in fitted.items() if one is None]
    values = {
        "expected_calibration_error": (float(found.binned_error[0]), largest_binned_error(found, confidence)),
        "observed_less_predicted": (float(found.excess[0]), excess_intervals(found, confidence)[0]),
        **{name: (one[0], wald(*one, confidence)) for name, one in fitted.items() if one is not None},
    }
    for measure, (value, interval) in values.items():
        yield Measurement(
            measure=measure,
            value=value,
            interval=interval,
            sample_size=int(rows.sum()),
            group=part.category,
            detail={**detail, "without_value": absent} if absent else detail,
        )


def _curve(found: Reliability, edges: Floats, confidence: float) -> list[Json]:
    """Return the bins that hold rows: what was predicted, what happened, and an interval for it."""
    ends = [0.0, *edges.tolist(), 1.0]
    curve: list[Json] = []
    for place in np.flatnonzero(found.weight[0] > 0).tolist():
        whole, share = found.weight[0, place], found.happened[0, place] / found.weight[0, place]
        squares = found.happened_squared[0, place] + found.other_squared[0, place]
        low, high = wilson_limits(share * whole**2 / squares, whole**2 / squares, z_value(confidence))
        curve.append(
            {
                "from": ends[place],
                "to": ends[place + 1],
                "rows": int(found.rows[0, place]),
                "predicted": float(found.probability[0, place] / whole),
                "observed": float(share),
                "observed_low": float(low),
                "observed_high": float(high),
            }
        )
    return curve


def _table(found: Reliability, edges: Floats) -> CountTable:
    """Return one line for each bin: rows, the weight of those to whom it happened, and of their probabilities."""
    ends = [0.0, *edges.tolist(), 1.0]
    columns = {
        "from": ends[:-1],
        "to": ends[1:],
        "rows": found.rows[0].tolist(),
        "weight": found.weight[0].tolist(),
        "happened": found.happened[0].tolist(),
        "probability": found.probability[0].tolist(),
    }
    return CountTable(name="reliability", columns={name: tuple(cells) for name, cells in columns.items()})
