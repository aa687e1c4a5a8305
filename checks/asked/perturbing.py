"""Rows changed on purpose, in one way or several: asked about step by step until each way's flip rate is known.

All ways see the same rows, in an order drawn once, and the same draws in each row, so that they can be compared. A way
drops out when its own rate is known as exactly as ``precision`` asks, or when the model gives no answer for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking, ask_all
from proofbox.checks.asked.broker import BATCH_ROWS
from proofbox.checks.asked.changing import differ, joined, part_of
from proofbox.checks.asked.failing import Failure, answers_still, failing_row
from proofbox.checks.asked.truth import Truth, truth_of
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np, pa
from proofbox.checks.params import CheckParams
from proofbox.checks.result import Json
from proofbox.checks.statistics.sampling import narrow_enough, sample_sizes
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

CASES_KEPT = 16
"""Flipped rows that are shrunk in lock-step to find the smallest; more would cost queries and hardly shrink further."""


class PerturbationParams(CheckParams):
    """What every perturbation check can be told."""

    precision: float = Field(default=0.005, gt=0, lt=0.5)
    """Half width of a flip rate's interval at which the check stops asking; it asks about each row once at most."""
    tolerance: float = Field(default=0.1, ge=0)
    """For answers that are numbers: an answer has turned where it moved by more than this, relative to
    ``1 + |answer|``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Altered:
    """Rows after a change."""

    table: pa.Table
    column: NDArray[np.intp] | None = None
    """Shape (rows,): the way's column that was changed in each row, -1 where none was; None where it is not of one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One way of changing rows."""

    name: Mapping[str, Json]
    """What tells it from the other ways of the check, as the detail has it: ``{"severity": 0.1}``."""
    label: Text
    """What a changed row is called."""
    alter: Callable[[pa.Table, Generator], Altered]
    """Changes rows of the model's features, any number of them; each row gets its own draws."""
    columns: tuple[str, ...] = ()
    """Columns of which it changes one in each row; empty where it is not of that kind."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turned:
    """Changed rows whose decision turned, with what was decided about them."""

    rows: NDArray[np.intp]
    """Rows of the data."""
    table: pa.Table
    decisions: Decisions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unanswered:
    """How the model failed on changed rows."""

    failure: Failure
    row: int | None
    """Row of the data, where a single one was found."""
    table: pa.Table | None
    """That row as it was changed."""
    column: str | None = None
    """The column that was changed in it, where it was one."""


@dataclass(slots=True, kw_only=True, eq=False)
class Tried:
    """What is known of one way so far."""

    way: Way
    rows: int = 0
    flips: int = 0
    right: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 2), dtype=np.int64))
    """Labelled rows by whether the decision was right before and after, as :meth:`Truth.both` has it."""
    by_column: NDArray[np.int64]
    """Shape (2, columns): rows in which each of the way's columns was changed, and those that flipped."""
    turned: list[Turned] = field(default_factory=list)
    """The first rows that flipped, up to ``CASES_KEPT``."""
    unanswered: Unanswered | None = None

    def settled(self, params: PerturbationParams) -> bool:
        """Whether nothing more has to be asked."""
        if self.unanswered is not None:
            return True
        return self.rows > 0 and bool(narrow_enough(self.flips, self.rows, params.precision, params.confidence))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """The rows of one step, as submitted."""

    rows: NDArray[np.intp]
    table: pa.Table
    decisions: Decisions
    truth: Truth | None
    tolerance: float

    def count(self, one: Tried, altered: Altered, answer: Decisions) -> None:
        flips = differ(self.decisions, answer, self.tolerance)
        one.rows += len(flips)
        one.flips += int(flips.sum())
        if self.truth is not None:
            one.right = one.right + self.truth.both(self.decisions, answer, self.rows)
        if altered.column is not None:
            counts = [_counts(altered.column[chosen], one.way) for chosen in (slice(None), flips)]
            one.by_column = one.by_column + np.array(counts)
        room = CASES_KEPT - sum(len(kept.rows) for kept in one.turned)
        if room > 0 and flips.any():
            first = np.flatnonzero(flips)[:room]
            table = altered.table.take(pa.array(first))
            one.turned.append(Turned(rows=self.rows[first], table=table, decisions=part_of(answer, first)))


def perturbed(
    data: Dataset, decisions: Decisions, ways: Sequence[Way], params: PerturbationParams, rng: Generator
) -> Asking[tuple[Tried, ...]]:
    """Ask about changed rows until every way is settled or there are no more rows; return what was found of each.

    A model that fails is asked about each way apart: what fails is noted with the row that brought it about, and the
    other ways go on.
    """
    order, seed = rng.permutation(data.rows), int(rng.integers(2**62))
    features, truth = data.feature_table(), truth_of(data, decisions)
    tried = tuple(Tried(way=way, by_column=np.zeros((2, len(way.columns)), dtype=np.int64)) for way in ways)
    sizes = sample_sizes(data.rows, params.precision, params.confidence)
    start = 0
    for number, size in enumerate(sizes):
        rows, start = np.sort(order[start:size]), size
        step = _Step(
            rows=rows,
            table=features.take(pa.array(rows)),
            decisions=part_of(decisions, rows),
            truth=truth,
            tolerance=params.tolerance,
        )
        for together in _in_parts([one for one in tried if not one.settled(params)], len(rows)):
            # One stream a step, begun anew for each way: every way sees the same draws, whoever has dropped out.
            altered = [one.way.alter(step.table, np.random.default_rng([seed, number])) for one in together]
            yield from _ask(step, together, altered, planned=len(ways) * sizes[-1])
    return tried


def _in_parts(open_: Sequence[Tried], rows: int) -> Iterator[Sequence[Tried]]:
    """Yield who is asked about together: no more rows than one call has."""
    size = max(1, BATCH_ROWS // max(1, rows))
    for start in range(0, len(open_), size):
        yield open_[start : start + size]


def _ask(step: _Step, together: Sequence[Tried], altered: Sequence[Altered], planned: int) -> Asking[None]:
    try:
        answers = yield from ask_all([one.table for one in altered], planned)
    except ModelFailedError:
        yield from answers_still(step.table)
        found = False
        for one, changed in zip(together, altered, strict=True):
            found = (yield from _ask_apart(step, one, changed, search=not found)) or found
        return
    for one, changed, answer in zip(together, altered, answers, strict=True):
        step.count(one, changed, answer)


def _ask_apart(step: _Step, one: Tried, altered: Altered, *, search: bool) -> Asking[bool]:
    """Ask about one way alone; return whether it failed. The row is searched for once in a step: it costs restarts."""
    try:
        (answer,) = yield from ask_all([altered.table])
    except ModelFailedError as err:
        failure = (yield from failing_row(altered.table, err)) if search else Failure(error=err)
        one.unanswered = _unanswered(step, one.way, altered, failure)
        return True
    step.count(one, altered, answer)
    return False


def _unanswered(step: _Step, way: Way, altered: Altered, failure: Failure) -> Unanswered:
    if failure.row is None:
        return Unanswered(failure=failure, row=None, table=None)
    column = -1 if altered.column is None else int(altered.column[failure.row])
    return Unanswered(
        failure=failure,
        row=int(step.rows[failure.row]),
        table=altered.table.slice(failure.row, 1),
        column=way.columns[column] if column >= 0 else None,
    )


def _counts(columns: NDArray[np.intp], way: Way) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = np.bincount(columns[columns >= 0], minlength=len(way.columns))
    return counts


def all_turned(one: Tried) -> Turned | None:
    """Return the flipped rows that were kept, together; None where none flipped."""
    if not one.turned:
        return None
    return Turned(
        rows=np.concatenate([kept.rows for kept in one.turned]),
        table=pa.concat_tables([kept.table for kept in one.turned]),
        decisions=joined([kept.decisions for kept in one.turned]),
    )
