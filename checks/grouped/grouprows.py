"""Rows by group, for checks that look at each row's number and not at counts: errors, probabilities, ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import MISSING
from proofbox.checks.counted.groups import groups_of
from proofbox.checks.grouped.outcomes import Category
from proofbox.checks.grouped.refusals import GroupParams, missing_refused, nothing_to_compare, weights_said
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa, pc
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRows:
    """The rows that are compared."""

    codes: NDArray[np.int64]
    """Shape (rows,): index into ``categories``; -1 where the row is of no group that is compared, or has no value."""
    categories: tuple[Category, ...]
    """At least 2."""
    weight: Floats | None
    """Shape (rows,): sample weights, above 0 in every row that is compared; None where rows carry none."""
    detail: Mapping[str, Json]

    @property
    def sample_size(self) -> int:
        """Rows that are compared."""
        return int(np.count_nonzero(self.codes >= 0))


def group_rows(data: Dataset, params: GroupParams, usable: NDArray[np.bool_]) -> GroupRows | Inapplicable:
    """Tell the groups apart among the rows that have a value.

    Parameters
    ----------
    usable
        Shape (rows,): whether the row has the value that is compared. Rows whose weight is 0 stand for nobody and are
        left out too.
    """
    groups = groups_of(data, params.attribute)
    if isinstance(groups, Inapplicable):
        return groups
    if params.missing == "refuse" and groups.missing:
        return Inapplicable(missing_refused(data, groups.missing))
    weight = None if data.weight is None else numbers(data.table.column(data.weight))
    without_value = int(np.count_nonzero(~usable))
    if weight is not None:
        usable = usable & (weight > 0)
    size = len(groups.categories)
    rows = np.bincount(groups.codes[usable], minlength=size)
    there = (rows >= params.min_group_size) & (
        _worth(groups.codes, size, usable, weight) >= min(2, params.min_group_size)
    )
    if params.missing == "leave_out":
        there &= np.array([MISSING not in category.values() for category in groups.categories])
    kept = np.flatnonzero(there)
    if len(kept) < 2:
        return nothing_to_compare(len(kept), params)
    place = np.full(size, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    left_out: list[Json] = [
        {"group": dict(groups.categories[group]), "rows": int(rows[group])} for group in np.flatnonzero(~there).tolist()
    ]
    return GroupRows(
        codes=np.where(usable, place[groups.codes], -1),
        categories=tuple(groups.categories[group] for group in kept.tolist()),
        weight=weight,
        detail={
            **groups.detail(),
            "rows": data.rows,
            "rows_without_value": without_value,
            "groups_left_out": left_out,
            **weights_said(data),
        },
    )


def _worth(codes: NDArray[np.int64], size: int, usable: NDArray[np.bool_], weight: Floats | None) -> Floats:
    """Return shape (groups,): how many rows without weights each group's rows are worth (Kish)."""
    if weight is None:
        return np.bincount(codes[usable], minlength=size).astype(np.float64)
    group, weights = codes[usable], weight[usable]
    squares = np.bincount(group, weights=weights**2, minlength=size)
    whole = np.bincount(group, weights=weights, minlength=size)
    worth: Floats = np.where(squares > 0, whole**2 / np.where(squares > 0, squares, 1), 0.0)
    return worth


def numbers(column: pa.ChunkedArray) -> Floats | None:
    """Return a column as numbers, missing ones as NaN, shape (rows,); None where it holds none."""
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], type=column.type.value_type)
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return None
    values: Floats = pc.fill_null(column.cast(pa.float64(), safe=False), float("nan")).to_numpy()
    return values
