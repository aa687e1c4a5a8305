"""The classifier two-sample test: whether a learner tells the rows of two samples apart that it did not see.

D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import encode
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa
from proofbox.checks.samples.crossfitted import held_out_probabilities
from proofbox.checks.statistics.auc import midranks

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

FEWEST_ROWS = 40
"""With fewer rows in either sample, half of them teach a learner nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldApart:
    """The rows that the learner did not see; both of shape (rows,)."""

    score: Floats
    """The learner's probability that the row is of the second sample."""
    second: NDArray[np.bool_]
    """Whether it is."""
    p_value: float
    """By permutation."""


def told_apart(
    columns: Sequence[tuple[pa.ChunkedArray, pa.ChunkedArray]], most_rows: int, permutations: int, rng: Generator
) -> ToldApart:
    """Grow trees on half of the rows of two samples and rank the other half.

    Parameters
    ----------
    columns
        Each column in the first and in the second sample, which has at least :data:`FEWEST_ROWS` rows.

    Notes
    -----
    Given the learner, rows of one distribution are exchangeable, so that among ``permutations`` dealings of the labels
    the given one has any rank with equal chance: ``p = (k + 1) / (permutations + 1)`` is exact (B. Phipson and G. K.
    Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010) article 39).
    """
    kept = [_drawn(side[0].length(), most_rows, rng) for side in zip(*columns, strict=True)]
    features = np.column_stack([_joint(*pair, *kept) for pair in columns])
    labels = np.repeat([0, 1], [len(rows) for rows in kept])
    inside = np.zeros(len(labels), dtype=np.bool_)
    for place in (0, 1):
        rows = rng.permutation(np.flatnonzero(labels == place))
        inside[rows[: len(rows) // 2]] = True
    varying = _varying(features, inside)
    score = np.full(int((~inside).sum()), 0.5)
    if varying.shape[1]:
        score = held_out_probabilities(varying, labels, inside, 2, rng)[:, 1]
    second = labels[~inside] == 1
    ranks, size = midranks(score), int(second.sum())
    given = ranks[second].sum()
    # Sums of half ranks are exact, so that ties with the given one are seen as such.
    dealt = sum(rng.permutation(ranks)[:size].sum() >= given for _ in range(permutations))
    return ToldApart(score=score, second=second, p_value=float((dealt + 1) / (permutations + 1)))


def _varying(features: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Return the columns from which something can be learnt; of one value and gaps only whether there is a gap."""
    kept = []
    for column in features.T:
        there = column[inside]
        if len(np.unique(there[np.isfinite(there)])) < 2:
            column = np.isnan(column).astype(np.float64)  # noqa: PLW2901 - what the column comes down to
        if len(np.unique(column[inside][~np.isnan(column[inside])])) > 1:
            kept.append(column)
    return np.column_stack(kept) if kept else features[:, :0]


def _drawn(rows: int, most: int, rng: Generator) -> NDArray[np.intp]:
    return np.arange(rows) if rows <= most else np.sort(rng.choice(rows, most, replace=False))


def _joint(first: pa.ChunkedArray, second: pa.ChunkedArray, rows: NDArray[np.intp], others: NDArray[np.intp]) -> Floats:
    """Return a column of both samples as numbers, categories as their rank by frequency, NaN where missing."""
    one, other = numbers(first), numbers(second)
    if one is not None and other is not None:
        found: Floats = np.concatenate([one[rows], other[others]])
        return np.where(np.isfinite(found), found, np.nan)
    encoded = encode(first), encode(second)
    place: dict[str, float] = {}
    sizes: dict[str, int] = {}
    for column in encoded:
        for category, size in zip(column.categories, np.bincount(column.codes).tolist(), strict=False):
            sizes[category] = sizes.get(category, 0) + size
    for rank, category in enumerate(sorted(sizes, key=lambda name: (-sizes[name], name))):
        place[category] = float(rank)
    parts = []
    for column, kept in zip(encoded, (rows, others), strict=True):
        rank_of = np.array([*(place[category] for category in column.categories), np.nan])
        parts.append(rank_of[column.codes[kept]])
    return np.concatenate(parts)
