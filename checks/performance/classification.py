"""How often the model's decisions are right.

## Measures

- `accuracy`: [0, 1], higher is better, 1 is perfect. The share of right decisions.
- `balanced_accuracy`: [0, 1], higher is better, 1 is perfect. The mean over the true classes of the share that was
  recognised.
- `precision`: [0, 1], higher is better, 1 is perfect. Of the rows called positive, the share that are (two classes).
- `recall`: [0, 1], higher is better, 1 is perfect. Of the positive rows, the share that was called so (two classes).
- `f1`: [0, 1], higher is better, 1 is perfect. The harmonic mean of precision and recall (two classes).
- `roc_auc`: [0, 1], higher is better, 1 is perfect. The chance that a positive row scores higher than another one (two
  classes, where the model gives a score).
- `brier_score_loss`: [0, 1], lower is better, 0 is perfect. The mean squared distance between the probability and what
  was true (two classes, where all scores lie in [0, 1]).

## Method

Values equal scikit-learn's functions of these names. Intervals: Wilson for proportions; for balanced accuracy the
classes' Wilson intervals combined; for F1 a Wilson interval carried through a rising function; for the area DeLong's
variance on the logit scale; for the Brier score Wilson at the effective number of rows. docs/intervals.md has the
formulas and how often each covers. With more than two classes there are `accuracy` and `balanced_accuracy`. Rows with
sample weights are weighed as by `sample_weight`, and intervals rest on effective numbers of rows; the measures of
scores are then left out, as they are where the rows are too many to hold at once.

## Limits

A figure for all rows says nothing of any group of them. Rows without a true label are left out and counted in the
detail. A measure whose denominator is empty (nothing was called positive, say) has no value. Scores that all lie in
[0, 1] are taken for probabilities.

## References

- scikit-learn, `sklearn.metrics`.
- Wilson (1927); Zou and Donner (2008); Hand, Christen, Kirielle (2021); DeLong et al. (1988); Dean and Pagano (2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofbox.checks.auc import auc_interval
from proofbox.checks.counting import encode
from proofbox.checks.counts import Confusion, Counts
from proofbox.checks.effective import effective_counts
from proofbox.checks.intervals import Floats, bounded_mean, f1_interval, mean_of_proportions, wilson, wilson_effective
from proofbox.checks.outcomes import weights_said
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t


class Params(CheckParams):
    """Parameters of :func:`classification`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """The rows with a true label, by true class and decided class; all of shape (classes, classes)."""

    rows: NDArray[np.int64]
    weight: Floats | None
    """Sums of sample weights; None where rows carry none."""
    squares: Floats | None
    """Sums of squared sample weights."""
    positive: int
    """Index of the positive class."""
    detail: Mapping[str, Json]

    def share(self, yes: Mask, among: Mask) -> tuple[float, float]:
        """Return successes and trials of the rows ``among`` that are ``yes``: counted, or effective where weighted."""
        if self.weight is None or self.squares is None:
            return int(self.rows[yes & among].sum()), int(self.rows[among].sum())
        sums = (
            float(cells[part].sum()) for cells in (self.weight, self.squares) for part in (yes & among, among & ~yes)
        )
        count, of = effective_counts(*sums)
        return float(count), float(of)

    def proportion(self, measure: str, yes: Mask, among: Mask, confidence: float) -> Iterator[Measurement]:
        """Yield a share of rows; nothing where there are none."""
        count, of = self.share(yes, among)
        if of > 0:
            yield Measurement(
                measure=measure,
                value=count / of,
                interval=(wilson if self.weight is None else wilson_effective)(count, of, confidence),
                sample_size=int(self.rows[among].sum()),
                detail={**self.detail, "count": int(self.rows[yes & among].sum())},
            )


Mask = NDArray[np.bool_]


@check("performance.classification")
def classification(counts: Counts, params: Params, decisions: Decisions | None = None) -> Measured | Inapplicable:
    """Measure how often the model's decisions are right."""
    data = counts.data
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    confusion = counts.confusion()
    if isinstance(confusion, Inapplicable):
        return confusion
    judged = _judge(counts, confusion)
    if judged.rows.sum() == 0:
        return Inapplicable(t("no row has a true label"))
    found = [*_any_classes(judged, params.confidence)]
    if not found:
        return Inapplicable(t("no row with a true label has a weight above 0"))
    if len(judged.rows) == 2:
        found += _two_classes(judged, params.confidence)
        if decisions is not None and decisions.score is not None and data.weight is None:
            found += _of_scores(data, data.target, decisions.score, judged.detail, params.confidence)
    return Measured(measurements=tuple(found))


def _judge(counts: Counts, confusion: Confusion) -> _Judged:
    positive = counts.data.positive_label
    classes = sorted({*confusion.truths, *confusion.decided, positive})
    place = {name: code for code, name in enumerate(classes)}
    places = np.ix_([place[name] for name in confusion.truths], [place[name] for name in confusion.decided])

    def squared(cells: NDArray[Any]) -> NDArray[Any]:
        table = np.zeros((len(classes), len(classes)), dtype=cells.dtype)
        table[places] = cells[:-1]
        return table

    return _Judged(
        rows=squared(confusion.cells),
        weight=None if confusion.weight is None else squared(confusion.weight),
        squares=None if confusion.weight_squared is None else squared(confusion.weight_squared),
        positive=place[positive],
        detail={
            "positive_label": positive,
            "decisions": counts.source,
            "rows_without_true_label": int(confusion.cells[-1].sum()),
            **weights_said(counts.data),
        },
    )


def _any_classes(judged: _Judged, confidence: float) -> Iterator[Measurement]:
    size = len(judged.rows)
    right, every = np.eye(size, dtype=np.bool_), np.ones((size, size), dtype=np.bool_)
    yield from judged.proportion("accuracy", right, every, confidence)
    shares = [judged.share(right, np.arange(size)[:, None] == np.full(size, place)) for place in range(size)]
    there = np.array([share for share in shares if share[1] > 0])
    if len(there):
        yield Measurement(
            measure="balanced_accuracy",
            value=float((there[:, 0] / there[:, 1]).mean()),
            interval=mean_of_proportions(there[:, 0], there[:, 1], confidence),
            sample_size=int(judged.rows.sum()),
            detail={**judged.detail, "classes": len(there)},
        )


def _two_classes(judged: _Judged, confidence: float) -> Iterator[Measurement]:
    truth = np.repeat(np.arange(2)[:, None] == judged.positive, 2, axis=1)
    decided = truth.T
    yield from judged.proportion("precision", truth, decided, confidence)
    yield from judged.proportion("recall", decided, truth, confidence)
    hits, of = judged.share(truth & decided, truth | decided)
    if of > 0:
        yield Measurement(
            measure="f1",
            value=2 * hits / (hits + of),
            interval=f1_interval(hits, of - hits, confidence),
            sample_size=int(judged.rows[truth | decided].sum()),
            detail={
                **judged.detail,
                "true_positives": int(judged.rows[truth & decided].sum()),
                "false_positives": int(judged.rows[~truth & decided].sum()),
                "false_negatives": int(judged.rows[truth & ~decided].sum()),
            },
        )


def _of_scores(
    data: Dataset, target: str, score: Floats, detail: Mapping[str, Json], confidence: float
) -> Iterator[Measurement]:
    labels = encode(data.table.column(target))
    known = labels.codes < len(labels.categories)
    truth, score = labels.is_label(data.positive_label)[known], score[known]
    area = auc_interval(score, truth, confidence)
    if area is not None:
        yield Measurement(
            measure="roc_auc", value=area[0], interval=area[1], sample_size=len(score), detail=dict(detail)
        )
    if score.min() >= 0 and score.max() <= 1:
        squared = (score - truth) ** 2
        yield Measurement(
            measure="brier_score_loss",
            value=float(squared.mean()),
            interval=bounded_mean(squared, confidence),
            sample_size=len(score),
            detail=dict(detail),
        )
