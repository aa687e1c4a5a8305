"""Read the rows once, batch by batch, and count all that is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from proofbox.checks.cube import Cube
from proofbox.checks.groups import MOST_CODES, MOST_GROUPS, MOST_NUMBERS, too_many_groups, too_many_numbers
from proofbox.checks.joint import count
from proofbox.checks.rawcodes import RawColumn, coded_column, raw_column
from proofbox.checks.result import Inapplicable
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    import pyarrow as pa

TRUE, DECIDED = "\x00true label", "\x00decision"
"""Names of the two axes that are no attributes; no column of a file is called so."""

MOST_CLASSES = 256
"""Labels with more different values than this are no classes that anybody could compare."""

MOST_JOINT_CELLS = 1 << 16
"""Attributes are counted jointly while the joint table has at most so many cells, and one by one above."""

Attributes = tuple[str, ...]
Decide = Callable[["pa.Table"], Decisions]
"""Ask the model about a batch, whose columns are the data's features."""


@dataclass(slots=True, kw_only=True)
class Passed:
    """What one pass over the rows gave."""

    rows: int = 0
    classes: tuple[str, ...] | None = None
    """Names of the classes that are decided between, where the model said them."""
    source: Literal["model", "recorded"] = "recorded"
    tables: dict[Attributes, Cube] = field(default_factory=dict)
    """Attributes -> counts over them, the true labels (where there are any) and the decisions."""
    refused: dict[Attributes, Inapplicable] = field(default_factory=dict)
    """Columns or intersections that cannot be counted, and why."""

    def why_not(self, names: Attributes) -> Inapplicable | None:
        """Return why the counts of these columns cannot be had, if so."""
        keys = (*((name,) for name in (TRUE, DECIDED, *names)), names)
        return next((self.refused[key] for key in keys if key in self.refused), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    columns: Mapping[str, RawColumn]
    weight: pa.ChunkedArray | None


def one_pass(data: Dataset, decisions: Decisions | Decide | None, wanted: Sequence[Attributes]) -> Passed:
    """Count the decisions by each wanted set of attributes, which may be the empty one.

    Parameters
    ----------
    decisions
        What was decided: for all rows, or how to ask batch by batch; None for the recorded column of ``data``.
    """
    passed = Passed()
    sets: list[Attributes] | None = None
    for batch in _read(data, decisions, wanted, passed):
        _refuse_columns(batch.columns, data, passed)
        if sets is None:
            fit = [names for names in wanted if not _hopeless(names, batch.columns, passed)]
            sets = joint_sets(fit, {name: column.size for name, column in batch.columns.items()})
        sets = [_without_refused(names, passed) for names in sets]
        for names in dict.fromkeys(sets):
            if passed.why_not(names) is None:
                columns = [batch.columns[name] for name in (*names, TRUE, DECIDED) if name in batch.columns]
                part = count(columns, batch.weight)
                passed.tables[names] = passed.tables[names] + part if names in passed.tables else part
                _refuse_grown(passed.tables[names], data, passed)
    return passed


def joint_sets(wanted: Sequence[Attributes], sizes: Mapping[str, int]) -> list[Attributes]:
    """Return the sets of columns to count jointly so that every wanted set is part of one of them.

    One set of all columns, where its table is small; else the wanted ones, less those that are part of another.
    """
    every = tuple(dict.fromkeys(name for names in wanted for name in names))
    labels = [name for name in (TRUE, DECIDED) if name in sizes]
    if math.prod(sizes[name] for name in (*every, *labels)) <= MOST_JOINT_CELLS:
        return [every]
    return [names for names in wanted if not any(set(names) < set(other) for other in wanted)]


def _read(
    data: Dataset, decisions: Decisions | Decide | None, wanted: Sequence[Attributes], passed: Passed
) -> Iterator[_Batch]:
    names = list(dict.fromkeys(name for one in wanted for name in one))
    labels = [name for name in (data.target, data.weight) if name is not None]
    recorded = [data.prediction] if decisions is None and data.prediction is not None else []
    features = data.features if callable(decisions) else ()
    for table in data.batches(list(dict.fromkeys([*names, *labels, *recorded, *features]))):
        columns = {name: raw_column(name, table.column(name), data.bins.get(name)) for name in names}
        if decisions is None:
            columns[DECIDED] = raw_column(DECIDED, table.column(data.prediction))
        else:
            answer = decisions(table.select(list(features))) if callable(decisions) else decisions
            passed.classes, passed.source = answer.classes, answer.source
            if not answer.classes:
                passed.rows = data.rows
                return
            codes = answer.codes if callable(decisions) else answer.codes[passed.rows : passed.rows + table.num_rows]
            columns[DECIDED] = coded_column(DECIDED, codes, answer.classes)
        if data.target is not None:
            columns[TRUE] = raw_column(TRUE, table.column(data.target))
        passed.rows += table.num_rows
        yield _Batch(columns=columns, weight=None if data.weight is None else table.column(data.weight))


def _refuse_columns(columns: Mapping[str, RawColumn], data: Dataset, passed: Passed) -> None:
    """Refuse columns whose distinct values are too many even before they are counted."""
    for name, column in columns.items():
        distinct, number = column.distinct, not any(isinstance(value, str) for value in column.values[:2])
        # Small whole numbers are their own codes, whether they occur or not: they are counted first.
        most = 2 * MOST_NUMBERS if number and not column.dense else 20 * MOST_GROUPS
        if column.edges is None and distinct > most:
            _refuse(name, distinct, number, data, passed)


def _refuse_grown(cube: Cube, data: Dataset, passed: Passed) -> None:
    """Refuse what has turned out to have too many categories."""
    for axis in cube.axes:
        if axis.ordered:
            continue
        most = MOST_CLASSES if axis.name in (TRUE, DECIDED) else MOST_NUMBERS if axis.numeric else MOST_GROUPS
        if len(axis.categories) > most:
            _refuse(axis.name, len(axis.categories), axis.numeric, data, passed)


def _refuse(name: str, distinct: int, number: bool, data: Dataset, passed: Passed) -> None:
    if name in (TRUE, DECIDED):
        column = data.target if name == TRUE else data.prediction
        reason = t(
            "{column} holds {values} different labels or more, and at most {most} classes can be counted",
            column=column or "the decision",
            values=distinct,
            most=MOST_CLASSES,
        )
        passed.refused[(name,)] = Inapplicable(reason)
    else:
        groups = too_many_numbers(data, name, distinct) if number else too_many_groups([name], distinct)
        passed.refused[(name,)] = groups


def _hopeless(names: Attributes, columns: Mapping[str, RawColumn], passed: Passed) -> bool:
    """Whether these columns cannot be counted together; noted where it is for the number of their combinations."""
    sizes = [columns[name].size for name in (*names, TRUE, DECIDED) if name in columns]
    if math.prod(sizes) >= MOST_CODES:
        passed.refused.setdefault(names, too_many_groups(names, MOST_GROUPS + 1))
    return passed.why_not(names) is not None


def _without_refused(names: Attributes, passed: Passed) -> Attributes:
    """Return a joint set without the columns refused meanwhile, with what was counted of the others so far."""
    left = tuple(name for name in names if (name,) not in passed.refused)
    if left != names and names in passed.tables:
        cube = passed.tables.pop(names)
        kept = cube.over([axis.name for axis in cube.axes if (axis.name,) not in passed.refused or axis.name == TRUE])
        passed.tables[left] = passed.tables[left] + kept if left in passed.tables else kept
    return left
