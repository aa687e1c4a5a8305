"""Area under the ROC curve and its interval, in one sort."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json

if TYPE_CHECKING:
    from numpy.typing import NDArray


def auc_interval(scores: Floats, positive: NDArray[np.bool_], confidence: float) -> tuple[float, Interval] | None:
    """Return the area and its interval; None where one of the two classes is absent.

    Parameters
    ----------
    scores
        Shape (n,), higher for the positive class.
    positive
        Shape (n,), whether the true label is the positive one.

    Notes
    -----
    Variance: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845, by midranks (X. Sun and
    W. Xu, IEEE Signal Processing Letters 21 (2014) 1389-1393), limits on the logit scale (M. S. Pepe, "The Statistical
    Evaluation of Medical Tests", 2003, section 5.2). Where the classes are wholly apart that variance is 0, and the
    limits are R. G. Newcombe's, Statistics in Medicine 25 (2006) 559-573, method 5, after Hanley and McNeil (1982).
    """
    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0:
        return None
    area, bearing = area_and_bearing(scores, positive)
    variance = float((bearing**2).sum()) if m > 1 and n > 1 else 0.0
    if variance <= 0 or not 0 < area < 1:
        return area, score_interval(area, m, n, confidence)
    return area, logit_interval(area, variance, confidence)


def area_and_bearing(scores: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return the area, and shape (n,) what each row bears on it: DeLong's variance is the sum of the squares.

    Both classes are there.
    """
    cases, controls = scores[positive], scores[~positive]
    m, n = len(cases), len(controls)
    both = midranks(np.concatenate([cases, controls]))
    over_controls = (both[:m] - midranks(cases)) / n
    over_cases = 1 - (both[m:] - midranks(controls)) / m
    area = float(over_controls.mean())
    bearing = np.empty(len(scores))
    bearing[positive] = (over_controls - area) / math.sqrt(m * max(m - 1, 1))
    bearing[~positive] = (over_cases - over_cases.mean()) / math.sqrt(n * max(n - 1, 1))
    return area, bearing


def logit_interval(area: float, variance: float, confidence: float) -> Interval:
    """Return the interval from DeLong's variance, made on the logit scale."""
    half = z_value(confidence) * math.sqrt(variance) / (area * (1 - area))
    logit = math.log(area / (1 - area))
    low, high = (1 / (1 + math.exp(-limit)) for limit in (logit - half, logit + half))
    basis: dict[str, Json] = {"area": area, "variance": variance}
    return Interval(low=low, high=high, confidence=confidence, method="delong-logit", basis=basis)


def midranks(values: Floats) -> Floats:
    """Return ranks from 1, ties sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[inverse]
    return ranks


def score_interval(area: float, m: float, n: float, confidence: float) -> Interval:
    """Return Newcombe's interval (2006, method 5): the areas which a normal test with their variance does not reject.

    Parameters
    ----------
    m, n
        Rows of the positive class, and of the other.
    """
    z, weight = z_value(confidence), (m + n) / 2 - 1

    def rejected(other: float) -> bool:
        spread = 1 + weight * (1 - other) / (2 - other) + weight * other / (1 + other)
        return (area - other) ** 2 > z * z * other * (1 - other) * spread / (m * n)

    limits = []
    for end in (0.0, 1.0):
        near, far = area, end
        for _ in range(60):
            middle = (near + far) / 2
            near, far = (near, middle) if rejected(middle) else (middle, far)
        limits.append(near)
    basis: dict[str, Json] = {"area": area, "cases": m, "controls": n}
    return Interval(low=limits[0], high=limits[1], confidence=confidence, method="newcombe-hanley-mcneil", basis=basis)
