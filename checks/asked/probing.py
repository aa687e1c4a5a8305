"""Which changes a model answers at all: each is tried on a few rows before many are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking, ask_all
from proofbox.checks.asked.failing import Failure, answers_still, failing_row, failure_of
from proofbox.checks.asked.perturbing import Unanswered, Way
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np, pa
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probed:
    """Which ways a model answers at all."""

    answered: tuple[Way, ...]
    unanswered: tuple[tuple[Way, Unanswered], ...]


def probed(data: Dataset, ways: Sequence[Way], rng: Generator, rows: int = 8) -> Asking[Probed]:
    """Try each way on a few rows, all in one call where the model answers; say for which it gives no answer."""
    chosen = np.sort(rng.choice(data.rows, min(rows, data.rows), replace=False))
    table = data.feature_table().take(pa.array(chosen))
    altered = [way.alter(table, rng) for way in ways]
    try:
        yield from ask_all([one.table for one in altered])
    except ModelFailedError:
        yield from answers_still(table)
    else:
        return Probed(answered=tuple(ways), unanswered=())
    answered: list[Way] = []
    unanswered: list[tuple[Way, Unanswered]] = []
    for way, changed in zip(ways, altered, strict=True):
        error = yield from failure_of(changed.table)
        if error is None:
            answered.append(way)
            continue
        # Of the failures that are no refusal, the first is searched for its row.
        search = not error.refused and all(one.failure.error.refused for _, one in unanswered)
        failure = (yield from failing_row(changed.table, error)) if search else Failure(error=error)
        row = None if failure.row is None else int(chosen[failure.row])
        shown = None if failure.row is None else changed.table.slice(failure.row, 1)
        column = way.columns[0] if way.columns else None
        unanswered.append((way, Unanswered(failure=failure, row=row, table=shown, column=column)))
    return Probed(answered=tuple(answered), unanswered=tuple(unanswered))
