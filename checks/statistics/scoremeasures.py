"""What is measured of scores and probabilities against true labels, each with its interval."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.intervals import Floats, bounded_mean, logit_normal
from proofbox.checks.late import np
from proofbox.checks.result import Interval
from proofbox.checks.statistics.auc import area_and_bearing, auc_interval, score_interval
from proofbox.checks.statistics.errormeans import one_mean
from proofbox.checks.statistics.meangaps import mean_intervals
from proofbox.checks.statistics.precisionrecall import average_precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

Found: TypeAlias = tuple[str, float, Interval]
"""Measure, value and interval."""

_SMALLEST = sys.float_info.epsilon
"""Probabilities are kept so far from 0 and 1 in a logarithm, as scikit-learn keeps them."""


def of_two_classes(score: Floats, positive: NDArray[np.bool_], confidence: float) -> Iterator[Found]:
    """Yield the measures of scores of the positive class that have a value.

    Parameters
    ----------
    score, positive
        Shape (rows,), at least one row: the score of the positive class, and whether that is the true one.
    """
    for measure, found in (
        ("roc_auc", auc_interval(score, positive, confidence)),
        ("average_precision", average_precision(score, positive, confidence)),
    ):
        if found is not None:
            yield measure, *found
    if score.min() < 0 or score.max() > 1:
        return
    squared = (score - positive) ** 2
    yield "brier_score_loss", float(squared.mean()), bounded_mean(squared, confidence)
    yield from _log_loss(np.where(positive, score, 1 - score), confidence)


def of_many_classes(probabilities: Floats, truth: NDArray[np.int64], confidence: float) -> Iterator[Found]:
    """Yield the measures of class probabilities that have a value.

    Parameters
    ----------
    probabilities
        Shape (rows, classes).
    truth
        Shape (rows,): index of the true class; -1 where the model does not know it.

    Notes
    -----
    The area is the mean over classes of one against the rest, which needs every class to occur; what a row bears on it
    is the mean of what it bears on each (DeLong et al., Biometrics 44 (1988) 837-845, on the logit scale).
    """
    if (truth < 0).any():
        return
    if len(np.unique(truth)) == probabilities.shape[1]:
        areas = [area_and_bearing(column, truth == place) for place, column in enumerate(probabilities.T)]
        area = float(np.mean([one for one, _ in areas]))
        error = math.sqrt(float((np.mean([bearing for _, bearing in areas], axis=0) ** 2).sum()))
        if error > 0 and 0 < area < 1:
            yield "roc_auc", area, logit_normal(area, error, confidence)
        else:
            # Nothing was seen to vary: what the rarest class alone leaves possible.
            rarest = int(np.bincount(truth).min())
            yield "roc_auc", area, score_interval(area, rarest, len(truth) - rarest, confidence)
    if probabilities.min() >= 0 and probabilities.max() <= 1:
        yield from _log_loss(probabilities[np.arange(len(truth)), truth], confidence)


def _log_loss(of_truth: Floats, confidence: float) -> Iterator[Found]:
    """Yield the mean of ``-log p`` of what was true; one row alone has no interval and so no measurement."""
    if len(of_truth) < 2:
        return
    losses = one_mean(-np.log(np.clip(of_truth, _SMALLEST, 1 - _SMALLEST)))
    interval = mean_intervals(losses, confidence)[0]
    yield "log_loss", float(losses.mean[0]), replace(interval, low=max(interval.low, 0.0))
