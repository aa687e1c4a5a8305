"""Any of scikit-learn's metrics in every group: the value, and how much it would vary on other rows.

scikit-learn is imported when a metric is asked for. The names are a closed list, so that a policy's mistake is told
when it is read and nothing is looked up by a name that somebody else chose.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Metric = Literal[
    "accuracy_score",
    "balanced_accuracy_score",
    "cohen_kappa_score",
    "f1_score",
    "jaccard_score",
    "matthews_corrcoef",
    "precision_score",
    "recall_score",
    "zero_one_loss",
    "average_precision_score",
    "brier_score_loss",
    "log_loss",
    "roc_auc_score",
    "explained_variance_score",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_log_error",
    "median_absolute_error",
    "r2_score",
    "root_mean_squared_error",
]
"""Functions of ``sklearn.metrics``."""

OF_CLASSES = frozenset({"accuracy_score", "balanced_accuracy_score", "cohen_kappa_score", "matthews_corrcoef",
                        "zero_one_loss"})  # fmt: skip
"""Metrics of decisions between any number of classes."""

OF_POSITIVES = frozenset({"f1_score", "jaccard_score", "precision_score", "recall_score"})
"""Metrics of the positive label against the rest."""

OF_SCORES = frozenset({"average_precision_score", "brier_score_loss", "log_loss", "roc_auc_score"})
"""Metrics of the score of the positive label."""

OF_PROBABILITIES = frozenset({"brier_score_loss", "log_loss"})
"""Those of them that need probabilities."""

UNWEIGHTED = frozenset({"max_error"})
"""Metrics that know no weights."""

LOSSES = frozenset({"zero_one_loss", "brier_score_loss", "log_loss", "max_error", "mean_absolute_error",
                    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_log_error",
                    "median_absolute_error", "root_mean_squared_error"})  # fmt: skip
"""Metrics in which lower is better."""

MOST_ROWS_DRAWN = 20_000_000
"""Rows drawn again in all, where each row is drawn: with more than 100,000 there are fewer draws than 200."""

FEWEST_DRAWS = 40
"""Draws that there are at least; a standard error from 40 is right to about a ninth."""

Values: TypeAlias = "NDArray[Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A metric in every group and in all of them together, with replicates."""

    groups: Floats
    """Shape (groups,); NaN where the metric is not defined for the group."""
    overall: float
    replicates: Floats
    """Shape (resamples, groups + 1), the last column for all groups together; NaN where not defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Rows with what is true of them and what was answered; all of shape (rows,)."""

    codes: NDArray[np.int64]
    """The row's group; rows of no group have -1."""
    truth: Values
    """True values: classes as codes, 0 and 1 for the positive label, or numbers."""
    answer: Values
    weight: Floats | None = None
    """Sample weights; None where rows carry none."""

    def value(self, function: Callable[..., float], rows: NDArray[np.intp]) -> float:
        """Return the metric of some of the rows; NaN where it is not defined."""
        weight = None if self.weight is None else self.weight[rows]
        return _value(function, self.truth[rows], self.answer[rows], weight)


def frame_of(metric: Metric, rows: Judged, size: int, resamples: int, rng: Generator) -> Frame:
    """Work a metric out in the groups ``0`` to ``size - 1`` and on rows drawn again within each of them.

    Parameters
    ----------
    resamples
        How many times the rows of each group are drawn again, with replacement; where each row is drawn there are as
        many draws as :data:`MOST_ROWS_DRAWN` allows, and at least :data:`FEWEST_DRAWS`.

    Notes
    -----
    Bootstrap within strata: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 6. Where
    rows are alike in group, truth and decision, their number is drawn (multinomially) and not each of them; two rows
    spread over all cells are added there, so that a group without an error is not taken to be unable to err.
    """
    function = _function(metric)
    parts = [np.flatnonzero(rows.codes == group) for group in range(size)]
    values = [rows.value(function, part) for part in (*parts, np.concatenate(parts))]
    draw = _drawn_cells if metric in OF_CLASSES | OF_POSITIVES and rows.weight is None else _drawn_rows
    if draw is _drawn_rows:
        resamples = max(min(resamples, FEWEST_DRAWS), min(resamples, MOST_ROWS_DRAWN // len(rows.codes)))
    replicates = np.array([draw(function, parts, rows, rng) for _ in range(resamples)]).reshape(-1, size + 1)
    return Frame(groups=np.array(values[:-1]), overall=values[-1], replicates=replicates)


def _drawn_rows(
    function: Callable[..., float], parts: list[NDArray[np.intp]], rows: Judged, rng: Generator
) -> list[float]:
    drawn = [part[rng.integers(0, len(part), len(part))] for part in parts]
    return [rows.value(function, part) for part in (*drawn, np.concatenate(drawn))]


def _drawn_cells(
    function: Callable[..., float], parts: list[NDArray[np.intp]], rows: Judged, rng: Generator
) -> list[float]:
    base = int(max(rows.truth.max(), rows.answer.max())) + 1
    found, together = [], np.zeros(base * base)
    for part in parts:
        cells = np.bincount(rows.truth[part] * base + rows.answer[part], minlength=base * base)
        chances = (cells + 2 / len(cells)) / (len(part) + 2)
        drawn = rng.multinomial(len(part), chances).astype(np.float64)
        together += drawn
        found.append(_of_cells(function, drawn, base))
    return [*found, _of_cells(function, together, base)]


def _of_cells(function: Callable[..., float], cells: Floats, base: int) -> float:
    there = np.flatnonzero(cells)
    return _value(function, there // base, there % base, cells[there])


def _value(function: Callable[..., float], truth: Values, answer: Values, weight: Floats | None) -> float:
    """Return the metric; NaN where scikit-learn says that it is not defined."""
    from sklearn.exceptions import UndefinedMetricWarning

    given: Mapping[str, Values] = {} if weight is None else {"sample_weight": weight}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", UndefinedMetricWarning)
        try:
            return float(function(truth, answer, **given))
        except (UndefinedMetricWarning, ValueError):
            return float("nan")


def _function(metric: Metric) -> Callable[..., float]:
    from sklearn import metrics

    known: Mapping[str, Callable[..., float]] = {
        "accuracy_score": metrics.accuracy_score,
        "balanced_accuracy_score": metrics.balanced_accuracy_score,
        "cohen_kappa_score": metrics.cohen_kappa_score,
        "f1_score": metrics.f1_score,
        "jaccard_score": metrics.jaccard_score,
        "matthews_corrcoef": metrics.matthews_corrcoef,
        "precision_score": metrics.precision_score,
        "recall_score": metrics.recall_score,
        "zero_one_loss": metrics.zero_one_loss,
        "average_precision_score": metrics.average_precision_score,
        "brier_score_loss": metrics.brier_score_loss,
        "log_loss": lambda truth, score, **given: metrics.log_loss(truth, score, labels=[0, 1], **given),
        "roc_auc_score": metrics.roc_auc_score,
        "explained_variance_score": metrics.explained_variance_score,
        "max_error": metrics.max_error,
        "mean_absolute_error": metrics.mean_absolute_error,
        "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error,
        "mean_squared_error": metrics.mean_squared_error,
        "mean_squared_log_error": metrics.mean_squared_log_error,
        "median_absolute_error": metrics.median_absolute_error,
        "r2_score": metrics.r2_score,
        "root_mean_squared_error": metrics.root_mean_squared_error,
    }
    return known[metric]
