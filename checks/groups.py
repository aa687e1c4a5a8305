"""The groups of people that a sensitive attribute makes, and what had to be decided to tell them apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from proofbox.checks.counting import MISSING, Codes, Encoded, encode
from proofbox.checks.result import Inapplicable, Json
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

MOST_NUMBERS = 50
"""A column of numbers with more distinct values than this has no groups until bins are declared."""

MOST_GROUPS = 500
"""More groups than this cannot be told apart by anybody: their pairs alone would be over a hundred thousand."""

_MOST_CODES = 1 << 62
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
    """Tell the groups of an attribute apart, or say why there are none."""
    encoded: dict[str, Encoded] = {}
    for name in attribute:
        found = _encoded(data, name)
        if isinstance(found, Inapplicable):
            return found
        encoded[name] = found
    if math.prod(len(column.categories) + 1 for column in encoded.values()) > _MOST_CODES:
        return _too_many(attribute, MOST_GROUPS + 1)
    joint = np.zeros(data.rows, dtype=np.int64)
    for column in encoded.values():
        joint = joint * (len(column.categories) + 1) + column.codes
    occurring, codes = _occurring(joint)
    categories = tuple(_category(int(code), encoded) for code in occurring[: MOST_GROUPS + 1])
    if len(occurring) > MOST_GROUPS:
        return _too_many(attribute, len(occurring))
    if sum(MISSING not in category.values() for category in categories) < 2:
        name = " x ".join(attribute)
        return Inapplicable(t("{attribute} has one value in all rows, so there is nothing to compare", attribute=name))
    return Groups(
        attribute=attribute,
        codes=codes,
        categories=categories,
        missing={name: column.missing for name, column in encoded.items() if column.missing},
    )


def _too_many(attribute: tuple[str, ...], groups: int) -> Inapplicable:
    return Inapplicable(
        t(
            "{attribute} makes {groups} groups or more, and at most {most} can be compared: declare coarser ones",
            attribute=" x ".join(attribute),
            groups=groups,
            most=MOST_GROUPS,
        )
    )


def _encoded(data: Dataset, name: str) -> Encoded | Inapplicable:
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if name not in data.table.column_names:
        return Inapplicable(t("the {role} data have no column {column}", role=data.role, column=name))
    values = data.table.column(name)
    if not (pa.types.is_dictionary(values.type) or pa.types.is_string(values.type)):
        # Told before encoding, which turns every distinct value into text.
        distinct = len(values.unique())
        if distinct > 2 * MOST_NUMBERS:
            return _too_many_numbers(name, distinct)
    column = encode(values)
    if column.numeric and len(column.categories) > MOST_NUMBERS:
        return _too_many_numbers(name, len(column.categories))
    return column


def _too_many_numbers(name: str, values: int) -> Inapplicable:
    return Inapplicable(
        t(
            "{column} holds {values} different numbers, which are no groups: add a column of declared bins",
            column=name,
            values=values,
        )
    )


def _occurring(joint: Codes) -> tuple[Codes, Codes]:
    """Return the joint codes that occur, sorted, and each row's index into them."""
    size = int(joint.max(initial=0)) + 1
    if size > max(4 * len(joint), 1 << 20):
        occurring, codes = np.unique(joint, return_inverse=True)
        return occurring, codes.astype(np.int64)
    present = np.bincount(joint, minlength=size) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[joint]


def _category(code: int, encoded: Mapping[str, Encoded]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for name, column in reversed(list(encoded.items())):
        code, place = divmod(code, len(column.categories) + 1)
        names[name] = column.categories[place] if place < len(column.categories) else MISSING
    return {name: names[name] for name in encoded}
