"""Whether the model is less sure of rows that are like none it knows.

## Measures

- `confidence_auroc`: [0, 1], higher is better, 1 is perfect. How often a row of the data has a higher confidence than a
  row that was made to be like none of them: the area under the ROC curve; 0.5 means that the model cannot tell.
- `confidence_excess`: [-1, 1], lower is better, no value is perfect. The mean confidence in the made rows less that in
  the rows of the data that they were made from; above 0 the model is surer of what it does not know.
- `confident_share`: [0, 1], lower is better, 0 is perfect. The share of made rows that are answered with a confidence
  of at least `confident`.
- `made_rows_told_apart`: [0, 1], neither way is better, no value is perfect. How well a learner of ours tells the made
  rows from those of the data, as an area: where this is near 0.5, the made rows are not strange and the model need not
  notice.

## Method

Confidence is the probability of the class that is decided for. Two kinds of rows are made of the evaluation rows, as
many of each as there are (at most `most_rows`), and every measure is taken for both:

- `shuffled`: every feature is dealt out anew over the rows. Each value occurs, in combinations that do not: the
  dependence between the features is gone.
- `beyond the range`: in each row one numeric feature, drawn at random, lies beyond the smallest or the largest value in
  the evaluation and the training data, by `beyond` times the distance between the two.

The area has DeLong's interval, the excess Student's t for the differences of rows and those made from them, widened for
skewness, and the share Wilson's. The learner is that of `robustness.drift`, on rows that it did not see; the rows of
the data that it compares are others than those of which the made rows were made.

## Limits

High confidence far from the data is no error by itself: a rule that holds everywhere may be right there. The measures
say whether confidence could serve to hand strange rows to a person, and no more. Rows beyond a range may be impossible
(an age of 150); rows that are shuffled may be quite possible. Other strangeness, such as another hospital or year, can
only be measured with data from there. Text is not made strange. A model that gives labels or numbers alone has no
confidence.

## References

- Hendrycks and Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural Networks",
  ICLR 2017: the area under the ROC curve of the highest probability.
- Hein, Andriushchenko, Bitterwolf, "Why ReLU Networks Yield High-Confidence Predictions Far Away from the Training
  Data", CVPR 2019. Breiman, "Random Forests", Machine Learning 45 (2001) 5-32: features dealt out anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking, ask_all
from proofbox.checks.asked.changing import with_columns
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.refusals import unweighted
from proofbox.checks.intervals import Floats, wilson
from proofbox.checks.late import np, pa, pt
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement, Result
from proofbox.checks.samples.toldapart import FEWEST_ROWS, told_apart
from proofbox.checks.statistics.auc import auc_interval
from proofbox.checks.statistics.errormeans import one_mean
from proofbox.checks.statistics.meangaps import mean_intervals
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


class Params(CheckParams):
    """Parameters of :func:`out_of_distribution`."""

    confident: float = Field(default=0.9, gt=0.5, le=1)
    """From which probability on an answer counts as confident."""
    beyond: float = Field(default=1.0, gt=0, le=1_000)
    """How far beyond the range of a feature, as a multiple of that range."""
    most_rows: int = Field(default=5_000, ge=40, le=200_000)
    """Rows that are made of each kind; of more evaluation rows, so many are drawn."""


@check("robustness.out_of_distribution")
def out_of_distribution(
    data: Dataset, training: Dataset | None, decisions: Decisions, params: Params, rng: Generator
) -> Asking[Result]:
    """Measure how sure the model is of rows that are like none of the data."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if refused := unweighted(data):
        return refused
    confidence = confidence_of(decisions)
    if confidence is None:
        return Inapplicable(t("the model gives no probabilities, so it says nothing of how sure it is"))
    if data.rows < 2 * FEWEST_ROWS:
        return Inapplicable(t("fewer than {rows} rows are too few to compare with others", rows=2 * FEWEST_ROWS))
    rows = np.arange(data.rows)
    if data.rows > params.most_rows:
        rows = np.sort(rng.choice(data.rows, params.most_rows, replace=False))
    table = data.feature_table().take(pa.array(rows))
    half = rng.permutation(len(rows)) < len(rows) // 2
    made = {
        name: one
        for name, one in (
            ("shuffled", _shuffled(table, half, rng)),
            ("beyond the range", _beyond(table, data, training, params.beyond, rng)),
        )
        if one is not None
    }
    if not made:
        return Inapplicable(t("the model reads no numeric feature that varies, and fewer than two features in all"))
    answers = yield from ask_all(tuple(made.values()))
    found: list[Measurement] = []
    for (name, strange), answer in zip(made.items(), answers, strict=True):
        sure = confidence_of(answer)
        if sure is not None:
            found += _measured(name, (confidence[rows], sure), params.confident, params.confidence)
            # Never a row of the data and one that was made of its values: the learner would know them again.
            halves = table.filter(pa.array(half)), strange.filter(pa.array(~half))
            found.append(_told_apart(name, halves, params, rng))
    return Measured(measurements=tuple(found))


def confidence_of(decisions: Decisions) -> Floats | None:
    """Return the probability of the class decided for, shape (rows,); None where the model gives no probabilities."""
    if decisions.probabilities is not None:
        chosen: Floats = decisions.probabilities[np.arange(len(decisions.codes)), decisions.codes]
        return chosen
    score = decisions.score
    if len(decisions.classes) != 2 or score is None or not ((score >= 0) & (score <= 1)).all():
        return None
    return np.where(decisions.positive, score, 1 - score)


def _shuffled(table: pa.Table, half: NDArray[np.bool_], rng: Generator) -> pa.Table | None:
    """Return the rows with every feature dealt out anew within either half; None where there is one feature alone."""
    if table.num_columns < 2:
        return None
    columns = {}
    for name in table.column_names:
        order = np.arange(len(half))
        for side in (half, ~half):
            order[side] = rng.permutation(order[side])
        columns[name] = table.column(name).take(pa.array(order))
    return with_columns(table, columns)


def _beyond(table: pa.Table, data: Dataset, training: Dataset | None, by: float, rng: Generator) -> pa.Table | None:
    """Return the rows with one numeric feature each beyond its range; None where no feature has one."""
    ranges = {name: ends for name in table.column_names if (ends := _range(name, data, training)) is not None}
    if not ranges:
        return None
    chosen, above = rng.integers(0, len(ranges), table.num_rows), rng.random(table.num_rows) < 0.5
    changed: dict[str, pa.Array] = {}
    for place, (name, (low, high)) in enumerate(ranges.items()):
        values = numbers(table.column(name))
        assert values is not None
        far = np.where(above, high + by * (high - low), low - by * (high - low))
        moved = np.where(chosen == place, far, values)
        changed[name] = _as_type(moved, table.column(name).type)
    return with_columns(table, changed)


def _range(name: str, data: Dataset, training: Dataset | None) -> tuple[float, float] | None:
    """Return the least and the largest value in both files; None where the feature is no number or does not vary."""
    parts = []
    for one in (data, training):
        values = numbers(one.table.column(name)) if one is not None and name in one.table.column_names else None
        if one is data and values is None:
            return None
        parts.append(np.zeros(0) if values is None else values[np.isfinite(values)])
    joint = np.concatenate(parts)
    if not len(joint) or joint.min() == joint.max():
        return None
    return float(joint.min()), float(joint.max())


def _as_type(values: Floats, kind: pa.DataType) -> pa.Array:
    """Return numbers in the type of their column, missing ones as null; whole numbers no larger than it can hold."""
    missing = np.isnan(values)
    if pt.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        # The largest 64-bit number is no float; the next lower one is.
        most = np.nextafter(float(limits.max), 0) if kind.bit_width == 64 else float(limits.max)
        values = np.rint(np.clip(np.where(missing, 0, values), float(limits.min), most))
    return pa.array(values, mask=missing).cast(kind, safe=False)


def _measured(name: str, sure: tuple[Floats, Floats], least: float, confidence: float) -> Iterator[Measurement]:
    known, strange = sure
    area = auc_interval(np.concatenate(sure), np.repeat([True, False], [len(known), len(strange)]), confidence)
    assert area is not None
    excess = one_mean(strange - known)
    confident, size = int((strange >= least).sum()), len(strange)
    for measure, value, interval, rows in (
        ("confidence_auroc", *area, 2 * size),
        ("confidence_excess", float(excess.mean[0]), mean_intervals(excess, confidence)[0], size),
        ("confident_share", confident / size, wilson(confident, size, confidence), size),
    ):
        yield Measurement(
            measure=measure,
            value=value,
            interval=interval,
            sample_size=rows,
            group={"rows": name},
            detail={
                "mean_confidence": float(known.mean()),
                "mean_confidence_in_made_rows": float(strange.mean()),
                "confident_share_in_the_data": float((known >= least).mean()),
            },
        )


def _told_apart(name: str, halves: tuple[pa.Table, pa.Table], params: Params, rng: Generator) -> Measurement:
    pairs = [(halves[0].column(one), halves[1].column(one)) for one in halves[0].column_names]
    apart = told_apart(pairs, params.most_rows, 0, rng)
    found = auc_interval(apart.score, apart.second, params.confidence)
    assert found is not None
    return Measurement(
        measure="made_rows_told_apart",
        value=found[0],
        interval=found[1],
        sample_size=len(apart.score),
        group={"rows": name},
    )
