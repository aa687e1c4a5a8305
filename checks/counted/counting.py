"""One contingency table, group x true label x decision, from which every count-based measure derives.

Columns are used as dictionary codes and never become Python strings row by row; a table is one ``bincount`` over a
joint code, and tables of parts of the data add up to the table of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from proofbox.checks.counted.cube import in_order
from proofbox.checks.counted.rawcodes import is_missing
from proofbox.checks.labels import label_text
from proofbox.checks.late import np, pa, pc
from proofbox.checks.statistics.effective import effective_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

Codes: TypeAlias = "NDArray[np.int64]"

MISSING = "(missing)"
"""The category of rows whose value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A column as codes into its categories."""

    codes: Codes
    """Shape (rows,); missing values have the code ``len(categories)``."""
    categories: tuple[str, ...]
    """Categories that occur, in text form: numbers in the order of numbers, text in the order of text."""
    numeric: bool
    """Whether every category is a number (and the column is not text)."""

    @property
    def missing(self) -> int:
        """Number of rows without a value."""
        return int(np.count_nonzero(self.codes == len(self.categories)))

    def is_label(self, label: str) -> NDArray[np.bool_]:
        """Return shape (rows,): whether the value is that label."""
        code = self.categories.index(label) if label in self.categories else -1
        return np.equal(self.codes, code)


def encode(column: pa.ChunkedArray) -> Encoded:
    """Return a column as codes; values with one text form (1, 1.0, "1") share a category, NaN and null are missing."""
    dictionary = as_dictionary(column)
    values = dictionary.dictionary.to_pylist()
    # The extra last place stands for null.
    counts = np.bincount(_indices(dictionary), minlength=len(values) + 1)
    texts = [None if is_missing(value) else label_text(value) for value in values]
    numeric = not any(isinstance(value, str) for value in values)
    seen = {text for text, count in zip(texts, counts, strict=False) if text is not None and count}
    categories = in_order(seen, numeric=numeric)
    place = {text: code for code, text in enumerate(categories)}
    recode = np.array([place.get(text, len(categories)) if text is not None else len(categories) for text in texts]
                      + [len(categories)], dtype=np.int64)  # fmt: skip
    return Encoded(codes=recode[_indices(dictionary)], categories=categories, numeric=numeric)


def as_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column as one dictionary-encoded array."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks else pa.array([], type=column.type)


def missing_cells(table: pa.Table) -> NDArray[np.int64]:
    """Return shape (rows,): how many values of each row are missing."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        total += missing_mask(column)
    return total


def missing_mask(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return shape (rows,): whether the value is null or NaN."""
    mask: NDArray[np.bool_] = pc.is_null(column, nan_is_null=True).to_numpy()
    return mask.astype(np.bool_, copy=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Counts of shape (groups, 2, 2): group x (true label is another one, is the counted one) x (decision likewise).

    Without true labels the second axis has length 1.
    """

    cells: NDArray[np.int64]
    """Rows in each cell."""
    weight: NDArray[np.float64] | None = None
    """Sum of the rows' sample weights in each cell, of the shape of ``cells``; None where the data carry none."""
    weight_squared: NDArray[np.float64] | None = None
    """Sum of the squared weights in each cell."""

    @classmethod
    def count(cls, groups: Codes, size: int, selected: NDArray[np.bool_], positive: NDArray[np.bool_] | None) -> Table:
        """Count rows.

        Parameters
        ----------
        groups
            Shape (rows,), codes below ``size``; rows with a code of ``size`` or more are not counted.
        size
            Number of groups.
        selected
            Shape (rows,), whether the decision is the counted label.
        positive
            Shape (rows,), whether the true label is; None where there are no true labels.
        """
        truths = 1 if positive is None else 2
        code = groups if positive is None else groups * 2 + positive
        counts = np.bincount(code * 2 + selected, minlength=size * truths * 2)[: size * truths * 2]
        return cls(cells=counts.reshape(size, truths, 2).astype(np.int64, copy=False))

    def __add__(self, other: Table) -> Table:
        """Return the table of both parts of the data together."""
        return Table(
            cells=self.cells + other.cells,
            weight=_both(self.weight, other.weight),
            weight_squared=_both(self.weight_squared, other.weight_squared),
        )

    @property
    def has_truth(self) -> bool:
        """Whether true labels were counted."""
        return bool(self.cells.shape[1] == 2)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Shape (groups,): rows in each group."""
        total: NDArray[np.int64] = self.cells.sum(axis=(1, 2))
        return total

    def take(self, groups: NDArray[np.intp]) -> Table:
        """Return the table of some of the groups."""
        return Table(
            cells=self.cells[groups],
            weight=None if self.weight is None else self.weight[groups],
            weight_squared=None if self.weight_squared is None else self.weight_squared[groups],
        )

    @property
    def unweighted(self) -> Table:
        """The same rows, each counted once."""
        return Table(cells=self.cells)


Rate: TypeAlias = "tuple[NDArray[Any], NDArray[Any]]"
"""Numerators and denominators, each of shape (groups,): int64 counts of rows, or float64 effective ones."""

_RATES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "true_positive_rate": (("tp",), ("tp", "fn")),
    "false_positive_rate": (("fp",), ("fp", "tn")),
    "true_negative_rate": (("tn",), ("fp", "tn")),
    "false_negative_rate": (("fn",), ("tp", "fn")),
    "precision": (("tp",), ("tp", "fp")),
    "negative_predictive_value": (("tn",), ("tn", "fn")),
    "accuracy": (("tp", "tn"), ("tn", "fp", "fn", "tp")),
    "base_rate": (("tp", "fn"), ("tn", "fp", "fn", "tp")),
}
"""Name -> cells of the numerator, cells of the denominator; the selection rate needs no true labels."""

_PLACES = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""Cell -> whether the true label is the counted one, and the decision likewise."""


def rates(table: Table) -> Mapping[str, Rate]:
    """Return every rate that the table can say, by name; a denominator may be 0.

    Returns
    -------
    Mapping
        Without weights: how many rows, of how many. With weights: the weighted rate times the effective number of
        rows, of that number, so that their quotient is the weighted rate and an interval for so many rows is honest.

    Notes
    -----
    Effective number of rows: :func:`proofbox.checks.statistics.effective.effective_counts`; it is the number of rows
    where all weights are equal. A weighted rate is ``sum of the numerator's weights / sum of the denominator's``, as
    scikit-learn and Fairlearn have it.
    """
    names = ("selection_rate", *_RATES) if table.has_truth else ("selection_rate",)
    return {name: rate_of(table, name) for name in names}


def rate_of(table: Table, name: str) -> Rate:
    """Return one rate, as :func:`rates` has it."""
    if name == "selection_rate":
        truths = range(table.cells.shape[1])
        return _rate(table, [(truth, 1) for truth in truths], [(truth, place) for truth in truths for place in (0, 1)])
    above, below = _RATES[name]
    return _rate(table, [_PLACES[cell] for cell in above], [_PLACES[cell] for cell in below])


def _rate(table: Table, above: Sequence[tuple[int, int]], below: Sequence[tuple[int, int]]) -> Rate:
    if table.weight is None or table.weight_squared is None:
        return _sum(table.cells, above), _sum(table.cells, below)
    beside = [place for place in below if place not in above]
    sums = [_sum(cells, places) for cells in (table.weight, table.weight_squared) for places in (above, beside)]
    return effective_counts(*sums)


def _sum(cells: NDArray[Any], places: Sequence[tuple[int, int]]) -> NDArray[Any]:
    if not places:
        return np.zeros(len(cells), dtype=cells.dtype)
    total = cells[:, places[0][0], places[0][1]]
    for truth, decision in places[1:]:
        total = total + cells[:, truth, decision]
    return total


def _both(first: NDArray[np.float64] | None, second: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    return None if first is None or second is None else first + second


def _indices(array: pa.DictionaryArray) -> Codes:
    codes: Codes = pc.fill_null(array.indices.cast(pa.int64()), len(array.dictionary)).to_numpy(zero_copy_only=False)
    return codes
