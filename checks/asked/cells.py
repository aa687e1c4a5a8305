"""Single cells changed: in each row one value (or a few) of a column drawn at random, and which columns matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import with_columns
from proofbox.checks.asked.degradation import (
    Asked,
    accuracy_drop,
    failing_case,
    failure_share,
    flip_rate,
    highest,
    highest_flip_rate,
    smallest_case,
)
from proofbox.checks.asked.perturbing import Altered, Tried, Unanswered, Way, perturbed
from proofbox.checks.asked.probing import Probed, probed
from proofbox.checks.counted.counting import missing_mask
from proofbox.checks.late import np, pa
from proofbox.checks.result import Json, Measured, Result
from proofbox.checks.text import Text

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Change: TypeAlias = "Callable[[pa.ChunkedArray, NDArray[np.bool_], Generator], pa.ChunkedArray]"
"""Takes a column, which of its cells to change (none of them missing) and draws; returns the column as changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A way of changing single cells."""

    name: Mapping[str, Json]
    label: Text
    changes: Mapping[str, Change]
    """Column -> how a cell of it is changed; at least one."""
    number: int = 1
    """How many cells of each row are changed, where it has so many values."""

    def way(self) -> Way:
        """Return the way of changing rows."""
        columns = tuple(self.changes) if self.number == 1 else ()
        return Way(name=self.name, label=self.label, alter=partial(_alter, self), columns=columns)

    def of(self, columns: Sequence[str]) -> Cells:
        """Return the same for some of the columns."""
        kept = {name: change for name, change in self.changes.items() if name in columns}
        return Cells(name=self.name, label=self.label, changes=kept, number=self.number)


def _alter(cells: Cells, table: pa.Table, rng: Generator) -> Altered:
    there = np.stack([~missing_mask(table.column(name)) for name in cells.changes], axis=1)
    keys = np.where(there, rng.random(there.shape), -1.0)
    # The cells with the largest keys; a row with fewer values than that loses those that it has.
    order = np.argsort(-keys, axis=1, kind="stable")[:, : cells.number]
    chosen = np.zeros_like(there)
    np.put_along_axis(chosen, order, values=True, axis=1)
    chosen &= there
    changed = {
        name: change(table.column(name), chosen[:, place], rng)
        for place, (name, change) in enumerate(cells.changes.items())
    }
    column = np.where(chosen.any(axis=1), order[:, 0], -1) if cells.number == 1 else None
    return Altered(table=with_columns(table, changed), column=column)


def measure_cells(asked: Asked, given: Sequence[Cells], rng: Generator, headline: int | None = None) -> Asking[Result]:
    """Measure what changed cells do, column by column first: a model that falls over one is asked about the others.

    Parameters
    ----------
    given
        The ways of changing cells.
    headline
        Place of the way whose flip rate is the measure; None: the highest one is.
    """
    columns = list(dict.fromkeys(name for cells in given for name in cells.changes))
    singles = [next(cells for cells in given if name in cells.changes).of([name]) for name in columns]
    probes = [Cells(name={"column": one}, label=each.label, changes=each.changes).way()
              for one, each in zip(columns, singles, strict=True)]  # fmt: skip
    found = yield from probed(asked.data, probes, rng)
    answered = [str(way.name["column"]) for way in found.answered]
    kept = [cells.of(answered) for cells in given]
    ways = [cells.way() for cells in kept if cells.changes]
    tried = (yield from perturbed(asked.data, asked.decisions, ways, asked.params, rng)) if ways else ()
    wanted = None if headline is None else given[headline].name
    return (yield from _measured(asked, columns, found, tried, wanted))


def _measured(
    asked: Asked, columns: Sequence[str], found: Probed, tried: Sequence[Tried], wanted: Mapping[str, Json] | None
) -> Asking[Result]:
    later = [(one.way, one.unanswered) for one in tried if one.unanswered is not None]
    named = [(way.name, one) for way, one in found.unanswered] + [(_place(way, one), one) for way, one in later]
    share = failure_share(asked, [{"column": name} for name in columns], _once(named))
    known = [one for one in tried if one.rows]
    main = [one for one in known if wanted is None or one.way.name == wanted]
    measurements, cases = [share], []
    if main:
        best = highest(main)
        rate = highest_flip_rate(asked, known) if wanted is None else flip_rate(asked, best, known)
        measurements += [one for one in (rate, accuracy_drop(asked, best)) if one is not None]
        cases.append((yield from smallest_case(asked, best)))
    cases += [failing_case(asked, way, one) for way, one in (*found.unanswered, *later)]
    return Measured(measurements=tuple(measurements), counterexamples=tuple(case for case in cases if case is not None))


def _place(way: Way, one: Unanswered) -> Mapping[str, Json]:
    return way.name if one.column is None else {"column": one.column}


def _once(named: Sequence[tuple[Mapping[str, Json], Unanswered]]) -> list[tuple[Mapping[str, Json], Unanswered]]:
    """Return each column once, by its first failure: it cannot fail more than wholly."""
    first: dict[str, tuple[Mapping[str, Json], Unanswered]] = {}
    for name, one in named:
        first.setdefault(str(name.get("column", name)), (name, one))
    return list(first.values())
