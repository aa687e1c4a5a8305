"""Sensitive columns of numbers: the bins that the provider declares for them, never made silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.runners.submitted.data import SensitiveColumn
from proofbox.runners.submitted.problems import Place, Problems

if TYPE_CHECKING:
    from proofbox.checks.subject import Dataset


def declared_bins(
    sensitive: tuple[SensitiveColumn, ...], data: Dataset, place: Place, problems: Problems
) -> dict[str, tuple[float, ...]]:
    """Return column -> rising edges, for the sensitive columns that declare bins or quantiles."""
    import pyarrow.types as pt

    found = {}
    for index, one in enumerate(sensitive):
        if one.column not in data.table.column_names or not (one.bins or one.quantiles):
            continue
        kind = data.table.column(one.column).type
        if not (pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind)):
            problems.add(
                (*place, index),
                got=f"bins for '{one.column}', which {data.path} holds as {_said(kind)}",
                expected="a column of numbers",
                hint="name the column alone: its values are the groups",
            )
            continue
        edges = one.bins or _quantiles(one, data)
        if not edges:
            problems.add(
                (*place, index),
                got=f"quantiles of '{one.column}', which {_why_none(data)}",
                expected="numbers that can be split",
                hint="declare the edges instead, for example bins: [25, 40, 60]",
            )
            continue
        found[one.column] = edges
    return found


def _quantiles(one: SensitiveColumn, data: Dataset) -> tuple[float, ...]:
    """Return the edges that split the rows into equally many; fewer where many rows share one value."""
    import numpy as np
    import pyarrow as pa

    if data.source is not None:
        return ()
    numbers = data.table.column(one.column).cast(pa.float64(), safe=False).to_numpy()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return ()
    shares = np.arange(1, one.quantiles or 1) / (one.quantiles or 1)
    edges = np.unique(np.quantile(numbers, shares))
    # An edge at the lowest value would make a bin that is empty.
    return tuple(float(edge) for edge in edges if edge > numbers.min())


def _why_none(data: Dataset) -> str:
    if data.source is not None:
        return f"{data.path} has too many rows to sort"
    return f"is the same in all rows of {data.path}"


def _said(kind: object) -> str:
    text = str(kind)
    return "text" if "string" in text else text
