"""Slices of rows: the categories of a column, bands of its numbers, or several columns crossed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from proofbox.checks.counted.groups import Groups, groups_of
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.outcomes import Category
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW_NUMBERS = 10
"""A column of numbers with no more distinct values than this is sliced by value, and by band otherwise."""

_ABOUT_SLICE = "One column, or several that are crossed: `region`, `region,age` or `[region, age]`; by default none."


class SliceParams(CheckParams):
    """Parameters of checks that measure all rows and, if asked, slices of them."""

    slice: Annotated[tuple[str, ...], BeforeValidator(as_columns), Field(max_length=8, description=_ABOUT_SLICE)] = ()
    bands: int = Field(default=4, ge=2, le=20)
    """Bands of about equally many rows that a column of numbers is cut into; bins that the submission declares for it
    take their place."""
    min_slice_size: int = Field(default=30, ge=2)
    """Slices with fewer rows are not measured, and are named in the detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some of the rows; all of them where ``category`` is empty."""

    category: Category
    rows: NDArray[np.bool_]
    """Shape (rows,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliced:
    """Slices that are large enough, and what a reader must know of the others."""

    slices: tuple[Slice, ...]
    detail: Mapping[str, Json]


def sliced(data: Dataset, params: SliceParams, usable: NDArray[np.bool_]) -> Sliced | Inapplicable:
    """Return the slices that were asked for among the rows that have a value, none by default.

    Parameters
    ----------
    usable
        Shape (rows,): whether the row can be measured.
    """
    if not params.slice:
        return Sliced(slices=(), detail={})
    groups = slices_of(data, params.slice, params.bands)
    if isinstance(groups, Inapplicable):
        return groups
    size = np.bincount(groups.codes[usable], minlength=len(groups.categories))
    large = [place for place, rows in enumerate(size.tolist()) if rows >= params.min_slice_size]
    small: list[Json] = [
        {"slice": dict(category), "rows": rows}
        for category, rows in zip(groups.categories, size.tolist(), strict=True)
        if rows < params.min_slice_size
    ]
    return Sliced(
        slices=tuple(
            Slice(category=groups.categories[place], rows=usable & (groups.codes == place)) for place in large
        ),
        detail={"slice": list(params.slice), "slices_measured": len(large), "slices_too_small": small},
    )


def slices_of(data: Dataset, columns: tuple[str, ...], bands: int) -> Groups | Inapplicable:
    """Tell slices apart row by row, or say why there are none; see :class:`SliceParams`."""
    bins = dict(data.bins)
    for name in columns:
        if name in data.table.column_names and name not in bins:
            values = numbers(data.table.column(name))
            edges = () if values is None else band_edges(values, bands)
            if edges:
                bins[name] = edges
    return groups_of(replace(data, bins=bins), columns)


def band_edges(values: Floats, bands: int) -> tuple[float, ...]:
    """Return the rising edges between bands of about equally many rows, as round as the spread of the values allows.

    None where there are few distinct numbers.
    """
    there = values[np.isfinite(values)]
    if len(np.unique(there)) <= FEW_NUMBERS:
        return ()
    edges = np.quantile(there, np.arange(1, bands) / bands, method="higher")
    digits = 2 - math.floor(math.log10(float(there.max()) / 2 - float(there.min()) / 2))
    if abs(digits) < 300:  # beyond, a power of ten is no float
        edges = np.round(edges, digits)
    edges = np.unique(edges)
    return tuple(edges[edges > there.min()].tolist())
