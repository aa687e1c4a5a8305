"""Rows that a model gives no answer for: sorted out of those that it does, told in words, and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.asked.changing import case_row, scalar
from proofbox.checks.asked.failing import failing_row
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np, pa
from proofbox.checks.result import CaseRow, Scalar
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROUNDS = 4
"""How often the rest is asked about again once rows were sorted out."""
SHOWN_CHARACTERS = 60
NO_ANSWER = "\N{EN DASH}"
"""Stands in a table where there is no decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Which rows of a table a model answers for."""

    answered: NDArray[np.bool_]
    """Shape (rows,)."""
    errors: Mapping[int, ModelFailedError]
    """Row -> how the model failed for it, in the order in which they were found."""

    @property
    def open(self) -> int:
        """Return how many rows nothing is known of: the model failed for them together with others."""
        return int((~self.answered).sum()) - len(self.errors)


def sort_out(rows: pa.Table, deadline_seconds: float) -> Asking[Sorted]:
    """Ask about rows in one call; sort out those that the model does not answer for, and ask about the others again.

    An answer that is none (NaN, no probability) names its rows. What a model crashes, hangs or raises at is found by
    halving, and once only: each try may cost a start, and one row is a proof. Where the rest fails again it stays open.
    """
    answered = np.zeros(rows.num_rows, dtype=np.bool_)
    errors: dict[int, ModelFailedError] = {}
    halved = False
    for _ in range(MOST_ROUNDS):
        left = np.array([row for row in np.flatnonzero(~answered) if row not in errors], dtype=np.intp)
        if not len(left):
            break
        part = rows if len(left) == rows.num_rows else rows.take(pa.array(left))
        try:
            yield Question(rows=part, deadline_seconds=deadline_seconds)
        except ModelFailedError as err:
            if err.rows:
                errors.update({int(left[row]): err for row in err.rows})
                continue
            if halved:
                break
            halved = True
            found = yield from failing_row(part, err, deadline_seconds)
            if found.row is None:
                break
            errors[int(left[found.row])] = found.error
        else:
            answered[left] = True
            break
    return Sorted(answered=answered, errors=errors)


def told(error: ModelFailedError) -> Text:
    """Return one sentence on how the model failed for a row."""
    match error.kind:
        case "crash":
            return t("The model's process ends on this input: {what}.", what=str(error))
        case "hang":
            return t("The model does not come back with an answer for this input: {what}.", what=str(error))
        case "raised":
            return t("The model raises an error of its own for this input: {what}.", what=str(error))
        case "limit":
            return t("The model goes over a limit on this input: {what}.", what=str(error))
        case _:
            return t("What the model answers for this input is no answer: {what}.", what=str(error))


def asked_row(label: Text, table: pa.Table, deadline_seconds: float) -> Asking[CaseRow]:
    """Ask about one row alone and return it as a counterexample shows it, with the decision if there is one."""
    try:
        answer = yield Question(rows=table, deadline_seconds=deadline_seconds)
    except ModelFailedError:
        return unanswered_row(label, table, 0)
    return case_row(label, table, answer, 0)


def unanswered_row(label: Text, table: pa.Table, row: int) -> CaseRow:
    """Return a row without a decision as a counterexample shows it; long texts are cut."""
    values = tuple(_shown(table.column(name)[row].as_py()) for name in table.column_names)
    return CaseRow(label=label, values=values, decision=NO_ANSWER)


def _shown(value: object) -> Scalar:
    if isinstance(value, float) and np.isinf(value):
        return "-inf" if value < 0 else "inf"
    if isinstance(value, str) and len(value) > SHOWN_CHARACTERS:
        return f"{value[:20]}... ({len(value)} characters)"
    return scalar(value)
