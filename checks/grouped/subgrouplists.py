"""Groups against everybody outside them as a record lists them: the worst, those too small to judge, and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.grouped.outcomes import Category
from proofbox.checks.grouped.subgroups import Subgroups
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.result import CountTable, Json, Scalar
from proofbox.checks.statistics.contrasts import contrasts_z
from proofbox.checks.statistics.pairs import difference_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SMALL = 200
"""Groups too small to judge that are listed; the evidence table has all."""


def listed(judged: Subgroups, p_values: Floats, places: NDArray[np.intp], confidence: float) -> list[Json]:
    """Return some of the judged groups, with limits of the difference that hold for all judged ones at once.

    Parameters
    ----------
    p_values
        Shape (groups,), adjusted.
    places
        The groups to list, in order.
    """
    inside, outside = judged.rates
    low, high = difference_limits(judged.inside, judged.outside, contrasts_z(len(judged.categories), confidence))
    return [
        {
            "group": dict(judged.categories[place]),
            "rate": float(inside[place]),
            "count": int(judged.count[place]),
            "of": int(judged.of[place]),
            "rest": float(outside[place]),
            "difference": float(inside[place] - outside[place]),
            "low": float(low[place]),
            "high": float(high[place]),
            "adjusted_p_value": float(p_values[place]),
        }
        for place in places.tolist()
    ]


def listed_small(small: Subgroups) -> list[Json]:
    """Return the groups that are too small to judge, with their rows."""
    return [
        {"group": dict(category), "rows": int(rows), "of": int(of)}
        for category, rows, of in list(zip(small.categories, small.rows, small.of, strict=True))[:MOST_SMALL]
    ]


def groups_table(name: str, judged: Subgroups, small: Subgroups, p_values: Floats) -> CountTable:
    """Return every group: who, the counts inside and of all, and the adjusted p-value where it was judged."""
    columns: dict[str, list[Scalar]] = {
        column: [] for column in ("group", "rows", "count", "of", "all_count", "all_of", "adjusted_p_value")
    }
    for groups, values in ((judged, p_values), (small, None)):
        numbers = (groups.rows, groups.count, groups.of, groups.all_count, groups.everybody)
        columns["group"] += [_name(category) for category in groups.categories]
        for column, cells in zip(("rows", "count", "of", "all_count", "all_of"), numbers, strict=True):
            columns[column] += cells.tolist()
        columns["adjusted_p_value"] += [None] * len(groups.categories) if values is None else values.tolist()
    return CountTable(name=name, columns={column: tuple(cells) for column, cells in columns.items()})


def _name(category: Category) -> str:
    return "; ".join(f"{attribute}: {value}" for attribute, value in category.items())
