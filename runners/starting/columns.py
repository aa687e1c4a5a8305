"""What a column of an undescribed table is like: enough to guess what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.checks.labels import label_text

if TYPE_CHECKING:
    import pyarrow as pa

MOST_LABELS = 50
"""A column of more different values holds no labels and no groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as it was read."""

    name: str
    kind: Literal["whole", "number", "text", "other"]
    distinct: int
    """Number of different values, a missing one not counted."""
    labels: tuple[str, ...]
    """The values as labels, sorted; empty where there are more than :data:`MOST_LABELS`."""
    unique: bool
    """Whether every row has a value of its own."""
    missing: int
    """Rows without a value."""

    @property
    def groups(self) -> bool:
        """Whether its values can be groups of people as they are."""
        return bool(self.labels) and self.kind != "other" and 1 < self.distinct <= 30


def columns_of(table: pa.Table) -> tuple[Column, ...]:
    """Return what each column of ``table`` is like, in the order of the file."""
    return tuple(_column(name, table.column(name)) for name in table.column_names)


def _column(name: str, values: pa.ChunkedArray) -> Column:
    import pyarrow.compute as pc

    present = values.drop_null()
    distinct = pc.unique(present)
    count = len(distinct)
    texts = [label_text(value) for value in distinct.to_pylist()] if count <= MOST_LABELS else []
    return Column(
        name=name,
        kind=_kind(values.type),
        distinct=count,
        labels=tuple(sorted(texts)),
        unique=count == len(values) > 1,
        missing=values.null_count,
    )


def _kind(type_: pa.DataType) -> Literal["whole", "number", "text", "other"]:
    import pyarrow.types as pt

    if pt.is_dictionary(type_) or pt.is_string(type_):
        return "text"
    if pt.is_integer(type_) or pt.is_boolean(type_):
        return "whole"
    return "number" if pt.is_floating(type_) or pt.is_decimal(type_) else "other"
