"""How a check asks the model about rows of its own making: it is a generator that yields rows and is sent decisions.

Such a check never sees the model. The broker (:mod:`proofbox.checks.asked.broker`) runs all of them side by side and
puts the questions that are open at one time into one call, so a search that asks step by step costs hardly more calls
than one that asks once.

    answer = yield rows                      # the model's features; a pyarrow table of any number of rows
    first, second = yield from ask_all([rows, others])
    answer = yield Question(rows=rows, fresh=True)
    answer = yield Question(rows=rows, shared=True, planned=38_000)

Where the model does not answer, :class:`~proofbox.checks.errors.ModelFailedError` is raised at the ``yield``. A check
may catch it; one that does not is recorded with that error.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from proofbox.checks.asked.changing import part_of
from proofbox.checks.late import np, pa
from proofbox.checks.subject import Decisions
from proofbox.checks.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Rows to ask about in a way that matters; plain rows, which may share a call with others, are yielded as such."""

    rows: pa.Table
    """The model's features, shape (any number of rows, features)."""
    fresh: bool = False
    """Whether the model is started again first, in a fresh process. It is then asked about these rows alone."""
    shared: bool = False
    """Whether the rows may share a call with others."""
    planned: int = 0
    """Rows that the check will ask about in all, at most, as far as it knows; it may stop earlier."""
    surroundings: Surroundings | None = None
    """What is different around that fresh process; None: nothing."""
    deadline_seconds: float | None = None
    """How long the answer may take; None: as long as any. For rows that may make a model hang."""


_Returned = TypeVar("_Returned")
Asking = Generator["pa.Table | Question", Decisions, _Returned]
"""What asks: yields rows or questions, is sent the decisions, and returns what it found."""


def ask_all(tables: Sequence[pa.Table], planned: int = 0) -> Asking[tuple[Decisions, ...]]:
    """Ask about several tables at once, of one schema; return the decisions for each.

    Parameters
    ----------
    planned
        See :class:`Question`.

    Raises
    ------
    ModelFailedError
        The model did not answer.
    """
    answer = yield Question(rows=pa.concat_tables(tables), shared=True, planned=planned)
    ends = np.cumsum([table.num_rows for table in tables])
    return tuple(part_of(answer, slice(end - table.num_rows, end)) for table, end in zip(tables, ends, strict=True))
