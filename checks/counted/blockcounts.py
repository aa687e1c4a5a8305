"""The counts of one block of rows, and how they are ordered: what several hands can work at side by side.

A block is a range of rows of a file that follows from its number alone. Its counts follow from the block and the order,
and not from who counts it or when; those of all blocks, added up in the order of the blocks, are those of the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from proofbox.checks.counted.cube import Cube
from proofbox.checks.counted.groups import MOST_CODES, MOST_GROUPS, MOST_NUMBERS
from proofbox.checks.counted.joint import count
from proofbox.checks.counted.rawcodes import RawColumn, coded_column, raw_column
from proofbox.checks.subject import Decisions

if TYPE_CHECKING:
    import pyarrow as pa

TRUE, DECIDED = "\x00true label", "\x00decision"
"""Names of the two axes that are no attributes; no column of a file is called so."""

MOST_JOINT_CELLS = 1 << 16
"""Attributes are counted jointly while the joint table has at most so many cells, and one by one above."""

Attributes = tuple[str, ...]
Decide = Callable[["pa.Table"], Decisions]
"""Ask the model about a batch, whose columns are the data's features."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOrder:
    """What is to be counted in each block of a file: all that a hand has to know beside the rows."""

    wanted: tuple[Attributes, ...]
    target: str | None
    weight: str | None
    prediction: str | None
    """Column of recorded decisions; None where a model decides."""
    features: tuple[str, ...]
    """What the model is given; empty where the decisions are recorded."""
    bins: Mapping[str, tuple[float, ...]]
    sets: tuple[Attributes, ...] | None = None
    """What is counted jointly, as the first block says it; None for the first block itself."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that have to be read."""
        names = [name for one in self.wanted for name in one]
        labels = [name for name in (self.target, self.weight, self.prediction) if name is not None]
        return tuple(dict.fromkeys([*names, *labels, *self.features]))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCounts:
    """The counts of one block."""

    rows: int
    sets: tuple[Attributes, ...]
    classes: tuple[str, ...] | None
    source: Literal["model", "recorded"]
    tables: Mapping[Attributes, Cube]


@dataclass(frozen=True, slots=True)
class NotCountable:
    """A block in which something is refused: why is told by going through the rows in order."""


class CountElsewhere(Protocol):
    """Counts the blocks of a file by several hands."""

    def counted(self, order: CountOrder) -> Iterator[BlockCounts | NotCountable]:
        """Yield the counts of the blocks in the order of the blocks; of what is worked at meanwhile, little is held."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A block of rows, each column as codes."""

    columns: Mapping[str, RawColumn]
    """With those of the true labels and of the decisions."""
    weight: pa.ChunkedArray | None

    @property
    def sizes(self) -> dict[str, int]:
        """Number of codes of each column."""
        return {name: column.size for name, column in self.columns.items()}


def count_block(table: pa.Table, order: CountOrder, decide: Decide | None) -> BlockCounts | NotCountable:
    """Count one block of rows, whose columns are those of ``order.columns``.

    Parameters
    ----------
    decide
        The model; None where what was decided is recorded in the rows.
    """
    answer = decide(table.select(list(order.features))) if decide is not None else None
    if answer is not None and not answer.classes:
        return NotCountable()
    batch = batch_of(table, order, answer)
    if any(map(too_many, batch.columns.values())):
        return NotCountable()
    sets = order.sets
    if sets is None:
        if any(too_large(names, batch.columns) for names in order.wanted):
            return NotCountable()
        sets = tuple(dict.fromkeys(joint_sets(order.wanted, batch.sizes)))
    return BlockCounts(
        rows=table.num_rows,
        sets=sets,
        classes=None if answer is None else answer.classes,
        source="recorded" if answer is None else answer.source,
        tables={names: counted(batch, names) for names in sets},
    )


def joint_sets(wanted: Sequence[Attributes], sizes: Mapping[str, int]) -> list[Attributes]:
    """Return the sets of columns to count jointly so that every wanted set is part of one of them.

    One set of all columns, where its table is small; else the wanted ones, less those that are part of another.
    """
    every = tuple(dict.fromkeys(name for names in wanted for name in names))
    labels = [name for name in (TRUE, DECIDED) if name in sizes]
    if math.prod(sizes[name] for name in (*every, *labels)) <= MOST_JOINT_CELLS:
        return [every]
    return [names for names in wanted if not any(set(names) < set(other) for other in wanted)]


def batch_of(table: pa.Table, order: CountOrder, answer: Decisions | None) -> Batch:
    """Return a block as codes; ``answer`` is what the model decided, None where the decisions are recorded."""
    names = dict.fromkeys(name for one in order.wanted for name in one)
    columns = {name: raw_column(name, table.column(name), order.bins.get(name)) for name in names}
    if answer is not None:
        columns[DECIDED] = coded_column(DECIDED, answer.codes, answer.classes)
    else:
        columns[DECIDED] = raw_column(DECIDED, table.column(order.prediction))
    if order.target is not None:
        columns[TRUE] = raw_column(TRUE, table.column(order.target))
    return Batch(columns=columns, weight=None if order.weight is None else table.column(order.weight))


def counted(batch: Batch, names: Attributes) -> Cube:
    """Count these columns of a block together with its true labels and decisions."""
    return count([batch.columns[name] for name in (*names, TRUE, DECIDED) if name in batch.columns], batch.weight)


def too_many(column: RawColumn) -> bool:
    """Whether a column's distinct values are too many even before they are counted."""
    number = not any(isinstance(value, str) for value in column.values[:2])
    # Small whole numbers are their own codes, whether they occur or not: they are counted first.
    most = 2 * MOST_NUMBERS if number and not column.dense else 20 * MOST_GROUPS
    return column.edges is None and column.distinct > most


def too_large(names: Attributes, columns: Mapping[str, RawColumn]) -> bool:
    """Whether these columns have too many combinations to be counted together."""
    return math.prod(columns[name].size for name in (*names, TRUE, DECIDED) if name in columns) >= MOST_CODES
