"""Exact inference for two groups of a few people: tests and intervals that hold at any number of rows.

Wilson and Newcombe are good approximations; where a decision about a hundred people goes to court, "never
less than it says" is asked. Here the probability of every possible table is added up, at the nuisance rate at which
it is least favourable among those that the data do not rule out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats, clopper_pearson
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_TABLES = 100_000
"""Pairs of groups with more possible tables than this are large enough for the approximations."""

_NUISANCE = 120
"""Rates at which a limit is tried, within the stretch that the data allow."""
_RULED_OUT = 0.04
"""Share of the error that is spent on ruling out rates which the data contradict (Berger and Boos)."""
_BISECTIONS = 22
_FARTHEST_LOG = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two groups: people selected, and people."""

    x1: int
    n1: int
    x2: int
    n2: int

    @property
    def tables(self) -> int:
        """Number of tables that could have come out."""
        return (self.n1 + 1) * (self.n2 + 1)


def fisher(pair: Pair) -> float:
    """Return the two-sided p-value of Fisher's exact test: both margins given, tables no likelier than the one seen.

    Notes
    -----
    R. A. Fisher, "The logic of inductive inference", JRSS 98 (1935) 39-82; as in scipy and R.
    """
    from scipy.stats import fisher_exact

    return float(fisher_exact(_table(pair)).pvalue)


def boschloo(pair: Pair) -> float:
    """Return the two-sided p-value of Boschloo's test: exact with one margin given, never weaker than Fisher's.

    Notes
    -----
    R. D. Boschloo, "Raised conditional level of significance for the 2 x 2 table", Statistica Neerlandica 24 (1970)
    1-35; scipy's, twice the smaller of the one-sided values.
    """
    from scipy.stats import boschloo_exact

    if pair.x1 + pair.x2 in (0, pair.n1 + pair.n2):
        return 1.0
    return min(1.0, float(boschloo_exact(_table(pair)).pvalue))


def exact_difference(pair: Pair, tail: float) -> tuple[float, float]:
    """Return the exact limits of ``p1 - p2``; each misses with a probability of at most ``tail``.

    Notes
    -----
    I. S. F. Chan and Z. Zhang, "Test-based exact confidence intervals for the difference of two binomial proportions",
    Biometrics 55 (1999) 1202-1209: two one-sided tests ordered by the score statistic (Farrington and Manning,
    Statistics in Medicine 9 (1990) 1447-1454), each at its least favourable nuisance rate among those in an exact
    interval (R. L. Berger and D. D. Boos, JASA 89 (1994) 1012-1016).
    """
    return _lower_difference(pair, tail), -_lower_difference(_swapped(pair), tail)


def exact_ratio(pair: Pair, tail: float) -> tuple[float, float]:
    """Return the exact limits of ``p1 / p2``; 0 and infinity where a group has no success.

    Notes
    -----
    As :func:`exact_difference`, ordered by the score statistic of the ratio (Koopman, Biometrics 40 (1984) 513-517).
    """
    low, inverse = _lower_ratio(pair, tail), _lower_ratio(_swapped(pair), tail)
    return low, math.inf if inverse == 0 else 1 / inverse


def _lower_difference(pair: Pair, tail: float) -> float:
    rates = _allowed(pair, tail)

    def chance(gap: float) -> float:
        p2 = np.clip(rates, max(0.0, -gap), min(1.0, 1 - gap))
        return _upper_tail(pair, np.clip(p2 + gap, 0, 1), p2, _difference_scores(pair, gap))

    return _bisect(chance, -1.0, pair.x1 / pair.n1 - pair.x2 / pair.n2, tail)


def _lower_ratio(pair: Pair, tail: float) -> float:
    if pair.x1 == 0:
        return 0.0
    rates = _allowed(pair, tail)

    def chance(log: float) -> float:
        ratio = math.exp(log)
        p2 = np.clip(rates, 0, min(1.0, 1 / ratio))
        return _upper_tail(pair, np.clip(ratio * p2, 0, 1), p2, _ratio_scores(pair, ratio))

    seen = math.log(pair.x1 / pair.n1) - math.log(pair.x2 / pair.n2) if pair.x2 else _FARTHEST_LOG
    return math.exp(_bisect(chance, -_FARTHEST_LOG, seen, tail))


def _swapped(pair: Pair) -> Pair:
    return Pair(x1=pair.x2, n1=pair.n2, x2=pair.x1, n2=pair.n1)


def _allowed(pair: Pair, tail: float) -> Floats:
    """Return rates of the second group, all over its exact interval at the error that is spent on it."""
    interval = clopper_pearson(pair.x2, pair.n2, 1 - tail * _RULED_OUT)
    return np.linspace(interval.low, interval.high, _NUISANCE)


def _bisect(chance: Callable[[float], float], low: float, seen: float, tail: float) -> float:
    """Return the largest value, to the left of the one seen, up to which tables as extreme are rarer than ``tail``."""
    far, near = low, seen
    for _ in range(_BISECTIONS):
        middle = (far + near) / 2
        if chance(middle) <= tail * (1 - _RULED_OUT):
            far = middle
        else:
            near = middle
    # The far end: the limit may only err to the safe side.
    return far


def _upper_tail(pair: Pair, p1: Floats, p2: Floats, scores: Floats) -> float:
    """Return the largest probability, over the nuisance rates, of a table with a score as high as the one seen."""
    as_high = (scores >= scores[pair.x1, pair.x2] - 1e-9).astype(np.float64)
    first, second = _binomial(pair.n1, p1), _binomial(pair.n2, p2)
    return float(((first @ as_high) * second).sum(axis=1).max())


def _binomial(n: int, p: Floats) -> Floats:
    """Return shape (len(p), n + 1): the probability of each count."""
    counts = np.arange(n + 1)
    choose = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in counts])
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(counts == 0, 0.0, counts * np.log(p)[:, None])
        no = np.where(counts == n, 0.0, (n - counts) * np.log1p(-p)[:, None])
    chances: Floats = np.exp(choose + yes + no)
    return chances


def _grid(pair: Pair) -> tuple[Floats, Floats]:
    x1 = np.arange(pair.n1 + 1, dtype=np.float64)[:, None]
    x2 = np.arange(pair.n2 + 1, dtype=np.float64)[None, :]
    return x1, x2


def _difference_scores(pair: Pair, gap: float) -> Floats:
    """Return the signed score statistic of every table for ``p1 - p2 = gap``, shape (n1 + 1, n2 + 1).

    The likeliest rates under the hypothesis solve a cubic (Miettinen and Nurminen, Statistics in Medicine 4 (1985)
    213-226, appendix).
    """
    x1, x2 = _grid(pair)
    n1, n2 = pair.n1, pair.n2
    total = n1 + n2
    c2 = (n1 + 2 * n2) * gap - total - (x1 + x2)
    c1 = (n2 * gap - total - 2 * x2) * gap + x1 + x2
    c0 = x2 * gap * (1 - gap)
    q = c2**3 / (3 * total) ** 3 - c1 * c2 / (6 * total**2) + c0 / (2 * total)
    root = np.sqrt(np.maximum(c2**2 / (3 * total) ** 2 - c1 / (3 * total), 0))
    p = np.where(q >= 0, root, -root)
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = (math.pi + np.arccos(np.clip(np.nan_to_num(q / p**3), -1, 1))) / 3
    p2 = np.clip(2 * p * np.cos(angle) - c2 / (3 * total), 0, 1)
    p1 = np.clip(p2 + gap, 0, 1)
    return _score(x1 / n1 - x2 / n2 - gap, p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)


def _ratio_scores(pair: Pair, ratio: float) -> Floats:
    """Return the signed score statistic of every table for ``p1 = ratio p2``, shape (n1 + 1, n2 + 1)."""
    x1, x2 = _grid(pair)
    n1, n2 = pair.n1, pair.n2
    a, b, c = (n1 + n2) * ratio, n1 * ratio + x1 + n2 + x2 * ratio, x1 + x2
    p2 = np.clip(2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0))), 0, 1)
    p1 = np.clip(ratio * p2, 0, 1)
    return _score(x1 / n1 - ratio * x2 / n2, p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2)


def _score(gap: Floats, variance: Floats) -> Floats:
    """Return ``gap / sqrt(variance)``: 0 where there is no gap, and as far as can be where there is no variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(gap) < 1e-12, 0.0, gap / np.sqrt(np.maximum(variance, 1e-30)))


def _table(pair: Pair) -> NDArray[np.int64]:
    return np.array([[pair.x1, pair.n1 - pair.x1], [pair.x2, pair.n2 - pair.x2]], dtype=np.int64)
