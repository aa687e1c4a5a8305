"""True values and answers in the form in which a metric takes them: classes as codes, 0 and 1, scores, or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from proofbox.checks.counted.counting import encode
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.late import np
from proofbox.checks.result import Inapplicable
from proofbox.checks.statistics.metricframe import OF_CLASSES, OF_POSITIVES, OF_PROBABILITIES, OF_SCORES, Metric
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

Answers: TypeAlias = "tuple[NDArray[np.bool_], NDArray[Any], NDArray[Any]]"
"""Which rows can be judged, and every row's true value and answer; each of shape (rows,)."""


def answers_of(data: Dataset, decisions: Decisions, metric: Metric) -> Answers | Inapplicable:
    """Return what a metric compares, or why it cannot; the data have a target."""
    if metric in OF_CLASSES | OF_POSITIVES | OF_SCORES:
        if not decisions.classes:
            return Inapplicable(t("the answers are numbers, not decisions between classes"))
        return _of_scores(data, decisions, metric) if metric in OF_SCORES else _of_labels(data, decisions, metric)
    return _of_numbers(data, decisions)


def _of_labels(data: Dataset, decisions: Decisions, metric: Metric) -> Answers:
    truth = encode(data.table.column(str(data.target)))
    known = truth.codes < len(truth.categories)
    if metric in OF_POSITIVES:
        positive = truth.is_label(decisions.positive_label).astype(np.int64)
        return known, positive, decisions.positive.astype(np.int64)
    place = {name: code for code, name in enumerate(sorted({*truth.categories, *decisions.classes}))}
    # Rows without a true label have one code more; which class they get there does not matter, they are not judged.
    of_truth = np.array([*(place[name] for name in truth.categories), 0], dtype=np.int64)
    of_decision = np.array([place[name] for name in decisions.classes], dtype=np.int64)
    return known, of_truth[truth.codes], of_decision[decisions.codes]


def _of_scores(data: Dataset, decisions: Decisions, metric: Metric) -> Answers | Inapplicable:
    score = decisions.score
    if score is None or (metric in OF_PROBABILITIES and not ((score >= 0) & (score <= 1)).all()):
        return Inapplicable(t("the model gives no probabilities that could be compared with what happened"))
    truth = encode(data.table.column(str(data.target)))
    known = (truth.codes < len(truth.categories)) & np.isfinite(score)
    return known, truth.is_label(decisions.positive_label).astype(np.int64), score


def _of_numbers(data: Dataset, decisions: Decisions) -> Answers | Inapplicable:
    if decisions.classes or decisions.score is None:
        return Inapplicable(t("the answers are decisions between classes, not numbers"))
    true = numbers(data.table.column(str(data.target)))
    if true is None:
        return Inapplicable(t("the true values are no numbers"))
    return np.isfinite(true) & np.isfinite(decisions.score), true, decisions.score
