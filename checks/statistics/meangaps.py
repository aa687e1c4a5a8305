"""Means of numbers in groups, and the largest difference of two means: what the checks of numeric answers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats, Limits
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """A number's mean in every group; all of shape (groups,), each group with at least two rows."""

    rows: NDArray[np.int64]
    effective: Floats
    """How many rows without weights the rows are worth (Kish); where they carry none, how many they are."""
    mean: Floats
    deviation: Floats
    """Standard deviation with ``n - 1``."""
    skewness: Floats
    """Third moment over the variance to the power of three halves; 0 where nothing varies."""

    @classmethod
    def of(cls, codes: NDArray[np.int64], size: int, values: Floats, weight: Floats | None = None) -> Means:
        """Return the means of ``values`` in the groups ``0`` to ``size - 1``; other codes are left out.

        Parameters
        ----------
        weight
            Shape (rows,), above 0 in every row of a group.

        Notes
        -----
        With weights the variance of a mean is the linearised ``sum w**2 (x - m)**2 / (sum w)**2`` with ``n / (n - 1)``
        (W. G. Cochran, Sampling Techniques, 1977, section 6.4), ``n`` being ``(sum w)**2 / sum w**2`` (L. Kish, Survey
        Sampling, 1965, section 11.7), which is the number of rows where all weights are equal.
        """
        known = (codes >= 0) & (codes < size)
        group, number = codes[known], values[known]
        weights = np.ones(len(number)) if weight is None else weight[known]

        def total(terms: Floats) -> Floats:
            return np.bincount(group, weights=terms, minlength=size).astype(np.float64)

        whole = total(weights)
        rows = np.bincount(group, minlength=size)
        effective = rows.astype(np.float64) if weight is None else whole**2 / total(weights**2)
        mean = total(weights * number) / whole
        rest = number - mean[group]
        spread = total(weights * rest**2) / whole
        variance = total(weights**2 * rest**2) / whole**2 * effective / np.maximum(effective - 1, 1e-9)
        varies = spread > (1e-12 * np.maximum(np.abs(mean), 1e-300)) ** 2
        return cls(
            rows=rows,
            effective=effective,
            mean=mean,
            deviation=np.where(varies, np.sqrt(variance * effective), 0.0),
            skewness=np.where(varies, total(weights * rest**3) / whole / np.where(varies, spread, 1.0) ** 1.5, 0.0),
        )

    @classmethod
    def of_basis(cls, listed: NDArray[np.float64]) -> Means:
        """Return what :meth:`basis` listed."""
        effective, mean, deviation, skewness = listed.T
        rows = effective.astype(np.int64)
        return cls(rows=rows, effective=effective, mean=mean, deviation=deviation, skewness=skewness)

    def basis(self) -> list[Json]:
        """Return ``[[effective rows, mean, deviation, skewness], ...]``: what an interval is made of."""
        whole = (self.effective == self.rows).all()
        counts = self.rows.tolist() if whole else self.effective.tolist()
        columns = (counts, self.mean.tolist(), self.deviation.tolist(), self.skewness.tolist())
        return [list(group) for group in zip(*columns, strict=True)]

    @property
    def difference(self) -> float:
        """Highest mean less the lowest."""
        return float(self.mean.max() - self.mean.min())


def mean_limits(means: Means, confidence: float, comparisons: int = 1) -> Limits:
    """Return the limits of each group's mean, shape (groups,), at a level shared out over ``comparisons``.

    Notes
    -----
    The wider end, on each side, of Student's t and of the t corrected for skewness by P. Hall, "On the removal of
    skewness by transformation", JRSS B 54 (1992) 221-228: errors and pay are skewed, and the plain t then covers 88 %
    at thirty rows where it says 95 %; where tails are long and even, the corrected one is the shorter.
    """
    from scipy.special import stdtrit

    n = means.effective
    quantile = stdtrit(n - 1, 1 - (1 - confidence) / (2 * comparisons))
    error = means.deviation / np.sqrt(n)
    low = np.maximum(quantile, _corrected(quantile, means.skewness, n))
    high = np.maximum(quantile, -_corrected(-quantile, means.skewness, n))
    return means.mean - error * low, means.mean + error * high


def mean_intervals(means: Means, confidence: float) -> tuple[Interval, ...]:
    """Return the interval of each group's mean alone."""
    low, high = mean_limits(means, confidence)
    return tuple(
        Interval(low=least, high=most, confidence=confidence, method="hall-t", basis={"means": [one]})
        for least, most, one in zip(low.tolist(), high.tolist(), means.basis(), strict=True)
    )


def mean_difference_interval(means: Means, confidence: float) -> Interval:
    """Return the bounds of the largest difference between any two groups' means.

    Notes
    -----
    Each pair by square-and-add of the two groups' own limits (MOVER; G. Y. Zou and A. Donner, Statistics in Medicine 27
    (2008) 1693-1702). The lower bound of the largest takes all pairs at a level shared out by Bonferroni; the upper one
    needs no sharing, since the pair that truly lies farthest apart is one of them.
    """
    pairs = len(means.rows) * (len(means.rows) - 1) // 2
    low, high = largest_gap(means.mean, mean_limits(means, confidence, pairs), mean_limits(means, confidence))
    method = "mover-hall-t" if pairs == 1 else "mover-hall-t-simultaneous"
    return Interval(low=low, high=high, confidence=confidence, method=method, basis={"means": means.basis()})


def mean_ratio_interval(means: Means, confidence: float) -> Interval:
    """Return the bounds of the smallest ratio of any two groups' means, which are all above 0.

    Notes
    -----
    Each pair by MOVER-R: A. Donner and G. Y. Zou, Statistical Methods in Medical Research 21 (2012) 347-359. The upper
    bound of the smallest takes all pairs at a level shared out by Bonferroni, the lower one the plain level.
    """
    pairs = len(means.rows) * (len(means.rows) - 1) // 2
    low = float(_ratios(means.mean, mean_limits(means, confidence))[0].min())
    high = float(_ratios(means.mean, mean_limits(means, confidence, pairs))[1].min())
    method = "mover-r-hall-t" if pairs == 1 else "mover-r-hall-t-simultaneous"
    return Interval(low=low, high=high, confidence=confidence, method=method, basis={"means": means.basis()})


def _ratios(values: Floats, limits: Limits) -> tuple[Floats, Floats]:
    """Return the limits of each pair's ratio, the lower value divided by the higher one."""
    i, j = np.triu_indices(len(values), 1)
    least, most = limits[0].clip(min=0), limits[1]
    product = values[i] * values[j]

    def limit(up: Floats, down: Floats, sign: int) -> Floats:
        # The limit of i that is used is ``up``, that of j ``down``.
        root = np.sqrt(np.maximum(product**2 - up * down * (2 * values[i] - up) * (2 * values[j] - down), 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = (product + sign * root) / (down * (2 * values[j] - down))
        return found

    low, high = limit(least[i], most[j], -1), limit(most[i], least[j], 1)
    # Where the divisor may be 0 the ratio may be anything.
    open_low, open_high = 2 * values[j] <= most[j], least[j] <= 0
    low, high = np.where(open_low, 0.0, low), np.where(open_high, np.inf, high)
    with np.errstate(divide="ignore"):
        return np.minimum(low, 1 / high), np.minimum(np.minimum(high, 1 / low), 1)


def largest_gap(values: Floats, shared: Limits, plain: Limits) -> tuple[float, float]:
    """Return the bounds of the largest difference of two groups' values, each of shape (groups,).

    Parameters
    ----------
    shared
        The groups' limits at a level that is shared out over the pairs.
    plain
        Their limits at the full level.
    """
    low, high = _gaps(values, shared)[0].max(), _gaps(values, plain)[1].max()
    return max(0.0, float(low)), float(high)


def _gaps(values: Floats, limits: Limits) -> tuple[Floats, Floats]:
    """Return how far the values of each pair lie apart at least and at most, whichever is the higher."""
    i, j = np.triu_indices(len(values), 1)
    low, high = limits
    gap = values[i] - values[j]
    least = gap - np.hypot(values[i] - low[i], high[j] - values[j])
    most = gap + np.hypot(high[i] - values[i], values[j] - low[j])
    return np.maximum(least, -most), np.maximum(most, -least)


def _corrected(quantile: Floats, skewness: Floats, n: Floats) -> Floats:
    """Return Hall's inverse transformation of a quantile."""
    a = np.where(np.abs(skewness) < 1e-8, 1.0, skewness / 3)
    inner = 1 + 3 * a * (quantile / np.sqrt(n) - skewness / (6 * n))
    turned: Floats = np.where(np.abs(skewness) < 1e-8, quantile, np.sqrt(n) * (np.cbrt(inner) - 1) / a)
    return turned
