"""Columns that give the target away: those that are the target under another name, and those that nearly are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import Encoded, encode
from proofbox.checks.late import np, pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CATEGORIES = 50
"""A column with more distinct values is looked at as a number and not as categories."""

_ROWS_PER_CATEGORY = 5
"""With fewer rows to a category on average, every row's category tells its target by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """How well one column alone says what the target is."""

    column: str
    copy: bool
    """Whether each of its categories stands for one target class only: a renaming, inversion or finer coding."""
    accuracy: float
    """Share of rows right if each category (or side of the best threshold) is called by its likeliest class."""
    balanced_accuracy: float
    """The same with every class counting alike; half, for two classes, is knowing nothing."""


def predictor(name: str, column: pa.ChunkedArray, target: Encoded) -> Predictor | None:
    """Measure how well a column alone says what the target is; None where the question has no meaning.

    Parameters
    ----------
    target
        The encoded target with at least two classes; rows without a value are left out.
    """
    known = target.codes < len(target.categories)
    classes = target.codes[known]
    total = np.bincount(classes, minlength=len(target.categories))
    if (total == 0).any() or len(total) < 2:
        return None
    counts = _by_category(column, known, classes, len(total))
    if counts is not None:
        if len(counts) < 2 or len(counts) * _ROWS_PER_CATEGORY > len(classes):
            return None
        copy = bool((np.count_nonzero(counts, axis=1) == 1).all())
    else:
        counts = _by_threshold(column, known, classes, len(total))
        copy = False
        if counts is None:
            return None
    return Predictor(
        column=name,
        copy=copy,
        accuracy=float(counts.max(axis=1).sum() / len(classes)),
        balanced_accuracy=float((counts / total).max(axis=1).sum() / len(total)),
    )


def _by_category(
    column: pa.ChunkedArray, known: NDArray[np.bool_], classes: NDArray[np.int64], k: int
) -> NDArray[np.int64] | None:
    """Return counts of shape (categories, classes); None where there are too many categories."""
    if not pa.types.is_dictionary(column.type) and len(column.unique()) > 2 * _MOST_CATEGORIES:
        return None
    encoded = encode(column)
    if len(encoded.categories) > _MOST_CATEGORIES:
        return None
    size = len(encoded.categories) + 1
    counts = np.bincount(encoded.codes[known] * k + classes, minlength=size * k).reshape(size, k)
    occurring: NDArray[np.int64] = counts[counts.sum(axis=1) > 0]
    return occurring


def _by_threshold(
    column: pa.ChunkedArray, known: NDArray[np.bool_], classes: NDArray[np.int64], k: int
) -> NDArray[np.int64] | None:
    """Return counts of shape (2, classes) below and above the threshold that separates two classes best."""
    kind = column.type
    if k != 2 or not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return None
    values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)[known]
    order = np.argsort(values, kind="stable")
    values, classes = values[order], classes[order]
    below = np.cumsum(np.stack([classes == 0, classes == 1], axis=1), axis=0)
    # A cut may only lie between two different values; NaN stands last and counts as above.
    cuts = np.flatnonzero(values[:-1] < values[1:])
    if not len(cuts):
        return None
    shares = below[cuts] / below[-1]
    best = cuts[np.abs(shares[:, 0] - shares[:, 1]).argmax()]
    counts: NDArray[np.int64] = np.stack([below[best], below[-1] - below[best]])
    return counts
