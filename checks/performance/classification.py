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
formulas and how often each covers. With more than two classes there are `accuracy` and `balanced_accuracy`.

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

import numpy as np
from numpy.typing import NDArray

from proofbox.checks.auc import auc_interval
from proofbox.checks.counting import encode
from proofbox.checks.intervals import Floats, bounded_mean, f1_interval, mean_of_proportions, wilson
from proofbox.checks.outcomes import unweighted
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t


class Params(CheckParams):
    """Parameters of :func:`classification`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """The rows with a true label."""

    confusion: NDArray[np.int64]
    """Shape (classes, classes): true class x decided class."""
    positive: int
    """Index of the positive class."""
    truth: NDArray[np.bool_]
    """Shape (rows,): whether the true label is the positive one."""
    score: Floats | None
    detail: Mapping[str, Json]


@check("performance.classification")
def classification(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure how often the model's decisions are right."""
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    if not decisions.classes:
        return Inapplicable(t("the answers are numbers, not decisions between classes"))
    if refused := unweighted(data):
        return refused
    judged = _judge(data, data.target, decisions)
    if judged.confusion.sum() == 0:
        return Inapplicable(t("no row has a true label"))
    found = [*_any_classes(judged, params.confidence)]
    if len(judged.confusion) == 2:
        found += [*_two_classes(judged, params.confidence), *_of_scores(judged, params.confidence)]
    return Measured(measurements=tuple(found))


def _judge(data: Dataset, target: str, decisions: Decisions) -> _Judged:
    truth = encode(data.table.column(target))
    classes = sorted({*truth.categories, *decisions.classes, data.positive_label})
    place = {name: code for code, name in enumerate(classes)}
    known = truth.codes < len(truth.categories)
    true_code = np.array([place[name] for name in truth.categories] or [0])[truth.codes[known]]
    decided = np.array([place[name] for name in decisions.classes])[decisions.codes[known]]
    k = len(classes)
    return _Judged(
        confusion=np.bincount(true_code * k + decided, minlength=k * k).reshape(k, k),
        positive=place[data.positive_label],
        truth=true_code == place[data.positive_label],
        score=None if decisions.score is None else decisions.score[known],
        detail={
            "positive_label": data.positive_label,
            "decisions": decisions.source,
            "rows_without_true_label": truth.missing,
        },
    )


def _any_classes(judged: _Judged, confidence: float) -> Iterator[Measurement]:
    rows, right = int(judged.confusion.sum()), int(np.trace(judged.confusion))
    of_class = judged.confusion.sum(axis=1)
    there = of_class > 0
    recalled = np.diagonal(judged.confusion)[there]
    yield Measurement(
        measure="accuracy",
        value=right / rows,
        interval=wilson(right, rows, confidence),
        sample_size=rows,
        detail={**judged.detail, "right": right},
    )
    yield Measurement(
        measure="balanced_accuracy",
        value=float((recalled / of_class[there]).mean()),
        interval=mean_of_proportions(recalled, of_class[there], confidence),
        sample_size=rows,
        detail={**judged.detail, "classes": int(there.sum())},
    )


def _two_classes(judged: _Judged, confidence: float) -> Iterator[Measurement]:
    yes, no = judged.positive, 1 - judged.positive
    tp, fn = int(judged.confusion[yes, yes]), int(judged.confusion[yes, no])
    fp = int(judged.confusion[no, yes])
    for name, of in (("precision", tp + fp), ("recall", tp + fn)):
        if of:
            interval = wilson(tp, of, confidence)
            detail: dict[str, Json] = {**judged.detail, "true_positives": tp}
            yield Measurement(measure=name, value=tp / of, interval=interval, sample_size=of, detail=detail)
    if tp + fp + fn:
        yield Measurement(
            measure="f1",
            value=2 * tp / (2 * tp + fp + fn),
            interval=f1_interval(tp, fp + fn, confidence),
            sample_size=tp + fp + fn,
            detail={**judged.detail, "true_positives": tp, "false_positives": fp, "false_negatives": fn},
        )


def _of_scores(judged: _Judged, confidence: float) -> Iterator[Measurement]:
    if judged.score is None:
        return
    rows = len(judged.score)
    area = auc_interval(judged.score, judged.truth, confidence)
    if area is not None:
        yield Measurement(
            measure="roc_auc", value=area[0], interval=area[1], sample_size=rows, detail=dict(judged.detail)
        )
    if judged.score.min() >= 0 and judged.score.max() <= 1:
        squared = (judged.score - judged.truth) ** 2
        yield Measurement(
            measure="brier_score_loss",
            value=float(squared.mean()),
            interval=bounded_mean(squared, confidence),
            sample_size=rows,
            detail=dict(judged.detail),
        )
