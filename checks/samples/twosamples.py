"""One column in two samples: how far apart it lies, and whether by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.checks.counted.counting import encode
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.slicing import FEW_NUMBERS, band_edges
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa
from proofbox.checks.result import Interval
from proofbox.checks.samples.divergence import Effect, cramers_v, two_sample_stability

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS = 10
"""Bands of about equally many rows of the first sample in which the stability index compares numbers."""

_EXPECTED = 5
"""A category is compared by itself where so many rows are expected of it in either sample (W. G. Cochran, Biometrics 10
(1954) 417-451); rarer ones together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One column of both samples, compared."""

    column: str
    kind: Literal["numbers", "categories"]
    p_value: float
    """Of the hypothesis that both samples come from one distribution."""
    effect: float
    """The largest distance between the distribution functions, or the bias-corrected Cramér's V."""
    interval: Interval
    stability: Effect
    missing: tuple[float, float]
    """Share of rows without a value in either sample."""
    only_second: tuple[str, ...]
    """Categories that the first sample does not have."""


def compare(name: str, first: pa.ChunkedArray, second: pa.ChunkedArray, confidence: float, columns: int) -> Compared:
    """Compare one column of two samples, neither of which is empty.

    Parameters
    ----------
    columns
        Columns that are compared together: the interval of the effect holds for all of them at once at its lower end.
    """
    one, other = numbers(first), numbers(second)
    if one is not None and other is not None:
        joint = np.concatenate([one, other])
        if len(np.unique(joint[np.isfinite(joint)])) > FEW_NUMBERS and min(map(_there, (one, other))) >= 2:
            return _of_numbers(name, one, other, confidence, columns)
    return _of_categories(name, first, second, confidence, columns)


def _of_numbers(name: str, first: Floats, second: Floats, confidence: float, columns: int) -> Compared:
    from scipy.stats import ks_2samp

    kept = [values[np.isfinite(values)] for values in (first, second)]
    found = ks_2samp(*kept, method="auto" if min(map(len, kept)) < 1_000 else "asymp")
    p_values = [float(found.pvalue)]
    missing = np.array(
        [[len(values) - len(there), len(there)] for values, there in zip((first, second), kept, strict=True)]
    )
    if missing[:, 0].any():
        p_values.append(independence(missing))
    edges = np.array(band_edges(kept[0], BANDS))
    counts = np.array([np.bincount(_band(values, edges), minlength=len(edges) + 2) for values in (first, second)])
    distance = float(found.statistic)
    return Compared(
        column=name,
        kind="numbers",
        # Two tests of one column: the values, and whether there is one.
        p_value=min(1.0, min(p_values) * len(p_values)),
        effect=distance,
        interval=distance_interval(distance, len(kept[0]), len(kept[1]), confidence, columns),
        stability=two_sample_stability(counts, confidence, columns),
        missing=_missing_shares(missing),
        only_second=(),
    )


def _of_categories(
    name: str, first: pa.ChunkedArray, second: pa.ChunkedArray, confidence: float, columns: int
) -> Compared:
    encoded = encode(first), encode(second)
    names = tuple(dict.fromkeys(category for one in encoded for category in one.categories))
    place = {category: code for code, category in enumerate(names)}
    table = np.zeros((2, len(names) + 1), dtype=np.int64)
    for row, one in enumerate(encoded):
        recode = np.array([*(place[category] for category in one.categories), len(names)], dtype=np.int64)
        table[row] = np.bincount(recode[one.codes], minlength=len(names) + 1)
    there = table[:, table.any(axis=0)]
    effect = 0.0, Interval(low=0.0, high=0.0, confidence=confidence, method="by-construction")
    if there.shape[1] > 1:
        effect = cramers_v(there, confidence, columns)
    return Compared(
        column=name,
        kind="categories",
        p_value=independence(there),
        effect=effect[0],
        interval=effect[1],
        stability=two_sample_stability(table, confidence, columns),
        missing=_missing_shares(np.column_stack([table[:, -1], table[:, :-1].sum(axis=1)])),
        only_second=tuple(category for category, counts in zip(names, table.T, strict=False) if counts[0] == 0),
    )


def independence(table: NDArray[np.int64]) -> float:
    """Return the p-value of a table of two samples by category, shape (2, categories).

    Notes
    -----
    Pearson's chi-squared over the categories that are frequent enough, the others taken together; where fewer than two
    are left, Fisher's exact test of the most frequent one against all others.
    """
    from scipy.stats import chi2_contingency, fisher_exact

    table = table[:, np.argsort(-table.sum(axis=0), kind="stable")]
    table = table[:, table.any(axis=0)]
    if table.shape[1] < 2:
        return 1.0
    needed = _EXPECTED * table.sum() / table.sum(axis=1).min()
    frequent = int((table.sum(axis=0) >= needed).sum())
    pooled = np.column_stack([table[:, :frequent], table[:, frequent:].sum(axis=1)])
    if pooled[:, -1].sum() < needed:
        # What is left over is too rare even together: it joins the rarest of the frequent ones.
        pooled = np.column_stack([pooled[:, :-2], pooled[:, -2:].sum(axis=1)])
    if pooled.shape[1] > 1 and (pooled.sum(axis=0) >= needed).all():
        return float(chi2_contingency(pooled, correction=False).pvalue)
    return float(fisher_exact(np.column_stack([table[:, 0], table[:, 1:].sum(axis=1)])).pvalue)


def distance_interval(distance: float, first: int, second: int, confidence: float, columns: int) -> Interval:
    """Return the interval of the largest distance between two distribution functions.

    Notes
    -----
    Each sample's function lies within ``sqrt(ln(2 / a) / 2n)`` of the true one everywhere (P. Massart, Annals of
    Probability 18 (1990) 1269-1283), with the level shared out over both samples; the distance is off by no more than
    both together. It covers more often than it says. Its lower end holds for all ``columns`` at once (Bonferroni).
    """

    def reach(comparisons: int) -> float:
        level = (1 - confidence) / (2 * comparisons)
        return sum(math.sqrt(math.log(2 / level) / (2 * rows)) for rows in (first, second))

    low, high = max(distance - reach(columns), 0.0), min(distance + reach(1), 1.0)
    return Interval(low=low, high=high, confidence=confidence, method="massart-triangle")


def _there(values: Floats) -> int:
    return int(np.isfinite(values).sum())


def _band(values: Floats, edges: Floats) -> NDArray[np.int64]:
    """Return each number's band, the last one for what is missing."""
    band: NDArray[np.int64] = np.searchsorted(edges, values, side="right")
    band[~np.isfinite(values)] = len(edges) + 1
    return band


def _missing_shares(counts: NDArray[np.int64]) -> tuple[float, float]:
    first, second = (counts[:, 0] / counts.sum(axis=1)).tolist()
    return first, second
