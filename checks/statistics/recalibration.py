"""How a probability would have to be bent to fit what happened: Cox's logistic recalibration.

D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45 (1958) 562-565: with
``logit P(y = 1) = a + b logit(p)`` a perfect probability has ``a = 0`` and ``b = 1``. ``b`` below 1 means that
probabilities are too far from the mean, as those of an overfitted model are; the intercept is taken with ``b`` held at
1, and then says whether they are too high or too low overall (B. Van Calster et al., "Calibration: the Achilles heel of
predictive analytics", BMC Medicine 17 (2019) 230).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAREST = 1e-6
"""Probabilities are taken for no nearer to 0 or 1 than this, where their logit would be endless."""

_STEPS = 100
_CLOSE = 1e-12

Estimate: TypeAlias = tuple[float, float]
"""Value and standard error."""


def logit(probability: Floats) -> Floats:
    """Return ``log(p / (1 - p))``, shape as given; see :data:`NEAREST`."""
    kept = np.clip(probability, NEAREST, 1 - NEAREST)
    found: Floats = np.log(kept) - np.log1p(-kept)
    return found


def slope(scale: Floats, happened: NDArray[np.bool_], weight: Floats) -> Estimate | None:
    """Return the slope, fitted together with an intercept.

    Parameters
    ----------
    scale, happened, weight
        Shape (rows,): logits, what happened, and weights above 0 (ones where rows carry none).

    Returns
    -------
    None where no finite slope fits best: the logits are all equal, or those of one outcome all lie at or below those of
    the other (A. Albert and J. A. Anderson, Biometrika 71 (1984) 1-10).
    """
    yes, no = scale[happened], scale[~happened]
    if not len(yes) or not len(no) or yes.min() >= no.max() or yes.max() <= no.min():
        return None
    return _fitted(np.column_stack([np.ones(len(scale)), scale]), np.zeros(len(scale)), happened, weight)


def intercept(scale: Floats, happened: NDArray[np.bool_], weight: Floats) -> Estimate | None:
    """Return the intercept with the slope held at 1; None where the same thing happened in every row."""
    if happened.all() or not happened.any():
        return None
    return _fitted(np.ones((len(scale), 1)), scale, happened, weight)


def _fitted(columns: Floats, offset: Floats, happened: NDArray[np.bool_], weight: Floats) -> Estimate | None:
    """Return the last coefficient by Newton's method, and the larger of its model-based and its robust error."""
    found = np.zeros(columns.shape[1])
    best = _fit(columns, offset, happened, weight, found)
    for _ in range(_STEPS):
        gradient, information, _ = _derivatives(columns, offset, happened, weight, found)
        step = np.linalg.solve(information, gradient)
        # The likelihood has one summit; a step that overshoots it is halved.
        while (reached := _fit(columns, offset, happened, weight, found + step)) < best and np.abs(step).max() > _CLOSE:
            step = step / 2
        found, best = found + step, max(reached, best)
        if np.abs(step).max() <= _CLOSE * (1 + np.abs(found).max()):
            break
    _, information, scores = _derivatives(columns, offset, happened, weight, found)
    inverse = np.linalg.inv(information)
    # H. White, Econometrica 50 (1982) 1-25: right as well where the logistic form is not.
    robust = inverse @ (scores.T @ scores) @ inverse * len(scores) / max(len(scores) - len(found), 1)
    worth = float(weight.sum() ** 2 / (weight**2).sum()) / float(weight.sum())
    error = math.sqrt(max(inverse[-1, -1] / worth, robust[-1, -1]))
    return (float(found[-1]), error) if math.isfinite(error) else None


def _fit(columns: Floats, offset: Floats, happened: NDArray[np.bool_], weight: Floats, at: Floats) -> float:
    line = columns @ at + offset
    return -float((weight * np.logaddexp(0, np.where(happened, -line, line))).sum())


def _derivatives(
    columns: Floats, offset: Floats, happened: NDArray[np.bool_], weight: Floats, at: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the gradient, the information and each row's part of the gradient, shape (rows, coefficients)."""
    line = columns @ at + offset
    chance = 1 / (1 + np.exp(-np.clip(line, -700, 700)))
    scores = columns * (weight * (happened - chance))[:, None]
    information = columns.T @ (columns * (weight * chance * (1 - chance))[:, None])
    return scores.sum(axis=0), information, scores
