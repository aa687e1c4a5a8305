"""From many rows that a model does not answer to one: halved in turn, so that a finding can show the input."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from proofbox.checks.asking import Asking, Question
from proofbox.checks.errors import ModelFailedError

MOST_HANGS = 3
"""Deadlines that are waited for in one search: each may take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A model that gave no answer."""

    error: ModelFailedError
    """The last one seen: that of the row, where one was found."""
    row: int | None = None
    """Place of a row that it does not answer when asked about it alone; None where no single row was found."""


def failing_row(rows: pa.Table, error: ModelFailedError) -> Asking[Failure]:
    """Find one row for which the model gives no answer, after it gave none for the table; it runs again afterwards.

    About ``log2(rows)`` questions. A model that answers for every part alone (because it looks at the batch, or draws
    at random) is reported without a row.

    Parameters
    ----------
    error
        How it failed on the whole table.
    """
    low, high, hangs = 0, rows.num_rows, 0
    while high - low > 1 and hangs < MOST_HANGS:
        middle = (low + high) // 2
        found = yield from failure_of(rows.slice(low, middle - low))
        if found is None:
            low = middle
        else:
            error, high = found, middle
            hangs += error.kind == "hang"
    if high - low != 1 or hangs >= MOST_HANGS:
        return Failure(error=error)
    alone = yield from failure_of(rows.slice(low, 1))
    return Failure(error=error) if alone is None else Failure(error=alone, row=low)


def failure_of(rows: pa.Table) -> Asking[ModelFailedError | None]:
    """Ask about rows alone; return how the model failed, None where it answered."""
    try:
        yield Question(rows=rows)
    except ModelFailedError as err:
        return err
    return None
