"""The groups of people that a sensitive attribute makes, and what had to be decided to tell them apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import MISSING, Codes, Encoded, encode
from proofbox.checks.counted.rawcodes import RawColumn, raw_column
from proofbox.checks.late import np, pa
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NUMBERS = 50
"""A column of numbers with more distinct values than this has no groups until bins are declared."""

MOST_GROUPS = 500
"""More groups than this cannot be told apart by anybody: their pairs alone would be over a hundred thousand."""

MOST_CODES = 1 << 62
"""Joint codes are 64-bit numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Rows by group."""

    attribute: tuple[str, ...]
    """One column, or several that mean their intersection."""
    codes: Codes
    """Shape (rows,): index into ``categories``."""
    categories: tuple[Mapping[str, str], ...]
    """One mapping attribute -> category for each group that occurs; at least 2."""
    missing: Mapping[str, int]
    """Attribute -> rows without a value; they are a category of their own, named ``(missing)``."""

    def detail(self) -> dict[str, Json]:
        """Return what a reader must know of how the groups were told apart."""
        return {"attribute": list(self.attribute), "rows_missing_attribute": dict(self.missing)}


def groups_of(data: Dataset, attribute: tuple[str, ...]) -> Groups | Inapplicable:
    """Tell the groups of an attribute apart row by row, or say why there are none.

    Checks that need no more than counts ask :class:`proofbox.checks.counted.counts.Counts` instead, which reads no row
    twice.
    """
    encoded: dict[str, Encoded] = {}
    for name in attribute:
        found = _encoded(data, name)
        if isinstance(found, Inapplicable):
            return found
        encoded[name] = found
    columns = [column.categories for column in encoded.values()]
    if math.prod(len(categories) + 1 for categories in columns) > MOST_CODES:
        return too_many_groups(attribute, MOST_GROUPS + 1)
    joint = np.zeros(data.rows, dtype=np.int64)
    for column in encoded.values():
        joint = joint * (len(column.categories) + 1) + column.codes
    occurring, codes = _occurring(joint)
    categories = categories_of(occurring[: MOST_GROUPS + 1], attribute, columns)
    if unfit := unfit_groups(data, attribute, categories, len(occurring)):
        return unfit
    return Groups(
        attribute=attribute,
        codes=codes,
        categories=categories,
        missing={name: column.missing for name, column in encoded.items() if column.missing},
    )


def unfit_groups(
    data: Dataset, attribute: Sequence[str], categories: Sequence[Mapping[str, str]], groups: int
) -> Inapplicable | None:
    """Say why groups cannot be compared: there are too many, or there is one."""
    if groups > MOST_GROUPS:
        return too_many_groups(attribute, groups)
    whole = [category for category in categories if MISSING not in category.values()]
    if len(whole) == 1 and len(categories) > 1:
        return Inapplicable(
            t(
                "{attribute} has one value ({value}) in the rows of {path} that have any, so there is nothing to "
                "compare: say what it is in the others",
                attribute=" x ".join(attribute),
                value=", ".join(whole[0].values()),
                path=data.path,
            )
        )
    if len(whole) < 2:
        return Inapplicable(
            t(
                "{attribute} has one value in all rows of {path} ({value}), so there is nothing to compare",
                attribute=" x ".join(attribute),
                value=", ".join(whole[0].values()) if whole else MISSING,
                path=data.path,
            )
        )
    return None


def unfit_column(data: Dataset, name: str) -> Inapplicable | None:
    """Say why a column makes no groups: it is not there, or there are no rows."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if name not in data.table.column_names:
        return Inapplicable(t("the {role} data have no column {column}", role=data.role, column=name))
    return None


def too_many_groups(attribute: Sequence[str], groups: int) -> Inapplicable:
    """Say that nobody could tell so many groups apart."""
    return Inapplicable(
        t(
            "{attribute} makes {groups} groups or more, and at most {most} can be compared: declare coarser ones",
            attribute=" x ".join(attribute),
            groups=groups,
            most=MOST_GROUPS,
        )
    )


def too_many_numbers(data: Dataset, name: str, values: int) -> Inapplicable:
    """Say that a column of many different numbers makes no groups until bins are declared; none are made silently."""
    return Inapplicable(
        t(
            "{column} of {path} holds {values} different numbers, which are no groups: declare bins for it under "
            "data.evaluation.sensitive",
            column=name,
            path=data.path,
            values=values,
        )
    )


def categories_of(
    codes: NDArray[np.int64], attribute: Sequence[str], columns: Sequence[Sequence[str]]
) -> tuple[Mapping[str, str], ...]:
    """Return the names of groups by their joint codes; each column's categories are followed by the missing one."""
    named = [(*categories, MISSING) for categories in columns]
    places = np.unravel_index(codes, [len(names) for names in named])
    texts = ([names[place] for place in of_column.tolist()] for names, of_column in zip(named, places, strict=True))
    return tuple(dict(zip(attribute, row, strict=True)) for row in zip(*texts, strict=True))


def _encoded(data: Dataset, name: str) -> Encoded | Inapplicable:
    if unfit := unfit_column(data, name):
        return unfit
    values = data.table.column(name)
    if name in data.bins:
        return _in_bins(raw_column(name, values, data.bins[name]))
    if not (pa.types.is_dictionary(values.type) or pa.types.is_string(values.type)):
        # Told before encoding, which turns every distinct value into text.
        distinct = len(values.unique())
        if distinct > 2 * MOST_NUMBERS:
            return too_many_numbers(data, name, distinct)
    column = encode(values)
    if column.numeric and len(column.categories) > MOST_NUMBERS:
        return too_many_numbers(data, name, len(column.categories))
    return column


def _in_bins(column: RawColumn) -> Encoded:
    axis, places = column.settled()
    parts = [places[column.codes(part).astype(np.int64)] for part in column.column.chunks]
    return Encoded(codes=np.concatenate(parts), categories=axis.categories, numeric=False)


def _occurring(joint: Codes) -> tuple[Codes, Codes]:
    """Return the joint codes that occur, sorted, and each row's index into them."""
    size = int(joint.max(initial=0)) + 1
    if size > max(4 * len(joint), 1 << 20):
        occurring, codes = np.unique(joint, return_inverse=True)
        return occurring, codes.astype(np.int64)
    present = np.bincount(joint, minlength=size) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[joint]
