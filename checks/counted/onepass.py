"""Read the rows once, batch by batch, and count all that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from proofbox.checks.counted.blockcounts import (
    DECIDED,
    TRUE,
    Attributes,
    Batch,
    BlockCounts,
    CountElsewhere,
    CountOrder,
    Decide,
    batch_of,
    counted,
    joint_sets,
    too_large,
    too_many,
)
from proofbox.checks.counted.cube import Cube
from proofbox.checks.counted.groups import MOST_GROUPS, MOST_NUMBERS, too_many_groups, too_many_numbers
from proofbox.checks.counted.rawcodes import RawColumn
from proofbox.checks.result import Inapplicable
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

MOST_CLASSES = 256
"""Labels with more different values than this are no classes that anybody could compare."""


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


def one_pass(
    data: Dataset,
    decisions: Decisions | Decide | None,
    wanted: Sequence[Attributes],
    elsewhere: CountElsewhere | None = None,
) -> Passed:
    """Count the decisions by each wanted set of attributes, which may be the empty one.

    Parameters
    ----------
    decisions
        What was decided: for all rows, or how to ask batch by batch; None for the recorded column of ``data``.
    elsewhere
        Counts the blocks of a file by several hands; None: they are counted here, one after the other. What comes out
        is the same to the last bit: the blocks are, and they are added up in their order.
    """
    if elsewhere is not None and (found := _counted_elsewhere(data, decisions, wanted, elsewhere)):
        return found
    passed = Passed()
    sets: list[Attributes] | None = None
    for batch in _read(data, decisions, wanted, passed):
        _refuse_columns(batch.columns, data, passed)
        if sets is None:
            fit = [names for names in wanted if not _hopeless(names, batch.columns, passed)]
            sets = joint_sets(fit, batch.sizes)
        sets = [_without_refused(names, passed) for names in sets]
        for names in dict.fromkeys(sets):
            if passed.why_not(names) is None:
                _add(passed, names, counted(batch, names), data)
    return passed


def _counted_elsewhere(
    data: Dataset, decisions: Decisions | Decide | None, wanted: Sequence[Attributes], elsewhere: CountElsewhere
) -> Passed | None:
    """Return what several hands counted; None where something is refused: why is told by going through in order."""
    passed = Passed()
    order = _order(data, decisions, wanted)
    for part in elsewhere.counted(order):
        if not isinstance(part, BlockCounts):
            return None
        passed.rows += part.rows
        passed.classes, passed.source = part.classes, part.source
        for names, cube in part.tables.items():
            _add(passed, names, cube, data)
        if passed.refused:
            return None
    return passed if passed.rows == data.rows else None


def _order(data: Dataset, decisions: Decisions | Decide | None, wanted: Sequence[Attributes]) -> CountOrder:
    return CountOrder(
        wanted=tuple(wanted),
        target=data.target,
        weight=data.weight,
        prediction=data.prediction if decisions is None else None,
        features=data.features if callable(decisions) else (),
        bins=data.bins,
    )


def _read(
    data: Dataset, decisions: Decisions | Decide | None, wanted: Sequence[Attributes], passed: Passed
) -> Iterator[Batch]:
    order = _order(data, decisions, wanted)
    for table in data.batches(order.columns):
        if decisions is None:
            yield batch_of(table, order, None)
        else:
            answer = decisions(table.select(list(order.features))) if callable(decisions) else decisions
            passed.classes, passed.source = answer.classes, answer.source
            if not answer.classes:
                passed.rows = data.rows
                return
            rows = slice(0, None) if callable(decisions) else slice(passed.rows, passed.rows + table.num_rows)
            yield batch_of(table, order, replace(answer, codes=answer.codes[rows]))
        passed.rows += table.num_rows


def _add(passed: Passed, names: Attributes, part: Cube, data: Dataset) -> None:
    passed.tables[names] = passed.tables[names] + part if names in passed.tables else part
    _refuse_grown(passed.tables[names], data, passed)


def _refuse_columns(columns: Mapping[str, RawColumn], data: Dataset, passed: Passed) -> None:
    """Refuse columns whose distinct values are too many even before they are counted."""
    for name, column in columns.items():
        if too_many(column):
            number = not any(isinstance(value, str) for value in column.values[:2])
            _refuse(name, column.distinct, number, data, passed)


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
    if too_large(names, columns):
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
