"""From many rows that a model does not answer to one: halved in turn, so that a finding can show the input."""

from __future__ import annotations

from dataclasses import dataclass

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import pa

MOST_HANGS = 3
"""Deadlines of the run that are waited for in one search: each may take minutes."""
MOST_SHORT_HANGS = 12
"""Deadlines of the search's own that are waited for: enough to come down from some thousands of rows to one."""
LEAST_SECONDS = 5.0
"""No deadline is shorter because rows are few, but for one that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A model that gave no answer."""

    error: ModelFailedError
    """The last one seen: that of the row, where one was found."""
    row: int | None = None
    """Place of a row that it does not answer when asked about it alone; None where no single row was found."""


def failing_row(rows: pa.Table, error: ModelFailedError, deadline_seconds: float | None = None) -> Asking[Failure]:
    """Find one row for which the model gives no answer, after it gave none for the table; it runs again afterwards.

    About ``log2(rows)`` questions. A model that answers for every part alone (because it looks at the batch, or draws
    at random) is reported without a row.

    Parameters
    ----------
    error
        How it failed on the whole table.
    deadline_seconds
        How long the answer to the whole table may take; parts of it have their share, but for five seconds at least.
        None: as long as any.
    """
    low, high, hangs = 0, rows.num_rows, 0
    most = MOST_HANGS if deadline_seconds is None else MOST_SHORT_HANGS

    def seconds(part: int) -> float | None:
        if deadline_seconds is None:
            return None
        return min(deadline_seconds, max(LEAST_SECONDS, deadline_seconds * part / int(rows.num_rows)))

    while high - low > 1 and hangs < most:
        middle = (low + high) // 2
        found = yield from failure_of(rows.slice(low, middle - low), seconds(middle - low))
        if found is None:
            low = middle
        else:
            error, high = found, middle
            hangs += error.kind == "hang"
    if high - low != 1 or hangs >= most:
        return Failure(error=error)
    alone = yield from failure_of(rows.slice(low, 1), seconds(1))
    return Failure(error=error) if alone is None else Failure(error=alone, row=low)


def failure_of(rows: pa.Table, deadline_seconds: float | None = None) -> Asking[ModelFailedError | None]:
    """Ask about rows alone; return how the model failed, None where it answered."""
    try:
        yield Question(rows=rows, deadline_seconds=deadline_seconds)
    except ModelFailedError as err:
        return err
    return None


def answers_still(rows: pa.Table) -> Asking[None]:
    """Ask about a row as submitted: a model that no longer answers for that has not failed over a change.

    Raises
    ------
    ModelFailedError
        It does not.
    """
    error = yield from failure_of(rows.slice(0, 1))
    if error is not None:
        raise error
