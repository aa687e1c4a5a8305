"""Average precision and its interval, in one sort."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats, clopper_pearson, logit_normal
from proofbox.checks.late import np
from proofbox.checks.result import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


def average_precision(scores: Floats, positive: NDArray[np.bool_], confidence: float) -> tuple[float, Interval] | None:
    """Return the average precision and its interval; None where no row is positive.

    Parameters
    ----------
    scores
        Shape (n,), higher for the positive class.
    positive
        Shape (n,), whether the true label is the positive one.

    Notes
    -----
    The mean over positive rows of the precision at their score, ties taken together, as scikit-learn has it. Its
    standard error is the larger of two, on the logit scale: that of the delta method, whose bearing of a row on
    ``E[P(S) | positive]`` counts what it changes in the precision at every lower score; and
    ``sqrt(AP (1 - AP) / positives)``, which does not shrink where few positives happen to rank alike (K. Boyd, K. H.
    Eng and C. D. Page, "Area under the precision-recall curve: point estimates and confidence intervals", ECML PKDD
    2013).
    Where every positive row ranks above all others, the exact limit for as many successes takes their place.
    """
    positives = int(positive.sum())
    if positives == 0:
        return None
    value, bearing = _value_and_bearing(scores, positive)
    if value >= 1:
        exact = clopper_pearson(positives, positives, confidence)
        return 1.0, replace(exact, high=1.0)
    error = max(float(bearing.std()) / math.sqrt(len(scores)), math.sqrt(value * (1 - value) / positives))
    return value, logit_normal(value, error, confidence)


def _value_and_bearing(scores: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return the average precision, and each row's bearing on it in the order of falling scores, shape (n,)."""
    order = np.argsort(-scores, kind="stable")
    ranked, true = scores[order], positive[order].astype(np.float64)
    n = len(ranked)
    last = np.append(np.flatnonzero(np.diff(ranked)), n - 1)
    block = np.searchsorted(last, np.arange(n))
    hits, above = np.cumsum(true)[last], last + 1.0
    precision = hits / above
    value = float((true * precision[block]).sum() / hits[-1])
    # What the positive rows of a block bear: for a row at or above it, (y - precision) over the share above.
    weight = np.bincount(block, weights=true) / above
    ones, precisions = (np.cumsum(terms[::-1])[::-1] for terms in (weight, weight * precision))
    share = hits[-1] / n
    bearing: Floats = (true * (precision[block] - value) + true * ones[block] - precisions[block]) / share
    return value, bearing
