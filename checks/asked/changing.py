"""Rows that are changed on purpose: replace columns, compare the decisions, show a pair of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np, pa
from proofbox.checks.result import CaseRow, Scalar
from proofbox.checks.subject import Decisions
from proofbox.checks.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_WHOLE = 2**53
"""Beyond it JSON cannot say a whole number (RFC 8785)."""


def with_columns(table: pa.Table, columns: Mapping[str, pa.ChunkedArray | pa.Array]) -> pa.Table:
    """Return the table with some of its columns replaced; columns that it does not have are ignored."""
    for name, column in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, column)
    return table


def part_of(decisions: Decisions, rows: slice | NDArray[np.intp]) -> Decisions:
    """Return the decisions of some of the rows."""
    return Decisions(
        classes=decisions.classes,
        codes=decisions.codes[rows],
        score=None if decisions.score is None else decisions.score[rows],
        positive_label=decisions.positive_label,
        source=decisions.source,
        probabilities=None if decisions.probabilities is None else decisions.probabilities[rows],
    )


def differ(first: Decisions, second: Decisions, tolerance: float = 0.0) -> NDArray[np.bool_]:
    """Return shape (rows,): where two answers decide differently.

    Parameters
    ----------
    tolerance
        For answers that are numbers and not decisions: how far apart they may lie, relative to ``1 + |value|``.
    """
    if not first.classes and not second.classes and first.score is not None and second.score is not None:
        return np.abs(first.score - second.score) > tolerance * (1 + np.abs(first.score))
    if first.classes == second.classes:
        return np.not_equal(first.codes, second.codes)
    place = {name: code for code, name in enumerate(first.classes)}
    recode = np.array([place.get(name, -1) for name in second.classes], dtype=np.int64)
    return np.not_equal(first.codes, recode[second.codes])


def case_row(label: Text, table: pa.Table, decisions: Decisions, row: int) -> CaseRow:
    """Return one row as a counterexample shows it."""
    score = None if decisions.score is None else float(decisions.score[row])
    return CaseRow(
        label=label,
        values=tuple(scalar(table.column(name)[row].as_py()) for name in table.column_names),
        decision=decisions.label(row),
        score=score if score is not None and np.isfinite(score) else None,
    )


def changed_columns(first: Iterable[Scalar], second: Iterable[Scalar], names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns in which two shown rows differ."""
    return tuple(name for name, one, other in zip(names, first, second, strict=True) if one != other)


def scalar(value: object) -> Scalar:
    """Return a cell as JSON can say it."""
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        # As text no digit is lost: the numbers of accounts and messages are often that long.
        return str(value)
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, float):
        # NaN stands in no JSON; it means what a null means.
        return value if np.isfinite(value) else None
    return str(value)


def joined(answers: Sequence[Decisions]) -> Decisions:
    """Return the answers to parts of a table as the answer to the whole.

    Raises
    ------
    ModelFailedError
        The classes differ from call to call, or only some answers have scores.
    """
    first = answers[0]
    if any(answer.classes != first.classes or (answer.score is None) != (first.score is None) for answer in answers):
        raise ModelFailedError("the model names other classes from one call to the next")
    scores = [answer.score for answer in answers if answer.score is not None]
    probabilities = [answer.probabilities for answer in answers if answer.probabilities is not None]
    return Decisions(
        classes=first.classes,
        codes=np.concatenate([answer.codes for answer in answers]),
        score=np.concatenate(scores) if scores else None,
        positive_label=first.positive_label,
        source=first.source,
        probabilities=np.concatenate(probabilities) if len(probabilities) == len(answers) else None,
    )
