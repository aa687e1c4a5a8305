"""The root of a mean square and the share of a spread that is explained, with intervals from leaving rows out.

Both are functions of the logarithm of a mean, and on that scale what one row bears is nearly symmetric. With
``p`` a row's share of the weight and ``t`` its term of the mean ``E``, leaving the row out moves ``log E`` by
``log((1 - p t / E) / (1 - p))``; the interval is that of a mean of such moves, each times ``-(1 - p) / p`` (J. W.
Tukey, Annals of Mathematical Statistics 29 (1958) 614; R. G. Miller, Biometrika 61 (1974) 1-15, section 3: on the
logarithm the jackknife of a variance is right where normal theory is not).
"""

from __future__ import annotations

import math

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics.meangaps import Means, mean_intervals

_NEARLY_ALL = 1 - 1e-9
"""A row that makes up more of a mean than this is taken to leave so much of it when it is left out."""


def one_mean(values: Floats, weight: Floats | None = None) -> Means:
    """Return the mean of values, shape (rows,) with at least two rows, as the only group's."""
    return Means.of(np.zeros(len(values), dtype=np.int64), 1, values, weight)


def root_mean(squares: Floats, confidence: float, weight: Floats | None = None) -> tuple[float, Interval]:
    """Return the root of the mean of squares, shape (rows,), and its interval."""
    mean = float(np.average(squares, weights=weight))
    share = _shares(len(squares), weight)
    bearing = _bearing(squares, mean, share) if mean else np.zeros(len(squares))
    return math.sqrt(mean), root_interval(math.sqrt(mean), _centred(bearing, weight), confidence)


def explained(
    true: Floats, errors: Floats, confidence: float, weight: Floats | None = None
) -> tuple[float, Interval] | None:
    """Return R squared and its interval.

    Parameters
    ----------
    true, errors
        Shape (rows,): true values, and predictions less true values.

    Returns
    -------
    None where the true values do not vary, so that there is nothing to explain.
    """
    centre = float(np.average(true, weights=weight))
    distances = (true - centre) ** 2
    spread, error = (float(np.average(terms, weights=weight)) for terms in (distances, errors**2))
    # Rounding alone makes equal numbers vary.
    if spread <= (1e-12 * max(abs(centre), 1e-300)) ** 2:
        return None
    value, share = 1 - error / spread, _shares(len(true), weight)
    bearing = np.zeros(len(true))
    if error:
        # Without a row the mean of the true values moves as well, which the second term's divisor allows for.
        bearing = _bearing(errors**2, error, share) - _bearing(distances / (1 - share), spread, share)
    return value, explained_interval(value, _centred(bearing, weight), confidence)


def root_interval(value: float, bearing: Means, confidence: float) -> Interval:
    """Return the interval of a root of a mean, from what rows bear on that mean's logarithm."""
    low, high = _ends(bearing, confidence)
    return Interval(
        low=value * math.exp(low / 2),
        high=value * math.exp(high / 2),
        confidence=confidence,
        method="jackknife-log-root",
        basis=_basis(value, bearing),
    )


def explained_interval(value: float, bearing: Means, confidence: float) -> Interval:
    """Return the interval of R squared, from what rows bear on the logarithm of its complement."""
    low, high = _ends(bearing, confidence)
    return Interval(
        low=1 - (1 - value) * math.exp(high),
        high=1 - (1 - value) * math.exp(low),
        confidence=confidence,
        method="jackknife-log-complement",
        basis=_basis(value, bearing),
    )


def _shares(rows: int, weight: Floats | None) -> Floats:
    return np.full(rows, 1 / rows) if weight is None else weight / weight.sum()


def _bearing(terms: Floats, mean: float, share: Floats) -> Floats:
    bearing: Floats = -(1 - share) / share * np.log1p(-np.minimum(share * terms / mean, _NEARLY_ALL))
    return bearing


def _centred(bearing: Floats, weight: Floats | None) -> Means:
    return one_mean(bearing - np.average(bearing, weights=weight), weight)


def _ends(bearing: Means, confidence: float) -> tuple[float, float]:
    found = mean_intervals(bearing, confidence)[0]
    return max(found.low, -700.0), min(found.high, 700.0)  # beyond these exp overflows


def _basis(value: float, bearing: Means) -> dict[str, Json]:
    return {"value": value, "means": bearing.basis()}
