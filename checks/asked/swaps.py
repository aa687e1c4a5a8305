"""Rows given the values of another group: the attribute's own, and what is typical of the group in other columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking, ask_all
from proofbox.checks.asked.broker import BATCH_ROWS
from proofbox.checks.asked.changing import with_columns
from proofbox.checks.counted.counting import MISSING, encode
from proofbox.checks.counted.groups import Groups
from proofbox.checks.late import np, pa, pc
from proofbox.checks.subject import Dataset, Decisions

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """All rows that are not of one group, given that group's values."""

    group: int
    rows: NDArray[np.intp]
    """The rows of the data that were changed."""
    table: pa.Table
    """Those rows as they are to be asked about: the model's features."""


def whole_groups(groups: Groups) -> list[int]:
    """Return the groups whose every attribute has a value."""
    return [code for code, category in enumerate(groups.categories) if MISSING not in category.values()]


def swap_of(data: Dataset, groups: Groups, group: int, read: tuple[str, ...], known: NDArray[np.bool_]) -> Swap:
    """Give the known rows of all other groups the values of one.

    Parameters
    ----------
    read
        The features that are set: the attribute's own, and those that stand in for it.
    known
        Shape (rows,): the rows whose group is known.
    """
    rows = np.flatnonzero(known & (groups.codes != group))
    members = np.flatnonzero(groups.codes == group)
    table = data.feature_table().take(pa.array(rows))
    swapped = {}
    for name in read:
        column = data.table.column(name)
        if name in groups.attribute and name not in data.bins:
            # Taking an existing cell keeps the column's type, dictionary and all.
            swapped[name] = column.take(pa.array(np.full(len(rows), members[0])))
        else:
            swapped[name] = typical_cells(column, members, len(rows))
    return Swap(group=group, rows=rows, table=with_columns(table, swapped))


def ask_swaps(swaps: Iterable[Swap], told: Callable[[Swap, Decisions], None]) -> Asking[None]:
    """Ask about the swaps in large batches, without holding all of them at once, and tell the decisions of each.

    Raises
    ------
    ModelFailedError
        The model did not answer.
    """
    held: list[Swap] = []
    for swap in swaps:
        if held and sum(len(one.rows) for one in held) + len(swap.rows) > BATCH_ROWS:
            yield from _ask_held(held, told)
            held = []
        held.append(swap)
    yield from _ask_held(held, told)


def _ask_held(held: list[Swap], told: Callable[[Swap, Decisions], None]) -> Asking[None]:
    answers = yield from ask_all([swap.table for swap in held])
    for swap, answer in zip(held, answers, strict=True):
        told(swap, answer)


def typical_cells(column: pa.ChunkedArray, members: NDArray[np.intp], rows: int) -> pa.ChunkedArray:
    """Return ``rows`` cells that all hold what is typical of the members."""
    there = column.take(pa.array(members))
    encoded = encode(there)
    counts = np.bincount(encoded.codes, minlength=len(encoded.categories) + 1)[:-1]
    if encoded.numeric and len(counts) > 10:
        middle = pc.quantile(there, q=0.5, interpolation="nearest")[0].as_py()
        return pa.chunked_array([pa.array([middle] * rows).cast(column.type)])
    code = int(counts.argmax()) if len(counts) else 0
    cell = int(np.flatnonzero(encoded.codes == code)[0])
    return there.take(pa.array(np.full(rows, cell)))
